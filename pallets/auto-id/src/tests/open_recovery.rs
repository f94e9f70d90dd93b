//! `open_recovery`: success, every error, every state. What all recovery tests share is here.

use allod_identity::{
    RECOVERY_WINDOW, RevocationReason,
    request::arguments::{
        ApproveRecoveryArguments, ExecuteRecoveryArguments, OpenRecoveryArguments,
        VetoRecoveryArguments,
    },
};
use frame_support::assert_ok;

use super::{deactivate::deactivate, set_controller::set_controller, *};
use crate::{
    mock::*,
    pallet::{Error, Event, Identities, Recoveries},
};

/// Somebody whose key is lost, three guardians, and the certificate for the new key.
pub struct Scene {
    pub subject: Somebody,
    pub guardians: [Somebody; 3],
    pub new_key: SigningKey,
    pub certificate: Vec<u8>,
}

pub const DELAY: u32 = 10;

impl Scene {
    /// A root, of whose three guardians two must approve.
    pub fn new() -> Self {
        let subject = root("subject", 1);
        let guardians = [2, 3, 4].map(|seed| root(&format!("guardian {seed}"), seed));
        let [one, two, three] = &guardians;
        subject.guard(&[one, two, three], 2, DELAY).unwrap();
        let new_key = ed25519(9);
        let certificate = certificate(("subject", &new_key), ("subject", &new_key), 2, as_it_is);
        Self {
            subject,
            guardians,
            new_key,
            certificate,
        }
    }

    pub fn hash(&self) -> [u8; 32] {
        identifier_of(&self.certificate).0
    }

    pub fn open(&self, guardian: &Somebody) -> DispatchResultWithPostInfo {
        self.open_with(guardian, self.hash(), None)
    }

    pub fn open_with(
        &self,
        guardian: &Somebody,
        certificate_hash: [u8; 32],
        compromised_after: Option<u32>,
    ) -> DispatchResultWithPostInfo {
        let arguments = OpenRecoveryArguments {
            identifier: self.subject.identifier,
            certificate_hash,
            compromised_after,
        };
        AutoId::open_recovery(
            RuntimeOrigin::signed(PAYER),
            self.subject.identifier,
            certificate_hash,
            compromised_after,
            guardian.sign(&arguments),
        )
    }

    pub fn approve(&self, guardian: &Somebody, number: u32) -> DispatchResultWithPostInfo {
        self.approve_with(guardian, number, self.hash())
    }

    pub fn approve_with(
        &self,
        guardian: &Somebody,
        number: u32,
        certificate_hash: [u8; 32],
    ) -> DispatchResultWithPostInfo {
        let arguments = ApproveRecoveryArguments {
            identifier: self.subject.identifier,
            number,
            certificate_hash,
        };
        AutoId::approve_recovery(
            RuntimeOrigin::signed(PAYER),
            self.subject.identifier,
            number,
            certificate_hash,
            guardian.sign(&arguments),
        )
    }

    pub fn veto(&self, authority: &Somebody, number: u32) -> DispatchResult {
        let arguments = VetoRecoveryArguments {
            identifier: self.subject.identifier,
            number,
        };
        let request = authority.sign(&arguments);
        let origin = RuntimeOrigin::signed(PAYER);
        AutoId::veto_recovery(origin, self.subject.identifier, number, request)
    }

    pub fn execute(&self, number: u32) -> DispatchResultWithPostInfo {
        self.execute_with(number, &self.certificate, &self.new_key)
    }

    pub fn execute_with(
        &self,
        number: u32,
        certificate: &[u8],
        key: &SigningKey,
    ) -> DispatchResultWithPostInfo {
        let arguments = ExecuteRecoveryArguments {
            identifier: self.subject.identifier,
            number,
            certificate,
            algorithm: SignatureAlgorithm::Ed25519,
        };
        let request = sign_with(key, self.subject.identifier, &arguments);
        AutoId::execute_recovery(
            RuntimeOrigin::signed(PAYER),
            self.subject.identifier,
            number,
            certificate.to_vec().try_into().unwrap(),
            SignatureAlgorithm::Ed25519,
            Default::default(),
            request,
        )
    }
}

#[test]
fn opens_with_the_first_approval() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let [one, ..] = &scene.guardians;
        assert_ok!(scene.open(one));
        System::assert_last_event(
            Event::RecoveryOpened {
                identifier: scene.subject.identifier,
                number: 1,
                guardian: one.identifier,
            }
            .into(),
        );
        let recovery = AutoId::details(scene.subject.identifier)
            .unwrap()
            .recovery
            .unwrap();
        assert_eq!(recovery.number, 1);
        assert_eq!(recovery.approvals, [one.identifier]);
        assert_eq!(recovery.executable_from, None);
        assert_eq!(recovery.lapses_after, 1 + 2 * DELAY + RECOVERY_WINDOW);
        AutoId::do_try_state().unwrap();
    });
}

#[test]
fn only_guardians_open() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let stranger = root("stranger", 20);
        refuses(|| scene.open(&stranger), Error::NotGuardian);
        refuses(|| scene.open(&scene.subject), Error::NotGuardian);
        let thief = Somebody {
            key: stranger.key.clone(),
            ..scene.guardians[0].clone()
        };
        refuses(|| scene.open(&thief), Error::RequestSignatureInvalid);
        let unguarded = Scene {
            subject: stranger,
            ..scene
        };
        refuses(
            || unguarded.open(&unguarded.guardians[0]),
            Error::NoGuardians,
        );
    });
}

