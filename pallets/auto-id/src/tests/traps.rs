//! What other registries of this kind fell for, each with a test that would catch it here. Those that
//! belong to one call are with that call: nonces after deactivation, serial numbers, guardians swapped
//! during a recovery, weights that follow what was issued.

use allod_identity::{
    Check, Outcome, Reason, RevocationReason,
    request::arguments::{DeactivateArguments, SetControllerArguments},
};
use allod_x509::builder::extension;
use frame_support::{assert_ok, dispatch::GetDispatchInfo};

use super::{deactivate::deactivate, *};
use crate::{
    mock::*,
    pallet::{Call, Error},
};

/// The work of a call must not grow with what its issuer has issued: nothing that it reads or writes
/// is keyed by anything but the identities on the way up.
#[test]
fn a_thousand_children_change_no_call() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let reads_of = |seed: u8| {
            let key = ed25519(seed);
            let der = issuer.issue("child", &key, seed);
            frame_support::storage::with_storage_layer::<(), sp_runtime::DispatchError, _>(|| {
                let weight = register_issued(&key, &der, &issuer, &[])
                    .unwrap()
                    .actual_weight
                    .unwrap();
                // Undone, so that the next one meets the same state.
                Err(sp_runtime::DispatchError::Other(Box::leak(
                    weight.ref_time().to_string().into_boxed_str(),
                )))
            })
            .unwrap_err()
        };
        let before = reads_of(2);
        for number in 0..1_000_u32 {
            let mut child = [0xab; 32];
            child[..4].copy_from_slice(&number.to_le_bytes());
            crate::pallet::IssuedBy::<Test>::insert(issuer.identifier, Identifier(child), ());
            let serial = Serial::try_from([&[1][..], &number.to_be_bytes()].concat()).unwrap();
            crate::pallet::Serials::<Test>::insert(issuer.identifier, serial, ());
        }
        assert_eq!(reads_of(2), before);
    });
}

/// A weight is known whatever the caller writes into the call.
#[test]
fn weights_of_hostile_arguments() {
    let empty = SignedRequest {
        nonce: u64::MAX,
        valid_until: u32::MAX,
        signature: Default::default(),
    };
    for algorithm in SignatureAlgorithm::ALL {
        for certificate in [vec![], vec![0xff; 4096]] {
            let call = Call::<Test>::register_issued {
                certificate: certificate.clone().try_into().unwrap(),
                algorithm,
                issuer: Identifier([0; 32]),
                consents: Default::default(),
                key_algorithm: algorithm,
                request: empty.clone(),
            };
            assert!(call.get_dispatch_info().call_weight.ref_time() > 0);
            let call = Call::<Test>::renew {
                identifier: Identifier([0; 32]),
                certificate: certificate.try_into().unwrap(),
                algorithm,
                consents: Default::default(),
                compromised_after: None,
                possession: None,
                request: IdentityRequest {
                    identifier: Identifier([0; 32]),
                    algorithm,
                    request: empty.clone(),
                },
            };
            assert!(call.get_dispatch_info().call_weight.ref_time() > 0);
        }
    }
}

/// Not only the direct issuer's word counts, but that of everyone above.
#[test]
fn a_revoked_intermediate_fails_what_is_below() {
    new_chain().execute_with(|| {
        let top = root("top", 1);
        let first = top.child("first", 2, 2);
        let second = first.child("second", 3, 2);
        let leaf = second.child("leaf", 4, 2);
        assert_ok!(top.revoke(2, RevocationReason::CaCompromise));
        for somebody in [&first, &second, &leaf] {
            let report = AutoId::verify(somebody.identifier, None, None, None);
            let failure = report.failure.unwrap();
            assert_eq!(failure.identifier, first.identifier);
            assert_eq!(failure.check, Check::Status);
            assert!(matches!(failure.reason, Reason::Revoked { .. }));
        }
        // And it issues no more, nor does what is below it.
        for issuer in [&first, &second, &leaf] {
            let key = ed25519(99);
            let der = issuer.issue("late", &key, 50);
            refuses(
                || register_issued(&key, &der, issuer, &[]),
                Error::IssuerRevoked,
            );
        }
    });
}

