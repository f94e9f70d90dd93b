//! Weights of `pallet_revocation`, measured by `make weights`.
//!
//! Benchmark CLI 64.0.0, 2026-11-20, AMD EPYC: 20 steps, 10 times each, in WebAssembly.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(dead_code)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::{Weight, constants::ParityDbWeight}};

/// Weight functions needed for `pallet_revocation`.
pub trait WeightInfo {
	fn revoke() -> Weight;
	fn hold() -> Weight;
	fn release() -> Weight;
	fn reclaim() -> Weight;
	fn publish_crl(n: u32) -> Weight;
	fn signature_ed25519() -> Weight;
	fn signature_p256() -> Weight;
	fn signature_p384() -> Weight;
	fn signature_rsa() -> Weight;
}

/// Weights for `pallet_revocation` with the database weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `AutoId::Identities` (r:1 w:1)
	/// Proof: `AutoId::Identities` (`max_values`: None, `max_size`: Some(278), added: 2753, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Certificates` (r:1 w:0)
	/// Proof: `AutoId::Certificates` (`max_values`: None, `max_size`: Some(4130), added: 6605, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Statuses` (r:2 w:1)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Proof: `Timestamp::Now` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Issuers` (r:1 w:1)
	/// Proof: `Revocation::Issuers` (`max_values`: None, `max_size`: Some(90), added: 2565, mode: `MaxEncodedLen`)
	fn revoke() -> Weight {
		// Proof size: measured 6478, estimated 7595 bytes. Shortest run: 418_348_000 ps.
		Weight::from_parts(517_477_000, 7595)
			.saturating_add(T::DbWeight::get().reads(10_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
	}
	/// Storage: `AutoId::Identities` (r:1 w:1)
	/// Proof: `AutoId::Identities` (`max_values`: None, `max_size`: Some(278), added: 2753, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Certificates` (r:1 w:0)
	/// Proof: `AutoId::Certificates` (`max_values`: None, `max_size`: Some(4130), added: 6605, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Statuses` (r:2 w:1)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Proof: `Timestamp::Now` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Issuers` (r:1 w:1)
	/// Proof: `Revocation::Issuers` (`max_values`: None, `max_size`: Some(90), added: 2565, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	fn hold() -> Weight {
		// Proof size: measured 6573, estimated 7595 bytes. Shortest run: 453_191_000 ps.
		Weight::from_parts(543_416_000, 7595)
			.saturating_add(T::DbWeight::get().reads(10_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
	}
	/// Storage: `AutoId::Identities` (r:1 w:1)
	/// Proof: `AutoId::Identities` (`max_values`: None, `max_size`: Some(278), added: 2753, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Certificates` (r:1 w:0)
	/// Proof: `AutoId::Certificates` (`max_values`: None, `max_size`: Some(4130), added: 6605, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Statuses` (r:2 w:1)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Proof: `Timestamp::Now` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Issuers` (r:1 w:1)
	/// Proof: `Revocation::Issuers` (`max_values`: None, `max_size`: Some(90), added: 2565, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	fn release() -> Weight {
		// Proof size: measured 6439, estimated 7595 bytes. Shortest run: 380_681_000 ps.
		Weight::from_parts(466_050_000, 7595)
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `Revocation::Statuses` (r:1 w:1)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Issuers` (r:1 w:0)
	/// Proof: `Revocation::Issuers` (`max_values`: None, `max_size`: Some(90), added: 2565, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	fn reclaim() -> Weight {
		// Proof size: measured 1719, estimated 3599 bytes. Shortest run: 102_795_000 ps.
		Weight::from_parts(142_604_000, 3599)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `AutoId::Identities` (r:1 w:1)
	/// Proof: `AutoId::Identities` (`max_values`: None, `max_size`: Some(278), added: 2753, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Certificates` (r:1 w:0)
	/// Proof: `AutoId::Certificates` (`max_values`: None, `max_size`: Some(4130), added: 6605, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Statuses` (r:1301 w:1300)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Proof: `Timestamp::Now` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Issuers` (r:1 w:1)
	/// Proof: `Revocation::Issuers` (`max_values`: None, `max_size`: Some(90), added: 2565, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1301 w:1301)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1302 w:1302)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Crls` (r:1 w:1)
	/// Proof: `Revocation::Crls` (`max_values`: None, `max_size`: Some(32852), added: 35327, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[0, 1300]`.
	fn publish_crl(n: u32) -> Weight {
		// Proof size: measured 59043, estimated 36317 bytes. Shortest run: 939_290_000 ps.
		Weight::from_parts(3_778_625_982, 36317)
			// Standard error: 3_473_032
			.saturating_add(Weight::from_parts(115_172_840, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(10_u64))
			.saturating_add(T::DbWeight::get().reads((3_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(6_u64))
			.saturating_add(T::DbWeight::get().writes((3_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2609).saturating_mul(n.into()))
	}
	fn signature_ed25519() -> Weight {
		// Proof size: measured 0, estimated 0 bytes. Shortest run: 368_654_000 ps.
		Weight::from_parts(431_337_000, 0)
	}
	fn signature_p256() -> Weight {
		// Proof size: measured 0, estimated 0 bytes. Shortest run: 1_406_893_000 ps.
		Weight::from_parts(1_495_276_000, 0)
	}
	fn signature_p384() -> Weight {
		// Proof size: measured 0, estimated 0 bytes. Shortest run: 7_832_721_000 ps.
		Weight::from_parts(8_866_383_000, 0)
	}
	fn signature_rsa() -> Weight {
		// Proof size: measured 0, estimated 0 bytes. Shortest run: 3_472_795_000 ps.
		Weight::from_parts(3_605_123_000, 0)
	}
}

// For tests.
impl WeightInfo for () {
	fn revoke() -> Weight {
		Weight::from_parts(517_477_000, 7595)
			.saturating_add(ParityDbWeight::get().reads(10_u64))
			.saturating_add(ParityDbWeight::get().writes(6_u64))
	}
	fn hold() -> Weight {
		Weight::from_parts(543_416_000, 7595)
			.saturating_add(ParityDbWeight::get().reads(10_u64))
			.saturating_add(ParityDbWeight::get().writes(6_u64))
	}
	fn release() -> Weight {
		Weight::from_parts(466_050_000, 7595)
			.saturating_add(ParityDbWeight::get().reads(9_u64))
			.saturating_add(ParityDbWeight::get().writes(5_u64))
	}
	fn reclaim() -> Weight {
		Weight::from_parts(142_604_000, 3599)
			.saturating_add(ParityDbWeight::get().reads(4_u64))
			.saturating_add(ParityDbWeight::get().writes(3_u64))
	}
	fn publish_crl(n: u32) -> Weight {
		Weight::from_parts(3_778_625_982, 36317)
			.saturating_add(Weight::from_parts(115_172_840, 0).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads(10_u64))
			.saturating_add(ParityDbWeight::get().reads((3_u64).saturating_mul(n.into())))
			.saturating_add(ParityDbWeight::get().writes(6_u64))
			.saturating_add(ParityDbWeight::get().writes((3_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2609).saturating_mul(n.into()))
	}
	fn signature_ed25519() -> Weight {
		Weight::from_parts(431_337_000, 0)
	}
	fn signature_p256() -> Weight {
		Weight::from_parts(1_495_276_000, 0)
	}
	fn signature_p384() -> Weight {
		Weight::from_parts(8_866_383_000, 0)
	}
	fn signature_rsa() -> Weight {
		Weight::from_parts(3_605_123_000, 0)
	}
}
