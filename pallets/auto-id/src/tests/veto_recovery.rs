//! `veto_recovery`: success, every error, every state.

use frame_support::{assert_ok, traits::fungible::InspectHold};

use super::{open_recovery::Scene, set_controller::set_controller, *};
use crate::{
    mock::*,
    pallet::{Error, Event, Recoveries},
};

#[test]
fn the_current_key_vetoes() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let held = || Balances::balance_on_hold(&IdentityHold::get(), &PAYER);
        let before = held();
        assert_ok!(scene.open(&scene.guardians[0]));
        assert_ok!(scene.approve(&scene.guardians[1], 1));
        assert!(held() > before);
        assert_ok!(scene.veto(&scene.subject, 1));
        System::assert_last_event(
            Event::RecoveryVetoed {
                identifier: scene.subject.identifier,
                number: 1,
            }
            .into(),
        );
        assert!(!Recoveries::<Test>::contains_key(scene.subject.identifier));
        assert_eq!(held(), before);
        go_to(50, NOW);
        refuses(|| scene.execute(1), Error::NoRecovery);
        refuses(|| scene.veto(&scene.subject, 1), Error::NoRecovery);
    });
}

#[test]
fn not_when_all_guardians_agree() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        assert_ok!(scene.open(&scene.guardians[0]));
        assert_ok!(scene.approve(&scene.guardians[1], 1));
        assert_ok!(scene.approve(&scene.guardians[2], 1));
        refuses(|| scene.veto(&scene.subject, 1), Error::VetoOverruled);
    });
}

#[test]
fn by_nobody_else_and_not_another_one() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        assert_ok!(scene.open(&scene.guardians[0]));
        refuses(|| scene.veto(&scene.guardians[0], 1), Error::NotAuthorized);
        refuses(|| scene.veto(&scene.subject, 2), Error::WrongRecovery);
        let new_key_s = Somebody {
            key: scene.new_key.clone(),
            ..scene.subject.clone()
        };
        refuses(|| scene.veto(&new_key_s, 1), Error::RequestSignatureInvalid);
    });
}

#[test]
fn the_controller_vetoes_where_there_is_one() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let owner = root("owner", 20);
        assert_ok!(set_controller(&scene.subject, &scene.subject, Some(&owner)));
        go_to(11, NOW);
        assert_ok!(scene.open(&scene.guardians[0]));
        refuses(|| scene.veto(&scene.subject, 1), Error::NotAuthorized);
        assert_ok!(scene.veto(&owner, 1));
    });
}

#[test]
fn on_hold_it_does_nothing() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 30);
        let subject = issuer.child("subject", 1, 5);
        let guardians = [2, 3, 4].map(|seed| root(&format!("guardian {seed}"), seed));
        let [one, two, three] = &guardians;
        assert_ok!(subject.guard(&[one, two, three], 2, 10));
        let new_key = ed25519(9);
        let certificate = issuer.issue("subject", &new_key, 6);
        let scene = Scene {
            subject,
            guardians,
            new_key,
            certificate,
        };
        assert_ok!(scene.open(&scene.guardians[0]));
        assert_ok!(issuer.hold(&[5]));
        refuses(|| scene.veto(&scene.subject, 1), Error::SubjectOnHold);
        assert_ok!(issuer.release(&[5]));
        assert_ok!(scene.veto(&scene.subject, 1));
    });
}
