//! Checking pieces against the commitment of their segment (§5.6).
//!
//! A piece is right if its record's commitment is the one in it, and if its witness opens the
//! segment commitment at its position to the hash of that commitment. Where one piece is wanted,
//! [`verify_piece`] checks that; where many are, [`verify_pieces_of_segment`] checks all of them for
//! little more than the price of one:
//!
//! - All witnesses are checked by one pairing product ([`Kzg::verify_openings`]).
//! - All record commitments `C_i` are checked by one linear combination: `Σ s^i·C_i` has to be the
//!   commitment to `Σ s^i·record_i`. Wrong ones pass only if s is a root of a polynomial of lower
//!   degree than there are pieces, which the pieces fix; s is a hash of them, so that one cannot
//!   choose them to pass, and every node comes to the same result.
//!
//! If the combination does not hold, it is bisected, down to the single pieces that are wrong.

use allod_core::{
    Piece, RecordCommitment, SegmentCommitment, blake2b_256,
    parameters::{MAX_RAW_RECORDS_PER_SEGMENT, RECORD_BYTES, SCALAR_BYTES},
};
use allod_kzg::{Kzg, Opening, Point, commitment_to_value};
use core::iter::successors;
use ekzg_bls12_381::{
    G1Point, Scalar, lincomb::g1_lincomb, reduce_bytes_to_scalar_bias, traits::*,
};
use rayon::prelude::*;

/// Separates the hash that yields s from all others.
const CONTEXT: &[u8] = b"allod/archiving/records/1";
/// Scalars of a record that one task combines: 32 KiB of each record.
const SCALARS_PER_TASK: usize = 1024;

/// Why a piece is not the one at its position in its segment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PieceError {
    /// No chain has segments of so many pieces.
    #[error(
        "{0} pieces per segment: a segment has 2R, where R is a power of two up to \
         {MAX_RAW_RECORDS_PER_SEGMENT}"
    )]
    PiecesPerSegment(u64),
    /// The segment has no such position.
    #[error("position {position} does not exist in a segment of {pieces_per_segment} pieces")]
    Position {
        /// Position asked for, from 0.
        position: u64,
        /// How many there are.
        pieces_per_segment: u64,
    },
    /// The record is no blob: a scalar is not below r.
    #[error("the piece at position {position} has a malformed record: {error}")]
    Record {
        /// Position of the piece.
        position: u64,
        /// What is wrong.
        error: allod_kzg::Error,
    },
    /// The record has another commitment than the one in the piece.
    #[error(
        "the piece at position {position} names the record commitment {found}, but that of its \
         record is {expected}"
    )]
    Commitment {
        /// Position of the piece.
        position: u64,
        /// What the piece says.
        found: RecordCommitment,
        /// What its record says.
        expected: RecordCommitment,
    },
    /// The witness or the segment commitment is no point of G1.
    #[error("the witness of the piece at position {position} cannot be checked: {error}")]
    Point {
        /// Position of the piece.
        position: u64,
        /// What is wrong.
        error: allod_kzg::Error,
    },
    /// The witness does not open the segment commitment.
    #[error(
        "the piece at position {position} is not the segment's: its witness does not open the \
         segment commitment there"
    )]
    Witness {
        /// Position of the piece.
        position: u64,
    },
}

/// Some pieces are wrong; all the others have been checked to be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} wrong pieces, the first one: {}", .0.len(), FirstOf(.0))]
pub struct WrongPieces(
    /// Each wrong piece, by its index in the list that was given, and what is wrong with it. In
    /// ascending order.
    pub Vec<(usize, PieceError)>,
);

struct FirstOf<'a>(&'a [(usize, PieceError)]);

impl core::fmt::Display for FirstOf<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.0.first() {
            Some((_, error)) => error.fmt(f),
            None => f.write_str("none"),
        }
    }
}

/// Checks that a piece is the one at `position` (below `pieces_per_segment`, which is 2R) of the
/// segment with this commitment.
///
/// The witness is checked first: it costs a small part of what the record does.
pub fn verify_piece(
    kzg: &Kzg,
    piece: &Piece,
    segment_commitment: &SegmentCommitment,
    position: u64,
    pieces_per_segment: u64,
) -> Result<(), PieceError> {
    let opening = opening(piece, segment_commitment, position, pieces_per_segment)?;
    match kzg.verify_openings(&[opening]) {
        Ok(true) => {}
        Ok(false) => return Err(PieceError::Witness { position }),
        Err(error) => return Err(PieceError::Point { position, error }),
    }
    let expected = kzg
        .commit_record(piece.record())
        .map_err(|error| PieceError::Record { position, error })?;
    let (found, expected) = (piece.commitment(), RecordCommitment(expected));
    if found != expected {
        return Err(PieceError::Commitment {
            position,
            found,
            expected,
        });
    }
    Ok(())
}

/// Checks many pieces of one segment, each with its position, by one random linear combination;
/// says exactly which of them are wrong.
///
/// Shares the work out among the threads of the current rayon pool.
pub fn verify_pieces_of_segment(
    kzg: &Kzg,
    pieces: &[(u64, &Piece)],
    segment_commitment: &SegmentCommitment,
    pieces_per_segment: u64,
) -> Result<(), WrongPieces> {
    let mut openings = Vec::with_capacity(pieces.len());
    let mut claims = Vec::with_capacity(pieces.len());
    let mut wrong = Vec::new();
    for (index, (position, piece)) in pieces.iter().enumerate() {
        match opening(piece, segment_commitment, *position, pieces_per_segment) {
            Ok(opening) => {
                openings.push(opening);
                claims.push((index, *position, *piece));
            }
            Err(error) => wrong.push((index, error)),
        }
    }
    let segment = Bisection {
        kzg,
        segment_commitment,
        pieces_per_segment,
    };
    segment.find_wrong(&claims, &openings, false, &mut wrong);
    if wrong.is_empty() {
        return Ok(());
    }
    wrong.sort_by_key(|(index, _)| *index);
    Err(WrongPieces(wrong))
}

