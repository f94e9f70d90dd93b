//! What archiving, plotting, proving and verifying cost.

use allod_kzg::{
    Kzg, Opening, Point, RECORD_SCALARS, S_BUCKETS, ValueOpening, commitment_to_value,
};
use criterion::{Criterion, criterion_group, criterion_main};
use rand::{RngCore, SeedableRng, rngs::StdRng, seq::SliceRandom};
use std::hint::black_box;

/// Source records of a production segment.
const SOURCES: usize = 128;

/// A record of raw history: the first byte of each scalar is 0.
fn record(rng: &mut StdRng) -> Vec<u8> {
    let mut record = vec![0; RECORD_SCALARS * 32];
    rng.fill_bytes(&mut record);
    for scalar in record.chunks_mut(32) {
        scalar[0] = 0;
    }
    record
}

fn records(bench: &mut Criterion) {
    let mut rng = StdRng::seed_from_u64(0);
    let kzg = Kzg::new();
    let record = record(&mut rng);
    bench.bench_function("new", |b| b.iter(Kzg::new));
    bench.bench_function("commit_record", |b| {
        b.iter(|| kzg.commit_record(black_box(&record)).unwrap())
    });
    bench.bench_function("extend_record", |b| {
        b.iter(|| kzg.extend_record(black_box(&record)).unwrap())
    });
    let mut chunks: Vec<_> = kzg.extend_record(&record).unwrap();
    let mut positions: Vec<_> = (0..S_BUCKETS).collect();
    positions.shuffle(&mut rng);
    let mut half: Vec<_> = chunks.drain(..).map(Some).collect();
    for position in &positions[..RECORD_SCALARS] {
        half[*position] = None;
    }
    bench.bench_function("recover_record", |b| {
        b.iter(|| kzg.recover_record(black_box(&half)).unwrap())
    });
    bench.bench_function("open_chunk", |b| {
        b.iter(|| kzg.open_chunk(black_box(&record), 5000).unwrap())
    });
}

fn segments(bench: &mut Criterion) {
    let mut rng = StdRng::seed_from_u64(1);
    let kzg = Kzg::new();
    let sources: Vec<_> = (0..SOURCES).map(|_| record(&mut rng)).collect();
    let mut group = bench.benchmark_group("segment");
    group.sample_size(10);
    group.bench_function("extend_segment", |b| {
        b.iter(|| kzg.extend_segment(black_box(&sources)).unwrap())
    });
    let parity = kzg.extend_segment(&sources).unwrap();
    let mut half = vec![None; 2 * SOURCES];
    let pieces = sources.iter().zip(&parity);
    let pieces: Vec<_> = pieces.flat_map(|(a, b)| [a, b]).collect();
    let mut positions: Vec<_> = (0..2 * SOURCES).collect();
    positions.shuffle(&mut rng);
    for position in &positions[..SOURCES] {
        half[*position] = Some(pieces[*position]);
    }
    group.bench_function("recover_segment", |b| {
        b.iter(|| kzg.recover_segment(black_box(&half)).unwrap())
    });
    let commitments: Vec<_> = sources
        .iter()
        .map(|record| kzg.commit_record(record).unwrap())
        .collect();
    group.bench_function("extend_commitments", |b| {
        b.iter(|| kzg.extend_commitments(black_box(&commitments)).unwrap())
    });
    let parity = kzg.extend_commitments(&commitments).unwrap();
    let pairs = commitments.iter().zip(&parity);
    let all: Vec<_> = pairs.flat_map(|(a, b)| [*a, *b]).collect();
    let values: Vec<_> = all.iter().map(commitment_to_value).collect();
    group.bench_function("commit_values", |b| {
        b.iter(|| kzg.commit_values(black_box(&values)).unwrap())
    });
    group.bench_function("open_all_values", |b| {
        b.iter(|| kzg.open_all_values(black_box(&values)).unwrap())
    });

    let commitment = kzg.commit_values(&values).unwrap();
    let witnesses = kzg.open_all_values(&values).unwrap();
    let pairs = values.iter().zip(&witnesses).enumerate();
    let openings: Vec<_> = pairs
        .map(|(index, (value, witness))| ValueOpening {
            index,
            value: *value,
            witness: *witness,
        })
        .collect();
    group.bench_function("verify_values (256)", |b| {
        b.iter(|| kzg.verify_values(&commitment, values.len(), black_box(&openings)))
    });

    let (value, witness) = kzg.open_chunk(&sources[3], 5000).unwrap();
    let solution = [
        Opening {
            commitment: commitments[3],
            point: Point::Chunk(5000),
            value,
            witness,
        },
        Opening {
            commitment,
            point: Point::Value {
                domain_size: values.len(),
                index: 6,
            },
            value: values[6],
            witness: witnesses[6],
        },
    ];
    assert_eq!(kzg.verify_openings(&solution), Ok(true));
    group.bench_function("verify_openings (2)", |b| {
        b.iter(|| kzg.verify_openings(black_box(&solution)))
    });
}

criterion_group!(benches, records, segments);
criterion_main!(benches);
