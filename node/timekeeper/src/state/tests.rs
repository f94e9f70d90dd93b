use super::*;
use crate::test_chain::{change, input, pretend};
use proptest::prelude::*;
use std::collections::HashSet;

/// A chain whose slots are evaluated by the stand-in.
struct Chain {
    state: PotState,
    verifier: PotVerifier,
}

fn genesis() -> BestBlock {
    BestBlock::genesis(input(1, 1, 16), None)
}

impl Chain {
    fn new() -> Self {
        Self {
            state: PotState::new(genesis()),
            verifier: PotVerifier::new(),
        }
    }

    /// Evaluates up to and including slot `to`.
    fn evaluate(&mut self, to: u64) {
        while self.state.tip() < Slot(to) {
            let wanted = self.state.wanted().expect("below the limit");
            let checkpoints = pretend(&wanted);
            self.verifier.insert(&wanted, &checkpoints);
            let update = self.state.advance(&self.verifier);
            assert_eq!(update.ticks.last().map(|tick| tick.input), Some(wanted));
            assert_eq!(update.rewind, None);
        }
    }

    fn on_best(&mut self, best: BestBlock, parent: Option<&BestBlock>) -> Update {
        self.state.on_best_block(best, parent, &self.verifier)
    }
}

/// The block on top of `parent` that proves `slots` slots more.
fn block(parent: &BestBlock, slots: u64, next_change: Option<PotChange>) -> BestBlock {
    let (inputs, next) = slots_of(parent, slots);
    let (last, _) = inputs.last().expect("a block proves at least a slot");
    let output = pretend(last).output();
    let block = BestBlock::after(last.slot, output, last.iterations, next_change);
    if next_change.is_none_or(|change| change.slot != next.slot) {
        assert_eq!(block.next_input, next);
    }
    block
}

/// The slots after `parent`, and the input after them.
fn slots_of(parent: &BestBlock, slots: u64) -> (Vec<(PotInput, PotCheckpoints)>, PotInput) {
    let mut input = parent.next_input;
    let mut passed = Vec::new();
    for _ in 0..slots {
        let checkpoints = pretend(&input);
        passed.push((input, checkpoints));
        input = input.next(checkpoints.output(), parent.next_change.as_ref());
    }
    (passed, input)
}

fn slots(update: &Update) -> Vec<u64> {
    update.ticks.iter().map(|tick| tick.slot.0).collect()
}

fn rewind(from: u64, to: u64) -> Option<Rewind> {
    Some(Rewind {
        from: Slot(from),
        to: Slot(to),
    })
}

#[test]
fn slots_follow_one_another_from_genesis() {
    let mut chain = Chain::new();
    assert_eq!(chain.state.tip(), Slot(0));
    assert_eq!(chain.state.wanted(), Some(input(1, 1, 16)));
    chain.evaluate(5);
    let (_, next) = slots_of(&genesis(), 5);
    assert_eq!(chain.state.next(), next);
    assert_eq!(chain.state.tip(), Slot(5));
}

#[test]
fn an_agreeing_block_changes_nothing() {
    let mut chain = Chain::new();
    chain.evaluate(10);
    let first = block(&genesis(), 6, None);
    assert_eq!(chain.on_best(first, Some(&genesis())), Update::default());
    let second = block(&first, 4, None);
    assert_eq!(chain.on_best(second, None), Update::default());
    assert_eq!(chain.state.tip(), Slot(10));
    assert_eq!(chain.state.proven(), Slot(10));
}

#[test]
fn a_block_ahead_makes_the_chain_jump_and_announces_its_newest_slots() {
    let mut chain = Chain::new();
    chain.evaluate(3);
    let first = block(&genesis(), 9, None);
    for (input, checkpoints) in slots_of(&genesis(), 11).0 {
        chain.verifier.insert(&input, &checkpoints);
    }
    let update = chain.on_best(first, Some(&genesis()));
    // Slots 10 and 11 are known as well, though the block does not prove them.
    assert_eq!(slots(&update), [8, 9, 10, 11]);
    assert_eq!(update.rewind, None);
    assert!(update.moved);
    assert_eq!(chain.state.tip(), Slot(11));
}

#[test]
fn without_its_slots_a_block_ahead_still_makes_the_chain_jump() {
    let mut chain = Chain::new();
    chain.evaluate(3);
    let update = chain.on_best(block(&genesis(), 9, None), None);
    assert!(slots(&update).is_empty());
    assert!(update.moved);
    assert_eq!(chain.state.tip(), Slot(9));
    chain.evaluate(10);
}