/// Revoked after a renewal: the superseded certificate is not revoked, but its identity is.
#[test]
fn a_revoked_issuer_does_not_live_on_in_its_old_certificate() {
    new_chain().execute_with(|| {
        let top = root("top", 1);
        let mut issuer = top.child("issuer", 2, 2);
        let child = issuer.child("child", 3, 2);
        let new_key = ed25519(4);
        let der = top.issue("issuer", &new_key, 3);
        assert_ok!(issuer.renewal(der, &new_key).submit(PAYER));
        issuer.key = new_key;
        assert!(child.holds());
        assert_ok!(top.hold(3));
        assert!(matches!(
            child.failure(),
            Some((Check::Status, Reason::OnHold { .. }))
        ));
        assert_ok!(top.release(3));
        assert!(child.holds());
        // The old one's own serial number counts as well.
        assert_ok!(top.revoke(2, RevocationReason::Superseded));
        assert!(!child.holds());
        assert!(issuer.holds());
    });
}

/// Children of a revoked root that nobody could revoke any more: they fail with it.
#[test]
fn children_of_a_revoked_root_fail() {
    new_chain().execute_with(|| {
        let top = root("top", 1);
        let child = top.child("child", 2, 2);
        let below = child.child("below", 3, 2);
        assert_ok!(top.revoke(1, RevocationReason::KeyCompromise));
        for somebody in [&top, &child, &below] {
            let report = AutoId::verify(somebody.identifier, None, None, None);
            assert_eq!(report.failure.unwrap().identifier, top.identifier);
        }
    });
}

/// The nonce lives in the tombstone: what was signed for the first life counts in no second one.
#[test]
fn nonces_do_not_start_again() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        let arguments = DeactivateArguments {
            identifier: somebody.identifier,
        };
        let request = somebody.sign(&arguments);
        let submit = || {
            AutoId::deactivate(
                RuntimeOrigin::signed(PAYER),
                somebody.identifier,
                request.clone(),
            )
        };
        assert_ok!(submit());
        refuses(submit, Error::SubjectDeactivated);
        let again = Registration {
            certificate: certificate(
                ("somebody", &somebody.key),
                ("somebody", &somebody.key),
                1,
                as_it_is,
            ),
            ..Registration::agent(&somebody.key)
        };
        refuses(|| again.submit(PAYER), Error::AlreadyRegistered);
        assert_eq!(AutoId::next_nonce(somebody.identifier), 2);
    });
}

/// A request of another chain, pallet, call, identity, nonce or time is none.
#[test]
fn requests_are_bound_to_everything() {
    new_chain().execute_with(|| {
        let (somebody, other) = (root("somebody", 1), root("other", 2));
        let arguments = SetControllerArguments {
            identifier: somebody.identifier,
            controller: None,
        };
        let submit = |payload: allod_identity::RequestPayload<'_>, valid_until| {
            let request = IdentityRequest {
                identifier: somebody.identifier,
                algorithm: SignatureAlgorithm::Ed25519,
                request: SignedRequest {
                    nonce: 1,
                    valid_until,
                    signature: somebody.key.sign(&payload.to_bytes()).try_into().unwrap(),
                },
            };
            AutoId::set_controller(
                RuntimeOrigin::signed(PAYER),
                somebody.identifier,
                None,
                request,
            )
        };
        let good = arguments.payload_of(GENESIS.0, somebody.identifier, 1, 10);
        for spoiled in [
            allod_identity::RequestPayload {
                genesis_hash: [0xbb; 32],
                ..good
            },
            allod_identity::RequestPayload {
                context: "allod/revocation/1",
                ..good
            },
            allod_identity::RequestPayload {
                call: "deactivate",
                ..good
            },
            allod_identity::RequestPayload {
                identifier: other.identifier,
                ..good
            },
            allod_identity::RequestPayload { nonce: 2, ..good },
            allod_identity::RequestPayload {
                valid_until: 11,
                ..good
            },
            allod_identity::RequestPayload {
                arguments_hash: [0; 32],
                ..good
            },
        ] {
            refuses(|| submit(spoiled, 10), Error::RequestSignatureInvalid);
        }
        go_to(11, NOW);
        refuses(|| submit(good, 10), Error::RequestExpired);
        go_to(10, NOW);
        assert_ok!(submit(good, 10));
        refuses(|| submit(good, 10), Error::WrongNonce);
    });
}

