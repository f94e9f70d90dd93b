//! The import of a branch that was compared, and its end.

use super::*;

fn is_joining(test: &Test) -> bool {
    matches!(test.sync.state, State::Joining(_))
}

/// A node at block 20 that joins blocks 17 to 19 of branch 1, which are heavier.
fn joins_a_shorter_branch() -> (Test, PeerId) {
    let peer = PeerId::random();
    let mut test = Test::new(20, &[], false);
    test.peer(peer, 1, 16, 19, 300);
    test.claim(peer, |tip| {
        (tip.final_number, tip.final_hash) = (14, [9; 32])
    });
    test.pass(2);
    test.decide(BranchVerdict::Heavier(branch(1, 16, 19), 300), &[]);
    (test, peer)
}

#[test]
fn a_heavier_branch_need_not_be_longer() {
    let (mut test, _) = joins_a_shorter_branch();
    test.pass(50);
    assert!(is_joining(&test));
    assert_eq!(test.import(1, 16, 17..=19), 3);
    // Each block that comes is progress, though the best block stays what it is.
    test.own.import(1, 16, 17);
    test.pass(50);
    test.own.import(1, 16, 18);
    test.pass(50);
    assert!(is_joining(&test));
    test.own.import(1, 16, 19);
    test.pass(0);
    assert!(!is_joining(&test));
}

#[test]
fn who_delivers_no_block_of_a_branch_is_last_in_line_and_left_alone_for_a_while() {
    let (mut test, peer) = joins_a_shorter_branch();
    test.pass(100);
    assert!(matches!(test.sync.state, State::Waiting { .. }));
    assert!(test.started().is_none());
    assert_eq!(test.sync.undelivered.peek(&peer).copied(), Some(1));
    test.pass(300);
    assert_eq!(test.started().unwrap().claim.hash, hash(1, 16, 19));
}

/// Headers do not show everything: block 1 of branch 99 fails when it is executed.
#[test]
fn a_branch_whose_import_fails_is_not_compared_again_and_its_claimants_are_banned() {
    let (liar, sender) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(0, &[], false);
    test.peer(liar, 99, 0, 40, 400);
    test.peer(sender, 0, 0, 0, 0);
    test.pass(2);
    test.decide(BranchVerdict::Heavier(branch(99, 0, 40), 400), &[]);
    let bad = |number| {
        let error = BlockImportError::BadBlock(Some(sender));
        vec![(Err(error), header(99, 0, number).hash())]
    };
    // A body that is not the header's is its sender's fault alone.
    test.sync.on_blocks_processed(0, 1, bad(2));
    test.pass(1);
    assert!(is_joining(&test));
    assert_eq!(test.reports, vec![sender]);
    test.sync.on_blocks_processed(0, 1, bad(1));
    test.pass(2);
    assert!(!is_joining(&test));
    assert!(test.reports.contains(&liar));
    test.pass(1000);
    assert!(test.started().is_none(), "it is known what it is");
}

#[test]
fn what_is_lighter_by_the_time_it_is_verified_is_not_joined() {
    let (peer, far) = (PeerId::random(), PeerId::random());
    for (number, weight) in [(50, 400), (40, 400)] {
        let mut test = Test::with_rule(20, &[], true, ResyncRule::Always);
        test.peer(peer, 1, 18, 30, weight);
        test.peer(far, 0, 0, 20, 200);
        test.pass(2);
        test.own.grow(number);
        test.decide(BranchVerdict::Heavier(branch(1, 18, 30), weight), &[]);
        assert!(test.is_following() && !test.sync.is_major_syncing());
        assert_eq!(test.resyncs(), 0);
        test.pass(1000);
        assert!(test.started().is_none());
    }
}
