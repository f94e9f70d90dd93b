//! `reparent`: success, every error, every state.

use allod_identity::{RevocationReason, request::arguments::ReparentArguments};
use frame_support::assert_ok;

use super::*;
use crate::{
    mock::*,
    pallet::{Error, Event, Identities, IssuedBy},
};

/// A move of `child` under `issuer` with this certificate.
pub fn reparent(child: &Somebody, issuer: &Somebody, der: &[u8]) -> DispatchResultWithPostInfo {
    reparent_with(child, issuer, der, &[])
}

fn reparent_with(
    child: &Somebody,
    issuer: &Somebody,
    der: &[u8],
    consents: &[Consent],
) -> DispatchResultWithPostInfo {
    let arguments = ReparentArguments {
        identifier: child.identifier,
        certificate: der,
        algorithm: SignatureAlgorithm::Ed25519,
        issuer: issuer.identifier,
        co_issuers: consents.iter().map(|consent| consent.co_issuer).collect(),
    };
    AutoId::reparent(
        RuntimeOrigin::signed(PAYER),
        child.identifier,
        der.to_vec().try_into().unwrap(),
        SignatureAlgorithm::Ed25519,
        issuer.identifier,
        consents.to_vec().try_into().unwrap(),
        child.sign(&arguments),
    )
}

/// A child whose issuer has just been revoked by its own.
fn orphan() -> (Somebody, Somebody, Somebody) {
    let top = root("top", 1);
    let issuer = top.child("issuer", 2, 7);
    let child = issuer.child("child", 3, 7);
    assert!(child.holds());
    top.revoke(&[7], RevocationReason::CaCompromise).unwrap();
    assert!(!child.holds());
    (top, issuer, child)
}

#[test]
fn an_orphan_moves() {
    new_chain().execute_with(|| {
        let (_, old, child) = orphan();
        let other = root("other", 4);
        let der = other.issue("child", &child.key, 7);
        assert_ok!(reparent(&child, &other, &der));
        assert!(child.holds());
        assert!(IssuedBy::<Test>::contains_key(
            other.identifier,
            child.identifier
        ));
        assert!(!IssuedBy::<Test>::contains_key(
            old.identifier,
            child.identifier
        ));
        let record = Identities::<Test>::get(child.identifier).unwrap();
        assert_eq!((record.depth, record.generation), (2, 1));
        System::assert_last_event(
            Event::Reparented {
                identifier: child.identifier,
                issuer: other.identifier,
                generation: 1,
                payer: PAYER,
            }
            .into(),
        );
        AutoId::do_try_state().unwrap();
    });
}

#[test]
fn with_consents() {
    new_chain().execute_with(|| {
        let (_, _, child) = orphan();
        let (other, partner) = (root("other", 4), root("partner", 5));
        let der = other.issue("child", &child.key, 7);
        let consent = partner.consent(&der, other.identifier);
        assert_ok!(reparent_with(&child, &other, &der, &[consent]));
        assert!(child.holds());
        AutoId::do_try_state().unwrap();
    });
}

#[test]
fn only_if_the_issuer_fails() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let child = issuer.child("child", 2, 7);
        let other = root("other", 3);
        let der = other.issue("child", &child.key, 7);
        refuses(|| reparent(&child, &other, &der), Error::IssuerHolds);
        let der = other.issue("issuer", &issuer.key, 8);
        refuses(|| reparent(&issuer, &other, &der), Error::IsRoot);
    });
}

