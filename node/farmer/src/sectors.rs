//! The sectors that are farmed, and which one is to be plotted next.
//!
//! Of one index there may be several sectors, each made at another history size. At rest there is
//! one; the others are
//!
//! - its predecessor, which is farmed until the successor may win ([`Eligibility`]);
//! - one that is too new for the best block, which waits.
//!
//! A sector is made at the history size of the best block's state, never at a larger one. So
//! whatever became of the plot, every sector of it lost or expired, what is plotted next may win a
//! child of that block.

use crate::{
    eligibility::{Chain, Eligibility},
    sector_file::SectorFile,
};
use allod_core::{HistorySize, SectorIndex};
use std::{collections::BTreeMap, sync::Arc};

/// Sectors of one index, by the history size that they were made at.
type Generations = BTreeMap<HistorySize, Arc<SectorFile>>;

/// Open sectors.
#[derive(Debug, Default)]
pub struct Sectors(BTreeMap<SectorIndex, Generations>);

/// Why a sector is to be plotted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// There is none with this index that wins anything.
    Missing,
    /// The one that is there has expired.
    Expired {
        /// The history size at which it did.
        expires_at: HistorySize,
    },
    /// The one that is there may not win yet.
    TooNew {
        /// The history size that it was made at.
        made_at: HistorySize,
    },
    /// The one that is there expires with what is archived already, or with the segment after that.
    Expires {
        /// The history size at which it does.
        expires_at: HistorySize,
    },
}

impl Reason {
    /// Whether another sector is given up for the new one.
    pub fn replaces(&self) -> bool {
        match self {
            Self::Missing | Self::TooNew { .. } => false,
            Self::Expired { .. } | Self::Expires { .. } => true,
        }
    }

    /// Those that win nothing, whether they have expired or are not there, are equally urgent.
    fn urgency(&self) -> u8 {
        match self {
            Self::Missing | Self::Expired { .. } => 0,
            Self::TooNew { .. } => 1,
            Self::Expires { .. } => 2,
        }
    }
}

/// A sector to plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    pub sector_index: SectorIndex,
    /// The history size to make it at.
    pub history_size: HistorySize,
    /// Why.
    pub reason: Reason,
}

/// When a sector expires, for comparison: one that has not been decided on lasts longest.
fn lasts_until(expires_at: Option<HistorySize>) -> HistorySize {
    expires_at.unwrap_or(HistorySize(u64::MAX))
}

/// The sector of an index that wins, and when it expires. If several do it is the one that lasts
/// longest, and of equal ones the newest.
fn holder<'a>(
    generations: &'a Generations,
    chain: &Chain<'_>,
) -> Option<(&'a Arc<SectorFile>, Option<HistorySize>)> {
    let valid = generations
        .values()
        .filter_map(|sector| match chain.eligibility(sector) {
            Eligibility::Valid { expires_at } => Some((sector, expires_at)),
            Eligibility::TooNew | Eligibility::Expired { .. } => None,
        });
    valid.max_by_key(|(sector, expires_at)| (lasts_until(*expires_at), sector.history_size()))
}

/// Why an index has no sector that wins.
fn why_none_wins(generations: &Generations, chain: &Chain<'_>) -> Reason {
    let mut reason = Reason::Missing;
    // From the oldest to the newest: those that are too new come last, the nearest of them first.
    for (made_at, sector) in generations {
        match chain.eligibility(sector) {
            Eligibility::TooNew => return Reason::TooNew { made_at: *made_at },
            Eligibility::Expired { expires_at } => reason = Reason::Expired { expires_at },
            Eligibility::Valid { .. } => {}
        }
    }
    reason
}

/// Those of an index that are worth their space: the one that wins, or if none does the newest one
/// that has expired, since a reorganisation may bring it back; and the nearest that is too new.
fn worth_keeping(generations: &Generations, chain: &Chain<'_>) -> Vec<HistorySize> {
    let too_new = |sector: &SectorFile| chain.eligibility(sector) == Eligibility::TooNew;
    let mut reached = generations.iter().rev().filter(|(_, it)| !too_new(it));
    let current = match holder(generations, chain) {
        Some((sector, _)) => Some(sector.history_size()),
        None => reached.next().map(|(made_at, _)| *made_at),
    };
    let waiting = generations.iter().find(|(_, it)| too_new(it));
    let waiting = waiting.map(|(made_at, _)| *made_at);
    current.into_iter().chain(waiting).collect()
}

