//! Signature algorithms (§11.2): their identifiers, and which key signs with which.
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

use der::{Tag, TagNumber};
use rustls_pki_types::{AlgorithmIdentifier, alg_id};

use crate::{
    digest::Digest,
    error::{CertificateError, Field},
    limits::RSA_MAX_BITS,
    named_enum,
    reader::Cursor,
};

/// How a signature is made: curve or padding, and digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Ed25519 (RFC 8032), with a digest of its own.
    Ed25519,
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384,
    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2).
    RsaPkcs1(Digest),
    /// RSASSA-PSS (RFC 8017, 8.1), MGF1 with the same digest, a salt as long as the digest (RFC 4055, 3.1).
    RsaPss(Digest),
}

impl Scheme {
    /// The kind of key that signs so.
    pub const fn key_algorithm(self) -> KeyAlgorithm {
        match self {
            Self::Ed25519 => KeyAlgorithm::Ed25519,
            Self::EcdsaP256 => KeyAlgorithm::P256,
            Self::EcdsaP384 => KeyAlgorithm::P384,
            Self::RsaPkcs1(_) | Self::RsaPss(_) => KeyAlgorithm::Rsa,
        }
    }

    /// What of the message is signed; `None` where the scheme has a digest of its own.
    pub const fn digest(self) -> Option<Digest> {
        match self {
            Self::Ed25519 => None,
            Self::EcdsaP256 => Some(Digest::Sha256),
            Self::EcdsaP384 => Some(Digest::Sha384),
            Self::RsaPkcs1(digest) | Self::RsaPss(digest) => Some(digest),
        }
    }

    /// Octets of salt, where there is one.
    pub const fn salt_size(self) -> Option<u8> {
        match self {
            Self::RsaPss(digest) => Some(digest.size()),
            Self::Ed25519 | Self::EcdsaP256 | Self::EcdsaP384 | Self::RsaPkcs1(_) => None,
        }
    }
}

