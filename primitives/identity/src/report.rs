//! What verification answers: every link, every check, the first failure by name.

use alloc::vec::Vec;
use core::fmt;

use allod_x509::{SignatureAlgorithm, format_time, named_enum, path};
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{Identifier, MAX_VISITED, RevocationReason};

named_enum! {
    /// What somebody wants an identity's key for; requests on chain need none of these. The chain judges no TLS:
    /// whoever needs a server's or a client's purpose asks [`allod_x509::path`].
    pub enum Purpose {
        /// To issue certificates: a certification authority, with keyCertSign.
        KeyCertSign = 0 => "keyCertSign",
        /// To sign revocation lists: cRLSign.
        CrlSign = 1 => "cRLSign",
        /// To sign data and in TLS: digitalSignature.
        DigitalSignature = 2 => "digitalSignature",
    }
}

impl From<Purpose> for path::Purpose {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::KeyCertSign => Self::KeyCertSign,
            Purpose::CrlSign => Self::CrlSign,
            Purpose::DigitalSignature => Self::DigitalSignature,
        }
    }
}

/// One thing that is checked on a link, or, last, on the whole chain.
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
)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub enum Check {
    /// The chain knows the identity and can read its certificate.
    #[codec(index = 0)]
    Registered,
    /// The runtime's list of algorithms has the certificate's.
    #[codec(index = 1)]
    Algorithm,
    /// The time lies within the certificate's validity.
    #[codec(index = 2)]
    Validity,
    /// It may issue: basicConstraints say CA, and the path below is not too long.
    #[codec(index = 3)]
    BasicConstraints,
    /// It may issue: keyUsage, if present, has keyCertSign.
    #[codec(index = 4)]
    KeyCertSign,
    /// The names below are within its name constraints.
    #[codec(index = 5)]
    NameConstraints,
    /// No critical extension is unknown.
    #[codec(index = 6)]
    CriticalExtensions,
    /// Not revoked, held or deactivated.
    #[codec(index = 7)]
    Status,
    /// The issuer's key, or for a root its own, signed the certificate.
    #[codec(index = 8)]
    Signature,
    /// keyUsage, if present, allows the purpose that was asked for.
    #[codec(index = 9)]
    Purpose,
    /// The root is one that the caller accepts.
    #[codec(index = 10)]
    Root,
    /// The certificate names its issuer as the issuer names itself, and its authority key identifier
    /// is the issuer's subject key identifier (RFC 5280, 4.1.2.4 and 4.2.1.1).
    #[codec(index = 11)]
    IssuerName,
    /// It was registered while its issuers' keys were good and their certificates are still kept.
    #[codec(index = 12)]
    Link,
    /// The issuer's last revocation list is not older than it promised. Reported, decides nothing.
    #[codec(index = 13)]
    RevocationList,
    /// `rustls-webpki` accepts the whole chain too.
    #[codec(index = 14)]
    SecondOpinion,
}

