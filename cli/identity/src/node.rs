//! Questions to a node.

use allod_identity::Identifier;
use allod_rpc_types::{
    MAX_ANSWER_BYTES,
    auto_id::{BlockHash, BlockReference, IdentityAnswer, codes},
};
use jsonrpsee::{
    core::{
        client::{ClientT, Error as ClientError},
        params::ArrayParams,
    },
    rpc_params,
    types::{ErrorObjectOwned, error::METHOD_NOT_FOUND_CODE},
    ws_client::{WsClient, WsClientBuilder},
};
use serde::de::DeserializeOwned;
use sp_core::H256;
use sp_runtime::{generic, traits::BlakeTwo256};
use std::{fmt, str::FromStr};

type Header = generic::Header<u32, BlakeTwo256>;

/// Why a node gives no answer, or none that is of use.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// There is no connection.
    #[error("cannot reach a node at {url}: {}", one_line(.error))]
    Unreachable { url: String, error: ClientError },
    /// It is another kind of node, or an older one.
    #[error("the node at {url} has no method {method}")]
    NoMethod { url: String, method: String },
    /// It answered with an error.
    #[error("{}", refusal(.0))]
    Refused(ErrorObjectOwned),
    /// There is no answer, or none of the right form.
    #[error("{method} at {url}: {}", one_line(.error))]
    Failed {
        url: String,
        method: String,
        error: ClientError,
    },
    /// A block that the chain does not reach, or not any more.
    #[error("the node at {url} has no block #{number}")]
    NoBlock { url: String, number: u32 },
    /// A block that the node had before.
    #[error("the node has lost block {0:?}")]
    LostBlock(H256),
    /// An identifier that is nobody's.
    #[error("no identity {0} is registered")]
    NotRegistered(Identifier),
    /// An answer about somebody else.
    #[error("the node reported on {0} instead")]
    OtherIdentity(Identifier),
}

/// Which node.
#[derive(Debug, Clone, clap::Args)]
pub struct NodeArgs {
    /// Address of the node.
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944", value_parser = node_url)]
    url: String,
}

/// The address of a node's JSON-RPC server as the command line takes it.
///
/// # Errors
/// What is wrong with it.
pub fn node_url(text: &str) -> Result<String, String> {
    let host = text
        .strip_prefix("ws://")
        .or_else(|| text.strip_prefix("wss://"));
    match host {
        Some(host) if !host.is_empty() && !host.starts_with(['/', ':']) => Ok(text.to_owned()),
        Some(_) | None => Err("the address of a node is ws://HOST:PORT or wss://HOST:PORT".into()),
    }
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

/// A connection to a node.
pub struct Node {
    client: WsClient,
    url: String,
}

impl Node {
    pub async fn connect(args: &NodeArgs) -> Result<Self, NodeError> {
        let url = args.url.clone();
        let client = WsClientBuilder::default()
            .max_response_size(MAX_ANSWER_BYTES)
            .build(&url)
            .await;
        match client {
            Ok(client) => Ok(Self { client, url }),
            Err(error) => Err(NodeError::Unreachable { url, error }),
        }
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
    ) -> Result<T, NodeError> {
        self.client
            .request(method, parameters)
            .await
            .map_err(|error| self.refused(method, error))
    }

    /// What an error of the client means.
    pub fn refused(&self, method: &str, error: ClientError) -> NodeError {
        let url = self.url.clone();
        let method = method.to_owned();
        match error {
            ClientError::Call(error) if error.code() == METHOD_NOT_FOUND_CODE => {
                NodeError::NoMethod { url, method }
            }
            ClientError::Call(error) => NodeError::Refused(error),
            error => NodeError::Failed { url, method, error },
        }
    }

    /// Hash of the genesis block.
    pub async fn genesis_hash(&self) -> Result<H256, NodeError> {
        self.hash_of(0).await
    }

    /// Hash of a block of the best chain.
    pub async fn hash_of(&self, number: u32) -> Result<H256, NodeError> {
        let hash: Option<H256> = self.ask("chain_getBlockHash", rpc_params![number]).await?;
        hash.ok_or_else(|| NodeError::NoBlock {
            url: self.url.clone(),
            number,
        })
    }

    /// Number of the best block.
    pub async fn best_number(&self) -> Result<u32, NodeError> {
        let header: Header = self.ask("chain_getHeader", rpc_params![]).await?;
        Ok(header.number)
    }

    /// Number and hash of a block.
    pub async fn block(&self, hash: H256) -> Result<BlockReference, NodeError> {
        let header: Option<Header> = self.ask("chain_getHeader", rpc_params![hash]).await?;
        let header = header.ok_or(NodeError::LostBlock(hash))?;
        Ok(BlockReference {
            number: header.number,
            hash: BlockHash(hash.0),
        })
    }

    /// The hash of the block that is meant.
    pub async fn hash_at(&self, at: Option<At>) -> Result<Option<BlockHash>, NodeError> {
        let hash: H256 = match at {
            None => return Ok(None),
            Some(At::Hash(hash)) => return Ok(Some(hash)),
            // Without a number it is the best block's.
            Some(At::Best) => self.ask("chain_getBlockHash", rpc_params![]).await?,
            Some(At::Finalized) => self.ask("chain_getFinalizedHead", rpc_params![]).await?,
        };
        Ok(Some(BlockHash(hash.0)))
    }

    /// What `autoId_identity` says of an identity, at the best block unless another one is named.
    pub async fn identity(
        &self,
        identifier: Identifier,
        at: Option<BlockHash>,
    ) -> Result<IdentityAnswer, NodeError> {
        self.find_identity(identifier, at)
            .await?
            .ok_or(NodeError::NotRegistered(identifier))
    }

    /// The same; none if there is no such identity.
    pub async fn find_identity(
        &self,
        identifier: Identifier,
        at: Option<BlockHash>,
    ) -> Result<Option<IdentityAnswer>, NodeError> {
        self.ask("autoId_identity", rpc_params![identifier, at])
            .await
    }
}

/// What a node said when it refused, with the detail that some methods put into the data.
fn refusal(error: &ErrorObjectOwned) -> String {
    let detail = error
        .data()
        .and_then(|data| serde_json::from_str::<String>(data.get()).ok())
        .filter(|detail| !error.message().contains(detail.as_str()));
    match detail {
        // The data of autoId_*'s own errors is for programs.
        Some(detail) if !codes::ALL.contains(&error.code()) => {
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
