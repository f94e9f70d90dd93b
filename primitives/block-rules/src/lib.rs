//! The rules by which a block is rejected (§4–§8), and the fork choice.
//!
//! Everything here is a function of what it is given: no database, no network, no clock. What a rule
//! needs of them is an argument or a trait. A node checks these rules when it imports a block; the
//! same functions do for a header without its body, since no rules but [`full_block`] and [`body_of_header`] read a body.
//!
//! | rule | function | [`BlockError`] |
//! |---|---|---|
//! | this release knows the rules of the block's height: asked before all others | [`RuleSchedule::version_of`] | none, but [`UnknownRules`]: the node stops |
//! | the node executes the block, and has its body | [`full_block`] | `NotExecuted`, `NoBody` |
//! | the block builds on what is final here | [`fork_choice::builds_on_final`] | `BelowFinal` |
//! | the header is no larger than the rules need | [`header_size`] | `HeaderTooLarge` |
//! | one pre-digest first, then consensus logs, nothing else | [`digest_shape`] | `Digest`, `ForeignDigest` |
//! | the body is the one that the header names | [`body_of_header`] | `BodyTooLarge`, `ExtrinsicsRoot` |
//! | one pre-digest, one seal | [`SealedHeader::new`] | `Digest` |
//! | the seal is by the key of the solution | [`SealedHeader::verify_seal`] | `Seal` |
//! | one justification, the one that the pre-digest names | [`one_justification`] | `SeveralJustifications`, `Justification` |
//! | the slot is after the parent's | [`slot_after_parent`] | `SlotNotAfterParent` |
//! | one justification reaches the slot | [`slot_in_reach`] | `SlotOutOfReach` |
//! | the slot's output is the one that is known of it | [`Parent::slot_output_is_known`] | `WrongOutput` |
//! | the solution wins the slot | [`Parent::verify_solution`], or by stages from [`Parent::winning_ticket`] on | `Solution` |
//! | as many checkpoints as slots, outputs that are theirs | [`Parent::claimed_time`] | `MissingCheckpoints`, `WrongOutput` |
//! | the delay function leads to the checkpoints | [`ClaimedTime::verify`] | `WrongProofOfTime` |
//! | iterations rise to twice as many at most | [`bounded_raise`] | `UnboundedRaise` |
//! | the consensus logs that are due, and no others | [`Parent::verify_logs`] | `Digest`, `SegmentHeaders`, `ConsensusDigest` |
//!
//! Four rules ask the database, the runtime or a clock, and lie where blocks are imported
//! (`node/consensus/src`):
//!
//! | rule | where | otherwise |
//! |---|---|---|
//! | the parent is stored, with its [`ChainData`] | `load` in `chain_data.rs` | `Error::UnknownParent`, `Error::NoChainData` |
//! | the inherents are right: a time after the parent's, the segment headers of the digest | `check_inherents` in `execute.rs`, for foreign blocks | `Error::Inherents` |
//! | the block executes, and leads to the state root of its header | `execute` in `execute.rs`, for foreign blocks | `Error::Trap`, `Error::StateRoot` |
//! | the slot is at most `MAX_SLOTS_AHEAD` past the node's own time | `hold_back` in `future.rs`, before the import queue | the block waits, and is not refused |
//!
//! None of these functions relies on another one having run before, so that the order, in which
//! cheap ones come first, is the caller's. What was checked is a type that only its rule makes:
//! [`VerifiedSeal`], [`VerifiedSolution`], [`VerifiedTime`], [`VerifiedLogs`]. All four are needed
//! for the block's [`ChainData`], without which it cannot be a parent; so none is forgotten.
//!
//! A chain of headers whose state nobody has is followed by [`header_chain`].
//!
//! [`VerifiedSolution`]: allod_verification::VerifiedSolution

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::as_conversions
    )
)]

mod activation;
mod chain_data;
mod error;
pub mod fork_choice;
pub mod header_chain;
mod logs;
mod parent;
mod proof_of_time;
mod shape;
#[cfg(test)]
mod testing;

pub use activation::{
    Activation, Disagreement, MAX_ACTIVATIONS, NEWEST_RULES, RuleSchedule, RulesVersion,
    ScheduleError, UnknownRules,
};
pub use chain_data::{ChainData, Evidence};
pub use error::BlockError;
pub use logs::{VerifiedLogs, bounded_raise};
pub use parent::{Parent, child_query, slot_after_parent, slot_in_reach};
pub use proof_of_time::{ClaimedTime, KnownSlots, VerifiedTime, VerifyDelayFunction};
pub use shape::{
    Execution, SealedHeader, VerifiedSeal, body_of_header, digest_shape, full_block, header_shape,
    header_size, one_justification, sealed_header_shape,
};
