//! The table of §11.4, row by row: in each state every call that an identity signs for itself, and how it ends.

use allod_identity::{RevocationReason, Services, request::arguments::SetServicesArguments};
use allod_x509::{KeyUsage, builder::key_usage};
use frame_support::assert_ok;
use pallet_revocation::Error as RevocationError;

use super::{deactivate::deactivate, set_controller::set_controller, *};
use crate::{mock::*, pallet::Error};

const LATER: u64 = 2_493_072_001;

fn set_services(somebody: &Somebody) -> DispatchResult {
    let services = Services::default();
    let arguments = SetServicesArguments {
        identifier: somebody.identifier,
        services: &services,
    };
    let request = somebody.sign(&arguments);
    let origin = RuntimeOrigin::signed(PAYER);
    AutoId::set_services(origin, somebody.identifier, services, request)
}

fn reparent(child: &Somebody, issuer: &Somebody, serial: u8) -> Option<DispatchError> {
    let der = issuer.issue(&child.name, &child.key, serial);
    tried(|| super::reparent::reparent(child, issuer, &der))
}

/// Every call that an identity signs for itself alone, and how it fails. `renewed`: a certificate that
/// its issuer has made.
fn calls(somebody: &Somebody, renewed: Vec<u8>) -> [(&'static str, Option<DispatchError>); 7] {
    let renewal = somebody.renewal(renewed, &somebody.key);
    [
        ("renew", tried(|| renewal.submit(PAYER))),
        ("deactivate", tried(|| deactivate(somebody, somebody))),
        (
            "set_controller",
            tried(|| set_controller(somebody, somebody, None)),
        ),
        (
            "set_guardians",
            tried(|| somebody.set_guardians(PAYER, None)),
        ),
        ("set_services", tried(|| set_services(somebody))),
        (
            "revoke",
            tried(|| somebody.revoke(&[120], RevocationReason::Unspecified)),
        ),
        ("hold", tried(|| somebody.hold(&[121]))),
    ]
}

/// Asserts which of these calls are made, and how the others fail here and in `revocation`.
#[track_caller]
fn may(
    somebody: &Somebody,
    renewed: Vec<u8>,
    what: &[&str],
    refusal: Error<Test>,
    as_issuer: RevocationError<Test>,
) {
    let refusal = DispatchError::from(refusal);
    let as_issuer = DispatchError::from(as_issuer);
    for (call, outcome) in calls(somebody, renewed) {
        let expected = match call {
            _ if what.contains(&call) => None,
            "revoke" | "hold" => Some(as_issuer),
            _ => Some(refusal),
        };
        assert_eq!(outcome, expected, "{call}");
    }
}

/// One that lives longer than others, so that it can still issue when they have expired.
fn long_lived(name: &str, seed: u8) -> Somebody {
    root_with(name, ed25519(seed), |builder| {
        builder.not_after = 3_000_000_000;
    })
}

fn renewed(issuer: &Somebody, child: &Somebody) -> Vec<u8> {
    issuer.issue_with(&child.name, &child.key, 100, |builder| {
        builder.not_after = 3_000_000_000;
    })
}

const EVERYTHING: [&str; 7] = [
    "renew",
    "deactivate",
    "set_controller",
    "set_guardians",
    "set_services",
    "revoke",
    "hold",
];

/// Requests need no purpose: an identity whose key usage says cRLSign alone makes them all.
#[test]
fn valid() {
    new_chain().execute_with(|| {
        let issuer = long_lived("issuer", 1);
        let child = issuer.child("child", 2, 2);
        let der = renewed(&issuer, &child);
        may(
            &child,
            der,
            &EVERYTHING,
            Error::SubjectExpired,
            RevocationError::IssuerExpired,
        );
        let lists_only = root_with("lists", ed25519(3), |builder| {
            builder.extensions = vec![
                basic_constraints(true, None),
                key_usage(&[KeyUsage::CRL_SIGN]),
            ];
        });
        let key = &lists_only.key;
        let der = certificate(("lists", key), ("lists", key), 100, as_it_is);
        may(
            &lists_only,
            der,
            &EVERYTHING,
            Error::SubjectExpired,
            RevocationError::IssuerExpired,
        );
        let other = root("other", 4);
        let refused = reparent(&child, &other, 9);
        assert_eq!(refused, Some(Error::<Test>::IssuerHolds.into()));
    });
}

#[test]
fn expired() {
    new_chain().execute_with(|| {
        let issuer = long_lived("issuer", 1);
        let child = issuer.child("child", 2, 2);
        go_to(5, LATER);
        may(
            &child,
            renewed(&issuer, &child),
            &["renew", "deactivate"],
            Error::SubjectExpired,
            RevocationError::IssuerExpired,
        );
    });
}

#[test]
fn on_hold() {
    new_chain().execute_with(|| {
        let issuer = long_lived("issuer", 1);
        let child = issuer.child("child", 2, 2);
        assert_ok!(issuer.hold(&[2]));
        let der = renewed(&issuer, &child);
        may(
            &child,
            der.clone(),
            &[],
            Error::SubjectOnHold,
            RevocationError::IssuerOnHold,
        );
        let other = root("other", 4);
        let refused = reparent(&child, &other, 9);
        assert_eq!(refused, Some(Error::<Test>::SubjectOnHold.into()));
        // Also when it has expired meanwhile.
        go_to(5, LATER);
        may(
            &child,
            der.clone(),
            &[],
            Error::SubjectOnHold,
            RevocationError::IssuerOnHold,
        );
        go_to(6, NOW);
        assert_ok!(issuer.release(&[2]));
        may(
            &child,
            der,
            &EVERYTHING,
            Error::SubjectOnHold,
            RevocationError::IssuerOnHold,
        );
    });
}

#[test]
fn revoked() {
    new_chain().execute_with(|| {
        let issuer = long_lived("issuer", 1);
        let child = issuer.child("child", 2, 2);
        assert_ok!(issuer.revoke(&[2], RevocationReason::KeyCompromise));
        may(
            &child,
            renewed(&issuer, &child),
            &["renew", "deactivate"],
            Error::SubjectRevoked,
            RevocationError::IssuerRevoked,
        );
        // A new certificate that is not the issuer's does not help.
        let own = certificate(("child", &child.key), ("child", &child.key), 100, as_it_is);
        let refused = tried(|| child.renewal(own, &child.key).submit(PAYER));
        assert_eq!(
            refused,
            Some(Error::<Test>::CertificateSignatureInvalid.into())
        );
    });
}

#[test]
fn revoked_root() {
    new_chain().execute_with(|| {
        let top = root("top", 1);
        assert_ok!(top.revoke(&[1], RevocationReason::Unspecified));
        let der = certificate(("top", &top.key), ("top", &top.key), 100, as_it_is);
        may(
            &top,
            der,
            &["deactivate"],
            Error::RootRevoked,
            RevocationError::IssuerRevoked,
        );
    });
}

#[test]
fn deactivated() {
    new_chain().execute_with(|| {
        let issuer = long_lived("issuer", 1);
        let child = issuer.child("child", 2, 2);
        assert_ok!(deactivate(&child, &child));
        may(
            &child,
            renewed(&issuer, &child),
            &[],
            Error::SubjectDeactivated,
            RevocationError::IssuerDeactivated,
        );
        let refused = reparent(&child, &issuer, 9);
        assert_eq!(refused, Some(Error::<Test>::SubjectDeactivated.into()));
    });
}

/// Its own requests still work; what it needs the issuer for does not; it may move.
#[test]
fn issuer_fails() {
    new_chain().execute_with(|| {
        let issuer = long_lived("issuer", 1);
        let child = issuer.child("child", 2, 2);
        let der = renewed(&issuer, &child);
        assert_ok!(issuer.revoke(&[1], RevocationReason::CaCompromise));
        assert!(!child.holds());
        let but_renew = &EVERYTHING[1..];
        may(
            &child,
            der,
            but_renew,
            Error::IssuerRevoked,
            RevocationError::IssuerRevoked,
        );
        let other = root("other", 4);
        assert_eq!(reparent(&child, &other, 9), None);
    });
}

/// Guardians and controllers act under their own standing, and a request's algorithm is theirs.
#[test]
fn who_acts_for_another() {
    new_chain().execute_with(|| {
        let (agent, owner) = (root("agent", 1), root("owner", 2));
        assert_ok!(set_controller(&agent, &agent, Some(&owner)));
        let arguments = SetServicesArguments {
            identifier: agent.identifier,
            services: &Services::default(),
        };
        let set = |request| {
            let origin = RuntimeOrigin::signed(PAYER);
            AutoId::set_services(origin, agent.identifier, Services::default(), request)
        };
        // A controller says nothing about where the agent can be reached.
        let by_owner = owner.sign(&arguments);
        refuses(|| set(by_owner), Error::NotAuthorized);
        let mut of_another_kind = agent.sign(&arguments);
        of_another_kind.algorithm = SignatureAlgorithm::EcdsaP256Sha256;
        refuses(|| set(of_another_kind), Error::RequestAlgorithmWrong);
        Retired::set(Some(SignatureAlgorithm::Ed25519));
        let request = agent.sign(&arguments);
        refuses(|| set(request.clone()), Error::RequestAlgorithmRetired);
        Retired::set(None);
        assert_ok!(set(request));
    });
}
