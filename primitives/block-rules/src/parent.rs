//! What a block is judged by besides itself, and the rules of its solution.

use crate::{BlockError, ChainData, SealedHeader, VerifiedSeal};
use allod_consensus_primitives::{ChildContext, ChildQuery, PreDigest};
use allod_core::{
    ChainParameters, Hash, SectorId, SegmentHeader, Slot, parameters::MAX_SLOTS_PER_JUSTIFICATION,
};
use allod_kzg::Kzg;
use allod_verification::{
    CheckedSolution, ProvenTicket, SolutionContext, VerifiedSolution, WinningTicket, winning_ticket,
};
use sp_runtime::traits::Header as HeaderT;

/// The slot is after the parent's.
///
/// # Errors
/// [`BlockError::SlotNotAfterParent`].
pub fn slot_after_parent(slot: Slot, parent: Slot) -> Result<(), BlockError> {
    if slot > parent {
        Ok(())
    } else {
        Err(BlockError::SlotNotAfterParent { slot, parent })
    }
}

/// One justification can prove the slots from the newest one that the parent proves to the newest one
/// that a block in `slot` must prove. So nobody is made to look at proofs-of-time further ahead.
///
/// # Errors
/// [`BlockError::SlotOutOfReach`].
pub fn slot_in_reach(
    slot: Slot,
    parent: &ChainData,
    parameters: &ChainParameters,
) -> Result<(), BlockError> {
    let newest = slot.saturating_add(parameters.block_authoring_delay);
    let farthest = parent
        .newest_slot()
        .saturating_add(u64::from(MAX_SLOTS_PER_JUSTIFICATION));
    if newest <= farthest {
        Ok(())
    } else {
        Err(BlockError::SlotOutOfReach { newest, farthest })
    }
}

/// What to ask the state of the parent about a child with this pre-digest; the answer is the
/// `context` of a [`Parent`].
pub fn child_query(pre_digest: &PreDigest, parameters: &ChainParameters) -> ChildQuery {
    let solution = &pre_digest.solution;
    ChildQuery {
        slot: pre_digest.slot,
        public_key: solution.public_key,
        segment: solution.segment(parameters),
        expiry_segment: SectorId::expiry_segment(solution.history_size, parameters),
    }
}

/// The parent of a block, as the rules of the block see it.
#[derive(Debug, Clone, Copy)]
pub struct Parent<'a> {
    /// Hash of the chain's first block.
    pub genesis_hash: Hash,
    /// Of the chain.
    pub parameters: &'a ChainParameters,
    /// Of the parent.
    pub chain_data: &'a ChainData,
    /// What the parent's state answers to [`child_query`].
    pub context: &'a ChildContext,
    /// The segment headers that are due in the block, by the archiver.
    pub segment_headers: &'a [SegmentHeader],
}

