//! What it takes to verify solutions, all rules of §7 together.

// What Criterion's macros make has no documentation.

use allod_test_chain::FarmedSolution;
use allod_verification::{check_cheap, needed_segments, verify_many, verify_solution};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const MANY: u64 = 64;

fn verification(criterion: &mut Criterion) {
    let fixture = FarmedSolution::new();
    let context = fixture.context();
    let kzg = &fixture.kzg;
    let mut group = criterion.benchmark_group("verification");

    group.bench_function("one solution", |bencher| {
        bencher.iter(|| verify_solution(black_box(&fixture.solution), &context, kzg).unwrap())
    });
    group.bench_function("all but the openings", |bencher| {
        bencher.iter(|| check_cheap(black_box(&fixture.solution), &context).unwrap())
    });
    group.bench_function("segments needed", |bencher| {
        bencher.iter(|| {
            needed_segments(
                black_box(&fixture.solution),
                &fixture.parameters,
                context.parent_history_size,
            )
        })
    });

    let checked: Vec<_> = (0..MANY)
        .map(|_| check_cheap(&fixture.solution, &context).unwrap())
        .collect();
    group.throughput(Throughput::Elements(MANY));
    group.bench_function("openings of 64 solutions", |bencher| {
        bencher.iter_batched(
            || checked.clone(),
            |checked| verify_many(checked, kzg).unwrap(),
            BatchSize::LargeInput,
        )
    });
    group.finish();
}

criterion_group!(benches, verification);
criterion_main!(benches);
