//! The syncing strategy: the SDK's, behind a gate.
//!
//! `Waiting` for what peers say, nothing of theirs is imported. `Joining` a branch that was compared:
//! its blocks are imported and no others. `Following`: every peer whose claim is near, less than half
//! the confirmation depth ahead, is the SDK's to sync with; a claim that is not near is compared first.

use crate::{
    bans::{Bans, REPORT},
    branch::Branch,
    chain::{Head, OwnChain},
    compare::{Candidate, Compare, Outcome, Running, Verdict},
    peers::{Answer, Answers, Peer, answers},
    protocol::{self, Tip},
    uncompared_blocks,
};
use allod_block_rules::fork_choice::BlockWeight;
use allod_core::{Hash, hash::HexHash};
use futures::{FutureExt, channel::oneshot};
use sc_consensus::{BlockImportError, BlockImportStatus, IncomingBlock};
use sc_network::{IfDisconnected, PeerId, RequestFailure, types::ProtocolName};
use sc_network_common::sync::message::BlockAnnounce;
use sc_network_sync::{
    SyncState, SyncStatus,
    service::network::NetworkServiceHandle,
    strategy::{StrategyKey, SyncingAction, SyncingStrategy},
    types::BadPeer,
};
use schnellru::{ByLength, LruMap};
use sp_blockchain::Error as ClientError;
use sp_core::H256;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT, NumberFor};
use std::{
    any::Any,
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

/// Makes a strategy of the SDK's.
pub type NewInner<Block> =
    Box<dyn Fn() -> Result<Box<dyn SyncingStrategy<Block>>, ClientError> + Send>;

/// What a block came to in the import queue.
type Imported<Block> = (
    Result<BlockImportStatus<NumberFor<Block>>, BlockImportError>,
    <Block as BlockT>::Hash,
);

/// An answer of the network.
type Response = Result<(Vec<u8>, ProtocolName), RequestFailure>;

/// Under which the SDK's strategy asks for blocks.
const INNER_KEY: StrategyKey = StrategyKey::new("ChainSync");
/// How long a node without peers waits for one before it goes on alone.
pub const ALONE: Duration = Duration::from_secs(60);
/// How long a branch that is joined may stand still before the node asks around again.
const STANDSTILL: Duration = Duration::from_secs(60);
/// How often a node says that the network's chain is not its own, or what it waits for.
const TELL_INTERVAL: Duration = Duration::from_secs(600);
/// How often a node that waits says what for.
const WAITING_TELL_INTERVAL: Duration = Duration::from_secs(60);
/// How soon it says so when it waits for something else.
const NEWS_TELL_INTERVAL: Duration = Duration::from_secs(5);
/// How long a branch that nobody delivered, or that this node could not judge, is left alone.
const LAST_IN_LINE: Duration = Duration::from_secs(300);
/// Branches whose verdict is remembered.
const MAX_VERDICTS: u32 = 1024;
/// Blocks on their way to the import queue whose place is remembered.
const MAX_PASSED: u32 = 8192;

/// What a strategy is told about its node.
pub struct Settings {
    /// Boot and reserved nodes.
    pub named: HashSet<PeerId>,
    /// Whether the chain is one for development: the node does not wait.
    pub is_development: bool,
    /// Of the chain.
    pub confirmation_depth: u32,
    /// Number and hash of a block that the chain must have.
    pub checkpoint: Option<(u32, Hash)>,
    /// Protocol by which tips are asked for.
    pub tip_protocol: ProtocolName,
    /// Whether a block is known to break a rule.
    pub is_condemned: Box<dyn Fn(&H256) -> bool + Send>,
}

/// What the node imports of its peers.
enum State {
    /// Nothing. Since when nobody answers, if so.
    Waiting { nobody_since: Instant },
    /// The blocks of a branch that was compared.
    Joining(Joining),
    /// Short runs.
    Following,
}

struct Joining {
    branch: Arc<Branch>,
    best: u32,
    moved_at: Instant,
}

/// A heavier branch that this node verified and cannot join: it parts below the final block.
struct Stranded {
    theirs: Hash,
    weight: BlockWeight,
    told_at: Option<Instant>,
}

/// The syncing strategy of a node.
pub struct AllodSync<Block: BlockT> {
    inner: Box<dyn SyncingStrategy<Block>>,
    new_inner: NewInner<Block>,
    chain: Arc<dyn OwnChain>,
    compare: Box<dyn Compare>,
    settings: Settings,
    peers: HashMap<PeerId, Peer>,
    asked: Vec<(PeerId, oneshot::Receiver<Response>)>,
    state: State,
    running: Option<Running>,
    stranded: Option<Stranded>,
    /// Tips that need no comparison (again), until when.
    settled: LruMap<Hash, Instant>,
    /// Tips that part above the final block by less than half the confirmation depth.
    short: LruMap<Hash, ()>,
    /// Where blocks that are on their way into the chain part from it.
    passed: LruMap<Hash, u32>,
    bans: Bans,
    /// When it was last said what is waited for, and what.
    told: Option<(Instant, &'static str)>,
    actions: Vec<SyncingAction<Block>>,
}

impl<Block> AllodSync<Block>
where
    Block: BlockT<Hash = H256>,
    Block::Header: HeaderT<Number = u32>,
{
    /// Begins to wait, or to follow on a development chain.
    pub fn new(
        new_inner: NewInner<Block>,
        chain: Arc<dyn OwnChain>,
        compare: Box<dyn Compare>,
        settings: Settings,
    ) -> Result<Self, ClientError> {
        let state = match settings.is_development {
            true => State::Following,
            false => State::Waiting {
                nobody_since: Instant::now(),
            },
        };
        Ok(Self {
            inner: new_inner()?,
            new_inner,
            chain,
            compare,
            settings,
            peers: HashMap::new(),
            asked: Vec::new(),
            state,
            running: None,
            stranded: None,
            settled: LruMap::new(ByLength::new(MAX_VERDICTS)),
            short: LruMap::new(ByLength::new(MAX_VERDICTS)),
            passed: LruMap::new(ByLength::new(MAX_PASSED)),
            bans: Bans::default(),
            told: None,
            actions: Vec::new(),
        })
    }

    fn margin(&self) -> u32 {
        uncompared_blocks(self.settings.confirmation_depth)
    }

    /// Goes on from what has happened since the last time.
    fn tick(&mut self, now: Instant, network: &NetworkServiceHandle) -> Result<(), ClientError> {
        self.report_liars(now, network);
        self.hear(now);
        self.ask(now, network);
        self.conclude(now)?;
        let own = self.chain.best()?;
        match &mut self.state {
            State::Waiting { .. } => self.wait(own, now, network)?,
            State::Joining(joining) => {
                if joining.best != own.number {
                    joining.best = own.number;
                    joining.moved_at = now;
                }
                let arrived = own.number >= joining.branch.tip_number();
                let stands = now.saturating_duration_since(joining.moved_at) > STANDSTILL;
                if arrived || stands {
                    self.enter_waiting(now)?;
                }
            }
            State::Following => self.follow(own, now, network)?,
        }
        self.tell_stranded(own, now);
        Ok(())
    }

    fn report_liars(&mut self, now: Instant, network: &NetworkServiceHandle) {
        for peer in self.bans.due(now) {
            network.report_peer(peer, REPORT);
        }
    }

    /// Takes the answers that have come.
    fn hear(&mut self, now: Instant) {
        let mut waiting = Vec::new();
        for (peer, mut receiver) in std::mem::take(&mut self.asked) {
            let response = match (&mut receiver).now_or_never() {
                None => {
                    waiting.push((peer, receiver));
                    continue;
                }
                Some(Ok(Ok((bytes, _)))) => Some(bytes),
                Some(Ok(Err(_)) | Err(_)) => None,
            };
            let Some(known) = self.peers.get_mut(&peer) else {
                continue;
            };
            if !matches!(known.answer, Answer::Pending(_)) {
                continue;
            }
            match response.as_deref().map(protocol::read_tip) {
                Some(Some(tip)) => {
                    known.best = (tip.hash, tip.number);
                    known.answer = Answer::Given(tip, now);
                }
                Some(None) => self.ban(peer, now, "its answer is no tip"),
                None => known.answer = Answer::None(now),
            }
        }
        self.asked = waiting;
        for peer in self.peers.values_mut() {
            peer.expire(now);
        }
    }

    /// Asks the peers whose turn it is.
    fn ask(&mut self, now: Instant, network: &NetworkServiceHandle) {
        for (id, peer) in &mut self.peers {
            if peer.ask(now) {
                let (sender, receiver) = oneshot::channel();
                let protocol = self.settings.tip_protocol.clone();
                let connect = IfDisconnected::ImmediateError;
                network.start_request(*id, protocol, Vec::new(), sender, connect);
                self.asked.push((*id, receiver));
            }
        }
    }

    /// Takes the result of a comparison, if one has ended.
    fn conclude(&mut self, now: Instant) -> Result<(), ClientError> {
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
            self.settled.insert(tip, now + LAST_IN_LINE);
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
                    self.settled.insert(tip, now + LAST_IN_LINE);
                    self.stranded = Some(Stranded {
                        theirs: tip,
                        weight,
                        told_at: None,
                    });
                }
            }
            Verdict::NotHeavier => {
                self.settled.insert(tip, now + crate::bans::BAN);
            }
            Verdict::OffCheckpoint => {
                self.settled.insert(tip, now + crate::bans::BAN);
                self.tell_waiting(now, "a peer's chain does not have the checkpoint");
            }
            Verdict::Wrong(cause) => {
                tracing::warn!(target: "sync", "The branch of {shown} is wrong: {cause}");
                self.settled.insert(tip, now + crate::bans::BAN);
            }
            Verdict::NotDelivered => {
                self.settled.insert(tip, now + LAST_IN_LINE);
            }
            Verdict::Local(cause) => {
                tracing::warn!(target: "sync", "Cannot compare with the branch of {shown}: {cause}");
                self.settled.insert(tip, now + LAST_IN_LINE);
            }
        }
        Ok(())
    }

    fn wait(
        &mut self,
        own: Head,
        now: Instant,
        network: &NetworkServiceHandle,
    ) -> Result<(), ClientError> {
        let answers = answers(&self.peers, !self.settings.named.is_empty());
        let any_given = self.peers.values().any(|peer| peer.tip().is_some());
        if any_given && let State::Waiting { nobody_since } = &mut self.state {
            *nobody_since = now;
        }
        match answers {
            Answers::Nobody => {
                let State::Waiting { nobody_since } = self.state else {
                    return Ok(());
                };
                let alone = now.saturating_duration_since(nobody_since) >= ALONE;
                let free = self.peers.is_empty() || self.settings.named.is_empty();
                if alone && free && self.keeps_checkpoint()? {
                    tracing::info!(target: "sync", "No peer has answered for a minute: going on alone");
                    self.enter_following()?;
                } else if free {
                    self.tell_waiting(
                        now,
                        "no peer yet; after a minute without one, this node goes on alone",
                    );
                } else {
                    self.tell_waiting(now, "no boot or reserved node has answered yet");
                }
            }
            Answers::Awaited => {}
            Answers::NoneNamed => self.tell_waiting(
                now,
                "none of the boot and reserved nodes has said which chain it has",
            ),
            Answers::Enough => {
                if self.running.is_none() && !self.compare_heaviest(own, now, network)? {
                    if self.keeps_checkpoint()? {
                        self.enter_following()?;
                    } else {
                        self.tell_waiting(now, "no peer has a chain with the checkpoint");
                    }
                }
            }
        }
        Ok(())
    }

    /// Gives peers whose claim is near to the SDK's strategy, and has the heaviest other claim compared.
    fn follow(
        &mut self,
        own: Head,
        now: Instant,
        network: &NetworkServiceHandle,
    ) -> Result<(), ClientError> {
        let mut near = Vec::new();
        for (id, peer) in &self.peers {
            if !peer.is_followed
                && let Some(tip) = peer.tip()
                && self.is_near(own, peer, tip)?
            {
                // What was announced since may be far, and not asked about yet.
                let far = peer.best.1 >= own.number.saturating_add(self.margin());
                near.push((
                    *id,
                    if far {
                        (tip.hash, tip.number)
                    } else {
                        peer.best
                    },
                ));
            }
        }
        for (id, (hash, number)) in near {
            if let Some(peer) = self.peers.get_mut(&id) {
                peer.is_followed = true;
            }
            self.inner.add_peer(id, hash.into(), number);
        }
        // Where a verified branch cannot be joined, its next blocks need no verification.
        if self.running.is_none() && self.stranded.is_none() {
            self.compare_heaviest(own, now, network)?;
        }
        Ok(())
    }

    /// Whether a claim leads to no run that would have to be compared.
    fn is_near(&self, own: Head, peer: &Peer, tip: &Tip) -> Result<bool, ClientError> {
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

    /// Starts to compare the heaviest claim that needs it; false if none does.
    fn compare_heaviest(
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
            if settled.is_some_and(|until| *until > now) || self.is_near(own, peer, tip)? {
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

    /// Whether the own chain has the checkpoint, or there is none.
    fn keeps_checkpoint(&self) -> Result<bool, ClientError> {
        match self.settings.checkpoint {
            Some((number, hash)) => Ok(self.chain.on_best_chain(number)? == Some(hash)),
            None => Ok(true),
        }
    }

    /// Imports a branch that was compared.
    fn join(&mut self, branch: Arc<Branch>, now: Instant) -> Result<(), ClientError> {
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
            branch,
            best: self.chain.best()?.number,
            moved_at: now,
        });
        Ok(())
    }

    fn enter_waiting(&mut self, now: Instant) -> Result<(), ClientError> {
        self.renew_inner()?;
        for peer in self.peers.values_mut() {
            peer.answer = Answer::Unasked;
        }
        self.state = State::Waiting { nobody_since: now };
        Ok(())
    }

    fn enter_following(&mut self) -> Result<(), ClientError> {
        self.renew_inner()?;
        self.state = State::Following;
        Ok(())
    }

    /// Begins anew with a strategy that has no peers.
    fn renew_inner(&mut self) -> Result<(), ClientError> {
        for (id, peer) in &mut self.peers {
            if std::mem::take(&mut peer.is_followed) {
                self.actions.push(SyncingAction::CancelRequest {
                    peer_id: *id,
                    key: INNER_KEY,
                });
            }
        }
        self.inner = (self.new_inner)()?;
        Ok(())
    }

    fn ban(&mut self, peer: PeerId, now: Instant, cause: &str) {
        tracing::info!(target: "sync", "Peer {peer} is banned for a day: {cause}");
        self.bans.ban(peer, now);
        self.actions
            .push(SyncingAction::DropPeer(BadPeer(peer, REPORT)));
    }

    fn tell_waiting(&mut self, now: Instant, what: &'static str) {
        let silent = |(at, told)| {
            let interval = if told == what {
                WAITING_TELL_INTERVAL
            } else {
                NEWS_TELL_INTERVAL
            };
            now.saturating_duration_since(at) < interval
        };
        if !self.told.is_some_and(silent) {
            self.told = Some((now, what));
            tracing::info!(target: "sync", "Waiting: {what}");
        }
    }

    fn tell_stranded(&mut self, own: Head, now: Instant) {
        let Some(stranded) = &mut self.stranded else {
            return;
        };
        if own.weight >= stranded.weight {
            self.stranded = None;
            return;
        }
        let silent = |at| now.saturating_duration_since(at) < TELL_INTERVAL;
        if !stranded.told_at.is_some_and(silent) {
            stranded.told_at = Some(now);
            let finalized = self.chain.finalized();
            tracing::error!(
                target: "sync",
                "The network's chain, whose block {} was verified to be heavier, does not build on #{} {}, \
                 which is final here: no blocks are made; `allod node --resync` joins it",
                HexHash(&stranded.theirs),
                finalized.number,
                HexHash(&finalized.hash),
            );
        }
    }

    /// Whether blocks that the SDK's strategy wants to import are within what may be imported.
    fn may_pass(&mut self, blocks: &[IncomingBlock<Block>]) -> Result<bool, ClientError> {
        for block in blocks {
            let Some(header) = &block.header else {
                continue;
            };
            let (number, hash) = (*header.number(), block.hash.into());
            if self.chain.number_and_parent(hash)?.is_some() {
                continue;
            }
            let passes = match &self.state {
                State::Waiting { .. } => false,
                State::Joining(joining) => joining.branch.hash(number) == Some(hash),
                State::Following => {
                    let parent = (*header.parent_hash()).into();
                    match self.fork_of(number.saturating_sub(1), parent)? {
                        // The import queue knows no such parent either.
                        None => true,
                        Some(fork) => {
                            self.passed.insert(hash, fork);
                            fork >= self.chain.finalized().number
                                && number.saturating_sub(fork) < self.margin()
                        }
                    }
                }
            };
            if !passes {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Number of the block of the best chain that a block builds on; none if it is not known.
    fn fork_of(&mut self, mut number: u32, mut hash: Hash) -> Result<Option<u32>, ClientError> {
        let finalized = self.chain.finalized().number;
        loop {
            if self.chain.on_best_chain(number)? == Some(hash) {
                return Ok(Some(number));
            }
            if let Some((_, parent)) = self.chain.number_and_parent(hash)? {
                if number <= finalized {
                    return Ok(Some(finalized.saturating_sub(1)));
                }
                (number, hash) = (number.saturating_sub(1), parent);
            } else {
                return Ok(self.passed.get(&hash).copied());
            }
        }
    }

    /// The SDK's strategy wants to import what must be compared first: its peers are asked again, and
    /// those that brought the blocks are compared even if their claim is near.
    fn hold(&mut self, blocks: &[IncomingBlock<Block>]) -> Result<(), ClientError> {
        let origins: HashSet<PeerId> = blocks.iter().filter_map(|block| block.origin).collect();
        tracing::debug!(target: "sync", "{} blocks are compared before they are imported", blocks.len());
        let again: Vec<_> = self
            .peers
            .iter()
            .filter(|(id, peer)| peer.is_followed && !origins.contains(id))
            .map(|(id, peer)| (*id, peer.best))
            .collect();
        self.renew_inner()?;
        for (id, (hash, number)) in again {
            if let Some(peer) = self.peers.get_mut(&id) {
                peer.is_followed = true;
                self.inner.add_peer(id, hash.into(), number);
            }
        }
        for peer in origins {
            if let Some(peer) = self.peers.get_mut(&peer) {
                peer.is_suspected = true;
                peer.answer = Answer::Unasked;
            }
        }
        Ok(())
    }
}

impl<Block> SyncingStrategy<Block> for AllodSync<Block>
where
    Block: BlockT<Hash = H256>,
    Block::Header: HeaderT<Number = u32>,
{
    fn add_peer(&mut self, peer: PeerId, best_hash: H256, best_number: u32) {
        let is_named = self.settings.named.contains(&peer);
        let new = Peer::new((best_hash.into(), best_number), is_named);
        self.peers.insert(peer, new);
        if self.bans.is_banned(&peer, Instant::now()) {
            self.actions
                .push(SyncingAction::DropPeer(BadPeer(peer, REPORT)));
        }
    }

    fn remove_peer(&mut self, peer: &PeerId) {
        if self.peers.remove(peer).is_some_and(|peer| peer.is_followed) {
            self.inner.remove_peer(peer);
        }
    }

    fn on_validated_block_announce(
        &mut self,
        is_best: bool,
        id: PeerId,
        announce: &BlockAnnounce<Block::Header>,
    ) -> Option<(H256, u32)> {
        let (hash, number) = (announce.header.hash(), *announce.header.number());
        if (self.settings.is_condemned)(&hash) {
            self.ban(
                id,
                Instant::now(),
                &format!("it announced block {hash}, which breaks a rule"),
            );
            return None;
        }
        let own = self.chain.best().ok()?;
        let is_near = number < own.number.saturating_add(self.margin());
        let peer = self.peers.get_mut(&id)?;
        if is_best {
            peer.best = (hash.into(), number);
        }
        if !is_near && !peer.is_awaited() {
            peer.answer = Answer::Unasked;
        }
        if peer.is_followed && is_near && matches!(self.state, State::Following) {
            return self
                .inner
                .on_validated_block_announce(is_best, id, announce);
        }
        is_best.then_some((hash, number))
    }

    fn set_sync_fork_request(&mut self, peers: Vec<PeerId>, hash: &H256, number: u32) {
        if matches!(self.state, State::Following) {
            self.inner.set_sync_fork_request(peers, hash, number);
        }
    }

    fn request_justification(&mut self, hash: &H256, number: u32) {
        self.inner.request_justification(hash, number);
    }

    fn clear_justification_requests(&mut self) {
        self.inner.clear_justification_requests();
    }

    fn on_justification_import(&mut self, hash: H256, number: u32, success: bool) {
        self.inner.on_justification_import(hash, number, success);
    }

    fn on_generic_response(
        &mut self,
        peer: &PeerId,
        key: StrategyKey,
        protocol: ProtocolName,
        response: Box<dyn Any + Send>,
    ) {
        if self.peers.get(peer).is_some_and(|peer| peer.is_followed) {
            self.inner
                .on_generic_response(peer, key, protocol, response);
        }
    }

    fn on_blocks_processed(
        &mut self,
        imported: usize,
        count: usize,
        results: Vec<Imported<Block>>,
    ) {
        let now = Instant::now();
        for (result, hash) in &results {
            if let Err(BlockImportError::BadBlock(Some(peer))) = result {
                self.ban(*peer, now, &format!("block {hash} of it breaks a rule"));
            }
        }
        self.inner.on_blocks_processed(imported, count, results);
    }

    fn on_block_finalized(&mut self, hash: &H256, number: u32) {
        self.inner.on_block_finalized(hash, number);
    }

    fn update_chain_info(&mut self, best_hash: &H256, best_number: u32) {
        self.inner.update_chain_info(best_hash, best_number);
    }

    fn is_major_syncing(&self) -> bool {
        let backed = |running: &Running| running.backed.load(Ordering::Relaxed);
        match &self.state {
            State::Waiting { .. } | State::Joining(_) => true,
            State::Following => {
                self.stranded.is_some() || self.running.as_ref().is_some_and(backed)
            }
        }
    }

    fn num_peers(&self) -> usize {
        self.peers.len()
    }

    fn status(&self) -> SyncStatus<Block> {
        let best_seen = self.peers.values().map(|peer| peer.best.1).max();
        let target = match &self.state {
            State::Joining(joining) => joining.branch.tip_number(),
            State::Waiting { .. } | State::Following => best_seen.unwrap_or(0),
        };
        SyncStatus {
            state: match self.is_major_syncing() {
                true => SyncState::Downloading { target },
                false => SyncState::Idle,
            },
            best_seen_block: best_seen,
            num_peers: u32::try_from(self.peers.len()).unwrap_or(u32::MAX),
            ..self.inner.status()
        }
    }

    fn num_downloaded_blocks(&self) -> usize {
        self.inner.num_downloaded_blocks()
    }

    fn num_sync_requests(&self) -> usize {
        self.inner.num_sync_requests()
    }

    fn actions(
        &mut self,
        network: &NetworkServiceHandle,
    ) -> Result<Vec<SyncingAction<Block>>, ClientError> {
        self.tick(Instant::now(), network)?;
        let mut held = false;
        for action in self.inner.actions(network)? {
            match action {
                SyncingAction::ImportBlocks { origin, blocks } => {
                    if held {
                        continue;
                    }
                    if self.may_pass(&blocks)? {
                        self.actions
                            .push(SyncingAction::ImportBlocks { origin, blocks });
                    } else {
                        self.hold(&blocks)?;
                        held = true;
                    }
                }
                // The strategy that asks has been given up.
                SyncingAction::StartRequest { .. } if held => {}
                other @ (SyncingAction::StartRequest { .. }
                | SyncingAction::CancelRequest { .. }
                | SyncingAction::DropPeer(_)
                | SyncingAction::ImportJustifications { .. }
                | SyncingAction::Finished) => self.actions.push(other),
            }
        }
        Ok(std::mem::take(&mut self.actions))
    }
}

#[cfg(test)]
mod tests;
