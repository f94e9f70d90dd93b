//! Blocks to raw segments (§5.1): which byte goes where.
//!
//! Nothing here knows of commitments, so that the rules can be tested with segments of any size:
//! whoever packs is asked to *seal* each segment that is full, and answers with its header.
//!
//! The rule, from which every byte follows: items are appended as they come. An item of a block
//! takes as much of the block as the segment has room for. A segment is closed as soon as it has
//! too little room left for another item (five bytes or fewer, which become padding), also if a
//! block ends right there. How the blocks arrive, one by one, many at once, with or without a
//! restart in between, makes no difference.
//!
//! A saved state ([`PackerState`]) holds the raw bytes of the unfinished segment, so that no block
//! is needed twice (§5.1).

use crate::segment::{
    ITEM_HEADER_BYTES, LARGEST_PARENT_ITEM_BYTES, SMALLEST_ITEM_BYTES, SMALLEST_SEGMENT_BYTES,
    Segment, SegmentError, SegmentItem, VERSION, VERSION_BYTES, is_cut,
};
use allod_core::{
    ArchivedProgress, Hash, LastArchivedBlock, SegmentHeader, SegmentIndex, history::HeaderHash,
};
use chacha20::{
    ChaCha8,
    cipher::{KeyIvInit, StreamCipher},
};
use core::num::NonZeroU32;
use parity_scale_codec::{Decode, Encode};
use std::sync::Arc;

/// A segment that is full, before it has a commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawSegment<'a> {
    /// Its position in the history.
    pub index: SegmentIndex,
    /// Hash of the header of the segment before; zero bytes in segment 0.
    pub previous_header_hash: HeaderHash,
    /// Where it ends.
    pub last_archived_block: LastArchivedBlock,
    /// All of its bytes, padding included.
    pub bytes: &'a [u8],
}

/// Why a block cannot be appended. Nothing has changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackingError {
    /// A segment of this size cannot hold one item of each kind.
    #[error("a segment of {0} bytes is too small: at least {SMALLEST_SEGMENT_BYTES} are needed")]
    Capacity(usize),
    /// History begins with the genesis block, which is packed differently.
    #[error("the history is empty: it begins with the genesis block")]
    GenesisMissing,
    /// There is one genesis block.
    #[error("the genesis block is archived already; the next block is {expected}")]
    GenesisTwice {
        /// Number of the block that would be right.
        expected: u32,
    },
    /// Blocks are archived in order, without gaps.
    #[error("block {number} cannot be archived now: the next block is {expected}")]
    WrongBlock {
        /// Number of the block that was given.
        number: u32,
        /// Number of the block that would be right.
        expected: u32,
    },
    /// Block numbers have 32 bits.
    #[error("block {0} was the last one that a number of 32 bits can name")]
    NumbersExhausted(u32),
    /// A block without bytes.
    #[error("block {0} is empty: a block has at least one byte")]
    EmptyBlock(u32),
    /// A block whose length does not fit in 32 bits.
    #[error("block {number} has {length} bytes: at most 4,294,967,295 can be archived")]
    BlockTooLarge { number: u32, length: usize },
    /// Segment indices have 64 bits.
    #[error("segment {0} was the last one that an index of 64 bits can name")]
    SegmentsExhausted(SegmentIndex),
    /// A segment is said to end within a block that is not that long.
    #[error(
        "segment {segment} ends {archived} bytes into block {number}, which has only {length}: it is another block"
    )]
    AnotherBlock {
        segment: SegmentIndex,
        /// Number of the block.
        number: u32,
        /// How many of its bytes the segment and those before it hold.
        archived: u32,
        length: usize,
    },
}

/// Why a saved state is not one that a packer of this chain has saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackerStateError {
    /// A segment of this size cannot hold one item of each kind.
    #[error("a segment of {0} bytes is too small: at least {SMALLEST_SEGMENT_BYTES} are needed")]
    Capacity(usize),
    /// A segment that is full would have been closed.
    #[error(
        "the unfinished segment has {length} bytes of {capacity}: it would have been closed at {closed}"
    )]
    Full {
        length: usize,
        /// Length of a segment.
        capacity: usize,
        /// Length from which on it is closed.
        closed: usize,
    },
    /// The bytes of the unfinished segment are malformed.
    #[error("the unfinished segment does not decode: {0}")]
    Segment(#[from] SegmentError),
    /// The unfinished segment does not begin with the last header, or there is none and it does
    /// not end there.
    #[error("the unfinished segment does not follow the saved header of segment {0:?}")]
    Header(Option<SegmentIndex>),
    /// The unfinished segment begins within a block although the last one ended with one, or the
    /// other way round.
    #[error(
        "the unfinished segment begins with a continuation: {found}, after {last:?} it has to be: {}",
        !found
    )]
    Continuation {
        /// Where the segment before ended.
        last: LastArchivedBlock,
        /// Whether there is a continuation.
        found: bool,
    },
    /// A block in the unfinished segment is not whole, or padding follows.
    #[error("the unfinished segment does not end with a whole block")]
    NotWhole,
    /// The number of the last block is another one than the segment's blocks lead to.
    #[error(
        "the last block is said to be {found:?}, the unfinished segment ends with {expected:?}"
    )]
    LastBlock {
        /// What the segment says.
        expected: Option<u32>,
        /// What the state says.
        found: Option<u32>,
    },
}

