//! Identities for the benchmarks: chains and graphs of expensive certificates over pre-filled storage.

use alloc::{format, string::String, vec, vec::Vec};

use allod_identity::{
    CallArguments, Consent, Consents, Identifier, IdentityRequest, Possession, RegisterArguments,
    Serial, SignedRequest,
    request::arguments::{CoIssueArguments, RegisterIssuedArguments, RenewArguments},
};
use allod_x509::{
    ParsedCertificate, SigningKey,
    builder::{CertificateBuilder, certificate, extension, name, sequence, tlv},
};
use frame_benchmarking::{BenchmarkError, account};
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
/// Most certificates of one chain that a tower's last one stands on: with what is issued under that, and
/// itself, there are eight.
const CHAIN: u32 = 6;
/// Parts of the longest name in a certificate: names take the longest to read.
const NAME_PARTS: usize = 240;

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

/// Who paid for what was there before: an account for each number, so that all of them are written.
pub fn former_payer<T: Config>(number: u32) -> T::AccountId {
    let payer = account("former payer", number, 0);
    T::Consideration::ensure_successful(&payer, Footprint::from_parts(100, 100_000));
    payer
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

/// The greatest number up to `most` for which something holds that holds for all below.
fn greatest(most: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0_usize, most);
    while low < high {
        let middle = high.saturating_sub(high.saturating_sub(low) / 2);
        if holds(middle) {
            low = middle;
        } else {
            high = middle.saturating_sub(1);
        }
    }
    low
}

/// A certificate of `length` bytes, or of as many below as its parts can make, and the most expensive of that
/// length to read: a subject of as many short parts as fit. Issued by `issuer`, or by its own key. It is
/// no authority, so that `rustls-webpki` is asked about it where it stands in a chain.
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
        builder.extensions = vec![extension(&[0x2a, 3], false, &vec![0; filler])];
        builder.tbs(signer.algorithm(), &key.spki())
    };
    let fits = |tbs: &[u8]| certificate(tbs, signer.algorithm(), &[0; 72]).len() <= length;
    let parts = match subject {
        Some(_) => 1,
        None => greatest(length, |parts| fits(&build(parts, 0))),
    };
    let filler = greatest(length, |filler| fits(&build(parts, filler)));
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

/// An expensive certificate: nearly 4 KiB, most of it a long name, with names and constraints that have to be
/// compared.
fn expensive(subject: &str, key: &SigningKey, serial: u32, issuer: Option<&Person>) -> Vec<u8> {
    let mut builder = CertificateBuilder::self_issued(subject);
    builder.not_before = 0;
    builder.serial = serial.saturating_add(0x0100_0000).to_be_bytes().to_vec();
    if let Some(issuer) = issuer {
        builder.issuer = name(&[issuer.name.as_str()]);
    }
    let host = |i: u32| tlv(0x82, format!("host-{i:02}.example.org").as_bytes());
    let mut names: Vec<_> = (0..16).map(host).collect();
    names.push(tlv(0xa4, &name(&["x"; NAME_PARTS])));
    builder
        .extensions
        .push(extension(&[0x55, 0x1d, 0x11], false, &sequence(&names)));
    let excluded = |i: u32| sequence(&[tlv(0x82, format!("zone-{i:02}.example.com").as_bytes())]);
    let excluded: Vec<_> = (0..10).map(excluded).collect();
    let constraints = sequence(&[tlv(0xa1, &excluded.concat())]);
    builder
        .extensions
        .push(extension(&[0x55, 0x1d, 0x1e], true, &constraints));
    match issuer {
        None => builder.sign_self(key),
        Some(issuer) => builder.sign(&key.spki(), &issuer.key),
    }
}

/// A registered root.
pub fn root<T: Config>(caller: &T::AccountId, number: u32) -> Result<Person, BenchmarkError> {
    let subject = format!("root {number}");
    let key = key(number);
    let der = expensive(&subject, &key, number, None);
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
    let key = key(number);
    let der = expensive(&subject, &key, number, Some(issuer));
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

/// The signature of a renewal's new key.
pub fn possession<T: Config>(
    key: &SigningKey,
    arguments: &impl CallArguments,
    request: &IdentityRequest,
) -> Possession {
    let genesis = Pallet::<T>::genesis_hash();
    let nonce = request.request.nonce;
    let payload = arguments.payload_of(genesis, request.identifier, nonce, u32::MAX);
    Possession {
        algorithm: key.algorithm(),
        signature: key.sign(&payload.to_bytes()).try_into().unwrap_or_default(),
    }
}

/// Renews somebody five times, each time for another key: as many superseded certificates are kept as can
/// be, the next one drops the oldest, and the current one is found by its fingerprint.
pub fn aged<T: Config>(
    payer: &T::AccountId,
    mut somebody: Person,
    issuer: Option<&Person>,
    number: u32,
) -> Result<Person, BenchmarkError> {
    for step in 0..5_u32 {
        let serial = number.saturating_add(step);
        let new_key = key(serial);
        let der = expensive(&somebody.name, &new_key, serial, issuer);
        let algorithm = new_key.algorithm();
        let arguments = RenewArguments {
            identifier: somebody.identifier,
            certificate: &der,
            algorithm,
            compromised_after: None,
        };
        let request = sign::<T>(&somebody, &arguments);
        let shown = possession::<T>(&new_key, &arguments, &request);
        Pallet::<T>::renew(
            RawOrigin::Signed(payer.clone()).into(),
            somebody.identifier,
            CertificateBytes::try_from(der.clone()).map_err(stop("the certificate is too long"))?,
            algorithm,
            Default::default(),
            None,
            Some(shown),
            request,
        )
        .map_err(|failed| failed.error)?;
        somebody.key = new_key;
    }
    Ok(somebody)
}

/// An identity that reads `size` certificates, its own among them, when it is verified: a chain, or
/// from eight on a certificate under up to three chains. It has issued a thousand already.
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
