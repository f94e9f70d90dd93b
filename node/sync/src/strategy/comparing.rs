//! Which claims are compared, and what follows from the verdict.

use super::AllodSync;
use crate::{
    AllodBlock,
    bans::BAN,
    branch::Branch,
    chain::{Head, OwnChain},
    checkpoint::has_checkpoint,
    compare::{BranchVerdict, Candidate, Claim, Outcome},
    peers::Peer,
    protocol::Tip,
};
use allod_block_rules::fork_choice::BlockWeight;
use allod_chain_spec::Checkpoint;
use allod_core::hash::HexHash;
use futures::channel::oneshot;
use sc_network::PeerId;
use sc_network_sync::service::network::NetworkServiceHandle;
use sp_blockchain::Error as ClientError;
use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a branch that nobody delivered, or that this node could not judge, is left alone.
const UNDECIDED_RETRY_INTERVAL: Duration = Duration::from_secs(300);
/// How long a peer is left alone whose chain lacks the checkpoint: it may go over to another one.
const OFF_CHECKPOINT_RETRY_INTERVAL: Duration = Duration::from_secs(600);
/// Comparisons that run at once.
const MAX_COMPARISONS: usize = 2;
/// How long a comparison runs by itself: then another one begins beside it, unless verified blocks back the claim.
const CHALLENGE_AFTER: Duration = Duration::from_secs(120);
/// How long a node that waits hears strangers, beside the boot and reserved nodes.
const STRANGERS_TIMEOUT: Duration = Duration::from_secs(300);
/// How long a node waits for anybody's claims where no boot or reserved node is named, and at the least for those of one
/// that is.
const ANYBODY_TIMEOUT: Duration = Duration::from_secs(3600);
/// Claims in a row that a peer may leave undelivered before a node that waits waits for it no more.
const MAX_HOLDING_UNDELIVERED: u32 = 3;

/// A claim that is not compared for a while.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settled {
    until: Instant,
    /// Whether it is known what it is worth.
    is_decided: bool,
}

/// Where a peer's claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It says nothing that would have to be compared.
    Settled,
    /// It is to be compared.
    Open,
    /// It could not be compared, and is left alone for a while.
    Undecided,
}

impl<Block: AllodBlock> AllodSync<Block> {
    /// Takes the results of the comparisons that have ended.
    pub(super) fn conclude(&mut self, now: Instant) -> Result<(), ClientError> {
        let mut ended = Vec::new();
        self.running.retain_mut(|(_, running)| {
            let outcome = match running.outcome.try_recv() {
                Ok(None) => return true,
                Ok(Some(outcome)) => Some(outcome),
                Err(oneshot::Canceled) => None,
            };
            ended.push((running.candidate.clone(), outcome));
            false
        });
        for (candidate, outcome) in ended {
            match outcome {
                Some(outcome) => self.conclude_one(&candidate, outcome, now)?,
                None => self.leave_undecided(candidate.claim, now),
            }
        }
        Ok(())
    }

    fn conclude_one(
        &mut self,
        candidate: &Candidate,
        outcome: Outcome,
        now: Instant,
    ) -> Result<(), ClientError> {
        let Outcome { verdict, liars } = outcome;
        let claim = candidate.claim;
        let claimants = candidate.claimants.iter().map(|(id, _)| *id);
        let claimants: Vec<PeerId> = claimants.filter(|id| !liars.contains(id)).collect();
        for liar in liars {
            self.ban(liar, now, "it lied about its chain");
        }
        let shown = HexHash(&claim.hash);
        match verdict {
            BranchVerdict::Short => {
                self.delivered(&claimants);
                self.short.insert(claim, ());
                self.of_peers(&claimants, Peer::trust);
            }
            BranchVerdict::Heavier(branch, weight) => {
                self.delivered(&claimants);
                // One who claims too much for a branch that others claim as it is keeps it from nobody.
                let claimed = candidate.claimants.iter().map(|(_, claimed)| *claimed);
                let is_less = claimed.min().is_some_and(|claimed| claimed > weight);
                if is_less && self.is_more_claimed(weight, claim, now)? {
                    self.leave_undecided(claim, now);
                } else {
                    self.take(branch, weight, claim, claimants, now)?;
                }
            }
            BranchVerdict::NotHeavier => {
                self.delivered(&claimants);
                self.decide(claim, now);
                self.met(&claimants)?;
            }
            BranchVerdict::OffCheckpoint => {
                self.delivered(&claimants);
                self.decide(claim, now);
                self.of_peers(&claimants, |peer| peer.off_checkpoint_at = Some(now));
                self.tell_waiting(now, "a peer's chain does not have the checkpoint");
            }
            BranchVerdict::Wrong(cause) => {
                tracing::warn!(target: "sync", "The branch of {shown} is wrong: {cause}");
                self.decide(claim, now);
            }
            BranchVerdict::NotDelivered => {
                self.not_delivered(&claimants);
                self.leave_undecided(claim, now);
            }
            BranchVerdict::Local(cause) => {
                tracing::warn!(target: "sync", "Cannot compare with the branch of {shown}: {cause}");
                self.not_delivered(&claimants);
                self.leave_undecided(claim, now);
            }
        }
        Ok(())
    }

