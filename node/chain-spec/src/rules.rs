//! `rules` of a specification: which version of the rules of blocks holds from which block on.
//!
//! ```json
//! "rules": [{ "version": 1, "from": 0 }, { "version": 2, "from": 700000 }]
//! ```
//!
//! It is no part of the genesis block: a network whose specification gets a further entry goes on with the databases
//! that it has. A specification without it has version 1 for all blocks.

use allod_block_rules::{Activation, MAX_ACTIVATIONS, RuleSchedule, ScheduleError};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};

/// The field of a specification.
pub const FIELD: &str = "rules";
/// Fields of an entry.
const ENTRY: [&str; 2] = ["version", "from"];

/// Why `rules` are none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// They are something else.
    #[error("field `rules`: must be a list, such as [{{\"version\": 1, \"from\": 0}}]")]
    NoList,
    /// An entry is something else.
    #[error("field `rules[{0}]`: must be an object with `version` and `from`")]
    NoEntry(usize),
    /// A field is missing.
    #[error("field `rules[{index}].{field}` is missing")]
    Missing {
        /// Place in the list.
        index: usize,
        /// Which field.
        field: &'static str,
    },
    /// A field has no meaning.
    #[error("field `rules[{index}].{field}` is unknown; expected one of version, from")]
    Unknown {
        /// Place in the list.
        index: usize,
        /// Which field.
        field: String,
    },
    /// A number is none.
    #[error("field `rules[{index}].{field}`: must be a whole number below 2^32")]
    Number {
        /// Place in the list.
        index: usize,
        /// Which field.
        field: &'static str,
    },
    /// The versions do not follow one another.
    #[error("field `{}`: {}", path(.0), .0)]
    Schedule(#[from] ScheduleError),
}

fn path(error: &ScheduleError) -> String {
    match error.place() {
        Some((index, field)) => format!("{FIELD}[{index}].{field}"),
        None => FIELD.into(),
    }
}

/// Reads the field.
///
/// # Errors
/// [`RulesError`] with the first field that is wrong.
pub fn read(rules: &Value) -> Result<RuleSchedule, RulesError> {
    let entries = rules.as_array().ok_or(RulesError::NoList)?;
    if entries.len() > MAX_ACTIVATIONS {
        return Err(ScheduleError::TooMany(entries.len()).into());
    }
    let activations = entries.iter().enumerate().map(|(index, entry)| {
        let entry = entry.as_object().ok_or(RulesError::NoEntry(index))?;
        activation(index, entry)
    });
    let activations = activations.collect::<Result<_, RulesError>>()?;
    Ok(RuleSchedule::new(activations)?)
}

fn activation(index: usize, entry: &Map<String, Value>) -> Result<Activation, RulesError> {
    let unknown = entry.keys().find(|field| !ENTRY.contains(&field.as_str()));
    if let Some(field) = unknown {
        return Err(RulesError::Unknown {
            index,
            field: field.clone(),
        });
    }
    let number = |field| {
        let value = entry
            .get(field)
            .ok_or(RulesError::Missing { index, field })?;
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        number.ok_or(RulesError::Number { index, field })
    };
    Ok(Activation {
        version: number("version")?,
        from: number("from")?,
    })
}

/// The rules of a network, as its specification has them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkRules(pub RuleSchedule);

/// An entry as it is written.
#[derive(Serialize)]
struct Entry {
    version: u32,
    from: u32,
}

impl Serialize for NetworkRules {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.0.activations().iter().map(|activation| Entry {
            version: activation.version,
            from: activation.from,
        });
        serializer.collect_seq(entries)
    }
}

impl<'de> Deserialize<'de> for NetworkRules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rules = Value::deserialize(deserializer)?;
        read(&rules).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        for (rules, expected) in [
            (json!({}), "field `rules`: must be a list"),
            (json!(null), "field `rules`: must be a list"),
            (json!([]), "field `rules`: must name at least"),
            (json!([1]), "field `rules[0]`: must be an object"),
            (
                json!([{ "version": 1 }]),
                "field `rules[0].from` is missing",
            ),
            (
                json!([{ "from": 0 }]),
                "field `rules[0].version` is missing",
            ),
            (
                json!([{ "version": 1, "from": 0, "until": 5 }]),
                "field `rules[0].until` is unknown; expected one of version, from",
            ),
            (
                json!([{ "version": "1", "from": 0 }]),
                "field `rules[0].version`: must be a whole number",
            ),
            (
                json!([{ "version": 1, "from": 0 }, { "version": 2, "from": 4_294_967_296_u64 }]),
                "field `rules[1].from`: must be a whole number",
            ),
            (
                json!([{ "version": 1, "from": -1 }]),
                "field `rules[0].from`: must be a whole number",
            ),
            (
                json!([{ "version": 1, "from": 2 }]),
                "field `rules[0].from`: must be 0",
            ),
            (
                json!([{ "version": 0, "from": 0 }]),
                "field `rules[0].version`: must be above 0",
            ),
            (
                json!([{ "version": 1, "from": 0 }, { "version": 1, "from": 9 }]),
                "field `rules[1].version`: must be above 1, the version before it, not 1",
            ),
            (
                json!([{ "version": 1, "from": 0 }, { "version": 2, "from": 0 }]),
                "field `rules[1].from`: must be above 0, the block",
            ),
        ] {
            let error = read(&rules).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{rules}: {error}");
        }
        let long: Vec<_> = (0..65)
            .map(|at| json!({ "version": at + 1, "from": at }))
            .collect();
        let error = read(&json!(long)).unwrap_err().to_string();
        assert_eq!(
            error,
            "field `rules`: must name at most 64 versions, not 65"
        );
    }
}
