//! Slots that a node asks its peers for, where gossip does not reach: those that came while it was away, on a chain that
//! no block has taken along since.
//!
//! The protocol is `/<genesis hash>[/<fork id>]/alod-slots/1`. A request is one SCALE-encoded input, that of the slot which the
//! asking node wants next, [`REQUEST_BYTES`] in all. The answer is a SCALE-encoded list of the checkpoints of that slot
//! and the ones after it, at most [`MAX_SLOTS`], and ends before the first slot that entropy enters: so each input
//! follows from the one before it, and wrong checkpoints are wrong whichever fork either node is on. The list is empty
//! where the input is none of the answering node's chain.
//!
//! So a justification of hours is verified in chunks before its block is there, and import finds its slots known.
//!
//! # Bounds
//!
//! A peer is answered once a [`QUOTA`], and is asked no more often. A node asks one peer at a time, and one that had
//! nothing to tell not again for [`RETRY_AFTER`]: who is said to be ahead (a hint, which is not verified) costs no more than
//! that.

use crate::{cache::PotVerifier, gossip_state::MAX_SLOTS_BEHIND};
use allod_core::{
    PotCheckpoints, ProtocolNames, Slot,
    time::{PotChange, PotInput},
};
use parity_scale_codec::{DecodeAll, Encode};
use sc_network::{
    IfDisconnected, NetworkBackend, NetworkRequest, PeerId, ProtocolName, RequestFailure,
    config::{IncomingRequest, OutgoingResponse},
};
use schnellru::{ByLength, LruMap};
use sp_runtime::traits::Block as BlockT;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Slots in an answer.
pub const MAX_SLOTS: usize = 512;
/// Bytes of a request.
pub const REQUEST_BYTES: usize = PotInput::SIZE;
/// Most bytes of an answer: a length of two bytes, then the checkpoints of each slot.
pub const MAX_ANSWER_BYTES: usize = 2 + MAX_SLOTS * PotCheckpoints::SIZE;
/// The least time between two answers to one peer.
const QUOTA: Duration = Duration::from_secs(1);
/// After so long a peer that had nothing to tell is asked again.
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// After so long an answer does not come any more.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Requests that wait to be answered.
const WAITING: usize = 16;
/// Peers whose last answer is remembered, and peers that are known to be ahead.
const PEERS: usize = 64;

/// Name of the protocol among those of a chain.
pub fn requests_protocol_name(names: &ProtocolNames) -> ProtocolName {
    names.name("alod-slots/1").into()
}

/// Registers the protocol with the network; the receiver gets what peers ask.
pub fn requests_config<Block: BlockT, Net: NetworkBackend<Block, Block::Hash>>(
    names: &ProtocolNames,
) -> (
    Net::RequestResponseProtocolConfig,
    async_channel::Receiver<IncomingRequest>,
) {
    let (sender, receiver) = async_channel::bounded(WAITING);
    let config = Net::request_response_config(
        requests_protocol_name(names),
        Vec::new(),
        REQUEST_BYTES as u64,
        MAX_ANSWER_BYTES as u64,
        TIMEOUT,
        Some(sender),
    );
    (config, receiver)
}

/// The network that slots are asked for over.
pub struct RequestNetwork {
    /// Sends requests.
    pub network: Arc<dyn NetworkRequest + Send + Sync>,
    /// From [`requests_protocol_name`].
    pub protocol: ProtocolName,
    /// From [`requests_config`].
    pub incoming: async_channel::Receiver<IncomingRequest>,
}

/// Answers what peers ask, each peer once a [`QUOTA`].
pub(crate) struct Server {
    answered: LruMap<PeerId, Instant>,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self {
            answered: LruMap::new(ByLength::new(PEERS as u32)),
        }
    }

    /// Answers a request with what `slots_from` finds; refuses one that is malformed or too early.
    pub(crate) fn answer(
        &mut self,
        request: IncomingRequest,
        now: Instant,
        slots_from: impl FnOnce(PotInput) -> Vec<PotCheckpoints>,
    ) {
        let allowed = self.allow(request.peer, now);
        let input = read_request(&request.payload).filter(|_| allowed);
        let result = input.map(|input| slots_from(input).encode()).ok_or(());
        // Fails if the peer is gone.
        let _ = request.pending_response.send(OutgoingResponse {
            result,
            reputation_changes: Vec::new(),
            sent_feedback: None,
        });
    }

    fn allow(&mut self, peer: PeerId, now: Instant) -> bool {
        let last = self.answered.peek(&peer);
        let early = last.is_some_and(|last| now.saturating_duration_since(*last) < QUOTA);
        if !early {
            self.answered.insert(peer, now);
        }
        !early
    }
}

/// The input that a peer asks for. Checks the size before anything else, then decodes to the last byte.
pub fn read_request(bytes: &[u8]) -> Option<PotInput> {
    if bytes.len() != REQUEST_BYTES {
        return None;
    }
    PotInput::decode_all(&mut &bytes[..]).ok()
}

