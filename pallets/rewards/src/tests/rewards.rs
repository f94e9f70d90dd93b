//! The mock's first three blocks earn 100 each; an account needs 10 to live.

use crate::{Event, mock::*};
use frame_support::traits::fungible::{Inspect, Mutate};
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
            assert_eq!(
                events(),
                [Event::BlockReward {
                    who: 1,
                    amount,
                    minted: amount
                }]
            );
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

#[test]
fn what_the_fund_pays_is_not_minted() {
    new_test_ext().execute_with(|| {
        Balances::mint_into(&FUND, 200).unwrap();
        begin(1);
        let expected = Event::BlockReward {
            who: 1,
            amount: 100,
            minted: 50,
        };
        assert_eq!(events(), [expected]);
        assert_eq!(Balances::balance(&1), 100);
        assert_eq!(Balances::balance(&FUND), 150);
        assert_eq!(Balances::total_issuance(), 250);
        Rewards::do_try_state().unwrap();
    });
}

#[test]
fn a_fund_that_pays_more_than_is_scheduled_pays_all_of_it() {
    new_test_ext().execute_with(|| {
        Balances::mint_into(&FUND, 1_000).unwrap();
        begin(1);
        let expected = Event::BlockReward {
            who: 1,
            amount: 250,
            minted: 0,
        };
        assert_eq!(events(), [expected]);
        assert_eq!(Balances::total_issuance(), 1_000);
    });
}

#[test]
fn a_block_never_issues_more_than_is_scheduled_and_its_author_never_earns_less() {
    new_test_ext().execute_with(|| {
        for number in 1..=9 {
            // Fees of ever larger blocks.
            let fees = u64::from(number * number) * 30;
            Balances::mint_into(&FUND, fees).unwrap();
            let (earned, issued) = (Balances::balance(&1), Balances::total_issuance());
            begin(number);
            let scheduled = <Test as crate::Config>::Schedule::get().reward(number);
            assert!(Balances::balance(&1) - earned >= scheduled);
            assert!(Balances::total_issuance() - issued <= scheduled);
            Rewards::do_try_state().unwrap();
        }
    });
}

#[test]
fn what_cannot_be_paid_stays_in_the_fund() {
    new_test_ext().execute_with(|| {
        Balances::mint_into(&FUND, 20).unwrap();
        // 100 / 2⁴ = 6, of which the fund pays 5.
        begin(13);
        assert!(matches!(
            events()[..],
            [Event::BlockRewardLost {
                who: 1,
                amount: 6,
                ..
            }]
        ));
        assert_eq!(Balances::balance(&FUND), 20);
        assert_eq!(Balances::total_issuance(), 20);
    });
}

#[test]
fn without_an_author_the_fund_pays_nothing() {
    new_test_ext().execute_with(|| {
        Balances::mint_into(&FUND, 200).unwrap();
        Author::set(None);
        begin(1);
        assert_eq!(Balances::balance(&FUND), 200);
    });
}
