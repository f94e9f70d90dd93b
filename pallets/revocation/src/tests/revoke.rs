//! `revoke`: success, every error, every state of the issuer.

use frame_support::assert_ok;

use super::*;
use crate::pallet::{Event, Issuers};

#[test]
fn for_ever_with_reason_and_time() {
    new_chain().execute_with(|| {
        for (reason, byte) in RevocationReason::ALL.into_iter().zip(10..) {
            let issuer = issuer(byte);
            assert_eq!(issuer.status(&[7]), None);
            assert_ok!(issuer.revoke(&[7], reason));
            assert_eq!(
                issuer.status(&[7]),
                Some(CertificateStatus::Revoked { reason, since: NOW })
            );
            System::assert_last_event(
                Event::Revoked {
                    issuer: issuer.identifier,
                    serial: serial(&[7]),
                    reason,
                }
                .into(),
            );
            assert_eq!(Issuers::<Test>::get(issuer.identifier).revoked, 1);
        }
        Revocation::do_try_state().unwrap();
    });
}

#[test]
fn it_is_the_issuer_s_own_serial_number() {
    new_chain().execute_with(|| {
        let (one, two) = (issuer(1), issuer(2));
        assert_ok!(one.revoke(&[7], RevocationReason::Unspecified));
        assert_eq!(two.status(&[7]), None);
        assert_eq!(one.status(&[7, 7]), None);
        // A stranger's request for it is about the stranger's.
        assert_ok!(two.revoke(&[9], RevocationReason::Unspecified));
        assert_eq!(one.status(&[9]), None);
    });
}

#[test]
fn never_twice_and_never_into_a_hold() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        assert_ok!(issuer.revoke(&[7], RevocationReason::KeyCompromise));
        refuses(
            || issuer.revoke(&[7], RevocationReason::Unspecified),
            Error::AlreadyRevoked,
        );
        refuses(|| issuer.hold(&[7]), Error::AlreadyRevoked);
        refuses(|| issuer.release(&[7]), Error::AlreadyRevoked);
    });
}

#[test]
fn a_hold_becomes_a_revocation_and_the_deposit_moves() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        assert_ok!(issuer.hold(&[7]));
        assert!(held(PAYER) > 0);
        assert_ok!(issuer.revoke_paid_by(OTHER_PAYER, &[7], RevocationReason::KeyCompromise));
        assert!(issuer.is_revoked(&[7]));
        assert_eq!(held(PAYER), 0);
        assert!(held(OTHER_PAYER) > 0);
        Revocation::do_try_state().unwrap();
    });
}

#[test]
fn serial_numbers_have_one_form() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        for wrong in [&[][..], &[0], &[0x80], &[0, 1]] {
            refuses(
                || issuer.revoke(wrong, RevocationReason::Unspecified),
                Error::SerialMalformed,
            );
        }
        for good in [&[2][..], &[0, 0x80], &[0x7f; 20]] {
            assert_ok!(issuer.revoke(good, RevocationReason::Unspecified));
        }
    });
}

#[test]
fn requests_of_others_are_refused() {
    new_chain().execute_with(|| {
        let victim = issuer(1);
        let thief = Somebody {
            key: ed25519(2),
            ..victim.clone()
        };
        refuses(
            || thief.revoke(&[7], RevocationReason::Unspecified),
            Error::RequestSignatureInvalid,
        );
        let nobody = Somebody {
            identifier: Identifier([5; 32]),
            ..thief
        };
        refuses(
            || nobody.revoke(&[7], RevocationReason::Unspecified),
            Error::IssuerNotRegistered,
        );
        // A request counts once, in its time, with the right algorithm.
        let arguments = RevokeArguments {
            serial: &[7],
            reason: RevocationReason::Unspecified,
        };
        let good = victim.sign(&arguments);
        let submit = |request| {
            Revocation::revoke(
                RuntimeOrigin::signed(PAYER),
                serial(&[7]),
                RevocationReason::Unspecified,
                request,
            )
        };
        let mut late = good.clone();
        late.request.valid_until = 0;
        refuses(|| submit(late), Error::RequestExpired);
        let mut other_nonce = good.clone();
        other_nonce.request.nonce = 2;
        refuses(|| submit(other_nonce), Error::WrongNonce);
        let mut other_kind = good.clone();
        other_kind.algorithm = allod_identity::SignatureAlgorithm::EcdsaP256Sha256;
        refuses(|| submit(other_kind), Error::RequestAlgorithmWrong);
        refuses(
            || {
                Revocation::revoke(
                    RuntimeOrigin::signed(PAYER),
                    serial(&[7]),
                    RevocationReason::KeyCompromise,
                    good.clone(),
                )
            },
            Error::RequestSignatureInvalid,
        );
        assert_ok!(submit(good.clone()));
        refuses(|| submit(good), Error::WrongNonce);
    });
}

#[test]
fn states_of_the_issuer() {
    new_chain().execute_with(|| {
        let reason = RevocationReason::Unspecified;
        let (gone, revoked, expired) = (issuer(1), issuer(2), issuer(3));
        assert_ok!(gone.deactivate());
        refuses(|| gone.revoke(&[7], reason), Error::IssuerDeactivated);
        assert_ok!(revoked.revoke(&[1], reason));
        refuses(|| revoked.revoke(&[7], reason), Error::IssuerRevoked);
        go_to(2, 2_493_072_001);
        refuses(|| expired.revoke(&[7], reason), Error::IssuerExpired);
    });
}

/// What is counted does not wrap round, by a call or by a list.
#[test]
fn counters_end() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        let reason = RevocationReason::Unspecified;
        let set = |revoked| {
            Issuers::<Test>::mutate(issuer.identifier, |record| record.revoked = revoked);
        };
        set(u32::MAX);
        refuses(|| issuer.revoke(&[7], reason), Error::TooManyRevocations);
        let list = issuer.list(1, &[(7, RevocationReason::Superseded.into())]);
        refuses(|| issuer.publish(&list), Error::TooManyRevocations);
        set(u32::MAX - 1);
        assert_ok!(issuer.revoke(&[7], reason));
        // It lists nothing that is new.
        assert_ok!(issuer.publish(&list));
        refuses(|| issuer.revoke(&[8], reason), Error::TooManyRevocations);
    });
}
