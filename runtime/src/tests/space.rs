//! How much of a block may be filled.

use super::{
    GENESIS_HASH,
    blocks::{build, signed},
    genesis,
};
use crate::{
    configs::{MAX_BLOCK_BYTES, NORMAL_SHARE},
    space::SpaceLength,
    *,
};
use allod_core::SolutionRange;
use frame_support::{dispatch::DispatchClass, traits::Get};
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring;
use sp_runtime::transaction_validity::{
    InvalidTransaction, TransactionSource, TransactionValidityError,
};

fn limits() -> [u32; 3] {
    let length = SpaceLength::get();
    [
        DispatchClass::Normal,
        DispatchClass::Operational,
        DispatchClass::Mandatory,
    ]
    .map(|class| *length.max.get(class))
}

#[test]
fn with_a_fixed_price_whoever_pays_may_fill_a_block() {
    genesis(DEV_RUNTIME_PRESET).execute_with(|| {
        let all = MAX_BLOCK_BYTES;
        assert_eq!(limits(), [NORMAL_SHARE * all, all, all]);
    });
}

#[test]
fn with_a_price_that_follows_the_space_a_small_network_has_small_blocks() {
    genesis(TESTNET_RUNTIME_PRESET).execute_with(|| {
        let least = 64 * 1024;
        assert_eq!(limits(), [least, least, MAX_BLOCK_BYTES]);
        let validity = |bytes: usize, call: fn(Vec<u8>) -> RuntimeCall| {
            let parent = System::parent_hash();
            let transaction = signed(Sr25519Keyring::Alice, call(vec![0; bytes]), 0, 0);
            Executive::validate_transaction(TransactionSource::External, transaction, parent)
        };
        build(GENESIS_HASH, 1, &[]);
        let normal = |remark| frame_system::Call::remark { remark }.into();
        let operational = |code| frame_system::Call::apply_authorized_upgrade { code }.into();
        let exhausts = Err(TransactionValidityError::Invalid(
            InvalidTransaction::ExhaustsResources,
        ));
        assert!(validity(60_000, normal).is_ok());
        assert_eq!(validity(66_000, normal), exhausts);
        assert_eq!(validity(66_000, operational), exhausts);
        // A runtime that root has authorized has room.
        System::authorize_upgrade(RuntimeOrigin::root(), Hash::repeat_byte(1)).unwrap();
        assert_eq!(limits(), [least, MAX_BLOCK_BYTES, MAX_BLOCK_BYTES]);
        assert!(validity(66_000, operational).is_ok());
        assert_eq!(validity(66_000, normal), exhausts);
    });
}

#[test]
fn the_price_moves_with_the_range_of_an_eras_last_block() {
    genesis(TESTNET_RUNTIME_PRESET).execute_with(|| {
        let first = StorageFees::byte_price();
        // The last block of the first era comes so early that the range falls to a quarter, as if there were four times
        // the space.
        System::set_block_number(2_015);
        build(GENESIS_HASH, 1, &[]);
        let pledged = |range: SolutionRange| range.pledged_bytes((1, 6));
        let before = pledged(Farming::parameters().initial_solution_range);
        let average = (15 * before + pledged(Farming::solution_range())) / 16;
        assert!(StorageFees::byte_price() < first);
        assert!(matches!(
            pallet_storage_fees::Current::<Runtime>::get(),
            Some(pallet_storage_fees::Pricing::BySpace { average: found, .. }) if found == average
        ));
    });
}
