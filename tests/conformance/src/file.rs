//! Reading vector files. Nothing in them is believed before it was checked, and what is wrong with
//! one is said in one line: where, which field, what would be right.

use serde_json::{Map, Value};
use std::{fmt, fs::File, io::Read, path::Path};

/// Larger files are not read. The path-validation suites have tens of megabytes.
const MAX_BYTES: u64 = 512 << 20;

/// Why a file could not be understood.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file could not be read.
    #[error("{0}")]
    Read(#[from] std::io::Error),
    /// The file is too large.
    #[error("larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// The file is not JSON.
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The file as a whole has another form.
    #[error("{0}")]
    Form(String),
    /// A field of a case is wrong.
    #[error("{case}, field `{field}`: {problem}")]
    Field {
        case: String,
        field: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
}

/// Reads a file as JSON.
///
/// # Errors
/// [`FileError::Read`], [`FileError::TooLarge`], [`FileError::Json`].
pub fn read(path: &Path) -> Result<Value, FileError> {
    let mut text = Vec::new();
    File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_end(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(FileError::TooLarge);
    }
    Ok(serde_json::from_slice(&text)?)
}

/// A case of a file, whose fields are read one by one.
pub(crate) struct Case<'a> {
    /// Its place, and its name if it has one.
    pub(crate) name: String,
    fields: &'a Map<String, Value>,
}

/// The cases of a list.
pub(crate) fn cases<'a>(list: &'a Value, kind: &str) -> Result<Vec<Case<'a>>, FileError> {
    let list = list
        .as_array()
        .ok_or_else(|| FileError::Form(format!("no list of {kind}s")))?;
    let case = |(index, value): (usize, &'a Value)| {
        let fields = value
            .as_object()
            .ok_or_else(|| FileError::Form(format!("{kind} {index} is not an object")))?;
        let label = ["id", "name"]
            .iter()
            .find_map(|field| fields.get(*field)?.as_str())
            .map(|label| format!(" ({})", label.escape_debug()));
        Ok(Case {
            name: format!("{kind} {index}{}", label.unwrap_or_default()),
            fields,
        })
    };
    list.iter().enumerate().map(case).collect()
}

impl Case<'_> {
    /// An error about one of the case's fields.
    pub(crate) fn wrong(&self, field: &'static str, problem: impl fmt::Display) -> FileError {
        FileError::Field {
            case: self.name.clone(),
            field,
            problem: problem.to_string(),
        }
    }

    /// Whether the field is missing, null or empty: the case says that there is no such thing.
    pub(crate) fn is_empty(&self, field: &str) -> bool {
        match self.fields.get(field) {
            None | Some(Value::Null) => true,
            Some(value) => value.as_str() == Some(""),
        }
    }

    fn value(&self, field: &'static str) -> Result<&Value, FileError> {
        self.fields
            .get(field)
            .ok_or_else(|| self.wrong(field, "missing"))
    }

    /// A string.
    pub(crate) fn text(&self, field: &'static str) -> Result<&str, FileError> {
        self.value(field)?
            .as_str()
            .ok_or_else(|| self.wrong(field, "not a string"))
    }

    /// Whatever there is, unless missing or null.
    pub(crate) fn optional(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// A list; empty if missing.
    pub(crate) fn list(&self, field: &'static str) -> Result<&[Value], FileError> {
        let Some(value) = self.optional(field) else {
            return Ok(&[]);
        };
        let list = value.as_array();
        list.map(Vec::as_slice)
            .ok_or_else(|| self.wrong(field, "not a list"))
    }

    /// A list of strings; empty if missing.
    pub(crate) fn texts(&self, field: &'static str) -> Result<Vec<&str>, FileError> {
        let texts = self.list(field)?.iter().map(Value::as_str);
        texts
            .collect::<Option<_>>()
            .ok_or_else(|| self.wrong(field, "not a list of strings"))
    }

    /// An integer that fits.
    pub(crate) fn number<T: TryFrom<u64>>(&self, field: &'static str) -> Result<T, FileError> {
        let number = self
            .value(field)?
            .as_u64()
            .ok_or_else(|| self.wrong(field, "not an unsigned integer"))?;
        T::try_from(number).map_err(|_| self.wrong(field, format!("{number} is out of range")))
    }

    /// Bytes in hexadecimal, any number of them.
    pub(crate) fn bytes(&self, field: &'static str) -> Result<Vec<u8>, FileError> {
        hex::decode(self.text(field)?).map_err(|error| self.wrong(field, error))
    }

    /// So many bytes in hexadecimal.
    pub(crate) fn array<const N: usize>(&self, field: &'static str) -> Result<[u8; N], FileError> {
        self.sized(field, self.bytes(field)?)
    }

    /// So many elements of so many bytes in hexadecimal.
    pub(crate) fn arrays<const N: usize, const COUNT: usize>(
        &self,
        field: &'static str,
    ) -> Result<[[u8; N]; COUNT], FileError> {
        let list = self
            .value(field)?
            .as_array()
            .ok_or_else(|| self.wrong(field, "not a list"))?;
        let element = |value: &Value| {
            let text = value
                .as_str()
                .ok_or_else(|| self.wrong(field, "not a list of strings"))?;
            let bytes = hex::decode(text).map_err(|error| self.wrong(field, error))?;
            self.sized(field, bytes)
        };
        let elements: Vec<[u8; N]> = list.iter().map(element).collect::<Result<_, _>>()?;
        let count = elements.len();
        elements
            .try_into()
            .map_err(|_| self.wrong(field, format!("{count} elements, not {COUNT}")))
    }

    /// Whether the case's proof must be accepted: it must unless `valid` says otherwise.
    pub(crate) fn valid(&self) -> Result<bool, FileError> {
        if self.fields.contains_key("valid") {
            self.required_valid()
        } else {
            Ok(true)
        }
    }

    /// Like [`valid`](Self::valid), where every case must say it.
    pub(crate) fn required_valid(&self) -> Result<bool, FileError> {
        self.value("valid")?
            .as_bool()
            .ok_or_else(|| self.wrong("valid", "neither true nor false"))
    }

    fn sized<const N: usize>(
        &self,
        field: &'static str,
        bytes: Vec<u8>,
    ) -> Result<[u8; N], FileError> {
        let length = bytes.len();
        bytes
            .try_into()
            .map_err(|_| self.wrong(field, format!("{length} bytes, not {N}")))
    }
}
