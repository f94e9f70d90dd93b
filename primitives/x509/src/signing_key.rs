//! Private keys of the algorithms of §11.2, and what they sign.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use p256::{
    ecdsa::{Signature as P256Signature, signature::Signer},
    elliptic_curve::zeroize::Zeroizing,
};
use p384::ecdsa::Signature as P384Signature;
use rsa::{
    RsaPrivateKey,
    rand_core::{CryptoRng, CryptoRngCore, Error as RngError, RngCore},
    traits::{PrivateKeyParts, PublicKeyParts},
};
use sha2::{Digest, Sha256};

use crate::{
    CertificateError, KeyAlgorithm, RSA_MAX_BITS, RSA_MIN_BITS, Scheme, SignatureAlgorithm,
    builder::{bit_string, sequence, tlv},
    verifier::check_key,
};

/// A private key.
///
/// Signatures are deterministic: ECDSA's by RFC 6979, Ed25519's by design, and RSA's blinding and salt
/// follow from key and message. So the same certificate comes out every time.
#[derive(Clone)]
pub enum SigningKey {
    Ed25519(ed25519_dalek::SigningKey),
    /// ECDSA on P-256.
    P256(p256::ecdsa::SigningKey),
    /// ECDSA on P-384.
    P384(p384::ecdsa::SigningKey),
    /// RSA, of a size that certificates may have.
    Rsa(Box<RsaPrivateKey>),
}

/// Shows the algorithm and nothing else.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.algorithm())
    }
}

