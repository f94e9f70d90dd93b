//! `renew`: success, every error, every state.

use allod_identity::{
    Check, KeyFingerprint, Reason, RevocationReason, request::arguments::DeactivateArguments,
};
use frame_support::{assert_ok, traits::fungible::InspectHold};

use super::*;
use crate::{
    mock::*,
    pallet::{Certificates, Error, Event, Fingerprints, Identities, Keys, Superseded},
    types::IdentityRecordOf,
};

fn key_of(key: &SigningKey) -> KeyFingerprint {
    KeyFingerprint(sp_io::hashing::sha2_256(&key.spki()))
}

/// A root's next certificate, for a key that signs it itself.
fn next_of_root(somebody: &Somebody, key: &SigningKey, serial: u8) -> Vec<u8> {
    certificate(
        (&somebody.name, key),
        (&somebody.name, key),
        serial,
        as_it_is,
    )
}

#[test]
fn a_root_gets_a_new_key() {
    new_chain().execute_with(|| {
        let mut somebody = root("somebody", 1);
        let new_key = ed25519(2);
        let der = next_of_root(&somebody, &new_key, 2);
        assert_ok!(somebody.renewal(der.clone(), &new_key).submit(PAYER));

        let record = Identities::<Test>::get(somebody.identifier).unwrap();
        assert_eq!((record.generation, record.nonce), (1, 2));
        assert_eq!(record.serial.as_slice(), [2]);
        assert_eq!(Certificates::<Test>::get(somebody.identifier).unwrap(), der);
        assert_eq!(
            AutoId::identity_by_key(key_of(&new_key)),
            Some(somebody.identifier)
        );
        assert_eq!(AutoId::identity_by_key(key_of(&somebody.key)), None);
        assert_eq!(
            AutoId::identity_by_fingerprint(identifier_of(&der).0),
            Some(somebody.identifier)
        );
        assert_eq!(AutoId::identity_by_fingerprint(somebody.identifier.0), None);
        System::assert_last_event(
            Event::Renewed {
                identifier: somebody.identifier,
                key: key_of(&new_key),
                generation: 1,
                payer: PAYER,
            }
            .into(),
        );
        somebody.key = new_key;
        assert!(somebody.holds());
        AutoId::do_try_state().unwrap();
    });
}

#[test]
fn an_issued_one_gets_a_longer_life() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let child = issuer.child("child", 2, 7);
        let der = issuer.issue("child", &child.key, 8);
        // The key stays, and its signature on the request is enough.
        let mut renewal = child.renewal(der, &child.key);
        renewal.shows_possession = false;
        assert_ok!(renewal.submit(PAYER));
        assert!(child.holds());
        let record = Identities::<Test>::get(child.identifier).unwrap();
        assert_eq!((record.depth, record.generation), (2, 1));
        AutoId::do_try_state().unwrap();
    });
}

#[test]
fn both_keys_sign() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        let new_key = ed25519(2);
        let der = next_of_root(&somebody, &new_key, 2);
        let good = somebody.renewal(der, &new_key);

        let mut without = good.clone();
        without.shows_possession = false;
        refuses(|| without.submit(PAYER), Error::PossessionMissing);
        let mut forged = good.clone();
        forged.new_key = ed25519(3);
        refuses(|| forged.submit(PAYER), Error::PossessionInvalid);
        let mut stranger = good.clone();
        stranger.authority.key = ed25519(3);
        refuses(|| stranger.submit(PAYER), Error::RequestSignatureInvalid);
        // The new key alone is not enough, either.
        let mut alone = good.clone();
        alone.authority.key = new_key;
        refuses(|| alone.submit(PAYER), Error::RequestSignatureInvalid);
        assert_ok!(good.submit(PAYER));
        // And not a second time.
        refuses(|| good.submit(PAYER), Error::RequestSignatureInvalid);
    });
}

