//! What it takes to import a block: rules, execution in WebAssembly, fork choice, finality, database; and
//! to refuse a header that is announced.

// What Criterion's macros make has no documentation.

use allod_consensus::AnnounceValidator;
use allod_import_tests::{
    block::Made,
    farming::Plan,
    harness::{Node, parameters},
};
use allod_runtime::Hash;
use criterion::{Criterion, criterion_group, criterion_main};
use sp_consensus::block_validation::BlockAnnounceValidator;
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

/// How long so many different bad headers take, each announced once.
fn announce(tasks: &Runtime, node: &Node, count: u64, tamper: impl Fn(&mut Made)) -> Duration {
    let mut wrong = node.make(Plan::default());
    tamper(&mut wrong);
    let mut validator = AnnounceValidator::new(node.context().clone());
    let one = |number: u64| {
        let mut header = wrong.sealed();
        header.state_root = Hash::from_low_u64_be(number + 1);
        let start = Instant::now();
        tasks.block_on(validator.validate(&header, &[])).unwrap();
        let took = start.elapsed();
        assert!(node.context().verdicts.is_condemned(&header.hash()));
        took
    };
    (0..count).map(one).sum()
}

fn announcements(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a bad announcement");
    let tasks = Builder::new_multi_thread().build().unwrap();
    let node = Node::new(parameters());
    tasks.block_on(node.grow_by(2));
    group.bench_function("its ticket", |bencher| {
        let another_group = |block: &mut Made| {
            block.change_solution(|solution| {
                solution.piece_offset = (solution.piece_offset + 8) % 16;
            });
        };
        bencher.iter_custom(|count| announce(&tasks, &node, count, another_group));
    });
    group.bench_function("its seal", |bencher| {
        bencher.iter_custom(|count| announce(&tasks, &node, count, |_| {}));
    });
    group.finish();
}

criterion_group!(benches, import, announcements);
criterion_main!(benches);
