//! Gossip of slots between nodes.
//!
//! The notification protocol is `/<genesis hash>[/<fork id>]/alod-time/1`; a notification is one SCALE-encoded
//! slot: its input (slot, seed, iterations) and its eight checkpoints, [`MESSAGE_BYTES`] in all.
//!
//! The gossip engine's validator checks no more than size and distance to the tip, and lets nothing
//! through to other peers. What to verify is decided by the queue in `gossip_state`, and only what
//! was verified is handed to the engine to be passed on. The engine in turn ignores further copies
//! of what it has passed on.

use crate::{
    gossip_state::{GossipState, MAX_SLOTS_AHEAD_OF_TIP, in_window},
    requests::RequestNetwork,
    shared::{Shared, View},
    state::SlotTick,
};
use allod_core::{ProtocolNames, Slot, time::PotInput};
use futures::{StreamExt, channel::mpsc};
use parity_scale_codec::Encode;
use sc_network::{
    NetworkBackend, NotificationMetrics, NotificationService, PeerId, ProtocolName,
    ReputationChange,
    config::{NonReservedPeerMode, SetConfig},
    peer_store::PeerStoreProvider,
};
use sc_network_gossip::{
    GossipEngine, MessageIntent, Network, Syncing, TopicNotification, ValidationResult, Validator,
    ValidatorContext,
};
use schnellru::{ByLength, LruMap};
use sp_runtime::traits::{Block as BlockT, Hash as HashT, Header as HeaderT};
use std::sync::Arc;
use substrate_prometheus_endpoint::Registry;

pub use crate::gossip_state::{MESSAGE_BYTES, SlotMessage};

/// For checkpoints that are proven wrong: nobody who verifies before passing on can send them.
const WRONG_CHECKPOINTS: ReputationChange =
    ReputationChange::new_fatal("Proof-of-time: wrong checkpoints");

/// Slots that were passed on and are not passed on again, should they leave the chain and come
/// back.
const PASSED_ON: u32 = 256;

/// Slots before the tip that are sent to peers: as many as a peer that was gone for a while takes after its own tip.
const SENT_SLOTS: u64 = MAX_SLOTS_AHEAD_OF_TIP;

/// Name of the protocol among those of a chain.
pub fn protocol_name(names: &ProtocolNames) -> ProtocolName {
    names.name("alod-time/1").into()
}

/// Registers the protocol with the network. Peers are those that the node syncs with, which the
/// gossip engine adds by itself; no others are accepted.
pub fn peers_set_config<Block: BlockT, Net: NetworkBackend<Block, Block::Hash>>(
    names: &ProtocolNames,
    metrics: NotificationMetrics,
    peer_store: Arc<dyn PeerStoreProvider>,
) -> (
    Net::NotificationProtocolConfig,
    Box<dyn NotificationService>,
) {
    Net::notification_config(
        protocol_name(names),
        Vec::new(),
        MESSAGE_BYTES as u64,
        None,
        SetConfig {
            in_peers: 0,
            out_peers: 0,
            reserved_nodes: Vec::new(),
            non_reserved_mode: NonReservedPeerMode::Deny,
        },
        metrics,
        peer_store,
    )
}

/// The network that slots are gossiped over, until the source takes it up.
pub struct GossipNetwork<Block: BlockT> {
    start: Start<Block>,
    requests: Option<RequestNetwork>,
}

/// Starts the engine with the source's validator.
type Start<Block> = Box<dyn FnOnce(Arc<dyn Validator<Block>>) -> GossipEngine<Block> + Send>;

impl<Block: BlockT> GossipNetwork<Block> {
    /// Gossip over `network` among the peers that `sync` syncs with. `notifications` comes from
    /// [`peers_set_config`], `protocol` from [`protocol_name`].
    pub fn new<N, S>(
        network: N,
        sync: S,
        notifications: Box<dyn NotificationService>,
        protocol: ProtocolName,
        metrics: Option<Registry>,
    ) -> Self
    where
        N: Network<Block> + Send + Clone + 'static,
        S: Syncing<Block> + Send + Clone + 'static,
    {
        let start = move |validator| {
            let metrics = metrics.as_ref();
            GossipEngine::new(network, sync, notifications, protocol, validator, metrics)
        };
        Self {
            start: Box::new(start),
            requests: None,
        }
    }

