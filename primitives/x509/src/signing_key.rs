//! Private keys of the algorithms of §11, and what they sign.

use alloc::vec::Vec;
use core::fmt;

use p256::ecdsa::{Signature as P256Signature, signature::Signer};

use crate::{
    SignatureAlgorithm,
    builder::{bit_string, sequence, tlv},
};

/// A private key.
///
/// ECDSA signatures are deterministic (RFC 6979), as Ed25519's are, so that the same certificate
/// comes out every time.
#[derive(Clone)]
pub enum SigningKey {
    /// Ed25519.
    Ed25519(ed25519_dalek::SigningKey),
    /// ECDSA on P-256.
    P256(p256::ecdsa::SigningKey),
}

/// Shows the algorithm and nothing else.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.algorithm())
    }
}

impl SigningKey {
    /// The Ed25519 key of this seed.
    pub fn ed25519(seed: [u8; 32]) -> Self {
        Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// The P-256 key of this scalar, big-endian; `None` if it is zero or not below the group's order.
    pub fn p256(scalar: [u8; 32]) -> Option<Self> {
        p256::ecdsa::SigningKey::from_bytes(&scalar.into())
            .ok()
            .map(Self::P256)
    }

    /// The algorithm that it signs with.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        match self {
            Self::Ed25519(_) => SignatureAlgorithm::Ed25519,
            Self::P256(_) => SignatureAlgorithm::EcdsaP256Sha256,
        }
    }

    /// Signs any message, in X.509's encoding: 64 bytes for Ed25519, DER for ECDSA.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            Self::P256(key) => {
                let signature: P256Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
        }
    }

    /// The DER of the public key's `SubjectPublicKeyInfo`.
    pub fn spki(&self) -> Vec<u8> {
        let bytes = match self {
            Self::Ed25519(key) => key.verifying_key().to_bytes().to_vec(),
            Self::P256(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                point.as_bytes().to_vec()
            }
        };
        let verifier = self.algorithm().verifier();
        sequence(&[
            tlv(0x30, verifier.public_key_alg_id().as_ref()),
            bit_string(&bytes),
        ])
    }
}
