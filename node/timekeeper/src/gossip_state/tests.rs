use super::*;
use crate::{
    state::{BestBlock, PotState},
    test_chain::{change, input, pretend},
};
use allod_core::PotOutput;
use proptest::prelude::*;
use std::collections::HashSet;

type Peer = u16;

/// A node's queue and chain, with a stand-in for the delay function.
struct Node {
    gossip: GossipState<Peer>,
    chain: PotState,
    verifier: PotVerifier,
    banned: Vec<Peer>,
    /// What was verified, as often as it was.
    verified: Vec<SlotMessage>,
}

fn right(input: PotInput) -> SlotMessage {
    SlotMessage {
        input,
        checkpoints: pretend(&input),
    }
}

fn wrong(input: PotInput, how: u8) -> SlotMessage {
    let mut message = right(input);
    message.checkpoints.0[1] = PotOutput([how; 16]);
    message
}

/// Inputs of the slots after genesis.
fn inputs(slots: usize) -> Vec<PotInput> {
    let mut inputs = vec![input(1, 1, 16)];
    while inputs.len() < slots {
        let last = inputs[inputs.len() - 1];
        inputs.push(last.next(pretend(&last).output(), None));
    }
    inputs
}

impl Node {
    fn new() -> Self {
        Self {
            gossip: GossipState::new(),
            chain: PotState::new(BestBlock::genesis(input(1, 1, 16), None)),
            verifier: PotVerifier::new(),
            banned: Vec::new(),
            verified: Vec::new(),
        }
    }

    fn view(&self) -> View {
        View {
            tip: self.chain.tip(),
            wanted: self.chain.wanted(),
        }
    }

    fn receive(&mut self, peer: Peer, message: &SlotMessage) {
        let view = self.view();
        let bytes = message.encode();
        if self.gossip.on_message(peer, &bytes, &view, &self.verifier) {
            self.banned.push(peer);
        }
    }

    /// Verifies a message, if one is to be; whether it did.
    fn verify_one(&mut self) -> bool {
        let Some(message) = self.gossip.next_to_verify(self.chain.wanted()) else {
            return false;
        };
        self.verified.push(message);
        self.end_verification(message);
        true
    }

    fn end_verification(&mut self, message: SlotMessage) {
        let valid = message == right(message.input);
        if valid {
            self.verifier.insert(&message.input, &message.checkpoints);
        }
        self.banned.extend(self.gossip.on_verified(Some(valid)));
        self.chain.advance(&self.verifier);
        self.settle();
    }

    fn settle(&mut self) {
        let tip = self.chain.tip();
        self.banned.extend(self.gossip.settle(tip, &self.verifier));
    }

    fn verify_all(&mut self) {
        while self.verify_one() {}
    }

    fn is_consistent(&self) -> bool {
        let mut held = HashMap::<Peer, usize>::new();
        for candidate in self.gossip.waiting.values().flatten() {
            for sender in &candidate.senders {
                *held.entry(*sender).or_default() += 1;
            }
        }
        held == self.gossip.held && held.values().sum::<usize>() == self.gossip.total
    }
}

#[test]
fn a_message_has_a_fixed_size() {
    let message = right(input(1, 1, 16));
    let bytes = message.encode();
    assert_eq!(bytes.len(), MESSAGE_BYTES);
    assert_eq!(SlotMessage::from_bytes(&bytes), Some(message));
    assert_eq!(SlotMessage::from_bytes(&bytes[..MESSAGE_BYTES - 1]), None);
    assert_eq!(SlotMessage::from_bytes(&[&bytes[..], &[0]].concat()), None);
    let mut zero_iterations = bytes;
    zero_iterations[24..28].fill(0);
    assert_eq!(SlotMessage::from_bytes(&zero_iterations), None);
}

#[test]
fn the_window_is_around_the_tip() {
    assert!(!in_window(Slot(91), Slot(100)));
    assert!(in_window(Slot(92), Slot(100)));
    assert!(in_window(Slot(130), Slot(100)));
    assert!(!in_window(Slot(131), Slot(100)));
    assert!(in_window(Slot(0), Slot(0)));
    assert!(in_window(Slot(u64::MAX), Slot(u64::MAX)));
}

#[test]
fn the_wanted_slot_is_verified_once_however_many_send_it() {
    let mut node = Node::new();
    let message = right(inputs(1)[0]);
    for peer in 0..20 {
        node.receive(peer, &message);
    }
    node.verify_all();
    for peer in 20..40 {
        node.receive(peer, &message);
    }
    node.verify_all();
    assert_eq!(node.verified, [message]);
    assert_eq!(node.chain.tip(), Slot(1));
    assert!(node.banned.is_empty());
    assert_eq!(node.gossip.total, 0);
}

#[test]
fn who_joins_during_a_verification_shares_its_outcome() {
    let mut node = Node::new();
    let slot = inputs(1)[0];
    let false_message = wrong(slot, 1);
    node.receive(1, &false_message);
    let taken = node.gossip.next_to_verify(node.chain.wanted());
    assert_eq!(taken, Some(false_message));
    node.receive(2, &false_message);
    node.receive(3, &right(slot));
    assert_eq!(
        node.gossip.next_to_verify(node.chain.wanted()),
        None,
        "one at a time"
    );
    node.end_verification(false_message);
    assert_eq!(node.banned, [1, 2]);
    node.verify_all();
    assert_eq!(node.chain.tip(), Slot(1));
}

