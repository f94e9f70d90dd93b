//! Making sectors (§6).
//!
//! For each piece the record is extended to 8,192 chunks and the table of its seed is made; the
//! first 4,096 chunks whose s-bucket has a proof, from the seed's own first s-bucket on, are kept,
//! each masked by its proof. Pieces are plotted in batches, as many at once as there are threads,
//! while the next batch is fetched and checked. All chunks of a sector are held in memory until it
//! is written, since they lie on disk in another order than they are made in: 125 MiB in
//! production.
//!
//! Not every table has a proof for 4,096 s-buckets: tables of K = 17 have one for 4,836 on average,
//! with a standard deviation of 305, and one table in a hundred has fewer than 4,096 (39 of 4,000
//! measured). The record of such a piece could not be rebuilt from what is kept, so nothing is
//! kept: the piece has an empty bitmap and takes no space, and the sector has fewer tickets.

use crate::{
    bitmap::Bitmap,
    files::FileError,
    pieces::{PieceError, PieceGetter},
    plot_directory::PlotDirectory,
    pool::{Panicked, Pool},
    sector_file::{PlottedPiece, sector_bytes, write_sector},
    tables::{Tables, find_proof},
};
use allod_core::{
    ChainParameters, HistorySize, Piece, PieceOffset, SBucket, ScalarBytes, SectorId, SectorIndex,
    SpaceSeed,
    audit::mask_chunk,
    parameters::{RECORD_SCALARS, S_BUCKETS},
};
use allod_kzg::Kzg;
use allod_proof_of_space::SectorTable;
use rayon::prelude::*;
use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Pieces that each thread plots between two fetches.
const PIECES_PER_THREAD: usize = 4;

/// Why a sector could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PlottingError {
    /// A piece cannot be had.
    #[error(transparent)]
    Piece(#[from] PieceError),
    /// A record is no record; the piece was checked, so this is the getter's mistake.
    #[error("the piece at offset {offset} cannot be plotted: {source}")]
    Record {
        offset: PieceOffset,
        /// What is wrong.
        source: allod_kzg::Error,
    },
    /// The disk is full.
    #[error(
        "no space left for another sector in {}: {needed} bytes are needed, {available} are free",
        .path.display()
    )]
    DiskFull {
        /// The plot.
        path: PathBuf,
        /// What a sector takes.
        needed: u64,
        /// What there is.
        available: u64,
    },
    /// The sector cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The farmer is being shut down.
    #[error("plotting was cancelled")]
    Cancelled,
    /// A thread panicked.
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

/// Is told the number of pieces done, from any thread.
pub type Progress = Arc<dyn Fn(u16) + Send + Sync>;

/// Makes the sectors of a plot.
pub struct Plotter {
    /// Where they go.
    pub directory: Arc<PlotDirectory>,
    /// The chain's.
    pub parameters: Arc<ChainParameters>,
    /// Extends records.
    pub kzg: Kzg,
    /// Where the work is done.
    pub pool: Arc<Pool>,
    /// Where pieces come from.
    pub pieces: Arc<dyn PieceGetter>,
    /// Set to stop soon.
    pub cancelled: Arc<AtomicBool>,
    /// Tables to use again.
    pub tables: Arc<Tables>,
}

