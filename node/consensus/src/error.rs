//! Why a block is rejected: one variant for each rule, naming what is wrong and what would be right.

use allod_consensus_primitives::{ConsensusLog, DigestError, JustificationError};
use allod_core::{PotOutput, SegmentHeader, Slot};
use allod_verification::{SealError, SolutionError};

/// An error of consensus.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The digest is not one of this chain (§8).
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// The justification is missing, not the one the pre-digest names, or malformed (§5.1).
    #[error(transparent)]
    Justification(#[from] JustificationError),
    /// There are several justifications of this engine (§5.1).
    #[error("the block has {0} `alod` justifications, it must have exactly one")]
    SeveralJustifications(usize),
    /// The slot is not after the parent's (§8).
    #[error("slot {slot} is not after the parent's slot {parent}")]
    SlotNotAfterParent {
        /// Of the block.
        slot: Slot,
        /// Of its parent.
        parent: Slot,
    },
    /// The justification lacks checkpoints or has too many (§4).
    #[error(
        "the justification has checkpoints of {actual} slots; from the parent's newest slot \
         {parent_newest} to slot {newest} it must have {expected}"
    )]
    MissingCheckpoints {
        /// Newest slot that the parent proves.
        parent_newest: Slot,
        /// Newest slot that the block must prove.
        newest: Slot,
        /// So many slots lie between.
        expected: u64,
        /// So many are proven.
        actual: u64,
    },
    /// Checkpoints that the delay function does not lead to (§4).
    #[error("the checkpoints of slot {0} are not those of its seed and iterations")]
    WrongProofOfTime(Slot),
    /// An output in the pre-digest is not the one proven (§4).
    #[error("the pre-digest gives {claimed} as output of slot {slot}, proven is {proven}")]
    WrongOutput {
        /// Of which slot.
        slot: Slot,
        /// In the pre-digest.
        claimed: PotOutput,
        /// By the checkpoints.
        proven: PotOutput,
    },
    /// The solution breaks a rule (§7).
    #[error("solution: {0}")]
    Solution(#[from] SolutionError),
    /// The seal was not made by the solution's key (§8).
    #[error("seal: {0}")]
    Seal(#[from] SealError),
    /// Segment headers are wrong, missing, or do not belong here (§5.5).
    #[error(
        "the block carries {} segment header(s), the archiver expects {} here; \
         carried: {carried:?}; expected: {expected:?}",
        carried.len(),
        expected.len()
    )]
    SegmentHeaders {
        /// In the block's digest.
        carried: Vec<SegmentHeader>,
        /// Of this node's archiver.
        expected: Vec<SegmentHeader>,
    },
    /// A consensus digest is not what the parent's state leads to (§8).
    #[error("the block carries consensus digests {carried:?}, expected {expected:?}")]
    ConsensusDigest {
        /// In the block's digest.
        carried: Vec<ConsensusLog>,
        /// By the parent's state.
        expected: Vec<ConsensusLog>,
    },
    /// The block forks off below what is final here (§8).
    #[error(
        "block #{number} {theirs} does not build on {ours}, which is final here; if the network is \
         right, `allod node --resync` joins it"
    )]
    BelowFinal {
        /// Number of the foreign block.
        number: u32,
        /// Hash of the foreign block.
        theirs: String,
        /// Hash of the final block.
        ours: String,
    },
    /// Only full blocks are imported.
    #[error("{0} is not supported: every block is executed")]
    NotExecuted(&'static str),
    /// The parent is not known.
    #[error("the parent {0} is not known")]
    UnknownParent(String),
    /// The parent was imported without what its children need.
    #[error("no consensus data of block {0} in the database")]
    NoChainData(String),
    /// Stored consensus data does not decode.
    #[error("consensus data of block {0} in the database is damaged")]
    DamagedChainData(String),
    /// The block has no body.
    #[error("the block has no body")]
    NoBody,
    /// The inherents are not right, such as a time in the future.
    #[error("inherents: {0}")]
    Inherents(String),
    /// The archiver failed.
    #[error("archiver: {0}")]
    Archiver(#[from] allod_archiver::Error),
    /// The runtime could not be asked.
    #[error("runtime: {0}")]
    Runtime(#[from] sp_api::ApiError),
    /// The database failed.
    #[error("database: {0}")]
    Client(#[from] sp_blockchain::Error),
    /// The client refused the block after all checks.
    #[error(transparent)]
    Import(#[from] sp_consensus::Error),
    /// A blocking task was cancelled, as happens when the node stops.
    #[error("the node is shutting down")]
    Stopped,
}

impl From<Error> for sp_consensus::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Import(error) => error,
            other => Self::Other(Box::new(other)),
        }
    }
}
