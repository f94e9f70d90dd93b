//! What it costs to compare a branch: what the own chain leads to, and the headers of a branch.
//!
//! Every slot is known when headers are verified, so that the delay function costs nothing: it is what it is, and the rest
//! is measured. The parts of one header's verification are measured beside the whole.
//!
//! To run: `make bench ARGS="--bench compare"`.

// What Criterion's macros make has no documentation.

use allod_block_rules::{
    Parent, RuleSchedule,
    header_chain::{FollowedHeader, FromGenesis, HeaderContext, HeaderRules, verify_many},
};
use allod_consensus_primitives::FarmingApi;
use allod_import_tests::{
    block::Made,
    farming::Plan,
    harness::{KZG, Node, parameters},
};
use allod_runtime::{Header, opaque::Block};
use allod_sync::{ClientChain, Judge};
use allod_timekeeper::PotVerifier;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use sp_api::ProvideRuntimeApi;
use sp_runtime::traits::Header as _;
use std::{hint::black_box, sync::atomic::AtomicBool};
use tokio::runtime::{Builder, Runtime};

/// Blocks of the own chain. Each takes some tenths of a second to make, more than everything that is measured; what it
/// costs to follow them grows with their number and nothing else.
const LONG: u32 = 128;
/// Headers that are verified together.
const TOGETHER: usize = 64;

/// A chain that one node has made.
fn chain(tasks: &Runtime, blocks: u32) -> (Node, Vec<Made>) {
    eprintln!("making {blocks} blocks");
    let node = Node::new(parameters());
    let made = (0..blocks).map(|_| tasks.block_on(node.grow(Plan::default())));
    let made = made.collect();
    (node, made)
}

fn own_context(criterion: &mut Criterion) {
    let tasks = Builder::new_multi_thread().build().unwrap();
    let (node, _) = chain(&tasks, LONG);
    let judge = || Judge {
        chain: ClientChain::<Block, _>::new(node.client.clone()),
        parameters: node.parameters.clone(),
        rules: RuleSchedule::default(),
        kzg: KZG.clone(),
        delay_function: PotVerifier::new(),
        contexts: Default::default(),
    };
    let go_on = AtomicBool::new(false);
    let mut group = criterion.benchmark_group(format!("own context of block {LONG}"));
    group.sample_size(10);
    group.bench_function("from genesis", |bencher| {
        bencher.iter_batched(
            judge,
            |judge| judge.own_context(LONG, &go_on).unwrap(),
            BatchSize::PerIteration,
        )
    });
    let known = judge();
    known.own_context(LONG, &go_on).unwrap();
    group.bench_function("again", |bencher| {
        bencher.iter(|| known.own_context(black_box(LONG), &go_on).unwrap())
    });
    group.finish();
}

fn headers(criterion: &mut Criterion) {
    let tasks = Builder::new_multi_thread().build().unwrap();
    let (node, made) = chain(&tasks, u32::try_from(TOGETHER).unwrap());
    let rules = HeaderRules {
        genesis_hash: node.genesis_hash(),
        parameters: &node.parameters,
        base: &FromGenesis,
    };
    let follow = || -> Vec<FollowedHeader<Header>> {
        let mut context = HeaderContext::genesis(rules.genesis_hash, &node.parameters);
        let followed = made.iter().map(|block| {
            let justifications = block.justifications.clone();
            let followed = rules.follow(&mut context, block.sealed(), justifications);
            followed.unwrap()
        });
        followed.collect()
    };
    let (headers, verifier) = (follow(), PotVerifier::new());
    verify_many(&headers, &rules, &KZG, &verifier, || true).unwrap();

    let mut group = criterion.benchmark_group("64 headers");
    group.throughput(Throughput::Elements(TOGETHER as u64));
    group.bench_function("followed", |bencher| bencher.iter(follow));
    group.bench_function("verified one by one", |bencher| {
        bencher.iter(|| {
            for header in &headers {
                black_box(header.verify(&rules, &KZG, &verifier).unwrap());
            }
        })
    });
    group.bench_function("verified together", |bencher| {
        bencher.iter(|| verify_many(black_box(&headers), &rules, &KZG, &verifier, || true).unwrap())
    });
    group.finish();
    parts(criterion, &node, made.last().unwrap());
}

/// What of one header is verified by itself, whatever is verified together.
fn parts(criterion: &mut Criterion, node: &Node, block: &Made) {
    let parent_hash = *block.header.parent_hash();
    let chain_data = node.chain_data(parent_hash);
    let claim = block.pre_digest();
    let query = allod_block_rules::child_query(&claim, &node.parameters);
    let context = node.client.runtime_api().child_context(parent_hash, query);
    let parent = Parent {
        genesis_hash: node.genesis_hash(),
        parameters: &node.parameters,
        chain_data: &chain_data,
        context: &context.unwrap(),
        segment_headers: &[],
    };
    let sealed = allod_block_rules::sealed_header_shape(block.sealed()).unwrap();
    let mut group = criterion.benchmark_group("of one header");
    group.bench_function("the seal", |bencher| {
        bencher.iter(|| sealed.verify_seal(black_box(&node.genesis_hash())).unwrap())
    });
    group.bench_function("the ticket", |bencher| {
        bencher.iter(|| parent.winning_ticket(black_box(&claim)).unwrap())
    });
    let ticket = parent.winning_ticket(&claim).unwrap();
    group.bench_function("the proof of space", |bencher| {
        bencher.iter_batched(
            || ticket.clone(),
            |ticket| ticket.verify_space().unwrap(),
            BatchSize::SmallInput,
        )
    });
    group.finish();
}

criterion_group!(benches, own_context, headers);
criterion_main!(benches);
