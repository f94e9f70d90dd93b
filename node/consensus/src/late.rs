//! What import needs and is made after it.

use crate::{Error, Unfarmed, equivocation::ReportEquivocation};
use allod_core::Slot;
use allod_metrics::{ImportStage, Metrics};
use allod_timekeeper::PotSourceHandle;
use sp_consensus::SyncOracle;
use sp_runtime::traits::{Block as BlockT, NumberFor};
use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

/// Asks the network for a block.
pub type Fetch<Block> =
    Box<dyn Fn(<Block as BlockT>::Hash, NumberFor<Block>) + Send + Sync + 'static>;

/// What import needs but is made after it.
pub struct LateHandles<Block: BlockT> {
    /// The node's own proof-of-time.
    pub time: OnceLock<PotSourceHandle>,
    /// Whether the node is syncing.
    pub sync: OnceLock<Arc<dyn SyncOracle + Send + Sync>>,
    /// Where equivocations go.
    pub reporter: OnceLock<Arc<dyn ReportEquivocation<Block::Header>>>,
    /// Who fetches blocks that had to go while they were held.
    pub fetch: OnceLock<Fetch<Block>>,
    /// What is told to Prometheus.
    pub metrics: OnceLock<Metrics>,
}

impl<Block: BlockT> Default for LateHandles<Block> {
    fn default() -> Self {
        Self {
            time: OnceLock::new(),
            sync: OnceLock::new(),
            reporter: OnceLock::new(),
            fetch: OnceLock::new(),
            metrics: OnceLock::new(),
        }
    }
}

impl<Block: BlockT> LateHandles<Block> {
    pub(crate) fn imported(&self, stage: ImportStage, begun: Instant) {
        if let Some(metrics) = self.metrics.get() {
            metrics.imported(stage, begun);
        }
    }

    pub(crate) fn refused(&self, error: &Error) {
        if let Some(metrics) = self.metrics.get() {
            metrics.refused(error.name());
        }
    }

    /// A slot is not farmed: to the log and to Prometheus.
    pub(crate) fn unfarmed(&self, slot: Slot, cause: &Unfarmed) {
        cause.log(slot);
        if let Some(metrics) = self.metrics.get() {
            metrics.unfarmed(cause.label(), cause.count());
        }
    }
}
