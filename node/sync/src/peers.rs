//! The peers, and what each of them says of its chain.

use crate::protocol::{REQUEST_TIMEOUT, Tip};
use allod_core::Hash;
use sc_network::PeerId;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// How often a peer whose blocks are not taken is asked again.
pub const ASK_INTERVAL: Duration = Duration::from_secs(60);
/// How often a peer whose blocks are taken is asked again.
pub const ASK_FOLLOWED_INTERVAL: Duration = Duration::from_secs(600);
/// How soon a peer may be asked again for any reason.
const LEAST_ASK_INTERVAL: Duration = Duration::from_secs(2);
/// Peers that a node waits for before it follows any of them.
pub const ASKED: usize = 8;
/// How long a node waits for what its peers answer first; who comes later does not keep it.
pub const FIRST_ANSWERS_TIMEOUT: Duration = Duration::from_secs(60);
/// For how long even a near claim is compared of a peer that brought what had to be compared.
const SUSPICION: Duration = Duration::from_secs(600);

/// Where the question for a peer's tip stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Not asked yet, or to be asked anew.
    Unasked,
    /// Asked, at that time.
    Pending(Instant),
    /// Answered, at that time.
    Given(Instant),
    /// No answer came, as was known at that time.
    None(Instant),
}

/// Why a peer is not taken by its word.
#[derive(Debug, Clone, Copy)]
struct Suspicion {
    at: Instant,
    /// Whether none was there shortly before.
    is_first: bool,
    is_lifted: bool,
}

impl Suspicion {
    fn lasts(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.at) < SUSPICION
    }
}

/// One peer.
#[derive(Debug)]
pub struct Peer {
    /// What its handshake or its newest announcement says.
    pub best: (Hash, u32),
    /// Whether it is a boot or reserved node.
    pub is_named: bool,
    /// Where the question for its tip stands.
    pub answer: Answer,
    /// Whether the SDK's strategy has it.
    pub is_followed: bool,
    /// When its chain was last found to lack the checkpoint.
    pub off_checkpoint_at: Option<Instant>,
    /// Since when it is here.
    pub since: Instant,
    tip: Option<Tip>,
    /// Whether the question was settled once, by an answer or without one.
    has_replied: bool,
    suspicion: Option<Suspicion>,
    asked_at: Option<Instant>,
}

impl Peer {
    /// A new one.
    pub fn new(best: (Hash, u32), is_named: bool, now: Instant) -> Self {
        Self {
            best,
            is_named,
            answer: Answer::Unasked,
            is_followed: false,
            off_checkpoint_at: None,
            since: now,
            tip: None,
            has_replied: false,
            suspicion: None,
            asked_at: None,
        }
    }

    /// Its tip, the last one while it is asked again.
    pub fn tip(&self) -> Option<&Tip> {
        self.tip.as_ref()
    }

    /// It says that this is its tip.
    pub fn answered(&mut self, tip: Tip, now: Instant) {
        self.best = (tip.hash, tip.number);
        self.tip = Some(tip);
        self.has_replied = true;
        self.answer = Answer::Given(now);
    }

    /// It says nothing.
    pub fn was_silent(&mut self, now: Instant) {
        self.tip = None;
        self.has_replied = true;
        self.answer = Answer::None(now);
    }

    /// What it said counts no more: it is asked as if it had never been.
    pub fn forget(&mut self) {
        self.tip = None;
        self.has_replied = false;
        self.answer = Answer::Unasked;
    }

    /// It brought a run of blocks too long to be taken uncompared: even a claim that is near is compared now.
    pub fn suspect(&mut self, now: Instant) {
        let is_first = !self.suspicion.is_some_and(|before| before.lasts(now));
        self.suspicion = Some(Suspicion {
            at: now,
            is_first,
            is_lifted: false,
        });
    }

    /// What it claims was compared, and is right: that lifts a suspicion, but not the next one soon after.
    pub fn trust(&mut self) {
        if let Some(suspicion) = &mut self.suspicion {
            suspicion.is_lifted = suspicion.is_first;
        }
    }

    /// Whether even a near claim is compared.
    pub fn is_suspected(&self, now: Instant) -> bool {
        let suspicion = self.suspicion.as_ref();
        suspicion.is_some_and(|suspicion| suspicion.lasts(now) && !suspicion.is_lifted)
    }

    /// Whether it is to be asked now. If so, it counts as asked.
    pub fn ask(&mut self, now: Instant) -> bool {
        let passed = |since: Instant, interval| now.saturating_duration_since(since) >= interval;
        let due = match self.answer {
            Answer::Unasked => true,
            Answer::Pending(_) => false,
            Answer::Given(at) if self.is_followed => passed(at, ASK_FOLLOWED_INTERVAL),
            Answer::Given(at) | Answer::None(at) => passed(at, ASK_INTERVAL),
        };
        let soon = self
            .asked_at
            .is_some_and(|at| !passed(at, LEAST_ASK_INTERVAL));
        if due && !soon {
            self.answer = Answer::Pending(now);
            self.asked_at = Some(now);
        }
        due && !soon
    }

    /// Gives up on an answer that takes too long.
    pub fn expire(&mut self, now: Instant) {
        let asked_at = self.asked_at_if_pending();
        if asked_at.is_some_and(|at| now.saturating_duration_since(at) >= REQUEST_TIMEOUT) {
            self.was_silent(now);
        }
    }

    /// Whether it was asked, and has not answered yet.
    pub fn is_pending(&self) -> bool {
        self.asked_at_if_pending().is_some()
    }

    fn asked_at_if_pending(&self) -> Option<Instant> {
        match self.answer {
            Answer::Pending(at) => Some(at),
            Answer::Unasked | Answer::Given(_) | Answer::None(_) => None,
        }
    }

    /// Whether its answer is still waited for.
    pub fn is_awaited(&self) -> bool {
        match self.answer {
            Answer::Unasked | Answer::Pending(_) => true,
            Answer::Given(_) | Answer::None(_) => false,
        }
    }

    /// Whether it has not replied yet.
    pub fn is_new(&self) -> bool {
        !self.has_replied
    }
}

/// What the answers so far allow a node that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// Nobody is there, or nobody answers.
    Nobody,
    /// More are to come.
    Awaited,
    /// Enough, but none of a boot or reserved node.
    NoneNamed,
    /// Enough.
    Enough,
}

/// Whether the answers suffice for a node that has waited for `waited`: eight, or those of all peers, and one of a boot or
/// reserved node. Nobody is waited for twice, nor longer than a minute.
pub fn answers(peers: &HashMap<PeerId, Peer>, any_named: bool, waited: Duration) -> Answers {
    let given = peers.values().filter(|peer| peer.tip().is_some()).count();
    let awaited = waited < FIRST_ANSWERS_TIMEOUT && peers.values().any(Peer::is_new);
    let named = peers
        .values()
        .any(|peer| peer.is_named && peer.tip().is_some());
    match (given, awaited) {
        (0, true) => Answers::Awaited,
        (0, false) => Answers::Nobody,
        (given, true) if given < ASKED => Answers::Awaited,
        _ if named || !any_named => Answers::Enough,
        _ => Answers::NoneNamed,
    }
}
