//! Path validation (RFC 5280, 6.1): the rules of one link and of a chain, each with its own error.
//!
//! Nothing is searched here. Who the issuer is, the caller says, from stored links; these rules say
//! whether the two certificates agree to it. Each rule is a function of its own, so that a graph of
//! co-issuers can be judged link by link; [`verify_path`] applies all of them to a chain in order.
//!
//! | rule | function | RFC 5280 |
//! |---|---|---|
//! | validity | [`check_validity`] | 6.1.3 (a)(2) |
//! | issuer's name is the child's issuer | [`check_issuer_name`] | 6.1.3 (a)(4) |
//! | key identifiers agree where both are there | [`check_key_identifiers`] | 4.2.1.1 |
//! | signature | [`check_signature`] | 6.1.3 (a)(1) |
//! | CA, path length, keyCertSign | [`check_may_issue`] | 6.1.4 (k) to (n) |
//! | name constraints | [`check_name_constraints`] | 6.1.3 (b), (c) |
//! | key usage, extended key usage | [`check_purpose`], [`check_issuer_purpose`] | 4.2.1.3, 4.2.1.12 |
//! | `rustls-webpki` accepts it too | [`check_second_opinion`] | |
//!
//! The root is checked like the rest: its validity, its right to issue, and its signature by its own key.
//!
//! Self-issued certificates (issuer and subject are the same name) take no part in path lengths, and their
//! names are not constrained, unless they are the target (6.1.3 (b), 6.1.4 (l)).
//!
//! RFC 5280 says nothing of extended key usage in CAs. A CA restricted so is taken at its word here, as it is by
//! TLS libraries: for the purposes of TLS every issuer's extended key usage, where there, must allow the
//! purpose too.

use alloc::vec::Vec;
use core::fmt;

use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{
    MAX_CHAIN,
    certificate::ParsedCertificate,
    error::SignatureError,
    extensions::{KeyUsage, oid},
    general_name::NameForm,
    name_constraints::Budget,
    second_opinion,
};

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
    #[error("more than {MAX_CHAIN} certificates in the chain (§11)")]
    ChainTooLong,
    /// `rustls-webpki` refuses what the rules here accept.
    #[codec(index = 19)]
    #[error("rejected by rustls-webpki")]
    SecondOpinion,
}

/// What the last certificate of a chain is to be used for (§11).
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
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Purpose {
    /// To issue certificates: a CA with keyCertSign.
    #[codec(index = 0)]
    KeyCertSign,
    /// To sign revocation lists.
    #[codec(index = 1)]
    #[cfg_attr(feature = "serde", serde(rename = "cRLSign"))]
    CrlSign,
    /// To sign data.
    #[codec(index = 2)]
    DigitalSignature,
    /// To be a TLS server: digitalSignature and serverAuth.
    #[codec(index = 3)]
    ServerAuth,
    /// To be a TLS client: digitalSignature and clientAuth.
    #[codec(index = 4)]
    ClientAuth,
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

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyCertSign => "keyCertSign",
            Self::CrlSign => "cRLSign",
            Self::DigitalSignature => "digitalSignature",
            Self::ServerAuth => "serverAuth",
            Self::ClientAuth => "clientAuth",
        })
    }
}

/// Whether issuer and subject of the certificate are the same name (RFC 5280, 3.2 and 7.1).
pub fn is_self_issued(certificate: &ParsedCertificate<'_>) -> bool {
    certificate
        .issuer_name()
        .matches(&certificate.subject_name())
}

/// The time (seconds since 1970) lies within the certificate's validity, both ends included.
///
/// # Errors
/// [`PathError::NotYetValid`], [`PathError::Expired`].
pub fn check_validity(certificate: &ParsedCertificate<'_>, time: u64) -> Result<(), PathError> {
    let validity = certificate.validity();
    if time < validity.not_before {
        let not_before = validity.not_before;
        return Err(PathError::NotYetValid { not_before });
    }
    if time > validity.not_after {
        let not_after = validity.not_after;
        return Err(PathError::Expired { not_after });
    }
    Ok(())
}

/// The child's issuer is the issuer's subject, which is not empty (RFC 5280, 7.1).
///
/// # Errors
/// [`PathError::IssuerName`].
pub fn check_issuer_name(
    child: &ParsedCertificate<'_>,
    issuer: &ParsedCertificate<'_>,
) -> Result<(), PathError> {
    // The parser refuses an empty issuer, so that an empty subject never matches.
    if child.issuer_name().matches(&issuer.subject_name()) {
        Ok(())
    } else {
        Err(PathError::IssuerName)
    }
}