/// All that a packer must remember, in SCALE when it is saved. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PackerState {
    /// The header of the last segment that was closed.
    pub last_header: Option<SegmentHeader>,
    /// The last block that was packed.
    pub last_block: Option<u32>,
    /// The unfinished segment, from its version byte to its last item so far.
    pub unfinished: Arc<Vec<u8>>,
}

/// Packs blocks into segments. A clone costs nothing until one of the two goes on, and then at
/// most a copy of the unfinished segment.
#[derive(Debug, Clone)]
pub struct Packer {
    capacity: usize,
    state: PackerState,
}

impl Packer {
    /// For an empty history, in segments of `capacity` bytes.
    pub fn new(capacity: usize) -> Result<Self, PackingError> {
        if capacity < SMALLEST_SEGMENT_BYTES {
            return Err(PackingError::Capacity(capacity));
        }
        let state = PackerState {
            last_header: None,
            last_block: None,
            unfinished: Arc::new(vec![VERSION]),
        };
        Ok(Self { capacity, state })
    }

    /// Continues from a saved state, after checking that it is consistent.
    pub fn restore(capacity: usize, state: PackerState) -> Result<Self, PackerStateError> {
        if capacity < SMALLEST_SEGMENT_BYTES {
            return Err(PackerStateError::Capacity(capacity));
        }
        check_state(capacity, &state)?;
        Ok(Self { capacity, state })
    }

