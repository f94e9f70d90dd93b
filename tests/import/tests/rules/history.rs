//! Independent nodes come to the same chain and to the same history (§5, §8).

use allod_block_rules::BlockError;
use allod_consensus_primitives::{ConsensusLog, FarmingApi};
use allod_core::{ChainParameters, PieceIndex, SegmentIndex};
use allod_import_tests::{
    farming::Plan,
    harness::{Node, parameters},
};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;

/// A chain with all that a chain can have, from several farmers.
#[tokio::test]
async fn another_node_follows_a_chain_with_eras_entropy_and_segments() {
    let parameters = ChainParameters {
        era_length: 8,
        ..parameters()
    };
    let (author, other) = (Node::new(parameters.clone()), Node::new(parameters));
    let mut nonces = 0..;
    let mut logs = Vec::new();
    for number in 1..=30_u8 {
        let transactions = match number % 7 {
            3 => vec![author.long_remark(nonces.next().unwrap())],
            // Two at once: a block that completes several segments.
            6 => nonces
                .by_ref()
                .take(2)
                .map(|nonce| author.long_remark(nonce))
                .collect(),
            _ => Vec::new(),
        };
        let plan = Plan {
            farmer: number % 3,
            skip: u64::from(number % 5),
            transactions,
            ..Plan::default()
        };
        let block = author.grow(plan).await;
        logs.extend(block.logs());
        assert!(other.accept(&block).await);
    }
    let count = |is: fn(&ConsensusLog) -> bool| logs.iter().filter(|log| is(log)).count();
    assert_eq!(
        count(|log| matches!(log, ConsensusLog::SolutionRange(_))),
        3
    );
    // Blocks 8, 12, … 28.
    assert_eq!(count(|log| matches!(log, ConsensusLog::PotChange(_))), 6);
    assert!(count(|log| matches!(log, ConsensusLog::SegmentHeader(_))) > 9);
    assert_same(&author, &other);
}

/// Both nodes have the same state and the same history.
fn assert_same(one: &Node, two: &Node) {
    let (ours, theirs) = (one.client.info(), two.client.info());
    assert_eq!(ours.best_hash, theirs.best_hash);
    assert_eq!(ours.finalized_hash, theirs.finalized_hash);
    assert_eq!(
        one.chain_data(ours.best_hash),
        two.chain_data(theirs.best_hash)
    );
    // A header fixes its state's root, and each node computed that state itself.
    assert_eq!(
        one.header(ours.best_hash).state_root,
        two.header(theirs.best_hash).state_root
    );
    for node in [one, two] {
        let last = node.client.info().finalized_number;
        node.archiver().archive_until(last).unwrap();
    }
    let headers = |node: &Node| node.archiver().store().headers_from(SegmentIndex(0), 100);
    assert_eq!(headers(one), headers(two));
    let pieces = headers(one).len() as u64 * one.parameters.pieces_per_segment();
    for index in (0..pieces).map(PieceIndex) {
        let piece = |node: &Node| node.archiver().store().piece(index).unwrap().unwrap();
        assert!(piece(one) == piece(two), "piece {index}");
    }
    // What the chain says of the history is what the archivers have.
    for node in [one, two] {
        let api = node.client.runtime_api();
        for header in headers(node) {
            let index = header.segment_index;
            let stored = api.segment_commitment(node.best(), index).unwrap();
            let is_due = header.last_archived_block.number + 3 <= 30;
            assert_eq!(stored, is_due.then_some(header.segment_commitment));
        }
    }
}

/// §5.5: headers for a fork that is longer than the best chain, and lighter, are those of its own
/// blocks, none of which is final.
#[tokio::test]
async fn a_fork_brings_the_headers_of_its_own_history() {
    // Three quick blocks outweigh four slow ones, as an era of two should take 32 slots.
    let parameters = ChainParameters {
        confirmation_depth: 3,
        era_length: 2,
        slot_probability: (1, 16),
        ..parameters()
    };
    let (one, two) = (Node::new(parameters.clone()), Node::new(parameters));
    let by_another = || Plan {
        farmer: 1,
        ..Plan::default()
    };
    let long_and_late = Plan {
        skip: 40,
        transactions: vec![two.long_remark(0)],
        ..by_another()
    };
    let mut theirs = vec![two.grow(long_and_late).await];
    for _ in 0..4 {
        theirs.push(two.grow(by_another()).await);
    }
    // Block 1 fills segment 1; with a depth of 3 the header is due in block 5.
    let header = two.segment_header(1);
    assert_eq!(theirs[4].logs(), [ConsensusLog::SegmentHeader(header)]);

    // Blocks of this chain fill nothing.
    one.grow_by(3).await;
    for block in &theirs[..4] {
        assert!(!one.accept(block).await);
    }
    assert_eq!(one.client.info().finalized_number, 0);
    let mut wrong = theirs[4].clone();
    wrong.change_logs(Vec::clear);
    let error = one.refuse(&wrong).await;
    assert!(
        matches!(&error, BlockError::SegmentHeaders { expected, .. } if expected[..] == [header]),
        "{error}"
    );
    assert!(one.accept(&theirs[4]).await);

    for node in [&one, &two] {
        assert_eq!(node.best(), theirs[4].hash());
        assert_eq!(node.client.info().finalized_number, 2);
        node.archiver().archive_until(2).unwrap();
        assert_eq!(node.segment_header(1), header);
        assert_eq!(node.history_size(node.best()).0, 2);
    }
}
