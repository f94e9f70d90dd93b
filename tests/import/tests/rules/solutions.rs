//! Solutions that break a rule (§7), each refused with that rule's error.

use allod_block_rules::BlockError;
use allod_core::{
    ChainParameters, HistorySize, PotOutput, SegmentIndex, Slot, Solution, SolutionRange,
    SpaceProof, parameters::MAX_SECTORS, units::group_of,
};
use allod_import_tests::{
    farming::{Farmer, Plan, Sector},
    harness::{Node, parameters},
};
use allod_proof_of_space::SectorTable;
use allod_verification::{PointRole, SolutionError, is_within_range};

/// Makes a good solution a bad one.
type Forge = fn(&mut Solution);

fn rule(error: BlockError) -> SolutionError {
    match error {
        BlockError::Solution(rule) => rule,
        other => panic!("not the solution's fault: {other}"),
    }
}

/// §7: the ticket's distance must be ≤ range / 2.
#[tokio::test]
async fn a_ticket_outside_the_range_is_refused() {
    let range = SolutionRange(u64::MAX / 4);
    let node = Node::new(ChainParameters {
        initial_solution_range: range,
        ..parameters()
    });
    let plan = Plan::default();
    let sector = node.sector(&plan);
    let mut lost_by = None;
    let wrong = node.make_with(plan.clone(), |slot, output| {
        let mut tickets = node.tickets(sector, slot, output);
        let (distance, solution) =
            tickets.find(|(distance, _)| !is_within_range(*distance, range))?;
        lost_by = Some(distance);
        Some(solution)
    });
    let right = node.make(plan);
    let expected = SolutionError::OutOfRange {
        distance: lost_by.unwrap(),
        half_range: u64::MAX / 8,
    };
    let error = node.refuse_then_accept(&wrong, &right).await;
    assert_eq!(rule(error), expected);
}

/// §7: the challenge is that of the slot; a solution for another one lies in another group or
/// s-bucket.
#[tokio::test]
async fn a_solution_for_another_slot_is_refused() {
    let node = Node::new(parameters());
    let right = node.make(Plan::default());
    let claim = right.pre_digest();
    let (slot, solution) = (claim.slot, claim.solution);
    let sector = node.sector(&Plan::default());
    let made_for = sector.challenge(slot, claim.slot_output);

    let later = Plan {
        skip: slot.0,
        ..Plan::default()
    };
    let in_another_group = node.make_with(later.clone(), |slot, output| {
        let challenge = sector.challenge(slot, output);
        (challenge.group() != made_for.group()).then(|| solution.clone())
    });
    let in_another_bucket = node.make_with(later, |slot, output| {
        let challenge = sector.challenge(slot, output);
        let same_group = challenge.group() == made_for.group();
        let same_bucket = challenge.s_bucket() == made_for.s_bucket();
        (same_group && !same_bucket).then(|| solution.clone())
    });

    let claim = in_another_group.pre_digest();
    let expected = SolutionError::Group {
        offset: solution.piece_offset,
        actual: made_for.group(),
        expected: sector.challenge(claim.slot, claim.slot_output).group(),
    };
    assert_eq!(rule(node.refuse(&in_another_group).await), expected);

    let claim = in_another_bucket.pre_digest();
    let wanted = sector.challenge(claim.slot, claim.slot_output).s_bucket();
    let found = rule(node.refuse_then_accept(&in_another_bucket, &right).await);
    assert!(
        matches!(&found, SolutionError::ProofOfSpace { s_bucket, .. } if *s_bucket == wanted),
        "{found}"
    );
}

