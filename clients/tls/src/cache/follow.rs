//! The task that follows the chain: three loops, which run in turn and never two at once.
//!
//! 1. **Heads**: takes what the source tells of new blocks; subscribes again when that ends.
//! 2. **Rounds**: after new blocks, asks about every identity in use, at most
//!    [`Limits::parallel_questions`](crate::Limits::parallel_questions) at once and for at most
//!    [`Limits::round`](crate::Limits::round). An answer ends connections at once; after the round all
//!    are judged, and those of an identity that could not be asked about, and whose last answer lags
//!    too far, end too. Blocks that come during a round wait for the next one, which is then about the
//!    newest of them.
//! 3. **Ticks**: every second, if no block has been heard of for too long, ends all.
//!
//! If the task ends, by a panic in a policy, say, then every connection ends, and nobody is admitted
//! any more.

use super::Core;
use crate::{
    Refusal,
    rules::{self, Heads, Now},
    source::Head,
};
use allod_rpc_types::auto_id::BlockReference;
use futures::{StreamExt, stream};
use std::{sync::Arc, time::Duration};
use tokio::time::{self, Instant, MissedTickBehavior};
use tracing::{debug, warn};

/// From the end of one subscription to the attempt at the next.
const BEFORE_SUBSCRIBING: Duration = Duration::from_secs(1);
const TICK_INTERVAL: Duration = Duration::from_secs(1);

pub(super) async fn follow(core: Arc<Core>) {
    let _ended = EndAll(core.clone());
    let mut newest = Newest::default();
    let follow_heads = async {
        loop {
            follow_heads(&core, &mut newest).await;
            time::sleep(BEFORE_SUBSCRIBING).await;
        }
    };
    tokio::join!(follow_heads, rounds(&core), ticks(&core));
}

struct EndAll(Arc<Core>);

impl Drop for EndAll {
    fn drop(&mut self) {
        self.0.heads.send_replace(None);
        self.0.end_all(&Refusal::NotFollowing);
    }
}

/// What the source has said so far.
#[derive(Default)]
struct Newest {
    best: Option<(BlockReference, Instant)>,
    finalized: Option<BlockReference>,
    sequence: u64,
}

impl Newest {
    /// Takes a head in; whether anything changed. The same best block again is no sign of life: a node
    /// that is cut off can repeat it for ever.
    fn take(&mut self, head: Head) -> bool {
        match head {
            Head::Best(block) if self.best.is_some_and(|(best, _)| best == block) => return false,
            Head::Best(block) => self.best = Some((block, Instant::now())),
            Head::Finalized(block) if self.finalized == Some(block) => return false,
            Head::Finalized(block) => self.finalized = Some(block),
        }
        // Begins at 1: 0 is the sequence of nothing.
        self.sequence = self.sequence.saturating_add(1);
        true
    }

    fn heads(&self) -> Option<Heads> {
        let ((best, heard), finalized) = self.best.zip(self.finalized)?;
        Some(Heads {
            best,
            finalized,
            heard,
            sequence: self.sequence,
        })
    }
}

/// Follows until the subscription ends.
async fn follow_heads(core: &Core, newest: &mut Newest) {
    let mut heads = match core.source.heads().await {
        Ok(heads) => heads,
        Err(error) => {
            warn!("cannot follow the chain: {error}");
            return;
        }
    };
    while let Some(head) = heads.next().await {
        match head {
            Ok(head) if newest.take(head) => {
                if let Some(heads) = newest.heads() {
                    core.heads.send_replace(Some(heads));
                }
            }
            Ok(_) => {}
            Err(error) => {
                warn!("stopped following the chain: {error}");
                return;
            }
        }
    }
    warn!("the subscription to new blocks ended");
}

async fn rounds(core: &Core) {
    let mut changes = core.heads.subscribe();
    // The first heads may have been there before.
    changes.mark_changed();
    loop {
        tokio::select! {
            // The sender lives as long as the core.
            _ = changes.changed() => {}
            () = core.wake.notified() => {}
        }
        let heads = *changes.borrow_and_update();
        if let Some(heads) = heads {
            round(core, &heads).await;
        }
    }
}

/// Asks about every identity in use, and judges every connection.
async fn round(core: &Core, heads: &Heads) {
    let due = core.state.lock().due(heads.sequence);
    let questions = due.into_iter().map(|(identifier, known)| async move {
        let answer = core.ask(identifier, heads, known.as_deref()).await;
        match answer {
            // No room: the identity is kept and has no entry; it stays unknown.
            Ok(answer) => _ = core.store(identifier, heads, answer),
            Err(error) => debug!("cannot ask about {identifier}: {error}"),
        }
    });
    let all = stream::iter(questions)
        .buffer_unordered(core.limits.parallel_questions)
        .for_each(|()| async {});
    if time::timeout(core.limits.round, all).await.is_err() {
        warn!(
            "the questions after block #{} took too long",
            heads.best.number
        );
    }
    core.end_failed(None, heads);
}

async fn ticks(core: &Core) {
    let mut ticks = time::interval(TICK_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let heads = *core.heads.borrow();
        if let Some(heads) = heads
            && let Err(reason) = rules::check_heard(&heads, Now::read(), &core.limits)
        {
            core.end_all(&reason);
        }
    }
}
