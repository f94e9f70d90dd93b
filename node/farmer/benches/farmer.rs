//! What a farmer does for each slot, each win and each piece.

// What Criterion's macros make has no documentation.

use allod_core::{
    HistorySize, Piece, PotOutput, PublicKey, RecordCommitment, RecordWitness, RewardAddress,
    SBucket, SectorId, Slot, SolutionRange, blake2b_256, global_challenge,
    parameters::RECORD_SCALARS,
};
use allod_farmer::{
    audit::{AuditBuffer, Winner, audit, audit_sector},
    bitmap::Bitmap,
    plot_directory::PlotKey,
    plotting::plot_piece,
    proving::Prover,
    sector_file::{PlottedPiece, SectorFile, write_sector},
    tables::Tables,
    tickets::TicketHasher,
};
use allod_kzg::Kzg;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::{Rng, RngCore, SeedableRng, rngs::StdRng, seq::index::sample};
use std::{hint::black_box, path::Path, sync::Arc};

/// A production sector.
const KEY: PlotKey = PlotKey {
    public_key: PublicKey([1; 32]),
    genesis_hash: [2; 32],
    pieces_per_sector: 1000,
};
/// One ticket in 2^40 wins: as good as none.
const NARROW: SolutionRange = SolutionRange(1 << 25);

fn random_piece(rng: &mut StdRng) -> PlottedPiece {
    PlottedPiece {
        bitmap: sample(rng, 8192, RECORD_SCALARS)
            .iter()
            .filter_map(|s_bucket| SBucket::new(s_bucket as u16))
            .collect(),
        chunks: (0..RECORD_SCALARS).map(|_| rng.r#gen()).collect(),
        commitment: RecordCommitment::default(),
        witness: RecordWitness::default(),
    }
}

/// A sector of production size, as the audit sees it.
fn full_sector(directory: &Path) -> Arc<SectorFile> {
    let mut rng = StdRng::seed_from_u64(1);
    let pieces: Vec<PlottedPiece> = (0..1000).map(|_| random_piece(&mut rng)).collect();
    let path = write_sector(directory, &KEY, 0, HistorySize(1), &pieces).unwrap();
    Arc::new(SectorFile::open(&path, &KEY).unwrap())
}

fn real_piece(kzg: &Kzg) -> Piece {
    let mut record = vec![0; RECORD_SCALARS * 32];
    StdRng::seed_from_u64(2).fill_bytes(&mut record);
    record.iter_mut().step_by(32).for_each(|byte| *byte = 0);
    let commitment = RecordCommitment(kzg.commit_record(&record).unwrap());
    Piece::new(&record, commitment, RecordWitness::default()).unwrap()
}

fn audits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("audit");
    let chunks: Vec<[u8; 32]> = (0..62_u8).map(|byte| blake2b_256(&[byte])).collect();
    let hasher = TicketHasher::new(&[3; 32], &SectorId([4; 32]));
    let mut hits = Vec::new();
    group.throughput(Throughput::Elements(chunks.len() as u64));
    group.bench_function("tickets of one group in memory", |bencher| {
        bencher.iter(|| hasher.hits(black_box(&chunks), NARROW, &mut hits))
    });

    // The page cache holds the file; each slot reads another place of it.
    let directory = tempfile::tempdir().unwrap();
    let sector = full_sector(directory.path());
    let challenges: Vec<[u8; 32]> = (0..4096_u64)
        .map(|slot| global_challenge(&PotOutput([5; 16]), Slot(slot)))
        .collect();
    let sectors = std::slice::from_ref(&sector);
    let tickets: u64 = challenges
        .iter()
        .map(|global| audit(sectors, global, NARROW).tickets)
        .sum();
    group.throughput(Throughput::Elements(tickets));
    group.bench_function("tickets of 4,096 sectors on one core", |bencher| {
        let (mut buffer, mut winners) = (AuditBuffer::default(), Vec::new());
        bencher.iter(|| {
            for global in &challenges {
                audit_sector(&sector, global, NARROW, &mut buffer, &mut winners).unwrap();
            }
        })
    });
    group.finish();
}

fn plotting_and_proving(criterion: &mut Criterion) {
    let kzg = Kzg::new();
    let piece = real_piece(&kzg);
    let tables = Tables::default();
    let id = SectorId::new(&KEY.public_key, 0, HistorySize(1));
    let plot = |offset: u16| {
        let seed = id.space_seed(offset);
        tables.with_table(&seed, |table| {
            plot_piece(&kzg, table, &seed, &piece).unwrap()
        })
    };
    let mut group = criterion.benchmark_group("piece");
    group.sample_size(20);
    group.bench_function("plot one", |bencher| {
        let mut offset = 0;
        bencher.iter(|| {
            offset = (offset + 1) % 1000;
            plot(offset)
        })
    });

    // One real piece among 999 that are left out.
    let directory = tempfile::tempdir().unwrap();
    let left_out = PlottedPiece {
        bitmap: Bitmap::default(),
        chunks: Vec::new(),
        commitment: RecordCommitment::default(),
        witness: RecordWitness::default(),
    };
    let mut pieces = vec![left_out; 1000];
    pieces[130] = plot(130);
    let path = write_sector(directory.path(), &KEY, 0, HistorySize(1), &pieces).unwrap();
    let sector = Arc::new(SectorFile::open(&path, &KEY).unwrap());
    let winner: Winner = (0..)
        .find_map(|slot| {
            let global = global_challenge(&PotOutput([5; 16]), Slot(slot));
            let everything = SolutionRange(u64::MAX);
            audit(std::slice::from_ref(&sector), &global, everything)
                .winners
                .pop()
        })
        .unwrap();
    let prover = Prover::new(kzg.clone(), KEY.public_key, RewardAddress([6; 32]));
    group.bench_function("prove one", |bencher| {
        bencher.iter(|| prover.prove(black_box(&winner)).unwrap())
    });
    group.finish();
}

criterion_group!(benches, audits, plotting_and_proving);
criterion_main!(benches);
