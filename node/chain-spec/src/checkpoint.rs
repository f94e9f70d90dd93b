//! A block that the chain must have.

use allod_core::{Hash, bytes::parse_hex, hash::HexHash};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Number and hash of a block that the chain must have: at or below it, a node takes only its ancestors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Checkpoint {
    /// Above 0: genesis is fixed by the specification.
    pub number: u32,
    /// Of the block.
    pub hash: Hash,
}

/// Why text names no checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It has another form.
    #[error("a checkpoint is written NUMBER:HASH, as 1000:0x, followed by 64 hexadecimal digits")]
    Form,
    /// The number is none.
    #[error("the number of a checkpoint is above 0 and below 2^32, not {0}")]
    Number(String),
    /// The hash is none.
    #[error("the hash of a checkpoint is 0x and 64 hexadecimal digits, not {0}")]
    Hash(String),
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let (number, hash) = text.split_once(':').ok_or(CheckpointError::Form)?;
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        let parsed = number.parse().ok().filter(|number| digits && *number > 0);
        Ok(Self {
            number: parsed.ok_or_else(|| CheckpointError::Number(number.to_owned()))?,
            hash: hash
                .strip_prefix("0x")
                .and_then(|digits| parse_hex(digits).ok())
                .ok_or_else(|| CheckpointError::Hash(hash.to_owned()))?,
        })
    }
}

impl TryFrom<String> for Checkpoint {
    type Error = CheckpointError;

    fn try_from(text: String) -> Result<Self, CheckpointError> {
        text.parse()
    }
}

impl From<Checkpoint> for String {
    fn from(checkpoint: Checkpoint) -> Self {
        checkpoint.to_string()
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, HexHash(&self.hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_has_one_form() {
        let checkpoint = Checkpoint {
            number: 1000,
            hash: [0xab; 32],
        };
        let hash = format!("0x{}", "ab".repeat(32));
        assert_eq!(checkpoint.to_string(), format!("1000:{hash}"));
        assert_eq!(checkpoint.to_string().parse(), Ok(checkpoint));
        let error = |text: &str| text.parse::<Checkpoint>().unwrap_err();
        assert_eq!(error(&hash), CheckpointError::Form);
        assert_eq!(error(""), CheckpointError::Form);
        for number in ["", "0", "+5", "-1", "4294967296", "0x5", " 5"] {
            let expected = CheckpointError::Number(number.into());
            assert_eq!(error(&format!("{number}:{hash}")), expected);
        }
        for wrong in ["", "0x", &hash[2..], &hash[..65], &format!("{hash}0")] {
            let expected = CheckpointError::Hash(wrong.to_owned());
            assert_eq!(error(&format!("5:{wrong}")), expected);
        }
    }
}
