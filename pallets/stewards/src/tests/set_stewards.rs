use crate::{Error, Event, mock::*};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

#[test]
fn other_stewards_have_another_account() {
    new_test_ext().execute_with(|| {
        let before = RuntimeOrigin::signed(Stewards::account().unwrap());
        assert_ok!(Stewards::set_stewards(
            RuntimeOrigin::root(),
            vec![5, 4],
            2,
            9
        ));
        let account = Multisig::multi_account_id(&[4, 5], 2);
        assert_eq!(Stewards::account(), Some(account));
        assert_eq!(
            System::read_events_for_pallet::<Event<Test>>(),
            [Event::StewardsSet { account }]
        );
        let (hash, length) = noted(root_call(7));
        assert_noop!(
            Stewards::schedule(before, hash, length),
            Error::<Test>::NotStewards
        );
        let after = RuntimeOrigin::signed(account);
        assert_ok!(Stewards::schedule(after, hash, length));
        go_on_to(1 + 9);
        assert_eq!(Balances::free_balance(4), 7);
    });
}

#[test]
fn only_root_names_them() {
    new_test_ext().execute_with(|| {
        let account = Stewards::account().unwrap();
        assert_noop!(
            Stewards::set_stewards(RuntimeOrigin::signed(account), vec![1, 2], 2, 1),
            DispatchError::BadOrigin
        );
    });
}

#[test]
fn each_rule_has_an_error() {
    new_test_ext().execute_with(|| {
        for (members, threshold, delay, error) in [
            (vec![1], 2, 1, Error::<Test>::WrongNumber),
            (vec![1, 1], 2, 1, Error::Twice),
            (vec![1, 2], 3, 1, Error::WrongThreshold),
            (vec![1, 2], 2, 0, Error::NoDelay),
        ] {
            assert_noop!(
                Stewards::set_stewards(RuntimeOrigin::root(), members, threshold, delay),
                error
            );
        }
    });
}
