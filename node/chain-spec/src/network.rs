//! A network of one's own: from a small file to the genesis of a chain.
//!
//! The file is TOML or JSON. What it does not say is as in the test network that is built in, whose genesis the caller
//! hands over. Every field is checked before anything is made of it; the error names the field and what would be right.
//!
//! | field | what | where it is not given |
//! |---|---|---|
//! | `name` | name for people, 1 to 64 bytes | must be given |
//! | `id` | name of folders and protocols: letters, digits, `-`, `_` | must be given |
//! | `sectors` | sectors that farm from the start: the first solution range is made for them | must be given |
//! | `kind` | `live`, `local` or `development` | `live` |
//! | `boot_nodes` | addresses of nodes to begin with | none |
//! | `entropy` | public text that nobody could know beforehand, at most 1,024 bytes | the name |
//! | `fixed_price` | price of a byte of pieces in the smallest unit | the price follows the space |
//! | `stewards` | `members`, `threshold`, `delay`: who schedules calls as root, and how long before | nobody |
//! | `endowed` | list of `account` and `ald`: who starts with money | nobody |
//! | `parameters` | any of the chain's parameters, by the name in a specification | the test network's |

use crate::is_id;
use allod_core::{ChainParameters, SolutionRange, parameters::MAX_EXTERNAL_ENTROPY_BYTES};
use pallet_stewards::Council;
use sc_chain_spec::ChainType;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sp_core::crypto::{AccountId32, Ss58Codec};

/// Largest file that describes a network, in bytes.
pub const MAX_NETWORK_BYTES: u64 = 64 * 1024;
/// Longest name of a network, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// Most sectors at the start: far above what one network has, and small enough for every range.
const MAX_LAUNCH_SECTORS: u64 = 1 << 32;
/// Most addresses of boot nodes.
const MAX_BOOT_NODES: usize = 64;
/// Most accounts that start with money.
const MAX_ENDOWED: usize = 256;
/// Most ALD that an account starts with: whole numbers of JSON end below 2^64 smallest units.
const MAX_ENDOWMENT: u64 = 18_000_000;
/// What a fixed price must be.
const FIXED_PRICE_RANGE: &str =
    "must be above 0; left out, the price of a byte follows the space pledged";
/// Smallest units of an ALD.
const ALD: u64 = 1_000_000_000_000;

/// Why a file describes no network.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// It is too long to be one.
    #[error("{0} bytes; a network is described in at most {MAX_NETWORK_BYTES}")]
    TooLong(u64),
    /// It is no text.
    #[error("it is no text in UTF-8")]
    NoText,
    /// It is no JSON, or has a field that there is none of, or one of another type.
    #[error("{0}")]
    Json(serde_json::Error),
    /// It is no TOML, or has a field that there is none of, or one of another type.
    #[error("{0}")]
    Toml(toml::de::Error),
    /// A field is out of its range.
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkFile {
    /// Name for people.
    pub name: String,
    /// Name of folders and protocols.
    pub id: String,
    /// Sectors that farm from the start.
    pub sectors: u64,
    /// What kind of chain it is.
    #[serde(default)]
    pub kind: NetworkKind,
    /// Addresses of nodes to begin with.
    #[serde(default)]
    pub boot_nodes: Vec<String>,
    /// Public text for the first seed.
    pub entropy: Option<String>,
    /// Price of a byte, if it is to be always the same.
    pub fixed_price: Option<u64>,
    /// Who schedules calls as root.
    pub stewards: Option<StewardsFile>,
    /// Who starts with money.
    #[serde(default)]
    pub endowed: Vec<EndowedFile>,
    /// Parameters that are not those of the test network.
    #[serde(default)]
    pub parameters: Map<String, Value>,
}

/// What kind of chain it is, for the node's defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NetworkKind {
    /// On the internet, with money that is worth something: well-known accounts are refused where one's own is meant.
    #[default]
    Live,
    /// In one network, for tests.
    Local,
    /// On one machine.
    Development,
}

