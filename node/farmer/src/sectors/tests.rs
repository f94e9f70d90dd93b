//! A plot beside a best block that the archiver is ahead of, that jumps ahead, and that goes back.

use super::*;
use crate::{
    history::SegmentHistory,
    test_chain::{PLOT_KEY, empty_sector_at, header_after, parameters},
};
use allod_core::{ChainParameters, SectorId, SegmentCommitment, SegmentHeader};
use rand::{Rng, SeedableRng, rngs::StdRng};
use tempfile::TempDir;

/// A farmer's plot, and what it knows of the chain.
struct Plot {
    directory: TempDir,
    sectors: Sectors,
    history: SegmentHistory,
    newest: Option<SegmentHeader>,
    parameters: ChainParameters,
    /// Segments in the best block's state.
    best: u64,
    pledged: u32,
}

impl Plot {
    /// An empty one, with as many segments in the best block's state as are archived.
    fn new(pledged: u32, history_size: u64) -> Self {
        let mut plot = Self {
            directory: tempfile::tempdir().unwrap(),
            sectors: Sectors::default(),
            history: SegmentHistory::default(),
            newest: None,
            parameters: parameters(),
            best: history_size,
            pledged,
        };
        plot.archive(history_size, 0);
        plot
    }

    /// Archives so many more segments; `seed` decides what is in them.
    fn archive(&mut self, segments: u64, seed: u64) {
        for _ in 0..segments {
            let index = self.history.next().0;
            let mut commitment = [0; 48];
            commitment[..8].copy_from_slice(&index.to_le_bytes());
            commitment[8..16].copy_from_slice(&seed.to_le_bytes());
            let header = header_after(self.newest.as_ref(), SegmentCommitment(commitment));
            self.history.push(header).unwrap();
            self.newest = Some(header);
        }
    }

    fn chain(&self) -> Chain<'_> {
        Chain::new(HistorySize(self.best), &self.history, &self.parameters)
    }

    fn next_work(&self) -> Option<Work> {
        self.sectors.next_work(self.pledged, &self.chain())
    }

    fn put(&mut self, sector_index: SectorIndex, made_at: u64) {
        let path = self.directory.path();
        let sector = empty_sector_at(path, sector_index, HistorySize(made_at));
        self.sectors.insert(Arc::new(sector));
    }

    fn give_up_superseded(&mut self) -> Vec<SectorIndex> {
        let chain = Chain::new(HistorySize(self.best), &self.history, &self.parameters);
        self.sectors.give_up_superseded(&chain)
    }

    /// Plots until there is nothing to plot. Returns how many were made.
    fn plot_all(&mut self) -> usize {
        let mut made = 0;
        while let Some(work) = self.next_work() {
            assert_eq!(work.history_size, HistorySize(self.best.max(1)));
            self.put(work.sector_index, work.history_size.0);
            self.give_up_superseded();
            made += 1;
            assert!(made <= self.pledged as usize, "{work:?} again and again");
        }
        made
    }

    fn expires_at(&self, index: SectorIndex, made_at: u64) -> Option<u64> {
        let id = SectorId::new(&PLOT_KEY.public_key, index, HistorySize(made_at));
        let expires_at = self.chain().expires_at(&id, HistorySize(made_at));
        expires_at.map(|expires_at| expires_at.0)
    }

    /// The first index that is as wanted.
    fn index_where(&self, wanted: impl Fn(SectorIndex) -> bool) -> SectorIndex {
        (0..10_000).find(|index| wanted(*index)).unwrap()
    }

    /// The history sizes of an index's sectors.
    fn sizes(&self, index: SectorIndex) -> Vec<u64> {
        let sectors = self.sectors.with_index(index);
        sectors.iter().map(|it| it.history_size().0).collect()
    }

    /// Index and history size of all sectors that may win.
    fn valid(&self) -> Vec<(SectorIndex, u64)> {
        let valid = self.sectors.valid(&self.chain());
        valid
            .iter()
            .map(|it| (it.sector_index(), it.history_size().0))
            .collect()
    }
}

#[test]
fn missing_sectors_are_plotted_in_order_at_the_size_of_the_best_block() {
    let mut plot = Plot::new(3, 2);
    // The archiver is ahead.
    plot.archive(5, 0);
    for sector_index in 0..3 {
        let work = Work {
            sector_index,
            history_size: HistorySize(2),
            reason: Reason::Missing,
        };
        assert_eq!(plot.next_work(), Some(work));
        plot.put(sector_index, 2);
    }
    assert_eq!(plot.next_work(), None);
    assert_eq!(plot.sectors.len(), 3);
    assert_eq!(plot.valid(), [(0, 2), (1, 2), (2, 2)]);
}

