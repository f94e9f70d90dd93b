//! The state that a specification begins with, or the field that the runtime refuses.
//!
//! The runtime reads its genesis as JSON. What it cannot read it tells by line and column of a text that nobody has
//! seen, with all of that text behind it; what it can read and does not like ends in a panic without words. Both
//! become one line with a field here.

use crate::GENESIS_FORMS;
use sc_chain_spec::{ChainSpec, GenesisConfigBuilderRuntimeCaller};
use serde_json::{Map, Value};
use sp_core::storage::Storage;

/// The runtime refuses a genesis.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
    /// At a field of it.
    #[error("field `{field}`: {cause}")]
    Field {
        /// Its path in the specification.
        field: String,
        /// What the runtime says.
        cause: String,
    },
    /// At no field that could be found.
    #[error("field `genesis`: {0}")]
    Genesis(String),
}

/// Why a panic of the runtime has no other cause: WASM leaves none.
const PANICKED: &str = "the runtime refuses these values, such as an account that is listed twice or has less than \
                        the existential deposit";

/// The state of the genesis block.
///
/// # Errors
/// [`GenesisError`], where the runtime refuses what the specification says.
pub fn genesis_storage(spec: &dyn ChainSpec) -> Result<Storage, GenesisError> {
    let refused = match spec.as_storage_builder().build_storage() {
        Ok(storage) => return Ok(storage),
        Err(refused) => refused,
    };
    let json = spec.as_json(false).unwrap_or_default();
    let spec: Value = serde_json::from_str(&json).unwrap_or_default();
    let plain = spec.pointer("/genesis/runtimeGenesis");
    let plain = plain.and_then(Value::as_object);
    let content = plain.and_then(|plain| {
        GENESIS_FORMS
            .into_iter()
            .find_map(|form| Some((form, plain.get(form)?.as_object()?)))
    });
    let Some((form, content)) = content else {
        return Err(GenesisError::Genesis(first_line(&refused)));
    };
    let path = format!("genesis.runtimeGenesis.{form}");
    if let Some((field, cause)) = misread(&refused) {
        let field = match field.as_str() {
            "" => path,
            field => format!("{path}.{field}"),
        };
        return Err(GenesisError::Field { field, cause });
    }
    let code = plain.and_then(|plain| plain.get("code"));
    Err(match code.and_then(|code| disliked(code, content)) {
        Some(section) => GenesisError::Field {
            field: format!("{path}.{section}"),
            cause: PANICKED.into(),
        },
        None => GenesisError::Genesis(first_line(&refused)),
    })
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// Field and cause of "Invalid JSON blob: CAUSE at line L column C for blob:", and the blob.
fn misread(refused: &str) -> Option<(String, String)> {
    let (message, blob) = refused.split_once(" for blob:\n")?;
    let message = message.strip_prefix("Invalid JSON blob: ")?;
    let (cause, position) = message.rsplit_once(" at line ")?;
    let (line, column) = position.split_once(" column ")?;
    let place = Place {
        line: line.parse().ok()?,
        column: column.parse().ok()?,
    };
    let missing = cause.starts_with("missing field");
    Some((path_at(blob, place, missing), cause.to_owned()))
}

/// The section of a genesis that the runtime panics over, found by giving it each one alone. All need the
/// parameters of the chain.
fn disliked(code: &Value, content: &Map<String, Value>) -> Option<String> {
    let code = code.as_str()?.strip_prefix("0x")?;
    let code = hex::decode(code).ok()?;
    let caller = GenesisConfigBuilderRuntimeCaller::<sp_io::SubstrateHostFunctions>::new(&code);
    let needed = content.get_key_value("farming");
    let sections = content.iter().filter(|(name, _)| *name != "farming");
    sections
        .map(|section| (section.0, Some(section)))
        .chain(needed.map(|needed| (needed.0, None)))
        .find_map(|(name, section)| {
            let alone = section.into_iter().chain(needed);
            let alone: Map<_, _> = alone
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            let refused = caller.get_storage_for_patch(alone.into()).is_err();
            refused.then(|| name.clone())
        })
}

/// A place in a text, both counted from 1; the column is that of the last byte that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
}

/// One level of a JSON text.
enum Level {
    /// With the name that was read last.
    Object(String),
    /// With the index of the element that is being read.
    Array(usize),
}

/// The path of the value in which the reader of a JSON text was, or which it had just read; of the object around
/// it if what it missed is a field there.
fn path_at(text: &str, place: Place, around: bool) -> String {
    let before = text
        .split_inclusive('\n')
        .take(place.line.saturating_sub(1))
        .map(str::len)
        .sum::<usize>();
    let end = before.saturating_add(place.column).min(text.len());
    let mut reader = PathReader {
        around,
        ..PathReader::default()
    };
    let read = text.char_indices().take_while(|(at, _)| *at < end);
    read.for_each(|(_, sign)| reader.read(sign));
    reader.path
}

