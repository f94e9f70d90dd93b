//! Weights of `pallet_farming`, measured by `make weights`.
//!
//! Benchmark CLI 64.0.0, 2026-11-20, AMD EPYC: 20 steps, 10 times each, in WebAssembly.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
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
	/// Storage: `Farming::CurrentSlot` (r:1 w:1)
	/// Proof: `Farming::CurrentSlot` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Farming::PendingKeys` (r:1 w:1)
	/// Proof: `Farming::PendingKeys` (`max_values`: Some(1), `max_size`: Some(513), added: 1008, mode: `MaxEncodedLen`)
	/// Storage: `Farming::Parameters` (r:1 w:0)
	/// Proof: `Farming::Parameters` (`max_values`: Some(1), `max_size`: Some(1130), added: 1625, mode: `MaxEncodedLen`)
	/// Storage: `Farming::Pot` (r:1 w:1)
	/// Proof: `Farming::Pot` (`max_values`: Some(1), `max_size`: Some(49), added: 544, mode: `MaxEncodedLen`)
	/// Storage: `Farming::PendingIterations` (r:1 w:1)
	/// Proof: `Farming::PendingIterations` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Farming::EntropySources` (r:1 w:2)
	/// Proof: `Farming::EntropySources` (`max_values`: None, `max_size`: Some(36), added: 2511, mode: `MaxEncodedLen`)
	/// Storage: `Farming::EraStart` (r:1 w:1)
	/// Proof: `Farming::EraStart` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Farming::CurrentSolutionRange` (r:1 w:1)
	/// Proof: `Farming::CurrentSolutionRange` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Farming::BlockedKeys` (r:0 w:16)
	/// Proof: `Farming::BlockedKeys` (`max_values`: None, `max_size`: Some(48), added: 2523, mode: `MaxEncodedLen`)
	/// The range of component `k` is `[0, 16]`.
	fn on_initialize(k: u32) -> Weight {
		// Proof size: measured 143, estimated 3501 bytes. Shortest run: 21_512_000 ps.
		Weight::from_parts(24_024_000, 3501)
			// Standard error: 1_325
			.saturating_add(Weight::from_parts(2_694_521, 0).saturating_mul(k.into()))
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(8_u64))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(k.into())))
	}
	/// Storage: `Farming::Parameters` (r:1 w:0)
	/// Proof: `Farming::Parameters` (`max_values`: Some(1), `max_size`: Some(1130), added: 1625, mode: `MaxEncodedLen`)
	/// Storage: `Farming::LastSegmentHeader` (r:1 w:1)
	/// Proof: `Farming::LastSegmentHeader` (`max_values`: Some(1), `max_size`: Some(97), added: 592, mode: `MaxEncodedLen`)
	/// Storage: `Farming::SegmentCommitments` (r:0 w:127)
	/// Proof: `Farming::SegmentCommitments` (`max_values`: None, `max_size`: Some(56), added: 2531, mode: `MaxEncodedLen`)
	/// The range of component `h` is `[1, 128]`.
	fn store_segment_headers(h: u32) -> Weight {
		// Proof size: measured 232, estimated 2615 bytes. Shortest run: 15_473_000 ps.
		Weight::from_parts(11_384_570, 2615)
			// Standard error: 3_558
			.saturating_add(Weight::from_parts(6_154_286, 0).saturating_mul(h.into()))
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(h.into())))
	}
	/// Storage: `System::BlockHash` (r:2 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Farming::BlockedKeys` (r:1 w:0)
	/// Proof: `Farming::BlockedKeys` (`max_values`: None, `max_size`: Some(48), added: 2523, mode: `MaxEncodedLen`)
	/// Storage: `Farming::PendingKeys` (r:1 w:0)
	/// Proof: `Farming::PendingKeys` (`max_values`: Some(1), `max_size`: Some(513), added: 1008, mode: `MaxEncodedLen`)
	fn authorize_report_equivocation() -> Weight {
		// Proof size: measured 107, estimated 6028 bytes. Shortest run: 295_995_000 ps.
		Weight::from_parts(337_206_000, 6028)
			.saturating_add(T::DbWeight::get().reads(4_u64))
	}
	/// Storage: `System::BlockHash` (r:2 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Farming::BlockedKeys` (r:1 w:0)
	/// Proof: `Farming::BlockedKeys` (`max_values`: None, `max_size`: Some(48), added: 2523, mode: `MaxEncodedLen`)
	/// Storage: `Farming::PendingKeys` (r:1 w:1)
	/// Proof: `Farming::PendingKeys` (`max_values`: Some(1), `max_size`: Some(513), added: 1008, mode: `MaxEncodedLen`)
	fn report_equivocation() -> Weight {
		// Proof size: measured 107, estimated 6028 bytes. Shortest run: 332_780_000 ps.
		Weight::from_parts(359_450_000, 6028)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Farming::Pot` (r:1 w:0)
	/// Proof: `Farming::Pot` (`max_values`: Some(1), `max_size`: Some(49), added: 544, mode: `MaxEncodedLen`)
	/// Storage: `Farming::PendingIterations` (r:0 w:1)
	/// Proof: `Farming::PendingIterations` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	fn raise_iterations() -> Weight {
		// Proof size: measured 0, estimated 1534 bytes. Shortest run: 5_498_000 ps.
		Weight::from_parts(6_269_000, 1534)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn on_initialize(k: u32) -> Weight {
		Weight::from_parts(24_024_000, 3501)
			.saturating_add(Weight::from_parts(2_694_521, 0).saturating_mul(k.into()))
			.saturating_add(ParityDbWeight::get().reads(8_u64))
			.saturating_add(ParityDbWeight::get().writes(8_u64))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(k.into())))
	}
	fn store_segment_headers(h: u32) -> Weight {
		Weight::from_parts(11_384_570, 2615)
			.saturating_add(Weight::from_parts(6_154_286, 0).saturating_mul(h.into()))
			.saturating_add(ParityDbWeight::get().reads(2_u64))
			.saturating_add(ParityDbWeight::get().writes(1_u64))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(h.into())))
	}
	fn authorize_report_equivocation() -> Weight {
		Weight::from_parts(337_206_000, 6028)
			.saturating_add(ParityDbWeight::get().reads(4_u64))
	}
	fn report_equivocation() -> Weight {
		Weight::from_parts(359_450_000, 6028)
			.saturating_add(ParityDbWeight::get().reads(4_u64))
			.saturating_add(ParityDbWeight::get().writes(1_u64))
	}
	fn raise_iterations() -> Weight {
		Weight::from_parts(6_269_000, 1534)
			.saturating_add(ParityDbWeight::get().reads(1_u64))
			.saturating_add(ParityDbWeight::get().writes(1_u64))
	}
}
