//! More blocks of one claim than are imported (§8).

use allod_consensus::siblings::{MAX_PARKED, Siblings};
use allod_core::{ChainParameters, Slot};
use allod_import_tests::{
    block::Made,
    farming::Plan,
    harness::{Node, parameters},
};
use allod_runtime::{Hash, RuntimeCall, opaque::Block};
use sc_consensus::{BlockCheckParams, BlockImport, ImportResult};
use sp_blockchain::{BlockStatus, HeaderBackend};

/// Nothing becomes final within a test.
fn deep() -> ChainParameters {
    ChainParameters {
        confirmation_depth: 20,
        ..parameters()
    }
}

/// Blocks that one farmer seals for one slot.
fn siblings(node: &Node, count: u32) -> Vec<Made> {
    let sibling = |number: u32| {
        let remark = number.to_le_bytes().to_vec();
        let call = RuntimeCall::System(frame_system::Call::remark { remark });
        node.make(Plan {
            transactions: vec![node.signed(call, 0)],
            ..Plan::default()
        })
    };
    let made: Vec<Made> = (0..count).map(sibling).collect();
    let claim = made[0].pre_digest();
    for other in &made {
        assert_eq!(other.pre_digest().solution, claim.solution);
        assert_eq!(other.pre_digest().slot, claim.slot);
    }
    made
}

fn is_here(node: &Node, block: &Made) -> bool {
    node.client.status(block.hash()).unwrap() == BlockStatus::InChain
}

fn parked(node: &Node) -> &Siblings<Block> {
    &node.context().siblings
}

/// By another farmer, on top of a block.
fn on(node: &Node, parent: &Made, farmer: u8) -> Made {
    node.make(Plan {
        parent: Some(parent.hash()),
        farmer,
        ..Plan::default()
    })
}

async fn check(node: &Node, hash: Hash, parent_hash: Hash) -> ImportResult {
    let block = BlockCheckParams {
        hash,
        number: 1,
        parent_hash,
        allow_missing_state: false,
        allow_missing_parent: false,
        import_existing: false,
    };
    node.block_import().check_block(block).await.unwrap()
}

#[tokio::test]
async fn a_third_block_of_a_claim_is_parked_until_others_build_on_it() {
    let (node, other) = (Node::new(deep()), Node::new(deep()));
    let made = siblings(&node, 3);
    for block in &made[..2] {
        node.accept(block).await;
    }
    for _ in 0..2 {
        assert_eq!(node.answer(&made[2]).await, ImportResult::AlreadyInChain);
        node.assert_unknown(&made[2]);
    }
    assert_eq!(parked(&node).parked().0, 1);
    let (third, genesis) = (made[2].hash(), node.genesis_hash().into());
    let again = check(&node, third, genesis).await;
    assert_eq!(again, ImportResult::AlreadyInChain);

    other.accept(&made[2]).await;
    let child = on(&other, &made[2], 1);
    // The queue is to go on with it, though its parent is not in the database.
    let checked = check(&node, child.hash(), third).await;
    assert_eq!(checked, ImportResult::imported(false));
    assert!(node.accept(&child).await, "it is the best block");
    assert!(is_here(&node, &made[2]));
    assert_eq!(parked(&node).parked(), (0, 0));
}

/// Whichever pair a node kept, it follows the chain that goes on.
#[tokio::test]
async fn nodes_that_kept_different_pairs_converge() {
    let (one, two) = (Node::new(deep()), Node::new(deep()));
    let made = siblings(&one, 4);
    for (node, order) in [(&one, [0, 1, 2, 3]), (&two, [3, 2, 1, 0])] {
        for (place, index) in order.into_iter().enumerate() {
            let answer = node.answer(&made[index]).await;
            let is_imported = matches!(answer, ImportResult::Imported(_));
            assert_eq!(is_imported, place < 2, "{answer:?}");
        }
    }
    let child = on(&two, &made[3], 1);
    assert!(two.accept(&child).await);
    assert!(one.accept(&child).await);
    assert_eq!(one.best(), two.best());
    // And on it goes from there.
    let next = one.make(Plan::default());
    for node in [&one, &two] {
        assert!(node.accept(&next).await);
    }
}

