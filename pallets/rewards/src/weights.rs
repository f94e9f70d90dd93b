//! Weights of `pallet_rewards`, derived by hand from the cost of its storage accesses, hashes and
//! signature checks, in the layout of the benchmark command's output.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]
#![allow(dead_code)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::{Weight, constants::ParityDbWeight}};

/// Weight functions needed for `pallet_rewards`.
pub trait WeightInfo {
	fn on_initialize() -> Weight;
}

/// Weights for `pallet_rewards` with the database weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `System::Account` (r:1 w:1)
	/// Storage: `Balances::TotalIssuance` is whitelisted
	fn on_initialize() -> Weight {
		Weight::from_parts(40_000_000, 3593)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
}

// For tests.
impl WeightInfo for () {
	/// Storage: `System::Account` (r:1 w:1)
	/// Storage: `Balances::TotalIssuance` is whitelisted
	fn on_initialize() -> Weight {
		Weight::from_parts(40_000_000, 3593)
			.saturating_add(ParityDbWeight::get().reads(1_u64))
			.saturating_add(ParityDbWeight::get().writes(1_u64))
	}
}