/// A login nonce that a server asks an identity to sign can be made to look like a request only if the
/// server chooses every byte. Each signature that an identity makes begins with the context of its use
/// instead, which nothing else has: the payload's own first bytes.
#[test]
fn every_request_begins_with_its_context() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        let arguments = SetControllerArguments {
            identifier: somebody.identifier,
            controller: None,
        };
        let payload = arguments
            .payload_of(GENESIS.0, somebody.identifier, 1, 10)
            .to_bytes();
        assert!(payload.starts_with(b"\x3callod/auto-id/1"));
        // The same content under the context of authentication is no request.
        let login = [&b"\x38allod/daap/1"[..], &payload[16..]].concat();
        let request = IdentityRequest {
            identifier: somebody.identifier,
            algorithm: SignatureAlgorithm::Ed25519,
            request: SignedRequest {
                nonce: 1,
                valid_until: 10,
                signature: somebody.key.sign(&login).try_into().unwrap(),
            },
        };
        refuses(
            || {
                AutoId::set_controller(
                    RuntimeOrigin::signed(PAYER),
                    somebody.identifier,
                    None,
                    request,
                )
            },
            Error::RequestSignatureInvalid,
        );
    });
}

/// Who pays the deposit has no power over the identity.
#[test]
fn a_payer_deletes_nothing() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        // The payer signs with an identity of its own: it is not the subject's.
        let payer_s = root("payer's", 2);
        refuses(|| deactivate(&somebody, &payer_s), Error::NotAuthorized);
        assert!(somebody.holds());
    });
}

/// A validity query does not test mere existence.
#[test]
fn existing_is_not_holding() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let child = issuer.child("child", 2, 7);
        assert_ok!(issuer.hold(7));
        assert!(AutoId::identity(child.identifier).is_some());
        assert!(!child.holds());
        assert_ok!(issuer.release(7));
        assert!(child.holds());
        go_to(2, 2_493_072_001);
        assert!(AutoId::identity(child.identifier).is_some());
        assert!(!child.holds());
    });
}

/// A certificate registered once is not registered again under the same identity either, whatever
/// became of it since.
#[test]
fn an_old_certificate_does_not_return() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let child = issuer.child("child", 2, 7);
        let first = issuer.issue("child", &child.key, 7);
        let second = issuer.issue("child", &child.key, 8);
        assert_ok!(child.renewal(second, &child.key).submit(PAYER));
        refuses(
            || child.renewal(first, &child.key).submit(PAYER),
            Error::SerialInUse,
        );
    });
}

/// An unknown extension that is not critical changes nothing; a report has every check on every link.
#[test]
fn reports_are_whole() {
    new_chain().execute_with(|| {
        let top = root("top", 1);
        let key = ed25519(2);
        let der = top.issue_with("leaf", &key, 2, |builder| {
            builder.extensions.push(extension(&[0x2a, 3], false, b"x"));
        });
        assert_ok!(register_issued(&key, &der, &top, &[]));
        let report = AutoId::verify(identifier_of(&der), Some(0), None, None);
        assert_eq!(report.links.len(), 2);
        for link in &report.links {
            assert!(link.checks.len() >= 13);
            let failed = link
                .checks
                .iter()
                .filter(|check| matches!(check.outcome, Outcome::Failed(_)));
            assert_eq!(failed.count(), 1, "validity at 1970, and nothing else");
        }
        assert_eq!(report.failure.unwrap().identifier, top.identifier);
    });
}