#[test]
fn nobody_renews_somebody_else() {
    new_chain().execute_with(|| {
        let (somebody, stranger) = (root("somebody", 1), root("stranger", 2));
        let new_key = ed25519(3);
        let mut renewal = somebody.renewal(next_of_root(&somebody, &new_key, 2), &new_key);
        renewal.authority = stranger;
        refuses(|| renewal.submit(PAYER), Error::NotAuthorized);
        let mut unknown = renewal.clone();
        unknown.identifier = Identifier([5; 32]);
        refuses(|| unknown.submit(PAYER), Error::NotRegistered);
    });
}

#[test]
fn replay_fails_by_nonce() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        let key = somebody.key.clone();
        let arguments_of = |der: &[u8]| {
            let der = der.to_vec();
            move |nonce: u64| {
                let arguments = RenewArguments {
                    identifier: somebody.identifier,
                    certificate: &der,
                    algorithm: SignatureAlgorithm::Ed25519,
                    compromised_after: None,
                };
                let payload =
                    arguments.payload_of(GENESIS.0, somebody.identifier, nonce, VALID_UNTIL);
                let request = IdentityRequest {
                    identifier: somebody.identifier,
                    algorithm: SignatureAlgorithm::Ed25519,
                    request: SignedRequest {
                        nonce,
                        valid_until: VALID_UNTIL,
                        signature: key.sign(&payload.to_bytes()).try_into().unwrap(),
                    },
                };
                AutoId::renew(
                    RuntimeOrigin::signed(PAYER),
                    somebody.identifier,
                    der.clone().try_into().unwrap(),
                    SignatureAlgorithm::Ed25519,
                    Default::default(),
                    None,
                    None,
                    request,
                )
            }
        };
        let der = certificate(
            ("somebody", &ed25519(1)),
            ("somebody", &ed25519(1)),
            2,
            as_it_is,
        );
        let submit = arguments_of(&der);
        for wrong in [0, 2, u64::MAX] {
            refuses(|| submit(wrong), Error::WrongNonce);
        }
        assert_ok!(submit(1));
        refuses(|| submit(1), Error::WrongNonce);
        // With the right nonce it is the serial number that is not new.
        refuses(|| submit(2), Error::SerialInUse);
    });
}

#[test]
fn the_subject_stays() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        let key = &somebody.key;
        let der = certificate(("another", key), ("another", key), 2, as_it_is);
        refuses(
            || somebody.renewal(der, key).submit(PAYER),
            Error::SubjectNameChanged,
        );
    });
}

#[test]
fn keys_of_others_and_keys_given_up() {
    new_chain().execute_with(|| {
        let mut somebody = root("somebody", 1);
        root("other", 2);
        let taken = ed25519(2);
        let der = next_of_root(&somebody, &taken, 2);
        refuses(
            || somebody.renewal(der, &taken).submit(PAYER),
            Error::KeyInUse,
        );

        // There and back again: a former key that was not given up may return.
        let (first, second) = (ed25519(1), ed25519(3));
        let der = next_of_root(&somebody, &second, 2);
        assert_ok!(somebody.renewal(der, &second).submit(PAYER));
        somebody.key = second.clone();
        let der = next_of_root(&somebody, &first, 3);
        assert_ok!(somebody.renewal(der, &first).submit(PAYER));
        somebody.key = first.clone();

        // Given up for compromise: never again, for nobody.
        let third = ed25519(4);
        let der = next_of_root(&somebody, &third, 4);
        let mut renewal = somebody.renewal(der, &third);
        renewal.compromised_after = Some(1);
        assert_ok!(renewal.submit(PAYER));
        somebody.key = third;
        let der = next_of_root(&somebody, &first, 5);
        refuses(
            || somebody.renewal(der, &first).submit(PAYER),
            Error::KeyGivenUp,
        );
        let anew = Registration::agent(&first);
        refuses(|| anew.submit(PAYER), Error::KeyGivenUp);
        assert_eq!(
            Keys::<Test>::get(key_of(&first)).unwrap().good_until,
            Some(1)
        );
        AutoId::do_try_state().unwrap();
    });
}

#[test]
fn a_compromised_key_must_go_and_the_block_must_be_past() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        let der = next_of_root(&somebody, &somebody.key, 2);
        let mut renewal = somebody.renewal(der, &somebody.key);
        renewal.compromised_after = Some(0);
        refuses(|| renewal.submit(PAYER), Error::KeyUnchanged);
        renewal.compromised_after = Some(2);
        refuses(|| renewal.submit(PAYER), Error::CompromiseInFuture);
    });
}

