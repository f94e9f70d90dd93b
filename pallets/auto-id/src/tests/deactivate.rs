//! `deactivate`: success, every error, every state.

use allod_identity::{
    Check, KeyFingerprint, Reason, RevocationReason,
    api::Standing,
    request::arguments::{DeactivateArguments, SetControllerArguments, SetServicesArguments},
};
use frame_support::{assert_ok, traits::fungible::InspectHold};

use super::*;
use crate::{
    mock::*,
    pallet::{Certificates, Error, Event, Fingerprints, Identities, Keys},
};

pub fn deactivate(subject: &Somebody, authority: &Somebody) -> DispatchResult {
    let arguments = DeactivateArguments {
        identifier: subject.identifier,
    };
    let request = authority.sign(&arguments);
    AutoId::deactivate(RuntimeOrigin::signed(PAYER), subject.identifier, request)
}

#[test]
fn a_tombstone_stays() {
    new_chain().execute_with(|| {
        let held = |who| Balances::balance_on_hold(&IdentityHold::get(), &who);
        let somebody = root("somebody", 1);
        let guardian = root("guardian", 2);
        let before = held(PAYER);
        assert_ok!(somebody.guard(&[&guardian], 1, 10));
        let services = Default::default();
        let arguments = SetServicesArguments {
            identifier: somebody.identifier,
            services: &services,
        };
        let request = somebody.sign(&arguments);
        let origin = RuntimeOrigin::signed(PAYER);
        assert_ok!(AutoId::set_services(
            origin,
            somebody.identifier,
            services,
            request
        ));
        assert_ok!(deactivate(&somebody, &somebody));
        System::assert_last_event(
            Event::Deactivated {
                identifier: somebody.identifier,
            }
            .into(),
        );
        let record = Identities::<Test>::get(somebody.identifier).unwrap();
        assert!(record.is_deactivated);
        assert_eq!(record.nonce, 4, "kept, and counted");
        assert!(!Certificates::<Test>::contains_key(somebody.identifier));
        // The certificate's bytes are paid back, the tombstone's are not.
        assert!(held(PAYER) < before);
        assert!(held(PAYER) > 0);
        assert_eq!(
            somebody.failure(),
            Some((Check::Status, Reason::Deactivated))
        );
        let details = AutoId::details(somebody.identifier).unwrap();
        assert_eq!(details.standing, Standing::Deactivated);
        AutoId::do_try_state().unwrap();
    });
}

#[test]
fn nothing_is_free_again() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let child = issuer.child("child", 2, 7);
        let der = issuer.issue("child", &child.key, 7);
        assert_ok!(deactivate(&child, &child));
        let register = |key: &SigningKey, der: &[u8]| register_issued(key, der, &issuer, &[]);
        refuses(|| register(&child.key, &der), Error::AlreadyRegistered);
        let same_key = issuer.issue("again", &child.key, 8);
        refuses(|| register(&child.key, &same_key), Error::KeyInUse);
        let fresh = ed25519(3);
        let same_serial = issuer.issue("again", &fresh, 7);
        refuses(|| register(&fresh, &same_serial), Error::SerialInUse);
        let key = KeyFingerprint(sp_io::hashing::sha2_256(&child.key.spki()));
        assert_eq!(Keys::<Test>::get(key).unwrap().identifier, child.identifier);
        assert_eq!(AutoId::identity_by_key(key), None, "it lives no more");
        // Its children fail with it.
        refuses(|| deactivate(&child, &child), Error::SubjectDeactivated);
    });
}

#[test]
fn after_renewals() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        for serial in 2..9 {
            let key = &somebody.key;
            let der = certificate(("somebody", key), ("somebody", key), serial, as_it_is);
            assert_ok!(somebody.renewal(der, key).submit(PAYER));
        }
        assert_ok!(deactivate(&somebody, &somebody));
        assert_eq!(Fingerprints::<Test>::iter().count(), 0);
        AutoId::do_try_state().unwrap();
    });
}

#[test]
fn what_it_issued_fails() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let child = issuer.child("child", 2, 7);
        let below = child.child("below", 3, 7);
        assert_ok!(deactivate(&issuer, &issuer));
        for somebody in [&child, &below] {
            let report = AutoId::verify(somebody.identifier, None, None, None);
            let failure = report.failure.unwrap();
            assert_eq!(failure.identifier, issuer.identifier);
            assert_eq!(failure.reason, Reason::Deactivated);
            assert_eq!(report.root, Some(issuer.identifier), "always named");
        }
    });
}

#[test]
fn by_nobody_else() {
    new_chain().execute_with(|| {
        let (somebody, stranger) = (root("somebody", 1), root("stranger", 2));
        refuses(|| deactivate(&somebody, &stranger), Error::NotAuthorized);
        let thief = Somebody {
            key: stranger.key,
            ..somebody.clone()
        };
        refuses(
            || deactivate(&somebody, &thief),
            Error::RequestSignatureInvalid,
        );
    });
}

#[test]
fn states() {
    new_chain().execute_with(|| {
        let issuer = root_with("issuer", ed25519(1), |builder| {
            builder.not_after = 3_000_000_000;
        });
        let [held, revoked, expired] =
            [2, 3, 4].map(|seed| issuer.child(&format!("child {seed}"), seed, seed));
        assert_ok!(issuer.hold(&[2]));
        refuses(|| deactivate(&held, &held), Error::SubjectOnHold);
        assert_ok!(issuer.revoke(&[3], RevocationReason::KeyCompromise));
        assert_ok!(deactivate(&revoked, &revoked));
        go_to(20, 2_493_072_001);
        assert_ok!(deactivate(&expired, &expired));
        // A revoked root may do that and nothing else.
        assert_ok!(issuer.revoke(&[1], RevocationReason::Unspecified));
        let arguments = SetControllerArguments {
            identifier: issuer.identifier,
            controller: None,
        };
        let request = issuer.sign(&arguments);
        refuses(
            || {
                AutoId::set_controller(
                    RuntimeOrigin::signed(PAYER),
                    issuer.identifier,
                    None,
                    request,
                )
            },
            Error::RootRevoked,
        );
        assert_ok!(deactivate(&issuer, &issuer));
        AutoId::do_try_state().unwrap();
    });
}
