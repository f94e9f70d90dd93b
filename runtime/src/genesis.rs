//! What no genesis may say, beside what each pallet refuses of its own.

use crate::{Balance, RuntimeGenesisConfig, configs::ALD};
use alloc::{format, string::String, vec::Vec};
use frame_support::genesis_builder_helper::build_state;

/// What all accounts together may start with, at most: as much as rewards ever issue. Far more could not be counted,
/// and nobody would notice.
pub const MAX_ENDOWMENTS: Balance = 420_000_000 * ALD;

/// Makes the state of a genesis, given as JSON.
pub fn build(json: Vec<u8>) -> sp_genesis_builder::Result {
    // What is no genesis, the builder says.
    if let Ok(genesis) = serde_json::from_slice(&json) {
        check(&genesis)?;
    }
    build_state::<RuntimeGenesisConfig>(json)
}

/// Refuses endowments that pallet-balances would add up without looking.
pub fn check(genesis: &RuntimeGenesisConfig) -> Result<(), String> {
    let accounts = genesis.balances.balances.iter();
    let derived = genesis.balances.dev_accounts.iter();
    let total = accounts
        .map(|(_, amount)| Some(*amount))
        .chain(derived.map(|(number, amount, _)| Balance::from(*number).checked_mul(*amount)))
        .try_fold(0, |total: Balance, amount| total.checked_add(amount?));
    match total {
        Some(total) if total <= MAX_ENDOWMENTS => Ok(()),
        Some(_) | None => Err(format!(
            "balances.balances: must be at most {MAX_ENDOWMENTS} together, 420 million ALD"
        )),
    }
}
