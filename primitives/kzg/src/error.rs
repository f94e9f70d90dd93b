//! What can be wrong with an input.

use crate::{
    G1Bytes, MAX_SOURCE_RECORDS, MAX_VALUES, RECORD_BYTES, RECORD_SCALARS, S_BUCKETS, ScalarBytes,
};

/// Why an input was refused. A proof that is well formed but does not hold is not an error: the
/// functions that verify return `false` for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A scalar is not below the order r of the scalar field.
    #[error(
        "scalar {} is not canonical: it must be below r = 73eda753299d7d483339d80809a1d80553bda402\
         fffe5bfeffffffff00000001",
        hex::encode(.0)
    )]
    ScalarNotCanonical(ScalarBytes),
    /// Bytes are not the canonical compressed encoding of a point on the curve.
    #[error("{} is not a canonical compressed point of BLS12-381's G1", hex::encode(.0))]
    PointEncoding(G1Bytes),
    /// A point of the curve lies outside the subgroup of prime order.
    #[error("point {} is not in the subgroup of order r", hex::encode(.0))]
    PointNotInSubgroup(G1Bytes),
    /// A record of another size.
    #[error("record of {0} bytes: a record has {RECORD_BYTES}")]
    RecordSize(usize),
    /// Another number of chunks than an extended record has.
    #[error("{0} chunks given: an extended record has {S_BUCKETS}, each there or missing")]
    ChunkCount(usize),
    /// Too many chunks of a record are missing.
    #[error("{0} chunks are not enough: a record is rebuilt from {RECORD_SCALARS}")]
    TooFewChunks(usize),
    /// No chunk has this number.
    #[error("s-bucket {0} does not exist: there are {S_BUCKETS}, numbered from 0")]
    NoSuchBucket(u16),
    /// A number of source records or commitments that no segment can have.
    #[error(
        "{0} source records: their number must be a power of two from 1 to {MAX_SOURCE_RECORDS}"
    )]
    SourceCount(usize),
    /// A number of pieces' records that no segment can have.
    #[error("{0} records: a segment has twice a power of two of them, at most {MAX_VALUES}")]
    PieceCount(usize),
    /// Too many records of a segment are missing.
    #[error("{known} records are not enough: this segment is rebuilt from {needed}")]
    TooFewRecords {
        /// Records that are there.
        known: usize,
        /// Records that are needed: half of the segment's.
        needed: usize,
    },
    /// A domain of values that no segment can have.
    #[error("{0} values: their number must be a power of two from 1 to {MAX_VALUES}")]
    DomainSize(usize),
    /// A position outside its domain.
    #[error("value {index} does not exist in a domain of size {domain_size}")]
    NoSuchValue {
        /// Position asked for, from 0.
        index: usize,
        /// Number of values.
        domain_size: usize,
    },
}
