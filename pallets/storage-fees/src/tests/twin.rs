//! The slow twin: the rule as fractions of whole numbers of 512 bits, which nothing here fills, rounded once where the
//! rule says so. It knows neither saturation nor shifts, and takes from the code under test nothing but its numbers.

use crate::{
    Pricing, SpaceMeasure,
    mock::{CEILING, FLOOR, RULE},
    price,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use sp_core::U512;
use std::cmp::{max, min};

/// A fraction; its denominator is above 0.
#[derive(Clone, Copy)]
struct Fraction(U512, U512);

impl Fraction {
    fn of(numerator: u128, denominator: u128) -> Self {
        Self(numerator.into(), denominator.into())
    }

    fn times(self, factor: u128) -> Self {
        Self(self.0 * U512::from(factor), self.1)
    }

    /// The largest whole number that is not above it.
    fn down(self) -> u128 {
        (self.0 / self.1).try_into().unwrap()
    }

    /// The smallest whole number that is not below it.
    fn up(self) -> u128 {
        let below = self.0 / self.1;
        let missing = u128::from(below * self.1 != self.0);
        u128::try_from(below).unwrap() + missing
    }
}

/// State of a chain by the rule of the design.
struct Twin {
    price: u128,
    average: u128,
    free: u128,
}

fn free(average: u128, history: u128) -> u128 {
    let copy = Fraction::of(average, 32).down();
    max(copy.saturating_sub(history), 1)
}

fn within(price: u128) -> u128 {
    price.clamp(FLOOR, CEILING)
}

impl Twin {
    fn first(space: SpaceMeasure, issuance: u128) -> Self {
        let free = free(space.pledged, space.history);
        let price = within(Fraction::of(issuance, free).up());
        let average = space.pledged;
        Self {
            price,
            average,
            free,
        }
    }

    fn end_era(&mut self, space: SpaceMeasure, issuance: u128) {
        let sum = U512::from(self.average) * 15 + space.pledged;
        self.average = Fraction(sum, 16.into()).down();
        self.free = free(self.average, space.history);
        let wanted = within(Fraction::of(issuance, self.free).up());
        let lowest = Fraction::of(8, 9).times(self.price).up();
        let highest = Fraction::of(9, 8).times(self.price).up();
        self.price = within(max(lowest, min(wanted, highest)));
    }
}

fn agree(pricing: Pricing, twin: &Twin, era: u32) {
    let expected = Pricing::BySpace {
        price: twin.price,
        average: twin.average,
        free: twin.free,
    };
    assert_eq!(pricing, expected, "era {era}");
}

/// A number of any size up to `bits` bits.
fn any_size(random: &mut StdRng, bits: u32) -> u128 {
    let bits = random.gen_range(0..=bits);
    random.r#gen::<u128>() & ((1_u128 << bits) - 1)
}

#[test]
fn a_hundred_thousand_random_eras_agree() {
    let mut random = StdRng::seed_from_u64(15);
    // The smallest range pledges 2^85 bytes; a history has at most 2^64 segments of 2^27 bytes.
    let space = |random: &mut StdRng| SpaceMeasure {
        pledged: any_size(random, 85),
        history: any_size(random, 91),
    };
    for start in 0..100 {
        let first = space(&mut random);
        let issuance = any_size(&mut random, 100);
        let mut pricing = Pricing::first(&RULE, first, issuance);
        let mut twin = Twin::first(first, issuance);
        agree(pricing, &twin, start * 1_000);
        for era in 1..=1_000 {
            let space = space(&mut random);
            let issuance = any_size(&mut random, 100);
            pricing = pricing.after_era(&RULE, space, issuance);
            twin.end_era(space, issuance);
            agree(pricing, &twin, start * 1_000 + era);
        }
    }
}

#[test]
fn fees_agree() {
    let mut random = StdRng::seed_from_u64(16);
    for _ in 0..100_000 {
        let price = random.gen_range(0..=CEILING);
        let length: u32 = random.r#gen();
        let expected = Fraction::of(2 * 131_168, 126_976)
            .times(price)
            .times(length.into())
            .up();
        assert_eq!(price::storage_fee(price, length), expected);
    }
}

#[test]
fn shares_of_fund_and_block_agree() {
    let mut random = StdRng::seed_from_u64(17);
    for _ in 0..100_000 {
        let amount = any_size(&mut random, 127);
        let share = Fraction::of(amount, 262_144).down();
        assert_eq!(price::fund_share(amount), share);
        let bytes = max(65_536, Fraction::of(amount, 65_536).down());
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        assert_eq!(price::normal_block_bytes(amount), bytes);
    }
}

#[test]
fn whatever_the_numbers_nothing_panics_and_the_bounds_hold() {
    let extremes = [0, 1, 2, u128::MAX / 2, u128::MAX - 1, u128::MAX];
    for pledged in extremes {
        for history in extremes {
            for issuance in extremes {
                let space = SpaceMeasure { pledged, history };
                let pricing = Pricing::first(&RULE, space, issuance);
                let pricing = pricing.after_era(&RULE, space, issuance);
                assert!((FLOOR..=CEILING).contains(&pricing.price()));
                assert!(pricing.normal_block_bytes().unwrap() >= 65_536);
            }
        }
    }
    assert_eq!(
        price::storage_fee(u128::MAX, u32::MAX),
        u128::MAX / 126_976 + 1
    );
}
