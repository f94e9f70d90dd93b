//! The source of proof-of-time: brings evaluation, gossip and blocks together.

use crate::{
    Error,
    best_block::BlockReader,
    cache::PotVerifier,
    gossip::{Event, Gossip, GossipNetwork},
    shared::{Shared, View},
    state::SlotTick,
    timekeeper::{Timekeeper, TimekeeperConfig, choose_core},
};
use allod_consensus_primitives::FarmingApi;
use allod_core::Slot;
use core_affinity::CoreId;
use futures::{FutureExt, StreamExt};
use sc_client_api::{BlockchainEvents, ImportNotifications};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::Block as BlockT;
use std::{sync::Arc, time::Instant};
use tokio::{
    sync::{broadcast, mpsc},
    task::JoinHandle,
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
        // Before the best block is read, so that none is missed.
        let imports = client.every_import_notification_stream();
        let mut blocks = BlockReader::new(client)?;
        let Some((best, _)) = blocks.best()? else {
            return Err(Error::NoBestBlock);
        };
        let (shared, to_gossip) = Shared::new(best, verifier);
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
        loop {
            tokio::select! {
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
                tick = self.to_gossip.recv() => match tick {
                    Some(tick) => self.gossip.pass_on(&tick),
                    None => return,
                },
            }
            self.follow_chain();
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
