use crate::{StoredParameters, mock::*};
use allod_core::{HistorySize, Slot};
use parity_scale_codec::{Encode, MaxEncodedLen};

#[test]
fn genesis_stores_the_parameters_whole() {
    new_test_ext().execute_with(|| {
        assert_eq!(Farming::parameters(), parameters());
        assert_eq!(Farming::slot(), Slot(0));
        assert_eq!(Farming::history_size(), HistorySize(0));
        assert_eq!(
            Farming::solution_range(),
            parameters().initial_solution_range
        );
        assert_eq!(
            Farming::pot_parameters().iterations,
            parameters().initial_iterations
        );
        assert_eq!(Farming::pot_parameters().next_change, None);
        assert!(Farming::author().is_none());
        Farming::do_try_state().unwrap();
    });
}

#[test]
#[should_panic(expected = "farming.parameters.eraLength: must be from 1 to 65536, not 0")]
fn a_parameter_that_no_chain_can_have_is_named() {
    let mut broken = parameters();
    broken.era_length = 0;
    ext_with(broken);
}

#[test]
#[should_panic(expected = "farming.parameters: must be given by the chain's genesis")]
fn there_are_no_default_parameters() {
    sp_io::TestExternalities::default().execute_with(Farming::parameters);
}

#[test]
fn stored_parameters_are_bounded_by_the_longest_entropy() {
    let mut longest = parameters();
    longest.external_entropy = vec![0; 1024];
    longest.check().unwrap();
    let stored = StoredParameters(longest);
    assert_eq!(stored.encoded_size(), StoredParameters::max_encoded_len());
}

#[test]
fn parameters_are_camel_case_in_a_chain_specification() {
    let config = RuntimeGenesisConfig {
        farming: crate::GenesisConfig {
            parameters: Some(parameters()),
            ..Default::default()
        },
        ..Default::default()
    };
    let json = serde_json::to_value(&config).unwrap();
    assert_eq!(json["farming"]["parameters"]["confirmationDepth"], 6);
    let again: RuntimeGenesisConfig = serde_json::from_value(json).unwrap();
    assert_eq!(again.farming.parameters, Some(parameters()));
}
