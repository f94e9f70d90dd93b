//! How much a block earns.

use frame_support::pallet_prelude::*;
use sp_runtime::traits::{CheckedShr, Zero};

/// An amount that halves, all at once, after every so many blocks.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct IssuanceSchedule<Balance> {
    /// What each of the first `halving_interval` blocks earns, in the smallest unit.
    pub initial: Balance,
    /// Blocks between two halvings, above 0. Genesis earns nothing and is not counted.
    pub halving_interval: u32,
}

impl<Balance: CheckedShr + Zero> IssuanceSchedule<Balance> {
    /// What block `number` earns: `⌊initial / 2^((number − 1) div interval)⌋`, 0 for genesis.
    pub fn reward(&self, number: u32) -> Balance {
        let halvings = number
            .checked_sub(1)
            .and_then(|before| before.checked_div(self.halving_interval));
        halvings
            .and_then(|halvings| self.initial.checked_shr(halvings))
            .unwrap_or_else(Zero::zero)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SCHEDULE: IssuanceSchedule<u128> = IssuanceSchedule {
        initial: 1001,
        halving_interval: 10,
    };

    #[test]
    fn the_amount_halves_after_every_interval() {
        let rewards = [0, 1, 10, 11, 20, 21, 91, 100, 101, u32::MAX].map(|n| SCHEDULE.reward(n));
        assert_eq!(rewards, [0, 1001, 1001, 500, 500, 250, 1, 1, 0, 0]);
    }

    #[test]
    fn an_interval_of_0_earns_nothing() {
        let schedule = IssuanceSchedule {
            halving_interval: 0,
            ..SCHEDULE
        };
        assert_eq!(schedule.reward(1), 0);
    }

    /// The slow twin: one halving at a time.
    fn halved(initial: u128, times: u32) -> u128 {
        (0..times).fold(initial, |amount, _| amount / 2)
    }

    proptest! {
        #[test]
        fn reward_agrees_with_the_slow_twin(
            initial: u128,
            halving_interval in 1_u32..1000,
            number in 1_u32..300_000,
        ) {
            let schedule = IssuanceSchedule { initial, halving_interval };
            let times = (number - 1) / halving_interval;
            prop_assert_eq!(schedule.reward(number), halved(initial, times));
        }
    }
}
