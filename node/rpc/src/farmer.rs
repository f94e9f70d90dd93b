//! `farmer_*`: a farmer's view of its node, in this process ([`NodeClient`]) and over JSON-RPC.
//!
//! What travels is described in [`allod_rpc_types::farmer`]. The methods are marked unsafe: whoever
//! may call them can make this node spend time on blocks.

use crate::{
    error::{invalid_params, server_error},
    pieces::stored_piece,
};
use allod_archiver::{Archiver, SegmentStore};
use allod_consensus::FarmingLink;
use allod_core::{ChainParameters, Hash, Piece, PieceIndex, SegmentHeader, SegmentIndex};
use allod_farmer::{NodeClient, NodeError};
use allod_rpc_types::farmer::{
    FarmerChainInfo, MAX_SEGMENT_HEADERS, PieceBytes, SealResponse, SigningRequest, SlotInfo,
    SolutionSubmission,
};
use async_trait::async_trait;
use futures::{FutureExt, Stream, StreamExt, future::BoxFuture, stream, stream::BoxStream};
use jsonrpsee::{
    core::RpcResult,
    proc_macros::rpc,
    server::{PendingSubscriptionSink, SubscriptionMessage},
};
use sc_rpc::SubscriptionTaskExecutor;
use sc_rpc_api::check_if_safe;
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Methods for farmers.
#[rpc(server, client, namespace = "farmer")]
pub trait FarmerApi {
    /// What the chain is.
    #[method(name = "chainInfo")]
    fn chain_info(&self) -> RpcResult<FarmerChainInfo>;

    /// Slots to audit.
    #[subscription(name = "subscribeSlots" => "slot", unsubscribe = "unsubscribeSlots", item = SlotInfo, with_extensions)]
    fn subscribe_slots(&self);

    /// A ticket that won.
    #[method(name = "submitSolution", with_extensions)]
    fn submit_solution(&self, submission: SolutionSubmission) -> RpcResult<()>;

    /// Headers that wait for a seal.
    #[subscription(name = "subscribeSigning" => "signing", unsubscribe = "unsubscribeSigning", item = SigningRequest, with_extensions)]
    fn subscribe_signing(&self);

    /// A seal.
    #[method(name = "submitSeal", with_extensions)]
    fn submit_seal(&self, seal: SealResponse) -> RpcResult<()>;

    /// Up to 1,000 segment headers from index `first` on.
    #[method(name = "segmentHeaders")]
    fn segment_headers(&self, first: u64) -> RpcResult<Vec<SegmentHeader>>;

    /// Segment headers as they come to be.
    #[subscription(name = "subscribeSegmentHeaders" => "segmentHeader", unsubscribe = "unsubscribeSegmentHeaders", item = SegmentHeader, with_extensions)]
    fn subscribe_segment_headers(&self);

    /// A piece, null if this node does not hold it.
    #[method(name = "piece", blocking)]
    fn piece(&self, index: u64) -> RpcResult<Option<PieceBytes>>;
}

/// Makes a new receiver of segment headers.
type SubscribeHeaders = Arc<dyn Fn() -> broadcast::Receiver<SegmentHeader> + Send + Sync>;

/// A farmer's view of this node; cheap to clone.
#[derive(Clone)]
pub struct FarmerNode {
    genesis_hash: Hash,
    parameters: ChainParameters,
    link: FarmingLink,
    store: Arc<SegmentStore>,
    new_headers: SubscribeHeaders,
    executor: SubscriptionTaskExecutor,
}

impl FarmerNode {
    /// Puts the view together.
    pub fn new<Block, Client>(
        genesis_hash: Hash,
        parameters: ChainParameters,
        link: FarmingLink,
        archiver: Archiver<Block, Client>,
        executor: SubscriptionTaskExecutor,
    ) -> Self
    where
        Block: sp_runtime::traits::Block,
        Block::Hash: Into<[u8; 32]>,
        sp_runtime::traits::NumberFor<Block>: Into<u32> + From<u32>,
        Client: sp_blockchain::HeaderBackend<Block>
            + sc_client_api::BlockBackend<Block>
            + Send
            + Sync
            + 'static,
    {
        let store = archiver.store().clone();
        let new_headers = Arc::new(move || archiver.subscribe());
        Self {
            genesis_hash,
            parameters,
            link,
            store,
            new_headers,
            executor,
        }
    }

    fn info(&self) -> FarmerChainInfo {
        FarmerChainInfo {
            genesis_hash: self.genesis_hash,
            parameters: self.parameters.clone(),
            history_size: self.store.history_size(),
        }
    }

