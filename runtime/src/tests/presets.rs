use super::{config, genesis};
use crate::{
    Balances, DEVELOPMENT_SECTORS, Farming, LOCAL_SECTORS, Runtime, Stewards, StorageFees,
    TESTNET_RUNTIME_PRESET, TESTNET_SECTORS,
    configs::{ALD, FIXED_PRICE},
    genesis_presets,
};
use allod_core::{ChainParameters, SolutionRange};
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET, PresetId};
use sp_keyring::Sr25519Keyring;
use std::collections::BTreeSet;

/// A column of §3, where it differs from others.
struct Column {
    probability: (u64, u64),
    records: u16,
    pieces: u16,
    depth: u32,
    era: u32,
    delay: u64,
    entropy: (u32, u32, u64),
    sectors: u32,
}

const DEVELOPMENT: Column = Column {
    probability: (1, 2),
    records: 8,
    pieces: 64,
    depth: 6,
    era: 64,
    delay: 1,
    entropy: (10, 1, 5),
    sectors: DEVELOPMENT_SECTORS,
};

const LOCAL: Column = Column {
    probability: (1, 6),
    depth: 30,
    delay: 4,
    entropy: (30, 1, 15),
    sectors: LOCAL_SECTORS,
    ..DEVELOPMENT
};

const TESTNET: Column = Column {
    records: 128,
    pieces: 1_000,
    depth: 100,
    era: 2_016,
    entropy: (50, 2, 15),
    sectors: TESTNET_SECTORS,
    ..LOCAL
};

fn check_table(parameters: ChainParameters, column: Column) {
    parameters.check().unwrap();
    assert_eq!(parameters.slot_duration_ms, 1000);
    assert_eq!(parameters.slot_probability, column.probability);
    assert_eq!(parameters.raw_records_per_segment, column.records);
    assert_eq!(parameters.pieces_per_sector, column.pieces);
    assert_eq!(parameters.confirmation_depth, column.depth);
    assert_eq!(parameters.era_length, column.era);
    assert_eq!(parameters.recent_segments, 5);
    assert_eq!(parameters.recent_fraction, (1, 10));
    assert_eq!(parameters.min_sector_lifetime, 4);
    assert_eq!(parameters.block_authoring_delay, column.delay);
    assert_eq!(
        (
            parameters.entropy_interval,
            parameters.entropy_lookback,
            parameters.entropy_delay
        ),
        column.entropy
    );
    let (numerator, denominator) = column.probability;
    let tickets = u64::from(column.pieces / 16) * u64::from(column.sectors);
    let each = u128::from(u64::MAX / tickets);
    assert_eq!(
        parameters.initial_solution_range,
        SolutionRange(
            u64::try_from(each * u128::from(numerator) / u128::from(denominator)).unwrap()
        )
    );
}

#[test]
fn the_presets_have_the_designs_parameters() {
    let parameters = |preset| config(preset).farming.parameters.unwrap();
    check_table(parameters(DEV_RUNTIME_PRESET), DEVELOPMENT);
    check_table(parameters(LOCAL_TESTNET_RUNTIME_PRESET), LOCAL);
    check_table(parameters(TESTNET_RUNTIME_PRESET), TESTNET);
}

/// A preset that is not listed is built by nobody, and tested by none of the tests that go through them all.
#[test]
fn every_preset_is_listed() {
    let text = include_str!("../genesis_presets.rs");
    let named = |function: &str| -> BTreeSet<&str> {
        let (_, behind) = text.split_once(function).expect("a function of that file");
        let (body, _) = behind.split_once("\n}\n").expect("its end");
        let words = body.split(|sign: char| !(sign.is_alphanumeric() || sign == '_'));
        words.filter(|word| word.ends_with("_PRESET")).collect()
    };
    let built = named("pub fn get_preset(");
    assert_eq!(built.len(), genesis_presets::preset_names().len());
    assert_eq!(built, named("pub fn preset_names("));
}

#[test]
fn the_presets_build() {
    for preset in genesis_presets::preset_names() {
        let expected = config(preset.as_ref()).farming.parameters;
        genesis(preset.as_ref()).execute_with(|| {
            assert_eq!(Some(Farming::parameters()), expected);
            crate::do_try_state().unwrap();
        });
    }
}

#[test]
fn development_and_local_chains_are_everybodys_and_have_a_fixed_price() {
    for preset in [DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET] {
        genesis(preset).execute_with(|| {
            for key in Sr25519Keyring::well_known() {
                let balance = Balances::free_balance(key.to_account_id());
                assert_eq!(balance, 1_000_000 * ALD);
            }
            let root = pallet_sudo::Key::<Runtime>::get();
            assert_eq!(root, Some(Sr25519Keyring::Alice.to_account_id()));
            assert_eq!(Stewards::account(), None);
            assert_eq!(StorageFees::byte_price(), u128::from(FIXED_PRICE));
            assert_eq!(StorageFees::normal_block_bytes(), None);
        });
    }
}

#[test]
fn the_test_network_has_stewards_and_no_root_key() {
    genesis(TESTNET_RUNTIME_PRESET).execute_with(|| {
        assert_eq!(pallet_sudo::Key::<Runtime>::get(), None);
        let council = pallet_stewards::Stewards::<Runtime>::get().unwrap();
        assert_eq!((council.members.len(), council.threshold), (3, 2));
        assert!(Stewards::account().is_some());
        // Two GB for 32 copies, of which the first segment takes half: 3,000 ALD buy the rest.
        let space = SolutionRange::initial(1_000, TESTNET_SECTORS.into(), (1, 6));
        let free = space.pledged_bytes((1, 6)) / 32 - 256 * 131_168;
        let issued = Balances::total_issuance();
        assert_eq!(StorageFees::byte_price(), issued.div_ceil(free));
        assert_eq!(StorageFees::normal_block_bytes(), Some(64 * 1024));
    });
}

#[test]
fn a_preset_that_does_not_exist_is_none() {
    assert_eq!(genesis_presets::get_preset(&PresetId::from("other")), None);
}

#[test]
fn a_wrong_parameter_is_named() {
    use sp_runtime::BuildStorage;
    let mut config = config(DEV_RUNTIME_PRESET);
    if let Some(parameters) = &mut config.farming.parameters {
        parameters.pieces_per_sector = 60;
    }
    let panic = std::panic::catch_unwind(|| config.build_storage()).unwrap_err();
    assert_eq!(
        panic.downcast_ref::<String>().unwrap(),
        "farming.parameters.piecesPerSector: must be a multiple of 8, at least 16, not 60"
    );
}