impl Parent<'_> {
    /// By what the solution is judged. A sector may be as new as the segments whose headers the
    /// block brings.
    pub fn solution_context(&self, pre_digest: &PreDigest) -> SolutionContext<'_> {
        let context = self.context;
        let segment = pre_digest.solution.segment(self.parameters);
        let brought = || {
            self.segment_headers
                .iter()
                .find(|header| header.segment_index == segment)
                .map(|header| header.segment_commitment)
        };
        SolutionContext {
            parameters: self.parameters,
            slot: pre_digest.slot,
            pot_output: pre_digest.slot_output,
            parent_history_size: context.history_size,
            solution_range: context.solution_range,
            key_blocked: context.key_blocked,
            segment_commitment: context.segment_commitment.or_else(brought),
            expiry_commitment: context.expiry_commitment,
        }
    }

    /// What of the solution takes hashes alone. No segment header is needed for it.
    ///
    /// # Errors
    /// [`BlockError::Solution`].
    pub fn winning_ticket(&self, pre_digest: &PreDigest) -> Result<WinningTicket, BlockError> {
        let context = self.solution_context(pre_digest);
        Ok(winning_ticket(&pre_digest.solution, &context)?)
    }

    /// What of the solution takes hashes alone, the seal, the proof of space: in this order for blocks, announced headers
    /// and followed ones. No segment header is needed for it.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn proven_ticket<Header: HeaderT>(
        &self,
        sealed: &SealedHeader<Header>,
    ) -> Result<(ProvenTicket, VerifiedSeal), BlockError> {
        let ticket = self.winning_ticket(sealed.pre_digest())?;
        let seal = sealed.verify_seal(&self.genesis_hash)?;
        Ok((ticket.verify_space()?, seal))
    }

    /// The openings of a ticket for this pre-digest, to be checked.
    ///
    /// # Errors
    /// [`BlockError::Solution`].
    pub fn openings(
        &self,
        pre_digest: &PreDigest,
        ticket: ProvenTicket,
    ) -> Result<CheckedSolution, BlockError> {
        let context = self.solution_context(pre_digest);
        Ok(ticket.openings(context.segment_commitment)?)
    }

    /// The solution wins the slot (§7): all of its rules, as its author asks for them. That the slot's output is what the pre-digest says is
    /// another rule: [`claimed_time`](Self::claimed_time).
    ///
    /// # Errors
    /// [`BlockError::Solution`].
    pub fn verify_solution(
        &self,
        pre_digest: &PreDigest,
        kzg: &Kzg,
    ) -> Result<VerifiedSolution, BlockError> {
        let ticket = self.winning_ticket(pre_digest)?.verify_space()?;
        Ok(self.openings(pre_digest, ticket)?.verify(kzg)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Example, parameters, pre_digest, segment_header};
    use allod_core::{HistorySize, SegmentCommitment, SegmentIndex, SolutionRange};
    use allod_verification::SolutionError;

    #[test]
    fn a_slot_comes_after_the_parents() {
        assert_eq!(slot_after_parent(Slot(1), Slot(0)), Ok(()));
        assert_eq!(slot_after_parent(Slot(8), Slot(7)), Ok(()));
        assert_eq!(slot_after_parent(Slot(u64::MAX), Slot(7)), Ok(()));
        for slot in [Slot(7), Slot(6), Slot(0)] {
            let parent = Slot(7);
            assert_eq!(
                slot_after_parent(slot, parent),
                Err(BlockError::SlotNotAfterParent { slot, parent })
            );
        }
    }

    #[test]
    fn one_justification_reaches_the_newest_slot() {
        let parameters = parameters();
        let parent = ChainData {
            slot: Slot(100),
            outputs: vec![Default::default(); 5],
            ..ChainData::default()
        };
        // The parent proves up to slot 104, a block in slot s up to s + 4.
        let farthest = Slot(104 + 32_768);
        for (slot, reached) in [(101, true), (32_868, true), (32_869, false)] {
            let newest = Slot(slot + 4);
            let expected = if reached {
                Ok(())
            } else {
                Err(BlockError::SlotOutOfReach { newest, farthest })
            };
            assert_eq!(slot_in_reach(Slot(slot), &parent, &parameters), expected);
        }
        assert!(slot_in_reach(Slot(u64::MAX), &parent, &parameters).is_err());
        let genesis = ChainData::default();
        assert_eq!(slot_in_reach(Slot(32_764), &genesis, &parameters), Ok(()));
    }

    #[test]
    fn the_state_is_asked_about_the_segments_that_decide() {
        let (parameters, pre_digest) = (parameters(), pre_digest());
        let solution = &pre_digest.solution;
        let query = child_query(&pre_digest, &parameters);
        assert_eq!(query.slot, pre_digest.slot);
        assert_eq!(query.public_key, solution.public_key);
        // History size 3 and M = 4: index 3 + 4 - 1.
        assert_eq!(solution.history_size, HistorySize(3));
        assert_eq!(query.expiry_segment, SegmentIndex(6));
        let piece = solution.sector_id().piece_index(
            solution.piece_offset,
            solution.history_size,
            &parameters,
        );
        assert_eq!(query.segment, SegmentIndex(piece.0 / 16));
    }

    #[test]
    fn a_solution_is_judged_by_the_parents_state_and_the_headers_that_come() {
        let mut example = Example::default();
        let pre_digest = pre_digest();
        let segment = pre_digest.solution.segment(&example.parameters);
        let known = SegmentCommitment([1; 48]);
        let expiry = SegmentCommitment([2; 48]);
        example.context.history_size = HistorySize(9);
        example.context.solution_range = SolutionRange(77);
        example.context.key_blocked = true;
        example.context.segment_commitment = Some(known);
        example.context.expiry_commitment = Some(expiry);
        let coming = segment_header(segment.0, 3);
        let another = segment_header(segment.0 + 1, 4);
        example.segment_headers = vec![another, coming];

        let parent = example.parent();
        let found = parent.solution_context(&pre_digest);
        assert_eq!(found.slot, pre_digest.slot);
        assert_eq!(found.pot_output, pre_digest.slot_output);
        assert_eq!(found.parent_history_size, HistorySize(9));
        assert_eq!(found.solution_range, SolutionRange(77));
        assert!(found.key_blocked);
        assert_eq!(found.segment_commitment, Some(known));
        assert_eq!(found.expiry_commitment, Some(expiry));

        // What the state does not know yet, the block may bring; another segment does not help.
        example.context.segment_commitment = None;
        let commitment = |example: &Example| {
            let parent = example.parent();
            parent.solution_context(&pre_digest).segment_commitment
        };
        assert_eq!(commitment(&example), Some(coming.segment_commitment));
        example.segment_headers.pop();
        assert_eq!(commitment(&example), None);
    }

    #[test]
    fn a_broken_rule_of_the_solution_is_named() {
        let mut example = Example::default();
        example.context.key_blocked = true;
        let pre_digest = pre_digest();
        let error = example
            .parent()
            .verify_solution(&pre_digest, &crate::testing::KZG)
            .unwrap_err();
        let key = pre_digest.solution.public_key;
        assert_eq!(error, BlockError::Solution(SolutionError::KeyBlocked(key)));
    }
}