/// The table of algorithms: index in SCALE, name in JSON, scheme, and `AlgorithmIdentifier`.
macro_rules! signature_algorithms {
    ($(
        $(#[$documentation:meta])*
        $variant:ident = $number:tt => $name:tt, $scheme:expr, $identifier:ident;
    )+) => {
        named_enum! {
            /// A signature algorithm: kind of key, curve or padding, and digest together, as X.509 names them.
            ///
            /// SCALE: one byte, the index below.
            pub enum SignatureAlgorithm {
                $( $(#[$documentation])* $variant = $number => $name, )+
            }
        }

        impl SignatureAlgorithm {
            /// How it signs.
            pub const fn scheme(self) -> Scheme {
                match self {
                    $(Self::$variant => $scheme,)+
                }
            }

            /// Contents of its `AlgorithmIdentifier`.
            pub const fn identifier(self) -> AlgorithmIdentifier {
                match self {
                    $(Self::$variant => alg_id::$identifier,)+
                }
            }
        }
    };
}

signature_algorithms! {
    /// Ed25519 (RFC 8410), verified strictly: neither key nor R of small order, s below the group's order.
    Ed25519 = 0 => "ed25519", Scheme::Ed25519, ED25519;
    /// ECDSA on P-256 with SHA-256 (RFC 5758); s in either half of its range.
    EcdsaP256Sha256 = 1 => "ecdsa-p256-sha256", Scheme::EcdsaP256, ECDSA_SHA256;
    /// ECDSA on P-384 with SHA-384 (RFC 5758); s in either half of its range.
    EcdsaP384Sha384 = 2 => "ecdsa-p384-sha384", Scheme::EcdsaP384, ECDSA_SHA384;
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2).
    RsaPkcs1Sha256 = 3 => "rsa-pkcs1-sha256", Scheme::RsaPkcs1(Digest::Sha256), RSA_PKCS1_SHA256;
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaPkcs1Sha384 = 4 => "rsa-pkcs1-sha384", Scheme::RsaPkcs1(Digest::Sha384), RSA_PKCS1_SHA384;
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaPkcs1Sha512 = 5 => "rsa-pkcs1-sha512", Scheme::RsaPkcs1(Digest::Sha512), RSA_PKCS1_SHA512;
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256, 32 octets of salt (RFC 8017, 8.1; RFC 4055, 3.1).
    RsaPssSha256 = 6 => "rsa-pss-sha256", Scheme::RsaPss(Digest::Sha256), RSA_PSS_SHA256;
    /// RSASSA-PSS with SHA-384, MGF1 with SHA-384, 48 octets of salt.
    RsaPssSha384 = 7 => "rsa-pss-sha384", Scheme::RsaPss(Digest::Sha384), RSA_PSS_SHA384;
    /// RSASSA-PSS with SHA-512, MGF1 with SHA-512, 64 octets of salt.
    RsaPssSha512 = 8 => "rsa-pss-sha512", Scheme::RsaPss(Digest::Sha512), RSA_PSS_SHA512;
}

impl SignatureAlgorithm {
    /// The kind of key that signs with it.
    pub const fn key_algorithm(self) -> KeyAlgorithm {
        self.scheme().key_algorithm()
    }

    /// The one whose `AlgorithmIdentifier` has these contents (what stands inside the SEQUENCE).
    ///
    /// # Errors
    /// [`CertificateError::Sha1`], [`CertificateError::PssParameters`],
    /// [`CertificateError::UnknownSignatureAlgorithm`].
    pub(crate) fn from_identifier(contents: &[u8]) -> Result<Self, CertificateError> {
        let known = Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.identifier().as_ref() == contents);
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
}

named_enum! {
    /// The kind of a public key.
    pub enum KeyAlgorithm {
        /// Ed25519: 32 bytes.
        Ed25519 => "ed25519",
        /// A point on P-256: 65 bytes, uncompressed.
        P256 => "p256",
        /// A point on P-384: 97 bytes, uncompressed.
        P384 => "p384",
        /// RSA: the DER of `RSAPublicKey`, with a modulus from 2,048 to 4,096 bits. Weighed as 4,096.
        Rsa => "rsa",
    }
}

impl KeyAlgorithm {
    /// Contents of the `AlgorithmIdentifier` in `subjectPublicKeyInfo` (RFC 8410, 3; RFC 5480, 2.1.1; RFC 3279,
    /// 2.3.1).
    pub const fn identifier(self) -> AlgorithmIdentifier {
        match self {
            Self::Ed25519 => alg_id::ED25519,
            Self::P256 => alg_id::ECDSA_P256,
            Self::P384 => alg_id::ECDSA_P384,
            Self::Rsa => alg_id::RSA_ENCRYPTION,
        }
    }

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
    /// [`CertificateError::PssKey`], [`CertificateError::ExplicitCurve`], [`CertificateError::UnknownKeyAlgorithm`].
    pub(crate) fn from_identifier(contents: &[u8]) -> Result<Self, CertificateError> {
        let known = Self::ALL
            .into_iter()
            .find(|kind| kind.identifier().as_ref() == contents);
        if let Some(kind) = known {
            return Ok(kind);
        }
        let mut fields = Cursor::new(contents, Field::PublicKey);
        match fields.object_identifier()? {
            RSASSA_PSS => Err(CertificateError::PssKey),
            ELLIPTIC_CURVE if fields.optional(Tag::Sequence)?.is_some() => {
                Err(CertificateError::ExplicitCurve)
            }
            _ => Err(CertificateError::UnknownKeyAlgorithm),
        }
    }
}

/// `sha1WithRSAEncryption`, contents of the identifier.
const SHA1_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5];
const ECDSA_WITH_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
/// `id-dsa-with-sha1`.
const DSA_WITH_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3];
/// `id-RSASSA-PSS`.
pub(crate) const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
/// `id-ecPublicKey`.
pub(crate) const ELLIPTIC_CURVE: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
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
    if length != [digest.size()] {
        return None;
    }
    SignatureAlgorithm::ALL
        .into_iter()
        .find(|algorithm| algorithm.scheme() == Scheme::RsaPss(digest))
}

/// The one digest that is left to read.
fn digest(outer: &mut Cursor<'_>) -> Option<Digest> {
    let mut fields = outer.sequence().ok()?;
    let (last, arc) = fields.object_identifier().ok()?.split_last()?;
    if let Some(parameters) = fields.optional(Tag::Null).ok()?
        && !parameters.value.is_empty()
    {
        return None;
    }
    let is_whole = fields.at_end() && outer.at_end();
    let known = Digest::ALL.into_iter().find(|digest| digest.arc() == *last);
    known.filter(|_| is_whole && arc == NIST_DIGESTS)
}