#[test]
fn it_freezes() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let subject = &scene.subject;
        assert_ok!(scene.open(&scene.guardians[0]));
        let der = certificate(
            ("subject", &subject.key),
            ("subject", &subject.key),
            3,
            as_it_is,
        );
        let renewal = subject.renewal(der, &subject.key);
        refuses(|| renewal.submit(PAYER), Error::RecoveryOpen);
        refuses(|| deactivate(subject, subject), Error::RecoveryOpen);
        refuses(
            || subject.guard(&[&scene.guardians[0]], 1, 1),
            Error::RecoveryOpen,
        );
        refuses(
            || set_controller(subject, subject, Some(&scene.guardians[0])),
            Error::RecoveryOpen,
        );
    });
}

#[test]
fn a_lapsed_one_freezes_nothing() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        assert_ok!(scene.open(&scene.guardians[0]));
        assert_ok!(scene.approve(&scene.guardians[1], 1));
        let last = u64::from(1 + 2 * DELAY + RECOVERY_WINDOW);
        go_to(last, NOW);
        refuses(
            || deactivate(&scene.subject, &scene.subject),
            Error::RecoveryOpen,
        );
        go_to(last + 1, NOW);
        refuses(|| scene.execute(1), Error::NoRecovery);
        refuses(|| scene.approve(&scene.guardians[2], 1), Error::NoRecovery);
        // Another one gets another number.
        assert_ok!(scene.open(&scene.guardians[2]));
        assert_eq!(
            Recoveries::<Test>::get(scene.subject.identifier)
                .unwrap()
                .number,
            2
        );
    });
}

/// A guardian alone cannot keep the others from recovering; what has support stays.
#[test]
fn without_support_it_is_replaced() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let [rogue, two, three] = &scene.guardians;
        assert_ok!(scene.open_with(rogue, [7; 32], None));
        assert_ok!(scene.open(two));
        assert_ok!(scene.approve(three, 2));
        refuses(
            || scene.open_with(rogue, [7; 32], None),
            Error::RecoveryOpen,
        );
    });
}

#[test]
fn the_block_of_the_theft_is_past() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        refuses(
            || scene.open_with(&scene.guardians[0], scene.hash(), Some(2)),
            Error::CompromiseInFuture,
        );
        assert_ok!(scene.open_with(&scene.guardians[0], scene.hash(), Some(1)));
    });
}

#[test]
fn recoveries_are_counted_to_the_end() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        Identities::<Test>::mutate(scene.subject.identifier, |record| {
            record.as_mut().unwrap().recoveries = u32::MAX;
        });
        refuses(|| scene.open(&scene.guardians[0]), Error::TooManyRecoveries);
    });
}

#[test]
fn guardians_hold_and_are_no_relatives() {
    new_chain().execute_with(|| {
        let top = root("top", 1);
        let subject = top.child("subject", 2, 2);
        let below = subject.child("below", 3, 2);
        let beside = top.child("beside", 4, 3);
        let scene = Scene {
            guardians: [top.clone(), below.clone(), beside.clone()],
            ..Scene {
                subject: subject.clone(),
                guardians: [top.clone(), below.clone(), beside.clone()],
                new_key: ed25519(9),
                certificate: top.issue("subject", &ed25519(9), 9),
            }
        };
        assert_ok!(subject.guard(&[&top, &below, &beside], 1, DELAY));
        refuses(|| scene.open(&top), Error::GuardianIsRelative);
        refuses(|| scene.open(&below), Error::GuardianIsRelative);
        // A sibling is none, as long as it holds.
        assert_ok!(top.hold(&[3]));
        refuses(|| scene.open(&beside), Error::GuardianDoesNotHold);
        assert_ok!(top.release(&[3]));
        assert_ok!(scene.open(&beside));
    });
}

#[test]
fn states() {
    new_chain().execute_with(|| {
        let issuer = root_with("issuer", ed25519(1), |builder| {
            builder.not_after = 3_000_000_000;
        });
        let guardian = root_with("guardian", ed25519(9), |builder| {
            builder.not_after = 3_000_000_000;
        });
        let scenes = [2, 3, 4, 5].map(|seed| {
            let subject = issuer.child(&format!("child {seed}"), seed, seed);
            subject.guard(&[&guardian], 1, DELAY).unwrap();
            Scene {
                subject,
                guardians: [guardian.clone(), guardian.clone(), guardian.clone()],
                new_key: ed25519(20),
                certificate: issuer.issue("x", &ed25519(20), 20),
            }
        });
        let [held, revoked, expired, gone] = &scenes;
        assert_ok!(issuer.hold(&[2]));
        refuses(|| held.open(&guardian), Error::SubjectOnHold);
        assert_ok!(issuer.revoke(&[3], RevocationReason::KeyCompromise));
        refuses(|| revoked.open(&guardian), Error::SubjectRevoked);
        assert_ok!(deactivate(&gone.subject, &gone.subject));
        refuses(|| gone.open(&guardian), Error::SubjectDeactivated);
        go_to(5, 2_493_072_001);
        assert_ok!(expired.open(&guardian));
    });
}