#[test]
fn later_slots_wait_for_their_turn() {
    let mut node = Node::new();
    let inputs = inputs(6);
    for input in inputs.iter().rev() {
        assert!(!node.verify_one());
        node.receive(1, &right(*input));
    }
    node.verify_all();
    assert_eq!(node.chain.tip(), Slot(6));
    let verified: Vec<_> = node.verified.iter().map(|message| message.input).collect();
    assert_eq!(verified, inputs);
}

#[test]
fn other_inputs_are_neither_verified_nor_punished() {
    let mut node = Node::new();
    for peer in 0..10 {
        // Another seed, other iterations, wrong checkpoints, all for the wanted slot's number.
        node.receive(peer, &right(input(1, 9, 16)));
        node.receive(peer, &right(input(1, 1, 32)));
        node.receive(peer, &wrong(input(1, 8, 16), 1));
        node.receive(peer, &wrong(input(2, 1, 16), 1));
    }
    node.verify_all();
    assert!(node.verified.is_empty());
    assert!(node.banned.is_empty());
}

#[test]
fn messages_outside_the_window_are_dropped_and_those_that_fall_out_of_it_too() {
    let mut node = Node::new();
    node.receive(1, &right(input(31, 9, 16)));
    assert_eq!(node.gossip.total, 0);
    node.receive(1, &right(input(30, 9, 16)));
    node.receive(1, &right(input(2, 9, 16)));
    assert_eq!(node.gossip.total, 2);
    for input in inputs(11) {
        node.receive(2, &right(input));
    }
    node.verify_all();
    assert_eq!(node.chain.tip(), Slot(11));
    assert_eq!(node.gossip.total, 1, "slot 2 is more than 8 slots behind");
    assert!(node.is_consistent());
}

#[test]
fn wrong_checkpoints_of_the_wanted_input_ban_their_senders_and_no_other() {
    let mut node = Node::new();
    let slot = inputs(1)[0];
    node.receive(1, &wrong(slot, 1));
    node.receive(2, &wrong(slot, 1));
    node.receive(3, &right(slot));
    node.receive(4, &wrong(slot, 2));
    node.receive(1, &right(input(7, 7, 16)));
    node.verify_all();
    node.banned.sort_unstable();
    assert_eq!(node.banned, [1, 2, 4]);
    assert_eq!(node.chain.tip(), Slot(1));
    assert_eq!(node.gossip.total, 0, "what a banned peer sent is forgotten");
    assert!(node.verified.len() <= 2);
}

#[test]
fn nobody_is_banned_for_a_verification_that_could_not_be_run() {
    let mut node = Node::new();
    let message = wrong(inputs(1)[0], 1);
    node.receive(1, &message);
    assert!(node.gossip.next_to_verify(node.chain.wanted()).is_some());
    assert!(node.gossip.on_verified(None).is_empty());
    node.receive(2, &message);
    node.verify_all();
    assert_eq!(node.banned, [2]);
}

#[test]
fn wrong_checkpoints_of_a_known_slot_ban_without_a_verification() {
    let mut node = Node::new();
    let slot = inputs(1)[0];
    node.receive(1, &right(slot));
    node.verify_all();
    node.receive(2, &right(slot));
    node.receive(3, &wrong(slot, 1));
    node.verify_all();
    assert_eq!(node.banned, [3]);
    assert_eq!(node.verified.len(), 1);
}

#[test]
fn a_slot_that_comes_from_elsewhere_settles_what_waits_for_it() {
    let mut node = Node::new();
    let slot = inputs(1)[0];
    node.receive(1, &right(slot));
    node.receive(2, &wrong(slot, 1));
    node.verifier.insert(&slot, &pretend(&slot));
    node.chain.advance(&node.verifier);
    node.settle();
    assert_eq!(node.banned, [2]);
    assert!(!node.verify_one());
    assert_eq!(node.gossip.total, 0);
}

#[test]
fn messages_of_a_chain_with_entropy_that_is_not_known_yet_wait_for_its_block() {
    let mut node = Node::new();
    for input in inputs(6) {
        node.receive(1, &right(input));
    }
    node.verify_all();
    // Others have the block already, and go on with another input of slot 5.
    let change = change(5, 32, 9);
    let mut other = inputs(4)[3];
    for _ in 5..=8 {
        other = other.next(pretend(&other).output(), Some(&change));
        node.receive(2, &right(other));
    }
    node.verify_all();
    assert_eq!(node.chain.tip(), Slot(6));
    let block = BestBlock::genesis(input(1, 1, 16), Some(change));
    node.chain.on_best_block(block, None, &node.verifier);
    assert_eq!(node.chain.tip(), Slot(4));
    node.settle();
    node.verify_all();
    assert_eq!(node.chain.tip(), Slot(8));
    assert!(node.banned.is_empty());
}

