//! The source of proof-of-time: brings evaluation, gossip and blocks together.

use crate::{
    Error,
    best_block::BlockReader,
    cache::PotVerifier,
    gossip::{Event, Gossip, GossipNetwork},
    requests::{Outcome, RequestNetwork, Server},
    shared::{Shared, View},
    state::SlotTick,
    timekeeper::{Timekeeper, TimekeeperConfig, choose_core},
    watch::Watch,
};
use allod_consensus_primitives::FarmingApi;
use allod_core::{PotOutput, Slot};
use core_affinity::CoreId;
use futures::{FutureExt, StreamExt};
use sc_client_api::{BlockchainEvents, ImportNotifications};
use sc_network::{PeerId, config::IncomingRequest};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::Block as BlockT;
use std::{sync::Arc, time::Instant};
use tokio::{
    sync::{broadcast, mpsc},
    task::JoinHandle,
    time::MissedTickBehavior,
};

/// What the rest of the node asks the source. A cheap handle.
#[derive(Clone)]
pub struct PotSourceHandle {
    shared: Arc<Shared>,
}

impl PotSourceHandle {
    /// The newest slot that this node knows, verified, on the best chain; 0 before slot 1.
    pub fn tip(&self) -> Slot {
        self.shared.tip()
    }

    /// When the tip became what it is.
    pub fn tip_instant(&self) -> Instant {
        self.shared.tip_since()
    }

    /// Slots from now on, as they become known. After a rewind, slots come again with other inputs.
    /// A receiver that lags more than 64 behind misses the oldest.
    pub fn subscribe(&self) -> broadcast::Receiver<SlotTick> {
        self.shared.subscribe()
    }

    /// The first `limit` slots of the chain from `first` on, with their outputs. Slots that the chain jumped over, or
    /// passed before the node was started, are left out.
    pub fn outputs(&self, first: Slot, limit: usize) -> Vec<(Slot, PotOutput)> {
        self.shared.outputs(first, limit)
    }

    /// The cache that the source extends its chain from.
    pub fn verifier(&self) -> PotVerifier {
        self.shared.verifier().clone()
    }
}

/// The task that keeps the chain of slots.
pub struct PotSource<Block: BlockT, Client> {
    shared: Arc<Shared>,
    blocks: BlockReader<Block, Client>,
    imports: ImportNotifications<Block>,
    gossip: Gossip<Block>,
    to_gossip: mpsc::Receiver<SlotTick>,
    config: TimekeeperConfig,
    core: Option<CoreId>,
    /// Where the chain was when gossip was told last.
    told: Option<View>,
    verification: Option<JoinHandle<bool>>,
    requests: Option<RequestNetwork>,
    server: Server,
    /// The request under way, and what comes of it.
    request: Option<(PeerId, JoinHandle<Outcome>)>,
}

