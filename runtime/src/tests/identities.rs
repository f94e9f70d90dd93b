//! Identities as senders of transactions, their own and carried ones.

use super::{GENESIS_HASH, blocks::begin, genesis};
use crate::{
    configs::{ALD, EXISTENTIAL_DEPOSIT},
    *,
};
use allod_identity::{
    Identifier, IdentityProof, RegisterArguments, SignatureAlgorithm,
    transaction::{
        MAX_NONCES_AHEAD, TransactionQuery, TransactionRefusal, TransactionWay,
        UnsignedTransactionError, transaction_payload,
    },
};
use allod_test_support::people::{
    Terms, ed25519, identifier_of, p256, p384, rsa_4096, self_signed, signature, signed_request,
};
use allod_x509::SigningKey;
use frame_support::{dispatch::DispatchResultWithPostInfo, traits::fungible::Mutate};
use frame_system::{CheckMortality, CheckNonce};
use parity_scale_codec::{Compact, Decode, Encode};
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
    DispatchError,
    generic::Era,
    traits::{Dispatchable, TransactionExtension},
    transaction_validity::{
        InvalidTransaction, TransactionSource, TransactionValidity, TransactionValidityError,
    },
};

/// In January 2027, in seconds since 1970.
const NOW: u64 = 1_800_000_000;
const ALICE: Sr25519Keyring = Sr25519Keyring::Alice;

/// Runs a test in a block that has begun.
fn in_a_block(test: impl FnOnce()) {
    genesis(DEV_RUNTIME_PRESET).execute_with(|| {
        begin(GENESIS_HASH, 1);
        pallet_timestamp::Now::<Runtime>::put(NOW * 1_000);
        test();
        // Other pallets' hold between blocks only.
        AutoId::do_try_state().unwrap();
    });
}

struct Agent {
    identifier: Identifier,
    key: SigningKey,
}

impl Agent {
    /// A registered identity without money.
    fn poor(key: SigningKey) -> Self {
        let certificate = self_signed("agent", 1, &key);
        let identifier = identifier_of(&certificate);
        let algorithm = key.algorithm();
        let arguments = RegisterArguments {
            certificate: &certificate,
            algorithm,
        };
        let terms = Terms {
            genesis_hash: GENESIS_HASH.0,
            nonce: 0,
            valid_until: 100,
        };
        let request = signed_request(&key, identifier, &arguments, terms);
        let origin = RuntimeOrigin::signed(ALICE.to_account_id());
        let certificate = certificate.try_into().unwrap();
        AutoId::register(origin, certificate, algorithm, request).unwrap();
        Self { identifier, key }
    }

    fn rich(key: SigningKey) -> Self {
        let agent = Self::poor(key);
        Balances::mint_into(&agent.account(), 100 * ALD).unwrap();
        agent
    }

    fn account(&self) -> AccountId {
        AccountId::new(self.identifier.0)
    }

    fn free(&self) -> Balance {
        Balances::free_balance(self.account())
    }

    fn nonce(&self) -> Nonce {
        System::account_nonce(self.account())
    }

    fn proof(&self, payload: &[u8]) -> IdentityProof {
        IdentityProof {
            identifier: self.identifier,
            algorithm: self.key.algorithm(),
            signature: signature(&self.key, payload),
        }
    }

    /// A transaction of its own with this nonce.
    fn sends(&self, call: RuntimeCall, nonce: Nonce) -> UncheckedExtrinsic {
        let extension = extension(nonce);
        let payload = identity_payload(&call, self.identifier, &extension).unwrap();
        identity_transaction(call, self.proof(&payload), extension)
    }

    /// One over whose payload somebody changed something.
    fn sends_signed(&self, call: RuntimeCall, payload: &[u8]) -> UncheckedExtrinsic {
        identity_transaction(call, self.proof(payload), extension(self.nonce()))
    }

    fn query(&self, call: &RuntimeCall, way: TransactionWay) -> TransactionQuery {
        TransactionQuery {
            identifier: self.identifier,
            algorithm: self.key.algorithm(),
            call: call.encode(),
            way,
            nonce: None,
            period: 64,
        }
    }

    /// A call that somebody is to carry, changed before it is signed.
    fn gives(&self, call: &RuntimeCall, change: impl FnOnce(&mut TransactionQuery)) -> RuntimeCall {
        let mut query = self.query(call, TransactionWay::Carried);
        change(&mut query);
        let unsigned = unsigned_transaction(&query).unwrap();
        let signature = signature(&self.key, &unsigned.payload).encode();
        let bytes = [unsigned.before, signature, unsigned.after].concat();
        decode_call(&bytes).unwrap()
    }
}

