//! Revocation lists for tests.

use super::review::Expected;
use crate::{clock::DAY, request::registered::RegisteredIdentity};
use allod_identity::Identifier;
use allod_x509::{
    CrlBuilder, CrlEntry, CrlReason, RevocationReason, SignatureAlgorithm,
    builder::{CertificateBuilder, SigningKey, subject_key_identifier},
};

/// The time at which they are made, seconds since 1970.
pub const NOW: u64 = 1_800_000_000;

/// An issuer whose key has an identifier.
pub fn issuer(key: &SigningKey) -> RegisteredIdentity {
    let mut builder = CertificateBuilder::self_issued("ca");
    builder.extensions.push(subject_key_identifier(&[7; 20]));
    RegisteredIdentity::root(Identifier([1; 32]), 0, builder.sign_self(key))
}

pub fn entry(serial: &[u8], reason: impl Into<CrlReason>) -> CrlEntry<'_> {
    CrlEntry {
        serial,
        date: NOW - 9,
        reason: reason.into(),
    }
}

/// What a list says.
pub struct Changes<'a> {
    pub number: u64,
    pub this_update: u64,
    pub next_update: u64,
    pub key_identifier: &'a [u8],
    pub issuer: &'a RegisteredIdentity,
    pub entries: Vec<CrlEntry<'a>>,
}

/// The list to be signed.
pub fn list(changes: Changes<'_>) -> Vec<u8> {
    let parsed = changes.issuer.parsed().unwrap();
    let builder = CrlBuilder {
        issuer: parsed.subject(),
        algorithm: SignatureAlgorithm::Ed25519,
        this_update: changes.this_update,
        next_update: changes.next_update,
        number: changes.number,
        authority_key_identifier: Some(changes.key_identifier),
        entries: changes.entries,
    };
    builder.tbs().unwrap()
}

/// A list of two certificates, as it should be.
pub fn usual(issuer: &RegisteredIdentity) -> Changes<'_> {
    Changes {
        number: 8,
        this_update: NOW - 6,
        next_update: NOW + 7 * DAY,
        key_identifier: &[7; 20],
        issuer,
        entries: vec![
            entry(&[0x2a], RevocationReason::KeyCompromise),
            entry(&[0x2b], CrlReason::CertificateHold),
        ],
    }
}

/// What the usual list must be.
pub fn expected(last: Option<&[u8]>) -> Expected<'_> {
    Expected {
        algorithm: SignatureAlgorithm::Ed25519,
        now: NOW,
        next_update: NOW + 7 * DAY,
        last,
    }
}
