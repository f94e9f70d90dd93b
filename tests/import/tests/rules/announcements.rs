//! Headers that peers announce (§8).

use allod_consensus::AnnounceValidator;
use allod_core::Slot;
use allod_import_tests::{
    block::{Header, Made},
    farming::{Farmer, Plan},
    harness::{Node, parameters},
};
use allod_runtime::{Hash, RuntimeCall};
use sp_consensus::block_validation::{BlockAnnounceValidator, Validation};

const PASSED_ON: Result<Validation, ()> = Ok(Validation::Success { is_new_best: false });

async fn announce(node: &Node, header: &Header) -> Result<Validation, ()> {
    let mut validator = AnnounceValidator::new(node.context().clone());
    validator.validate(header, &[]).await.map_err(|_| ())
}

fn is_condemned(node: &Node, header: &Header) -> bool {
    node.context().verdicts.is_condemned(&header.hash())
}

#[tokio::test]
async fn a_good_header_passes_on() {
    let node = Node::new(parameters());
    let right = node.make(Plan::default()).sealed();
    assert_eq!(announce(&node, &right).await, PASSED_ON);
    assert!(!is_condemned(&node, &right));
}

/// A header is bad for everybody, so its hash is; who announced it is known where the announcement goes.
#[tokio::test]
async fn a_bad_header_is_written_down_and_nobody_blamed_here() {
    let tampers: [fn(&mut Made); 7] = [
        |block| block.seals.clear(),
        |block| {
            let genesis_hash = block.genesis_hash;
            block.seal_with(&Farmer::new(7), &genesis_hash);
        },
        |block| block.header.state_root = Hash::repeat_byte(7),
        |block| block.change_claim(|claim| claim.slot = Slot(0)),
        |block| block.change_claim(|claim| claim.slot = Slot(1 << 40)),
        |block| block.change_solution(|solution| solution.proof_of_space.0[40] ^= 1),
        |block| block.change_solution(|solution| solution.piece_offset = 99),
    ];
    let node = Node::new(parameters());
    node.grow_by(2).await;
    let right = node.make(Plan::default());
    for (number, tamper) in tampers.into_iter().enumerate() {
        let mut wrong = right.clone();
        tamper(&mut wrong);
        let header = wrong.sealed();
        for _ in 0..2 {
            assert_eq!(announce(&node, &header).await, PASSED_ON, "{number}");
            assert!(is_condemned(&node, &header), "{number}");
        }
    }
    node.accept(&right).await;
}

/// An opening counts as soon as the commitment of its segment is in the parent's state.
#[tokio::test]
async fn a_chunk_that_was_never_stored_is_found_out() {
    let node = Node::new(parameters());
    node.grow_by(2).await;
    let mut wrong = node.make(Plan::default());
    wrong.change_solution(|solution| solution.chunk.0[31] ^= 1);
    assert_eq!(announce(&node, &wrong.sealed()).await, PASSED_ON);
    assert!(is_condemned(&node, &wrong.sealed()));
}

#[tokio::test]
async fn what_cannot_be_judged_yet_passes_on() {
    let (node, author) = (Node::new(parameters()), Node::new(parameters()));
    author.grow(Plan::default()).await;
    let mut orphan = author.make(Plan::default());
    orphan.change_solution(|solution| solution.piece_offset = 9);
    assert_eq!(announce(&node, &orphan.sealed()).await, PASSED_ON);
    assert!(!is_condemned(&node, &orphan.sealed()));
}

#[tokio::test]
async fn a_third_block_of_a_claim_is_not_fetched() {
    let node = Node::new(parameters());
    let sibling = |number: u8| {
        let remark = vec![number];
        let call = RuntimeCall::System(frame_system::Call::remark { remark });
        node.make(Plan {
            transactions: vec![node.signed(call, 0)],
            ..Plan::default()
        })
    };
    let made: Vec<Made> = (0..3).map(sibling).collect();
    for block in &made[..2] {
        assert_eq!(announce(&node, &block.sealed()).await, PASSED_ON);
        node.accept(block).await;
    }
    assert_eq!(announce(&node, &made[2].sealed()).await, Err(()));
    assert!(
        !is_condemned(&node, &made[2].sealed()),
        "nobody is to blame"
    );
    assert_eq!(announce(&node, &made[0].sealed()).await, PASSED_ON);
    // Nor again when it came without having been asked for.
    node.answer(&made[2]).await;
    assert_eq!(announce(&node, &made[2].sealed()).await, Err(()));
}

#[tokio::test]
async fn nothing_is_said_beside_a_header() {
    let node = Node::new(parameters());
    let header = node.make(Plan::default()).sealed();
    let mut validator = AnnounceValidator::new(node.context().clone());
    let answer = validator.validate(&header, &[1]).await.map_err(|_| ());
    assert_eq!(answer, Ok(Validation::Failure { disconnect: true }));
}
