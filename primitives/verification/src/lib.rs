//! The rules by which a solution is valid (§7 of the design), and the seal of a block (§8).
//!
//! Everything here is a pure function of what it is given. Who calls looks up the chain's state:
//! which segments the solution needs says [`needed_segments`], and what else it needs says
//! [`SolutionContext`].
//!
//! What was checked is a type, and what is cheap comes first: [`winning_ticket`] takes hashes alone
//! and yields a [`WinningTicket`], [`WinningTicket::verify_space`] a [`ProvenTicket`], and
//! [`ProvenTicket::openings`] a [`CheckedSolution`], which lacks points, scalars and openings alone; that far goes
//! [`check_cheap`] at once. [`CheckedSolution::verify`], or [`verify_many`] for those of many blocks in
//! one pairing product, yields a [`VerifiedSolution`], which nothing else can make.
//! [`verify_solution`] does it all.
//!
//! | rule, in this order | [`SolutionError`] |
//! |---|---|
//! | the key is not blocked | `KeyBlocked` |
//! | sector index < 2^19 | `SectorIndex` |
//! | piece offset < P | `PieceOffset` |
//! | 1 ≤ history size ≤ the parent's + 1 | `HistorySizeZero`, `HistorySizeFromTheFuture` |
//! | the sector has not expired | `Expired` |
//! | the offset's group is the challenge's | `Group` |
//! | the stored chunk lies within range | `OutOfRange` |
//! | the proof of space is valid for this s-bucket | `ProofOfSpace` |
//! | points canonical and in the subgroup, scalars below r | `Point`, `Scalar` |
//! | the chunk opens the record commitment | `ChunkOpening` |
//! | the record commitment opens its segment's commitment | `RecordOpening` |
//!
//! A segment commitment that the caller should have looked up and did not is `UnknownSegment`.

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

mod error;
mod seal;
mod solution;

pub use error::{BatchError, PointRole, SolutionError};
pub use seal::{SealError, sign_seal, verify_seal};
pub use solution::{
    CheckedSolution, NeededSegments, ProvenTicket, SolutionContext, VerifiedSolution,
    WinningTicket, check_cheap, is_within_range, needed_segments, verify_many, verify_solution,
    winning_ticket,
};
