//! A runtime of this pallet and `pallet-balances`, whose blocks' author is told it by the test.

use crate as pallet_rewards;
use crate::*;
use frame_support::{
    derive_impl, parameter_types,
    traits::{
        Hooks, Imbalance,
        fungible::{Balanced, Inspect},
        tokens::{Fortitude, Precision, Preservation},
    },
};
use sp_runtime::{BuildStorage, traits::ConstU64};

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
    pub type Rewards = pallet_rewards::Pallet<Test>;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
    type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type AccountStore = System;
    type ExistentialDeposit = ConstU64<10>;
}

parameter_types! {
    /// Who made the block.
    pub static Author: Option<u64> = Some(1);
    pub const Schedule: IssuanceSchedule<u64> = IssuanceSchedule {
        initial: 100,
        halving_interval: 3,
    };
}

/// Account 9, which pays a quarter of what it has and keeps its existential deposit.
pub struct Fund;

/// The account of [`Fund`].
pub const FUND: u64 = 9;

impl RewardFund<CreditOf<Test>> for Fund {
    fn take_share() -> CreditOf<Test> {
        let share = Balances::balance(&FUND) / 4;
        let taken = Balances::withdraw(
            &FUND,
            share,
            Precision::Exact,
            Preservation::Preserve,
            Fortitude::Polite,
        );
        taken.unwrap_or_default()
    }

    fn give_back(share: CreditOf<Test>) {
        if share.peek() > 0 {
            Balances::resolve(&FUND, share).unwrap();
        }
    }
}

impl Config for Test {
    type WeightInfo = ();
    type Currency = Balances;
    type Fund = Fund;
    type RewardAddress = Author;
    type Schedule = Schedule;
}

pub fn new_test_ext() -> sp_io::TestExternalities {
    Author::set(Some(1));
    RuntimeGenesisConfig::default()
        .build_storage()
        .unwrap()
        .into()
}

/// Starts block `number`.
pub fn begin(number: u32) {
    System::set_block_number(number);
    System::reset_events();
    Rewards::on_initialize(number);
}
