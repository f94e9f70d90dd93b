//! What can be wrong with a revocation list, one variant for each cause.

use crate::{
    MAX_SERIAL_OCTETS,
    error::{CertificateError, SignatureError},
};

/// Why bytes are not a revocation list that this chain accepts, or are not the issuer's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrlError {
    /// A rule that lists share with certificates.
    #[error(transparent)]
    Form(#[from] CertificateError),
    /// More bytes than are read at all.
    #[error("revocation list of {size} bytes: at most {limit} are accepted")]
    TooLong {
        /// How many bytes there are.
        size: usize,
        /// How many there may be.
        limit: u32,
    },
    /// Not version 2.
    #[error("not version 2: only version 2 of revocation lists is accepted (RFC 5280, 5.1.2.1)")]
    Version,
    /// nextUpdate is missing.
    #[error("no nextUpdate: it must be there (RFC 5280, 5.1.2.5)")]
    NextUpdateMissing,
    /// nextUpdate comes before thisUpdate.
    #[error("nextUpdate ({next_update}) before thisUpdate ({this_update}), in seconds since 1970")]
    UpdatesReversed {
        /// thisUpdate, in seconds since 1970.
        this_update: u64,
        /// nextUpdate, in seconds since 1970.
        next_update: u64,
    },
    /// The list of entries is there and empty.
    #[error("revokedCertificates is empty: it must be left out then (RFC 5280, 5.1.2.6)")]
    NoEntries,
    /// A serial number occurs twice.
    #[error("a serial number occurs twice")]
    DuplicateEntry,
    /// cRLNumber is missing.
    #[error("no cRLNumber: it must be there (RFC 5280, 5.2.3)")]
    NumberMissing,
    /// cRLNumber is negative or too long.
    #[error(
        "cRLNumber must be from 0 and have at most {MAX_SERIAL_OCTETS} octets (RFC 5280, 5.2.3)"
    )]
    NumberRange,
    /// A list of changes only.
    #[error("a delta list: only complete lists are accepted")]
    Delta,
    /// A list with entries of other issuers.
    #[error("an indirect list: only the entries of its own issuer are accepted")]
    Indirect,
    /// A list about a part of the certificates.
    #[error("issuingDistributionPoint restricts the list: only complete lists are accepted")]
    IssuingDistributionPoint,
    /// A reason that means nothing in a complete list.
    #[error("reason {0} is not one of RFC 5280, 5.3.1, for a complete list")]
    Reason(u8),
    /// `rustls-webpki` refuses what the rules above accept.
    #[error("rejected by rustls-webpki")]
    SecondOpinion,
    /// The list names another issuer.
    #[error("the list's issuer is not the certificate's subject")]
    IssuerName,
    /// The list was signed by another key of the issuer.
    #[error(
        "authorityKeyIdentifier is not the certificate's subjectKeyIdentifier (RFC 5280, 5.2.1)"
    )]
    KeyIdentifiers,
    /// The issuer's key may not sign lists.
    #[error("the issuer's keyUsage does not allow cRLSign (RFC 5280, 4.2.1.3)")]
    CrlSign,
    /// The signature does not count.
    #[error(transparent)]
    Signature(SignatureError),
    /// A time cannot be written.
    #[error("{0} seconds since 1970 lie beyond the year 9999")]
    Time(u64),
}
