//! The incremental archiver (§5): blocks in, segments out as soon as they are full.
//!
//! An archiver is a [`Packer`] whose segments are made into pieces. It never needs a block twice:
//! its state, which can be saved after any block, holds the raw bytes of the unfinished segment.
//! What comes out depends on the blocks alone, not on restarts, clones or how blocks are batched.
//!
//! A clone costs nothing until one of the two takes a block, so that a node can archive a fork
//! speculatively and drop it.

use crate::{
    packing::{Packer, PackerState, PackerStateError, PackingError, RawSegment},
    pieces::{NewSegment, PiecesError, create_segment, segment_bytes},
};
use allod_core::{Hash, SegmentHeader};
use allod_kzg::Kzg;
use parity_scale_codec::{Decode, Encode};

/// Why a block cannot be archived or a state not be restored. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiverError {
    /// The block cannot be appended.
    #[error(transparent)]
    Packing(#[from] PackingError),
    /// No chain has so many raw records per segment.
    #[error(transparent)]
    Pieces(#[from] PiecesError),
    /// The saved state is not one that an archiver has saved.
    #[error("the archiver's saved state is inconsistent: {0}")]
    State(#[from] PackerStateError),
}

/// All that an archiver must remember; SCALE-encoded where it is saved. Cheap to clone.
///
/// `PackerState::unfinished` only ever grows until a segment is closed, so that a node which saves
/// after every block can append what is new instead of writing all of it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ArchiverState {
    /// R: a power of two, at most 512.
    pub raw_records_per_segment: u16,
    /// The last header, the last block, the unfinished segment.
    pub packer: PackerState,
}

/// Archives a history block by block.
#[derive(Debug, Clone)]
pub struct Archiver {
    kzg: Kzg,
    raw_records_per_segment: u16,
    packer: Packer,
}

impl Archiver {
    /// For an empty history with R raw records per segment: a power of two, at most 512.
    pub fn new(kzg: Kzg, raw_records_per_segment: u16) -> Result<Self, ArchiverError> {
        Ok(Self {
            kzg,
            raw_records_per_segment,
            packer: Packer::new(segment_bytes(raw_records_per_segment)?)?,
        })
    }

    /// Continues from a saved state.
    ///
    /// # Errors
    /// [`ArchiverError::Pieces`] for a wrong R, [`ArchiverError::State`] for what no archiver saves.
    pub fn restore(kzg: Kzg, state: ArchiverState) -> Result<Self, ArchiverError> {
        let ArchiverState {
            raw_records_per_segment,
            packer,
        } = state;
        Ok(Self {
            kzg,
            raw_records_per_segment,
            packer: Packer::restore(segment_bytes(raw_records_per_segment)?, packer)?,
        })
    }

    /// Continues after the segment with this header, where no state was saved: as an archiver that
    /// has just added the block that the segment ends in, of which `block` are the archived bytes
    /// (not looked at if the segment ends with the last of them). Returns the segments that
    /// the rest of the block completes, too.
    ///
    /// # Errors
    /// [`ArchiverError::Pieces`] for a wrong R, [`PackingError::AnotherBlock`] if the block is shorter
    /// than the header says.
    pub fn resume(
        kzg: Kzg,
        raw_records_per_segment: u16,
        header: SegmentHeader,
        block: &[u8],
    ) -> Result<(Self, Vec<NewSegment>), ArchiverError> {
        let mut segments = Vec::new();
        let capacity = segment_bytes(raw_records_per_segment)?;
        let packer = Packer::resume(capacity, header, block, |raw| {
            seal_into(&mut segments, &kzg, raw)
        })?;
        let archiver = Self {
            kzg,
            raw_records_per_segment,
            packer,
        };
        Ok((archiver, segments))
    }

    /// What has to be saved.
    pub fn state(&self) -> ArchiverState {
        ArchiverState {
            raw_records_per_segment: self.raw_records_per_segment,
            packer: self.packer.state().clone(),
        }
    }

    /// R.
    pub fn raw_records_per_segment(&self) -> u16 {
        self.raw_records_per_segment
    }

    /// Header of the last segment that was archived.
    pub fn last_segment_header(&self) -> Option<&SegmentHeader> {
        self.packer.state().last_header.as_ref()
    }

    /// Number of the last block that was added; it may end in the unfinished segment.
    pub fn last_block(&self) -> Option<u32> {
        self.packer.state().last_block
    }

    /// The bytes of the unfinished segment so far.
    pub fn unfinished_segment(&self) -> &[u8] {
        &self.packer.state().unfinished
    }

    /// Adds the genesis block: its SCALE-encoded signed block, which the ChaCha8 keystream of
    /// `state_root` is appended to until it fills its last segment.
    ///
    /// Returns segment 0, and the segments after it if the encoding alone is larger than that.
    ///
    /// # Errors
    /// [`PackingError`], if the genesis block was added before or is empty.
    pub fn add_genesis(
        &mut self,
        encoding: impl Into<Vec<u8>>,
        state_root: Hash,
    ) -> Result<Vec<NewSegment>, ArchiverError> {
        let mut segments = Vec::new();
        self.packer
            .add_genesis(encoding.into(), &state_root, |raw| {
                seal_into(&mut segments, &self.kzg, raw)
            })?;
        Ok(segments)
    }

    /// Adds a block after the genesis block: its SCALE-encoded signed block with exactly the
    /// justification that the design prescribes (§5.1).
    ///
    /// Returns the segments that it completes: none, one, or several if it is large.
    ///
    /// # Errors
    /// [`PackingError`]: blocks come in order, and have from 1 to 4,294,967,295 bytes.
    pub fn add_block(
        &mut self,
        number: u32,
        bytes: impl AsRef<[u8]>,
    ) -> Result<Vec<NewSegment>, ArchiverError> {
        let mut segments = Vec::new();
        self.packer.add_block(number, bytes.as_ref(), |raw| {
            seal_into(&mut segments, &self.kzg, raw)
        })?;
        Ok(segments)
    }
}

/// Makes the pieces of a full segment and keeps them.
fn seal_into(
    segments: &mut Vec<NewSegment>,
    kzg: &Kzg,
    raw: RawSegment<'_>,
) -> Result<SegmentHeader, ArchiverError> {
    let segment = create_segment(kzg, &raw)?;
    let header = segment.header;
    segments.push(segment);
    Ok(header)
}

#[cfg(test)]
mod tests;
