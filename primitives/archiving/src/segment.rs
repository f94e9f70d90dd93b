//! The bytes of a segment (§5.1).
//!
//! A segment of a chain with R raw records per segment has exactly `R · 126,976` bytes: a version
//! byte, then *items* up to the end. Integers are little-endian, as SCALE encodes them.
//!
//! ```text
//! segment  = 00                      version 0
//!            item*                   up to the segment's last byte
//!
//! item     = 00 00*                  padding: this byte and all bytes after it are zero
//!          | 01 n:u32 content        block: a whole block, n bytes
//!          | 02 n:u32 content        block start: the first bytes of a block of n bytes
//!          | 03 n:u32 content        block continuation: of a block that has n bytes still to come
//!          | 04 header               parent segment header: the header of the segment before
//!
//! content  = min(n, bytes left in the segment) bytes of the block
//! header   = segment index:u64, segment commitment:48 bytes, previous header's hash:32 bytes,
//!            last archived block's number:u32, (00 | 01 k:u32)
//! ```
//!
//! In each of the three items of blocks, n counts the bytes of the block that are not in any
//! earlier item, so that the item that holds a block's last byte is the one whose n is the length
//! of its content, and nothing but the segment is needed to see it. The last alternative in
//! `header` is the progress: `00` says that the last archived block ends in the segment that the
//! header describes, `01` that its first k bytes lie in that segment and those before it.
//!
//! These rules hold for every segment, and a decoder refuses one that breaks them:
//!
//! - n and k are never 0. The n of a block is at most the number of bytes left after it; the n of
//!   a block start is above that number.
//! - A parent segment header occurs only as the first item. Segment 0 has none, every other
//!   segment has one.
//! - A block continuation occurs only as the first item or right after the parent segment header,
//!   and does so if and only if the segment before ended within a block.
//! - A block start fills the segment; so does a continuation whose n exceeds the bytes left.
//! - Where five bytes or fewer are left, no item of a block fits, and they are padding. (The
//!   archiver pads in no other case; a decoder takes padding of any length.)
//!
//! Blocks are numbered consecutively from 0, in the order in which they occur. The number of the
//! first block in a segment follows from the parent segment header; in segment 0 it is 0.
//!
//! # The genesis block
//!
//! A block's bytes are its SCALE-encoded signed block, with one exception: the bytes of block 0
//! are its encoding followed by the ChaCha8 keystream, so long that the block ends on the last
//! byte of a segment (of segment 0, unless the encoding alone is larger). Whoever decodes block 0
//! reads the SCALE value and ignores what follows it. The keystream is that of ChaCha with 8
//! rounds, in the arrangement of RFC 8439 (32-bit block counter from 0, 96-bit nonce): the key is
//! the 32 bytes of the genesis block's state root, the nonce is zero, and the keystream's first
//! byte is the first one after the encoding. With a zero nonce the original arrangement (64-bit
//! counter and nonce) gives the same bytes.

use allod_core::SegmentHeader;
use parity_scale_codec::{Decode, Encode};

/// The only version of a segment so far.
pub const VERSION: u8 = 0;
pub const VERSION_BYTES: usize = 1;
/// Bytes of an item of a block before its content: what it is, and n.
pub const ITEM_HEADER_BYTES: usize = 5;
/// Bytes of the smallest item of a block. Where fewer are left, they are padding.
pub const SMALLEST_ITEM_BYTES: usize = 6;
/// Bytes of the largest parent segment header item: one with progress `Partial`.
pub const LARGEST_PARENT_ITEM_BYTES: usize = 98;
/// Bytes of the smallest segment in which every kind of item fits.
pub const SMALLEST_SEGMENT_BYTES: usize =
    VERSION_BYTES + LARGEST_PARENT_ITEM_BYTES + SMALLEST_ITEM_BYTES;

const PADDING: u8 = 0;
const BLOCK: u8 = 1;
const BLOCK_START: u8 = 2;
const BLOCK_CONTINUATION: u8 = 3;
const PARENT_SEGMENT_HEADER: u8 = 4;

/// A decoded segment. Contents of blocks are borrowed from its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment<'a> {
    /// Version 0.
    V0 {
        /// In the order in which they occur.
        items: Vec<SegmentItem<'a>>,
    },
}

/// What a segment consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentItem<'a> {
    /// So many zero bytes, above 0, up to the segment's end.
    Padding(usize),
    /// A whole block.
    Block(&'a [u8]),
    /// The first bytes of a block that the next segment continues.
    BlockStart {
        /// Bytes that the whole block has, more than are here.
        length: u32,
        /// Those in this segment.
        content: &'a [u8],
    },
    /// More of the block that the segment before this one ended within.
    BlockContinuation {
        /// Bytes that the block has left, counted from this item on; all of them are here unless
        /// the segment ends first.
        length: u32,
        /// Those in this segment.
        content: &'a [u8],
    },
    /// The header of the segment before this one.
    ParentSegmentHeader(Box<SegmentHeader>),
}

