//! What a comparison fetches of peers (§8), and what it comes to.

use allod_block_rules::RuleSchedule;
use allod_core::ChainParameters;
use allod_import_tests::{
    farming::Plan,
    harness::{KZG, Node, parameters, rules_until},
};
use allod_runtime::opaque::Block;
use allod_service::Client;
use allod_sync::{
    Checkpoint, CheckpointMemory, ClientChain, Comparer, Judge,
    compare::{BranchVerdict, Candidate, Claim, Compare, Outcome},
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
    fn new(own: &Node, (number, hash): (u32, allod_core::Hash)) -> Self {
        let checkpoint = Checkpoint { number, hash };
        Self::with_rules(own, Some(checkpoint), RuleSchedule::default())
    }

    fn with_rules(own: &Node, checkpoint: Option<Checkpoint>, rules: RuleSchedule) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let judge = Judge {
            chain: ClientChain::new(own.client.clone()),
            parameters: own.parameters.clone(),
            rules,
            kzg: KZG.clone(),
            delay_function: PotVerifier::new(),
            contexts: Default::default(),
        };
        let comparer = Comparer {
            judge: Arc::new(judge),
            checkpoint: checkpoint.map(|checkpoint| Arc::new(CheckpointMemory::new(checkpoint))),
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
            claim: Claim::from(&tip),
            claimants: vec![(PeerId::random(), tip.weight)],
        };
        self.compare_claim(candidate, |from| headers(&chain, from))
            .await
    }

    /// Compares with what somebody claims, by headers that are delivered.
    async fn compare_claim(
        &self,
        candidate: Candidate,
        deliver: impl Fn(allod_core::Hash) -> Vec<HeaderRecord>,
    ) -> (Outcome, usize) {
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
                    let records = deliver(request.from);
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
    assert!(matches!(outcome.verdict, BranchVerdict::OffCheckpoint));
    assert!(outcome.liars.is_empty());
    // Blocks 13 to 4; at number 3 it is clear.
    assert_eq!(requests, 3);
    grow(&other, 2).await;
    let (outcome, requests) = node.compare(&other).await;
    assert!(matches!(outcome.verdict, BranchVerdict::OffCheckpoint));
    assert_eq!(requests, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_with_the_checkpoint_is_fetched_verified_and_heavier() {
    let (own, other) = (Node::new(parameters()), Node::new(parameters()));
    grow(&other, 13).await;
    let third = other.client.hash(3).unwrap().unwrap();
    let node = Comparing::new(&own, (3, third.into()));
    let (outcome, requests) = node.compare(&other).await;
    let BranchVerdict::Heavier(branch, weight) = outcome.verdict else {
        panic!("{:?}", outcome.verdict);
    };
    assert_eq!((branch.blocks(), requests), (13, 4));
    assert_eq!(weight, other.chain_data(other.best()).weight);
}

/// A liar names the checkpoint's number for an honest block. That block, and what builds on it, is compared nevertheless.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_a_liar_names_is_not_remembered() {
    let (own, other) = (Node::new(parameters()), Node::new(parameters()));
    grow(&other, 13).await;
    let third = other.client.hash(3).unwrap().unwrap();
    let node = Comparing::new(&own, (3, third.into()));
    let chain = ClientChain::<Block, _>::new(other.client.clone());
    let liar = PeerId::random();
    for block in [13, 9] {
        let candidate = Candidate {
            claim: Claim {
                hash: other.client.hash(block).unwrap().unwrap().into(),
                number: 3,
            },
            claimants: vec![(liar, u128::MAX)],
        };
        let (outcome, _) = node
            .compare_claim(candidate, |from| headers(&chain, from))
            .await;
        assert!(
            matches!(outcome.verdict, BranchVerdict::Wrong(_)),
            "{outcome:?}"
        );
        assert_eq!(outcome.liars, vec![liar]);
    }
    let (outcome, _) = node.compare(&other).await;
    assert!(
        matches!(outcome.verdict, BranchVerdict::Heavier(..)),
        "{outcome:?}"
    );
}

/// A junk block on an honest chain: whoever claims it is to blame, and what comes before it is verified once and joined.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_before_a_wrong_block_is_heavier_still() {
    type Change = fn(&mut allod_import_tests::block::Made);
    let changes: [Change; 2] = [
        // Found when the branch is weighed, and when it is verified.
        |junk| junk.change_claim(|claim| claim.slot.0 = 0),
        |junk| junk.change_solution(|solution| solution.proof_of_space.0[0] ^= 1),
    ];
    let (own, other) = (Node::new(parameters()), Node::new(parameters()));
    grow(&other, 13).await;
    let chain = ClientChain::<Block, _>::new(other.client.clone());
    for change in changes {
        let mut junk = other.make(Plan::default());
        change(&mut junk);
        let record = HeaderRecord {
            header: junk.sealed().encode(),
            justification: junk.proof(),
        };
        let (hash, liar) = (allod_core::Hash::from(junk.hash()), PeerId::random());
        let candidate = Candidate {
            claim: Claim { hash, number: 14 },
            claimants: vec![(liar, other.chain_data(other.best()).weight)],
        };
        let node = Comparing::with_rules(&own, None, RuleSchedule::default());
        let deliver = |from: allod_core::Hash| match from == hash {
            true => vec![record.clone()],
            false => headers(&chain, from),
        };
        let (outcome, _) = node.compare_claim(candidate, deliver).await;
        assert_eq!(outcome.liars, vec![liar]);
        let BranchVerdict::Heavier(branch, weight) = outcome.verdict else {
            panic!("{:?}", outcome.verdict);
        };
        assert_eq!((branch.tip_number(), branch.blocks()), (13, 13));
        assert_eq!(weight, other.chain_data(other.best()).weight);
    }
}

