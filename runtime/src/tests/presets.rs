use super::{config, genesis};
use crate::{Balances, DEVELOPMENT_SECTORS, Farming, LOCAL_SECTORS, configs::ALD, genesis_presets};
use allod_core::{ChainParameters, SolutionRange};
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET, PresetId};
use sp_keyring::Sr25519Keyring;

/// The columns of §3, row by row.
fn check_table(
    parameters: ChainParameters,
    probability: (u64, u64),
    depth: u32,
    delay: u64,
    entropy: (u32, u32, u64),
    sectors: u32,
) {
    parameters.check().unwrap();
    assert_eq!(parameters.slot_duration_ms, 1000);
    assert_eq!(parameters.slot_probability, probability);
    assert_eq!(parameters.raw_records_per_segment, 8);
    assert_eq!(parameters.pieces_per_sector, 64);
    assert_eq!(parameters.confirmation_depth, depth);
    assert_eq!(parameters.era_length, 64);
    assert_eq!(parameters.recent_segments, 5);
    assert_eq!(parameters.recent_fraction, (1, 10));
    assert_eq!(parameters.min_sector_lifetime, 4);
    assert_eq!(parameters.block_authoring_delay, delay);
    assert_eq!(
        (
            parameters.entropy_interval,
            parameters.entropy_lookback,
            parameters.entropy_delay
        ),
        entropy
    );
    let (numerator, denominator) = probability;
    let each = u64::MAX / (64 / 16 * u64::from(sectors));
    assert_eq!(
        parameters.initial_solution_range,
        SolutionRange(
            u64::try_from(u128::from(each) * u128::from(numerator) / u128::from(denominator))
                .unwrap()
        )
    );
}

#[test]
fn the_presets_have_the_designs_parameters() {
    let parameters = |preset| config(preset).farming.parameters.unwrap();
    let development = parameters(DEV_RUNTIME_PRESET);
    check_table(development, (1, 2), 6, 1, (10, 1, 5), DEVELOPMENT_SECTORS);
    let local = parameters(LOCAL_TESTNET_RUNTIME_PRESET);
    check_table(local, (1, 6), 30, 4, (30, 1, 15), LOCAL_SECTORS);
}

#[test]
fn the_presets_build() {
    for preset in genesis_presets::preset_names() {
        let expected = config(preset.as_ref()).farming.parameters;
        genesis(preset.as_ref()).execute_with(|| {
            assert_eq!(Some(Farming::parameters()), expected);
            crate::do_try_state().unwrap();
            for key in Sr25519Keyring::well_known() {
                let balance = Balances::free_balance(key.to_account_id());
                assert_eq!(balance, 1_000_000 * ALD);
            }
            let root = pallet_sudo::Key::<crate::Runtime>::get();
            assert_eq!(root, Some(Sr25519Keyring::Alice.to_account_id()));
        });
    }
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
        "farming.parameters.piecesPerSector: must be a multiple of 8, at least 16"
    );
}
