//! Small chains of proofs-of-time for tests.

use allod_core::{
    PotCheckpoints, PotOutput, PotSeed, Slot,
    time::{PotChange, PotEntropy, PotInput},
};
use core::num::NonZeroU32;

fn iterations(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("tests use iterations above 0")
}

/// An input whose seed is `seed` 16 times.
pub(crate) fn input(slot: u64, seed: u8, iterations_: u32) -> PotInput {
    PotInput {
        slot: Slot(slot),
        seed: PotSeed([seed; 16]),
        iterations: iterations(iterations_),
    }
}

/// A change whose entropy is `entropy` 32 times.
pub(crate) fn change(slot: u64, iterations_: u32, entropy: u8) -> PotChange {
    PotChange {
        slot: Slot(slot),
        iterations: iterations(iterations_),
        entropy: PotEntropy([entropy; 32]),
    }
}

/// Evaluates the delay function.
pub(crate) fn evaluate(input: &PotInput) -> PotCheckpoints {
    allod_proof_of_time::prove(input.seed.0, input.iterations)
        .expect("tests use multiples of 16")
        .into()
}

/// Checkpoints of `slots` slots from `first` on.
pub(crate) fn real_chain(
    first: PotInput,
    change: Option<&PotChange>,
    slots: usize,
) -> Vec<PotCheckpoints> {
    let mut input = first;
    (0..slots)
        .map(|_| {
            let checkpoints = evaluate(&input);
            input = input.next(checkpoints.output(), change);
            checkpoints
        })
        .collect()
}

/// Stands in for the delay function where only the order of events matters: a hash of the input.
pub(crate) fn pretend(input: &PotInput) -> PotCheckpoints {
    let hash =
        allod_core::hash::blake2b_256_list(&[&input.seed.0, &input.iterations.get().to_le_bytes()]);
    let mut checkpoints = PotCheckpoints::default();
    checkpoints.0[7] = PotOutput(core::array::from_fn(|byte| hash[byte]));
    checkpoints
}