#[test]
fn name_and_key_stay() {
    new_chain().execute_with(|| {
        let (_, _, child) = orphan();
        let other = root("other", 4);
        let renamed = other.issue("another", &child.key, 7);
        refuses(
            || reparent(&child, &other, &renamed),
            Error::SubjectNameChanged,
        );
        let rekeyed = other.issue("child", &ed25519(9), 7);
        refuses(|| reparent(&child, &other, &rekeyed), Error::KeyChanged);
        let forged = certificate(("child", &child.key), ("other", &ed25519(9)), 7, as_it_is);
        refuses(
            || reparent(&child, &other, &forged),
            Error::CertificateSignatureInvalid,
        );
        let der = other.issue("child", &child.key, 7);
        let thief = Somebody {
            key: ed25519(9),
            ..child.clone()
        };
        refuses(
            || reparent(&thief, &other, &der),
            Error::RequestSignatureInvalid,
        );
    });
}

/// Neither under oneself nor under what stands below.
#[test]
fn no_circle() {
    new_chain().execute_with(|| {
        let (_, _, child) = orphan();
        // What stands below fails with it, and could not issue in any case.
        let der = child.issue("child", &child.key, 8);
        refuses(|| reparent(&child, &child, &der), Error::IssuanceCircle);

        let top = root("top of all", 20);
        let upper = top.child("upper", 21, 2);
        let lower = upper.child("lower", 22, 2);
        assert_ok!(top.revoke(&[1], RevocationReason::Unspecified));
        let der = lower.issue("upper", &upper.key, 3);
        refuses(|| reparent(&upper, &lower, &der), Error::IssuanceCircle);
    });
}

#[test]
fn no_deeper_than_eight() {
    new_chain().execute_with(|| {
        let (_, _, child) = orphan();
        let deepest = (11..18).fold(root("1", 10), |last, seed| {
            last.child(&seed.to_string(), seed, 7)
        });
        assert_eq!(
            Identities::<Test>::get(deepest.identifier).unwrap().depth,
            8
        );
        let der = deepest.issue("child", &child.key, 8);
        refuses(|| reparent(&child, &deepest, &der), Error::ChainTooDeep);
    });
}

/// What was registered under the old certificate is checked against it, and fails until it is renewed
/// under the new one: a move costs the same, whatever stands below.
#[test]
fn children_follow_by_renewal() {
    new_chain().execute_with(|| {
        let top = root("top", 1);
        let middle = top.child("middle", 2, 7);
        let bottom = middle.child("bottom", 3, 7);
        assert_ok!(top.revoke(&[1], RevocationReason::CessationOfOperation));
        assert!(!bottom.holds());
        let other = root("other", 4);
        let der = other.issue("middle", &middle.key, 7);
        assert_ok!(reparent(&middle, &other, &der));
        assert!(middle.holds());
        assert!(!bottom.holds());
        let der = middle.issue("bottom", &bottom.key, 8);
        assert_ok!(bottom.renewal(der, &bottom.key).submit(PAYER));
        assert!(bottom.holds());
        AutoId::do_try_state().unwrap();
    });
}

#[test]
fn states() {
    new_chain().execute_with(|| {
        let other = root_with("other", ed25519(4), |builder| {
            builder.not_after = 3_000_000_000;
        });
        let top = root("top", 1);
        let issuer = top.child("issuer", 2, 7);
        let (held, revoked, expired) = (
            issuer.child("held", 10, 10),
            issuer.child("revoked", 11, 11),
            issuer.child("expired", 12, 12),
        );
        assert_ok!(issuer.hold(&[10]));
        assert_ok!(issuer.revoke(&[11], RevocationReason::KeyCompromise));
        assert_ok!(top.revoke(&[7], RevocationReason::CaCompromise));
        let der = other.issue("held", &held.key, 10);
        refuses(|| reparent(&held, &other, &der), Error::SubjectOnHold);
        let der = other.issue("revoked", &revoked.key, 11);
        refuses(|| reparent(&revoked, &other, &der), Error::SubjectRevoked);
        // Expired, and its issuer cannot renew it: it may move.
        go_to(20, 2_493_072_001);
        let der = other.issue_with("expired", &expired.key, 12, |builder| {
            builder.not_after = 3_000_000_000;
        });
        assert_ok!(reparent(&expired, &other, &der));
        assert!(expired.holds());
    });
}
