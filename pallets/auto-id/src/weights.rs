//! Weights of `pallet_auto_id`, measured by `make weights`.
//!
//! Benchmark CLI 64.0.0, 2026-11-20, AMD EPYC: 20 steps, 10 times each, in WebAssembly.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(dead_code)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::{Weight, constants::ParityDbWeight}};

/// Weight functions needed for `pallet_auto_id`.
pub trait WeightInfo {
	fn register(l: u32) -> Weight;
	fn register_issued(l: u32, v: u32) -> Weight;
	fn renew(l: u32, v: u32) -> Weight;
	fn reparent(l: u32, v: u32) -> Weight;
	fn deactivate() -> Weight;
	fn set_controller() -> Weight;
	fn set_guardians() -> Weight;
	fn open_recovery(v: u32) -> Weight;
	fn approve_recovery(v: u32) -> Weight;
	fn veto_recovery() -> Weight;
	fn execute_recovery(l: u32, v: u32) -> Weight;
	fn set_services() -> Weight;
	fn reclaim_recovery() -> Weight;
	fn signature_ed25519() -> Weight;
	fn signature_p256() -> Weight;
	fn signature_p384() -> Weight;
	fn signature_rsa() -> Weight;
}

/// Weights for `pallet_auto_id` with the database weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `AutoId::Identities` (r:1 w:1)
	/// Proof: `AutoId::Identities` (`max_values`: None, `max_size`: Some(278), added: 2753, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Keys` (r:1 w:1)
	/// Proof: `AutoId::Keys` (`max_values`: None, `max_size`: Some(69), added: 2544, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Serials` (r:1 w:1)
	/// Proof: `AutoId::Serials` (`max_values`: None, `max_size`: Some(69), added: 2544, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Statuses` (r:1 w:0)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Proof: `Timestamp::Now` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Certificates` (r:0 w:1)
	/// Proof: `AutoId::Certificates` (`max_values`: None, `max_size`: Some(4130), added: 6605, mode: `MaxEncodedLen`)
	/// The range of component `l` is `[320, 4096]`.
	fn register(l: u32) -> Weight {
		// Proof size: measured 141, estimated 3743 bytes. Shortest run: 304_296_000 ps.
		Weight::from_parts(363_382_895, 3743)
			// Standard error: 1_244
			.saturating_add(Weight::from_parts(70_429, 0).saturating_mul(l.into()))
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `AutoId::Identities` (r:16 w:1)
	/// Proof: `AutoId::Identities` (`max_values`: None, `max_size`: Some(278), added: 2753, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Keys` (r:15 w:1)
	/// Proof: `AutoId::Keys` (`max_values`: None, `max_size`: Some(69), added: 2544, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Serials` (r:1 w:1)
	/// Proof: `AutoId::Serials` (`max_values`: None, `max_size`: Some(69), added: 2544, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Certificates` (r:15 w:1)
	/// Proof: `AutoId::Certificates` (`max_values`: None, `max_size`: Some(4130), added: 6605, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Statuses` (r:16 w:0)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Proof: `Timestamp::Now` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Issuers` (r:12 w:0)
	/// Proof: `Revocation::Issuers` (`max_values`: None, `max_size`: Some(90), added: 2565, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::IssuedBy` (r:0 w:1)
	/// Proof: `AutoId::IssuedBy` (`max_values`: None, `max_size`: Some(64), added: 2539, mode: `MaxEncodedLen`)
	/// The range of component `l` is `[400, 4096]`.
	/// The range of component `v` is `[1, 15]`.
	fn register_issued(l: u32, v: u32) -> Weight {
		// Proof size: measured 1360, estimated 3743 bytes. Shortest run: 748_644_000 ps.
		Weight::from_parts(502_989_150, 3743)
			// Standard error: 5_268
			.saturating_add(Weight::from_parts(90_966, 0).saturating_mul(l.into()))
			// Standard error: 1_370_103
			.saturating_add(Weight::from_parts(56_260_333, 0).saturating_mul(v.into()))
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().reads((5_u64).saturating_mul(v.into())))
			.saturating_add(T::DbWeight::get().writes(6_u64))
			.saturating_add(Weight::from_parts(0, 6605).saturating_mul(v.into()))
	}
	/// Storage: `AutoId::Recoveries` (r:1 w:0)
	/// Proof: `AutoId::Recoveries` (`max_values`: None, `max_size`: Some(392), added: 2867, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Identities` (r:17 w:2)
	/// Proof: `AutoId::Identities` (`max_values`: None, `max_size`: Some(278), added: 2753, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Certificates` (r:17 w:1)
	/// Proof: `AutoId::Certificates` (`max_values`: None, `max_size`: Some(4130), added: 6605, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Statuses` (r:18 w:0)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Proof: `Timestamp::Now` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Controllers` (r:1 w:0)
	/// Proof: `AutoId::Controllers` (`max_values`: None, `max_size`: Some(151), added: 2626, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Keys` (r:20 w:6)
	/// Proof: `AutoId::Keys` (`max_values`: None, `max_size`: Some(69), added: 2544, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Serials` (r:1 w:1)
	/// Proof: `AutoId::Serials` (`max_values`: None, `max_size`: Some(69), added: 2544, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Issuers` (r:12 w:0)
	/// Proof: `Revocation::Issuers` (`max_values`: None, `max_size`: Some(90), added: 2565, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Superseded` (r:4 w:2)
	/// Proof: `AutoId::Superseded` (`max_values`: None, `max_size`: Some(4296), added: 6771, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Fingerprints` (r:0 w:2)
	/// Proof: `AutoId::Fingerprints` (`max_values`: None, `max_size`: Some(64), added: 2539, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::IssuedBy` (r:0 w:1)
	/// Proof: `AutoId::IssuedBy` (`max_values`: None, `max_size`: Some(64), added: 2539, mode: `MaxEncodedLen`)
	/// The range of component `l` is `[400, 4096]`.
	/// The range of component `v` is `[1, 15]`.
	fn renew(l: u32, v: u32) -> Weight {
		// Proof size: measured 25294, estimated 28074 bytes. Shortest run: 1_137_508_000 ps.
		Weight::from_parts(1_202_634_971, 28074)
			// Standard error: 5_719
			.saturating_add(Weight::from_parts(24_569, 0).saturating_mul(l.into()))
			// Standard error: 1_487_351
			.saturating_add(Weight::from_parts(38_163_833, 0).saturating_mul(v.into()))
			.saturating_add(T::DbWeight::get().reads(24_u64))
			.saturating_add(T::DbWeight::get().reads((5_u64).saturating_mul(v.into())))
			.saturating_add(T::DbWeight::get().writes(18_u64))
			.saturating_add(Weight::from_parts(0, 6605).saturating_mul(v.into()))
	}
	/// Storage: `AutoId::Recoveries` (r:1 w:0)
	/// Proof: `AutoId::Recoveries` (`max_values`: None, `max_size`: Some(392), added: 2867, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Identities` (r:31 w:1)
	/// Proof: `AutoId::Identities` (`max_values`: None, `max_size`: Some(278), added: 2753, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Certificates` (r:31 w:1)
	/// Proof: `AutoId::Certificates` (`max_values`: None, `max_size`: Some(4130), added: 6605, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Statuses` (r:32 w:0)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Proof: `Timestamp::Now` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Issuers` (r:25 w:0)
	/// Proof: `Revocation::Issuers` (`max_values`: None, `max_size`: Some(90), added: 2565, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Keys` (r:29 w:0)
	/// Proof: `AutoId::Keys` (`max_values`: None, `max_size`: Some(69), added: 2544, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Serials` (r:1 w:1)
	/// Proof: `AutoId::Serials` (`max_values`: None, `max_size`: Some(69), added: 2544, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Superseded` (r:1 w:2)
	/// Proof: `AutoId::Superseded` (`max_values`: None, `max_size`: Some(4296), added: 6771, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Fingerprints` (r:0 w:2)
	/// Proof: `AutoId::Fingerprints` (`max_values`: None, `max_size`: Some(64), added: 2539, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::IssuedBy` (r:0 w:2)
	/// Proof: `AutoId::IssuedBy` (`max_values`: None, `max_size`: Some(64), added: 2539, mode: `MaxEncodedLen`)
	/// The range of component `l` is `[400, 4096]`.
	/// The range of component `v` is `[3, 31]`.
	fn reparent(l: u32, v: u32) -> Weight {
		// Proof size: measured 5587, estimated 7761 bytes. Shortest run: 1_014_303_000 ps.
		Weight::from_parts(743_904_234, 7761)
			// Standard error: 10_349
			.saturating_add(Weight::from_parts(82_588, 0).saturating_mul(l.into()))
			// Standard error: 1_335_181
			.saturating_add(Weight::from_parts(51_664_200, 0).saturating_mul(v.into()))
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().reads((5_u64).saturating_mul(v.into())))
			.saturating_add(T::DbWeight::get().writes(12_u64))
			.saturating_add(Weight::from_parts(0, 6605).saturating_mul(v.into()))
	}
	/// Storage: `AutoId::Recoveries` (r:1 w:1)
	/// Proof: `AutoId::Recoveries` (`max_values`: None, `max_size`: Some(392), added: 2867, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Identities` (r:2 w:2)
	/// Proof: `AutoId::Identities` (`max_values`: None, `max_size`: Some(278), added: 2753, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Certificates` (r:2 w:1)
	/// Proof: `AutoId::Certificates` (`max_values`: None, `max_size`: Some(4130), added: 6605, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Statuses` (r:2 w:0)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Proof: `Timestamp::Now` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Controllers` (r:1 w:1)
	/// Proof: `AutoId::Controllers` (`max_values`: None, `max_size`: Some(151), added: 2626, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:4 w:4)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:5 w:5)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Guardians` (r:1 w:1)
	/// Proof: `AutoId::Guardians` (`max_values`: None, `max_size`: Some(611), added: 3086, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::ServiceRecords` (r:1 w:1)
	/// Proof: `AutoId::ServiceRecords` (`max_values`: None, `max_size`: Some(3201), added: 5676, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Superseded` (r:0 w:4)
	/// Proof: `AutoId::Superseded` (`max_values`: None, `max_size`: Some(4296), added: 6771, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Fingerprints` (r:0 w:1)
	/// Proof: `AutoId::Fingerprints` (`max_values`: None, `max_size`: Some(64), added: 2539, mode: `MaxEncodedLen`)
	fn deactivate() -> Weight {
		// Proof size: measured 13026, estimated 14200 bytes. Shortest run: 676_736_000 ps.
		Weight::from_parts(816_706_000, 14200)
			.saturating_add(T::DbWeight::get().reads(21_u64))
			.saturating_add(T::DbWeight::get().writes(21_u64))
	}
	/// Storage: `AutoId::Recoveries` (r:1 w:0)
	/// Proof: `AutoId::Recoveries` (`max_values`: None, `max_size`: Some(392), added: 2867, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Identities` (r:3 w:1)
	/// Proof: `AutoId::Identities` (`max_values`: None, `max_size`: Some(278), added: 2753, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Certificates` (r:2 w:0)
	/// Proof: `AutoId::Certificates` (`max_values`: None, `max_size`: Some(4130), added: 6605, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Statuses` (r:2 w:0)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Proof: `Timestamp::Now` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Controllers` (r:1 w:1)
	/// Proof: `AutoId::Controllers` (`max_values`: None, `max_size`: Some(151), added: 2626, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Guardians` (r:1 w:0)
	/// Proof: `AutoId::Guardians` (`max_values`: None, `max_size`: Some(611), added: 3086, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	fn set_controller() -> Weight {
		// Proof size: measured 8843, estimated 14200 bytes. Shortest run: 318_408_000 ps.
		Weight::from_parts(353_891_000, 14200)
			.saturating_add(T::DbWeight::get().reads(15_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `AutoId::Recoveries` (r:1 w:0)
	/// Proof: `AutoId::Recoveries` (`max_values`: None, `max_size`: Some(392), added: 2867, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Identities` (r:10 w:1)
	/// Proof: `AutoId::Identities` (`max_values`: None, `max_size`: Some(278), added: 2753, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Certificates` (r:2 w:0)
	/// Proof: `AutoId::Certificates` (`max_values`: None, `max_size`: Some(4130), added: 6605, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Statuses` (r:2 w:0)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Proof: `Timestamp::Now` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Controllers` (r:1 w:0)
	/// Proof: `AutoId::Controllers` (`max_values`: None, `max_size`: Some(151), added: 2626, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Guardians` (r:1 w:1)
	/// Proof: `AutoId::Guardians` (`max_values`: None, `max_size`: Some(611), added: 3086, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	fn set_guardians() -> Weight {
		// Proof size: measured 10011, estimated 28520 bytes. Shortest run: 355_033_000 ps.
		Weight::from_parts(399_580_000, 28520)
			.saturating_add(T::DbWeight::get().reads(22_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `AutoId::Identities` (r:30 w:2)
	/// Proof: `AutoId::Identities` (`max_values`: None, `max_size`: Some(278), added: 2753, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Certificates` (r:30 w:0)
	/// Proof: `AutoId::Certificates` (`max_values`: None, `max_size`: Some(4130), added: 6605, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Statuses` (r:16 w:0)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Proof: `Timestamp::Now` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Recoveries` (r:1 w:1)
	/// Proof: `AutoId::Recoveries` (`max_values`: None, `max_size`: Some(392), added: 2867, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Guardians` (r:1 w:0)
	/// Proof: `AutoId::Guardians` (`max_values`: None, `max_size`: Some(611), added: 3086, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Issuers` (r:12 w:0)
	/// Proof: `Revocation::Issuers` (`max_values`: None, `max_size`: Some(90), added: 2565, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Keys` (r:14 w:0)
	/// Proof: `AutoId::Keys` (`max_values`: None, `max_size`: Some(69), added: 2544, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	/// The range of component `v` is `[2, 30]`.
	fn open_recovery(v: u32) -> Weight {
		// Proof size: measured 936, estimated 6110 bytes. Shortest run: 517_427_000 ps.
		Weight::from_parts(506_124_814, 6110)
			// Standard error: 1_997_717
			.saturating_add(Weight::from_parts(39_248_288, 0).saturating_mul(v.into()))
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().reads((3_u64).saturating_mul(v.into())))
			.saturating_add(T::DbWeight::get().writes(6_u64))
			.saturating_add(Weight::from_parts(0, 6605).saturating_mul(v.into()))
	}
	/// Storage: `AutoId::Recoveries` (r:1 w:1)
	/// Proof: `AutoId::Recoveries` (`max_values`: None, `max_size`: Some(392), added: 2867, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Identities` (r:30 w:1)
	/// Proof: `AutoId::Identities` (`max_values`: None, `max_size`: Some(278), added: 2753, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Certificates` (r:30 w:0)
	/// Proof: `AutoId::Certificates` (`max_values`: None, `max_size`: Some(4130), added: 6605, mode: `MaxEncodedLen`)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Proof: `Timestamp::Now` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Statuses` (r:15 w:0)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Issuers` (r:12 w:0)
	/// Proof: `Revocation::Issuers` (`max_values`: None, `max_size`: Some(90), added: 2565, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Keys` (r:14 w:0)
	/// Proof: `AutoId::Keys` (`max_values`: None, `max_size`: Some(69), added: 2544, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// The range of component `v` is `[2, 30]`.
	fn approve_recovery(v: u32) -> Weight {
		// Proof size: measured 520, estimated 3857 bytes. Shortest run: 379_550_000 ps.
		Weight::from_parts(379_349_947, 3857)
			// Standard error: 1_090_475
			.saturating_add(Weight::from_parts(33_688_455, 0).saturating_mul(v.into()))
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().reads((3_u64).saturating_mul(v.into())))
			.saturating_add(T::DbWeight::get().writes(2_u64))
			.saturating_add(Weight::from_parts(0, 6605).saturating_mul(v.into()))
	}
	/// Storage: `AutoId::Recoveries` (r:1 w:1)
	/// Proof: `AutoId::Recoveries` (`max_values`: None, `max_size`: Some(392), added: 2867, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Identities` (r:2 w:1)
	/// Proof: `AutoId::Identities` (`max_values`: None, `max_size`: Some(278), added: 2753, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Certificates` (r:2 w:0)
	/// Proof: `AutoId::Certificates` (`max_values`: None, `max_size`: Some(4130), added: 6605, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Statuses` (r:2 w:0)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Proof: `Timestamp::Now` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Controllers` (r:1 w:0)
	/// Proof: `AutoId::Controllers` (`max_values`: None, `max_size`: Some(151), added: 2626, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	fn veto_recovery() -> Weight {
		// Proof size: measured 8824, estimated 14200 bytes. Shortest run: 255_764_000 ps.
		Weight::from_parts(279_781_000, 14200)
			.saturating_add(T::DbWeight::get().reads(12_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	/// Storage: `AutoId::Recoveries` (r:1 w:1)
	/// Proof: `AutoId::Recoveries` (`max_values`: None, `max_size`: Some(392), added: 2867, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Identities` (r:127 w:1)
	/// Proof: `AutoId::Identities` (`max_values`: None, `max_size`: Some(278), added: 2753, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Certificates` (r:127 w:1)
	/// Proof: `AutoId::Certificates` (`max_values`: None, `max_size`: Some(4130), added: 6605, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Statuses` (r:128 w:0)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Proof: `Timestamp::Now` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Issuers` (r:108 w:0)
	/// Proof: `Revocation::Issuers` (`max_values`: None, `max_size`: Some(90), added: 2565, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Keys` (r:123 w:6)
	/// Proof: `AutoId::Keys` (`max_values`: None, `max_size`: Some(69), added: 2544, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Serials` (r:1 w:1)
	/// Proof: `AutoId::Serials` (`max_values`: None, `max_size`: Some(69), added: 2544, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Controllers` (r:1 w:0)
	/// Proof: `AutoId::Controllers` (`max_values`: None, `max_size`: Some(151), added: 2626, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Guardians` (r:1 w:1)
	/// Proof: `AutoId::Guardians` (`max_values`: None, `max_size`: Some(611), added: 3086, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:3 w:3)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Superseded` (r:4 w:2)
	/// Proof: `AutoId::Superseded` (`max_values`: None, `max_size`: Some(4296), added: 6771, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Fingerprints` (r:0 w:2)
	/// Proof: `AutoId::Fingerprints` (`max_values`: None, `max_size`: Some(64), added: 2539, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::IssuedBy` (r:0 w:1)
	/// Proof: `AutoId::IssuedBy` (`max_values`: None, `max_size`: Some(64), added: 2539, mode: `MaxEncodedLen`)
	/// The range of component `l` is `[400, 4096]`.
	/// The range of component `v` is `[10, 140]`.
	fn execute_recovery(l: u32, v: u32) -> Weight {
		// Proof size: measured 22085, estimated 28074 bytes. Shortest run: 1_521_034_000 ps.
		Weight::from_parts(1_564_297_932, 28074)
			// Standard error: 28_008
			.saturating_add(Weight::from_parts(5_974, 0).saturating_mul(l.into()))
			// Standard error: 792_902
			.saturating_add(Weight::from_parts(44_579_357, 0).saturating_mul(v.into()))
			.saturating_add(T::DbWeight::get().reads(13_u64))
			.saturating_add(T::DbWeight::get().reads((4_u64).saturating_mul(v.into())))
			.saturating_add(T::DbWeight::get().writes(21_u64))
			.saturating_add(Weight::from_parts(0, 6040).saturating_mul(v.into()))
	}
	/// Storage: `AutoId::Identities` (r:1 w:1)
	/// Proof: `AutoId::Identities` (`max_values`: None, `max_size`: Some(278), added: 2753, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::Certificates` (r:1 w:0)
	/// Proof: `AutoId::Certificates` (`max_values`: None, `max_size`: Some(4130), added: 6605, mode: `MaxEncodedLen`)
	/// Storage: `Revocation::Statuses` (r:1 w:0)
	/// Proof: `Revocation::Statuses` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Timestamp::Now` (r:1 w:0)
	/// Proof: `Timestamp::Now` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `AutoId::ServiceRecords` (r:1 w:1)
	/// Proof: `AutoId::ServiceRecords` (`max_values`: None, `max_size`: Some(3201), added: 5676, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	fn set_services() -> Weight {
		// Proof size: measured 7643, estimated 7595 bytes. Shortest run: 313_060_000 ps.
		Weight::from_parts(347_172_000, 7595)
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `AutoId::Recoveries` (r:1 w:1)
	/// Proof: `AutoId::Recoveries` (`max_values`: None, `max_size`: Some(392), added: 2867, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(85), added: 2560, mode: `MaxEncodedLen`)
	fn reclaim_recovery() -> Weight {
		// Proof size: measured 638, estimated 3857 bytes. Shortest run: 55_243_000 ps.
		Weight::from_parts(63_405_000, 3857)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	fn signature_ed25519() -> Weight {
		// Proof size: measured 0, estimated 0 bytes. Shortest run: 136_475_000 ps.
		Weight::from_parts(142_044_000, 0)
	}
	fn signature_p256() -> Weight {
		// Proof size: measured 0, estimated 0 bytes. Shortest run: 1_122_876_000 ps.
		Weight::from_parts(1_165_210_000, 0)
	}
	fn signature_p384() -> Weight {
		// Proof size: measured 0, estimated 0 bytes. Shortest run: 7_608_966_000 ps.
		Weight::from_parts(8_177_849_000, 0)
	}
	fn signature_rsa() -> Weight {
		// Proof size: measured 0, estimated 0 bytes. Shortest run: 3_220_816_000 ps.
		Weight::from_parts(3_347_666_000, 0)
	}
}

// For tests.
impl WeightInfo for () {
	fn register(l: u32) -> Weight {
		Weight::from_parts(363_382_895, 3743)
			.saturating_add(Weight::from_parts(70_429, 0).saturating_mul(l.into()))
			.saturating_add(ParityDbWeight::get().reads(7_u64))
			.saturating_add(ParityDbWeight::get().writes(5_u64))
	}
	fn register_issued(l: u32, v: u32) -> Weight {
		Weight::from_parts(502_989_150, 3743)
			.saturating_add(Weight::from_parts(90_966, 0).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(56_260_333, 0).saturating_mul(v.into()))
			.saturating_add(ParityDbWeight::get().reads(6_u64))
			.saturating_add(ParityDbWeight::get().reads((5_u64).saturating_mul(v.into())))
			.saturating_add(ParityDbWeight::get().writes(6_u64))
			.saturating_add(Weight::from_parts(0, 6605).saturating_mul(v.into()))
	}
	fn renew(l: u32, v: u32) -> Weight {
		Weight::from_parts(1_202_634_971, 28074)
			.saturating_add(Weight::from_parts(24_569, 0).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(38_163_833, 0).saturating_mul(v.into()))
			.saturating_add(ParityDbWeight::get().reads(24_u64))
			.saturating_add(ParityDbWeight::get().reads((5_u64).saturating_mul(v.into())))
			.saturating_add(ParityDbWeight::get().writes(18_u64))
			.saturating_add(Weight::from_parts(0, 6605).saturating_mul(v.into()))
	}
	fn reparent(l: u32, v: u32) -> Weight {
		Weight::from_parts(743_904_234, 7761)
			.saturating_add(Weight::from_parts(82_588, 0).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(51_664_200, 0).saturating_mul(v.into()))
			.saturating_add(ParityDbWeight::get().reads(6_u64))
			.saturating_add(ParityDbWeight::get().reads((5_u64).saturating_mul(v.into())))
			.saturating_add(ParityDbWeight::get().writes(12_u64))
			.saturating_add(Weight::from_parts(0, 6605).saturating_mul(v.into()))
	}
	fn deactivate() -> Weight {
		Weight::from_parts(816_706_000, 14200)
			.saturating_add(ParityDbWeight::get().reads(21_u64))
			.saturating_add(ParityDbWeight::get().writes(21_u64))
	}
	fn set_controller() -> Weight {
		Weight::from_parts(353_891_000, 14200)
			.saturating_add(ParityDbWeight::get().reads(15_u64))
			.saturating_add(ParityDbWeight::get().writes(5_u64))
	}
	fn set_guardians() -> Weight {
		Weight::from_parts(399_580_000, 28520)
			.saturating_add(ParityDbWeight::get().reads(22_u64))
			.saturating_add(ParityDbWeight::get().writes(5_u64))
	}
	fn open_recovery(v: u32) -> Weight {
		Weight::from_parts(506_124_814, 6110)
			.saturating_add(Weight::from_parts(39_248_288, 0).saturating_mul(v.into()))
			.saturating_add(ParityDbWeight::get().reads(7_u64))
			.saturating_add(ParityDbWeight::get().reads((3_u64).saturating_mul(v.into())))
			.saturating_add(ParityDbWeight::get().writes(6_u64))
			.saturating_add(Weight::from_parts(0, 6605).saturating_mul(v.into()))
	}
	fn approve_recovery(v: u32) -> Weight {
		Weight::from_parts(379_349_947, 3857)
			.saturating_add(Weight::from_parts(33_688_455, 0).saturating_mul(v.into()))
			.saturating_add(ParityDbWeight::get().reads(2_u64))
			.saturating_add(ParityDbWeight::get().reads((3_u64).saturating_mul(v.into())))
			.saturating_add(ParityDbWeight::get().writes(2_u64))
			.saturating_add(Weight::from_parts(0, 6605).saturating_mul(v.into()))
	}
	fn veto_recovery() -> Weight {
		Weight::from_parts(279_781_000, 14200)
			.saturating_add(ParityDbWeight::get().reads(12_u64))
			.saturating_add(ParityDbWeight::get().writes(4_u64))
	}
	fn execute_recovery(l: u32, v: u32) -> Weight {
		Weight::from_parts(1_564_297_932, 28074)
			.saturating_add(Weight::from_parts(5_974, 0).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(44_579_357, 0).saturating_mul(v.into()))
			.saturating_add(ParityDbWeight::get().reads(13_u64))
			.saturating_add(ParityDbWeight::get().reads((4_u64).saturating_mul(v.into())))
			.saturating_add(ParityDbWeight::get().writes(21_u64))
			.saturating_add(Weight::from_parts(0, 6040).saturating_mul(v.into()))
	}
	fn set_services() -> Weight {
		Weight::from_parts(347_172_000, 7595)
			.saturating_add(ParityDbWeight::get().reads(9_u64))
			.saturating_add(ParityDbWeight::get().writes(5_u64))
	}
	fn reclaim_recovery() -> Weight {
		Weight::from_parts(63_405_000, 3857)
			.saturating_add(ParityDbWeight::get().reads(3_u64))
			.saturating_add(ParityDbWeight::get().writes(3_u64))
	}
	fn signature_ed25519() -> Weight {
		Weight::from_parts(142_044_000, 0)
	}
	fn signature_p256() -> Weight {
		Weight::from_parts(1_165_210_000, 0)
	}
	fn signature_p384() -> Weight {
		Weight::from_parts(8_177_849_000, 0)
	}
	fn signature_rsa() -> Weight {
		Weight::from_parts(3_347_666_000, 0)
	}
}