/// A former key that served after the last good block is given up as well: no renewal goes back to it.
#[test]
fn every_key_since_the_compromise_goes() {
    new_chain().execute_with(|| {
        let mut somebody = root("somebody", 1);
        let keys = [ed25519(1), ed25519(2), ed25519(3), ed25519(4)];
        let [first, second, third, fourth] = &keys;
        for (block, serial, key) in [(5, 2, second), (10, 3, third)] {
            go_to(block, NOW);
            let der = next_of_root(&somebody, key, serial);
            assert_ok!(somebody.renewal(der, key).submit(PAYER));
            somebody.key = key.clone();
        }
        go_to(15, NOW);
        // The first served up to block 5, the second up to block 10.
        let renewal_to = |key, serial| {
            let der = next_of_root(&somebody, key, serial);
            let mut renewal = somebody.renewal(der, key);
            renewal.compromised_after = Some(5);
            renewal
        };
        refuses(|| renewal_to(second, 4).submit(PAYER), Error::KeyGivenUp);
        assert_ok!(dispatch(|| renewal_to(first, 5).submit(PAYER)));
        let good_until = |key| Keys::<Test>::get(key_of(key)).unwrap().good_until;
        assert_eq!(good_until(first), None);
        assert_eq!(good_until(second), Some(5));
        assert_eq!(good_until(third), Some(5));

        // Given up once more, the earlier block stays.
        somebody.key = first.clone();
        go_to(20, NOW);
        let der = next_of_root(&somebody, fourth, 6);
        let mut renewal = somebody.renewal(der, fourth);
        renewal.compromised_after = Some(8);
        assert_ok!(renewal.submit(PAYER));
        assert_eq!(good_until(second), Some(5));
        assert_eq!(good_until(first), Some(8));
        AutoId::do_try_state().unwrap();
    });
}

/// Children registered up to the named block stay, those registered later fail.
#[test]
fn compromise_fails_what_came_after() {
    new_chain().execute_with(|| {
        let mut issuer = root("issuer", 1);
        go_to(5, NOW);
        let before = issuer.child("before", 2, 2);
        go_to(6, NOW);
        let after = issuer.child("after", 3, 3);
        let below = after.child("below", 4, 2);
        go_to(7, NOW);
        let new_key = ed25519(9);
        let mut renewal = issuer.renewal(next_of_root(&issuer, &new_key, 4), &new_key);
        renewal.compromised_after = Some(5);
        assert_ok!(renewal.submit(PAYER));
        let stolen = issuer.clone();
        issuer.key = new_key;

        assert!(before.holds());
        let reason = Reason::IssuedAfterCompromise {
            issuer: issuer.identifier,
            good_until: 5,
        };
        assert_eq!(after.failure(), Some((Check::Link, reason)));
        assert_eq!(below.failure(), Some((Check::Link, reason)));
        // The thief's certificates are not the current key's.
        let key = ed25519(20);
        let der = stolen.issue("late", &key, 8);
        refuses(
            || register_issued(&key, &der, &stolen, &[]),
            Error::CertificateSignatureInvalid,
        );
        // What failed is renewed by the issuer's new key, with its own request.
        let der = issuer.issue("after", &after.key, 9);
        assert_ok!(after.renewal(der, &after.key).submit(PAYER));
        assert!(after.holds());
        assert!(
            !below.holds(),
            "registered under the certificate that fails"
        );
    });
}

