use super::*;
use crate::{
    gossip_state::SlotMessage,
    test_chain::{change, evaluate, real_chain},
    test_client::{DELAY, ITERATIONS, TestClient},
    test_node::{Hub, Node, eventually},
};
use allod_core::{
    PotCheckpoints, PotOutput,
    time::{PotChange, PotInput},
};
use parity_scale_codec::Encode;
use sc_network::{PeerId, config::OutgoingResponse, service::traits::NotificationEvent};
use std::time::Duration;

/// Slots of the tests are this far apart.
const PACE: Duration = Duration::from_millis(30);

/// Slots from `first` on, as they ought to be.
fn slots_from(
    first: PotInput,
    change: Option<&PotChange>,
    count: usize,
) -> Vec<(PotInput, PotCheckpoints)> {
    let mut input = first;
    let mut slots = Vec::new();
    for checkpoints in real_chain(first, change, count) {
        slots.push((input, checkpoints));
        input = input.next(checkpoints.output(), change);
    }
    slots
}

fn future(slots: &[(PotInput, PotCheckpoints)], slot: u64) -> (PotInput, PotOutput) {
    let (input, checkpoints) = slots[usize::try_from(slot).unwrap() - 1];
    assert_eq!(input.slot, Slot(slot));
    (input, checkpoints.output())
}

fn message(slot: &(PotInput, PotCheckpoints)) -> Vec<u8> {
    let (input, checkpoints) = *slot;
    SlotMessage { input, checkpoints }.encode()
}

fn wrong(slot: &(PotInput, PotCheckpoints)) -> Vec<u8> {
    let (input, mut checkpoints) = *slot;
    checkpoints.0[4].0[0] ^= 1;
    message(&(input, checkpoints))
}

/// The next message that a participant is sent, and by whom.
async fn received(mailbox: &mut mpsc::UnboundedReceiver<NotificationEvent>) -> (PeerId, Vec<u8>) {
    loop {
        let event = tokio::time::timeout(Duration::from_secs(20), mailbox.recv()).await;
        match event.expect("a message in time") {
            Some(NotificationEvent::NotificationReceived { peer, notification }) => {
                return (peer, notification);
            }
            Some(_) => {}
            None => panic!("the hub is gone"),
        }
    }
}

/// Waits until a slot is announced.
async fn wait_for(receiver: &mut broadcast::Receiver<SlotTick>, slot: &(PotInput, PotCheckpoints)) {
    let (input, checkpoints) = *slot;
    let announced = async {
        loop {
            match receiver.recv().await {
                Ok(tick) if tick == SlotTick::new(input, checkpoints) => return,
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(closed) => panic!("{closed}"),
            }
        }
    };
    let announced = tokio::time::timeout(Duration::from_secs(20), announced).await;
    announced.expect("the slot is announced in time");
}