impl Plotter {
    /// Makes the sector with this index at this history size and puts it in the place of the one
    /// that is there. Returns the path of its file.
    pub async fn plot(
        &self,
        sector_index: SectorIndex,
        history_size: HistorySize,
        progress: Progress,
    ) -> Result<PathBuf, PlottingError> {
        self.check_space()?;
        let key = *self.directory.key();
        let id = SectorId::new(&key.public_key, sector_index, history_size);
        let offsets: Vec<PieceOffset> = (0..key.pieces_per_sector).collect();
        let batches: Vec<&[PieceOffset]> = offsets
            .chunks(PIECES_PER_THREAD * self.pool.threads())
            .collect();

        let mut plotted = Vec::with_capacity(offsets.len());
        let mut fetched = match batches.first() {
            Some(batch) => self.fetch(&id, history_size, batch).await?,
            None => Vec::new(),
        };
        for (position, _) in batches.iter().enumerate() {
            let fetch = async {
                match batches.get(position + 1) {
                    Some(next) => self.fetch(&id, history_size, next).await,
                    None => Ok(Vec::new()),
                }
            };
            let plot = self.plot_batch(&id, fetched, progress.clone());
            let (next, done) = futures::future::try_join(fetch, plot).await?;
            plotted.extend(done);
            fetched = next;
        }

        let directory = self.directory.clone();
        let write = move || {
            write_sector(
                directory.path(),
                directory.key(),
                sector_index,
                history_size,
                &plotted,
            )
        };
        let written = self.pool.run(write).await?;
        written.map_err(|error| self.explain(error))
    }

    async fn fetch(
        &self,
        id: &SectorId,
        history_size: HistorySize,
        offsets: &[PieceOffset],
    ) -> Result<Vec<(PieceOffset, Arc<Piece>)>, PlottingError> {
        let indices: Vec<_> = offsets
            .iter()
            .map(|offset| id.piece_index(*offset, history_size, &self.parameters))
            .collect();
        let pieces = self.pieces.pieces(&indices).await?;
        Ok(offsets.iter().copied().zip(pieces).collect())
    }

    async fn plot_batch(
        &self,
        id: &SectorId,
        batch: Vec<(PieceOffset, Arc<Piece>)>,
        progress: Progress,
    ) -> Result<Vec<PlottedPiece>, PlottingError> {
        let (id, kzg, tables) = (*id, self.kzg.clone(), self.tables.clone());
        let cancelled = self.cancelled.clone();
        let first = batch.first().map_or(0, |(offset, _)| *offset);
        let done = std::sync::atomic::AtomicU16::new(first);
        let plot_one = move |(offset, piece): (PieceOffset, Arc<Piece>)| {
            if cancelled.load(Ordering::Relaxed) {
                return Err(PlottingError::Cancelled);
            }
            let seed = id.space_seed(offset);
            let plotted = tables
                .with_table(&seed, |table| plot_piece(&kzg, table, &seed, &piece))
                .map_err(|source| PlottingError::Record { offset, source })?;
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            Ok(plotted)
        };
        self.pool
            .run(move || batch.into_par_iter().map(plot_one).collect())
            .await?
    }

    /// Fails before the work rather than after it.
    fn check_space(&self) -> Result<(), PlottingError> {
        let needed = sector_bytes(self.directory.key().pieces_per_sector);
        match self.available_space() {
            Some(available) if available < needed => Err(self.disk_full(available)),
            _ => Ok(()),
        }
    }