/// The stewards.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StewardsFile {
    /// Their addresses.
    pub members: Vec<String>,
    /// How many of them it takes.
    pub threshold: u16,
    /// Blocks between scheduling and dispatch.
    pub delay: u32,
}

/// An account that starts with money.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndowedFile {
    /// Its address.
    pub account: String,
    /// How much, in whole ALD.
    pub ald: u64,
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
    /// Reads a file, which is JSON if its first character is `{`, else TOML.
    ///
    /// # Errors
    /// One variant of [`NetworkError`] for each cause, with line and column where there are such.
    pub fn read(bytes: &[u8]) -> Result<Self, NetworkError> {
        let length = bytes.len() as u64;
        if length > MAX_NETWORK_BYTES {
            return Err(NetworkError::TooLong(length));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| NetworkError::NoText)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(NetworkError::Json)
        } else {
            toml::from_str(text).map_err(NetworkError::Toml)
        }
    }

    /// Checks every field; `testnet` is the genesis of the test network that is built in.
    ///
    /// # Errors
    /// [`NetworkError::Field`] for the first field that is out of its range.
    pub fn check(&self, testnet: &Value) -> Result<Network, NetworkError> {
        check_name(&self.name)?;
        check_id(&self.id)?;
        let mut genesis = json!({
            "farming": { "parameters": self.parameters(testnet)? },
            "balances": { "balances": self.balances()? },
        });
        if let Some(stewards) = &self.stewards {
            insert(&mut genesis, "stewards", stewards.genesis()?);
        }
        if let Some(price) = self.fixed_price {
            if price == 0 {
                return Err(wrong("fixed_price", FIXED_PRICE_RANGE));
            }
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

    fn parameters(&self, testnet: &Value) -> Result<Value, NetworkError> {
        let defaults = testnet.pointer("/farming/parameters").cloned();
        let mut fields = match defaults {
            Some(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        for (field, value) in &self.parameters {
            if !fields.contains_key(field) {
                let known: Vec<&str> = fields.keys().map(String::as_str).collect();
                let expected =
                    format!("there is no such parameter; there are {}", known.join(", "));
                return Err(wrong(format!("parameters.{field}"), expected));
            }
            fields.insert(field.clone(), value.clone());
            // One at a time, so that the error is that of this field.
            if let Err(error) = serde_json::from_value::<ChainParameters>(fields.clone().into()) {
                return Err(wrong(format!("parameters.{field}"), error.to_string()));
            }
        }
        let parameters: ChainParameters = serde_json::from_value(fields.into())
            .map_err(|error| wrong("parameters", error.to_string()))?;
        let parameters = ChainParameters {
            initial_solution_range: self.range(&parameters)?,
            external_entropy: self.entropy()?,
            ..parameters
        };
        parameters
            .check()
            .map_err(|error| wrong(format!("parameters.{}", error.field), error.expected))?;
        serde_json::to_value(parameters).map_err(NetworkError::Json)
    }

    fn range(&self, parameters: &ChainParameters) -> Result<SolutionRange, NetworkError> {
        if self.parameters.contains_key("initialSolutionRange") {
            return Ok(parameters.initial_solution_range);
        }
        if !(1..=MAX_LAUNCH_SECTORS).contains(&self.sectors) {
            return Err(wrong(
                "sectors",
                format!("must be from 1 to {MAX_LAUNCH_SECTORS}"),
            ));
        }
        Ok(SolutionRange::initial(
            parameters.pieces_per_sector,
            self.sectors,
            parameters.slot_probability,
        ))
    }

    fn entropy(&self) -> Result<Vec<u8>, NetworkError> {
        let text = self.entropy.as_ref().unwrap_or(&self.name);
        if text.len() > MAX_EXTERNAL_ENTROPY_BYTES {
            let expected = format!("must have at most {MAX_EXTERNAL_ENTROPY_BYTES} bytes");
            return Err(wrong("entropy", expected));
        }
        Ok(text.as_bytes().to_vec())
    }

    fn balances(&self) -> Result<Vec<Value>, NetworkError> {
        if self.endowed.len() > MAX_ENDOWED {
            return Err(wrong(
                "endowed",
                format!("must be at most {MAX_ENDOWED} accounts"),
            ));
        }
        let mut seen = std::collections::BTreeSet::new();
        let mut balances = Vec::new();
        for (index, endowed) in self.endowed.iter().enumerate() {
            let field = format!("endowed[{index}].account");
            let account = parse_account(&field, &endowed.account)?;
            if !seen.insert(account.clone()) {
                return Err(wrong(field, "must be named once"));
            }
            if !(1..=MAX_ENDOWMENT).contains(&endowed.ald) {
                let expected = format!("must be from 1 to {MAX_ENDOWMENT} whole ALD");
                return Err(wrong(format!("endowed[{index}].ald"), expected));
            }
            let amount = endowed.ald.saturating_mul(ALD);
            balances.push(json!([account.to_ss58check(), amount]));
        }
        Ok(balances)
    }

    fn boot_nodes(&self) -> Result<Vec<sc_network::config::MultiaddrWithPeerId>, NetworkError> {
        if self.boot_nodes.len() > MAX_BOOT_NODES {
            return Err(wrong(
                "boot_nodes",
                format!("must be at most {MAX_BOOT_NODES}"),
            ));
        }
        let parsed = self.boot_nodes.iter().enumerate().map(|(index, address)| {
            address.parse().map_err(|error| {
                let expected = format!(
                    "must be an address such as /dns/example.org/tcp/30333/p2p/12D3Koo…: {error}"
                );
                wrong(format!("boot_nodes[{index}]"), expected)
            })
        });
        parsed.collect()
    }
}

impl StewardsFile {
    /// The same stewards, if they are as their rules say.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn checked(self) -> Result<Self, NetworkError> {
        self.genesis().map(|_| self)
    }

    fn genesis(&self) -> Result<Value, NetworkError> {
        let members =
            self.members.iter().enumerate().map(|(index, member)| {
                parse_account(&format!("stewards.members[{index}]"), member)
            });
        let members = members.collect::<Result<Vec<_>, _>>()?;
        let council = Council::new(members, self.threshold, self.delay).map_err(|error| {
            let text = error.to_string();
            let (field, expected) = text.split_once(": ").unwrap_or(("members", &text));
            wrong(format!("stewards.{field}"), expected)
        })?;
        let members: Vec<String> = council
            .members
            .iter()
            .map(Ss58Codec::to_ss58check)
            .collect();
        Ok(json!({ "members": members, "threshold": self.threshold, "delay": self.delay }))
    }
}

/// Checks what a genesis says about price and stewards, which the runtime would refuse by a panic; `path` is where the
/// genesis stands in its specification.
///
/// # Errors
/// [`NetworkError::Field`] for the first field that is out of its range.
pub fn check_genesis(path: &str, genesis: &Value) -> Result<(), NetworkError> {
    if genesis.pointer("/storageFees/fixedPrice") == Some(&json!(0)) {
        let field = format!("{path}.storageFees.fixedPrice");
        return Err(wrong(field, FIXED_PRICE_RANGE));
    }
    let Some(stewards) = genesis.get("stewards") else {
        return Ok(());
    };
    if stewards.pointer("/members") == Some(&json!([])) {
        return Ok(());
    }
    let stewards: StewardsFile = serde_json::from_value(stewards.clone())
        .map_err(|error| wrong(format!("{path}.stewards"), error.to_string()))?;
    match stewards.checked() {
        Err(NetworkError::Field { field, expected }) => {
            Err(wrong(format!("{path}.{field}"), expected))
        }
        other => other.map(|_| ()),
    }
}

fn insert(genesis: &mut Value, pallet: &str, content: Value) {
    if let Some(pallets) = genesis.as_object_mut() {
        pallets.insert(pallet.into(), content);
    }
}

/// Checks a network's name.
///
/// # Errors
/// What would be right.
pub fn check_name(name: &str) -> Result<(), NetworkError> {
    let printable = !name.trim().is_empty() && !name.chars().any(char::is_control);
    if printable && name.len() <= MAX_NAME_BYTES {
        return Ok(());
    }
    let expected = format!("must be a line of 1 to {MAX_NAME_BYTES} bytes that can be seen");
    Err(wrong("name", expected))
}

/// Checks a network's id.
///
/// # Errors
/// What would be right.
pub fn check_id(id: &str) -> Result<(), NetworkError> {
    if is_id(id) {
        return Ok(());
    }
    let expected = format!(
        "must be 1 to {} letters, digits, - and _, since a folder is called so",
        crate::MAX_ID_BYTES
    );
    Err(wrong("id", expected))
}

/// Reads an address.
fn parse_account(field: &str, text: &str) -> Result<AccountId32, NetworkError> {
    AccountId32::from_ss58check(text).map_err(|_| {
        let expected = format!(
            "`{text}` is no address, such as 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
        );
        wrong(field, expected)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TESTNET: &[u8] = include_bytes!("../../../chain-specs/local.json");
    const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    const BOB: &str = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

    /// The genesis whose parameters are the defaults here.
    fn defaults() -> Value {
        let spec: Value = serde_json::from_slice(TESTNET).unwrap();
        spec.pointer("/genesis/runtimeGenesis/patch")
            .unwrap()
            .clone()
    }

    fn small() -> String {
        format!(
            r#"
            name = "My Network"
            id = "my-network"
            sectors = 64
            [stewards]
            members = ["{BOB}", "{ALICE}"]
            threshold = 2
            delay = 100
            [[endowed]]
            account = "{ALICE}"
            ald = 1000
            [parameters]
            slotProbability = [1, 3]
            "#
        )
    }

    fn network(text: &str) -> Result<Network, String> {
        let file = NetworkFile::read(text.as_bytes()).map_err(|error| error.to_string())?;
        file.check(&defaults()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_network_is_what_its_file_says_and_else_the_test_network() {
        let network = network(&small()).unwrap();
        assert_eq!(network.kind, ChainType::Live);
        let parameters = &network.genesis["farming"]["parameters"];
        let parameters: ChainParameters = serde_json::from_value(parameters.clone()).unwrap();
        let default = defaults()["farming"]["parameters"].clone();
        let default: ChainParameters = serde_json::from_value(default).unwrap();
        let expected = ChainParameters {
            slot_probability: (1, 3),
            initial_solution_range: SolutionRange::initial(default.pieces_per_sector, 64, (1, 3)),
            external_entropy: b"My Network".to_vec(),
            ..default
        };
        assert_eq!(parameters, expected);
        assert_eq!(
            network.genesis["balances"]["balances"],
            json!([[ALICE, 1_000_000_000_000_000_u64]])
        );
        assert_eq!(network.genesis["stewards"]["threshold"], 2);
        assert_eq!(network.genesis.get("storageFees"), None);
        assert_eq!(network.genesis.get("sudo"), None);
    }

    #[test]
    fn toml_and_json_say_the_same() {
        let json = format!(
            r#"{{ "name": "My Network", "id": "my-network", "sectors": 64,
                  "stewards": {{ "members": ["{BOB}", "{ALICE}"], "threshold": 2, "delay": 100 }},
                  "endowed": [{{ "account": "{ALICE}", "ald": 1000 }}],
                  "parameters": {{ "slotProbability": [1, 3] }} }}"#
        );
        let read = |text: &str| NetworkFile::read(text.as_bytes()).unwrap();
        assert_eq!(read(&json), read(&small()));
        // As some editors write files.
        assert_eq!(read(&format!("\u{feff}{json}")), read(&json));
    }

    #[test]
    fn each_wrong_field_is_named_with_what_would_be_right() {
        for (from, to, expected) in [
            ("My Network", "", "field `name`: must be a line"),
            ("My Network", "a\\nb", "field `name`: must be a line"),
            (
                "my-network",
                "My Net/1",
                "field `id`: must be 1 to 64 letters",
            ),
            (
                "sectors = 64",
                "sectors = 0",
                "field `sectors`: must be from 1",
            ),
            ("sectors = 64", "sectors = -1", "sectors"),
            ("sectors = 64", "", "missing field `sectors`"),
            (
                "sectors = 64",
                "sectors = 64\nsectrs = 1",
                "unknown field `sectrs`",
            ),
            (
                "sectors = 64",
                "sectors = 64\nfixed_price = 0",
                "field `fixed_price`: must be above 0",
            ),
            (
                "sectors = 64",
                "sectors = 64\nkind = \"main\"",
                "unknown variant `main`",
            ),
            (
                "sectors = 64",
                "sectors = 64\nboot_nodes = [\"x\"]",
                "field `boot_nodes[0]`: must be an address",
            ),
            (
                BOB,
                "5Bob",
                "field `stewards.members[0]`: `5Bob` is no address",
            ),
            (
                BOB,
                ALICE,
                "field `stewards.members`: must name each account once",
            ),
            (
                "threshold = 2",
                "threshold = 3",
                "field `stewards.threshold`: must be at least 2",
            ),
            (
                "delay = 100",
                "delay = 0",
                "field `stewards.delay`: must be above 0",
            ),
            (
                "ald = 1000",
                "ald = 0",
                "field `endowed[0].ald`: must be from 1",
            ),
            (
                "[1, 3]",
                "[2, 1]",
                "field `parameters.slotProbability`: must be above 0",
            ),
            (
                "[1, 3]",
                "\"often\"",
                "field `parameters.slotProbability`: invalid type",
            ),
            (
                "slotProbability",
                "slotProbabilty",
                "field `parameters.slotProbabilty`: there is no such parameter",
            ),
            (
                "slotProbability = [1, 3]",
                "initialIterations = 17",
                "field `parameters.initialIterations`: must be a multiple of 16",
            ),
        ] {
            let error = network(&small().replacen(from, to, 1)).err().unwrap();
            assert!(error.contains(expected), "{from} -> {to}: {error}");
        }
    }

    #[test]
    fn a_specification_is_checked_by_the_same_rules() {
        let stewards = |members: Value, threshold| json!({ "stewards": { "members": members, "threshold": threshold, "delay": 1 } });
        let check =
            |genesis: Value| check_genesis("genesis", &genesis).map_err(|error| error.to_string());
        assert_eq!(check(stewards(json!([ALICE, BOB]), 2)), Ok(()));
        assert_eq!(check(stewards(json!([]), 0)), Ok(()));
        assert_eq!(check(json!({})), Ok(()));
        for (genesis, expected) in [
            (
                stewards(json!([ALICE, BOB]), 3),
                "field `genesis.stewards.threshold`: must be",
            ),
            (
                stewards(json!([ALICE]), 2),
                "field `genesis.stewards.members`: must be from 2",
            ),
            (
                json!({ "stewards": 7 }),
                "field `genesis.stewards`: invalid type",
            ),
            (
                json!({ "storageFees": { "fixedPrice": 0 } }),
                "field `genesis.storageFees.fixedPrice`: must be above 0",
            ),
        ] {
            let error = check(genesis).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn what_is_no_file_of_a_network_is_refused() {
        let long = vec![b' '; 65_537];
        assert!(matches!(
            NetworkFile::read(&long),
            Err(NetworkError::TooLong(65_537))
        ));
        assert!(matches!(
            NetworkFile::read(b"\xff"),
            Err(NetworkError::NoText)
        ));
        assert!(matches!(
            NetworkFile::read(b"{"),
            Err(NetworkError::Json(_))
        ));
        assert!(matches!(
            NetworkFile::read(b"name ="),
            Err(NetworkError::Toml(_))
        ));
        let entropy = format!("entropy = \"{}\"\n", "a".repeat(1_025));
        let error = network(&(entropy + &small())).err().unwrap();
        assert!(
            error.contains("field `entropy`: must have at most 1024 bytes"),
            "{error}"
        );
    }
}
