//! Speed of evaluation and verification per back end.
//!
//! Criterion's throughput counts iterations of AES: 100 Melem/s are 10 ns per iteration. A CPU's clock
//! may differ from the frequency it is sold by, so compare the two directions with each other and both
//! with 10 rounds times the latency of an AES round.

use allod_proof_of_time::{Backend, prove, prove_on, verify_on};
use criterion::{BenchmarkId, Criterion, Throughput};
use std::hint::black_box;
use std::num::NonZeroU32;

const SEED: [u8; 16] = *b"an arbitrary one";

/// Long enough for a measurement, short enough for the portable back end.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(1_000_000).unwrap();

fn proof_of_time(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("prove");
    group.throughput(Throughput::Elements(ITERATIONS.get().into()));
    for backend in [Backend::Portable, Backend::best_for_proving()] {
        group.bench_function(BenchmarkId::from_parameter(format!("{backend:?}")), |b| {
            b.iter(|| prove_on(backend, black_box(SEED), ITERATIONS))
        });
    }
    group.finish();

    let checkpoints = prove(SEED, ITERATIONS).expect("a multiple of sixteen");
    let mut group = criterion.benchmark_group("verify");
    group.throughput(Throughput::Elements(ITERATIONS.get().into()));
    for backend in Backend::available() {
        group.bench_function(BenchmarkId::from_parameter(format!("{backend:?}")), |b| {
            b.iter(|| verify_on(backend, black_box(SEED), ITERATIONS, &checkpoints))
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    proof_of_time(&mut criterion);
    criterion.final_summary();
}
