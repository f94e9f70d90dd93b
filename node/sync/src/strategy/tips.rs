//! What peers say: each is asked for its tip when its turn comes, and whoever lies is kept off.

use super::AllodSync;
use crate::{AllodBlock, bans::REPORT, protocol};
use futures::{FutureExt, channel::oneshot};
use sc_network::{IfDisconnected, PeerId};
use sc_network_sync::{
    service::network::NetworkServiceHandle, strategy::SyncingAction, types::BadPeer,
};
use std::time::Instant;

impl<Block: AllodBlock> AllodSync<Block> {
    pub(super) fn report_liars(&mut self, now: Instant, network: &NetworkServiceHandle) {
        for peer in self.bans.due(now) {
            network.report_peer(peer, REPORT);
        }
    }

    /// Takes the answers that have come.
    pub(super) fn hear(&mut self, now: Instant) {
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
            if !known.is_pending() {
                continue;
            }
            match response.as_deref().map(protocol::read_tip) {
                Some(Some(tip)) => known.answered(tip, now),
                Some(None) => self.ban(peer, now, "its answer is no tip"),
                None => known.was_silent(now),
            }
        }
        self.asked = waiting;
        for peer in self.peers.values_mut() {
            peer.expire(now);
        }
    }

    /// Asks the peers whose turn it is.
    pub(super) fn ask(&mut self, now: Instant, network: &NetworkServiceHandle) {
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

    pub(super) fn ban(&mut self, peer: PeerId, now: Instant, cause: &str) {
        tracing::info!(target: "sync", "Peer {peer} is banned for a day: {cause}");
        self.bans.ban(peer, now);
        self.actions
            .push(SyncingAction::DropPeer(BadPeer(peer, REPORT)));
    }
}
