//! Every rule of a solution (§7), kept and broken.

mod fixture;

use allod_core::{
    ChainParameters, ChunkWitness, HistorySize, PotOutput, PublicKey, RecordCommitment,
    RecordWitness, RewardAddress, SBucket, ScalarBytes, SectorId, SegmentCommitment, SegmentIndex,
    Slot, Solution, SolutionRange, SpaceProof,
};
use allod_verification::{
    BatchError, CheckedSolution, NeededSegments, PointRole, SolutionContext, SolutionError,
    VerifiedSolution, check_cheap, is_within_range, needed_segments, verify_many, verify_solution,
};
use ekzg_bls12_381::G1Point;
use fixture::Fixture;
use proptest::prelude::*;
use std::sync::LazyLock;

static FIXTURE: LazyLock<Fixture> = LazyLock::new(Fixture::new);

fn fixture() -> (&'static Fixture, Solution, SolutionContext<'static>) {
    (&FIXTURE, FIXTURE.solution.clone(), FIXTURE.context())
}

fn verify(
    solution: &Solution,
    context: &SolutionContext<'_>,
) -> Result<VerifiedSolution, SolutionError> {
    verify_solution(solution, context, &FIXTURE.kzg)
}

#[test]
fn a_farmed_solution_is_valid_and_its_facts_are_told() {
    let (fixture, solution, context) = fixture();
    let verified = verify(&solution, &context).unwrap();
    assert_eq!(verified.solution(), &solution);
    assert_eq!(verified.slot(), fixture.slot);
    assert_eq!(verified.sector_id(), solution.sector_id());
    assert_eq!(verified.piece_index(), fixture.piece_index);
    assert_eq!(verified.stored_chunk(), &solution.stored_chunk());
    assert_eq!(verified.solution_range(), context.solution_range);
    // The reward address is not what is proven; the seal protects it.
    let mut other = solution;
    other.reward_address = RewardAddress([9; 32]);
    assert!(verify(&other, &context).is_ok());
}

#[test]
fn a_blocked_key_wins_nothing() {
    let (_, solution, mut context) = fixture();
    context.key_blocked = true;
    assert_eq!(
        verify(&solution, &context),
        Err(SolutionError::KeyBlocked(solution.public_key))
    );
}

#[test]
fn claims_stay_within_their_bounds() {
    let (_, solution, context) = fixture();
    let broken = |change: fn(&mut Solution)| {
        let mut broken = solution.clone();
        change(&mut broken);
        verify(&broken, &context).unwrap_err()
    };
    assert_eq!(
        broken(|s| s.sector_index = 1 << 19),
        SolutionError::SectorIndex(1 << 19)
    );
    // The largest index that there is passes this rule and fails a later one.
    assert!(!matches!(
        broken(|s| s.sector_index = (1 << 19) - 1),
        SolutionError::SectorIndex(_)
    ));
    assert_eq!(
        broken(|s| s.piece_offset = 64),
        SolutionError::PieceOffset {
            offset: 64,
            pieces_per_sector: 64
        }
    );
    assert_eq!(
        broken(|s| s.history_size = HistorySize(0)),
        SolutionError::HistorySizeZero
    );
    assert_eq!(
        broken(|s| s.history_size = HistorySize(5)),
        SolutionError::HistorySizeFromTheFuture {
            history_size: HistorySize(5),
            largest: HistorySize(4)
        }
    );
}

#[test]
fn history_size_may_be_one_more_than_the_parents_and_genesis_counts_as_one() {
    let (_, mut solution, mut context) = fixture();
    context.parent_history_size = HistorySize(2);
    assert!(verify(&solution, &context).is_ok());
    context.parent_history_size = HistorySize(1);
    assert_eq!(
        verify(&solution, &context),
        Err(SolutionError::HistorySizeFromTheFuture {
            history_size: HistorySize(3),
            largest: HistorySize(2)
        })
    );
    for parent in [0, 1] {
        context.parent_history_size = HistorySize(parent);
        for (claimed, from_the_future) in [(1, false), (2, false), (3, true)] {
            solution.history_size = HistorySize(claimed);
            let error = verify(&solution, &context).unwrap_err();
            assert_eq!(
                matches!(error, SolutionError::HistorySizeFromTheFuture { .. }),
                from_the_future,
                "parent {parent}, claimed {claimed}: {error}"
            );
        }
    }
}