#[test]
fn the_first_sector_is_made_of_genesis_before_block_1() {
    let mut plot = Plot::new(1, 0);
    assert_eq!(plot.next_work(), None);
    plot.archive(1, 0);
    assert_eq!(plot.next_work().unwrap().history_size, HistorySize(1));
    plot.put(0, 1);
    assert_eq!(plot.valid(), [(0, 1)]);
    assert_eq!(plot.next_work(), None);
}

#[test]
fn nothing_is_plotted_before_its_segments_are_known() {
    let mut plot = Plot::new(1, 3);
    plot.best = 5;
    plot.archive(1, 0);
    assert_eq!(plot.next_work(), None);
    plot.archive(1, 0);
    assert_eq!(plot.next_work().unwrap().history_size, HistorySize(5));
}

#[test]
fn a_damaged_sector_is_missing_unless_it_was_replaced_meanwhile() {
    let mut plot = Plot::new(1, 2);
    plot.put(0, 2);
    let first = plot.sectors.with_index(0).remove(0);
    plot.put(0, 2);
    let again = plot.sectors.with_index(0).remove(0);
    assert!(!plot.sectors.remove(&first));
    assert_eq!(plot.next_work(), None);
    assert!(plot.sectors.remove(&again));
    assert!(!plot.sectors.remove(&again));
    assert!(plot.sectors.is_empty());
    assert_eq!(plot.next_work().unwrap().reason, Reason::Missing);
}

/// A sector is replotted when the archiver says that it will expire, and farmed until the best block
/// has got there.
#[test]
fn expiry_is_known_beforehand_and_judged_by_the_best_block() {
    let mut plot = Plot::new(1, 3);
    plot.archive(7, 0);
    let index = plot.index_where(|index| plot.expires_at(index, 3) == Some(7));
    plot.put(index, 3);
    for best in 3..=10 {
        plot.best = best;
        let expected = (best < 7).then_some((index, 3));
        assert_eq!(plot.valid(), Vec::from_iter(expected), "at {best}");
        let reason = plot.sectors.reason_to_plot(index, &plot.chain());
        let expires_at = HistorySize(7);
        // Made again at history size 3 it would be the same sector.
        let expected = match best {
            3 => None,
            4..7 => plot
                .expires_at(index, best)
                .is_none_or(|successor| successor > 7)
                .then_some(Reason::Expires { expires_at }),
            _ => Some(Reason::Expired { expires_at }),
        };
        assert_eq!(reason, expected, "at {best}");
    }
}

#[test]
fn a_sector_is_replotted_one_segment_before_it_expires() {
    let whole = Plot::new(1, 20);
    let index = whole.index_where(|index| {
        whole.expires_at(index, 3) == Some(7) && whole.expires_at(index, 5) > Some(7)
    });
    for (archived, due) in [(5, false), (6, true), (7, true)] {
        // The same history, of which less is known.
        let mut plot = Plot::new(1, archived);
        plot.best = 5;
        plot.put(index, 3);
        let reason = plot.sectors.reason_to_plot(index, &plot.chain());
        assert_eq!(reason.is_some(), due, "{archived} archived");
    }
}

/// The fault that stopped a filled chain for ever: sectors made at what is archived.
#[test]
fn a_sector_that_is_too_new_wins_nothing_and_is_kept_until_it_does() {
    let mut plot = Plot::new(1, 10);
    plot.archive(4, 0);
    plot.put(0, 14);
    assert_eq!(plot.valid(), []);
    let work = Work {
        sector_index: 0,
        history_size: HistorySize(10),
        reason: Reason::TooNew {
            made_at: HistorySize(14),
        },
    };
    assert_eq!(plot.next_work(), Some(work));
    plot.put(0, 10);
    assert_eq!(plot.valid(), [(0, 10)]);
    for best in 10..14 {
        plot.best = best;
        assert!(plot.give_up_superseded().is_empty());
        assert_eq!(plot.sizes(0), [10, 14]);
    }
    plot.best = 14;
    assert!(plot.valid().contains(&(0, 14)));
    assert_eq!(plot.give_up_superseded(), [0]);
    assert_eq!(plot.sizes(0), [14]);
    assert_eq!(plot.next_work(), None);
}

/// Not even one segment ahead: none of that segment's pieces would win.
#[test]
fn one_segment_ahead_is_too_new() {
    let mut plot = Plot::new(1, 10);
    plot.archive(1, 0);
    plot.put(0, 11);
    assert_eq!(plot.valid(), []);
    assert_eq!(plot.plot_all(), 1);
    assert_eq!(plot.valid(), [(0, 10)]);
}

