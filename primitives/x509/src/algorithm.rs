//! Signature algorithms (§11): their identifiers, and which key signs with which.
//!
//! The list grows by new variants with new indices; an index is never used again.
//!
//! An RSA signature names its scheme and digest here, not the length of its key: whoever declares
//! `rsa-*` before a certificate is read pays for the longest key, [`RSA_MAX_BITS`]. So the price of a
//! call is known from its arguments alone, and nobody can declare a short key and bring a long one.
//!
//! PSS comes with the one set of parameters that RFC 4055 recommends for each digest: MGF1 with the
//! same digest, a salt as long as the digest, the default trailer. A digest's parameters may be
//! absent or NULL (RFC 4055, 2.1, wants both accepted). A public key whose own algorithm is
//! `id-RSASSA-PSS` is refused by name: it binds a key to parameters that would have to be compared
//! with every signature's, hardly a tool makes one, and one key would have two fingerprints. The
//! same RSA key under `rsaEncryption` signs PSS as well.

use core::fmt;

use der::{Tag, TagNumber};
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use rustls_pki_types::SignatureVerificationAlgorithm;
use scale_info::TypeInfo;

use crate::{
    error::{CertificateError, Field},
    reader::Cursor,
    rsa_key::RSA_MAX_BITS,
    verifier,
};

/// A signature algorithm: kind of key, curve or padding, and digest together, as X.509 names them.
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
    /// ECDSA on P-384 with SHA-384 (RFC 5758); s in either half of its range.
    #[codec(index = 2)]
    #[cfg_attr(feature = "serde", serde(rename = "ecdsa-p384-sha384"))]
    EcdsaP384Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2).
    #[codec(index = 3)]
    #[cfg_attr(feature = "serde", serde(rename = "rsa-pkcs1-sha256"))]
    RsaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    #[codec(index = 4)]
    #[cfg_attr(feature = "serde", serde(rename = "rsa-pkcs1-sha384"))]
    RsaPkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    #[codec(index = 5)]
    #[cfg_attr(feature = "serde", serde(rename = "rsa-pkcs1-sha512"))]
    RsaPkcs1Sha512,
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256, 32 octets of salt (RFC 8017, 8.1; RFC 4055, 3.1).
    #[codec(index = 6)]
    #[cfg_attr(feature = "serde", serde(rename = "rsa-pss-sha256"))]
    RsaPssSha256,
    /// RSASSA-PSS with SHA-384, MGF1 with SHA-384, 48 octets of salt.
    #[codec(index = 7)]
    #[cfg_attr(feature = "serde", serde(rename = "rsa-pss-sha384"))]
    RsaPssSha384,
    /// RSASSA-PSS with SHA-512, MGF1 with SHA-512, 64 octets of salt.
    #[codec(index = 8)]
    #[cfg_attr(feature = "serde", serde(rename = "rsa-pss-sha512"))]
    RsaPssSha512,
}

impl SignatureAlgorithm {
    /// Every algorithm, in order of index.
    pub const ALL: [Self; 9] = [
        Self::Ed25519,
        Self::EcdsaP256Sha256,
        Self::EcdsaP384Sha384,
        Self::RsaPkcs1Sha256,
        Self::RsaPkcs1Sha384,
        Self::RsaPkcs1Sha512,
        Self::RsaPssSha256,
        Self::RsaPssSha384,
        Self::RsaPssSha512,
    ];

    /// The name that the command line and JSON use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
            Self::EcdsaP384Sha384 => "ecdsa-p384-sha384",
            Self::RsaPkcs1Sha256 => "rsa-pkcs1-sha256",
            Self::RsaPkcs1Sha384 => "rsa-pkcs1-sha384",
            Self::RsaPkcs1Sha512 => "rsa-pkcs1-sha512",
            Self::RsaPssSha256 => "rsa-pss-sha256",
            Self::RsaPssSha384 => "rsa-pss-sha384",
            Self::RsaPssSha512 => "rsa-pss-sha512",
        }
    }

    /// The kind of key that signs with it.
    pub const fn key_algorithm(self) -> KeyAlgorithm {
        match self {
            Self::Ed25519 => KeyAlgorithm::Ed25519,
            Self::EcdsaP256Sha256 => KeyAlgorithm::P256,
            Self::EcdsaP384Sha384 => KeyAlgorithm::P384,
            Self::RsaPkcs1Sha256
            | Self::RsaPkcs1Sha384
            | Self::RsaPkcs1Sha512
            | Self::RsaPssSha256
            | Self::RsaPssSha384
            | Self::RsaPssSha512 => KeyAlgorithm::Rsa,
        }
    }

    /// The one whose `AlgorithmIdentifier` has these contents (what stands inside the SEQUENCE).
    ///
    /// # Errors
    /// [`CertificateError::Sha1`], [`CertificateError::PssParameters`],
    /// [`CertificateError::UnknownSignatureAlgorithm`].
    pub(crate) fn from_identifier(contents: &[u8]) -> Result<Self, CertificateError> {
        let known = Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.verifier().signature_alg_id().as_ref() == contents);
        if let Some(algorithm) = known {
            return Ok(algorithm);
        }
        let mut fields = Cursor::new(contents, Field::Algorithm);
        match fields.object_identifier()? {
            SHA1_WITH_RSA | ECDSA_WITH_SHA1 | DSA_WITH_SHA1 => Err(CertificateError::Sha1),
            RSASSA_PSS => pss_digest(fields).ok_or(CertificateError::PssParameters),
            _ => Err(CertificateError::UnknownSignatureAlgorithm),
        }
    }

    /// What `rustls-webpki` is handed.
    pub fn verifier(self) -> &'static dyn SignatureVerificationAlgorithm {
        verifier::of(self)
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
    /// A point on P-384: 97 bytes, uncompressed.
    P384,
    /// RSA: the DER of `RSAPublicKey`, with a modulus from 2,048 to 4,096 bits. Weighed as 4,096.
    Rsa,
}

