//! What a farmer tells of itself.

use allod_core::{Hash, HistorySize, SectorIndex, Slot, bytes::write_hex};
use std::{fmt, sync::Arc, time::Duration};
use tracing::Level;

/// Is told what happens, from any thread; must not block.
pub type EventHandler = Arc<dyn Fn(&FarmerEvent) + Send + Sync>;

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FarmerEvent {
    /// The plot was opened and farming begins.
    Started {
        sectors: u32,
        /// Sectors that there are to be.
        pledged: u32,
    },
    /// Something happened to a sector.
    Sector(SectorIndex, SectorEvent),
    /// All sectors that were there at the start were read to the last byte.
    ScrubFinished {
        /// Sectors that are whole.
        whole: u32,
        /// Sectors that are damaged.
        damaged: u32,
    },
    /// A ticket won, and its solution goes to the node.
    SolutionFound {
        slot: Slot,
        sector_index: SectorIndex,
        /// How far the ticket lies from the target.
        distance: u64,
        /// Time since the farmer heard of the slot.
        elapsed: Duration,
    },
    /// The node did not take a solution.
    SolutionRefused {
        slot: Slot,
        /// Why.
        error: String,
    },
    /// A slot was audited.
    SlotAudited {
        slot: Slot,
        /// Tickets that were looked at.
        tickets: u64,
        /// Those of them that win.
        winners: usize,
    },
    /// Slots went by unaudited because the farmer is too slow.
    SlotsSkipped {
        /// How many.
        count: u64,
    },
    /// A block was sealed.
    Sealed {
        slot: Slot,
        /// `H` of its header without seal.
        header_hash: Hash,
    },
    /// A seal was asked for that this farmer does not give.
    SealRefused {
        /// Why.
        error: String,
    },
    /// A subscription ended or could not be made; it is tried again.
    Disconnected {
        /// What the node was asked for.
        what: &'static str,
        /// Why.
        error: String,
        /// When it is tried again.
        retry_in: Duration,
    },
}

/// What happened to a sector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SectorEvent {
    /// Another piece of it was plotted.
    Progress {
        /// The history size that it is made at.
        history_size: HistorySize,
        /// Pieces plotted.
        pieces_done: u16,
        /// Pieces of a sector.
        pieces_total: u16,
        /// Bytes that the finished pieces take in the plot.
        bytes: u64,
        /// Time since it was begun.
        elapsed: Duration,
    },
    /// It is in its place and farmed from now on.
    Plotted {
        /// The history size that it was made at.
        history_size: HistorySize,
        /// Whether it took the place of an older one.
        replaced: bool,
        /// Time that it took.
        elapsed: Duration,
    },
    /// It could not be made, and is tried again.
    PlottingFailed {
        /// Why.
        error: String,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// It expires and is plotted again. It is farmed as long as it is valid.
    Expires {
        /// The history size at which it is no longer valid.
        expires_at: HistorySize,
        /// The history size now.
        history_size: HistorySize,
    },
    /// It was made at a history size that the best block's state does not have: after a
    /// reorganisation, or by an earlier version. It is kept until it may win, and another one is
    /// plotted that may win now.
    TooNew {
        /// The history size that it was made at.
        made_at: HistorySize,
        /// The history size now.
        history_size: HistorySize,
    },
    /// It is damaged. It is not farmed any more and plotted again.
    Damaged {
        /// What was found, with path and offset where they are known.
        error: String,
    },
}

