//! `set_controller`: success, every error, every state, and what the controller's key alone does.

use allod_identity::{
    RevocationReason, Services,
    request::arguments::{SetControllerArguments, SetServicesArguments},
};
use frame_support::assert_ok;

use super::{deactivate::deactivate, *};
use crate::{
    mock::*,
    pallet::{Certificates, Controllers, Error, Event},
};

pub fn set_controller(
    subject: &Somebody,
    authority: &Somebody,
    controller: Option<&Somebody>,
) -> DispatchResult {
    let controller = controller.map(|controller| controller.identifier);
    let arguments = SetControllerArguments {
        identifier: subject.identifier,
        controller,
    };
    let request = authority.sign(&arguments);
    let origin = RuntimeOrigin::signed(PAYER);
    AutoId::set_controller(origin, subject.identifier, controller, request)
}

#[test]
fn the_controller_s_key_alone_decides() {
    new_chain().execute_with(|| {
        let (agent, owner, guardian) = (root("agent", 1), root("owner", 2), root("guardian", 3));
        assert_ok!(set_controller(&agent, &agent, Some(&owner)));
        System::assert_last_event(
            Event::ControllerSet {
                identifier: agent.identifier,
                controller: Some(owner.identifier),
                effective_from: 1,
            }
            .into(),
        );
        assert_eq!(AutoId::controller(agent.identifier), Some(owner.identifier));

        // The agent's own key does none of it any more.
        let new_key = ed25519(9);
        let der = certificate(("agent", &new_key), ("agent", &new_key), 2, as_it_is);
        let mut renewal = agent.renewal(der, &new_key);
        refuses(|| renewal.submit(PAYER), Error::NotAuthorized);
        refuses(|| agent.guard(&[&guardian], 1, 10), Error::NotAuthorized);
        refuses(|| deactivate(&agent, &agent), Error::NotAuthorized);
        refuses(
            || set_controller(&agent, &agent, None),
            Error::NotAuthorized,
        );

        // It still says where it can be reached.
        let services = Services::default();
        let arguments = SetServicesArguments {
            identifier: agent.identifier,
            services: &services,
        };
        let request = agent.sign(&arguments);
        let origin = RuntimeOrigin::signed(PAYER);
        assert_ok!(AutoId::set_services(
            origin,
            agent.identifier,
            services,
            request
        ));

        // The controller's does, without the agent's old key.
        renewal.authority = owner.clone();
        assert_ok!(renewal.submit(PAYER));
        assert_ok!(set_controller(&agent, &owner, None));
        assert!(
            !Controllers::<Test>::contains_key(agent.identifier) || {
                AutoId::controller(agent.identifier).is_none()
            }
        );
        AutoId::do_try_state().unwrap();
    });
}

/// A controller renews without the new key's consent to nothing: the new key signs, too.
#[test]
fn a_controller_shows_possession() {
    new_chain().execute_with(|| {
        let (agent, owner) = (root("agent", 1), root("owner", 2));
        assert_ok!(set_controller(&agent, &agent, Some(&owner)));
        let der = certificate(("agent", &agent.key), ("agent", &agent.key), 2, as_it_is);
        let mut renewal = agent.renewal(der, &agent.key);
        renewal.authority = owner;
        renewal.shows_possession = false;
        refuses(|| renewal.submit(PAYER), Error::PossessionMissing);
        renewal.shows_possession = true;
        assert_ok!(renewal.submit(PAYER));
    });
}

#[test]
fn a_controller_must_be_valid_itself() {
    new_chain().execute_with(|| {
        let issuer = root_with("issuer", ed25519(1), |builder| {
            builder.not_after = 3_000_000_000;
        });
        let owner = issuer.child("owner", 2, 2);
        let agent = root_with("agent", ed25519(3), |builder| {
            builder.not_after = 3_000_000_000;
        });
        assert_ok!(set_controller(&agent, &agent, Some(&owner)));
        assert_ok!(issuer.hold(&[2]));
        refuses(|| deactivate(&agent, &owner), Error::ActorOnHold);
        assert_ok!(issuer.release(&[2]));
        assert_ok!(dispatch(|| set_controller(&agent, &owner, Some(&owner))));
        go_to(5, 2_493_072_001);
        refuses(|| deactivate(&agent, &owner), Error::ActorExpired);
        go_to(5, NOW);
        assert_ok!(issuer.revoke(&[2], RevocationReason::KeyCompromise));
        refuses(|| deactivate(&agent, &owner), Error::ActorRevoked);
        assert_ok!(deactivate(&owner, &owner));
        refuses(|| deactivate(&agent, &owner), Error::ActorDeactivated);
    });
}

