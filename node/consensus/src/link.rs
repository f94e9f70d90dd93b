//! What farmers are told and what they answer: the same for a farmer inside the node and for one
//! behind JSON-RPC.
//!
//! Everything is bounded: a farmer that does not read misses slots, and one that floods the node
//! with solutions has them dropped.

use allod_core::{Hash, HistorySize, PublicKey, Slot, Solution, SolutionRange};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::{broadcast, mpsc, oneshot};

/// Slots that a slow farmer may fall behind before it misses some.
const SLOTS: usize = 16;
/// Solutions that wait for the slot worker.
const SOLUTIONS: usize = 64;
/// Blocks that wait for a seal at the same time.
const SEALS: usize = 8;
/// Blocks of others that a slow farmer may fall behind before it misses some.
const BLOCKS: usize = 64;

/// A slot to audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSlot {
    /// Its number.
    pub slot: Slot,
    /// What all sectors' challenges are made from.
    pub global_challenge: Hash,
    /// Range within which a ticket must lie.
    pub solution_range: SolutionRange,
    /// Segments in the best block's state: what decides which sectors may win.
    pub history_size: HistorySize,
}

/// A block that wants its seal. The farmer is shown all of the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealRequest {
    /// SCALE-encoded header, without seal.
    pub header: Vec<u8>,
    /// Key of its solution.
    pub public_key: PublicKey,
}

/// A block that somebody else made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedBlock {
    /// Key of its solution.
    pub public_key: PublicKey,
    pub slot: Slot,
    /// BLAKE2b-256 of its header's SCALE encoding without seal.
    pub header_hash: Hash,
}

/// Connects the slot worker with any number of farmers; cheap to clone.
#[derive(Debug, Clone)]
pub struct FarmingLink {
    slots: broadcast::Sender<NewSlot>,
    seals: broadcast::Sender<SealRequest>,
    blocks: broadcast::Sender<SealedBlock>,
    solutions: mpsc::Sender<(Slot, Solution)>,
    waiting: Arc<Mutex<HashMap<Hash, oneshot::Sender<[u8; 64]>>>>,
}

/// A solution could not be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Too many are waiting.
    #[error("{SOLUTIONS} solutions are waiting already; this one was dropped")]
    Full,
    /// The node does not author blocks.
    #[error("this node does not make blocks")]
    NotAuthoring,
    /// No block waits for this seal.
    #[error("no block waits for this seal")]
    NotWaiting,
}

impl FarmingLink {
    /// A link and the receiving end for the slot worker.
    pub fn new() -> (Self, mpsc::Receiver<(Slot, Solution)>) {
        let (solutions, receiver) = mpsc::channel(SOLUTIONS);
        let link = Self {
            slots: broadcast::channel(SLOTS).0,
            seals: broadcast::channel(SEALS).0,
            blocks: broadcast::channel(BLOCKS).0,
            solutions,
            waiting: Arc::default(),
        };
        (link, receiver)
    }

    /// Slots from now on.
    pub fn subscribe_slots(&self) -> broadcast::Receiver<NewSlot> {
        self.slots.subscribe()
    }

    /// Requests for seals from now on.
    pub fn subscribe_seals(&self) -> broadcast::Receiver<SealRequest> {
        self.seals.subscribe()
    }

    /// Blocks of others from now on.
    pub fn subscribe_blocks(&self) -> broadcast::Receiver<SealedBlock> {
        self.blocks.subscribe()
    }

    /// Hands a solution to the slot worker.
    pub fn submit_solution(&self, slot: Slot, solution: Solution) -> Result<(), SubmitError> {
        self.solutions
            .try_send((slot, solution))
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => SubmitError::Full,
                mpsc::error::TrySendError::Closed(_) => SubmitError::NotAuthoring,
            })
    }

    /// Hands in a seal for the header with this BLAKE2b-256 hash (of its SCALE encoding without
    /// seal).
    pub fn submit_seal(&self, header_hash: &Hash, seal: [u8; 64]) -> Result<(), SubmitError> {
        let waiting = self
            .waiting
            .lock()
            .remove(header_hash)
            .ok_or(SubmitError::NotWaiting)?;
        waiting.send(seal).map_err(|_| SubmitError::NotWaiting)
    }

    pub(crate) fn announce(&self, slot: NewSlot) {
        // Nobody listening is fine.
        let _ = self.slots.send(slot);
    }

    pub(crate) fn announce_block(&self, block: SealedBlock) {
        let _ = self.blocks.send(block);
    }

    /// Asks the farmers for a seal; none if nobody answers in time.
    pub(crate) async fn seal(
        &self,
        request: SealRequest,
        timeout: std::time::Duration,
    ) -> Option<[u8; 64]> {
        let hash = allod_core::blake2b_256(&request.header);
        let (sender, receiver) = oneshot::channel();
        self.waiting.lock().insert(hash, sender);
        let asked = self.seals.send(request).is_ok();
        let seal = if asked {
            tokio::time::timeout(timeout, receiver)
                .await
                .ok()
                .and_then(Result::ok)
        } else {
            None
        };
        self.waiting.lock().remove(&hash);
        seal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn request() -> SealRequest {
        SealRequest {
            header: vec![1, 2, 3],
            public_key: PublicKey([1; 32]),
        }
    }

    #[tokio::test]
    async fn a_seal_reaches_the_block_that_waits_for_it() {
        let (link, _solutions) = FarmingLink::new();
        let mut seals = link.subscribe_seals();
        let farmer = link.clone();
        let answer = tokio::spawn(async move {
            let request = seals.recv().await.unwrap();
            let hash = allod_core::blake2b_256(&request.header);
            assert_eq!(
                farmer.submit_seal(&[0; 32], [9; 64]),
                Err(SubmitError::NotWaiting)
            );
            farmer.submit_seal(&hash, [7; 64]).unwrap();
        });
        assert_eq!(
            link.seal(request(), Duration::from_secs(10)).await,
            Some([7; 64])
        );
        answer.await.unwrap();
    }

    #[tokio::test]
    async fn without_a_farmer_there_is_no_seal_and_nothing_is_left_behind() {
        let (link, _solutions) = FarmingLink::new();
        assert_eq!(link.seal(request(), Duration::from_secs(10)).await, None);
        let _listening = link.subscribe_seals();
        assert_eq!(link.seal(request(), Duration::from_millis(1)).await, None);
        assert!(link.waiting.lock().is_empty());
    }
}