/// What goes on beyond the rules that are known here is too long for the SDK's strategy to bring, however few blocks are
/// left of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_is_cut_to_the_known_rules_is_never_too_short() {
    let deep = ChainParameters {
        confirmation_depth: 10,
        ..parameters()
    };
    let (own, other) = (Node::new(deep.clone()), Node::new(deep));
    grow(&other, 13).await;
    let node = Comparing::with_rules(&own, None, rules_until(2));
    let (outcome, _) = node.compare(&other).await;
    let BranchVerdict::Heavier(branch, _) = outcome.verdict else {
        panic!("{:?}", outcome.verdict);
    };
    assert_eq!(branch.blocks(), 2);
    let node = Comparing::with_rules(&own, None, rules_until(0));
    let (outcome, _) = node.compare(&other).await;
    assert!(
        matches!(outcome.verdict, BranchVerdict::NotHeavier),
        "{outcome:?}"
    );
    assert!(outcome.liars.is_empty());
}

/// The own chain's weight is known.
#[tokio::test(flavor = "multi_thread")]
async fn who_claims_more_weight_for_an_own_block_lies() {
    let own = Node::new(parameters());
    grow(&own, 5).await;
    let node = Comparing::with_rules(&own, None, RuleSchedule::default());
    let chain = ClientChain::<Block, _>::new(own.client.clone());
    let tip = chain.tip().unwrap();
    let (honest, liar) = (PeerId::random(), PeerId::random());
    let candidate = Candidate {
        claim: Claim::from(&tip),
        claimants: vec![(honest, tip.weight), (liar, tip.weight + 1)],
    };
    let (outcome, requests) = node.compare_claim(candidate, |_| Vec::new()).await;
    assert!(
        matches!(outcome.verdict, BranchVerdict::NotHeavier),
        "{outcome:?}"
    );
    assert_eq!((outcome.liars, requests), (vec![liar], 0));
}

/// The own chain weighs more and lacks the checkpoint: the branch that has it is verified, whatever it weighs.
#[tokio::test(flavor = "multi_thread")]
async fn a_lighter_branch_with_the_checkpoint_is_verified() {
    let (own, other) = (Node::new(parameters()), Node::new(parameters()));
    grow(&own, 9).await;
    for _ in 0..5 {
        let plan = Plan {
            farmer: 2,
            ..Plan::default()
        };
        other.grow(plan).await;
    }
    let third = other.client.hash(3).unwrap().unwrap();
    let (outcome, _) = Comparing::new(&own, (3, third.into()))
        .compare(&other)
        .await;
    assert!(
        matches!(outcome.verdict, BranchVerdict::Heavier(..)),
        "{outcome:?}"
    );
    let node = Comparing::with_rules(&own, None, RuleSchedule::default());
    let (outcome, _) = node.compare(&other).await;
    assert!(
        matches!(outcome.verdict, BranchVerdict::NotHeavier),
        "{outcome:?}"
    );
}
