//! A runtime of this pallet and `pallet-balances`, whose space the tests choose.

use crate as pallet_storage_fees;
use crate::*;
use frame_support::{derive_impl, parameter_types, traits::Hooks};
use sp_runtime::{BuildStorage, traits::ConstU128};

type Block = frame_system::mocking::MockBlockU32<Test>;

/// A smallest unit that is to the tests' floor as on the chain.
pub const FLOOR: u128 = 100_000;
/// Highest price.
pub const CEILING: u128 = 100_000_000_000;
/// What an account needs to live.
pub const EXISTENTIAL_DEPOSIT: u128 = 1_000;
/// What the rich account has.
pub const RICH: u128 = 1_000_000_000_000_000_000;

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
    pub type StorageFees = pallet_storage_fees::Pallet<Test>;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
    type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type AccountStore = System;
    type Balance = u128;
    type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
}

parameter_types! {
    /// What the farmers pledge, and the history.
    pub static Measured: Option<SpaceMeasure> = None;
    /// Whether the block ends an era.
    pub static EndsEra: bool = false;
    pub const Rule: PriceRule = RULE;
}

/// The rule of the runtime.
pub const RULE: PriceRule = PriceRule {
    copies: 32,
    eras: 16,
    step: (9, 8),
    floor: FLOOR,
    ceiling: CEILING,
};

/// What the test says.
pub struct Space;

impl ChainSpace for Space {
    fn measured() -> Option<SpaceMeasure> {
        Measured::get()
    }

    fn ends_era() -> bool {
        EndsEra::get()
    }
}

impl Config for Test {
    type WeightInfo = ();
    type Currency = Balances;
    type Space = Space;
    type Rule = Rule;
}

/// A terabyte that is pledged, and as much history as a single copy of `history` bytes takes.
pub fn terabyte(history: u128) -> SpaceMeasure {
    SpaceMeasure {
        pledged: 1_000_000_000_000,
        history,
    }
}

/// Genesis with this space and price; account 1 is rich.
pub fn chain(space: Option<SpaceMeasure>, fixed_price: Option<u64>) -> sp_io::TestExternalities {
    Measured::set(space);
    EndsEra::set(false);
    RuntimeGenesisConfig {
        balances: pallet_balances::GenesisConfig {
            balances: vec![(1, RICH)],
            ..Default::default()
        },
        storage_fees: GenesisConfig {
            fixed_price,
            ..Default::default()
        },
        ..Default::default()
    }
    .build_storage()
    .unwrap()
    .into()
}

/// Genesis of a chain whose price follows a free terabyte.
pub fn new_test_ext() -> sp_io::TestExternalities {
    chain(Some(terabyte(0)), None)
}

/// Starts block `number`.
pub fn begin(number: u32, ends_era: bool) {
    System::set_block_number(number);
    System::reset_events();
    EndsEra::set(ends_era);
    StorageFees::on_initialize(number);
    StorageFees::do_try_state().unwrap();
}
