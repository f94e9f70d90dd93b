//! Questions to a node.

use crate::Error;
use allod_rpc_types::auto_id::{BlockHash, BlockReference};
use allod_runtime::{Hash, Header, VERSION};
use jsonrpsee::{
    core::{
        client::{ClientT, Error as ClientError},
        params::ArrayParams,
    },
    rpc_params,
    types::ErrorObjectOwned,
    ws_client::{WsClient, WsClientBuilder},
};
use serde::{Deserialize, de::DeserializeOwned};
use std::{convert::Infallible, fmt, str::FromStr};

/// Bytes of the largest answer that is taken: a block of 5 MiB is 10 MiB of hex.
const MAX_ANSWER_BYTES: u32 = 64 << 20;

const METHOD_NOT_FOUND: i32 = -32601;

/// Which node.
#[derive(Debug, Clone, clap::Args)]
pub struct NodeArgs {
    /// Address of the node.
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944")]
    url: String,
}

/// A block, as the command line names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The best one.
    Best,
    /// The last finalized one.
    Finalized,
    /// The one of this hash.
    Hash(BlockHash),
}

impl FromStr for At {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "best" => Ok(Self::Best),
            "finalized" => Ok(Self::Finalized),
            hash => allod_core::bytes::parse_hex(hash)
                .map(|hash| Self::Hash(BlockHash(hash)))
                .map_err(|error| format!("`best`, `finalized`, or the hash of a block: {error}")),
        }
    }
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

/// A connection to a node.
pub struct Node {
    client: WsClient,
    url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuntimeVersion {
    spec_name: String,
    spec_version: u32,
    transaction_version: u32,
}

impl Node {
    /// Connects.
    pub async fn connect(args: &NodeArgs) -> Result<Self, Error> {
        let url = args.url.clone();
        let client = WsClientBuilder::default()
            .max_response_size(MAX_ANSWER_BYTES)
            .build(&url)
            .await
            .map_err(|error| format!("cannot reach a node at {url}: {}", one_line(&error)))?;
        Ok(Self { client, url })
    }

    /// The client itself.
    pub fn client(&self) -> &WsClient {
        &self.client
    }

    /// Asks for something.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        parameters: ArrayParams,
    ) -> Result<T, Error> {
        self.client
            .request(method, parameters)
            .await
            .map_err(|error| self.refused(method, error))
    }

    /// An error of the client, in one line.
    pub fn refused(&self, method: &str, error: ClientError) -> Error {
        match error {
            ClientError::Call(error) if error.code() == METHOD_NOT_FOUND => {
                format!("the node at {} has no method {method}", self.url).into()
            }
            ClientError::Call(error) => refusal(&error).into(),
            other => format!("{method} at {}: {}", self.url, one_line(&other)).into(),
        }
    }

    /// Hash of the genesis block.
    pub async fn genesis_hash(&self) -> Result<Hash, Error> {
        self.hash_of(0).await
    }

    /// Hash of a block of the best chain.
    pub async fn hash_of(&self, number: u32) -> Result<Hash, Error> {
        let hash: Option<Hash> = self.ask("chain_getBlockHash", rpc_params![number]).await?;
        hash.ok_or_else(|| format!("the node at {} has no block #{number}", self.url).into())
    }

    /// Number of the best block.
    pub async fn best_number(&self) -> Result<u32, Error> {
        let header: Header = self.ask("chain_getHeader", rpc_params![]).await?;
        Ok(header.number)
    }

    /// Number and hash of a block.
    pub async fn block(&self, hash: Hash) -> Result<BlockReference, Error> {
        let header: Option<Header> = self.ask("chain_getHeader", rpc_params![hash]).await?;
        let header = header.ok_or_else(|| format!("the node has lost block {hash:?}"))?;
        Ok(BlockReference {
            number: header.number,
            hash: BlockHash(hash.0),
        })
    }