#[test]
fn a_sector_expires_when_the_parents_history_reaches_its_expiry() {
    let (fixture, solution, mut context) = fixture();
    let commitment = SegmentCommitment([9; 48]);
    let expires_at =
        solution
            .sector_id()
            .expires_at(solution.history_size, &commitment, &fixture.parameters);
    context.expiry_commitment = Some(commitment);
    context.parent_history_size = expires_at.saturating_sub(1);
    assert!(verify(&solution, &context).is_ok());
    context.parent_history_size = expires_at;
    assert_eq!(
        verify(&solution, &context),
        Err(SolutionError::Expired {
            history_size: HistorySize(3),
            expires_at,
            parent_history_size: expires_at
        })
    );
    // Segment 3 + 4 − 1 = 6 is known from history size 7 on: then it must be looked up.
    context.expiry_commitment = None;
    context.parent_history_size = HistorySize(7);
    assert_eq!(
        verify(&solution, &context),
        Err(SolutionError::UnknownSegment(SegmentIndex(6)))
    );
    context.parent_history_size = HistorySize(6);
    assert!(verify(&solution, &context).is_ok());
}

#[test]
fn the_group_is_the_challenges() {
    let (fixture, solution, context) = fixture();
    // A neighbour in the same group fails elsewhere, a piece of the next group here.
    let mut other = solution.clone();
    other.piece_offset = 12;
    assert!(!matches!(
        verify(&other, &context),
        Err(SolutionError::Group { .. })
    ));
    other.piece_offset = 16;
    assert_eq!(
        verify(&other, &context),
        Err(SolutionError::Group {
            offset: 16,
            actual: 2,
            expected: 1
        })
    );
    let other_slot = (0..)
        .map(|number| SolutionContext {
            slot: Slot(1000 + number),
            ..fixture.context()
        })
        .find_map(|context| verify(&solution, &context).err())
        .unwrap();
    assert!(matches!(
        other_slot,
        SolutionError::Group { .. } | SolutionError::ProofOfSpace { .. }
    ));
}

#[test]
fn the_segment_must_be_known() {
    let (fixture, solution, mut context) = fixture();
    context.segment_commitment = None;
    let segment = fixture.piece_index.segment(16);
    assert_eq!(
        verify(&solution, &context),
        Err(SolutionError::UnknownSegment(segment))
    );
    assert_eq!(
        needed_segments(&solution, &fixture.parameters, HistorySize(6)),
        NeededSegments {
            piece: segment,
            expiry: None
        }
    );
    assert_eq!(
        needed_segments(&solution, &fixture.parameters, HistorySize(7)).expiry,
        Some(SegmentIndex(6))
    );
}

/// A point of the curve outside the subgroup: the smallest x that has one.
fn outside_the_subgroup() -> [u8; 48] {
    (1..)
        .find_map(|x| {
            let mut bytes = [0; 48];
            (bytes[0], bytes[47]) = (0x80, x);
            let point: Option<G1Point> = G1Point::from_compressed_unchecked(&bytes).into();
            point.filter(|point| !bool::from(point.is_torsion_free()))?;
            Some(bytes)
        })
        .unwrap()
}

#[test]
fn points_and_scalars_are_canonical() {
    let (_, solution, context) = fixture();
    let mut sign_of_infinity = [0; 48];
    sign_of_infinity[0] = 0xe0;
    for wrong in [
        outside_the_subgroup(),
        [0xff; 48],
        [0; 48],
        sign_of_infinity,
    ] {
        for role in [
            PointRole::RecordCommitment,
            PointRole::RecordWitness,
            PointRole::ChunkWitness,
        ] {
            let mut broken = solution.clone();
            match role {
                PointRole::RecordCommitment => broken.record_commitment = RecordCommitment(wrong),
                PointRole::RecordWitness => broken.record_witness = RecordWitness(wrong),
                PointRole::ChunkWitness => broken.chunk_witness = ChunkWitness(wrong),
            }
            assert_eq!(
                verify(&broken, &context),
                Err(SolutionError::Point { role })
            );
        }
    }
    // r, and the largest number of 32 bytes.
    let order = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";
    for wrong in [order, &"ff".repeat(32)] {
        let wrong = ScalarBytes(hex::decode(wrong).unwrap().try_into().unwrap());
        let mut broken = solution.clone();
        broken.chunk = wrong;
        assert_eq!(verify(&broken, &context), Err(SolutionError::Scalar(wrong)));
    }
}

#[test]
fn the_proof_of_space_is_for_this_piece_and_s_bucket() {
    let (_, solution, context) = fixture();
    for byte in [0, 70, 135] {
        let mut broken = solution.clone();
        broken.proof_of_space.0[byte] ^= 1;
        let error = verify(&broken, &context).unwrap_err();
        assert!(
            matches!(error, SolutionError::ProofOfSpace { .. }),
            "{error}"
        );
    }
    let mut neighbour = solution;
    neighbour.piece_offset = 12;
    let error = verify(&neighbour, &context).unwrap_err();
    assert!(
        matches!(error, SolutionError::ProofOfSpace { .. }),
        "{error}"
    );
}

