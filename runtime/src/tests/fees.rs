//! Who gets what a transaction costs, and what may cost nothing.

use super::{
    GENESIS_HASH,
    blocks::{FARMER, build, signed},
    genesis,
};
use crate::*;
use frame_support::{
    dispatch::{GetDispatchInfo, Pays},
    storage::storage_prefix,
    traits::fungible::Inspect,
};
use parity_scale_codec::Encode;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring;
use sp_runtime::transaction_validity::{
    InvalidTransaction, TransactionSource, TransactionValidityError,
};

const EVE: Sr25519Keyring = Sr25519Keyring::Eve;

fn money_of(key: Sr25519Keyring) -> Balance {
    // A deposit stays somebody's money.
    <Balances as Inspect<_>>::total_balance(&key.to_account_id())
}

#[test]
fn estimates_show_the_price_of_bytes() {
    genesis(DEV_RUNTIME_PRESET).execute_with(|| {
        let call: RuntimeCall = frame_system::Call::remark {
            remark: vec![0; 10_000],
        }
        .into();
        let transaction = signed(EVE, call.clone(), 0, 0);
        let length = transaction.encoded_size() as u32;
        let expected = StorageFees::storage_fee(length);
        let details = TransactionPayment::query_fee_details(transaction.clone(), length);
        assert_eq!(details.inclusion_fee.as_ref().unwrap().len_fee, expected);
        assert_eq!(TransactionPayment::length_to_fee(length), expected);
        let info = TransactionPayment::query_info(transaction.clone(), length);
        assert_eq!(info.partial_fee, details.final_fee());

        let before = money_of(EVE);
        build(GENESIS_HASH, 1, &[&|| signed(EVE, call.clone(), 0, 0)]);
        assert_eq!(before - money_of(EVE), details.final_fee());
        assert_eq!(StorageFees::fund(), expected);
    });
}

#[test]
fn an_authors_own_bytes_cost_him_what_they_cost_everybody() {
    genesis(DEV_RUNTIME_PRESET).execute_with(|| {
        let call: RuntimeCall = frame_system::Call::remark {
            remark: vec![0; 1_000_000],
        }
        .into();
        let transaction = signed(EVE, call.clone(), 0, 0);
        let for_bytes = StorageFees::storage_fee(transaction.encoded_size() as u32);
        let before = money_of(EVE);
        build(GENESIS_HASH, 1, &[&|| signed(EVE, call.clone(), 0, 0)]);
        let paid = before - money_of(EVE);
        let earned = Balances::free_balance(&FARMER) - 10 * configs::ALD;
        // As if both were one: only the weight comes back to him.
        assert_eq!(paid - earned, for_bytes);
    });
}

/// `ensure_updated` tells afterwards that it costs nothing if it found something of an old form.
#[test]
fn bytes_of_a_call_that_is_free_afterwards_are_paid() {
    genesis(DEV_RUNTIME_PRESET).execute_with(|| {
        let hash = Hash::repeat_byte(3);
        let old_status = (0_u8, EVE.to_account_id(), 0_u128, 1_u32);
        let key = [&storage_prefix(b"Preimage", b"StatusFor")[..], &hash.0].concat();
        frame_support::storage::unhashed::put(&key, &old_status);
        let hashes = vec![hash];
        let call: RuntimeCall = pallet_preimage::Call::ensure_updated { hashes }.into();
        let transaction = signed(EVE, call.clone(), 0, 0);
        let for_bytes = StorageFees::storage_fee(transaction.encoded_size() as u32);
        let before = money_of(EVE);
        build(GENESIS_HASH, 1, &[&|| signed(EVE, call.clone(), 0, 0)]);
        assert_eq!(before - money_of(EVE), for_bytes);
        assert_eq!(StorageFees::fund(), for_bytes);
        let kept = pallet_storage_fees::Event::<Runtime>::StorageFeeKept {
            who: EVE.to_account_id(),
            amount: for_bytes,
        };
        let mut events = System::events().into_iter();
        assert!(events.any(|record| record.event == RuntimeEvent::StorageFees(kept.clone())));
    });
}

#[test]
fn what_the_key_of_a_development_chain_does_is_free() {
    genesis(DEV_RUNTIME_PRESET).execute_with(|| {
        let call = frame_system::Call::remark { remark: vec![7] };
        let sudo = pallet_sudo::Call::sudo {
            call: Box::new(call.into()),
        };
        let before = money_of(Sr25519Keyring::Alice);
        build(
            GENESIS_HASH,
            1,
            &[&|| signed(Sr25519Keyring::Alice, sudo.clone().into(), 0, 0)],
        );
        assert_eq!(money_of(Sr25519Keyring::Alice), before);
        assert_eq!(StorageFees::fund(), 0);
    });
}

#[test]
fn a_signed_transaction_is_never_free_beforehand() {
    genesis(DEV_RUNTIME_PRESET).execute_with(|| {
        let first = build(GENESIS_HASH, 1, &[]).header;
        let proof = allod_consensus_primitives::EquivocationProof {
            first: first.clone(),
            second: first.clone(),
        };
        let call: RuntimeCall = pallet_farming::Call::report_equivocation {
            proof: Box::new(proof),
        }
        .into();
        assert_eq!(call.get_dispatch_info().pays_fee, Pays::No);
        let validity = Executive::validate_transaction(
            TransactionSource::External,
            signed(EVE, call, 0, 0),
            first.hash(),
        );
        assert_eq!(
            validity,
            Err(TransactionValidityError::Invalid(InvalidTransaction::Call))
        );
    });
}
