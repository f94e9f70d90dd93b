//! A raw segment to records, parity and witnesses (§5.2 to §5.4), and from any R pieces back (§5.6).
//!
//! 1. The raw segment is cut into R raw records of 126,976 bytes, and each of them into 4,096 parts
//!    of 31 bytes. A *record* is the 4,096 scalars that consist of the byte 0 and one part each, in
//!    order: 131,072 bytes. As an EIP-4844 blob it has the commitment C.
//! 2. Scalar c of all records is a column. The R scalars of a column are the values of a polynomial
//!    of degree below R at the even powers of a primitive 2R-th root of unity ω; its values at the
//!    odd powers belong to the R *parity* records. Piece 2i has source record i, piece 2i + 1 has
//!    parity record i. Parity scalars are any numbers below r: they need not begin with a zero
//!    byte.
//! 3. Commitments obey the same code, so those of parity records follow from those of the source
//!    records.
//! 4. `h_i` is BLAKE2b-256 of `C_i`, its first byte masked with `0x3f`, a big-endian number. The
//!    segment commitment T is that of the polynomial of degree below 2R which has the value `h_i`
//!    at `ω^i`; the record witness `π_i` opens T there.
//! 5. Piece i is record i, `C_i`, `π_i`: 131,168 bytes.
//!
//! Commitments are shared out among the threads of the current rayon pool.

use crate::packing::RawSegment;
use allod_core::{
    Piece, RecordCommitment, RecordWitness, SegmentCommitment, SegmentHeader,
    history::PieceLengthError,
    parameters::{
        MAX_RAW_RECORDS_PER_SEGMENT, RAW_RECORD_BYTES, RAW_SCALAR_BYTES, RECORD_BYTES, SCALAR_BYTES,
    },
};
use allod_kzg::{Kzg, commitment_to_value};
use rayon::prelude::*;
use std::borrow::Borrow;

/// A segment that was archived: what the chain stores of it, and what its farmers do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSegment {
    pub header: SegmentHeader,
    /// Its 2R pieces: source records at even positions, parity at odd ones.
    pub pieces: Vec<Piece>,
}

/// A segment's commitment and its 2R pieces, without a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentPieces {
    /// T.
    pub commitment: SegmentCommitment,
    /// Source records at even positions, parity at odd ones.
    pub pieces: Vec<Piece>,
}

