//! What a block changes before its first extrinsic.
//!
//! All of it follows from the state of the parent and the block's slot. One function, [`step`],
//! works it out: the block itself applies the result and puts its logs into the digest, and
//! [`child_context`] tells the node which logs to expect. So the two can never differ.
//!
//! [`step`]: Pallet::step
//! [`child_context`]: Pallet::child_context

use crate::{
    BlockedKeys, Config, CurrentSlot, CurrentSolutionRange, EntropySources, EraStart, MaxReports,
    Pallet, PendingIterations, PendingKeys, Pot, SegmentCommitments,
};
use alloc::vec::Vec;
use allod_consensus_primitives::{
    ChildContext, ChildQuery, ConsensusLog, PotParameters, PreDigest,
};
use allod_core::{
    ChainParameters, HistorySize, PublicKey, SegmentCommitment, SegmentIndex, Slot, SolutionRange,
    time::{PotChange, raise_is_bounded},
};
use frame_support::{BoundedVec, pallet_prelude::*};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::SaturatedConversion;

/// The changes that a block brings whatever its extrinsics are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The range for the next era, if the block ends one.
    pub solution_range: Option<SolutionRange>,
    /// The change that the block's injection schedules, if it makes one.
    pub injected: Option<PotChange>,
    /// The keys that are blocked from this block on.
    pub blocked: BoundedVec<PublicKey, MaxReports>,
    /// Proof-of-time parameters after the block.
    pub pot: PotParameters,
    /// The block whose entropy is used up, if the block makes an injection.
    pub source: Option<u32>,
}

impl Step {
    /// The logs of the changes. Their order is part of the protocol: range, proof-of-time, keys.
    pub fn logs(&self) -> Vec<ConsensusLog> {
        let range = self.solution_range.map(ConsensusLog::SolutionRange);
        let change = self.injected.map(ConsensusLog::PotChange);
        let blocked = self.blocked.iter().copied().map(ConsensusLog::KeyBlocked);
        range.into_iter().chain(change).chain(blocked).collect()
    }
}

/// Whether `number` is a multiple of `period`, which genesis checked to be above 0.
fn is_due(number: u32, period: u32) -> bool {
    number.checked_rem(period) == Some(0)
}

impl<T: Config> Pallet<T> {
    /// What a block `number` in `slot` changes, given the state of its parent.
    pub(crate) fn step(parameters: &ChainParameters, number: u32, slot: Slot) -> Step {
        let newest_slot = slot.saturating_add(parameters.block_authoring_delay);
        let mut pot = Self::pot_parameters().up_to(newest_slot);

        let (source, injected) = match Self::injection(parameters, number, slot, &pot) {
            Some((source, change)) => (Some(source), Some(change)),
            None => (None, None),
        };
        pot.next_change = injected.or(pot.next_change);

        let solution_range = parameters.ends_era(number).then(|| {
            let slots = slot.0.saturating_sub(EraStart::<T>::get().0);
            Self::solution_range().adjusted(
                slots,
                parameters.era_length,
                parameters.slot_probability,
            )
        });

        Step {
            solution_range,
            injected,
            blocked: PendingKeys::<T>::get(),
            pot,
            source,
        }
    }

    /// The source block whose entropy block `number` injects, and the change that this makes.
    ///
    /// An earlier change is in force by then: genesis checks that an interval has no fewer blocks
    /// than the injection is slots ahead, and a block takes at least one slot.
    fn injection(
        parameters: &ChainParameters,
        number: u32,
        slot: Slot,
        pot: &PotParameters,
    ) -> Option<(u32, PotChange)> {
        if !is_due(number, parameters.entropy_interval) {
            return None;
        }
        let distance = parameters
            .entropy_interval
            .checked_mul(parameters.entropy_lookback)?;
        let source = number.checked_sub(distance)?;
        // The call keeps the bound; state that a runtime upgrade or a root call wrote may not, and no
        // block may carry what a check of its header refuses.
        let raised = PendingIterations::<T>::get()
            .filter(|iterations| raise_is_bounded(pot.iterations, *iterations));
        let change = PotChange {
            slot: slot.saturating_add(parameters.entropy_delay),
            iterations: raised.unwrap_or(pot.iterations),
            entropy: EntropySources::<T>::get(source)?,
        };
        Some((source, change))
    }

