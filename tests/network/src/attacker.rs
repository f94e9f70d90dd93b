//! A peer that means ill. It speaks every protocol of a node over the same network library, and no rule binds it.

use crate::{
    chain::Chain,
    stock::Stock,
    wire::{LONGEST_ANSWER, LONGEST_NOTIFICATION, Protocols, announcement, handshake},
};
use allod_e2e::eventually;
use allod_import_tests::block::{Header, Made};
use allod_runtime::{Hash, opaque::Block};
use parking_lot::Mutex;
use sc_network::{
    IfDisconnected, Litep2pNetworkBackend, NetworkBackend, NotificationMetrics,
    NotificationService, PeerId, ProtocolName, RequestFailure,
    config::{
        FullNetworkConfiguration, IncomingRequest, MultiaddrWithPeerId, NetworkConfiguration,
        NonReservedPeerMode, NotificationHandshake, OutgoingResponse, Params, ProtocolId, Role,
        SetConfig,
    },
    service::traits::{NetworkService, NotificationEvent, PeerStore as _, ValidationResult},
};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::{sync::mpsc, task::JoinSet};

type Net = Litep2pNetworkBackend;
type Tasks = Arc<Mutex<JoinSet<()>>>;

/// Requests that an attacker leaves waiting.
const QUEUE: usize = 256;
/// How long it waits until a node that reads slowly takes a message.
const PATIENCE: Duration = Duration::from_secs(10);

/// A peer that means ill; gone when it is dropped.
pub struct Attacker {
    /// By which nodes know it.
    pub id: PeerId,
    /// What it answers.
    pub stock: Stock,
    /// What it speaks.
    pub protocols: Protocols,
    service: Arc<dyn NetworkService>,
    announcements: Line,
    time: Line,
    tasks: Tasks,
}

/// A notification protocol.
struct Line {
    outgoing: mpsc::Sender<Vec<u8>>,
    open: Arc<Mutex<HashSet<PeerId>>>,
}

impl Attacker {
    /// Begins to connect to these nodes, and goes on trying.
    pub fn new(chain: &Chain, stock: Stock, targets: &[String]) -> Self {
        let tip = stock.tip();
        let said = handshake(chain.genesis_hash, (tip.hash, tip.number));
        Self::with_handshake(chain, stock, targets, said)
    }

    /// Likewise, with any handshake.
    pub fn with_handshake(
        chain: &Chain,
        stock: Stock,
        targets: &[String],
        handshake: Vec<u8>,
    ) -> Self {
        let protocols = Protocols::new(&chain.genesis_hash);
        let targets = targets.iter().map(|target| target.parse());
        let targets: Vec<MultiaddrWithPeerId> = targets
            .collect::<Result<_, _>>()
            .expect("addresses of nodes");
        let tasks = Tasks::default();
        let mut config = NetworkConfiguration::new("attacker", "0", Default::default(), None);
        config.default_peers_set.reserved_nodes = targets.clone();
        let mut config = FullNetworkConfiguration::<Block, Hash, Net>::new(&config, None);
        let peers = SetConfig {
            in_peers: 0,
            out_peers: 0,
            reserved_nodes: targets,
            non_reserved_mode: NonReservedPeerMode::Deny,
        };
        let store = config.peer_store_handle();
        let notifications = |name: &ProtocolName, handshake| {
            <Net as NetworkBackend<Block, Hash>>::notification_config(
                name.clone(),
                Vec::new(),
                LONGEST_NOTIFICATION,
                handshake,
                peers.clone(),
                NotificationMetrics::new(None),
                store.clone(),
            )
        };
        let said = NotificationHandshake::from_bytes(handshake);
        let (block_announce_config, announcements) =
            notifications(&protocols.announcements, Some(said));
        let (time_config, time) = notifications(&protocols.time, None);
        config.add_notification_protocol(time_config);
        for name in [
            &protocols.blocks,
            &protocols.tips,
            &protocols.headers,
            &protocols.slots,
        ] {
            let (sender, incoming) = async_channel::bounded(QUEUE);
            config.add_request_response_protocol(
                <Net as NetworkBackend<Block, Hash>>::request_response_config(
                    name.clone(),
                    Vec::new(),
                    LONGEST_ANSWER,
                    LONGEST_ANSWER,
                    Duration::from_secs(60),
                    Some(sender),
                ),
            );
            let serving = serve(stock.clone(), protocols.clone(), name.clone(), incoming);
            tasks.lock().spawn(serving);
        }
        tasks.lock().spawn(config.take_peer_store().run());
        let of_network = tasks.clone();
        let network = Net::new(Params {
            role: Role::Full,
            executor: Box::new(move |task| {
                of_network.lock().spawn(task);
            }),
            network_config: config,
            protocol_id: ProtocolId::from("attacker"),
            genesis_hash: chain.genesis_hash.into(),
            fork_id: None,
            metrics_registry: None,
            block_announce_config,
            ipfs_config: None,
            notification_metrics: NotificationMetrics::new(None),
        })
        .expect("the network begins");
        let service = <Net as NetworkBackend<Block, Hash>>::network_service(&network);
        tasks
            .lock()
            .spawn(<Net as NetworkBackend<Block, Hash>>::run(network));
        Self {
            id: service.local_peer_id(),
            stock,
            protocols,
            service,
            announcements: Line::new(announcements, &tasks),
            time: Line::new(time, &tasks),
            tasks,
        }
    }

