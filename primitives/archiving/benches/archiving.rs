//! How fast history is archived, checked and rebuilt, on as many cores as there are.
//!
//! Sizes are those of production: R = 128, so that a segment has 15.5 MiB of history. Throughput
//! counts bytes of history, not of pieces.

// `criterion_group!` makes a function without documentation.

use allod_archiving::{
    Archiver, NewSegment, Reconstructor,
    pieces::{rebuild_pieces, segment_bytes},
    verify_piece, verify_pieces_of_segment,
};
use allod_core::Piece;
use allod_kzg::Kzg;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rand::{RngCore, SeedableRng, rngs::StdRng, seq::index::sample};
use std::hint::black_box;

const R: u16 = 128;
const PIECES: u64 = 2 * R as u64;
const BLOCK_BYTES: usize = 1 << 20;

/// An archiver that holds all of segment 1 but for the block that completes it, and that block.
fn almost_full(kzg: &Kzg) -> (Archiver, u32, Vec<u8>) {
    let mut rng = StdRng::seed_from_u64(1);
    let mut block = || {
        let mut block = vec![0; BLOCK_BYTES];
        rng.fill_bytes(&mut block);
        block
    };
    let mut archiver = Archiver::new(kzg.clone(), R).expect("128 is a power of two");
    archiver
        .add_genesis(block(), [0; 32])
        .expect("the history is empty");
    for number in 1.. {
        let block = block();
        let mut next = archiver.clone();
        let segments = next.add_block(number, &block).expect("blocks are in order");
        if !segments.is_empty() {
            return (archiver, number, block);
        }
        archiver = next;
    }
    unreachable!("a segment gets full");
}

fn archive(archiver: &mut Archiver, number: u32, block: &[u8]) -> NewSegment {
    let mut segments = archiver
        .add_block(number, block)
        .expect("blocks are in order");
    segments.pop().expect("the block completes a segment")
}

fn archiving(c: &mut Criterion) {
    let kzg = Kzg::new();
    let bytes = segment_bytes(R).expect("128 is a power of two") as u64;
    let (archiver, number, block) = almost_full(&kzg);
    let mut group = c.benchmark_group("segment of 128 records");
    group.sample_size(10).throughput(Throughput::Bytes(bytes));

    group.bench_function("archive", |b| {
        b.iter_batched(
            || archiver.clone(),
            |mut archiver| archive(&mut archiver, number, &block),
            BatchSize::PerIteration,
        );
    });

    let segment = archive(&mut archiver.clone(), number, &block);
    let mut half: Vec<Option<&Piece>> = vec![None; segment.pieces.len()];
    let mut rng = StdRng::seed_from_u64(2);
    for index in sample(&mut rng, half.len(), R.into()) {
        half[index] = Some(&segment.pieces[index]);
    }
    group.bench_function("reconstruct from a random half", |b| {
        b.iter(|| {
            let mut reconstructor = Reconstructor::new(kzg.clone(), R).expect("a power of two");
            reconstructor
                .add_segment_with_header(black_box(&half), &segment.header)
                .expect("half of the pieces is enough")
        });
    });
    group.bench_function("rebuild all pieces from a random half", |b| {
        b.iter(|| rebuild_pieces(&kzg, R, black_box(&half)).expect("half is enough"));
    });

    let given: Vec<(u64, &Piece)> = (0..)
        .zip(&half)
        .filter_map(|(position, piece)| piece.map(|piece| (position, piece)))
        .collect();
    let commitment = &segment.header.segment_commitment;
    group.bench_function("check a half of the pieces together", |b| {
        b.iter(|| {
            verify_pieces_of_segment(&kzg, black_box(&given), commitment, PIECES)
                .expect("they are right")
        });
    });
    let mut wrong = given.clone();
    let other = &segment.pieces[0];
    wrong[50].1 = if wrong[50].1 == other {
        &segment.pieces[1]
    } else {
        other
    };
    group.bench_function("find one wrong piece in a half", |b| {
        b.iter(|| {
            verify_pieces_of_segment(&kzg, black_box(&wrong), commitment, PIECES)
                .expect_err("one of them is wrong")
        });
    });
    group.finish();

    c.bench_function("check one piece", |b| {
        b.iter(|| {
            verify_piece(&kzg, black_box(&segment.pieces[7]), commitment, 7, PIECES)
                .expect("it is right")
        });
    });
}

criterion_group!(benches, archiving);
criterion_main!(benches);