fn extension(nonce: Nonce) -> TxExtension {
    let mut extension = unsigned_extension();
    extension.6 = CheckNonce::from(nonce);
    extension
}

fn transfer(value: Balance) -> RuntimeCall {
    pallet_balances::Call::transfer_keep_alive {
        dest: MultiAddress::Id(Sr25519Keyring::Bob.to_account_id()),
        value,
    }
    .into()
}

/// What a pool would say, as if nothing had happened.
fn validity(transaction: &UncheckedExtrinsic) -> TransactionValidity {
    frame_support::storage::with_transaction(|| {
        let parent = Hash::repeat_byte(1);
        let source = TransactionSource::External;
        let validity = Executive::validate_transaction(source, transaction.clone(), parent);
        sp_runtime::TransactionOutcome::Rollback(Ok::<_, DispatchError>(validity))
    })
    .unwrap()
}

#[track_caller]
fn refuses(transaction: &UncheckedExtrinsic, cause: InvalidTransaction) {
    let cause = TransactionValidityError::Invalid(cause);
    assert_eq!(validity(transaction), Err(cause));
    assert_eq!(Executive::apply_extrinsic(transaction.clone()), Err(cause));
}

fn refusal(refusal: TransactionRefusal) -> InvalidTransaction {
    InvalidTransaction::Custom(refusal.code())
}

#[test]
fn an_identity_of_each_kind_of_key_sends_money_and_pays_for_it() {
    in_a_block(|| {
        let bob = Sr25519Keyring::Bob.to_account_id();
        for key in [ed25519(1), p256(2), p384(3), rsa_4096()] {
            let agent = Agent::rich(key);
            let before = Balances::free_balance(&bob);
            for nonce in 0..2 {
                let transaction = agent.sends(transfer(ALD), nonce);
                assert!(validity(&transaction).is_ok());
                let bytes = transaction.encode();
                let read = UncheckedExtrinsic::decode(&mut &bytes[..]).unwrap();
                Executive::apply_extrinsic(read).unwrap().unwrap();
            }
            assert_eq!(agent.nonce(), 2);
            assert_eq!(Balances::free_balance(&bob), before + 2 * ALD);
            assert!(agent.free() < 98 * ALD);
            assert!(agent.free() > 97 * ALD);
        }
    });
}

#[test]
fn whoever_looks_for_the_signatures_price_finds_it_in_the_fee() {
    in_a_block(|| {
        let cheap = Agent::rich(ed25519(1)).sends(transfer(1), 0);
        let dear = Agent::rich(p384(1)).sends(transfer(1), 0);
        let fee = |transaction: &UncheckedExtrinsic| {
            TransactionPayment::query_info(transaction.clone(), 0)
                .weight
                .ref_time()
        };
        let surplus = fee(&dear) - fee(&cheap);
        let signatures = |algorithm| AutoId::identity_signature_weight(algorithm).ref_time();
        let expected = signatures(SignatureAlgorithm::EcdsaP384Sha384)
            - signatures(SignatureAlgorithm::Ed25519);
        assert_eq!(surplus, expected);
    });
}

#[test]
fn nothing_but_this_very_transaction_is_signed() {
    in_a_block(|| {
        let agent = Agent::rich(ed25519(1));
        let other = Agent::rich(ed25519(2));
        let call = transfer(ALD);
        let nonce = extension(0);
        let right = identity_payload(&call, agent.identifier, &nonce).unwrap();
        let refuse = |payload: &[u8]| {
            let transaction = agent.sends_signed(call.clone(), payload);
            refuses(&transaction, InvalidTransaction::BadProof);
        };
        let mut tag = right;
        tag[9] = b'2';
        refuse(&tag);
        refuse(&identity_payload(&call, other.identifier, &nonce).unwrap());
        refuse(&identity_payload(&transfer(2 * ALD), agent.identifier, &nonce).unwrap());
        refuse(&identity_payload(&call, agent.identifier, &extension(1)).unwrap());
        refuse(&[]);

        // What does not travel: versions, genesis, the block in which its time begins.
        let implicit =
            |change: fn(&mut <TxExtension as TransactionExtension<RuntimeCall>>::Implicit)| {
                let mut implicit = nonce.implicit().unwrap();
                change(&mut implicit);
                let implication = ((IDENTITY_PIPELINE, &call), &nonce, implicit);
                transaction_payload(agent.identifier, &implication)
            };
        assert_eq!(implicit(|_| ()), right);
        refuse(&implicit(|implicit| implicit.2 += 1));
        refuse(&implicit(|implicit| implicit.3 += 1));
        refuse(&implicit(|implicit| implicit.4 = Hash::repeat_byte(8)));
        refuse(&implicit(|implicit| implicit.5 = Hash::repeat_byte(8)));
        // Another version of the extensions.
        let implication = ((0_u8, &call), &nonce, nonce.implicit().unwrap());
        refuse(&transaction_payload(agent.identifier, &implication));

        // Another's signature in the identity's name, and the identity's in another's.
        let mut proof = other.proof(&right);
        proof.identifier = agent.identifier;
        let transaction = identity_transaction(call.clone(), proof, nonce.clone());
        refuses(&transaction, InvalidTransaction::BadProof);
        let mut proof = agent.proof(&right);
        proof.identifier = other.identifier;
        let transaction = identity_transaction(call.clone(), proof, nonce.clone());
        refuses(&transaction, InvalidTransaction::BadProof);

        assert!(validity(&agent.sends_signed(call.clone(), &right)).is_ok());
    });
}

