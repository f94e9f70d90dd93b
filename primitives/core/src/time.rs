//! Proof-of-time values and how one slot leads to the next (§4). The delay function itself lives
//! in `allod-proof-of-time`.

use crate::{
    hash::{Hash, blake2b_256_list, first_half},
    parameters::{CHECKPOINTS, ITERATIONS_MULTIPLE},
    units::Slot,
};
use core::num::NonZeroU32;
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

crate::byte_string!(
    /// What the delay function starts from.
    PotSeed, 16
);
crate::byte_string!(
    /// What the delay function ends with: a slot's output, or one of its checkpoints.
    PotOutput, 16
);
crate::byte_string!(
    /// Entropy that a block gives to the proof-of-time chain.
    PotEntropy, 32
);

/// The states after every eighth of a slot's iterations; the last one is the slot's output.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Default,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct PotCheckpoints(pub [PotOutput; CHECKPOINTS]);

impl PotCheckpoints {
    /// Length in bytes.
    pub const SIZE: usize = CHECKPOINTS * PotOutput::SIZE;

    /// The slot's output.
    pub fn output(&self) -> PotOutput {
        let [.., output] = self.0;
        output
    }

    /// As plain arrays.
    pub fn to_arrays(&self) -> [[u8; PotOutput::SIZE]; CHECKPOINTS] {
        self.0.map(|checkpoint| checkpoint.0)
    }
}

impl From<[[u8; PotOutput::SIZE]; CHECKPOINTS]> for PotCheckpoints {
    fn from(arrays: [[u8; PotOutput::SIZE]; CHECKPOINTS]) -> Self {
        Self(arrays.map(PotOutput))
    }
}

impl PotSeed {
    /// Slot 1's seed: `H(genesis hash ‖ external entropy)[..16]`.
    pub fn from_genesis(genesis_hash: &Hash, external_entropy: &[u8]) -> Self {
        Self(first_half(&blake2b_256_list(&[
            genesis_hash,
            external_entropy,
        ])))
    }
}

impl PotOutput {
    /// The next slot's seed where nothing is injected: the output itself.
    pub fn next_seed(self) -> PotSeed {
        PotSeed(self.0)
    }

    /// The next slot's seed where entropy is injected: `H(output ‖ entropy)[..16]`.
    pub fn next_seed_with(self, entropy: &PotEntropy) -> PotSeed {
        PotSeed(first_half(&blake2b_256_list(&[&self.0, &entropy.0])))
    }

    /// The entropy of a block made in this output's slot: `H(stored chunk ‖ output)`. The stored
    /// chunk is the masked one: a decoded chunk of padding would be the same for every farmer, and
    /// a block hash could be ground.
    pub fn entropy(self, stored_chunk: &[u8; 32]) -> PotEntropy {
        PotEntropy(blake2b_256_list(&[stored_chunk, &self.0]))
    }
}

/// A change of the proof-of-time chain that is known in advance.
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
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct PotChange {
    /// The first slot that it holds for.
    pub slot: Slot,
    /// Iterations from then on.
    pub iterations: NonZeroU32,
    /// Entropy that enters the seed of that slot.
    pub entropy: PotEntropy,
}

/// Whether an injection may change the iterations from `old` to `new` (§4): never down, at most to
/// twice as many, and to a multiple of 16. To leave them as they are is within the bound.
///
/// Blocks weigh by their iterations, and a header that is followed without state shows no call that
/// asked for more: without the bound, a forged branch could give itself any weight.
pub fn raise_is_bounded(old: NonZeroU32, new: NonZeroU32) -> bool {
    let multiple = new.get().checked_rem(ITERATIONS_MULTIPLE) == Some(0);
    multiple && new >= old && new <= old.saturating_add(old.get())
}

/// What the delay function is given for a slot.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct PotInput {
    /// The slot whose output is sought.
    pub slot: Slot,
    pub seed: PotSeed,
    pub iterations: NonZeroU32,
}

