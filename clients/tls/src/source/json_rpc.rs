//! The state of the chain from a node, by JSON-RPC over WebSocket.
//!
//! | method | asked for |
//! |---|---|
//! | `chain_getBlockHash` | the genesis block, once for each connection |
//! | `chain_subscribeNewHeads`, `chain_subscribeFinalizedHeads` | the newest blocks |
//! | `autoId_byKey` | the identity of a key |
//! | `autoId_identity` | its current certificate |
//! | `autoId_verify` | whether it holds |
//!
//! The node is trusted, and so must the way to it be: `ws://` to another machine lets everybody on the
//! way answer in its place. A header's hash is computed here. An answer has at most
//! [`MAX_ANSWER_BYTES`] and comes within [`JsonRpcOptions::timeout`], or it is an error. A connection
//! that broke is made anew when something is asked next, at most once per second.

use super::{ChainSource, Head, SourceError};
use allod_connection::{ConnectError, Connection, ConnectionOptions, one_line};
use allod_identity::{Identifier, KeyFingerprint, Purpose, VerificationReport};
use allod_rpc_types::auto_id::{
    BlockHash, BlockReference, IdentityAnswer, VerifyAnswer, VerifyOptions,
};
use async_trait::async_trait;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use jsonrpsee::{
    core::{
        client::{ClientT, Error as ClientError, Subscription, SubscriptionClientT},
        params::ArrayParams,
    },
    rpc_params,
    ws_client::WsClient,
};
use serde::de::DeserializeOwned;
use sp_runtime::{
    generic,
    traits::{BlakeTwo256, Header as _},
};
use std::{fmt, sync::Arc, time::Duration};

/// Most bytes of an answer: a report of 16 links is 20 KB, a header with its digest 5 KB.
pub const MAX_ANSWER_BYTES: u32 = 256 << 10;
/// Heads that may wait to be read; the stream ends if there are more, and begins anew.
const MAX_WAITING_HEADS: usize = 64;

/// A header as nodes tell it.
pub type Header = generic::Header<u32, BlakeTwo256>;

/// Which node, and what is expected of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonRpcOptions {
    /// Address of the node, `ws://` or `wss://`.
    pub url: String,
    /// Hash of the genesis block that the chain must have. `None` takes the chain that the node
    /// has; identifiers do not name a chain, so say it wherever there is more than one.
    pub genesis: Option<BlockHash>,
    /// How long an answer, or a connection, may take.
    pub timeout: Duration,
}

impl JsonRpcOptions {
    /// A node, any chain, 3 seconds.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            genesis: None,
            timeout: Duration::from_secs(3),
        }
    }
}

/// A node at the other end of a WebSocket.
pub struct JsonRpcSource {
    genesis: Option<BlockHash>,
    connection: Connection,
}

impl JsonRpcSource {
    /// Connects, and makes sure that it is the chain that is wanted.
    pub async fn connect(options: JsonRpcOptions) -> Result<Self, SourceError> {
        let JsonRpcOptions {
            url,
            genesis,
            timeout,
        } = options;
        let source = Self {
            genesis,
            connection: Connection::new(ConnectionOptions {
                url,
                timeout,
                max_answer_bytes: MAX_ANSWER_BYTES,
                max_waiting_items: MAX_WAITING_HEADS,
            }),
        };
        source.client().await?;
        Ok(source)
    }

    /// The connection, made anew if it broke.
    async fn client(&self) -> Result<Arc<WsClient>, SourceError> {
        let check = |client| self.check_genesis(client);
        self.connection.client(check).await
    }

    async fn check_genesis(&self, client: Arc<WsClient>) -> Result<(), SourceError> {
        let method = "chain_getBlockHash";
        let actual: Option<BlockHash> = ask(&client, method, rpc_params![0_u32]).await?;
        let actual = actual.ok_or_else(|| malformed(method, &"there is no genesis block"))?;
        match self.genesis {
            Some(wanted) if wanted != actual => Err(SourceError::OtherChain { wanted, actual }),
            _ => Ok(()),
        }
    }

    async fn request<T: DeserializeOwned>(
        &self,
        method: &'static str,
        parameters: ArrayParams,
    ) -> Result<T, SourceError> {
        ask(&*self.client().await?, method, parameters).await
    }
}

