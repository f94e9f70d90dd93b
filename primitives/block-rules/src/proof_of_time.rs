//! Proof-of-time (§4): a block proves every slot after the newest one that its parent proves, up to
//! its own slot + authoring delay.

use crate::{BlockError, ChainData, Parent};
use allod_consensus_primitives::{PotJustification, PreDigest};
use allod_core::{PotChange, PotCheckpoints, PotOutput, Slot, time::PotInput};
use std::num::NonZeroU32;

/// Whoever can tell whether the delay function leads to checkpoints.
pub trait VerifyDelayFunction {
    /// Checks consecutive slots. `first` is the input of the first one, `change` the one that is
    /// due next, if any.
    ///
    /// # Errors
    /// The index of the first slot whose checkpoints are wrong.
    fn verify_slots(
        &self,
        first: PotInput,
        change: Option<&PotChange>,
        checkpoints: &[PotCheckpoints],
    ) -> Result<(), usize>;
}

/// Whoever remembers slots whose checkpoints are right.
pub trait KnownSlots {
    /// The checkpoints of a slot, if they are known.
    fn known(&self, input: &PotInput) -> Option<PotCheckpoints>;
}

/// Checkpoints of the slots that a block must prove, and outputs that are theirs. What remains to
/// be checked is the delay function.
#[derive(Debug)]
pub struct ClaimedTime<'a> {
    checkpoints: &'a [PotCheckpoints],
    outputs: Vec<PotOutput>,
    first: PotInput,
    change: Option<&'a PotChange>,
    iterations: NonZeroU32,
}

/// Outputs of the slots from a block's own to the newest one that it proves.
#[derive(Debug, PartialEq, Eq)]
pub struct VerifiedTime {
    outputs: Vec<PotOutput>,
    iterations: NonZeroU32,
}

impl VerifiedTime {
    /// Iterations of the newest slot that the block proves, by which it weighs.
    pub fn iterations(&self) -> NonZeroU32 {
        self.iterations
    }

    /// In the order of their slots.
    pub fn into_outputs(self) -> Vec<PotOutput> {
        self.outputs
    }
}

impl<'a> Parent<'a> {
    /// What the delay function is given for the first slot that a child must prove.
    pub fn first_input(&self) -> PotInput {
        let pot = &self.context.pot;
        match self.chain_data.newest() {
            None => PotInput::first(
                &self.genesis_hash,
                &self.parameters.external_entropy,
                pot.iterations,
            ),
            Some((slot, output)) => PotInput::after(
                slot.saturating_add(1),
                output,
                pot.iterations,
                pot.next_change.as_ref(),
            ),
        }
    }

    /// The slot's output, by which a solution is judged, is the one that the parent proves or that is
    /// known here of the slots after it. Where the chain of known slots ends before `slot`, it may be
    /// any. This takes look-ups alone, so that nobody spends arithmetic on a solution for a slot
    /// that never was.
    ///
    /// # Errors
    /// [`BlockError::WrongOutput`].
    pub fn slot_output_is_known(
        &self,
        pre_digest: &PreDigest,
        slots: &impl KnownSlots,
    ) -> Result<(), BlockError> {
        let (slot, claimed) = (pre_digest.slot, pre_digest.slot_output);
        let known = match self.chain_data.output(slot) {
            Some(proven) => Some(proven),
            None => self.known_output(slot, slots),
        };
        match known {
            Some(proven) if proven != claimed => Err(BlockError::WrongOutput {
                slot,
                claimed,
                proven,
            }),
            Some(_) | None => Ok(()),
        }
    }

    fn known_output(&self, slot: Slot, slots: &impl KnownSlots) -> Option<PotOutput> {
        let mut input = self.first_input();
        let change = self.context.pot.next_change.as_ref();
        while input.slot <= slot {
            let output = slots.known(&input)?.output();
            if input.slot == slot {
                return Some(output);
            }
            input = input.next(output, change);
        }
        None
    }

