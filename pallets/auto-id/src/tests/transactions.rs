//! Identities as accounts: which of them send transactions, which hold as origins, and when a signature is looked at.
//!
//! Fees, nonces and carried calls are tested where they are: with the runtime.

use allod_identity::{
    IdentityProof, RevocationReason, TRANSACTION_TAG, TransactionRefusal, transaction_payload,
};
use frame_support::{
    assert_ok,
    dispatch::GetDispatchInfo,
    traits::{EnsureOrigin, OriginTrait},
    weights::Weight,
};
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_runtime::{
    traits::{
        DispatchInfoOf, DispatchTransaction, Implication, TransactionExtension, ValidateResult,
    },
    transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
};

use super::{deactivate::deactivate, open_recovery::Scene, *};
use crate::{
    EnsureIdentity, IdentitySignature, TransactionForm, extension::SIGNATURES_CHECKED,
    pallet::Certificates,
};

const LATER: u64 = 2_493_072_001;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Plain;

impl<Inner> TransactionForm<Test, Inner> for Plain {
    fn nonce(_: &Inner) -> Option<u32> {
        None
    }

    fn restrict(_: &mut RuntimeOrigin) {}
}

/// Says that the sender cannot pay.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
struct CannotPay;

impl TransactionExtension<RuntimeCall> for CannotPay {
    const IDENTIFIER: &'static str = "CannotPay";
    type Implicit = ();
    type Val = ();
    type Pre = ();

    fn weight(&self, _: &RuntimeCall) -> Weight {
        Weight::from_parts(7, 0)
    }

    fn validate(
        &self,
        _: RuntimeOrigin,
        _: &RuntimeCall,
        _: &DispatchInfoOf<RuntimeCall>,
        _: usize,
        (): (),
        _: &impl Implication,
        _: TransactionSource,
    ) -> ValidateResult<(), RuntimeCall> {
        Err(InvalidTransaction::Payment.into())
    }

    fn prepare(
        self,
        (): (),
        _: &RuntimeOrigin,
        _: &RuntimeCall,
        _: &DispatchInfoOf<RuntimeCall>,
        _: usize,
    ) -> Result<(), TransactionValidityError> {
        Ok(())
    }
}

fn call() -> RuntimeCall {
    frame_system::Call::remark { remark: vec![1] }.into()
}

fn payload(somebody: &Somebody) -> [u8; 80] {
    transaction_payload(somebody.identifier, &(1_u8, call()))
}

fn proof(somebody: &Somebody, payload: &[u8]) -> IdentityProof {
    IdentityProof {
        identifier: somebody.identifier,
        algorithm: somebody.key.algorithm(),
        signature: signature(&somebody.key, payload),
    }
}

type Sent = Result<RuntimeOrigin, TransactionValidityError>;

fn validate<Inner: TransactionExtension<RuntimeCall>>(proof: IdentityProof, inner: Inner) -> Sent {
    let extension = IdentitySignature::<Test, Inner, Plain>::new(proof, inner);
    let call = call();
    let (none, info) = (RuntimeOrigin::none(), call.get_dispatch_info());
    let source = TransactionSource::External;
    let valid = extension.validate_only(none, &call, &info, 0, source, 1)?;
    Ok(valid.2)
}

fn send(somebody: &Somebody) -> Sent {
    validate(proof(somebody, &payload(somebody)), ())
}

#[track_caller]
fn sends(somebody: &Somebody) {
    let origin = send(somebody).unwrap();
    let account = AutoId::account(somebody.identifier);
    assert_eq!(origin.as_signer(), Some(&account));
}

#[track_caller]
fn refuses_to_send(somebody: &Somebody, refusal: TransactionRefusal) {
    let cause = InvalidTransaction::Custom(refusal.code());
    assert_eq!(send(somebody).unwrap_err(), cause.into());
}

fn acting(somebody: &Somebody) -> Result<Identifier, DispatchError> {
    let account = AutoId::account(somebody.identifier);
    let acting = AutoId::acting(RuntimeOrigin::signed(account));
    let ensured = EnsureIdentity::<Test>::ensure_origin(RuntimeOrigin::signed(account));
    assert_eq!(acting.ok(), ensured.ok());
    acting
}

#[track_caller]
fn does_not_hold(somebody: &Somebody, error: Error<Test>) {
    assert_eq!(acting(somebody), Err(error.into()));
}

#[test]
fn a_valid_one_sends_and_holds() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let child = issuer.child("child", 2, 2);
        for somebody in [issuer, child] {
            sends(&somebody);
            assert_eq!(acting(&somebody), Ok(somebody.identifier));
        }
    });
}

#[test]
fn accounts_that_are_no_identities_do_not_hold() {
    new_chain().execute_with(|| {
        let payer = AutoId::acting(RuntimeOrigin::signed(PAYER));
        assert_eq!(payer, Err(Error::<Test>::NotRegistered.into()));
        for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
            let refused = AutoId::acting(origin.clone());
            assert_eq!(refused, Err(DispatchError::BadOrigin));
            assert!(EnsureIdentity::<Test>::ensure_origin(origin).is_err());
        }
        let mut nobody = root("somebody", 1);
        nobody.identifier = Identifier([9; 32]);
        refuses_to_send(&nobody, TransactionRefusal::NotRegistered);
    });
}

