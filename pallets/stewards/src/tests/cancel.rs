use crate::{Error, Event, mock::*};
use frame_support::{assert_noop, assert_ok};

#[test]
fn what_is_cancelled_is_not_dispatched() {
    new_test_ext().execute_with(|| {
        let stewards = RuntimeOrigin::signed(Stewards::account().unwrap());
        let (hash, length) = noted(root_call(7));
        assert_ok!(Stewards::schedule(stewards.clone(), hash, length));
        go_on_to(1 + DELAY - 1);
        assert_noop!(
            Stewards::cancel(RuntimeOrigin::signed(1), hash),
            Error::<Test>::NotStewards
        );
        assert_ok!(Stewards::cancel(stewards.clone(), hash));
        assert_eq!(
            System::read_events_for_pallet::<Event<Test>>(),
            [Event::Cancelled { hash }]
        );
        go_on_to(1 + DELAY);
        assert_eq!(Balances::free_balance(4), 1_000_000);
        assert!(Stewards::cancel(stewards, hash).is_err());
    });
}