#[test]
fn nonces_are_the_accounts() {
    in_a_block(|| {
        let agent = Agent::rich(ed25519(1));
        let first = agent.sends(transfer(ALD), 0);
        Executive::apply_extrinsic(first.clone()).unwrap().unwrap();
        refuses(&first, InvalidTransaction::Stale);
        let call = transfer(ALD);
        let last = agent.sends(call.clone(), 1 + MAX_NONCES_AHEAD);
        assert_eq!(validity(&last).unwrap().requires.len(), 1);
        refuses(
            &agent.sends(call, 2 + MAX_NONCES_AHEAD),
            InvalidTransaction::Future,
        );
    });
}

#[test]
fn a_nonce_outlives_money_and_identity() {
    in_a_block(|| {
        let agent = Agent::rich(ed25519(1));
        let all = pallet_balances::Call::transfer_all {
            dest: MultiAddress::Id(ALICE.to_account_id()),
            keep_alive: false,
        };
        let transaction = agent.sends(all.into(), 0);
        Executive::apply_extrinsic(transaction).unwrap().unwrap();
        assert_eq!(agent.free(), 0);
        assert_eq!(agent.nonce(), 1);
        Balances::mint_into(&agent.account(), ALD).unwrap();
        Balances::burn_from(
            &agent.account(),
            ALD,
            frame_support::traits::tokens::Preservation::Expendable,
            frame_support::traits::tokens::Precision::Exact,
            frame_support::traits::tokens::Fortitude::Polite,
        )
        .unwrap();
        assert_eq!(agent.nonce(), 1);
        assert_eq!(System::providers(&agent.account()), 1);
    });
}

#[test]
fn who_cannot_pay_costs_no_look_at_the_signature() {
    in_a_block(|| {
        let poor = Agent::poor(ed25519(1));
        let wrong = |agent: &Agent| agent.sends_signed(transfer(1), b"something else");
        refuses(&wrong(&poor), InvalidTransaction::Payment);
        Balances::mint_into(&poor.account(), ALD).unwrap();
        refuses(&wrong(&poor), InvalidTransaction::BadProof);
    });
}

#[test]
fn an_identity_that_ended_or_never_began_sends_nothing() {
    in_a_block(|| {
        let agent = Agent::rich(ed25519(1));
        let call = transfer(ALD);
        let transaction = agent.sends(call.clone(), 0);
        let carry = agent.gives(&call, |_| ());
        let mut nobody = agent.proof(&[]);
        nobody.identifier = Identifier([9; 32]);
        let from_nobody = identity_transaction(call, nobody, extension(0));
        refuses(&from_nobody, refusal(TransactionRefusal::NotRegistered));
        // Its certificate stays where it was, so that nothing but the record says so.
        frame_support::storage::with_transaction(|| {
            pallet_auto_id::Identities::<Runtime>::mutate(agent.identifier, |record| {
                record.as_mut().unwrap().is_deactivated = true;
            });
            refuses(&transaction, refusal(TransactionRefusal::Deactivated));
            assert_eq!(carried_by_alice(carry), Err(meta_tx(Fault::Invalid)));
            sp_runtime::TransactionOutcome::Rollback(Ok::<_, DispatchError>(()))
        })
        .unwrap();
    });
}

