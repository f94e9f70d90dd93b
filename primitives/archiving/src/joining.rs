//! Raw segments to blocks (§5.6): the inverse of [`packing`](crate::packing).
//!
//! Segments are added in order. The first one may lie anywhere in the history: if the segment
//! before it ended within a block, that block's end is skipped, because nobody has seen its start.
//!
//! A segment is checked against the ones before it: index, where the last one ended, how much of a
//! block was missing. Whoever also has the chain's segment headers passes them, and then the
//! parent segment header in each segment is checked against the hash in its successor's.

use crate::segment::{Segment, SegmentError, SegmentItem, is_cut};
use allod_core::{
    ArchivedProgress, LastArchivedBlock, SegmentHeader, SegmentIndex, history::HeaderHash,
};
use core::num::NonZeroU32;

/// What a segment completes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconstructedContents {
    /// Position of the segment in the history.
    pub segment_index: SegmentIndex,
    /// The header of the segment *before* this one, which this one holds; none in segment 0.
    pub segment_header: Option<SegmentHeader>,
    /// Where the segment ends.
    pub last_archived_block: LastArchivedBlock,
    /// Numbers and bytes of the blocks that end in this segment, in order. Those of block 0
    /// include the keystream that follows its encoding.
    pub blocks: Vec<(u32, Vec<u8>)>,
}

/// Why a segment does not continue the history, or not the one that its header speaks of. Nothing
/// has changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// The bytes are malformed.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// Another segment than the next one.
    #[error("segment {found} cannot be added now: the next segment is {expected}")]
    OutOfOrder {
        /// Index of the segment that was given.
        found: SegmentIndex,
        /// Index of the segment that would be right.
        expected: SegmentIndex,
    },
    /// The segment's parent segment header says that the history goes on elsewhere.
    #[error("segment {index} follows {found:?}, but the segment before it ended at {expected:?}")]
    LastBlock {
        index: SegmentIndex,
        /// Where its parent segment header says that the segment before ended.
        found: LastArchivedBlock,
        /// Where that one ended.
        expected: LastArchivedBlock,
    },
    /// The segment before ended within a block and this one does not continue it.
    #[error("segment {index} does not continue block {number}, of which a part is missing")]
    ContinuationMissing {
        index: SegmentIndex,
        /// Number of the block.
        number: u32,
    },
    /// The segment before ended with a block and this one continues it.
    #[error("segment {index} continues block {number}, which is complete")]
    ContinuationUnexpected {
        index: SegmentIndex,
        /// Number of the block.
        number: u32,
    },
    /// The rest of a block has another length than what is missing of it.
    #[error(
        "segment {index} says that {found} bytes of block {number} were missing, but {expected} are"
    )]
    ContinuationLength {
        index: SegmentIndex,
        /// Number of the block.
        number: u32,
        /// What the segment says.
        found: u32,
        /// What would be right.
        expected: u32,
    },
    /// A segment without any part of a block.
    #[error("segment {0} holds no part of any block: an archiver makes no such segment")]
    NoBlocks(SegmentIndex),
    /// Block numbers and lengths have 32 bits, segment indices 64.
    #[error("a block or segment after {after:?} cannot be numbered: numbers are exhausted")]
    NumbersExhausted {
        /// The last block that has a number.
        after: LastArchivedBlock,
    },
    /// The segment's header speaks of another segment.
    #[error("the header is that of segment {found}, the pieces are those of {expected}")]
    HeaderIndex {
        /// What the header says.
        found: SegmentIndex,
        /// What the segment says.
        expected: SegmentIndex,
    },
    /// The segment's header follows another one than the segment does.
    #[error(
        "the header of segment {index} names the hash {found} of the header before, but that of \
         the parent segment header in the segment is {expected}"
    )]
    HeaderHash {
        index: SegmentIndex,
        /// What its header says.
        found: HeaderHash,
        /// What the segment says.
        expected: HeaderHash,
    },
    /// The segment's header says that it ends elsewhere.
    #[error("the header of segment {index} ends at {found:?}, the segment at {expected:?}")]
    HeaderLastBlock {
        index: SegmentIndex,
        /// What its header says.
        found: LastArchivedBlock,
        /// Where it ends.
        expected: LastArchivedBlock,
    },
}