impl SectorEvent {
    fn level(&self) -> Level {
        match self {
            // A line for every eighth of a sector is enough to see it move.
            Self::Progress {
                pieces_done,
                pieces_total,
                ..
            } => {
                let step = (pieces_total / 8).max(1);
                if pieces_done % step == 0 {
                    Level::INFO
                } else {
                    Level::TRACE
                }
            }
            Self::Plotted { .. } | Self::Expires { .. } | Self::TooNew { .. } => Level::INFO,
            Self::PlottingFailed { .. } | Self::Damaged { .. } => Level::WARN,
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, sector_index: SectorIndex) -> fmt::Result {
        match self {
            Self::Progress {
                history_size,
                pieces_done,
                pieces_total,
                bytes,
                elapsed,
            } => write!(
                f,
                "Plotting sector {sector_index} at history size {history_size}: \
                 {pieces_done} of {pieces_total} pieces, {} KiB, {}",
                bytes / 1024,
                Seconds(*elapsed)
            ),
            Self::Plotted {
                history_size,
                replaced,
                elapsed,
            } => write!(
                f,
                "{} sector {sector_index} at history size {history_size} in {}",
                if *replaced { "Replotted" } else { "Plotted" },
                Seconds(*elapsed)
            ),
            Self::PlottingFailed { error, retry_in } => write!(
                f,
                "Cannot plot sector {sector_index}: {error}; trying again in {}",
                Seconds(*retry_in)
            ),
            Self::Expires {
                expires_at,
                history_size,
            } => write!(
                f,
                "Sector {sector_index} expires at history size {expires_at}, which is \
                 {history_size} now: replotting it"
            ),
            Self::TooNew {
                made_at,
                history_size,
            } => write!(
                f,
                "Sector {sector_index} was made at history size {made_at}, which is \
                 {history_size} in the best block: plotting it at that, too"
            ),
            Self::Damaged { error } => {
                write!(f, "Sector {sector_index} is damaged and replotted: {error}")
            }
        }
    }
}

impl FarmerEvent {
    /// How loudly it is logged.
    pub fn level(&self) -> Level {
        match self {
            Self::Sector(_, event) => event.level(),
            Self::SlotAudited { .. } | Self::SolutionFound { .. } | Self::Sealed { .. } => {
                Level::DEBUG
            }
            Self::Started { .. } | Self::ScrubFinished { .. } => Level::INFO,
            Self::SolutionRefused { .. }
            | Self::SlotsSkipped { .. }
            | Self::SealRefused { .. }
            | Self::Disconnected { .. } => Level::WARN,
        }
    }

    /// Writes it to the log, at its level.
    pub fn log(&self) {
        match self.level() {
            Level::ERROR => tracing::error!(target: "farmer", "{self}"),
            Level::WARN => tracing::warn!(target: "farmer", "{self}"),
            Level::INFO => tracing::info!(target: "farmer", "{self}"),
            Level::DEBUG => tracing::debug!(target: "farmer", "{self}"),
            Level::TRACE => tracing::trace!(target: "farmer", "{self}"),
        }
    }
}

/// Seconds with one decimal.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} s", self.0.as_secs_f64())
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, self.0)
    }
}

impl fmt::Display for FarmerEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { sectors, pledged } => {
                let all = if *pledged == 1 { "sector" } else { "sectors" };
                write!(f, "Farming {sectors} of {pledged} {all}")
            }
            Self::Sector(sector_index, event) => event.write(f, *sector_index),
            Self::ScrubFinished { whole, damaged } => {
                let sectors = if *whole == 1 { "sector" } else { "sectors" };
                write!(
                    f,
                    "Scrubbed the plot: {whole} {sectors} whole, {damaged} damaged"
                )
            }
            Self::SolutionFound {
                slot,
                sector_index,
                distance,
                elapsed,
            } => write!(
                f,
                "Won slot {slot} with sector {sector_index} at distance {distance}, proven in {}",
                Seconds(*elapsed)
            ),
            Self::SolutionRefused { slot, error } => {
                write!(f, "The solution of slot {slot} was not taken: {error}")
            }
            Self::SlotAudited {
                slot,
                tickets,
                winners,
            } => write!(
                f,
                "Audited slot {slot}: {tickets} tickets, {winners} of them win"
            ),
            Self::SlotsSkipped { count } => {
                let slots = if *count == 1 { "slot" } else { "slots" };
                write!(f, "Too slow: {count} {slots} went by without an audit")
            }
            Self::Sealed { slot, header_hash } => {
                write!(
                    f,
                    "Sealed the block of slot {slot}, header {}",
                    Hex(header_hash)
                )
            }
            Self::SealRefused { error } => write!(f, "Refused to seal a block: {error}"),
            Self::Disconnected {
                what,
                error,
                retry_in,
            } => write!(
                f,
                "No {what} from the node: {error}; trying again in {}",
                Seconds(*retry_in)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_lines_that_one_can_follow() {
        let event = SectorEvent::Progress {
            history_size: HistorySize(7),
            pieces_done: 32,
            pieces_total: 64,
            bytes: 4 << 20,
            elapsed: Duration::from_millis(1540),
        };
        let event = FarmerEvent::Sector(2, event);
        assert_eq!(
            event.to_string(),
            "Plotting sector 2 at history size 7: 32 of 64 pieces, 4096 KiB, 1.5 s"
        );
        assert_eq!(event.level(), Level::INFO);
        let event = FarmerEvent::Sealed {
            slot: Slot(9),
            header_hash: [0xab; 32],
        };
        let expected = format!("Sealed the block of slot 9, header 0x{}", "ab".repeat(32));
        assert_eq!(event.to_string(), expected);
        let event = FarmerEvent::SlotsSkipped { count: 3 };
        assert_eq!(event.level(), Level::WARN);
    }
}