    /// Makes block `number`'s changes and logs them.
    pub(crate) fn apply(parameters: &ChainParameters, number: u32, claim: &PreDigest) {
        let step = Self::step(parameters, number, claim.slot);
        for log in step.logs() {
            frame_system::Pallet::<T>::deposit_log(log.into());
        }

        if let Some(range) = step.solution_range {
            CurrentSolutionRange::<T>::put(range);
            EraStart::<T>::put(claim.slot);
        }
        if let Some(source) = step.source {
            EntropySources::<T>::remove(source);
            PendingIterations::<T>::kill();
        }
        if !step.blocked.is_empty() {
            PendingKeys::<T>::kill();
        }
        for key in step.blocked {
            BlockedKeys::<T>::insert(key, ());
        }
        Pot::<T>::put(step.pot);

        if is_due(number, parameters.entropy_interval) {
            EntropySources::<T>::insert(number, claim.entropy());
        }
        CurrentSlot::<T>::put(claim.slot);
    }

    /// Everything that is needed to check a child of the block whose state this is.
    pub fn child_context(query: ChildQuery) -> ChildContext {
        let parameters = Self::parameters();
        let number = Self::block_number().saturating_add(1);
        let parent_slot = Self::slot();
        ChildContext {
            parent_slot,
            history_size: Self::history_size(),
            solution_range: Self::solution_range().for_block(query.slot, parent_slot),
            key_blocked: Self::is_key_blocked(&query.public_key),
            segment_commitment: Self::segment_commitment(query.segment),
            expiry_commitment: Self::segment_commitment(query.expiry_segment),
            pot: Self::pot_parameters(),
            logs: Self::step(&parameters, number, query.slot).logs(),
        }
    }
}

/// What the runtime API answers. Each is about the block whose state this is.
impl<T: Config> Pallet<T> {
    /// The parameters that genesis fixed. Panics if it fixed none, which makes no chain.
    pub fn parameters() -> ChainParameters {
        let Some(parameters) = crate::Parameters::<T>::get() else {
            panic!("farming.parameters: must be given by the chain's genesis");
        };
        parameters.0
    }

    /// The block's slot; 0 for genesis.
    pub fn slot() -> Slot {
        CurrentSlot::<T>::get()
    }

    /// Range of the era that a child belongs to.
    pub fn solution_range() -> SolutionRange {
        CurrentSolutionRange::<T>::get()
    }

    /// Segments whose headers the chain holds.
    pub fn history_size() -> HistorySize {
        crate::LastSegmentHeader::<T>::get().map_or(HistorySize(0), |header| header.history_size())
    }

    /// Commitment of a segment, if the chain holds its header.
    pub fn segment_commitment(index: SegmentIndex) -> Option<SegmentCommitment> {
        SegmentCommitments::<T>::get(index)
    }

    /// Proof-of-time parameters after the block.
    pub fn pot_parameters() -> PotParameters {
        Pot::<T>::get().unwrap_or_else(|| PotParameters {
            iterations: Self::parameters().initial_iterations,
            next_change: None,
        })
    }

    /// Whether a key has equivocated and may not farm a child.
    pub fn is_key_blocked(public_key: &PublicKey) -> bool {
        BlockedKeys::<T>::contains_key(public_key)
    }

    /// The block's number. Numbers are 32 bits long wherever history is archived.
    pub(crate) fn block_number() -> u32 {
        Self::narrow(frame_system::Pallet::<T>::block_number())
    }

    /// A block number as history holds it.
    pub(crate) fn narrow(number: BlockNumberFor<T>) -> u32 {
        number.saturated_into()
    }
}
