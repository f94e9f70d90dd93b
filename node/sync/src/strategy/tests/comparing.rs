//! What is compared, joined, or let through; who is kept off.

use super::*;

/// Of strangers' claims the heaviest is compared first, whoever makes it; the branch that was verified is imported
/// and no other.
#[test]
fn a_far_claim_is_compared_and_then_joined() {
    let (liar, other) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(0, &[], false);
    test.peer(liar, 7, 0, 50, 9_000);
    test.peer(other, 1, 0, 40, 400);
    test.pass(2);
    assert_eq!(test.started().unwrap().claimants, vec![(liar, 9_000)]);
    assert!(!test.is_followed(other));
    test.decide(BranchVerdict::Wrong("block #1".into()), &[liar]);
    assert_eq!(test.reports, vec![liar]);
    assert_eq!(test.started().unwrap().claimants, vec![(other, 400)]);
    test.decide(BranchVerdict::Heavier(branch(1, 0, 40), 400), &[]);
    assert!(matches!(test.sync.state, State::Joining(_)));
    assert!(test.sync.is_major_syncing());
    assert!(test.is_followed(other));
    assert_eq!(test.import(1, 0, 1..=40), 40);
    assert_eq!(test.import(1, 0, 41..=41), 0, "not of the branch");
}

#[test]
fn a_node_asks_around_again_when_it_has_joined() {
    let boot = PeerId::random();
    let mut test = Test::new(5, &[boot], false);
    test.peer(boot, 0, 0, 20, 200);
    test.pass(2);
    test.decide(BranchVerdict::Heavier(branch(0, 5, 20), 200), &[]);
    assert!(matches!(test.sync.state, State::Joining(_)));
    test.own.grow(20);
    test.pass(5);
    assert!(test.is_following());
    assert!(test.is_followed(boot));
}

#[test]
fn a_branch_that_stands_still_is_given_up() {
    let boot = PeerId::random();
    let mut test = Test::new(5, &[boot], false);
    test.peer(boot, 0, 0, 20, 200);
    test.pass(2);
    test.decide(BranchVerdict::Heavier(branch(0, 5, 20), 200), &[]);
    test.pass(55);
    assert!(matches!(test.sync.state, State::Joining(_)));
    test.pass(10);
    assert!(matches!(test.sync.state, State::Waiting { .. }));
}

/// A claim alone stops nobody from making blocks; verified blocks do.
#[test]
fn a_following_node_makes_blocks_until_a_claim_is_backed() {
    let (friend, other) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(10, &[], true);
    test.peer(friend, 0, 0, 12, 120);
    test.pass(2);
    assert!(test.is_followed(friend));
    test.peer(other, 1, 8, 13, 130);
    test.pass(2);
    assert!(!test.is_followed(other));
    assert_eq!(test.started().unwrap().claim.number, 13);
    assert!(!test.sync.is_major_syncing());
    let started = test.comparisons.0.lock().unwrap();
    started
        .last()
        .unwrap()
        .backed
        .store(true, Ordering::Relaxed);
    drop(started);
    assert!(test.sync.is_major_syncing());
    test.decide(BranchVerdict::NotHeavier, &[]);
    assert!(!test.sync.is_major_syncing());
    test.pass(100);
    assert!(test.started().is_none(), "it is not compared again");
}

/// Depth 6: two blocks pass, three are compared first; and so is a fork of three.
#[test]
fn no_run_of_half_the_depth_passes_uncompared() {
    let peer = PeerId::random();
    let follow = || {
        let mut test = Test::new(10, &[], true);
        test.peer(peer, 0, 0, 10, 100);
        test.pass(2);
        assert!(test.is_followed(peer));
        test
    };
    assert_eq!(follow().import(0, 0, 11..=12), 2);
    assert_eq!(follow().import(1, 9, 10..=11), 2);
    let mut test = follow();
    assert_eq!(test.import(0, 0, 11..=12), 2);
    assert_eq!(test.import(0, 0, 13..=13), 0, "what is on its way counts");
    for (id, fork, numbers) in [(0, 0, 11..=13), (1, 7, 8..=10), (1, 2, 3..=4)] {
        let mut test = follow();
        assert_eq!(test.import(id, fork, numbers), 0, "{id} {fork}");
        assert!(!test.is_followed(peer));
        // From now on even a near claim of that peer is compared.
        let tip = test.tips.get_mut(&peer).unwrap();
        (tip.hash, tip.number, tip.weight) = (hash(1, 7, 11), 11, 111);
        test.pass(4);
        assert_eq!(test.started().unwrap().claim.hash, hash(1, 7, 11));
        test.decide(BranchVerdict::Short, &[]);
        test.pass(2);
        assert!(test.is_followed(peer));
    }
}

