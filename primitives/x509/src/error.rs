//! What can be wrong with a certificate or a signature, one variant for each cause.

use alloc::string::String;
use core::fmt;

use crate::{
    Digest, KeyAlgorithm, MAX_SERIAL_OCTETS, RSA_MAX_BITS, RSA_MAX_EXPONENT, RSA_MIN_BITS,
    SignatureAlgorithm, general_name::NameForm, named::OneOf,
};

/// A part of a certificate, to say where an error lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The certificate as a whole.
    Certificate,
    /// What is signed.
    TbsCertificate,
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
    /// The extension subject key identifier.
    SubjectKeyIdentifier,
    /// The extension authority key identifier.
    AuthorityKeyIdentifier,
    /// The extension CRL distribution points.
    DistributionPoints,
    Signature,
    /// A revocation list as a whole.
    CertificateList,
    /// thisUpdate or nextUpdate of a revocation list.
    Updates,
    /// An entry of a revocation list.
    RevokedCertificates,
    /// The extension cRLNumber.
    CrlNumber,
    /// A certification request as a whole.
    CertificationRequest,
    /// The attributes of a certification request.
    Attributes,
    PrivateKey,
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
            Self::SubjectKeyIdentifier => "subjectKeyIdentifier",
            Self::AuthorityKeyIdentifier => "authorityKeyIdentifier",
            Self::DistributionPoints => "cRLDistributionPoints",
            Self::Signature => "signatureValue",
            Self::CertificateList => "certificateList",
            Self::Updates => "thisUpdate or nextUpdate",
            Self::RevokedCertificates => "revokedCertificates",
            Self::CrlNumber => "cRLNumber",
            Self::CertificationRequest => "certificationRequest",
            Self::Attributes => "attributes",
            Self::PrivateKey => "privateKey",
        })
    }
}

/// Why bytes are not a certificate that this chain accepts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// More bytes than are read at all.
    #[error("certificate of {size} bytes: at most {limit} are accepted")]
    TooLong {
        /// How many bytes there are.
        size: usize,
        /// How many there may be.
        limit: u32,
    },
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
    #[error(
        "signature algorithm not accepted: must be {}",
        OneOf(&SignatureAlgorithm::ALL)
    )]
    UnknownSignatureAlgorithm,
    /// A signature over a SHA-1 digest, which can be forged.
    #[error("signature with sha1: must be with {}", OneOf(&Digest::ALL))]
    Sha1,
    /// RSASSA-PSS with other parameters than the ones that go with its digest.
    #[error(
        "RSASSA-PSS parameters not accepted: must be {}, MGF1 with the same digest, salt as long as the digest, default trailer (RFC 4055, 3.1)",
        OneOf(&Digest::ALL)
    )]
    PssParameters,
    /// The public key's algorithm is not in the list.
    #[error("public key not accepted: must be {}", OneOf(&KeyAlgorithm::ALL))]
    UnknownKeyAlgorithm,
    /// A key that is bound to RSASSA-PSS.
    #[error(
        "public key of type id-RSASSA-PSS: must be of type rsaEncryption, which signs with PSS as well"
    )]
    PssKey,
    /// A public key whose curve is written out.
    #[error(
        "public key writes its curve out (explicit parameters): it must be named (RFC 5480, 2.1.1; openssl ec -param_enc named_curve)"
    )]
    ExplicitCurve,
    /// An RSA modulus of another size.
    #[error("RSA key of {0} bits: must have {RSA_MIN_BITS} to {RSA_MAX_BITS}, a multiple of 8")]
    RsaModulusSize(u32),
    /// An RSA modulus that is even, so no product of two odd primes.
    #[error("RSA modulus is even")]
    RsaModulusEven,
    /// An RSA exponent out of range.
    #[error("RSA public exponent not accepted: must be odd, from 3 to {RSA_MAX_EXPONENT}")]
    RsaExponent,
    /// The public key has another encoding than the one that is accepted.
    #[error(
        "public key in another encoding than the accepted one (Ed25519: 32 bytes, canonical; P-256: 65 bytes, P-384: 97 bytes, both uncompressed; RSA: two positive integers in DER)"
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
    #[error("more than {0} extensions")]
    TooManyExtensions(usize),
    /// An extension occurs twice.
    #[error("an extension occurs twice (RFC 5280, 4.2)")]
    DuplicateExtension,
    /// An extension is critical and means nothing here; its identifier in numbers.
    #[error("unknown critical extension {0}: it cannot be ignored and is not understood")]
    UnknownCriticalExtension(String),
    /// Too many alternative names.
    #[error("more than {0} alternative names")]
    TooManyAlternativeNames(usize),
    /// Too many name-constraint subtrees.
    #[error("more than {0} name-constraint subtrees")]
    TooManyNameConstraints(usize),
    /// Too many purposes.
    #[error("more than {0} purposes in the extended key usage")]
    TooManyPurposes(usize),
    /// The base of a name constraint is none that RFC 5280 defines.
    #[error(
        "name constraint of form {0} is none that RFC 5280, 4.2.1.10, defines (DNS names without a leading period, masks as prefixes have them)"
    )]
    ConstraintForm(NameForm),
    /// FALSE where it is the default.
    #[error("{0} writes FALSE out, the default, which DER leaves out (X.690, 11.5)")]
    DefaultWritten(Field),
    /// An extension is critical that must not be.
    #[error("{0} is critical: it must not be (RFC 5280, 4.2.1.1, 4.2.1.2 and 5.2.3)")]
    MustNotBeCritical(Field),
    /// A time in the other form than the one for its year.
    #[error(
        "a time in the wrong form: UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5)"
    )]
    TimeForm,
    /// `rustls-webpki` refuses what the rules above accept.
    #[error("rejected by rustls-webpki")]
    SecondOpinion,
}

/// The option by which OpenSSL signs with an algorithm's digest: it takes SHA-256 whatever the key's size is.
const fn openssl_option(algorithm: SignatureAlgorithm) -> &'static str {
    match algorithm.scheme().digest() {
        None => "",
        Some(Digest::Sha256) => " (openssl: -sha256)",
        Some(Digest::Sha384) => " (openssl: -sha384)",
        Some(Digest::Sha512) => " (openssl: -sha512)",
    }
}

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Issuer and subject differ: somebody else issued the certificate.
    #[error("not self-issued: issuer and subject differ")]
    NotSelfIssued,
    /// The algorithm does not go with the key, or is not the certificate's.
    #[error("signature by {declared} does not go with the key: it must be by {actual}{}", openssl_option(*.actual))]
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
