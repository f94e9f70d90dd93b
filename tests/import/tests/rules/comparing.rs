//! What a comparison fetches of peers (§8), and what it comes to.

use allod_block_rules::RuleSchedule;
use allod_import_tests::{
    farming::Plan,
    harness::{KZG, Node, parameters},
};
use allod_runtime::opaque::Block;
use allod_service::Client;
use allod_sync::{
    Checkpoint, ClientChain, Comparer, Judge,
    compare::{Candidate, Compare, Outcome, Verdict},
    protocol::{HeaderRecord, read_headers_request},
};
use allod_timekeeper::PotVerifier;
use futures::{StreamExt, future::BoxFuture};
use parity_scale_codec::Encode;
use sc_network::PeerId;
use sc_network_sync::service::network::{NetworkServiceHandle, ToServiceCommand};
use sc_utils::mpsc::tracing_unbounded;
use sp_blockchain::HeaderBackend;
use sp_core::traits::SpawnNamed;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Handle;

/// Headers in an answer, so few that a branch takes several.
const ANSWERED: usize = 4;

/// Runs tasks on the executor of the test, as a node does on its own.
#[derive(Clone)]
struct Executor(Handle);

impl SpawnNamed for Executor {
    fn spawn_blocking(
        &self,
        _: &'static str,
        _: Option<&'static str>,
        future: BoxFuture<'static, ()>,
    ) {
        let handle = self.0.clone();
        self.0.spawn_blocking(move || handle.block_on(future));
    }

    fn spawn(&self, _: &'static str, _: Option<&'static str>, future: BoxFuture<'static, ()>) {
        self.0.spawn(future);
    }
}

/// A node that compares, with a checkpoint.
struct Comparing {
    comparer: Comparer<Block, Client, PotVerifier>,
    _folder: TempDir,
}

impl Comparing {
    fn new(own: &Node, checkpoint: (u32, allod_core::Hash)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let judge = Judge {
            chain: ClientChain::new(own.client.clone()),
            parameters: own.parameters.clone(),
            rules: RuleSchedule::default(),
            kzg: KZG.clone(),
            delay_function: PotVerifier::new(),
            contexts: Default::default(),
        };
        let comparer = Comparer {
            judge: Arc::new(judge),
            checkpoint: Some(Arc::new(Checkpoint::new(checkpoint.0, checkpoint.1))),
            folder: folder.path().to_owned(),
            protocol: "/headers".into(),
            spawner: Box::new(Executor(Handle::current())),
        };
        Self {
            comparer,
            _folder: folder,
        }
    }

    /// Compares with the best chain of another node, which delivers it. Gives how many requests that took, too.
    async fn compare(&self, other: &Node) -> (Outcome, usize) {
        let chain = ClientChain::<Block, _>::new(other.client.clone());
        let tip = chain.tip().unwrap();
        let candidate = Candidate {
            hash: tip.hash,
            number: tip.number,
            claims: vec![(PeerId::random(), tip.weight)],
        };
        let (sender, mut commands) = tracing_unbounded("test", 1000);
        let network = NetworkServiceHandle::new(sender);
        let mut running = self.comparer.start(candidate, network);
        let mut requests = 0;
        loop {
            tokio::select! {
                outcome = &mut running.outcome => return (outcome.unwrap(), requests),
                Some(command) = commands.next() => {
                    let ToServiceCommand::StartRequest(_, protocol, request, answer, _) = command else {
                        panic!("it asks for headers alone");
                    };
                    requests += 1;
                    let request = read_headers_request(&request).unwrap();
                    let records = headers(&chain, request.from);
                    answer.send(Ok((records.encode(), protocol))).unwrap();
                }
            }
        }
    }
}

/// A few headers from a block on backwards.
fn headers(chain: &ClientChain<Block, Client>, from: allod_core::Hash) -> Vec<HeaderRecord> {
    let mut next = from;
    let records = (0..ANSWERED).map_while(|_| {
        let (record, parent) = chain.encoded(next).unwrap()?;
        next = parent;
        Some(record)
    });
    records.collect()
}

async fn grow(node: &Node, blocks: u32) {
    for _ in 0..blocks {
        node.grow(Plan::default()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_without_the_checkpoint_is_fetched_once_however_it_grows() {
    let (own, other) = (Node::new(parameters()), Node::new(parameters()));
    grow(&other, 13).await;
    let node = Comparing::new(&own, (3, [7; 32]));
    let (outcome, requests) = node.compare(&other).await;
    assert!(matches!(outcome.verdict, Verdict::OffCheckpoint));
    assert!(outcome.liars.is_empty());
    // Blocks 13 to 4; at number 3 it is clear.
    assert_eq!(requests, 3);
    grow(&other, 2).await;
    let (outcome, requests) = node.compare(&other).await;
    assert!(matches!(outcome.verdict, Verdict::OffCheckpoint));
    assert_eq!(requests, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_with_the_checkpoint_is_fetched_verified_and_heavier() {
    let (own, other) = (Node::new(parameters()), Node::new(parameters()));
    grow(&other, 13).await;
    let third = other.client.hash(3).unwrap().unwrap();
    let node = Comparing::new(&own, (3, third.into()));
    let (outcome, requests) = node.compare(&other).await;
    let Verdict::Heavier(branch, weight) = outcome.verdict else {
        panic!("{:?}", outcome.verdict);
    };
    assert_eq!((branch.blocks(), requests), (13, 4));
    assert_eq!(weight, other.chain_data(other.best()).weight);
}
