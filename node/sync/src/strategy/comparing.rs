//! Which claims are compared, and what follows from the verdict.

use super::AllodSync;
use crate::{
    AllodBlock,
    chain::{Head, OwnChain},
    compare::{Candidate, Outcome, Verdict},
    peers::Peer,
    protocol::Tip,
};
use allod_core::{Hash, hash::HexHash};
use futures::channel::oneshot;
use sc_network::PeerId;
use sc_network_sync::service::network::NetworkServiceHandle;
use sp_blockchain::Error as ClientError;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// How long a branch that nobody delivered, or that this node could not judge, is left alone.
const UNDECIDED_RETRY_INTERVAL: Duration = Duration::from_secs(300);
/// How long a peer is left alone whose chain lacks the checkpoint: it may go over to another one.
const OFF_CHECKPOINT_RETRY_INTERVAL: Duration = Duration::from_secs(600);

impl<Block: AllodBlock> AllodSync<Block> {
    /// Takes the result of a comparison, if one has ended.
    pub(super) fn conclude(&mut self, now: Instant) -> Result<(), ClientError> {
        let Some(running) = &mut self.running else {
            return Ok(());
        };
        let ended = match running.outcome.try_recv() {
            Ok(None) => return Ok(()),
            Ok(Some(outcome)) => Some(outcome),
            Err(oneshot::Canceled) => None,
        };
        let tip = running.candidate.hash;
        let claimants: Vec<PeerId> = running.candidate.claims.iter().map(|(id, _)| *id).collect();
        self.running = None;
        let Some(Outcome { verdict, liars }) = ended else {
            self.settled.insert(tip, now + UNDECIDED_RETRY_INTERVAL);
            return Ok(());
        };
        for liar in liars {
            self.ban(liar, now, "it lied about its chain");
        }
        let shown = HexHash(&tip);
        match verdict {
            Verdict::Short => {
                self.short.insert(tip, ());
                for peer in &claimants {
                    if let Some(peer) = self.peers.get_mut(peer) {
                        peer.is_suspected = false;
                    }
                }
            }
            Verdict::Heavier(branch, weight) => {
                if branch.fork_number() >= self.chain.finalized().number {
                    self.join(branch, now)?;
                } else {
                    self.settled.insert(tip, now + UNDECIDED_RETRY_INTERVAL);
                    self.strand(tip, weight, now);
                }
            }
            Verdict::NotHeavier => {
                self.settled.insert(tip, now + crate::bans::BAN);
            }
            Verdict::OffCheckpoint => {
                self.settled.insert(tip, now + crate::bans::BAN);
                for peer in &claimants {
                    if let Some(peer) = self.peers.get_mut(peer) {
                        peer.off_checkpoint_at = Some(now);
                    }
                }
                self.tell_waiting(now, "a peer's chain does not have the checkpoint");
            }
            Verdict::Wrong(cause) => {
                tracing::warn!(target: "sync", "The branch of {shown} is wrong: {cause}");
                self.settled.insert(tip, now + crate::bans::BAN);
            }
            Verdict::NotDelivered => {
                self.settled.insert(tip, now + UNDECIDED_RETRY_INTERVAL);
            }
            Verdict::Local(cause) => {
                tracing::warn!(target: "sync", "Cannot compare with the branch of {shown}: {cause}");
                self.settled.insert(tip, now + UNDECIDED_RETRY_INTERVAL);
            }
        }
        Ok(())
    }

    /// Starts to compare the heaviest claim that needs it; false if none does.
    pub(super) fn compare_heaviest(
        &mut self,
        own: Head,
        now: Instant,
        network: &NetworkServiceHandle,
    ) -> Result<bool, ClientError> {
        let mut candidates: HashMap<Hash, Candidate> = HashMap::new();
        for (id, peer) in &self.peers {
            let Some(tip) = peer.tip().filter(|tip| tip.weight > own.weight) else {
                continue;
            };
            let settled = self.settled.peek(&tip.hash);
            if settled.is_some_and(|until| *until > now)
                || self.lacks_checkpoint(peer, tip, now)
                || self.is_near(own, peer, tip)?
            {
                continue;
            }
            let candidate = candidates.entry(tip.hash).or_insert_with(|| Candidate {
                hash: tip.hash,
                number: tip.number,
                claims: Vec::new(),
            });
            candidate.claims.push((*id, tip.weight));
        }
        let weight =
            |candidate: &Candidate| candidate.claims.iter().map(|(_, weight)| *weight).max();
        let Some(candidate) = candidates.into_values().max_by_key(weight) else {
            return Ok(false);
        };
        tracing::info!(
            target: "sync",
            "Comparing with the branch of block #{} {}, which {} peers say to be heavier",
            candidate.number,
            HexHash(&candidate.hash),
            candidate.claims.len(),
        );
        self.running = Some(self.compare.start(candidate, network.clone()));
        Ok(true)
    }

    /// Whether a claim leads to no run that would have to be compared.
    pub(super) fn is_near(&self, own: Head, peer: &Peer, tip: &Tip) -> Result<bool, ClientError> {
        if self.chain.number_and_parent(tip.hash)?.is_some() {
            return Ok(true);
        }
        if tip.number >= own.number.saturating_add(self.margin()) {
            return Ok(false);
        }
        if self.short.peek(&tip.hash).is_some() {
            return Ok(true);
        }
        if peer.is_suspected {
            return Ok(false);
        }
        // What is final there must not contradict what is final here.
        let finalized = self.chain.finalized();
        match tip.final_number <= finalized.number {
            true => Ok(self.chain.on_best_chain(tip.final_number)? == Some(tip.final_hash)),
            false => Ok(self.chain.number_and_parent(tip.final_hash)?.is_some()),
        }
    }

    /// Whether a peer's chain cannot have the checkpoint yet, or was found to lack it a while ago.
    fn lacks_checkpoint(&self, peer: &Peer, tip: &Tip, now: Instant) -> bool {
        let off = |at| now.saturating_duration_since(at) < OFF_CHECKPOINT_RETRY_INTERVAL;
        let below = |(number, _)| tip.number < number;
        self.settings.checkpoint.is_some_and(below) || peer.off_checkpoint_at.is_some_and(off)
    }

    /// Whether the own chain has the checkpoint, or there is none.
    pub(super) fn keeps_checkpoint(&self) -> Result<bool, ClientError> {
        has_checkpoint(&*self.chain, self.settings.checkpoint)
    }
}

/// Whether a chain has the checkpoint, or there is none.
pub(super) fn has_checkpoint(
    chain: &dyn OwnChain,
    checkpoint: Option<(u32, Hash)>,
) -> Result<bool, ClientError> {
    match checkpoint {
        Some((number, hash)) => Ok(chain.on_best_chain(number)? == Some(hash)),
        None => Ok(true),
    }
}
