//! `execute_recovery`: success, every error, every state.

use allod_identity::{Check, KeyFingerprint, Reason, RevocationReason};
use frame_support::{assert_ok, traits::fungible::InspectHold};

use super::{
    open_recovery::{DELAY, Scene},
    reparent::reparent,
    set_controller::set_controller,
    *,
};
use crate::{
    mock::*,
    pallet::{Error, Event, Identities, Keys, Recoveries},
};

/// Opened and approved by two of three; ready at once.
fn ready(scene: &Scene) {
    let [one, two, _] = &scene.guardians;
    scene.open(one).unwrap();
    scene
        .approve(
            two,
            AutoId::details(scene.subject.identifier)
                .unwrap()
                .recovery
                .unwrap()
                .number,
        )
        .unwrap();
    go_to(u64::from(1 + DELAY), NOW);
}

#[test]
fn a_root_gets_its_new_key() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let held = || Balances::balance_on_hold(&IdentityHold::get(), &PAYER);
        let nonce = AutoId::next_nonce(scene.subject.identifier);
        ready(&scene);
        let before = held();
        assert_ok!(scene.execute(1));
        let key = KeyFingerprint(sp_io::hashing::sha2_256(&scene.new_key.spki()));
        System::assert_last_event(
            Event::Recovered {
                identifier: scene.subject.identifier,
                key,
                generation: 1,
                payer: PAYER,
            }
            .into(),
        );
        assert_eq!(AutoId::identity_by_key(key), Some(scene.subject.identifier));
        assert_eq!(AutoId::next_nonce(scene.subject.identifier), nonce + 1);
        assert!(!Recoveries::<Test>::contains_key(scene.subject.identifier));
        assert!(held() > before, "the old certificate is kept");
        assert!(scene.subject.holds());
        AutoId::do_try_state().unwrap();

        // The old key does nothing any more.
        refuses(
            || scene.subject.guard(&[&scene.guardians[0]], 1, 1),
            Error::RequestSignatureInvalid,
        );
        // And it is done once.
        refuses(|| scene.execute(1), Error::NoRecovery);
    });
}

#[test]
fn not_before_the_delay_and_not_without_approvals() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let [one, two, three] = &scene.guardians;
        assert_ok!(scene.open(one));
        go_to(100, NOW);
        refuses(|| scene.execute(1), Error::NotEnoughApprovals);
        assert_ok!(scene.veto(&scene.subject, 1));
        assert_ok!(scene.open(one));
        assert_ok!(scene.approve(two, 2));
        go_to(u64::from(100 + DELAY - 1), NOW);
        refuses(|| scene.execute(2), Error::RecoveryTooEarly);
        // All of them: twice the delay, and no veto.
        assert_ok!(scene.approve(three, 2));
        go_to(u64::from(100 + 2 * DELAY - 1), NOW);
        refuses(|| scene.execute(2), Error::RecoveryTooEarly);
        go_to(u64::from(100 + 2 * DELAY), NOW);
        refuses(|| scene.execute(1), Error::WrongRecovery);
        assert_ok!(scene.execute(2));
    });
}

#[test]
fn guardians_must_still_hold() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        ready(&scene);
        assert_ok!(scene.guardians[1].revoke(&[1], RevocationReason::KeyCompromise));
        refuses(|| scene.execute(1), Error::NotEnoughApprovals);
        // The third one's approval takes its place; all three have approved then.
        assert_ok!(scene.approve(&scene.guardians[2], 1));
        go_to(u64::from(1 + 2 * DELAY), NOW);
        assert_ok!(scene.execute(1));
    });
}

/// A guardian that has moved under the identity since it approved counts no more, nor one above it.
#[test]
fn guardians_must_not_have_become_relatives() {
    new_chain().execute_with(|| {
        let mut scene = Scene::new();
        let former = root("former", 30);
        let mover = former.child("mover", 31, 2);
        let [one, two, _] = scene.guardians.clone();
        assert_ok!(scene.subject.guard(&[&one, &two, &mover], 2, DELAY));
        go_to(u64::from(1 + DELAY), NOW);
        scene.guardians = [one, two, mover];
        let [one, _, mover] = &scene.guardians;
        assert_ok!(scene.open(one));
        assert_ok!(scene.approve(mover, 1));
        assert_ok!(former.revoke(&[1], RevocationReason::CessationOfOperation));
        let der = scene.subject.issue("mover", &mover.key, 9);
        assert_ok!(reparent(mover, &scene.subject, &der));
        assert!(mover.holds());
        go_to(u64::from(1 + 2 * DELAY), NOW);
        refuses(|| scene.execute(1), Error::NotEnoughApprovals);
        // With the third one's there are enough who are none.
        assert_ok!(scene.approve(&scene.guardians[1], 1));
        go_to(u64::from(1 + 3 * DELAY), NOW);
        assert_ok!(scene.execute(1));
    });
}

