use crate::{Current, Pricing, mock::*};
use frame_support::traits::fungible::Inspect;

#[test]
fn a_price_begins_with_what_was_issued_over_the_free_space() {
    // A 32nd of a terabyte, of which a gigabyte is written.
    let free = 1_000_000_000_000 / 32 - 1_000_000_000;
    chain(Some(terabyte(1_000_000_000)), None).execute_with(|| {
        assert_eq!(
            Current::<Test>::get(),
            Some(Pricing::BySpace {
                price: (RICH + EXISTENTIAL_DEPOSIT).div_ceil(free),
                average: 1_000_000_000_000,
                free,
            })
        );
        StorageFees::do_try_state().unwrap();
    });
}

#[test]
fn the_fund_has_an_account_from_the_start() {
    new_test_ext().execute_with(|| {
        let fund = StorageFees::fund_account();
        assert_eq!(Balances::balance(&fund), EXISTENTIAL_DEPOSIT);
        assert_eq!(System::providers(&fund), 1);
        assert_eq!(StorageFees::fund(), 0);
    });
}

#[test]
fn a_fixed_price_leaves_blocks_as_large_as_they_are() {
    chain(Some(terabyte(0)), Some(7)).execute_with(|| {
        assert_eq!(Current::<Test>::get(), Some(Pricing::Fixed { price: 7 }));
        assert_eq!(StorageFees::normal_block_bytes(), None);
        begin(64, true);
        assert_eq!(StorageFees::byte_price(), 7);
        assert_eq!(System::events(), []);
    });
}

#[test]
fn a_fixed_price_of_nothing_or_above_the_ceiling_is_refused() {
    let ceiling = u64::try_from(CEILING).unwrap();
    for price in [0, ceiling + 1] {
        let panic = std::panic::catch_unwind(|| chain(None, Some(price)))
            .err()
            .unwrap();
        let expected = format!(
            "storageFees.fixedPrice: must be from 1 to {CEILING}, or left out for a price that follows the space"
        );
        assert_eq!(panic.downcast_ref::<String>(), Some(&expected), "{price}");
    }
    chain(None, Some(ceiling));
}

#[test]
fn without_a_space_the_floor_holds_until_there_is_one() {
    chain(None, None).execute_with(|| {
        begin(1, false);
        assert_eq!(Current::<Test>::get(), None);
        assert_eq!(StorageFees::byte_price(), FLOOR);
        // As on a chain that gets the pallet by an upgrade.
        Measured::set(Some(terabyte(0)));
        begin(2, false);
        assert!(StorageFees::byte_price() > FLOOR);
        assert!(StorageFees::normal_block_bytes().is_some());
    });
}
