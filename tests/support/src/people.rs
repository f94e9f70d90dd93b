//! Keys, certificates, and requests that a key signs.

use allod_identity::{CallArguments, Identifier, SignatureBytes, SignedRequest};
use allod_x509::{
    ParsedCertificate, SigningKey,
    builder::{CertificateBuilder, name},
};

/// The Ed25519 key of this seed.
pub fn ed25519(seed: u8) -> SigningKey {
    SigningKey::ed25519([seed; 32])
}

/// The key on P-256 whose scalar is this byte over and over.
pub fn p256(scalar: u8) -> SigningKey {
    SigningKey::p256([scalar; 32]).unwrap()
}

/// The key on P-384 whose scalar is this byte over and over.
pub fn p384(scalar: u8) -> SigningKey {
    SigningKey::p384([scalar; 48]).unwrap()
}

/// An RSA key of 4,096 bits, the longest that is taken.
pub fn rsa_4096() -> SigningKey {
    let der = include_bytes!("../../../primitives/x509/tests/data/rsa-4096.key.der");
    SigningKey::from_pkcs8(der).unwrap()
}

/// The identifier that a first certificate gives.
pub fn identifier_of(certificate: &[u8]) -> Identifier {
    Identifier::of(&ParsedCertificate::parse(certificate).unwrap())
}

/// A certificate of `subject`'s key by `issuer`'s, with these common names, changed as a test likes. It may issue
/// others.
pub fn certificate(
    subject: (&str, &SigningKey),
    issuer: (&str, &SigningKey),
    serial: u8,
    change: impl FnOnce(&mut CertificateBuilder),
) -> Vec<u8> {
    let mut builder = CertificateBuilder::self_issued(subject.0);
    builder.issuer = name(&[issuer.0]);
    builder.serial = vec![serial];
    change(&mut builder);
    builder.sign(&subject.1.spki(), issuer.1)
}

/// The certificate of a root.
pub fn self_signed(name: &str, serial: u8, key: &SigningKey) -> Vec<u8> {
    certificate((name, key), (name, key), serial, as_it_is)
}

/// No change.
pub fn as_it_is(_: &mut CertificateBuilder) {}

/// A signature in the form that requests carry.
pub fn signature(key: &SigningKey, message: &[u8]) -> SignatureBytes {
    key.sign(message).try_into().unwrap()
}

/// What a request says beside its arguments.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// The hash of block 0.
    pub genesis_hash: [u8; 32],
    /// How many requests the identity has made.
    pub nonce: u64,
    /// The last block in which the request counts.
    pub valid_until: u32,
}

/// A request in an identity's name, signed by any key.
pub fn signed_request(
    key: &SigningKey,
    identifier: Identifier,
    arguments: &impl CallArguments,
    terms: Terms,
) -> SignedRequest {
    let Terms {
        genesis_hash,
        nonce,
        valid_until,
    } = terms;
    let payload = arguments.payload_of(genesis_hash, identifier, nonce, valid_until);
    SignedRequest {
        nonce,
        valid_until,
        signature: signature(key, &payload.to_bytes()),
    }
}
