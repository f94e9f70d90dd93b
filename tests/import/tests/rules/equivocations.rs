//! Two blocks for one solution, and what becomes of the key (§8).

use allod_block_rules::BlockError;
use allod_consensus::equivocation::ReportEquivocation;
use allod_consensus_primitives::{ConsensusLog, EquivocationProof, FarmingApi};
use allod_import_tests::{
    block::Header,
    farming::{Farmer, Plan},
    harness::{Node, parameters},
};
use allod_verification::SolutionError;
use async_trait::async_trait;
use parking_lot::Mutex;
use sp_api::ProvideRuntimeApi;
use std::{mem, sync::Arc};

/// Keeps what a node reports.
#[derive(Default)]
struct Reports(Mutex<Vec<EquivocationProof<Header>>>);

#[async_trait]
impl ReportEquivocation<Header> for Reports {
    async fn report(&self, proof: EquivocationProof<Header>) {
        self.0.lock().push(proof);
    }
}

fn listen(node: &Node) -> Arc<Reports> {
    let reports = Arc::new(Reports::default());
    let late = &node.context().late;
    assert!(late.reporter.set(reports.clone()).is_ok());
    reports
}

/// The same solution with another time, and so another block.
fn twin() -> Plan {
    Plan {
        later: 1,
        ..Plan::default()
    }
}

/// §8: reported on chain, key blocked. The block after the report logs it; the one after that may
/// not be the key's.
#[tokio::test]
async fn a_key_that_seals_twice_is_reported_and_blocked() {
    let (node, other) = (Node::new(parameters()), Node::new(parameters()));
    let reports = listen(&node);
    let key = Farmer::new(0).public_key();
    let (first, second) = (node.make(Plan::default()), node.make(twin()));
    assert_eq!(first.pre_digest(), second.pre_digest());
    assert!(node.accept(&first).await);
    assert!(reports.0.lock().is_empty());
    // It is no worse than the first one. It just does not come first.
    assert!(!node.accept(&second).await);
    let proofs = mem::take(&mut *reports.0.lock());
    let [proof] = &proofs[..] else {
        panic!("{} reports", proofs.len());
    };
    assert_eq!(proof.first, first.sealed());
    assert_eq!(proof.second, second.sealed());

    let api = node.client.runtime_api();
    let report = api.equivocation_report(node.best(), proof.clone());
    let farmer = 1;
    let reporting = node
        .grow(Plan {
            farmer,
            transactions: vec![report.unwrap().unwrap()],
            ..Plan::default()
        })
        .await;
    let last = node.grow(Plan::default()).await;
    assert_eq!(last.logs(), [ConsensusLog::KeyBlocked(key)]);
    let is_blocked = |block| node.client.runtime_api().is_key_blocked(block, key);
    assert!(!is_blocked(reporting.hash()).unwrap());
    assert!(is_blocked(last.hash()).unwrap());

    let wrong = node.make(Plan::default());
    let right = node.make(Plan {
        farmer,
        ..Plan::default()
    });
    let error = node.refuse_then_accept(&wrong, &right).await;
    assert!(
        matches!(error, BlockError::Solution(SolutionError::KeyBlocked(of)) if of == key),
        "{error}"
    );
    // It cannot be reported again.
    let api = node.client.runtime_api();
    let report = api.equivocation_report(node.best(), proof.clone());
    assert_eq!(report.unwrap(), None);

    // A node that never saw the second block comes to the same verdict.
    for block in [&first, &reporting, &last] {
        other.accept(block).await;
    }
    let error = other.refuse_then_accept(&wrong, &right).await;
    assert!(
        matches!(error, BlockError::Solution(SolutionError::KeyBlocked(of)) if of == key),
        "{error}"
    );
}

/// Whoever wins two slots, or slots on two forks with one plot each, has done nothing wrong.
#[tokio::test]
async fn nobody_is_reported_for_blocks_of_different_solutions() {
    let node = Node::new(parameters());
    let reports = listen(&node);
    let genesis = node.best();
    let first = node.grow(Plan::default()).await;
    let second = node.grow(Plan::default()).await;
    let fork = node.make(Plan {
        parent: Some(genesis),
        skip: second.pre_digest().slot.0,
        ..Plan::default()
    });
    node.accept(&fork).await;
    let of_another = node.make(Plan {
        parent: Some(genesis),
        farmer: 1,
        ..Plan::default()
    });
    node.accept(&of_another).await;
    // The same block again is the same block.
    assert!(node.receive(&first).await.is_ok());
    assert!(reports.0.lock().is_empty());
}
