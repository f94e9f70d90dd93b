//! A runtime of both pallets of identities, balances and a clock.

use frame_support::{
    derive_impl, parameter_types,
    traits::{Contains, LinearStoragePrice, fungible::HoldConsideration},
};
use sp_core::{H256, storage::Storage};
use sp_runtime::{BuildStorage, traits::IdentityLookup};

use allod_identity::SignatureAlgorithm;

type Block = frame_system::mocking::MockBlock<Test>;

/// As on the chain, an identifier is one.
pub type Account = H256;

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

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
    type AccountId = Account;
    type Lookup = IdentityLookup<Account>;
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
    pub static Retired: Option<SignatureAlgorithm> = None;
}

/// Every algorithm but the one that a test retired.
pub struct Algorithms;

impl Contains<SignatureAlgorithm> for Algorithms {
    fn contains(algorithm: &SignatureAlgorithm) -> bool {
        Retired::get() != Some(*algorithm)
    }
}

type Deposit<Reason> =
    HoldConsideration<Account, Balances, Reason, LinearStoragePrice<Base, PerByte, u64>>;

impl pallet_auto_id::Config for Test {
    type WeightInfo = ();
    type Consideration = Deposit<IdentityHold>;
    type Time = Timestamp;
    type Algorithms = Algorithms;
    type Statuses = Revocation;
}

impl pallet_revocation::Config for Test {
    type WeightInfo = ();
    type Consideration = Deposit<RevocationHold>;
    type Time = Timestamp;
    type Identities = AutoId;
}

pub const GENESIS: H256 = H256([0xaa; 32]);
/// In January 2027, in seconds since 1970.
pub const NOW: u64 = 1_800_000_000;
pub const PAYER: Account = H256([1; 32]);
pub const OTHER_PAYER: Account = H256([2; 32]);
/// Somebody without money.
pub const PAUPER: Account = H256([3; 32]);
pub const FUNDS: u64 = 1_000_000_000;

/// The state of block 0, with money for two payers.
pub fn genesis() -> Storage {
    let mut storage = frame_system::GenesisConfig::<Test>::default()
        .build_storage()
        .unwrap();
    pallet_balances::GenesisConfig::<Test> {
        balances: vec![(PAYER, FUNDS), (OTHER_PAYER, FUNDS)],
        ..Default::default()
    }
    .assimilate_storage(&mut storage)
    .unwrap();
    storage
}

/// Block 1.
pub fn new_chain() -> sp_io::TestExternalities {
    let mut chain = sp_io::TestExternalities::from(genesis());
    chain.execute_with(|| {
        frame_system::BlockHash::<Test>::insert(0, GENESIS);
        go_to(1, NOW);
    });
    chain
}

/// Where the chain is: the block and its time, in seconds since 1970.
pub fn go_to(block: u64, time: u64) {
    System::set_block_number(block);
    pallet_timestamp::Now::<Test>::put(time * 1000);
}
