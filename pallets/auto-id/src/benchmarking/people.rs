//! Identities for the benchmarks: chains and graphs of dear certificates over pre-filled storage.

use alloc::{format, string::String, vec, vec::Vec};

use allod_identity::{
    CallArguments, Consent, Consents, Identifier, IdentityRequest, RegisterArguments, Serial,
    SignedRequest,
    request::arguments::{CoIssueArguments, RegisterIssuedArguments},
};
use allod_x509::{
    ParsedCertificate, SigningKey,
    builder::{CertificateBuilder, certificate, extension, name, sequence, tlv},
};
use frame_benchmarking::BenchmarkError;
use frame_support::traits::{Consideration, Footprint};
use frame_system::RawOrigin;

use crate::{
    pallet::{Config, IssuedBy, Pallet, Serials},
    types::CertificateBytes,
};

/// Certificates that an issuer has issued already when a benchmark begins.
const ISSUED_BEFORE: u32 = 1_000;
/// Most certificates above one identity: it is the sixteenth.
pub const MAX_ABOVE: u32 = 15;
/// Most certificates of one chain below its root that a tower uses.
const CHAIN: u32 = 4;

/// Somebody with a name, a key and an identity.
#[derive(Clone)]
pub struct Person {
    pub identifier: Identifier,
    pub name: String,
    pub key: SigningKey,
}

pub fn stop<E>(why: &'static str) -> impl FnOnce(E) -> BenchmarkError {
    move |_| BenchmarkError::Stop(why)
}

/// A key of its own for every number.
pub fn key(number: u32) -> SigningKey {
    let mut seed = [0x5a; 32];
    for (to, from) in seed.iter_mut().zip(number.to_le_bytes()) {
        *to = from;
    }
    SigningKey::ed25519(seed)
}

/// Gives an account more than all deposits of a benchmark take.
pub fn fund<T: Config>(caller: &T::AccountId) {
    for _ in 0..200 {
        T::Consideration::ensure_successful(caller, Footprint::from_parts(1, 20_000));
    }
}

pub fn identifier_of(der: &[u8]) -> Result<Identifier, BenchmarkError> {
    let parsed = ParsedCertificate::parse(der).map_err(stop("the certificate is refused"))?;
    Ok(Identifier::of(&parsed))
}

/// A certificate of `length` bytes, or of as many below as its parts can make, and the dearest of that
/// length to read: a subject of as many short parts as fit. Issued by `issuer`, or by its own key.
pub fn certificate_of(
    key: &SigningKey,
    issuer: Option<&Person>,
    subject: Option<&Person>,
    serial: u8,
    length: u32,
) -> Result<CertificateBytes, BenchmarkError> {
    let length = usize::try_from(length).map_err(stop("length"))?;
    let signer = issuer.map_or(key, |issuer| &issuer.key);
    let build = |parts: usize, filler: usize| {
        let mut builder = CertificateBuilder::self_issued("");
        builder.not_before = 0;
        builder.serial = vec![serial];
        builder.subject = match subject {
            Some(subject) => name(&[subject.name.as_str()]),
            None => name(&vec!["x"; parts.max(1)]),
        };
        builder.issuer = match issuer {
            Some(issuer) => name(&[issuer.name.as_str()]),
            None => builder.subject.clone(),
        };
        builder
            .extensions
            .push(extension(&[0x2a, 3], false, &vec![0; filler]));
        builder.tbs(signer.algorithm(), &key.spki())
    };
    let fits = |tbs: &[u8]| certificate(tbs, signer.algorithm(), &[0; 72]).len() <= length;
    let mut parts = 1_usize;
    while subject.is_none() && fits(&build(parts.saturating_add(1), 0)) {
        parts = parts.saturating_add(1);
    }
    let mut filler = 0_usize;
    while fits(&build(parts, filler.saturating_add(1))) {
        filler = filler.saturating_add(1);
    }
    let tbs = build(parts, filler);
    certificate(&tbs, signer.algorithm(), &signer.sign(&tbs))
        .try_into()
        .map_err(stop("the certificate is too long"))
}

/// A request for a call, with the nonce of now.
pub fn sign<T: Config>(person: &Person, arguments: &impl CallArguments) -> IdentityRequest {
    sign_with::<T>(&person.key, person.identifier, arguments)
}

pub fn sign_with<T: Config>(
    key: &SigningKey,
    identifier: Identifier,
    arguments: &impl CallArguments,
) -> IdentityRequest {
    let nonce = Pallet::<T>::next_nonce(identifier);
    let genesis = Pallet::<T>::genesis_hash();
    let payload = arguments.payload_of(genesis, identifier, nonce, u32::MAX);
    IdentityRequest {
        identifier,
        algorithm: key.algorithm(),
        request: signed(key, nonce, &payload.to_bytes()),
    }
}

pub fn signed(key: &SigningKey, nonce: u64, payload: &[u8]) -> SignedRequest {
    SignedRequest {
        nonce,
        valid_until: u32::MAX,
        signature: key.sign(payload).try_into().unwrap_or_default(),
    }
}

/// The consent of a co-issuer.
fn consent<T: Config>(
    co_issuer: &Person,
    der: &[u8],
    issuer: &Person,
) -> Result<Consent, BenchmarkError> {
    let arguments = CoIssueArguments {
        certificate_hash: identifier_of(der)?.0,
        issuer: issuer.identifier,
    };
    let genesis = Pallet::<T>::genesis_hash();
    let payload = arguments.payload_of(genesis, co_issuer.identifier, 0, u32::MAX);
    Ok(Consent {
        co_issuer: co_issuer.identifier,
        algorithm: co_issuer.key.algorithm(),
        valid_until: u32::MAX,
        signature: co_issuer
            .key
            .sign(&payload.to_bytes())
            .try_into()
            .unwrap_or_default(),
    })
}

