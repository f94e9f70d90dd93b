//! Segment headers and pieces: the two forms in which history travels (§5).

use crate::{
    bytes::{RecordCommitment, RecordWitness, SegmentCommitment},
    hash::{Hash, blake2b_256},
    parameters::{PIECE_BYTES, POINT_BYTES, RECORD_BYTES},
    units::{HistorySize, SegmentIndex},
};
use alloc::{boxed::Box, vec::Vec};
use core::num::NonZeroU32;
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// How much of a block the history holds.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub enum ArchivedProgress {
    /// All of its bytes.
    #[codec(index = 0)]
    Complete,
    /// So many of its first bytes; the next segment continues.
    #[codec(index = 1)]
    Partial(NonZeroU32),
}

impl ArchivedProgress {
    /// How many of the block's first bytes, if the next segment continues it.
    pub fn partial(self) -> Option<NonZeroU32> {
        match self {
            Self::Complete => None,
            Self::Partial(archived) => Some(archived),
        }
    }
}

/// The last block of which a segment holds any bytes.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct LastArchivedBlock {
    pub number: u32,
    /// How much of it.
    pub progress: ArchivedProgress,
}

/// What the chain stores of a segment. Each header names the hash of the one before, so that the
/// newest header fixes the whole history.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct SegmentHeader {
    /// Its position in the history.
    pub segment_index: SegmentIndex,
    /// T: commitment to the hashes of its record commitments.
    pub segment_commitment: SegmentCommitment,
    /// `H(SCALE)` of the previous header; zero bytes in segment 0.
    pub previous_header_hash: HeaderHash,
    /// Where the segment ends.
    pub last_archived_block: LastArchivedBlock,
}

crate::byte_string!(
    /// BLAKE2b-256 of a SCALE-encoded segment header.
    HeaderHash, 32
);

impl SegmentHeader {
    /// `H(SCALE(self))`, which the next header names.
    pub fn hash(&self) -> HeaderHash {
        let hash: Hash = blake2b_256(&self.encode());
        HeaderHash(hash)
    }

    /// The history that ends with this segment.
    pub fn history_size(&self) -> HistorySize {
        self.segment_index.history_size()
    }
}

/// A piece: record (131,072 bytes) ‖ record commitment (48) ‖ record witness (48).
#[derive(Clone, PartialEq, Eq)]
pub struct Piece(Box<[u8]>);

/// A piece has 131,168 bytes and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a piece has {PIECE_BYTES} bytes, got {0}")]
pub struct PieceLengthError(pub usize);

impl core::fmt::Debug for Piece {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Piece")
            .field("commitment", &self.commitment())
            .finish_non_exhaustive()
    }
}

impl Piece {
    /// Puts a piece together. `record` must have 131,072 bytes.
    pub fn new(
        record: &[u8],
        commitment: RecordCommitment,
        witness: RecordWitness,
    ) -> Result<Self, PieceLengthError> {
        let mut bytes = Vec::with_capacity(PIECE_BYTES);
        bytes.extend_from_slice(record);
        bytes.extend_from_slice(&commitment.0);
        bytes.extend_from_slice(&witness.0);
        Self::try_from(bytes)
    }

    fn part(&self, from: usize, length: usize) -> &[u8] {
        // The length is checked whenever a piece is made, so the range always exists.
        self.0
            .get(from..from.saturating_add(length))
            .unwrap_or_default()
    }

    fn point(&self, from: usize) -> [u8; POINT_BYTES] {
        self.part(from, POINT_BYTES)
            .try_into()
            .unwrap_or([0; POINT_BYTES])
    }

    /// The record, 131,072 bytes.
    pub fn record(&self) -> &[u8] {
        self.part(0, RECORD_BYTES)
    }

    /// Commitment to the record.
    pub fn commitment(&self) -> RecordCommitment {
        RecordCommitment(self.point(RECORD_BYTES))
    }

    /// Opening of the segment commitment at this piece's position.
    pub fn witness(&self) -> RecordWitness {
        RecordWitness(self.point(RECORD_BYTES.saturating_add(POINT_BYTES)))
    }

    /// All 131,168 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<Vec<u8>> for Piece {
    type Error = PieceLengthError;

    fn try_from(bytes: Vec<u8>) -> Result<Self, Self::Error> {
        if bytes.len() == PIECE_BYTES {
            Ok(Self(bytes.into_boxed_slice()))
        } else {
            Err(PieceLengthError(bytes.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_its_three_parts() {
        let record = alloc::vec![1; RECORD_BYTES];
        let piece = Piece::new(&record, RecordCommitment([2; 48]), RecordWitness([3; 48])).unwrap();
        assert_eq!(piece.record(), record);
        assert_eq!(piece.commitment(), RecordCommitment([2; 48]));
        assert_eq!(piece.witness(), RecordWitness([3; 48]));
        assert_eq!(Piece::try_from(piece.as_bytes().to_vec()), Ok(piece));
        assert_eq!(Piece::try_from(alloc::vec![0; 5]), Err(PieceLengthError(5)));
    }

    #[test]
    fn headers_chain_by_hash() {
        let header = SegmentHeader {
            segment_index: SegmentIndex(3),
            segment_commitment: SegmentCommitment([1; 48]),
            previous_header_hash: HeaderHash([2; 32]),
            last_archived_block: LastArchivedBlock {
                number: 9,
                progress: ArchivedProgress::Partial(NonZeroU32::new(5).unwrap()),
            },
        };
        let mut other = header;
        other.last_archived_block.progress = ArchivedProgress::Complete;
        assert_ne!(header.hash(), other.hash());
        assert_eq!(SegmentHeader::decode(&mut &header.encode()[..]), Ok(header));
        assert_eq!(header.history_size(), HistorySize(4));
    }
}
