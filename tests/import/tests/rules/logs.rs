//! Consensus digests, which are known before a block is executed, and segment headers (§5.5, §8).

use allod_block_rules::{BlockError, fork_choice::block_weight};
use allod_consensus_primitives::{ConsensusLog, DigestError, ENGINE_ID};
use allod_core::{ChainParameters, SegmentCommitment, SegmentHeader, SolutionRange};
use allod_import_tests::{
    block::Made,
    farming::{Farmer, Plan},
    harness::{Node, parameters},
};
use parity_scale_codec::Encode;
use sp_runtime::DigestItem;

type Change = fn(&mut Vec<ConsensusLog>);

/// Each change of a right block's logs is refused, with the logs and what they should be.
async fn assert_refused(node: &Node, right: &Made, changes: &[Change]) {
    for change in changes {
        let mut wrong = right.clone();
        wrong.change_logs(change);
        match node.refuse(&wrong).await {
            BlockError::ConsensusDigest { carried, expected } => {
                assert_eq!(carried, wrong.logs());
                assert_eq!(expected, right.logs());
            }
            other => panic!("{other}"),
        }
    }
    node.accept(right).await;
}

fn extra_log() -> ConsensusLog {
    ConsensusLog::KeyBlocked(Farmer::new(7).public_key())
}

#[tokio::test]
async fn a_log_without_a_reason_is_refused() {
    let node = Node::new(parameters());
    node.grow_by(1).await;
    let right = node.make(Plan::default());
    assert!(right.logs().is_empty());
    let changes: [Change; 2] = [
        |logs| logs.push(ConsensusLog::SolutionRange(SolutionRange(u64::MAX))),
        |logs| logs.push(extra_log()),
    ];
    assert_refused(&node, &right, &changes).await;
}

/// §8: the solution range follows the number of slots an era took, within ×4 and ÷4.
#[tokio::test]
async fn the_range_at_the_end_of_an_era_is_the_right_one() {
    let node = Node::new(ChainParameters {
        era_length: 3,
        ..parameters()
    });
    for _ in 0..2 {
        node.grow_by(2).await;
        let parent = node.best();
        let right = node.make(Plan::default());
        let [ConsensusLog::SolutionRange(range)] = right.logs()[..] else {
            panic!("{:?}", right.logs());
        };
        let altered: Change = |logs| {
            if let Some(ConsensusLog::SolutionRange(range)) = logs.first_mut() {
                range.0 -= 1;
            }
        };
        let changes: [Change; 5] = [
            altered,
            Vec::clear,
            |logs| logs.push(logs[0].clone()),
            |logs| logs.push(extra_log()),
            |logs| logs.insert(0, extra_log()),
        ];
        assert_refused(&node, &right, &changes).await;
        // What is logged is what the next block is judged by, and not this one.
        let weight = |block| node.chain_data(block).weight;
        let next = node.grow(Plan::default()).await;
        let iterations = node.parameters.initial_iterations;
        assert_eq!(
            weight(next.hash()),
            weight(right.hash()) + block_weight(range, iterations)
        );
        assert!(weight(right.hash()) > weight(parent));
        // To the end of the next era.
        node.grow_by(2).await;
        assert_eq!(node.header(node.best()).number % 3, 0);
    }
}

/// §4: the entropy that a block schedules is that of its source.
#[tokio::test]
async fn an_altered_injection_is_refused() {
    let node = Node::new(parameters());
    node.grow_by(7).await;
    let right = node.make(Plan::default());
    assert!(matches!(right.logs()[..], [ConsensusLog::PotChange(_)]));
    let changes: [Change; 4] = [
        |logs| {
            if let Some(ConsensusLog::PotChange(change)) = logs.first_mut() {
                change.entropy.0[0] ^= 1;
            }
        },
        |logs| {
            if let Some(ConsensusLog::PotChange(change)) = logs.first_mut() {
                change.slot = change.slot.saturating_add(1);
            }
        },
        |logs| {
            if let Some(ConsensusLog::PotChange(change)) = logs.first_mut() {
                change.iterations = change.iterations.saturating_add(16);
            }
        },
        Vec::clear,
    ];
    assert_refused(&node, &right, &changes).await;
}