#[test]
fn entropy_in_time_enters_its_slot() {
    let mut chain = Chain::new();
    chain.evaluate(8);
    let first = block(&genesis(), 6, Some(change(12, 16, 7)));
    assert_eq!(chain.on_best(first, Some(&genesis())), Update::default());
    chain.evaluate(14);
    let second = block(&first, 7, None);
    assert_eq!(second.future_slot, Slot(13));
    assert_eq!(chain.on_best(second, Some(&first)), Update::default());
}

#[test]
fn entropy_for_the_very_next_slot_moves_it_without_a_rewind() {
    let mut chain = Chain::new();
    chain.evaluate(11);
    let first = block(&genesis(), 6, Some(change(12, 16, 7)));
    let update = chain.on_best(first, Some(&genesis()));
    assert!(update.moved);
    assert_eq!(update.rewind, None);
    assert!(slots(&update).is_empty());
    assert_eq!(chain.state.tip(), Slot(11));
    assert_eq!(chain.state.next(), slots_of(&first, 5).1);
}

#[test]
fn late_entropy_rewinds_to_its_slot() {
    let mut chain = Chain::new();
    chain.evaluate(20);
    let first = block(&genesis(), 6, Some(change(12, 16, 7)));
    let update = chain.on_best(first, Some(&genesis()));
    assert_eq!(update.rewind, rewind(20, 11));
    assert!(slots(&update).is_empty());
    assert_eq!(chain.state.next(), slots_of(&first, 5).1);
    assert_eq!(chain.state.next().slot, Slot(12));
    chain.evaluate(20);
    assert_eq!(chain.state.next(), slots_of(&first, 14).1);
}

#[test]
fn after_late_entropy_the_chain_walks_through_what_is_known() {
    let mut chain = Chain::new();
    chain.evaluate(20);
    let first = block(&genesis(), 6, Some(change(12, 16, 7)));
    for (input, checkpoints) in slots_of(&first, 9).0 {
        chain.verifier.insert(&input, &checkpoints);
    }
    let update = chain.on_best(first, Some(&genesis()));
    assert_eq!(update.rewind, rewind(20, 11));
    assert_eq!(slots(&update), [12, 13, 14, 15]);
    assert_eq!(chain.state.next(), slots_of(&first, 9).1);
}

#[test]
fn raised_iterations_hold_from_the_injection_on() {
    let mut chain = Chain::new();
    chain.evaluate(20);
    let first = block(&genesis(), 6, Some(change(12, 48, 7)));
    assert_eq!(
        chain.on_best(first, Some(&genesis())).rewind,
        rewind(20, 11)
    );
    assert_eq!(chain.state.next().iterations.get(), 48);
    chain.evaluate(15);
    assert_eq!(chain.state.next().iterations.get(), 48);

    // A block past the injection names the new iterations and no change.
    let second = block(&first, 8, None);
    assert_eq!(second.next_input.iterations.get(), 48);
    assert_eq!(chain.on_best(second, Some(&first)), Update::default());
    assert_eq!(chain.state.tip(), Slot(15));
}

#[test]
fn entropy_that_is_reorganised_away_leaves_no_trace() {
    let mut chain = Chain::new();
    let with = block(&genesis(), 6, Some(change(12, 48, 7)));
    let without = block(&genesis(), 7, None);
    chain.on_best(with, Some(&genesis()));
    chain.evaluate(20);
    let update = chain.on_best(without, Some(&genesis()));
    assert_eq!(update.rewind, rewind(20, 11));
    assert!(slots(&update).is_empty());
    assert_eq!(chain.state.next(), slots_of(&genesis(), 11).1);
    assert_eq!(chain.state.next().iterations.get(), 16);
    chain.evaluate(16);

    // And back: the slots evaluated first are still known, so none has to be evaluated again.
    let heavier = block(&with, 1, with.next_change);
    let update = chain.on_best(heavier, Some(&with));
    assert_eq!(update.rewind, rewind(16, 11));
    assert_eq!(slots(&update), [17, 18, 19, 20]);
    assert_eq!(chain.state.tip(), Slot(20));
}

#[test]
fn one_injection_replaces_another() {
    let mut chain = Chain::new();
    let first = block(&genesis(), 6, Some(change(12, 16, 7)));
    let second = block(&genesis(), 8, Some(change(14, 32, 8)));
    chain.on_best(first, Some(&genesis()));
    chain.evaluate(18);
    let update = chain.on_best(second, Some(&genesis()));
    assert_eq!(update.rewind, rewind(18, 11));
    chain.evaluate(18);
    assert_eq!(chain.state.next(), slots_of(&second, 10).1);
}

