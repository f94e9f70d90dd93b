//! Making blocks of what farmers find, and telling them of slots and of others' blocks.

use crate::{Import, Pool, database::Parts, essential::EssentialTasks};
use allod_consensus::{FarmingLink, SlotWorker, SlotWorkerParams, sealed_blocks};
use allod_core::{Slot, Solution};
use allod_runtime::opaque::Block;
use allod_timekeeper::PotSourceHandle;
use sc_network_sync::SyncingService;
use sc_service::Configuration;
use std::sync::Arc;
use tokio::sync::mpsc;

/// What a node makes blocks with.
pub(crate) struct Author {
    /// Where they go.
    pub block_import: Import,
    /// What they are filled from.
    pub pool: Arc<Pool>,
    /// The node's own proof-of-time.
    pub time: PotSourceHandle,
    /// To the farmers.
    pub link: FarmingLink,
    /// From them.
    pub solutions: mpsc::Receiver<(Slot, Solution)>,
    /// Whether the node is syncing.
    pub sync: Arc<SyncingService<Block>>,
}

impl Author {
    pub(crate) fn start(self, parts: &Parts, essential: &EssentialTasks, config: &Configuration) {
        let environment = sc_basic_authorship::ProposerFactory::new(
            parts.tasks.spawn_handle(),
            parts.client.clone(),
            self.pool,
            config.prometheus_registry(),
            None,
        );
        let others =
            sealed_blocks::announce(parts.client.clone(), self.link.clone(), self.sync.clone());
        let worker = SlotWorker::new(SlotWorkerParams {
            block_import: self.block_import,
            environment,
            time: self.time,
            link: self.link,
            solutions: self.solutions,
            sync: self.sync,
        });
        essential.spawn("announce-slots", "farming", worker.announce_slots());
        essential.spawn("make-blocks", "farming", worker.run());
        essential.spawn("announce-blocks", "farming", others);
    }
}
