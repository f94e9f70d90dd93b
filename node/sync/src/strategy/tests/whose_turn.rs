//! Which of several claims is compared, and who is to blame for one.

use super::*;

/// Whoever names another number for an honest tip has nobody banned but himself, and keeps nobody from comparing it.
#[test]
fn a_wrong_number_is_the_fault_of_those_who_claim_it() {
    let (liar, honest) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(0, &[], false);
    test.peer(liar, 1, 0, 40, 9_000);
    test.claim(liar, |tip| tip.number = 41);
    test.peer(honest, 1, 0, 40, 400);
    test.pass(2);
    assert_eq!(test.started().unwrap().claimants, vec![(liar, 9_000)]);
    test.decide(
        BranchVerdict::Wrong("block 40 has number 40".into()),
        &[liar],
    );
    assert_eq!(test.reports, vec![liar]);
    let next = test.started().unwrap();
    assert_eq!(
        (next.claim.number, next.claimants),
        (40, vec![(honest, 400)])
    );
}

#[test]
fn who_never_delivers_is_last_in_line_whatever_it_claims_next() {
    let (liar, honest) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(0, &[], false);
    test.peer(liar, 7, 0, 50, BlockWeight::MAX);
    test.peer(honest, 1, 0, 40, 400);
    test.pass(2);
    assert_eq!(
        test.started().unwrap().claimants,
        vec![(liar, BlockWeight::MAX)]
    );
    test.claim(liar, |tip| tip.hash = hash(8, 0, 50));
    // It answers anew, so that its claim is a fresh one.
    test.pass(70);
    test.decide(BranchVerdict::NotDelivered, &[]);
    assert_eq!(test.started().unwrap().claimants, vec![(honest, 400)]);
    // A new connection makes it no other.
    test.sync.remove_peer(&liar);
    test.decide(BranchVerdict::NotDelivered, &[]);
    test.peer(liar, 9, 0, 50, BlockWeight::MAX);
    test.peer(honest, 1, 0, 41, 410);
    test.pass(2);
    assert!(test.sync.undelivered.peek(&liar).is_some());
}

/// Whoever comes anew each minute with a heavier claim, and delivers nothing of it, does not starve who was here before.
#[test]
fn newcomers_who_deliver_nothing_starve_nobody() {
    let honest = PeerId::random();
    let mut test = Test::new(0, &[], false);
    test.peer(PeerId::random(), 7, 0, 50, BlockWeight::MAX);
    test.pass(5);
    test.peer(honest, 1, 0, 40, 400);
    for branch in 8..12 {
        test.pass(30);
        test.peer(PeerId::random(), branch, 0, 50, BlockWeight::MAX);
        test.pass(30);
        if test.started().unwrap().claimants == vec![(honest, 400)] {
            return;
        }
        test.decide(BranchVerdict::NotDelivered, &[]);
    }
    panic!("the claim of the one who was here before was never compared");
}

/// Whoever claims too much is compared first. What is right of its branch is not joined before those who claim more than
/// that were heard, be it that they deliver nothing.
#[test]
fn a_branch_that_came_first_by_a_lie_is_not_joined_before_heavier_claims() {
    for delivers in [true, false] {
        let (liar, honest) = (PeerId::random(), PeerId::random());
        let mut test = Test::new(0, &[], false);
        test.peer(liar, 7, 0, 30, BlockWeight::MAX);
        test.peer(honest, 1, 0, 40, 400);
        test.pass(2);
        assert_eq!(test.started().unwrap().claim.hash, hash(7, 0, 30));
        test.decide(BranchVerdict::Heavier(branch(7, 0, 30), 300), &[liar]);
        assert!(!matches!(test.sync.state, State::Joining(_)));
        assert_eq!(test.started().unwrap().claimants, vec![(honest, 400)]);
        match delivers {
            true => test.decide(BranchVerdict::Heavier(branch(1, 0, 40), 400), &[]),
            false => {
                test.decide(BranchVerdict::NotDelivered, &[]);
                // The branch is compared again, since somebody claims it as it is.
                test.peer(PeerId::random(), 7, 0, 30, 300);
                test.pass(310);
                assert_eq!(test.started().unwrap().claim.hash, hash(7, 0, 30));
                test.decide(BranchVerdict::Heavier(branch(7, 0, 30), 300), &[]);
            }
        }
        assert!(matches!(test.sync.state, State::Joining(_)));
    }
}

/// Whoever claims too much for an honest branch does not keep it from being joined either.
#[test]
fn nobody_holds_a_branch_back_by_claiming_too_much_for_it() {
    let (liar, honest) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(0, &[], false);
    test.peer(liar, 1, 0, 40, BlockWeight::MAX);
    test.peer(honest, 1, 0, 40, 400);
    test.peer(PeerId::random(), 7, 0, 50, 9_000);
    test.pass(2);
    assert_eq!(test.started().unwrap().claim.hash, hash(1, 0, 40));
    test.decide(BranchVerdict::Heavier(branch(1, 0, 40), 400), &[liar]);
    assert!(matches!(test.sync.state, State::Joining(_)));
}

#[test]
fn boot_nodes_go_before_strangers_whatever_those_claim() {
    let (liar, boot) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(0, &[boot], false);
    test.peer(liar, 7, 0, 50, BlockWeight::MAX);
    test.peer(boot, 1, 0, 40, 400);
    test.pass(2);
    assert_eq!(test.started().unwrap().claimants, vec![(boot, 400)]);
}

/// What trickles in does not keep a boot node's claim waiting, nor, where none is named, that of an old acquaintance.
#[test]
fn a_slow_comparison_has_another_one_beside_it() {
    for is_named in [true, false] {
        let (liar, honest) = (PeerId::random(), PeerId::random());
        let named = if is_named { vec![honest] } else { Vec::new() };
        let mut test = Test::new(10, &named, true);
        test.peer(liar, 7, 0, 50, BlockWeight::MAX);
        test.pass(60);
        test.peer(honest, 1, 0, 40, 400);
        if !is_named {
            test.peer(PeerId::random(), 6, 0, 60, BlockWeight::MAX);
        }
        test.pass(30);
        assert_eq!(test.started().unwrap().claim.hash, hash(7, 0, 50));
        test.pass(60);
        let count = |test: &Test| test.comparisons.0.lock().unwrap().len();
        assert_eq!(count(&test), 2);
        if is_named {
            assert_eq!(test.started().unwrap().claimants, vec![(honest, 400)]);
        }
        test.pass(1000);
        assert_eq!(count(&test), 2, "no more than two");
    }
}

/// Once verified blocks back a claim, no second branch is verified beside it.
#[test]
fn a_claim_that_verified_blocks_back_has_none_beside_it() {
    let (one, other) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(10, &[one, other], true);
    test.peer(one, 7, 0, 50, 900);
    test.peer(other, 1, 0, 40, 400);
    test.pass(200);
    assert_eq!(test.sync.running.len(), 2);
    let first = &test.sync.running[0].1;
    first.backed.store(true, Ordering::Relaxed);
    let (first, second) = (first.stop.clone(), test.sync.running[1].1.stop.clone());
    test.pass(200);
    assert_eq!(test.sync.running.len(), 1);
    assert!(second.load(Ordering::Relaxed) && !first.load(Ordering::Relaxed));
}
