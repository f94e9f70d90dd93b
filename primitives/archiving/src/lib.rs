//! History to segments to pieces, and back (§5 of the design).
//!
//! ```text
//! blocks ──packing──▶ raw segments ──pieces──▶ 2R pieces and a segment header
//! blocks ◀─joining─── raw segments ◀──────────  any R of them
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`segment`] | the bytes of a segment: what a decoder in another language has to know |
//! | [`packing`] | blocks to raw segments: pure, for any size of segment, without KZG |
//! | [`joining`] | raw segments to blocks: likewise |
//! | [`pieces`] | a raw segment to records, commitments and pieces, and from any R pieces back |
//! | [`verification`] | checking pieces against a segment commitment, one by one or many at once |
//! | [`archiver`] | the incremental archiver of a node, its saved and restored state |
//! | [`reconstructor`] | pieces of one segment after another to the blocks in them |
//!
//! A third party that wants to read history needs [`reconstructor`] and the segment headers of the
//! chain; one that only wants to check a piece needs [`verification`].

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

pub mod archiver;
pub mod joining;
pub mod packing;
pub mod pieces;
pub mod reconstructor;
pub mod segment;
#[cfg(test)]
mod testing;
pub mod verification;

pub use archiver::{Archiver, ArchiverError, ArchiverState};
pub use pieces::{NewSegment, create_segment};
pub use reconstructor::{ReconstructedContents, Reconstructor, ReconstructorError};
pub use verification::{PieceError, verify_piece, verify_pieces_of_segment};