/// Why a check failed.
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
)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(
        tag = "kind",
        rename_all = "camelCase",
        rename_all_fields = "camelCase"
    )
)]
pub enum Reason {
    /// The chain has no identity of this identifier.
    #[codec(index = 0)]
    NotRegistered,
    /// The stored certificate cannot be read by the rules of today.
    #[codec(index = 1)]
    Unreadable,
    /// The runtime's list no longer has the algorithm.
    #[codec(index = 2)]
    AlgorithmRetired {
        /// The certificate's algorithm.
        algorithm: SignatureAlgorithm,
    },
    /// Validity begins later.
    #[codec(index = 3)]
    NotYetValid {
        /// First second of validity, since 1970.
        not_before: u64,
    },
    /// Validity is over.
    #[codec(index = 4)]
    Expired {
        /// Last second of validity, since 1970.
        not_after: u64,
    },
    /// The certificate is not one of a certification authority.
    #[codec(index = 5)]
    NotCa,
    /// keyUsage is present without keyCertSign.
    #[codec(index = 6)]
    NoKeyCertSign,
    /// keyUsage is present without cRLSign.
    #[codec(index = 7)]
    NoCrlSign,
    /// keyUsage is present without digitalSignature.
    #[codec(index = 8)]
    NoDigitalSignature,
    /// The signature on the certificate does not verify.
    #[codec(index = 9)]
    SignatureInvalid,
    /// The root is none of those that the caller accepts.
    #[codec(index = 10)]
    RootNotAccepted,
    /// More certificates follow below than pathLenConstraint allows.
    #[codec(index = 11)]
    PathTooLong,
    /// A name is outside an issuer's name constraints.
    #[codec(index = 12)]
    NameOutsideConstraints {
        /// Whose constraints.
        issuer: Identifier,
    },
    /// The issuer revoked the certificate.
    #[codec(index = 13)]
    Revoked {
        /// Why.
        reason: RevocationReason,
        /// Since when, in seconds since 1970.
        since: u64,
    },
    /// The issuer put the certificate on hold.
    #[codec(index = 14)]
    OnHold {
        /// Since when, in seconds since 1970.
        since: u64,
    },
    /// The identity was deactivated, for ever.
    #[codec(index = 15)]
    Deactivated,
    /// The issuer's name in the certificate is not the issuer's.
    #[codec(index = 16)]
    IssuerNameMismatch,
    /// The authority key identifier in the certificate is not the issuer's subject key identifier.
    #[codec(index = 17)]
    KeyIdentifierMismatch,
    /// It was registered after the last block in which the issuer's key was good.
    #[codec(index = 18)]
    IssuedAfterCompromise {
        issuer: Identifier,
        /// The last block in which its key was good.
        good_until: u32,
    },
    /// The certificate under which it was registered is no longer kept: the issuer was renewed more
    /// often since than certificates are kept, or is deactivated.
    #[codec(index = 19)]
    IssuerCertificateDropped { issuer: Identifier },
    /// More identities would have to be visited than verification visits.
    #[codec(index = 20)]
    TooManyIdentities,
    /// The issuer promised a newer revocation list by then.
    #[codec(index = 21)]
    RevocationListStale {
        /// When, in seconds since 1970.
        next_update: u64,
    },
    /// `rustls-webpki` refuses the chain.
    #[codec(index = 22)]
    SecondOpinion,
    /// Comparing all names with all constraints would take too long.
    #[codec(index = 23)]
    TooManyNames,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRegistered => f.write_str("no identity of this identifier is registered"),
            Self::Unreadable => f.write_str("the stored certificate is not accepted any more"),
            Self::AlgorithmRetired { algorithm } => {
                write!(f, "the algorithm {algorithm} is not accepted any more")
            }
            Self::NotYetValid { not_before } => {
                write!(f, "not valid before {}", format_time(*not_before))
            }
            Self::Expired { not_after } => write!(f, "expired on {}", format_time(*not_after)),
            Self::NotCa => f.write_str("not a certification authority (basicConstraints)"),
            Self::NoKeyCertSign => f.write_str("keyUsage lacks keyCertSign"),
            Self::NoCrlSign => f.write_str("keyUsage lacks cRLSign"),
            Self::NoDigitalSignature => f.write_str("keyUsage lacks digitalSignature"),
            Self::SignatureInvalid => f.write_str("the certificate's signature does not verify"),
            Self::RootNotAccepted => f.write_str("the root is none of the accepted ones"),
            Self::PathTooLong => {
                f.write_str("more certificates follow below than pathLenConstraint allows")
            }
            Self::NameOutsideConstraints { issuer } => {
                write!(f, "a name is outside the name constraints of {issuer}")
            }
            Self::Revoked { reason, since } => {
                write!(f, "revoked on {} ({reason})", format_time(*since))
            }
            Self::OnHold { since } => write!(f, "on hold since {}", format_time(*since)),
            Self::Deactivated => f.write_str("deactivated"),
            Self::IssuerNameMismatch => {
                f.write_str("the certificate names another issuer than the one that signed it")
            }
            Self::KeyIdentifierMismatch => f.write_str(
                "the authority key identifier is not the issuer's subject key identifier",
            ),
            Self::IssuedAfterCompromise { issuer, good_until } => write!(
                f,
                "registered after block #{good_until}, the last one in which the key of {issuer} \
                 was good"
            ),
            Self::IssuerCertificateDropped { issuer } => write!(
                f,
                "the certificate of {issuer} under which it was registered is no longer kept"
            ),
            Self::TooManyIdentities => {
                write!(
                    f,
                    "more than {MAX_VISITED} identities would have to be visited"
                )
            }
            Self::RevocationListStale { next_update } => write!(
                f,
                "the issuer promised a newer revocation list by {}",
                format_time(*next_update)
            ),
            Self::SecondOpinion => f.write_str("rustls-webpki refuses the chain"),
            Self::TooManyNames => {
                f.write_str("comparing all names with all name constraints would take too long")
            }
        }
    }
}

/// How a check ended.
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
)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "outcome", content = "reason", rename_all = "camelCase")
)]
pub enum Outcome {
    /// It holds.
    #[codec(index = 0)]
    Passed,
    /// It does not concern this link: a certificate that issued nothing needs no keyCertSign.
    #[codec(index = 1)]
    NotApplicable,
    /// It does not hold.
    #[codec(index = 2)]
    Failed(Reason),
    /// Worth knowing, but it decides nothing.
    #[codec(index = 3)]
    Noted(Reason),
}

/// A check and how it ended.
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
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CheckReport {
    /// What was checked.
    pub check: Check,
    /// How it ended.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub outcome: Outcome,
}

/// One identity in the chain of issue and the checks on it, in the order of [`Check`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LinkReport {
    /// The identity.
    pub identifier: Identifier,
    /// Its checks. If it is not registered there is only the first.
    pub checks: Vec<CheckReport>,
}

/// What is known about the root.
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
)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub enum RootTrust {
    /// The caller named no roots: the report says whose the chain is, and not that anybody trusts it.
    #[codec(index = 0)]
    NotAsked,
    /// The root is one that the caller accepts.
    #[codec(index = 1)]
    Accepted,
    /// It is none of them.
    #[codec(index = 2)]
    NotAccepted,
}

