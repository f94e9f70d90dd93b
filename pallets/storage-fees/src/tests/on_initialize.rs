use crate::{Event, mock::*};
use frame_support::{
    traits::fungible::Mutate,
    weights::{Weight, WeightToFee},
};

#[test]
fn the_price_moves_at_an_eras_end_alone() {
    new_test_ext().execute_with(|| {
        let first = StorageFees::byte_price();
        Measured::set(Some(terabyte(30_000_000_000)));
        begin(1, false);
        assert_eq!(StorageFees::byte_price(), first);
        assert_eq!(System::events(), []);
        begin(2, true);
        let second = StorageFees::byte_price();
        // A 25th of the space is left: dearer by the whole step, though not by 25 times.
        assert_eq!(second, (first * 9).div_ceil(8));
        let free = 1_000_000_000_000 / 32 - 30_000_000_000;
        assert_eq!(
            System::read_events_for_pallet::<Event<Test>>(),
            [Event::PriceMoved {
                price: second,
                free
            }]
        );
    });
}

#[test]
fn it_stays_between_floor_and_ceiling() {
    new_test_ext().execute_with(|| {
        Measured::set(Some(crate::SpaceMeasure {
            pledged: 0,
            history: u128::MAX,
        }));
        (1..200).for_each(|number| begin(number, true));
        assert_eq!(StorageFees::byte_price(), CEILING);
        Measured::set(Some(crate::SpaceMeasure {
            pledged: 1 << 85,
            history: 0,
        }));
        (200..400).for_each(|number| begin(number, true));
        assert_eq!(StorageFees::byte_price(), FLOOR);
    });
}

#[test]
fn more_money_makes_a_byte_dearer() {
    new_test_ext().execute_with(|| {
        let first = StorageFees::byte_price();
        Balances::mint_into(&1, RICH / 20).unwrap();
        begin(1, true);
        let second = StorageFees::byte_price();
        assert!(second > first * 104 / 100 && second < first * 106 / 100);
    });
}

#[test]
fn bytes_cost_what_their_pieces_take() {
    chain(None, Some(1_000)).execute_with(|| {
        // A record: two pieces.
        assert_eq!(StorageFees::storage_fee(126_976), 2 * 131_168 * 1_000);
        assert_eq!(StorageFees::storage_fee(0), 0);
        // 1,000 · 262,336 / 126,976 = 2,066.03, rounded up.
        assert_eq!(StorageFees::storage_fee(1), 2_067);
        let length = Weight::from_parts(126_976, 0);
        assert_eq!(StorageFees::weight_to_fee(&length), 2 * 131_168 * 1_000);
    });
}

#[test]
fn a_block_fills_a_65536th_of_the_free_space_but_64_kib_in_any_case() {
    new_test_ext().execute_with(|| {
        let free: u128 = 1_000_000_000_000 / 32;
        assert_eq!(
            u128::from(StorageFees::normal_block_bytes().unwrap()),
            free >> 16
        );
        Measured::set(Some(terabyte(u128::MAX)));
        begin(1, true);
        assert_eq!(StorageFees::normal_block_bytes(), Some(65_536));
    });
}
