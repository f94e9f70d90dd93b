//! Weights of `pallet_storage_fees`, to be measured by `make weights`.
//!
//! Not measured yet: reads and writes are counted, the time is that of `pallet_rewards`, whose hook does more.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(dead_code)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::{Weight, constants::ParityDbWeight}};

/// Weight functions needed for `pallet_storage_fees`.
pub trait WeightInfo {
	fn on_initialize() -> Weight;
}

/// Weights for `pallet_storage_fees` with the database weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `StorageFees::Current` (r:1 w:1)
	/// Storage: `Farming::Parameters` (r:1 w:0)
	/// Storage: `Farming::CurrentSolutionRange` (r:1 w:0)
	/// Storage: `Farming::LastSegmentHeader` (r:1 w:0)
	/// Storage: `Balances::TotalIssuance` (r:1 w:0)
	fn on_initialize() -> Weight {
		Weight::from_parts(25_629_000, 3593)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn on_initialize() -> Weight {
		Weight::from_parts(25_629_000, 3593)
			.saturating_add(ParityDbWeight::get().reads(5_u64))
			.saturating_add(ParityDbWeight::get().writes(1_u64))
	}
}