/// A failed check, and where.
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
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Failure {
    /// The identity at fault.
    pub identifier: Identifier,
    /// The check that it failed.
    pub check: Check,
    /// Why.
    pub reason: Reason,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.identifier, self.reason)
    }
}

/// The answer to "does this identity hold, and under whom?", at one block.
///
/// **A self-issued root is trusted by nobody by default.** A report without failure says that the
/// chain of issue is sound; that the root deserves trust it says only if the caller named roots and
/// [`RootTrust::Accepted`] comes back.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct VerificationReport {
    /// The identity that was asked about.
    pub identifier: Identifier,
    /// The time that validity was judged at, in seconds since 1970.
    pub time: u64,
    /// The purpose that was asked about.
    pub purpose: Option<Purpose>,
    /// The chain of issue, root first, the identity itself last; with co-issuers a graph, in which
    /// every identity comes after those that issued it.
    pub links: Vec<LinkReport>,
    /// The root, unless the identity is not registered: the one above the issuers whose keys signed
    /// the certificates. Roots of co-issuers are among the links.
    pub root: Option<Identifier>,
    /// Whether the caller accepts the root.
    pub root_trust: RootTrust,
    /// The first check that failed, root down; `None` if the identity holds.
    pub failure: Option<Failure>,
}

impl VerificationReport {
    /// Puts a report together from the links, root first. `accepted_roots` are what the caller named.
    pub fn new(
        identifier: Identifier,
        time: u64,
        purpose: Option<Purpose>,
        links: Vec<LinkReport>,
        accepted_roots: Option<&[Identifier]>,
    ) -> Self {
        let failed_link = links.iter().find_map(LinkReport::failure);
        let is_registered = links.first().is_some_and(|link| !link.is_unregistered());
        let root = links
            .first()
            .filter(|_| is_registered)
            .map(|link| link.identifier);
        let root_trust = match (accepted_roots, root) {
            (None, _) => RootTrust::NotAsked,
            (Some(accepted), Some(root)) if accepted.contains(&root) => RootTrust::Accepted,
            (Some(_), _) => RootTrust::NotAccepted,
        };
        let failed_root = (root_trust == RootTrust::NotAccepted).then(|| Failure {
            identifier: root.unwrap_or(identifier),
            check: Check::Root,
            reason: Reason::RootNotAccepted,
        });
        Self {
            identifier,
            time,
            purpose,
            links,
            root,
            root_trust,
            failure: failed_link.or(failed_root),
        }
    }

    /// Whether nothing failed.
    pub fn holds(&self) -> bool {
        self.failure.is_none()
    }
}

impl LinkReport {
    /// The report on an identity that the chain does not know.
    pub fn unregistered(identifier: Identifier) -> Self {
        Self::of_one(identifier, Reason::NotRegistered)
    }

    /// The report on an identity whose certificate cannot be read.
    pub fn unreadable(identifier: Identifier) -> Self {
        Self::of_one(identifier, Reason::Unreadable)
    }

    /// The report on a certificate that is not there, for a reason that one check stands for.
    pub fn of_one(identifier: Identifier, reason: Reason) -> Self {
        let check = match reason {
            Reason::Deactivated => Check::Status,
            Reason::NotRegistered
            | Reason::Unreadable
            | Reason::AlgorithmRetired { .. }
            | Reason::NotYetValid { .. }
            | Reason::Expired { .. }
            | Reason::NotCa
            | Reason::NoKeyCertSign
            | Reason::NoCrlSign
            | Reason::NoDigitalSignature
            | Reason::SignatureInvalid
            | Reason::RootNotAccepted
            | Reason::PathTooLong
            | Reason::NameOutsideConstraints { .. }
            | Reason::Revoked { .. }
            | Reason::OnHold { .. }
            | Reason::IssuerNameMismatch
            | Reason::KeyIdentifierMismatch
            | Reason::IssuedAfterCompromise { .. }
            | Reason::IssuerCertificateDropped { .. }
            | Reason::TooManyIdentities
            | Reason::RevocationListStale { .. }
            | Reason::SecondOpinion
            | Reason::TooManyNames => Check::Registered,
        };
        let check = CheckReport {
            check,
            outcome: Outcome::Failed(reason),
        };
        Self {
            identifier,
            checks: [check].to_vec(),
        }
    }

    fn is_unregistered(&self) -> bool {
        self.failure()
            .is_some_and(|failure| failure.reason == Reason::NotRegistered)
    }

    /// The first check that failed.
    pub fn failure(&self) -> Option<Failure> {
        self.checks.iter().find_map(|report| match report.outcome {
            Outcome::Failed(reason) => Some(Failure {
                identifier: self.identifier,
                check: report.check,
                reason,
            }),
            Outcome::Passed | Outcome::NotApplicable | Outcome::Noted(_) => None,
        })
    }
}