impl Sectors {
    /// How many indices have a sector.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts a sector beside those of its index; in the place of the one that was made at the same
    /// history size.
    pub fn insert(&mut self, sector: Arc<SectorFile>) {
        let generations = self.0.entry(sector.sector_index()).or_default();
        generations.insert(sector.history_size(), sector);
    }

    /// Takes a damaged sector out, unless it has been replaced meanwhile. Says whether it was there.
    pub fn remove(&mut self, damaged: &Arc<SectorFile>) -> bool {
        let index = damaged.sector_index();
        let Some(generations) = self.0.get_mut(&index) else {
            return false;
        };
        let made_at = damaged.history_size();
        let there = generations
            .get(&made_at)
            .is_some_and(|it| Arc::ptr_eq(it, damaged));
        if there {
            generations.remove(&made_at);
        }
        if generations.is_empty() {
            self.0.remove(&index);
        }
        there
    }

    /// Those with an index, the oldest first.
    pub fn with_index(&self, index: SectorIndex) -> Vec<Arc<SectorFile>> {
        let generations = self.0.get(&index).into_iter();
        generations.flat_map(BTreeMap::values).cloned().collect()
    }

    /// All of them.
    pub fn all(&self) -> Vec<Arc<SectorFile>> {
        self.0
            .values()
            .flat_map(BTreeMap::values)
            .cloned()
            .collect()
    }

    /// Those that may win a child of the best block.
    pub fn valid(&self, chain: &Chain<'_>) -> Vec<Arc<SectorFile>> {
        let is_valid = |sector: &&Arc<SectorFile>| match chain.eligibility(sector) {
            Eligibility::Valid { .. } => true,
            Eligibility::TooNew | Eligibility::Expired { .. } => false,
        };
        let all = self.0.values().flat_map(BTreeMap::values);
        all.filter(is_valid).cloned().collect()
    }

    /// Takes out what has a successor that may win and lasts longer. Returns the indices that lost
    /// one.
    pub fn give_up_superseded(&mut self, chain: &Chain<'_>) -> Vec<SectorIndex> {
        let mut changed = Vec::new();
        for (index, generations) in &mut self.0 {
            if generations.len() > 1 {
                let (before, kept) = (generations.len(), worth_keeping(generations, chain));
                generations.retain(|made_at, _| kept.contains(made_at));
                if generations.len() < before {
                    changed.push(*index);
                }
            }
        }
        changed
    }

    /// What to plot next of a plot of `pledged` sectors: those that win nothing, by index; then
    /// those that may not win yet; then those that will win nothing once what is archived, and
    /// another segment, is in the state. None if the plot is as it should be, or while the segments
    /// that a sector would be made of are not known.
    pub fn next_work(&self, pledged: u32, chain: &Chain<'_>) -> Option<Work> {
        if chain.archived() < chain.history_size() {
            return None;
        }
        let work = |sector_index| Some((sector_index, self.reason_to_plot(sector_index, chain)?));
        let (sector_index, reason) = (0..pledged)
            .filter_map(work)
            .min_by_key(|(sector_index, reason)| (reason.urgency(), *sector_index))?;
        Some(Work {
            sector_index,
            history_size: chain.history_size(),
            reason,
        })
    }

    fn reason_to_plot(&self, sector_index: SectorIndex, chain: &Chain<'_>) -> Option<Reason> {
        let Some(generations) = self.0.get(&sector_index) else {
            return Some(Reason::Missing);
        };
        let Some((sector, expires_at)) = holder(generations, chain) else {
            return Some(why_none_wins(generations, chain));
        };
        let expires_at = expires_at?;
        let is_due = expires_at <= chain.archived().saturating_add(1);
        // Made again at the same history size it would be the same sector.
        let successor = sector.id_at(chain.history_size());
        let lasts_longer =
            lasts_until(chain.expires_at(&successor, chain.history_size())) > expires_at;
        (is_due && lasts_longer).then_some(Reason::Expires { expires_at })
    }
}

#[cfg(test)]
mod tests;