    /// What follows from a branch that was verified: it is joined if it is heavier now, however long that took.
    fn take(
        &mut self,
        branch: Arc<Branch>,
        weight: BlockWeight,
        claim: Claim,
        claimants: Vec<PeerId>,
        now: Instant,
    ) -> Result<(), ClientError> {
        let is_heavier = weight > self.chain.best()?.weight;
        if !is_heavier && self.keeps_checkpoint()? {
            self.decide(claim, now);
            return self.met(&claimants);
        }
        if self.joins_as_heavy(weight) {
            // Compared again when that one is here.
            return Ok(());
        }
        if !is_heavier {
            self.decide(claim, now);
            self.part_from_checkpoint(claim.hash);
        } else if branch.fork_number() >= self.chain.finalized().number {
            self.join(branch, weight, claim, claimants, now)?;
        } else {
            self.leave_undecided(claim, now);
            self.strand(claim.hash, weight, now);
        }
        Ok(())
    }

    /// Whether another open claim says more than a branch was found to weigh, of somebody who is not known to claim what
    /// nobody delivers. A branch that came first by a lie is not joined before such a claim was compared: blocks of it would
    /// become final, and each new copy of the chain would begin with it again.
    fn is_more_claimed(
        &self,
        weight: BlockWeight,
        claim: Claim,
        now: Instant,
    ) -> Result<bool, ClientError> {
        let own = self.chain.best()?;
        for (id, peer) in &self.peers {
            let says_more = peer
                .tip()
                .is_some_and(|tip| tip.weight > weight && Claim::from(tip) != claim);
            if says_more
                && self.undelivered_by(id) == 0
                && !self.bans.is_banned(id, now)
                && self.standing(own, peer, now)? == Standing::Open
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// It is known what a claim is worth.
    pub(super) fn decide(&mut self, claim: Claim, now: Instant) {
        let (until, is_decided) = (now + BAN, true);
        self.settled.insert(claim, Settled { until, is_decided });
    }

    /// What a claim is worth could not be found out.
    pub(super) fn leave_undecided(&mut self, claim: Claim, now: Instant) {
        let (until, is_decided) = (now + UNDECIDED_RETRY_INTERVAL, false);
        self.settled.insert(claim, Settled { until, is_decided });
    }

    /// Peers delivered what they claim.
    pub(super) fn delivered(&mut self, peers: &[PeerId]) {
        self.is_let_down = false;
        for peer in peers {
            self.undelivered.remove(peer);
        }
    }

    /// Peers did not deliver what they claim: others go first.
    pub(super) fn not_delivered(&mut self, peers: &[PeerId]) {
        self.is_let_down = true;
        for peer in peers {
            let before = self.undelivered_by(peer);
            self.undelivered.insert(*peer, before.saturating_add(1));
        }
    }

    fn undelivered_by(&self, peer: &PeerId) -> u32 {
        self.undelivered.peek(peer).copied().unwrap_or(0)
    }

    fn of_peers(&mut self, peers: &[PeerId], change: impl Fn(&mut Peer)) {
        for peer in peers {
            if let Some(peer) = self.peers.get_mut(peer) {
                change(peer);
            }
        }
    }

    /// Starts the comparison that is due, if any: of the claim that ranks highest, or of another one beside one that takes
    /// long.
    pub(super) fn compare(
        &mut self,
        own: Head,
        now: Instant,
        network: &NetworkServiceHandle,
    ) -> Result<(), ClientError> {
        if let [(_, first), (_, second)] = &self.running[..]
            && first.is_backed()
            && !second.is_backed()
        {
            self.running.truncate(1);
        }
        let candidate = match self.running.first() {
            None if self.is_let_down && self.settings.named.is_empty() => {
                let candidates = self.candidates(own, now)?.into_iter();
                candidates.min_by_key(|candidate| self.seniority(candidate))
            }
            None => {
                let candidates = self.candidates(own, now)?.into_iter();
                candidates.min_by_key(|candidate| self.rank(candidate))
            }
            Some((since, first)) => {
                let is_slow = now.saturating_duration_since(*since) >= CHALLENGE_AFTER;
                if first.is_backed() || !is_slow || self.running.len() >= MAX_COMPARISONS {
                    return Ok(());
                }
                self.challenger(own, now)?
            }
        };
        let Some(candidate) = candidate else {
            return Ok(());
        };
        tracing::info!(
            target: "sync",
            "Comparing with the branch of block #{} {}, which {} peers say to be heavier",
            candidate.claim.number,
            HexHash(&candidate.claim.hash),
            candidate.claimants.len(),
        );
        let running = self.compare.start(candidate, network.clone());
        self.running.push((now, running));
        Ok(())
    }

    /// The claims that are to be compared, each with all who make it.
    fn candidates(&self, own: Head, now: Instant) -> Result<Vec<Candidate>, ClientError> {
        let mut candidates: HashMap<Claim, Candidate> = HashMap::new();
        for (id, peer) in &self.peers {
            let (Some(tip), Standing::Open) = (peer.tip(), self.standing(own, peer, now)?) else {
                continue;
            };
            let claim = Claim::from(tip);
            let candidate = candidates.entry(claim).or_insert_with(|| Candidate {
                claim,
                claimants: Vec::new(),
            });
            candidate.claimants.push((*id, tip.weight));
        }
        let mut candidates: Vec<Candidate> = candidates.into_values().collect();
        for candidate in &mut candidates {
            // They are asked for it in this order.
            let rank = |(id, _): &(PeerId, _)| {
                (self.undelivered_by(id), !self.settings.named.contains(id))
            };
            candidate.claimants.sort_by_key(rank);
        }
        Ok(candidates)
    }

    /// The lowest first: whose claimants have left the fewest claims undelivered, then of boot and reserved nodes, then
    /// the heaviest.
    fn rank(&self, candidate: &Candidate) -> (u32, bool, Reverse<BlockWeight>) {
        let claimants = candidate.claimants.iter();
        let undelivered = claimants
            .clone()
            .map(|(id, _)| self.undelivered_by(id))
            .min();
        let weight = claimants.map(|(_, weight)| *weight).max();
        (
            undelivered.unwrap_or(u32::MAX),
            !self.is_of_named(candidate),
            Reverse(weight.unwrap_or(0)),
        )
    }

    fn is_of_named(&self, candidate: &Candidate) -> bool {
        let mut claimants = candidate.claimants.iter();
        claimants.any(|(id, _)| self.settings.named.contains(id))
    }

    /// What is compared beside a claim that takes long: that of a boot or reserved node if any is named, else of the peer
    /// that has been here longest, so that whoever comes anew with ever heavier claims does not starve it.
    fn challenger(&self, own: Head, now: Instant) -> Result<Option<Candidate>, ClientError> {
        let is_busy = |id: &PeerId| {
            let mut running = self.running.iter();
            running.any(|(_, running)| {
                running
                    .candidate
                    .claimants
                    .iter()
                    .any(|(busy, _)| busy == id)
            })
        };
        let mut candidates = self.candidates(own, now)?;
        candidates.retain(|candidate| {
            let is_free = candidate.claimants.iter().any(|(id, _)| !is_busy(id));
            is_free && (self.settings.named.is_empty() || self.is_of_named(candidate))
        });
        let order = |candidate: &Candidate| self.seniority(candidate);
        Ok(candidates.into_iter().min_by_key(order))
    }

    /// The lowest first: whose claimants have left the fewest claims undelivered, then the one that has been here longest.
    fn seniority(&self, candidate: &Candidate) -> (u32, Option<Instant>) {
        let claimants = candidate.claimants.iter().map(|(id, _)| id);
        let known = claimants.filter_map(|id| self.peers.get(id));
        let since = known.map(|peer| peer.since).min();
        (self.rank(candidate).0, since)
    }

    /// Where a peer's claim stands. A lighter one counts only if the own chain lacks the checkpoint.
    fn standing(&self, own: Head, peer: &Peer, now: Instant) -> Result<Standing, ClientError> {
        let Some(tip) = peer.tip() else {
            return Ok(Standing::Settled);
        };
        if (tip.weight <= own.weight && self.keeps_checkpoint()?)
            || self.lacks_checkpoint(peer, tip, now)
            || self.is_short(own, tip)
            || self.is_near(own, peer, tip, now)?
        {
            return Ok(Standing::Settled);
        }
        let settled = self.settled.peek(&Claim::from(tip));
        Ok(match settled.filter(|settled| settled.until > now) {
            Some(settled) if settled.is_decided => Standing::Settled,
            Some(_) => Standing::Undecided,
            None => Standing::Open,
        })
    }

    /// Whether a node that has waited for `waited` has to wait on for what comes of some claim, or of one that verified
    /// blocks back.
    pub(super) fn is_held(
        &self,
        own: Head,
        waited: Duration,
        now: Instant,
    ) -> Result<bool, ClientError> {
        for (_, running) in &self.running {
            let mut claimants = running.candidate.claimants.iter();
            if running.is_backed()
                || claimants.any(|(id, _)| self.may_hold(id, Standing::Open, waited))
            {
                return Ok(true);
            }
        }
        for (id, peer) in &self.peers {
            let standing = self.standing(own, peer, now)?;
            if self.may_hold(id, standing, waited) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Boot and reserved nodes are waited for until it is known what their claims are worth. So is anybody where none is
    /// named, but not for ever; else strangers are heard first, and not for long. Whoever never delivers is waited for no
    /// more, after an hour also if it is named: that a chain stays provisional until such a claim was compared is another
    /// matter.
    fn may_hold(&self, peer: &PeerId, standing: Standing, waited: Duration) -> bool {
        let is_named = self.settings.named.contains(peer);
        let is_alone = self.settings.named.is_empty();
        let delivers = self.undelivered_by(peer) < MAX_HOLDING_UNDELIVERED;
        match standing {
            Standing::Settled => false,
            Standing::Open | Standing::Undecided if is_named => {
                delivers || waited < ANYBODY_TIMEOUT
            }
            Standing::Open | Standing::Undecided if is_alone => {
                delivers && waited < ANYBODY_TIMEOUT
            }
            Standing::Open => waited < STRANGERS_TIMEOUT,
            Standing::Undecided => false,
        }
    }

    /// Whether a boot or reserved node claims a chain whose worth is not known yet.
    pub(super) fn is_any_named_open(&self, own: Head, now: Instant) -> Result<bool, ClientError> {
        for peer in self.peers.values().filter(|peer| peer.is_named) {
            if self.standing(own, peer, now)? != Standing::Settled {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a claim was found to be too short to be compared, and still is.
    fn is_short(&self, own: Head, tip: &Tip) -> bool {
        let is_close = tip.number < own.number.saturating_add(self.margin());
        is_close && self.short.peek(&Claim::from(tip)).is_some()
    }

    /// Whether a claim leads to no run that would have to be compared.
    pub(super) fn is_near(
        &self,
        own: Head,
        peer: &Peer,
        tip: &Tip,
        now: Instant,
    ) -> Result<bool, ClientError> {
        // It could claim the own tip, and bring the same again.
        if peer.is_suspected(now) {
            return Ok(false);
        }
        if self.is_short(own, tip) || self.chain.number_and_parent(tip.hash)?.is_some() {
            return Ok(true);
        }
        if tip.number >= own.number.saturating_add(self.margin()) {
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
        let below = |checkpoint: Checkpoint| tip.number < checkpoint.number;
        self.settings.checkpoint.is_some_and(below) || peer.off_checkpoint_at.is_some_and(off)
    }

    /// Whether the own chain has the checkpoint, or there is none.
    pub(super) fn keeps_checkpoint(&self) -> Result<bool, ClientError> {
        keeps(&*self.chain, self.settings.checkpoint.as_ref())
    }
}

/// Whether a chain has the checkpoint, or there is none.
pub(super) fn keeps(
    chain: &dyn OwnChain,
    checkpoint: Option<&Checkpoint>,
) -> Result<bool, ClientError> {
    checkpoint.map_or(Ok(true), |checkpoint| has_checkpoint(chain, checkpoint))
}