    /// The hash of the block that is meant.
    pub async fn hash_at(&self, at: Option<At>) -> Result<Option<BlockHash>, Error> {
        let hash: Hash = match at {
            None => return Ok(None),
            Some(At::Hash(hash)) => return Ok(Some(hash)),
            // Without a number it is the best block's.
            Some(At::Best) => self.ask("chain_getBlockHash", rpc_params![]).await?,
            Some(At::Finalized) => self.ask("chain_getFinalizedHead", rpc_params![]).await?,
        };
        Ok(Some(BlockHash(hash.0)))
    }

    /// Makes sure that the node's chain has the runtime that this binary knows: transactions of
    /// another one might mean something else.
    pub async fn check_version(&self) -> Result<(), Error> {
        let version: RuntimeVersion = self.ask("state_getRuntimeVersion", rpc_params![]).await?;
        check_version(&version).map_err(Error::from)
    }
}

fn check_version(theirs: &RuntimeVersion) -> Result<(), String> {
    let ours = VERSION;
    let is_ours = theirs.spec_name == ours.spec_name
        && theirs.spec_version == ours.spec_version
        && theirs.transaction_version == ours.transaction_version;
    if is_ours {
        return Ok(());
    }
    Err(format!(
        "the chain runs {} {} (transactions {}) and this binary knows {} {} (transactions {}): use \
         the binary of the chain's version",
        theirs.spec_name,
        theirs.spec_version,
        theirs.transaction_version,
        ours.spec_name,
        ours.spec_version,
        ours.transaction_version,
    ))
}

/// What a node said when it refused, with the detail that some methods put into the data.
fn refusal(error: &ErrorObjectOwned) -> String {
    let detail = error
        .data()
        .and_then(|data| serde_json::from_str::<String>(data.get()).ok())
        .filter(|detail| !error.message().contains(detail.as_str()));
    match detail {
        // The data of autoId_*'s own errors is for programs.
        Some(detail) if error.code() < 10_000 => {
            one_line(&format_args!("{}: {detail}", error.message()))
        }
        _ => one_line(&error.message()),
    }
}

fn one_line(text: &impl fmt::Display) -> String {
    text.to_string().replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_named() {
        assert_eq!("best".parse(), Ok(At::Best));
        assert_eq!("finalized".parse(), Ok(At::Finalized));
        let hash = format!("0x{}", "0b".repeat(32));
        assert_eq!(hash.parse(), Ok(At::Hash(BlockHash([11; 32]))));
        let error = "newest".parse::<At>().unwrap_err();
        assert!(error.contains("`best`, `finalized`"), "{error}");
    }

    #[test]
    fn secrets_are_not_shown() {
        let secret: Secret = "//Alice///password".parse().unwrap();
        assert_eq!(secret.0, "//Alice///password");
        assert_eq!(format!("{secret:?}"), "(secret)");
    }

    #[test]
    fn another_runtime_is_refused() {
        let mut version = RuntimeVersion {
            spec_name: VERSION.spec_name.to_string(),
            spec_version: VERSION.spec_version,
            transaction_version: VERSION.transaction_version,
        };
        assert_eq!(check_version(&version), Ok(()));
        version.spec_version += 1;
        let error = check_version(&version).unwrap_err();
        let theirs = format!("runs allod {} ", version.spec_version);
        assert!(error.contains(&theirs), "{error}");
    }

    #[test]
    fn refusals_are_one_line_with_the_detail() {
        let refusal = |code, message: &str, data: Option<&str>| {
            refusal(&ErrorObjectOwned::owned(code, message, data))
        };
        let poor = refusal(1010, "Invalid Transaction", Some("Inability to pay"));
        assert_eq!(poor, "Invalid Transaction: Inability to pay");
        assert_eq!(
            refusal(10_003, "certificate:\nbad", Some("Version(0)")),
            "certificate: bad"
        );
        assert_eq!(refusal(-32603, "trouble", None), "trouble");
    }
}
