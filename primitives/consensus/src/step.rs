//! What a block changes before its first extrinsic (§4, §8).
//!
//! All of it follows from the chain up to its parent and the block's slot. One function, [`step`], works
//! it out for the block itself, for the node that compares its logs, and for whoever follows headers
//! without any state. So they can never differ.

use crate::{ConsensusLog, PotParameters};
use alloc::vec::Vec;
use allod_core::{
    ChainParameters, PublicKey, Slot, SolutionRange,
    time::{PotChange, PotEntropy, raise_is_bounded},
};
use core::num::NonZeroU32;

/// Keys that one block can block.
pub const MAX_BLOCKED_KEYS: u32 = 16;

/// What the chain up to a block leads to, as far as its child's step depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BeforeStep {
    /// Range of the era that the child belongs to.
    pub solution_range: SolutionRange,
    /// Slot of the block that ended the last era; 0 in the first era.
    pub era_start: Slot,
    /// Proof-of-time parameters after the block.
    pub pot: PotParameters,
    /// Iterations that the next injection is to bring, if they are to be raised.
    pub raised_iterations: Option<NonZeroU32>,
}

/// The changes that a block brings whatever its extrinsics are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The range for the next era, if the block ends one.
    pub solution_range: Option<SolutionRange>,
    /// The change that the block's injection schedules, if it makes one.
    pub injected: Option<PotChange>,
    /// Proof-of-time parameters after the block.
    pub pot: PotParameters,
    /// The block whose entropy is used up, if the block makes an injection.
    pub source: Option<u32>,
}

impl Step {
    /// The logs of the changes, and of the keys that are blocked from this block on. Their order is
    /// part of the protocol: range, proof-of-time, keys.
    pub fn logs(&self, blocked: impl IntoIterator<Item = PublicKey>) -> Vec<ConsensusLog> {
        let Self {
            solution_range,
            injected,
            pot: _,
            source: _,
        } = self;
        let range = solution_range.map(ConsensusLog::SolutionRange);
        let change = injected.map(ConsensusLog::PotChange);
        let blocked = blocked.into_iter().map(ConsensusLog::KeyBlocked);
        range.into_iter().chain(change).chain(blocked).collect()
    }
}

/// Whether `number` is a multiple of `period`, which genesis checked to be above 0.
pub fn is_due(number: u32, period: u32) -> bool {
    number.checked_rem(period) == Some(0)
}

/// The block whose entropy block `number` injects, if it injects any.
pub fn entropy_source(parameters: &ChainParameters, number: u32) -> Option<u32> {
    if !is_due(number, parameters.entropy_interval) {
        return None;
    }
    let distance = parameters
        .entropy_interval
        .checked_mul(parameters.entropy_lookback)?;
    number.checked_sub(distance)
}

/// What block `number` in `slot` changes. `entropy` gives what a block of its chain brings as a source,
/// none for genesis, which has no solution.
pub fn step(
    parameters: &ChainParameters,
    before: &BeforeStep,
    number: u32,
    slot: Slot,
    entropy: impl FnOnce(u32) -> Option<PotEntropy>,
) -> Step {
    let newest_slot = slot.saturating_add(parameters.block_authoring_delay);
    let mut pot = before.pot.up_to(newest_slot);

    // An earlier change is in force by then: genesis checks that an interval has no fewer blocks than
    // the injection is slots ahead, and a block takes at least one slot.
    // The call keeps the bound; state that a runtime upgrade or a root call wrote may not, and no block may
    // carry what a check of its header refuses.
    let raised = before
        .raised_iterations
        .filter(|iterations| raise_is_bounded(pot.iterations, *iterations));
    let injection = entropy_source(parameters, number).and_then(|source| {
        let change = PotChange {
            slot: slot.saturating_add(parameters.entropy_delay),
            iterations: raised.unwrap_or(pot.iterations),
            entropy: entropy(source)?,
        };
        Some((source, change))
    });
    let (source, injected) = injection.unzip();
    pot.next_change = injected.or(pot.next_change);

    let solution_range = parameters.ends_era(number).then(|| {
        before.solution_range.adjusted(
            slot.0.saturating_sub(before.era_start.0),
            parameters.era_length,
            parameters.slot_probability,
        )
    });
    Step {
        solution_range,
        injected,
        pot,
        source,
    }
}