    fn slots(&self) -> BoxStream<'static, SlotInfo> {
        received(self.link.subscribe_slots())
            .map(|slot| SlotInfo {
                slot: slot.slot,
                global_challenge: slot.global_challenge,
                solution_range: slot.solution_range,
                history_size: slot.history_size,
            })
            .boxed()
    }

    fn signing(&self) -> BoxStream<'static, SigningRequest> {
        received(self.link.subscribe_seals())
            .filter_map(|request| async move {
                let header = request.header.try_into().ok()?;
                Some(SigningRequest {
                    public_key: request.public_key,
                    header,
                })
            })
            .boxed()
    }

    fn headers(&self) -> BoxStream<'static, SegmentHeader> {
        received((self.new_headers)()).boxed()
    }

    fn forward<T: Serialize + Send + 'static>(
        &self,
        pending: PendingSubscriptionSink,
        items: BoxStream<'static, T>,
    ) {
        self.executor
            .spawn("farmer-rpc", Some("rpc"), pipe(pending, items));
    }
}

/// Items of a broadcast; those that a slow receiver missed are left out.
fn received<T: Clone + Send + 'static>(
    receiver: broadcast::Receiver<T>,
) -> impl Stream<Item = T> + Send {
    stream::unfold(receiver, |mut receiver| async move {
        loop {
            match receiver.recv().await {
                Ok(item) => return Some((item, receiver)),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    })
}

/// Sends items to a subscriber until either side ends.
fn pipe<T: Serialize + Send + 'static>(
    pending: PendingSubscriptionSink,
    mut items: BoxStream<'static, T>,
) -> BoxFuture<'static, ()> {
    async move {
        let Ok(sink) = pending.accept().await else {
            return;
        };
        loop {
            let item = tokio::select! {
                () = sink.closed() => return,
                item = items.next() => item,
            };
            let Some(item) = item else { return };
            let Ok(message) = SubscriptionMessage::from_json(&item) else {
                return;
            };
            if sink.send(message).await.is_err() {
                return;
            }
        }
    }
    .boxed()
}

impl FarmerApiServer for FarmerNode {
    fn chain_info(&self) -> RpcResult<FarmerChainInfo> {
        Ok(self.info())
    }

    fn subscribe_slots(&self, pending: PendingSubscriptionSink, _: &jsonrpsee::Extensions) {
        self.forward(pending, self.slots());
    }

    fn submit_solution(
        &self,
        extensions: &jsonrpsee::Extensions,
        submission: SolutionSubmission,
    ) -> RpcResult<()> {
        check_if_safe(extensions)?;
        self.link
            .submit_solution(submission.slot, submission.solution)
            .map_err(server_error)
    }

    fn subscribe_signing(
        &self,
        pending: PendingSubscriptionSink,
        extensions: &jsonrpsee::Extensions,
    ) {
        if check_if_safe(extensions).is_ok() {
            self.forward(pending, self.signing());
        }
    }

    fn submit_seal(&self, extensions: &jsonrpsee::Extensions, seal: SealResponse) -> RpcResult<()> {
        check_if_safe(extensions)?;
        self.link
            .submit_seal(&seal.header_hash, seal.signature)
            .map_err(|error| invalid_params(error.to_string(), None))
    }

    fn segment_headers(&self, first: u64) -> RpcResult<Vec<SegmentHeader>> {
        Ok(self
            .store
            .headers_from(SegmentIndex(first), MAX_SEGMENT_HEADERS))
    }

    fn subscribe_segment_headers(
        &self,
        pending: PendingSubscriptionSink,
        _: &jsonrpsee::Extensions,
    ) {
        self.forward(pending, self.headers());
    }

    fn piece(&self, index: u64) -> RpcResult<Option<PieceBytes>> {
        stored_piece(&self.store, index)
    }
}

fn refused(cause: impl std::fmt::Display) -> NodeError {
    NodeError::Refused(cause.to_string())
}

#[async_trait]
impl NodeClient for FarmerNode {
    async fn chain_info(&self) -> Result<FarmerChainInfo, NodeError> {
        Ok(self.info())
    }

    async fn subscribe_slots(&self) -> Result<BoxStream<'static, SlotInfo>, NodeError> {
        Ok(self.slots())
    }

    async fn submit_solution(&self, submission: SolutionSubmission) -> Result<(), NodeError> {
        self.link
            .submit_solution(submission.slot, submission.solution)
            .map_err(refused)
    }

    async fn subscribe_signing(&self) -> Result<BoxStream<'static, SigningRequest>, NodeError> {
        Ok(self.signing())
    }

    async fn submit_seal(&self, seal: SealResponse) -> Result<(), NodeError> {
        self.link
            .submit_seal(&seal.header_hash, seal.signature)
            .map_err(refused)
    }

    async fn segment_headers(&self, first: SegmentIndex) -> Result<Vec<SegmentHeader>, NodeError> {
        Ok(self.store.headers_from(first, MAX_SEGMENT_HEADERS))
    }

    async fn subscribe_segment_headers(
        &self,
    ) -> Result<BoxStream<'static, SegmentHeader>, NodeError> {
        Ok(self.headers())
    }

    async fn piece(&self, index: PieceIndex) -> Result<Option<Piece>, NodeError> {
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || store.piece(index))
            .await
            .map_err(refused)?
            .map_err(refused)
    }
}