/// Why bytes do not become pieces, or pieces do not become bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PiecesError {
    /// No chain has so many raw records per segment.
    #[error(
        "{0} raw records per segment: it must be a power of two from 1 to \
         {MAX_RAW_RECORDS_PER_SEGMENT}"
    )]
    RawRecords(u16),
    /// A raw segment of another length.
    #[error(
        "a raw segment of {0} bytes: it has {RAW_RECORD_BYTES} times a power of two from 1 to \
         {MAX_RAW_RECORDS_PER_SEGMENT}"
    )]
    SegmentLength(usize),
    /// Another number of pieces than a segment has.
    #[error("{found} pieces given: a segment has {expected}, each there or missing")]
    PieceCount {
        /// Pieces given, also those that are missing.
        found: usize,
        /// 2R.
        expected: usize,
    },
    /// Too many pieces are missing.
    #[error("{have} pieces are not enough: this segment is rebuilt from any {need}")]
    NotEnoughPieces {
        /// Pieces that are there.
        have: usize,
        /// R.
        need: usize,
    },
    /// A source record is not raw history, because a scalar does not begin with the byte 0. At
    /// least one of the pieces is wrong.
    #[error("scalar {scalar} of source record {record} does not begin with the byte 0")]
    NotHistory {
        /// Position of the record among the source records.
        record: usize,
        /// Position of the scalar in the record.
        scalar: usize,
    },
    /// Records were refused.
    #[error(transparent)]
    Kzg(#[from] allod_kzg::Error),
    /// A record of another size.
    #[error(transparent)]
    Piece(#[from] PieceLengthError),
}

/// Bytes of a raw segment of R records: `R · 126,976`.
pub fn segment_bytes(raw_records_per_segment: u16) -> Result<usize, PiecesError> {
    let count = raw_records_per_segment;
    if !count.is_power_of_two() || count > MAX_RAW_RECORDS_PER_SEGMENT {
        return Err(PiecesError::RawRecords(count));
    }
    Ok(usize::from(count).saturating_mul(RAW_RECORD_BYTES))
}

/// Makes a full raw segment into its header and its pieces.
///
/// # Errors
/// [`PiecesError::SegmentLength`].
pub fn create_segment(kzg: &Kzg, segment: &RawSegment<'_>) -> Result<NewSegment, PiecesError> {
    let records = split_into_records(segment.bytes)?;
    let SegmentPieces { commitment, pieces } = pieces_of_records(kzg, &records)?;
    let header = SegmentHeader {
        segment_index: segment.index,
        segment_commitment: commitment,
        previous_header_hash: segment.previous_header_hash,
        last_archived_block: segment.last_archived_block,
    };
    Ok(NewSegment { header, pieces })
}

/// The R source records of a raw segment.
///
/// # Errors
/// [`PiecesError::SegmentLength`] unless its length is 126,976 times a power of two up to 512.
pub fn split_into_records(raw: &[u8]) -> Result<Vec<Vec<u8>>, PiecesError> {
    let (raw_records, rest) = raw.as_chunks::<RAW_RECORD_BYTES>();
    let count = raw_records.len();
    let fits = count.is_power_of_two() && count <= usize::from(MAX_RAW_RECORDS_PER_SEGMENT);
    if !fits || !rest.is_empty() {
        return Err(PiecesError::SegmentLength(raw.len()));
    }
    let to_record = |raw: &[u8; RAW_RECORD_BYTES]| {
        let mut record = Vec::with_capacity(RECORD_BYTES);
        for part in raw.as_chunks::<RAW_SCALAR_BYTES>().0 {
            record.push(0);
            record.extend_from_slice(part);
        }
        record
    };
    Ok(raw_records.par_iter().map(to_record).collect())
}

/// The raw segment that R source records hold: the inverse of [`split_into_records`].
///
/// # Errors
/// [`PiecesError::NotHistory`].
pub fn join_records<T: AsRef<[u8]>>(records: &[T]) -> Result<Vec<u8>, PiecesError> {
    let length = records.len().saturating_mul(RAW_RECORD_BYTES);
    let mut raw = Vec::with_capacity(length);
    for (record, scalars) in records.iter().enumerate() {
        let (scalars, _) = scalars.as_ref().as_chunks::<SCALAR_BYTES>();
        for (scalar, [first, part @ ..]) in scalars.iter().enumerate() {
            if *first != 0 {
                return Err(PiecesError::NotHistory { record, scalar });
            }
            raw.extend_from_slice(part);
        }
    }
    Ok(raw)
}

/// The commitment and all 2R pieces of a segment with these R source records.
///
/// # Errors
/// [`PiecesError::Kzg`] if R is no power of two, a record has another size or a scalar is not below
/// r.
pub fn pieces_of_records(kzg: &Kzg, sources: &[Vec<u8>]) -> Result<SegmentPieces, PiecesError> {
    let commit = |record: &Vec<u8>| kzg.commit_record(record);
    let (source_commitments, parity) = rayon::join(
        || {
            sources
                .par_iter()
                .map(commit)
                .collect::<Result<Vec<_>, _>>()
        },
        || kzg.extend_segment(sources),
    );
    let (source_commitments, parity) = (source_commitments?, parity?);
    let parity_commitments = kzg.extend_commitments(&source_commitments)?;

    let records = interleave(sources.iter(), parity.iter());
    let commitments = interleave(source_commitments.iter(), parity_commitments.iter());
    let values: Vec<_> = commitments.clone().map(commitment_to_value).collect();
    let (commitment, witnesses) = rayon::join(
        || kzg.commit_values(&values),
        || kzg.open_all_values(&values),
    );
    let pieces = records
        .zip(commitments)
        .zip(witnesses?)
        .map(|((record, commitment), witness)| {
            Piece::new(
                record,
                RecordCommitment(*commitment),
                RecordWitness(witness),
            )
        })
        .collect::<Result<_, _>>()?;
    Ok(SegmentPieces {
        commitment: SegmentCommitment(commitment?),
        pieces,
    })
}

/// The raw bytes of a segment from any R or more of its 2R pieces, each at its position.
///
/// The pieces must have been checked to be the segment's
/// ([`verification`](crate::verification)): from a wrong one other bytes come out, or
/// [`PiecesError::NotHistory`].
///
/// # Errors
/// All but [`PiecesError::SegmentLength`] and [`PiecesError::Piece`].
pub fn recover_segment<P: Borrow<Piece>>(
    kzg: &Kzg,
    raw_records_per_segment: u16,
    pieces: &[Option<P>],
) -> Result<Vec<u8>, PiecesError> {
    let records = given_records(raw_records_per_segment, pieces)?;
    let sources: Option<Vec<&[u8]>> = records.iter().copied().step_by(2).collect();
    match sources {
        Some(sources) => join_records(&sources),
        None => join_records(&kzg.recover_segment(&records)?),
    }
}

/// All 2R pieces of a segment from any R or more of them, each at its position, and its commitment.
///
/// # Errors
/// As [`recover_segment`], but for [`PiecesError::NotHistory`]: nothing is read.
pub fn rebuild_pieces<P: Borrow<Piece>>(
    kzg: &Kzg,
    raw_records_per_segment: u16,
    pieces: &[Option<P>],
) -> Result<SegmentPieces, PiecesError> {
    let records = given_records(raw_records_per_segment, pieces)?;
    pieces_of_records(kzg, &kzg.recover_segment(&records)?)
}

/// The records of the pieces that are there, if there are enough.
fn given_records<P: Borrow<Piece>>(
    raw_records_per_segment: u16,
    pieces: &[Option<P>],
) -> Result<Vec<Option<&[u8]>>, PiecesError> {
    segment_bytes(raw_records_per_segment)?;
    let need = usize::from(raw_records_per_segment);
    let (found, expected) = (pieces.len(), need.saturating_mul(2));
    if found != expected {
        return Err(PiecesError::PieceCount { found, expected });
    }
    let have = pieces.iter().flatten().count();
    if have < need {
        return Err(PiecesError::NotEnoughPieces { have, need });
    }
    Ok(pieces
        .iter()
        .map(|piece| piece.as_ref().map(|piece| piece.borrow().record()))
        .collect())
}

fn interleave<'a, T: 'a>(
    sources: impl Iterator<Item = &'a T> + Clone,
    parity: impl Iterator<Item = &'a T> + Clone,
) -> impl Iterator<Item = &'a T> + Clone {
    sources
        .zip(parity)
        .flat_map(|(source, parity)| [source, parity])
}

#[cfg(test)]
mod tests;
