//! The chains that can be started without a chain specification (the columns of §3).

use crate::{
    AccountId, Balance, BalancesConfig, FarmingConfig, RuntimeGenesisConfig, StewardsConfig,
    StorageFeesConfig, SudoConfig,
    configs::{ALD, FIXED_PRICE, SLOT_DURATION_MS},
};
use alloc::{string::ToString, vec, vec::Vec};
use allod_core::{ChainParameters, SolutionRange};
use core::num::NonZeroU32;
use frame_support::build_struct_json_patch;
use serde_json::Value;
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET, PresetId};
use sp_keyring::Sr25519Keyring;

/// Sectors that farm the development chain from its start. Its solution range is made for them.
pub const DEVELOPMENT_SECTORS: u32 = 2;
/// Sectors that farm the local chain from its start: two farmers with two each.
pub const LOCAL_SECTORS: u32 = 4;

/// Sectors that the test network's first solution range is made for: about 2 GB.
pub const TESTNET_SECTORS: u32 = 16;

/// The preset of the test network.
pub const TESTNET_RUNTIME_PRESET: &str = "testnet";

/// Blocks in a day, at a block in six seconds: so long, stewards have to wait where nothing else is said.
pub const DAY_IN_BLOCKS: u32 = 14_400;
/// Iterations of the delay function per slot of the test network: a second of a reference core, without a pace. How
/// that was measured: docs/networks.md.
const TESTNET_ITERATIONS: NonZeroU32 =
    NonZeroU32::new(TESTNET_ITERATIONS_VALUE).expect("it is not 0; qed");
/// [`TESTNET_ITERATIONS`] as a number, a multiple of 16.
const TESTNET_ITERATIONS_VALUE: u32 = 96_000_000;
/// What each steward of the test network starts with, to pay for what stewards do. All else is farmed.
const STEWARDS_ENDOWMENT: Balance = 1_000 * ALD;

/// Pieces per sector of the development and the local chain.
const PIECES_PER_SECTOR: u16 = 64;
/// Iterations of the delay function per slot, about a millisecond of work: the timekeeper waits
/// for the rest of the slot, so that a laptop stays cool.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(65_536).expect("65,536 is not 0; qed");
/// What each account of the presets starts with.
const ENDOWMENT: Balance = 1_000_000 * ALD;

/// Parameters of a chain for one machine and one user.
pub fn development_parameters() -> ChainParameters {
    let slot_probability = (1, 2);
    ChainParameters {
        slot_duration_ms: SLOT_DURATION_MS,
        slot_probability,
        raw_records_per_segment: 8,
        pieces_per_sector: PIECES_PER_SECTOR,
        confirmation_depth: 6,
        era_length: 64,
        recent_segments: 5,
        recent_fraction: (1, 10),
        min_sector_lifetime: 4,
        block_authoring_delay: 1,
        entropy_interval: 10,
        entropy_lookback: 1,
        entropy_delay: 5,
        initial_solution_range: SolutionRange::initial(
            PIECES_PER_SECTOR,
            DEVELOPMENT_SECTORS.into(),
            slot_probability,
        ),
        initial_iterations: ITERATIONS,
        external_entropy: b"allod development".to_vec(),
    }
}

/// Parameters of a chain for several nodes on one machine or in one network.
pub fn local_parameters() -> ChainParameters {
    let slot_probability = (1, 6);
    ChainParameters {
        slot_probability,
        confirmation_depth: 30,
        block_authoring_delay: 4,
        entropy_interval: 30,
        entropy_delay: 15,
        initial_solution_range: SolutionRange::initial(
            PIECES_PER_SECTOR,
            LOCAL_SECTORS.into(),
            slot_probability,
        ),
        external_entropy: b"allod local".to_vec(),
        ..development_parameters()
    }
}

/// Parameters of a network of farmers on the internet.
pub fn testnet_parameters() -> ChainParameters {
    let slot_probability = (1, 6);
    let pieces_per_sector = 1_000;
    ChainParameters {
        slot_duration_ms: SLOT_DURATION_MS,
        slot_probability,
        raw_records_per_segment: 128,
        pieces_per_sector,
        confirmation_depth: 100,
        era_length: 2_016,
        recent_segments: 5,
        recent_fraction: (1, 10),
        min_sector_lifetime: 4,
        block_authoring_delay: 4,
        entropy_interval: 50,
        entropy_lookback: 2,
        entropy_delay: 15,
        initial_solution_range: SolutionRange::initial(
            pieces_per_sector,
            TESTNET_SECTORS.into(),
            slot_probability,
        ),
        initial_iterations: TESTNET_ITERATIONS,
        external_entropy: b"allod testnet".to_vec(),
    }
}

/// The genesis of the test network: no root key, but three stewards, two of whom are needed. Their keys are everybody's,
/// since a program can keep none secret: a network that is to last names its own.
fn testnet_genesis() -> Value {
    let stewards = [
        Sr25519Keyring::Alice,
        Sr25519Keyring::Bob,
        Sr25519Keyring::Charlie,
    ]
    .map(|key| key.to_account_id());
    let endowed = stewards.iter().cloned();
    build_struct_json_patch!(RuntimeGenesisConfig {
        balances: BalancesConfig {
            balances: endowed
                .map(|account| (account, STEWARDS_ENDOWMENT))
                .collect::<Vec<(AccountId, Balance)>>(),
        },
        farming: FarmingConfig {
            parameters: Some(testnet_parameters())
        },
        stewards: StewardsConfig {
            members: stewards.to_vec(),
            threshold: 2,
            delay: DAY_IN_BLOCKS,
        },
    })
}

/// A genesis whose accounts and root key are everybody's.
fn genesis(parameters: ChainParameters) -> Value {
    let endowed = Sr25519Keyring::well_known()
        .map(|key| (key.to_account_id(), ENDOWMENT))
        .collect::<Vec<(AccountId, Balance)>>();
    build_struct_json_patch!(RuntimeGenesisConfig {
        balances: BalancesConfig { balances: endowed },
        farming: FarmingConfig {
            parameters: Some(parameters)
        },
        storage_fees: StorageFeesConfig {
            fixed_price: Some(FIXED_PRICE),
        },
        sudo: SudoConfig {
            key: Some(Sr25519Keyring::Alice.to_account_id())
        },
    })
}

/// The preset of a name, as JSON, none if there is none of that name.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
    let genesis = match id.as_ref() {
        DEV_RUNTIME_PRESET => genesis(development_parameters()),
        LOCAL_TESTNET_RUNTIME_PRESET => genesis(local_parameters()),
        TESTNET_RUNTIME_PRESET => testnet_genesis(),
        _ => return None,
    };
    Some(genesis.to_string().into_bytes())
}

pub fn preset_names() -> Vec<PresetId> {
    vec![
        PresetId::from(DEV_RUNTIME_PRESET),
        PresetId::from(LOCAL_TESTNET_RUNTIME_PRESET),
        PresetId::from(TESTNET_RUNTIME_PRESET),
    ]
}