/// What a piece's witness claims.
fn opening(
    piece: &Piece,
    segment_commitment: &SegmentCommitment,
    position: u64,
    pieces_per_segment: u64,
) -> Result<Opening, PieceError> {
    let largest = usize::from(MAX_RAW_RECORDS_PER_SEGMENT).saturating_mul(2);
    let domain_size = usize::try_from(pieces_per_segment)
        .ok()
        .filter(|size| size.is_power_of_two() && (2..=largest).contains(size))
        .ok_or(PieceError::PiecesPerSegment(pieces_per_segment))?;
    let index = usize::try_from(position)
        .ok()
        .filter(|index| *index < domain_size)
        .ok_or(PieceError::Position {
            position,
            pieces_per_segment,
        })?;
    Ok(Opening {
        commitment: segment_commitment.0,
        point: Point::Value { domain_size, index },
        value: commitment_to_value(&piece.commitment().0),
        witness: piece.witness().0,
    })
}

/// A piece, its position, and its index in the list that was given.
type Claim<'a> = (usize, u64, &'a Piece);

struct Bisection<'a> {
    kzg: &'a Kzg,
    segment_commitment: &'a SegmentCommitment,
    pieces_per_segment: u64,
}

impl Bisection<'_> {
    /// Adds to `wrong` those of the claims that are; `failed` if some are known to be.
    fn find_wrong(
        &self,
        claims: &[Claim<'_>],
        openings: &[Opening],
        failed: bool,
        wrong: &mut Vec<(usize, PieceError)>,
    ) {
        if let [(index, position, piece)] = claims {
            let commitment = self.segment_commitment;
            let size = self.pieces_per_segment;
            if let Err(error) = verify_piece(self.kzg, piece, commitment, *position, size) {
                wrong.push((*index, error));
            }
            return;
        }
        if claims.is_empty() || (!failed && self.hold(claims, openings)) {
            return;
        }
        let middle = claims.len() >> 1;
        let (left, right) = claims.split_at(middle);
        let (left_openings, right_openings) = openings.split_at(middle);
        let before = wrong.len();
        self.find_wrong(left, left_openings, false, wrong);
        // If the left half holds, it must be the right one that does not.
        let left_holds = wrong.len() == before;
        self.find_wrong(right, right_openings, left_holds, wrong);
    }

    /// Whether all of the claims are true.
    fn hold(&self, claims: &[Claim<'_>], openings: &[Opening]) -> bool {
        let witnesses_hold = self.kzg.verify_openings(openings);
        witnesses_hold == Ok(true) && records_hold(self.kzg, claims).unwrap_or(false)
    }
}

/// Whether all pieces name their records' commitments; `None` if anything is malformed.
// Field and curve arithmetic does not overflow.
#[allow(clippy::arithmetic_side_effects)]
fn records_hold(kzg: &Kzg, claims: &[Claim<'_>]) -> Option<bool> {
    let decompress = |(_, _, piece): &Claim<'_>| -> Option<G1Point> {
        G1Point::from_compressed(&piece.commitment().0).into()
    };
    let commitments: Vec<G1Point> = claims.par_iter().map(decompress).collect::<Option<_>>()?;

    let s = coefficient(claims);
    let powers = successors(Some(Scalar::ONE), |power| Some(power * s));
    let powers: Vec<Scalar> = powers.take(claims.len()).collect();

    let record = combine_records(claims, &powers)?;
    let (expected, found) = rayon::join(
        || kzg.commit_record(&record).ok(),
        || g1_lincomb(&commitments, &powers).map(|point| point.to_affine().to_compressed()),
    );
    Some(expected? == found?)
}

/// s, a hash of everything that the outcome depends on.
fn coefficient(claims: &[Claim<'_>]) -> Scalar {
    let hashes: Vec<_> = claims
        .par_iter()
        .map(|(_, _, piece)| blake2b_256(piece.as_bytes()))
        .collect();
    let mut transcript = CONTEXT.to_vec();
    transcript.extend(hashes.as_flattened());
    reduce_bytes_to_scalar_bias(blake2b_256(&transcript))
}

/// `Σ powers_i · record_i`, scalar by scalar; `None` if a scalar is not below r.
#[allow(clippy::arithmetic_side_effects)]
fn combine_records(claims: &[Claim<'_>], powers: &[Scalar]) -> Option<Vec<u8>> {
    let task = SCALARS_PER_TASK.saturating_mul(SCALAR_BYTES);
    let mut record = vec![0; RECORD_BYTES];
    record
        .par_chunks_mut(task)
        .enumerate()
        .try_for_each(|(number, combined)| {
            let from = number.saturating_mul(task);
            let mut sums = vec![Scalar::ZERO; SCALARS_PER_TASK];
            for ((_, _, piece), power) in claims.iter().zip(powers) {
                let part = piece.record().get(from..)?;
                let (scalars, _) = part.as_chunks::<SCALAR_BYTES>();
                for (sum, bytes) in sums.iter_mut().zip(scalars) {
                    let scalar: Option<Scalar> = Scalar::from_bytes_be(bytes).into();
                    *sum += scalar? * power;
                }
            }
            let (bytes, _) = combined.as_chunks_mut::<SCALAR_BYTES>();
            for (bytes, sum) in bytes.iter_mut().zip(sums) {
                *bytes = sum.to_bytes_be();
            }
            Some(())
        })?;
    Some(record)
}

#[cfg(test)]
mod tests;
