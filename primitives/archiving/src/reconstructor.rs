//! Pieces of one segment after another to the blocks in them (§5.6).
//!
//! Any R of a segment's 2R pieces do. They must have been checked against the segment's commitment
//! before ([`verification`](crate::verification)); the reconstructor checks what is left: that the
//! contents are a segment, that segments follow one another, that they are those of the headers.

use crate::{
    joining::{JoinError, Joiner},
    pieces::{PiecesError, recover_segment, segment_bytes},
};
use allod_core::{Piece, SegmentHeader, SegmentIndex};
use allod_kzg::Kzg;
use std::borrow::Borrow;

pub use crate::joining::ReconstructedContents;

/// Why pieces do not yield blocks. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReconstructorError {
    /// The segment cannot be rebuilt.
    #[error(transparent)]
    Pieces(#[from] PiecesError),
    /// The segment does not continue the history.
    #[error(transparent)]
    Join(#[from] JoinError),
}

/// Rebuilds segments in order and joins the blocks that cross them.
///
/// The first segment may be any one: see [`joining`](crate::joining).
#[derive(Debug, Clone)]
pub struct Reconstructor {
    kzg: Kzg,
    raw_records_per_segment: u16,
    joiner: Joiner,
}

impl Reconstructor {
    /// For segments of R raw records: a power of two, at most 512.
    pub fn new(kzg: Kzg, raw_records_per_segment: u16) -> Result<Self, ReconstructorError> {
        segment_bytes(raw_records_per_segment)?;
        Ok(Self {
            kzg,
            raw_records_per_segment,
            joiner: Joiner::new(),
        })
    }

    /// Index of the segment to be added next; `None` if any may be.
    pub fn next_segment(&self) -> Option<SegmentIndex> {
        self.joiner.next_segment()
    }

    /// Adds a segment: its 2R pieces in order, of which at least R are there.
    pub fn add_segment<P: Borrow<Piece>>(
        &mut self,
        pieces: &[Option<P>],
    ) -> Result<ReconstructedContents, ReconstructorError> {
        self.add(pieces, None)
    }

    /// Adds a segment whose header is known, and checks its contents against that: the segment's
    /// index, the parent segment header in it, and where it ends.
    pub fn add_segment_with_header<P: Borrow<Piece>>(
        &mut self,
        pieces: &[Option<P>],
        header: &SegmentHeader,
    ) -> Result<ReconstructedContents, ReconstructorError> {
        self.add(pieces, Some(header))
    }

    fn add<P: Borrow<Piece>>(
        &mut self,
        pieces: &[Option<P>],
        header: Option<&SegmentHeader>,
    ) -> Result<ReconstructedContents, ReconstructorError> {
        let raw = recover_segment(&self.kzg, self.raw_records_per_segment, pieces)?;
        Ok(self.joiner.add(&raw, header)?)
    }
}

#[cfg(test)]
mod tests;