/// Joins blocks that cross segments.
#[derive(Debug, Clone, Default)]
pub struct Joiner {
    position: Option<Position>,
}

/// Where the last segment ended.
#[derive(Debug, Clone)]
struct Position {
    index: SegmentIndex,
    last: LastArchivedBlock,
    /// What is missing of the last block, if it is partial.
    open: Option<Open>,
}

/// A block that the next segment continues.
#[derive(Debug, Clone)]
struct Open {
    /// Bytes that are missing.
    missing: u32,
    /// Bytes so far, unless its start was not seen.
    bytes: Option<Vec<u8>>,
}

impl Joiner {
    /// Begins with whatever segment is added first.
    pub fn new() -> Self {
        Self::default()
    }

    /// Index of the segment to be added next; `None` if any may be.
    pub fn next_segment(&self) -> Option<SegmentIndex> {
        let position = self.position.as_ref()?;
        Some(position.index.saturating_add(1))
    }

    /// Adds a segment: all of its bytes, and its own header if there is one to check it against.
    pub fn add(
        &mut self,
        bytes: &[u8],
        header: Option<&SegmentHeader>,
    ) -> Result<ReconstructedContents, JoinError> {
        let segment = Segment::decode(bytes)?;
        let items = segment.items();
        let (parent, items) = items
            .split_first()
            .and_then(|(first, items)| Some((Some(*first.parent_segment_header()?), items)))
            .unwrap_or((None, items));
        let index = self.check_order(parent.as_ref())?;

        let mut walk = Walk::new(index, parent.as_ref().map(|p| p.last_archived_block));
        let known = self.position.as_ref().and_then(|p| p.open.as_ref());
        let items = walk.continuation(items, known)?;
        for item in items {
            walk.item(item)?;
        }
        let last = walk.last.filter(|_| walk.moved);
        let last = last.ok_or(JoinError::NoBlocks(index))?;
        if let Some(header) = header {
            check_header(header, index, parent.as_ref(), last)?;
        }

        let Walk { blocks, open, .. } = walk;
        self.position = Some(Position { index, last, open });
        Ok(ReconstructedContents {
            segment_index: index,
            segment_header: parent,
            last_archived_block: last,
            blocks,
        })
    }

    /// The segment's index, if it is the next one.
    fn check_order(&self, parent: Option<&SegmentHeader>) -> Result<SegmentIndex, JoinError> {
        let found = match parent {
            None => SegmentIndex(0),
            Some(parent) => {
                let after = parent.last_archived_block;
                let index = parent.segment_index.0.checked_add(1);
                index
                    .map(SegmentIndex)
                    .ok_or(JoinError::NumbersExhausted { after })?
            }
        };
        if let Some(expected) = self.next_segment()
            && found != expected
        {
            return Err(JoinError::OutOfOrder { found, expected });
        }
        if let (Some(position), Some(parent)) = (&self.position, parent)
            && parent.last_archived_block != position.last
        {
            return Err(JoinError::LastBlock {
                index: found,
                found: parent.last_archived_block,
                expected: position.last,
            });
        }
        Ok(found)
    }
}

/// One segment's items, followed one by one.
struct Walk {
    index: SegmentIndex,
    last: Option<LastArchivedBlock>,
    /// Whether any item of a block was met.
    moved: bool,
    open: Option<Open>,
    blocks: Vec<(u32, Vec<u8>)>,
}

impl Walk {
    fn new(index: SegmentIndex, last: Option<LastArchivedBlock>) -> Self {
        Self {
            index,
            last,
            moved: false,
            open: None,
            blocks: Vec::new(),
        }
    }

