//! What a block leaves to its children beside its state: the weight of its chain, and the
//! proof-of-time outputs that they look up.

use crate::{
    VerifiedLogs, VerifiedSeal, VerifiedTime,
    fork_choice::{BlockWeight, block_weight},
};
use allod_core::{PotOutput, Slot};
use allod_verification::VerifiedSolution;
use parity_scale_codec::{Decode, Encode};

/// Consensus data of one block. Its SCALE encoding is what nodes store.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct ChainData {
    /// Weight of the chain from genesis, without it, up to the block.
    pub weight: BlockWeight,
    /// Slot of the block.
    pub slot: Slot,
    /// Outputs of the slots from the block's own to the newest one that it proves. Empty for
    /// genesis, which proves none.
    pub outputs: Vec<PotOutput>,
}

/// That a block keeps every rule which needs no execution.
#[derive(Debug)]
pub struct Evidence {
    /// Who made it.
    pub seal: VerifiedSeal,
    /// That its author won the slot.
    pub solution: VerifiedSolution,
    /// That the slot's time has come.
    pub time: VerifiedTime,
    /// That it announces what the chain's state leads to.
    pub logs: VerifiedLogs,
}

impl ChainData {
    /// Of a child of the block that `self` is of. The four parts of `evidence` must be about that
    /// child.
    pub fn child(&self, evidence: Evidence) -> Self {
        let Evidence {
            seal: VerifiedSeal { .. },
            solution,
            time,
            logs: VerifiedLogs { .. },
        } = evidence;
        let weight = block_weight(solution.solution_range(), time.iterations());
        Self {
            weight: self.weight.saturating_add(weight),
            slot: solution.slot(),
            outputs: time.into_outputs(),
        }
    }

    /// Output of a slot that this block or an ancestor proved and a child may use.
    pub fn output(&self, slot: Slot) -> Option<PotOutput> {
        let position = slot.0.checked_sub(self.slot.0)?;
        self.outputs.get(usize::try_from(position).ok()?).copied()
    }

    /// The newest slot that is proven, and its output; none for genesis.
    pub fn newest(&self) -> Option<(Slot, PotOutput)> {
        let output = *self.outputs.last()?;
        let ahead = u64::try_from(self.outputs.len()).ok()?.saturating_sub(1);
        Some((self.slot.saturating_add(ahead), output))
    }

    /// The newest slot that is proven, 0 for genesis.
    pub fn newest_slot(&self) -> Slot {
        self.newest().map_or(Slot(0), |(slot, _)| slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_found_by_slot() {
        let outputs: Vec<_> = (0..5).map(|byte| PotOutput([byte; 16])).collect();
        let data = ChainData {
            weight: 1,
            slot: Slot(10),
            outputs: outputs.clone(),
        };
        assert_eq!(data.output(Slot(9)), None);
        assert_eq!(data.output(Slot(10)), Some(outputs[0]));
        assert_eq!(data.output(Slot(14)), Some(outputs[4]));
        assert_eq!(data.output(Slot(15)), None);
        assert_eq!(data.newest(), Some((Slot(14), outputs[4])));
        assert_eq!(ChainData::default().newest_slot(), Slot(0));
    }

    /// Databases hold it.
    #[test]
    fn its_encoding_stays() {
        let data = ChainData {
            weight: 1,
            slot: Slot(2),
            outputs: vec![PotOutput([3; 16])],
        };
        let mut expected = vec![1];
        expected.extend([0; 15]);
        expected.extend([2, 0, 0, 0, 0, 0, 0, 0]);
        expected.push(1 << 2);
        expected.extend([3; 16]);
        assert_eq!(data.encode(), expected);
    }
}