#[test]
fn only_the_approved_certificate_and_its_key() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        ready(&scene);
        let other = certificate(
            ("subject", &scene.new_key),
            ("subject", &scene.new_key),
            3,
            as_it_is,
        );
        refuses(
            || scene.execute_with(1, &other, &scene.new_key),
            Error::RecoveryOfAnotherCertificate,
        );
        refuses(
            || scene.execute_with(1, &scene.certificate, &scene.subject.key),
            Error::RequestSignatureInvalid,
        );
        assert_ok!(scene.execute(1));
    });
}

#[test]
fn the_certificate_must_be_admissible() {
    new_chain().execute_with(|| {
        let mut scene = Scene::new();
        scene.certificate = certificate(
            ("another", &scene.new_key),
            ("another", &scene.new_key),
            2,
            as_it_is,
        );
        ready(&scene);
        refuses(|| scene.execute(1), Error::SubjectNameChanged);
        assert_ok!(scene.veto(&scene.subject, 1));
        // A key of somebody else.
        let taken = scene.guardians[2].key.clone();
        scene.certificate = certificate(("subject", &taken), ("subject", &taken), 2, as_it_is);
        scene.new_key = taken;
        let [one, two, _] = &scene.guardians;
        assert_ok!(scene.open(one));
        assert_ok!(scene.approve(two, 2));
        go_to(u64::from(1 + 2 * DELAY), NOW);
        refuses(|| scene.execute(2), Error::KeyInUse);
    });
}

/// An issued identity still needs its issuer's certificate.
#[test]
fn an_issued_one_needs_its_issuer() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 30);
        let mut scene = Scene::new();
        let subject = issuer.child("child", 31, 5);
        let [one, two, three] = &scene.guardians;
        assert_ok!(subject.guard(&[one, two, three], 2, DELAY));
        scene.subject = subject;
        scene.certificate = certificate(
            ("child", &scene.new_key),
            ("child", &scene.new_key),
            6,
            as_it_is,
        );
        ready(&scene);
        refuses(|| scene.execute(1), Error::CertificateSignatureInvalid);
        assert_ok!(scene.veto(&scene.subject, 1));
        scene.certificate = issuer.issue("child", &scene.new_key, 6);
        let [one, two, _] = &scene.guardians;
        assert_ok!(scene.open(one));
        assert_ok!(scene.approve(two, 2));
        go_to(u64::from(1 + 2 * DELAY), NOW);
        assert_ok!(issuer.revoke(&[1], RevocationReason::Unspecified));
        refuses(|| scene.execute(2), Error::IssuerRevoked);
    });
}

/// It lifts no revocation and no hold.
#[test]
fn revoked_and_held_ones_are_refused() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        ready(&scene);
        assert_ok!(scene.subject.revoke(&[1], RevocationReason::KeyCompromise));
        refuses(|| scene.execute(1), Error::RootRevoked);

        let issuer = root("issuer", 30);
        let mut scene = Scene {
            subject: issuer.child("child", 31, 5),
            new_key: ed25519(32),
            ..scene
        };
        scene.certificate = issuer.issue("child", &scene.new_key, 6);
        let [one, two, three] = &scene.guardians;
        assert_ok!(scene.subject.guard(&[one, two, three], 2, DELAY));
        assert_ok!(scene.open(one));
        assert_ok!(scene.approve(two, 1));
        go_to(u64::from(1 + 2 * DELAY), NOW);
        assert_ok!(issuer.hold(&[5]));
        refuses(|| scene.execute(1), Error::SubjectOnHold);
        assert_ok!(issuer.revoke(&[5], RevocationReason::KeyCompromise));
        refuses(|| scene.execute(1), Error::SubjectRevoked);
    });
}

/// A thief's changes that were still to come are dropped, and what it issued fails.
#[test]
fn after_a_theft() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let subject = &scene.subject;
        let early = subject.child("early", 40, 40);
        go_to(2, NOW);
        let accomplice = root("accomplice", 20);
        let late = subject.child("late", 41, 41);
        assert_ok!(subject.guard(&[&accomplice], 1, 1));
        assert_ok!(set_controller(subject, subject, Some(&accomplice)));
        go_to(3, NOW);
        let [one, two, three] = &scene.guardians;
        assert_ok!(scene.open_with(one, scene.hash(), Some(1)));
        assert_ok!(scene.approve(two, 1));
        assert_ok!(scene.approve(three, 1));
        // The changes would be due by now, but nothing takes effect meanwhile.
        go_to(20, NOW);
        refuses(|| scene.veto(subject, 1), Error::VetoOverruled);
        assert_eq!(AutoId::authority(subject.identifier), subject.identifier);
        go_to(u64::from(3 + 2 * DELAY), NOW);
        assert_ok!(scene.execute(1));

        let details = AutoId::details(subject.identifier).unwrap();
        assert_eq!(details.controller, None);
        assert_eq!(details.pending_controller, None);
        assert_eq!(details.pending_guardians, None);
        assert_eq!(details.guardians.unwrap().members.len(), 3);
        go_to(1_000, NOW);
        assert_eq!(AutoId::authority(subject.identifier), subject.identifier);
        assert!(early.holds());
        assert!(matches!(
            late.failure(),
            Some((Check::Link, Reason::IssuedAfterCompromise { .. }))
        ));
        let key = KeyFingerprint(sp_io::hashing::sha2_256(&subject.key.spki()));
        assert_eq!(Keys::<Test>::get(key).unwrap().good_until, Some(1));
        AutoId::do_try_state().unwrap();
    });
}

