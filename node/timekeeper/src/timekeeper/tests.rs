use super::*;
use crate::{
    cache::PotVerifier,
    state::{BestBlock, MAX_SLOTS_AHEAD_OF_BEST, SlotTick},
    test_chain::{change, input, real_chain},
    watch::Watch,
};
use tokio::sync::{broadcast, mpsc};

const SECOND: Duration = Duration::from_secs(1);

/// Long enough for anything that is to happen at all.
const TIMEOUT: Duration = Duration::from_secs(20);

#[test]
fn slots_are_due_one_duration_after_another_whatever_the_delays() {
    let start = Instant::now();
    let mut pacer = Pacer::new(Some(SECOND));
    let first = pacer.due(Slot(1), start);
    assert_eq!(first, Some(start + SECOND));
    pacer.published(Slot(1), first, start + SECOND + SECOND / 3);
    let second = pacer.due(Slot(2), start + SECOND + SECOND / 3);
    assert_eq!(second, Some(start + 2 * SECOND));
    pacer.published(Slot(2), second, start + 4 * SECOND);
    let third = pacer.due(Slot(3), start + 4 * SECOND);
    assert_eq!(
        third,
        Some(start + 3 * SECOND),
        "two slots late: catches up"
    );
}

#[test]
fn after_a_long_break_there_is_no_burst() {
    let start = Instant::now();
    let mut pacer = Pacer::new(Some(SECOND));
    let first = pacer.due(Slot(1), start);
    let woke = start + 100 * SECOND;
    pacer.published(Slot(1), first, woke);
    assert_eq!(pacer.due(Slot(2), woke), Some(woke + SECOND));
}

#[test]
fn slots_from_elsewhere_set_the_pace_anew() {
    let start = Instant::now();
    let mut pacer = Pacer::new(Some(SECOND));
    let first = pacer.due(Slot(1), start);
    pacer.published(Slot(1), first, start + SECOND);
    let heard = start + SECOND + SECOND / 2;
    assert_eq!(pacer.due(Slot(3), heard), Some(heard + SECOND));
    assert_eq!(pacer.due(Slot(1), heard), Some(heard + SECOND), "rewound");
}

#[test]
fn without_a_pace_nothing_waits() {
    let mut pacer = Pacer::new(None);
    assert_eq!(pacer.due(Slot(1), Instant::now()), None);
    pacer.published(Slot(1), None, Instant::now());
    assert_eq!(pacer.due(Slot(2), Instant::now()), None);
}

#[test]
fn cores_are_chosen_or_refused() {
    let cores = |count| Some((0..count).map(|id| CoreId { id: 2 * id }).collect());
    let chosen = |requested, available| {
        choose_core(requested, available).map(|core| core.map(|core| core.id))
    };
    assert!(matches!(chosen(None, cores(4)), Ok(Some(6))));
    assert!(matches!(chosen(None, cores(1)), Ok(None)));
    assert!(matches!(chosen(None, None), Ok(None)));
    assert!(matches!(chosen(Some(2), cores(4)), Ok(Some(2))));
    assert!(matches!(chosen(Some(0), cores(1)), Ok(Some(0))));
    let refused = chosen(Some(3), cores(3));
    assert!(
        matches!(refused, Err(Error::NoSuchCore { core: 3, available }) if available == [0, 2, 4])
    );
}

struct Running {
    shared: Arc<Shared>,
    ticks: broadcast::Receiver<SlotTick>,
    to_gossip: mpsc::Receiver<SlotTick>,
    _timekeeper: Timekeeper,
}

fn start(best: BestBlock, pace: Option<Duration>) -> Running {
    let watch = Watch::new(SECOND, pace.is_none(), Instant::now());
    let (shared, to_gossip) = Shared::new(best, PotVerifier::new(), watch);
    let shared = Arc::new(shared);
    let ticks = shared.subscribe();
    let timekeeper = Timekeeper::start(shared.clone(), pace, None).expect("threads can be had");
    Running {
        shared,
        ticks,
        to_gossip,
        _timekeeper: timekeeper,
    }
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < TIMEOUT, "{what}");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn slots_are_evaluated_announced_and_gossiped() {
    let first = input(1, 1, 64);
    let mut running = start(
        BestBlock::genesis(first, None),
        Some(Duration::from_millis(5)),
    );
    let expected = real_chain(first, None, 5);
    for (slot, checkpoints) in (1..).zip(expected) {
        let tick = running.ticks.blocking_recv().expect("a tick");
        assert_eq!(tick.slot, Slot(slot));
        assert_eq!(tick.checkpoints, checkpoints);
        assert_eq!(running.to_gossip.blocking_recv(), Some(tick));
    }
}

