//! What is cheap is checked first (§8): a block that breaks several rules is refused for the cheapest, and
//! what comes later costs nothing.

use allod_block_rules::BlockError;
use allod_consensus::Error;
use allod_consensus_primitives::ConsensusLog;
use allod_core::{PotOutput, Slot, SolutionRange};
use allod_import_tests::{
    block::Made,
    farming::{Farmer, Plan},
    harness::{Node, parameters},
};
use allod_verification::SolutionError;
use sp_runtime::{DigestItem, OpaqueExtrinsic};

/// What a block is refused for, in words.
fn name(error: &Error) -> &'static str {
    match error {
        Error::Rule(BlockError::ForeignDigest(_)) => "digest",
        Error::Rule(BlockError::ExtrinsicsRoot { .. }) => "body",
        Error::Rule(BlockError::Justification(_)) => "justification",
        Error::Rule(BlockError::SlotOutOfReach { .. }) => "slot",
        Error::Rule(BlockError::WrongOutput { .. }) => "output",
        Error::Rule(BlockError::Solution(SolutionError::Group { .. })) => "group",
        Error::Rule(BlockError::Seal(_)) => "seal",
        Error::Rule(BlockError::Solution(SolutionError::ProofOfSpace { .. })) => "space",
        Error::Rule(BlockError::ConsensusDigest { .. }) => "logs",
        Error::Rule(BlockError::Solution(SolutionError::ChunkOpening { .. })) => "opening",
        Error::Rule(BlockError::WrongProofOfTime(_)) => "time",
        Error::Trap(_) => "execution",
        other => panic!("not a fault of this test: {other}"),
    }
}

/// Breaks a rule; some of them have the header sealed anew.
type Tamper = fn(&mut Made);

/// Breaks one rule each, in the order in which they are checked. Faults of the header are sealed over, so
/// the seal comes apart, and what is not in the header last.
const FAULTS: [(&str, Tamper); 9] = [
    ("digest", |block| {
        let foreign = DigestItem::Other(vec![1]);
        block.header.digest.logs.push(foreign);
        block.seal();
    }),
    ("slot", |block| {
        block.change_claim(|claim| claim.slot = Slot(1 << 40));
    }),
    ("output", |block| {
        block.change_claim(|claim| claim.slot_output = PotOutput([7; 16]));
    }),
    ("group", |block| {
        // Half of the offsets away: another group, whatever the challenge.
        block.change_solution(|solution| solution.piece_offset = (solution.piece_offset + 8) % 16);
    }),
    ("space", |block| {
        block.change_solution(|solution| solution.proof_of_space.0[40] ^= 1);
    }),
    ("logs", |block| {
        let log = ConsensusLog::SolutionRange(SolutionRange(1));
        block.change_logs(|logs| logs.insert(0, log));
    }),
    ("opening", |block| {
        block.change_solution(|solution| solution.chunk.0[31] ^= 1);
    }),
    ("time", |block| {
        block.change_checkpoints(|all| all[0].0[1].0[0] ^= 1);
    }),
    ("execution", |block| {
        block.header.state_root = allod_runtime::Hash::repeat_byte(7);
        block.seal();
    }),
];

/// A block with each fault from one on.
fn broken_from(right: &Made, first: usize) -> Made {
    let mut wrong = right.clone();
    for (_, tamper) in FAULTS[first..].iter().rev() {
        tamper(&mut wrong);
    }
    wrong
}

#[tokio::test]
async fn the_cheapest_broken_rule_is_the_one_that_counts() {
    let node = Node::new(parameters());
    node.grow_by(2).await;
    let right = node.make(Plan::default());
    let time = |node: &Node| node.context().pot_verifier.computed();
    let before = time(&node);
    for (first, (what, _)) in FAULTS.iter().enumerate() {
        let wrong = broken_from(&right, first);
        let error = node.turn_away(&wrong).await;
        assert_eq!(name(&error), *what, "{error}");
        let computed = time(&node) - before;
        let is_before_time = first < FAULTS.len() - 2;
        assert!(!is_before_time || computed == 0, "{what}: {computed}");
        // Known to be bad, it is not looked at again.
        if *what != "digest" {
            let mut foreign = wrong.clone();
            foreign.justifications = None;
            let error = node.receive(&foreign).await;
            assert!(matches!(error, Err(Error::Condemned(_))), "{error:?}");
        }
    }
    node.accept(&right).await;
}

/// What the sender alone is to blame for comes before every fault of the block.
#[tokio::test]
async fn what_came_beside_the_header_is_compared_with_it_first() {
    let node = Node::new(parameters());
    node.grow_by(2).await;
    let right = node.make(Plan::default());
    for first in 1..FAULTS.len() {
        let wrong = broken_from(&right, first);
        let mut justified = wrong.clone();
        justified.justifications = None;
        let error = node.turn_away(&justified).await;
        assert_eq!(name(&error), "justification", "{error}");
        let mut another = justified;
        another.body.push(OpaqueExtrinsic::from_blob(vec![1, 2, 3]));
        let error = node.turn_away(&another).await;
        assert_eq!(name(&error), "body", "{error}");
    }
}

/// Behind the seal comes what takes arithmetic; before it what takes hashes.
#[tokio::test]
async fn the_seal_is_checked_between_hashes_and_arithmetic() {
    let node = Node::new(parameters());
    node.grow_by(2).await;
    let right = node.make(Plan::default());
    for (first, (what, _)) in FAULTS.iter().enumerate().skip(1) {
        let mut wrong = broken_from(&right, first);
        let genesis_hash = wrong.genesis_hash;
        wrong.seal_with(&Farmer::new(7), &genesis_hash);
        let error = node.turn_away(&wrong).await;
        let expected = if first < 4 { *what } else { "seal" };
        assert_eq!(name(&error), expected, "{error}");
    }
}

/// Slots that are heard of cannot be invented: the output is compared before anything is computed.
#[tokio::test]
async fn an_invented_output_of_a_slot_that_is_known_costs_look_ups_alone() {
    let node = Node::new(parameters());
    node.grow_by(1).await;
    let plan = Plan {
        skip: 5,
        ..Plan::default()
    };
    let right = node.make(plan);
    node.hear_time_of(&right);
    let computed = node.context().pot_verifier.computed();
    let mut wrong = right.clone();
    wrong.change_claim(|claim| claim.slot_output = PotOutput([7; 16]));
    // Nothing else is right either.
    wrong.change_solution(|solution| solution.piece_offset = (solution.piece_offset + 8) % 16);
    let error = node.turn_away(&wrong).await;
    assert_eq!(name(&error), "output", "{error}");
    assert_eq!(node.context().pot_verifier.computed(), computed);
    node.accept(&right).await;
}