impl<Block, Client> PotSource<Block, Client>
where
    Block: BlockT,
    Client: ProvideRuntimeApi<Block> + HeaderBackend<Block> + BlockchainEvents<Block>,
    Client::Api: FarmingApi<Block>,
{
    /// A source that starts from the client's best block. `verifier` is the one that block import
    /// uses; without a `network` slots come from the timekeeper and from blocks alone.
    ///
    /// # Errors
    /// If the chain's parameters or the best block cannot be read, or a timekeeper is to run on a
    /// core that this process may not use.
    pub fn new(
        client: Arc<Client>,
        verifier: PotVerifier,
        config: TimekeeperConfig,
        network: Option<GossipNetwork<Block>>,
    ) -> Result<(Self, PotSourceHandle), Error> {
        let core = match config.enabled {
            true => choose_core(config.core, core_affinity::get_core_ids())?,
            false => None,
        };
        let mut network = network;
        let requests = network.as_mut().and_then(GossipNetwork::take_requests);
        // Before the best block is read, so that none is missed.
        let imports = client.every_import_notification_stream();
        let mut blocks = BlockReader::new(client)?;
        let Some((best, _)) = blocks.best()? else {
            return Err(Error::NoBestBlock);
        };
        // A paced timekeeper waits, so that it says nothing of its speed who is first.
        let compares = config.enabled && config.pace.is_none();
        let watch = Watch::new(blocks.slot_duration(), compares, Instant::now());
        let (shared, to_gossip) = Shared::new(best, verifier, watch);
        let shared = Arc::new(shared);
        let source = Self {
            gossip: Gossip::new(network, &shared),
            shared: shared.clone(),
            blocks,
            imports,
            to_gossip,
            config,
            core,
            told: None,
            verification: None,
            requests,
            server: Server::new(),
            request: None,
        };
        Ok((source, PotSourceHandle { shared }))
    }

    /// Runs until the client or the network shuts down; a node cannot do without, so this is an
    /// essential task. Needs a Tokio runtime.
    pub async fn run(mut self) {
        let _timekeeper = match self.start_timekeeper() {
            Ok(timekeeper) => timekeeper,
            Err(error) => {
                tracing::error!(target: crate::LOG_TARGET, %error, "Timekeeper cannot start");
                return;
            }
        };
        let mut passing = tokio::time::interval(self.blocks.slot_duration());
        passing.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = passing.tick() => self.shared.idle(),
                import = self.imports.next() => match import {
                    Some(_) => self.on_import(),
                    None => return,
                },
                event = self.gossip.next() => match event {
                    Event::Message { sender, bytes } => {
                        self.gossip.on_message(sender, &bytes, &self.shared);
                    }
                    Event::Closed => return,
                },
                valid = finished(&mut self.verification) => self.on_verified(valid),
                request = asked(&self.requests) => match request {
                    Some(request) => {
                        let slots_from = |input| self.shared.slots_from(input);
                        self.server.answer(request, Instant::now(), slots_from);
                    }
                    None => self.requests = None,
                },
                outcome = answered(&mut self.request) => self.on_answer(outcome),
                tick = self.to_gossip.recv() => match tick {
                    Some(tick) => self.gossip.pass_on(&tick),
                    None => return,
                },
            }
            self.follow_chain();
            self.ask();
        }
    }

    fn start_timekeeper(&self) -> Result<Option<Timekeeper>, Error> {
        let start = || Timekeeper::start(self.shared.clone(), self.config.pace, self.core);
        self.config.enabled.then(start).transpose()
    }

    fn on_import(&mut self) {
        // While syncing, blocks come faster than they matter.
        while let Some(Some(_)) = self.imports.next().now_or_never() {}
        match self.blocks.best() {
            Ok(Some((best, parent))) => self.shared.on_best_block(best, parent.as_ref()),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(
                    target: crate::LOG_TARGET,
                    %error,
                    "Best block cannot be read; its slots are not followed",
                );
            }
        }
    }

    fn on_answer(&mut self, (peer, outcome): (PeerId, Outcome)) {
        self.request = None;
        self.shared.answered(peer, outcome, Instant::now());
        match outcome {
            Outcome::Slots(count) => {
                self.shared.advance();
                tracing::debug!(
                    target: crate::LOG_TARGET,
                    %peer,
                    count,
                    tip = %self.shared.tip(),
                    "Slots asked for",
                );
            }
            Outcome::Nothing => {}
            Outcome::Wrong => self.gossip.ban(&[peer]),
        }
    }

    /// Asks a peer for the slots that gossip does not bring, unless one is being asked.
    fn ask(&mut self) {
        let Some(requests) = self.requests.as_ref().filter(|_| self.request.is_none()) else {
            return;
        };
        let Some(request) = self.shared.next_request(Instant::now()) else {
            return;
        };
        let (network, protocol) = (requests.network.clone(), requests.protocol.clone());
        let verifier = self.shared.verifier().clone();
        let task = tokio::spawn(request.carry_out(network, protocol, verifier));
        self.request = Some((request.peer, task));
    }

    fn on_verified(&mut self, valid: Option<bool>) {
        self.verification = None;
        self.gossip.on_verified(valid);
        if valid == Some(true) {
            self.shared.advance();
        }
    }

    /// Tells gossip where the chain is, and begins the verification that is due.
    fn follow_chain(&mut self) {
        let view = self.shared.view();
        if self.told != Some(view) {
            self.told = Some(view);
            self.gossip.settle(view.tip, &self.shared);
        }
        if self.verification.is_some() {
            return;
        }
        if let Some(message) = self.gossip.next_to_verify(&view) {
            let verifier = self.shared.verifier().clone();
            let verify = move || verifier.verify(&message.input, &message.checkpoints);
            self.verification = Some(tokio::task::spawn_blocking(verify));
        }
    }
}

/// What a peer asks; none if the network has shut down. May be dropped and called again.
async fn asked(requests: &Option<RequestNetwork>) -> Option<IncomingRequest> {
    match requests {
        Some(requests) => requests.incoming.recv().await.ok(),
        None => std::future::pending().await,
    }
}

/// Whom the request under way was for, and its outcome. May be dropped and called again.
async fn answered(request: &mut Option<(PeerId, JoinHandle<Outcome>)>) -> (PeerId, Outcome) {
    match request {
        Some((peer, task)) => (*peer, task.await.unwrap_or(Outcome::Nothing)),
        None => std::future::pending().await,
    }
}

/// The outcome of the verification under way, if there is one; none if it could not be run. May be
/// dropped and called again.
async fn finished(verification: &mut Option<JoinHandle<bool>>) -> Option<bool> {
    match verification {
        Some(handle) => handle
            .await
            .inspect_err(|error| {
                tracing::error!(target: crate::LOG_TARGET, %error, "Verification could not be run");
            })
            .ok(),
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