    /// Continues after a segment whose header is known, though no state was saved: as a packer
    /// that has just packed all of the block that the segment ends in.
    ///
    /// `block` is that block as it was packed, for the genesis block with its keystream; where the
    /// segment ends with the block's last byte, it is not looked at. `seal` is called for the
    /// segments that the rest of the block fills.
    pub fn resume<E: From<PackingError>>(
        capacity: usize,
        header: SegmentHeader,
        block: &[u8],
        seal: impl FnMut(RawSegment<'_>) -> Result<SegmentHeader, E>,
    ) -> Result<Self, E> {
        let mut packer = Self::new(capacity)?;
        let LastArchivedBlock { number, progress } = header.last_archived_block;
        let open = opened_after(&header);
        packer.state = match progress {
            ArchivedProgress::Complete => PackerState {
                last_header: Some(header),
                last_block: Some(number),
                unfinished: Arc::new(open),
            },
            ArchivedProgress::Partial(archived) => {
                let length = block.len();
                let rest = usize::try_from(archived.get())
                    .ok()
                    .and_then(|archived| block.get(archived..))
                    .filter(|rest| !rest.is_empty())
                    .ok_or(PackingError::AnotherBlock {
                        segment: header.segment_index,
                        number,
                        archived: archived.get(),
                        length,
                    })?;
                packer.fill(open, Some(header), (number, length), rest, seal)?
            }
        };
        Ok(packer)
    }

    /// What has to be saved.
    pub fn state(&self) -> &PackerState {
        &self.state
    }

    /// Number of the block to be packed next.
    pub fn next_block(&self) -> Result<u32, PackingError> {
        match self.state.last_block {
            None => Ok(0),
            Some(last) => last
                .checked_add(1)
                .ok_or(PackingError::NumbersExhausted(last)),
        }
    }

    /// Appends the genesis block's encoding and the keystream that fills its last segment.
    ///
    /// `seal` is called for each segment in order, exactly once unless `encoding` alone is larger
    /// than segment 0. If it fails, nothing has changed.
    pub fn add_genesis<E: From<PackingError>>(
        &mut self,
        mut encoding: Vec<u8>,
        state_root: &Hash,
        seal: impl FnMut(RawSegment<'_>) -> Result<SegmentHeader, E>,
    ) -> Result<(), E> {
        let expected = self.next_block()?;
        if expected != 0 {
            return Err(PackingError::GenesisTwice { expected }.into());
        }
        if encoding.is_empty() {
            return Err(PackingError::EmptyBlock(0).into());
        }
        let length = encoding.len();
        let filled = self
            .genesis_length(length)
            .ok_or(PackingError::BlockTooLarge { number: 0, length })?;
        encoding.resize(filled, 0);
        let mut keystream = ChaCha8::new(state_root.into(), &[0; 12].into());
        // The keystream is 256 GiB long, a block at most 4.
        if let Some(zeros) = encoding.get_mut(length..) {
            keystream.apply_keystream(zeros);
        }
        self.append(0, &encoding, seal)
    }

    /// Appends a block other than the genesis block: its SCALE-encoded signed block.
    ///
    /// `seal` is called for each segment that gets full, in order. If it fails, nothing has
    /// changed.
    pub fn add_block<E: From<PackingError>>(
        &mut self,
        number: u32,
        bytes: &[u8],
        seal: impl FnMut(RawSegment<'_>) -> Result<SegmentHeader, E>,
    ) -> Result<(), E> {
        let expected = self.next_block()?;
        if expected == 0 {
            return Err(PackingError::GenesisMissing.into());
        }
        if number != expected {
            return Err(PackingError::WrongBlock { number, expected }.into());
        }
        self.append(number, bytes, seal)
    }

    /// Length of the genesis block with the keystream: the smallest one, not below `length`, with
    /// which its last segment is full. `None` if it exceeds 32 bits.
    fn genesis_length(&self, length: usize) -> Option<usize> {
        let room = |before: usize| {
            self.capacity
                .checked_sub(before.checked_add(ITEM_HEADER_BYTES)?)
        };
        let first = room(VERSION_BYTES)?;
        let other = room(VERSION_BYTES.checked_add(LARGEST_PARENT_ITEM_BYTES)?)?;
        let others = length.saturating_sub(first).div_ceil(other);
        let filled = first.checked_add(other.checked_mul(others)?)?;
        u32::try_from(filled).ok().map(|_| filled)
    }

    fn append<E: From<PackingError>>(
        &mut self,
        number: u32,
        bytes: &[u8],
        seal: impl FnMut(RawSegment<'_>) -> Result<SegmentHeader, E>,
    ) -> Result<(), E> {
        if bytes.is_empty() {
            return Err(PackingError::EmptyBlock(number).into());
        }
        let length = bytes.len();
        if u32::try_from(length).is_err() {
            return Err(PackingError::BlockTooLarge { number, length }.into());
        }

        let item = SegmentItem::Block(bytes);
        if !self.closes(self.state.unfinished.len(), length) {
            item.append_to(Arc::make_mut(&mut self.state.unfinished));
            self.state.last_block = Some(number);
            return Ok(());
        }

        // A copy, so that nothing has changed if sealing fails.
        let open = self.state.unfinished.as_ref().clone();
        self.state = self.fill(open, self.state.last_header, (number, length), bytes, seal)?;
        Ok(())
    }

    /// Fills segments with the `rest` of a block, of which number and length are given, as long as
    /// there is any; `open` is the segment that is not full yet.
    fn fill<E: From<PackingError>>(
        &self,
        mut open: Vec<u8>,
        mut last_header: Option<SegmentHeader>,
        (number, length): (u32, usize),
        mut rest: &[u8],
        mut seal: impl FnMut(RawSegment<'_>) -> Result<SegmentHeader, E>,
    ) -> Result<PackerState, E> {
        loop {
            let begun = rest.len() < length;
            rest = self.append_part(&mut open, rest, begun);
            if !self.closes(open.len(), 0) {
                break;
            }
            open.resize(self.capacity, 0);
            let raw = raw_segment(&open, last_header.as_ref(), number, length, rest.len())?;
            let header = seal(raw)?;
            open = opened_after(&header);
            last_header = Some(header);
            if rest.is_empty() {
                break;
            }
        }
        Ok(PackerState {
            last_header,
            last_block: Some(number),
            unfinished: Arc::new(open),
        })
    }

    /// Whether a segment of `used` bytes is full once an item with `content` bytes was appended,
    /// or, for `content` 0, whether it is full already.
    fn closes(&self, used: usize, content: usize) -> bool {
        let item = if content == 0 {
            0
        } else {
            content.saturating_add(ITEM_HEADER_BYTES)
        };
        let left = self.capacity.saturating_sub(used).saturating_sub(item);
        left < SMALLEST_ITEM_BYTES
    }

    /// Appends as much of a block as there is room for; returns what remains of it.
    fn append_part<'a>(&self, open: &mut Vec<u8>, block: &'a [u8], begun: bool) -> &'a [u8] {
        let room = self
            .capacity
            .saturating_sub(open.len())
            .saturating_sub(ITEM_HEADER_BYTES);
        let (content, rest) = block.split_at_checked(room).unwrap_or((block, &[]));
        // The caller has checked that the block's length fits.
        let length = u32::try_from(block.len()).unwrap_or(u32::MAX);
        let item = match (begun, rest.is_empty()) {
            (true, _) => SegmentItem::BlockContinuation { length, content },
            (false, true) => SegmentItem::Block(content),
            (false, false) => SegmentItem::BlockStart { length, content },
        };
        item.append_to(open);
        rest
    }
}

/// The beginning of the segment after the one with this header.
fn opened_after(header: &SegmentHeader) -> Vec<u8> {
    let mut open = vec![VERSION];
    SegmentItem::ParentSegmentHeader(Box::new(*header)).append_to(&mut open);
    open
}

/// A full segment, which holds a block of `length` bytes up to the last `rest` ones of it.
fn raw_segment<'a>(
    bytes: &'a [u8],
    last_header: Option<&SegmentHeader>,
    number: u32,
    length: usize,
    rest: usize,
) -> Result<RawSegment<'a>, PackingError> {
    let archived = u32::try_from(length.saturating_sub(rest)).unwrap_or(u32::MAX);
    let progress = match NonZeroU32::new(archived) {
        Some(archived) if rest > 0 => ArchivedProgress::Partial(archived),
        _ => ArchivedProgress::Complete,
    };
    let (index, previous_header_hash) = match last_header {
        None => (SegmentIndex(0), HeaderHash::default()),
        Some(header) => (following(header.segment_index)?, header.hash()),
    };
    Ok(RawSegment {
        index,
        previous_header_hash,
        last_archived_block: LastArchivedBlock { number, progress },
        bytes,
    })
}

fn following(index: SegmentIndex) -> Result<SegmentIndex, PackingError> {
    let next = index.0.checked_add(1).map(SegmentIndex);
    next.ok_or(PackingError::SegmentsExhausted(index))
}

fn check_state(capacity: usize, state: &PackerState) -> Result<(), PackerStateError> {
    let length = state.unfinished.len();
    let closed = capacity
        .saturating_sub(SMALLEST_ITEM_BYTES)
        .saturating_add(1);
    if length >= closed {
        return Err(PackerStateError::Full {
            length,
            capacity,
            closed,
        });
    }

    let segment = Segment::decode(&state.unfinished)?;
    let found = state.last_block;
    let Some(header) = &state.last_header else {
        // The genesis block fills its segment, so that nothing is left over before there is one.
        let expected = None;
        return match (segment.items(), found) {
            ([], None) => Ok(()),
            ([], _) => Err(PackerStateError::LastBlock { expected, found }),
            _ => Err(PackerStateError::Header(None)),
        };
    };
    let parent = SegmentItem::ParentSegmentHeader(Box::new(*header));
    let others = segment.items().strip_prefix(&[parent]);
    let others = others.ok_or(PackerStateError::Header(Some(header.segment_index)))?;
    let blocks = check_continuation(header.last_archived_block, others)?;
    if !blocks.iter().all(SegmentItem::is_whole_block) {
        return Err(PackerStateError::NotWhole);
    }
    let expected = u32::try_from(blocks.len())
        .ok()
        .and_then(|blocks| header.last_archived_block.number.checked_add(blocks));
    if expected.is_none() || expected != found {
        return Err(PackerStateError::LastBlock { expected, found });
    }
    Ok(())
}

/// The items after the one that completes the last segment's last block, if that was partial.
fn check_continuation<'a, 'b>(
    last: LastArchivedBlock,
    items: &'a [SegmentItem<'b>],
) -> Result<&'a [SegmentItem<'b>], PackerStateError> {
    let found = items
        .split_first()
        .and_then(|(first, others)| Some((first.continuation()?, others)));
    match (found, last.progress.partial()) {
        (Some(((length, content), _)), Some(_)) if is_cut(length, content) => {
            Err(PackerStateError::NotWhole)
        }
        (Some((_, others)), Some(_)) => Ok(others),
        (Some(_), None) => Err(PackerStateError::Continuation { last, found: true }),
        (None, Some(_)) => Err(PackerStateError::Continuation { last, found: false }),
        (None, None) => Ok(items),
    }
}

#[cfg(test)]
mod tests;
