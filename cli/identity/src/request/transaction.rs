//! A signed extrinsic, and what became of it.

use crate::{
    node::{Node, NodeError},
    request::{
        outcome::Outcome,
        runtime::{CallError, ChainRuntime, ExecutionError, RuntimeVersion, TransactionContext},
    },
};
use allod_identity::{Identifier, api::PayloadQuery};
use allod_rpc_types::auto_id::BlockReference;
use jsonrpsee::{
    core::client::{Subscription, SubscriptionClientT},
    rpc_params,
};
use parity_scale_codec::Encode;
use serde::{Deserialize, de::IgnoredAny};
use sp_core::{H256, Pair, crypto::AccountId32, sr25519};
use sp_io::hashing::twox_128;
use sp_runtime::{OpaqueExtrinsic, generic::Era};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// How long to wait for a block: some sixty times what one takes on average.
const INCLUSION_TIMEOUT: Duration = Duration::from_secs(120);
/// How long to wait without a word.
const SILENT_WAIT: Duration = Duration::from_secs(2);
/// Blocks that a transaction stays valid for.
const ERA_PERIOD: u32 = 128;
/// How many blocks below the best one a transaction's era begins, so that it outlives a reorganisation.
const ERA_START_DEPTH: u32 = 16;

const SUBMIT: &str = "author_submitAndWatchExtrinsic";

/// What a node says of a transaction in its pool: `TransactionStatus` of the SDK, in JSON.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Status {
    Future,
    Ready,
    Broadcast(IgnoredAny),
    InBlock(H256),
    Retracted(IgnoredAny),
    FinalityTimeout(IgnoredAny),
    Finalized(H256),
    Usurped(IgnoredAny),
    Dropped,
    Invalid,
}

/// Why a call did not take effect.
#[derive(Debug, thiserror::Error)]
pub enum TransactionError {
    #[error(transparent)]
    Node(#[from] NodeError),
    /// Transactions of another runtime might mean something else.
    #[error(
        "the chain runs {} {} (transactions {}) and this binary knows {} {} (transactions {}): use \
         the binary of the chain's version",
        .chain.spec_name, .chain.spec_version, .chain.transaction_version,
        .own.spec_name, .own.spec_version, .own.transaction_version
    )]
    OtherRuntime {
        chain: RuntimeVersion,
        /// The one that is known here.
        own: RuntimeVersion,
    },
    #[error(transparent)]
    Call(#[from] CallError),
    /// No block in time.
    #[error(
        "in no block after {} s; the node keeps trying for {ERA_PERIOD} blocks",
        INCLUSION_TIMEOUT.as_secs()
    )]
    Timeout,
    /// The connection is gone, or the node gave the transaction up.
    #[error("the node stopped reporting on the transaction")]
    NoReport,
    #[error(transparent)]
    Report(serde_json::Error),
    /// The nonce was used.
    #[error("another transaction of the same account took its place")]
    Usurped,
    /// There are too many others.
    #[error("the node's pool is full; try again")]
    PoolFull,
    /// Its time is over, or the payer's means are.
    #[error("the transaction is not valid any more; try again")]
    Invalid,
    /// The node's word of the block is not true.
    #[error("block {0:?} does not hold the transaction")]
    NotInBlock(H256),
    /// The node keeps no state of the block.
    #[error("block {0:?} has no events")]
    NoEvents(H256),
    #[error(transparent)]
    EventsHex(#[from] hex::FromHexError),
    /// The events are of another runtime.
    #[error("the events of block {block:?} cannot be read: {error}")]
    Events {
        block: H256,
        error: parity_scale_codec::Error,
    },
    #[error(transparent)]
    Execution(ExecutionError),
    /// The call did something else.
    #[error("the transaction in block #{0} succeeded without doing what was asked")]
    WithoutEffect(u32),
}

