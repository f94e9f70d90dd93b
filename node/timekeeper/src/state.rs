//! The node's own proof-of-time chain: what the next slot starts from.
//!
//! Given the best block (the input of the slot after the newest one it proves, and the change that
//! is due next, if any), every later slot is determined: a slot's output and the change give the
//! next slot's input. So the chain needs no rules for when to rewind. After every event it is
//! walked anew from the best block, through the slots that are known to be right, and ends where
//! the first unknown slot begins:
//!
//! - a block that this node's chain agrees with leads through the same slots to the same end;
//! - a block ahead of the chain makes it jump forward, through the block's own slots;
//! - a block that brings entropy which should have entered a slot already, or a reorganisation that
//!   takes such entropy away, changes the input of that slot; the walk ends there, unless the slots
//!   of the changed chain are known too.
//!
//! Where the end moves back, or a slot that was passed has another input now, the chain was
//! rewound.

use crate::cache::PotVerifier;
use allod_core::{
    PotCheckpoints, PotOutput, Slot,
    parameters::MAX_SLOTS_PER_JUSTIFICATION,
    time::{PotChange, PotInput},
};
use core::num::NonZeroU32;
use std::collections::{BTreeMap, VecDeque};

/// Where many slots join the chain at once, only those among its newest ones are announced: the
/// older can no longer win anything.
pub const MAX_TICKS: usize = 4;

/// Slots between where the chain stops and the most that a justification can prove.
const MARGIN: u64 = 64;

/// Slots after the newest proven one at which the chain stops until a block comes.
pub const MAX_SLOTS_AHEAD_OF_BEST: u64 =
    (MAX_SLOTS_PER_JUSTIFICATION as u64).saturating_sub(MARGIN);

/// Passed slots that are remembered.
const MAX_PASSED: usize = MAX_SLOTS_PER_JUSTIFICATION as usize;

/// A slot that has become known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotTick {
    /// Its number.
    pub slot: Slot,
    /// What it starts from.
    pub input: PotInput,
    /// Its proof; the last one is its output. They were verified, or evaluated by this node.
    pub checkpoints: PotCheckpoints,
}

impl SlotTick {
    /// The tick of a slot whose checkpoints are known to be right.
    pub(crate) fn new(input: PotInput, checkpoints: PotCheckpoints) -> Self {
        Self {
            slot: input.slot,
            input,
            checkpoints,
        }
    }
}

/// What a block says about the slots after those that it proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BestBlock {
    /// The newest slot that it proves: its own slot + block authoring delay; 0 for genesis.
    pub future_slot: Slot,
    /// Input of the slot after that.
    pub next_input: PotInput,
    /// The change that a later slot brings, if one is known.
    pub next_change: Option<PotChange>,
}

impl BestBlock {
    /// Genesis, given the input of slot 1.
    pub fn genesis(first: PotInput, next_change: Option<PotChange>) -> Self {
        Self {
            future_slot: Slot(0),
            next_input: first,
            next_change,
        }
    }

    /// A block whose newest proven slot has `future_output`, with the parameters after the block:
    /// the iterations of that slot and the next change.
    pub fn after(
        future_slot: Slot,
        future_output: PotOutput,
        iterations: NonZeroU32,
        next_change: Option<PotChange>,
    ) -> Self {
        Self {
            future_slot,
            next_input: PotInput::after(
                future_slot.saturating_add(1),
                future_output,
                iterations,
                next_change.as_ref(),
            ),
            next_change,
        }
    }
}

/// Slots that are no longer part of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewind {
    /// The newest slot before.
    pub from: Slot,
    /// The newest slot that kept its input; those after it were replaced or are to be evaluated
    /// anew.
    pub to: Slot,
}

/// What an event led to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Update {
    /// Which of the chain's newest [`MAX_TICKS`] slots joined it, in order.
    pub ticks: Vec<SlotTick>,
    /// Whether slots left the chain.
    pub rewind: Option<Rewind>,
    /// Whether the next slot's input is another one now.
    pub moved: bool,
}

/// The node's chain of slots.
#[derive(Debug)]
pub struct PotState {
    best: BestBlock,
    next: PotInput,
    /// Slots of the chain, at most [`MAX_PASSED`]. Facts like those in the cache; kept so that it
    /// can be told what is new and what changed.
    passed: BTreeMap<Slot, (PotInput, PotOutput)>,
}

impl PotState {
    /// The chain that follows `best`.
    pub fn new(best: BestBlock) -> Self {
        Self {
            best,
            next: best.next_input,
            passed: BTreeMap::new(),
        }
    }

    /// The newest slot of the chain.
    pub fn tip(&self) -> Slot {
        self.next.slot.saturating_sub(1)
    }

    /// The newest slot that the best block proves.
    pub fn proven(&self) -> Slot {
        self.best.future_slot
    }

    /// What the slot after the tip starts from.
    pub fn next(&self) -> PotInput {
        self.next
    }

    /// The first `limit` slots from `first` on that the chain remembers, with their outputs.
    pub fn outputs(&self, first: Slot, limit: usize) -> Vec<(Slot, PotOutput)> {
        let from = self.passed.range(first..).take(limit);
        from.map(|(slot, (_, output))| (*slot, *output)).collect()
    }

    /// Inputs of the slot of `first` and of those after it, at most `limit`, as far as they are on this chain and follow
    /// from one another without a change.
    pub fn run_from(&self, first: PotInput, limit: usize) -> Vec<PotInput> {
        let mut input = first;
        let mut run = Vec::new();
        while run.len() < limit {
            match self.passed.get(&input.slot) {
                Some((passed, output)) if *passed == input => {
                    run.push(input);
                    input = input.next(*output, None);
                }
                Some(_) | None => break,
            }
        }
        run
    }

