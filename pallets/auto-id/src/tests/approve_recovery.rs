//! `approve_recovery`: success, every error.

use frame_support::assert_ok;

use super::{
    open_recovery::{DELAY, Scene},
    *,
};
use crate::{
    mock::*,
    pallet::{Error, Event},
};

#[test]
fn approvals_are_counted_once_each() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let [one, two, three] = &scene.guardians;
        assert_ok!(scene.open(one));
        refuses(|| scene.approve(one, 1), Error::AlreadyApproved);
        assert_ok!(scene.approve(two, 1));
        System::assert_last_event(
            Event::RecoveryApproved {
                identifier: scene.subject.identifier,
                number: 1,
                guardian: two.identifier,
                approvals: 2,
            }
            .into(),
        );
        let recovery = || {
            AutoId::details(scene.subject.identifier)
                .unwrap()
                .recovery
                .unwrap()
        };
        assert_eq!(recovery().executable_from, Some(1 + DELAY));
        // When all agree it takes twice as long.
        assert_ok!(scene.approve(three, 1));
        assert_eq!(recovery().executable_from, Some(1 + 2 * DELAY));
        assert_eq!(
            recovery().approvals,
            [one.identifier, two.identifier, three.identifier]
        );
    });
}

#[test]
fn hash_and_number_must_agree() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let [one, two, _] = &scene.guardians;
        refuses(|| scene.approve(two, 1), Error::NoRecovery);
        assert_ok!(scene.open(one));
        refuses(|| scene.approve(two, 2), Error::WrongRecovery);
        refuses(
            || scene.approve_with(two, 1, [7; 32]),
            Error::RecoveryOfAnotherCertificate,
        );
        let stranger = root("stranger", 20);
        refuses(|| scene.approve(&stranger, 1), Error::NotGuardian);
        let thief = Somebody {
            key: stranger.key,
            ..two.clone()
        };
        refuses(|| scene.approve(&thief, 1), Error::RequestSignatureInvalid);
    });
}

/// An approval of one recovery is none of the next.
#[test]
fn an_approval_is_not_replayed() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let [one, two, _] = &scene.guardians;
        assert_ok!(scene.open(one));
        let arguments = allod_identity::request::arguments::ApproveRecoveryArguments {
            identifier: scene.subject.identifier,
            number: 1,
            certificate_hash: scene.hash(),
        };
        let seen = two.sign(&arguments);
        assert_ok!(scene.veto(&scene.subject, 1));
        assert_ok!(scene.open(one));
        let submit = |number| {
            AutoId::approve_recovery(
                RuntimeOrigin::signed(PAYER),
                scene.subject.identifier,
                number,
                scene.hash(),
                seen.clone(),
            )
        };
        refuses(|| submit(1), Error::WrongRecovery);
        refuses(|| submit(2), Error::RequestSignatureInvalid);
    });
}

#[test]
fn guardians_hold_when_they_approve() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let [one, two, three] = &scene.guardians;
        assert_ok!(scene.open(one));
        assert_ok!(two.revoke(&[1], allod_identity::RevocationReason::KeyCompromise));
        refuses(|| scene.approve(two, 1), Error::GuardianDoesNotHold);
        assert_ok!(scene.approve(three, 1));
    });
}

/// Whoever was named after it was opened has no say in it.
#[test]
fn the_set_is_that_of_the_opening() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let accomplice = root("accomplice", 20);
        // The thief names an accomplice; the guardians are quicker than the delay.
        assert_ok!(scene.subject.guard(&[&accomplice], 1, 1));
        go_to(5, NOW);
        assert_ok!(scene.open(&scene.guardians[0]));
        go_to(12, NOW);
        refuses(|| scene.approve(&accomplice, 1), Error::NotGuardian);
        assert_ok!(scene.approve(&scene.guardians[1], 1));
    });
}