/// Signs a call, submits it, and waits until it is in a block. What `query` of `actor` asks for must have come about.
pub async fn submit(
    node: &Node,
    runtime: &dyn ChainRuntime,
    payer: &sr25519::Pair,
    call: &[u8],
    (query, actor): (&PayloadQuery, Identifier),
) -> Result<(Outcome, BlockReference), TransactionError> {
    let extrinsic = signed(node, runtime, payer, call).await?;
    let hex = format!("0x{}", hex::encode(&extrinsic));
    let mut statuses: Subscription<Status> = node
        .client()
        .subscribe(SUBMIT, rpc_params![hex], "author_unwatchExtrinsic")
        .await
        .map_err(|error| node.refused(SUBMIT, error))?;
    let deadline = Instant::now() + INCLUSION_TIMEOUT;
    let inclusion = inclusion(&mut statuses);
    let mut inclusion = std::pin::pin!(inclusion);
    let hash = match timeout(SILENT_WAIT, &mut inclusion).await {
        Ok(hash) => hash?,
        Err(_) => {
            allod_output::note_line(format_args!(
                "the transaction is in the node's pool; waiting for a block that takes it, at most {} s",
                INCLUSION_TIMEOUT.as_secs()
            ));
            timeout_at(deadline, inclusion)
                .await
                .map_err(|_| TransactionError::Timeout)??
        }
    };
    let (index, events) = events(node, hash, &extrinsic).await?;
    let block = node.block(hash).await?;
    match runtime.outcome(&events, index, query, actor) {
        Ok(Some(outcome)) => Ok((outcome, block)),
        Ok(None) => Err(TransactionError::WithoutEffect(block.number)),
        Err(ExecutionError::Events(error)) => Err(TransactionError::Events { block: hash, error }),
        Err(error) => Err(TransactionError::Execution(error)),
    }
}

/// Signs a call with the account's next nonce. The bytes are a transaction, not submitted yet.
pub async fn signed(
    node: &Node,
    runtime: &dyn ChainRuntime,
    payer: &sr25519::Pair,
    call: &[u8],
) -> Result<Vec<u8>, TransactionError> {
    let chain = node.ask("state_getRuntimeVersion", rpc_params![]).await?;
    check_version(chain, runtime.version())?;
    let account = AccountId32::from(payer.public());
    let era_start = node.best_number().await?.saturating_sub(ERA_START_DEPTH);
    let context = TransactionContext {
        nonce: node
            .ask("system_accountNextIndex", rpc_params![account])
            .await?,
        genesis: node.genesis_hash().await?,
        era: era(era_start),
        era_start: node.hash_of(era_start).await?,
    };
    Ok(runtime.transaction(call, payer, &context)?)
}

fn check_version(chain: RuntimeVersion, own: RuntimeVersion) -> Result<(), TransactionError> {
    if chain == own {
        Ok(())
    } else {
        Err(TransactionError::OtherRuntime { chain, own })
    }
}

fn era(start: u32) -> Era {
    Era::mortal(ERA_PERIOD.into(), start.into())
}

/// The block that the transaction is in.
async fn inclusion(statuses: &mut Subscription<Status>) -> Result<H256, TransactionError> {
    loop {
        let status = statuses.next().await.ok_or(TransactionError::NoReport)?;
        match status.map_err(TransactionError::Report)? {
            Status::InBlock(hash) | Status::Finalized(hash) => return Ok(hash),
            Status::Usurped(_) => return Err(TransactionError::Usurped),
            Status::Dropped => return Err(TransactionError::PoolFull),
            Status::Invalid => return Err(TransactionError::Invalid),
            Status::Future
            | Status::Ready
            | Status::Broadcast(_)
            | Status::Retracted(_)
            | Status::FinalityTimeout(_) => {}
        }
    }
}

#[derive(Deserialize)]
struct SignedBlock {
    block: Body,
}

#[derive(Deserialize)]
struct Body {
    extrinsics: Vec<OpaqueExtrinsic>,
}

