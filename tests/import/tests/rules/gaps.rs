//! Chains that nobody farmed for long (§8): the range for a block widens with its distance from its parent.

use allod_block_rules::{BlockError, fork_choice::block_weight};
use allod_consensus_primitives::FarmingApi;
use allod_core::{ChainParameters, Slot, SolutionRange};
use allod_import_tests::{
    block::Made,
    farming::Plan,
    harness::{Node, parameters},
};
use allod_verification::{SolutionError, is_within_range};
use sp_api::ProvideRuntimeApi;

/// One ticket in 4,096 wins: a sector has about one a slot, so it takes a thousand slots and more.
const RANGE: SolutionRange = SolutionRange(u64::MAX >> 12);
/// As far as seven doublings: eight hours at a slot a second.
const GAP: u64 = 7 * 4096;

fn standing_still() -> Node {
    Node::new(ChainParameters {
        initial_solution_range: RANGE,
        ..parameters()
    })
}

/// A block after `skip` slots whose ticket lies within 128 times the era's range and not within that; with its distance.
fn widened(node: &Node, skip: u64) -> (Made, u64) {
    let plan = Plan {
        skip,
        ..Plan::default()
    };
    let sector = node.sector(&plan);
    let widest = SolutionRange(RANGE.0 << 7);
    let mut distance = 0;
    let made = node.make_with(plan, |slot, output| {
        let mut tickets = node.tickets(sector, slot, output);
        let wins = |found: u64| is_within_range(found, widest) && !is_within_range(found, RANGE);
        let (found, solution) = tickets.find(|(found, _)| wins(*found))?;
        distance = found;
        Some(solution)
    });
    (made, distance)
}

/// Half a working day without a block: one sector of a network of thousands goes on.
#[tokio::test]
async fn a_chain_that_nobody_farmed_for_hours_goes_on_with_little_space() {
    let node = standing_still();
    let (block, _) = widened(&node, GAP);
    let slot = block.pre_digest().slot;
    assert!(slot.0 > GAP);
    assert!(node.accept(&block).await);
    assert_eq!(node.best(), block.hash());
    // It weighs by the range that it was found in, a 128th of an ordinary block.
    let iterations = node.parameters.initial_iterations;
    let weight = node.chain_data(block.hash()).weight;
    let found_in = RANGE.for_block(slot, Slot(0));
    assert_eq!(found_in.0, RANGE.0 << 7);
    assert_eq!(weight, block_weight(found_in, iterations));
    assert!(weight * 127 < block_weight(RANGE, iterations));
    // The range of the era is what it was.
    let range = node.client.runtime_api().solution_range(node.best());
    assert_eq!(range.unwrap(), RANGE);
}

/// Without the gap, such a ticket wins nothing.
#[tokio::test]
async fn the_same_ticket_wins_nothing_on_a_chain_that_goes_on() {
    let node = standing_still();
    let (block, distance) = widened(&node, 0);
    assert!(block.pre_digest().slot.0 < 4096);
    let expected = SolutionError::OutOfRange {
        distance,
        half_range: RANGE.0 / 2,
    };
    match node.refuse(&block).await {
        BlockError::Solution(error) => assert_eq!(error, expected),
        other => panic!("{other}"),
    }
}