/// A thief who renewed with the stolen key: both keys are given up, and what either issued fails.
#[test]
fn what_a_thief_renewed_is_given_up_too() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let subject = &scene.subject;
        go_to(2, NOW);
        let early = subject.child("early", 40, 40);
        go_to(3, NOW);
        let late = subject.child("late", 41, 41);
        go_to(4, NOW);
        let thief = Somebody {
            key: ed25519(21),
            ..subject.clone()
        };
        let der = certificate(
            ("subject", &thief.key),
            ("subject", &thief.key),
            50,
            as_it_is,
        );
        assert_ok!(subject.renewal(der, &thief.key).submit(PAYER));
        let later = thief.child("later", 42, 42);
        assert!(late.holds() && later.holds());
        go_to(5, NOW);
        let [one, two, three] = &scene.guardians;
        assert_ok!(scene.open_with(one, scene.hash(), Some(2)));
        assert_ok!(scene.approve(two, 1));
        assert_ok!(scene.approve(three, 1));
        go_to(u64::from(5 + 2 * DELAY), NOW);
        assert_ok!(scene.execute(1));

        assert!(early.holds());
        for fails in [&late, &later] {
            assert!(matches!(
                fails.failure(),
                Some((Check::Link, Reason::IssuedAfterCompromise { .. }))
            ));
        }
        for key in [&subject.key, &thief.key] {
            let key = KeyFingerprint(sp_io::hashing::sha2_256(&key.spki()));
            assert_eq!(Keys::<Test>::get(key).unwrap().good_until, Some(2));
        }
        AutoId::do_try_state().unwrap();
    });
}

/// One recovery takes another's place: what a thief changed does not become due in between.
#[test]
fn a_replacement_goes_on_freezing() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let subject = &scene.subject;
        let [one, two, three] = &scene.guardians;
        let accomplice = root("accomplice", 20);
        // Due in block 11.
        assert_ok!(subject.guard(&[&accomplice], 1, 1));
        assert_ok!(set_controller(subject, subject, Some(&accomplice)));
        go_to(5, NOW);
        assert_ok!(scene.open(one));
        go_to(12, NOW);
        assert_ok!(scene.open(two));
        assert_eq!(AutoId::authority(subject.identifier), subject.identifier);
        refuses(|| scene.veto(&accomplice, 2), Error::NotAuthorized);
        assert_ok!(scene.approve(one, 2));
        assert_ok!(scene.approve(three, 2));
        go_to(u64::from(12 + 2 * DELAY), NOW);
        assert_ok!(scene.execute(2));

        let details = AutoId::details(subject.identifier).unwrap();
        assert_eq!(details.controller, None);
        assert_eq!(details.pending_controller, None);
        assert_eq!(details.pending_guardians, None);
        assert_eq!(details.guardians.unwrap().members.len(), 3);
        go_to(1_000, NOW);
        assert_eq!(AutoId::authority(subject.identifier), subject.identifier);
        AutoId::do_try_state().unwrap();
    });
}

#[test]
fn an_expired_one_is_recovered() {
    new_chain().execute_with(|| {
        let mut scene = Scene::new();
        let forever = |builder: &mut CertificateBuilder| builder.not_after = 3_000_000_000;
        let guardians =
            [50, 51, 52].map(|seed| root_with(&format!("long {seed}"), ed25519(seed), forever));
        let [one, two, three] = &guardians;
        assert_ok!(scene.subject.guard(&[one, two, three], 2, DELAY));
        scene.certificate = certificate(
            ("subject", &scene.new_key),
            ("subject", &scene.new_key),
            2,
            forever,
        );
        go_to(u64::from(1 + DELAY), 2_493_072_001);
        assert_ok!(scene.open(one));
        assert_ok!(scene.approve(two, 1));
        go_to(u64::from(1 + 2 * DELAY), 2_493_072_001);
        assert_ok!(scene.execute(1));
        assert!(scene.subject.holds());
        assert_eq!(
            Identities::<Test>::get(scene.subject.identifier)
                .unwrap()
                .recoveries,
            1
        );
    });
}