#[test]
fn a_chain_past_the_injection_on_another_fork_rewinds_below_its_best_block() {
    let mut chain = Chain::new();
    let with = block(&genesis(), 6, Some(change(12, 16, 7)));
    let past = block(&with, 9, None);
    chain.on_best(with, Some(&genesis()));
    chain.evaluate(17);
    chain.on_best(past, Some(&with));
    assert_eq!(chain.state.proven(), Slot(15));

    // Another fork, whose best block proves fewer slots and has no injection.
    let without = block(&genesis(), 13, None);
    let update = chain.on_best(without, Some(&genesis()));
    assert_eq!(update.rewind, rewind(17, 13));
    assert_eq!(chain.state.next(), without.next_input);

    // The same with the fork's slots known: the first one that differs is the injection's.
    chain.on_best(past, Some(&with));
    for (input, checkpoints) in slots_of(&genesis(), 13).0 {
        chain.verifier.insert(&input, &checkpoints);
    }
    let update = chain.on_best(without, Some(&genesis()));
    assert_eq!(update.rewind, rewind(17, 11));
    assert_eq!(slots(&update), [12, 13]);
}

#[test]
fn a_fork_with_fewer_slots_keeps_what_agrees() {
    let mut chain = Chain::new();
    chain.evaluate(12);
    let long = block(&genesis(), 10, None);
    let short = block(&genesis(), 4, None);
    assert_eq!(chain.on_best(long, Some(&genesis())), Update::default());
    assert_eq!(chain.on_best(short, Some(&genesis())), Update::default());
    assert_eq!(chain.state.tip(), Slot(12));
    assert_eq!(chain.state.proven(), Slot(4));
}

#[test]
fn a_jump_back_below_what_is_remembered_is_a_rewind() {
    let mut chain = Chain::new();
    let far = block(&genesis(), 40, None);
    let near = block(&genesis(), 30, None);
    chain.on_best(far, None);
    let update = chain.on_best(near, None);
    assert_eq!(update.rewind, rewind(40, 30));
    assert_eq!(chain.state.tip(), Slot(30));
}

#[test]
fn the_chain_stops_where_no_justification_reaches_and_goes_on_with_a_block() {
    let mut chain = Chain::new();
    chain.evaluate(MAX_SLOTS_AHEAD_OF_BEST);
    assert_eq!(chain.state.wanted(), None);
    assert!(MAX_SLOTS_AHEAD_OF_BEST < u64::from(MAX_SLOTS_PER_JUSTIFICATION));
    let first = block(&genesis(), 5, None);
    assert_eq!(chain.on_best(first, None), Update::default());
    chain.evaluate(MAX_SLOTS_AHEAD_OF_BEST + 5);
    assert_eq!(chain.state.wanted(), None);
    assert!(chain.state.passed.len() <= MAX_PASSED);
}

/// A block of a random tree: which block it is on, how many slots it proves, whether it injects.
#[derive(Debug, Clone)]
struct Plan {
    parent: prop::sample::Index,
    slots: u64,
    injects: Option<(u64, u8)>,
}

#[derive(Debug, Clone)]
enum Event {
    Evaluate(u8),
    Learn(prop::sample::Index),
    Best(prop::sample::Index, bool),
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let plan = (
        any::<prop::sample::Index>(),
        1..8_u64,
        prop::option::of((0..6_u64, 0..3_u8)),
    )
        .prop_map(|(parent, slots, injects)| Plan {
            parent,
            slots,
            injects,
        });
    prop::collection::vec(plan, 1..12)
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        (1..6_u8).prop_map(Event::Evaluate),
        any::<prop::sample::Index>().prop_map(Event::Learn),
        (any::<prop::sample::Index>(), any::<bool>())
            .prop_map(|(index, parent)| Event::Best(index, parent)),
    ];
    prop::collection::vec(event, 1..60)
}

/// A tree of blocks, each with its parent's position, from genesis on.
fn tree(plans: &[Plan]) -> Vec<(usize, BestBlock)> {
    let mut blocks = vec![(0, genesis())];
    for plan in plans {
        let position = plan.parent.index(blocks.len());
        let parent = blocks[position].1;
        let future = parent.future_slot.0 + plan.slots;
        let pending = parent.next_change.filter(|change| change.slot.0 > future);
        let next_change = pending.or_else(|| {
            let (distance, entropy) = plan.injects?;
            let iterations = 16 * (1 + u32::from(entropy));
            Some(change(future + 1 + distance, iterations, entropy))
        });
        blocks.push((position, block(&parent, plan.slots, next_change)));
    }
    blocks
}