/// A certificate that was accepted once and cannot be read any more speaks for nobody: not for itself, and not
/// for what it controls.
#[test]
fn an_unreadable_controller_decides_nothing() {
    new_chain().execute_with(|| {
        let (agent, owner) = (root("agent", 1), root("owner", 2));
        assert_ok!(set_controller(&agent, &agent, Some(&owner)));
        let readable = Certificates::<Test>::get(owner.identifier).unwrap();
        let of_another_time = CertificateBytes::try_from(vec![0x30, 0]).unwrap();
        Certificates::<Test>::insert(owner.identifier, of_another_time);
        refuses(|| deactivate(&agent, &owner), Error::ActorNotRegistered);
        Certificates::<Test>::insert(owner.identifier, readable);
        assert_ok!(deactivate(&agent, &owner));
    });
}

#[test]
fn which_controllers_there_can_be() {
    new_chain().execute_with(|| {
        let (agent, gone) = (root("agent", 1), root("gone", 2));
        assert_ok!(deactivate(&gone, &gone));
        let unknown = Somebody {
            identifier: Identifier([5; 32]),
            ..gone.clone()
        };
        let set = |controller| set_controller(&agent, &agent, Some(controller));
        refuses(|| set(&agent), Error::ControllerIsSelf);
        refuses(|| set(&unknown), Error::ControllerNotRegistered);
        refuses(|| set(&gone), Error::ControllerDeactivated);
        refuses(
            || set_controller(&unknown, &agent, None),
            Error::NotRegistered,
        );
        // Two may control each other: each acts for the other, and nothing goes round.
        let (one, two) = (root("one", 3), root("two", 4));
        assert_ok!(set_controller(&one, &one, Some(&two)));
        assert_ok!(set_controller(&two, &two, Some(&one)));
        assert_ok!(set_controller(&one, &two, None));
    });
}

#[test]
fn with_guardians_it_takes_effect_after_their_delay() {
    new_chain().execute_with(|| {
        let (agent, owner, guardian) = (root("agent", 1), root("owner", 2), root("guardian", 3));
        assert_ok!(agent.guard(&[&guardian], 1, 10));
        assert_ok!(set_controller(&agent, &agent, Some(&owner)));
        assert_eq!(AutoId::controller(agent.identifier), None);
        let details = AutoId::details(agent.identifier).unwrap();
        assert_eq!(
            details.pending_controller,
            Some((Some(owner.identifier), 11))
        );
        go_to(10, NOW);
        assert_eq!(AutoId::authority(agent.identifier), agent.identifier);
        go_to(11, NOW);
        assert_eq!(AutoId::authority(agent.identifier), owner.identifier);
        let details = AutoId::details(agent.identifier).unwrap();
        assert_eq!(details.controller, Some(owner.identifier));
        assert_eq!(details.pending_controller, None);
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
        let set = |child| set_controller(child, child, Some(&issuer));
        assert_ok!(issuer.hold(&[2]));
        refuses(|| set(&held), Error::SubjectOnHold);
        assert_ok!(issuer.revoke(&[3], RevocationReason::KeyCompromise));
        refuses(|| set(&revoked), Error::SubjectRevoked);
        go_to(5, 2_493_072_001);
        refuses(|| set(&expired), Error::SubjectExpired);
        go_to(5, NOW);
        assert_ok!(deactivate(&expired, &expired));
        refuses(|| set(&expired), Error::SubjectDeactivated);
        // A failing issuer does not keep it from acting.
        let orphan = issuer.child("orphan", 5, 5);
        assert_ok!(issuer.revoke(&[1], RevocationReason::Unspecified));
        assert_ok!(set(&orphan));
    });
}
