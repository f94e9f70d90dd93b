use super::*;
use crate::{
    test_chain::{change, evaluate, input, real_chain},
    test_client::Block,
};
use futures::channel::oneshot;
use sc_network::Litep2pNetworkBackend;

fn answered(server: &mut Server, peer: PeerId, payload: Vec<u8>, now: Instant) -> Option<Vec<u8>> {
    let (pending_response, mut answer) = oneshot::channel();
    let request = IncomingRequest {
        peer,
        payload,
        pending_response,
    };
    server.answer(request, now, |input| vec![evaluate(&input)]);
    let response = answer.try_recv().unwrap().expect("it answers at once");
    assert!(response.reputation_changes.is_empty());
    response.result.ok()
}

#[test]
fn the_protocol_is_of_one_chain_and_bounded() {
    let names = ProtocolNames::of_chain(&[0xab; 32], Some("fork"));
    let name = requests_protocol_name(&names);
    assert_eq!(&*name, format!("/{}/fork/alod-slots/1", "ab".repeat(32)));
    assert_eq!(input(1, 1, 16).encode().len(), REQUEST_BYTES);
    let most = vec![PotCheckpoints::default(); MAX_SLOTS].encode();
    assert_eq!(most.len(), MAX_ANSWER_BYTES);
    let (config, _) = requests_config::<Block, Litep2pNetworkBackend>(&names);
    assert_eq!(config.protocol_name, name);
}

#[test]
fn a_peer_is_answered_once_a_second() {
    let mut server = Server::new();
    let (one, other) = (PeerId::random(), PeerId::random());
    let first = input(5, 7, 16);
    let start = Instant::now();
    let expected = Some(vec![evaluate(&first)].encode());
    let mut ask = |peer, millis| {
        let now = start + Duration::from_millis(millis);
        answered(&mut server, peer, first.encode(), now)
    };
    assert_eq!(ask(one, 0), expected);
    assert_eq!(ask(one, 999), None);
    assert_eq!(ask(other, 999), expected);
    assert_eq!(ask(one, 1000), expected);
    assert_eq!(ask(one, 1001), None);
}

#[test]
fn what_is_no_request_or_no_answer_is_refused() {
    let request = input(5, 7, 16).encode();
    let longer = [&request[..], &[0]].concat();
    // No iterations.
    let zero = [&request[..24], &[0; 4]].concat();
    for wrong in [&[][..], &request[..27], &longer, &zero] {
        let mut server = Server::new();
        let answer = answered(
            &mut server,
            PeerId::random(),
            wrong.to_vec(),
            Instant::now(),
        );
        assert_eq!(answer, None);
    }
    let slots = real_chain(input(5, 7, 16), None, 3);
    assert_eq!(read_answer(&slots.encode()), Some(slots.clone()));
    assert_eq!(
        read_answer(&Vec::<PotCheckpoints>::new().encode()),
        Some(Vec::new())
    );
    let cut = &slots.encode()[..200];
    let longer = [&slots.encode()[..], &[0]].concat();
    let too_many = vec![PotCheckpoints::default(); MAX_SLOTS + 1].encode();
    for wrong in [&[][..], cut, &longer, &too_many] {
        assert_eq!(read_answer(wrong), None);
    }
}

#[test]
fn right_slots_are_known_from_then_on_and_wrong_ones_are_not() {
    let first = input(5, 7, 64);
    let slots = real_chain(first, None, 20);
    let verifier = PotVerifier::new();
    let known = |slot| verifier.known_chain(first, None, Slot(slot)).is_some();
    let right = judge(&slots.encode(), first, None, &verifier);
    assert_eq!(right, Outcome::Slots(20));
    assert!(known(24));
    assert_eq!(judge(&[0], first, None, &verifier), Outcome::Nothing);
    assert_eq!(judge(&[9], first, None, &verifier), Outcome::Nothing);

    for place in [0, 7, 19] {
        let verifier = PotVerifier::new();
        let mut wrong = slots.clone();
        wrong[place].0[3].0[0] ^= 1;
        let verdict = judge(&wrong.encode(), first, None, &verifier);
        assert_eq!(verdict, Outcome::Wrong);
    }
}

/// Where entropy enters, the peer may be on another fork, and is no liar.
#[test]
fn nothing_is_judged_beyond_a_change() {
    let first = input(5, 7, 64);
    let other_fork = real_chain(first, None, 20);
    let change = change(12, 64, 3);
    let verifier = PotVerifier::new();
    let verdict = judge(&other_fork.encode(), first, Some(&change), &verifier);
    assert_eq!(verdict, Outcome::Slots(7));
    assert!(
        verifier
            .known_chain(first, Some(&change), Slot(11))
            .is_some()
    );
    assert!(verifier.known_chain(first, None, Slot(12)).is_none());
    // A change in the first slot is in its input already, an earlier one as well.
    for slot in [5, 4] {
        let change = PotChange {
            slot: Slot(slot),
            ..change
        };
        let verdict = judge(&other_fork.encode(), first, Some(&change), &verifier);
        assert_eq!(verdict, Outcome::Slots(20));
    }
}

#[test]
fn whoever_helps_is_asked_again_and_nobody_too_often() {
    let [quiet, helpful, liar] = [(); 3].map(|()| PeerId::random());
    let start = Instant::now();
    let at = |millis| start + Duration::from_millis(millis);
    let mut candidates = Candidates::default();
    candidates.note(quiet, Slot(18), Slot(10));
    assert_eq!(
        candidates.choose(Slot(10), at(0)),
        None,
        "gossip fills that in"
    );
    candidates.note(quiet, Slot(5000), Slot(10));
    assert_eq!(candidates.choose(Slot(10), at(0)), Some(quiet));
    candidates.answered(quiet, Outcome::Nothing, at(0));
    assert_eq!(candidates.choose(Slot(10), at(29_999)), None);
    candidates.note(helpful, Slot(4000), Slot(10));
    assert_eq!(candidates.choose(Slot(10), at(1)), Some(helpful));
    candidates.answered(helpful, Outcome::Slots(512), at(1));
    assert_eq!(candidates.choose(Slot(522), at(1000)), None);
    candidates.note(liar, Slot(9000), Slot(522));
    assert_eq!(candidates.choose(Slot(522), at(1000)), Some(liar));
    assert_eq!(candidates.choose(Slot(522), at(1101)), Some(helpful));
    candidates.answered(liar, Outcome::Wrong, at(1101));
    assert_eq!(candidates.choose(Slot(522), at(1000)), None);
    // Once the node is where they are, nobody is asked.
    assert_eq!(candidates.choose(Slot(3991), at(60_000)), Some(helpful));
    assert_eq!(candidates.choose(Slot(3992), at(60_000)), Some(quiet));
    assert_eq!(candidates.choose(Slot(4992), at(60_000)), None);
}

#[test]
fn peers_that_say_they_are_ahead_are_bounded() {
    let mut candidates = Candidates::default();
    let helpful = PeerId::random();
    candidates.note(helpful, Slot(100), Slot(1));
    candidates.answered(helpful, Outcome::Slots(1), Instant::now());
    for _ in 0..1000 {
        candidates.note(PeerId::random(), Slot(100), Slot(1));
    }
    assert_eq!(candidates.peers.len(), PEERS);
    assert!(candidates.peers.iter().any(|known| known.peer == helpful));
}
