//! The rules by which a block is rejected, each a function of its own (§4–§8). They take what they
//! need as arguments and touch neither database nor network.

use crate::{Error, chain_data::ChainData};
use allod_consensus_primitives::{
    ChildContext, ConsensusLog, ENGINE_ID, JustificationError, PotJustification, PreDigest,
    consensus_logs,
};
use allod_core::{ChainParameters, Hash, PotOutput, SegmentHeader, Slot, time::PotInput};
use allod_timekeeper::PotVerifier;
use sp_runtime::{Justifications, traits::Header as HeaderT};

/// The slot is after the parent's.
pub fn slot_after_parent(slot: Slot, parent: Slot) -> Result<(), Error> {
    if slot > parent {
        Ok(())
    } else {
        Err(Error::SlotNotAfterParent { slot, parent })
    }
}

/// The block's one justification, the one that the pre-digest names. Those of other engines are
/// dropped: they are no part of the block.
pub fn one_justification(
    pre_digest: &PreDigest,
    justifications: Option<Justifications>,
) -> Result<(PotJustification, Justifications), Error> {
    let mut ours: Vec<_> = justifications
        .into_iter()
        .flat_map(|justifications| justifications.into_iter())
        .filter(|(engine, _)| *engine == ENGINE_ID)
        .collect();
    if ours.len() > 1 {
        return Err(Error::SeveralJustifications(ours.len()));
    }
    let only = ours.pop().ok_or(JustificationError::Missing)?;
    let decoded = PotJustification::verify_bytes(pre_digest, &only.1)?;
    Ok((decoded, Justifications::from(only)))
}

/// What the delay function is given for the first slot that a child of this parent must prove.
pub fn first_input(
    genesis_hash: &Hash,
    parameters: &ChainParameters,
    parent: &ChainData,
    context: &ChildContext,
) -> PotInput {
    match parent.newest() {
        None => PotInput::first(
            genesis_hash,
            &parameters.external_entropy,
            context.pot.iterations,
        ),
        Some((slot, output)) => PotInput::after(
            slot.saturating_add(1),
            output,
            context.pot.iterations,
            context.pot.next_change.as_ref(),
        ),
    }
}

/// Proof-of-time: the justification holds the checkpoints of every slot after the parent's newest
/// one up to the block's slot + authoring delay, all of them right, and the pre-digest's outputs
/// are theirs. Returns the outputs from the block's slot on.
pub fn proof_of_time(
    pre_digest: &PreDigest,
    justification: &PotJustification,
    parameters: &ChainParameters,
    parent: &ChainData,
    first: PotInput,
    context: &ChildContext,
    verifier: &PotVerifier,
) -> Result<Vec<PotOutput>, Error> {
    let slot = pre_digest.slot;
    let newest = slot.saturating_add(parameters.block_authoring_delay);
    let parent_newest = parent.newest_slot();
    let expected = newest.0.saturating_sub(parent_newest.0);
    let checkpoints = justification.checkpoints.as_slice();
    let actual = u64::try_from(checkpoints.len()).unwrap_or(u64::MAX);
    if actual != expected {
        return Err(Error::MissingCheckpoints {
            parent_newest,
            newest,
            expected,
            actual,
        });
    }
    let proven = |slot: Slot| {
        let position = slot
            .0
            .checked_sub(parent_newest.0)
            .and_then(|ahead| ahead.checked_sub(1));
        match position {
            Some(position) => checkpoints
                .get(usize::try_from(position).ok()?)
                .map(|proof| proof.output()),
            None => parent.output(slot),
        }
    };
    let outputs = (slot.0..=newest.0)
        .map(|number| proven(Slot(number)))
        .collect::<Option<Vec<_>>>()
        .ok_or(Error::MissingCheckpoints {
            parent_newest,
            newest,
            expected,
            actual,
        })?;
    let claims = [
        (slot, pre_digest.slot_output, outputs.first()),
        (newest, pre_digest.future_output, outputs.last()),
    ];
    for (slot, claimed, proven) in claims {
        if let Some(proven) = proven.filter(|proven| **proven != claimed) {
            return Err(Error::WrongOutput {
                slot,
                claimed,
                proven: *proven,
            });
        }
    }
    verifier
        .verify_chain(first, context.pot.next_change.as_ref(), checkpoints)
        .map_err(|index| {
            let ahead = u64::try_from(index).unwrap_or(u64::MAX);
            Error::WrongProofOfTime(first.slot.saturating_add(ahead))
        })?;
    Ok(outputs)
}

/// The consensus digests are those that the parent's state leads to, followed by the segment
/// headers that the archiver expects, and nothing else.
pub fn digests<Header: HeaderT>(
    header: &Header,
    expected_logs: &[ConsensusLog],
    expected_headers: &[SegmentHeader],
) -> Result<(), Error> {
    let carried = consensus_logs(header)?;
    let headers: Vec<SegmentHeader> = carried
        .iter()
        .filter_map(|log| match log {
            ConsensusLog::SegmentHeader(header) => Some(*header),
            _ => None,
        })
        .collect();
    if headers != expected_headers {
        return Err(Error::SegmentHeaders {
            carried: headers,
            expected: expected_headers.to_vec(),
        });
    }
    let expected: Vec<ConsensusLog> = expected_logs
        .iter()
        .cloned()
        .chain(
            expected_headers
                .iter()
                .copied()
                .map(ConsensusLog::SegmentHeader),
        )
        .collect();
    if carried == expected {
        Ok(())
    } else {
        Err(Error::ConsensusDigest { carried, expected })
    }
}
