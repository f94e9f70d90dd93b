//! What can be wrong with a certificate or a signature, one variant for each cause.

use core::fmt;

use crate::{
    MAX_ALTERNATIVE_NAMES, MAX_CERTIFICATE_SIZE, MAX_EXTENSIONS, MAX_NAME_CONSTRAINTS,
    MAX_SERIAL_OCTETS, SignatureAlgorithm,
};

/// A part of a certificate, to say where an error lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The certificate as a whole.
    Certificate,
    /// What is signed.
    TbsCertificate,
    /// Version.
    Version,
    /// Serial number.
    Serial,
    /// An algorithm identifier.
    Algorithm,
    /// The issuer's distinguished name.
    Issuer,
    /// The two times.
    Validity,
    /// The subject's distinguished name.
    Subject,
    /// The subject's public key.
    PublicKey,
    /// The list of extensions, or one that is not listed below.
    Extensions,
    /// The extension basic constraints.
    BasicConstraints,
    /// The extension key usage.
    KeyUsage,
    /// The extension extended key usage.
    ExtendedKeyUsage,
    /// The extension subject alternative name.
    AlternativeNames,
    /// The extension name constraints.
    NameConstraints,
    /// The signature.
    Signature,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "certificate",
            Self::TbsCertificate => "tbsCertificate",
            Self::Version => "version",
            Self::Serial => "serialNumber",
            Self::Algorithm => "algorithm identifier",
            Self::Issuer => "issuer",
            Self::Validity => "validity",
            Self::Subject => "subject",
            Self::PublicKey => "subjectPublicKeyInfo",
            Self::Extensions => "extensions",
            Self::BasicConstraints => "basicConstraints",
            Self::KeyUsage => "keyUsage",
            Self::ExtendedKeyUsage => "extKeyUsage",
            Self::AlternativeNames => "subjectAltName",
            Self::NameConstraints => "nameConstraints",
            Self::Signature => "signatureValue",
        })
    }
}

/// Why bytes are not a certificate that this chain accepts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// More bytes than are read at all.
    #[error("certificate of {0} bytes: at most {MAX_CERTIFICATE_SIZE} are accepted (§11)")]
    TooLong(usize),
    /// Not the DER that RFC 5280 wants at this place.
    #[error("{0} is not the DER that RFC 5280 wants there")]
    Malformed(Field),
    /// Bytes follow where something had to end.
    #[error("{excess} bytes follow the end of {field}")]
    TrailingBytes {
        /// What had ended.
        field: Field,
        /// How many bytes too many.
        excess: usize,
    },
    /// Not version 3.
    #[error("version {}: only version 3 is accepted (openssl x509 -req makes it with -extfile)", u16::from(*.0).saturating_add(1))]
    Version(u8),
    /// The serial number is zero or negative.
    #[error("serial number is zero or negative: it must be positive (RFC 5280, 4.1.2.2)")]
    SerialNotPositive,
    /// The serial number is too long.
    #[error("serial number of {0} octets: at most {MAX_SERIAL_OCTETS} (RFC 5280, 4.1.2.2)")]
    SerialTooLong(usize),
    /// The signed and the unsigned algorithm identifier differ.
    #[error(
        "the signature algorithm inside the signed part differs from the one outside (RFC 5280, 4.1.1.2)"
    )]
    AlgorithmMismatch,
    /// The signature algorithm is not in the list.
    #[error("signature algorithm not accepted: must be Ed25519 or ECDSA P-256 with SHA-256 (§11)")]
    UnknownSignatureAlgorithm,
    /// The public key's algorithm is not in the list.
    #[error("public key not accepted: must be Ed25519 or ECDSA P-256 (§11)")]
    UnknownKeyAlgorithm,
    /// The public key has another encoding than the one that is accepted.
    #[error(
        "public key in another encoding than the accepted one (P-256: 65 bytes, uncompressed; Ed25519: 32 bytes, canonical)"
    )]
    KeyEncoding,
    /// Unique identifiers, which RFC 5280 forbids to issue.
    #[error("issuer or subject unique identifier present (RFC 5280, 4.1.2.8, forbids them)")]
    UniqueIdentifier,
    /// The issuer has no name.
    #[error("issuer is empty: it must be a name (RFC 5280, 4.1.2.4)")]
    IssuerEmpty,
    /// The end of validity comes before its beginning.
    #[error("validity ends ({not_after}) before it begins ({not_before}), in seconds since 1970")]
    ValidityReversed {
        /// Beginning, in seconds since 1970.
        not_before: u64,
        /// End, in seconds since 1970.
        not_after: u64,
    },
    /// Too many extensions.
    #[error("more than {MAX_EXTENSIONS} extensions (§11)")]
    TooManyExtensions,
    /// An extension occurs twice.
    #[error("an extension occurs twice (RFC 5280, 4.2)")]
    DuplicateExtension,
    /// An extension is critical and means nothing here.
    #[error("unknown critical extension: it cannot be ignored and is not understood")]
    UnknownCriticalExtension,
    /// Too many alternative names.
    #[error("more than {MAX_ALTERNATIVE_NAMES} alternative names (§11)")]
    TooManyAlternativeNames,
    /// Too many name-constraint subtrees.
    #[error("more than {MAX_NAME_CONSTRAINTS} name-constraint subtrees (§11)")]
    TooManyNameConstraints,
    /// `rustls-webpki` refuses what the rules above accept.
    #[error("rejected by rustls-webpki")]
    SecondOpinion,
}

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Issuer and subject differ: somebody else issued the certificate.
    #[error("not self-issued: issuer and subject differ")]
    NotSelfIssued,
    /// The algorithm does not go with the key, or is not the certificate's.
    #[error("declared algorithm {declared} does not go with {actual}")]
    WrongAlgorithm {
        /// What was declared.
        declared: SignatureAlgorithm,
        /// What the certificate says.
        actual: SignatureAlgorithm,
    },
    /// The signature does not verify.
    #[error("signature does not verify with this key")]
    Invalid,
}
