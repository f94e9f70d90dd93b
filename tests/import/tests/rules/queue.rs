//! What the import queue makes of bad blocks, and of blocks from the future (§8).

use allod_consensus::{
    future::{FutureBlocks, HELD_AT_MOST, MAX_HELD, MAX_HELD_BYTES_PER_PEER, MAX_HELD_PER_PEER},
    import_queue,
};
use allod_core::{ChainParameters, Slot};
use allod_import_tests::{
    block::Made,
    farming::Plan,
    harness::{Node, parameters},
};
use allod_runtime::{Hash, opaque::Block};
use allod_timekeeper::{PotSource, TimekeeperConfig};
use futures::future::BoxFuture;
use parking_lot::Mutex;
use sc_consensus::{
    BlockImportError, BlockImportStatus, ImportQueue, IncomingBlock, Link,
    import_queue::{ImportQueueService, RuntimeOrigin},
};
use sp_consensus::BlockOrigin;
use sp_core::traits::SpawnEssentialNamed;
use sp_runtime::OpaqueExtrinsic;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{task::JoinHandle, time::timeout};

/// How long anything may take.
const TIMEOUT: Duration = Duration::from_secs(60);

type Outcome = Result<BlockImportStatus<u32>, BlockImportError>;

/// Writes down what sync is told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<(Outcome, Hash)>>>);

impl Told {
    /// What sync was told of a block, once.
    fn take(&self, block: Hash) -> Option<Outcome> {
        let mut told = self.0.lock();
        let place = told.iter().position(|(_, of)| *of == block)?;
        Some(told.remove(place).0)
    }
}

impl Link<Block> for Told {
    fn blocks_processed(&self, _: usize, _: usize, results: Vec<(Outcome, Hash)>) {
        self.0.lock().extend(results);
    }
}

/// Tasks on the test's own threads.
#[derive(Clone)]
struct Tasks;

impl SpawnEssentialNamed for Tasks {
    fn spawn_essential_blocking(
        &self,
        name: &'static str,
        group: Option<&'static str>,
        future: BoxFuture<'static, ()>,
    ) {
        self.spawn_essential(name, group, future);
    }

    fn spawn_essential(
        &self,
        _: &'static str,
        _: Option<&'static str>,
        future: BoxFuture<'static, ()>,
    ) {
        tokio::spawn(future);
    }
}

/// A queue in front of a node.
struct Queue {
    service: Box<dyn ImportQueueService<Block>>,
    told: Told,
    running: JoinHandle<()>,
}

impl Queue {
    fn of(node: &Node) -> Self {
        let queue = import_queue(node.block_import(), &Tasks, None);
        let (service, told) = (queue.service(), Told::default());
        let link = told.clone();
        let running = tokio::spawn(async move { queue.run(&link).await });
        Self {
            service,
            told,
            running,
        }
    }

    fn push(&mut self, blocks: &[&Made], peer: RuntimeOrigin) {
        let blocks = blocks.iter().map(|block| incoming(block, Some(peer)));
        self.service
            .import_blocks(BlockOrigin::NetworkBroadcast, blocks.collect());
    }