    /// The change that the best block schedules, if there is one.
    pub fn next_change(&self) -> Option<PotChange> {
        self.best.next_change
    }

    /// The slot that is wanted next; none if the chain is as far ahead of the best block as the
    /// next block's justification can prove ([`MAX_SLOTS_AHEAD_OF_BEST`]).
    pub fn wanted(&self) -> Option<PotInput> {
        (self.next.slot <= limit(&self.best)).then_some(self.next)
    }

    /// Extends the chain by the slots after its tip that `verifier` knows by now.
    pub fn advance(&mut self, verifier: &PotVerifier) -> Update {
        let mut walk = Walk::new(&mut self.passed, self.next, verifier);
        let change = self.best.next_change.as_ref();
        let end = walk.follow(self.next, change, limit(&self.best));
        let outcome = walk.end_at(end);
        self.end_at(end, outcome)
    }

    /// Follows another best block. `parent` is what its parent says, if that is known: it leads
    /// through the slots that the block itself proves.
    pub fn on_best_block(
        &mut self,
        best: BestBlock,
        parent: Option<&BestBlock>,
        verifier: &PotVerifier,
    ) -> Update {
        self.best = best;
        let mut walk = Walk::new(&mut self.passed, self.next, verifier);
        if let Some(parent) = parent {
            let change = parent.next_change.as_ref();
            walk.follow(parent.next_input, change, best.future_slot);
        }
        let change = best.next_change.as_ref();
        let end = walk.follow(best.next_input, change, limit(&best));
        let outcome = walk.end_at(end);
        self.end_at(end, outcome)
    }

    fn end_at(
        &mut self,
        end: PotInput,
        (ticks, changed_at): (Vec<SlotTick>, Option<Slot>),
    ) -> Update {
        let old_tip = self.tip();
        let moved = end != self.next;
        self.next = end;
        while self.passed.len() > MAX_PASSED {
            self.passed.pop_first();
        }
        let tip = self.tip();
        // Slots that the chain jumped over are not remembered; going back there shows in the tip.
        let to = match changed_at {
            Some(slot) => slot.saturating_sub(1).min(tip),
            None => tip,
        };
        let rewind = (to < old_tip).then_some(Rewind { from: old_tip, to });
        Update {
            ticks,
            rewind,
            moved,
        }
    }
}

/// The last slot that a chain from `best` may reach.
fn limit(best: &BestBlock) -> Slot {
    best.future_slot.saturating_add(MAX_SLOTS_AHEAD_OF_BEST)
}

/// A walk along the chain, slot by slot, as far as slots are known.
struct Walk<'a> {
    passed: &'a mut BTreeMap<Slot, (PotInput, PotOutput)>,
    verifier: &'a PotVerifier,
    /// Where the walk has got to.
    at: PotInput,
    /// The newest slots that were not part of the chain before.
    fresh: VecDeque<SlotTick>,
    /// The first slot that the chain passed before with another input.
    changed_at: Option<Slot>,
}

impl<'a> Walk<'a> {
    fn new(
        passed: &'a mut BTreeMap<Slot, (PotInput, PotOutput)>,
        next: PotInput,
        verifier: &'a PotVerifier,
    ) -> Self {
        Self {
            passed,
            verifier,
            at: next,
            fresh: VecDeque::new(),
            changed_at: None,
        }
    }

    /// Walks up to and including slot `to`; returns the first input that was not passed.
    fn follow(&mut self, from: PotInput, change: Option<&PotChange>, to: Slot) -> PotInput {
        self.start_from(from);
        while self.at.slot <= to {
            let input = self.at;
            match self.pass(&input) {
                Some(output) => self.at = input.next(output, change),
                None => break,
            }
        }
        self.at
    }

    /// An input follows from all slots before it. So if the chain has this one, all that it
    /// remembers of the slots before is right; otherwise it may be another chain's.
    fn start_from(&mut self, from: PotInput) {
        let remembered = self.passed.get(&from.slot).map(|(input, _)| *input);
        if self.at != from && remembered != Some(from) {
            *self.passed = self.passed.split_off(&from.slot);
        }
        self.at = from;
    }

    fn pass(&mut self, input: &PotInput) -> Option<PotOutput> {
        match self.passed.get(&input.slot) {
            Some((passed, output)) if passed == input => return Some(*output),
            Some(_) => self.cut(input.slot),
            None => {}
        }
        let checkpoints = self.verifier.get(input)?;
        let output = checkpoints.output();
        self.passed.insert(input.slot, (*input, output));
        if self.fresh.len() >= MAX_TICKS {
            self.fresh.pop_front();
        }
        self.fresh.push_back(SlotTick::new(*input, checkpoints));
        Some(output)
    }

    /// Slots from `at` on do not belong to the chain.
    fn cut(&mut self, at: Slot) {
        if !self.passed.split_off(&at).is_empty() {
            self.changed_at.get_or_insert(at);
        }
        self.fresh.retain(|tick| tick.slot < at);
    }

    /// Ends the walk before `end`: what joined the chain, and where it changed.
    fn end_at(mut self, end: PotInput) -> (Vec<SlotTick>, Option<Slot>) {
        self.cut(end.slot);
        // Where the chain had jumped over older slots, they may have joined it only now.
        self.fresh
            .retain(|tick| tick.slot.saturating_add(MAX_TICKS as u64) >= end.slot);
        (self.fresh.into(), self.changed_at)
    }
}

#[cfg(test)]
mod tests;
