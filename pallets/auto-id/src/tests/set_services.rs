//! `set_services`: success, every error, every state.

use allod_identity::{
    MAX_SERVICES, RevocationReason, Service, Services, request::arguments::SetServicesArguments,
};
use frame_support::{assert_ok, traits::fungible::InspectHold};

use super::{deactivate::deactivate, *};
use crate::{
    mock::*,
    pallet::{Error, Event, ServiceRecords},
};

fn service(name: &str, uri: &str) -> Service {
    Service {
        name: name.as_bytes().to_vec().try_into().unwrap(),
        kind: b"A2A".to_vec().try_into().unwrap(),
        uri: uri.as_bytes().to_vec().try_into().unwrap(),
    }
}

fn set(somebody: &Somebody, payer: Account, services: Vec<Service>) -> DispatchResult {
    let services = Services::try_from(services).unwrap();
    let arguments = SetServicesArguments {
        identifier: somebody.identifier,
        services: &services,
    };
    let request = somebody.sign(&arguments);
    let origin = RuntimeOrigin::signed(payer);
    AutoId::set_services(origin, somebody.identifier, services, request)
}

#[test]
fn stored_replaced_taken_away() {
    new_chain().execute_with(|| {
        let held = |who| Balances::balance_on_hold(&IdentityHold::get(), &who);
        let somebody = root("somebody", 1);
        let before = held(PAYER);
        let one = service("agent", "https://example.org/agent");
        assert_ok!(set(&somebody, PAYER, vec![one.clone()]));
        System::assert_last_event(
            Event::ServicesSet {
                identifier: somebody.identifier,
            }
            .into(),
        );
        assert!(held(PAYER) > before);
        let details = AutoId::details(somebody.identifier).unwrap();
        assert_eq!(details.services, [one]);
        let many = (0..MAX_SERVICES)
            .map(|i| service(&format!("agent-{i}"), "https://example.org"))
            .collect();
        assert_ok!(set(&somebody, OTHER_PAYER, many));
        assert_eq!(held(PAYER), before, "freed");
        assert_ok!(set(&somebody, OTHER_PAYER, vec![]));
        assert_eq!(held(OTHER_PAYER), 0);
        assert!(!ServiceRecords::<Test>::contains_key(somebody.identifier));
    });
}

#[test]
fn which_services_there_can_be() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        let set = |services| set(&somebody, PAYER, services);
        let good = service("agent", "https://example.org");
        refuses(
            || set(vec![service("a b", "https://example.org")]),
            Error::ServiceWord,
        );
        refuses(
            || set(vec![service("agent", "example.org")]),
            Error::ServiceUri,
        );
        refuses(|| set(vec![good.clone(), good]), Error::DuplicateService);
        let thief = Somebody {
            key: ed25519(2),
            ..somebody.clone()
        };
        refuses(
            || super::set_services::set(&thief, PAYER, vec![]),
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
        let set = |child: &Somebody| set(child, PAYER, vec![]);
        assert_ok!(issuer.hold(&[2]));
        refuses(|| set(&held), Error::SubjectOnHold);
        assert_ok!(issuer.revoke(&[3], RevocationReason::KeyCompromise));
        refuses(|| set(&revoked), Error::SubjectRevoked);
        go_to(5, 2_493_072_001);
        refuses(|| set(&expired), Error::SubjectExpired);
        go_to(5, NOW);
        assert_ok!(deactivate(&expired, &expired));
        refuses(|| set(&expired), Error::SubjectDeactivated);
        let orphan = issuer.child("orphan", 5, 5);
        assert_ok!(issuer.revoke(&[1], RevocationReason::Unspecified));
        assert_ok!(set(&orphan));
    });
}
