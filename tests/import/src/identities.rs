//! Identities: people with names and keys, and the calls by which they come onto the chain and act there.
//!
//! Nothing is written into the state by hand: what is here makes calls, and blocks carry them.
//!
//! A [`tower`](Requests::tower) is what reading an identity costs most: as many certificates above it as
//! there may be, each of nearly 4 KiB, with names and with constraints that every name below is compared with.

use crate::harness::Node;
use allod_identity::{
    CallArguments, Consent, GuardianSet, Identifier, IdentityRequest, RegisterArguments,
    SignedRequest,
    request::arguments::{
        ApproveRecoveryArguments, CoIssueArguments, ExecuteRecoveryArguments,
        OpenRecoveryArguments, RegisterIssuedArguments, SetGuardiansArguments,
    },
};
use allod_runtime::{Runtime, RuntimeCall};
use allod_x509::{
    KeyAlgorithm, ParsedCertificate, SigningKey,
    builder::{CertificateBuilder, alternative_names, name, name_constraints, tlv},
};
use pallet_auto_id::Call;

/// Requests are valid up to any block.
const VALID_UNTIL: u32 = u32::MAX;
/// Most certificates of one chain in a tower: its top stands on up to four chains.
const CHAIN: u32 = 4;
/// Parts of a name in each certificate of a tower, twelve bytes each: the most there is to read in as many.
/// They make the certificate nearly 4 KiB long.
const NAME_PARTS: usize = 240;

/// Somebody with a name, a key and an identity.
#[derive(Clone)]
pub struct Person {
    /// SHA-256 of the first certificate.
    pub identifier: Identifier,
    /// Common name.
    pub name: String,
    /// Signs for the identity.
    pub key: SigningKey,
    /// The nonce of the next request; the registration was the first one.
    pub nonce: u64,
}

impl Person {
    /// Whoever is registered by this certificate.
    pub fn of(certificate: &[u8], name: &str, key: SigningKey) -> Self {
        Self {
            identifier: identifier_of(certificate),
            name: name.into(),
            key,
            nonce: 1,
        }
    }
}

/// The identifier that a certificate gives.
pub fn identifier_of(certificate: &[u8]) -> Identifier {
    Identifier::of(&ParsedCertificate::parse(certificate).unwrap())
}

/// A key of its own for every number. Not RSA, whose keys take long to find.
pub fn key(kind: KeyAlgorithm, number: u32) -> SigningKey {
    // Begins with few enough to be below the order of either curve.
    let mut seed = [0x5a; 48];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    let short: [u8; 32] = seed[..32].try_into().unwrap();
    match kind {
        KeyAlgorithm::Ed25519 => SigningKey::ed25519(short),
        KeyAlgorithm::P256 => SigningKey::p256(short).unwrap(),
        KeyAlgorithm::P384 => SigningKey::p384(seed).unwrap(),
        KeyAlgorithm::Rsa => panic!("RSA keys lie in the folder `data`"),
    }
}

/// As short a certificate of a key as there can be, by an issuer or by the key itself. Without
/// extensions: its identity may issue nothing. Its serial number takes four bytes.
pub fn short_certificate(key: &SigningKey, issuer: Option<&Person>, serial: u32) -> Vec<u8> {
    let mut builder = CertificateBuilder::self_issued("s");
    builder.serial = (serial + 0x0100_0000).to_be_bytes().to_vec();
    builder.extensions.clear();
    match issuer {
        None => builder.sign_self(key),
        Some(issuer) => {
            builder.issuer = name(&[issuer.name.as_str()]);
            builder.sign(&key.spki(), &issuer.key)
        }
    }
}

