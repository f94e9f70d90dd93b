//! What holds between any two blocks.

use crate::{Config, Council, Pallet, Stewards};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
    /// Checks that the stewards are as their rules say, in their order.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        let Some(council) = Stewards::<T>::get() else {
            return Ok(());
        };
        let anew = Council::new(council.members.to_vec(), council.threshold, council.delay);
        ensure!(
            anew.as_ref() == Ok(&council),
            "the stewards are not as their rules say"
        );
        Ok(())
    }
}
