//! RustCrypto's algorithms behind the trait that `rustls-webpki` takes, and the one encoding that each
//! kind of key has here.

use ed25519_dalek::{Signature as Ed25519Signature, VerifyingKey as Ed25519Key};
use p256::ecdsa::{Signature as P256Signature, VerifyingKey as P256Key, signature::Verifier};
use p384::ecdsa::{Signature as P384Signature, VerifyingKey as P384Key};
use rsa::{Pkcs1v15Sign, Pss};
use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::{
    SignatureAlgorithm,
    algorithm::KeyAlgorithm,
    error::CertificateError,
    rsa_key::{RsaNumbers, bit_length},
};

/// The verifier of this algorithm.
pub(crate) fn of(algorithm: SignatureAlgorithm) -> &'static dyn SignatureVerificationAlgorithm {
    match algorithm {
        SignatureAlgorithm::Ed25519 => &Ed25519Verifier,
        SignatureAlgorithm::EcdsaP256Sha256 => &P256Verifier,
        SignatureAlgorithm::EcdsaP384Sha384 => &P384Verifier,
        SignatureAlgorithm::RsaPkcs1Sha256 => &RsaVerifier::Pkcs1Sha256,
        SignatureAlgorithm::RsaPkcs1Sha384 => &RsaVerifier::Pkcs1Sha384,
        SignatureAlgorithm::RsaPkcs1Sha512 => &RsaVerifier::Pkcs1Sha512,
        SignatureAlgorithm::RsaPssSha256 => &RsaVerifier::PssSha256,
        SignatureAlgorithm::RsaPssSha384 => &RsaVerifier::PssSha384,
        SignatureAlgorithm::RsaPssSha512 => &RsaVerifier::PssSha512,
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
        _ => None,
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

#[derive(Debug)]
struct Ed25519Verifier;

impl SignatureVerificationAlgorithm for Ed25519Verifier {
    fn verify_signature(
        &self,
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

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ED25519
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ED25519
    }
}

#[derive(Debug)]
struct P256Verifier;

impl SignatureVerificationAlgorithm for P256Verifier {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = P256Key::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
        let signature = P256Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify(message, &signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P256
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA256
    }
}

#[derive(Debug)]
struct P384Verifier;

impl SignatureVerificationAlgorithm for P384Verifier {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = P384Key::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
        let signature = P384Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify(message, &signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P384
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA384
    }
}

/// RSA, by padding and digest.
#[derive(Debug, Clone, Copy)]
enum RsaVerifier {
    Pkcs1Sha256,
    Pkcs1Sha384,
    Pkcs1Sha512,
    PssSha256,
    PssSha384,
    PssSha512,
}

impl SignatureVerificationAlgorithm for RsaVerifier {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let numbers = RsaNumbers::parse(public_key).map_err(|_| InvalidSignature)?;
        // A signature is a number below the modulus, written with as many bytes (RFC 8017, 8.2.2
        // and 5.2.2). Both have the same length, so that the order of the bytes is the numbers'.
        if signature.len() != numbers.modulus.len() || signature >= numbers.modulus {
            return Err(InvalidSignature);
        }
        let key = numbers.key().ok_or(InvalidSignature)?;
        let digest = match self {
            Self::Pkcs1Sha256 | Self::PssSha256 => Sha256::digest(message).to_vec(),
            Self::Pkcs1Sha384 | Self::PssSha384 => Sha384::digest(message).to_vec(),
            Self::Pkcs1Sha512 | Self::PssSha512 => Sha512::digest(message).to_vec(),
        };
        let outcome = match self {
            Self::Pkcs1Sha256 => key.verify(Pkcs1v15Sign::new::<Sha256>(), &digest, signature),
            Self::Pkcs1Sha384 => key.verify(Pkcs1v15Sign::new::<Sha384>(), &digest, signature),
            Self::Pkcs1Sha512 => key.verify(Pkcs1v15Sign::new::<Sha512>(), &digest, signature),
            // The salt is as long as the digest, and another length fails.
            Self::PssSha256 => key.verify(Pss::new::<Sha256>(), &digest, signature),
            Self::PssSha384 => key.verify(Pss::new::<Sha384>(), &digest, signature),
            Self::PssSha512 => key.verify(Pss::new::<Sha512>(), &digest, signature),
        };
        outcome.map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        match self {
            Self::Pkcs1Sha256 => alg_id::RSA_PKCS1_SHA256,
            Self::Pkcs1Sha384 => alg_id::RSA_PKCS1_SHA384,
            Self::Pkcs1Sha512 => alg_id::RSA_PKCS1_SHA512,
            Self::PssSha256 => alg_id::RSA_PSS_SHA256,
            Self::PssSha384 => alg_id::RSA_PSS_SHA384,
            Self::PssSha512 => alg_id::RSA_PSS_SHA512,
        }
    }
}