/// What its issuer or the clock says about its certificate takes nothing of its account's from it.
#[test]
fn without_a_good_certificate_it_sends_but_does_not_hold() {
    new_chain().execute_with(|| {
        let issuer = root_with("issuer", ed25519(1), |builder| {
            builder.not_after = 3_000_000_000;
        });
        let [held, revoked, expired] =
            [2, 3, 4].map(|seed| issuer.child(&format!("child {seed}"), seed, seed));
        issuer.hold(&[held.serial]).unwrap();
        issuer
            .revoke(&[revoked.serial], RevocationReason::KeyCompromise)
            .unwrap();
        sends(&held);
        does_not_hold(&held, Error::SubjectOnHold);
        sends(&revoked);
        does_not_hold(&revoked, Error::SubjectRevoked);
        let own = root("root", 5);
        own.revoke(&[own.serial], RevocationReason::Unspecified)
            .unwrap();
        sends(&own);
        does_not_hold(&own, Error::RootRevoked);
        go_to(5, LATER);
        sends(&expired);
        does_not_hold(&expired, Error::SubjectExpired);
    });
}

#[test]
fn below_an_issuer_that_fails_it_sends_but_does_not_hold() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let child = issuer.child("child", 2, 2);
        let grandchild = child.child("grandchild", 3, 3);
        issuer.hold(&[child.serial]).unwrap();
        sends(&grandchild);
        does_not_hold(&grandchild, Error::IssuerOnHold);
        assert_eq!(acting(&issuer), Ok(issuer.identifier));
    });
}

#[test]
fn a_deactivated_one_sends_nothing_and_keeps_its_account() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        let account = AutoId::account(somebody.identifier);
        System::inc_account_nonce(account);
        deactivate(&somebody, &somebody).unwrap();
        refuses_to_send(&somebody, TransactionRefusal::Deactivated);
        does_not_hold(&somebody, Error::SubjectDeactivated);
        assert_eq!(System::account_nonce(account), 1);
        assert_eq!(System::providers(&account), 1);
    });
}

/// One guardian alone takes nothing from it, but as many as it takes freeze it until the recovery is over.
#[test]
fn guardians_that_agree_freeze_it() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let [one, two, _] = &scene.guardians;
        assert_ok!(scene.open(one));
        sends(&scene.subject);
        assert_ok!(acting(&scene.subject));
        assert_ok!(scene.approve(two, 1));
        refuses_to_send(&scene.subject, TransactionRefusal::Frozen);
        does_not_hold(&scene.subject, Error::RecoveryOpen);
        assert_ok!(scene.veto(&scene.subject, 1));
        sends(&scene.subject);
        assert_ok!(acting(&scene.subject));
    });
}

#[test]
fn the_signature_is_its_present_keys_over_this_payload() {
    new_chain().execute_with(|| {
        for key in [ed25519(1), p256(2), p384(3), rsa_4096()] {
            sends(&root_with("somebody", key, as_it_is));
        }
        let (somebody, other) = (root("somebody", 11), root("other", 12));
        let bad = |proof| {
            let refused = validate(proof, ()).unwrap_err();
            assert_eq!(refused, InvalidTransaction::BadProof.into());
        };
        bad(proof(&somebody, &payload(&other)));
        let mut by_other = proof(&other, &payload(&somebody));
        by_other.identifier = somebody.identifier;
        bad(by_other);
        for byte in 0..80 {
            let mut changed = payload(&somebody);
            changed[byte] ^= 1;
            bad(proof(&somebody, &changed));
        }
        // Without the tag, or with the one of another use.
        bad(proof(
            &somebody,
            &payload(&somebody)[TRANSACTION_TAG.len()..],
        ));

        let new_key = ed25519(13);
        let der = certificate(("somebody", &new_key), ("somebody", &new_key), 9, as_it_is);
        assert_ok!(somebody.renewal(der, &new_key).submit(PAYER));
        bad(proof(&somebody, &payload(&somebody)));
        let mut renewed = somebody;
        renewed.key = new_key;
        sends(&renewed);
    });
}

#[test]
fn the_algorithm_is_one_of_its_key_that_is_accepted() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        let mut wrong = proof(&somebody, &payload(&somebody));
        wrong.algorithm = SignatureAlgorithm::RsaPssSha256;
        let cause = InvalidTransaction::Custom(TransactionRefusal::WrongAlgorithm.code());
        assert_eq!(validate(wrong, ()).unwrap_err(), cause.into());
        Retired::set(Some(SignatureAlgorithm::Ed25519));
        refuses_to_send(&somebody, TransactionRefusal::AlgorithmRetired);
        Retired::set(None);
        Certificates::<Test>::remove(somebody.identifier);
        refuses_to_send(&somebody, TransactionRefusal::CertificateUnreadable);
    });
}

#[test]
fn what_is_refused_before_costs_no_signature_check() {
    new_chain().execute_with(|| {
        let somebody = root("somebody", 1);
        let checked = || SIGNATURES_CHECKED.with(core::cell::Cell::get);
        let before = checked();
        let signed = proof(&somebody, &payload(&somebody));
        let refused = validate(signed.clone(), CannotPay).unwrap_err();
        assert_eq!(refused, InvalidTransaction::Payment.into());
        assert_eq!(checked(), before);
        assert!(validate(signed, ()).is_ok());
        assert_eq!(checked(), before + 1);
        assert!(validate(proof(&somebody, &[]), ()).is_err());
        assert_eq!(checked(), before + 2);
        deactivate(&somebody, &somebody).unwrap();
        assert!(send(&somebody).is_err());
        assert_eq!(checked(), before + 2);
    });
}

#[test]
fn it_weighs_its_signature_and_what_is_behind_it() {
    for algorithm in SignatureAlgorithm::ALL {
        let proof = IdentityProof {
            identifier: Identifier([1; 32]),
            algorithm,
            signature: Default::default(),
        };
        let extension = IdentitySignature::<Test, _, Plain>::new(proof, CannotPay);
        let own = AutoId::identity_signature_weight(algorithm);
        let expected = own.saturating_add(Weight::from_parts(7, 0));
        assert_eq!(extension.weight(&call()), expected);
    }
}