    /// Slots that gossip does not bring are asked for as well, and peers are answered.
    pub fn with_requests(mut self, requests: RequestNetwork) -> Self {
        self.requests = Some(requests);
        self
    }

    pub(crate) fn take_requests(&mut self) -> Option<RequestNetwork> {
        self.requests.take()
    }
}

/// What [`Gossip::next`] has for its caller.
pub(crate) enum Event {
    /// A peer's message, not verified.
    Message { sender: PeerId, bytes: Vec<u8> },
    /// The network has shut down.
    Closed,
}

/// The engine with its queue. Without a network it does nothing.
pub(crate) struct Gossip<Block: BlockT> {
    network: Option<Connected<Block>>,
    queue: GossipState<PeerId>,
}

struct Connected<Block: BlockT> {
    engine: GossipEngine<Block>,
    messages: mpsc::Receiver<TopicNotification>,
    topic: Block::Hash,
    passed_on: LruMap<PotInput, ()>,
}

impl<Block: BlockT> Gossip<Block> {
    pub(crate) fn new(network: Option<GossipNetwork<Block>>, shared: &Arc<Shared>) -> Self {
        let connect = |network: GossipNetwork<Block>| {
            let topic = topic::<Block>();
            let shared = shared.clone();
            let mut engine = (network.start)(Arc::new(SlotValidator { shared, topic }));
            let messages = engine.messages_for(topic);
            Connected {
                engine,
                messages,
                topic,
                passed_on: LruMap::new(ByLength::new(PASSED_ON)),
            }
        };
        Self {
            network: network.map(connect),
            queue: GossipState::new(),
        }
    }

    /// Runs the network until there is something to do. May be dropped and called again.
    pub(crate) async fn next(&mut self) -> Event {
        let Some(network) = &mut self.network else {
            return std::future::pending().await;
        };
        loop {
            tokio::select! {
                () = &mut network.engine => return Event::Closed,
                message = network.messages.next() => match message {
                    Some(TopicNotification { message: bytes, sender: Some(sender) }) => {
                        return Event::Message { sender, bytes };
                    }
                    // What this node registered itself.
                    Some(_) => {}
                    None => return Event::Closed,
                },
            }
        }
    }

    /// Queues a message, or does not.
    pub(crate) fn on_message(&mut self, sender: PeerId, bytes: &[u8], shared: &Shared) {
        let view = shared.view();
        if self
            .queue
            .on_message(sender, bytes, &view, shared.verifier())
        {
            self.ban(&[sender]);
        }
    }

    /// The message to verify now, if there is one; [`Self::on_verified`] must follow.
    pub(crate) fn next_to_verify(&mut self, view: &View) -> Option<SlotMessage> {
        self.queue.next_to_verify(view.wanted)
    }

    /// Ends the verification that was begun last; `valid` is none if it could not be run.
    pub(crate) fn on_verified(&mut self, valid: Option<bool>) {
        let banned = self.queue.on_verified(valid);
        self.ban(&banned);
    }

    /// Takes note of where the chain is now.
    pub(crate) fn settle(&mut self, tip: Slot, shared: &Shared) {
        let banned = self.queue.settle(tip, shared.verifier());
        self.ban(&banned);
    }

    /// Passes a verified slot on to all peers that are not known to have it.
    pub(crate) fn pass_on(&mut self, tick: &SlotTick) {
        let Some(network) = &mut self.network else {
            return;
        };
        if network.passed_on.get(&tick.input).is_some() {
            return;
        }
        network.passed_on.insert(tick.input, ());
        let message = SlotMessage {
            input: tick.input,
            checkpoints: tick.checkpoints,
        };
        network
            .engine
            .gossip_message(network.topic, message.encode(), false);
    }

