//! What is known of the chain, for callbacks that cannot wait for an answer.
//!
//! An entry is an identity with what the chain said about it at the best and at the finalized block.
//! There are at most [`Limits::max_entries`]; the one that was used least recently makes room, unless
//! it is *in use*: a connection is open to it, or somebody [keeps](IdentityCache::keep) it. Identities
//! in use are asked about after every new block; others are asked about when they are wanted. Keys
//! that serve no identity are not remembered, so that showing many of them displaces nothing.
//!
//! An answer counts for [`Limits::max_blocks`] and, by two clocks, for [`Limits::max_age`]: since the
//! newest block was heard of (monotonic), and since it was made (the machine's clock). Whatever is
//! unknown, too old, or of the future is refused.
//!
//! Connections are registered here with the certificate that they showed and the policy that let them
//! in; whenever anything changes they are judged again by [the rules](crate::rules), and those that
//! fail are ended.
//!
//! | module | holds |
//! |---|---|
//! | [`state`] | entries and connections: the part behind the lock |
//! | [`follow`] | the task that follows the chain |

mod follow;
mod state;
#[cfg(test)]
mod tests;

use crate::{
    LimitError, Limits, Peer, Policy, Refusal, SourceError,
    rules::{self, Heads, Now},
    source::{self, ChainSource},
};
use allod_identity::{Identifier, KeyFingerprint};
use allod_x509::ParsedCertificate;
use parking_lot::Mutex;
use state::{Known, State};
use std::{fmt, sync::Arc};
use tokio::{
    runtime::Handle,
    sync::{Notify, Semaphore, watch},
    task::JoinHandle,
};

/// Why a cache cannot begin to follow the chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// A limit is outside of its range.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// There is no Tokio runtime.
    #[error("a cache must be made within a Tokio runtime")]
    NoRuntime,
}

/// How a connection is ended; called at most once, must not block.
pub(crate) trait End: Send + Sync {
    /// Ends it, for this reason.
    fn end(&self, reason: Refusal);
}

/// A cache of identities that follows the chain. Clones are the same cache; the following stops with
/// the last of them and of the connections that it watches.
#[derive(Clone)]
pub struct IdentityCache(Arc<Running>);

struct Running {
    core: Arc<Core>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the handles and the task share.
pub(crate) struct Core {
    source: Arc<dyn ChainSource>,
    limits: Limits,
    /// `None` until both blocks are known, and after the task has ended.
    heads: watch::Sender<Option<Heads>>,
    state: Mutex<State>,
    questions: Semaphore,
    /// There is an entry in use that was not asked about at the newest blocks.
    wake: Notify,
}

/// Why a peer is refused, and whether asking the chain could change that.
pub(crate) struct Judgement {
    pub refusal: Refusal,
    pub is_final: bool,
}

impl IdentityCache {
    /// Begins to follow the chain, in a task of the Tokio runtime that this is called in. The runtime
    /// must have its clock enabled.
    pub fn follow(source: impl ChainSource, limits: Limits) -> Result<Self, FollowError> {
        limits.check()?;
        let runtime = Handle::try_current().map_err(|_| FollowError::NoRuntime)?;
        let core = Arc::new(Core::new(Arc::new(source), limits));
        let task = runtime.spawn(follow::follow(core.clone()));
        Ok(Self(Arc::new(Running { core, task })))
    }

    /// Waits until the newest blocks are known. Before that everybody is refused.
    pub async fn ready(&self) {
        let mut heads = self.core().heads.subscribe();
        // The sender lives as long as this cache.
        let _ = heads.wait_for(Option::is_some).await;
    }

    /// Asks about an identity, and again after every new block for as long as the result lives: so a
    /// plain verifier, which cannot ask, knows it.
    pub async fn keep(&self, identifier: Identifier) -> Result<Kept, Refusal> {
        let max = self.core().limits.max_entries;
        if !self.core().state.lock().keep(identifier, max) {
            return Err(Refusal::CacheFull(max));
        }
        let kept = Kept {
            cache: self.clone(),
            identifier,
        };
        self.prefetch(identifier).await?;
        Ok(kept)
    }

