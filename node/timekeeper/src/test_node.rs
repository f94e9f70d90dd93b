//! Nodes in one process for tests: sources with real gossip engines, between which a hub carries the
//! notifications.

use crate::{
    PotSource, PotSourceHandle, PotVerifier, TimekeeperConfig,
    gossip::{GossipNetwork, protocol_name},
    requests::{RequestNetwork, requests_protocol_name},
    test_client::{Hash, TestClient},
};
use allod_core::{ProtocolNames, Slot};
use futures::{Stream, channel::oneshot};
use parity_scale_codec::Encode;
use parking_lot::Mutex;
use sc_network::{
    Event, IfDisconnected, MessageSink, Multiaddr, NetworkBlock, NetworkEventStream, NetworkPeers,
    NetworkRequest, NotificationService, ObservedRole, PeerId, ProtocolName, ReputationChange,
    RequestFailure, Roles,
    config::{IncomingRequest, MultiaddrWithPeerId},
    service::traits::{Direction, NotificationEvent},
};
use sc_network_sync::{SyncEvent, SyncEventStream};
use std::{
    collections::{HashMap, HashSet},
    pin::Pin,
    sync::Arc,
    time::Duration,
};
use tokio::sync::mpsc;

/// Who is connected to whom is up to the tests; the hub only knows everybody's mailbox.
#[derive(Debug, Default, Clone)]
pub(crate) struct Hub {
    mailboxes: Arc<Mutex<HashMap<PeerId, mpsc::UnboundedSender<NotificationEvent>>>>,
    reports: Arc<Mutex<Vec<(PeerId, ReputationChange)>>>,
    servers: Arc<Mutex<HashMap<PeerId, async_channel::Sender<IncomingRequest>>>>,
}

impl Hub {
    /// A participant without a node behind: the test reads what it is sent.
    pub(crate) fn join(&self) -> (PeerId, mpsc::UnboundedReceiver<NotificationEvent>) {
        let peer = PeerId::random();
        let (sender, receiver) = mpsc::unbounded_channel();
        self.mailboxes.lock().insert(peer, sender);
        (peer, receiver)
    }

    pub(crate) fn connect(&self, one: PeerId, other: PeerId) {
        for (to, peer) in [(one, other), (other, one)] {
            let opened = NotificationEvent::NotificationStreamOpened {
                peer,
                direction: Direction::Inbound,
                handshake: Roles::FULL.encode(),
                negotiated_fallback: None,
            };
            self.post(to, opened);
        }
    }

    pub(crate) fn send(&self, from: PeerId, to: PeerId, notification: Vec<u8>) {
        let peer = from;
        self.post(
            to,
            NotificationEvent::NotificationReceived { peer, notification },
        );
    }

    /// Peers that were banned, by anybody.
    pub(crate) fn banned(&self) -> Vec<PeerId> {
        let reports = self.reports.lock();
        let fatal = reports
            .iter()
            .filter(|(_, change)| change.value == i32::MIN);
        fatal.map(|(peer, _)| *peer).collect()
    }

    /// From now on this participant is asked for slots.
    pub(crate) fn serve(&self, peer: PeerId) -> async_channel::Receiver<IncomingRequest> {
        let (sender, receiver) = async_channel::bounded(16);
        self.servers.lock().insert(peer, sender);
        receiver
    }

    fn post(&self, to: PeerId, event: NotificationEvent) {
        if let Some(mailbox) = self.mailboxes.lock().get(&to) {
            let _ = mailbox.send(event);
        }
    }
}

/// A running source.
pub(crate) struct Node {
    pub peer: PeerId,
    pub handle: PotSourceHandle,
    pub verifier: PotVerifier,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Node {
    /// Starts a node; with `pace` it keeps time.
    pub(crate) fn start(client: &Arc<TestClient>, hub: &Hub, pace: Option<Duration>) -> Self {
        let (peer, events) = hub.join();
        let names = ProtocolNames::of_chain(&client.genesis().into(), None);
        let hub = hub.clone();
        let notifications = TestNotifications {
            me: peer,
            hub: hub.clone(),
            events,
            protocol: protocol_name(&names),
        };
        let network = GossipNetwork::new(
            TestNetwork { hub: hub.clone() },
            TestSync,
            Box::new(notifications),
            protocol_name(&names),
            None,
        )
        .with_requests(RequestNetwork {
            incoming: hub.serve(peer),
            network: Arc::new(TestRequests {
                me: peer,
                hub: hub.clone(),
            }),
            protocol: requests_protocol_name(&names),
        });
        let config = TimekeeperConfig {
            enabled: pace.is_some(),
            pace,
            core: None,
        };
        let verifier = PotVerifier::new();
        let (source, handle) =
            PotSource::new(client.clone(), verifier.clone(), config, Some(network))
                .expect("the client is sound");
        let task = tokio::spawn(source.run());
        Self {
            peer,
            handle,
            verifier,
            task,
        }
    }

    /// Waits until the tip fulfils a condition.
    pub(crate) async fn until_tip(&self, what: &str, condition: impl Fn(Slot) -> bool) {
        eventually(what, || condition(self.handle.tip())).await;
    }
}

/// Waits until something happens, within reason.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..5000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(4)).await;
    }
    panic!("never: {what}");
}

#[derive(Clone)]
struct TestNetwork {
    hub: Hub,
}

