//! Weights of `pallet_rewards`, measured by `make weights`.
//!
//! Benchmark CLI 64.0.0, 2026-11-20, AMD EPYC: 20 steps, 10 times each, in WebAssembly. That was before the fund: what
//! it takes is counted as a second account, and the time doubled.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
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
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	fn on_initialize() -> Weight {
		// Proof size: measured 52, estimated 3593 bytes for one account. Shortest run: 24_426_000 ps.
		Weight::from_parts(51_258_000, 6196)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn on_initialize() -> Weight {
		Weight::from_parts(51_258_000, 6196)
			.saturating_add(ParityDbWeight::get().reads(2_u64))
			.saturating_add(ParityDbWeight::get().writes(2_u64))
	}
}