/// Why bytes are not a segment. Offsets count from the segment's first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// There are no bytes at all.
    #[error("a segment begins with its version, got no bytes")]
    Empty,
    /// Another version.
    #[error("segment version {0}, only {VERSION} is known")]
    Version(u8),
    /// No item has this index.
    #[error("item {index} at offset {offset}: items are numbered from 0 to 4")]
    UnknownItem {
        /// Where.
        offset: usize,
        /// The byte found.
        index: u8,
    },
    /// The segment ends before the length of a block's item does, or right after it.
    #[error(
        "item at offset {offset} has {left} bytes left: one of a block takes at least \
         {SMALLEST_ITEM_BYTES}, fewer must be zeros"
    )]
    ItemCutOff {
        /// Where the item begins.
        offset: usize,
        /// Bytes from there to the segment's end.
        left: usize,
    },
    /// An item without content.
    #[error("item at offset {offset} has length 0: a block has at least one byte")]
    NoContent {
        /// Where the item begins.
        offset: usize,
    },
    /// A block that is said to be whole is not.
    #[error("block of {length} bytes at offset {offset}: only {left} are left")]
    BlockTooLong {
        /// Where the item begins.
        offset: usize,
        /// Length of the block.
        length: u32,
        /// Bytes left for it.
        left: usize,
    },
    /// A block that is said to go on in the next segment would fit into this one.
    #[error(
        "start of a block of {length} bytes at offset {offset}: {left} are left, so that it fits \
         and must be a whole block"
    )]
    BlockStartFits {
        /// Where the item begins.
        offset: usize,
        /// Length of the block.
        length: u32,
        /// Bytes left for it.
        left: usize,
    },
    /// A parent segment header is cut off or malformed.
    #[error("parent segment header at offset {offset} does not decode")]
    ParentHeader {
        /// Where the item begins.
        offset: usize,
    },
    /// A parent segment header that is not the first item.
    #[error("parent segment header at offset {offset}: only a segment's first item may be one")]
    MisplacedParentHeader {
        /// Where the item begins.
        offset: usize,
    },
    /// A continuation after something else than a parent segment header.
    #[error(
        "block continuation at offset {offset}: it may only be the first item or follow the parent \
         segment header"
    )]
    MisplacedContinuation {
        /// Where the item begins.
        offset: usize,
    },
    /// A byte of the padding is not zero.
    #[error("padding that begins at offset {offset} is not zero at offset {at}")]
    PaddingNotZero {
        /// Where the item begins.
        offset: usize,
        /// The first byte that is not zero.
        at: usize,
    },
}

impl<'a> Segment<'a> {
    /// Decodes a segment. All of `bytes` is taken for it: its length is for the caller to check.
    ///
    /// Contents are borrowed and there are at most `bytes.len() / 6 + 3` items, so that hostile
    /// bytes cost no more memory than a few times their length.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, SegmentError> {
        let items = Items::new(bytes)?.collect::<Result<_, _>>()?;
        Ok(Self::V0 { items })
    }

    pub fn items(&self) -> &[SegmentItem<'a>] {
        let Self::V0 { items } = self;
        items
    }

    /// The bytes that [`decode`](Self::decode) reads.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        for item in self.items() {
            item.append_to(&mut bytes);
        }
        bytes
    }
}

impl<'a> SegmentItem<'a> {
    /// Length and content, if it continues the block that the segment before this one ended within.
    pub(crate) fn continuation(&self) -> Option<(u32, &'a [u8])> {
        match self {
            Self::BlockContinuation { length, content } => Some((*length, content)),
            Self::Padding(_)
            | Self::Block(_)
            | Self::BlockStart { .. }
            | Self::ParentSegmentHeader(_) => None,
        }
    }

    /// The header, if it is that of the segment before this one.
    pub(crate) fn parent_segment_header(&self) -> Option<&SegmentHeader> {
        match self {
            Self::ParentSegmentHeader(header) => Some(header),
            Self::Padding(_)
            | Self::Block(_)
            | Self::BlockStart { .. }
            | Self::BlockContinuation { .. } => None,
        }
    }

    /// Whether it is a block from its first byte to its last.
    pub(crate) fn is_whole_block(&self) -> bool {
        match self {
            Self::Block(_) => true,
            Self::Padding(_)
            | Self::BlockStart { .. }
            | Self::BlockContinuation { .. }
            | Self::ParentSegmentHeader(_) => false,
        }
    }

    /// Appends the item's encoding.
    pub fn append_to(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Padding(length) => {
                bytes.resize(bytes.len().saturating_add(*length), PADDING);
            }
            Self::Block(content) => {
                // Only a slice of 4 GiB, which no segment can hold, would be cut here.
                let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
                append_content(bytes, BLOCK, length, content);
            }
            Self::BlockStart { length, content } => {
                append_content(bytes, BLOCK_START, *length, content);
            }
            Self::BlockContinuation { length, content } => {
                append_content(bytes, BLOCK_CONTINUATION, *length, content);
            }
            Self::ParentSegmentHeader(header) => {
                bytes.push(PARENT_SEGMENT_HEADER);
                header.encode_to(bytes);
            }
        }
    }
}