    fn available_space(&self) -> Option<u64> {
        let stat = rustix::fs::statvfs(self.directory.path()).ok()?;
        Some(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    fn disk_full(&self, available: u64) -> PlottingError {
        PlottingError::DiskFull {
            path: self.directory.path().to_owned(),
            needed: sector_bytes(self.directory.key().pieces_per_sector),
            available,
        }
    }

    fn explain(&self, error: FileError) -> PlottingError {
        let full = [
            io::ErrorKind::StorageFull,
            io::ErrorKind::QuotaExceeded,
            io::ErrorKind::FileTooLarge,
        ];
        if full.contains(&error.source.kind()) {
            self.disk_full(self.available_space().unwrap_or(0))
        } else {
            error.into()
        }
    }
}

/// What a sector keeps of a piece whose table has this seed.
pub fn plot_piece(
    kzg: &Kzg,
    table: &SectorTable,
    seed: &SpaceSeed,
    piece: &Piece,
) -> Result<PlottedPiece, allod_kzg::Error> {
    let chunks = kzg.extend_record(piece.record())?;
    let first = seed.first_s_bucket().get();
    let mut kept: Vec<(SBucket, [u8; 32])> = (first..S_BUCKETS)
        .chain(0..first)
        .filter_map(SBucket::new)
        .filter_map(|s_bucket| {
            let proof = find_proof(table, s_bucket)?;
            let chunk = chunks.get(usize::from(s_bucket.get()))?;
            Some((s_bucket, mask_chunk(&ScalarBytes(*chunk), &proof)))
        })
        .take(RECORD_SCALARS)
        .collect();
    if kept.len() < RECORD_SCALARS {
        kept.clear();
    }
    kept.sort_unstable_by_key(|(s_bucket, _)| *s_bucket);
    Ok(PlottedPiece {
        bitmap: kept
            .iter()
            .map(|(s_bucket, _)| *s_bucket)
            .collect::<Bitmap>(),
        chunks: kept.into_iter().map(|(_, chunk)| chunk).collect(),
        commitment: piece.commitment(),
        witness: piece.witness(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        history::SegmentHistory,
        pieces::NodePieces,
        pool::Urgency,
        sector_file::SectorFile,
        test_chain::{KZG, PLOT_KEY, SEGMENTS, parameters, piece},
        test_node::TestNode,
    };
    use parking_lot::{Mutex, RwLock};
    use std::num::NonZeroUsize;

    #[test]
    fn the_first_chunks_with_a_proof_are_kept_and_masked() {
        let id = SectorId([5; 32]);
        let record = &SEGMENTS[0].pieces[1];
        let extended = KZG.extend_record(record.record()).unwrap();
        for offset in 0..3 {
            let seed = id.space_seed(offset);
            let table = SectorTable::new(&seed.0);
            let plotted = plot_piece(&KZG, &table, &seed, record).unwrap();
            assert_eq!(plotted.commitment, record.commitment());
            assert_eq!(plotted.witness, record.witness());

            // The rule of plotting (§6), one s-bucket after the other.
            let mut expected = std::collections::BTreeMap::new();
            let mut s_bucket = seed.first_s_bucket().get();
            while expected.len() < 4096 {
                if let Some(proof) = table.find_proof(s_bucket) {
                    let hash = allod_core::blake2b_256(&proof);
                    let chunk = extended[usize::from(s_bucket)];
                    let stored: [u8; 32] = std::array::from_fn(|at| chunk[at] ^ hash[at]);
                    expected.insert(s_bucket, stored);
                }
                s_bucket = (s_bucket + 1) % 8192;
            }
            let kept: Vec<u16> = plotted.bitmap.iter().map(SBucket::get).collect();
            assert!(kept.iter().eq(expected.keys()));
            assert!(plotted.chunks.iter().eq(expected.values()));
        }
    }

    #[test]
    fn a_piece_whose_record_could_not_be_rebuilt_is_left_out() {
        // One of the seeds whose table has too few proofs: for 3,831 s-buckets.
        let mut seed = SpaceSeed([0; 32]);
        seed.0[..2].copy_from_slice(&341_u16.to_le_bytes());
        let table = SectorTable::new(&seed.0);
        assert_eq!(table.proofs().count(), 3831);
        let plotted = plot_piece(&KZG, &table, &seed, &SEGMENTS[0].pieces[1]).unwrap();
        assert_eq!((plotted.bitmap.count(), plotted.chunks.len()), (0, 0));
    }

    fn plotter(directory: &std::path::Path, node: TestNode) -> Plotter {
        let mut history = SegmentHistory::default();
        for segment in &SEGMENTS[..2] {
            history.push(segment.header).unwrap();
        }
        let parameters = Arc::new(parameters());
        let plot = PlotDirectory::open(directory, PLOT_KEY.genesis_hash, &parameters).unwrap();
        let pool = Pool::new(Urgency::Background, NonZeroUsize::new(2)).unwrap();
        let pool = Arc::new(pool);
        Plotter {
            directory: Arc::new(plot),
            kzg: KZG.clone(),
            pieces: Arc::new(NodePieces::new(
                Arc::new(node),
                KZG.clone(),
                pool.clone(),
                Arc::new(RwLock::new(history)),
                parameters.pieces_per_segment(),
            )),
            parameters,
            pool,
            cancelled: Arc::default(),
            tables: Arc::default(),
        }
    }

    #[tokio::test]
    async fn a_sector_holds_the_pieces_that_it_must() {
        let directory = tempfile::tempdir().unwrap();
        let (node, _received) = TestNode::new(2);
        let plotter = plotter(directory.path(), node);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = seen.clone();
        let progress: Progress = Arc::new(move |done| noted.lock().push(done));
        let path = plotter.plot(7, HistorySize(2), progress).await.unwrap();
        let mut seen = seen.lock().clone();
        seen.sort();
        assert_eq!(seen, (1..=16).collect::<Vec<u16>>());

        let sector = SectorFile::open(&path, plotter.directory.key()).unwrap();
        sector.scrub(&AtomicBool::new(false)).unwrap();
        for offset in 0..16 {
            let index = sector
                .id()
                .piece_index(offset, HistorySize(2), &plotter.parameters);
            let seed = sector.id().space_seed(offset);
            let table = SectorTable::new(&seed.0);
            let expected = plot_piece(&KZG, &table, &seed, piece(index)).unwrap();
            let group = sector.group_table((offset / 2) as u8).unwrap();
            let stored = sector.read_piece(&group, offset).unwrap();
            let Some(stored) = stored else {
                assert_eq!(expected.bitmap.count(), 0);
                continue;
            };
            assert!(
                stored
                    .chunks
                    .iter()
                    .map(|(_, chunk)| chunk)
                    .eq(&expected.chunks)
            );
            assert_eq!(stored.commitment, expected.commitment);
            assert_eq!(stored.witness, expected.witness);
        }
    }

    #[tokio::test]
    async fn plotting_stops_when_told_and_when_pieces_are_missing() {
        let directory = tempfile::tempdir().unwrap();
        let (node, _received) = TestNode::new(2);
        *node.change_piece.lock() = Box::new(|_, _| None);
        let mut plotter = plotter(directory.path(), node);
        let ignore: Progress = Arc::new(|_| ());
        let error = plotter.plot(0, HistorySize(2), ignore.clone()).await;
        assert!(matches!(
            error,
            Err(PlottingError::Piece(PieceError::Unavailable(_)))
        ));
        plotter.cancelled = Arc::new(AtomicBool::new(true));
        plotter.pieces = Arc::new(Ready);
        let error = plotter.plot(0, HistorySize(2), ignore).await;
        assert!(matches!(error, Err(PlottingError::Cancelled)));
        let left = crate::plot_directory::sectors(directory.path()).unwrap();
        assert!(left.is_empty());
    }

    /// Pieces without a node.
    struct Ready;

    #[async_trait::async_trait]
    impl PieceGetter for Ready {
        async fn pieces(
            &self,
            indices: &[allod_core::PieceIndex],
        ) -> Result<Vec<Arc<Piece>>, PieceError> {
            Ok(indices
                .iter()
                .map(|it| Arc::new(piece(*it).clone()))
                .collect())
        }
    }

    #[test]
    fn a_full_disk_says_how_much_is_needed() {
        let directory = tempfile::tempdir().unwrap();
        let (node, _received) = TestNode::new(2);
        let plotter = plotter(directory.path(), node);
        assert!(plotter.check_space().is_ok());
        let path = directory.path().join("sector-000000.tmp");
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            let explained = plotter.explain(FileError::new("write", &path)(kind.into()));
            let text = explained.to_string();
            assert!(matches!(explained, PlottingError::DiskFull { .. }));
            let needed = format!(
                "{}: {} bytes are needed",
                directory.path().display(),
                sector_bytes(16)
            );
            assert!(text.contains(&needed), "{text}");
        }
        let other = io::ErrorKind::PermissionDenied;
        let explained = plotter.explain(FileError::new("write", &path)(other.into()));
        assert!(matches!(explained, PlottingError::File(_)));
    }
}
