//! What the node and the runtime say to one another: digests, the inherent, the runtime API.
//!
//! # Digests
//!
//! Every block but genesis carries, all under the engine identifier [`ENGINE_ID`]:
//!
//! 1. one [`PreDigest`]: slot, solution, proof-of-time outputs, hash of the justification;
//! 2. any number of [`ConsensusLog`]s, put there by the runtime: each change of a parameter that
//!    consensus depends on, so that a header chain can be followed without any state;
//! 3. as its last item the seal: an sr25519 signature over [`seal_message`].
//!
//! Every consensus log is known from the state of the parent, the block's slot and the archiver
//! (what an extrinsic changes takes effect, and is logged, in the block after), so an importing
//! node compares the logs before it executes the block: see [`FarmingApi::child_context`].
//!
//! # Justification
//!
//! Exactly one, a SCALE-encoded [`PotJustification`]. The pre-digest fixes its hash, so the block
//! hash fixes its bytes, and with them the bytes that are archived (§5).

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod digest;
pub mod equivocation;
pub mod inherent;
pub mod segments;
pub mod step;

use alloc::vec::Vec;
use allod_core::{
    ChainParameters, HistorySize, PublicKey, SegmentCommitment, SegmentIndex, Slot, SolutionRange,
    time::PotChange,
};
use core::num::NonZeroU32;
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

pub use digest::{
    ConsensusLog, DigestError, ENGINE_ID, JustificationError, PotJustification, PreDigest,
    consensus_logs, justification_hash, pre_digest, seal_message, split_seal,
};
pub use equivocation::{Claim, EquivocationError, EquivocationProof};
pub use inherent::{INHERENT_IDENTIFIER, MAX_SEGMENT_HEADERS_PER_BLOCK, SegmentHeaders};
pub use segments::{SegmentHeaderError, check_segment_header};
pub use step::MAX_BLOCKED_KEYS;

/// Proof-of-time parameters after some block.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct PotParameters {
    /// Iterations of the newest slot that the block proves.
    pub iterations: NonZeroU32,
    /// The change that a later slot brings, if one is known.
    pub next_change: Option<PotChange>,
}

impl PotParameters {
    /// Those of a chain's first block.
    pub const fn genesis(parameters: &ChainParameters) -> Self {
        Self {
            iterations: parameters.initial_iterations,
            next_change: None,
        }
    }

    /// The parameters after a child whose newest proven slot is `newest`, before the child's own
    /// injection: a change up to that slot is in force.
    pub fn up_to(mut self, newest: Slot) -> Self {
        if let Some(change) = self.next_change.take_if(|change| change.slot <= newest) {
            self.iterations = change.iterations;
        }
        self
    }

    /// The iterations that hold once every known change is in force: what the next injection may
    /// raise.
    pub fn decided_iterations(&self) -> NonZeroU32 {
        match &self.next_change {
            Some(change) => change.iterations,
            None => self.iterations,
        }
    }
}

/// All that the state of a block says about how its children are to be checked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ChildContext {
    /// Slot of the block itself; 0 for genesis.
    pub parent_slot: Slot,
    /// Segments whose headers the chain holds.
    pub history_size: HistorySize,
    /// Range within which the ticket of a child in the slot that was asked about must lie: that of
    /// the era, widened if the slot is long after the block's
    /// ([`SolutionRange::for_block`]).
    pub solution_range: SolutionRange,
    /// Whether the key that was asked about has equivocated.
    pub key_blocked: bool,
    /// Commitment of the piece's segment that was asked about, if there is one.
    pub segment_commitment: Option<SegmentCommitment>,
    /// Commitment of the expiry segment that was asked about, if there is one.
    pub expiry_commitment: Option<SegmentCommitment>,
    /// Proof-of-time parameters that hold from the block's newest slot on.
    pub pot: PotParameters,
    /// The logs that a child in the slot that was asked about must carry before those of its
    /// segment headers, in this order.
    pub logs: Vec<ConsensusLog>,
}

/// What a caller of [`FarmingApi::child_context`] asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ChildQuery {
    /// Slot of the child.
    pub slot: Slot,
    /// Key of the child's solution.
    pub public_key: PublicKey,
    /// Segment of the solution's piece.
    pub segment: SegmentIndex,
    /// Segment that decides when the solution's sector expires.
    pub expiry_segment: SegmentIndex,
}

sp_api::decl_runtime_apis! {
    /// What the farming pallet tells the node.
    ///
    /// Every answer is about the state that the block's children begin with: where the block brought another runtime,
    /// that is the state after its migrations.
    ///
    /// A method that is added later says the version that brought it, and is not asked of a runtime of a lower one.
    #[api_version(1)]
    pub trait FarmingApi {
        /// The parameters that genesis fixed.
        fn parameters() -> ChainParameters;
        /// Slot of this block; 0 for genesis.
        fn slot() -> Slot;
        /// Range of the era that a child of this block belongs to, which
        /// [`SolutionRange::for_block`] makes the range for a child in some slot of.
        fn solution_range() -> SolutionRange;
        /// Segments whose headers the chain holds.
        fn history_size() -> HistorySize;
        /// Commitment of a segment, if the chain holds its header.
        fn segment_commitment(index: SegmentIndex) -> Option<SegmentCommitment>;
        /// Proof-of-time parameters after this block.
        fn pot_parameters() -> PotParameters;
        /// Whether a key has equivocated and may not farm.
        fn is_key_blocked(public_key: PublicKey) -> bool;
        /// Everything needed to check a child of this block, in one call.
        fn child_context(query: ChildQuery) -> ChildContext;
        /// The unsigned extrinsic that reports an equivocation, none if the proof is not valid here.
        fn equivocation_report(proof: EquivocationProof<Block::Header>) -> Option<Block::Extrinsic>;
    }
}