/// The place of a transaction in its block, and the SCALE encoding of the block's events.
async fn events(
    node: &Node,
    hash: H256,
    extrinsic: &[u8],
) -> Result<(u32, Vec<u8>), TransactionError> {
    let block: Option<SignedBlock> = node.ask("chain_getBlock", rpc_params![hash]).await?;
    let index = block
        .map(|block| block.block.extrinsics)
        .unwrap_or_default()
        .iter()
        .position(|other| other.encode() == extrinsic)
        .and_then(|index| u32::try_from(index).ok())
        .ok_or(TransactionError::NotInBlock(hash))?;
    let key = [twox_128(b"System"), twox_128(b"Events")].concat();
    let key = format!("0x{}", hex::encode(key));
    let events: Option<String> = node.ask("state_getStorage", rpc_params![key, hash]).await?;
    let events = events.ok_or(TransactionError::NoEvents(hash))?;
    Ok((index, hex::decode(events.trim_start_matches("0x"))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version() -> RuntimeVersion {
        RuntimeVersion {
            spec_name: "allod".into(),
            spec_version: 3,
            transaction_version: 2,
        }
    }

    #[test]
    fn another_runtime_is_refused() {
        assert!(check_version(version(), version()).is_ok());
        for other in [
            RuntimeVersion {
                spec_name: "other".into(),
                ..version()
            },
            RuntimeVersion {
                spec_version: 4,
                ..version()
            },
            RuntimeVersion {
                transaction_version: 1,
                ..version()
            },
        ] {
            let theirs = format!("the chain runs {} {} ", other.spec_name, other.spec_version);
            let error = check_version(other, version()).unwrap_err().to_string();
            assert!(error.starts_with(&theirs), "{error}");
            let own = "this binary knows allod 3 (transactions 2)";
            assert!(error.contains(own), "{error}");
        }
    }

    /// As a node answers to `state_getRuntimeVersion`, which says more.
    #[test]
    fn versions_are_read() {
        let text = r#"{"specName":"allod","implName":"allod","authoringVersion":1,"specVersion":3,
            "implVersion":1,"apis":[["0xdf6acb689907609b",5]],"transactionVersion":2,"systemVersion":1}"#;
        assert_eq!(
            serde_json::from_str::<RuntimeVersion>(text).unwrap(),
            version()
        );
    }

    /// As a node writes them.
    #[test]
    fn statuses_are_read() {
        let hash = H256::repeat_byte(7);
        let of = |text: &str| {
            serde_json::from_str::<Status>(&text.replace("HASH", &format!("{hash:?}")))
        };
        assert!(matches!(of(r#""future""#), Ok(Status::Future)));
        assert!(matches!(of(r#""ready""#), Ok(Status::Ready)));
        assert!(matches!(
            of(r#"{"broadcast":["a","b"]}"#),
            Ok(Status::Broadcast(_))
        ));
        assert!(matches!(of(r#"{"inBlock":"HASH"}"#), Ok(Status::InBlock(of)) if of == hash));
        assert!(matches!(
            of(r#"{"retracted":"HASH"}"#),
            Ok(Status::Retracted(_))
        ));
        assert!(matches!(
            of(r#"{"finalityTimeout":"HASH"}"#),
            Ok(Status::FinalityTimeout(_))
        ));
        assert!(matches!(of(r#"{"finalized":"HASH"}"#), Ok(Status::Finalized(of)) if of == hash));
        assert!(matches!(
            of(r#"{"usurped":"HASH"}"#),
            Ok(Status::Usurped(_))
        ));
        assert!(matches!(of(r#""dropped""#), Ok(Status::Dropped)));
        assert!(matches!(of(r#""invalid""#), Ok(Status::Invalid)));
        assert!(of(r#""lost""#).is_err());
    }

    /// The era counts from the block whose hash is signed.
    #[test]
    fn the_era_begins_where_it_is_tied() {
        for start in [0, 5, 1000] {
            let best = u64::from(start + ERA_START_DEPTH);
            assert_eq!(era(start).birth(best), u64::from(start));
        }
    }
}
