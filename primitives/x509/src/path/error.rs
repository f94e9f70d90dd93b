//! What can be wrong with a path, one variant for each cause, and what a path is wanted for.

use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{MAX_CHAIN, extensions::oid, general_name::NameForm, named_enum};

/// Why a certificate or a link of a chain does not hold.
///
/// SCALE: the index below, then the fields.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    thiserror::Error,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum PathError {
    /// The time lies before the certificate's validity.
    #[codec(index = 0)]
    #[error("not valid before {not_before}, in seconds since 1970")]
    NotYetValid {
        /// First second of validity.
        not_before: u64,
    },
    /// The time lies behind the certificate's validity.
    #[codec(index = 1)]
    #[error("not valid after {not_after}, in seconds since 1970")]
    Expired {
        /// Last second of validity.
        not_after: u64,
    },
    /// The certificate names another issuer.
    #[codec(index = 2)]
    #[error("the certificate's issuer is not the issuing certificate's subject (RFC 5280, 6.1.3)")]
    IssuerName,
    /// The key identifiers differ.
    #[codec(index = 3)]
    #[error(
        "authorityKeyIdentifier is not the issuing certificate's subjectKeyIdentifier (RFC 5280, 4.2.1.1)"
    )]
    KeyIdentifiers,
    /// The algorithm of the signature is none of the issuer's key.
    #[codec(index = 4)]
    #[error("the certificate's signature algorithm does not go with the issuer's key")]
    SignatureAlgorithm,
    /// The signature is not by the issuer's key.
    #[codec(index = 5)]
    #[error("the issuer's key did not sign the certificate")]
    Signature,
    /// The issuer is no certification authority.
    #[codec(index = 6)]
    #[error("basicConstraints do not say that it may issue (RFC 5280, 4.2.1.9)")]
    NotCa,
    /// More intermediate certificates follow than the issuer allows.
    #[codec(index = 7)]
    #[error(
        "pathLenConstraint is {allowed}, but {found} intermediate certificates follow (RFC 5280, 4.2.1.9)"
    )]
    PathLength {
        /// The constraint.
        allowed: u8,
        /// Certificates between this one and the target that are not self-issued.
        found: u8,
    },
    /// Key usage does not have `keyCertSign`.
    #[codec(index = 8)]
    #[error("keyUsage does not allow keyCertSign (RFC 5280, 4.2.1.3)")]
    KeyCertSign,
    /// Key usage does not have `cRLSign`.
    #[codec(index = 9)]
    #[error("keyUsage does not allow cRLSign (RFC 5280, 4.2.1.3)")]
    CrlSign,
    /// Key usage does not have `digitalSignature`.
    #[codec(index = 10)]
    #[error("keyUsage does not allow digitalSignature (RFC 5280, 4.2.1.3)")]
    DigitalSignature,
    /// Extended key usage does not have the purpose.
    #[codec(index = 11)]
    #[error("extKeyUsage does not allow {0} (RFC 5280, 4.2.1.12)")]
    ExtendedKeyUsage(Purpose),
    /// A name lies in no permitted subtree.
    #[codec(index = 12)]
    #[error("a {0} lies in none of the permitted subtrees (RFC 5280, 4.2.1.10)")]
    NameNotPermitted(NameForm),
    /// A name lies in an excluded subtree.
    #[codec(index = 13)]
    #[error("a {0} lies in an excluded subtree (RFC 5280, 4.2.1.10)")]
    NameExcluded(NameForm),
    /// Names of a form are constrained that is not understood.
    #[codec(index = 14)]
    #[error("names of form {0} are constrained, which is not supported (RFC 5280, 4.2.1.10)")]
    UnsupportedConstraint(NameForm),
    /// A constrained name cannot be understood.
    #[codec(index = 15)]
    #[error("a constrained {0} is malformed (RFC 5280, 4.2.1.6 and 4.2.1.10)")]
    MalformedName(NameForm),
    /// Comparing names with constraints would take too long.
    #[codec(index = 16)]
    #[error("too many comparisons of names with name constraints")]
    BudgetExhausted,
    /// The chain has no certificate.
    #[codec(index = 17)]
    #[error("the chain is empty")]
    EmptyChain,
    /// The chain has too many certificates.
    #[codec(index = 18)]
    #[error("more than {MAX_CHAIN} certificates in the chain")]
    ChainTooLong,
    /// `rustls-webpki` refuses what the rules here accept.
    #[codec(index = 19)]
    #[error("rejected by rustls-webpki")]
    SecondOpinion,
}

named_enum! {
    /// What the last certificate of a chain is to be used for (§11.8).
    pub enum Purpose {
        /// To issue certificates: a CA with keyCertSign.
        KeyCertSign = 0 => "keyCertSign",
        /// To sign revocation lists.
        CrlSign = 1 => "cRLSign",
        /// To sign data.
        DigitalSignature = 2 => "digitalSignature",
        /// To be a TLS server: digitalSignature and serverAuth.
        ServerAuth = 3 => "serverAuth",
        /// To be a TLS client: digitalSignature and clientAuth.
        ClientAuth = 4 => "clientAuth",
    }
}

impl Purpose {
    /// The extended key usage that it needs, if any (see [`oid`]).
    pub const fn extended_key_usage(self) -> Option<&'static [u8]> {
        match self {
            Self::KeyCertSign | Self::CrlSign | Self::DigitalSignature => None,
            Self::ServerAuth => Some(oid::SERVER_AUTH),
            Self::ClientAuth => Some(oid::CLIENT_AUTH),
        }
    }
}
