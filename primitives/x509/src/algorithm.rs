//! Signature algorithms (§11): their identifiers and how each verifies.
//!
//! The list grows (P-384, RSA) by new variants with new indices; an index is never used again.

use core::fmt;

use ed25519_dalek::{Signature as Ed25519Signature, VerifyingKey as Ed25519Key};
use p256::ecdsa::{Signature as P256Signature, VerifyingKey as P256Key, signature::Verifier};
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use scale_info::TypeInfo;

/// A signature algorithm: kind of key, curve and digest together, as X.509 names them.
///
/// SCALE: one byte, the index below.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SignatureAlgorithm {
    /// Ed25519 (RFC 8410), verified strictly: neither key nor R of small order, s below the group's order.
    #[codec(index = 0)]
    #[cfg_attr(feature = "serde", serde(rename = "ed25519"))]
    Ed25519,
    /// ECDSA on P-256 with SHA-256 (RFC 5758); s in either half of its range.
    #[codec(index = 1)]
    #[cfg_attr(feature = "serde", serde(rename = "ecdsa-p256-sha256"))]
    EcdsaP256Sha256,
}

impl SignatureAlgorithm {
    /// Every algorithm, in order of index.
    pub const ALL: [Self; 2] = [Self::Ed25519, Self::EcdsaP256Sha256];

    /// The name that the command line and JSON use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
        }
    }

    /// The kind of key that signs with it.
    pub const fn key_algorithm(self) -> KeyAlgorithm {
        match self {
            Self::Ed25519 => KeyAlgorithm::Ed25519,
            Self::EcdsaP256Sha256 => KeyAlgorithm::P256,
        }
    }

    /// The one whose `AlgorithmIdentifier` has these contents (what stands inside the SEQUENCE).
    pub(crate) fn from_identifier(contents: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.verifier().signature_alg_id().as_ref() == contents)
    }

    /// What `rustls-webpki` is handed.
    pub(crate) fn verifier(self) -> &'static dyn SignatureVerificationAlgorithm {
        match self {
            Self::Ed25519 => &Ed25519Verifier,
            Self::EcdsaP256Sha256 => &P256Verifier,
        }
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The kind of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// Ed25519: 32 bytes.
    Ed25519,
    /// A point on P-256: 65 bytes, uncompressed.
    P256,
}

impl KeyAlgorithm {
    /// The algorithm that a request by such a key uses unless another one is declared.
    pub const fn default_signature(self) -> SignatureAlgorithm {
        match self {
            Self::Ed25519 => SignatureAlgorithm::Ed25519,
            Self::P256 => SignatureAlgorithm::EcdsaP256Sha256,
        }
    }

    /// The kind of key whose `AlgorithmIdentifier` has these contents.
    pub(crate) fn from_identifier(contents: &[u8]) -> Option<Self> {
        [Self::Ed25519, Self::P256].into_iter().find(|kind| {
            let verifier = kind.default_signature().verifier();
            verifier.public_key_alg_id().as_ref() == contents
        })
    }

    /// Whether these bytes are such a key in the one encoding that is accepted. Whether they are a
    /// point of the curve shows when a signature is verified.
    pub(crate) fn is_canonical(self, key: &[u8]) -> bool {
        match self {
            Self::Ed25519 => is_canonical_ed25519(key),
            Self::P256 => key.len() == 65 && key.first() == Some(&0x04),
        }
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
