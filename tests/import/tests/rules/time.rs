//! Proofs-of-time (§4), and slots: later than the parent's, and within reach of a justification (§8).

use allod_block_rules::BlockError;
use allod_consensus_primitives::{ConsensusLog, FarmingApi, PotParameters};
use allod_core::{PotChange, PotOutput, Slot};
use allod_import_tests::{
    block::Made,
    farming::Plan,
    harness::{Node, parameters},
};
use allod_runtime::{Hash, RuntimeCall};
use sp_api::ProvideRuntimeApi;
use std::num::NonZeroU32;

/// A block that proves some slots more than it must.
fn distant() -> Plan {
    Plan {
        skip: 5,
        ..Plan::default()
    }
}

/// The first slot that a child of the best block must prove.
fn first_slot(node: &Node) -> Slot {
    let parent = node.chain_data(node.best());
    parent.newest_slot().saturating_add(1)
}

/// §8: later than the parent's.
#[tokio::test]
async fn a_slot_that_is_not_after_the_parents_is_refused() {
    let node = Node::new(parameters());
    let parent = node.grow(distant()).await.pre_digest().slot;
    for slot in [parent, parent.saturating_sub(1), Slot(0)] {
        let right = node.make(Plan::default());
        let mut wrong = right.clone();
        wrong.change_claim(|claim| claim.slot = slot);
        let error = node.refuse_then_accept(&wrong, &right).await;
        let is_rule = |found: Slot, found_parent: Slot| found == slot && found_parent >= parent;
        assert!(
            matches!(error, BlockError::SlotNotAfterParent { slot, parent } if is_rule(slot, parent)),
            "{error}"
        );
    }
}

/// §4: proof-of-time agrees. Each of a slot's checkpoints counts, also those that no output names.
#[tokio::test]
async fn a_wrong_checkpoint_is_found_wherever_it_is() {
    let node = Node::new(parameters());
    for (position, span) in [(0, 0), (0, 6), (3, 3), (4, 1)] {
        let right = node.make(distant());
        let slot = first_slot(&node).saturating_add(position);
        let mut wrong = right.clone();
        wrong.change_checkpoints(|checkpoints| {
            checkpoints[usize::try_from(position).unwrap()].0[span].0[5] ^= 1;
        });
        let error = node.refuse_then_accept(&wrong, &right).await;
        assert_wrong_proof(error, slot);
    }
}

/// The newest output may be anything to those who do not evaluate it.
#[tokio::test]
async fn a_wrong_output_that_agrees_with_the_pre_digest_is_refused() {
    let node = Node::new(parameters());
    let right = node.make(distant());
    let newest = right.pre_digest().slot.saturating_add(1);
    let mut wrong = right.clone();
    let invented = PotOutput([7; 16]);
    wrong.change_checkpoints(|checkpoints| checkpoints.last_mut().unwrap().0[7] = invented);
    wrong.change_claim(|claim| claim.future_output = invented);
    let error = node.refuse_then_accept(&wrong, &right).await;
    assert_wrong_proof(error, newest);
}

fn assert_wrong_proof(error: BlockError, slot: Slot) {
    assert!(
        matches!(error, BlockError::WrongProofOfTime(found) if found == slot),
        "slot {slot}: {error}"
    );
}

/// §4: the pre-digest's outputs are those of its slot and of slot + authoring delay.
#[tokio::test]
async fn outputs_that_are_not_proven_are_refused() {
    let node = Node::new(parameters());
    let right = node.make(Plan::default());
    let mut wrong = right.clone();
    let invented = PotOutput([7; 16]);
    wrong.change_claim(|claim| claim.future_output = invented);
    let error = node.refuse_then_accept(&wrong, &right).await;
    assert_wrong_output(error, &right, 1, invented);

    // The slot's own output cannot be invented without a solution that it leads to.
    let sector = node.sector(&Plan::default());
    let mut wrong = node.make_with(Plan::default(), |slot, _| {
        let mut tickets = node.tickets(sector, slot, invented);
        tickets.next().map(|(_, solution)| solution)
    });
    wrong.change_claim(|claim| claim.slot_output = invented);
    let right = node.make(Plan::default());
    let error = node.refuse_then_accept(&wrong, &right).await;
    assert_wrong_output(error, &wrong, 0, invented);
}

