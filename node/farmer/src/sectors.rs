//! The sectors that are farmed, and which one is to be plotted next.

use crate::{history::SegmentHistory, sector_file::SectorFile};
use allod_core::{ChainParameters, HistorySize, SectorIndex};
use std::{collections::BTreeMap, sync::Arc};

/// Open sectors by index.
#[derive(Debug, Default)]
pub struct Sectors(BTreeMap<SectorIndex, Arc<SectorFile>>);

/// A sector to plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// Its index.
    pub sector_index: SectorIndex,
    /// The history size to make it at.
    pub history_size: HistorySize,
    /// When the one that is there expires; none if none is there.
    pub replaces: Option<HistorySize>,
}

impl Sectors {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts a sector in its place.
    pub fn insert(&mut self, sector: Arc<SectorFile>) {
        self.0.insert(sector.sector_index(), sector);
    }

    /// Takes a damaged sector out, unless it has been replaced meanwhile. Says whether it was there.
    pub fn remove(&mut self, damaged: &Arc<SectorFile>) -> bool {
        let index = damaged.sector_index();
        let there = self
            .0
            .get(&index)
            .is_some_and(|it| Arc::ptr_eq(it, damaged));
        if there {
            self.0.remove(&index);
        }
        there
    }

    /// The sector with an index.
    pub fn get(&self, index: SectorIndex) -> Option<Arc<SectorFile>> {
        self.0.get(&index).cloned()
    }

    /// All of them.
    pub fn all(&self) -> Vec<Arc<SectorFile>> {
        self.0.values().cloned().collect()
    }

    /// Those that can win: the others have expired.
    pub fn valid(
        &self,
        history: &SegmentHistory,
        parameters: &ChainParameters,
    ) -> Vec<Arc<SectorFile>> {
        let is_valid = |sector: &&Arc<SectorFile>| {
            let expires_at = history.expires_at(sector.id(), sector.history_size(), parameters);
            expires_at.is_none_or(|expires_at| expires_at > history.size())
        };
        self.0.values().filter(is_valid).cloned().collect()
    }

    /// What to plot next of a plot of `pledged` sectors: those that win nothing, by index, then
    /// those that will win nothing once the history has another segment. None if the plot is as it
    /// should be, or if there is no history yet.
    pub fn next_work(
        &self,
        pledged: u32,
        history: &SegmentHistory,
        parameters: &ChainParameters,
    ) -> Option<Work> {
        let history_size = history.size();
        if history_size.0 == 0 {
            return None;
        }
        let work = |sector_index: SectorIndex| {
            let Some(sector) = self.0.get(&sector_index) else {
                return Some((false, sector_index, None));
            };
            let made_at = sector.history_size();
            let expires_at = history.expires_at(sector.id(), made_at, parameters)?;
            let expired = expires_at <= history_size;
            let expires_next = expires_at <= history_size.saturating_add(1);
            // Made again at the same history size it would be the same sector.
            (expires_next && made_at < history_size).then_some((
                !expired,
                sector_index,
                Some(expires_at),
            ))
        };
        let (_, sector_index, replaces) = (0..pledged).filter_map(work).min()?;
        Some(Work {
            sector_index,
            history_size,
            replaces,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_chain::{fake_sector_at, header_after, parameters};
    use allod_core::{SegmentCommitment, SegmentIndex};

    fn history(size: u64) -> SegmentHistory {
        let mut history = SegmentHistory::default();
        let mut last = None;
        for number in 0..size {
            let header = header_after(last.as_ref(), SegmentCommitment([number as u8; 48]));
            history.push(header).unwrap();
            last = Some(header);
        }
        history
    }

    #[test]
    fn missing_sectors_are_plotted_in_order_once_there_is_history() {
        let directory = tempfile::tempdir().unwrap();
        let parameters = parameters();
        let mut sectors = Sectors::default();
        assert_eq!(sectors.next_work(3, &history(0), &parameters), None);
        for sector_index in 0..3 {
            let work = sectors.next_work(3, &history(2), &parameters);
            assert_eq!(
                work,
                Some(Work {
                    sector_index,
                    history_size: HistorySize(2),
                    replaces: None
                })
            );
            let sector = fake_sector_at(directory.path(), sector_index, HistorySize(2));
            sectors.insert(Arc::new(sector));
        }
        assert_eq!(sectors.next_work(3, &history(2), &parameters), None);
        assert_eq!(sectors.len(), 3);
        // A damaged one is missing, unless it was replaced meanwhile.
        let first = sectors.get(0).unwrap();
        let again = Arc::new(fake_sector_at(directory.path(), 0, HistorySize(2)));
        assert!(!sectors.remove(&again));
        assert!(sectors.remove(&first));
        let work = sectors.next_work(3, &history(2), &parameters).unwrap();
        assert_eq!(work.sector_index, 0);
    }

    #[test]
    fn every_sector_is_replotted_when_its_time_has_come_and_farmed_until_then() {
        let directory = tempfile::tempdir().unwrap();
        let parameters = parameters();
        let made_at = HistorySize(3);
        let mut sectors = Sectors::default();
        for index in 0..6 {
            let sector = fake_sector_at(directory.path(), index, made_at);
            sectors.insert(Arc::new(sector));
        }
        let final_history = history(40);
        let expiry = |index: u32| {
            let sector = sectors.get(index).unwrap();
            let expires_at = final_history.expires_at(sector.id(), made_at, &parameters);
            expires_at.unwrap().0
        };
        let (mut seen_next, mut seen_expired) = (false, false);
        for size in 3..25 {
            let history = history(size);
            let decided = history
                .commitment(SegmentIndex(3 + parameters.min_sector_lifetime - 1))
                .is_some();
            let due: Vec<u32> = (0..6)
                .filter(|index| decided && expiry(*index) <= size + 1)
                .collect();
            let expired: Vec<u32> = (0..6).filter(|index| expiry(*index) <= size).collect();
            let work = sectors.next_work(6, &history, &parameters);
            let expected = expired.first().or(due.first());
            assert_eq!(work.map(|work| work.sector_index), expected.copied());
            if let Some(work) = work {
                assert_eq!(work.replaces, Some(HistorySize(expiry(work.sector_index))));
                assert_eq!(work.history_size, HistorySize(size));
            }
            let valid = sectors.valid(&history, &parameters);
            assert_eq!(valid.len(), 6 - expired.len());
            seen_next |= due.len() > expired.len();
            seen_expired |= !expired.is_empty();
        }
        assert!(seen_next && seen_expired);
    }
}