fn ticks(receiver: &mut broadcast::Receiver<SlotTick>) -> Vec<SlotTick> {
    std::iter::from_fn(|| receiver.try_recv().ok()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_spread_from_node_to_node_and_each_verifies_them_once() {
    let client = TestClient::new();
    let hub = Hub::default();
    let keeper = Node::start(&client, &hub, Some(PACE));
    let middle = Node::start(&client, &hub, None);
    let end = Node::start(&client, &hub, None);
    let mut slots = end.handle.subscribe();
    hub.connect(keeper.peer, middle.peer);
    hub.connect(middle.peer, end.peer);
    end.until_tip("slots arrive", |tip| tip >= Slot(10)).await;

    let expected = slots_from(client.first_input(), None, 10);
    for (tick, (input, checkpoints)) in ticks(&mut slots).into_iter().zip(expected) {
        assert_eq!((tick.input, tick.checkpoints), (input, checkpoints));
    }
    assert_eq!(keeper.verifier.computed(), 0, "it evaluated them itself");
    for node in [&middle, &end] {
        // A verification may be under way when the tip is read.
        let verified = node.verifier.computed();
        assert!(verified <= node.handle.tip().0 + 1);
    }
    assert!(hub.banned().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_verified_is_passed_on_and_only_liars_are_banned() {
    let client = TestClient::new();
    let hub = Hub::default();
    let node = Node::start(&client, &hub, None);
    let (liar, _liars_mail) = hub.join();
    let (stranger, _strangers_mail) = hub.join();
    let (friend, _friends_mail) = hub.join();
    let (listener, mut heard) = hub.join();
    for peer in [liar, stranger, friend, listener] {
        hub.connect(node.peer, peer);
    }
    let slots = slots_from(client.first_input(), None, 3);

    // Valid proofs of a chain that is not this node's, nonsense, and a slot far ahead.
    let mut other = client.first_input();
    other.seed.0[0] ^= 1;
    hub.send(stranger, node.peer, message(&(other, evaluate(&other))));
    hub.send(stranger, node.peer, wrong(&(other, evaluate(&other))));
    hub.send(stranger, node.peer, vec![1, 2, 3]);
    let mut far = slots[2];
    far.0.slot = Slot(1000);
    hub.send(stranger, node.peer, message(&far));

    hub.send(liar, node.peer, wrong(&slots[0]));
    eventually("the liar is banned", || hub.banned() == [liar]).await;
    hub.send(friend, node.peer, message(&slots[1]));
    hub.send(friend, node.peer, message(&slots[0]));
    let mut passed_on = vec![received(&mut heard).await, received(&mut heard).await];
    passed_on.sort();
    let mut expected = vec![
        (node.peer, message(&slots[0])),
        (node.peer, message(&slots[1])),
    ];
    expected.sort();
    assert_eq!(passed_on, expected);
    assert_eq!(node.handle.tip(), Slot(2));
    assert_eq!(hub.banned(), [liar]);
    assert_eq!(node.verifier.computed(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_connects_later_gets_the_newest_slots() {
    let client = TestClient::new();
    let hub = Hub::default();
    let node = Node::start(&client, &hub, None);
    let (friend, _mail) = hub.join();
    hub.connect(node.peer, friend);
    let slots = slots_from(client.first_input(), None, 2);
    for slot in &slots {
        hub.send(friend, node.peer, message(slot));
    }
    node.until_tip("slots arrive", |tip| tip == Slot(2)).await;
    let (late, mut heard) = hub.join();
    hub.connect(node.peer, late);
    let mut got = vec![received(&mut heard).await.1, received(&mut heard).await.1];
    got.sort();
    let mut expected: Vec<_> = slots.iter().map(message).collect();
    expected.sort();
    assert_eq!(got, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn proofs_of_imported_blocks_extend_the_chain_and_are_announced() {
    let client = TestClient::new();
    let node = Node::start(&client, &Hub::default(), None);
    let mut receiver = node.handle.subscribe();
    let slots = slots_from(client.first_input(), None, 30);
    let all: Vec<_> = slots.iter().map(|(_, checkpoints)| *checkpoints).collect();

    // What import does: verify, then import.
    let first = client.first_input();
    let next = node.verifier.verify_chain(first, None, &all[..7]);
    let block = client.import(client.genesis(), future(&slots, 7), None);
    node.until_tip("the block's slots", |tip| tip == Slot(7))
        .await;
    let announced: Vec<_> = ticks(&mut receiver)
        .iter()
        .map(|tick| tick.slot.0)
        .collect();
    assert_eq!(announced, [4, 5, 6, 7]);
    let since = node.handle.tip_instant();

    assert!(
        node.verifier
            .verify_chain(next.unwrap(), None, &all[7..9])
            .is_ok()
    );
    let block = client.import(block, future(&slots, 9), None);
    node.until_tip("the next block's slots", |tip| tip == Slot(9))
        .await;
    let announced: Vec<_> = ticks(&mut receiver)
        .iter()
        .map(|tick| tick.slot.0)
        .collect();
    assert_eq!(announced, [8, 9]);
    assert!(node.handle.tip_instant() > since);

    // A block whose slots were not verified (checked by sample, in sync) moves the tip all the
    // same.
    client.import(block, future(&slots, 30), None);
    node.until_tip("the far block", |tip| tip == Slot(30)).await;
    assert_eq!(ticks(&mut receiver), []);
    assert_eq!(node.verifier.computed(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn entropy_that_comes_late_or_goes_again_rewinds_all_nodes() {
    let client = TestClient::new();
    let hub = Hub::default();
    let keeper = Node::start(&client, &hub, Some(PACE));
    let node = Node::start(&client, &hub, None);
    hub.connect(keeper.peer, node.peer);
    node.until_tip("time passes", |tip| tip >= Slot(12)).await;

    let mut receivers = [&keeper, &node].map(|node| node.handle.subscribe());
    let plain = slots_from(client.first_input(), None, 200);
    let late = change(8, 2 * ITERATIONS, 7);
    let injected = slots_from(client.first_input(), Some(&late), 14);
    assert_eq!(plain[6], injected[6]);
    assert_ne!(plain[7], injected[7]);
    let with = client.import(client.genesis(), future(&plain, 2 + DELAY), Some(late));
    for receiver in &mut receivers {
        wait_for(receiver, &injected[7]).await;
        wait_for(receiver, &injected[13]).await;
    }

    // A heavier fork without the entropy: what was known of the plain chain is not evaluated again.
    let known = |slot: &&(PotInput, PotCheckpoints)| keeper.verifier.get(&slot.0).is_some();
    let newest = plain.iter().take_while(known).count();
    let without = client.import(client.genesis(), future(&plain, 3 + DELAY), None);
    assert_ne!(with, without);
    for receiver in &mut receivers {
        wait_for(receiver, &plain[newest - 1]).await;
        wait_for(receiver, &plain[newest + 2]).await;
    }
    assert!(hub.banned().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_needs_no_network() {
    let client = TestClient::new();
    let config = TimekeeperConfig {
        enabled: true,
        pace: Some(PACE),
        core: None,
    };
    let (source, handle) =
        PotSource::new(client.clone(), PotVerifier::new(), config, None).unwrap();
    let mut receiver = handle.subscribe();
    let task = tokio::spawn(source.run());
    let expected = slots_from(client.first_input(), None, 3);
    for (input, checkpoints) in expected {
        let tick = receiver.recv().await.unwrap();
        assert_eq!((tick.input, tick.checkpoints), (input, checkpoints));
    }
    task.abort();
}

#[test]
fn a_core_that_is_not_there_is_refused_unless_no_time_is_kept() {
    let with = |enabled| {
        let config = TimekeeperConfig {
            enabled,
            pace: None,
            core: Some(usize::MAX),
        };
        PotSource::new(TestClient::new(), PotVerifier::new(), config, None).map(|_| ())
    };
    assert!(matches!(with(true), Err(Error::NoSuchCore { .. })));
    assert!(with(false).is_ok());
}

/// Nobody made a block for long: the newest slots are gossiped, those before them are asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_comes_late_asks_for_the_slots_that_it_missed() {
    let client = TestClient::new();
    let hub = Hub::default();
    let keeper = Node::start(&client, &hub, Some(Duration::from_millis(1)));
    keeper
        .until_tip("time passes", |tip| tip >= Slot(1200))
        .await;
    let late = Node::start(&client, &hub, None);
    hub.connect(keeper.peer, late.peer);
    late.until_tip("the slots are there", |tip| tip >= Slot(1200))
        .await;
    let outputs = late.handle.outputs(Slot(1), 2000);
    let expected = slots_from(client.first_input(), None, 1200);
    assert!(outputs.len() >= 1200);
    for ((slot, output), (input, checkpoints)) in outputs.into_iter().zip(expected) {
        assert_eq!((slot, output), (input.slot, checkpoints.output()));
    }
    assert!(hub.banned().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_whose_answer_is_wrong_is_banned_and_another_one_is_asked() {
    let client = TestClient::new();
    let hub = Hub::default();
    let node = Node::start(&client, &hub, None);
    let slots = slots_from(client.first_input(), None, 200);
    let [liar, friend] = [(); 2].map(|()| hub.join().0);
    for (peer, answer) in [
        (liar, vec![slots[5].1; 100]),
        (friend, slots.iter().map(|slot| slot.1).collect()),
    ] {
        let requests = hub.serve(peer);
        hub.connect(node.peer, peer);
        hub.send(peer, node.peer, message(&slots[199]));
        tokio::spawn(async move {
            while let Ok(request) = requests.recv().await {
                let _ = request.pending_response.send(OutgoingResponse {
                    result: Ok(answer.encode()),
                    reputation_changes: Vec::new(),
                    sent_feedback: None,
                });
            }
        });
    }
    node.until_tip("the friend's slots", |tip| tip >= Slot(200))
        .await;
    let banned = hub.banned();
    assert!(banned.is_empty() || banned == [liar], "{banned:?}");
    // If the friend was asked first, the liar's turn comes with the next slot that is far ahead.
    if banned.is_empty() {
        let later = slots_from(client.first_input(), None, 400);
        hub.send(liar, node.peer, message(&later[399]));
        eventually("the liar is banned", || hub.banned() == [liar]).await;
    }
}
