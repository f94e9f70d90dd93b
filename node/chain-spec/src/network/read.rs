//! From the bytes of a network's file to its fields.
//!
//! Both forms become the same JSON value first, with whole numbers as [`numbers`](crate::numbers) makes them. So the
//! same text means the same in both, and every error names its field.

use super::{
    EndowedFile, MAX_NETWORK_BYTES, NetworkError, NetworkFile, NetworkKind, StewardsFile, wrong,
};
use crate::{SpecError, numbers};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};
use std::{collections::BTreeSet, fmt};

/// Significant digits that a number of TOML with a point or an exponent keeps.
const FLOAT_DIGITS: usize = 15;

const FIELDS: [&str; 10] = [
    "name",
    "id",
    "sectors",
    "kind",
    "boot_nodes",
    "entropy",
    "fixed_price",
    "stewards",
    "endowed",
    "parameters",
];

impl NetworkFile {
    /// Reads a file, which is JSON if its first character is `{`, else TOML.
    ///
    /// # Errors
    /// One variant of [`NetworkError`] for each cause, with line and column where there are such.
    pub fn read(bytes: &[u8]) -> Result<Self, NetworkError> {
        let mut fields = Fields::of("", value(bytes)?, &FIELDS)?;
        let stewards = fields.optional("stewards");
        let endowed = fields.list("endowed")?.into_iter().enumerate();
        Ok(Self {
            name: fields.text("name")?,
            id: fields.text("id")?,
            sectors: fields.number("sectors")?,
            kind: kind(&mut fields)?,
            boot_nodes: fields.texts("boot_nodes")?,
            entropy: fields.optional_text("entropy")?,
            fixed_price: fields.optional_number("fixed_price")?,
            stewards: stewards
                .map(|stewards| StewardsFile::read("stewards", stewards))
                .transpose()?,
            endowed: endowed
                .map(|(index, endowed)| EndowedFile::read(&format!("endowed[{index}]"), endowed))
                .collect::<Result<_, _>>()?,
            parameters: match fields.optional("parameters") {
                None => Map::new(),
                Some(Value::Object(parameters)) => parameters,
                Some(other) => {
                    return Err(wrong("parameters", format!("must be a table, not {other}")));
                }
            },
        })
    }
}

fn kind(fields: &mut Fields) -> Result<NetworkKind, NetworkError> {
    match fields.optional_text("kind")?.as_deref() {
        None | Some("live") => Ok(NetworkKind::Live),
        Some("local") => Ok(NetworkKind::Local),
        Some("development") => Ok(NetworkKind::Development),
        Some(other) => {
            let expected = format!("must be `live`, `local` or `development`, not `{other}`");
            Err(wrong("kind", expected))
        }
    }
}

/// The value of a file of either form.
fn value(bytes: &[u8]) -> Result<Value, NetworkError> {
    let length = bytes.len() as u64;
    if length > MAX_NETWORK_BYTES {
        return Err(NetworkError::TooLong(length));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| NetworkError::NoText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut value = if text.trim_start().starts_with('{') {
        // Of a field that stands there twice, serde_json takes the last.
        serde_json::from_str::<Unrepeated>(text).map_err(NetworkError::Json)?;
        serde_json::from_str(text).map_err(NetworkError::Json)?
    } else {
        let table: toml::Table = toml::from_str(text).map_err(|error| no_toml(text, &error))?;
        from_toml("", toml::Value::Table(table))?
    };
    numbers::make_whole(&mut value).map_err(|error| match error {
        SpecError::Number { field, number } => {
            wrong(field, format!("must be a whole number, not {number}"))
        }
        other => wrong("", other.to_string()),
    })?;
    Ok(value)
}

/// Line and column instead of a drawing of the place.
fn no_toml(text: &str, error: &toml::de::Error) -> NetworkError {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    NetworkError::Toml {
        line: before.matches('\n').count().saturating_add(1),
        column: line.chars().count().saturating_add(1),
        cause: error.message().to_owned(),
    }
}

/// TOML as JSON.
fn from_toml(path: &str, value: toml::Value) -> Result<Value, NetworkError> {
    Ok(match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => float(path, number)?,
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(date) => {
            return Err(wrong(
                path,
                format!("must be no date, as {date} is; texts have quotation marks"),
            ));
        }
        toml::Value::Array(values) => {
            let values = values.into_iter().enumerate();
            let values = values.map(|(index, value)| from_toml(&format!("{path}[{index}]"), value));
            Value::Array(values.collect::<Result<_, _>>()?)
        }
        toml::Value::Table(fields) => {
            let fields = fields.into_iter().map(|(name, value)| {
                let value = from_toml(&beneath(path, &name), value)?;
                Ok((name, value))
            });
            Value::Object(fields.collect::<Result<_, NetworkError>>()?)
        }
    })
}

