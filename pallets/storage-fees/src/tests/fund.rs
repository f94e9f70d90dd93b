use crate::{CreditOf, ToFund, mock::*};
use frame_support::traits::{
    Imbalance, OnUnbalanced,
    fungible::Balanced,
    tokens::{Fortitude, Precision, Preservation},
};

/// What a transaction of the rich account pays.
fn taken(amount: u128) -> CreditOf<Test> {
    Balances::withdraw(
        &1,
        amount,
        Precision::Exact,
        Preservation::Preserve,
        Fortitude::Polite,
    )
    .unwrap()
}

#[test]
fn the_smallest_fee_reaches_the_fund() {
    new_test_ext().execute_with(|| {
        let issued = Balances::total_issuance();
        ToFund::<Test>::on_unbalanced(taken(1));
        assert_eq!(StorageFees::fund(), 1);
        assert_eq!(Balances::total_issuance(), issued);
    });
}

#[test]
fn a_block_takes_a_262144th() {
    new_test_ext().execute_with(|| {
        ToFund::<Test>::on_unbalanced(taken(262_144 * 1_000 + 262_143));
        let share = StorageFees::take_share();
        assert_eq!(share.peek(), 1_000);
        assert_eq!(StorageFees::fund(), 262_144 * 1_000 + 262_143 - 1_000);
        Balances::resolve(&2, share).unwrap();
        StorageFees::do_try_state().unwrap();
    });
}

#[test]
fn a_fund_too_small_to_share_stays_whole() {
    new_test_ext().execute_with(|| {
        ToFund::<Test>::on_unbalanced(taken(262_143));
        assert_eq!(StorageFees::take_share().peek(), 0);
        assert_eq!(StorageFees::fund(), 262_143);
    });
}

#[test]
fn half_of_a_fund_is_paid_out_in_twelve_and_a_half_days() {
    new_test_ext().execute_with(|| {
        let all = 1_u128 << 59;
        ToFund::<Test>::on_unbalanced(taken(all));
        // 2^18 · ln 2 blocks of 6 seconds.
        for _ in 0..181_704 {
            drop(StorageFees::take_share());
        }
        let left = StorageFees::fund();
        assert!(left.abs_diff(all / 2) < all / 100_000, "{left}");
    });
}
