//! Looking for winning tickets (§7).
//!
//! In each slot every sector has one s-bucket and group to read, one piece of at most P / 8 · 32
//! bytes, and every chunk in it is a ticket. Sectors are shared out among the threads of the
//! current rayon pool, because what takes time on a disk is waiting for it.

use crate::{
    sector_file::{SectorError, SectorFile},
    tickets::{Hit, TicketHasher},
};
use allod_core::{Hash, SBucket, SolutionRange};
use rayon::prelude::*;
use std::sync::Arc;

/// A chunk that wins the slot.
#[derive(Debug, Clone)]
pub struct Winner {
    /// The sector that it lies in.
    pub sector: Arc<SectorFile>,
    pub s_bucket: SBucket,
    pub group: u8,
    /// Position among the chunks of that s-bucket and group.
    pub rank: usize,
    /// How far its ticket lies from the target.
    pub distance: u64,
}

/// What an audit found.
#[derive(Debug, Default)]
pub struct Audit {
    /// Winning chunks, the nearest to the target first.
    pub winners: Vec<Winner>,
    /// Sectors that could not be read.
    pub unreadable: Vec<(Arc<SectorFile>, SectorError)>,
    /// Chunks that were looked at.
    pub tickets: u64,
}

/// Memory that an audit uses again and again.
#[derive(Debug, Default)]
pub struct AuditBuffer {
    chunks: Vec<u8>,
    hits: Vec<Hit>,
}

/// Audits one sector: its winning chunks go to `winners`. Returns the number of tickets.
pub fn audit_sector(
    sector: &Arc<SectorFile>,
    global_challenge: &Hash,
    range: SolutionRange,
    buffer: &mut AuditBuffer,
    winners: &mut Vec<Winner>,
) -> Result<usize, SectorError> {
    let hasher = TicketHasher::new(global_challenge, sector.id());
    let (s_bucket, group) = (hasher.s_bucket(), hasher.group());
    let chunks = sector.read_group(s_bucket, group, &mut buffer.chunks)?;
    buffer.hits.clear();
    hasher.hits(chunks, range, &mut buffer.hits);
    winners.extend(buffer.hits.iter().map(|hit| Winner {
        sector: sector.clone(),
        s_bucket,
        group,
        rank: hit.position,
        distance: hit.distance,
    }));
    Ok(chunks.len())
}

/// Audits all sectors.
pub fn audit(sectors: &[Arc<SectorFile>], global_challenge: &Hash, range: SolutionRange) -> Audit {
    let audit_one = |(mut audit, mut buffer): (Audit, AuditBuffer), sector: &Arc<SectorFile>| {
        let winners = &mut audit.winners;
        match audit_sector(sector, global_challenge, range, &mut buffer, winners) {
            Ok(tickets) => audit.tickets += tickets as u64,
            Err(error) => audit.unreadable.push((sector.clone(), error)),
        }
        (audit, buffer)
    };
    let mut audit = sectors
        .par_iter()
        .fold(Default::default, audit_one)
        .map(|(audit, _)| audit)
        .reduce(Audit::default, Audit::and);
    audit.winners.sort_by_key(|winner| winner.distance);
    audit
}

impl Audit {
    fn and(mut self, other: Self) -> Self {
        self.winners.extend(other.winners);
        self.unreadable.extend(other.unreadable);
        self.tickets += other.tickets;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_chain::{PLOT_KEY, fake_sector};
    use allod_core::{SectorChallenge, SectorIndex};
    use std::fs;

    /// Every winner, found by asking for one chunk after another.
    fn slow(
        sectors: &[Arc<SectorFile>],
        global: &Hash,
        range: SolutionRange,
    ) -> Vec<(u64, SectorIndex, usize)> {
        let mut found = Vec::new();
        for sector in sectors {
            let challenge = SectorChallenge::new(global, sector.id());
            let mut buffer = Vec::new();
            let chunks = sector
                .read_group(challenge.s_bucket(), challenge.group(), &mut buffer)
                .unwrap();
            for (rank, chunk) in chunks.iter().enumerate() {
                if challenge.wins(chunk, range) {
                    found.push((challenge.distance(chunk), sector.sector_index(), rank));
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn winners_are_those_of_the_slow_twin_nearest_first() {
        let directory = tempfile::tempdir().unwrap();
        let sectors: Vec<_> = (0..5)
            .map(|index| Arc::new(fake_sector(directory.path(), index)))
            .collect();
        let mut won = 0;
        for slot in 0..200_u8 {
            let global = allod_core::blake2b_256(&[slot]);
            let range = SolutionRange(u64::MAX / u64::from(slot + 1));
            let audit = audit(&sectors, &global, range);
            let fast: Vec<_> = audit
                .winners
                .iter()
                .map(|it| (it.distance, it.sector.sector_index(), it.rank))
                .collect();
            assert_eq!(fast, slow(&sectors, &global, range));
            assert!(audit.unreadable.is_empty());
            won += fast.len();
        }
        assert!(won > 10, "{won}");
    }

    #[test]
    fn a_sector_that_cannot_be_read_does_not_stop_the_others() {
        let directory = tempfile::tempdir().unwrap();
        let sectors: Vec<_> = (0..3)
            .map(|index| Arc::new(fake_sector(directory.path(), index)))
            .collect();
        let file = fs::OpenOptions::new()
            .write(true)
            .open(sectors[1].path())
            .unwrap();
        file.set_len(300_000).unwrap();
        let unreadable = (0..50_u8).any(|slot| {
            let global = allod_core::blake2b_256(&[slot]);
            let audit = audit(&sectors, &global, SolutionRange(u64::MAX));
            assert!(audit.tickets > 0);
            let broken: Vec<u32> = audit
                .unreadable
                .iter()
                .map(|(sector, _)| sector.sector_index())
                .collect();
            assert!(broken.is_empty() || broken == [1]);
            !broken.is_empty()
        });
        assert!(unreadable);
        assert!(SectorFile::open(sectors[1].path(), &PLOT_KEY).is_err());
    }
}
