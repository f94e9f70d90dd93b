//! The list of benchmarks that weights are made from.

use crate::*;
use alloc::{string::String, vec::Vec};

frame_benchmarking::define_benchmarks!(
    [frame_benchmarking, BaselineBench::<Runtime>]
    [frame_system, SystemBench::<Runtime>]
    [frame_system_extensions, SystemExtensionsBench::<Runtime>]
    [pallet_timestamp, Timestamp]
    [pallet_utility, Utility]
    [pallet_sudo, Sudo]
    [pallet_balances, Balances]
    [pallet_transaction_payment, TransactionPayment]
    [pallet_farming, Farming]
    [pallet_rewards, Rewards]
    [pallet_storage_fees, StorageFees]
    [pallet_stewards, Stewards]
    [pallet_meta_tx, MetaTx]
    [pallet_multisig, Multisig]
    [pallet_preimage, Preimage]
    [pallet_scheduler, Scheduler]
    [pallet_auto_id, AutoId]
    [pallet_revocation, Revocation]
);

pub use frame_benchmarking::{BenchmarkBatch, BenchmarkList, baseline::Pallet as BaselineBench};
pub use frame_system_benchmarking::{
    Pallet as SystemBench, extensions::Pallet as SystemExtensionsBench,
};

impl frame_benchmarking::baseline::Config for Runtime {}
impl frame_system_benchmarking::Config for Runtime {}
impl pallet_transaction_payment::BenchmarkConfig for Runtime {}

/// The benchmarks that there are, with `extra` those too that no weight needs.
pub fn list(extra: bool) -> Vec<BenchmarkList> {
    let mut list = Vec::new();
    list_benchmarks!(list, extra);
    list
}

/// Runs one benchmark.
pub fn run(config: frame_benchmarking::BenchmarkConfig) -> Result<Vec<BenchmarkBatch>, String> {
    use frame_support::traits::WhitelistedStorageKeys;
    let whitelist = AllPalletsWithSystem::whitelisted_storage_keys();
    let mut batches = Vec::new();
    let params = (&config, &whitelist);
    add_benchmarks!(params, batches);
    Ok(batches)
}
