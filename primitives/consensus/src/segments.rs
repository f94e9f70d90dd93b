//! The segment headers that a block may bring (§5).

use allod_core::{
    ArchivedProgress, ChainParameters, LastArchivedBlock, SegmentHeader, SegmentIndex,
    history::HeaderHash,
};

/// Why a segment header does not belong into a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SegmentHeaderError {
    /// The index is not the one after the newest segment's.
    #[error("segment {actual} does not follow: segment {expected} is next")]
    NotConsecutive {
        /// Of the header.
        actual: SegmentIndex,
        /// What would be right.
        expected: SegmentIndex,
    },
    /// The header does not name the hash of the one before it, or zeros in segment 0.
    #[error("segment {0} does not name the hash of the segment header before it")]
    WrongPreviousHash(SegmentIndex),
    /// The segment ends no later in the history than the one before it.
    #[error("segment {0} ends no later in the history than the one before it")]
    NotGrowing(SegmentIndex),
    /// Segment 0 must end with the whole genesis block.
    #[error("segment 0 must hold the whole genesis block and nothing else")]
    NotGenesis,
    /// The header enters in another block.
    #[error("the header of segment {segment} does not enter in block {block}")]
    WrongBlock {
        /// Of the header.
        segment: SegmentIndex,
        /// Number of the block that brings it.
        block: u32,
    },
}

/// How far the history reaches: two such positions compare as the history grows.
fn reach(last: &LastArchivedBlock) -> (u32, u64) {
    let bytes = match last.progress {
        ArchivedProgress::Partial(bytes) => u64::from(bytes.get()),
        ArchivedProgress::Complete => u64::MAX,
    };
    (last.number, bytes)
}

/// The first segment holds the genesis block, padded to fill it, and nothing else.
const GENESIS_ONLY: LastArchivedBlock = LastArchivedBlock {
    number: 0,
    progress: ArchivedProgress::Complete,
};

/// Checks a header that block `block` brings against the header before it.
///
/// # Errors
/// The first rule that it breaks.
pub fn check_segment_header(
    header: &SegmentHeader,
    previous: Option<&SegmentHeader>,
    block: u32,
    parameters: &ChainParameters,
) -> Result<(), SegmentHeaderError> {
    let segment = header.segment_index;
    let (expected, hash) = match previous {
        Some(previous) => (previous.segment_index.saturating_add(1), previous.hash()),
        None => (SegmentIndex(0), HeaderHash::default()),
    };
    if segment != expected {
        return Err(SegmentHeaderError::NotConsecutive {
            actual: segment,
            expected,
        });
    }
    if header.previous_header_hash != hash {
        return Err(SegmentHeaderError::WrongPreviousHash(segment));
    }
    let last = &header.last_archived_block;
    match previous {
        Some(previous) if reach(last) <= reach(&previous.last_archived_block) => {
            return Err(SegmentHeaderError::NotGrowing(segment));
        }
        None if *last != GENESIS_ONLY => return Err(SegmentHeaderError::NotGenesis),
        Some(_) | None => {}
    }
    if parameters.segments_enter_in(last.number) != Some(block) {
        return Err(SegmentHeaderError::WrongBlock { segment, block });
    }
    Ok(())
}
