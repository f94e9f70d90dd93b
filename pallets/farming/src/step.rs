//! What a block changes before its first extrinsic: the state's part of
//! [`step`](allod_consensus_primitives::step).
//!
//! The block itself applies the result and puts its logs into the digest, and [`child_context`] tells
//! the node which logs to expect.
//!
//! [`child_context`]: Pallet::child_context

use crate::{
    BlockedKeys, Config, CurrentSlot, CurrentSolutionRange, EntropySources, EraStart, Pallet,
    PendingIterations, PendingKeys, Pot, SegmentCommitments,
};
use allod_consensus_primitives::{
    ChildContext, ChildQuery, ConsensusLog, PotParameters, PreDigest,
    step::{BeforeStep, Step, is_due, step},
};
use allod_core::{
    ChainParameters, HistorySize, PublicKey, SegmentCommitment, SegmentIndex, Slot, SolutionRange,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
    /// What a block `number` in `slot` changes, given the state of its parent.
    pub(crate) fn step(parameters: &ChainParameters, number: u32, slot: Slot) -> Step {
        let before = BeforeStep {
            solution_range: Self::solution_range(),
            era_start: EraStart::<T>::get(),
            pot: Self::pot_parameters(),
            raised_iterations: PendingIterations::<T>::get(),
        };
        step(parameters, &before, number, slot, |source| {
            EntropySources::<T>::get(source)
        })
    }

    /// Makes block `number`'s changes and logs them.
    pub(crate) fn apply(parameters: &ChainParameters, number: u32, claim: &PreDigest) {
        let step = Self::step(parameters, number, claim.slot);
        let blocked = PendingKeys::<T>::get();
        for log in step.logs(blocked.iter().copied()) {
            match &log {
                ConsensusLog::SolutionRange(range) => {
                    CurrentSolutionRange::<T>::put(range);
                    EraStart::<T>::put(claim.slot);
                }
                // The change itself is part of `step.pot`.
                ConsensusLog::PotChange(_) => PendingIterations::<T>::kill(),
                ConsensusLog::KeyBlocked(key) => BlockedKeys::<T>::insert(key, ()),
                // The inherent logs it when it stores the header.
                ConsensusLog::SegmentHeader(_) => {}
            }
            frame_system::Pallet::<T>::deposit_log(log.into());
        }
        if let Some(source) = step.source {
            EntropySources::<T>::remove(source);
        }
        if !blocked.is_empty() {
            PendingKeys::<T>::kill();
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
            logs: Self::step(&parameters, number, query.slot).logs(PendingKeys::<T>::get()),
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
