//! What becomes of gossiped slots: a queue that decides, without a network and without a clock.
//!
//! Only the slot that this node's chain wants next is worth a verification, since every other input
//! is one that the node cannot vouch for: it may be of another fork, or made up. So:
//!
//! - a message for the wanted input is verified, one at a time;
//! - other messages near the tip wait unverified: later slots until it is their turn, and other
//!   inputs of recent slots in case a block brings entropy that leads to them;
//! - a message for an input that is known already is compared with what is known;
//! - a peer is banned only for checkpoints that are proven wrong for the message's own seed and
//!   iterations: it passed on what it did not verify.
//!
//! # Bounds
//!
//! A flood costs the sender, not the node: a peer holds at most [`MAX_PER_PEER`] places, all peers
//! together [`MAX_WAITING`]. What the chain wants is always let in, and when the queue is full, a
//! nearer slot takes the place of the farthest. Equal messages share an entry.

use crate::{cache::PotVerifier, shared::View};
use allod_core::{PotCheckpoints, Slot, time::PotInput};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
};

/// Bytes of a message.
pub const MESSAGE_BYTES: usize = PotInput::SIZE + PotCheckpoints::SIZE;

/// Slots before the tip for which messages are taken.
pub(crate) const MAX_SLOTS_BEHIND: u64 = 8;

/// Slots after the tip for which messages are taken.
pub(crate) const MAX_SLOTS_AHEAD_OF_TIP: u64 = 30;

/// Places that one peer can hold: more than the slots of the window, since there may be two forks.
pub(crate) const MAX_PER_PEER: usize = 64;

/// Places in all: enough for 64 peers that use all of theirs.
pub(crate) const MAX_WAITING: usize = 64 * MAX_PER_PEER;

/// What travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct SlotMessage {
    /// Slot, seed and iterations.
    pub input: PotInput,
    /// What the sender says comes out.
    pub checkpoints: PotCheckpoints,
}

impl SlotMessage {
    /// Checks the size before anything else, then decodes to the last byte.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != MESSAGE_BYTES {
            return None;
        }
        Self::decode_all(&mut &bytes[..]).ok()
    }
}

/// Whether messages for `slot` are taken and passed on where the chain's newest slot is `tip`.
pub(crate) fn in_window(slot: Slot, tip: Slot) -> bool {
    slot.saturating_add(MAX_SLOTS_BEHIND) >= tip
        && slot <= tip.saturating_add(MAX_SLOTS_AHEAD_OF_TIP)
}

/// A message, and who sent it.
#[derive(Debug)]
struct Waiting<P> {
    message: SlotMessage,
    senders: Vec<P>,
}

/// The queue. `P` identifies a peer.
#[derive(Debug)]
pub(crate) struct GossipState<P> {
    waiting: BTreeMap<Slot, Vec<Waiting<P>>>,
    /// Places that each peer holds, and the sum.
    held: HashMap<P, usize>,
    total: usize,
    /// Taken out for verification.
    verifying: Option<Waiting<P>>,
}

impl<P: Copy + Eq + Hash> GossipState<P> {
    pub(crate) fn new() -> Self {
        Self {
            waiting: BTreeMap::new(),
            held: HashMap::new(),
            total: 0,
            verifying: None,
        }
    }

    /// Takes a message in, or not. Returns whether its sender is to be banned.
    pub(crate) fn on_message(
        &mut self,
        sender: P,
        bytes: &[u8],
        view: &View,
        verifier: &PotVerifier,
    ) -> bool {
        let Some(message) = SlotMessage::from_bytes(bytes) else {
            return false;
        };
        if !in_window(message.input.slot, view.tip) {
            return false;
        }
        if let Some(known) = verifier.get(&message.input) {
            let wrong = known != message.checkpoints;
            if wrong {
                self.forget(&[sender]);
            }
            return wrong;
        }
        self.enqueue(sender, message, view.wanted);
        false
    }

