//! What a node says while it waits, and while the network's chain is not its own.

use super::AllodSync;
use crate::{AllodBlock, chain::Head, provisional::ResyncRule};
use allod_block_rules::fork_choice::BlockWeight;
use allod_core::{Hash, hash::HexHash};
use std::time::{Duration, Instant};

/// How often a node says that the network's chain is not its own.
const STRANDED_TELL_INTERVAL: Duration = Duration::from_secs(600);
/// How often a node that waits says what for.
const WAITING_TELL_INTERVAL: Duration = Duration::from_secs(60);
/// How soon it says so when it waits for something else.
const NEWS_TELL_INTERVAL: Duration = Duration::from_secs(5);

/// A heavier branch that this node verified and cannot join: it parts below the final block.
pub(super) struct Stranded {
    pub(super) theirs: Hash,
    pub(super) weight: BlockWeight,
    pub(super) told_at: Option<Instant>,
}

impl<Block: AllodBlock> AllodSync<Block> {
    /// A heavier branch that was verified parts below the final block: from now on no blocks are made, and the copy of
    /// the chain is dropped if that is the rule.
    pub(super) fn strand(&mut self, theirs: Hash, weight: BlockWeight, now: Instant) {
        let cause = self.resync_cause();
        let stranded = self.stranded.insert(Stranded {
            theirs,
            weight,
            told_at: None,
        });
        let Some(cause) = cause else {
            return;
        };
        stranded.told_at = Some(now);
        let finalized = self.chain.finalized();
        tracing::warn!(
            target: "sync",
            "The network's chain, whose block {} was verified to be heavier, does not build on #{} {}, \
             which is final here: this copy of the chain, {cause}, is dropped, and that chain joined",
            HexHash(&theirs),
            finalized.number,
            HexHash(&finalized.hash),
        );
        (self.settings.ask_for_resync)();
    }

    /// A branch that has the checkpoint was verified, and the own chain, which lacks it, is heavier: no fork choice leads
    /// from there to it, so the copy of the chain is dropped if that is the rule.
    pub(super) fn part_from_checkpoint(&mut self, theirs: Hash) {
        self.is_off_checkpoint = true;
        let Some(cause) = self.resync_cause() else {
            return;
        };
        tracing::warn!(
            target: "sync",
            "The chain of block {}, which was verified, has the checkpoint, and this node's does not: this copy of the \
             chain, {cause}, is dropped, and that chain joined",
            HexHash(&theirs),
        );
        (self.settings.ask_for_resync)();
    }

    /// Why the copy of the chain may be dropped; none if it may not.
    fn resync_cause(&self) -> Option<&'static str> {
        match self.settings.resync {
            ResyncRule::Always => Some("as --resync=auto says"),
            ResyncRule::IfProvisional if self.is_provisional => {
                Some("which was compared with no boot or reserved node's")
            }
            ResyncRule::IfProvisional | ResyncRule::Never => None,
        }
    }

    pub(super) fn tell_waiting(&mut self, now: Instant, what: &'static str) {
        let silent = |(at, told)| {
            let interval = if told == what {
                WAITING_TELL_INTERVAL
            } else {
                NEWS_TELL_INTERVAL
            };
            now.saturating_duration_since(at) < interval
        };
        if !self.told.is_some_and(silent) {
            self.told = Some((now, what));
            tracing::info!(target: "sync", "Waiting: {what}");
        }
    }

    pub(super) fn tell_stranded(&mut self, own: Head, now: Instant) {
        let Some(stranded) = &mut self.stranded else {
            return;
        };
        if own.weight >= stranded.weight {
            self.stranded = None;
            return;
        }
        let silent = |at| now.saturating_duration_since(at) < STRANDED_TELL_INTERVAL;
        if !stranded.told_at.is_some_and(silent) {
            stranded.told_at = Some(now);
            let finalized = self.chain.finalized();
            tracing::error!(
                target: "sync",
                "The network's chain, whose block {} was verified to be heavier, does not build on #{} {}, \
                 which is final here: no blocks are made; `allod node --resync` joins it",
                HexHash(&stranded.theirs),
                finalized.number,
                HexHash(&finalized.hash),
            );
        }
    }
}
