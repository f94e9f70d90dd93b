use crate::{CreditOf, FeesToAuthor, mock::*};
use frame_support::traits::{
    OnUnbalanced,
    fungible::{Balanced, Inspect, Mutate},
    tokens::{Fortitude, Precision, Preservation},
};

/// What `pallet-transaction-payment` takes from account 2, which has 1,000.
fn taken(amount: u64) -> CreditOf<Test> {
    Balances::withdraw(
        &2,
        amount,
        Precision::Exact,
        Preservation::Preserve,
        Fortitude::Polite,
    )
    .unwrap()
}

fn rich(test: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        Balances::mint_into(&2, 1_000).unwrap();
        test();
        Rewards::do_try_state().unwrap();
    });
}

#[test]
fn fee_and_tip_go_to_the_author() {
    rich(|| {
        FeesToAuthor::<Test>::on_unbalanceds([taken(30), taken(5)].into_iter());
        assert_eq!(Balances::balance(&1), 35);
        assert_eq!(Balances::balance(&2), 965);
        assert_eq!(Balances::total_issuance(), 1_000);
    });
}

#[test]
fn fees_are_burned_where_there_is_no_author() {
    rich(|| {
        Author::set(None);
        FeesToAuthor::<Test>::on_unbalanced(taken(30));
        assert_eq!(Balances::total_issuance(), 970);
    });
}

#[test]
fn fees_too_small_for_a_new_account_are_burned() {
    rich(|| {
        FeesToAuthor::<Test>::on_unbalanced(taken(9));
        assert_eq!(Balances::balance(&1), 0);
        assert_eq!(Balances::total_issuance(), 991);
    });
}
