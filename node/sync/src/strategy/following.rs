//! From waiting for what peers say to following those whose chain is near, and back.

use super::{AllodSync, INNER_KEY, State};
use crate::{
    AllodBlock,
    chain::Head,
    peers::{Answers, answers},
};
use sc_network::PeerId;
use sc_network_sync::{service::network::NetworkServiceHandle, strategy::SyncingAction};
use sp_blockchain::Error as ClientError;
use std::time::{Duration, Instant};

/// How long a node without peers waits for one before it goes on alone.
const NO_PEERS_TIMEOUT: Duration = Duration::from_secs(60);

impl<Block: AllodBlock> AllodSync<Block> {
    pub(super) fn wait(
        &mut self,
        own: Head,
        now: Instant,
        network: &NetworkServiceHandle,
    ) -> Result<(), ClientError> {
        let State::Waiting {
            since,
            nobody_since,
        } = &mut self.state
        else {
            return Ok(());
        };
        if self.peers.values().any(|peer| peer.tip().is_some()) {
            *nobody_since = now;
        }
        let (waited, nobody_since) = (now.saturating_duration_since(*since), *nobody_since);
        match answers(&self.peers, !self.settings.named.is_empty(), waited) {
            Answers::Nobody => {
                let alone = now.saturating_duration_since(nobody_since) >= NO_PEERS_TIMEOUT;
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
                // Where a verified branch cannot be joined, its next blocks need no verification.
                let is_stranded = self.stranded.is_some();
                if !is_stranded {
                    self.compare(own, now, network)?;
                }
                let is_held = !is_stranded && self.is_held(own, waited, now)?;
                self.go_on_from_waiting(own, is_held, now)?;
            }
        }
        Ok(())
    }

    /// With enough answers: follows once no heavier claim has to be waited for.
    fn go_on_from_waiting(
        &mut self,
        own: Head,
        is_held: bool,
        now: Instant,
    ) -> Result<(), ClientError> {
        if is_held {
            if self.running.is_empty() {
                self.tell_waiting(
                    now,
                    "a chain that is said to be heavier could not be compared; it is tried again",
                );
            }
        } else if self.keeps_checkpoint()? {
            self.settle(own, now)?;
            self.enter_following()?;
        } else if self.is_off_checkpoint {
            self.tell_waiting(
                now,
                "this node's chain lacks the checkpoint, and is heavier than one that has it; \
                 `allod node --resync` joins that one",
            );
        } else if self.running.is_empty() {
            self.tell_waiting(now, "no peer has a chain with the checkpoint");
        }
        Ok(())
    }

    /// Gives peers whose claim is near to the SDK's strategy, and has the heaviest other claim compared.
    pub(super) fn follow(
        &mut self,
        own: Head,
        now: Instant,
        network: &NetworkServiceHandle,
    ) -> Result<(), ClientError> {
        let mut near = Vec::new();
        for (id, peer) in &self.peers {
            if !peer.is_followed
                && let Some(tip) = peer.tip()
                && self.is_near(own, peer, tip, now)?
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
        if self.stranded.is_none() {
            self.compare(own, now, network)?;
            self.settle(own, now)?;
        }
        Ok(())
    }

    /// The database is provisional no more if the chain has the checkpoint, or no boot or reserved node's claim is open
    /// and the tip of one is on the best chain. A chain that consists of the first block alone was compared with none.
    fn settle(&mut self, own: Head, now: Instant) -> Result<(), ClientError> {
        let is_bound = !self.is_provisional || self.stranded.is_some();
        if is_bound || self.is_any_named_open(own, now)? {
            return Ok(());
        }
        let mut is_compared = self.settings.checkpoint.is_some() && self.keeps_checkpoint()?;
        for peer in self.peers.values().filter(|peer| peer.is_named) {
            if let Some(tip) = peer.tip().filter(|tip| tip.number > 0) {
                is_compared |= self.chain.on_best_chain(tip.number)? == Some(tip.hash);
            }
        }
        match is_compared {
            true => self.set_compared(),
            false => Ok(()),
        }
    }

    /// The chain was compared with those of these peers, and kept: if one is a boot or reserved node, the database is
    /// provisional no more.
    pub(super) fn met(&mut self, peers: &[PeerId]) -> Result<(), ClientError> {
        let is_any_named = peers.iter().any(|id| self.settings.named.contains(id));
        match self.is_provisional && self.stranded.is_none() && is_any_named {
            true => self.set_compared(),
            false => Ok(()),
        }
    }

    fn set_compared(&mut self) -> Result<(), ClientError> {
        self.chain.set_compared()?;
        self.is_provisional = false;
        Ok(())
    }

    pub(super) fn enter_waiting(&mut self, now: Instant) -> Result<(), ClientError> {
        self.renew_inner()?;
        for peer in self.peers.values_mut() {
            peer.forget();
        }
        self.state = State::waiting(now);
        Ok(())
    }

    pub(super) fn enter_following(&mut self) -> Result<(), ClientError> {
        self.renew_inner()?;
        self.state = State::Following;
        Ok(())
    }

    /// Begins anew with a strategy that has no peers.
    pub(super) fn renew_inner(&mut self) -> Result<(), ClientError> {
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
}
