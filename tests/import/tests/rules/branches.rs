//! What a branch is judged by where it parts late, and in what order its blocks are verified (§8).

use crate::header_chain::{branch, eventful, judge_of, rules, start};
use allod_block_rules::{
    VerifyDelayFunction,
    header_chain::{FollowedHeader, Unverified, verify_many},
};
use allod_consensus_primitives::ConsensusLog;
use allod_core::{
    PotChange, PotCheckpoints, parameters::MAX_SLOTS_PER_JUSTIFICATION, time::PotInput,
};
use allod_import_tests::{
    block::Made,
    farming::Plan,
    harness::{KZG, Node},
};
use allod_runtime::Header;
use allod_sync::judge::JudgeError;
use allod_timekeeper::PotVerifier;
use sp_blockchain::HeaderBackend;
use std::{cell::Cell, sync::atomic::AtomicBool};

/// One justification reaches 32,768 slots from genesis; the own chain is past that, and a branch that parts there is judged
/// nevertheless: from genesis on, and from what is remembered of the own chain.
#[tokio::test]
async fn a_branch_is_judged_wherever_it_parts() {
    let (own, other) = (Node::new(eventful()), Node::new(eventful()));
    let farmed_by = |farmer, skip| Plan {
        farmer,
        skip,
        ..Plan::default()
    };
    for skip in [9_000, 9_000, 9_000, 14_000, 3, 0] {
        let block = other.make(farmed_by(1, skip));
        assert!(other.accept(&block).await && own.accept(&block).await);
    }
    let fork = own.client.info().best_number;
    let slot = own.chain_data(own.best()).slot;
    assert!(slot.0 > u64::from(MAX_SLOTS_PER_JUSTIFICATION), "{slot:?}");
    own.grow(farmed_by(9, 0)).await;
    let mut blocks = Vec::new();
    for _ in 0..4 {
        blocks.push(other.grow(farmed_by(2, 1)).await);
    }
    let (branch, go_on) = (branch(&blocks), AtomicBool::new(false));
    let judge = judge_of(&own);
    let from_genesis = judge.own_context(fork, &go_on).unwrap();
    assert!(judge.contexts.up_to(fork).is_some());
    let from_remembered = judge.own_context(fork, &go_on).unwrap();
    assert_eq!(from_genesis, from_remembered);
    for context in [from_genesis, from_remembered] {
        assert_eq!(
            context.chain_data,
            own.chain_data(blocks[0].header.parent_hash)
        );
        let weight = judge.weigh(&branch, &context, &go_on).unwrap();
        assert_eq!(weight, other.chain_data(other.best()).weight);
        judge.verify(&branch, &context, &go_on).unwrap();
    }
}

/// The delay function, and how often it was asked.
struct Counting {
    verifier: PotVerifier,
    asked: Cell<usize>,
}

impl VerifyDelayFunction for Counting {
    fn verify_slots(
        &self,
        first: PotInput,
        change: Option<&PotChange>,
        checkpoints: &[PotCheckpoints],
    ) -> Result<(), usize> {
        self.asked.set(self.asked.get() + 1);
        self.verifier.verify_slots(first, change, checkpoints)
    }
}

/// Verifies blocks together while `go_on` is not asked more often than so. How many were, and how often the delay function
/// was asked.
fn verify(node: &Node, blocks: &[Made], stop_after: usize) -> (Result<usize, Unverified>, usize) {
    let (rules, mut parent) = (rules(node), start(node));
    let headers = blocks.iter().map(|block| {
        let (mut child, justifications) = (parent.clone(), block.justifications.clone());
        let followed = rules.follow(&mut child, block.sealed(), justifications);
        parent = child;
        followed.unwrap()
    });
    let headers: Vec<FollowedHeader<Header>> = headers.collect();
    let counting = Counting {
        verifier: PotVerifier::new(),
        asked: Cell::new(0),
    };
    let steps = Cell::new(0);
    let go_on = || {
        steps.set(steps.get() + 1);
        steps.get() <= stop_after
    };
    let verified = verify_many(&headers, &rules, &KZG, &counting, go_on);
    (verified.map(|all| all.len()), counting.asked.get())
}

/// What costs the most is looked at last: of no block from one on that is wrong otherwise, and of none once nobody waits.
#[tokio::test]
async fn the_delay_function_is_checked_last_and_not_in_vain() {
    let node = Node::new(eventful());
    let mut blocks = Vec::new();
    for _ in 0..5 {
        blocks.push(node.grow(Plan::default()).await);
    }
    assert_eq!(verify(&node, &blocks, usize::MAX), (Ok(5), 5));
    // Five steps without the delay function, then two with it.
    assert_eq!(verify(&node, &blocks, 4), (Err(Unverified::GivenUp), 0));
    assert_eq!(verify(&node, &blocks, 7), (Err(Unverified::GivenUp), 2));
    for position in [0, 4] {
        let mut wrong = blocks[..=position].to_vec();
        wrong[position].change_solution(|solution| {
            solution.chunk_witness.0 = solution.record_witness.0;
        });
        let (verified, asked) = verify(&node, &wrong, usize::MAX);
        assert_eq!(asked, position, "of the blocks before it alone");
        assert!(
            matches!(&verified, Err(Unverified::Wrong(wrong)) if wrong.position == position),
            "{verified:?}"
        );
    }
}

/// Whoever forges the history that his space is of, forges what both chains have: the own chain tells.
#[tokio::test]
async fn a_branch_cannot_bring_other_segments_of_common_blocks() {
    let (own, other) = (Node::new(eventful()), Node::new(eventful()));
    let (honest, go_on) = (other.make(Plan::default()), AtomicBool::new(false));
    let mut forged = honest.clone();
    forged.change_logs(|logs| {
        for log in logs {
            if let ConsensusLog::SegmentHeader(header) = log {
                header.segment_commitment.0[0] ^= 1;
            }
        }
    });
    let mut without = honest.clone();
    without.change_logs(|logs| logs.retain(|log| !matches!(log, ConsensusLog::SegmentHeader(_))));
    assert!(forged.logs() != honest.logs() && without.logs() != honest.logs());
    let judge = judge_of(&own);
    let weigh = |block: &Made| {
        let fork = judge.own_context(0, &go_on).unwrap();
        judge.weigh(&branch(std::slice::from_ref(block)), &fork, &go_on)
    };
    // Without a block of its own, the node cannot tell yet.
    assert!(weigh(&forged).is_ok());
    own.grow(Plan {
        farmer: 9,
        ..Plan::default()
    })
    .await;
    for wrong in [forged, without] {
        let error = weigh(&wrong).unwrap_err();
        assert!(
            matches!(error, JudgeError::OtherSegments { number: 1 }),
            "{error}"
        );
    }
    weigh(&honest).unwrap();
}
