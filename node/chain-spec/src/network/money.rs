//! Stewards, endowments and price of a network, and the same in the genesis of a specification.

use super::{NetworkError, NetworkFile, read::Fields, wrong};
use pallet_stewards::Council;
use serde_json::{Value, json};
use sp_core::crypto::{AccountId32, Ss58Codec};
use std::collections::BTreeSet;

/// Most accounts that start with money.
const MAX_ENDOWED: usize = 256;
/// Most ALD that an account starts with: in smallest units, whole numbers of other tools' JSON end below 2^64.
const MAX_ENDOWMENT: u64 = 18_000_000;
/// Most blocks that stewards wait for: a year, at a block in six seconds.
const MAX_DELAY: u32 = 5_256_000;
/// Smallest units of an ALD.
const ALD: u128 = 1_000_000_000_000;
/// Most that all accounts together start with, in whole ALD: as much as rewards ever issue.
const MAX_ENDOWED_ALD: u64 = 420_000_000;
/// The same in smallest units.
pub const MAX_ENDOWMENTS: u128 = MAX_ENDOWED_ALD as u128 * ALD;
/// Most that a byte of pieces may cost, in smallest units: what a price that follows the space is never above.
pub const MAX_FIXED_PRICE: u64 = 100_000_000_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StewardsFile {
    /// Their addresses.
    pub members: Vec<String>,
    /// How many of them it takes.
    pub threshold: u16,
    /// Blocks between scheduling and dispatch.
    pub delay: u32,
}

/// An account that starts with money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndowedFile {
    /// Its address.
    pub account: String,
    /// How much, in whole ALD.
    pub ald: u64,
}

impl NetworkFile {
    pub(super) fn balances(&self) -> Result<Vec<Value>, NetworkError> {
        if self.endowed.len() > MAX_ENDOWED {
            let expected = format!(
                "must be at most {MAX_ENDOWED} accounts, not {}",
                self.endowed.len()
            );
            return Err(wrong("endowed", expected));
        }
        let mut seen = BTreeSet::new();
        let mut balances = Vec::new();
        let mut left = MAX_ENDOWED_ALD;
        for (index, endowed) in self.endowed.iter().enumerate() {
            let field = format!("endowed[{index}].account");
            let account = parse_account(&field, &endowed.account)?;
            if !seen.insert(account.clone()) {
                return Err(wrong(field, "must be named once"));
            }
            let given = endowed.ald;
            let field = format!("endowed[{index}].ald");
            if !(1..=MAX_ENDOWMENT).contains(&given) {
                let expected = format!("must be from 1 to {MAX_ENDOWMENT} whole ALD, not {given}");
                return Err(wrong(field, expected));
            }
            if given > left {
                let expected = format!(
                    "must be at most {left}, not {given}: all accounts together start with at most {MAX_ENDOWED_ALD} ALD"
                );
                return Err(wrong(field, expected));
            }
            left = left.saturating_sub(given);
            let amount = u128::from(given).saturating_mul(ALD);
            balances.push(json!([account.to_ss58check(), amount]));
        }
        Ok(balances)
    }
}

impl StewardsFile {
    /// Reads them; `path` is where they stand.
    pub(super) fn read(path: &str, value: Value) -> Result<Self, NetworkError> {
        let mut fields = Fields::of(path, value, &["members", "threshold", "delay"])?;
        Ok(Self {
            members: fields.texts("members")?,
            threshold: fields.number("threshold")?,
            delay: fields.number("delay")?,
        })
    }

    /// The same stewards, if they are as their rules say.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn checked(self) -> Result<Self, NetworkError> {
        self.genesis().map(|_| self)
    }

    pub(super) fn genesis(&self) -> Result<Value, NetworkError> {
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
        if self.delay > MAX_DELAY {
            let expected = format!("must be from 1 to {MAX_DELAY}, not {}", self.delay);
            return Err(wrong("stewards.delay", expected));
        }
        let members: Vec<String> = council
            .members
            .iter()
            .map(Ss58Codec::to_ss58check)
            .collect();
        Ok(json!({ "members": members, "threshold": self.threshold, "delay": self.delay }))
    }
}

impl EndowedFile {
    pub(super) fn read(path: &str, value: Value) -> Result<Self, NetworkError> {
        let mut fields = Fields::of(path, value, &["account", "ald"])?;
        Ok(Self {
            account: fields.text("account")?,
            ald: fields.number("ald")?,
        })
    }
}

/// Checks a price that is always the same.
pub(super) fn check_price(field: &str, price: &Value) -> Result<(), NetworkError> {
    let number = price.to_string().parse::<u64>();
    if number.is_ok_and(|price| (1..=MAX_FIXED_PRICE).contains(&price)) {
        return Ok(());
    }
    let expected = format!(
        "must be from 1 to {MAX_FIXED_PRICE} of the smallest units, not {price}; left out, the price of a byte follows \
         the space pledged"
    );
    Err(wrong(field, expected))
}

/// Checks what a genesis says about price, endowments and stewards, which the runtime would refuse by a panic; `path` is
/// where the genesis stands in its specification.
///
/// # Errors
/// [`NetworkError::Field`] for the first field that is out of its range.
pub fn check_genesis(path: &str, genesis: &Value) -> Result<(), NetworkError> {
    if let Some(price) = genesis.pointer("/storageFees/fixedPrice")
        && !price.is_null()
    {
        check_price(&format!("{path}.storageFees.fixedPrice"), price)?;
    }
    check_endowments(path, genesis)?;
    let Some(stewards) = genesis.get("stewards") else {
        return Ok(());
    };
    if stewards.pointer("/members") == Some(&json!([])) {
        return Ok(());
    }
    let field = format!("{path}.stewards");
    match StewardsFile::read(&field, stewards.clone())?.checked() {
        Err(NetworkError::Field { field, expected }) => {
            Err(wrong(format!("{path}.{field}"), expected))
        }
        other => other.map(|_| ()),
    }
}

/// What is no list of pairs, the runtime refuses by itself.
fn check_endowments(path: &str, genesis: &Value) -> Result<(), NetworkError> {
    let balances = genesis.pointer("/balances/balances");
    let mut total = 0_u128;
    for (index, balance) in balances
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
    {
        let amount = balance.get(1).map(Value::to_string);
        let Some(amount) = amount.and_then(|amount| amount.parse::<u128>().ok()) else {
            continue;
        };
        total = total.saturating_add(amount);
        if total > MAX_ENDOWMENTS {
            let expected = format!(
                "all accounts together start with at most {MAX_ENDOWMENTS}, {MAX_ENDOWED_ALD} ALD, and with {amount} \
                 here it is more"
            );
            return Err(wrong(
                format!("{path}.balances.balances[{index}][1]"),
                expected,
            ));
        }
    }
    Ok(())
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