#[tokio::test]
async fn a_log_that_does_not_decode_is_refused() {
    let node = Node::new(parameters());
    let right = node.make(Plan::default());
    let mut bytes = right.logs()[0].encode();
    bytes.push(0);
    for (position, bytes) in [(1, bytes), (1, Vec::new()), (1, vec![9])] {
        let mut wrong = right.clone();
        let item = DigestItem::Consensus(ENGINE_ID, bytes);
        wrong.header.digest.logs.push(item);
        wrong.seal();
        let error = node.refuse(&wrong).await;
        assert!(
            matches!(error, BlockError::Digest(DigestError::MalformedLog(at)) if at == position),
            "{error}"
        );
    }
    node.accept(&right).await;
}

/// The error names both lists.
fn assert_headers(error: BlockError, carried: &[SegmentHeader], expected: &[SegmentHeader]) {
    match error {
        BlockError::SegmentHeaders {
            carried: found,
            expected: due,
        } => {
            assert_eq!(found, carried);
            assert_eq!(due, expected);
        }
        other => panic!("{other}"),
    }
}

/// §5.5: segment 0's header enters in block 1, and as the archiver has it.
#[tokio::test]
async fn a_block_without_the_header_that_is_due_is_refused() {
    let node = Node::new(parameters());
    let header = node.segment_header(0);
    let right = node.make(Plan::default());
    assert_eq!(right.logs(), [ConsensusLog::SegmentHeader(header)]);

    // Blocks whose authors have no archiver: the runtime takes them.
    let without = node.make(Plan {
        headers: Some(Vec::new()),
        ..Plan::default()
    });
    assert_headers(node.refuse(&without).await, &[], &[header]);
    let mut invented = header;
    invented.segment_commitment = SegmentCommitment([7; 48]);
    let altered = node.make(Plan {
        headers: Some(vec![invented]),
        ..Plan::default()
    });
    assert_headers(node.refuse(&altered).await, &[invented], &[header]);

    // The digest is right and the inherent is not.
    let mut two_faced = altered;
    two_faced.change_logs(|logs| *logs = right.logs());
    assert!(node.receive(&two_faced).await.is_err());
    node.assert_unknown(&two_faced);
    node.accept(&right).await;
}

/// §5.5: in block b + depth + 1 and only there.
#[tokio::test]
async fn a_header_in_any_other_block_is_refused() {
    let node = Node::new(parameters());
    let first = node.segment_header(0);
    let long = Plan {
        transactions: vec![node.long_remark(0)],
        ..Plan::default()
    };
    node.grow(long).await;
    // Block 1 fills segment 1; with a depth of 2 the header is due in block 4.
    for number in 2..7 {
        let right = node.make(Plan::default());
        assert_eq!(right.header.number, number);
        let due: Vec<_> = (number == 4)
            .then(|| node.segment_header(1))
            .into_iter()
            .collect();
        let logs: Vec<_> = due
            .iter()
            .copied()
            .map(ConsensusLog::SegmentHeader)
            .collect();
        assert_eq!(right.logs(), logs);

        let store = node.archiver().store();
        let second = store.header(first.history_size().0.into());
        let misplaced = second.filter(|_| number != 4).unwrap_or(first);
        let mut wrong = right.clone();
        wrong.change_logs(|logs| logs.push(ConsensusLog::SegmentHeader(misplaced)));
        let carried: Vec<_> = due.iter().copied().chain([misplaced]).collect();
        assert_headers(node.refuse(&wrong).await, &carried, &due);
        if !due.is_empty() {
            let mut wrong = right.clone();
            wrong.change_logs(Vec::clear);
            assert_headers(node.refuse(&wrong).await, &[], &due);
        }
        node.accept(&right).await;
    }
}
