//! The rules of a solution, in the order of §7.

use crate::error::{BatchError, PointRole, SolutionError};
use allod_core::{
    ChainParameters, HistorySize, PieceIndex, PotOutput, SBucket, SectorChallenge, SectorId,
    SegmentCommitment, SegmentIndex, Slot, Solution, SolutionRange, global_challenge,
    parameters::MAX_SECTORS, units::group_of,
};
use allod_kzg::{Kzg, Opening, Point, Scalar, commitment_to_value};
use ekzg_bls12_381::G1Point;

/// What a solution is judged by: the slot that it is for and the state of its block's parent.
#[derive(Debug, Clone)]
pub struct SolutionContext<'a> {
    pub parameters: &'a ChainParameters,
    /// The block's slot.
    pub slot: Slot,
    /// Proof-of-time output of that slot.
    pub pot_output: PotOutput,
    /// Segments that the parent's state knows; 0, in genesis, counts as 1.
    pub parent_history_size: HistorySize,
    /// The range in force for a child of the parent.
    pub solution_range: SolutionRange,
    /// Whether the parent's state holds the solution's key blocked.
    pub key_blocked: bool,
    /// Commitment of [`NeededSegments::piece`], if it is known.
    pub segment_commitment: Option<SegmentCommitment>,
    /// Commitment of [`NeededSegments::expiry`], if there is such a segment yet.
    pub expiry_commitment: Option<SegmentCommitment>,
}

/// The segments whose commitments a verdict depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeededSegments {
    /// The segment that the piece belongs to. May be one that the parent's state does not know yet,
    /// since a farmer may plot a segment as soon as it is archived.
    pub piece: SegmentIndex,
    /// The segment that decides when the sector expires; none while the parent's history is too
    /// short for the sector to have expired.
    pub expiry: Option<SegmentIndex>,
}

/// Which segment commitments to look up before a solution is checked.
///
/// Takes any solution, also one whose history size or offset is out of range.
pub fn needed_segments(
    solution: &Solution,
    parameters: &ChainParameters,
    parent_history_size: HistorySize,
) -> NeededSegments {
    let expiry = SectorId::expiry_segment(solution.history_size, parameters);
    NeededSegments {
        piece: solution.segment(parameters),
        expiry: (expiry.0 < parent_history_size.0).then_some(expiry),
    }
}

/// Whether a ticket this far from the target wins (§7): at most half of the range, rounded down.
pub fn is_within_range(distance: u64, range: SolutionRange) -> bool {
    distance <= half(range)
}

/// A solution whose claims are within bounds, whose sector has not expired, and whose ticket lies in
/// the challenge's group and within the range: every rule that takes hashes alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WinningTicket {
    found: VerifiedSolution,
    pieces_per_segment: u64,
}

/// A [`WinningTicket`] whose farmer had a proof of space for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenTicket(WinningTicket);

/// A solution that keeps every rule but, perhaps, those about points, scalars and openings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedSolution {
    found: VerifiedSolution,
    openings: [Opening; 2],
}

/// A solution that keeps every rule of §7 for one slot on top of one parent. Only this crate makes
/// one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedSolution {
    solution: Solution,
    slot: Slot,
    sector_id: SectorId,
    s_bucket: SBucket,
    piece_index: PieceIndex,
    segment: SegmentIndex,
    position: u64,
    stored_chunk: [u8; 32],
    distance: u64,
    solution_range: SolutionRange,
}

impl VerifiedSolution {
    pub fn solution(&self) -> &Solution {
        &self.solution
    }

    /// The slot that it holds for.
    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// The sector that it was found in.
    pub fn sector_id(&self) -> SectorId {
        self.sector_id
    }

    /// The challenge's s-bucket.
    pub fn s_bucket(&self) -> SBucket {
        self.s_bucket
    }

    /// The piece that it proves.
    pub fn piece_index(&self) -> PieceIndex {
        self.piece_index
    }

    /// The chunk as it lies on the farmer's disk: a source of entropy (§4).
    pub fn stored_chunk(&self) -> &[u8; 32] {
        &self.stored_chunk
    }

    /// How far the ticket lies from the slot's target.
    pub fn distance(&self) -> u64 {
        self.distance
    }

    /// The range that it was won in, which the block's weight follows from (§8).
    pub fn solution_range(&self) -> SolutionRange {
        self.solution_range
    }
}

/// Applies all rules to one solution. About a millisecond and a half, most of it the pairings.
///
/// # Errors
/// The first rule that is broken.
pub fn verify_solution(
    solution: &Solution,
    context: &SolutionContext<'_>,
    kzg: &Kzg,
) -> Result<VerifiedSolution, SolutionError> {
    check_cheap(solution, context)?.verify(kzg)
}

