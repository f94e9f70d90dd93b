//! Weights of `pallet_farming`, derived by hand from the cost of its storage accesses, hashes and
//! signature checks, in the layout of the benchmark command's output.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]
#![allow(dead_code)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::{Weight, constants::ParityDbWeight}};

/// Weight functions needed for `pallet_farming`.
pub trait WeightInfo {
	fn on_initialize(k: u32) -> Weight;
	fn store_segment_headers(h: u32) -> Weight;
	fn authorize_report_equivocation() -> Weight;
	fn report_equivocation() -> Weight;
	fn raise_iterations() -> Weight;
}

/// Weights for `pallet_farming` with the database weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Farming::Parameters` (r:1 w:0)
	/// Storage: `Farming::CurrentSlot` (r:1 w:1)
	/// Storage: `Farming::PendingKeys` (r:1 w:1)
	/// Storage: `Farming::Pot` (r:1 w:1)
	/// Storage: `Farming::EntropySources` (r:1 w:2)
	/// Storage: `Farming::PendingIterations` (r:1 w:1)
	/// Storage: `Farming::EraStart` (r:1 w:1)
	/// Storage: `Farming::CurrentSolutionRange` (r:1 w:1)
	/// Storage: `Farming::BlockedKeys` (r:0 w:16)
	/// The range of component `k` is `[0, 16]`.
	fn on_initialize(k: u32) -> Weight {
		Weight::from_parts(60_000_000, 2700)
			.saturating_add(Weight::from_parts(2_500_000, 0).saturating_mul(k.into()))
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(8_u64))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(k.into())))
	}
	/// Storage: `Farming::Parameters` (r:1 w:0)
	/// Storage: `Farming::LastSegmentHeader` (r:1 w:1)
	/// Storage: `Farming::SegmentCommitments` (r:0 w:128)
	/// The range of component `h` is `[1, 128]`.
	fn store_segment_headers(h: u32) -> Weight {
		Weight::from_parts(18_000_000, 2700)
			.saturating_add(Weight::from_parts(6_000_000, 0).saturating_mul(h.into()))
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(h.into())))
	}
	/// Storage: `System::BlockHash` (r:2 w:0)
	/// Storage: `Farming::BlockedKeys` (r:1 w:0)
	/// Storage: `Farming::PendingKeys` (r:1 w:0)
	fn authorize_report_equivocation() -> Weight {
		Weight::from_parts(350_000_000, 6000)
			.saturating_add(T::DbWeight::get().reads(4_u64))
	}
	/// Storage: `System::BlockHash` (r:2 w:0)
	/// Storage: `Farming::BlockedKeys` (r:1 w:0)
	/// Storage: `Farming::PendingKeys` (r:1 w:1)
	fn report_equivocation() -> Weight {
		Weight::from_parts(360_000_000, 6000)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Farming::Pot` (r:1 w:0)
	/// Storage: `Farming::PendingIterations` (r:0 w:1)
	fn raise_iterations() -> Weight {
		Weight::from_parts(9_000_000, 1550)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
}

// For tests.
impl WeightInfo for () {
	/// Storage: `Farming::Parameters` (r:1 w:0)
	/// Storage: `Farming::CurrentSlot` (r:1 w:1)
	/// Storage: `Farming::PendingKeys` (r:1 w:1)
	/// Storage: `Farming::Pot` (r:1 w:1)
	/// Storage: `Farming::EntropySources` (r:1 w:2)
	/// Storage: `Farming::PendingIterations` (r:1 w:1)
	/// Storage: `Farming::EraStart` (r:1 w:1)
	/// Storage: `Farming::CurrentSolutionRange` (r:1 w:1)
	/// Storage: `Farming::BlockedKeys` (r:0 w:16)
	/// The range of component `k` is `[0, 16]`.
	fn on_initialize(k: u32) -> Weight {
		Weight::from_parts(60_000_000, 2700)
			.saturating_add(Weight::from_parts(2_500_000, 0).saturating_mul(k.into()))
			.saturating_add(ParityDbWeight::get().reads(8_u64))
			.saturating_add(ParityDbWeight::get().writes(8_u64))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(k.into())))
	}
	/// Storage: `Farming::Parameters` (r:1 w:0)
	/// Storage: `Farming::LastSegmentHeader` (r:1 w:1)
	/// Storage: `Farming::SegmentCommitments` (r:0 w:128)
	/// The range of component `h` is `[1, 128]`.
	fn store_segment_headers(h: u32) -> Weight {
		Weight::from_parts(18_000_000, 2700)
			.saturating_add(Weight::from_parts(6_000_000, 0).saturating_mul(h.into()))
			.saturating_add(ParityDbWeight::get().reads(2_u64))
			.saturating_add(ParityDbWeight::get().writes(1_u64))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(h.into())))
	}
	/// Storage: `System::BlockHash` (r:2 w:0)
	/// Storage: `Farming::BlockedKeys` (r:1 w:0)
	/// Storage: `Farming::PendingKeys` (r:1 w:0)
	fn authorize_report_equivocation() -> Weight {
		Weight::from_parts(350_000_000, 6000)
			.saturating_add(ParityDbWeight::get().reads(4_u64))
	}
	/// Storage: `System::BlockHash` (r:2 w:0)
	/// Storage: `Farming::BlockedKeys` (r:1 w:0)
	/// Storage: `Farming::PendingKeys` (r:1 w:1)
	fn report_equivocation() -> Weight {
		Weight::from_parts(360_000_000, 6000)
			.saturating_add(ParityDbWeight::get().reads(4_u64))
			.saturating_add(ParityDbWeight::get().writes(1_u64))
	}
	/// Storage: `Farming::Pot` (r:1 w:0)
	/// Storage: `Farming::PendingIterations` (r:0 w:1)
	fn raise_iterations() -> Weight {
		Weight::from_parts(9_000_000, 1550)
			.saturating_add(ParityDbWeight::get().reads(1_u64))
			.saturating_add(ParityDbWeight::get().writes(1_u64))
	}
}
