//! From what is asked of the chain to the bytes that are signed.
//!
//! A [`PayloadQuery`] names a call and its arguments. What a key signs for it [`PayloadQuery::request`] puts together,
//! and no node is asked for it.

use allod_identity::{Identifier, api::PayloadQuery, request::TooManyServices};

pub use allod_identity::request::Terms;

/// The bytes that `actor` has to sign.
pub fn payload(
    query: &PayloadQuery,
    actor: Identifier,
    terms: Terms,
) -> Result<Vec<u8>, TooManyServices> {
    Ok(query.request(actor, terms)?.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_golden::{Golden, call_bytes, calls, requests};
    use std::collections::BTreeSet;

    /// Payloads that OpenSSL signed, put together by other programs.
    #[test]
    fn golden_payloads() {
        let mut seen = BTreeSet::new();
        for golden in requests() {
            let bytes = payload(&golden.query(), golden.actor(), golden.terms()).unwrap();
            assert_eq!(
                hex::encode(bytes),
                golden.text("payload"),
                "{}",
                golden.name()
            );
            seen.insert(golden.name().to_owned());
        }
        assert_eq!(seen.len(), 17, "{seen:?}");
    }

    #[test]
    fn golden_calls() {
        let mut seen = BTreeSet::new();
        for golden in calls() {
            let bytes = payload(&golden.query(), golden.actor(), golden.terms()).unwrap();
            assert_eq!(
                hex::encode(bytes),
                golden.text("payload"),
                "{}",
                golden.name()
            );
            // Lists declare their number of entries; a golden one declares too many on purpose.
            if golden.text("call") == "publish_crl" && golden.declares_too_many() {
                continue;
            }
            let call = call_bytes(golden.query(), golden.signatures()).unwrap();
            assert_eq!(hex::encode(call), golden.text("bytes"), "{}", golden.name());
            seen.insert(golden.name().to_owned());
        }
        assert_eq!(seen.len(), 16, "{seen:?}");
    }

    #[test]
    fn a_consent_is_no_call() {
        let consent = requests()
            .into_iter()
            .find(|golden| golden.name() == "co_issue")
            .unwrap();
        let signatures = calls().first().unwrap().signatures();
        assert_eq!(call_bytes(consent.query(), signatures), None);
    }

    #[test]
    fn too_many_services_are_refused() {
        let services = Golden::services_query(9);
        let terms = Terms {
            genesis: [1; 32],
            nonce: 0,
            valid_until: 1,
        };
        let refused = payload(&services, Identifier([1; 32]), terms);
        assert_eq!(refused, Err(TooManyServices));
    }
}