#[test]
fn the_ticket_lies_within_half_of_the_range() {
    let (_, solution, mut context) = fixture();
    let distance = verify(&solution, &context).unwrap().distance();
    for range in [distance * 2, distance * 2 + 1] {
        context.solution_range = SolutionRange(range);
        assert!(verify(&solution, &context).is_ok());
    }
    context.solution_range = SolutionRange(distance * 2 - 1);
    assert_eq!(
        verify(&solution, &context),
        Err(SolutionError::OutOfRange {
            distance,
            half_range: distance - 1
        })
    );
    assert!(is_within_range(0, SolutionRange(1)));
    assert!(!is_within_range(1, SolutionRange(1)));
}

#[test]
fn each_opening_is_named_when_it_does_not_hold() {
    let (fixture, solution, context) = fixture();
    let chunk_opening = Err(SolutionError::ChunkOpening {
        s_bucket: verify(&solution, &context).unwrap().s_bucket(),
    });
    let record_opening = Err(SolutionError::RecordOpening {
        segment: fixture.piece_index.segment(16),
        position: fixture.piece_index.position(16),
    });

    let mut broken = solution.clone();
    broken.chunk.0[31] ^= 1;
    assert_eq!(verify(&broken, &context), chunk_opening);
    let mut broken = solution.clone();
    broken.chunk_witness = ChunkWitness(solution.record_witness.0);
    assert_eq!(verify(&broken, &context), chunk_opening);
    broken.record_witness = RecordWitness(solution.chunk_witness.0);
    assert_eq!(verify(&broken, &context), chunk_opening);

    let mut broken = solution.clone();
    broken.record_witness = RecordWitness(solution.chunk_witness.0);
    assert_eq!(verify(&broken, &context), record_opening);
    let mut context = context;
    context.segment_commitment = Some(SegmentCommitment(solution.chunk_witness.0));
    assert_eq!(verify(&solution, &context), record_opening);
    // A commitment of the chain's own that is no point is not blamed on the farmer.
    context.segment_commitment = Some(SegmentCommitment([0xff; 48]));
    assert!(matches!(
        verify(&solution, &context),
        Err(SolutionError::Kzg(_))
    ));
}

/// Breaks every rule at once, then mends one after another: each time the next one is named.
#[test]
fn the_first_broken_rule_is_named_in_the_order_of_the_design() {
    let (fixture, good, good_context) = fixture();
    let mut solution = good.clone();
    let mut context = good_context.clone();
    context.key_blocked = true;
    solution.sector_index = u32::MAX;
    solution.piece_offset = 64;
    solution.history_size = HistorySize(0);
    solution.record_witness = RecordWitness([0xff; 48]);
    solution.proof_of_space = SpaceProof([0; 136]);
    solution.chunk_witness = ChunkWitness(good.record_witness.0);
    context.solution_range = SolutionRange(1);
    context.segment_commitment = None;

    let name = |solution: &Solution, context: &SolutionContext<'_>| {
        let error = format!("{:?}", verify(solution, context).unwrap_err());
        error.split([' ', '(']).next().unwrap().to_owned()
    };
    assert_eq!(name(&solution, &context), "KeyBlocked");
    context.key_blocked = false;
    assert_eq!(name(&solution, &context), "SectorIndex");
    solution.sector_index = good.sector_index;
    assert_eq!(name(&solution, &context), "PieceOffset");
    solution.piece_offset = 63;
    assert_eq!(name(&solution, &context), "HistorySizeZero");
    solution.history_size = HistorySize(9);
    assert_eq!(name(&solution, &context), "HistorySizeFromTheFuture");
    solution.history_size = good.history_size;
    context.parent_history_size = HistorySize(1000);
    context.expiry_commitment = Some(SegmentCommitment::default());
    assert_eq!(name(&solution, &context), "Expired");
    context.parent_history_size = good_context.parent_history_size;
    assert_eq!(name(&solution, &context), "Group");
    solution.piece_offset = good.piece_offset;
    assert_eq!(name(&solution, &context), "OutOfRange");
    context.solution_range = SolutionRange(u64::MAX);
    assert_eq!(name(&solution, &context), "ProofOfSpace");
    solution.proof_of_space = good.proof_of_space;
    assert_eq!(name(&solution, &context), "UnknownSegment");
    context.segment_commitment = Some(fixture.segment_commitment);
    assert_eq!(name(&solution, &context), "Point");
    solution.record_witness = RecordWitness(good.chunk_witness.0);
    assert_eq!(name(&solution, &context), "ChunkOpening");
    solution.chunk_witness = good.chunk_witness;
    assert_eq!(name(&solution, &context), "RecordOpening");
    solution.record_witness = good.record_witness;
    assert!(verify(&solution, &context).is_ok());
}

