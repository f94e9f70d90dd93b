//! What a branch comes to that was fetched.

use super::{BranchVerdict, Comparison, Ended};
use crate::{
    branch::Branch,
    chain::{AllodBlock, ChainClient, OwnChain},
    checkpoint::has_checkpoint,
    judge::JudgeError,
};
use allod_block_rules::{VerifyDelayFunction, fork_choice::BlockWeight};
use allod_core::Hash;
use sp_blockchain::Error as ClientError;
use std::sync::{Arc, atomic::Ordering};

/// What is to be verified of a branch that is heavy enough.
enum Extent {
    /// Some blocks.
    Sampled,
    /// All of them.
    All,
    /// Nothing more.
    Verified,
}

impl<Block, Client, V> Comparison<Block, Client, V>
where
    Block: AllodBlock,
    Client: ChainClient<Block>,
    V: VerifyDelayFunction,
{
    /// Weighs the branch as far as this release knows the rules; if it is heavier, verifies some blocks, then all of them.
    /// What comes before a wrong block is judged without it: whoever claimed the tip lied, and the rest may be heavier
    /// still.
    pub(super) fn judge(&mut self, mut branch: Branch, fork: Hash) -> Result<BranchVerdict, Ended> {
        let chain = &self.judge.chain;
        if let Some(memory) = &self.checkpoint
            && !memory.is_kept(&branch, chain)?
        {
            return Ok(self.off_checkpoint());
        }
        let unknown = self.judge.cut_to_known_rules(&mut branch);
        if let Some(unknown) = &unknown {
            tracing::warn!(
                target: "sync",
                "A branch is compared up to block #{} and no further: {unknown}",
                branch.tip_number(),
            );
            // What it weighs beyond that, nobody here can tell.
            for (_, claimed) in &mut self.claimants {
                *claimed = 0;
            }
        }
        // What lies beyond the known rules keeps the SDK's strategy from bringing a cut branch; an own block is weighed to
        // see who lied.
        let is_whole = unknown.is_none() && branch.blocks() > 0;
        let depth = self.judge.parameters.confirmation_depth;
        let uncompared = branch.blocks() < crate::uncompared_blocks(depth);
        if is_whole && uncompared && branch.fork_number() >= chain.finalized().number {
            return Ok(BranchVerdict::Short);
        }
        let mut wrong = None;
        let weight = self.weigh_and_verify(&mut branch, fork, &mut wrong);
        match (weight, wrong) {
            (Ok(Some(weight)), _) => Ok(BranchVerdict::Heavier(Arc::new(branch), weight)),
            (Ok(None), Some(cause)) => Ok(BranchVerdict::Wrong(cause)),
            (Ok(None), None) => Ok(BranchVerdict::NotHeavier),
            (Err(error), _) => Err(Ended::Local(error.to_string())),
        }
    }

    /// The branch's weight if it is heavier than the own chain, every block of it verified. Blocks from the first wrong
    /// one on are taken off, and `wrong` says why.
    fn weigh_and_verify(
        &mut self,
        branch: &mut Branch,
        fork_hash: Hash,
        wrong: &mut Option<String>,
    ) -> Result<Option<BlockWeight>, JudgeError> {
        let (judge, stop) = (self.judge.clone(), self.stop.clone());
        let fork = judge.own_context(branch.fork_number(), &stop)?;
        if fork.hash != fork_hash {
            // The own chain took another way meanwhile.
            return Err(JudgeError::GivenUp);
        }
        let mut extent = Extent::Sampled;
        loop {
            let weighed = judge.weigh(branch, &fork, &stop);
            let Some(weight) = self.or_cut(weighed, branch, wrong)? else {
                continue;
            };
            let claimants = self.claimants.clone();
            for (peer, _) in claimants.iter().filter(|(_, claimed)| *claimed > weight) {
                self.blame(*peer);
            }
            if !self.is_preferred(branch, weight)? {
                return Ok(None);
            }
            extent = match extent {
                Extent::Sampled => {
                    let sampled = judge.sample(branch, &fork, weight, &stop);
                    match self.or_cut(sampled, branch, wrong)? {
                        Some(()) => Extent::All,
                        None => continue,
                    }
                }
                // What comes before the first wrong block was verified.
                Extent::Verified => return Ok(Some(weight)),
                Extent::All => {
                    self.backed.store(true, Ordering::Relaxed);
                    let verified = judge.verify(branch, &fork, &stop);
                    self.or_cut(verified, branch, wrong)?;
                    Extent::Verified
                }
            };
        }
    }

    /// Takes off the blocks from the one on that was found to be wrong; none then. Whoever claimed the tip lied.
    fn or_cut<T>(
        &mut self,
        judged: Result<T, JudgeError>,
        branch: &mut Branch,
        wrong: &mut Option<String>,
    ) -> Result<Option<T>, JudgeError> {
        let error = match judged {
            Ok(judged) => return Ok(Some(judged)),
            Err(error) => error,
        };
        let Some(number) = error.wrong_block() else {
            return Err(error);
        };
        if !branch.cut(number.saturating_sub(1)) {
            return Err(error);
        }
        wrong.get_or_insert_with(|| error.to_string());
        self.blame_claimants();
        Ok(None)
    }

    /// Whether a branch of this weight is to be joined: it is heavier, or the own chain lacks the checkpoint, which the
    /// branch has.
    fn is_preferred(&self, branch: &Branch, weight: BlockWeight) -> Result<bool, ClientError> {
        let chain = &self.judge.chain;
        if let Some(memory) = &self.checkpoint
            && !has_checkpoint(chain, &memory.checkpoint)?
        {
            // Blocks were taken off it, perhaps.
            return memory.is_kept(branch, chain);
        }
        Ok(weight > chain.best()?.weight)
    }
}
