//! Whether the peer's certificate has the expected name (RFC 9525). Used only to tell which cases turn on it.

use super::{
    LIMITS,
    case::{Case, PeerName},
};
use allod_x509::{GeneralName, ParsedCertificate};
use std::net::IpAddr;

/// Whether all expected names are there. True as well for a certificate that cannot be read: then the case
/// turns on that.
pub(super) fn names_match(case: &Case) -> bool {
    let Ok(certificate) = ParsedCertificate::parse_within(&case.peer, &LIMITS) else {
        return true;
    };
    let names = certificate.subject_alternative_names().unwrap_or_default();
    case.peer_names
        .iter()
        .all(|expected| names.iter().any(|name| matches(expected, name)))
}

fn matches(expected: &PeerName, presented: &GeneralName<'_>) -> bool {
    match (expected, presented) {
        (PeerName::Dns(expected), GeneralName::Dns(presented)) => dns_matches(expected, presented),
        (PeerName::Email(expected), GeneralName::Email(presented)) => expected == presented,
        (PeerName::Ip(IpAddr::V4(expected)), GeneralName::Ip(presented)) => {
            expected.octets() == **presented
        }
        (PeerName::Ip(IpAddr::V6(expected)), GeneralName::Ip(presented)) => {
            expected.octets() == **presented
        }
        _ => false,
    }
}

/// Label by label; `*` as the whole first label stands for any one (RFC 9525, 6.3).
fn dns_matches(expected: &str, presented: &str) -> bool {
    if expected.eq_ignore_ascii_case(presented) {
        return true;
    }
    let Some(parent) = presented.strip_prefix("*.") else {
        return false;
    };
    expected
        .split_once('.')
        .is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent))
}
