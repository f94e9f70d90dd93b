//! The one chain of slots that the timekeeper's thread, gossip and block import all extend.
//!
//! Everything happens under one lock, held for a walk of the chain at most. Whoever changes the
//! next slot's input interrupts the evaluation of the old one, which polls a flag (see
//! [`prove_with_stop`](allod_proof_of_time::prove_with_stop)).

use crate::{
    cache::PotVerifier,
    requests::{Candidates, MAX_SLOTS, Outcome, Request},
    state::{BestBlock, MAX_SLOTS_AHEAD_OF_BEST, PotState, SlotTick, Update},
    watch::{Evaluator, MAX_AT_ONCE, Notice, Watch},
};
use allod_core::{PotCheckpoints, PotOutput, Slot, time::PotInput};
use parking_lot::{Condvar, Mutex};
use sc_network::PeerId;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};
use tokio::sync::{broadcast, mpsc};

/// Ticks that a subscriber may lag behind before it misses some.
const SUBSCRIBER_QUEUE: usize = 64;

/// Ticks that wait to be gossiped.
const GOSSIP_QUEUE: usize = 64;

pub(crate) struct Shared {
    inner: Mutex<Inner>,
    verifier: PotVerifier,
    /// Wakes the timekeeper's thread.
    changed: Condvar,
    /// Interrupts its evaluation.
    stop: AtomicBool,
    subscribers: broadcast::Sender<SlotTick>,
    gossip: mpsc::Sender<SlotTick>,
    candidates: Mutex<Candidates>,
}

struct Inner {
    state: PotState,
    /// When the tip became what it is.
    tip_since: Instant,
    /// What the timekeeper's thread works on.
    evaluating: Option<PotInput>,
    watch: Watch,
    shut_down: bool,
}

/// What the timekeeper's thread is to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task {
    /// The slot to evaluate.
    pub input: PotInput,
    /// When the slot before became known.
    pub since: Instant,
}

/// Where the chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct View {
    pub tip: Slot,
    /// The next slot, if the chain may be extended.
    pub wanted: Option<PotInput>,
}

impl Shared {
    /// The chain after `best`, and the slots that are to be gossiped.
    pub(crate) fn new(
        best: BestBlock,
        verifier: PotVerifier,
        watch: Watch,
    ) -> (Self, mpsc::Receiver<SlotTick>) {
        let (subscribers, _) = broadcast::channel(SUBSCRIBER_QUEUE);
        let (gossip, to_gossip) = mpsc::channel(GOSSIP_QUEUE);
        let shared = Self {
            inner: Mutex::new(Inner {
                state: PotState::new(best),
                tip_since: Instant::now(),
                evaluating: None,
                watch,
                shut_down: false,
            }),
            verifier,
            changed: Condvar::new(),
            stop: AtomicBool::new(false),
            subscribers,
            gossip,
            candidates: Mutex::default(),
        };
        (shared, to_gossip)
    }