/// Applies all rules but those about points, scalars and the two openings.
///
/// # Errors
/// The first rule that is broken.
pub fn check_cheap(
    solution: &Solution,
    context: &SolutionContext<'_>,
) -> Result<CheckedSolution, SolutionError> {
    winning_ticket(solution, context)?
        .verify_space()?
        .openings(context.segment_commitment)
}

/// Applies the rules that take hashes alone: a few microseconds. The commitment of the piece's
/// segment is not needed yet.
///
/// # Errors
/// The first rule that is broken.
pub fn winning_ticket(
    solution: &Solution,
    context: &SolutionContext<'_>,
) -> Result<WinningTicket, SolutionError> {
    check_claims(solution, context)?;
    let sector_id = solution.sector_id();
    check_expiry(solution, &sector_id, context)?;

    let parameters = context.parameters;
    let global = global_challenge(&context.pot_output, context.slot);
    let challenge = SectorChallenge::new(&global, &sector_id);
    let group = group_of(solution.piece_offset, parameters.pieces_per_sector);
    if group != challenge.group() {
        return Err(SolutionError::Group {
            offset: solution.piece_offset,
            actual: group,
            expected: challenge.group(),
        });
    }
    let stored_chunk = solution.stored_chunk();
    let distance = challenge.distance(&stored_chunk);
    if !is_within_range(distance, context.solution_range) {
        return Err(SolutionError::OutOfRange {
            distance,
            half_range: half(context.solution_range),
        });
    }

    let pieces_per_segment = parameters.pieces_per_segment();
    let piece_index = solution.piece_index(parameters);
    Ok(WinningTicket {
        found: VerifiedSolution {
            solution: solution.clone(),
            slot: context.slot,
            sector_id,
            s_bucket: challenge.s_bucket(),
            piece_index,
            segment: piece_index.segment(pieces_per_segment),
            position: piece_index.position(pieces_per_segment),
            stored_chunk,
            distance,
            solution_range: context.solution_range,
        },
        pieces_per_segment,
    })
}

impl WinningTicket {
    /// The farmer had a proof of space for the challenge's s-bucket: tens of microseconds.
    ///
    /// # Errors
    /// [`SolutionError::ProofOfSpace`].
    pub fn verify_space(self) -> Result<ProvenTicket, SolutionError> {
        let VerifiedSolution {
            solution,
            sector_id,
            s_bucket,
            ..
        } = &self.found;
        let seed = sector_id.space_seed(solution.piece_offset);
        allod_proof_of_space::verify_bucket(&seed.0, s_bucket.get(), &solution.proof_of_space.0)
            .map_err(|source| SolutionError::ProofOfSpace {
                s_bucket: *s_bucket,
                source,
            })?;
        Ok(ProvenTicket(self))
    }
}

impl ProvenTicket {
    /// The openings that remain to be checked, given the commitment of the piece's segment if it is
    /// known.
    ///
    /// # Errors
    /// [`SolutionError::UnknownSegment`].
    pub fn openings(
        self,
        segment_commitment: Option<SegmentCommitment>,
    ) -> Result<CheckedSolution, SolutionError> {
        let Self(WinningTicket {
            found,
            pieces_per_segment,
        }) = self;
        let segment_commitment =
            segment_commitment.ok_or(SolutionError::UnknownSegment(found.segment))?;
        let openings = openings(&found, &segment_commitment, pieces_per_segment);
        Ok(CheckedSolution { found, openings })
    }
}

impl CheckedSolution {
    /// The openings that remain to be checked: of the record commitment, then of the segment's.
    pub fn openings(&self) -> &[Opening; 2] {
        &self.openings
    }

    /// Checks the openings, both in one pairing product.
    ///
    /// # Errors
    /// Which point or scalar is none, or which of the two does not hold.
    pub fn verify(self, kzg: &Kzg) -> Result<VerifiedSolution, SolutionError> {
        if holds(&self.openings, kzg) == Ok(true) {
            Ok(self.found)
        } else {
            Err(self.broken_rule(kzg))
        }
    }

    /// Names the first rule that is broken, given that one is. The openings were read as points and scalars already,
    /// which takes the longest of all but the pairings; so it is done again only here, to say which one is none.
    fn broken_rule(&self, kzg: &Kzg) -> SolutionError {
        let first_broken = || {
            check_encodings(&self.found.solution)?;
            let [chunk, record] = &self.openings;
            if !holds(core::slice::from_ref(chunk), kzg)? {
                return Ok(SolutionError::ChunkOpening {
                    s_bucket: self.found.s_bucket,
                });
            }
            holds(core::slice::from_ref(record), kzg)?;
            Ok(SolutionError::RecordOpening {
                segment: self.found.segment,
                position: self.found.position,
            })
        };
        first_broken().unwrap_or_else(|error| error)
    }
}

