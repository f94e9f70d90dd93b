//! `farmer_*`: any [`NodeClient`] over JSON-RPC. The methods are in [`allod_farmer_rpc::api`], what
//! travels in [`allod_rpc_types::farmer`].
//!
//! Methods that make this node spend time on blocks are marked unsafe, and so are the requests for
//! seals: the server says to whom they are denied.

use crate::{
    error::{invalid_params, server_error},
    pieces::piece_bytes,
};
use allod_core::{PieceIndex, SegmentHeader, SegmentIndex, Slot};
use allod_farmer_rpc::{FarmerApiServer, NodeClient, NodeError};
use allod_rpc_types::farmer::{
    FarmerChainInfo, PieceBytes, SealResponse, SlotInfo, SolutionSubmission,
};
use futures::{StreamExt, stream::BoxStream};
use jsonrpsee::{
    Extensions,
    core::{RpcResult, SubscriptionResult, async_trait},
    server::{PendingSubscriptionSink, SubscriptionMessage},
    types::ErrorObjectOwned,
};
use sc_rpc_api::check_if_safe;
use serde::Serialize;
use std::sync::Arc;

/// Serves a node to farmers; cheap to clone.
#[derive(Clone)]
pub struct FarmerRpc {
    node: Arc<dyn NodeClient>,
}

impl FarmerRpc {
    /// Serves this node.
    pub fn new(node: Arc<dyn NodeClient>) -> Self {
        Self { node }
    }
}

/// Sends items to a subscriber until either side ends; if the node does, the subscriber is told.
async fn forward<T: Serialize>(
    pending: PendingSubscriptionSink,
    items: Result<BoxStream<'static, T>, NodeError>,
) -> SubscriptionResult {
    let mut items = match items {
        Ok(items) => items,
        Err(error) => {
            pending.reject(failed(error)).await;
            return Ok(());
        }
    };
    let sink = pending.accept().await?;
    loop {
        let item = tokio::select! {
            () = sink.closed() => return Ok(()),
            item = items.next() => item,
        };
        let item = item.ok_or("the node ends the subscription")?;
        sink.send(SubscriptionMessage::from_json(&item)?).await?;
    }
}

/// What is wrong, without who says so.
fn cause(error: NodeError) -> String {
    match error {
        NodeError::Refused(cause) => cause,
        error @ (NodeError::Unreachable(_) | NodeError::Malformed(_)) => error.to_string(),
    }
}

fn failed(error: NodeError) -> ErrorObjectOwned {
    server_error(cause(error))
}

#[async_trait]
impl FarmerApiServer for FarmerRpc {
    async fn chain_info(&self) -> RpcResult<FarmerChainInfo> {
        self.node.chain_info().await.map_err(failed)
    }

    async fn subscribe_slots(
        &self,
        pending: PendingSubscriptionSink,
        _: &Extensions,
    ) -> SubscriptionResult {
        forward(pending, self.node.subscribe_slots().await).await
    }

    async fn open_slots(&self, after: u64) -> RpcResult<Vec<SlotInfo>> {
        self.node.open_slots(Slot(after)).await.map_err(failed)
    }

    async fn submit_solution(
        &self,
        extensions: &Extensions,
        submission: SolutionSubmission,
    ) -> RpcResult<()> {
        check_if_safe(extensions)?;
        self.node.submit_solution(submission).await.map_err(failed)
    }

    async fn subscribe_signing(
        &self,
        pending: PendingSubscriptionSink,
        extensions: &Extensions,
    ) -> SubscriptionResult {
        if let Err(error) = check_if_safe(extensions) {
            pending.reject(error).await;
            return Ok(());
        }
        forward(pending, self.node.subscribe_signing().await).await
    }

    async fn subscribe_blocks(
        &self,
        pending: PendingSubscriptionSink,
        _: &Extensions,
    ) -> SubscriptionResult {
        forward(pending, self.node.subscribe_blocks().await).await
    }

    async fn submit_seal(&self, extensions: &Extensions, seal: SealResponse) -> RpcResult<()> {
        check_if_safe(extensions)?;
        let submitted = self.node.submit_seal(seal).await;
        submitted.map_err(|error| invalid_params(cause(error), None))
    }

    async fn segment_headers(&self, first: u64) -> RpcResult<Vec<SegmentHeader>> {
        let headers = self.node.segment_headers(SegmentIndex(first)).await;
        headers.map_err(failed)
    }

    async fn subscribe_segment_headers(
        &self,
        pending: PendingSubscriptionSink,
        _: &Extensions,
    ) -> SubscriptionResult {
        forward(pending, self.node.subscribe_segment_headers().await).await
    }

    async fn piece(&self, index: u64) -> RpcResult<Option<PieceBytes>> {
        let piece = self.node.piece(PieceIndex(index)).await.map_err(failed)?;
        piece.as_ref().map(piece_bytes).transpose()
    }
}
