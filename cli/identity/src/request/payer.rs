//! The account that pays for a transaction.

use crate::{
    files::{self, FileError},
    node::{Node, NodeError},
};
use jsonrpsee::rpc_params;
use serde::{Deserialize, de::IgnoredAny};
use sp_core::{Pair, sr25519};
use std::{convert::Infallible, fmt, path::PathBuf, str::FromStr};

/// Why nobody pays.
#[derive(Debug, thiserror::Error)]
pub enum PayerError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A file of other bytes.
    #[error("{} holds no text", .0.display())]
    NoText(PathBuf),
    /// A text that gives no key. It is not shown, in whole or in part.
    #[error(
        "{from}: no secret; it must be a phrase, 0x and 64 hex digits, or a name such as //Alice"
    )]
    NoSecret {
        /// The option, or the file.
        from: String,
    },
    /// Well-known keys pay on chains without value only.
    #[error("this is no development chain: --suri or --suri-file must name who pays")]
    Unnamed,
}

/// What `system_chainType` answers.
#[derive(Debug, Deserialize)]
enum ChainType {
    Development,
    Local,
    Live,
    Custom(IgnoredAny),
}

/// A text that must not be shown.
#[derive(Clone)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.into()))
    }
}

/// Who pays.
#[derive(Debug, Clone, clap::Args)]
pub struct PayerArgs {
    /// The account that pays: a phrase, a seed in hex, or a well-known name such as //Alice, which
    /// is what pays on a development chain if this is not given.
    #[arg(long, value_name = "SECRET")]
    suri: Option<Secret>,

    /// A file that holds what `--suri` would say, and so keeps it from the list of processes.
    #[arg(long, value_name = "FILE", conflicts_with = "suri")]
    suri_file: Option<PathBuf>,
}

impl PayerArgs {
    /// The account's keys.
    pub async fn pair(&self, node: &Node) -> Result<sr25519::Pair, PayerError> {
        if let Some(Secret(suri)) = &self.suri {
            return pair(suri, "--suri");
        }
        if let Some(path) = &self.suri_file {
            let bytes = files::read(path)?;
            let shown = path.display().to_string();
            let suri = std::str::from_utf8(&bytes).map_err(|_| PayerError::NoText(path.clone()))?;
            return pair(suri.trim(), &shown);
        }
        let chain: ChainType = node.ask("system_chainType", rpc_params![]).await?;
        match chain {
            ChainType::Development | ChainType::Local => pair("//Alice", "--suri"),
            ChainType::Live | ChainType::Custom(_) => Err(PayerError::Unnamed),
        }
    }
}

fn pair(suri: &str, from: &str) -> Result<sr25519::Pair, PayerError> {
    // The SDK's error may quote what it could not read.
    sr25519::Pair::from_string(suri, None).map_err(|_| PayerError::NoSecret { from: from.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_secret_is_not_shown() {
        let secret = "my secret phrase that is none";
        let error = pair(secret, "--suri").map(|_| ()).unwrap_err().to_string();
        assert!(
            error.starts_with("--suri: ") && !error.contains("my secret"),
            "{error}"
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        let secret: Secret = "//Alice///password".parse().unwrap();
        assert_eq!(secret.0, "//Alice///password");
        assert_eq!(format!("{secret:?}"), "(secret)");
    }

    /// As a node answers.
    #[test]
    fn chain_types_are_read() {
        let of = |text| serde_json::from_str::<ChainType>(text);
        assert!(matches!(of(r#""Development""#), Ok(ChainType::Development)));
        assert!(matches!(of(r#""Local""#), Ok(ChainType::Local)));
        assert!(matches!(of(r#""Live""#), Ok(ChainType::Live)));
        assert!(matches!(
            of(r#"{"Custom":"mine"}"#),
            Ok(ChainType::Custom(_))
        ));
        assert!(of(r#""development""#).is_err());
    }
}
