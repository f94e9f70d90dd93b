//! What other registries of this kind fell for, each with a test that would catch it here. Those that
//! belong to one call are with that call: nonces after deactivation, serial numbers, guardians swapped
//! during a recovery, keys that their registrant does not have, twins of ECDSA certificates, trailing bytes,
//! weak algorithms, lists without pages.

use allod_identity::{
    Check, Outcome, Reason, RevocationReason,
    request::arguments::{DeactivateArguments, SetControllerArguments},
};
use allod_x509::builder::{extension, sequence, tlv};
use frame_support::{assert_ok, dispatch::GetDispatchInfo};
use sp_io::TestExternalities;

use super::{deactivate::deactivate, reparent::reparent, set_controller::set_controller, *};
use crate::{
    mock::*,
    pallet::{Call, Error, IssuedBy, Serials},
};

/// A call that is undone, and how it failed.
type Attempt<'a> = Box<dyn Fn() -> Option<DispatchError> + 'a>;

/// How many nodes of the state a call reads. It is undone.
fn nodes_read(chain: &mut TestExternalities, call: &dyn Fn() -> Option<DispatchError>) -> usize {
    chain.commit_all().unwrap();
    let (outcome, proof) = chain.execute_and_prove(call);
    assert_eq!(outcome, None);
    proof.len()
}

