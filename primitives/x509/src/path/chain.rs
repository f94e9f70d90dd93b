//! All rules for a chain in order, and what came out for each certificate and rule.

use alloc::vec::Vec;

use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use super::{
    PathError, Purpose, check_is_ca, check_issuer_name, check_issuer_purpose, check_key_cert_sign,
    check_key_identifiers, check_key_usage, check_name_constraints, check_path_length,
    check_signature, check_validity, is_self_issued,
};
use crate::{MAX_CHAIN, certificate::ParsedCertificate, name_constraints::Budget, second_opinion};

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
    if chain.len() > usize::from(MAX_CHAIN) {
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