    /// Waits until so many nodes listen to its announcements.
    pub async fn connected(&self, nodes: usize) {
        eventually("connections of an attacker", || async {
            (self.announcements.open.lock().len() >= nodes).then_some(())
        })
        .await;
    }

    /// Waits until so many nodes listen to its announcements and have heard its claim, so that they take blocks of it.
    pub async fn followed(&self, nodes: usize) {
        self.connected(nodes).await;
        eventually("questions for an attacker's tip", || async {
            (self.stock.asked_for_tip() >= nodes).then_some(())
        })
        .await;
        // They look at the answers once a second.
        tokio::time::sleep(Duration::from_secs(3)).await;
    }

    /// How many nodes listen to its announcements.
    pub fn listeners(&self) -> usize {
        self.announcements.open.lock().len()
    }

    /// Tells all that listen of a block, and has it.
    pub async fn announce(&self, block: &Made) {
        self.stock.add(block);
        self.announce_header(&block.sealed()).await;
    }

    /// Tells all that listen of a header.
    pub async fn announce_header(&self, header: &Header) {
        self.shout(announcement(header)).await;
    }

    /// Sends any bytes as an announcement to all that listen.
    pub async fn shout(&self, bytes: Vec<u8>) {
        let _ = self.announcements.outgoing.send(bytes).await;
    }

    /// Sends any bytes as a slot to all that listen.
    pub async fn gossip(&self, bytes: Vec<u8>) {
        let _ = self.time.outgoing.send(bytes).await;
    }

    /// Asks a node anything.
    pub async fn ask(
        &self,
        node: PeerId,
        protocol: &ProtocolName,
        request: Vec<u8>,
    ) -> Result<Vec<u8>, RequestFailure> {
        let connect = IfDisconnected::ImmediateError;
        let answer = self
            .service
            .request(node, protocol.clone(), request, None, connect);
        Ok(answer.await?.0)
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        // The network, which is one of the tasks, holds them, too.
        self.tasks.lock().abort_all();
    }
}

impl Line {
    fn new(service: Box<dyn NotificationService>, tasks: &Tasks) -> Self {
        let (outgoing, messages) = mpsc::channel(QUEUE);
        let open = Arc::new(Mutex::new(HashSet::new()));
        tasks.lock().spawn(talk(service, messages, open.clone()));
        Self { outgoing, open }
    }
}

/// Sends what is to be sent, lets everybody in, and hears nobody.
async fn talk(
    mut service: Box<dyn NotificationService>,
    mut messages: mpsc::Receiver<Vec<u8>>,
    open: Arc<Mutex<HashSet<PeerId>>>,
) {
    loop {
        tokio::select! {
            event = service.next_event() => match event {
                None => return,
                Some(NotificationEvent::ValidateInboundSubstream { result_tx, .. }) => {
                    let _ = result_tx.send(ValidationResult::Accept);
                }
                Some(NotificationEvent::NotificationStreamOpened { peer, .. }) => {
                    open.lock().insert(peer);
                }
                Some(NotificationEvent::NotificationStreamClosed { peer }) => {
                    open.lock().remove(&peer);
                }
                Some(NotificationEvent::NotificationReceived { .. }) => {}
            },
            message = messages.recv() => {
                let Some(message) = message else {
                    return;
                };
                let peers: Vec<PeerId> = open.lock().iter().copied().collect();
                for peer in peers {
                    let sent = service.send_async_notification(&peer, message.clone());
                    // Whoever does not take it has closed the stream, which is told above.
                    let _ = tokio::time::timeout(PATIENCE, sent).await;
                }
            }
        }
    }
}

/// Answers the requests of one protocol, all at once.
async fn serve(
    stock: Stock,
    protocols: Protocols,
    name: ProtocolName,
    incoming: async_channel::Receiver<IncomingRequest>,
) {
    let mut answers = JoinSet::new();
    while let Ok(request) = incoming.recv().await {
        let (stock, protocols, name) = (stock.clone(), protocols.clone(), name.clone());
        answers.spawn(async move {
            let result = stock.answer(&protocols, &name, &request.payload).await;
            let _ = request.pending_response.send(OutgoingResponse {
                result: result.ok_or(()),
                reputation_changes: Vec::new(),
                sent_feedback: None,
            });
        });
        while answers.try_join_next().is_some() {}
    }
}