/// Follows a JSON text sign by sign, as far as paths need it.
#[derive(Default)]
struct PathReader {
    levels: Vec<Level>,
    /// Of the last value that began before the place.
    path: String,
    /// What has been read of a string, within one.
    string: Option<String>,
    escaped: bool,
    /// Whether a value has begun since the last sign between values.
    begun: bool,
    /// Whether an object that ends is at fault, since something is missing in it.
    around: bool,
}

impl PathReader {
    fn read(&mut self, sign: char) {
        match self.string.take() {
            Some(content) => self.read_in_string(content, sign),
            None => self.read_between_strings(sign),
        }
    }

    fn read_in_string(&mut self, mut content: String, sign: char) {
        match sign {
            _ if self.escaped => self.escaped = false,
            '\\' => self.escaped = true,
            '"' => return self.end_string(content),
            sign => content.push(sign),
        }
        self.string = Some(content);
    }

    fn end_string(&mut self, content: String) {
        // A name, if no colon came yet; the value is none of an object's names.
        if let Some(Level::Object(name)) = self.levels.last_mut().filter(|_| !self.begun) {
            *name = content;
            self.be_here();
        }
    }

    fn read_between_strings(&mut self, sign: char) {
        match sign {
            '"' => self.begin_string(),
            '{' => self.enter(Level::Object(String::new())),
            '[' => self.enter(Level::Array(0)),
            '}' | ']' => self.leave(),
            ':' => self.begun = true,
            ',' => self.go_to_next(),
            sign if sign.is_whitespace() => {}
            _ => self.be_here(),
        }
    }

    fn begin_string(&mut self) {
        self.string = Some(String::new());
        match self.levels.last() {
            Some(Level::Array(_)) => {
                self.begun = true;
                self.be_here();
            }
            Some(Level::Object(_)) | None => {}
        }
    }

    fn enter(&mut self, level: Level) {
        self.be_here();
        self.levels.push(level);
        self.begun = false;
    }

    fn leave(&mut self) {
        self.levels.pop();
        self.begun = true;
        if self.around {
            self.be_here();
        }
    }

    fn go_to_next(&mut self) {
        self.begun = false;
        match self.levels.last_mut() {
            Some(Level::Array(index)) => *index = index.saturating_add(1),
            Some(Level::Object(_)) | None => {}
        }
    }

    /// What begins here is the last value that began.
    fn be_here(&mut self) {
        self.path = shown(&self.levels);
    }
}

fn shown(levels: &[Level]) -> String {
    let mut path = String::new();
    for level in levels {
        match level {
            Level::Object(name) if path.is_empty() => path.push_str(name),
            Level::Object(name) => {
                path.push('.');
                path.push_str(name);
            }
            Level::Array(index) => path.push_str(&format!("[{index}]")),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    /// Shaped as a genesis is.
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is only read into")]
    struct Genesis {
        balances: Section,
        other: Option<Other>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is only read into")]
    struct Section {
        list: Vec<(String, u64)>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is only read into")]
    struct Other {
        key: char,
        flag: bool,
    }

    /// The field at which serde stops.
    fn field_of(genesis: Value) -> String {
        let text = serde_json::to_string_pretty(&genesis).unwrap();
        let error = serde_json::from_str::<Genesis>(&text).unwrap_err();
        let refused = format!("Invalid JSON blob: {error} for blob:\n{text}");
        misread(&refused).unwrap().0
    }

    #[test]
    fn the_place_at_which_a_runtime_stops_reading_is_a_field() {
        let list = |list: Value| json!({ "balances": { "list": list } });
        assert_eq!(
            field_of(list(json!([["a", 1], ["b", -2]]))),
            "balances.list[1][1]"
        );
        assert_eq!(
            field_of(list(json!([["a", 1], [7, 2]]))),
            "balances.list[1][0]"
        );
        assert_eq!(field_of(list(json!([["a", "1"]]))), "balances.list[0][1]");
        assert_eq!(field_of(list(json!({ "a": 1 }))), "balances.list");
        let unknown = json!({ "balances": { "list": [["a", 1]], "wrong": 1 } });
        assert_eq!(field_of(unknown), "balances.wrong");
        assert_eq!(field_of(json!({ "balances": {} })), "balances");
        assert_eq!(field_of(json!({ "bananas": {} })), "bananas");
        let other = |other: Value| json!({ "balances": { "list": [["a\"]", 1]] }, "other": other });
        assert_eq!(
            field_of(other(json!({ "flag": true, "key": "xy" }))),
            "other.key"
        );
        assert_eq!(field_of(other(json!({ "key": "x" }))), "other");
        assert_eq!(
            field_of(other(json!({ "flag": 1, "key": "x" }))),
            "other.flag"
        );
    }
}
