//! What a timekeeper gains by being faster than all others, by simulation: nodes with their own chains of slots, time
//! that is a number, messages that take time. The delay function is a stand-in, since only the order of events
//! matters.

use crate::{
    cache::PotVerifier,
    state::{BestBlock, PotState},
    test_chain::{input, pretend},
};
use allod_core::{PotCheckpoints, time::PotInput};
use std::{cmp::Reverse, collections::BinaryHeap};

/// Units of time that an ordinary timekeeper takes for a slot; many numbers divide it.
const SLOT: u64 = 2520;
/// How long a simulation runs, in ordinary slots. The chain waits for a block after 32,704.
const LENGTH: u64 = 4000;

/// When a timekeeper tells others of its slots.
#[derive(Debug, Clone, Copy)]
enum Telling {
    AtOnce,
    /// When it has so many that others do not know.
    InBatches(usize),
}

struct Keeper {
    state: PotState,
    verifier: PotVerifier,
    /// Units of time that it takes for a slot.
    each: u64,
    telling: Telling,
    untold: Vec<PotInput>,
    evaluating: Option<PotInput>,
    /// Its evaluations that came to their end.
    evaluated: u64,
}

impl Keeper {
    fn new(each: u64, telling: Telling) -> Self {
        Self {
            state: PotState::new(BestBlock::genesis(input(1, 7, 16), None)),
            verifier: PotVerifier::new(),
            each,
            telling,
            untold: Vec::new(),
            evaluating: None,
            evaluated: 0,
        }
    }

    fn learn(&mut self, slot: &PotInput) {
        self.verifier.insert(slot, &pretend(slot));
        self.state.advance(&self.verifier);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// A keeper comes to the end of an evaluation.
    Evaluated(usize, PotInput),
    /// A keeper hears of a slot.
    Heard(usize, PotInput),
}

/// Keepers that tell one another, each message on its way for `delay`.
struct Network {
    keepers: Vec<Keeper>,
    delay: u64,
    now: u64,
    /// By time, then in the order in which they were made.
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    events: Vec<Event>,
}

impl Network {
    fn new(keepers: Vec<Keeper>, delay: u64) -> Self {
        Self {
            keepers,
            delay,
            now: 0,
            queue: BinaryHeap::new(),
            events: Vec::new(),
        }
    }

    fn at(&mut self, time: u64, event: Event) {
        self.queue.push(Reverse((time, self.events.len() as u64)));
        self.events.push(event);
    }

    /// A keeper that works on something that is not wanted any more begins anew.
    fn begin(&mut self, number: usize) {
        let keeper = &mut self.keepers[number];
        let wanted = keeper.state.wanted();
        if keeper.evaluating == wanted {
            return;
        }
        keeper.evaluating = wanted;
        if let Some(slot) = wanted {
            let end = self.now + keeper.each;
            self.at(end, Event::Evaluated(number, slot));
        }
    }

    fn tell(&mut self, number: usize, slot: PotInput) {
        let keeper = &mut self.keepers[number];
        keeper.untold.push(slot);
        let told = match keeper.telling {
            Telling::InBatches(size) if keeper.untold.len() < size => Vec::new(),
            Telling::AtOnce | Telling::InBatches(_) => std::mem::take(&mut keeper.untold),
        };
        for slot in told {
            for other in (0..self.keepers.len()).filter(|other| *other != number) {
                self.at(self.now + self.delay, Event::Heard(other, slot));
            }
        }
    }

    fn run(&mut self, until: u64) {
        for number in 0..self.keepers.len() {
            self.begin(number);
        }
        while let Some(Reverse((time, index))) = self.queue.pop() {
            if time > until {
                break;
            }
            self.now = time;
            match self.events[index as usize] {
                Event::Evaluated(number, slot) => {
                    let keeper = &mut self.keepers[number];
                    // Interrupted meanwhile, because somebody else was first.
                    if keeper.evaluating != Some(slot) {
                        continue;
                    }
                    keeper.evaluated += 1;
                    keeper.learn(&slot);
                    self.tell(number, slot);
                    self.begin(number);
                }
                Event::Heard(number, slot) => {
                    self.keepers[number].learn(&slot);
                    self.begin(number);
                }
            }
        }
    }

    fn tip(&self, number: usize) -> u64 {
        self.keepers[number].state.tip().0
    }

    /// What a keeper says of a slot that it knows.
    fn output(&self, number: usize, slot: &PotInput) -> Option<PotCheckpoints> {
        self.keepers[number].verifier.get(slot)
    }
}

/// One keeper of speed `numerator / denominator` and three ordinary ones.
fn simulate(numerator: u64, denominator: u64, telling: Telling, delay: u64) -> Network {
    let mut keepers = vec![Keeper::new(SLOT * denominator / numerator, telling)];
    keepers.extend((0..3).map(|_| Keeper::new(SLOT, Telling::AtOnce)));
    let mut network = Network::new(keepers, delay);
    network.run(LENGTH * SLOT);
    network
}

/// §4: of its slots, at most 1 − 1/v are such as the others had no time for.
#[test]
fn a_timekeeper_of_speed_v_gains_at_most_1_minus_1_in_v_of_the_slots() {
    for (numerator, denominator) in [(1, 1), (9, 8), (5, 4), (3, 2), (2, 1), (3, 1)] {
        for delay in [0, SLOT / 20, SLOT / 3] {
            for telling in [
                Telling::AtOnce,
                Telling::InBatches(2),
                Telling::InBatches(30),
                Telling::InBatches(usize::MAX),
            ] {
                let network = simulate(numerator, denominator, telling, delay);
                let what = format!("speed {numerator}/{denominator}, {telling:?}, delay {delay}");
                let fast = network.tip(0);
                // What anybody else has time for in as long.
                let ordinary = LENGTH;
                let gained = fast.saturating_sub(ordinary);
                // gained ≤ (1 − 1/v) · fast, but for the slot under way.
                let bound = fast * (numerator - denominator) / numerator;
                assert!(gained <= bound + 1, "{what}: {gained} of {fast}");
                // And so much it does gain: it is speed alone that helps, not how it tells.
                if denominator < numerator {
                    assert!(gained + 2 >= bound, "{what}: {gained} of {fast}");
                }
                for other in 1..4 {
                    assert!(network.tip(other) <= fast + 1, "{what}");
                    assert!(network.tip(other) + 1 >= ordinary, "{what}: never set back");
                }
            }
        }
    }
}

/// A slow timekeeper gains nothing and costs nothing.
#[test]
fn slow_timekeepers_go_on_from_the_others_output() {
    let network = simulate(2, 3, Telling::AtOnce, SLOT / 20);
    assert_eq!(network.keepers[0].evaluated, 0);
    for number in 0..4 {
        assert!(network.tip(number).abs_diff(LENGTH) <= 1, "{number}");
    }
}

/// Whoever was first: all of them know the same slots.
#[test]
fn timekeepers_on_one_network_agree() {
    for (numerator, denominator, delay) in [(1, 1, 0), (1, 1, SLOT / 3), (3, 2, SLOT / 20)] {
        let network = simulate(numerator, denominator, Telling::AtOnce, delay);
        let mut slot = input(1, 7, 16);
        for _ in 1..LENGTH {
            let outputs: Vec<_> = (0..4).map(|number| network.output(number, &slot)).collect();
            assert!(outputs[0].is_some(), "slot {} is known", slot.slot);
            assert!(outputs.iter().all(|output| *output == outputs[0]));
            slot = slot.next(outputs[0].expect("looked at above").output(), None);
        }
    }
}
