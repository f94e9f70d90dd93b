//! What holds between any two blocks.

use crate::{Config, Current, Pallet, Pricing};
use frame_support::{
    ensure,
    traits::{Get, fungible::Inspect},
};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
    /// Checks that the price is within its bounds, that space is counted as free, and that the fund has an account.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        let Some(pricing) = Current::<T>::get() else {
            return Ok(());
        };
        match pricing {
            Pricing::Fixed { price } => ensure!(price > 0, "the fixed price is 0"),
            Pricing::BySpace { price, free, .. } => {
                let rule = T::Rule::get();
                ensure!(
                    (rule.floor..=rule.ceiling).contains(&price),
                    "the price of a byte is outside of floor and ceiling"
                );
                ensure!(free > 0, "no space counts as free");
            }
        }
        ensure!(
            T::Currency::balance(&Self::fund_account()) >= T::Currency::minimum_balance(),
            "the fund's account does not hold its existential deposit"
        );
        Ok(())
    }
}
