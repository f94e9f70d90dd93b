//! The runtime, run natively.

mod blocks;
mod fees;
mod genesis;
mod identities;
mod metadata;
mod origins;
mod presets;
mod space;
mod upgrades;

use crate::{RuntimeGenesisConfig, genesis_presets};
use serde_json::Value;
use sp_genesis_builder::PresetId;
use sp_io::TestExternalities;

/// Merges a preset into the default genesis, as a chain specification does (RFC 7386).
fn merge(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(target.entry(key).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch,
    }
}

/// The genesis of a preset.
fn config(preset: &str) -> RuntimeGenesisConfig {
    let mut json = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
    let patch = genesis_presets::get_preset(&PresetId::from(preset)).unwrap();
    merge(&mut json, serde_json::from_slice(&patch).unwrap());
    serde_json::from_value(json).unwrap()
}

/// The state that genesis leaves.
fn genesis(preset: &str) -> TestExternalities {
    use sp_runtime::BuildStorage;
    config(preset).build_storage().unwrap().into()
}

/// Blocks are built upon a genesis whose hash the tests choose.
const GENESIS_HASH: sp_core::H256 = sp_core::H256::repeat_byte(7);