/// Checks the openings of many solutions in one pairing product.
///
/// # Errors
/// The first solution with a point or scalar that is none, or an opening that does not hold. Finding it takes
/// time logarithmic in their number.
pub fn verify_many(
    checked: Vec<CheckedSolution>,
    kzg: &Kzg,
) -> Result<Vec<VerifiedSolution>, BatchError> {
    if let Some((position, broken)) = first_broken(&checked, kzg) {
        let error = broken.broken_rule(kzg);
        return Err(BatchError { position, error });
    }
    Ok(checked.into_iter().map(|checked| checked.found).collect())
}

/// By bisection, the first solution that breaks a rule.
fn first_broken<'a>(
    checked: &'a [CheckedSolution],
    kzg: &Kzg,
) -> Option<(usize, &'a CheckedSolution)> {
    let all_hold = |part: &[CheckedSolution]| {
        let openings: Vec<Opening> = part.iter().flat_map(|checked| checked.openings).collect();
        // A point that is none refuses the part that it is in, so it is found like an opening that does not hold.
        holds(&openings, kzg).unwrap_or(false)
    };
    if all_hold(checked) {
        return None;
    }
    let (mut from, mut to) = (0, checked.len());
    while to.saturating_sub(from) > 1 {
        let middle = from.midpoint(to);
        if all_hold(checked.get(from..middle).unwrap_or_default()) {
            from = middle;
        } else {
            to = middle;
        }
    }
    checked.get(from).map(|broken| (from, broken))
}

fn holds(openings: &[Opening], kzg: &Kzg) -> Result<bool, SolutionError> {
    kzg.verify_openings(openings).map_err(SolutionError::Kzg)
}

fn half(range: SolutionRange) -> u64 {
    range.0 >> 1
}

/// The rules that need no hashing.
fn check_claims(solution: &Solution, context: &SolutionContext<'_>) -> Result<(), SolutionError> {
    if context.key_blocked {
        return Err(SolutionError::KeyBlocked(solution.public_key));
    }
    if solution.sector_index >= MAX_SECTORS {
        return Err(SolutionError::SectorIndex(solution.sector_index));
    }
    let pieces_per_sector = context.parameters.pieces_per_sector;
    if solution.piece_offset >= pieces_per_sector {
        return Err(SolutionError::PieceOffset {
            offset: solution.piece_offset,
            pieces_per_sector,
        });
    }
    if solution.history_size.0 == 0 {
        return Err(SolutionError::HistorySizeZero);
    }
    let largest = HistorySize(context.parent_history_size.0.max(1)).saturating_add(1);
    if solution.history_size > largest {
        return Err(SolutionError::HistorySizeFromTheFuture {
            history_size: solution.history_size,
            largest,
        });
    }
    Ok(())
}

/// A sector expires by a segment that came after it; before that segment exists it has not expired.
fn check_expiry(
    solution: &Solution,
    sector_id: &SectorId,
    context: &SolutionContext<'_>,
) -> Result<(), SolutionError> {
    let parent_history_size = context.parent_history_size;
    let segment = SectorId::expiry_segment(solution.history_size, context.parameters);
    if segment.0 >= parent_history_size.0 {
        return Ok(());
    }
    let commitment = context
        .expiry_commitment
        .ok_or(SolutionError::UnknownSegment(segment))?;
    let expires_at = sector_id.expires_at(solution.history_size, &commitment, context.parameters);
    if expires_at <= parent_history_size {
        return Err(SolutionError::Expired {
            history_size: solution.history_size,
            expires_at,
            parent_history_size,
        });
    }
    Ok(())
}

/// Points are canonical and in the subgroup, the chunk is below r.
fn check_encodings(solution: &Solution) -> Result<(), SolutionError> {
    let points = [
        (PointRole::RecordCommitment, &solution.record_commitment.0),
        (PointRole::RecordWitness, &solution.record_witness.0),
        (PointRole::ChunkWitness, &solution.chunk_witness.0),
    ];
    for (role, bytes) in points {
        if G1Point::from_compressed(bytes).is_none().into() {
            return Err(SolutionError::Point { role });
        }
    }
    Scalar::try_from(&solution.chunk.0).map_err(|_| SolutionError::Scalar(solution.chunk))?;
    Ok(())
}

fn openings(
    found: &VerifiedSolution,
    segment_commitment: &SegmentCommitment,
    pieces_per_segment: u64,
) -> [Opening; 2] {
    // Both are far below 2^32, so that neither is cut on any platform.
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let solution = &found.solution;
    let chunk = Opening {
        commitment: solution.record_commitment.0,
        point: Point::Chunk(found.s_bucket.get()),
        value: solution.chunk.0,
        witness: solution.chunk_witness.0,
    };
    let record = Opening {
        commitment: segment_commitment.0,
        point: Point::Value {
            domain_size: number(pieces_per_segment),
            index: number(found.position),
        },
        value: commitment_to_value(&solution.record_commitment.0),
        witness: solution.record_witness.0,
    };
    [chunk, record]
}