#[test]
fn paced_slots_are_as_far_apart_as_they_should_be() {
    let pace = Duration::from_millis(40);
    let started = Instant::now();
    let mut running = start(BestBlock::genesis(input(1, 1, 16), None), Some(pace));
    for slot in 1..=8 {
        let tick = running.ticks.blocking_recv().expect("a tick");
        assert_eq!(tick.slot, Slot(slot));
    }
    // Never early. How late it may be is up to the machine.
    assert!(started.elapsed() >= 8 * pace);
}

#[test]
fn an_evaluation_is_interrupted_when_its_input_changes() {
    // Hours of evaluation, unless interrupted.
    let endless = u32::MAX - 15;
    let genesis = BestBlock::genesis(input(1, 1, endless), None);
    let running = start(genesis, None);
    wait_until("evaluation starts", || {
        running.shared.evaluating() == Some(input(1, 1, endless))
    });
    let quick = BestBlock::genesis(input(1, 2, 16), Some(change(6, endless, 9)));
    running.shared.on_best_block(quick, None);
    wait_until("the other chain is evaluated up to its change", || {
        running.shared.tip() == Slot(5)
    });
    wait_until("then the slow slot", || {
        running
            .shared
            .evaluating()
            .is_some_and(|input| input.slot == Slot(6))
    });
}

#[test]
fn late_entropy_is_evaluated_from_its_slot_on() {
    let genesis = BestBlock::genesis(input(1, 1, 16), None);
    let mut running = start(genesis, Some(Duration::from_millis(20)));
    wait_until("a few slots pass", || running.shared.tip() >= Slot(8));
    let late = BestBlock::genesis(input(1, 1, 16), Some(change(5, 32, 9)));
    running.shared.on_best_block(late, None);
    assert_eq!(
        running
            .shared
            .view()
            .wanted
            .map(|input| input.iterations.get()),
        Some(32)
    );
    let chain = real_chain(input(1, 1, 16), late.next_change.as_ref(), 9);
    wait_until("slots are evaluated again", || {
        running.shared.tip() >= Slot(9)
    });
    let mut after_rewind = Vec::new();
    while let Ok(tick) = running.ticks.try_recv() {
        // The change raises the iterations, which tells the two chains apart.
        if tick.input.iterations.get() == 32 {
            after_rewind.push((tick.slot.0, tick.checkpoints));
        }
    }
    let expected: Vec<_> = (5..=9).zip(chain[4..9].iter().copied()).collect();
    assert_eq!(after_rewind[..5], expected);
}

#[test]
fn without_blocks_the_timekeeper_stops_and_with_one_it_goes_on() {
    let first = input(1, 1, 16);
    let running = start(BestBlock::genesis(first, None), None);
    let limit = Slot(MAX_SLOTS_AHEAD_OF_BEST);
    wait_until("the limit is reached", || running.shared.tip() == limit);
    assert_eq!(running.shared.view().wanted, None);
    thread::sleep(Duration::from_millis(20));
    assert_eq!(running.shared.tip(), limit);

    let chain = real_chain(first, None, 10);
    let iterations = first.iterations;
    let block = BestBlock::after(Slot(10), chain[9].output(), iterations, None);
    running.shared.on_best_block(block, None);
    let limit = limit.saturating_add(10);
    wait_until("the chain goes on", || running.shared.tip() == limit);
}

#[test]
fn the_thread_ends_with_its_handle() {
    let endless = BestBlock::genesis(input(1, 1, u32::MAX - 15), None);
    let Running {
        shared,
        _timekeeper,
        ..
    } = start(endless, None);
    wait_until("evaluation starts", || shared.evaluating().is_some());
    drop(_timekeeper);
    wait_until("the thread lets go of the chain", || {
        Arc::strong_count(&shared) == 1
    });
}

#[test]
fn slots_that_cannot_be_evaluated_do_not_spin_and_can_be_left() {
    let odd = BestBlock::genesis(input(1, 1, 17), None);
    let running = start(odd, None);
    wait_until("evaluation was tried", || {
        running.shared.evaluating().is_some()
    });
    running
        .shared
        .on_best_block(BestBlock::genesis(input(1, 1, 16), None), None);
    wait_until("a slot that can be", || running.shared.tip() > Slot(0));
}