fn append_content(bytes: &mut Vec<u8>, index: u8, length: u32, content: &[u8]) {
    bytes.push(index);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(content);
}

/// Reads a segment's items one by one; ends after the first error.
#[derive(Debug, Clone)]
pub struct Items<'a> {
    rest: &'a [u8],
    offset: usize,
    /// What may still come: this is the first item, or it follows the parent segment header.
    first: bool,
    after_parent: bool,
}

impl<'a> Items<'a> {
    /// Checks the version.
    pub fn new(bytes: &'a [u8]) -> Result<Self, SegmentError> {
        let (version, rest) = bytes.split_first().ok_or(SegmentError::Empty)?;
        if *version != VERSION {
            return Err(SegmentError::Version(*version));
        }
        Ok(Self {
            rest,
            offset: VERSION_BYTES,
            first: true,
            after_parent: false,
        })
    }

    fn read(&mut self, index: u8) -> Result<SegmentItem<'a>, SegmentError> {
        let offset = self.offset;
        match index {
            PADDING => self.padding(),
            BLOCK => {
                let (length, content) = self.content()?;
                if is_cut(length, content) {
                    let left = content.len();
                    return Err(SegmentError::BlockTooLong {
                        offset,
                        length,
                        left,
                    });
                }
                Ok(SegmentItem::Block(content))
            }
            BLOCK_START => {
                let left = self.rest.len().saturating_sub(ITEM_HEADER_BYTES);
                let (length, content) = self.content()?;
                if !is_cut(length, content) {
                    return Err(SegmentError::BlockStartFits {
                        offset,
                        length,
                        left,
                    });
                }
                Ok(SegmentItem::BlockStart { length, content })
            }
            BLOCK_CONTINUATION => {
                if !self.first && !self.after_parent {
                    return Err(SegmentError::MisplacedContinuation { offset });
                }
                let (length, content) = self.content()?;
                Ok(SegmentItem::BlockContinuation { length, content })
            }
            PARENT_SEGMENT_HEADER => self.parent(),
            _ => Err(SegmentError::UnknownItem { offset, index }),
        }
    }

    fn padding(&mut self) -> Result<SegmentItem<'a>, SegmentError> {
        let length = self.rest.len();
        if let Some(position) = self.rest.iter().position(|byte| *byte != 0) {
            return Err(SegmentError::PaddingNotZero {
                offset: self.offset,
                at: self.offset.saturating_add(position),
            });
        }
        self.advance(length);
        Ok(SegmentItem::Padding(length))
    }

    fn parent(&mut self) -> Result<SegmentItem<'a>, SegmentError> {
        let offset = self.offset;
        if !self.first {
            return Err(SegmentError::MisplacedParentHeader { offset });
        }
        let mut input = self.rest.get(1..).unwrap_or_default();
        let header =
            SegmentHeader::decode(&mut input).map_err(|_| SegmentError::ParentHeader { offset })?;
        self.advance(self.rest.len().saturating_sub(input.len()));
        Ok(SegmentItem::ParentSegmentHeader(Box::new(header)))
    }

    /// n, and as many of the n bytes as the segment has.
    fn content(&mut self) -> Result<(u32, &'a [u8]), SegmentError> {
        let offset = self.offset;
        let left = self.rest.len();
        let (header, content) = self
            .rest
            .split_first_chunk::<ITEM_HEADER_BYTES>()
            .filter(|(_, content)| !content.is_empty())
            .ok_or(SegmentError::ItemCutOff { offset, left })?;
        let [_, length @ ..] = *header;
        let length = u32::from_le_bytes(length);
        if length == 0 {
            return Err(SegmentError::NoContent { offset });
        }
        // Where usize has fewer bits than u32, no slice is that long either.
        let wanted = usize::try_from(length).unwrap_or(usize::MAX);
        let content = content.get(..wanted).unwrap_or(content);
        self.advance(ITEM_HEADER_BYTES.saturating_add(content.len()));
        Ok((length, content))
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
        self.offset = self.offset.saturating_add(bytes);
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<SegmentItem<'a>, SegmentError>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = *self.rest.first()?;
        let item = self.read(index);
        self.first = false;
        self.after_parent = item
            .as_ref()
            .is_ok_and(|item| item.parent_segment_header().is_some());
        if item.is_err() {
            self.rest = &[];
        }
        Some(item)
    }
}

/// Whether a block goes on in the next segment.
pub(crate) fn is_cut(length: u32, content: &[u8]) -> bool {
    usize::try_from(length).unwrap_or(usize::MAX) > content.len()
}

#[cfg(test)]
mod tests;
