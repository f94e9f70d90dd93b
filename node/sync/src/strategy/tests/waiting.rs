//! Whom a node waits for before it imports anything.

use super::*;

#[test]
fn strangers_do_not_do_where_boot_nodes_are_named() {
    let (boot, stranger) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(10, &[boot], false);
    assert!(test.sync.is_major_syncing());
    test.peer(stranger, 0, 0, 10, 100);
    test.pass(1000);
    assert!(!test.is_following());
    test.peer(boot, 0, 0, 10, 100);
    test.pass(2);
    assert!(test.is_following());
    assert!(!test.sync.is_major_syncing());
    assert!(test.is_followed(boot) && test.is_followed(stranger));
}

#[test]
fn a_node_without_peers_goes_on_alone_after_a_minute_and_a_development_node_at_once() {
    let mut test = Test::new(10, &[PeerId::random()], false);
    test.pass(58);
    assert!(!test.is_following());
    test.pass(3);
    assert!(test.is_following());
    assert!(Test::new(10, &[], true).is_following());
    // A peer that says nothing is none, where no boot node is waited for.
    let mut test = Test::new(10, &[], false);
    test.sync.add_peer(PeerId::random(), H256::zero(), 0);
    test.pass(30);
    assert!(!test.is_following());
    test.pass(150);
    assert!(test.is_following());
}

#[test]
fn all_peers_are_waited_for_but_not_for_ever() {
    let boot = PeerId::random();
    let mut test = Test::new(10, &[boot], false);
    test.peer(boot, 0, 0, 10, 100);
    test.sync.add_peer(PeerId::random(), H256::zero(), 0);
    test.pass(25);
    assert!(!test.is_following());
    test.pass(10);
    assert!(test.is_following());
}

#[test]
fn nothing_is_imported_before_it_is_compared() {
    let mut test = Test::new(0, &[PeerId::random()], false);
    test.peer(PeerId::random(), 1, 0, 1, 10);
    assert_eq!(test.import(1, 0, 1..=1), 0);
}

/// Peers that come and say nothing keep a node for a minute; one that is asked again keeps nobody, and its answer counts
/// until the next one.
#[test]
fn silence_keeps_nobody_waiting_for_longer_than_a_minute() {
    let boot = PeerId::random();
    let mut test = Test::new(10, &[boot], false);
    test.peer(boot, 0, 0, 10, 100);
    for _ in 0..3 {
        assert!(!test.is_following());
        test.sync.add_peer(PeerId::random(), H256::zero(), 0);
        test.pass(18);
    }
    test.sync.add_peer(PeerId::random(), H256::zero(), 0);
    test.pass(6);
    assert!(test.is_following());
}

#[test]
fn what_a_peer_said_counts_while_it_is_asked_again() {
    let mut test = Test::new(10, &[], false);
    let (peer, now) = (PeerId::random(), test.now);
    test.peer(peer, 0, 0, 10, 100);
    test.pass(1);
    let known = test.sync.peers.get_mut(&peer).unwrap();
    known.answer = Answer::Unasked;
    assert!(known.ask(now + Duration::from_secs(10)));
    assert!(known.is_awaited() && known.tip().is_some());
    known.expire(now + Duration::from_secs(1000));
    assert!(known.tip().is_none());
}

/// A boot node's heavier claim that nobody delivered is waited for, and tried again; that of a stranger is not, where a boot
/// node has answered.
#[test]
fn a_heavier_claim_of_a_boot_node_is_waited_for() {
    let (boot, stranger) = (PeerId::random(), PeerId::random());
    let undecided = || {
        let cause = "the disk is full".to_owned();
        [BranchVerdict::NotDelivered, BranchVerdict::Local(cause)]
    };
    for verdict in undecided() {
        let mut test = Test::new(10, &[boot], false);
        test.peer(boot, 1, 0, 40, 400);
        test.pass(2);
        test.decide(verdict, &[]);
        test.pass(200);
        assert!(!test.is_following());
        test.pass(120);
        assert_eq!(test.started().unwrap().claimants, vec![(boot, 400)]);
        test.decide(BranchVerdict::NotHeavier, &[]);
        assert!(test.is_following());
    }
    for verdict in undecided() {
        let mut test = Test::new(10, &[boot], false);
        test.peer(boot, 0, 0, 10, 100);
        test.peer(stranger, 1, 0, 40, 400);
        test.pass(2);
        assert_eq!(test.started().unwrap().claimants, vec![(stranger, 400)]);
        test.decide(verdict, &[]);
        test.pass(2);
        assert!(test.is_following());
    }
}

/// Beside a boot node that has answered, strangers are heard, but their claims do not keep a node for ever.
#[test]
fn strangers_are_heard_for_a_few_minutes() {
    let (boot, stranger) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(10, &[boot], false);
    test.peer(boot, 0, 0, 10, 100);
    test.peer(stranger, 1, 0, 40, 400);
    test.pass(290);
    assert!(!test.is_following());
    let backed = test.sync.running[0].1.backed.clone();
    test.pass(20);
    assert!(test.is_following() && !test.sync.is_major_syncing());
    backed.store(true, Ordering::Relaxed);
    assert!(test.sync.is_major_syncing());
}

/// Where no boot node is named, anybody's claim is waited for, but not for ever.
#[test]
fn a_stranger_that_never_delivers_keeps_nobody_for_ever() {
    let (liar, honest) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(10, &[], false);
    test.peer(liar, 1, 0, 40, 400);
    test.peer(honest, 0, 0, 10, 100);
    for tried in 0..3 {
        test.pass(310);
        assert!(!test.is_following(), "{tried}");
        test.decide(BranchVerdict::NotDelivered, &[]);
    }
    test.pass(2);
    assert!(test.is_following());
}

/// A boot node whose claims nobody delivers is waited for no more, but the chain is provisional as long as such a claim is
/// open, and the claim is tried again; what is delivered after all is waited for.
#[test]
fn a_boot_node_that_never_delivers_keeps_nobody_for_ever() {
    let (silent, honest) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(10, &[silent, honest], false);
    test.peer(silent, 1, 0, 40, 400);
    test.peer(honest, 0, 0, 10, 100);
    for tried in 0..3 {
        test.pass(310);
        assert!(!test.is_following(), "{tried}");
        test.decide(BranchVerdict::NotDelivered, &[]);
    }
    test.pass(2);
    assert!(!test.is_following(), "within the hour");
    // Tried again and again meanwhile.
    for _ in 0..9 {
        test.pass(310);
        test.decide(BranchVerdict::NotDelivered, &[]);
    }
    assert!(test.is_following());
    assert!(!test.is_compared(), "its claim is still open");
    test.pass(310);
    assert_eq!(test.started().unwrap().claimants, vec![(silent, 400)]);
    test.decide(BranchVerdict::NotHeavier, &[]);
    assert!(test.is_compared());
}
