//! Evaluation of the delay function, on a thread of its own (§4).
//!
//! The thread asks the chain for the next slot, evaluates it and adds it, until the source is
//! dropped. It is pinned to one core, so that caches stay warm and the clock boost of a busy core
//! lasts; with a single core there is nothing to choose. When the next slot's input changes (a
//! rewind, a block ahead, a faster timekeeper elsewhere) the evaluation is interrupted.

use crate::{Error, shared::Shared};
use allod_core::Slot;
use core_affinity::CoreId;
use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// Slots by which a paced timekeeper may be late and still catch up. After a longer break, such as
/// that of a machine that slept, it goes on from the present.
const CATCH_UP_SLOTS: u32 = 3;

/// Whether and how a node keeps time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimekeeperConfig {
    /// Whether to evaluate at all. Without, slots come from gossip and blocks alone.
    pub enabled: bool,
    /// The least time from slot to slot, if there is one: the slot duration, so that a chain with
    /// few iterations keeps its slots apart. Who evaluates slower than that never waits.
    pub pace: Option<Duration>,
    /// Number of the core to run on; none for the last that this process may use.
    pub core: Option<usize>,
}

/// A running timekeeper; dropping it ends the thread.
pub(crate) struct Timekeeper {
    shared: Arc<Shared>,
}

impl Timekeeper {
    /// Starts the thread, pinned to `core`.
    pub(crate) fn start(
        shared: Arc<Shared>,
        pace: Option<Duration>,
        core: Option<CoreId>,
    ) -> Result<Self, Error> {
        let thread_shared = shared.clone();
        thread::Builder::new()
            .name("timekeeper".into())
            .spawn(move || {
                if let Some(core) = core.filter(|core| !core_affinity::set_for_current(*core)) {
                    tracing::warn!(
                        target: crate::LOG_TARGET,
                        core = core.id,
                        "Timekeeper could not be pinned to its core; running on any",
                    );
                }
                keep_time(&thread_shared, Pacer::new(pace));
            })
            .map_err(Error::Thread)?;
        Ok(Self { shared })
    }
}

impl Drop for Timekeeper {
    fn drop(&mut self) {
        self.shared.shut_down();
    }
}

/// Whether a timekeeper can run on this core.
///
/// # Errors
/// [`Error::NoSuchCore`].
pub fn check_core(requested: Option<usize>) -> Result<(), Error> {
    choose_core(requested, core_affinity::get_core_ids()).map(drop)
}

/// The core to pin the thread to, of those that this process may use; none for no pinning.
pub(crate) fn choose_core(
    requested: Option<usize>,
    available: Option<Vec<CoreId>>,
) -> Result<Option<CoreId>, Error> {
    let available = available.unwrap_or_default();
    match (requested, available.as_slice()) {
        (Some(requested), cores) => match cores.iter().find(|core| core.id == requested) {
            Some(core) => Ok(Some(*core)),
            None => Err(Error::NoSuchCore {
                core: requested,
                available: cores.iter().map(|core| core.id).collect(),
            }),
        },
        (None, [] | [_]) => Ok(None),
        (None, [.., last]) => Ok(Some(*last)),
    }
}

fn keep_time(shared: &Shared, mut pacer: Pacer) {
    while let Some(task) = shared.next_task() {
        let input = task.input;
        let proof =
            allod_proof_of_time::prove_with_stop(input.seed.0, input.iterations, shared.stop());
        match proof {
            Ok(Some(checkpoints)) => {
                let due = pacer.due(input.slot, task.since);
                if due.is_none() || shared.hold(&input, due) {
                    shared.evaluated(&input, &checkpoints.into());
                    pacer.published(input.slot, due, Instant::now());
                }
            }
            // The next slot is another one now.
            Ok(None) => {}
            Err(error) => {
                tracing::error!(
                    target: crate::LOG_TARGET,
                    slot = %input.slot,
                    %error,
                    "Slot cannot be evaluated",
                );
                shared.hold(&input, None);
            }
        }
    }
}

/// Spaces slots out evenly: each is due one duration after the one before was due, not after it was
/// published, so that delays do not add up.
#[derive(Debug)]
struct Pacer {
    duration: Option<Duration>,
    last: Option<(Slot, Instant)>,
}

impl Pacer {
    fn new(duration: Option<Duration>) -> Self {
        Self {
            duration,
            last: None,
        }
    }

    /// When `slot` is due, given when the slot before became known; none for at once.
    fn due(&self, slot: Slot, since: Instant) -> Option<Instant> {
        let duration = self.duration?;
        let previous = match self.last {
            Some((last, due)) if last.saturating_add(1) == slot => due,
            // The slot before came from elsewhere, or the chain was rewound.
            _ => since,
        };
        previous.checked_add(duration)
    }

    fn published(&mut self, slot: Slot, due: Option<Instant>, now: Instant) {
        let (Some(duration), Some(due)) = (self.duration, due) else {
            return;
        };
        let late = now.saturating_duration_since(due);
        let allowed = duration.saturating_mul(CATCH_UP_SLOTS);
        let due = if late > allowed { now } else { due };
        self.last = Some((slot, due));
    }
}

#[cfg(test)]
mod tests;