/// §7: sector index < 2^19; offset < P; 1 ≤ history size ≤ the parent's + 1.
#[tokio::test]
async fn claims_out_of_bounds_are_refused() {
    let too_many_pieces = parameters().pieces_per_sector;
    let wrong_claims: [(Forge, SolutionError); 4] = [
        (
            |solution| solution.sector_index = MAX_SECTORS,
            SolutionError::SectorIndex(MAX_SECTORS),
        ),
        (
            |solution| solution.piece_offset = 16,
            SolutionError::PieceOffset {
                offset: 16,
                pieces_per_sector: too_many_pieces,
            },
        ),
        (
            |solution| solution.history_size = HistorySize(0),
            SolutionError::HistorySizeZero,
        ),
        (
            |solution| solution.history_size = HistorySize(3),
            SolutionError::HistorySizeFromTheFuture {
                history_size: HistorySize(3),
                largest: HistorySize(2),
            },
        ),
    ];
    let node = Node::new(parameters());
    node.grow_by(1).await;
    for (change, expected) in wrong_claims {
        let right = node.make(Plan::default());
        let mut wrong = right.clone();
        wrong.change_solution(change);
        let error = node.refuse_then_accept(&wrong, &right).await;
        assert_eq!(rule(error), expected);
    }
}

/// §7: the parent of block 1 counts as history size 1.
#[tokio::test]
async fn genesis_counts_as_one_segment() {
    let node = Node::new(parameters());
    let right = node.make(Plan::default());
    let mut wrong = right.clone();
    wrong.change_solution(|solution| solution.history_size = HistorySize(3));
    let expected = SolutionError::HistorySizeFromTheFuture {
        history_size: HistorySize(3),
        largest: HistorySize(2),
    };
    let error = node.refuse_then_accept(&wrong, &right).await;
    assert_eq!(rule(error), expected);
}

/// §7: points are canonical, the chunk opens C, H(C) opens T of its segment.
#[tokio::test]
async fn openings_that_do_not_hold_are_refused() {
    type IsRule = fn(&SolutionError) -> bool;
    let wrong_openings: [(Forge, IsRule); 5] = [
        (
            |solution| solution.chunk_witness.0[0] = 0,
            |rule| {
                let role = PointRole::ChunkWitness;
                *rule == SolutionError::Point { role }
            },
        ),
        (
            |solution| solution.chunk.0[0] = 0xff,
            |rule| matches!(rule, SolutionError::Scalar(_)),
        ),
        (
            |solution| solution.chunk_witness.0 = solution.record_witness.0,
            |rule| matches!(rule, SolutionError::ChunkOpening { .. }),
        ),
        (
            |solution| solution.chunk.0[31] ^= 1,
            |rule| matches!(rule, SolutionError::ChunkOpening { .. }),
        ),
        (
            |solution| solution.record_witness.0 = solution.chunk_witness.0,
            |rule| matches!(rule, SolutionError::RecordOpening { .. }),
        ),
    ];
    let node = Node::new(parameters());
    for (number, (change, is_rule)) in wrong_openings.into_iter().enumerate() {
        let right = node.make(Plan::default());
        let mut wrong = right.clone();
        wrong.change_solution(change);
        let found = rule(node.refuse_then_accept(&wrong, &right).await);
        assert!(is_rule(&found), "{number}: {found}");
    }
}

/// §7: a sector may be one segment ahead of the parent's history, but its piece's segment must be
/// known, by the chain or by this very block.
#[tokio::test]
async fn a_piece_of_an_unknown_segment_is_refused() {
    let node = Node::new(parameters());
    node.grow_by(1).await;
    let right = node.make(Plan::default());
    let sector = Sector {
        history_size: HistorySize(2),
        ..node.sector(&Plan::default())
    };
    let pieces_per_segment = node.parameters.pieces_per_segment();
    let pieces = node.parameters.pieces_per_sector;
    let template = right.pre_digest().solution;
    // Not even the segment's own author could have more than the claim.
    let wrong = node.make_with(Plan::default(), |slot, output| {
        let challenge = sector.challenge(slot, output);
        let group = challenge.group();
        let offset = (0..pieces).find(|offset| {
            let index = sector
                .id()
                .piece_index(*offset, sector.history_size, &node.parameters);
            group_of(*offset, pieces) == group && index.segment(pieces_per_segment).0 == 1
        })?;
        // The space is real: only the piece is not.
        let table = SectorTable::new(&sector.id().space_seed(offset).0);
        let proof = table.find_proof(challenge.s_bucket().get())?;
        Some(Solution {
            history_size: sector.history_size,
            piece_offset: offset,
            proof_of_space: SpaceProof(proof),
            ..template.clone()
        })
    });
    let error = node.refuse_then_accept(&wrong, &right).await;
    assert_eq!(rule(error), SolutionError::UnknownSegment(SegmentIndex(1)));
}

