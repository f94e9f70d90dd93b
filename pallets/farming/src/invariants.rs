//! What holds between any two blocks.

use crate::{
    Author, BlockedKeys, Config, CurrentSlot, EntropySources, EraStart, LastSegmentHeader, Pallet,
    Parameters, PendingKeys, SegmentCommitments,
};
use alloc::collections::BTreeSet;
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
    /// Checks parameters, slots, entropy, segments and blocked keys of the state between two blocks.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        let parameters = Parameters::<T>::get().ok_or("there are no parameters")?.0;
        ensure!(
            parameters.check().is_ok(),
            "parameters are outside their ranges"
        );
        ensure!(!Author::<T>::exists(), "an author outlived its block");
        ensure!(
            EraStart::<T>::get() <= CurrentSlot::<T>::get(),
            "the era starts in the future"
        );
        ensure!(
            Self::solution_range().0 > 0,
            "with a solution range of 0 nobody can farm"
        );

        let newest_slot = Self::slot().saturating_add(parameters.block_authoring_delay);
        let change = Self::pot_parameters().next_change;
        ensure!(
            change.is_none_or(|change| change.slot > newest_slot),
            "a change of the proof-of-time chain is overdue"
        );

        let interval = parameters.entropy_interval;
        let mut sources = EntropySources::<T>::iter_keys();
        ensure!(
            sources.all(|block| block > 0 && block.checked_rem(interval) == Some(0)),
            "a block that is no source has entropy"
        );
        let most = u64::from(parameters.entropy_lookback).saturating_add(1);
        ensure!(
            EntropySources::<T>::iter_keys().count() as u64 <= most,
            "entropy was not used up"
        );

        Self::try_segments()?;
        Self::try_keys()
    }

    fn try_segments() -> Result<(), TryRuntimeError> {
        ensure!(
            SegmentCommitments::<T>::iter_keys().count() as u64 == Self::history_size().0,
            "not every segment has one commitment"
        );
        let Some(header) = LastSegmentHeader::<T>::get() else {
            return Ok(());
        };
        ensure!(
            Self::segment_commitment(header.segment_index) == Some(header.segment_commitment),
            "the newest segment has another commitment"
        );
        Ok(())
    }

    fn try_keys() -> Result<(), TryRuntimeError> {
        let pending = PendingKeys::<T>::get();
        ensure!(
            !pending.iter().any(BlockedKeys::<T>::contains_key),
            "a blocked key is to be blocked again"
        );
        let distinct: BTreeSet<_> = pending.iter().collect();
        ensure!(
            distinct.len() == pending.len(),
            "a key is to be blocked twice"
        );
        Ok(())
    }
}