#[test]
fn a_peer_cannot_take_more_than_its_share_but_what_is_wanted_is_let_in() {
    let mut node = Node::new();
    for seed in 0..200_u8 {
        node.receive(1, &right(input(5, seed, 64)));
    }
    assert_eq!(node.gossip.total, MAX_PER_PEER);
    node.receive(1, &right(inputs(1)[0]));
    node.verify_all();
    assert_eq!(node.chain.tip(), Slot(1));
    assert!(node.is_consistent());
}

#[test]
fn in_a_full_queue_nearer_slots_take_the_place_of_farther_ones() {
    let mut node = Node::new();
    for peer in 0..70_u16 {
        for seed in 0..u8::try_from(MAX_PER_PEER).unwrap() {
            let mut junk = input(20, seed, 64);
            junk.seed.0[1..3].copy_from_slice(&peer.to_le_bytes());
            node.receive(peer, &right(junk));
        }
    }
    assert_eq!(node.gossip.total, MAX_WAITING);
    node.receive(1000, &right(input(21, 1, 64)));
    assert!(!node.gossip.held.contains_key(&1000));
    node.receive(1000, &right(input(19, 1, 64)));
    node.receive(1001, &right(inputs(1)[0]));
    assert!(node.gossip.held.contains_key(&1000));
    assert_eq!(node.gossip.total, MAX_WAITING);
    assert!(node.is_consistent());
    node.verify_all();
    assert_eq!(node.chain.tip(), Slot(1));
}

#[derive(Debug, Clone)]
enum Event {
    /// Peers from `HONEST` on always send what is right.
    Message(Peer, SlotMessage),
    Verify,
    Begin,
    End,
    Entropy(u8),
}

const HONEST: Peer = 1000;

fn events() -> impl Strategy<Value = Vec<Event>> {
    let chain = inputs(40);
    let on_chain = prop::sample::select(chain.clone());
    let made_up = (1..45_u64, any::<u8>(), 1..4_u32)
        .prop_map(|(slot, seed, iterations)| input(slot, seed, 16 * iterations));
    let any_input = prop_oneof![on_chain.clone(), made_up];
    let flood = (0..100_u16, any_input, any::<u8>(), any::<bool>()).prop_map(
        |(peer, input, how, is_right)| {
            let message = if is_right {
                right(input)
            } else {
                wrong(input, how)
            };
            Event::Message(peer, message)
        },
    );
    let honest =
        (HONEST..HONEST + 5, on_chain).prop_map(|(peer, input)| Event::Message(peer, right(input)));
    let event = prop_oneof![
        12 => flood,
        6 => honest,
        2 => Just(Event::Verify),
        1 => Just(Event::Begin),
        1 => Just(Event::End),
        1 => (0..2_u8).prop_map(Event::Entropy),
    ];
    prop::collection::vec(event, 1..400)
}

proptest! {
    #[test]
    fn floods_neither_grow_the_queue_nor_stop_the_chain_nor_hurt_the_honest(events in events()) {
        let mut node = Node::new();
        let mut begun = None;
        let mut liars = HashSet::new();
        for event in events {
            match event {
                Event::Message(peer, message) => {
                    if message != right(message.input) {
                        liars.insert(peer);
                    }
                    node.receive(peer, &message);
                }
                Event::Verify if begun.is_none() => node.verify_all(),
                Event::Begin if begun.is_none() => {
                    begun = node.gossip.next_to_verify(node.chain.wanted());
                    node.verified.extend(begun);
                }
                Event::End => {
                    if let Some(message) = begun.take() {
                        node.end_verification(message);
                    }
                }
                Event::Entropy(entropy) => {
                    let change = (entropy > 0).then(|| change(7, 32, entropy));
                    let block = BestBlock::genesis(input(1, 1, 16), change);
                    node.chain.on_best_block(block, None, &node.verifier);
                    node.settle();
                }
                Event::Verify | Event::Begin => {}
            }
            prop_assert!(node.is_consistent());
            prop_assert!(node.gossip.total <= MAX_WAITING);
            // One more than its share for each input that was wanted meanwhile.
            let most = node.gossip.held.values().max().copied().unwrap_or(0);
            prop_assert!(most <= MAX_PER_PEER + 40);
        }
        prop_assert!(node.banned.iter().all(|peer| liars.contains(peer)));
        let mut inputs: Vec<_> = node
            .verified
            .iter()
            .filter(|message| **message == right(message.input))
            .map(|message| (message.input.seed, message.input.iterations))
            .collect();
        let all = inputs.len();
        inputs.sort_unstable();
        inputs.dedup();
        prop_assert_eq!(inputs.len(), all, "each slot verified once");
        // The chain is not stuck: what an honest peer sends next is taken.
        if let Some(message) = begun {
            node.end_verification(message);
        }
        let tip = node.chain.tip();
        if let Some(wanted) = node.chain.wanted() {
            node.receive(HONEST, &right(wanted));
            node.verify_all();
            prop_assert!(node.chain.tip() > tip);
        }
    }
}
