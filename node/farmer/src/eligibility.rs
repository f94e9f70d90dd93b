//! Which sectors may win a child of the best block (§6, §7).
//!
//! The rule speaks of the history size that the *parent's state* holds. The node's archiver is ahead
//! of it: a segment's header enters the state one block after the segment was archived, and a full
//! block completes several segments. A farmer that went by its archiver would give sectors up for
//! ones that no block may use yet; on a chain whose farmers all do so no block is ever made, so that
//! no header enters either. So everything here is judged by the best block's state. What is archived
//! already only says beforehand when sectors will expire.

use crate::{history::SegmentHistory, sector_file::SectorFile};
use allod_core::{ChainParameters, HistorySize, SectorId};

/// What a sector is worth to a child of the best block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eligibility {
    /// It was made at a history size that the best block's state has not reached: after a
    /// reorganisation, or by an earlier version of the farmer. It may win later.
    TooNew,
    /// It may win.
    Valid {
        /// The history size at which it expires; none while that is not decided.
        expires_at: Option<HistorySize>,
    },
    /// It wins nothing any more.
    Expired {
        /// The history size at which it did.
        expires_at: HistorySize,
    },
}

/// By what sectors are judged.
#[derive(Debug, Clone, Copy)]
pub struct Chain<'a> {
    history_size: HistorySize,
    history: &'a SegmentHistory,
    parameters: &'a ChainParameters,
}

impl<'a> Chain<'a> {
    /// `history_size` is that of the best block's state. The parent of block 1 has none and counts
    /// as 1, because block 1 brings the header of segment 0.
    pub fn new(
        history_size: HistorySize,
        history: &'a SegmentHistory,
        parameters: &'a ChainParameters,
    ) -> Self {
        Self {
            history_size: history_size.max(HistorySize(1)),
            history,
            parameters,
        }
    }

    /// The largest history size whose pieces are all in the best block's state: what sectors are
    /// made at. At least 1.
    pub fn history_size(&self) -> HistorySize {
        self.history_size
    }

    /// Segments that are archived; in the state with the next block, most of the time.
    pub fn archived(&self) -> HistorySize {
        self.history.size()
    }

    /// When a sector expires; none while that is not decided.
    pub fn expires_at(&self, id: &SectorId, made_at: HistorySize) -> Option<HistorySize> {
        self.history.expires_at(id, made_at, self.parameters)
    }

    /// What a sector is worth.
    ///
    /// A child may even use a sector that is one segment newer than its parent's state, but none of
    /// that segment's pieces unless it brings the header itself. This is too little to farm it for.
    pub fn eligibility(&self, sector: &SectorFile) -> Eligibility {
        let made_at = sector.history_size();
        if made_at > self.history_size {
            return Eligibility::TooNew;
        }
        match self.expires_at(sector.id(), made_at) {
            Some(expires_at) if expires_at <= self.history_size => {
                Eligibility::Expired { expires_at }
            }
            expires_at => Eligibility::Valid { expires_at },
        }
    }
}
