//! Why a solution is invalid: one variant for each cause.

use allod_core::{
    HistorySize, PieceOffset, PublicKey, SBucket, ScalarBytes, SectorIndex, SegmentIndex,
    parameters::MAX_SECTORS,
};
use core::fmt;

/// Which of a solution's points is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointRole {
    RecordCommitment,
    /// Opening of the segment commitment.
    RecordWitness,
    /// Opening of the record commitment.
    ChunkWitness,
}

impl fmt::Display for PointRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RecordCommitment => "record commitment",
            Self::RecordWitness => "record witness",
            Self::ChunkWitness => "chunk witness",
        })
    }
}

/// The rule of §7 that a solution breaks: the first one, in the order of the design.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SolutionError {
    /// The farmer sealed two blocks with one ticket and was reported.
    #[error("key {0} is blocked: it sealed two blocks with one solution")]
    KeyBlocked(PublicKey),
    /// No plot has this sector.
    #[error("sector index {0} is too large: it must be below {MAX_SECTORS}")]
    SectorIndex(SectorIndex),
    /// No sector has this piece.
    #[error("piece offset {offset} is too large: a sector has {pieces_per_sector} pieces")]
    PieceOffset {
        /// Offset claimed.
        offset: PieceOffset,
        /// P.
        pieces_per_sector: u16,
    },
    /// A sector cannot be made of no history.
    #[error("history size 0: a sector is made at history size 1 or more")]
    HistorySizeZero,
    /// The history was not that long yet.
    #[error("history size {history_size} is from the future: at most {largest} here")]
    HistorySizeFromTheFuture {
        /// History size claimed.
        history_size: HistorySize,
        /// The parent's and one.
        largest: HistorySize,
    },
    /// The sector had to be replotted by now.
    #[error(
        "sector made at history size {history_size} expired at {expires_at}; the parent's history \
         size is {parent_history_size}"
    )]
    Expired {
        /// History size that the sector was made at.
        history_size: HistorySize,
        /// History size at which it expired.
        expires_at: HistorySize,
        /// The parent's, not below.
        parent_history_size: HistorySize,
    },
    /// The challenge reads another part of the sector.
    #[error(
        "piece offset {offset} lies in audit group {actual}, the challenge asks for {expected}"
    )]
    Group {
        /// Offset claimed.
        offset: PieceOffset,
        /// Its group.
        actual: u8,
        /// The challenge's group.
        expected: u8,
    },
    /// A segment that the verdict depends on is not known here.
    #[error(
        "the commitment of segment {0} is not known here: neither this block nor one before it brought its header"
    )]
    UnknownSegment(SegmentIndex),
    /// Bytes that are no point of the group.
    #[error("{role} is not a canonical compressed point of G1 in the subgroup of order r")]
    Point { role: PointRole },
    /// A chunk that is no scalar.
    #[error("chunk {0} is not canonical: it must be below the group order r")]
    Scalar(ScalarBytes),
    /// The farmer had no proof here, so it cannot have stored this chunk.
    #[error("invalid proof of space for s-bucket {}: {source}", .s_bucket.get())]
    ProofOfSpace {
        /// The challenge's s-bucket.
        s_bucket: SBucket,
        /// What is wrong with the proof.
        source: allod_proof_of_space::VerifyError,
    },
    /// The ticket did not win.
    #[error(
        "the ticket lies {distance} from the target, more than half of the range, {half_range}"
    )]
    OutOfRange {
        distance: u64,
        /// Largest distance that wins.
        half_range: u64,
    },
    /// The record has another chunk there.
    #[error("the chunk witness does not open the record commitment at s-bucket {}", .s_bucket.get())]
    ChunkOpening {
        /// Where it was opened.
        s_bucket: SBucket,
    },
    /// The segment has another record there.
    #[error("the record witness does not open segment {segment} at position {position}")]
    RecordOpening {
        segment: SegmentIndex,
        /// Position of the piece in it.
        position: u64,
    },
    /// An input that is not the farmer's: a segment commitment or a chain parameter.
    #[error("the openings cannot be checked: {0}")]
    Kzg(allod_kzg::Error),
}

/// One of many solutions is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("solution {position} of the batch: {error}")]
pub struct BatchError {
    /// Which, from 0: the first that is invalid.
    pub position: usize,
    /// Why.
    pub error: SolutionError,
}