/// A dear certificate: about 3 KiB, with names and constraints that have to be compared.
fn dear(subject: &str, number: u32, issuer: Option<&Person>) -> Vec<u8> {
    let key = key(number);
    let mut builder = CertificateBuilder::self_issued(subject);
    builder.not_before = 0;
    builder.serial = number.saturating_add(0x0100_0000).to_be_bytes().to_vec();
    if let Some(issuer) = issuer {
        builder.issuer = name(&[issuer.name.as_str()]);
    }
    let host = |i: u32| tlv(0x82, format!("host-{i:02}.example.org").as_bytes());
    let names: Vec<_> = (0..16).map(host).collect();
    builder
        .extensions
        .push(extension(&[0x55, 0x1d, 0x11], false, &sequence(&names)));
    let excluded = |i: u32| sequence(&[tlv(0x82, format!("zone-{i:02}.example.com").as_bytes())]);
    let excluded: Vec<_> = (0..10).map(excluded).collect();
    let constraints = sequence(&[tlv(0xa1, &excluded.concat())]);
    builder
        .extensions
        .push(extension(&[0x55, 0x1d, 0x1e], true, &constraints));
    builder
        .extensions
        .push(extension(&[0x2a, 3], false, &vec![0; 2_000]));
    match issuer {
        None => builder.sign_self(&key),
        Some(issuer) => builder.sign(&key.spki(), &issuer.key),
    }
}

/// A registered root.
pub fn root<T: Config>(caller: &T::AccountId, number: u32) -> Result<Person, BenchmarkError> {
    let subject = format!("root {number}");
    let der = dear(&subject, number, None);
    let key = key(number);
    let arguments = RegisterArguments {
        certificate: &der,
        algorithm: key.algorithm(),
    };
    let identifier = identifier_of(&der)?;
    let payload = arguments.payload(Pallet::<T>::genesis_hash(), identifier, u32::MAX);
    let request = signed(&key, 0, &payload.to_bytes());
    let origin = RawOrigin::Signed(caller.clone()).into();
    let der = CertificateBytes::try_from(der).map_err(stop("the certificate is too long"))?;
    Pallet::<T>::register(origin, der, key.algorithm(), request)?;
    Ok(Person {
        identifier,
        name: subject,
        key,
    })
}

/// A registered child, co-issued by others.
pub fn child<T: Config>(
    caller: &T::AccountId,
    issuer: &Person,
    co_issuers: &[Person],
    number: u32,
) -> Result<Person, BenchmarkError> {
    let subject = format!("child {number}");
    let der = dear(&subject, number, Some(issuer));
    let key = key(number);
    let consents = co_issuers
        .iter()
        .map(|co_issuer| consent::<T>(co_issuer, &der, issuer))
        .collect::<Result<Vec<_>, _>>()?;
    register_issued::<T>(caller, &der, &key, issuer, consents)?;
    Ok(Person {
        identifier: identifier_of(&der)?,
        name: subject,
        key,
    })
}

fn register_issued<T: Config>(
    caller: &T::AccountId,
    der: &[u8],
    key: &SigningKey,
    issuer: &Person,
    consents: Vec<Consent>,
) -> Result<(), BenchmarkError> {
    let arguments = RegisterIssuedArguments {
        certificate: der,
        algorithm: issuer.key.algorithm(),
        issuer: issuer.identifier,
        co_issuers: consents.iter().map(|consent| consent.co_issuer).collect(),
    };
    let genesis = Pallet::<T>::genesis_hash();
    let payload = arguments.payload_of(genesis, identifier_of(der)?, 0, u32::MAX);
    let request = signed(key, 0, &payload.to_bytes());
    Pallet::<T>::register_issued(
        RawOrigin::Signed(caller.clone()).into(),
        CertificateBytes::try_from(der.to_vec()).map_err(stop("the certificate is too long"))?,
        issuer.key.algorithm(),
        issuer.identifier,
        Consents::try_from(consents).map_err(stop("too many consents"))?,
        key.algorithm(),
        request,
    )
    .map_err(|failed| failed.error)?;
    Ok(())
}

/// An identity that reads `size` certificates, its own among them, when it is verified: a chain, or
/// from nine on a certificate under up to four chains. It has issued a thousand already.
pub fn tower<T: Config>(
    caller: &T::AccountId,
    size: u32,
    base: u32,
) -> Result<Person, BenchmarkError> {
    let size = size.clamp(1, MAX_ABOVE);
    let mut number = base.saturating_mul(100);
    let mut next = || {
        number = number.saturating_add(1);
        number
    };
    let mut left = size.saturating_sub(1);
    let mut tops: Vec<Person> = Vec::new();
    while left > 0 {
        let length = left.min(CHAIN);
        left = left.saturating_sub(length);
        let mut last = root::<T>(caller, next())?;
        for _ in 1..length {
            last = child::<T>(caller, &last, &[], next())?;
        }
        tops.push(last);
    }
    let top = match tops.split_first() {
        None => root::<T>(caller, next())?,
        Some((issuer, co_issuers)) => child::<T>(caller, issuer, co_issuers, next())?,
    };
    for number in 0..ISSUED_BEFORE {
        let mut issued = [0xee; 32];
        for (to, from) in issued.iter_mut().zip(number.to_le_bytes()) {
            *to = from;
        }
        IssuedBy::<T>::insert(top.identifier, Identifier(issued), ());
        let serial = [&[0x7f][..], &number.to_be_bytes()].concat();
        let serial = Serial::try_from(serial).map_err(stop("serial"))?;
        Serials::<T>::insert(top.identifier, serial, ());
    }
    Ok(top)
}
