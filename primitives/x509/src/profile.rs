//! What RFC 5280, 4, demands of a certificate beyond what a path needs: rules for those who issue.
//!
//! The chain does not ask for these. A root that `openssl req -x509` makes in passing has no authority key
//! identifier, and nothing depends on one where links are stored. Whoever issues for others, or judges foreign
//! certificates by the letter, asks here.
//!
//! | rule | RFC 5280 |
//! |---|---|
//! | a CA has a subject; without a subject, the alternative name is critical | 4.1.2.6 |
//! | authority key identifier with a key identifier, unless self-signed | 4.2.1.1 |
//! | subject key identifier in a CA | 4.2.1.2 |
//! | key usage in a CA; keyCertSign in a CA only | 4.2.1.3 |
//! | alternative names in the syntax of their form | 4.2.1.6 |
//! | basic constraints critical in a CA; path length only with keyCertSign | 4.2.1.9 |
//! | name constraints critical, and in a CA only | 4.2.1.10 |
//! | policy constraints and inhibitAnyPolicy critical | 4.2.1.11, 4.2.1.14 |
//! | authority key identifier with a key identifier in a revocation list | 5.2.1 |
//!
//! Extensions that must not be critical are refused when the certificate is parsed: the key identifiers by name,
//! the others since they are not known.
//!
//! That a CA has key usage binds whoever issues. The algorithms of paths (6.1.4 (n)) and of revocation (6.3.3 (f))
//! ask what it says only where it is there, so that a judge of paths leaves this rule out: [`check_for_path`].

use crate::{
    ParsedCertificate, ParsedCrl,
    extensions::{KeyUsage, oid},
    general_name::{GeneralName, NameForm},
    host_name::{Mailbox, is_host_name},
    path::is_self_issued,
};

/// A rule that a certificate breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// A CA without a name.
    #[error("a CA whose subject is empty (RFC 5280, 4.1.2.6)")]
    CaSubjectEmpty,
    /// No subject, and no critical alternative name.
    #[error("subject is empty and no critical subjectAltName is there (RFC 5280, 4.1.2.6)")]
    NoCriticalName,
    /// No authority key identifier.
    #[error("not self-signed and without authorityKeyIdentifier.keyIdentifier (RFC 5280, 4.2.1.1)")]
    NoAuthorityKeyIdentifier,
    /// A CA without subject key identifier.
    #[error("a CA without subjectKeyIdentifier (RFC 5280, 4.2.1.2)")]
    NoSubjectKeyIdentifier,
    /// A CA without key usage.
    #[error("a CA without keyUsage (RFC 5280, 4.2.1.3)")]
    NoKeyUsage,
    /// keyCertSign without CA.
    #[error("keyUsage has keyCertSign, but it is no CA (RFC 5280, 4.2.1.3)")]
    KeyCertSignWithoutCa,
    /// An alternative name that is none of its form.
    #[error("a {0} that has not the syntax of one (RFC 5280, 4.2.1.6)")]
    NameSyntax(NameForm),
    /// A CA whose basic constraints are not critical.
    #[error("a CA whose basicConstraints are not critical (RFC 5280, 4.2.1.9)")]
    BasicConstraintsNotCritical,
    /// A path length where none may be.
    #[error("pathLenConstraint without CA and keyCertSign (RFC 5280, 4.2.1.9)")]
    PathLength,
    /// Name constraints that are not critical.
    #[error("nameConstraints are not critical (RFC 5280, 4.2.1.10)")]
    NameConstraintsNotCritical,
    /// Name constraints without CA.
    #[error("nameConstraints, but it is no CA (RFC 5280, 4.2.1.10)")]
    NameConstraintsWithoutCa,
    /// Policy constraints or inhibitAnyPolicy that are not critical.
    #[error(
        "policyConstraints or inhibitAnyPolicy are not critical (RFC 5280, 4.2.1.11, 4.2.1.14)"
    )]
    PolicyNotCritical,
    /// A revocation list without authority key identifier.
    #[error("a revocation list without authorityKeyIdentifier.keyIdentifier (RFC 5280, 5.2.1)")]
    ListWithoutAuthorityKeyIdentifier,
}

/// Checks every rule of [the module's page](self). Makes no signature check: self-signed means issued under
/// its own name.
///
/// # Errors
/// The first rule that is broken.
pub fn check(certificate: &ParsedCertificate<'_>) -> Result<(), ProfileError> {
    check_for_path(certificate)?;
    if certificate.is_ca() && certificate.key_usage().is_none() {
        return Err(ProfileError::NoKeyUsage);
    }
    Ok(())
}

/// [`check`] without the rule that a CA has key usage.
///
/// # Errors
/// The first rule that is broken, never [`ProfileError::NoKeyUsage`].
pub fn check_for_path(certificate: &ParsedCertificate<'_>) -> Result<(), ProfileError> {
    check_subject(certificate)?;
    check_key_identifiers(certificate)?;
    check_usage(certificate)?;
    check_criticality(certificate)?;
    check_name_syntax(certificate)
}

