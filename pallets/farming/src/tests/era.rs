//! The mock's era has 5 blocks, which should take 10 slots; the first range is 1,000,000.

use crate::mock::*;
use allod_consensus_primitives::{ConsensusLog, consensus_logs};
use allod_core::SolutionRange;

fn range_of(header: &Header) -> Option<SolutionRange> {
    consensus_logs(header)
        .unwrap()
        .into_iter()
        .find_map(|log| match log {
            ConsensusLog::SolutionRange(range) => Some(range),
            _ => None,
        })
}

/// Five blocks, the last one in slot `last`.
fn era(last: u64) -> Header {
    for _ in 0..4 {
        let header = block(Farming::slot().0 + 1);
        assert_eq!(range_of(&header), None);
    }
    block(last)
}

#[test]
fn the_range_follows_the_slots_that_an_era_took() {
    new_test_ext().execute_with(|| {
        // As many as should be; slots of the first era count from genesis.
        assert_eq!(range_of(&era(10)), Some(SolutionRange(1_000_000)));
        // Twice as many.
        assert_eq!(range_of(&era(30)), Some(SolutionRange(2_000_000)));
        // A half.
        assert_eq!(range_of(&era(35)), Some(SolutionRange(1_000_000)));
        // A hundred times as many: no more than ×4.
        assert_eq!(range_of(&era(1035)), Some(SolutionRange(4_000_000)));
        assert_eq!(Farming::solution_range(), SolutionRange(4_000_000));
    });
}

#[test]
fn the_new_range_holds_for_the_next_block() {
    new_test_ext().execute_with(|| {
        for slot in 1..=4 {
            block(slot);
        }
        let before = Farming::solution_range();
        assert_eq!(before, SolutionRange(1_000_000));
        let header = block(20);
        assert_eq!(Some(Farming::solution_range()), range_of(&header));
        assert_eq!(Farming::solution_range(), SolutionRange(2_000_000));
    });
}