#[async_trait::async_trait]
impl NetworkPeers for TestNetwork {
    fn set_authorized_peers(&self, _: HashSet<PeerId>) {}
    fn set_authorized_only(&self, _: bool) {}
    fn add_known_address(&self, _: PeerId, _: Multiaddr) {}

    fn report_peer(&self, peer: PeerId, change: ReputationChange) {
        self.hub.reports.lock().push((peer, change));
    }

    fn peer_reputation(&self, _: &PeerId) -> i32 {
        0
    }

    fn disconnect_peer(&self, _: PeerId, _: ProtocolName) {}
    fn accept_unreserved_peers(&self) {}
    fn deny_unreserved_peers(&self) {}

    fn add_reserved_peer(&self, _: MultiaddrWithPeerId) -> Result<(), String> {
        Ok(())
    }

    fn remove_reserved_peer(&self, _: PeerId) {}

    fn set_reserved_peers(&self, _: ProtocolName, _: HashSet<Multiaddr>) -> Result<(), String> {
        Ok(())
    }

    fn add_peers_to_reserved_set(
        &self,
        _: ProtocolName,
        _: HashSet<Multiaddr>,
    ) -> Result<(), String> {
        Ok(())
    }

    fn remove_peers_from_reserved_set(
        &self,
        _: ProtocolName,
        _: Vec<PeerId>,
    ) -> Result<(), String> {
        Ok(())
    }

    fn sync_num_connected(&self) -> usize {
        0
    }

    fn peer_role(&self, _: PeerId, _: Vec<u8>) -> Option<ObservedRole> {
        Some(ObservedRole::Full)
    }

    async fn reserved_peers(&self) -> Result<Vec<PeerId>, ()> {
        Ok(Vec::new())
    }
}

impl NetworkEventStream for TestNetwork {
    fn event_stream(&self, _: &'static str) -> Pin<Box<dyn Stream<Item = Event> + Send>> {
        Box::pin(futures::stream::pending())
    }
}

struct TestRequests {
    me: PeerId,
    hub: Hub,
}

#[async_trait::async_trait]
impl NetworkRequest for TestRequests {
    async fn request(
        &self,
        target: PeerId,
        protocol: ProtocolName,
        payload: Vec<u8>,
        _: Option<(Vec<u8>, ProtocolName)>,
        _: IfDisconnected,
    ) -> Result<(Vec<u8>, ProtocolName), RequestFailure> {
        let server = self.hub.servers.lock().get(&target).cloned();
        let server = server.ok_or(RequestFailure::NotConnected)?;
        let (pending_response, answer) = oneshot::channel();
        let request = IncomingRequest {
            peer: self.me,
            payload,
            pending_response,
        };
        let sent = server.send(request).await;
        sent.map_err(|_| RequestFailure::NotConnected)?;
        let answer = answer.await.map_err(|_| RequestFailure::Refused)?;
        let answer = answer.result.map_err(|()| RequestFailure::Refused)?;
        Ok((answer, protocol))
    }

    fn start_request(
        &self,
        _: PeerId,
        _: ProtocolName,
        _: Vec<u8>,
        _: Option<(Vec<u8>, ProtocolName)>,
        _: oneshot::Sender<Result<(Vec<u8>, ProtocolName), RequestFailure>>,
        _: IfDisconnected,
    ) {
        unreachable!("the source awaits its answers");
    }
}

#[derive(Clone)]
struct TestSync;

impl SyncEventStream for TestSync {
    fn event_stream(&self, _: &'static str) -> Pin<Box<dyn Stream<Item = SyncEvent> + Send>> {
        Box::pin(futures::stream::pending())
    }
}

impl NetworkBlock<Hash, u32> for TestSync {
    fn announce_block(&self, _: Hash, _: Option<Vec<u8>>) {}
    fn new_best_block_imported(&self, _: Hash, _: u32) {}
}

#[derive(Debug)]
struct TestNotifications {
    me: PeerId,
    hub: Hub,
    events: mpsc::UnboundedReceiver<NotificationEvent>,
    protocol: ProtocolName,
}

#[async_trait::async_trait]
impl NotificationService for TestNotifications {
    async fn open_substream(&mut self, _: PeerId) -> Result<(), ()> {
        Err(())
    }

    async fn close_substream(&mut self, _: PeerId) -> Result<(), ()> {
        Err(())
    }

    fn send_sync_notification(&mut self, peer: &PeerId, notification: Vec<u8>) {
        self.hub.send(self.me, *peer, notification);
    }

    async fn send_async_notification(
        &mut self,
        peer: &PeerId,
        notification: Vec<u8>,
    ) -> Result<(), sc_network::error::Error> {
        self.hub.send(self.me, *peer, notification);
        Ok(())
    }

    async fn set_handshake(&mut self, _: Vec<u8>) -> Result<(), ()> {
        Err(())
    }

    fn try_set_handshake(&mut self, _: Vec<u8>) -> Result<(), ()> {
        Err(())
    }

    async fn next_event(&mut self) -> Option<NotificationEvent> {
        self.events.recv().await
    }

    fn clone(&mut self) -> Result<Box<dyn NotificationService>, ()> {
        Err(())
    }

    fn protocol(&self) -> &ProtocolName {
        &self.protocol
    }

    fn message_sink(&self, _: &PeerId) -> Option<Box<dyn MessageSink>> {
        None
    }
}