/// A parked block and its child are not worth an execution while another chain is heavier; a whole chain on
/// a parked block is followed by its headers.
#[tokio::test]
async fn a_lighter_chain_on_a_parked_block_waits() {
    let (node, other) = (Node::new(deep()), Node::new(deep()));
    let made = siblings(&node, 3);
    for block in &made {
        node.answer(block).await;
    }
    node.grow_by(3).await;
    let best = node.best();
    other.accept(&made[2]).await;
    let mut chain = vec![made[2].clone()];
    for length in 2..=5 {
        let next = on(&other, chain.last().unwrap(), 1);
        other.accept(&next).await;
        let answer = node.answer(&next).await;
        if length < 5 {
            assert_eq!(answer, ImportResult::AlreadyInChain, "{length}");
            assert_eq!(node.best(), best);
        } else {
            assert!(matches!(answer, ImportResult::Imported(_)), "{answer:?}");
        }
        chain.push(next);
    }
    assert_eq!(node.best(), other.best());
    for block in &chain {
        assert!(is_here(&node, block));
    }
    assert_eq!(parked(&node).parked(), (0, 0));
}

/// A child that breaks a rule brings no parked block in.
#[tokio::test]
async fn a_bad_child_of_a_parked_block_is_refused() {
    let (node, other) = (Node::new(deep()), Node::new(deep()));
    let made = siblings(&node, 3);
    for block in &made {
        node.answer(block).await;
    }
    other.accept(&made[2]).await;
    let right = on(&other, &made[2], 1);
    let tampers: [fn(&mut Made); 4] = [
        |block| block.header.state_root = Hash::repeat_byte(7),
        |block| block.change_solution(|solution| solution.chunk.0[31] ^= 1),
        |block| block.change_checkpoints(|all| all[0].0[1].0[0] ^= 1),
        |block| block.change_claim(|claim| claim.slot = Slot(1)),
    ];
    for tamper in tampers {
        let mut wrong = right.clone();
        tamper(&mut wrong);
        assert_eq!(node.answer(&wrong).await, ImportResult::KnownBad);
        assert!(node.context().verdicts.is_condemned(&wrong.hash()));
        assert!(!is_here(&node, &made[2]));
    }
    assert!(node.accept(&right).await);
}

/// What is parked is the block of its hash: another body with the same header is its sender's fault.
#[tokio::test]
async fn a_child_of_a_parked_block_is_parked_with_its_own_body_alone() {
    let (node, other) = (Node::new(deep()), Node::new(deep()));
    let made = siblings(&node, 3);
    for block in &made {
        node.answer(block).await;
    }
    node.grow_by(3).await;
    other.accept(&made[2]).await;
    let right = on(&other, &made[2], 1);
    let mut wrong = right.clone();
    wrong.body.pop();
    assert_eq!(wrong.hash(), right.hash());
    assert_eq!(node.answer(&wrong).await, ImportResult::KnownBad);
    assert!(!parked(&node).is_parked(&right.hash()));
    assert_eq!(node.answer(&right).await, ImportResult::AlreadyInChain);
    assert!(parked(&node).is_parked(&right.hash()));
}

/// Blocks of one claim cost their author nothing, so their number is bounded.
#[tokio::test]
async fn a_flood_of_siblings_is_bounded() {
    let node = Node::new(deep());
    let limit = u32::try_from(MAX_PARKED).unwrap();
    let made = siblings(&node, limit + 6);
    for block in &made {
        node.answer(block).await;
    }
    let here = made.iter().filter(|block| is_here(&node, block));
    assert_eq!(here.count(), 2);
    assert_eq!(parked(&node).parked().0, MAX_PARKED);
    // The oldest had to go.
    assert!(!parked(&node).is_parked(&made[2].hash()));
    assert!(parked(&node).is_parked(&made.last().unwrap().hash()));
}
