//! Imports a branch that was compared, and nothing else meanwhile.

use super::{AllodSync, State};
use crate::{AllodBlock, branch::Branch, chain::OwnChain, compare::Claim};
use allod_block_rules::fork_choice::BlockWeight;
use allod_core::Hash;
use sc_network::PeerId;
use sp_blockchain::Error as ClientError;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a branch that is joined may stand still before the node asks around again.
const STANDSTILL: Duration = Duration::from_secs(60);

/// A branch that is being imported.
pub(super) struct Joining {
    pub(super) branch: Arc<Branch>,
    pub(super) weight: BlockWeight,
    /// The tip that was compared, which is another one if blocks were taken off the branch.
    claim: Claim,
    claimants: Vec<PeerId>,
    /// Number of its first block that is not here yet.
    next: u32,
    moved_at: Instant,
    has_failed: bool,
}

/// Why a node joins a branch no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JoiningEnd {
    /// All of it is here.
    Arrived,
    /// Nobody delivers its blocks.
    StoodStill,
    /// A block of it breaks a rule that headers do not show.
    Failed,
}

impl Joining {
    /// Whether it has ended, and how, now that the database is as it is. A branch that is heavier need not be longer than
    /// the own chain, so its blocks are looked for, on whichever branch.
    pub(super) fn end(
        &mut self,
        chain: &dyn OwnChain,
        now: Instant,
    ) -> Result<Option<JoiningEnd>, ClientError> {
        if self.has_failed {
            return Ok(Some(JoiningEnd::Failed));
        }
        while let Some(hash) = self.branch.hash(self.next) {
            if chain.number_and_parent(hash)?.is_none() {
                let stands = now.saturating_duration_since(self.moved_at) > STANDSTILL;
                return Ok(stands.then_some(JoiningEnd::StoodStill));
            }
            self.next = self.next.saturating_add(1);
            self.moved_at = now;
        }
        Ok(Some(JoiningEnd::Arrived))
    }

    /// A block breaks a rule.
    pub(super) fn fail_by(&mut self, block: Hash) {
        self.has_failed |= self.branch.contains(block);
    }
}

impl<Block: AllodBlock> AllodSync<Block> {
    /// Imports a branch that was compared.
    pub(super) fn join(
        &mut self,
        branch: Arc<Branch>,
        weight: BlockWeight,
        claim: Claim,
        claimants: Vec<PeerId>,
        now: Instant,
    ) -> Result<(), ClientError> {
        tracing::info!(
            target: "sync",
            "Joining a heavier branch: {} blocks up to #{}, all of them verified",
            branch.blocks(),
            branch.tip_number(),
        );
        self.renew_inner()?;
        let tip = (branch.hash(branch.tip_number()), branch.tip_number());
        for (id, peer) in &mut self.peers {
            let has_it = peer.tip().is_some_and(|claimed| claimed.number >= tip.1);
            if let (Some(hash), true) = (tip.0, has_it) {
                peer.is_followed = true;
                self.inner.add_peer(*id, hash.into(), tip.1);
            }
        }
        self.stranded = None;
        self.state = State::Joining(Joining {
            next: branch.fork_number().saturating_add(1),
            branch,
            weight,
            claim,
            claimants,
            moved_at: now,
            has_failed: false,
        });
        Ok(())
    }

    /// Asks around again after a branch was joined, or not.
    pub(super) fn leave(&mut self, end: JoiningEnd, now: Instant) -> Result<(), ClientError> {
        let State::Joining(joining) = std::mem::replace(&mut self.state, State::waiting(now))
        else {
            return Ok(());
        };
        let tip = joining.branch.tip_number();
        let joined = joining
            .branch
            .hash(tip)
            .map(|hash| Claim { hash, number: tip });
        let claims = [Some(joining.claim), joined].into_iter().flatten();
        match end {
            JoiningEnd::Arrived => {
                self.delivered(&joining.claimants);
                for peer in self.peers.values_mut() {
                    peer.trust();
                }
            }
            JoiningEnd::StoodStill => {
                self.not_delivered(&joining.claimants);
                claims.for_each(|claim| self.leave_undecided(claim, now));
            }
            JoiningEnd::Failed => {
                claims.for_each(|claim| self.decide(claim, now));
                for peer in joining.claimants {
                    self.ban(peer, now, "a block of its chain breaks a rule");
                }
            }
        }
        self.enter_waiting(now)
    }

    /// Whether the branch that is joined weighs as much.
    pub(super) fn joins_as_heavy(&self, weight: BlockWeight) -> bool {
        match &self.state {
            State::Joining(joining) => joining.weight >= weight,
            State::Waiting { .. } | State::Following => false,
        }
    }
}