#[test]
fn another_algorithm_than_the_keys_is_refused() {
    in_a_block(|| {
        let agent = Agent::rich(ed25519(1));
        let mut proof = agent.proof(&[]);
        proof.algorithm = SignatureAlgorithm::EcdsaP256Sha256;
        let transaction = identity_transaction(transfer(ALD), proof, extension(0));
        refuses(&transaction, refusal(TransactionRefusal::WrongAlgorithm));
    });
}

#[test]
fn the_api_makes_the_transaction_but_its_signature() {
    in_a_block(|| {
        let agent = Agent::rich(p256(1));
        let call = transfer(ALD);
        let query = agent.query(&call, TransactionWay::Own { tip: 7 });
        let unsigned = unsigned_transaction(&query).unwrap();
        assert_eq!(unsigned.nonce, 0);
        let mut extension = extension(0);
        extension.5 = CheckMortality::from(Era::mortal(64, 0));
        extension.8 = pallet_transaction_payment::ChargeTransactionPayment::from(7);
        let payload = identity_payload(&call, agent.identifier, &extension).unwrap();
        assert_eq!(unsigned.payload, payload);
        let proof = agent.proof(&payload);
        let body = [unsigned.before, proof.signature.encode(), unsigned.after].concat();
        let length = Compact(u32::try_from(body.len()).unwrap());
        let whole = identity_transaction(call.clone(), proof, extension);
        assert_eq!([length.encode(), body].concat(), whole.encode());
        assert!(validity(&whole).is_ok());

        let mut bad = query.clone();
        bad.call.push(0);
        assert_eq!(
            unsigned_transaction(&bad),
            Err(UnsignedTransactionError::Call)
        );
        System::set_block_number(0);
        assert_eq!(
            unsigned_transaction(&query),
            Err(UnsignedTransactionError::NoBlock)
        );
        System::set_block_number(1);
    });
}

type Fault = pallet_meta_tx::Error<Runtime>;

fn meta_tx(error: Fault) -> DispatchError {
    error.into()
}

/// Whether the call that carries succeeded, without its weight.
fn carried_by_alice(call: RuntimeCall) -> Result<(), DispatchError> {
    let origin = RuntimeOrigin::signed(ALICE.to_account_id());
    call.dispatch(origin)
        .map(|_| ())
        .map_err(|error| error.error)
}

/// What became of the carried call.
#[track_caller]
fn carried_result() -> DispatchResultWithPostInfo {
    let events = System::events().into_iter().rev();
    let mut results = events.filter_map(|record| match record.event {
        RuntimeEvent::MetaTx(pallet_meta_tx::Event::Dispatched { result }) => Some(result),
        _ => None,
    });
    results.next().expect("something was carried")
}

#[test]
fn an_identity_without_money_has_its_call_carried() {
    in_a_block(|| {
        let bob = Sr25519Keyring::Bob.to_account_id();
        for key in [ed25519(1), p256(2), p384(3), rsa_4096()] {
            // It has to have what it transfers.
            let agent = Agent::rich(key);
            let before = Balances::free_balance(&bob);
            let carry = agent.gives(&transfer(ALD), |_| ());
            carried_by_alice(carry.clone()).unwrap();
            carried_result().unwrap();
            assert_eq!(Balances::free_balance(&bob), before + ALD);
            assert_eq!(agent.free(), 99 * ALD);
            assert_eq!(agent.nonce(), 1);
            assert_eq!(carried_by_alice(carry), Err(meta_tx(Fault::Stale)));
        }
        let poor = Agent::poor(ed25519(9));
        let remark = frame_system::Call::remark_with_event { remark: vec![1] }.into();
        carried_by_alice(poor.gives(&remark, |_| ())).unwrap();
        carried_result().unwrap();
        System::assert_has_event(
            frame_system::Event::Remarked {
                sender: poor.account(),
                hash: sp_io::hashing::blake2_256(&[1]).into(),
            }
            .into(),
        );
    });
}

#[test]
fn a_call_that_fails_counts_and_undoes_only_itself() {
    in_a_block(|| {
        let agent = Agent::rich(ed25519(1));
        carried_by_alice(agent.gives(&transfer(1_000 * ALD), |_| ())).unwrap();
        carried_result().unwrap_err();
        assert_eq!(agent.nonce(), 1);
        assert_eq!(agent.free(), 100 * ALD);
    });
}

