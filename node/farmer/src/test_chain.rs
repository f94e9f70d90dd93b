//! A tiny chain for tests: sectors of 16 pieces, segments of 4, and sectors that expire soon.

use crate::{
    bitmap::Bitmap,
    plot_directory::PlotKey,
    plotting::plot_piece,
    sector_file::{PlottedPiece, SectorFile, write_sector},
    tables::Tables,
};
use allod_archiving::pieces::{SegmentPieces, pieces_of_records};
use allod_core::{
    ArchivedProgress, ChainParameters, HistorySize, LastArchivedBlock, Piece, PieceIndex,
    PieceOffset, PublicKey, RecordCommitment, RecordWitness, SBucket, SectorId, SectorIndex,
    SegmentCommitment, SegmentHeader, SegmentIndex, SolutionRange, parameters::RECORD_SCALARS,
};
use allod_kzg::Kzg;
use rand::{Rng, RngCore, SeedableRng, rngs::StdRng, seq::index::sample};
use std::{num::NonZeroU32, path::Path, sync::LazyLock};

pub(crate) static KZG: LazyLock<Kzg> = LazyLock::new(Kzg::new);

/// Four segments, real ones.
pub(crate) static SEGMENTS: LazyLock<Vec<Segment>> = LazyLock::new(|| segments(4));

pub(crate) const PLOT_KEY: PlotKey = PlotKey {
    public_key: PublicKey([1; 32]),
    genesis_hash: [2; 32],
    pieces_per_sector: 16,
};

pub(crate) fn parameters() -> ChainParameters {
    ChainParameters {
        slot_duration_ms: 1000,
        slot_probability: (1, 2),
        raw_records_per_segment: 2,
        pieces_per_sector: 16,
        confirmation_depth: 6,
        era_length: 64,
        recent_segments: 5,
        recent_fraction: (1, 10),
        min_sector_lifetime: 1,
        block_authoring_delay: 1,
        entropy_interval: 10,
        entropy_lookback: 1,
        entropy_delay: 5,
        initial_solution_range: SolutionRange::initial(16, 2, (1, 2)),
        initial_iterations: NonZeroU32::new(1024).unwrap(),
        external_entropy: Vec::new(),
    }
}

/// The header of the segment after `previous`.
pub(crate) fn header_after(
    previous: Option<&SegmentHeader>,
    segment_commitment: SegmentCommitment,
) -> SegmentHeader {
    SegmentHeader {
        segment_index: SegmentIndex(previous.map_or(0, |it| it.segment_index.0 + 1)),
        segment_commitment,
        previous_header_hash: previous.map(SegmentHeader::hash).unwrap_or_default(),
        last_archived_block: LastArchivedBlock {
            number: previous.map_or(0, |it| it.last_archived_block.number + 1),
            progress: ArchivedProgress::Complete,
        },
    }
}

pub(crate) struct Segment {
    pub header: SegmentHeader,
    pub pieces: Vec<Piece>,
}

fn segments(count: usize) -> Vec<Segment> {
    let mut rng = StdRng::seed_from_u64(1);
    let mut segments: Vec<Segment> = Vec::new();
    for _ in 0..count {
        let records: Vec<Vec<u8>> = (0..2).map(|_| record(&mut rng)).collect();
        let SegmentPieces { commitment, pieces } = pieces_of_records(&KZG, &records).unwrap();
        let header = header_after(segments.last().map(|last| &last.header), commitment);
        segments.push(Segment { header, pieces });
    }
    segments
}

fn record(rng: &mut StdRng) -> Vec<u8> {
    let mut record = vec![0; RECORD_SCALARS * 32];
    rng.fill_bytes(&mut record);
    record.iter_mut().step_by(32).for_each(|byte| *byte = 0);
    record
}

/// A piece of [`SEGMENTS`].
pub(crate) fn piece(index: PieceIndex) -> &'static Piece {
    &SEGMENTS[index.segment(4).0 as usize].pieces[index.position(4) as usize]
}

/// A sector at history size 1, full of numbers that look like chunks.
pub(crate) fn fake_sector(directory: &Path, index: SectorIndex) -> SectorFile {
    let mut rng = StdRng::seed_from_u64(index.into());
    let mut piece = || PlottedPiece {
        bitmap: sample(&mut rng, 8192, RECORD_SCALARS)
            .iter()
            .filter_map(|s_bucket| SBucket::new(s_bucket as u16))
            .collect(),
        chunks: (0..RECORD_SCALARS).map(|_| rng.r#gen()).collect(),
        commitment: RecordCommitment::default(),
        witness: RecordWitness::default(),
    };
    let pieces: Vec<PlottedPiece> = (0..16).map(|_| piece()).collect();
    let path = write_sector(directory, &PLOT_KEY, index, HistorySize(1), &pieces).unwrap();
    SectorFile::open(&path, &PLOT_KEY).unwrap()
}

/// A sector that keeps no chunk of any piece: quickly made, and never wins.
pub(crate) fn empty_sector_at(
    directory: &Path,
    index: SectorIndex,
    history_size: HistorySize,
) -> SectorFile {
    let piece = PlottedPiece {
        bitmap: Bitmap::default(),
        chunks: Vec::new(),
        commitment: RecordCommitment::default(),
        witness: RecordWitness::default(),
    };
    let pieces = vec![piece; 16];
    let path = write_sector(directory, &PLOT_KEY, index, history_size, &pieces).unwrap();
    SectorFile::open(&path, &PLOT_KEY).unwrap()
}

/// A sector at history size 2 in which only the pieces at these offsets are real; the others are
/// left out.
pub(crate) fn plotted_sector(
    directory: &Path,
    index: SectorIndex,
    offsets: &[PieceOffset],
) -> SectorFile {
    let history_size = HistorySize(2);
    let id = SectorId::new(&PLOT_KEY.public_key, index, history_size);
    let parameters = parameters();
    let tables = Tables::default();
    let pieces: Vec<PlottedPiece> = (0..parameters.pieces_per_sector)
        .map(|offset| {
            let piece = piece(id.piece_index(offset, history_size, &parameters));
            if offsets.contains(&offset) {
                let seed = id.space_seed(offset);
                let plot = |table: &_| plot_piece(&KZG, table, &seed, piece);
                tables.with_table(&seed, plot).unwrap()
            } else {
                PlottedPiece {
                    bitmap: Bitmap::default(),
                    chunks: Vec::new(),
                    commitment: piece.commitment(),
                    witness: piece.witness(),
                }
            }
        })
        .collect();
    let path = write_sector(directory, &PLOT_KEY, index, history_size, &pieces).unwrap();
    SectorFile::open(&path, &PLOT_KEY).unwrap()
}
