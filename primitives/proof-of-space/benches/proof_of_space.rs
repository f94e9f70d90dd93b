//! Speed of tables, of the proofs in them and of their verification, on one core.

use allod_proof_of_space::{
    S_BUCKETS, SectorTable, TableGenerator, bucket_challenge, verify, verify_bucket,
};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

/// Chunks of a record, and so proofs that it takes: a constant of the protocol (§3).
const RECORD_CHUNKS: usize = 4096;

fn tables(criterion: &mut Criterion) {
    let mut generator = TableGenerator::new();
    let mut seed = [0u8; 32];
    let mut next_seed = move || {
        seed[0] = seed[0].wrapping_add(1);
        seed
    };
    criterion.bench_function("table", |bencher| {
        bencher.iter(|| black_box(generator.generate(&next_seed())).find_proof(0));
    });
    criterion.bench_function("table and all proofs of a record", |bencher| {
        bencher.iter(|| {
            let table = generator.generate(&next_seed());
            table
                .proofs()
                .take(RECORD_CHUNKS)
                .fold(0, |sum, (_, proof)| sum ^ proof[7])
        });
    });
    criterion.bench_function("table without a generator", |bencher| {
        bencher.iter(|| SectorTable::new(&next_seed()));
    });
}

fn proofs(criterion: &mut Criterion) {
    let seed = [1; 32];
    let table = SectorTable::new(&seed);
    let mut s_bucket = 0;
    criterion.bench_function("find one proof", |bencher| {
        bencher.iter(|| {
            s_bucket = (s_bucket + 1) % S_BUCKETS;
            table.find_proof(s_bucket)
        });
    });
    let (s_bucket, proof) = table.proofs().next().expect("some s-buckets have a proof");
    criterion.bench_function("verify", |bencher| {
        bencher.iter(|| verify_bucket(black_box(&seed), s_bucket, black_box(&proof)));
    });
    criterion.bench_function("verify and quality", |bencher| {
        let challenge = bucket_challenge(s_bucket);
        bencher.iter(|| verify(17, black_box(&seed), &challenge, black_box(&proof)));
    });
    let mut wrong = proof;
    wrong[0] ^= 1;
    criterion.bench_function("refuse", |bencher| {
        bencher.iter(|| verify_bucket(black_box(&seed), s_bucket, black_box(&wrong)));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(50);
    targets = tables, proofs
}
criterion_main!(benches);
