//! How well time is kept: how fast slots come, whether the own timekeeper keeps up, whether there is
//! a source left. Without a clock: instants are arguments.
//!
//! A chain's iterations are what a reference processor does in a slot duration. Slots that come much
//! faster are those of a timekeeper that gains on everybody (of speed v: 1 − 1/v of each slot, §4), and
//! a reason to raise the iterations; slots that come much slower mean that no good timekeeper is left.

use std::{
    collections::VecDeque,
    fmt,
    time::{Duration, Instant},
};

/// Intervals that the mean is taken over.
const WINDOW: usize = 64;
/// Intervals from which on a mean says something.
const LEAST: usize = 16;
/// Slots in a row from elsewhere after which the own timekeeper is behind.
const BEHIND_AFTER: u32 = 16;
/// Own slots in a row after which it is not any more.
const LEVEL_AFTER: u32 = 4;
/// Slot durations without a slot after which there is no source of time.
const LOST_AFTER: u32 = 10;
/// Slots that may become known at once, after a delay in the network, and still count as having come one after
/// another; more are a jump.
pub(crate) const MAX_AT_ONCE: usize = 2;

/// Something about time changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Slots come faster than three in four take; the mean time between them.
    Fast(Duration),
    /// Slots come slower than two in three should; the mean time between them.
    Slow(Duration),
    /// Neither any more; the mean time between them.
    Steady(Duration),
    /// The own timekeeper is overtaken slot by slot.
    Behind,
    /// The own timekeeper is first again.
    Level,
    /// So long there was no slot.
    Lost(Duration),
    /// There is one again.
    Found,
}

