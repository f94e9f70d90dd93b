//! Why a slot is not farmed: farmers are not told of it, or a solution of theirs becomes no block.
//!
//! | level | causes |
//! |---|---|
//! | debug | what happens to every farmer: the chain has gone on, another solution was first, the node is syncing |
//! | warning | what costs a win, and somebody can look after: node, farmer, or the time between them |

use crate::Error;
use allod_core::{PublicKey, Slot};
use allod_metrics::Unfarmed as Label;
use sc_consensus::ImportResult;
use sp_api::ApiError;
use tracing::Level;

/// One variant for each cause.
#[derive(Debug, thiserror::Error)]
pub enum Unfarmed {
    /// A node that is syncing knows no block to build on.
    #[error("the node is syncing")]
    Syncing,
    /// Farmers cannot be told what wins.
    #[error("the state of {best} cannot be read: {error}")]
    StateUnreadable {
        /// The best block.
        best: String,
        /// Of the database or the runtime.
        error: ApiError,
    },
    /// The node was too busy to tell farmers of it, and of others.
    #[error("the node was too busy for {0} slot(s)")]
    TooBusy(u64),
    /// The solution is for a slot whose output is not known here.
    #[error("it is after slot {tip}, the newest one that is known here")]
    FromTheFuture {
        /// The newest slot.
        tip: Slot,
    },
    /// As many solutions wait as the slot may have.
    #[error("{most} solutions are waiting already")]
    TooManySolutions {
        /// So many are kept.
        most: usize,
    },
    /// A block of this or a later slot came first.
    #[error("it was won by {best} or a descendant")]
    Taken {
        /// The best block.
        best: String,
    },
    /// The node's own time does not follow from the best block.
    #[error("its proof-of-time is not on {best}")]
    OtherTime {
        /// The best block.
        best: String,
    },
    /// No justification is long enough for the slots since the best block.
    #[error("{slots} slots since {best} are more than a block can prove")]
    OutOfReach {
        /// The best block.
        best: String,
        /// Slots that the block would have to prove.
        slots: usize,
    },
    /// The farmer did not answer in time.
    #[error("farmer {0} did not seal the block")]
    NotSealed(PublicKey),
    /// The import did not take the sealed block.
    #[error("own block {hash} was not imported: {answer:?}")]
    NotImported {
        /// Of the block.
        hash: String,
        /// What it said.
        answer: ImportResult,
    },
    /// The solution breaks a rule, or this node cannot go on.
    #[error(transparent)]
    Refused(#[from] Error),
}

impl Unfarmed {
    /// Its value of the label in metrics.
    pub(crate) fn label(&self) -> Label {
        match self {
            Self::Syncing => Label::Syncing,
            Self::StateUnreadable { .. } => Label::StateUnreadable,
            Self::TooBusy(_) => Label::TooBusy,
            Self::FromTheFuture { .. } => Label::FromTheFuture,
            Self::TooManySolutions { .. } => Label::TooManySolutions,
            Self::Taken { .. } => Label::Taken,
            Self::OtherTime { .. } => Label::OtherTime,
            Self::OutOfReach { .. } => Label::OutOfReach,
            Self::NotSealed(_) => Label::NotSealed,
            Self::NotImported { .. } => Label::NotImported,
            Self::Refused(_) => Label::Refused,
        }
    }

    /// How many slots or solutions it is about.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::TooBusy(slots) => *slots,
            Self::Syncing
            | Self::StateUnreadable { .. }
            | Self::FromTheFuture { .. }
            | Self::TooManySolutions { .. }
            | Self::Taken { .. }
            | Self::OtherTime { .. }
            | Self::OutOfReach { .. }
            | Self::NotSealed(_)
            | Self::NotImported { .. }
            | Self::Refused(_) => 1,
        }
    }

    /// Whether the slot's next solution is of use: not once a farmer was asked for a seal, lest there be two blocks.
    pub(crate) fn leaves_others(&self) -> bool {
        match self {
            Self::NotSealed(_) | Self::NotImported { .. } => false,
            Self::Syncing
            | Self::StateUnreadable { .. }
            | Self::TooBusy(_)
            | Self::FromTheFuture { .. }
            | Self::TooManySolutions { .. }
            | Self::Taken { .. }
            | Self::OtherTime { .. }
            | Self::OutOfReach { .. }
            | Self::Refused(_) => true,
        }
    }

    /// How loudly it is logged.
    pub(crate) fn level(&self) -> Level {
        match self {
            Self::Syncing
            | Self::TooBusy(_)
            | Self::FromTheFuture { .. }
            | Self::TooManySolutions { .. }
            | Self::Taken { .. }
            | Self::OtherTime { .. } => Level::DEBUG,
            Self::StateUnreadable { .. }
            | Self::OutOfReach { .. }
            | Self::NotSealed(_)
            | Self::NotImported { .. }
            | Self::Refused(_) => Level::WARN,
        }
    }

    /// Writes it to the log, at its level.
    pub(crate) fn log(&self, slot: Slot) {
        if self.level() == Level::WARN {
            tracing::warn!(target: "farming", "Slot {slot} is not farmed: {self}");
        } else {
            tracing::debug!(target: "farming", "Slot {slot} is not farmed: {self}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_block_rules::BlockError;

    /// Each cause with its word in metrics, the first word of how it is logged, and whether the next solution is tried.
    #[test]
    fn a_cause_says_how_it_is_counted_and_logged_and_what_is_tried_next() {
        let best = || "0xab".to_owned();
        let error = || ApiError::Application("broken".into());
        let (warn, debug) = (Level::WARN, Level::DEBUG);
        let (next, last) = (true, false);
        let causes = [
            (Unfarmed::Syncing, "syncing", debug, next),
            (
                Unfarmed::StateUnreadable {
                    best: best(),
                    error: error(),
                },
                "state_unreadable",
                warn,
                next,
            ),
            (Unfarmed::TooBusy(3), "too_busy", debug, next),
            (
                Unfarmed::FromTheFuture { tip: Slot(7) },
                "from_the_future",
                debug,
                next,
            ),
            (
                Unfarmed::TooManySolutions { most: 16 },
                "too_many_solutions",
                debug,
                next,
            ),
            (Unfarmed::Taken { best: best() }, "taken", debug, next),
            (
                Unfarmed::OtherTime { best: best() },
                "other_time",
                debug,
                next,
            ),
            (
                Unfarmed::OutOfReach {
                    best: best(),
                    slots: 40_000,
                },
                "out_of_reach",
                warn,
                next,
            ),
            (
                Unfarmed::NotSealed(PublicKey([1; 32])),
                "not_sealed",
                warn,
                last,
            ),
            (
                Unfarmed::NotImported {
                    hash: best(),
                    answer: ImportResult::KnownBad,
                },
                "not_imported",
                warn,
                last,
            ),
            (
                Unfarmed::Refused(BlockError::NoBody.into()),
                "refused",
                warn,
                next,
            ),
        ];
        let mut labels = Vec::new();
        for (cause, label, level, tries_next) in causes {
            assert_eq!(cause.label().label(), label);
            assert_eq!(cause.level(), level, "{cause}");
            assert_eq!(cause.leaves_others(), tries_next, "{cause}");
            labels.push(cause.label());
        }
        assert_eq!(labels, Label::ALL, "a cause that is not in the table");
        assert_eq!(Unfarmed::TooBusy(3).count(), 3);
        assert_eq!(Unfarmed::Syncing.count(), 1);
    }
}