    /// Asks about an identity, unless what is known is of the newest blocks. `Ok` says that the chain
    /// has it, not that it holds. The answer is remembered for as long as there is room.
    pub async fn prefetch(&self, identifier: Identifier) -> Result<Arc<Peer>, Refusal> {
        self.core().look_up(identifier).await
    }

    /// The bounds.
    pub fn limits(&self) -> &Limits {
        &self.core().limits
    }

    pub(crate) fn core(&self) -> &Core {
        &self.0.core
    }

    /// Registers a connection to a peer that showed a certificate of this SHA-256, and judges it. From
    /// then on `end` is called when the peer must not be talked to any more.
    pub(crate) fn register(
        &self,
        peer: &Peer,
        shown: [u8; 32],
        policy: &Policy,
        end: Arc<dyn End>,
    ) -> Result<Registration, Refusal> {
        let identifier = peer.identifier();
        let core = self.core();
        let max = core.limits.max_entries;
        let number = core.state.lock().connect(peer, shown, policy, end, max)?;
        let registration = Registration {
            cache: self.clone(),
            identifier,
            number,
        };
        // Registered first and judged then, so that no news falls in between.
        let entry = core.state.lock().used(identifier);
        let sequence = entry.as_ref().map_or(0, |(sequence, _)| *sequence);
        let unknown = Refusal::NotRegistered(identifier);
        let verdict = core.judge(entry, unknown, &shown, policy, Now::read());
        verdict.map_err(|judgement| judgement.refusal)?;
        let newest = *core.heads.borrow();
        if newest.is_some_and(|heads| sequence < heads.sequence) {
            core.wake.notify_one();
        }
        Ok(registration)
    }
}

impl fmt::Debug for IdentityCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityCache")
            .field("limits", self.limits())
            .finish_non_exhaustive()
    }
}

/// Keeps an identity in the cache, and what is known about it new.
#[derive(Debug)]
pub struct Kept {
    cache: IdentityCache,
    identifier: Identifier,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.cache.core().state.lock().let_go(self.identifier);
    }
}

/// A connection that is watched.
pub(crate) struct Registration {
    cache: IdentityCache,
    identifier: Identifier,
    number: u64,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let core = self.cache.core();
        let connection = core.state.lock().disconnect(self.identifier, self.number);
        // What it holds is foreign code: the stream, the policy. Outside of the lock.
        drop(connection);
    }
}

impl Core {
    fn new(source: Arc<dyn ChainSource>, limits: Limits) -> Self {
        Self {
            source,
            heads: watch::Sender::new(None),
            state: Mutex::default(),
            questions: Semaphore::new(limits.parallel_questions),
            wake: Notify::new(),
            limits,
        }
    }

    fn heads(&self) -> Result<Heads, Refusal> {
        let heads = *self.heads.borrow();
        let heads = heads.ok_or(Refusal::NotFollowing)?;
        rules::check_heard(&heads, Now::read(), &self.limits)?;
        Ok(heads)
    }

    /// Judges whoever showed this certificate by what is known.
    pub fn judge_shown(
        &self,
        certificate: &ParsedCertificate<'_>,
        policy: &Policy,
        now: Now,
    ) -> Result<Arc<Peer>, Judgement> {
        let key = KeyFingerprint::of(certificate);
        let entry = self.state.lock().used_by_key(key);
        let (unknown, shown) = (Refusal::Unknown(key), certificate.fingerprint());
        self.judge(entry, unknown, &shown, policy, now)
    }