/// The work of a call must not grow with what its issuer has issued or revoked: not only its weight is
/// the same, it also reads no more of the state than a few steps further down to the same entries.
#[test]
fn two_thousand_children_change_no_call() {
    let mut chain = new_chain();
    let (issuer, child, orphan) = chain.execute_with(|| {
        let issuer = root("issuer", 1);
        let child = issuer.child("child", 2, 2);
        let lost = issuer.child("lost", 3, 3);
        let orphan = lost.child("orphan", 4, 4);
        issuer.revoke(&[3], RevocationReason::CaCompromise).unwrap();
        issuer.hold(&[5]).unwrap();
        (issuer, child, orphan)
    });
    let register = || {
        let key = ed25519(10);
        let der = issuer.issue("late", &key, 10);
        register_issued(&key, &der, &issuer, &[])
    };
    let renew = |who: &Somebody, der: Vec<u8>| who.renewal(der, &who.key).submit(PAYER);
    let calls: [(&str, Attempt<'_>); 11] = [
        ("register_issued", Box::new(|| tried(register))),
        (
            "renew the issuer",
            Box::new(|| {
                let key = &issuer.key;
                let der = certificate(("issuer", key), ("issuer", key), 11, as_it_is);
                tried(|| renew(&issuer, der))
            }),
        ),
        (
            "renew a child",
            Box::new(|| tried(|| renew(&child, issuer.issue("child", &child.key, 12)))),
        ),
        (
            "reparent",
            Box::new(|| {
                let der = issuer.issue("orphan", &orphan.key, 13);
                tried(|| reparent(&orphan, &issuer, &der))
            }),
        ),
        (
            "deactivate",
            Box::new(|| tried(|| deactivate(&issuer, &issuer))),
        ),
        (
            "set_controller",
            Box::new(|| tried(|| set_controller(&issuer, &issuer, Some(&child)))),
        ),
        (
            "set_guardians",
            Box::new(|| tried(|| issuer.guard(&[&child], 1, 1))),
        ),
        (
            "revoke",
            Box::new(|| tried(|| issuer.revoke(&[14], RevocationReason::Unspecified))),
        ),
        ("hold", Box::new(|| tried(|| issuer.hold(&[15])))),
        ("release", Box::new(|| tried(|| issuer.release(&[5])))),
        (
            "verify",
            Box::new(|| {
                assert!(child.holds());
                None
            }),
        ),
    ];
    let weight = |chain: &mut TestExternalities| {
        chain.execute_with(|| {
            let undone: Result<(), DispatchErrorWithPostInfo<PostDispatchInfo>> =
                with_storage_layer(|| {
                    let error = DispatchError::Other("undone");
                    let post_info = register()?;
                    Err(DispatchErrorWithPostInfo { post_info, error })
                });
            undone.unwrap_err().post_info
        })
    };
    let before = calls
        .each_ref()
        .map(|(_, call)| nodes_read(&mut chain, call));
    let weighed = weight(&mut chain);

    chain.execute_with(|| {
        for number in 0..2_000_u32 {
            let mut child = [0xab; 32];
            child[..4].copy_from_slice(&number.to_le_bytes());
            IssuedBy::<Test>::insert(issuer.identifier, Identifier(child), ());
            let serial = Serial::try_from([&[1][..], &number.to_be_bytes()].concat()).unwrap();
            Serials::<Test>::insert(issuer.identifier, &serial, ());
            let reason = RevocationReason::Unspecified;
            let arguments = RevokeArguments {
                serial: &serial,
                reason,
            };
            let request = issuer.sign(&arguments);
            let origin = RuntimeOrigin::signed(OTHER_PAYER);
            Revocation::revoke(origin, serial.clone(), reason, request).unwrap();
        }
    });
    for ((name, call), before) in calls.iter().zip(before) {
        let after = nodes_read(&mut chain, call);
        assert!(after < before + 100, "{name}: {before} nodes, then {after}");
    }
    assert_eq!(weight(&mut chain), weighed);
}

/// A weight is known whatever the caller writes into the call.
#[test]
fn weights_of_hostile_arguments() {
    let identifier = Identifier([0; 32]);
    let request = SignedRequest {
        nonce: u64::MAX,
        valid_until: u32::MAX,
        signature: Default::default(),
    };
    for algorithm in SignatureAlgorithm::ALL {
        let acting = IdentityRequest {
            identifier,
            algorithm,
            request: request.clone(),
        };
        for bytes in [vec![], vec![0xff; 4096]] {
            let certificate = CertificateBytes::try_from(bytes.clone()).unwrap();
            let calls = [
                Call::<Test>::register {
                    certificate: certificate.clone(),
                    algorithm,
                    request: request.clone(),
                },
                Call::register_issued {
                    certificate: certificate.clone(),
                    algorithm,
                    issuer: identifier,
                    consents: Default::default(),
                    key_algorithm: algorithm,
                    request: request.clone(),
                },
                Call::renew {
                    identifier,
                    certificate: certificate.clone(),
                    algorithm,
                    consents: Default::default(),
                    compromised_after: Some(u32::MAX),
                    possession: None,
                    request: acting.clone(),
                },
                Call::reparent {
                    identifier,
                    certificate: certificate.clone(),
                    algorithm,
                    issuer: identifier,
                    consents: Default::default(),
                    request: acting.clone(),
                },
                Call::execute_recovery {
                    identifier,
                    number: u32::MAX,
                    certificate,
                    algorithm,
                    consents: Default::default(),
                    request: acting.clone(),
                },
            ];
            for call in calls {
                assert!(call.get_dispatch_info().call_weight.ref_time() > 0);
            }
            // What is declared counts, and not what is found in the list.
            let of = |entries| {
                let call = pallet_revocation::Call::<Test>::publish_crl {
                    crl: bytes.clone().try_into().unwrap(),
                    algorithm,
                    entries,
                    request: acting.clone(),
                };
                call.get_dispatch_info().call_weight
            };
            assert!(of(u32::MAX).ref_time() > of(0).ref_time());
        }
    }
}

/// A name is nobody's: whoever takes the one of an identity that has ended gets another identifier, and
/// nothing that the first had issued.
#[test]
fn a_freed_name_inherits_nothing() {
    new_chain().execute_with(|| {
        let first = root("authority", 1);
        let child = first.child("child", 2, 2);
        assert_ok!(deactivate(&first, &first));
        let second = root("authority", 3);
        assert_ne!(first.identifier, second.identifier);
        let report = AutoId::verify(child.identifier, None, None, None);
        assert_eq!(report.root, Some(first.identifier));
        assert_eq!(report.failure.unwrap().reason, Reason::Deactivated);
        let issued = AutoId::issued_by(second.identifier, None, 100);
        assert!(issued.identifiers.is_empty());
        // Nor does it say what becomes of the first one's certificates.
        assert_ok!(second.revoke(&[2], RevocationReason::Unspecified));
        assert_eq!(
            AutoId::verify(child.identifier, None, None, None)
                .failure
                .unwrap()
                .identifier,
            first.identifier
        );
    });
}

/// Not only the direct issuer's word counts, but that of everyone above.
#[test]
fn a_revoked_intermediate_fails_what_is_below() {
    new_chain().execute_with(|| {
        let top = root("top", 1);
        let first = top.child("first", 2, 2);
        let second = first.child("second", 3, 2);
        let leaf = second.child("leaf", 4, 2);
        assert_ok!(top.revoke(&[2], RevocationReason::CaCompromise));
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
        assert_ok!(top.hold(&[3]));
        assert!(matches!(
            child.failure(),
            Some((Check::Status, Reason::OnHold { .. }))
        ));
        assert_ok!(top.release(&[3]));
        assert!(child.holds());
        // The old one's own serial number counts as well.
        assert_ok!(top.revoke(&[2], RevocationReason::Superseded));
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
        assert_ok!(top.revoke(&[1], RevocationReason::KeyCompromise));
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
        assert_ok!(issuer.hold(&[7]));
        assert!(AutoId::identity(child.identifier).is_some());
        assert!(!child.holds());
        assert_ok!(issuer.release(&[7]));
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

/// Certificates full of names and constraints: comparing all with all is paid for from one budget, and
/// what would exceed it is not registered.
#[test]
fn names_and_constraints_have_a_budget() {
    new_chain().execute_with(|| {
        let expensive = |builder: &mut CertificateBuilder| {
            let long = "a".repeat(60);
            let host = |i: u32| tlv(0x82, format!("{long}.h{i:02}.example.org").as_bytes());
            let names: Vec<_> = (0..32).map(host).collect();
            let zone = |i: u32| sequence(&[tlv(0x82, format!("z{i:02}.example.com").as_bytes())]);
            let zones: Vec<_> = (0..16).map(zone).collect();
            let excluded = sequence(&[tlv(0xa1, &zones.concat())]);
            builder
                .extensions
                .push(extension(&[0x55, 0x1d, 0x11], false, &sequence(&names)));
            builder
                .extensions
                .push(extension(&[0x55, 0x1d, 0x1e], true, &excluded));
        };
        let mut last = root_with("0", ed25519(1), expensive);
        let mut refused = None;
        for depth in 2..=8_u8 {
            let key = ed25519(depth);
            let name = depth.to_string();
            let der = last.issue_with(&name, &key, depth, expensive);
            let result = dispatch(|| register_issued(&key, &der, &last, &[]));
            if let Err(error) = result {
                assert_eq!(error, Error::<Test>::NamesTooExpensive.into());
                refused = Some(depth);
                break;
            }
            last = Somebody {
                identifier: identifier_of(&der),
                name,
                key,
                serial: depth,
            };
            assert!(last.holds(), "what is registered can be verified");
        }
        assert!(refused.is_some(), "eight such certificates cost too much");
    });
}
