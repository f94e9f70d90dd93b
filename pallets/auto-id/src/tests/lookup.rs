//! What the runtime APIs answer about what is stored.

use allod_identity::{
    CertificateReference, RevocationReason,
    api::{MAX_PAGE, PayloadQuery, Standing},
    request::arguments::DeactivateArguments,
};
use frame_support::assert_ok;

use super::{deactivate::deactivate, set_controller::set_controller, *};
use crate::mock::*;

#[test]
fn issued_by_comes_in_pages() {
    new_chain().execute_with(|| {
        let (issuer, partner) = (root("issuer", 1), root("partner", 2));
        let mut expected: Vec<_> = (0..23)
            .map(|i| {
                issuer
                    .child(&format!("child {i}"), 10 + i, 10 + i)
                    .identifier
            })
            .collect();
        partner.child("another's", 200, 2);
        expected.sort();
        for limit in [1, 5, 22, 23, 24, MAX_PAGE, u32::MAX] {
            let mut found = Vec::new();
            let mut after = None;
            loop {
                let page = AutoId::issued_by(issuer.identifier, after, limit);
                assert!(page.identifiers.len() <= limit.min(MAX_PAGE) as usize);
                found.extend(page.identifiers);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "{limit}");
        }
        let none = AutoId::issued_by(issuer.identifier, None, 0);
        assert!(none.identifiers.is_empty());
        let unknown = AutoId::issued_by(Identifier([5; 32]), None, 5);
        assert!(unknown.identifiers.is_empty() && unknown.next.is_none());
        // A page can begin after an identity that was never listed.
        let after = Some(Identifier([0x80; 32]));
        let page = AutoId::issued_by(issuer.identifier, after, MAX_PAGE);
        let above: Vec<_> = expected
            .into_iter()
            .filter(|child| child.0 > [0x80; 32])
            .collect();
        assert_eq!(page.identifiers, above);
    });
}

#[test]
fn details_follow_an_identity() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let mut child = issuer.child("child", 2, 7);
        let details = |somebody: &Somebody| AutoId::details(somebody.identifier).unwrap();
        assert_eq!(details(&child).standing, Standing::Valid);
        assert_eq!((details(&child).depth, details(&child).generation), (2, 0));
        assert!(details(&child).superseded.is_empty());

        go_to(5, NOW);
        let new_key = ed25519(3);
        let der = issuer.issue("child", &new_key, 8);
        let mut renewal = child.renewal(der, &new_key);
        renewal.compromised_after = Some(4);
        assert_ok!(renewal.submit(PAYER));
        child.key = new_key;
        let superseded = details(&child).superseded;
        assert_eq!(superseded.len(), 1);
        assert_eq!((superseded[0].since, superseded[0].until), (1, 5));
        assert_eq!(superseded[0].compromised_after, Some(4));
        let reference = |generation| CertificateReference {
            identifier: child.identifier,
            generation,
        };
        assert_eq!(
            AutoId::certificate_of(reference(0)),
            Some(superseded[0].certificate.clone())
        );
        assert!(AutoId::certificate_of(reference(1)).is_some());
        assert_eq!(AutoId::certificate_of(reference(2)), None);

        assert_ok!(issuer.hold(&[8]));
        assert_eq!(details(&child).standing, Standing::OnHold);
        assert_ok!(issuer.revoke(&[8], RevocationReason::Superseded));
        assert_eq!(details(&child).standing, Standing::Revoked);
        assert_ok!(issuer.revoke(&[1], RevocationReason::Superseded));
        assert_eq!(details(&issuer).standing, Standing::RevokedRoot);
        let other = root("other", 9);
        go_to(6, 2_493_072_001);
        assert_eq!(details(&other).standing, Standing::Expired);
        assert_eq!(AutoId::details(Identifier([5; 32])), None);
    });
}

/// The payload that the runtime gives is the one that a key has to sign.
#[test]
fn payloads_are_those_that_count() {
    new_chain().execute_with(|| {
        let (agent, owner) = (root("agent", 1), root("owner", 2));
        assert_ok!(set_controller(&agent, &agent, Some(&owner)));
        let identifier = agent.identifier;
        let info = AutoId::payload(PayloadQuery::Deactivate { identifier }, 77).unwrap();
        assert_eq!(info.identifier, owner.identifier, "the controller signs");
        assert_eq!(info.nonce, 1);
        let arguments = DeactivateArguments { identifier };
        let expected = arguments.payload_of(GENESIS.0, owner.identifier, 1, 77);
        assert_eq!(info.payload, expected.to_bytes());
        let unknown = PayloadQuery::Deactivate {
            identifier: Identifier([5; 32]),
        };
        assert_eq!(AutoId::payload(unknown, 77), None);
        let unreadable = PayloadQuery::Register {
            certificate: vec![1, 2, 3],
            algorithm: SignatureAlgorithm::Ed25519,
        };
        assert_eq!(AutoId::payload(unreadable, 77), None);
        assert_ok!(deactivate(&agent, &owner));
    });
}