    /// The message to verify now: one for the input that is wanted, unless another is being
    /// verified. What most peers sent goes first. [`Self::on_verified`] must follow.
    pub(crate) fn next_to_verify(&mut self, wanted: Option<PotInput>) -> Option<SlotMessage> {
        let wanted = wanted.filter(|_| self.verifying.is_none())?;
        let candidates = self.waiting.get_mut(&wanted.slot)?;
        let (position, _) = candidates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| candidate.message.input == wanted)
            .max_by_key(|(_, candidate)| candidate.senders.len())?;
        let taken = candidates.swap_remove(position);
        if candidates.is_empty() {
            self.waiting.remove(&wanted.slot);
        }
        self.release(&taken.senders);
        let message = taken.message;
        self.verifying = Some(taken);
        Some(message)
    }

    /// Ends the verification that was begun last; `valid` is none if it could not be run. Returns
    /// whom to ban.
    pub(crate) fn on_verified(&mut self, valid: Option<bool>) -> Vec<P> {
        match self.verifying.take() {
            Some(wrong) if valid == Some(false) => {
                self.forget(&wrong.senders);
                wrong.senders
            }
            _ => Vec::new(),
        }
    }

    /// Drops what is outside the window by now and what has become known meanwhile. Returns whom to
    /// ban: those whose checkpoints differ from the known ones.
    pub(crate) fn settle(&mut self, tip: Slot, verifier: &PotVerifier) -> Vec<P> {
        let mut banned = Vec::new();
        let mut dropped = Vec::new();
        self.waiting.retain(|slot, candidates| {
            let relevant = in_window(*slot, tip);
            candidates.retain(|candidate| {
                let known = verifier.get(&candidate.message.input);
                if known.is_some_and(|known| known != candidate.message.checkpoints) {
                    banned.extend_from_slice(&candidate.senders);
                }
                let keep = relevant && known.is_none();
                if !keep {
                    dropped.extend_from_slice(&candidate.senders);
                }
                keep
            });
            !candidates.is_empty()
        });
        self.release(&dropped);
        self.forget(&banned);
        banned
    }

    fn enqueue(&mut self, sender: P, message: SlotMessage, wanted: Option<PotInput>) {
        if let Some(verifying) = &mut self.verifying
            && verifying.message == message
        {
            // Held until the verification ends, and by no more senders than this; so not counted.
            if verifying.senders.len() < MAX_PER_PEER && !verifying.senders.contains(&sender) {
                verifying.senders.push(sender);
            }
            return;
        }
        let input = message.input;
        let mut candidates = self.waiting.get(&input.slot).into_iter().flatten();
        let sent_before = |candidate: &Waiting<P>| {
            candidate.message.input == input && candidate.senders.contains(&sender)
        };
        if candidates.any(sent_before) || !self.make_room(sender, &input, wanted) {
            return;
        }
        let candidates = self.waiting.entry(input.slot).or_default();
        match candidates
            .iter_mut()
            .find(|candidate| candidate.message == message)
        {
            Some(same) => same.senders.push(sender),
            None => candidates.push(Waiting {
                message,
                senders: vec![sender],
            }),
        }
        let held = self.held.entry(sender).or_default();
        *held = held.saturating_add(1);
        self.total = self.total.saturating_add(1);
    }

    /// Whether there is a place for a message of `sender` for `input`, or one could be made.
    fn make_room(&mut self, sender: P, input: &PotInput, wanted: Option<PotInput>) -> bool {
        let is_wanted = wanted.as_ref() == Some(input);
        let held = self.held.get(&sender).copied().unwrap_or(0);
        if held >= MAX_PER_PEER && !is_wanted {
            return false;
        }
        if self.total < MAX_WAITING {
            return true;
        }
        let Some(mut farthest) = self.waiting.last_entry() else {
            return false;
        };
        if input.slot >= *farthest.key() && !is_wanted {
            return false;
        }
        // What most peers sent is the likeliest to be right.
        let candidates = farthest.get_mut();
        let least = candidates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| wanted != Some(candidate.message.input))
            .min_by_key(|(_, candidate)| candidate.senders.len());
        let Some((position, _)) = least else {
            return false;
        };
        let evicted = candidates.swap_remove(position);
        if candidates.is_empty() {
            farthest.remove();
        }
        self.release(&evicted.senders);
        true
    }

    /// Frees one place of each of `senders`, who may occur several times.
    fn release(&mut self, senders: &[P]) {
        for sender in senders {
            self.total = self.total.saturating_sub(1);
            if let Some(held) = self.held.get_mut(sender) {
                *held = held.saturating_sub(1);
                if *held == 0 {
                    self.held.remove(sender);
                }
            }
        }
    }

    /// Drops whatever `peers` alone sent.
    fn forget(&mut self, peers: &[P]) {
        if peers.is_empty() {
            return;
        }
        let mut dropped = Vec::new();
        self.waiting.retain(|_, candidates| {
            candidates.retain_mut(|candidate| {
                candidate.senders.retain(|sender| {
                    let forgotten = peers.contains(sender);
                    if forgotten {
                        dropped.push(*sender);
                    }
                    !forgotten
                });
                !candidate.senders.is_empty()
            });
            !candidates.is_empty()
        });
        self.release(&dropped);
    }
}

#[cfg(test)]
mod tests;
