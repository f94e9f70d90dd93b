//! Questions to the node.

use crate::{Error, transactions::Transaction};
use allod_runtime::{AccountId, Hash, Header, Nonce, RuntimeEvent, VERSION};
use frame_system::{Event, EventRecord, Phase};
use jsonrpsee::{
    core::{
        client::{ClientT, Subscription, SubscriptionClientT},
        params::{ArrayParams, BatchRequestBuilder},
    },
    rpc_params,
    types::ErrorObjectOwned,
    ws_client::{WsClient, WsClientBuilder},
};
use parity_scale_codec::Decode;
use serde::{Deserialize, de::DeserializeOwned};
use sp_io::hashing::twox_128;
use sp_runtime::{DispatchError, OpaqueExtrinsic};
use std::time::Duration;

/// Bytes of the largest answer that is taken: the events of a full block of transfers, in hex, have some
/// millions.
const MAX_ANSWER_BYTES: u32 = 64 << 20;
/// How long a busy node may take to answer.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A connection to a node.
pub struct Node {
    client: WsClient,
    url: String,
}

/// A block as JSON-RPC gives it.
#[derive(Debug, Deserialize)]
pub struct Block {
    pub header: Header,
    /// Inherents and transactions.
    pub extrinsics: Vec<OpaqueExtrinsic>,
}

#[derive(Deserialize)]
struct SignedBlock {
    block: Block,
}

/// What a chain is for, as its specification says.
#[derive(Deserialize)]
enum ChainType {
    Development,
    Local,
    Live,
    Custom(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuntimeVersion {
    spec_name: String,
    spec_version: u32,
    transaction_version: u32,
}

/// Whether a URL names this machine's loopback interface.
pub fn is_loopback(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // What stands before an @ is no host.
    if authority.contains('@') {
        return false;
    }
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => authority.split(':').next(),
    };
    matches!(host, Some("127.0.0.1" | "localhost" | "::1"))
}

impl Node {
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let client = WsClientBuilder::default()
            .max_response_size(MAX_ANSWER_BYTES)
            .request_timeout(TIMEOUT)
            .build(url)
            .await
            .map_err(|error| format!("cannot reach a node at {url}: {error}"))?;
        Ok(Self {
            client,
            url: url.into(),
        })
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        parameters: ArrayParams,
    ) -> Result<T, Error> {
        let answer = self.client.request(method, parameters).await;
        answer.map_err(|error| format!("{method} at {}: {error}", self.url).into())
    }

    /// Makes sure that Alice's money is play money here, and that this program's runtime, and so its weights,
    /// are the node's.
    pub async fn check_chain(&self) -> Result<(), Error> {
        let kind: ChainType = self.ask("system_chainType", rpc_params![]).await?;
        if !matches!(kind, ChainType::Development | ChainType::Local) {
            return Err(format!(
                "{} is {}: this is for development and local chains, on which money is worth nothing",
                self.url,
                match kind {
                    ChainType::Custom(name) => format!("a chain of the kind `{name}`"),
                    _ => "a live chain".into(),
                }
            )
            .into());
        }
        let theirs: RuntimeVersion = self.ask("state_getRuntimeVersion", rpc_params![]).await?;
        let is_ours = theirs.spec_name == VERSION.spec_name
            && theirs.spec_version == VERSION.spec_version
            && theirs.transaction_version == VERSION.transaction_version;
        if is_ours {
            return Ok(());
        }
        Err(format!(
            "the chain runs {} {} (transactions {}) and this program knows {} {} (transactions {}): use the \
             program of the chain's version",
            theirs.spec_name,
            theirs.spec_version,
            theirs.transaction_version,
            VERSION.spec_name,
            VERSION.spec_version,
            VERSION.transaction_version,
        )
        .into())
    }

    /// Hash of the genesis block.
    pub async fn genesis_hash(&self) -> Result<Hash, Error> {
        self.ask("chain_getBlockHash", rpc_params![0]).await
    }

    /// Hash of the best block.
    pub async fn best_hash(&self) -> Result<Hash, Error> {
        self.ask("chain_getBlockHash", rpc_params![]).await
    }