impl KeyAlgorithm {
    /// Every kind of key.
    pub const ALL: [Self; 4] = [Self::Ed25519, Self::P256, Self::P384, Self::Rsa];

    /// The algorithm that a request by such a key uses unless another one is declared.
    pub const fn default_signature(self) -> SignatureAlgorithm {
        match self {
            Self::Ed25519 => SignatureAlgorithm::Ed25519,
            Self::P256 => SignatureAlgorithm::EcdsaP256Sha256,
            Self::P384 => SignatureAlgorithm::EcdsaP384Sha384,
            Self::Rsa => SignatureAlgorithm::RsaPkcs1Sha256,
        }
    }

    /// Most bytes of a signature by such a key, in X.509's encoding.
    pub const fn max_signature_size(self) -> u32 {
        match self {
            Self::Ed25519 => 64,
            // A SEQUENCE of two INTEGERs, each with a zero in front where the first bit is set.
            Self::P256 => 72,
            Self::P384 => 104,
            Self::Rsa => RSA_MAX_BITS / 8,
        }
    }

    /// The kind of key whose `AlgorithmIdentifier` has these contents.
    ///
    /// # Errors
    /// [`CertificateError::PssKey`], [`CertificateError::UnknownKeyAlgorithm`].
    pub(crate) fn from_identifier(contents: &[u8]) -> Result<Self, CertificateError> {
        let known = Self::ALL.into_iter().find(|kind| {
            let verifier = kind.default_signature().verifier();
            verifier.public_key_alg_id().as_ref() == contents
        });
        if let Some(kind) = known {
            return Ok(kind);
        }
        let mut fields = Cursor::new(contents, Field::PublicKey);
        match fields.object_identifier()? {
            RSASSA_PSS => Err(CertificateError::PssKey),
            _ => Err(CertificateError::UnknownKeyAlgorithm),
        }
    }
}

/// `sha1WithRSAEncryption`, contents of the identifier.
const SHA1_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5];
/// `ecdsa-with-SHA1`.
const ECDSA_WITH_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
/// `id-dsa-with-sha1`.
const DSA_WITH_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3];
/// `id-RSASSA-PSS`.
const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
/// `id-mgf1`.
const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
/// The arc of NIST's digests; the last number says which.
const NIST_DIGESTS: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2];

/// Reads `RSASSA-PSS-params` (RFC 4055, 3.1): digest `[0]`, MGF1 `[1]` with the same one, salt `[2]` of
/// the digest's length. The trailer's default is never written in DER.
fn pss_digest(mut fields: Cursor<'_>) -> Option<SignatureAlgorithm> {
    let mut parameters = fields.sequence().ok()?;
    fields.finish().ok()?;
    let digest = digest(&mut parameters.explicit(TagNumber::N0).ok()??)?;

    let mut mask = parameters.explicit(TagNumber::N1).ok()??;
    let mut function = mask.sequence().ok()?;
    mask.finish().ok()?;
    if function.object_identifier().ok()? != MGF1 {
        return None;
    }
    if self::digest(&mut function)? != digest {
        return None;
    }

    let mut salt = parameters.explicit(TagNumber::N2).ok()??;
    let length = salt.expect(Tag::Integer).ok()?.value;
    salt.finish().ok()?;
    parameters.finish().ok()?;
    match (digest, length) {
        (1, [32]) => Some(SignatureAlgorithm::RsaPssSha256),
        (2, [48]) => Some(SignatureAlgorithm::RsaPssSha384),
        (3, [64]) => Some(SignatureAlgorithm::RsaPssSha512),
        _ => None,
    }
}

/// The last arc of the one digest that is left to read: 1 for SHA-256, 2 for SHA-384, 3 for SHA-512.
fn digest(outer: &mut Cursor<'_>) -> Option<u8> {
    let mut fields = outer.sequence().ok()?;
    let (last, arc) = fields.object_identifier().ok()?.split_last()?;
    if let Some(parameters) = fields.optional(Tag::Null).ok()?
        && !parameters.value.is_empty()
    {
        return None;
    }
    let is_whole = fields.at_end() && outer.at_end();
    (is_whole && arc == NIST_DIGESTS).then_some(*last)
}
