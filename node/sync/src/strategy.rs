//! The syncing strategy: the SDK's, behind a gate.

use sc_consensus::{BlockImportError, BlockImportStatus};
use sc_network::{PeerId, types::ProtocolName};
use sc_network_sync::{
    SyncStatus,
    service::network::NetworkServiceHandle,
    strategy::{StrategyKey, SyncingAction, SyncingStrategy},
};
use sp_blockchain::Error as ClientError;
use sp_runtime::traits::{Block as BlockT, NumberFor};
use std::any::Any;

/// Makes a strategy of the SDK's.
pub type NewInner<Block> =
    Box<dyn Fn() -> Result<Box<dyn SyncingStrategy<Block>>, ClientError> + Send>;

/// What a block came to in the import queue.
type Imported<Block> = (
    Result<BlockImportStatus<NumberFor<Block>>, BlockImportError>,
    <Block as BlockT>::Hash,
);

/// The syncing strategy of a node.
pub struct AllodSync<Block: BlockT> {
    inner: Box<dyn SyncingStrategy<Block>>,
}

impl<Block: BlockT> AllodSync<Block> {
    /// Begins with a strategy of `new_inner`.
    pub fn new(new_inner: NewInner<Block>) -> Result<Self, ClientError> {
        Ok(Self {
            inner: new_inner()?,
        })
    }
}

type BlockAnnounce<Block> =
    sc_network_common::sync::message::BlockAnnounce<<Block as BlockT>::Header>;

impl<Block: BlockT> SyncingStrategy<Block> for AllodSync<Block> {
    fn add_peer(&mut self, peer: PeerId, best_hash: Block::Hash, best_number: NumberFor<Block>) {
        self.inner.add_peer(peer, best_hash, best_number);
    }

    fn remove_peer(&mut self, peer: &PeerId) {
        self.inner.remove_peer(peer);
    }

    fn on_validated_block_announce(
        &mut self,
        is_best: bool,
        peer: PeerId,
        announce: &BlockAnnounce<Block>,
    ) -> Option<(Block::Hash, NumberFor<Block>)> {
        self.inner
            .on_validated_block_announce(is_best, peer, announce)
    }

    fn set_sync_fork_request(
        &mut self,
        peers: Vec<PeerId>,
        hash: &Block::Hash,
        number: NumberFor<Block>,
    ) {
        self.inner.set_sync_fork_request(peers, hash, number);
    }

    fn request_justification(&mut self, hash: &Block::Hash, number: NumberFor<Block>) {
        self.inner.request_justification(hash, number);
    }

    fn clear_justification_requests(&mut self) {
        self.inner.clear_justification_requests();
    }

    fn on_justification_import(
        &mut self,
        hash: Block::Hash,
        number: NumberFor<Block>,
        success: bool,
    ) {
        self.inner.on_justification_import(hash, number, success);
    }

    fn on_generic_response(
        &mut self,
        peer: &PeerId,
        key: StrategyKey,
        protocol: ProtocolName,
        response: Box<dyn Any + Send>,
    ) {
        self.inner
            .on_generic_response(peer, key, protocol, response);
    }

    fn on_blocks_processed(
        &mut self,
        imported: usize,
        count: usize,
        results: Vec<Imported<Block>>,
    ) {
        self.inner.on_blocks_processed(imported, count, results);
    }

    fn on_block_finalized(&mut self, hash: &Block::Hash, number: NumberFor<Block>) {
        self.inner.on_block_finalized(hash, number);
    }

    fn update_chain_info(&mut self, best_hash: &Block::Hash, best_number: NumberFor<Block>) {
        self.inner.update_chain_info(best_hash, best_number);
    }

    fn is_major_syncing(&self) -> bool {
        self.inner.is_major_syncing()
    }

    fn num_peers(&self) -> usize {
        self.inner.num_peers()
    }

    fn status(&self) -> SyncStatus<Block> {
        self.inner.status()
    }

    fn num_downloaded_blocks(&self) -> usize {
        self.inner.num_downloaded_blocks()
    }

    fn num_sync_requests(&self) -> usize {
        self.inner.num_sync_requests()
    }

    fn actions(
        &mut self,
        network: &NetworkServiceHandle,
    ) -> Result<Vec<SyncingAction<Block>>, ClientError> {
        self.inner.actions(network)
    }
}