#[test]
fn four_superseded_certificates_verify_their_children() {
    new_chain().execute_with(|| {
        let mut issuer = root("issuer", 1);
        let mut children = vec![issuer.child("child 0", 100, 100)];
        for generation in 1..=5 {
            let key = ed25519(1 + generation);
            let der = next_of_root(&issuer, &key, 1 + generation);
            assert_ok!(issuer.renewal(der, &key).submit(PAYER));
            issuer.key = key;
            let name = format!("child {generation}");
            children.push(issuer.child(&name, 100 + generation, 100 + generation));
            AutoId::do_try_state().unwrap();
        }
        assert_eq!(
            Superseded::<Test>::iter_prefix(issuer.identifier).count(),
            4
        );
        // The certificate of the first is the one too many.
        let dropped = Reason::IssuerCertificateDropped {
            issuer: issuer.identifier,
        };
        assert_eq!(children[0].failure(), Some((Check::Registered, dropped)));
        let report = AutoId::verify(children[0].identifier, None, None, None);
        assert_eq!(report.root, Some(issuer.identifier));
        for child in &children[1..] {
            assert!(child.holds(), "{}", child.name);
        }
        // Superseded certificates issue nothing.
        let former = Somebody {
            key: ed25519(5),
            ..issuer.clone()
        };
        let key = ed25519(200);
        let der = former.issue("late", &key, 90);
        refuses(
            || register_issued(&key, &der, &former, &[]),
            Error::CertificateSignatureInvalid,
        );
        // A renewal mends what failed.
        let first = &children[0];
        let der = issuer.issue("child 0", &first.key, 91);
        assert_ok!(first.renewal(der, &first.key).submit(PAYER));
        assert!(first.holds());
    });
}

#[test]
fn only_the_issuer_s_current_key_issues() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let child = issuer.child("child", 2, 7);
        let stranger = root("stranger", 3);
        let by_stranger = certificate(
            ("child", &child.key),
            ("issuer", &stranger.key),
            8,
            as_it_is,
        );
        refuses(
            || child.renewal(by_stranger, &child.key).submit(PAYER),
            Error::CertificateSignatureInvalid,
        );
        // An issued identity does not become a root.
        let alone = next_of_root(&child, &child.key, 8);
        refuses(
            || child.renewal(alone, &child.key).submit(PAYER),
            Error::CertificateSignatureInvalid,
        );
        // And a root stays one.
        let under = issuer.issue("stranger", &stranger.key, 9);
        refuses(
            || stranger.renewal(under, &stranger.key).submit(PAYER),
            Error::NotSelfIssued,
        );
    });
}

#[test]
fn co_issuers_consent_again() {
    new_chain().execute_with(|| {
        let (issuer, partner) = (root("issuer", 1), root("partner", 2));
        let key = ed25519(3);
        let der = issuer.issue("joint", &key, 7);
        let consent = partner.consent(&der, issuer.identifier);
        assert_ok!(register_issued(
            &key,
            &der,
            &issuer,
            std::slice::from_ref(&consent)
        ));
        let joint = Somebody {
            identifier: identifier_of(&der),
            name: "joint".into(),
            key: key.clone(),
            serial: 7,
        };
        let der = issuer.issue("joint", &key, 8);
        let mut renewal = joint.renewal(der.clone(), &key);
        refuses(|| renewal.submit(PAYER), Error::ConsentsDiffer);
        renewal.consents = vec![consent];
        refuses(|| renewal.submit(PAYER), Error::ConsentSignatureInvalid);
        let stranger = root("stranger", 4);
        renewal.consents = vec![stranger.consent(&der, issuer.identifier)];
        refuses(|| renewal.submit(PAYER), Error::ConsentsDiffer);
        renewal.consents = vec![partner.consent(&der, issuer.identifier)];
        assert_ok!(renewal.submit(PAYER));
        assert!(joint.holds());
    });
}

