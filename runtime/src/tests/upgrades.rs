//! Another runtime, by the stewards of a chain without a root key; and what a node is told before its migrations ran.

use super::{
    GENESIS_HASH,
    blocks::{build, signed},
    genesis,
};
use crate::*;
use allod_core::Slot;
use frame_support::{
    assert_ok,
    traits::{Hooks, StorageVersion},
    weights::Weight,
};
use parity_scale_codec::Encode;
use sp_io::hashing::blake2_256;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie};

/// The stewards' delay on the test network.
const DELAY: u32 = 14_400;

fn sorted_others(of: Sr25519Keyring) -> Vec<AccountId> {
    let mut others: Vec<AccountId> = [Alice, Bob, Charlie]
        .into_iter()
        .filter(|key| *key != of)
        .map(|key| key.to_account_id())
        .collect();
    others.sort();
    others
}

#[test]
fn two_stewards_authorize_a_runtime_that_anybody_brings() {
    genesis(TESTNET_RUNTIME_PRESET).execute_with(|| {
        let code_hash = Hash::repeat_byte(5);
        let call: RuntimeCall = frame_system::Call::authorize_upgrade { code_hash }.into();
        let bytes = call.encode();
        let (hash, length) = (Hash::from(blake2_256(&bytes)), bytes.len() as u32);
        let schedule: RuntimeCall = pallet_stewards::Call::schedule { hash, length }.into();
        let approve = |key: Sr25519Keyring, nonce, begun| {
            let call = pallet_multisig::Call::as_multi {
                threshold: 2,
                other_signatories: sorted_others(key),
                maybe_timepoint: begun,
                call: Box::new(schedule.clone()),
                max_weight: Weight::from_parts(1_000_000_000, 1_000_000),
            };
            signed(key, call.into(), nonce, 0)
        };
        let note = pallet_preimage::Call::note_preimage {
            bytes: bytes.clone(),
        };
        let first = build(
            GENESIS_HASH,
            1,
            &[&|| signed(Charlie, note.clone().into(), 0, 0), &|| {
                approve(Alice, 0, None)
            }],
        );
        // Two inherents are before them.
        let begun = pallet_multisig::Timepoint {
            height: 1,
            index: 3,
        };
        let second = build(first.header.hash(), 2, &[&|| approve(Bob, 0, Some(begun))]);
        assert!(System::authorized_upgrade().is_none());
        assert_ok!(do_try_state());

        System::set_block_number(2 + DELAY - 1);
        build(second.header.hash(), 3, &[]);
        let authorized = System::authorized_upgrade().unwrap();
        assert_eq!(*authorized.code_hash(), code_hash);
    });
}

#[test]
fn a_node_is_answered_after_the_migrations_of_the_next_block() {
    genesis(TESTNET_RUNTIME_PRESET).execute_with(|| {
        build(GENESIS_HASH, 1, &[]);
        assert_eq!(apis::migrated(Farming::slot), Slot(1));
        // The state that a runtime left which did not have this pallet: before anything else, the first block of the
        // new one gives the pallet its version.
        frame_system::LastRuntimeUpgrade::<Runtime>::put(frame_system::LastRuntimeUpgradeInfo {
            spec_version: (VERSION.spec_version - 1).into(),
            spec_name: VERSION.spec_name.clone(),
        });
        pallet_stewards::Stewards::<Runtime>::kill();
        frame_support::storage::unhashed::kill(&StorageVersion::storage_key::<Stewards>());
        let version = || StorageVersion::get::<Stewards>();
        assert_eq!(version(), 0);
        assert_eq!(apis::migrated(version), 1);
        // What the question changed is forgotten.
        assert_eq!(version(), 0);
    });
}

#[test]
fn a_chain_from_before_the_price_begins_it_in_its_first_block() {
    genesis(TESTNET_RUNTIME_PRESET).execute_with(|| {
        let price = StorageFees::byte_price();
        pallet_storage_fees::Current::<Runtime>::kill();
        frame_system::Account::<Runtime>::remove(StorageFees::fund_account());
        StorageFees::on_initialize(1);
        assert!(StorageFees::byte_price() >= price);
        StorageFees::do_try_state().unwrap();
    });
}
