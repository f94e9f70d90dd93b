//! A heavier branch that parts below the final block.

use super::*;

#[test]
fn a_verified_branch_below_the_final_block_stops_the_making_of_blocks() {
    let peer = PeerId::random();
    let mut test = Test::new(20, &[], true);
    test.peer(peer, 1, 5, 30, 300);
    test.pass(2);
    test.decide(BranchVerdict::Heavier(branch(1, 5, 30), 300), &[]);
    assert!(test.is_following() && test.sync.is_major_syncing());
    assert!(test.sync.stranded.as_ref().unwrap().told_at.is_some());
    // Until the own chain is the heavier one.
    test.own.grow(31);
    test.pass(1);
    assert!(!test.sync.is_major_syncing());
}

/// A stranded node asks its peers for their tips, and for nothing else; it blames nobody, and offers nothing.
#[test]
fn peers_of_a_stranded_node_are_left_in_peace() {
    let peer = PeerId::random();
    let mut test = Test::new(20, &[], true);
    test.peer(peer, 1, 5, 30, 300);
    test.pass(2);
    test.decide(BranchVerdict::Heavier(branch(1, 5, 30), 300), &[]);
    // `pass` takes no request but one for a tip.
    test.pass(1000);
    assert!(test.sync.is_major_syncing());
    assert!(test.started().is_none());
    assert!(!test.is_followed(peer));
    assert!(test.reports.is_empty());
    assert!(test.sync.actions(&test.network).unwrap().is_empty());
    assert_eq!(test.resyncs(), 0);
}

#[test]
fn a_chain_that_was_compared_with_nobody_named_is_given_up() {
    let stranger = PeerId::random();
    let mut test = Test::with_rule(20, &[], false, ResyncRule::IfProvisional);
    test.pass(62);
    assert!(test.is_following(), "alone");
    test.peer(stranger, 1, 5, 30, 300);
    test.pass(2);
    assert_eq!(test.resyncs(), 0, "a claim is none");
    test.decide(BranchVerdict::Heavier(branch(1, 5, 30), 300), &[]);
    assert_eq!(test.resyncs(), 1);
    assert!(test.sync.is_major_syncing());
    test.pass(1000);
    assert_eq!(test.resyncs(), 1);
}

#[test]
fn a_chain_that_was_compared_with_a_boot_node_is_kept_unless_the_user_says_so() {
    for (rule, resyncs) in [
        (ResyncRule::Never, 0),
        (ResyncRule::IfProvisional, 0),
        (ResyncRule::Always, 1),
    ] {
        let (boot, stranger) = (PeerId::random(), PeerId::random());
        let mut test = Test::with_rule(20, &[boot], false, rule);
        test.peer(boot, 0, 0, 20, 200);
        test.pass(2);
        assert!(test.is_following());
        assert!(test.is_compared());
        test.peer(stranger, 1, 5, 30, 300);
        test.pass(2);
        test.decide(BranchVerdict::Heavier(branch(1, 5, 30), 300), &[]);
        assert_eq!(test.resyncs(), resyncs, "{rule:?}");
        assert!(test.sync.is_major_syncing());
    }
}

/// What was verified once is not verified again and again: a node that waited goes on, but makes no blocks.
#[test]
fn a_node_that_is_stranded_while_it_waits_waits_no_more() {
    let boot = PeerId::random();
    let mut test = Test::new(20, &[boot], false);
    test.peer(boot, 1, 5, 30, 300);
    test.pass(2);
    test.decide(BranchVerdict::Heavier(branch(1, 5, 30), 300), &[]);
    test.pass(1000);
    assert!(test.is_following() && test.sync.is_major_syncing());
    assert!(test.started().is_none());
    assert!(!test.is_compared());
}

/// A boot node whose claim is not compared yet has not been met.
#[test]
fn a_chain_is_given_up_for_the_boot_nodes() {
    let boot = PeerId::random();
    let mut test = Test::with_rule(20, &[boot], false, ResyncRule::IfProvisional);
    test.peer(boot, 1, 5, 30, 300);
    test.pass(2);
    assert!(!test.is_compared());
    test.decide(BranchVerdict::Heavier(branch(1, 5, 30), 300), &[]);
    assert_eq!(test.resyncs(), 1);
    // It is none after the next start: the database is another one.
    test.pass(1000);
    assert!(!test.is_compared());
}

/// What is above the final block is joined, and nothing dropped.
#[test]
fn a_provisional_chain_is_not_given_up_where_it_can_go_over() {
    let peer = PeerId::random();
    let mut test = Test::with_rule(20, &[], false, ResyncRule::IfProvisional);
    test.peer(peer, 1, 16, 30, 300);
    test.pass(2);
    test.decide(BranchVerdict::Heavier(branch(1, 16, 30), 300), &[]);
    assert!(matches!(test.sync.state, State::Joining(_)));
    assert_eq!(test.resyncs(), 0);
}

/// A boot node without blocks, one on another branch, or one whose near claim nobody looked at, was not compared with.
#[test]
fn a_chain_is_provisional_until_a_boot_nodes_tip_is_on_it_or_was_compared() {
    let boot = PeerId::random();
    let follow = |best, branch, fork, number, weight| {
        let mut test = Test::new(best, &[boot], false);
        test.peer(boot, branch, fork, number, weight);
        test.pass(2);
        test
    };
    let empty = follow(0, 0, 0, 0, 0);
    let lighter = follow(10, 1, 5, 8, 80);
    let mut near = follow(10, 0, 0, 11, 110);
    for test in [&empty, &lighter, &near] {
        assert!(test.is_following() && !test.is_compared());
    }
    near.own.grow(11);
    near.pass(1);
    assert!(near.is_compared());
    let behind = follow(10, 0, 0, 7, 70);
    assert!(behind.is_compared());
    let mut compared = follow(10, 1, 0, 40, 400);
    assert!(!compared.is_compared());
    compared.decide(BranchVerdict::NotHeavier, &[]);
    assert!(compared.is_compared());
    // A liar was met, and no chain.
    let mut liar = follow(10, 1, 0, 40, 400);
    liar.decide(BranchVerdict::NotHeavier, &[boot]);
    assert!(!liar.is_compared());
}