/// The child's authority key identifier is the issuer's subject key identifier, if both are there.
///
/// # Errors
/// [`PathError::KeyIdentifiers`].
pub fn check_key_identifiers(
    child: &ParsedCertificate<'_>,
    issuer: &ParsedCertificate<'_>,
) -> Result<(), PathError> {
    let named = child
        .authority_key_identifier()
        .and_then(|authority| authority.key_identifier);
    match (named, issuer.subject_key_identifier()) {
        (Some(named), Some(own)) if named != own => Err(PathError::KeyIdentifiers),
        _ => Ok(()),
    }
}

/// The issuer's key signed the child. Costs one signature check.
///
/// # Errors
/// [`PathError::SignatureAlgorithm`], [`PathError::Signature`].
pub fn check_signature(
    child: &ParsedCertificate<'_>,
    issuer: &ParsedCertificate<'_>,
) -> Result<(), PathError> {
    child.verify_signed_by(issuer).map_err(|error| match error {
        SignatureError::WrongAlgorithm { .. } => PathError::SignatureAlgorithm,
        SignatureError::NotSelfIssued | SignatureError::Invalid => PathError::Signature,
    })
}

/// Names, key identifiers and the signature: the issuer issued the child. Costs one signature check.
///
/// # Errors
/// [`PathError::IssuerName`], [`PathError::KeyIdentifiers`], [`PathError::SignatureAlgorithm`],
/// [`PathError::Signature`].
pub fn check_issued_by(
    child: &ParsedCertificate<'_>,
    issuer: &ParsedCertificate<'_>,
) -> Result<(), PathError> {
    check_issuer_name(child, issuer)?;
    check_key_identifiers(child, issuer)?;
    check_signature(child, issuer)
}

/// Basic constraints say that it is a CA (RFC 5280, 6.1.4 (k)).
///
/// # Errors
/// [`PathError::NotCa`].
pub fn check_is_ca(ca: &ParsedCertificate<'_>) -> Result<(), PathError> {
    if ca.is_ca() {
        Ok(())
    } else {
        Err(PathError::NotCa)
    }
}

/// No more intermediate certificates follow than it allows (RFC 5280, 6.1.4 (l), (m)).
/// `non_self_issued_below` counts the certificates strictly between `ca` and the target that are not
/// self-issued.
///
/// # Errors
/// [`PathError::PathLength`].
pub fn check_path_length(
    ca: &ParsedCertificate<'_>,
    non_self_issued_below: u8,
) -> Result<(), PathError> {
    let constraint = ca
        .basic_constraints()
        .and_then(|constraints| constraints.path_length);
    match constraint {
        // 255 stands for everything above too.
        Some(allowed) if allowed < non_self_issued_below => Err(PathError::PathLength {
            allowed,
            found: non_self_issued_below,
        }),
        _ => Ok(()),
    }
}

/// Key usage has keyCertSign, if it is there (RFC 5280, 6.1.4 (n)).
///
/// # Errors
/// [`PathError::KeyCertSign`].
pub fn check_key_cert_sign(ca: &ParsedCertificate<'_>) -> Result<(), PathError> {
    if ca.allows(KeyUsage::KEY_CERT_SIGN) {
        Ok(())
    } else {
        Err(PathError::KeyCertSign)
    }
}

/// The certificate may issue, with so many certificates that are not self-issued between it and the target.
///
/// # Errors
/// [`PathError::NotCa`], [`PathError::PathLength`], [`PathError::KeyCertSign`].
pub fn check_may_issue(
    ca: &ParsedCertificate<'_>,
    non_self_issued_below: u8,
) -> Result<(), PathError> {
    check_is_ca(ca)?;
    check_path_length(ca, non_self_issued_below)?;
    check_key_cert_sign(ca)
}

