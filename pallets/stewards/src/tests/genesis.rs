use crate::{Council, CouncilError, mock::*};

#[test]
fn stewards_are_sorted_and_have_the_account_of_their_multisig() {
    new_test_ext().execute_with(|| {
        let account = Multisig::multi_account_id(&[1, 2, 3], 2);
        assert_eq!(Stewards::account(), Some(account));
        Stewards::do_try_state().unwrap();
    });
}

#[test]
fn a_chain_may_have_none() {
    chain(vec![]).execute_with(|| {
        assert_eq!(Stewards::account(), None);
        Stewards::do_try_state().unwrap();
    });
}

#[test]
fn each_rule_has_an_error() {
    let council = |members: &[u64], threshold, delay: u32| {
        Council::new(members.to_vec(), threshold, delay).map(|_| ())
    };
    let seventeen: Vec<u64> = (0..17).collect();
    assert_eq!(council(&[1], 2, 1), Err(CouncilError::WrongNumber));
    assert_eq!(council(&seventeen, 2, 1), Err(CouncilError::WrongNumber));
    assert_eq!(council(&[1, 2, 1], 2, 1), Err(CouncilError::Twice));
    assert_eq!(council(&[1, 2], 1, 1), Err(CouncilError::WrongThreshold));
    assert_eq!(council(&[1, 2], 3, 1), Err(CouncilError::WrongThreshold));
    assert_eq!(council(&[1, 2], 2, 0), Err(CouncilError::NoDelay));
    assert_eq!(council(&seventeen[1..], 16, 1), Ok(()));
}

#[test]
fn wrong_stewards_are_refused_by_field() {
    let panic = std::panic::catch_unwind(|| chain(vec![1, 1]))
        .err()
        .unwrap();
    assert_eq!(
        panic.downcast_ref::<String>().unwrap(),
        "stewards.members: must name each account once"
    );
}