    /// The nonce of an account's next transaction, those in the pool counted.
    pub async fn next_nonce(&self, account: &AccountId) -> Result<Nonce, Error> {
        self.ask("system_accountNextIndex", rpc_params![account])
            .await
    }

    /// The nonce of an account's next transaction after a block.
    pub async fn nonce_at(&self, account: &AccountId, block: Hash) -> Result<Nonce, Error> {
        const ACCOUNT_NONCE: &str = "AccountNonceApi_account_nonce";
        let argument = format!("0x{}", hex::encode(account));
        let nonce: String = self
            .ask("state_call", rpc_params![ACCOUNT_NONCE, argument, block])
            .await?;
        let nonce = hex::decode(nonce.trim_start_matches("0x"))?;
        Nonce::decode(&mut nonce.as_slice())
            .map_err(|error| format!("{ACCOUNT_NONCE} gives no number: {error}").into())
    }

    pub async fn block(&self, hash: Hash) -> Result<Block, Error> {
        let block: Option<SignedBlock> = self.ask("chain_getBlock", rpc_params![hash]).await?;
        let block = block.ok_or_else(|| format!("the node has lost block {hash:?}"))?;
        Ok(block.block)
    }

    /// The positions in a block of the extrinsics that failed, and why.
    pub async fn failures(&self, hash: Hash) -> Result<Vec<(u32, DispatchError)>, Error> {
        let key = [twox_128(b"System"), twox_128(b"Events")].concat();
        let key = format!("0x{}", hex::encode(key));
        let events: Option<String> = self.ask("state_getStorage", rpc_params![key, hash]).await?;
        let events = events.ok_or_else(|| format!("block {hash:?} has no events"))?;
        let events = hex::decode(events.trim_start_matches("0x"))?;
        let records = Vec::<EventRecord<RuntimeEvent, Hash>>::decode(&mut events.as_slice())
            .map_err(|error| format!("the events of block {hash:?} cannot be read: {error}"))?;
        let failed = records
            .into_iter()
            .filter_map(|record| match (record.phase, record.event) {
                (
                    Phase::ApplyExtrinsic(index),
                    RuntimeEvent::System(Event::ExtrinsicFailed { dispatch_error, .. }),
                ) => Some((index, dispatch_error)),
                _ => None,
            });
        Ok(failed.collect())
    }

    /// Every new best block.
    pub async fn heads(&self) -> Result<Subscription<Header>, Error> {
        const SUBSCRIBE: &str = "chain_subscribeNewHeads";
        let heads = self
            .client
            .subscribe(SUBSCRIBE, rpc_params![], "chain_unsubscribeNewHeads")
            .await;
        heads.map_err(|error| format!("{SUBSCRIBE} at {}: {error}", self.url).into())
    }

    /// Submits transactions in one message; what became of each.
    pub async fn submit(
        &self,
        transactions: Vec<&Transaction>,
    ) -> Result<Vec<Result<(), ErrorObjectOwned>>, Error> {
        const SUBMIT: &str = "author_submitExtrinsic";
        let mut batch = BatchRequestBuilder::new();
        for transaction in transactions {
            batch.insert(SUBMIT, rpc_params![&transaction.text])?;
        }
        let answers = self
            .client
            .batch_request::<String>(batch)
            .await
            .map_err(|error| format!("{SUBMIT} at {}: {error}", self.url))?;
        let answers = answers.into_iter().map(|answer| match answer {
            Ok(_) => Ok(()),
            Err(error) => Err(error.into_owned()),
        });
        Ok(answers.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_the_loopback_interface_is_this_machine() {
        for url in [
            "ws://127.0.0.1:9944",
            "ws://localhost/",
            "ws://[::1]:9944",
            "127.0.0.1:9944",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "ws://example.org:9944",
            "ws://127.0.0.1.example.org",
            "ws://127.0.0.1@example.org",
            "ws://example.org/127.0.0.1",
            "ws://[2001:db8::1]:9944",
            "ws://0.0.0.0:9944",
            "",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
