//! What a node is told to expect is what the child logs.

use crate::{PendingKeys, mock::*};
use allod_consensus_primitives::{ChildQuery, ConsensusLog, consensus_logs};
use allod_core::{PublicKey, SegmentIndex, Slot, SolutionRange};
use proptest::prelude::*;

fn query(slot: u64) -> ChildQuery {
    ChildQuery {
        slot: Slot(slot),
        public_key: claim(slot).solution.public_key,
        segment: SegmentIndex(0),
        expiry_segment: SegmentIndex(4),
    }
}

#[test]
fn range_then_proof_of_time_then_keys() {
    let mut parameters = parameters();
    parameters.era_length = 4;
    ext_with(parameters).execute_with(|| {
        blocks_to(11);
        let keys = [PublicKey([1; 32]), PublicKey([2; 32])];
        PendingKeys::<Test>::put(frame_support::BoundedVec::truncate_from(keys.to_vec()));
        let header = block(12);
        let logs = consensus_logs(&header).unwrap();
        assert!(matches!(
            logs[..],
            [
                ConsensusLog::SolutionRange(_),
                ConsensusLog::PotChange(_),
                ConsensusLog::KeyBlocked(first),
                ConsensusLog::KeyBlocked(second),
            ] if [first, second] == keys
        ));
    });
}

#[test]
fn a_childs_context_is_the_state_of_its_parent() {
    new_test_ext().execute_with(|| {
        let context = Farming::child_context(query(1));
        assert_eq!(context.parent_slot, Slot(0));
        assert_eq!(context.segment_commitment, None);
        assert!(!context.key_blocked);

        begin(1);
        let stored = headers(None, &[complete(0)]);
        Farming::store_segment_headers(RuntimeOrigin::none(), stored.clone()).unwrap();
        end();
        crate::BlockedKeys::<Test>::insert(claim(1).solution.public_key, ());
        let context = Farming::child_context(query(2));
        assert_eq!(context.parent_slot, Slot(1));
        assert_eq!(context.history_size, Farming::history_size());
        assert_eq!(context.solution_range, SolutionRange(1_000_000));
        assert_eq!(
            context.segment_commitment,
            Some(stored[0].segment_commitment)
        );
        assert_eq!(context.expiry_commitment, None);
        assert_eq!(context.pot, Farming::pot_parameters());
        assert!(context.key_blocked);
    });
}

/// A child that comes long after its parent may be found in a wider range; its era's stays.
#[test]
fn the_range_of_a_late_child_is_wider_and_the_eras_stays() {
    new_test_ext().execute_with(|| {
        block(10);
        let range = |slot| Farming::child_context(query(slot)).solution_range.0;
        assert_eq!(range(11), 1_000_000);
        assert_eq!(range(10 + 4095), 1_000_000);
        assert_eq!(range(10 + 4096), 2_000_000);
        assert_eq!(range(10 + 8192), 4_000_000);
        block(10 + 8192);
        assert_eq!(Farming::solution_range(), SolutionRange(1_000_000));
        assert_eq!(range(10 + 8192 + 1), 1_000_000);
        // Blocks 3 to 5 end an era of 5 that took far too long: by the base range, ×4 and not ×16.
        for slot in 8203..=8205 {
            block(slot);
        }
        assert_eq!(Farming::solution_range(), SolutionRange(4_000_000));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_logs_of_a_child_are_those_foretold(
        steps in prop::collection::vec((1_u64..12, 0_u8..4), 1..60),
        era_length in 1_u32..9,
        entropy_lookback in 1_u32..4,
    ) {
        let mut parameters = parameters();
        parameters.era_length = era_length;
        parameters.entropy_lookback = entropy_lookback;
        ext_with(parameters).execute_with(|| {
            for (position, (distance, keys)) in steps.into_iter().enumerate() {
                let slot = Farming::slot().0 + distance;
                let foretold = Farming::child_context(query(slot)).logs;
                begin(slot);
                for key in 0..keys {
                    let key = PublicKey([position as u8 * 4 + key; 32]);
                    PendingKeys::<Test>::try_append(key).unwrap();
                }
                if keys == 3 {
                    let more = Farming::pot_parameters().iterations.get() + 160;
                    let _ = Farming::raise_iterations(RuntimeOrigin::root(), iterations(more));
                }
                let header = end();
                prop_assert_eq!(foretold, consensus_logs(&header).unwrap());
            }
            Ok(())
        })?;
    }
}