    /// Judges by an entry; if there is none, the refusal is `unknown`.
    fn judge(
        &self,
        entry: Option<(u64, Known)>,
        unknown: Refusal,
        shown: &[u8; 32],
        policy: &Policy,
        now: Now,
    ) -> Result<Arc<Peer>, Judgement> {
        let refuse = |refusal, is_final| Judgement { refusal, is_final };
        let heads = *self.heads.borrow();
        let heads = heads.ok_or_else(|| refuse(Refusal::NotFollowing, true))?;
        rules::check_heard(&heads, now, &self.limits).map_err(|refusal| refuse(refusal, true))?;
        let (sequence, known) = entry.ok_or_else(|| refuse(unknown, false))?;
        // The policy may be the caller's code: no lock is held here.
        let verdict = known.and_then(|peer| {
            rules::check(&peer, shown, policy, &heads, now, &self.limits).map(|()| peer)
        });
        verdict.map_err(|refusal| refuse(refusal, sequence >= heads.sequence))
    }

    /// Finds out who showed this certificate, asking the chain where what is known does not suffice.
    pub async fn admit(
        &self,
        certificate: &ParsedCertificate<'_>,
        policy: &Policy,
    ) -> Result<Arc<Peer>, Refusal> {
        match self.judge_shown(certificate, policy, Now::read()) {
            Ok(peer) => return Ok(peer),
            Err(judgement) if judgement.is_final => return Err(judgement.refusal),
            Err(_) => {}
        }
        let key = KeyFingerprint::of(certificate);
        let identifier = self.find(key).await?;
        let identifier = identifier.ok_or(Refusal::KeyUnregistered(key))?;
        let peer = self.look_up(identifier).await?;
        let (heads, now) = (self.heads()?, Now::read());
        let shown = certificate.fingerprint();
        rules::check(&peer, &shown, policy, &heads, now, &self.limits)?;
        Ok(peer)
    }

    async fn find(&self, key: KeyFingerprint) -> Result<Option<Identifier>, Refusal> {
        let _permit = self.questions.acquire().await;
        let at = self.heads()?.best.hash;
        let found = self.source.identity_by_key(key, at).await;
        found.map_err(Refusal::Source)
    }

    /// Asks about an identity, unless what is known is of the newest blocks, and remembers the answer.
    async fn look_up(&self, identifier: Identifier) -> Result<Arc<Peer>, Refusal> {
        // Errs only if it is closed, which it never is.
        let _permit = self.questions.acquire().await;
        let heads = self.heads()?;
        let known = match self.state.lock().used(identifier) {
            // Somebody else asked while this waited.
            Some((sequence, known)) if sequence == heads.sequence => return known,
            Some((_, known)) => known.ok(),
            None => None,
        };
        let answer = self.ask(identifier, &heads, known.as_deref()).await;
        let answer = answer.map_err(Refusal::Source)?;
        self.store(identifier, &heads, answer.clone())?;
        answer
    }

    async fn ask(
        &self,
        identifier: Identifier,
        heads: &Heads,
        known: Option<&Peer>,
    ) -> Result<Known, SourceError> {
        let answer = source::ask(&*self.source, identifier, heads, known).await?;
        Ok(answer.map(Arc::new))
    }

    /// Remembers an answer, unless a newer one is known, and judges the identity's connections by it.
    fn store(&self, identifier: Identifier, heads: &Heads, known: Known) -> Result<(), Refusal> {
        let max = self.limits.max_entries;
        let mut state = self.state.lock();
        state.store(identifier, heads.sequence, known, max)?;
        drop(state);
        self.end_failed(Some(identifier), heads);
        Ok(())
    }

    /// Judges open connections, of one identity or of all, and ends those that fail.
    ///
    /// How far an answer lags is counted to `heads`: those that were asked for, not those that came in
    /// the meantime.
    fn end_failed(&self, only: Option<Identifier>, heads: &Heads) {
        let connections = self.state.lock().connections(only);
        let now = Now::read();
        for connection in connections {
            let verdict = connection.known.and_then(|peer| {
                let (shown, policy) = (&connection.shown, &connection.policy);
                rules::check(&peer, shown, policy, heads, now, &self.limits)
            });
            if let Err(reason) = verdict {
                connection.end.end(reason);
            }
        }
    }

    /// Ends every connection.
    fn end_all(&self, reason: &Refusal) {
        for connection in self.state.lock().connections(None) {
            connection.end.end(reason.clone());
        }
    }
}
