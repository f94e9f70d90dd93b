//! Arguments about farming, and what they mean on a chain.

use allod_core::RewardAddress;
use allod_service::FarmingOptions;
use sc_service::ChainType;
use sp_core::crypto::{AccountId32, Ss58Codec};
use sp_keyring::Sr25519Keyring as Keyring;
use std::{path::PathBuf, str::FromStr};

/// An account for rewards, as the command line names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewardAddressArgument {
    address: RewardAddress,
    /// The name that everybody can make the key of, if that is how the account was named.
    well_known: Option<String>,
}

impl FromStr for RewardAddressArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("//") {
            let named = Keyring::iter().find(|key| name_of(*key) == text);
            let key = named
                .ok_or_else(|| format!("no well-known name; they are {}", well_known_names()))?;
            return Ok(Self {
                address: RewardAddress(key.to_account_id().into()),
                well_known: Some(text.to_owned()),
            });
        }
        let account = AccountId32::from_ss58check(text).map_err(|error| {
            format!("neither an SS58 address nor a name such as //Alice: {error}")
        })?;
        Ok(Self {
            address: RewardAddress(account.into()),
            well_known: None,
        })
    }
}

/// The name of a well-known key, by which its secret is derived: //Alice, //Alice//stash.
fn name_of(key: Keyring) -> String {
    key.to_seed().replace("Stash", "//stash")
}

/// The names that test chains know accounts by.
fn well_known_names() -> String {
    let names: Vec<_> = Keyring::iter().map(name_of).collect();
    names.join(", ")
}

impl RewardAddressArgument {
    /// The account, if rewards may go to it on such a chain: well-known names are for chains without
    /// value.
    pub fn on(&self, chain: &ChainType) -> Result<RewardAddress, String> {
        match (&self.well_known, chain) {
            (None, _) | (Some(_), ChainType::Development | ChainType::Local) => Ok(self.address),
            (Some(name), ChainType::Live | ChainType::Custom(_)) => Err(format!(
                "--reward-address {name}: well-known keys are everybody's; give an address of your own"
            )),
        }
    }
}

/// How to farm, as the command line says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FarmingArguments {
    /// Where the plot is; beside the chain's data if not given.
    pub folder: Option<PathBuf>,
    /// How many sectors.
    pub sectors: u32,
    /// Where rewards go.
    pub reward_address: RewardAddressArgument,
}

impl FarmingArguments {
    /// What that means on a chain.
    pub fn options(&self, chain: &ChainType) -> Result<FarmingOptions, String> {
        Ok(FarmingOptions {
            folder: self.folder.clone(),
            sectors: self.sectors,
            reward_address: self.reward_address.on(chain)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sp_core::{Pair, sr25519};

    fn read(text: &str) -> Result<RewardAddressArgument, String> {
        text.parse()
    }

    #[test]
    fn addresses_are_read_and_well_known_keys_stay_on_test_chains() {
        let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
        let address = read(alice).unwrap().on(&ChainType::Live).unwrap();
        let well_known = read("//Alice").unwrap();
        assert_eq!(well_known.on(&ChainType::Development), Ok(address));
        assert_eq!(well_known.on(&ChainType::Local), Ok(address));
        for chain in [ChainType::Live, ChainType::Custom("own".into())] {
            assert!(well_known.on(&chain).unwrap_err().contains("everybody's"));
        }
        assert!(read("5Grw").unwrap_err().contains("SS58"));
        for key in Keyring::iter() {
            let derived = sr25519::Pair::from_string(&name_of(key), None).unwrap();
            assert_eq!(derived.public(), key.public());
            let address = read(&name_of(key)).unwrap().on(&ChainType::Local);
            assert_eq!(address, Ok(RewardAddress(derived.public().0)));
        }
        // Nobody has its key, and everybody can make it.
        let error = read("//Nobody").unwrap_err();
        assert!(
            error.starts_with("no well-known name; they are //Alice, //Bob, "),
            "{error}"
        );
    }
}
