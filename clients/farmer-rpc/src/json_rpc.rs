//! A node at the other end of a WebSocket.
//!
//! A connection that broke is made anew when something is asked next. A subscription ends with its
//! connection, and when an item does not decode or too many wait to be read; the farmer then
//! subscribes again.

use crate::{FarmerApiClient, NodeClient, NodeError};
use allod_connection::{ConnectError, Connection, ConnectionOptions, one_line};
use allod_core::{Piece, PieceIndex, SegmentHeader, SegmentIndex, Slot};
use allod_rpc_types::farmer::{
    FarmerChainInfo, SealResponse, SealedBlock, SigningRequest, SlotInfo, SolutionSubmission,
};
use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};
use jsonrpsee::{
    core::client::{Error as ClientError, Subscription},
    ws_client::WsClient,
};
use serde::de::DeserializeOwned;
use std::{fmt, future::ready, sync::Arc, time::Duration};

/// Most bytes of an answer: a piece is 263 kB in hex, 1,000 segment headers are 330 kB.
pub const MAX_ANSWER_BYTES: u32 = 1 << 20;
/// Items of a subscription that may wait to be read. Slots come one per second.
const MAX_WAITING_ITEMS: usize = 64;

/// Which node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonRpcNodeOptions {
    /// `ws://` or `wss://`. The node is not trusted with the farmer's key, but whoever answers in
    /// its place decides which blocks the farmer works for.
    pub url: String,
    /// How long an answer, or a connection, may take.
    pub timeout: Duration,
}

impl JsonRpcNodeOptions {
    /// A node that answers within 10 seconds.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            timeout: Duration::from_secs(10),
        }
    }
}

/// A node that is asked by `farmer_*`.
pub struct JsonRpcNode {
    connection: Connection,
}

impl JsonRpcNode {
    /// Connects when something is asked.
    pub fn new(options: JsonRpcNodeOptions) -> Self {
        let JsonRpcNodeOptions { url, timeout } = options;
        Self {
            connection: Connection::new(ConnectionOptions {
                url,
                timeout,
                max_answer_bytes: MAX_ANSWER_BYTES,
                max_waiting_items: MAX_WAITING_ITEMS,
            }),
        }
    }

    async fn client(&self) -> Result<Arc<WsClient>, NodeError> {
        self.connection.client(|_| ready(Ok(()))).await
    }
}

impl From<ConnectError> for NodeError {
    fn from(error: ConnectError) -> Self {
        Self::Unreachable(one_line(&error))
    }
}

fn failed(error: ClientError) -> NodeError {
    match error {
        ClientError::Call(error) => NodeError::Refused(one_line(&error.message())),
        ClientError::ParseError(error) => malformed(&error),
        error @ (ClientError::Transport(_)
        | ClientError::RestartNeeded(_)
        | ClientError::InvalidSubscriptionId
        | ClientError::InvalidRequestId(_)
        | ClientError::RequestTimeout
        | ClientError::Custom(_)
        | ClientError::HttpNotImplemented
        | ClientError::EmptyBatchRequest(_)
        | ClientError::RegisterMethod(_)) => NodeError::Unreachable(one_line(&error)),
    }
}

fn malformed(what: &impl fmt::Display) -> NodeError {
    NodeError::Malformed(one_line(what))
}

/// Items until one is malformed or the connection ends, which is kept for as long.
fn items<T: DeserializeOwned + Send + 'static>(
    client: Arc<WsClient>,
    subscription: Result<Subscription<T>, ClientError>,
) -> Result<BoxStream<'static, T>, NodeError> {
    let read = |_: &mut Arc<WsClient>, item: Result<T, serde_json::Error>| {
        let item = item.inspect_err(|error| {
            tracing::warn!(target: "farmer", "{}", malformed(error));
        });
        ready(item.ok())
    };
    let subscription = subscription.map_err(failed)?;
    Ok(subscription.scan(client, read).boxed())
}

#[async_trait]
impl NodeClient for JsonRpcNode {
    async fn chain_info(&self) -> Result<FarmerChainInfo, NodeError> {
        let client = self.client().await?;
        client.chain_info().await.map_err(failed)
    }

    async fn subscribe_slots(&self) -> Result<BoxStream<'static, SlotInfo>, NodeError> {
        let client = self.client().await?;
        let subscription = client.subscribe_slots().await;
        items(client, subscription)
    }

    async fn open_slots(&self, after: Slot) -> Result<Vec<SlotInfo>, NodeError> {
        let client = self.client().await?;
        client.open_slots(after.0).await.map_err(failed)
    }

    async fn submit_solution(&self, submission: SolutionSubmission) -> Result<(), NodeError> {
        let client = self.client().await?;
        client.submit_solution(submission).await.map_err(failed)
    }

    async fn subscribe_signing(&self) -> Result<BoxStream<'static, SigningRequest>, NodeError> {
        let client = self.client().await?;
        let subscription = client.subscribe_signing().await;
        items(client, subscription)
    }

    async fn subscribe_blocks(&self) -> Result<BoxStream<'static, SealedBlock>, NodeError> {
        let client = self.client().await?;
        let subscription = client.subscribe_blocks().await;
        items(client, subscription)
    }

    async fn submit_seal(&self, seal: SealResponse) -> Result<(), NodeError> {
        let client = self.client().await?;
        client.submit_seal(seal).await.map_err(failed)
    }

    async fn segment_headers(&self, first: SegmentIndex) -> Result<Vec<SegmentHeader>, NodeError> {
        let client = self.client().await?;
        client.segment_headers(first.0).await.map_err(failed)
    }

    async fn subscribe_segment_headers(
        &self,
    ) -> Result<BoxStream<'static, SegmentHeader>, NodeError> {
        let client = self.client().await?;
        let subscription = client.subscribe_segment_headers().await;
        items(client, subscription)
    }

    async fn piece(&self, index: PieceIndex) -> Result<Option<Piece>, NodeError> {
        let client = self.client().await?;
        let bytes = client.piece(index.0).await.map_err(failed)?;
        bytes
            .map(|bytes| Piece::try_from(bytes.into_inner()))
            .transpose()
            .map_err(|error| malformed(&error))
    }
}
