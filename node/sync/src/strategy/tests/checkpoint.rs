//! A block that the chain must have.

use super::*;

fn at(number: u32, hash: Hash) -> Checkpoint {
    Checkpoint { number, hash }
}

/// A node at block 0 that must find block 5 of branch 1.
fn newcomer() -> Test {
    let mut test = Test::new(0, &[], false);
    test.sync.settings.checkpoint = Some(at(5, hash(1, 0, 5)));
    test
}

#[test]
fn a_branch_without_it_is_compared_once_however_it_grows() {
    let peer = PeerId::random();
    let mut test = newcomer();
    test.peer(peer, 2, 0, 40, 400);
    test.pass(2);
    assert_eq!(test.started().unwrap().claim.hash, hash(2, 0, 40));
    test.decide(BranchVerdict::OffCheckpoint, &[]);
    assert!(test.reports.is_empty(), "it is nobody's fault");
    for number in 41..45 {
        let tip = test.tips.get_mut(&peer).unwrap();
        (tip.hash, tip.number) = (hash(2, 0, number), number);
        test.pass(100);
        assert!(test.started().is_none(), "{number}");
    }
    assert!(matches!(test.sync.state, State::Waiting { .. }));
    // It may have gone over to another chain.
    test.pass(700);
    assert!(test.started().is_some());
}

#[test]
fn a_chain_that_is_not_as_long_yet_is_not_compared() {
    let (short, right) = (PeerId::random(), PeerId::random());
    let mut test = newcomer();
    test.peer(short, 1, 0, 4, 400);
    test.pass(100);
    assert!(test.started().is_none());
    assert!(matches!(test.sync.state, State::Waiting { .. }));
    test.peer(right, 1, 0, 40, 400);
    test.pass(2);
    assert_eq!(test.started().unwrap().claim.hash, hash(1, 0, 40));
}

/// The best chain has block 8; what parts below it is held, though no block of the depth is final yet.
#[test]
fn nothing_enters_that_parts_below_it() {
    let peer = PeerId::random();
    let follow = || {
        let mut test = Test::new(10, &[], true);
        test.sync.settings.checkpoint = Some(at(8, hash(0, 0, 8)));
        test.peer(peer, 0, 0, 10, 100);
        test.pass(2);
        assert!(test.is_followed(peer));
        test
    };
    assert_eq!(follow().import(1, 8, 9..=10), 2);
    assert_eq!(follow().import(1, 7, 8..=9), 0);
    assert!(follow().own.finalized().number < 7);
}

#[test]
fn a_development_chain_without_it_waits_like_any_other() {
    let with = |checkpoint| {
        let mut settings = Test::new(10, &[], true).sync.settings;
        settings.checkpoint = Some(checkpoint);
        let own = Own::default();
        own.grow(10);
        let new_inner = || -> Result<Box<dyn SyncingStrategy<TestBlock>>, ClientError> {
            Ok(Box::new(Inner(Told::default())))
        };
        let comparisons = Box::new(Comparisons::default());
        AllodSync::new(Box::new(new_inner), Arc::new(own), comparisons, settings).unwrap()
    };
    assert!(matches!(with(at(8, hash(0, 0, 8))).state, State::Following));
    assert!(matches!(
        with(at(8, hash(1, 0, 8))).state,
        State::Waiting { .. }
    ));
}

/// The own chain is heavier, and not the one: no weight keeps a node from looking for the chain with the checkpoint.
#[test]
fn a_heavier_chain_without_it_is_compared_with_a_lighter_claim_and_given_up() {
    for (rule, resyncs) in [(ResyncRule::Never, 0), (ResyncRule::IfProvisional, 1)] {
        let peer = PeerId::random();
        let mut test = Test::with_rule(30, &[], false, rule);
        test.sync.settings.checkpoint = Some(at(25, hash(1, 24, 25)));
        test.peer(peer, 1, 24, 29, 290);
        test.claim(peer, |tip| {
            (tip.final_number, tip.final_hash) = (28, [9; 32])
        });
        test.pass(2);
        assert_eq!(test.started().unwrap().claim.hash, hash(1, 24, 29));
        test.decide(BranchVerdict::Heavier(branch(1, 24, 29), 290), &[]);
        test.pass(1000);
        assert_eq!(test.resyncs(), resyncs);
        assert!(matches!(test.sync.state, State::Waiting { .. }));
        assert!(test.started().is_none());
    }
}