    /// The justification holds checkpoints of every slot after the parent's newest one up to the
    /// block's slot + authoring delay, and the pre-digest's outputs are theirs.
    ///
    /// # Errors
    /// [`BlockError::MissingCheckpoints`], [`BlockError::WrongOutput`].
    pub fn claimed_time<'b>(
        &self,
        pre_digest: &PreDigest,
        justification: &'b PotJustification,
    ) -> Result<ClaimedTime<'b>, BlockError>
    where
        'a: 'b,
    {
        let slot = pre_digest.slot;
        let newest = slot.saturating_add(self.parameters.block_authoring_delay);
        let parent_newest = self.chain_data.newest_slot();
        let expected = newest.0.saturating_sub(parent_newest.0);
        let checkpoints = justification.checkpoints.as_slice();
        let actual = u64::try_from(checkpoints.len()).unwrap_or(u64::MAX);
        let missing = || BlockError::MissingCheckpoints {
            parent_newest,
            newest,
            expected,
            actual,
        };
        if actual != expected {
            return Err(missing());
        }
        let outputs = (slot.0..=newest.0)
            .map(|slot| proven_output(Slot(slot), self.chain_data, checkpoints))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(missing)?;
        let claims = [
            (slot, pre_digest.slot_output, outputs.first()),
            (newest, pre_digest.future_output, outputs.last()),
        ];
        for (slot, claimed, proven) in claims {
            if let Some(proven) = proven.filter(|proven| **proven != claimed) {
                return Err(BlockError::WrongOutput {
                    slot,
                    claimed,
                    proven: *proven,
                });
            }
        }
        Ok(ClaimedTime {
            checkpoints,
            outputs,
            first: self.first_input(),
            change: self.context.pot.next_change.as_ref(),
            iterations: self.context.pot.up_to(newest).iterations,
        })
    }
}

impl ClaimedTime<'_> {
    /// Outputs of the slots from the block's own to the newest one that it proves, as claimed.
    pub(crate) fn outputs(&self) -> &[PotOutput] {
        &self.outputs
    }

    /// The delay function leads to the checkpoints: as much work as evaluating the slots, though
    /// all of them at once.
    ///
    /// # Errors
    /// [`BlockError::WrongProofOfTime`].
    pub fn verify(self, verifier: &impl VerifyDelayFunction) -> Result<VerifiedTime, BlockError> {
        verifier
            .verify_slots(self.first, self.change, self.checkpoints)
            .map_err(|index| {
                let ahead = u64::try_from(index).unwrap_or(u64::MAX);
                BlockError::WrongProofOfTime(self.first.slot.saturating_add(ahead))
            })?;
        Ok(VerifiedTime {
            outputs: self.outputs,
            iterations: self.iterations,
        })
    }
}

