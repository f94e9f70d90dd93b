//! Whether a new certificate counts at this time: a chain refuses one that does not, and whoever pays for the call
//! would have paid for nothing.

use allod_identity::api::PayloadQuery;
use allod_x509::{CertificateError, ParsedCertificate, Validity, format_time};

/// Seconds by which validity may begin after this machine's time: clocks differ, and a block is still to come.
const MAX_EARLY: u64 = 60;

/// Why a certificate is of no use now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InTimeError {
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Validity is still to begin.
    #[error(
        "the certificate is not valid yet: it is from {} on, and by this machine's clock it is {}",
        format_time(*.not_before), format_time(*.now)
    )]
    Early {
        /// First second, since 1970.
        not_before: u64,
        now: u64,
    },
    /// Validity is over.
    #[error(
        "the certificate has expired: it was valid until {}, and by this machine's clock it is {}",
        format_time(*.not_after), format_time(*.now)
    )]
    Late {
        /// Last second, since 1970.
        not_after: u64,
        now: u64,
    },
}

/// Refuses a request that brings a certificate which does not count at this time.
pub fn check_in_time(query: &PayloadQuery, now: u64) -> Result<(), InTimeError> {
    match new_certificate(query) {
        Some(der) => check_validity(ParsedCertificate::parse(der)?.validity(), now),
        None => Ok(()),
    }
}

fn check_validity(validity: Validity, now: u64) -> Result<(), InTimeError> {
    let Validity {
        not_before,
        not_after,
    } = validity;
    if not_before > now.saturating_add(MAX_EARLY) {
        Err(InTimeError::Early { not_before, now })
    } else if not_after < now {
        Err(InTimeError::Late { not_after, now })
    } else {
        Ok(())
    }
}

/// The certificate that a request brings.
fn new_certificate(query: &PayloadQuery) -> Option<&[u8]> {
    match query {
        PayloadQuery::Register { certificate, .. }
        | PayloadQuery::RegisterIssued { certificate, .. }
        | PayloadQuery::Renew { certificate, .. }
        | PayloadQuery::Reparent { certificate, .. }
        | PayloadQuery::ExecuteRecovery { certificate, .. } => Some(certificate),
        PayloadQuery::CoIssue { .. }
        | PayloadQuery::Deactivate { .. }
        | PayloadQuery::SetController { .. }
        | PayloadQuery::SetGuardians { .. }
        | PayloadQuery::OpenRecovery { .. }
        | PayloadQuery::ApproveRecovery { .. }
        | PayloadQuery::VetoRecovery { .. }
        | PayloadQuery::SetServices { .. }
        | PayloadQuery::Revoke { .. }
        | PayloadQuery::Hold { .. }
        | PayloadQuery::Release { .. }
        | PayloadQuery::PublishCrl { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_golden::requests;
    use allod_identity::SignatureAlgorithm;
    use allod_x509::builder::{CertificateBuilder, SigningKey};

    const NOW: u64 = 1_800_000_000;

    #[test]
    fn a_certificate_counts_from_its_first_second_to_its_last() {
        let key = SigningKey::ed25519([1; 32]);
        let check = |not_before, not_after| {
            let mut builder = CertificateBuilder::self_issued("agent");
            (builder.not_before, builder.not_after) = (not_before, not_after);
            let query = PayloadQuery::Register {
                certificate: builder.sign_self(&key),
                algorithm: SignatureAlgorithm::Ed25519,
            };
            check_in_time(&query, NOW).map_err(|error| error.to_string())
        };
        assert_eq!(check(NOW, NOW), Ok(()));
        assert_eq!(check(NOW + MAX_EARLY, NOW + 90), Ok(()));
        let error = check(NOW + MAX_EARLY + 1, NOW + 90).unwrap_err();
        assert!(error.contains("from 2027-01-15T08:01:01Z on"), "{error}");
        assert!(error.contains("it is 2027-01-15T08:00:00Z"), "{error}");
        let error = check(0, NOW - 1).unwrap_err();
        assert!(error.contains("until 2027-01-15T07:59:59Z"), "{error}");
        assert!(error.contains("it is 2027-01-15T08:00:00Z"), "{error}");
    }

    /// Whatever brings a certificate is asked for its time.
    #[test]
    fn every_request_with_a_certificate_is_judged() {
        let mut judged = 0;
        for golden in requests() {
            let query = golden.query();
            let brings_one = format!("{query:?}").contains(" certificate: ");
            assert_eq!(new_certificate(&query).is_some(), brings_one, "{query:?}");
            judged += usize::from(brings_one);
        }
        assert!(judged >= 5, "{judged}");
    }
}
