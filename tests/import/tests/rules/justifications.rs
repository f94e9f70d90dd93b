//! The one justification, which the pre-digest names by its hash (§5.1).

use allod_archiver::archived_bytes;
use allod_block_rules::BlockError;
use allod_consensus_primitives::{ENGINE_ID, JustificationError, justification_hash};
use allod_core::{PieceIndex, SegmentIndex};
use allod_import_tests::{
    block::Made,
    farming::Plan,
    harness::{Node, parameters},
};
use sc_client_api::BlockBackend;
use sp_runtime::{Justification, Justifications};

const ANOTHER_ENGINE: [u8; 4] = *b"FRNK";

/// What is done to the bytes of a justification.
type Change = fn(&mut Vec<u8>);

/// After none of these is it a list of checkpoints any more, decoded to the last byte.
const WRONG_LENGTHS: [Change; 3] = [
    |proof| proof.push(0),
    |proof| {
        proof.pop();
    },
    Vec::clear,
];

fn from(justification: Justification) -> Option<Justifications> {
    Some(Justifications::from(justification))
}

/// §5.1: import rejects a block whose justification does not match the pre-digest's hash. The block
/// itself is the right one each time: what it came with does not count against it.
#[tokio::test]
async fn a_justification_that_is_not_the_named_one_is_refused() {
    let one_bit: Change = |proof| proof[20] ^= 1;
    let node = Node::new(parameters());
    for change in [one_bit].into_iter().chain(WRONG_LENGTHS) {
        let right = node.make(Plan::default());
        let mut wrong = right.clone();
        let mut proof = right.proof();
        change(&mut proof);
        wrong.justifications = from((ENGINE_ID, proof.clone()));
        let error = node.refuse_then_accept(&wrong, &right).await;
        let rule = JustificationError::Hash {
            expected: right.pre_digest().justification_hash,
            actual: justification_hash(&proof),
        };
        assert!(
            matches!(&error, BlockError::Justification(broken) if *broken == rule),
            "{error}"
        );
    }
}

/// §5.1: … or does not decode to the last byte.
#[tokio::test]
async fn a_named_justification_must_decode_to_the_last_byte() {
    let node = Node::new(parameters());
    for change in WRONG_LENGTHS {
        let right = node.make(Plan::default());
        let mut wrong = right.clone();
        let mut proof = right.proof();
        change(&mut proof);
        let length = proof.len();
        wrong.prove_with(proof);
        let error = node.refuse_then_accept(&wrong, &right).await;
        let rule = JustificationError::Malformed(length);
        assert!(
            matches!(&error, BlockError::Justification(broken) if *broken == rule),
            "{error}"
        );
    }
}

/// §5.1: exactly the one `alod` justification.
#[tokio::test]
async fn a_block_without_its_justification_is_refused() {
    let node = Node::new(parameters());
    let nothing_of_ours = [
        None,
        Some(Justifications::new(Vec::new())),
        from((ANOTHER_ENGINE, vec![1, 2, 3])),
    ];
    for justifications in nothing_of_ours {
        let right = node.make(Plan::default());
        let mut wrong = right.clone();
        wrong.justifications = justifications;
        let error = node.refuse_then_accept(&wrong, &right).await;
        assert!(
            matches!(
                error,
                BlockError::Justification(JustificationError::Missing)
            ),
            "{error}"
        );
    }
}

#[tokio::test]
async fn two_justifications_of_this_engine_are_refused() {
    let node = Node::new(parameters());
    let right = node.make(Plan::default());
    let ours = (ENGINE_ID, right.proof());
    let other = (ENGINE_ID, vec![1, 2, 3]);
    // Also the same one twice, and whichever comes first.
    for two in [
        [ours.clone(), ours.clone()],
        [ours.clone(), other.clone()],
        [other.clone(), ours.clone()],
    ] {
        let mut wrong = right.clone();
        wrong.justifications = Some(Justifications::new(two.to_vec()));
        let error = node.refuse(&wrong).await;
        assert!(
            matches!(error, BlockError::SeveralJustifications(2)),
            "{error}"
        );
    }
    node.accept(&right).await;
}

/// §5.1: import drops every other justification, so that every node archives the same bytes.
#[tokio::test]
async fn justifications_of_other_engines_split_nothing() {
    let author = Node::new(parameters());
    let long = Plan {
        transactions: vec![author.long_remark(0)],
        ..Plan::default()
    };
    let mut blocks = vec![author.grow(long).await];
    for _ in 0..5 {
        blocks.push(author.grow(Plan::default()).await);
    }
    let nodes = [Node::new(parameters()), Node::new(parameters())];
    for (node, byte) in nodes.iter().zip([1, 2]) {
        for block in &blocks {
            node.accept(&with_another(block, byte)).await;
        }
    }
    for node in &nodes {
        for block in &blocks {
            let kept = node.client.justifications(block.hash()).unwrap();
            assert_eq!(kept, block.justifications);
            let bytes = |node: &Node| {
                let block = node.client.block(block.hash()).unwrap().unwrap();
                archived_bytes(block).unwrap()
            };
            assert_eq!(bytes(node), bytes(&author));
        }
        node.archiver().archive_until(4).unwrap();
    }
    // Segment 1 holds the first block.
    let [first, second] = nodes.map(|node| {
        let store = node.archiver().store();
        let pieces: Vec<_> = (0..8)
            .map(|index| store.piece(PieceIndex(index)).unwrap().unwrap())
            .collect();
        (store.headers_from(SegmentIndex(0), 9), pieces)
    });
    assert_eq!(first.0.len(), 2);
    assert_eq!(first, second);
}

/// The block with a justification of another engine beside its own.
fn with_another(block: &Made, byte: u8) -> Made {
    let mut block = block.clone();
    let another = (ANOTHER_ENGINE, vec![byte; 100]);
    let justifications = [another, (ENGINE_ID, block.proof())];
    block.justifications = Some(Justifications::new(justifications.to_vec()));
    block
}