#[test]
fn a_signature_for_one_way_is_none_for_the_other() {
    in_a_block(|| {
        let agent = Agent::rich(ed25519(1));
        let call = transfer(ALD);
        let own =
            unsigned_transaction(&agent.query(&call, TransactionWay::Own { tip: 0 })).unwrap();
        let carried = unsigned_transaction(&agent.query(&call, TransactionWay::Carried)).unwrap();
        assert_ne!(own.payload, carried.payload);
        let transaction = agent.sends_signed(call.clone(), &carried.payload);
        refuses(&transaction, InvalidTransaction::BadProof);
        let signature = signature(&agent.key, &own.payload).encode();
        let carry = decode_call(&[carried.before, signature, carried.after].concat()).unwrap();
        assert_eq!(carried_by_alice(carry), Err(meta_tx(Fault::BadProof)));
    });
}

#[test]
fn a_carried_call_names_chain_runtime_nonce_and_time() {
    in_a_block(|| {
        let agent = Agent::rich(ed25519(1));
        let call = transfer(ALD);
        for ahead in [1, MAX_NONCES_AHEAD] {
            let carry = agent.gives(&call, |query| query.nonce = Some(ahead));
            assert_eq!(carried_by_alice(carry), Err(meta_tx(Fault::Future)));
        }
        // What was signed before an upgrade, or upon another chain, is for those.
        let carry = agent.gives(&call, |_| ());
        let genesis = System::block_hash(0);
        frame_system::BlockHash::<Runtime>::insert(0, Hash::repeat_byte(8));
        assert_eq!(
            carried_by_alice(carry.clone()),
            Err(meta_tx(Fault::BadProof))
        );
        frame_system::BlockHash::<Runtime>::insert(0, genesis);
        let mut bytes = carry.encode();
        // Another amount, another version of extensions: all of it is signed.
        for place in [2 + 2 + 33, 2 + call.encoded_size()] {
            bytes[place] ^= 1;
            if let Ok(changed) = decode_call(&bytes) {
                assert!(carried_by_alice(changed).is_err());
            }
            bytes[place] ^= 1;
        }
        carried_by_alice(decode_call(&bytes).unwrap()).unwrap();
        carried_result().unwrap();
    });
}

#[test]
fn no_call_is_carried_within_another() {
    in_a_block(|| {
        let agent = Agent::rich(ed25519(1));
        let carry = agent.gives(&transfer(ALD), |_| ());
        let harmless: RuntimeCall = frame_system::Call::remark { remark: vec![] }.into();
        let one = Box::new(carry.clone());
        let deep: RuntimeCall = pallet_utility::Call::with_weight {
            call: one.clone(),
            weight: frame_support::weights::Weight::zero(),
        }
        .into();
        let calls: Vec<RuntimeCall> = vec![
            pallet_utility::Call::batch {
                calls: vec![harmless.clone(), carry.clone()],
            }
            .into(),
            pallet_utility::Call::batch_all {
                calls: vec![carry.clone(), harmless.clone()],
            }
            .into(),
            pallet_utility::Call::force_batch { calls: vec![deep] }.into(),
            pallet_utility::Call::as_derivative {
                index: 0,
                call: one.clone(),
            }
            .into(),
            pallet_utility::Call::if_else {
                main: Box::new(harmless),
                fallback: one.clone(),
            }
            .into(),
            pallet_multisig::Call::as_multi_threshold_1 {
                other_signatories: vec![Sr25519Keyring::Bob.to_account_id()],
                call: one.clone(),
            }
            .into(),
            pallet_sudo::Call::sudo { call: one }.into(),
        ];
        for call in calls {
            assert_eq!(
                carried_by_alice(call),
                Err(frame_system::Error::<Runtime>::CallFiltered.into())
            );
        }
        // In one that another identity signed, which it cannot see before.
        let outer = Agent::rich(ed25519(2));
        let batch = pallet_utility::Call::batch {
            calls: vec![carry.clone()],
        };
        for within in [carry.clone(), batch.into()] {
            carried_by_alice(outer.gives(&within, |_| ())).unwrap();
            assert_eq!(
                carried_result().unwrap_err().error,
                frame_system::Error::<Runtime>::CallFiltered.into()
            );
        }
        assert_eq!(agent.nonce(), 0);
        // By itself it goes, and an identity may carry one for others, too.
        Executive::apply_extrinsic(outer.sends(carry, 2))
            .unwrap()
            .unwrap();
        carried_result().unwrap();
        assert_eq!(agent.nonce(), 1);
        assert!(agent.free() == 99 * ALD && agent.free() > EXISTENTIAL_DEPOSIT);
    });
}