fn assert_wrong_output(error: BlockError, block: &Made, ahead: u64, invented: PotOutput) {
    let expected = block.pre_digest().slot.saturating_add(ahead);
    match error {
        BlockError::WrongOutput {
            slot,
            claimed,
            proven,
        } => {
            assert_eq!((slot, claimed), (expected, invented));
            assert_ne!(proven, invented);
        }
        other => panic!("{other}"),
    }
}

/// §4: all checkpoints since the parent's last known slot, and no others.
#[tokio::test]
async fn missing_and_superfluous_checkpoints_are_refused() {
    let node = Node::new(parameters());
    for more in [false, true] {
        for plan in [Plan::default(), distant()] {
            let right = node.make(plan);
            let newest_slot = right.pre_digest().slot.saturating_add(1);
            let parent = node.chain_data(node.best()).newest_slot();
            let due = newest_slot.0 - parent.0;
            let mut wrong = right.clone();
            wrong.change_checkpoints(|checkpoints| {
                let last = checkpoints.pop().unwrap();
                if more {
                    checkpoints.extend([last, last]);
                }
            });
            let carried = if more { due + 1 } else { due - 1 };
            match node.refuse_then_accept(&wrong, &right).await {
                BlockError::MissingCheckpoints {
                    parent_newest,
                    newest,
                    expected,
                    actual,
                } => {
                    assert_eq!((parent_newest, newest), (parent, newest_slot));
                    assert_eq!((expected, actual), (due, carried));
                }
                other => panic!("{other}"),
            }
        }
    }
}

fn pot_parameters(node: &Node, block: Hash) -> PotParameters {
    node.client.runtime_api().pot_parameters(block).unwrap()
}

/// The change that a block schedules.
fn change_in(block: &Made) -> Option<PotChange> {
    block.logs().into_iter().find_map(|log| match log {
        ConsensusLog::PotChange(change) => Some(change),
        _ => None,
    })
}

/// §4: entropy of block n, `H(stored chunk ‖ output of its slot)`, enters the seed of slot s +
/// delay, s the slot of block n + lookback · interval. A chain that goes on without it is refused.
#[tokio::test]
async fn entropy_enters_where_it_is_due() {
    let node = Node::new(parameters());
    node.grow_by(3).await;
    let source = node.grow(Plan::default()).await.pre_digest();
    node.grow_by(3).await;
    let block = node.grow(Plan::default()).await;
    let slot = block.pre_digest().slot.saturating_add(3);
    let chunk = source.solution.stored_chunk();
    let change = PotChange {
        slot,
        iterations: NonZeroU32::new(16).unwrap(),
        entropy: source.slot_output.entropy(&chunk),
    };
    assert_eq!(change_in(&block), Some(change));

    let right = node.make(distant());
    let wrong = node.make(Plan {
        ignore_change: true,
        ..distant()
    });
    let error = node.refuse_then_accept(&wrong, &right).await;
    assert_wrong_proof(error, slot);
    assert_eq!(pot_parameters(&node, node.best()).next_change, None);
    // The next injection, in block 12, finds the one of block 8 done.
    node.grow_by(2).await;
    assert!(change_in(&node.grow(Plan::default()).await).is_some());
    node.grow(distant()).await;
}

/// §4: iterations are only ever raised, by a root call, at an injection slot.
#[tokio::test]
async fn raised_iterations_begin_with_an_injection() {
    let node = Node::new(parameters());
    let iterations = NonZeroU32::new(32).unwrap();
    node.grow_by(4).await;
    let raise = pallet_farming::Call::raise_iterations { iterations };
    let sudo = pallet_sudo::Call::sudo {
        call: Box::new(RuntimeCall::Farming(raise)),
    };
    let raising = Plan {
        transactions: vec![node.signed(RuntimeCall::Sudo(sudo), 0)],
        ..Plan::default()
    };
    node.grow(raising).await;
    node.grow_by(2).await;
    let before = pot_parameters(&node, node.best());
    assert_eq!((before.iterations.get(), before.next_change), (16, None));

    let block = node.grow(Plan::default()).await;
    let change = change_in(&block).unwrap();
    assert_eq!(change.iterations, iterations);
    assert_eq!(change.slot, block.pre_digest().slot.saturating_add(3));
    assert_eq!(pot_parameters(&node, node.best()).iterations.get(), 16);

    let right = node.make(distant());
    let wrong = node.make(Plan {
        ignore_change: true,
        ..distant()
    });
    let error = node.refuse_then_accept(&wrong, &right).await;
    assert_wrong_proof(error, change.slot);
    assert_eq!(pot_parameters(&node, node.best()).iterations, iterations);
    node.grow_by(2).await;
}
