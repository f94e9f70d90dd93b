//! `set_guardians`: success, every error, every state.

use allod_identity::{GuardianSet, MAX_RECOVERY_DELAY, RevocationReason};
use frame_support::{assert_ok, traits::fungible::InspectHold};

use super::{deactivate::deactivate, *};
use crate::{
    mock::*,
    pallet::{Error, Event, Guardians},
};

fn set(members: &[&Somebody], threshold: u8, delay: u32) -> GuardianSet {
    let members: Vec<_> = members.iter().map(|member| member.identifier).collect();
    GuardianSet {
        members: members.try_into().unwrap(),
        threshold,
        delay,
    }
}

#[test]
fn the_first_count_at_once_and_others_after_the_delay() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        let (one, two) = (root("one", 2), root("two", 3));
        assert_ok!(somebody.guard(&[&one], 1, 10));
        System::assert_last_event(
            Event::GuardiansSet {
                identifier: somebody.identifier,
                effective_from: 1,
            }
            .into(),
        );
        let guardians = |somebody: &Somebody| AutoId::guardians(somebody.identifier);
        assert_eq!(guardians(&somebody), Some(set(&[&one], 1, 10)));

        go_to(5, NOW);
        assert_ok!(somebody.guard(&[&two], 1, 3));
        assert_eq!(guardians(&somebody), Some(set(&[&one], 1, 10)));
        go_to(14, NOW);
        assert_eq!(guardians(&somebody), Some(set(&[&one], 1, 10)));
        go_to(15, NOW);
        assert_eq!(guardians(&somebody), Some(set(&[&two], 1, 3)));

        // The delay is that of the set that counts.
        assert_ok!(somebody.set_guardians(PAYER, None));
        assert_eq!(guardians(&somebody), Some(set(&[&two], 1, 3)));
        // A second change takes the first one's place, and the delay begins again.
        go_to(17, NOW);
        assert_ok!(somebody.guard(&[&one, &two], 2, 10));
        go_to(19, NOW);
        assert_eq!(guardians(&somebody), Some(set(&[&two], 1, 3)));
        go_to(20, NOW);
        assert_eq!(guardians(&somebody), Some(set(&[&one, &two], 2, 10)));
        AutoId::do_try_state().unwrap();
    });
}

#[test]
fn the_payer_of_the_last_change_holds_the_deposit() {
    new_chain().execute_with(|| {
        let held = |who| Balances::balance_on_hold(&IdentityHold::get(), &who);
        let somebody = root("somebody", 1);
        let guardian = root("guardian", 2);
        let before = held(PAYER);
        assert_ok!(somebody.guard(&[&guardian], 1, 1));
        assert!(held(PAYER) > before);
        assert_ok!(somebody.set_guardians(OTHER_PAYER, Some(set(&[&guardian], 1, 2))));
        assert_eq!(held(PAYER), before);
        assert!(held(OTHER_PAYER) > 0);
        go_to(5, NOW);
        assert_ok!(somebody.set_guardians(OTHER_PAYER, None));
        go_to(8, NOW);
        assert_ok!(somebody.set_guardians(OTHER_PAYER, None));
        assert_eq!(held(OTHER_PAYER), 0, "nothing is stored any more");
        assert!(!Guardians::<Test>::contains_key(somebody.identifier));
    });
}

#[test]
fn which_sets_there_can_be() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        let (one, two, gone) = (root("one", 2), root("two", 3), root("gone", 4));
        assert_ok!(deactivate(&gone, &gone));
        let unknown = Somebody {
            identifier: Identifier([5; 32]),
            ..gone.clone()
        };
        let name = |set| somebody.set_guardians(PAYER, Some(set));
        refuses(|| name(set(&[&one, &one], 1, 10)), Error::DuplicateGuardian);
        refuses(|| name(set(&[&one, &two], 0, 10)), Error::GuardianThreshold);
        refuses(|| name(set(&[&one, &two], 3, 10)), Error::GuardianThreshold);
        refuses(|| name(set(&[], 1, 10)), Error::GuardianThreshold);
        refuses(|| name(set(&[&one], 1, 0)), Error::GuardianDelay);
        refuses(
            || name(set(&[&one], 1, MAX_RECOVERY_DELAY + 1)),
            Error::GuardianDelay,
        );
        refuses(|| name(set(&[&somebody], 1, 10)), Error::GuardianIsRelative);
        refuses(
            || name(set(&[&unknown], 1, 10)),
            Error::GuardianNotRegistered,
        );
        refuses(|| name(set(&[&gone], 1, 10)), Error::GuardianDoesNotHold);
        assert_ok!(name(set(&[&one, &two], 2, MAX_RECOVERY_DELAY)));
    });
}

#[test]
fn by_nobody_else() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        let thief = Somebody {
            key: ed25519(2),
            ..somebody.clone()
        };
        let guardian = root("guardian", 3);
        refuses(
            || thief.guard(&[&guardian], 1, 10),
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
        let guardian = root("guardian", 9);
        let [held, revoked, expired] =
            [2, 3, 4].map(|seed| issuer.child(&format!("child {seed}"), seed, seed));
        let guard = |child: &Somebody| child.guard(&[&guardian], 1, 10);
        assert_ok!(issuer.hold(&[2]));
        refuses(|| guard(&held), Error::SubjectOnHold);
        assert_ok!(issuer.revoke(&[3], RevocationReason::KeyCompromise));
        refuses(|| guard(&revoked), Error::SubjectRevoked);
        go_to(5, 2_493_072_001);
        refuses(|| guard(&expired), Error::SubjectExpired);
        go_to(5, NOW);
        assert_ok!(deactivate(&expired, &expired));
        refuses(|| guard(&expired), Error::SubjectDeactivated);
        let orphan = issuer.child("orphan", 5, 5);
        assert_ok!(issuer.revoke(&[1], RevocationReason::Unspecified));
        assert_ok!(guard(&orphan));
    });
}