#[test]
fn states() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let child = issuer.child("child", 2, 7);
        let renewal = |serial| {
            let der = issuer.issue_with("child", &child.key, serial, |builder| {
                builder.not_after = 3_000_000_000;
            });
            child.renewal(der, &child.key)
        };

        // On hold: nothing.
        assert_ok!(issuer.hold(&[7]));
        refuses(|| renewal(8).submit(PAYER), Error::SubjectOnHold);
        assert_ok!(issuer.release(&[7]));

        // Revoked: a new certificate of the issuer helps.
        assert_ok!(issuer.revoke(&[7], RevocationReason::Superseded));
        assert!(!child.holds());
        assert_ok!(renewal(8).submit(PAYER));
        assert!(child.holds());

        // The issuer fails: it cannot renew, either.
        assert_ok!(issuer.revoke(&[1], RevocationReason::CessationOfOperation));
        refuses(|| renewal(9).submit(PAYER), Error::IssuerRevoked);

        // Expired: renewed. This one's issuer lives longer.
        let issuer = root_with("long", ed25519(10), |builder| {
            builder.not_after = 3_000_000_000;
        });
        let child = issuer.child("short", 11, 7);
        go_to(20, 2_493_072_001);
        assert!(matches!(
            child.failure(),
            Some((Check::Validity, Reason::Expired { .. }))
        ));
        let der = issuer.issue_with("short", &child.key, 8, |builder| {
            builder.not_after = 3_000_000_000;
        });
        assert_ok!(child.renewal(der, &child.key).submit(PAYER));
        assert!(child.holds());

        // Deactivated: nothing, for ever.
        let arguments = DeactivateArguments {
            identifier: child.identifier,
        };
        let request = child.sign(&arguments);
        let origin = RuntimeOrigin::signed(PAYER);
        assert_ok!(AutoId::deactivate(origin, child.identifier, request));
        let der = issuer.issue("short", &child.key, 9);
        refuses(
            || child.renewal(der, &child.key).submit(PAYER),
            Error::SubjectDeactivated,
        );
    });
}

/// Counters do not wrap round.
#[test]
fn counters_end() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        let renew = || {
            let der = next_of_root(&somebody, &somebody.key, 2);
            somebody.renewal(der, &somebody.key).submit(PAYER)
        };
        let change = |change: fn(&mut IdentityRecordOf<Test>)| {
            Identities::<Test>::mutate(somebody.identifier, |record| {
                change(record.as_mut().unwrap());
            });
        };
        change(|record| record.generation = u32::MAX);
        refuses(renew, Error::TooManyGenerations);
        change(|record| record.generation = 0);
        change(|record| record.nonce = u64::MAX);
        refuses(renew, Error::NonceOverflow);
        change(|record| record.nonce = u64::MAX - 1);
        assert_ok!(renew());
    });
}

#[test]
fn a_revoked_root_does_not_renew_itself() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        assert_ok!(somebody.revoke(&[1], RevocationReason::KeyCompromise));
        let new_key = ed25519(2);
        let der = next_of_root(&somebody, &new_key, 2);
        refuses(
            || somebody.renewal(der, &new_key).submit(PAYER),
            Error::RootRevoked,
        );
    });
}

/// Who carries a renewal takes over the whole deposit, and the former payer is freed.
#[test]
fn the_deposit_moves_to_who_carries_it() {
    new_chain().execute_with(|| {
        let held = |who| Balances::balance_on_hold(&IdentityHold::get(), &who);
        let somebody = root("somebody", 1);
        let before = held(PAYER);
        assert!(before > 0);
        let der = next_of_root(&somebody, &somebody.key, 2);
        let renewal = somebody.renewal(der, &somebody.key);
        assert_ok!(renewal.submit(OTHER_PAYER));
        assert_eq!(held(PAYER), 0);
        assert!(held(OTHER_PAYER) > before, "one certificate more is kept");
        // A payer who cannot pay changes nothing.
        let der = next_of_root(&somebody, &somebody.key, 3);
        let renewal = somebody.renewal(der, &somebody.key);
        frame_support::assert_noop!(
            dispatch(|| renewal.submit(PAUPER)),
            sp_runtime::TokenError::FundsUnavailable
        );
        assert_ok!(renewal.submit(OTHER_PAYER));
        // After the fourth, as many are dropped as are added.
        let mut last = held(OTHER_PAYER);
        for serial in 4..10 {
            let der = next_of_root(&somebody, &somebody.key, serial);
            assert_ok!(somebody.renewal(der, &somebody.key).submit(OTHER_PAYER));
            assert!(held(OTHER_PAYER) > last);
            last = held(OTHER_PAYER);
        }
        assert_eq!(
            Fingerprints::<Test>::iter().count(),
            1,
            "only the current certificate is found"
        );
        AutoId::do_try_state().unwrap();
    });
}
