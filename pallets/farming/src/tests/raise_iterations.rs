use crate::{Error, Event, PendingIterations, Pot, mock::*};
use allod_consensus_primitives::PotParameters;
use allod_core::{Slot, time::PotChange};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

#[test]
fn root_raises_and_may_raise_again_until_the_injection() {
    new_test_ext().execute_with(|| {
        begin(1);
        let more = iterations(1040);
        assert_ok!(Farming::raise_iterations(RuntimeOrigin::root(), more));
        System::assert_last_event(Event::IterationsRaised { iterations: more }.into());
        assert_eq!(PendingIterations::<Test>::get(), Some(more));
        assert_ok!(Farming::raise_iterations(
            RuntimeOrigin::root(),
            iterations(2048)
        ));
        assert_ok!(Farming::raise_iterations(
            RuntimeOrigin::root(),
            iterations(1536)
        ));
        assert_eq!(PendingIterations::<Test>::get(), Some(iterations(1536)));
        assert_eq!(Farming::pot_parameters().iterations, iterations(1024));
    });
}

#[test]
fn only_root_raises() {
    new_test_ext().execute_with(|| {
        assert_noop!(
            Farming::raise_iterations(RuntimeOrigin::signed(1), iterations(2048)),
            DispatchError::BadOrigin
        );
    });
}

#[test]
fn iterations_are_a_multiple_of_16() {
    new_test_ext().execute_with(|| {
        assert_noop!(
            Farming::raise_iterations(RuntimeOrigin::root(), iterations(1032)),
            Error::<Test>::NotAMultiple
        );
    });
}

#[test]
fn iterations_are_never_lowered() {
    new_test_ext().execute_with(|| {
        for number in [1024, 1008] {
            assert_noop!(
                Farming::raise_iterations(RuntimeOrigin::root(), iterations(number)),
                Error::<Test>::NotRaised
            );
        }
        // Nor below those that are scheduled.
        Pot::<Test>::put(PotParameters {
            iterations: iterations(1024),
            next_change: Some(PotChange {
                slot: Slot(9),
                iterations: iterations(2048),
                entropy: Default::default(),
            }),
        });
        assert_noop!(
            Farming::raise_iterations(RuntimeOrigin::root(), iterations(2048)),
            Error::<Test>::NotRaised
        );
    });
}

#[test]
fn iterations_are_at_most_doubled() {
    new_test_ext().execute_with(|| {
        let raise = |number| Farming::raise_iterations(RuntimeOrigin::root(), iterations(number));
        assert_noop!(raise(2064), Error::<Test>::RaisedTooFar);
        assert_noop!(raise(u32::MAX - 15), Error::<Test>::RaisedTooFar);
        assert_ok!(raise(2048));
        // What only waits for the next injection may be replaced and not built upon.
        assert_noop!(raise(4096), Error::<Test>::RaisedTooFar);
        // By the time of the injection after the next, the scheduled ones are in force.
        Pot::<Test>::put(PotParameters {
            iterations: iterations(1024),
            next_change: Some(PotChange {
                slot: Slot(9),
                iterations: iterations(2048),
                entropy: Default::default(),
            }),
        });
        assert_ok!(raise(4096));
        assert_noop!(raise(4112), Error::<Test>::RaisedTooFar);
    });
}

/// Whatever wrote to the state: what an injection brings is within the bound.
#[test]
fn iterations_in_the_state_that_are_out_of_bounds_are_not_injected() {
    for number in [16, 1008, 1040, 1041, 2048, 2064, u32::MAX] {
        new_test_ext().execute_with(|| {
            blocks_to(11);
            PendingIterations::<Test>::put(iterations(number));
            block(12);
            let change = Farming::pot_parameters().next_change.unwrap();
            let expected = match number {
                1040 | 2048 => number,
                _ => 1024,
            };
            assert_eq!(change.iterations, iterations(expected), "{number}");
            assert_eq!(PendingIterations::<Test>::get(), None);
        });
    }
}
