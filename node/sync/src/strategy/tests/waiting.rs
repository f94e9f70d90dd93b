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
