//! A network of one's own: from a small file to the genesis of a chain.
//!
//! The file is TOML or JSON. What it does not say is as in the test network that is built in, whose genesis the caller
//! hands over. Every field is checked before anything is made of it; the error names the field and what would be right.
//!
//! | field | what | where it is not given |
//! |---|---|---|
//! | `name` | name for people, 1 to 64 bytes that can be seen | must be given |
//! | `id` | name of folders and protocols: letters, digits, `-`, `_` | must be given |
//! | `sectors` | sectors that farm from the start: the first solution range is made for them | must be given |
//! | `kind` | `live`, `local` or `development` | `live` |
//! | `boot_nodes` | addresses of nodes to begin with | none |
//! | `entropy` | public text that nobody could know beforehand, 1 to 1,024 bytes | the name |
//! | `fixed_price` | price of a byte of pieces in the smallest unit | the price follows the space |
//! | `stewards` | `members`, `threshold`, `delay`: who schedules calls as root, and how long before | nobody |
//! | `endowed` | list of `account` and `ald`: who starts with money | nobody |
//! | `parameters` | any of the chain's parameters, by the name in a specification | the test network's |
//!
//! What no chain can have, [`ChainParameters::check`](allod_core::ChainParameters::check) refuses, and the runtime with
//! it. What a chain can have and a network on the internet cannot live with is refused for the kind `live` only.
//!
//! | module | holds |
//! |---|---|
//! | `read` | from bytes to fields, whichever of the two forms they have |
//! | `names` | name and id |
//! | `parameters` | the chain's parameters |
//! | `money` | stewards, endowments, price |

mod money;
mod names;
mod parameters;
mod read;
#[cfg(test)]
mod tests;

pub use money::{EndowedFile, MAX_ENDOWMENTS, MAX_FIXED_PRICE, StewardsFile, check_genesis};
pub use names::{check_id, check_name};
pub use parameters::{MAX_LAUNCH_SECTORS, check_sectors};
pub(crate) use parameters::{example, read_parameters};

use sc_chain_spec::ChainType;
use serde_json::{Map, Value, json};

/// Longest file that describes a network, in bytes.
pub const MAX_NETWORK_BYTES: u64 = 64 * 1024;
/// Most addresses of boot nodes.
const MAX_BOOT_NODES: usize = 64;

/// Why a file describes no network.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// It is too long to be one.
    #[error("{0} bytes; a network is described in at most {MAX_NETWORK_BYTES}")]
    TooLong(u64),
    /// It is no text.
    #[error("it is no text in UTF-8")]
    NoText,
    /// It is no JSON.
    #[error("no JSON: {0}")]
    Json(serde_json::Error),
    /// It is no TOML.
    #[error("no TOML, at line {line} column {column}: {cause}")]
    Toml {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// What the reader says.
        cause: String,
    },
    /// A field is none, of another type, or out of its range.
    #[error("field `{field}`: {expected}")]
    Field {
        /// Which one.
        field: String,
        /// What would be right.
        expected: String,
    },
}

fn wrong(field: impl Into<String>, expected: impl Into<String>) -> NetworkError {
    NetworkError::Field {
        field: field.into(),
        expected: expected.into(),
    }
}

/// A network as its file describes it; nothing of it is checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkFile {
    /// Name for people.
    pub name: String,
    /// Name of folders and protocols.
    pub id: String,
    /// Sectors that farm from the start.
    pub sectors: u64,
    /// What kind of chain it is.
    pub kind: NetworkKind,
    /// Addresses of nodes to begin with.
    pub boot_nodes: Vec<String>,
    /// Public text for the first seed.
    pub entropy: Option<String>,
    /// Price of a byte, if it is to be always the same.
    pub fixed_price: Option<u64>,
    /// Who schedules calls as root.
    pub stewards: Option<StewardsFile>,
    /// Who starts with money.
    pub endowed: Vec<EndowedFile>,
    /// Parameters that are not those of the test network.
    pub parameters: Map<String, Value>,
}

/// What kind of chain it is, for the node's defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NetworkKind {
    /// On the internet, with money that is worth something: well-known accounts are refused where one's own is meant.
    #[default]
    Live,
    /// In one network, for tests.
    Local,
    /// On one machine.
    Development,
}

/// A network whose every field is in its range.
#[derive(Debug, Clone)]
pub struct Network {
    /// Name for people.
    pub name: String,
    /// Name of folders and protocols.
    pub id: String,
    /// What kind of chain it is.
    pub kind: ChainType,
    /// Addresses of nodes to begin with.
    pub boot_nodes: Vec<sc_network::config::MultiaddrWithPeerId>,
    /// Its genesis, as a change of the runtime's default.
    pub genesis: Value,
}

impl NetworkFile {
    /// Checks every field; `testnet` is the genesis of the test network that is built in.
    ///
    /// # Errors
    /// [`NetworkError::Field`] for the first field that is out of its range.
    pub fn check(&self, testnet: &Value) -> Result<Network, NetworkError> {
        check_name(&self.name)?;
        check_id(&self.id)?;
        let mut genesis = json!({
            "farming": { "parameters": self.genesis_parameters(testnet)? },
            "balances": { "balances": self.balances()? },
        });
        if let Some(stewards) = &self.stewards {
            insert(&mut genesis, "stewards", stewards.genesis()?);
        }
        if let Some(price) = self.fixed_price {
            money::check_price("fixed_price", &price.into())?;
            insert(&mut genesis, "storageFees", json!({ "fixedPrice": price }));
        }
        Ok(Network {
            name: self.name.clone(),
            id: self.id.clone(),
            kind: match self.kind {
                NetworkKind::Live => ChainType::Live,
                NetworkKind::Local => ChainType::Local,
                NetworkKind::Development => ChainType::Development,
            },
            boot_nodes: self.boot_nodes()?,
            genesis,
        })
    }

    fn boot_nodes(&self) -> Result<Vec<sc_network::config::MultiaddrWithPeerId>, NetworkError> {
        if self.boot_nodes.len() > MAX_BOOT_NODES {
            let expected = format!(
                "must be at most {MAX_BOOT_NODES}, not {}",
                self.boot_nodes.len()
            );
            return Err(wrong("boot_nodes", expected));
        }
        let parsed = self.boot_nodes.iter().enumerate().map(|(index, address)| {
            address.parse().map_err(|error| {
                let expected = format!(
                    "must be an address such as /dns/example.org/tcp/30333/p2p/12D3Koo…, not `{address}`: {error}"
                );
                wrong(format!("boot_nodes[{index}]"), expected)
            })
        });
        parsed.collect()
    }
}

fn insert(genesis: &mut Value, pallet: &str, content: Value) {
    if let Some(pallets) = genesis.as_object_mut() {
        pallets.insert(pallet.into(), content);
    }
}
