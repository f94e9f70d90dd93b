//! Arguments about farming, and what they mean on a chain.

use allod_core::RewardAddress;
use allod_service::FarmingOptions;
use sc_service::ChainType;
use sp_core::{
    Pair,
    crypto::{AccountId32, Ss58Codec},
};
use std::path::PathBuf;

/// How to farm, as the command line says it.
#[derive(Debug, Clone)]
pub struct FarmingArguments {
    /// Where the plot is; beside the chain's data if not given.
    pub folder: Option<PathBuf>,
    /// How many sectors.
    pub sectors: u32,
    /// Where rewards go: an address or a well-known name.
    pub reward_address: String,
}

impl FarmingArguments {
    /// Reads the address, by the rules of the chain.
    pub fn options(self, chain: &ChainType) -> Result<FarmingOptions, String> {
        Ok(FarmingOptions {
            folder: self.folder,
            sectors: self.sectors,
            reward_address: reward_address(&self.reward_address, chain)?,
        })
    }
}

/// Reads an address, or on a chain without value a well-known name such as `//Alice`.
fn reward_address(text: &str, chain: &ChainType) -> Result<RewardAddress, String> {
    if text.starts_with("//") {
        if !matches!(chain, ChainType::Development | ChainType::Local) {
            return Err(format!(
                "--reward-address {text}: well-known keys are everybody's; give an address of your own"
            ));
        }
        let pair = sp_core::sr25519::Pair::from_string(text, None)
            .map_err(|error| format!("--reward-address {text}: {error:?}"))?;
        return Ok(RewardAddress(pair.public().0));
    }
    let account = AccountId32::from_ss58check(text)
        .map_err(|error| format!("--reward-address {text} is no SS58 address: {error:?}"))?;
    Ok(RewardAddress(account.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_well_known_keys_stay_on_test_chains() {
        let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
        let address = reward_address(alice, &ChainType::Live).unwrap();
        assert_eq!(
            reward_address("//Alice", &ChainType::Development),
            Ok(address)
        );
        assert!(
            reward_address("//Alice", &ChainType::Live)
                .unwrap_err()
                .contains("everybody's")
        );
        assert!(
            reward_address("5Grw", &ChainType::Live)
                .unwrap_err()
                .contains("SS58")
        );
    }
}
