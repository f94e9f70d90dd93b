//! Proof-of-time as a timekeeper computes it: one slot after another.

use allod_core::{PotChange, PotCheckpoints, time::PotInput};

/// Evaluates one slot.
pub fn evaluate(input: &PotInput) -> PotCheckpoints {
    allod_proof_of_time::prove(input.seed.0, input.iterations)
        .unwrap()
        .into()
}

/// Evaluates the slots from `first` on and compares.
///
/// # Errors
/// The first of them whose checkpoints are others.
pub fn verify_slots(
    first: PotInput,
    change: Option<&PotChange>,
    checkpoints: &[PotCheckpoints],
) -> Result<(), usize> {
    let mut input = first;
    for (index, claimed) in checkpoints.iter().enumerate() {
        if evaluate(&input) != *claimed {
            return Err(index);
        }
        input = input.next(claimed.output(), change);
    }
    Ok(())
}
