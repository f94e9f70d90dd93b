//! A runtime of this pallet and those of the SDK that it works with.

use crate as pallet_stewards;
use crate::*;
use frame_support::{
    derive_impl, parameter_types,
    traits::{EqualPrivilegeOnly, Hooks, StorePreimage},
    weights::Weight,
};
use frame_system::EnsureRoot;
use sp_core::H256;
use sp_runtime::{BuildStorage, traits::ConstU32};

type Block = frame_system::mocking::MockBlockU32<Test>;

#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeTask,
        RuntimeHoldReason,
        RuntimeFreezeReason
    )]
    pub struct Test;

    #[runtime::pallet_index(0)]
    pub type System = frame_system::Pallet<Test>;
    #[runtime::pallet_index(1)]
    pub type Balances = pallet_balances::Pallet<Test>;
    #[runtime::pallet_index(2)]
    pub type Multisig = pallet_multisig::Pallet<Test>;
    #[runtime::pallet_index(3)]
    pub type Preimage = pallet_preimage::Pallet<Test>;
    #[runtime::pallet_index(4)]
    pub type Scheduler = pallet_scheduler::Pallet<Test>;
    #[runtime::pallet_index(5)]
    pub type Stewards = pallet_stewards::Pallet<Test>;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
    type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type AccountStore = System;
}

impl pallet_multisig::Config for Test {
    type BlockNumberProvider = System;
    type Currency = Balances;
    type DepositBase = Deposit;
    type DepositFactor = Deposit;
    type MaxSignatories = ConstU32<MAX_STEWARDS>;
    type RuntimeCall = RuntimeCall;
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = ();
}

impl pallet_preimage::Config for Test {
    type Consideration = ();
    type Currency = Balances;
    type ManagerOrigin = EnsureRoot<u64>;
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = ();
}

parameter_types! {
    pub const Deposit: u64 = 1;
    pub const MaximumWeight: Weight = Weight::MAX;
}

impl pallet_scheduler::Config for Test {
    type BlockNumberProvider = System;
    type MaxScheduledPerBlock = ConstU32<10>;
    type MaximumWeight = MaximumWeight;
    type OriginPrivilegeCmp = EqualPrivilegeOnly;
    type PalletsOrigin = OriginCaller;
    type Preimages = Preimage;
    type RuntimeCall = RuntimeCall;
    type RuntimeEvent = RuntimeEvent;
    type RuntimeOrigin = RuntimeOrigin;
    type ScheduleOrigin = EnsureRoot<u64>;
    type WeightInfo = ();
}

/// The multisigs of `pallet-multisig`.
pub struct Multisigs;

impl MultisigAccount<u64> for Multisigs {
    fn account(members: &[u64], threshold: u16) -> u64 {
        Multisig::multi_account_id(members, threshold)
    }
}

impl Config for Test {
    type Multisig = Multisigs;
    type PalletsOrigin = OriginCaller;
    type Scheduler = Scheduler;
    type WeightInfo = ();
}

/// Blocks between scheduling and dispatch.
pub const DELAY: u32 = 5;

/// Genesis with these stewards, of whom two are needed.
pub fn chain(members: Vec<u64>) -> sp_io::TestExternalities {
    let mut externalities: sp_io::TestExternalities = RuntimeGenesisConfig {
        balances: pallet_balances::GenesisConfig {
            balances: (1..=4).map(|who| (who, 1_000_000)).collect(),
            ..Default::default()
        },
        stewards: GenesisConfig {
            members,
            threshold: 2,
            delay: DELAY,
        },
        ..Default::default()
    }
    .build_storage()
    .unwrap()
    .into();
    externalities.execute_with(|| System::set_block_number(1));
    externalities
}

/// Genesis with three stewards.
pub fn new_test_ext() -> sp_io::TestExternalities {
    chain(vec![3, 1, 2])
}

/// Begins the blocks up to this one.
pub fn go_on_to(number: u32) {
    while System::block_number() < number {
        System::set_block_number(System::block_number() + 1);
        System::reset_events();
        Scheduler::on_initialize(System::block_number());
        Stewards::do_try_state().unwrap();
    }
}

/// A call that only root may make: the 4th account gets this much.
pub fn root_call(amount: u64) -> RuntimeCall {
    pallet_balances::Call::force_set_balance {
        who: 4,
        new_free: amount,
    }
    .into()
}

/// Notes a call's preimage; gives its hash and length.
pub fn noted(call: RuntimeCall) -> (H256, u32) {
    let bounded =
        <Preimage as StorePreimage>::note(parity_scale_codec::Encode::encode(&call).into());
    (
        bounded.unwrap(),
        parity_scale_codec::Encode::encode(&call).len() as u32,
    )
}
