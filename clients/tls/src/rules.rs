//! When a peer is admitted: one pure function, for handshakes and for open connections alike.

use crate::{Limits, Peer, Policy, Refusal};
use allod_rpc_types::auto_id::{BlockReference, BlockRole};
use std::time::SystemTime;
use tokio::time::Instant;

/// The newest blocks, as the source told of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heads {
    /// The best block.
    pub best: BlockReference,
    /// The finalized block.
    pub finalized: BlockReference,
    /// When the best block was heard of.
    pub heard: Instant,
    /// One more with every change of either.
    pub sequence: u64,
}

/// The time, by both clocks: one that nobody can set, and one that other machines share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub instant: Instant,
    /// Seconds since 1970.
    pub unix: u64,
}

impl Now {
    /// The time as of now.
    pub fn read() -> Self {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            instant: Instant::now(),
            // Before 1970 every block is of the future.
            unix: since_1970.map_or(0, |time| time.as_secs()),
        }
    }
}

/// Whether anything may be said about now at all.
pub(crate) fn check_heard(heads: &Heads, now: Now, limits: &Limits) -> Result<(), Refusal> {
    let age = now.instant.saturating_duration_since(heads.heard);
    if age <= limits.max_age {
        return Ok(());
    }
    Err(Refusal::StaleSeconds {
        seconds: age.as_secs(),
        max: limits.max_age.as_secs(),
    })
}

/// Whether the peer, which showed a certificate of this SHA-256, is admitted.
pub(crate) fn check(
    peer: &Peer,
    shown: &[u8; 32],
    policy: &Policy,
    heads: &Heads,
    now: Now,
    limits: &Limits,
) -> Result<(), Refusal> {
    check_heard(heads, now, limits)?;
    check_lag(peer, heads, limits)?;
    check_block_time(peer, now, limits)?;
    if peer.fingerprint() != shown {
        return Err(Refusal::NotCurrent(peer.identifier()));
    }
    for (role, standing) in [
        (BlockRole::Best, peer.best()),
        (BlockRole::Finalized, peer.finalized()),
    ] {
        if let Some(failure) = standing.failure {
            let block = standing.block;
            return Err(Refusal::DoesNotHold {
                role,
                block,
                failure,
            });
        }
    }
    policy.admits(peer)
}

/// A reorganisation may take the best block's number back, so the distance counts in both directions.
fn check_lag(peer: &Peer, heads: &Heads, limits: &Limits) -> Result<(), Refusal> {
    let max = limits.max_blocks;
    for (role, asked, newest) in [
        (BlockRole::Best, peer.best().block, heads.best),
        (
            BlockRole::Finalized,
            peer.finalized().block,
            heads.finalized,
        ),
    ] {
        let (asked_at, newest) = (asked.number, newest.number);
        if asked_at.abs_diff(newest) > max {
            return Err(Refusal::StaleBlocks {
                role,
                asked_at,
                newest,
                max,
            });
        }
    }
    Ok(())
}

fn check_block_time(peer: &Peer, now: Now, limits: &Limits) -> Result<(), Refusal> {
    let (time, max) = (peer.best().time, limits.max_age.as_secs());
    let seconds = time.abs_diff(now.unix);
    if seconds <= max {
        Ok(())
    } else if time < now.unix {
        Err(Refusal::BlockTooOld { seconds, max })
    } else {
        Err(Refusal::BlockOfFuture { seconds, max })
    }
}