    pub(crate) fn ban(&self, peers: &[PeerId]) {
        let Some(network) = &self.network else {
            return;
        };
        for peer in peers {
            tracing::warn!(
                target: crate::LOG_TARGET,
                %peer,
                "Banned: its proof-of-time checkpoints are wrong for their own seed and iterations",
            );
            network.engine.report(*peer, WRONG_CHECKPOINTS);
        }
    }
}

/// The cheap checks, made before a message is queued or sent.
struct SlotValidator<Block: BlockT> {
    shared: Arc<Shared>,
    topic: Block::Hash,
}

/// Whether a verified message is worth sending.
fn is_recent(bytes: &[u8], tip: Slot) -> bool {
    SlotMessage::from_bytes(bytes).is_some_and(|message| {
        let slot = message.input.slot;
        slot.saturating_add(SENT_SLOTS) >= tip && slot <= tip.saturating_add(MAX_SLOTS_AHEAD_OF_TIP)
    })
}

impl<Block: BlockT> Validator<Block> for SlotValidator<Block> {
    fn validate(
        &self,
        _: &mut dyn ValidatorContext<Block>,
        sender: &PeerId,
        bytes: &[u8],
    ) -> ValidationResult<Block::Hash> {
        let Some(message) = SlotMessage::from_bytes(bytes) else {
            return ValidationResult::Discard;
        };
        let slot = message.input.slot;
        let tip = self.shared.tip();
        self.shared.note_ahead(*sender, slot, tip);
        if in_window(slot, tip) {
            ValidationResult::ProcessAndDiscard(self.topic)
        } else {
            ValidationResult::Discard
        }
    }

    fn message_expired<'a>(&'a self) -> Box<dyn FnMut(Block::Hash, &[u8]) -> bool + 'a> {
        let tip = self.shared.tip();
        Box::new(move |_, bytes| !is_recent(bytes, tip))
    }

    fn message_allowed<'a>(
        &'a self,
    ) -> Box<dyn FnMut(&PeerId, MessageIntent, &Block::Hash, &[u8]) -> bool + 'a> {
        let tip = self.shared.tip();
        Box::new(move |_, intent, _, bytes| match intent {
            // To peers that do not have it yet, among them those that connected since.
            MessageIntent::Broadcast => is_recent(bytes, tip),
            MessageIntent::ForcedBroadcast | MessageIntent::PeriodicRebroadcast => false,
        })
    }
}

/// There is but one topic.
fn topic<Block: BlockT>() -> Block::Hash {
    <<Block::Header as HeaderT>::Hashing as HashT>::hash(b"allod/proof-of-time")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        test_chain::{evaluate, input},
        test_client::{Block, Hash},
    };
    use sc_network::{NetworkWorker, peer_store::PeerStore};

    #[test]
    fn the_protocol_is_of_one_chain_and_takes_one_size() {
        let names = ProtocolNames::of_chain(&[0xab; 32], Some("fork"));
        let metrics = NotificationMetrics::new(None);
        let peer_store = PeerStore::new(Vec::new(), None);
        let (config, service) = peers_set_config::<Block, NetworkWorker<Block, Hash>>(
            &names,
            metrics,
            Arc::new(peer_store.handle()),
        );
        let name = format!("/{}/fork/alod-time/1", "ab".repeat(32));
        assert_eq!(&**config.protocol_name(), name);
        assert_eq!(&**service.protocol(), name);
        assert_eq!(config.max_notification_size(), 156);
    }

    #[test]
    fn slots_are_kept_for_peers_that_were_gone_for_a_while() {
        let bytes = |slot| {
            let input = input(slot, 1, 16);
            let checkpoints = evaluate(&input);
            SlotMessage { input, checkpoints }.encode()
        };
        assert!(is_recent(&bytes(70), Slot(100)));
        assert!(!is_recent(&bytes(69), Slot(100)));
        assert!(is_recent(&bytes(130), Slot(100)));
        assert!(!is_recent(&bytes(131), Slot(100)));
    }
}