/// The one rule of [the module's page](self) for revocation lists. Whatever else they must have, parsing asks for.
///
/// # Errors
/// [`ProfileError::ListWithoutAuthorityKeyIdentifier`].
pub fn check_crl(list: &ParsedCrl<'_>) -> Result<(), ProfileError> {
    list.authority_key_identifier()
        .and_then(|authority| authority.key_identifier)
        .map(|_| ())
        .ok_or(ProfileError::ListWithoutAuthorityKeyIdentifier)
}

fn check_subject(certificate: &ParsedCertificate<'_>) -> Result<(), ProfileError> {
    if !certificate.subject_name().is_empty() {
        return Ok(());
    }
    if certificate.is_ca() {
        return Err(ProfileError::CaSubjectEmpty);
    }
    match certificate.extension(oid::ALTERNATIVE_NAME) {
        Some(extension) if extension.is_critical => Ok(()),
        _ => Err(ProfileError::NoCriticalName),
    }
}

fn check_key_identifiers(certificate: &ParsedCertificate<'_>) -> Result<(), ProfileError> {
    let authority = certificate
        .authority_key_identifier()
        .and_then(|authority| authority.key_identifier);
    if authority.is_none() && !is_self_issued(certificate) {
        return Err(ProfileError::NoAuthorityKeyIdentifier);
    }
    if certificate.is_ca() && certificate.subject_key_identifier().is_none() {
        return Err(ProfileError::NoSubjectKeyIdentifier);
    }
    Ok(())
}

fn check_usage(certificate: &ParsedCertificate<'_>) -> Result<(), ProfileError> {
    let is_ca = certificate.is_ca();
    let says_sign = certificate
        .key_usage()
        .is_some_and(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN));
    if says_sign && !is_ca {
        return Err(ProfileError::KeyCertSignWithoutCa);
    }
    let has_path_length = certificate
        .basic_constraints()
        .is_some_and(|constraints| constraints.path_length.is_some());
    // Key usage counts if it is there.
    if has_path_length && !(is_ca && certificate.allows(KeyUsage::KEY_CERT_SIGN)) {
        return Err(ProfileError::PathLength);
    }
    if certificate.name_constraints().is_some() && !is_ca {
        return Err(ProfileError::NameConstraintsWithoutCa);
    }
    Ok(())
}

fn check_criticality(certificate: &ParsedCertificate<'_>) -> Result<(), ProfileError> {
    for extension in certificate.extensions() {
        let is_critical = extension.is_critical;
        match extension.identifier {
            oid::BASIC_CONSTRAINTS if certificate.is_ca() && !is_critical => {
                return Err(ProfileError::BasicConstraintsNotCritical);
            }
            oid::NAME_CONSTRAINTS if !is_critical => {
                return Err(ProfileError::NameConstraintsNotCritical);
            }
            oid::POLICY_CONSTRAINTS | oid::INHIBIT_ANY_POLICY if !is_critical => {
                return Err(ProfileError::PolicyNotCritical);
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_name_syntax(certificate: &ParsedCertificate<'_>) -> Result<(), ProfileError> {
    for name in certificate.subject_alternative_names().unwrap_or_default() {
        let is_valid = match name {
            GeneralName::Dns(name) => is_dns_name(name),
            GeneralName::Email(address) => is_email_address(address),
            GeneralName::Uri(uri) => is_absolute_uri(uri),
            GeneralName::Other
            | GeneralName::X400
            | GeneralName::Directory(_)
            | GeneralName::EdiParty
            | GeneralName::Ip(_)
            | GeneralName::RegisteredId => true,
        };
        if !is_valid {
            return Err(ProfileError::NameSyntax(name.form()));
        }
    }
    Ok(())
}

/// The preferred syntax (RFC 1034, 3.5; RFC 1123, 2.1), or that with `*` as its first label (RFC 9525, 6.3).
fn is_dns_name(name: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name);
    is_host_name(name) && !name.contains('_')
}

/// A mailbox, at a host or at an address in brackets (RFC 2821, 4.1.2).
fn is_email_address(address: &str) -> bool {
    let has_literal = |host: &str| host.starts_with('[') && host.ends_with(']');
    let at_literal = address
        .rsplit_once('@')
        .is_some_and(|(local, host)| !local.is_empty() && has_literal(host));
    at_literal || Mailbox::parse(address).is_some()
}

/// A scheme, and something that it is about (RFC 3986, 4.3).
fn is_absolute_uri(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return false;
    };
    let is_scheme_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let starts_with_letter = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_printable = |byte: u8| byte.is_ascii_graphic();
    starts_with_letter
        && scheme.bytes().all(is_scheme_byte)
        && !rest.is_empty()
        && rest.bytes().all(is_printable)
}
