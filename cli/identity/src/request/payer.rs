//! The account that pays for a transaction.

use crate::{
    Error,
    client::{Node, Secret},
    files,
};
use jsonrpsee::rpc_params;
use sc_chain_spec::ChainType;
use sp_core::{Pair, sr25519};
use std::path::PathBuf;

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
    pub async fn pair(&self, node: &Node) -> Result<sr25519::Pair, Error> {
        if let Some(Secret(suri)) = &self.suri {
            return pair(suri, "--suri");
        }
        if let Some(path) = &self.suri_file {
            let bytes = files::read(path)?;
            let shown = path.display().to_string();
            let suri = std::str::from_utf8(&bytes).map_err(|_| format!("{shown} holds no text"))?;
            return pair(suri.trim(), &shown);
        }
        let chain: ChainType = node.ask("system_chainType", rpc_params![]).await?;
        match chain {
            ChainType::Development | ChainType::Local => pair("//Alice", "--suri"),
            ChainType::Live | ChainType::Custom(_) => {
                Err("this is no development chain: --suri or --suri-file must name who pays".into())
            }
        }
    }
}

fn pair(suri: &str, from: &str) -> Result<sr25519::Pair, Error> {
    // The error may quote what it could not read.
    sr25519::Pair::from_string(suri, None).map_err(|_| {
        format!("{from}: no secret; it must be a phrase, 0x and 64 hex digits, or a name such as //Alice")
            .into()
    })
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
}