impl PotInput {
    /// Length in bytes: slot, seed, iterations.
    pub const SIZE: usize = size_of::<Slot>() + PotSeed::SIZE + size_of::<NonZeroU32>();

    /// Slot 1 of a chain.
    pub fn first(genesis_hash: &Hash, external_entropy: &[u8], iterations: NonZeroU32) -> Self {
        Self {
            slot: Slot(1),
            seed: PotSeed::from_genesis(genesis_hash, external_entropy),
            iterations,
        }
    }

    /// The slot after this one, given this one's output and the change that is due next, if any.
    pub fn next(&self, output: PotOutput, change: Option<&PotChange>) -> Self {
        let slot = self.slot.saturating_add(1);
        Self::after(slot, output, self.iterations, change)
    }

    /// Slot `slot`, given the output and the iterations of the one before.
    pub fn after(
        slot: Slot,
        previous_output: PotOutput,
        previous_iterations: NonZeroU32,
        change: Option<&PotChange>,
    ) -> Self {
        match change.filter(|change| change.slot == slot) {
            Some(change) => Self {
                slot,
                seed: previous_output.next_seed_with(&change.entropy),
                iterations: change.iterations,
            },
            None => Self {
                slot,
                seed: previous_output.next_seed(),
                iterations: previous_iterations,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::blake2b_256;

    #[test]
    fn slots_follow_one_another() {
        let iterations = NonZeroU32::new(16).unwrap();
        let first = PotInput::first(&[1; 32], b"entropy", iterations);
        let mut input = [1; 32].to_vec();
        input.extend(b"entropy");
        assert_eq!(first.seed.0, blake2b_256(&input)[..16]);
        assert_eq!(first.slot, Slot(1));

        let second = first.next(PotOutput([2; 16]), None);
        assert_eq!(
            second,
            PotInput {
                slot: Slot(2),
                seed: PotSeed([2; 16]),
                iterations
            }
        );

        let change = PotChange {
            slot: Slot(3),
            iterations: NonZeroU32::new(32).unwrap(),
            entropy: PotEntropy([4; 32]),
        };
        assert_eq!(first.next(PotOutput([2; 16]), Some(&change)), second);
        let third = second.next(PotOutput([3; 16]), Some(&change));
        let mut input = [3; 16].to_vec();
        input.extend([4; 32]);
        assert_eq!(third.seed.0, blake2b_256(&input)[..16]);
        assert_eq!(third.iterations.get(), 32);
    }

    #[test]
    fn iterations_rise_to_twice_as_many_at_most() {
        let bounded = |old, new| {
            let number = |number| NonZeroU32::new(number).unwrap();
            raise_is_bounded(number(old), number(new))
        };
        for new in [1600, 1616, 3184, 3200] {
            assert!(bounded(1600, new), "{new}");
        }
        for new in [16, 1584, 1599, 1601, 3199, 3201, 3216, u32::MAX] {
            assert!(!bounded(1600, new), "{new}");
        }
        let most = u32::MAX - 15;
        assert!(bounded(most, most));
        assert!(!bounded(most, u32::MAX));
    }

    #[test]
    fn sizes_are_those_of_the_encodings() {
        let iterations = NonZeroU32::new(16).unwrap();
        let input = PotInput::first(&[1; 32], b"", iterations);
        assert_eq!(input.encode().len(), PotInput::SIZE);
        assert_eq!(PotInput::max_encoded_len(), PotInput::SIZE);
        let checkpoints = PotCheckpoints::default();
        assert_eq!(checkpoints.encode().len(), PotCheckpoints::SIZE);
        assert_eq!(PotCheckpoints::max_encoded_len(), PotCheckpoints::SIZE);
    }

    #[test]
    fn entropy_is_the_formula_of_the_design() {
        let mut input = [7; 32].to_vec();
        input.extend([8; 16]);
        assert_eq!(PotOutput([8; 16]).entropy(&[7; 32]).0, blake2b_256(&input));
    }
}