impl Notice {
    /// Whether somebody should look after it.
    pub(crate) fn is_warning(&self) -> bool {
        match self {
            Self::Fast(_) | Self::Slow(_) | Self::Lost(_) => true,
            Self::Steady(_) | Self::Behind | Self::Level | Self::Found => false,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fast(mean) => write!(
                f,
                "Slots come every {} ms, faster than they should: somebody has a much faster \
                 timekeeper, and the iterations should be raised",
                mean.as_millis()
            ),
            Self::Slow(mean) => write!(
                f,
                "Slots come every {} ms, slower than they should: no timekeeper is fast enough \
                 for the iterations of this chain",
                mean.as_millis()
            ),
            Self::Steady(mean) => write!(
                f,
                "Slots come as they should again, every {} ms",
                mean.as_millis()
            ),
            Self::Behind => write!(
                f,
                "The own timekeeper is behind the network's: it goes on from the network's output, \
                 slot by slot"
            ),
            Self::Level => write!(f, "The own timekeeper is first again"),
            Self::Lost(silence) => write!(
                f,
                "No slot for {} s: no timekeeper is left, neither here nor at a peer; there are no \
                 blocks until one is (`--timekeeper`)",
                silence.as_secs()
            ),
            Self::Found => write!(f, "Slots come again"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Steady,
    Fast,
    Slow,
}

/// Who evaluated a slot first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evaluator {
    /// The node's own timekeeper.
    Own,
    /// Somebody else's.
    Other,
}

/// Sees slots come.
#[derive(Debug)]
pub(crate) struct Watch {
    slot_duration: Duration,
    /// Whether there is an own timekeeper that is to be compared with others.
    compares: bool,
    seen: VecDeque<Instant>,
    pace: Pace,
    last: Instant,
    lost: bool,
    /// Slots in a row by whoever evaluated the last one.
    streak: (Evaluator, u32),
    behind: bool,
}

impl Watch {
    /// From `now` on. `compares` says whether there is an own timekeeper that runs as fast as it can.
    pub(crate) fn new(slot_duration: Duration, compares: bool, now: Instant) -> Self {
        Self {
            slot_duration,
            compares,
            seen: VecDeque::new(),
            pace: Pace::Steady,
            last: now,
            lost: false,
            streak: (Evaluator::Own, 0),
            behind: false,
        }
    }

    /// The slot after the last one has become known.
    pub(crate) fn slot(&mut self, evaluator: Evaluator, now: Instant) -> Vec<Notice> {
        let found = self.heard(now);
        if self.seen.len() > WINDOW {
            self.seen.pop_front();
        }
        self.seen.push_back(now);
        let pace = self.judge_pace();
        let rank = self.judge_rank(evaluator);
        found.into_iter().chain(pace).chain(rank).collect()
    }

    /// The chain went somewhere else, or many slots became known at once: nothing that can be timed.
    pub(crate) fn jumped(&mut self, now: Instant) -> Option<Notice> {
        self.seen.clear();
        self.heard(now)
    }

    /// Time passes. `wanted` says whether a slot may come at all.
    pub(crate) fn idle(&mut self, wanted: bool, now: Instant) -> Option<Notice> {
        if !wanted {
            // The chain waits for a block, which is another matter.
            self.last = now;
            self.seen.clear();
        }
        let silence = now.saturating_duration_since(self.last);
        let limit = self.slot_duration.saturating_mul(LOST_AFTER);
        if self.lost || silence < limit {
            return None;
        }
        self.lost = true;
        Some(Notice::Lost(silence))
    }

    fn heard(&mut self, now: Instant) -> Option<Notice> {
        self.last = now;
        if !std::mem::take(&mut self.lost) {
            return None;
        }
        // The silence is told already, and is no slow slot.
        self.seen.clear();
        Some(Notice::Found)
    }

    fn judge_pace(&mut self) -> Option<Notice> {
        let intervals = self.seen.len().saturating_sub(1);
        if intervals < LEAST {
            return None;
        }
        let (first, last) = (self.seen.front()?, self.seen.back()?);
        let span = last.saturating_duration_since(*first);
        let mean = span.checked_div(u32::try_from(intervals).ok()?)?;
        let percent = |share: u32| {
            let hundredfold = self.slot_duration.saturating_mul(share);
            hundredfold.checked_div(100).unwrap_or_default()
        };
        // A little further back than where it began, so that it is not told again and again.
        let (fast, slow) = match self.pace {
            Pace::Steady => (percent(75), percent(150)),
            Pace::Fast => (percent(80), percent(150)),
            Pace::Slow => (percent(75), percent(140)),
        };
        let (pace, notice) = if mean < fast {
            (Pace::Fast, Notice::Fast(mean))
        } else if mean > slow {
            (Pace::Slow, Notice::Slow(mean))
        } else {
            (Pace::Steady, Notice::Steady(mean))
        };
        (std::mem::replace(&mut self.pace, pace) != pace).then_some(notice)
    }

    fn judge_rank(&mut self, evaluator: Evaluator) -> Option<Notice> {
        if !self.compares {
            return None;
        }
        let count = match self.streak {
            (last, count) if last == evaluator => count.saturating_add(1),
            _ => 1,
        };
        self.streak = (evaluator, count);
        match evaluator {
            Evaluator::Other if !self.behind && count >= BEHIND_AFTER => {
                self.behind = true;
                Some(Notice::Behind)
            }
            Evaluator::Own if self.behind && count >= LEVEL_AFTER => {
                self.behind = false;
                Some(Notice::Level)
            }
            Evaluator::Own | Evaluator::Other => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    struct Clock {
        watch: Watch,
        now: Instant,
    }

    impl Clock {
        fn new(compares: bool) -> Self {
            let now = Instant::now();
            Self {
                watch: Watch::new(SECOND, compares, now),
                now,
            }
        }

        /// So many slots, each so many milliseconds after the one before.
        fn slots(&mut self, count: u32, each: u64, evaluator: Evaluator) -> Vec<Notice> {
            let mut notices = Vec::new();
            for _ in 0..count {
                self.now += Duration::from_millis(each);
                notices.extend(self.watch.idle(true, self.now - Duration::from_millis(1)));
                notices.extend(self.watch.slot(evaluator, self.now));
            }
            notices
        }
    }

    fn millis(notices: &[Notice]) -> Vec<(&'static str, u128)> {
        notices
            .iter()
            .map(|notice| match notice {
                Notice::Fast(mean) => ("fast", mean.as_millis()),
                Notice::Slow(mean) => ("slow", mean.as_millis()),
                Notice::Steady(mean) => ("steady", mean.as_millis()),
                Notice::Lost(silence) => ("lost", silence.as_millis()),
                Notice::Behind => ("behind", 0),
                Notice::Level => ("level", 0),
                Notice::Found => ("found", 0),
            })
            .collect()
    }

    #[test]
    fn between_three_quarters_and_three_halves_of_a_slot_nothing_is_told() {
        for each in [750, 1000, 1500] {
            let mut clock = Clock::new(false);
            assert_eq!(clock.slots(1000, each, Evaluator::Other), [], "{each}");
        }
    }

    #[test]
    fn fast_and_slow_slots_are_told_once_and_their_end_too() {
        for (each, expected) in [(749, ("fast", 749)), (1501, ("slow", 1501))] {
            let mut clock = Clock::new(false);
            let told = clock.slots(1000, each, Evaluator::Other);
            assert_eq!(millis(&told), [expected]);
            let told = clock.slots(200, 1000, Evaluator::Other);
            assert!(matches!(told[..], [Notice::Steady(_)]), "{told:?}");
        }
    }

    #[test]
    fn a_pace_at_the_border_is_not_told_again_and_again() {
        let mut clock = Clock::new(false);
        let mut told = Vec::new();
        for _ in 0..50 {
            told.extend(clock.slots(32, 740, Evaluator::Other));
            told.extend(clock.slots(32, 775, Evaluator::Other));
        }
        assert!(told.len() <= 1, "{told:?}");
        assert!(matches!(told[..], [Notice::Fast(_)]));
    }

    #[test]
    fn a_few_slots_at_odd_times_are_no_pace() {
        let mut clock = Clock::new(false);
        assert_eq!(clock.slots(100, 1000, Evaluator::Other), []);
        assert_eq!(clock.slots(5, 1, Evaluator::Other), []);
        assert_eq!(clock.slots(2, 5000, Evaluator::Other), []);
        // A jump ends what was measured.
        assert_eq!(clock.slots(14, 100, Evaluator::Other), []);
        assert_eq!(clock.watch.jumped(clock.now), None);
        assert_eq!(clock.slots(14, 100, Evaluator::Other), []);
    }

    #[test]
    fn an_own_timekeeper_that_is_overtaken_is_told_once() {
        use Evaluator::{Other, Own};
        let mut clock = Clock::new(true);
        assert_eq!(clock.slots(20, 1000, Own), []);
        assert_eq!(clock.slots(15, 1000, Other), []);
        assert_eq!(clock.slots(1, 1000, Own), []);
        assert_eq!(clock.slots(15, 1000, Other), []);
        assert_eq!(clock.slots(1, 1000, Other), [Notice::Behind]);
        assert_eq!(clock.slots(100, 1000, Other), []);
        assert_eq!(clock.slots(3, 1000, Own), []);
        assert_eq!(clock.slots(1, 1000, Other), []);
        assert_eq!(clock.slots(4, 1000, Own), [Notice::Level]);
        // Without one there is nothing to compare.
        assert_eq!(Clock::new(false).slots(100, 1000, Other), []);
    }

    #[test]
    fn the_loss_of_the_last_source_is_told_once_and_its_return_too() {
        let mut clock = Clock::new(false);
        clock.slots(5, 1000, Evaluator::Other);
        let mut at = |seconds: u32| clock.watch.idle(true, clock.now + seconds * SECOND);
        let told: Vec<_> = (1..100).filter_map(&mut at).collect();
        assert_eq!(told, [Notice::Lost(10 * SECOND)]);
        let told = clock.slots(1, 100_000, Evaluator::Other);
        assert_eq!(told, [Notice::Found]);
        // The silence does not count as a slow slot.
        assert_eq!(clock.slots(100, 1000, Evaluator::Other), []);
        // It is told again when it happens again.
        let silence = clock.watch.idle(true, clock.now + 11 * SECOND);
        assert_eq!(silence, Some(Notice::Lost(11 * SECOND)));
        assert_eq!(clock.watch.jumped(clock.now), Some(Notice::Found));
    }

    #[test]
    fn a_chain_that_waits_for_a_block_has_not_lost_its_time() {
        let mut clock = Clock::new(false);
        clock.slots(5, 1000, Evaluator::Own);
        for seconds in 1..100 {
            let now = clock.now + seconds * SECOND;
            assert_eq!(clock.watch.idle(false, now), None);
        }
        let later = clock.now + 105 * SECOND;
        assert_eq!(clock.watch.idle(true, later), None);
    }

    #[test]
    fn what_is_told_says_what_to_do() {
        let text = Notice::Fast(Duration::from_millis(612)).to_string();
        assert!(
            text.starts_with("Slots come every 612 ms, faster"),
            "{text}"
        );
        assert!(text.contains("raised"), "{text}");
        let text = Notice::Lost(10 * SECOND).to_string();
        assert!(text.starts_with("No slot for 10 s"), "{text}");
    }
}