/// A certificate that is expensive to read and to compare with those above it.
fn dear_certificate(
    subject: &str,
    key: &SigningKey,
    issuer: Option<&Person>,
    serial: u32,
) -> Vec<u8> {
    let mut builder = CertificateBuilder::self_issued(subject);
    builder.serial = (serial + 0x0100_0000).to_be_bytes().to_vec();
    let host = |number: u32| tlv(0x82, format!("host-{number:02}.example.org").as_bytes());
    let zone = |number: u32| tlv(0x82, format!("zone-{number:02}.example.com").as_bytes());
    let mut names: Vec<_> = (0..16).map(host).collect();
    names.push(tlv(0xa4, &name(&["x"; NAME_PARTS])));
    let zones: Vec<_> = (0..10).map(zone).collect();
    builder.extensions.extend([
        alternative_names(false, &names),
        name_constraints(&[], &zones),
    ]);
    match issuer {
        None => builder.sign_self(key),
        Some(issuer) => {
            builder.issuer = name(&[issuer.name.as_str()]);
            builder.sign(&key.spki(), &issuer.key)
        }
    }
}

/// Makes the requests of people on one chain, and the calls that carry them.
#[derive(Clone, Copy)]
pub struct Requests {
    genesis_hash: [u8; 32],
}

impl Requests {
    /// For a node's chain.
    pub fn on(node: &Node) -> Self {
        Self {
            genesis_hash: node.genesis_hash(),
        }
    }

    fn sign(
        self,
        key: &SigningKey,
        identifier: Identifier,
        nonce: u64,
        arguments: &impl CallArguments,
    ) -> SignedRequest {
        let payload = arguments.payload_of(self.genesis_hash, identifier, nonce, VALID_UNTIL);
        SignedRequest {
            nonce,
            valid_until: VALID_UNTIL,
            signature: key.sign(&payload.to_bytes()).try_into().unwrap(),
        }
    }

    /// A request with the person's next nonce, which counts.
    fn act(self, person: &mut Person, arguments: &impl CallArguments) -> IdentityRequest {
        let request = self.sign(&person.key, person.identifier, person.nonce, arguments);
        person.nonce += 1;
        IdentityRequest {
            identifier: person.identifier,
            algorithm: person.key.algorithm(),
            request,
        }
    }

    /// Registers a root.
    pub fn register(self, key: &SigningKey, certificate: Vec<u8>) -> RuntimeCall {
        let algorithm = key.algorithm();
        let arguments = RegisterArguments {
            certificate: &certificate,
            algorithm,
        };
        let request = self.sign(key, identifier_of(&certificate), 0, &arguments);
        let call = Call::<Runtime>::register {
            certificate: certificate.try_into().unwrap(),
            algorithm,
            request,
        };
        call.into()
    }

    /// Registers a certificate that somebody issued and others consent to.
    pub fn register_issued(
        self,
        key: &SigningKey,
        certificate: Vec<u8>,
        issuer: &Person,
        co_issuers: &[Person],
    ) -> RuntimeCall {
        let algorithm = issuer.key.algorithm();
        let identifier = identifier_of(&certificate);
        let consent = |co_issuer: &Person| self.consent(co_issuer, identifier, issuer);
        let arguments = RegisterIssuedArguments {
            certificate: &certificate,
            algorithm,
            issuer: issuer.identifier,
            co_issuers: co_issuers.iter().map(|person| person.identifier).collect(),
        };
        let request = self.sign(key, identifier, 0, &arguments);
        let consents: Vec<_> = co_issuers.iter().map(consent).collect();
        let call = Call::<Runtime>::register_issued {
            certificate: certificate.try_into().unwrap(),
            algorithm,
            issuer: issuer.identifier,
            consents: consents.try_into().unwrap(),
            key_algorithm: key.algorithm(),
            request,
        };
        call.into()
    }

    fn consent(self, co_issuer: &Person, identifier: Identifier, issuer: &Person) -> Consent {
        let arguments = CoIssueArguments {
            certificate_hash: identifier.0,
            issuer: issuer.identifier,
        };
        let signed = self.sign(&co_issuer.key, co_issuer.identifier, 0, &arguments);
        Consent {
            co_issuer: co_issuer.identifier,
            algorithm: co_issuer.key.algorithm(),
            valid_until: signed.valid_until,
            signature: signed.signature,
        }
    }