#[test]
fn many_solutions_verify_together_and_the_first_broken_one_is_found() {
    let others = [Fixture::with_index(5), Fixture::with_index(6)];
    let check = |fixture: &Fixture| check_cheap(&fixture.solution, &fixture.context()).unwrap();
    let good: Vec<CheckedSolution> = [&*FIXTURE, &others[0], &others[1]]
        .into_iter()
        .map(check)
        .collect();
    let (_, mut solution, context) = fixture();
    solution.record_witness = RecordWitness(solution.chunk_witness.0);
    let broken_record = check_cheap(&solution, &context).unwrap();
    solution.chunk_witness = others[0].solution.chunk_witness;
    let broken_chunk = check_cheap(&solution, &context).unwrap();

    let kzg = &FIXTURE.kzg;
    let verified = verify_many(good.clone(), kzg).unwrap();
    for (verified, fixture) in verified.iter().zip([&*FIXTURE, &others[0], &others[1]]) {
        assert_eq!(verified.solution(), &fixture.solution);
    }
    assert_eq!(verify_many(Vec::new(), kzg), Ok(Vec::new()));

    for position in 0..=good.len() {
        let mut batch = good.clone();
        batch.insert(position, broken_record.clone());
        batch.push(broken_chunk.clone());
        let error = verify_many(batch, kzg).unwrap_err();
        assert_eq!(error.position, position);
        assert!(matches!(error.error, SolutionError::RecordOpening { .. }));
    }
    let error = verify_many(vec![broken_chunk], kzg);
    assert!(matches!(
        error,
        Err(BatchError {
            position: 0,
            error: SolutionError::ChunkOpening { .. }
        })
    ));
}

#[test]
fn errors_say_what_is_wrong_and_what_would_be_right() {
    let s_bucket = SBucket::new(77).unwrap();
    for (error, text) in [
        (
            SolutionError::HistorySizeFromTheFuture {
                history_size: HistorySize(9),
                largest: HistorySize(4),
            },
            "history size 9 is from the future: at most 4 here",
        ),
        (
            SolutionError::ChunkOpening { s_bucket },
            "the chunk witness does not open the record commitment at s-bucket 77",
        ),
        (
            SolutionError::SectorIndex(600_000),
            "sector index 600000 is too large: it must be below 524288",
        ),
    ] {
        assert_eq!(error.to_string(), text);
    }
}

fn any_solution() -> impl Strategy<Value = Solution> {
    (any::<[u8; 32]>(), any::<(u32, u64, u16)>(), any::<u8>()).prop_map(
        |(key, (sector_index, history_size, piece_offset), fill)| Solution {
            public_key: PublicKey(key),
            reward_address: RewardAddress(key),
            sector_index,
            history_size: HistorySize(history_size),
            piece_offset,
            record_commitment: RecordCommitment([fill; 48]),
            record_witness: RecordWitness([fill; 48]),
            chunk: ScalarBytes(key),
            chunk_witness: ChunkWitness([fill; 48]),
            proof_of_space: SpaceProof([fill; 136]),
        },
    )
}

proptest! {
    #[test]
    fn no_claim_makes_the_rules_panic(
        solution in any_solution(),
        slot: u64,
        parent in prop_oneof![0_u64..9, any::<u64>()],
        pieces_per_sector: u16,
        lifetime: u64,
    ) {
        let parameters = ChainParameters {
            pieces_per_sector,
            min_sector_lifetime: lifetime,
            ..FIXTURE.parameters.clone()
        };
        let parent_history_size = HistorySize(parent);
        let needed = needed_segments(&solution, &parameters, parent_history_size);
        prop_assert!(needed.expiry.is_none_or(|segment| segment.0 < parent));
        let expiry = SectorId::expiry_segment(solution.history_size, &parameters);
        prop_assert_eq!(needed.expiry.is_some(), expiry.0 < parent);
        let context = SolutionContext {
            parameters: &parameters,
            slot: Slot(slot),
            pot_output: PotOutput([3; 16]),
            parent_history_size,
            solution_range: SolutionRange(u64::MAX),
            key_blocked: false,
            segment_commitment: Some(FIXTURE.segment_commitment),
            expiry_commitment: Some(FIXTURE.segment_commitment),
        };
        prop_assert!(verify(&solution, &context).is_err());
    }
}