#[async_trait]
impl ChainSource for JsonRpcSource {
    async fn heads(&self) -> Result<BoxStream<'static, Result<Head, SourceError>>, SourceError> {
        let client = self.client().await?;
        let best = subscribe(&client, NEW_HEADS).await?;
        let finalized = subscribe(&client, FINALIZED_HEADS).await?;
        let best = best.map(|header| head_in(NEW_HEADS.0, header).map(Head::Best));
        let finalized =
            finalized.map(|header| head_in(FINALIZED_HEADS.0, header).map(Head::Finalized));
        // Either of the two ending ends the whole; the client is kept for as long as both are read.
        let ended = || stream::once(async { None });
        let best = best.map(Some).chain(ended());
        let finalized = finalized.map(Some).chain(ended());
        let both = stream::select(best, finalized);
        let both = both.take_while(|head| std::future::ready(head.is_some()));
        let both = both.filter_map(std::future::ready);
        Ok(both.inspect(move |_| _ = &client).boxed())
    }

    async fn identity_by_key(
        &self,
        key: KeyFingerprint,
        at: BlockHash,
    ) -> Result<Option<Identifier>, SourceError> {
        self.request("autoId_byKey", rpc_params![key, at]).await
    }

    async fn certificate(
        &self,
        identifier: Identifier,
        at: BlockHash,
    ) -> Result<Option<Vec<u8>>, SourceError> {
        let parameters = rpc_params![identifier, at];
        let answer = self.request(IDENTITY, parameters).await?;
        certificate_in(answer, identifier, at)
    }

    async fn verify(
        &self,
        identifier: Identifier,
        purpose: Purpose,
        at: BlockHash,
    ) -> Result<VerificationReport, SourceError> {
        let options = VerifyOptions {
            purpose: Some(purpose),
            at: Some(at),
            ..VerifyOptions::default()
        };
        let parameters = rpc_params![identifier, options];
        let answer = self.request(VERIFY, parameters).await?;
        report_in(answer, at)
    }
}

const IDENTITY: &str = "autoId_identity";
const VERIFY: &str = "autoId_verify";

/// The certificate in the answer of `autoId_identity` about `identifier` at block `at`.
///
/// # Errors
/// [`SourceError::Malformed`] for an answer about another identity or of another block.
pub fn certificate_in(
    answer: Option<IdentityAnswer>,
    identifier: Identifier,
    at: BlockHash,
) -> Result<Option<Vec<u8>>, SourceError> {
    let Some(answer) = answer else {
        return Ok(None);
    };
    if answer.identifier != identifier {
        return Err(malformed(IDENTITY, &"about another identity"));
    }
    check_block(IDENTITY, answer.block, at)?;
    Ok(Some(answer.certificate.into_inner()))
}

/// The report in the answer of `autoId_verify` at block `at`.
///
/// # Errors
/// [`SourceError::Malformed`] for an answer of another block, or one that contradicts itself.
pub fn report_in(answer: VerifyAnswer, at: BlockHash) -> Result<VerificationReport, SourceError> {
    check_block(VERIFY, answer.block, at)?;
    if answer.holds != answer.report.holds() {
        return Err(malformed(VERIFY, &"`holds` contradicts the report"));
    }
    Ok(answer.report)
}

/// Method to subscribe, method to unsubscribe.
type HeadMethods = (&'static str, &'static str);
const NEW_HEADS: HeadMethods = ("chain_subscribeNewHeads", "chain_unsubscribeNewHeads");
const FINALIZED_HEADS: HeadMethods = (
    "chain_subscribeFinalizedHeads",
    "chain_unsubscribeFinalizedHeads",
);

async fn subscribe(
    client: &WsClient,
    (method, unsubscribe): HeadMethods,
) -> Result<Subscription<Header>, SourceError> {
    let subscription = client.subscribe(method, rpc_params![], unsubscribe).await;
    subscription.map_err(|error| failed(method, error))
}

/// Number and hash of a header that came by a subscription of `method`.
///
/// # Errors
/// [`SourceError::Malformed`] if it did not come.
pub fn head_in(
    method: &'static str,
    header: Result<Header, serde_json::Error>,
) -> Result<BlockReference, SourceError> {
    let header = header.map_err(|error| malformed(method, &error))?;
    Ok(BlockReference {
        number: *header.number(),
        hash: BlockHash(header.hash().0),
    })
}

async fn ask<T: DeserializeOwned>(
    client: &WsClient,
    method: &'static str,
    parameters: ArrayParams,
) -> Result<T, SourceError> {
    let answer = client.request(method, parameters).await;
    answer.map_err(|error| failed(method, error))
}

fn check_block(
    method: &'static str,
    answered: BlockReference,
    asked: BlockHash,
) -> Result<(), SourceError> {
    if answered.hash == asked {
        return Ok(());
    }
    Err(malformed(method, &"of another block than was asked"))
}

impl From<ConnectError> for SourceError {
    fn from(error: ConnectError) -> Self {
        Self::Unreachable(one_line(&error))
    }
}

fn failed(method: &'static str, error: ClientError) -> SourceError {
    match error {
        ClientError::Call(error) => SourceError::Refused {
            method,
            code: error.code(),
            message: one_line(&error.message()),
        },
        ClientError::RequestTimeout => SourceError::TimedOut(method),
        ClientError::ParseError(error) => malformed(method, &error),
        other => SourceError::Unreachable(one_line(&other)),
    }
}

fn malformed(method: &'static str, what: &impl fmt::Display) -> SourceError {
    SourceError::Malformed {
        method,
        what: one_line(what),
    }
}