#[test]
fn a_reorganisation_gives_no_sector_up() {
    let mut plot = Plot::new(1, 6);
    plot.put(0, 3);
    plot.put(0, 6);
    // On the other branch the newer one is too new, and the older one holds.
    plot.best = 3;
    assert_eq!(plot.valid(), [(0, 3)]);
    assert!(plot.give_up_superseded().is_empty());
    assert_eq!(plot.plot_all(), 0);
    plot.best = 6;
    assert_eq!(plot.give_up_superseded(), [0]);
    assert_eq!(plot.sizes(0), [6]);
    // It is the only one when the chain goes back.
    plot.best = 5;
    assert_eq!(plot.plot_all(), 1);
    assert_eq!(plot.sizes(0), [5, 6]);
}

#[test]
fn of_those_that_are_too_new_the_nearest_is_kept() {
    let mut plot = Plot::new(1, 20);
    for made_at in [18, 14, 16] {
        plot.put(0, made_at);
    }
    plot.best = 10;
    assert_eq!(plot.plot_all(), 1);
    assert_eq!(plot.sizes(0), [10, 14]);
}

#[test]
fn an_expired_sector_is_kept_until_there_is_a_better_one() {
    let mut plot = Plot::new(1, 30);
    plot.put(0, 1);
    plot.put(0, 2);
    assert_eq!(plot.valid(), []);
    assert_eq!(plot.give_up_superseded(), [0]);
    assert_eq!(plot.sizes(0), [2]);
    plot.put(0, 31);
    assert!(plot.give_up_superseded().is_empty());
    assert_eq!(plot.sizes(0), [2, 31]);
    plot.put(0, 30);
    assert_eq!(plot.give_up_superseded(), [0]);
    assert_eq!(plot.sizes(0), [30, 31]);
}

/// With several segments in a block a successor may expire before its predecessor does.
#[test]
fn a_successor_that_expires_sooner_is_not_made_and_does_not_replace() {
    let mut plot = Plot::new(1, 12);
    plot.best = 4;
    let index = plot.index_where(|index| plot.expires_at(index, 4) < plot.expires_at(index, 3));
    plot.put(index, 3);
    assert_eq!(plot.sectors.reason_to_plot(index, &plot.chain()), None);
    plot.put(index, 4);
    assert_eq!(plot.give_up_superseded(), [index]);
    assert_eq!(plot.sizes(index), [3]);
}

#[test]
fn what_wins_nothing_comes_first() {
    let mut plot = Plot::new(1, 12);
    plot.best = 6;
    let expiring = plot.index_where(|index| {
        let (old, new) = (plot.expires_at(index, 3), plot.expires_at(index, 6));
        old > Some(6) && old <= Some(12) && new > old
    });
    for index in 0..expiring {
        plot.put(index, 6);
    }
    let (too_new, expired, missing) = (expiring + 1, expiring + 2, expiring + 3);
    plot.put(expiring, 3);
    plot.put(too_new, 9);
    plot.put(expired, 1);
    plot.pledged = missing + 1;
    let mut order = Vec::new();
    while let Some(work) = plot.next_work() {
        order.push(work.sector_index);
        plot.put(work.sector_index, work.history_size.0);
    }
    assert_eq!(order, [expired, missing, too_new, expiring]);
}

/// Slowly: what a child of the best block accepts of an index, by the rule's own words.
fn accepted(plot: &Plot, index: SectorIndex) -> bool {
    plot.sizes(index).into_iter().any(|made_at| {
        let segment = SectorId::expiry_segment(HistorySize(made_at), &plot.parameters);
        let expired = segment.0 < plot.best && plot.expires_at(index, made_at) <= Some(plot.best);
        made_at <= plot.best && !expired
    })
}

/// Whatever the best block does, an index that wins goes on winning when sectors are given up, and
/// when there is nothing more to plot every index wins.
#[test]
fn a_plot_follows_the_best_block_wherever_it_goes() {
    let mut rng = StdRng::seed_from_u64(1);
    let mut replotted = 0;
    for round in 0..20 {
        let mut plot = Plot::new(3, 1);
        for _ in 0..30 {
            let ahead = plot.history.size().0 - plot.best;
            match rng.gen_range(0..4) {
                // A block of up to five segments becomes final.
                0 => plot.archive(rng.gen_range(0..=5), round),
                // Their headers enter.
                1 => plot.best += ahead,
                // Other nodes' blocks bring some of them, or the chain goes back by some blocks.
                2 => plot.best += rng.gen_range(0..=ahead),
                _ => plot.best = plot.best.saturating_sub(rng.gen_range(0..=5)).max(1),
            }
            let before: Vec<bool> = (0..3).map(|index| accepted(&plot, index)).collect();
            plot.give_up_superseded();
            let after: Vec<bool> = (0..3).map(|index| accepted(&plot, index)).collect();
            assert_eq!(before, after);
            if rng.r#gen() {
                replotted += plot.plot_all();
                for index in 0..3 {
                    assert!(accepted(&plot, index));
                    assert!(plot.sizes(index).len() <= 2);
                }
                assert_eq!(plot.valid().len(), 3);
            }
        }
    }
    assert!(replotted > 100, "{replotted}");
}