/// §5.5, §7: as soon as a segment's header enters, sectors of it may win: in that block already.
#[tokio::test]
async fn a_sector_may_be_as_new_as_the_header_in_its_block() {
    let (node, other) = (Node::new(parameters()), Node::new(parameters()));
    let long = Plan {
        transactions: vec![node.long_remark(0)],
        ..Plan::default()
    };
    other.accept(&node.grow(long).await).await;
    for _ in 0..2 {
        other.accept(&node.grow(Plan::default()).await).await;
    }
    assert_eq!(node.history_size(node.best()), HistorySize(1));
    node.archiver().archive_until(1).unwrap();
    let plan = Plan {
        history_size: Some(HistorySize(2)),
        ..Plan::default()
    };
    let sector = node.sector(&plan);
    let is_new = |solution: &Solution| {
        let index =
            sector
                .id()
                .piece_index(solution.piece_offset, sector.history_size, &node.parameters);
        index.segment(node.parameters.pieces_per_segment()).0 == 1
    };
    let block = node.make_with(plan, |slot, output| {
        let mut tickets = node.tickets(sector, slot, output);
        let (_, solution) = tickets.find(|(_, solution)| is_new(solution))?;
        Some(solution)
    });
    node.accept(&block).await;
    assert_eq!(node.history_size(node.best()), HistorySize(2));
    other.accept(&block).await;
}

/// §6: a sector made at h expires at h + M + (d/2 mod h) or 2h + M + (d/2 mod 2h); with h and M of 1
/// at the latest when there are four segments.
#[tokio::test]
async fn an_expired_sector_is_refused_and_not_before() {
    let node = Node::new(parameters());
    let first = HistorySize(1);
    let old = || Plan {
        history_size: Some(first),
        ..Plan::default()
    };
    let id = node.sector(&old()).id();
    let mut expires_at = None;
    let mut remarks = 0..6;
    loop {
        let history_size = node.history_size(node.best());
        if history_size.0 >= 2 {
            let commitment = node.segment_header(1).segment_commitment;
            expires_at = Some(id.expires_at(first, &commitment, &node.parameters));
        }
        if expires_at.is_some_and(|expires_at| expires_at <= history_size) {
            break;
        }
        // It has not expired, so it still wins.
        let transactions = remarks.next().map(|nonce| node.long_remark(nonce));
        node.grow(Plan {
            transactions: transactions.into_iter().collect(),
            ..old()
        })
        .await;
    }
    let expected = SolutionError::Expired {
        history_size: first,
        expires_at: expires_at.unwrap(),
        parent_history_size: node.history_size(node.best()),
    };
    let (wrong, right) = (node.make(old()), node.make(Plan::default()));
    let error = node.refuse_then_accept(&wrong, &right).await;
    assert_eq!(rule(error), expected);
}

/// The harness itself: a farmer's tickets are those of the challenge's group, and nobody else's.
#[test]
fn tickets_lie_in_the_group_of_the_challenge() {
    let node = Node::new(parameters());
    let sector = node.sector(&Plan::default());
    assert_eq!(sector.public_key, Farmer::new(0).public_key());
    let mut found = 0;
    for number in 1..9 {
        let (slot, output) = (Slot(number), PotOutput([7; 16]));
        let group = sector.challenge(slot, output).group();
        for (_, solution) in node.tickets(sector, slot, output) {
            assert_eq!(group_of(solution.piece_offset, 16), group);
            found += 1;
        }
    }
    assert!(found > 0);
}
