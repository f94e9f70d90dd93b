//! This node, as farmers see it: what it has archived, and the link to its slot worker.

use allod_archiver::{Archiver, SegmentStore};
use allod_consensus::{FarmingLink, NewSlot, prospects::open_slots};
use allod_consensus_primitives::FarmingApi;
use allod_core::{ChainParameters, Hash, Piece, PieceIndex, SegmentHeader, SegmentIndex, Slot};
use allod_farmer_rpc::{NodeClient, NodeError};
use allod_rpc_types::farmer::{
    FarmerChainInfo, MAX_OPEN_SLOTS, MAX_SEGMENT_HEADERS, SealResponse, SealedBlock,
    SigningRequest, SlotInfo, SolutionSubmission,
};
use allod_timekeeper::PotSourceHandle;
use async_trait::async_trait;
use futures::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use std::{fmt, sync::Arc};
use tokio::sync::broadcast;

/// Slots that are open after this one.
type OpenSlots = Arc<dyn Fn(Slot) -> Result<Vec<NewSlot>, allod_consensus::Error> + Send + Sync>;
/// Makes a new receiver of segment headers.
type SubscribeHeaders = Box<dyn Fn() -> broadcast::Receiver<SegmentHeader> + Send + Sync>;

/// A farmer's view of this node.
pub struct FarmerNode {
    genesis_hash: Hash,
    parameters: ChainParameters,
    link: FarmingLink,
    open_slots: OpenSlots,
    store: Arc<SegmentStore>,
    new_headers: SubscribeHeaders,
}

impl FarmerNode {
    /// Puts the view together.
    pub fn new<Block, Client>(
        client: Arc<Client>,
        parameters: ChainParameters,
        time: PotSourceHandle,
        link: FarmingLink,
        archiver: Archiver<Block, Client>,
    ) -> Self
    where
        Block: sp_runtime::traits::Block,
        Block::Hash: Into<[u8; 32]>,
        sp_runtime::traits::NumberFor<Block>: Into<u32> + From<u32>,
        Client: sp_blockchain::HeaderBackend<Block>
            + sc_client_api::BlockBackend<Block>
            + sc_client_api::AuxStore
            + sp_api::ProvideRuntimeApi<Block>
            + Send
            + Sync
            + 'static,
        Client::Api: FarmingApi<Block>,
    {
        let genesis_hash = client.info().genesis_hash.into();
        let open = move |after| open_slots::<Block, Client>(&*client, &time, after, MAX_OPEN_SLOTS);
        Self {
            genesis_hash,
            parameters,
            link,
            open_slots: Arc::new(open),
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

fn info(slot: NewSlot) -> SlotInfo {
    SlotInfo {
        slot: slot.slot,
        global_challenge: slot.global_challenge,
        solution_range: slot.solution_range,
        history_size: slot.history_size,
    }
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
        Ok(received(self.link.subscribe_slots()).map(info).boxed())
    }

    async fn open_slots(&self, after: Slot) -> Result<Vec<SlotInfo>, NodeError> {
        // Reads the database and the state.
        let open_slots = self.open_slots.clone();
        let open = tokio::task::spawn_blocking(move || open_slots(after))
            .await
            .map_err(refused)?
            .map_err(refused)?;
        Ok(open.into_iter().map(info).collect())
    }

    async fn subscribe_blocks(&self) -> Result<BoxStream<'static, SealedBlock>, NodeError> {
        let blocks = received(self.link.subscribe_blocks()).map(|block| SealedBlock {
            public_key: block.public_key,
            slot: block.slot,
            header_hash: block.header_hash,
        });
        Ok(blocks.boxed())
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
