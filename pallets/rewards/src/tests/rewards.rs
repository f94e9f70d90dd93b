//! The mock's first three blocks earn 100 each; an account needs 10 to live.

use crate::{Event, mock::*};
use frame_support::traits::fungible::Inspect;
use sp_runtime::{DispatchError, TokenError};

fn events() -> Vec<Event<Test>> {
    System::read_events_for_pallet()
}

#[test]
fn each_block_mints_its_reward_which_halves() {
    new_test_ext().execute_with(|| {
        let mut total = 0;
        for (number, amount) in (1..).zip([100, 100, 100, 50, 50, 50, 25]) {
            begin(number);
            total += amount;
            assert_eq!(events(), [Event::BlockReward { who: 1, amount }]);
            assert_eq!(Balances::balance(&1), total);
            assert_eq!(Balances::total_issuance(), total);
            Rewards::do_try_state().unwrap();
        }
    });
}

#[test]
fn an_issuance_that_nobody_holds_is_found() {
    new_test_ext().execute_with(|| {
        begin(1);
        pallet_balances::TotalIssuance::<Test>::put(101);
        assert_eq!(
            Rewards::do_try_state(),
            Err("the accounts do not hold what was issued".into())
        );
    });
}

#[test]
fn nothing_is_minted_once_the_schedule_has_run_out() {
    new_test_ext().execute_with(|| {
        begin(3 * 7 + 1);
        assert_eq!(events(), []);
        assert_eq!(Balances::total_issuance(), 0);
    });
}

#[test]
fn without_an_author_nothing_is_minted() {
    new_test_ext().execute_with(|| {
        Author::set(None);
        begin(1);
        assert_eq!(events(), []);
        assert_eq!(Balances::total_issuance(), 0);
    });
}

#[test]
fn a_reward_too_small_for_a_new_account_is_lost() {
    new_test_ext().execute_with(|| {
        // 100 / 2⁴ = 6
        begin(13);
        assert_eq!(
            events(),
            [Event::BlockRewardLost {
                who: 1,
                amount: 6,
                reason: TokenError::BelowMinimum.into()
            }]
        );
        assert_eq!(Balances::total_issuance(), 0);
    });
}

#[test]
fn a_reward_that_the_currency_cannot_count_is_lost() {
    new_test_ext().execute_with(|| {
        pallet_balances::TotalIssuance::<Test>::put(u64::MAX);
        begin(1);
        assert!(matches!(
            events()[..],
            [Event::BlockRewardLost {
                who: 1,
                amount: 100,
                reason: DispatchError::Arithmetic(_)
            }]
        ));
        assert_eq!(Balances::balance(&1), 0);
    });
}