#[test]
fn final_blocks_that_contradict_one_another_are_compared_however_near() {
    let (far, near) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(20, &[], true);
    for (peer, final_hash) in [(far, hash(1, 2, 14)), (near, hash(0, 0, 14))] {
        test.peer(peer, 1, 14, 21, 300);
        let tip = test.tips.get_mut(&peer).unwrap();
        (tip.final_number, tip.final_hash) = (14, final_hash);
    }
    test.pass(2);
    assert!(test.is_followed(near) && !test.is_followed(far));
    assert_eq!(test.started().unwrap().claimants, vec![(far, 300)]);
}

#[test]
fn whoever_brings_a_bad_block_is_off_for_a_day() {
    let (sender, announcer) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(10, &[], true);
    test.peer(sender, 0, 0, 10, 100);
    test.peer(announcer, 0, 0, 10, 100);
    test.pass(1);
    let error = BlockImportError::BadBlock(Some(sender));
    test.sync
        .on_blocks_processed(0, 1, vec![(Err(error), H256::zero())]);
    let announce = BlockAnnounce {
        header: header(99, 0, 1),
        state: None,
        data: None,
    };
    let answer = test
        .sync
        .on_validated_block_announce(true, announcer, &announce);
    assert_eq!(answer, None);
    let dropped: HashSet<PeerId> = test
        .sync
        .actions(&test.network)
        .unwrap()
        .into_iter()
        .filter_map(|action| match action {
            SyncingAction::DropPeer(BadPeer(peer, _)) => Some(peer),
            _ => None,
        })
        .collect();
    assert_eq!(dropped, HashSet::from([sender, announcer]));
    test.pass(180);
    let of_sender = test.reports.iter().filter(|peer| **peer == sender);
    assert!(of_sender.count() >= 3);
    // It comes back, and is shown the door.
    test.sync.remove_peer(&sender);
    test.sync.add_peer(sender, H256::zero(), 0);
    let actions = test.sync.actions(&test.network).unwrap();
    let shown = actions.iter().any(
        |action| matches!(action, SyncingAction::DropPeer(BadPeer(peer, _)) if *peer == sender),
    );
    assert!(shown);
}

/// A peer that brought too long a run could claim the own tip, and bring it again every other second.
#[test]
fn who_brings_too_long_a_run_is_not_let_in_again_by_claiming_the_own_tip() {
    let peer = PeerId::random();
    let mut test = Test::new(10, &[], true);
    test.peer(peer, 0, 0, 10, 100);
    test.pass(2);
    assert!(test.is_followed(peer));
    assert_eq!(test.import(0, 0, 11..=13), 0);
    test.pass(200);
    assert!(!test.is_followed(peer));
    assert!(test.started().is_none());
    // It is asked about what it claims beyond that.
    test.claim(peer, |tip| tip.weight = 101);
    test.pass(62);
    assert_eq!(test.started().unwrap().claim.hash, hash(0, 0, 10));
    test.decide(BranchVerdict::NotDelivered, &[]);
    test.pass(600);
    assert!(
        test.is_followed(peer),
        "a chain that is no other is let in again at last"
    );
}

/// A claim that is short and right lifts a suspicion, but who brings too long a run again soon stays outside.
#[test]
fn who_brings_too_long_a_run_again_stays_outside_whatever_it_claims() {
    let peer = PeerId::random();
    let mut test = Test::new(10, &[], true);
    test.peer(peer, 1, 9, 11, 111);
    test.pass(2);
    for is_let_in_again in [true, false] {
        assert!(test.is_followed(peer));
        assert_eq!(test.import(1, 7, 8..=10), 0);
        test.pass(4);
        if is_let_in_again {
            assert_eq!(test.started().unwrap().claim.hash, hash(1, 9, 11));
            test.decide(BranchVerdict::Short, &[]);
        }
        test.pass(100);
        assert_eq!(test.is_followed(peer), is_let_in_again);
        assert!(test.started().is_none(), "not compared twice");
    }
    test.pass(600);
    assert!(test.is_followed(peer));
}