/// Output of a slot by a child's checkpoints, or by its parent's for those that the parent proves.
fn proven_output(
    slot: Slot,
    parent: &ChainData,
    checkpoints: &[PotCheckpoints],
) -> Option<PotOutput> {
    let position = slot
        .0
        .checked_sub(parent.newest_slot().0)
        .and_then(|ahead| ahead.checked_sub(1));
    match position {
        Some(position) => checkpoints
            .get(usize::try_from(position).ok()?)
            .map(PotCheckpoints::output),
        None => parent.output(slot),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{DelayFunction, Example, evaluate, pre_digest};
    use allod_core::{PotSeed, time::PotEntropy};
    use proptest::prelude::*;

    /// Of the examples; blocks prove slots up to their own + 4.
    const DELAY: u64 = 4;

    /// A child in `slot` that keeps every rule.
    fn child(example: &Example, slot: u64) -> (PreDigest, PotJustification) {
        let parent = example.parent();
        let change = example.context.pot.next_change;
        let mut input = parent.first_input();
        let mut checkpoints = Vec::new();
        while input.slot.0 <= slot + DELAY {
            let proof = evaluate(&input);
            checkpoints.push(proof);
            input = input.next(proof.output(), change.as_ref());
        }
        let mut claim = pre_digest();
        claim.slot = Slot(slot);
        let output = |slot| proven_output(Slot(slot), &example.chain_data, &checkpoints);
        claim.slot_output = output(slot).unwrap();
        claim.future_output = output(slot + DELAY).unwrap();
        (claim, PotJustification::new(checkpoints).unwrap())
    }

    fn judge(
        example: &Example,
        (claim, justification): &(PreDigest, PotJustification),
    ) -> Result<VerifiedTime, BlockError> {
        let parent = example.parent();
        parent
            .claimed_time(claim, justification)?
            .verify(&DelayFunction)
    }

    /// A chain whose block in slot 3 is the parent; it proves slots 1 to 7.
    fn after_a_block() -> Example {
        let mut example = Example::default();
        let outputs = judge(&example, &child(&example, 3)).unwrap().into_outputs();
        assert_eq!(outputs.len(), 5);
        example.chain_data.slot = Slot(3);
        example.chain_data.outputs = outputs;
        example
    }

    #[test]
    fn the_first_slot_follows_from_genesis_or_from_the_parents_newest() {
        let example = Example::default();
        let input = example.parent().first_input();
        assert_eq!(input.slot, Slot(1));
        assert_eq!(
            input.seed,
            PotSeed::from_genesis(&example.genesis_hash, b"entropy")
        );
        assert_eq!(input.iterations.get(), 16);

        let mut example = after_a_block();
        let newest = *example.chain_data.outputs.last().unwrap();
        let plain = example.parent().first_input();
        assert_eq!((plain.slot, plain.seed), (Slot(8), newest.next_seed()));
        let change = PotChange {
            slot: Slot(8),
            iterations: NonZeroU32::new(32).unwrap(),
            entropy: PotEntropy([9; 32]),
        };
        example.context.pot.next_change = Some(change);
        let changed = example.parent().first_input();
        assert_eq!(changed.seed, newest.next_seed_with(&change.entropy));
        assert_eq!(changed.iterations.get(), 32);
        // One slot later it is not due yet.
        let later = PotChange {
            slot: Slot(9),
            ..change
        };
        example.context.pot.next_change = Some(later);
        assert_eq!(example.parent().first_input(), plain);
    }

    #[test]
    fn every_slot_after_the_parents_newest_is_proven() {
        let example = Example::default();
        let first = child(&example, 3);
        assert_eq!(first.1.checkpoints.len(), 7);
        let outputs = judge(&example, &first).unwrap().into_outputs();
        let of_slot = |slot: usize| first.1.checkpoints[slot - 1].output();
        assert_eq!(outputs, [3, 4, 5, 6, 7].map(of_slot));

        // A child within what the parent proves looks its own output up there.
        let example = after_a_block();
        let second = child(&example, 4);
        assert_eq!(second.1.checkpoints.len(), 1);
        let outputs = judge(&example, &second).unwrap().into_outputs();
        assert_eq!(outputs[..4], example.chain_data.outputs[1..]);
        assert_eq!(outputs[4], second.1.checkpoints[0].output());
        // The last slot that the parent proves, and the first that it does not.
        for slot in [7, 8, 20] {
            let block = child(&example, slot);
            assert_eq!(block.1.checkpoints.len() as u64, slot + DELAY - 7);
            assert!(judge(&example, &block).is_ok(), "{slot}");
        }
    }

    /// Knows the slots up to one.
    struct KnownUpTo(Slot);

    impl KnownSlots for KnownUpTo {
        fn known(&self, input: &PotInput) -> Option<PotCheckpoints> {
            (input.slot <= self.0).then(|| evaluate(input))
        }
    }

    #[test]
    fn the_slots_output_is_compared_with_what_is_known_of_it() {
        let example = after_a_block();
        let invented = PotOutput([0xee; 16]);
        // The parent proves slots 3 to 7.
        for (slot, known_up_to, is_known) in [
            (4, 0, true),
            (7, 0, true),
            (8, 7, false),
            (8, 8, true),
            (12, 11, false),
            (12, 20, true),
        ] {
            let slots = KnownUpTo(Slot(known_up_to));
            let (right, _) = child(&example, slot);
            let parent = example.parent();
            assert_eq!(parent.slot_output_is_known(&right, &slots), Ok(()));
            let mut wrong = right.clone();
            wrong.slot_output = invented;
            let expected = BlockError::WrongOutput {
                slot: Slot(slot),
                claimed: invented,
                proven: right.slot_output,
            };
            let found = parent.slot_output_is_known(&wrong, &slots);
            assert_eq!(
                found,
                if is_known { Err(expected) } else { Ok(()) },
                "{slot}"
            );
        }
    }

    #[test]
    fn one_checkpoint_less_or_more_is_refused() {
        let example = after_a_block();
        let (claim, right) = child(&example, 6);
        let expected = 3;
        for actual in [0, 2, 4] {
            let mut checkpoints = right.checkpoints.to_vec();
            checkpoints.resize(actual, checkpoints[0]);
            let wrong = PotJustification::new(checkpoints).unwrap();
            assert_eq!(
                judge(&example, &(claim.clone(), wrong)),
                Err(BlockError::MissingCheckpoints {
                    parent_newest: Slot(7),
                    newest: Slot(10),
                    expected,
                    actual: actual as u64,
                })
            );
        }
        assert_eq!(right.checkpoints.len() as u64, expected);
        assert!(judge(&example, &(claim, right)).is_ok());
    }

    #[test]
    fn outputs_are_those_of_the_checkpoints() {
        let invented = PotOutput([0xee; 16]);
        // Slot 6 is proven by the parent, slot 9 by the block itself.
        let example = after_a_block();
        for slot in [6, 9] {
            let (right, justification) = child(&example, slot);
            let mut wrong = right.clone();
            wrong.slot_output = invented;
            assert_eq!(
                judge(&example, &(wrong, justification.clone())),
                Err(BlockError::WrongOutput {
                    slot: Slot(slot),
                    claimed: invented,
                    proven: right.slot_output,
                })
            );
            let mut wrong = right.clone();
            wrong.future_output = invented;
            assert_eq!(
                judge(&example, &(wrong, justification)),
                Err(BlockError::WrongOutput {
                    slot: Slot(slot + DELAY),
                    claimed: invented,
                    proven: right.future_output,
                })
            );
        }
    }

    #[test]
    fn a_slot_near_the_end_of_numbers_is_no_panic() {
        let example = after_a_block();
        let (mut claim, justification) = child(&example, 6);
        claim.slot = Slot(u64::MAX);
        assert_eq!(
            judge(&example, &(claim, justification)),
            Err(BlockError::MissingCheckpoints {
                parent_newest: Slot(7),
                newest: Slot(u64::MAX),
                expected: u64::MAX - 7,
                actual: 3,
            })
        );
    }

    #[test]
    fn a_change_that_is_due_is_kept_or_refused() {
        let mut example = after_a_block();
        let without = child(&example, 6);
        example.context.pot.next_change = Some(PotChange {
            slot: Slot(9),
            iterations: NonZeroU32::new(32).unwrap(),
            entropy: PotEntropy([9; 32]),
        });
        let with = child(&example, 6);
        assert!(judge(&example, &with).is_ok());
        // Slot 8 is the same in both.
        assert_eq!(
            judge(&example, &without),
            Err(BlockError::WrongProofOfTime(Slot(9)))
        );
        example.context.pot.next_change = None;
        assert_eq!(
            judge(&example, &with),
            Err(BlockError::WrongProofOfTime(Slot(9)))
        );
    }

    /// Slot 3's block proves up to 7; a raise is due in slot 9.
    #[test]
    fn a_block_counts_the_iterations_of_the_newest_slot_that_it_proves() {
        let mut example = after_a_block();
        example.context.pot.next_change = Some(PotChange {
            slot: Slot(9),
            iterations: NonZeroU32::new(32).unwrap(),
            entropy: PotEntropy([9; 32]),
        });
        for (slot, expected) in [(4, 16), (5, 32), (9, 32), (20, 32)] {
            let time = judge(&example, &child(&example, slot)).unwrap();
            assert_eq!(time.iterations().get(), expected, "{slot}");
        }
    }

    proptest! {
        /// Whichever bit of whichever checkpoint: outputs that the pre-digest names are compared
        /// with it, for all else there is the delay function.
        #[test]
        fn a_wrong_checkpoint_is_found_wherever_it_is(
            slot in 4_u64..12,
            place in any::<prop::sample::Index>(),
            span in 0_usize..8,
            byte in 0_usize..16,
            bit in 0_u8..8,
        ) {
            let example = after_a_block();
            let (claim, right) = child(&example, slot);
            let mut checkpoints = right.checkpoints.to_vec();
            let place = place.index(checkpoints.len());
            checkpoints[place].0[span].0[byte] ^= 1 << bit;
            let at = Slot(8 + place as u64);
            let wrong = checkpoints[place].output();
            let error = judge(&example, &(claim.clone(), PotJustification::new(checkpoints).unwrap()))
                .unwrap_err();
            let is_output = span == 7;
            let expected = if is_output && at == claim.slot {
                BlockError::WrongOutput { slot: at, claimed: claim.slot_output, proven: wrong }
            } else if is_output && at.0 == claim.slot.0 + DELAY {
                BlockError::WrongOutput { slot: at, claimed: claim.future_output, proven: wrong }
            } else {
                BlockError::WrongProofOfTime(at)
            };
            prop_assert_eq!(error, expected);
        }
    }
}
