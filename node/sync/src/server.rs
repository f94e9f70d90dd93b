//! Answers what other nodes ask before they follow.

use crate::{
    chain::{AllodBlock, ChainClient, ClientChain},
    protocol::{
        self, HeadersRequest, MAX_RESPONSE_BYTES, REQUEST_TIMEOUT, SOFT_RESPONSE_BYTES, Tip,
    },
};
use allod_core::ProtocolNames;
use async_channel::Receiver;
use parity_scale_codec::Encode;
use sc_network::{
    NetworkBackend, PeerId, ProtocolName,
    request_responses::{IncomingRequest, OutgoingResponse},
};
use schnellru::{ByLength, LruMap};
use sp_blockchain::Error as ClientError;
use sp_core::H256;
use std::time::Instant;

/// Requests that wait; past that the network refuses them.
const QUEUE: usize = 64;
/// Peers whose use is remembered.
const MAX_PEERS: u32 = 4096;
/// Bytes a second that one peer is served.
const BYTES_PER_SECOND: f64 = 4.0 * 1024.0 * 1024.0;
/// Bytes that a peer may be served at once after a pause.
const BURST_BYTES: f64 = 32.0 * 1024.0 * 1024.0;
/// What a request costs beside the bytes of its answer: looking for what is not there is work, too.
const BYTES_PER_REQUEST: f64 = 4096.0;

/// Names of the two protocols.
#[derive(Debug, Clone)]
pub struct Protocols {
    /// Asks for a [`Tip`].
    pub tip: ProtocolName,
    /// Asks for headers.
    pub headers: ProtocolName,
}

/// What answers a request: with nothing, if it is not understood.
type Work<Server> = fn(&Server, &[u8]) -> Result<Option<Vec<u8>>, ClientError>;

impl Protocols {
    /// Those among the protocols of a chain.
    pub fn new(names: &ProtocolNames) -> Self {
        Self {
            tip: names.name("sync/tip/1").into(),
            headers: names.name("sync/headers/1").into(),
        }
    }
}

/// What one peer may still be served.
struct Allowance {
    bytes: f64,
    at: Instant,
}

impl Allowance {
    /// Pays for an answer; false if there is not enough left.
    fn pay(&mut self, now: Instant, bytes: usize) {
        self.refill(now);
        self.bytes -= BYTES_PER_REQUEST + bytes as f64;
    }

    fn refill(&mut self, now: Instant) {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * BYTES_PER_SECOND;
        self.bytes = (self.bytes + gained).min(BURST_BYTES);
        self.at = now;
    }

    fn is_left(&mut self, now: Instant) -> bool {
        self.refill(now);
        self.bytes > 0.0
    }
}

/// Serves tips and headers.
pub struct Server<Block, Client> {
    chain: ClientChain<Block, Client>,
    tips: Receiver<IncomingRequest>,
    headers: Receiver<IncomingRequest>,
    allowances: LruMap<PeerId, Allowance>,
}

impl<Block: AllodBlock, Client: ChainClient<Block>> Server<Block, Client> {
    /// A server, and the protocols to be added to the network.
    pub fn new<Net: NetworkBackend<Block, H256>>(
        chain: ClientChain<Block, Client>,
        protocols: &Protocols,
    ) -> (Self, [Net::RequestResponseProtocolConfig; 2]) {
        let (tip_sender, tips) = async_channel::bounded(QUEUE);
        let (header_sender, headers) = async_channel::bounded(QUEUE);
        let tip = Net::request_response_config(
            protocols.tip.clone(),
            Vec::new(),
            1,
            Tip::BYTES,
            REQUEST_TIMEOUT,
            Some(tip_sender),
        );
        let header = Net::request_response_config(
            protocols.headers.clone(),
            Vec::new(),
            HeadersRequest::BYTES,
            MAX_RESPONSE_BYTES,
            REQUEST_TIMEOUT,
            Some(header_sender),
        );
        let server = Self {
            chain,
            tips,
            headers,
            allowances: LruMap::new(ByLength::new(MAX_PEERS)),
        };
        (server, [tip, header])
    }

    /// Serves until the network is gone.
    pub async fn run(mut self) {
        loop {
            tokio::select! {
                Ok(request) = self.tips.recv() => self.answer(request, Self::tip),
                Ok(request) = self.headers.recv() => self.answer(request, Self::headers_of),
                else => return,
            }
        }
    }

    fn answer(&mut self, request: IncomingRequest, work: Work<Self>) {
        let now = Instant::now();
        let served = match self.is_allowed(request.peer, now) {
            true => work(self, &request.payload).unwrap_or_else(|error| {
                tracing::warn!(target: "sync", "cannot answer a peer: {error}");
                None
            }),
            false => None,
        };
        let bytes = served.as_ref().map_or(0, Vec::len);
        if let Some(allowance) = self.allowances.get(&request.peer) {
            allowance.pay(now, bytes);
        }
        let response = OutgoingResponse {
            result: served.ok_or(()),
            reputation_changes: Vec::new(),
            sent_feedback: None,
        };
        // Whoever asked may be gone.
        let _ = request.pending_response.send(response);
    }

    fn is_allowed(&mut self, peer: PeerId, now: Instant) -> bool {
        let allowance = self.allowances.get_or_insert(peer, || Allowance {
            bytes: BURST_BYTES,
            at: now,
        });
        allowance.is_some_and(|allowance| allowance.is_left(now))
    }

    fn tip(&self, request: &[u8]) -> Result<Option<Vec<u8>>, ClientError> {
        match protocol::is_tip_request(request) {
            true => Ok(Some(self.chain.tip()?.encode())),
            false => Ok(None),
        }
    }

    fn headers_of(&self, request: &[u8]) -> Result<Option<Vec<u8>>, ClientError> {
        let Some(HeadersRequest { from, count }) = protocol::read_headers_request(request) else {
            return Ok(None);
        };
        let (mut records, mut bytes, mut next) = (Vec::new(), 0_usize, from);
        while records.len() < usize::from(count) && bytes < SOFT_RESPONSE_BYTES {
            let Some((record, parent)) = self.chain.encoded(next)? else {
                break;
            };
            if !record.is_bounded() {
                break;
            }
            bytes = bytes.saturating_add(record.bytes());
            records.push(record);
            next = parent;
        }
        Ok((!records.is_empty()).then(|| records.encode()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_peer_is_served_a_burst_and_then_at_its_rate() {
        let start = Instant::now();
        let mut allowance = Allowance {
            bytes: BURST_BYTES,
            at: start,
        };
        let mut served = 0;
        while allowance.is_left(start) {
            allowance.pay(start, 1 << 20);
            served += 1;
        }
        assert_eq!(served, 32);
        // Half a second pays for the last one's debt and more.
        let later = start + Duration::from_millis(500);
        assert!(allowance.is_left(later));
        allowance.pay(later, 4 << 20);
        assert!(!allowance.is_left(later));
        // No pause is worth more than a burst.
        allowance.refill(later + Duration::from_secs(1000));
        assert_eq!(allowance.bytes, BURST_BYTES);
    }
}