/// The obvious way to find the chain: all slots that the block and its ancestors prove, then those
/// that are known.
fn oracle(
    blocks: &[(usize, BestBlock)],
    best: usize,
    known: &HashSet<PotInput>,
) -> (Vec<PotInput>, PotInput) {
    let (parent, block) = &blocks[best];
    let mut chain = Vec::new();
    if best != *parent {
        let (_, parent_block) = &blocks[*parent];
        chain = oracle(blocks, *parent, &HashSet::new()).0;
        let slots = block.future_slot.0 - parent_block.future_slot.0;
        let (own, _) = slots_of(parent_block, slots);
        chain.extend(own.into_iter().map(|(input, _)| input));
    }
    let mut next = block.next_input;
    while known.contains(&next) {
        chain.push(next);
        next = next.next(pretend(&next).output(), block.next_change.as_ref());
    }
    (chain, next)
}

proptest! {
    #[test]
    fn the_chain_is_always_what_the_best_block_and_the_known_slots_make_it(
        plans in plans(),
        events in events(),
    ) {
        let blocks = tree(&plans);
        let mut chain = Chain::new();
        let mut known = HashSet::new();
        let mut best = 0;
        for event in events {
            let (before, old_next) = oracle(&blocks, best, &known);
            prop_assert_eq!(chain.state.next(), old_next);
            let update = match event {
                Event::Evaluate(count) => {
                    let mut wanted = chain.state.next();
                    for _ in 0..count {
                        known.insert(wanted);
                        let checkpoints = pretend(&wanted);
                        chain.verifier.insert(&wanted, &checkpoints);
                        let (_, block) = &blocks[best];
                        wanted = wanted.next(checkpoints.output(), block.next_change.as_ref());
                    }
                    chain.state.advance(&chain.verifier)
                }
                Event::Learn(index) => {
                    let (parent, block) = &blocks[index.index(blocks.len())];
                    let (_, parent) = &blocks[*parent];
                    let slots = block.future_slot.0 - parent.future_slot.0;
                    for (input, checkpoints) in slots_of(parent, slots).0 {
                        known.insert(input);
                        chain.verifier.insert(&input, &checkpoints);
                    }
                    chain.state.advance(&chain.verifier)
                }
                Event::Best(index, with_parent) => {
                    best = index.index(blocks.len());
                    let (parent, block) = blocks[best];
                    let parent = (with_parent && parent != best).then_some(blocks[parent].1);
                    chain.on_best(block, parent.as_ref())
                }
            };
            let (after, next) = oracle(&blocks, best, &known);
            prop_assert_eq!(chain.state.next(), next);
            prop_assert_eq!(update.moved, next != old_next);
            check_rewind(&before, &after, &update)?;
            check_ticks(&before, &after, &known, chain.state.proven(), &update)?;
        }
    }
}

/// A rewind is never announced without one, nor to an earlier slot than the first that changed.
fn check_rewind(
    before: &[PotInput],
    after: &[PotInput],
    update: &Update,
) -> Result<(), TestCaseError> {
    let same = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    match update.rewind {
        Some(rewind) => {
            prop_assert_eq!(rewind.from.0, before.len() as u64);
            prop_assert!(rewind.to.0 >= same as u64);
            prop_assert!(rewind.to < rewind.from);
            prop_assert!(same < before.len());
        }
        // Without a rewind the chain may have been left for another only by a jump ahead.
        None => prop_assert!(same == before.len() || after.len() >= before.len()),
    }
    Ok(())
}

/// Ticks are slots of the chain, known, in order; a new slot beyond the block's own is among them.
fn check_ticks(
    before: &[PotInput],
    after: &[PotInput],
    known: &HashSet<PotInput>,
    proven: Slot,
    update: &Update,
) -> Result<(), TestCaseError> {
    prop_assert!(update.ticks.len() <= MAX_TICKS);
    prop_assert!(update.ticks.is_sorted_by_key(|tick| tick.slot));
    let oldest = after.len().saturating_sub(MAX_TICKS) as u64;
    prop_assert!(update.ticks.iter().all(|tick| tick.slot.0 > oldest));
    for tick in &update.ticks {
        prop_assert_eq!(after.get(tick.slot.0 as usize - 1), Some(&tick.input));
        prop_assert!(known.contains(&tick.input));
        prop_assert_eq!(tick.checkpoints, pretend(&tick.input));
    }
    let newest = after.last().filter(|newest| newest.slot > proven);
    if let Some(newest) = newest.filter(|newest| !before.contains(newest)) {
        prop_assert_eq!(update.ticks.last().map(|tick| tick.input), Some(*newest));
    }
    Ok(())
}