/// The slots that a peer answers, read as [`read_request`] does; none for more than there may be.
pub fn read_answer(bytes: &[u8]) -> Option<Vec<PotCheckpoints>> {
    if bytes.len() > MAX_ANSWER_BYTES {
        return None;
    }
    let slots = Vec::<PotCheckpoints>::decode_all(&mut &bytes[..]).ok()?;
    (slots.len() <= MAX_SLOTS).then_some(slots)
}

/// What a request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// So many slots, all of them right.
    Slots(usize),
    /// Nothing that can be used.
    Nothing,
    /// Checkpoints that are wrong for their own seed and iterations.
    Wrong,
}

/// Judges an answer to a request for `first` and adds its slots to what is known. `change` is the one that is due on the
/// asking node's chain. Blocks for as long as a verification takes.
fn judge(
    answer: &[u8],
    first: PotInput,
    change: Option<&PotChange>,
    verifier: &PotVerifier,
) -> Outcome {
    let Some(mut slots) = read_answer(answer) else {
        return Outcome::Nothing;
    };
    // From there on this node's chain is another one than what the peer answered.
    let until_change = change
        .and_then(|change| change.slot.0.checked_sub(first.slot.0))
        .filter(|ahead| *ahead > 0);
    if let Some(until_change) = until_change.and_then(|ahead| usize::try_from(ahead).ok()) {
        slots.truncate(until_change);
    }
    match verifier.verify_chain(first, None, &slots) {
        Ok(_) if slots.is_empty() => Outcome::Nothing,
        Ok(_) => Outcome::Slots(slots.len()),
        Err(_) => Outcome::Wrong,
    }
}

/// What is to be asked, and whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request {
    pub peer: PeerId,
    pub first: PotInput,
    pub change: Option<PotChange>,
}

impl Request {
    /// Asks the peer, and verifies what it answers off this thread.
    pub(crate) async fn carry_out(
        self,
        network: Arc<dyn NetworkRequest + Send + Sync>,
        protocol: ProtocolName,
        verifier: PotVerifier,
    ) -> Outcome {
        let Self {
            peer,
            first,
            change,
        } = self;
        let connect = IfDisconnected::ImmediateError;
        let answer = network.request(peer, protocol, first.encode(), None, connect);
        let answer: Result<_, RequestFailure> = answer.await;
        let Ok((answer, _)) = answer else {
            return Outcome::Nothing;
        };
        let judged = move || judge(&answer, first, change.as_ref(), &verifier);
        tokio::task::spawn_blocking(judged)
            .await
            .unwrap_or(Outcome::Nothing)
    }
}

/// A peer that says that it is ahead.
#[derive(Debug)]
struct Candidate {
    peer: PeerId,
    /// The newest slot that it gossiped.
    slot: Slot,
    /// When it may be asked, if it was asked before.
    next: Option<Instant>,
    /// Whether it had something to tell.
    useful: bool,
}

/// Whom to ask: peers that gossip slots farther ahead than gossip fills in by itself.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    peers: Vec<Candidate>,
}

impl Candidates {
    /// A peer gossiped a slot, which may be made up.
    pub(crate) fn note(&mut self, peer: PeerId, slot: Slot, tip: Slot) {
        if !is_ahead(slot, tip) {
            return;
        }
        if let Some(known) = self.peers.iter_mut().find(|known| known.peer == peer) {
            known.slot = slot;
            return;
        }
        if self.peers.len() >= PEERS {
            let Some(useless) = self.peers.iter().position(|known| !known.useful) else {
                return;
            };
            self.peers.remove(useless);
        }
        self.peers.push(Candidate {
            peer,
            slot,
            next: None,
            useful: false,
        });
    }

    /// The peer to ask: one that had something to tell before any other, then the one that was asked longest ago.
    pub(crate) fn choose(&self, tip: Slot, now: Instant) -> Option<PeerId> {
        self.peers
            .iter()
            .filter(|it| is_ahead(it.slot, tip) && it.next.is_none_or(|next| next <= now))
            .min_by_key(|it| (!it.useful, it.next))
            .map(|it| it.peer)
    }

    /// What came of asking it.
    pub(crate) fn answered(&mut self, peer: PeerId, outcome: Outcome, now: Instant) {
        let (useful, pause) = match outcome {
            // A little more than it asks for itself.
            Outcome::Slots(_) => (
                true,
                QUOTA.saturating_mul(11).checked_div(10).unwrap_or(QUOTA),
            ),
            Outcome::Nothing => (false, RETRY_AFTER),
            Outcome::Wrong => {
                self.peers.retain(|known| known.peer != peer);
                return;
            }
        };
        if let Some(known) = self.peers.iter_mut().find(|known| known.peer == peer) {
            known.useful = useful;
            known.next = now.checked_add(pause);
        }
    }
}

/// Gossip itself takes so many slots to somebody who lags a little.
fn is_ahead(slot: Slot, tip: Slot) -> bool {
    slot > tip.saturating_add(MAX_SLOTS_BEHIND)
}

#[cfg(test)]
mod tests;