/// The names of a descendant, however far below, satisfy the constraints of `ca`. A self-issued
/// certificate is exempt unless it is the target.
///
/// Costs as much as [`crate::name_constraints`] says, taken from `budget`.
///
/// # Errors
/// [`PathError::NameNotPermitted`], [`PathError::NameExcluded`], [`PathError::MalformedName`],
/// [`PathError::UnsupportedConstraint`], [`PathError::BudgetExhausted`].
pub fn check_name_constraints(
    ca: &ParsedCertificate<'_>,
    descendant: &ParsedCertificate<'_>,
    descendant_is_target: bool,
    budget: &mut Budget,
) -> Result<(), PathError> {
    match ca.name_constraints() {
        Some(constraints) if descendant_is_target || !is_self_issued(descendant) => {
            constraints.check_names(descendant, budget)
        }
        _ => Ok(()),
    }
}

/// The target may be used so: key usage, and for TLS the extended key usage, allow it where they are there.
///
/// # Errors
/// [`PathError::NotCa`], [`PathError::KeyCertSign`], [`PathError::CrlSign`],
/// [`PathError::DigitalSignature`], [`PathError::ExtendedKeyUsage`].
pub fn check_purpose(target: &ParsedCertificate<'_>, purpose: Purpose) -> Result<(), PathError> {
    check_key_usage(target, purpose)?;
    check_issuer_purpose(target, purpose)
}

/// The part of [`check_purpose`] that key usage decides, and basic constraints for keyCertSign.
///
/// # Errors
/// [`PathError::NotCa`], [`PathError::KeyCertSign`], [`PathError::CrlSign`],
/// [`PathError::DigitalSignature`].
pub fn check_key_usage(target: &ParsedCertificate<'_>, purpose: Purpose) -> Result<(), PathError> {
    let (usage, error) = match purpose {
        Purpose::KeyCertSign => {
            check_is_ca(target)?;
            (KeyUsage::KEY_CERT_SIGN, PathError::KeyCertSign)
        }
        Purpose::CrlSign => (KeyUsage::CRL_SIGN, PathError::CrlSign),
        Purpose::DigitalSignature | Purpose::ServerAuth | Purpose::ClientAuth => {
            (KeyUsage::DIGITAL_SIGNATURE, PathError::DigitalSignature)
        }
    };
    if target.allows(usage) {
        Ok(())
    } else {
        Err(error)
    }
}

/// The extended key usage, if it is there, allows the purpose. Asked of every certificate of a chain.
///
/// # Errors
/// [`PathError::ExtendedKeyUsage`].
pub fn check_issuer_purpose(
    certificate: &ParsedCertificate<'_>,
    purpose: Purpose,
) -> Result<(), PathError> {
    match purpose.extended_key_usage() {
        Some(wanted) if !certificate.allows_purpose(wanted) => {
            Err(PathError::ExtendedKeyUsage(purpose))
        }
        _ => Ok(()),
    }
}

/// What was checked about a certificate of a chain.
///
/// SCALE: one byte, the index below.
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
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Rule {
    /// The time lies within its validity.
    #[codec(index = 0)]
    Validity,
    /// It names its issuer's subject.
    #[codec(index = 1)]
    IssuerName,
    /// It names its issuer's key.
    #[codec(index = 2)]
    KeyIdentifiers,
    /// Its issuer's key signed it.
    #[codec(index = 3)]
    Signature,
    /// It is a CA, if it issues.
    #[codec(index = 4)]
    BasicConstraints,
    /// No more certificates follow than it allows, if it issues.
    #[codec(index = 5)]
    PathLength,
    /// Its key usage allows what it is used for.
    #[codec(index = 6)]
    KeyUsage,
    /// Its extended key usage allows the purpose.
    #[codec(index = 7)]
    ExtendedKeyUsage,
    /// Its names satisfy the constraints of all certificates above.
    #[codec(index = 8)]
    NameConstraints,
    /// `rustls-webpki` accepts the chain, too (see [`crate::second_opinion`]); on the target only.
    #[codec(index = 9)]
    SecondOpinion,
}

/// What came out for one certificate: every rule that was checked, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkReport {
    /// The rules, each with what came out.
    pub checks: Vec<(Rule, Result<(), PathError>)>,
}

impl LinkReport {
    /// The first rule that does not hold.
    pub fn first_failure(&self) -> Option<(Rule, PathError)> {
        let mut checks = self.checks.iter();
        checks.find_map(|(rule, outcome)| outcome.err().map(|error| (*rule, error)))
    }
}

/// What came out for a chain, root first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathReport {
    /// One for each certificate, in the chain's order.
    pub links: Vec<LinkReport>,
}

