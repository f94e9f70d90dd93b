use super::config;
use crate::{
    configs::ALD,
    genesis::{MAX_ENDOWMENTS, build, check},
};
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_io::TestExternalities;

#[test]
fn endowments_are_at_most_what_rewards_ever_issue() {
    let issued = 2 * 10 * ALD * 21_000_000;
    assert_eq!(MAX_ENDOWMENTS, issued);
    let account = crate::AccountId::new;
    for (balances, legal) in [
        (vec![(account([1; 32]), MAX_ENDOWMENTS)], true),
        (
            vec![(account([1; 32]), MAX_ENDOWMENTS), (account([2; 32]), ALD)],
            false,
        ),
        // The sum of these wraps to 2 ALD.
        (
            vec![
                (account([1; 32]), u128::MAX - ALD + 1),
                (account([2; 32]), 3 * ALD),
            ],
            false,
        ),
    ] {
        let mut genesis = config(DEV_RUNTIME_PRESET);
        genesis.balances.balances = balances;
        assert_eq!(check(&genesis).is_ok(), legal);
        genesis.balances.balances.clear();
        genesis.balances.dev_accounts = Some((2, u128::MAX / 2 + 1, None));
        assert!(check(&genesis).is_err());
    }
}

#[test]
fn a_genesis_as_json_is_refused_with_the_field() {
    let mut genesis = config(DEV_RUNTIME_PRESET);
    let built = |genesis: &crate::RuntimeGenesisConfig| {
        let json = serde_json::to_vec(genesis).unwrap();
        TestExternalities::default().execute_with(|| build(json))
    };
    assert_eq!(built(&genesis), Ok(()));
    genesis.balances.balances[0].1 = MAX_ENDOWMENTS;
    let error = built(&genesis).unwrap_err().to_string();
    assert!(
        error.contains("balances.balances: must be at most 420000000000000000000 together"),
        "{error}"
    );
}
