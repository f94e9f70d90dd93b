//! Units, identifiers and derivations that every part of the protocol shares.
//!
//! Nothing here does I/O and nothing here needs `std`. A third party that wants to check a
//! solution, follow headers or read pieces needs this crate and the sibling of its choice.
//!
//! | module | holds |
//! |---|---|
//! | [`bytes`] | fixed-size byte strings: keys, commitments, witnesses, proofs |
//! | [`units`] | slots, segment, piece and sector numbers, history size, solution range |
//! | [`hash`] | BLAKE2b-256, the `H` of the design, and hashes read as numbers |
//! | [`parameters`] | constants of the protocol, parameters of a chain and their legal ranges |
//! | [`protocol_names`] | how a chain's protocols between nodes are called |
//! | [`history`] | segment headers, pieces |
//! | [`sector`] | what a sector must contain, and when it expires |
//! | [`audit`] | challenges, tickets, distances |
//! | [`solution`] | what a farmer puts into a block |
//! | [`time`] | proof-of-time seeds, outputs, checkpoints, entropy |
//!
//! Integers that are hashed are little-endian; a hash read as a number is 256-bit little-endian
//! (§3 of the design).

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing
    )
)]

extern crate alloc;

pub mod audit;
pub mod bytes;
pub mod hash;
pub mod history;
pub mod parameters;
pub mod protocol_names;
pub mod sector;
pub mod solution;
pub mod time;
pub mod units;

pub use audit::{SectorChallenge, global_challenge};
pub use bytes::{
    ChunkWitness, PublicKey, RecordCommitment, RecordWitness, RewardAddress, ScalarBytes,
    SegmentCommitment, SpaceProof,
};
pub use hash::{Hash, blake2b_256, blake2b_256_list};
pub use history::{ArchivedProgress, LastArchivedBlock, Piece, SegmentHeader};
pub use parameters::ChainParameters;
pub use protocol_names::ProtocolNames;
pub use sector::{SectorId, SpaceSeed};
pub use solution::Solution;
pub use time::{PotChange, PotCheckpoints, PotOutput, PotSeed};
pub use units::{
    HistorySize, PieceIndex, PieceOffset, SBucket, SectorIndex, SegmentIndex, Slot, SolutionRange,
};
