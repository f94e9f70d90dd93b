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

mod chain;
mod error;

pub use chain::{
    LinkReport, PathReport, Rule, check_second_opinion, count_non_self_issued, verify_path,
};
pub use error::{PathError, Purpose};

use crate::{
    certificate::ParsedCertificate, error::SignatureError, extensions::KeyUsage,
    name_constraints::Budget,
};

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