impl PathReport {
    /// The first failure from the root down: which certificate (the root is 0), which rule, why.
    pub fn first_failure(&self) -> Option<(usize, Rule, PathError)> {
        let mut links = self.links.iter().enumerate();
        links.find_map(|(place, link)| {
            let (rule, error) = link.first_failure()?;
            Some((place, rule, error))
        })
    }

    /// Whether every rule holds for every certificate.
    pub fn holds(&self) -> bool {
        self.first_failure().is_none()
    }
}

/// Checks every rule for every certificate of a chain in order, from the root to the target, at a time (seconds
/// since 1970), for a purpose or none.
///
/// Costs one signature check for each certificate, and at most [`Budget::CHAIN`] for names. The root, as the
/// whole chain, may be the target.
///
/// # Errors
/// [`PathError::EmptyChain`], [`PathError::ChainTooLong`]; what is wrong with a certificate is in the report.
pub fn verify_path(
    chain: &[ParsedCertificate<'_>],
    time: u64,
    purpose: Option<Purpose>,
) -> Result<PathReport, PathError> {
    if chain.is_empty() {
        return Err(PathError::EmptyChain);
    }
    if chain.len() > MAX_CHAIN {
        return Err(PathError::ChainTooLong);
    }
    let mut budget = Budget::CHAIN;
    let mut report = PathReport::default();
    let mut above: &[ParsedCertificate<'_>] = &[];
    for (place, certificate) in chain.iter().enumerate() {
        let (_, below) = chain.split_at(place.saturating_add(1).min(chain.len()));
        let link = check_link(above, certificate, below, time, purpose, &mut budget);
        report.links.push(link);
        (above, _) = chain.split_at(place.saturating_add(1).min(chain.len()));
    }
    // Every signature holds, or it would not be asked.
    if report.holds()
        && let Some(opinion) = second_opinion::ask(chain, time, purpose)
        && let Some(target) = report.links.last_mut()
    {
        target.checks.push((Rule::SecondOpinion, opinion));
    }
    Ok(report)
}

/// [`verify_path`]'s last rule alone, for callers that applied the others one by one: what `rustls-webpki` says of
/// the chain, root first (see [`second_opinion`]). Every signature must have been verified.
///
/// # Errors
/// [`PathError::SecondOpinion`].
pub fn check_second_opinion(
    chain: &[ParsedCertificate<'_>],
    time: u64,
    purpose: Option<Purpose>,
) -> Result<(), PathError> {
    second_opinion::ask(chain, time, purpose).unwrap_or(Ok(()))
}

/// Every rule for one certificate with those `above` it, root first, and those `below`, the target last.
fn check_link(
    above: &[ParsedCertificate<'_>],
    certificate: &ParsedCertificate<'_>,
    below: &[ParsedCertificate<'_>],
    time: u64,
    purpose: Option<Purpose>,
    budget: &mut Budget,
) -> LinkReport {
    let issuer = above.last().unwrap_or(certificate);
    let mut checks = [
        (Rule::Validity, check_validity(certificate, time)),
        (Rule::IssuerName, check_issuer_name(certificate, issuer)),
        (
            Rule::KeyIdentifiers,
            check_key_identifiers(certificate, issuer),
        ),
        (Rule::Signature, check_signature(certificate, issuer)),
    ]
    .to_vec();
    if let Some((_target, intermediates)) = below.split_last() {
        let following = count_non_self_issued(intermediates);
        checks.extend([
            (Rule::BasicConstraints, check_is_ca(certificate)),
            (Rule::PathLength, check_path_length(certificate, following)),
            (Rule::KeyUsage, check_key_cert_sign(certificate)),
        ]);
    } else if let Some(purpose) = purpose {
        checks.push((Rule::KeyUsage, check_key_usage(certificate, purpose)));
    }
    if let Some(purpose) = purpose {
        let outcome = check_issuer_purpose(certificate, purpose);
        checks.push((Rule::ExtendedKeyUsage, outcome));
    }
    let is_target = below.is_empty();
    let constraints = above
        .iter()
        .try_for_each(|ca| check_name_constraints(ca, certificate, is_target, budget));
    checks.push((Rule::NameConstraints, constraints));
    LinkReport { checks }
}

/// How many of them count for path lengths; 255 if more.
pub fn count_non_self_issued(certificates: &[ParsedCertificate<'_>]) -> u8 {
    let counted = certificates
        .iter()
        .filter(|certificate| !is_self_issued(certificate));
    u8::try_from(counted.count()).unwrap_or(u8::MAX)
}