    /// All that sync is told, when it is told of so many blocks.
    async fn told(&self, count: usize) -> Vec<(Outcome, Hash)> {
        let wait = async {
            while self.told.0.lock().len() < count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(TIMEOUT, wait).await.unwrap();
        std::mem::take(&mut *self.told.0.lock())
    }

    /// What sync is told of a block.
    async fn told_of(&self, block: &Made) -> Outcome {
        let hash = block.hash();
        let wait = async {
            loop {
                if let Some(outcome) = self.told.take(hash) {
                    return outcome;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(TIMEOUT, wait).await.unwrap()
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.running.abort();
    }
}

fn incoming(block: &Made, origin: Option<RuntimeOrigin>) -> IncomingBlock<Block> {
    IncomingBlock {
        hash: block.hash(),
        header: Some(block.sealed()),
        body: Some(block.body.clone()),
        indexed_body: None,
        justifications: block.justifications.clone(),
        origin,
        allow_missing_state: false,
        skip_execution: false,
        import_existing: false,
        state: None,
    }
}

/// Only who sent a bad block is told of, only that batch ends, and nothing begins anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_block_costs_its_sender_and_its_batch() {
    let (node, author) = (Node::new(parameters()), Node::new(parameters()));
    let first = author.grow(Plan::default()).await;
    let second = author.make(Plan::default());
    let mut bad = second.clone();
    bad.change_solution(|solution| solution.chunk.0[31] ^= 1);
    let mut other_body = second.clone();
    other_body.body.push(OpaqueExtrinsic::from_blob(vec![1]));
    let mut no_seal = second.clone();
    no_seal.seals.clear();
    author.accept(&second).await;
    let third = author.make(Plan::default());

    let mut queue = Queue::of(&node);
    let (liar, honest) = (RuntimeOrigin::random(), RuntimeOrigin::random());
    queue.push(&[&first, &bad, &third], liar);
    assert!(queue.told_of(&first).await.is_ok());
    let told = queue.told_of(&bad).await;
    assert!(
        matches!(told, Err(BlockImportError::BadBlock(Some(peer))) if peer == liar),
        "{told:?}"
    );
    let told = queue.told_of(&third).await;
    assert!(matches!(told, Err(BlockImportError::Cancelled)), "{told:?}");
    for wrong in [&other_body, &no_seal] {
        queue.push(&[wrong], liar);
        let told = queue.told_of(wrong).await;
        assert!(
            matches!(told, Err(BlockImportError::BadBlock(Some(peer))) if peer == liar),
            "{told:?}"
        );
    }
    queue.push(&[&second, &third], honest);
    for block in [&second, &third] {
        let told = queue.told_of(block).await;
        assert!(told.is_ok(), "{told:?}");
    }
    assert_eq!(node.best(), third.hash());
}

/// More than 30 slots past the node's own time: held, while the queue goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_block_from_the_future_is_held_while_the_queue_goes_on() {
    let duration = Duration::from_millis(100);
    let parameters = ChainParameters {
        slot_duration_ms: 100,
        ..parameters()
    };
    let author = Node::new(parameters.clone());
    let plan = Plan {
        skip: 50,
        ..Plan::default()
    };
    let near = author.make(Plan {
        farmer: 1,
        ..Plan::default()
    });
    let far = author.grow(plan).await;
    let child = author.make(Plan::default());
    let slots_too_early = u32::try_from(far.pre_digest().slot.0 - 30).unwrap();

    let node = Node::new(parameters);
    let no_timekeeper = TimekeeperConfig {
        enabled: false,
        pace: Some(duration),
        core: None,
    };
    let verifier = node.context().pot_verifier.clone();
    let (source, time) =
        PotSource::new(node.client.clone(), verifier, no_timekeeper, None).unwrap();
    assert!(node.context().late.time.set(time).is_ok());
    let source = tokio::spawn(source.run());
    let start = Instant::now();
    let mut queue = Queue::of(&node);
    let peer = RuntimeOrigin::random();
    queue.push(&[&far, &child], peer);
    assert_eq!(node.context().future.len(), 2);
    queue.push(&[&near], peer);
    for (block, outcome) in [&near, &far, &child].into_iter().zip(queue.told(3).await) {
        assert_eq!(outcome.1, block.hash());
        assert!(outcome.0.is_ok(), "{outcome:?}");
    }
    // A slot of patience: the source began a moment before the clock of this test.
    assert!(start.elapsed() > duration * (slots_too_early - 1));
    assert!(node.context().future.is_empty());
    source.abort();
}

/// While sync catches up, what it fetched was compared before.
#[tokio::test(flavor = "multi_thread")]
async fn what_sync_catches_up_with_is_never_held() {
    let node = Node::new(parameters());
    let no_timekeeper = TimekeeperConfig {
        enabled: false,
        pace: Some(Duration::from_secs(1)),
        core: None,
    };
    let verifier = node.context().pot_verifier.clone();
    let (_source, time) =
        PotSource::new(node.client.clone(), verifier, no_timekeeper, None).unwrap();
    assert!(node.context().late.time.set(time).is_ok());
    let far = node.make(Plan {
        skip: 500,
        ..Plan::default()
    });
    let mut queue = Queue::of(&node);
    let block = incoming(&far, Some(RuntimeOrigin::random()));
    queue
        .service
        .import_blocks(BlockOrigin::NetworkInitialSync, vec![block]);
    assert!(queue.told_of(&far).await.is_ok());
}

/// A block for each slot, none of which needs to be right to be held.
fn in_slot(template: &Made, slot: u64) -> IncomingBlock<Block> {
    let mut block = template.clone();
    block.change_claim(|claim| claim.slot = Slot(slot));
    incoming(&block, None)
}

fn of_peer(mut block: IncomingBlock<Block>, peer: RuntimeOrigin) -> IncomingBlock<Block> {
    block.origin = Some(peer);
    block
}

const ORIGIN: BlockOrigin = BlockOrigin::NetworkBroadcast;

#[test]
fn the_nearest_blocks_of_a_peer_stay_and_the_others_are_fetched_again() {
    let template = Node::new(parameters()).make(Plan::default());
    let future = FutureBlocks::<Block>::default();
    let (peer, now) = (RuntimeOrigin::random(), Instant::now());
    let more = u64::try_from(MAX_HELD_PER_PEER).unwrap() + 4;
    let (mut given_up, mut held) = (Vec::new(), Vec::new());
    // The farthest first.
    for slot in (101..=100 + more).rev() {
        let block = of_peer(in_slot(&template, slot), peer);
        held.push(block.hash);
        let (now, gone) = future.hold_back(ORIGIN, vec![block], Slot(100), now);
        assert!(now.is_empty());
        given_up.extend(gone.into_iter().map(|(_, hash)| hash));
    }
    assert_eq!(future.len(), MAX_HELD_PER_PEER);
    assert_eq!(given_up, held[..4]);
    // Due by and by, and those that had to go are asked for when their time comes.
    let due = future.due(Some(Slot(101)), now, |_| true);
    assert_eq!((due.chains.len(), due.fetch.len()), (1, 0));
    let due = future.due(Some(Slot(100 + more)), now, |_| true);
    assert_eq!(due.chains.len(), MAX_HELD_PER_PEER - 1);
    let mut fetched: Vec<Hash> = due.fetch.into_iter().map(|(hash, _)| hash).collect();
    fetched.sort();
    given_up.sort();
    assert_eq!(fetched, given_up);
    assert!(future.due(None, now, |_| true).fetch.is_empty(), "once");
}

#[test]
fn many_peers_together_are_bounded_too_and_nobody_for_longer_than_a_minute() {
    let template = Node::new(parameters()).make(Plan::default());
    let future = FutureBlocks::<Block>::default();
    let now = Instant::now();
    for slot in 0..300 {
        let block = of_peer(in_slot(&template, 1000 + slot), RuntimeOrigin::random());
        let _ = future.hold_back(ORIGIN, vec![block], Slot(100), now);
    }
    assert_eq!(future.len(), MAX_HELD);
    let almost = now + HELD_AT_MOST - Duration::from_millis(1);
    assert!(
        future
            .due(Some(Slot(100)), almost, |_| true)
            .given_up
            .is_empty()
    );
    let due = future.due(Some(Slot(100)), now + HELD_AT_MOST, |_| true);
    assert_eq!(due.given_up.len(), MAX_HELD);
    assert!(future.is_empty());
}

#[test]
fn large_blocks_count_by_their_bytes() {
    let template = Node::new(parameters()).make(Plan::default());
    let future = FutureBlocks::<Block>::default();
    let (peer, now) = (RuntimeOrigin::random(), Instant::now());
    let third = MAX_HELD_BYTES_PER_PEER / 3;
    for slot in 0..6 {
        let mut block = of_peer(in_slot(&template, 1000 + slot), peer);
        block.body = Some(vec![OpaqueExtrinsic::from_blob(vec![0; third])]);
        let _ = future.hold_back(ORIGIN, vec![block], Slot(100), now);
    }
    assert_eq!(future.len(), 2);
}

#[tokio::test]
async fn descendants_wait_for_their_ancestors_and_go_with_them() {
    let author = Node::new(parameters());
    let first = author.grow(Plan::default()).await;
    let second = author.grow(Plan::default()).await;
    let third = author.grow(Plan::default()).await;
    let blocks = || [&first, &second, &third].map(|block| incoming(block, None));
    let future = FutureBlocks::<Block>::default();
    let now = Instant::now();
    // What was before its time on the way is let through.
    let farthest = first.pre_digest().slot;
    let (through, gone) = future.hold_back(ORIGIN, blocks().to_vec(), farthest, now);
    assert_eq!(through.len(), 1);
    assert!(gone.is_empty());
    let due = future.due(Some(third.pre_digest().slot), now, |_| true);
    assert_eq!(due.chains.len(), 1);
    assert_eq!(due.chains[0].1.len(), 2);

    // Without an ancestor they are of no use.
    let _ = future.hold_back(ORIGIN, blocks()[1..].to_vec(), farthest, now);
    let due = future.due(None, now, |_| false);
    assert!(due.chains.is_empty());
    assert_eq!(due.given_up.len(), 2);
}
