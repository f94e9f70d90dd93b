//! A runtime of both pallets of identities, balances and a clock.

// FRAME's macro asks for a feature `std`, which a runtime has and this crate does not.
#![allow(unexpected_cfgs)]

use frame_support::{
    derive_impl, parameter_types,
    traits::{Everything, LinearStoragePrice, fungible::HoldConsideration},
};
use sp_core::{H256, storage::Storage};
use sp_runtime::BuildStorage;

#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeFreezeReason,
        RuntimeHoldReason,
        RuntimeSlashReason,
        RuntimeLockId,
        RuntimeTask
    )]
    pub struct Test;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type Timestamp = pallet_timestamp;
    #[runtime::pallet_index(2)]
    pub type Balances = pallet_balances;
    #[runtime::pallet_index(30)]
    pub type AutoId = pallet_auto_id;
    #[runtime::pallet_index(31)]
    pub type Revocation = pallet_revocation;
}

type Block = frame_system::mocking::MockBlock<Test>;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
    type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_timestamp::config_preludes::TestDefaultConfig)]
impl pallet_timestamp::Config for Test {}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type AccountStore = System;
}

parameter_types! {
    pub const IdentityHold: RuntimeHoldReason =
        RuntimeHoldReason::AutoId(pallet_auto_id::HoldReason::Identity);
    pub const RevocationHold: RuntimeHoldReason =
        RuntimeHoldReason::Revocation(pallet_revocation::HoldReason::Revocation);
    pub const Base: u64 = 100;
    pub const PerByte: u64 = 2;
}

impl pallet_auto_id::Config for Test {
    type WeightInfo = ();
    type Consideration =
        HoldConsideration<u64, Balances, IdentityHold, LinearStoragePrice<Base, PerByte, u64>>;
    type Time = Timestamp;
    type Algorithms = Everything;
    type Statuses = Revocation;
}

impl pallet_revocation::Config for Test {
    type WeightInfo = ();
    type Consideration =
        HoldConsideration<u64, Balances, RevocationHold, LinearStoragePrice<Base, PerByte, u64>>;
    type Time = Timestamp;
    type Identities = AutoId;
}

/// In January 2027, in seconds since 1970: the time of block 0.
pub const START: u64 = 1_800_000_000;
/// Seconds between two blocks.
pub const SECONDS_PER_BLOCK: u64 = 6;
pub const PAYER: u64 = 1;

/// The state of block 0.
pub fn genesis(hash: H256) -> Storage {
    let mut storage = frame_system::GenesisConfig::<Test>::default()
        .build_storage()
        .unwrap();
    pallet_balances::GenesisConfig::<Test> {
        balances: vec![(PAYER, 1_000_000_000)],
        ..Default::default()
    }
    .assimilate_storage(&mut storage)
    .unwrap();
    let mut state = sp_io::TestExternalities::from(storage);
    state.execute_with(|| {
        frame_system::BlockHash::<Test>::insert(0, hash);
        begin(0);
        everything()
    })
}

/// What happens first in a block.
pub fn begin(number: u32) {
    System::set_block_number(number.into());
    let time = START + SECONDS_PER_BLOCK * u64::from(number);
    pallet_timestamp::Now::<Test>::put(time * 1000);
}

/// All that is stored.
pub fn everything() -> Storage {
    let mut storage = Storage::default();
    let mut key = Vec::new();
    while let Some(next) = sp_io::storage::next_key(&key) {
        let value = sp_io::storage::get(&next).unwrap();
        storage.top.insert(next.clone(), value.to_vec());
        key = next;
    }
    storage
}
