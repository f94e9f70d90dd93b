//! Weights of `pallet_stewards`, to be measured by `make weights`.
//!
//! Not measured yet: those of `pallet_scheduler`'s `schedule_named` and `cancel_named` with a full agenda, as far as
//! they go above the stewards' own reads and writes.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(dead_code)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::{Weight, constants::ParityDbWeight}};

/// Weight functions needed for `pallet_stewards`.
pub trait WeightInfo {
	fn schedule() -> Weight;
	fn cancel() -> Weight;
	fn set_stewards() -> Weight;
}

/// Weights for `pallet_stewards` with the database weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Stewards::Stewards` (r:1 w:0)
	/// Storage: `Scheduler::Lookup`, `Scheduler::Agenda`, `Preimage::RequestStatusFor`, `Preimage::StatusFor` (r:1 w:1 each)
	fn schedule() -> Weight {
		Weight::from_parts(120_000_000, 159279)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	/// Storage: `Stewards::Stewards` (r:1 w:0)
	/// Storage: `Scheduler::Lookup`, `Scheduler::Agenda`, `Scheduler::Retries`, `Preimage::RequestStatusFor`, `Preimage::StatusFor` (r:1 w:1 each)
	fn cancel() -> Weight {
		Weight::from_parts(120_000_000, 159279)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `Stewards::Stewards` (r:0 w:1)
	fn set_stewards() -> Weight {
		Weight::from_parts(30_000_000, 0)
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn schedule() -> Weight {
		Weight::from_parts(120_000_000, 159279)
			.saturating_add(ParityDbWeight::get().reads(5_u64))
			.saturating_add(ParityDbWeight::get().writes(4_u64))
	}
	fn cancel() -> Weight {
		Weight::from_parts(120_000_000, 159279)
			.saturating_add(ParityDbWeight::get().reads(6_u64))
			.saturating_add(ParityDbWeight::get().writes(5_u64))
	}
	fn set_stewards() -> Weight {
		Weight::from_parts(30_000_000, 0)
			.saturating_add(ParityDbWeight::get().writes(1_u64))
	}
}