/// Why a key does not sign with an algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} does not go with the key")]
pub struct AlgorithmError(pub SignatureAlgorithm);

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

    /// The P-384 key of this scalar, big-endian; `None` if it is zero or not below the group's order.
    pub fn p384(scalar: [u8; 48]) -> Option<Self> {
        p384::ecdsa::SigningKey::from_bytes(&scalar.into())
            .ok()
            .map(Self::P384)
    }

    /// This RSA key, if certificates may have its public key (see [`crate::RSA_MIN_BITS`]).
    ///
    /// # Errors
    /// [`CertificateError::RsaModulusSize`], [`CertificateError::RsaExponent`].
    pub fn rsa(key: RsaPrivateKey) -> Result<Self, CertificateError> {
        check_key(KeyAlgorithm::Rsa, &rsa_public_key(&key))?;
        Ok(Self::Rsa(Box::new(key)))
    }

    /// A new key of this kind; RSA with 2,048 bits (see [`generate_rsa`](Self::generate_rsa)).
    ///
    /// # Errors
    /// As [`generate_rsa`](Self::generate_rsa), for RSA only.
    pub fn generate(
        kind: KeyAlgorithm,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Self, CertificateError> {
        Ok(match kind {
            KeyAlgorithm::Ed25519 => {
                let mut seed = Zeroizing::new([0; 32]);
                rng.fill_bytes(seed.as_mut());
                Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed))
            }
            KeyAlgorithm::P256 => Self::P256(p256::ecdsa::SigningKey::random(rng)),
            KeyAlgorithm::P384 => Self::P384(p384::ecdsa::SigningKey::random(rng)),
            KeyAlgorithm::Rsa => return Self::generate_rsa(RSA_MIN_BITS, rng),
        })
    }

    /// A new RSA key with a modulus of so many bits (2,048 to 4,096, a multiple of 8) and the exponent
    /// 65,537. Takes seconds.
    ///
    /// # Errors
    /// [`CertificateError::RsaModulusSize`].
    pub fn generate_rsa(bits: u32, rng: &mut impl CryptoRngCore) -> Result<Self, CertificateError> {
        // Asked before the work is done.
        if !(RSA_MIN_BITS..=RSA_MAX_BITS).contains(&bits) || !bits.is_multiple_of(8) {
            return Err(CertificateError::RsaModulusSize(bits));
        }
        let size = usize::try_from(bits).unwrap_or(0);
        let key = RsaPrivateKey::new(rng, size).map_err(|_| CertificateError::KeyEncoding)?;
        Self::rsa(key)
    }

    /// The kind of key.
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        match self {
            Self::Ed25519(_) => KeyAlgorithm::Ed25519,
            Self::P256(_) => KeyAlgorithm::P256,
            Self::P384(_) => KeyAlgorithm::P384,
            Self::Rsa(_) => KeyAlgorithm::Rsa,
        }
    }

    /// The algorithm that [`sign`](Self::sign) uses.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.key_algorithm().default_signature()
    }

    /// Signs any message, in X.509's encoding: 64 bytes for Ed25519, DER for ECDSA, as long as the
    /// modulus for RSA.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        // A key's own algorithm goes with it.
        self.sign_with(self.algorithm(), message)
            .unwrap_or_default()
    }

    /// Signs with one of the algorithms of this kind of key.
    ///
    /// # Errors
    /// [`AlgorithmError`].
    pub fn sign_with(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, AlgorithmError> {
        Ok(match (self, algorithm.scheme()) {
            (Self::Ed25519(key), Scheme::Ed25519) => key.sign(message).to_bytes().to_vec(),
            (Self::P256(key), Scheme::EcdsaP256) => {
                let signature: P256Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            (Self::P384(key), Scheme::EcdsaP384) => {
                let signature: P384Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            (Self::Rsa(key), Scheme::RsaPkcs1(digest)) => {
                let rng = &mut DerivedRng::new(key, algorithm, message);
                key.sign_with_rng(rng, digest.pkcs1(), &digest.of(message))
                    .unwrap_or_default()
            }
            (Self::Rsa(key), Scheme::RsaPss(digest)) => {
                let rng = &mut DerivedRng::new(key, algorithm, message);
                key.sign_with_rng(rng, digest.pss(), &digest.of(message))
                    .unwrap_or_default()
            }
            (
                Self::Ed25519(_) | Self::P256(_) | Self::P384(_) | Self::Rsa(_),
                Scheme::Ed25519
                | Scheme::EcdsaP256
                | Scheme::EcdsaP384
                | Scheme::RsaPkcs1(_)
                | Scheme::RsaPss(_),
            ) => return Err(AlgorithmError(algorithm)),
        })
    }

    /// Contents of the public key's `subjectPublicKey`, as [`PublicKey`](crate::PublicKey) has them.
    pub fn public_key_bytes(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.verifying_key().to_bytes().to_vec(),
            Self::P256(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                point.as_bytes().to_vec()
            }
            Self::P384(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                point.as_bytes().to_vec()
            }
            Self::Rsa(key) => rsa_public_key(key),
        }
    }

    /// The DER of the public key's `SubjectPublicKeyInfo`.
    pub fn spki(&self) -> Vec<u8> {
        sequence(&[
            tlv(0x30, self.key_algorithm().identifier().as_ref()),
            bit_string(&self.public_key_bytes()),
        ])
    }
}

/// The DER of `RSAPublicKey`.
fn rsa_public_key(key: &RsaPrivateKey) -> Vec<u8> {
    let integer = |number: Vec<u8>| {
        let is_high = number.first().is_some_and(|byte| *byte >= 0x80);
        let zero: &[u8] = if is_high { &[0] } else { &[] };
        tlv(0x02, &[zero, &number].concat())
    };
    sequence(&[
        integer(key.n().to_bytes_be()),
        integer(key.e().to_bytes_be()),
    ])
}

/// Bytes that nobody can guess without the key: SHA-256 of the private exponent, algorithm, message
/// and a counter. What RFC 6979 does for ECDSA, for RSA's salt and blinding factor.
struct DerivedRng {
    seed: Sha256,
    counter: u64,
}

impl DerivedRng {
    fn new(key: &RsaPrivateKey, algorithm: SignatureAlgorithm, message: &[u8]) -> Self {
        let mut seed = Sha256::new();
        seed.update(key.d().to_bytes_be());
        seed.update(algorithm.name());
        seed.update(Sha256::digest(message));
        Self { seed, counter: 0 }
    }
}

impl RngCore for DerivedRng {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let block = self.seed.clone().chain_update(self.counter.to_le_bytes());
            self.counter = self.counter.wrapping_add(1);
            for (byte, random) in chunk.iter_mut().zip(block.finalize()) {
                *byte = random;
            }
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), RngError> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for DerivedRng {}