    /// Takes the continuation with which a segment begins if and only if the one before ended
    /// within a block; returns the other items.
    fn continuation<'a, 'b>(
        &mut self,
        items: &'a [SegmentItem<'b>],
        known: Option<&Open>,
    ) -> Result<&'a [SegmentItem<'b>], JoinError> {
        let index = self.index;
        let partial = self
            .last
            .and_then(|last| Some((last.number, last.progress.partial()?)));
        let found = items
            .split_first()
            .and_then(|(first, others)| Some((first.continuation()?, others)));
        match (found, partial) {
            (Some(((length, content), others)), Some((number, archived))) => {
                if let Some(Open { missing, .. }) = known
                    && *missing != length
                {
                    return Err(JoinError::ContinuationLength {
                        index,
                        number,
                        found: length,
                        expected: *missing,
                    });
                }
                let bytes = known.and_then(|known| known.bytes.clone());
                self.take(number, archived.get(), length, content, bytes)?;
                Ok(others)
            }
            (Some(_), None) => {
                let number = self.last.map_or(0, |last| last.number);
                Err(JoinError::ContinuationUnexpected { index, number })
            }
            (None, Some((number, _))) => Err(JoinError::ContinuationMissing { index, number }),
            (None, None) => Ok(items),
        }
    }

    /// An item that no continuation may be.
    fn item(&mut self, item: &SegmentItem<'_>) -> Result<(), JoinError> {
        match item {
            SegmentItem::Padding(_) => Ok(()),
            SegmentItem::Block(content) => {
                let number = self.next_number()?;
                // Lengths were read from 32 bits.
                let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
                self.take(number, 0, length, content, Some(Vec::new()))
            }
            SegmentItem::BlockStart { length, content } => {
                let number = self.next_number()?;
                self.take(number, 0, *length, content, Some(Vec::new()))
            }
            // The decoder lets neither of them follow another item.
            SegmentItem::BlockContinuation { .. } | SegmentItem::ParentSegmentHeader(_) => {
                Err(JoinError::ContinuationUnexpected {
                    index: self.index,
                    number: self.last.map_or(0, |last| last.number),
                })
            }
        }
    }

    fn next_number(&self) -> Result<u32, JoinError> {
        match self.last {
            None => Ok(0),
            Some(after) => after
                .number
                .checked_add(1)
                .ok_or(JoinError::NumbersExhausted { after }),
        }
    }

    /// Takes bytes of block `number`, of which `archived` are in earlier segments (in `bytes`, if
    /// its start was seen) and `length` are not.
    fn take(
        &mut self,
        number: u32,
        archived: u32,
        length: u32,
        content: &[u8],
        bytes: Option<Vec<u8>>,
    ) -> Result<(), JoinError> {
        self.moved = true;
        let bytes = bytes.map(|mut bytes| {
            bytes.extend_from_slice(content);
            bytes
        });
        let taken = u32::try_from(content.len()).unwrap_or(u32::MAX);
        let progress = if is_cut(length, content) {
            let missing = length.saturating_sub(taken);
            self.open = Some(Open { missing, bytes });
            let so_far = archived.checked_add(taken).and_then(NonZeroU32::new);
            let after = LastArchivedBlock {
                number,
                progress: ArchivedProgress::Complete,
            };
            ArchivedProgress::Partial(so_far.ok_or(JoinError::NumbersExhausted { after })?)
        } else {
            self.blocks.extend(bytes.map(|bytes| (number, bytes)));
            ArchivedProgress::Complete
        };
        self.last = Some(LastArchivedBlock { number, progress });
        Ok(())
    }
}

/// Checks a segment's own header against its contents.
fn check_header(
    header: &SegmentHeader,
    index: SegmentIndex,
    parent: Option<&SegmentHeader>,
    last: LastArchivedBlock,
) -> Result<(), JoinError> {
    if header.segment_index != index {
        return Err(JoinError::HeaderIndex {
            found: header.segment_index,
            expected: index,
        });
    }
    let previous = parent.map(SegmentHeader::hash).unwrap_or_default();
    if header.previous_header_hash != previous {
        return Err(JoinError::HeaderHash {
            index,
            found: header.previous_header_hash,
            expected: previous,
        });
    }
    if header.last_archived_block != last {
        return Err(JoinError::HeaderLastBlock {
            index,
            found: header.last_archived_block,
            expected: last,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
