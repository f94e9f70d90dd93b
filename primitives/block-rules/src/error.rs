//! Why a block is rejected: one variant for each cause, with what is wrong and what would be right.

use crate::{Execution, fork_choice::BelowFinal};
use allod_consensus_primitives::{ConsensusLog, DigestError, JustificationError};
use allod_core::{Hash, PotOutput, SegmentHeader, Slot, hash::HexHash};
use allod_verification::{SealError, SolutionError};
use std::num::NonZeroU32;

/// The rule that a block breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// Only blocks that the node executes are imported.
    #[error("{0} is not supported: every block is executed")]
    NotExecuted(Execution),
    /// There is nothing to execute.
    #[error("the block has no body")]
    NoBody,
    /// The header is larger than any that follows the rules (§8).
    #[error("the header has {bytes} bytes, it may have {most}")]
    HeaderTooLarge {
        /// Of its SCALE encoding.
        bytes: usize,
        /// [`MAX_HEADER_BYTES`](allod_core::parameters::MAX_HEADER_BYTES).
        most: usize,
    },
    /// The body is larger than a block may be; the constant is in §3.
    #[error("the body has {bytes} bytes, it may have {most}")]
    BodyTooLarge {
        /// Of its extrinsics.
        bytes: usize,
        /// `MAX_BLOCK_BYTES`.
        most: usize,
    },
    /// The body is not the one that the header names (§8).
    #[error("the root of the extrinsics is {}, the header names {}", HexHash(.actual), HexHash(.expected))]
    ExtrinsicsRoot {
        /// In the header.
        expected: Hash,
        /// Of the body.
        actual: Hash,
    },
    /// An item in the digest that no block of this chain has (§8).
    #[error(
        "digest item {0} is none of this chain's: first comes the pre-digest, then consensus logs, last \
         the seal"
    )]
    ForeignDigest(usize),
    /// The block would undo what is final here (§8).
    #[error(transparent)]
    BelowFinal(#[from] BelowFinal),
    /// The digest is not one of this chain (§8).
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// The seal was not made by the solution's key (§8).
    #[error("seal: {0}")]
    Seal(#[from] SealError),
    /// There are several justifications of this engine (§5.1).
    #[error("the block has {0} `alod` justifications, it must have exactly one")]
    SeveralJustifications(usize),
    /// The justification is missing, not the one the pre-digest names, or malformed (§5.1).
    #[error(transparent)]
    Justification(#[from] JustificationError),
    /// The slot is not after the parent's (§8).
    #[error("slot {slot} is not after the parent's slot {parent}")]
    SlotNotAfterParent {
        /// Of the block.
        slot: Slot,
        parent: Slot,
    },
    /// The slot is further ahead than one justification can prove (§4).
    #[error(
        "the block must prove time up to slot {newest}, its justification reaches slot {farthest}"
    )]
    SlotOutOfReach {
        /// Newest slot that the block must prove.
        newest: Slot,
        /// Newest slot that a child of the parent can prove.
        farthest: Slot,
    },
    /// The solution does not win the slot (§7).
    #[error("solution: {0}")]
    Solution(#[from] SolutionError),
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
    /// Checkpoints that the delay function does not lead to (§4).
    #[error("the checkpoints of slot {0} are not those of its seed and iterations")]
    WrongProofOfTime(Slot),
    /// An injection lowers the iterations, more than doubles them, or leaves the multiples of 16
    /// (§4).
    #[error(
        "the block schedules {new} iterations a slot after {old}; it may schedule a multiple of 16 \
         from {old} to twice as many"
    )]
    UnboundedRaise {
        /// In force or scheduled.
        old: NonZeroU32,
        /// In the block's digest.
        new: NonZeroU32,
    },
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
    /// A consensus log is not what the parent's state leads to (§8).
    #[error("the block carries consensus digests {carried:?}, expected {expected:?}")]
    ConsensusDigest {
        /// In the block's digest.
        carried: Vec<ConsensusLog>,
        /// By the parent's state.
        expected: Vec<ConsensusLog>,
    },
}
