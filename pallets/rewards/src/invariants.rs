//! What holds between any two blocks.

use crate::{BalanceOf, Config, Pallet};
use frame_support::{ensure, traits::fungible::Inspect};
use sp_runtime::{
    TryRuntimeError,
    traits::{CheckedAdd, Zero},
};

impl<T: Config> Pallet<T> {
    /// Checks that every unit that was issued belongs to an account: whatever is minted, and every fee, reaches
    /// somebody or is taken out of the issuance.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        let held = frame_system::Account::<T>::iter_keys()
            .map(|who| T::Currency::total_balance(&who))
            .try_fold(BalanceOf::<T>::zero(), |sum, balance| {
                sum.checked_add(&balance)
            })
            .ok_or("the accounts hold more than the currency can count")?;
        ensure!(
            held == T::Currency::total_issuance(),
            "the accounts do not hold what was issued"
        );
        Ok(())
    }
}
