//! RustCrypto's algorithms behind the trait that `rustls-webpki` takes, and the one encoding that each
//! kind of key has here.

use ed25519_dalek::{Signature as Ed25519Signature, VerifyingKey as Ed25519Key};
use p256::ecdsa::{Signature as P256Signature, VerifyingKey as P256Key, signature::Verifier};
use p384::ecdsa::{Signature as P384Signature, VerifyingKey as P384Key};
use rsa::RsaPublicKey;
use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};

use crate::{
    SignatureAlgorithm,
    algorithm::{KeyAlgorithm, Scheme},
    error::CertificateError,
    rsa_key::{RsaNumbers, bit_length},
};

impl SignatureVerificationAlgorithm for SignatureAlgorithm {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        match self.scheme() {
            Scheme::Ed25519 => verify_ed25519(public_key, message, signature),
            Scheme::EcdsaP256 => verify_p256(public_key, message, signature),
            Scheme::EcdsaP384 => verify_p384(public_key, message, signature),
            Scheme::RsaPkcs1(digest) => rsa_key(public_key, signature)?
                .verify(digest.pkcs1(), &digest.of(message), signature)
                .map_err(|_| InvalidSignature),
            // The salt is as long as the digest, and another length fails.
            Scheme::RsaPss(digest) => rsa_key(public_key, signature)?
                .verify(digest.pss(), &digest.of(message), signature)
                .map_err(|_| InvalidSignature),
        }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key_algorithm().identifier()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.identifier()
    }
}

/// Checks that these bytes are such a key in the one encoding that is accepted. Whether they are a
/// point of the curve shows when a signature is verified.
///
/// # Errors
/// [`CertificateError::KeyEncoding`], [`CertificateError::RsaModulusSize`] and its like.
pub(crate) fn check_key(kind: KeyAlgorithm, key: &[u8]) -> Result<(), CertificateError> {
    let is_canonical = match kind {
        KeyAlgorithm::Ed25519 => is_canonical_ed25519(key),
        KeyAlgorithm::P256 => key.len() == 65 && key.first() == Some(&0x04),
        KeyAlgorithm::P384 => key.len() == 97 && key.first() == Some(&0x04),
        KeyAlgorithm::Rsa => return RsaNumbers::parse(key).map(|_| ()),
    };
    if is_canonical {
        Ok(())
    } else {
        Err(CertificateError::KeyEncoding)
    }
}

/// Bits of the modulus, if it is an RSA key.
pub(crate) fn modulus_bits(kind: KeyAlgorithm, key: &[u8]) -> Option<u32> {
    match kind {
        KeyAlgorithm::Rsa => RsaNumbers::parse(key)
            .ok()
            .map(|numbers| bit_length(numbers.modulus)),
        KeyAlgorithm::Ed25519 | KeyAlgorithm::P256 | KeyAlgorithm::P384 => None,
    }
}

/// The y coordinate (little-endian, sign in the top bit) must be below 2^255 − 19.
fn is_canonical_ed25519(key: &[u8]) -> bool {
    let (Some((low, middle_high)), 32) = (key.split_first(), key.len()) else {
        return false;
    };
    let Some((high, middle)) = middle_high.split_last() else {
        return false;
    };
    let at_least_p = high & 0x7f == 0x7f && middle.iter().all(|byte| *byte == 0xff) && *low >= 0xed;
    !at_least_p
}

fn verify_ed25519(
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    let key: &[u8; 32] = public_key.try_into().map_err(|_| InvalidSignature)?;
    let key = Ed25519Key::from_bytes(key).map_err(|_| InvalidSignature)?;
    let signature = Ed25519Signature::from_slice(signature).map_err(|_| InvalidSignature)?;
    key.verify_strict(message, &signature)
        .map_err(|_| InvalidSignature)
}

fn verify_p256(
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    let key = P256Key::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
    let signature = P256Signature::from_der(signature).map_err(|_| InvalidSignature)?;
    key.verify(message, &signature)
        .map_err(|_| InvalidSignature)
}

fn verify_p384(
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    let key = P384Key::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
    let signature = P384Signature::from_der(signature).map_err(|_| InvalidSignature)?;
    key.verify(message, &signature)
        .map_err(|_| InvalidSignature)
}

/// The key, if the signature has the form of one by it.
fn rsa_key(public_key: &[u8], signature: &[u8]) -> Result<RsaPublicKey, InvalidSignature> {
    let numbers = RsaNumbers::parse(public_key).map_err(|_| InvalidSignature)?;
    // A signature is a number below the modulus, written with as many bytes (RFC 8017, 8.2.2
    // and 5.2.2). Both have the same length, so that the order of the bytes is the numbers'.
    if signature.len() != numbers.modulus.len() || signature >= numbers.modulus {
        return Err(InvalidSignature);
    }
    numbers.key().ok_or(InvalidSignature)
}
