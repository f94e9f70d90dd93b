//! What it takes to import a block: rules, execution in WebAssembly, fork choice, finality, database.

// What Criterion's macros make has no documentation.
#![allow(missing_docs)]

use allod_import_tests::{
    block::Made,
    farming::Plan,
    harness::{Node, parameters},
};
use criterion::{Criterion, criterion_group, criterion_main};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// An author and a follower, who starts at genesis.
struct Pair {
    tasks: Runtime,
    author: Node,
    follower: Node,
}

impl Pair {
    fn new() -> Self {
        Self {
            tasks: Builder::new_multi_thread().build().unwrap(),
            author: Node::new(parameters()),
            follower: Node::new(parameters()),
        }
    }

    /// How long the follower takes for so many blocks, without the author's time.
    fn import(&self, blocks: u64, before: impl Fn(&Node, &Made)) -> Duration {
        let one = |_| {
            let block = self.tasks.block_on(self.author.grow(Plan::default()));
            before(&self.follower, &block);
            let start = Instant::now();
            self.tasks.block_on(self.follower.accept(&block));
            start.elapsed()
        };
        (0..blocks).map(one).sum()
    }
}

fn import(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("import");
    let pair = Pair::new();
    group.bench_function("an empty block, time verified", |bencher| {
        bencher.iter_custom(|blocks| pair.import(blocks, Node::hear_time_of));
    });
    group.finish();
}

criterion_group!(benches, import);
criterion_main!(benches);
