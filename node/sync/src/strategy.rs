//! The syncing strategy: the SDK's, behind a gate.
//!
//! `Waiting` for what peers say, nothing of theirs is imported. `Joining` a branch that was compared:
//! its blocks are imported and no others. `Following`: every peer whose claim is near, less than half
//! the confirmation depth ahead, is the SDK's to sync with; a claim that is not near is compared first.
//!
//! | module | holds |
//! |---|---|
//! | [`tips`] | what peers say, and who lied |
//! | [`comparing`] | which claims are compared, and what follows from the verdict |
//! | [`following`] | from waiting to following, and back |
//! | [`joining`] | the import of a compared branch |
//! | [`gate`] | which blocks may pass |
//! | [`telling`] | what the user is told |

mod comparing;
mod following;
mod gate;
mod joining;
mod telling;
#[cfg(test)]
mod tests;
mod tips;

use crate::{
    AllodBlock,
    bans::{Bans, REPORT},
    chain::OwnChain,
    compare::{Claim, Compare, Running},
    peers::{Answer, Peer},
    provisional::ResyncRule,
    uncompared_blocks,
};
use allod_chain_spec::Checkpoint;
use allod_core::Hash;
use comparing::{Settled, keeps};
use futures::channel::oneshot;
use joining::Joining;
use sc_consensus::{BlockImportError, BlockImportStatus};
use sc_network::{PeerId, RequestFailure, types::ProtocolName};
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
    sync::Arc,
    time::Instant,
};
use telling::Stranded;

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
/// Branches whose verdict is remembered.
const MAX_VERDICTS: u32 = 1024;
/// Peers of which it is remembered how often they did not deliver what they claim.
const MAX_UNDELIVERED: u32 = 4096;
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
    /// A block that the chain must have.
    pub checkpoint: Option<Checkpoint>,
    /// When the copy of the chain is dropped for a heavier branch.
    pub resync: ResyncRule,
    /// Asks whoever runs the node to stop it, drop the copy of the chain, and start it again.
    pub ask_for_resync: Box<dyn Fn() + Send>,
    /// Protocol by which tips are asked for.
    pub tip_protocol: ProtocolName,
    /// Whether a block is known to break a rule.
    pub is_condemned: Box<dyn Fn(&H256) -> bool + Send>,
}

/// What the node imports of its peers.
enum State {
    /// Nothing.
    Waiting {
        /// Since when.
        since: Instant,
        /// Since when nobody answers, if so.
        nobody_since: Instant,
    },
    /// The blocks of a branch that was compared.
    Joining(Joining),
    /// Short runs.
    Following,
}

impl State {
    /// From now on.
    fn waiting(now: Instant) -> Self {
        Self::Waiting {
            since: now,
            nobody_since: now,
        }
    }

    /// Whether the SDK's strategy decides what is asked for.
    fn is_following(&self) -> bool {
        match self {
            Self::Following => true,
            Self::Waiting { .. } | Self::Joining(_) => false,
        }
    }
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
    /// The comparisons that run, and since when: what ranks highest, and one more beside it.
    running: Vec<(Instant, Running)>,
    stranded: Option<Stranded>,
    /// Whether a chain with the checkpoint was verified, but the own one, which lacks it, is heavier.
    is_off_checkpoint: bool,
    /// Whether the chain was compared with no boot or reserved node's yet, and has no checkpoint.
    is_provisional: bool,
    /// Claims that need no comparison (again).
    settled: LruMap<Claim, Settled>,
    /// Tips that part above the final block by less than half the confirmation depth.
    short: LruMap<Claim, ()>,
    /// How often in a row peers did not deliver what they claim.
    undelivered: LruMap<PeerId, u32>,
    /// Whether nobody delivered what was compared last.
    is_let_down: bool,
    /// Where blocks that are on their way into the chain part from it.
    passed: LruMap<Hash, u32>,
    bans: Bans,
    /// When it was last said what is waited for, and what.
    told: Option<(Instant, &'static str)>,
    actions: Vec<SyncingAction<Block>>,
}

impl<Block: AllodBlock> AllodSync<Block> {
    /// Begins to wait, or to follow on a development chain that has the checkpoint, if there is one.
    pub fn new(
        new_inner: NewInner<Block>,
        chain: Arc<dyn OwnChain>,
        compare: Box<dyn Compare>,
        settings: Settings,
    ) -> Result<Self, ClientError> {
        let keeps_checkpoint = keeps(&*chain, settings.checkpoint.as_ref())?;
        let state = match settings.is_development && keeps_checkpoint {
            true => State::Following,
            false => State::waiting(Instant::now()),
        };
        Ok(Self {
            inner: new_inner()?,
            new_inner,
            is_provisional: chain.is_provisional()?,
            chain,
            compare,
            settings,
            peers: HashMap::new(),
            asked: Vec::new(),
            state,
            running: Vec::new(),
            stranded: None,
            is_off_checkpoint: false,
            settled: LruMap::new(ByLength::new(MAX_VERDICTS)),
            short: LruMap::new(ByLength::new(MAX_VERDICTS)),
            undelivered: LruMap::new(ByLength::new(MAX_UNDELIVERED)),
            is_let_down: false,
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
                if let Some(end) = joining.end(&*self.chain, now)? {
                    self.leave(end, now)?;
                }
            }
            State::Following => self.follow(own, now, network)?,
        }
        self.tell_stranded(own, now);
        Ok(())
    }
}

impl<Block: AllodBlock> SyncingStrategy<Block> for AllodSync<Block> {
    fn add_peer(&mut self, peer: PeerId, best_hash: H256, best_number: u32) {
        let is_named = self.settings.named.contains(&peer);
        let now = Instant::now();
        let new = Peer::new((best_hash.into(), best_number), is_named, now);
        self.peers.insert(peer, new);
        if self.bans.is_banned(&peer, now) {
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
        if peer.is_followed && is_near && self.state.is_following() {
            return self
                .inner
                .on_validated_block_announce(is_best, id, announce);
        }
        is_best.then_some((hash, number))
    }

    fn set_sync_fork_request(&mut self, peers: Vec<PeerId>, hash: &H256, number: u32) {
        if self.state.is_following() {
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
            // A body or a justification that is not the header's is no fault of the branch.
            if let Err(BlockImportError::BadBlock(_)) = result
                && let State::Joining(joining) = &mut self.state
                && (self.settings.is_condemned)(hash)
            {
                joining.fail_by((*hash).into());
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
        match &self.state {
            State::Waiting { .. } | State::Joining(_) => true,
            State::Following => {
                self.stranded.is_some()
                    || self.running.iter().any(|(_, running)| running.is_backed())
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
        let now = Instant::now();
        self.tick(now, network)?;
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
                        self.hold(&blocks, now)?;
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
