//! What the runtime API answers.

use allod_identity::{
    Check, Failure, Identifier, Issuance, KeyFingerprint, MAX_CERTIFICATE_SIZE, Purpose, Reason,
    RevocationReason, RootTrust, SignatureAlgorithm,
};
use allod_x509::{
    KeyUsage,
    builder::{CertificateBuilder, key_usage},
};
use frame_support::assert_ok;

use crate::{mock::*, pallet::Certificates};

#[test]
fn registered_identity_holds() {
    new_chain().execute_with(|| {
        for key in [ed25519(7), p256(7)] {
            let registration = Registration::agent(&key);
            assert_ok!(registration.submit(PAYER));
            let identifier = registration.identifier();
            let report = AutoId::verify(identifier, None, None, None);
            assert!(report.holds());
            assert_eq!(report.time, NOW);
            assert_eq!(report.links.len(), 1);
            assert_eq!(report.root, Some(identifier));
            assert_eq!(report.root_trust, RootTrust::NotAsked);

            let info = AutoId::identity(identifier).unwrap();
            assert_eq!(info.certificate, registration.certificate);
            assert_eq!(info.algorithm, key.algorithm());
            assert_eq!(info.issuance, Issuance::SelfIssued);
            assert_eq!((info.nonce, info.registered_at), (1, 1));
            assert_eq!(AutoId::identity_by_key(info.key), Some(identifier));
        }
    });
}

#[test]
fn unknown_identity() {
    new_chain().execute_with(|| {
        let identifier = Identifier([5; 32]);
        let report = AutoId::verify(identifier, None, None, None);
        assert_eq!(
            report.failure,
            Some(Failure {
                identifier,
                check: Check::Registered,
                reason: Reason::NotRegistered,
            })
        );
        assert_eq!(report.root, None);
        assert_eq!(AutoId::identity(identifier), None);
        assert_eq!(AutoId::identity_by_key(KeyFingerprint([5; 32])), None);
        assert_eq!(AutoId::next_nonce(identifier), 0);
    });
}

#[test]
fn time_is_the_block_s_unless_given() {
    new_chain().execute_with(|| {
        let registration = Registration::agent(&ed25519(7));
        assert_ok!(registration.submit(PAYER));
        let verify = |time| {
            AutoId::verify(registration.identifier(), time, None, None)
                .failure
                .map(|failure| failure.reason)
        };
        let CertificateBuilder {
            not_before,
            not_after,
            ..
        } = CertificateBuilder::self_issued("agent");
        assert_eq!(verify(Some(not_after)), None);
        let expired = Some(Reason::Expired { not_after });
        assert_eq!(verify(Some(not_after + 1)), expired);
        assert_eq!(verify(Some(0)), Some(Reason::NotYetValid { not_before }));
        go_to(2, not_after + 1);
        assert_eq!(verify(None), expired);
    });
}

#[test]
fn purposes_and_roots() {
    new_chain().execute_with(|| {
        let mut builder = CertificateBuilder::self_issued("agent");
        builder.extensions = vec![key_usage(&[KeyUsage::DIGITAL_SIGNATURE])];
        let registration = Registration::of(&ed25519(7), &builder);
        assert_ok!(registration.submit(PAYER));
        let identifier = registration.identifier();
        let reason = |purpose, roots: Option<&[Identifier]>| {
            AutoId::verify(identifier, None, purpose, roots)
                .failure
                .map(|failure| failure.reason)
        };
        assert_eq!(reason(Some(Purpose::DigitalSignature), None), None);
        assert_eq!(
            reason(Some(Purpose::KeyCertSign), None),
            Some(Reason::NotCa)
        );
        assert_eq!(
            reason(Some(Purpose::CrlSign), None),
            Some(Reason::NoCrlSign)
        );
        assert_eq!(reason(None, Some(&[identifier])), None);
        assert_eq!(reason(None, Some(&[])), Some(Reason::RootNotAccepted));
    });
}

#[test]
fn retired_algorithm_fails_at_read() {
    new_chain().execute_with(|| {
        let algorithm = SignatureAlgorithm::EcdsaP256Sha256;
        let registration = Registration::agent(&p256(7));
        assert_ok!(registration.submit(PAYER));
        Retired::set(Some(algorithm));
        let report = AutoId::verify(registration.identifier(), None, None, None);
        let failure = report.failure.unwrap();
        assert_eq!(failure.check, Check::Algorithm);
        assert_eq!(failure.reason, Reason::AlgorithmRetired { algorithm });
    });
}

/// Every signature is checked at read: a certificate that was changed in storage fails.
#[test]
fn signatures_are_checked_at_read() {
    new_chain().execute_with(|| {
        let registration = Registration::agent(&ed25519(7));
        assert_ok!(registration.submit(PAYER));
        let identifier = registration.identifier();
        Certificates::<Test>::mutate(identifier, |stored| {
            *stored.as_mut().unwrap().last_mut().unwrap() ^= 1;
        });
        let reason = || {
            let report = AutoId::verify(identifier, None, None, None);
            report.failure.unwrap().reason
        };
        assert_eq!(reason(), Reason::SignatureInvalid);
        assert!(AutoId::do_try_state().is_err());
        Certificates::<Test>::insert(identifier, sp_runtime::BoundedVec::default());
        assert_eq!(reason(), Reason::Unreadable);
    });
}

#[test]
fn the_most_expensive_certificates_fit_a_block() {
    AutoId::check_integrity();
    let longest = AutoId::register_weight(
        SignatureAlgorithm::EcdsaP256Sha256,
        MAX_CERTIFICATE_SIZE as usize,
    );
    let shortest = AutoId::register_weight(SignatureAlgorithm::EcdsaP256Sha256, 320);
    assert!(longest.ref_time() > shortest.ref_time());
}

/// A time that is asked for moves windows of validity and nothing else.
#[test]
fn a_given_time_moves_no_revocation() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let child = issuer.child("child", 2, 7);
        assert_ok!(issuer.revoke(&[7], RevocationReason::Superseded));
        // Long before it was revoked, by the clock; by the block's state it is.
        let report = AutoId::verify(child.identifier, Some(NOW - 1_000), None, None);
        assert!(matches!(
            report.failure.unwrap().reason,
            Reason::Revoked { since: NOW, .. }
        ));
    });
}

#[test]
fn the_root_is_named_and_accepted_by_name() {
    new_chain().execute_with(|| {
        let (top, other) = (root("top", 1), root("other", 2));
        let child = top.child("child", 3, 7);
        let below = child.child("below", 4, 7);
        let trust = |roots: &[Identifier]| {
            let report = AutoId::verify(below.identifier, None, None, Some(roots));
            assert_eq!(report.root, Some(top.identifier));
            report.root_trust
        };
        assert_eq!(
            trust(&[other.identifier, top.identifier]),
            RootTrust::Accepted
        );
        assert_eq!(trust(&[other.identifier]), RootTrust::NotAccepted);
        // An intermediate is no root.
        assert_eq!(trust(&[child.identifier]), RootTrust::NotAccepted);
    });
}

#[test]
fn authorities_verify_like_any_other() {
    new_chain().execute_with(|| {
        let top = root("top", 1);
        let middle = top.child("middle", 2, 7);
        middle.child("leaf", 3, 7);
        let report = AutoId::verify(middle.identifier, None, Some(Purpose::KeyCertSign), None);
        assert!(report.holds());
        assert_eq!(report.links.len(), 2);
    });
}
