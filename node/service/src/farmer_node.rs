//! This node, as farmers see it: what it has archived, and the link to its slot worker.

use allod_archiver::{Archiver, SegmentStore};
use allod_consensus::FarmingLink;
use allod_core::{ChainParameters, Hash, Piece, PieceIndex, SegmentHeader, SegmentIndex};
use allod_farmer_rpc::{NodeClient, NodeError};
use allod_rpc_types::farmer::{
    FarmerChainInfo, MAX_SEGMENT_HEADERS, SealResponse, SigningRequest, SlotInfo,
    SolutionSubmission,
};
use async_trait::async_trait;
use futures::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use std::{fmt, sync::Arc};
use tokio::sync::broadcast;

/// Makes a new receiver of segment headers.
type SubscribeHeaders = Box<dyn Fn() -> broadcast::Receiver<SegmentHeader> + Send + Sync>;

/// A farmer's view of this node.
pub struct FarmerNode {
    genesis_hash: Hash,
    parameters: ChainParameters,
    link: FarmingLink,
    store: Arc<SegmentStore>,
    new_headers: SubscribeHeaders,
}

impl FarmerNode {
    /// Puts the view together.
    pub fn new<Block, Client>(
        genesis_hash: Hash,
        parameters: ChainParameters,
        link: FarmingLink,
        archiver: Archiver<Block, Client>,
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
        Self {
            genesis_hash,
            parameters,
            link,
            store: archiver.store().clone(),
            new_headers: Box::new(move || archiver.subscribe()),
        }
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

fn refused(cause: impl fmt::Display) -> NodeError {
    NodeError::Refused(cause.to_string())
}

#[async_trait]
impl NodeClient for FarmerNode {
    async fn chain_info(&self) -> Result<FarmerChainInfo, NodeError> {
        Ok(FarmerChainInfo {
            genesis_hash: self.genesis_hash,
            parameters: self.parameters.clone(),
            history_size: self.store.history_size(),
        })
    }

    async fn subscribe_slots(&self) -> Result<BoxStream<'static, SlotInfo>, NodeError> {
        let slots = received(self.link.subscribe_slots()).map(|slot| SlotInfo {
            slot: slot.slot,
            global_challenge: slot.global_challenge,
            solution_range: slot.solution_range,
            history_size: slot.history_size,
        });
        Ok(slots.boxed())
    }

    async fn submit_solution(&self, submission: SolutionSubmission) -> Result<(), NodeError> {
        self.link
            .submit_solution(submission.slot, submission.solution)
            .map_err(refused)
    }

    async fn subscribe_signing(&self) -> Result<BoxStream<'static, SigningRequest>, NodeError> {
        let requests = received(self.link.subscribe_seals()).filter_map(|request| async move {
            let header = request.header.try_into().ok()?;
            Some(SigningRequest {
                public_key: request.public_key,
                header,
            })
        });
        Ok(requests.boxed())
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
        Ok(received((self.new_headers)()).boxed())
    }

    async fn piece(&self, index: PieceIndex) -> Result<Option<Piece>, NodeError> {
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || store.piece(index))
            .await
            .map_err(refused)?
            .map_err(refused)
    }
}