/// A number with a point or an exponent, by its digits, if TOML has kept all of them.
fn float(path: &str, number: f64) -> Result<Value, NetworkError> {
    let text = format!("{number:e}");
    let digits = text.split('e').next().unwrap_or_default();
    let digits = digits.bytes().filter(u8::is_ascii_digit).count();
    match serde_json::from_str::<Number>(&text) {
        Ok(exact) if digits <= FLOAT_DIGITS => Ok(Value::Number(exact)),
        Ok(_) | Err(_) => {
            let expected = format!(
                "must be a whole number, of at most {FLOAT_DIGITS} digits if it has a point or an exponent, not {number}"
            );
            Err(wrong(path, expected))
        }
    }
}

fn beneath(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

/// JSON in which no object names a field twice.
struct Unrepeated;

impl<'de> Deserialize<'de> for Unrepeated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Unrepeated {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self, A::Error> {
        while values.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self, A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(name) = fields.next_key::<String>()? {
            if seen.contains(&name) {
                return Err(A::Error::custom(format!(
                    "field `{name}` stands there twice"
                )));
            }
            seen.insert(name);
            fields.next_value::<Self>()?;
        }
        Ok(self)
    }
}

/// The fields of an object, which are taken out one by one.
pub(super) struct Fields {
    path: String,
    fields: Map<String, Value>,
}

impl Fields {
    /// Those of a value, all of which have to be known.
    pub(super) fn of(path: &str, value: Value, known: &[&str]) -> Result<Self, NetworkError> {
        let Value::Object(fields) = value else {
            return Err(wrong(path, format!("must be a table, not {value}")));
        };
        if let Some(unknown) = fields.keys().find(|field| !known.contains(&field.as_str())) {
            let expected = format!("is unknown; expected one of {}", known.join(", "));
            return Err(wrong(beneath(path, unknown), expected));
        }
        Ok(Self {
            path: path.to_owned(),
            fields,
        })
    }

    fn wrong(&self, name: &str, expected: impl Into<String>) -> NetworkError {
        wrong(beneath(&self.path, name), expected)
    }

    /// A field that may be left out, as `null` may stand for in JSON.
    fn optional(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    fn optional_text(&mut self, name: &str) -> Result<Option<String>, NetworkError> {
        match self.optional(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(name, format!("must be a text, not {other}"))),
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Result<String, NetworkError> {
        let text = self.optional_text(name)?;
        text.ok_or_else(|| self.wrong(name, "is missing"))
    }

    fn optional_number<T: Whole>(&mut self, name: &str) -> Result<Option<T>, NetworkError> {
        let Some(value) = self.optional(name) else {
            return Ok(None);
        };
        let number = value.is_number().then(|| value.to_string().parse().ok());
        match number.flatten() {
            Some(number) => Ok(Some(number)),
            None => {
                let expected = format!(
                    "must be a whole number from 0 to {}, not {value}",
                    T::LARGEST
                );
                Err(self.wrong(name, expected))
            }
        }
    }

    pub(super) fn number<T: Whole>(&mut self, name: &str) -> Result<T, NetworkError> {
        let number = self.optional_number(name)?;
        number.ok_or_else(|| self.wrong(name, "is missing"))
    }

    fn list(&mut self, name: &str) -> Result<Vec<Value>, NetworkError> {
        match self.optional(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => Ok(values),
            Some(other) => Err(self.wrong(name, format!("must be a list, not {other}"))),
        }
    }

    pub(super) fn texts(&mut self, name: &str) -> Result<Vec<String>, NetworkError> {
        let texts = self.list(name)?.into_iter().enumerate();
        let texts = texts.map(|(index, value)| match value {
            Value::String(text) => Ok(text),
            other => Err(self.wrong(
                &format!("{name}[{index}]"),
                format!("must be a text, not {other}"),
            )),
        });
        texts.collect()
    }
}

/// A kind of whole numbers.
pub(super) trait Whole: std::str::FromStr {
    /// The largest of them.
    const LARGEST: u64;
}

impl Whole for u64 {
    const LARGEST: u64 = u64::MAX;
}

impl Whole for u32 {
    const LARGEST: u64 = u32::MAX as u64;
}

impl Whole for u16 {
    const LARGEST: u64 = u16::MAX as u64;
}
