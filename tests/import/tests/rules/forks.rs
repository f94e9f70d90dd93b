//! Weight and finality (§8).

use allod_block_rules::{BlockError, fork_choice::BelowFinal};
use allod_consensus::Error;
use allod_core::ChainParameters;
use allod_import_tests::{
    block::Made,
    farming::Plan,
    harness::{Node, parameters},
};
use sp_blockchain::HeaderBackend;

/// Nothing becomes final within a test.
fn deep() -> ChainParameters {
    ChainParameters {
        confirmation_depth: 20,
        ..parameters()
    }
}

fn by(farmer: u8) -> Plan {
    Plan {
        farmer,
        ..Plan::default()
    }
}

/// Blocks by one farmer, on top of what the node has.
async fn chain(node: &Node, farmer: u8, blocks: usize) -> Vec<Made> {
    let mut chain = Vec::new();
    for _ in 0..blocks {
        chain.push(node.grow(by(farmer)).await);
    }
    chain
}

/// §8: the heaviest chain; ties keep the first seen. At the same range the longer one is heavier.
#[tokio::test]
async fn the_heavier_chain_wins_and_ties_keep_the_first_seen() {
    let (one, two) = (Node::new(deep()), Node::new(deep()));
    let ours = chain(&one, 0, 3).await;
    let theirs = chain(&two, 1, 4).await;
    for (block, is_best) in theirs.iter().zip([false, false, false, true]) {
        assert_eq!(one.accept(block).await, is_best, "{}", block.header.number);
    }
    assert_eq!(one.best(), two.best());
    // The other way round nothing changes hands, until the lighter chain is heavier.
    for block in &ours {
        assert!(!two.accept(block).await);
    }
    assert_eq!(one.best(), theirs[3].hash());
    let fourth = one.make(Plan {
        parent: Some(ours[2].hash()),
        ..by(0)
    });
    for node in [&one, &two] {
        assert!(!node.accept(&fourth).await);
    }
    let fifth = one.make(Plan {
        parent: Some(fourth.hash()),
        ..by(0)
    });
    for node in [&one, &two] {
        assert!(node.accept(&fifth).await);
        assert_eq!(node.best(), fifth.hash());
        // The chain by number is the new one from its first block on.
        assert_eq!(node.client.hash(1).unwrap(), Some(ours[0].hash()));
    }
}

/// §8: a block weighs `⌊u64::MAX / range⌋ · iterations / 16`, so a shorter chain that took less time can be the
/// heavier one.
#[tokio::test]
async fn a_shorter_chain_can_be_the_heavier_one() {
    // An era of two blocks should take 32 slots.
    let parameters = ChainParameters {
        era_length: 2,
        slot_probability: (1, 16),
        ..deep()
    };
    let (quick, slow) = (Node::new(parameters.clone()), Node::new(parameters));
    let short = chain(&quick, 0, 3).await;
    let late = Plan { skip: 40, ..by(1) };
    slow.grow(late).await;
    let long = chain(&slow, 1, 3).await;
    let weights = |node: &Node, block: &Made| node.chain_data(block.hash()).weight;
    // The first era's range divided by 4.
    assert_eq!(weights(&quick, &short[2]), 1 + 1 + 4);
    assert_eq!(weights(&slow, &long[2]), 4);
    for (block, is_best) in short.iter().zip([false, false, true]) {
        assert_eq!(slow.accept(block).await, is_best, "{}", block.header.number);
    }
    let info = slow.client.info();
    assert_eq!((info.best_number, info.best_hash), (3, short[2].hash()));
}

/// §8: final at confirmation depth, and then history.
#[tokio::test]
async fn blocks_are_final_at_confirmation_depth() {
    let node = Node::new(parameters());
    for number in 1..7_u32 {
        let block = node.grow(Plan::default()).await;
        let info = node.client.info();
        assert_eq!((info.best_number, info.best_hash), (number, block.hash()));
        let last = number.saturating_sub(2);
        assert_eq!(info.finalized_number, last);
        assert_eq!(Some(info.finalized_hash), node.client.hash(last).unwrap());
        node.archiver().archive_until(last).unwrap();
        assert_eq!(node.archiver().last_archived(), last);
    }
}

/// A fork does not make blocks final that it does not build on, however its blocks arrive.
#[tokio::test]
async fn a_fork_that_is_not_the_best_chain_makes_nothing_final() {
    let (one, two) = (Node::new(parameters()), Node::new(parameters()));
    chain(&one, 0, 2).await;
    for block in chain(&two, 1, 2).await {
        one.accept(&block).await;
    }
    assert_eq!(one.client.info().finalized_number, 0);
    // The third block decides, and makes its own chain final.
    let third = two.grow(by(1)).await;
    assert!(one.accept(&third).await);
    let info = one.client.info();
    assert_eq!(info.finalized_number, 1);
    assert_eq!(info.finalized_hash, two.client.info().finalized_hash);
}

/// §8: after a cut longer than confirmation depth each side keeps its own chain and says so with
/// both hashes.
#[tokio::test]
async fn a_block_that_does_not_build_on_what_is_final_is_refused() {
    let (one, two) = (Node::new(parameters()), Node::new(parameters()));
    let common = one.grow(by(0)).await;
    two.accept(&common).await;
    let theirs = chain(&two, 1, 6).await;
    // The first ones arrive while they still may.
    let mut ours = chain(&one, 0, 2).await;
    for block in &theirs[..2] {
        assert!(!one.accept(block).await);
    }
    ours.extend(chain(&one, 0, 2).await);
    let last = one.client.info();
    assert_eq!((last.best_number, last.finalized_number), (5, 3));

    let next = one.make(by(0));
    assert_below_final(one.refuse(&theirs[2]).await, &one, &theirs[2]);
    // Those on top of it never had a parent here.
    for block in &theirs[3..] {
        let error = one.turn_away(block).await;
        assert!(matches!(error, Error::UnknownParent(_)), "{error}");
    }
    // One that is new at a number that is final already.
    let second = one.make(Plan {
        parent: Some(common.hash()),
        ..by(2)
    });
    assert_below_final(one.refuse(&second).await, &one, &second);
    // The node goes on with its own chain.
    assert!(one.accept(&next).await);
    assert_eq!(one.client.hash(2).unwrap(), Some(ours[0].hash()));
}

fn assert_below_final(error: BlockError, node: &Node, block: &Made) {
    let text = error.to_string();
    assert!(text.contains("`allod node --resync`"), "{text}");
    match error {
        BlockError::BelowFinal(BelowFinal {
            number,
            theirs,
            ours,
        }) => {
            assert_eq!(number, block.header.number);
            assert_eq!(theirs, block.hash().0);
            assert_eq!(ours, node.client.info().finalized_hash.0);
        }
        other => panic!("{other}"),
    }
}