    /// Names guardians.
    pub fn set_guardians(self, person: &mut Person, guardians: GuardianSet) -> RuntimeCall {
        let (identifier, guardians) = (person.identifier, Some(guardians));
        let arguments = SetGuardiansArguments {
            identifier,
            guardians: &guardians,
        };
        let request = self.act(person, &arguments);
        let call = Call::<Runtime>::set_guardians {
            identifier,
            guardians,
            request,
        };
        call.into()
    }

    /// A guardian opens a recovery.
    pub fn open_recovery(
        self,
        guardian: &mut Person,
        identifier: Identifier,
        certificate_hash: [u8; 32],
    ) -> RuntimeCall {
        let arguments = OpenRecoveryArguments {
            identifier,
            certificate_hash,
            compromised_after: None,
        };
        let request = self.act(guardian, &arguments);
        let call = Call::<Runtime>::open_recovery {
            identifier,
            certificate_hash,
            compromised_after: None,
            request,
        };
        call.into()
    }

    /// Another guardian approves an identity's first recovery.
    pub fn approve_recovery(
        self,
        guardian: &mut Person,
        identifier: Identifier,
        certificate_hash: [u8; 32],
    ) -> RuntimeCall {
        let arguments = ApproveRecoveryArguments {
            identifier,
            number: 1,
            certificate_hash,
        };
        let request = self.act(guardian, &arguments);
        let call = Call::<Runtime>::approve_recovery {
            identifier,
            number: 1,
            certificate_hash,
            request,
        };
        call.into()
    }

    /// The new key of an identity executes its first recovery.
    pub fn execute_recovery(
        self,
        person: &Person,
        new_key: &SigningKey,
        certificate: Vec<u8>,
    ) -> RuntimeCall {
        let identifier = person.identifier;
        let algorithm = ParsedCertificate::parse(&certificate)
            .unwrap()
            .signature_algorithm();
        let arguments = ExecuteRecoveryArguments {
            identifier,
            number: 1,
            certificate: &certificate,
            algorithm,
        };
        let request = IdentityRequest {
            identifier,
            algorithm: new_key.algorithm(),
            request: self.sign(new_key, identifier, person.nonce, &arguments),
        };
        let call = Call::<Runtime>::execute_recovery {
            identifier,
            number: 1,
            certificate: certificate.try_into().unwrap(),
            algorithm,
            consents: Default::default(),
            request,
        };
        call.into()
    }

    /// Somebody for whose verification `size` certificates are read, the own one included, at most 17:
    /// a root, or somebody under up to four chains. The calls that register all of them are added to
    /// `calls`. Each key has a number of its own from `first` on; the top's key is of the kind given.
    pub fn tower(
        self,
        kind: KeyAlgorithm,
        size: u32,
        first: u32,
        calls: &mut Vec<RuntimeCall>,
    ) -> Person {
        let mut numbers = first..;
        let mut member = |kind, issuer: Option<&Person>, co_issuers: &[Person]| {
            let number = numbers.next().unwrap();
            let (subject, key) = (format!("member {number}"), key(kind, number));
            let certificate = dear_certificate(&subject, &key, issuer, number);
            let person = Person::of(&certificate, &subject, key);
            calls.push(match issuer {
                None => self.register(&person.key, certificate),
                Some(issuer) => self.register_issued(&person.key, certificate, issuer, co_issuers),
            });
            person
        };
        let mut left = size - 1;
        let mut tops = Vec::new();
        while left > 0 {
            let length = left.min(CHAIN);
            left -= length;
            let mut top = member(KeyAlgorithm::Ed25519, None, &[]);
            for _ in 1..length {
                top = member(KeyAlgorithm::Ed25519, Some(&top), &[]);
            }
            tops.push(top);
        }
        match tops.split_first() {
            None => member(kind, None, &[]),
            Some((issuer, co_issuers)) => member(kind, Some(issuer), co_issuers),
        }
    }
}
