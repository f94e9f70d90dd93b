//! The mock's interval is 4 blocks, its lookback 2 intervals, its delay 3 slots.

use crate::{EntropySources, mock::*};
use allod_consensus_primitives::{ConsensusLog, consensus_logs};
use allod_core::{Slot, time::PotChange};

fn change_of(header: &Header) -> Option<PotChange> {
    consensus_logs(header)
        .unwrap()
        .into_iter()
        .find_map(|log| match log {
            ConsensusLog::PotChange(change) => Some(change),
            _ => None,
        })
}

#[test]
fn entropy_of_a_source_is_injected_so_many_slots_after_the_block_that_is_due() {
    new_test_ext().execute_with(|| {
        // Block n in slot 10 n.
        for number in 1..=20_u64 {
            let header = block(number * 10);
            let change = change_of(&header);
            if !matches!(number, 12 | 16 | 20) {
                assert_eq!(change, None, "block {number} injects nothing");
                continue;
            }
            let source = claim((number - 8) * 10);
            assert_eq!(
                change,
                Some(PotChange {
                    slot: Slot(number * 10 + 3),
                    iterations: iterations(1024),
                    entropy: source.entropy(),
                })
            );
            assert_eq!(Farming::pot_parameters().next_change, change);
        }
        let mut sources: Vec<_> = EntropySources::<Test>::iter_keys().collect();
        sources.sort();
        assert_eq!(sources, [16, 20], "used entropy is removed");
    });
}

#[test]
fn a_change_is_in_force_once_a_block_proves_its_slot() {
    new_test_ext().execute_with(|| {
        blocks_to(12);
        // Block 12 is in slot 12, the change is for slot 15, a block proves one slot more than
        // its own.
        let pending = Farming::pot_parameters().next_change;
        assert_eq!(pending.unwrap().slot, Slot(15));
        block(13);
        assert_eq!(Farming::pot_parameters().next_change, pending);
        block(14);
        assert_eq!(Farming::pot_parameters().next_change, None);
    });
}

#[test]
fn more_iterations_come_with_the_next_injection_and_not_before() {
    new_test_ext().execute_with(|| {
        blocks_to(11);
        begin(12);
        // Block 12 has made its injection already.
        Farming::raise_iterations(RuntimeOrigin::root(), iterations(2048)).unwrap();
        end();
        let first = Farming::pot_parameters().next_change.unwrap();
        assert_eq!(first.iterations, iterations(1024));
        blocks_to(15);
        assert_eq!(Farming::pot_parameters().iterations, iterations(1024));
        block(16);
        let second = Farming::pot_parameters();
        assert_eq!(second.iterations, iterations(1024));
        assert_eq!(
            second.next_change.unwrap(),
            PotChange {
                slot: Slot(19),
                iterations: iterations(2048),
                entropy: claim(8).entropy(),
            }
        );
        block(17);
        assert_eq!(Farming::pot_parameters().iterations, iterations(1024));
        block(18);
        assert_eq!(Farming::pot_parameters().iterations, iterations(2048));
        // The raise is used up.
        blocks_to(20);
        let third = Farming::pot_parameters().next_change.unwrap();
        assert_eq!(third.iterations, iterations(2048));
    });
}