    pub(crate) fn verifier(&self) -> &PotVerifier {
        &self.verifier
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<SlotTick> {
        self.subscribers.subscribe()
    }

    pub(crate) fn tip(&self) -> Slot {
        self.inner.lock().state.tip()
    }

    pub(crate) fn outputs(&self, first: Slot, limit: usize) -> Vec<(Slot, PotOutput)> {
        self.inner.lock().state.outputs(first, limit)
    }

    /// The checkpoints of the slot of `first` and of those after it, as far as they may be answered to a peer.
    pub(crate) fn slots_from(&self, first: PotInput) -> Vec<PotCheckpoints> {
        let run = self.inner.lock().state.run_from(first, MAX_SLOTS);
        let known = run.iter().map_while(|input| self.verifier.get(input));
        known.collect()
    }

    /// A peer gossiped a slot, which nobody has verified.
    pub(crate) fn note_ahead(&self, peer: PeerId, slot: Slot, tip: Slot) {
        self.candidates.lock().note(peer, slot, tip);
    }

    /// Whom to ask for slots now, and for which; none if gossip brings what there is.
    pub(crate) fn next_request(&self, now: Instant) -> Option<Request> {
        let (tip, first, change) = {
            let inner = self.inner.lock();
            let state = &inner.state;
            (state.tip(), state.wanted()?, state.next_change())
        };
        let peer = self.candidates.lock().choose(tip, now)?;
        Some(Request {
            peer,
            first,
            change,
        })
    }

    /// What came of asking a peer.
    pub(crate) fn answered(&self, peer: PeerId, outcome: Outcome, now: Instant) {
        self.candidates.lock().answered(peer, outcome, now);
    }

    pub(crate) fn tip_since(&self) -> Instant {
        self.inner.lock().tip_since
    }

    pub(crate) fn view(&self) -> View {
        let inner = self.inner.lock();
        View {
            tip: inner.state.tip(),
            wanted: inner.state.wanted(),
        }
    }

    /// Takes slots into the chain that the verifier has come to know, and passes them on.
    pub(crate) fn advance(&self) {
        let mut inner = self.inner.lock();
        self.advance_locked(&mut inner, None);
    }

    /// Time passes: tells of it if no slot comes any more.
    pub(crate) fn idle(&self) {
        let mut inner = self.inner.lock();
        let wanted = inner.state.wanted().is_some();
        tell(inner.watch.idle(wanted, Instant::now()));
    }

    /// Follows another best block. Its slots are not gossiped: the block brings them to everybody.
    pub(crate) fn on_best_block(&self, best: BestBlock, parent: Option<&BestBlock>) {
        let mut inner = self.inner.lock();
        let update = inner.state.on_best_block(best, parent, &self.verifier);
        self.after_update(&mut inner, &update, None);
    }

    /// Waits until a slot is to be evaluated; none at shutdown.
    pub(crate) fn next_task(&self) -> Option<Task> {
        let mut inner = self.inner.lock();
        let mut waiting = false;
        loop {
            // Imports may have verified more slots meanwhile.
            self.advance_locked(&mut inner, None);
            if inner.shut_down {
                return None;
            }
            if let Some(input) = inner.state.wanted() {
                if waiting {
                    tracing::info!(target: crate::LOG_TARGET, slot = %input.slot, "Timekeeper goes on");
                }
                self.stop.store(false, Ordering::Relaxed);
                inner.evaluating = Some(input);
                let since = inner.tip_since;
                return Some(Task { input, since });
            }
            if !waiting {
                waiting = true;
                tracing::info!(
                    target: crate::LOG_TARGET,
                    tip = %inner.state.tip(),
                    proven = %inner.state.proven(),
                    "Timekeeper waits for a block: {MAX_SLOTS_AHEAD_OF_BEST} slots are all that one \
                     more can prove",
                );
            }
            self.changed.wait(&mut inner);
        }
    }

    /// The flag that interrupts the evaluation of the task that was given out last.
    pub(crate) fn stop(&self) -> &AtomicBool {
        &self.stop
    }

    /// Waits until `due`, or without end; whether `input` is still wanted then. Returns at once
    /// when it no longer is.
    pub(crate) fn hold(&self, input: &PotInput, due: Option<Instant>) -> bool {
        let mut inner = self.inner.lock();
        loop {
            if inner.shut_down || inner.state.wanted() != Some(*input) {
                return false;
            }
            match due {
                Some(due) if self.changed.wait_until(&mut inner, due).timed_out() => {
                    return !inner.shut_down && inner.state.wanted() == Some(*input);
                }
                Some(_) => {}
                None => self.changed.wait(&mut inner),
            }
        }
    }

    /// Takes a slot that this node evaluated into the chain.
    pub(crate) fn evaluated(&self, input: &PotInput, checkpoints: &PotCheckpoints) {
        self.verifier.insert(input, checkpoints);
        let mut inner = self.inner.lock();
        self.advance_locked(&mut inner, Some(input.slot));
    }

    /// Ends the timekeeper's thread.
    pub(crate) fn shut_down(&self) {
        self.inner.lock().shut_down = true;
        self.stop.store(true, Ordering::Relaxed);
        self.changed.notify_all();
    }

    #[cfg(test)]
    pub(crate) fn evaluating(&self) -> Option<PotInput> {
        self.inner.lock().evaluating
    }

    /// `own` is the slot that the own timekeeper has just evaluated, if it was that.
    fn advance_locked(&self, inner: &mut Inner, own: Option<Slot>) {
        let update = inner.state.advance(&self.verifier);
        for tick in &update.ticks {
            // Full only if the network is stuck; blocks carry what is lost here.
            let _ = self.gossip.try_send(*tick);
        }
        self.after_update(inner, &update, own);
    }

    fn after_update(&self, inner: &mut Inner, update: &Update, own: Option<Slot>) {
        if let Some(rewind) = update.rewind {
            tracing::info!(
                target: crate::LOG_TARGET,
                from = %rewind.from,
                to = %rewind.to,
                tip = %inner.state.tip(),
                "Proof-of-time chain rewound",
            );
        }
        for tick in &update.ticks {
            tracing::trace!(
                target: crate::LOG_TARGET,
                slot = %tick.slot,
                output = %tick.checkpoints.output(),
                "New slot",
            );
            // Fails where nobody listens.
            let _ = self.subscribers.send(*tick);
        }
        if update.moved {
            let now = Instant::now();
            inner.tip_since = now;
            watch_slots(&mut inner.watch, update, own, now);
        }
        if inner.evaluating.is_some() && inner.evaluating != inner.state.wanted() {
            self.stop.store(true, Ordering::Relaxed);
        }
        self.changed.notify_all();
    }
}

/// Shows new slots to the watch and tells what it makes of them.
fn watch_slots(watch: &mut Watch, update: &Update, own: Option<Slot>, now: Instant) {
    let one_by_one = update.rewind.is_none() && update.ticks.len() <= MAX_AT_ONCE;
    if !one_by_one || update.ticks.is_empty() {
        tell(watch.jumped(now));
        return;
    }
    for tick in &update.ticks {
        let evaluator = match own == Some(tick.slot) {
            true => Evaluator::Own,
            false => Evaluator::Other,
        };
        tell(watch.slot(evaluator, now));
    }
}

fn tell(notices: impl IntoIterator<Item = Notice>) {
    for notice in notices {
        if notice.is_warning() {
            tracing::warn!(target: crate::LOG_TARGET, "{notice}");
        } else {
            tracing::info!(target: crate::LOG_TARGET, "{notice}");
        }
    }
}
