//! Blocks whose rules this release does not know (§8): not judged, not blamed on anybody, not made.

use allod_block_rules::{RuleSchedule, UnknownRules};
use allod_consensus::{AnnounceValidator, BlockVerdict, Error, outdated::Outdated};
use allod_consensus_primitives::FarmingApi;
use allod_import_tests::{
    block::Made,
    farming::Plan,
    harness::{Node, parameters, rules_until},
};
use allod_runtime::opaque::Block;
use sp_api::RuntimeApiInfo;
use sp_blockchain::HeaderBackend;
use sp_consensus::block_validation::BlockAnnounceValidator;

/// The last block whose rules are known.
const LAST: u32 = 3;

/// Makes a good block a bad one.
type Tamper = fn(&mut Made);

#[tokio::test]
async fn a_node_goes_on_up_to_the_end_of_its_rules_and_judges_nothing_above() {
    let author = Node::new(parameters());
    let node = Node::with_rules(parameters(), rules_until(LAST));
    for _ in 1..=LAST {
        node.accept(&author.grow(Plan::default()).await).await;
    }
    let right = author.make(Plan::default());
    // Whatever may be wrong with it by the rules that are known here, and right by those that are not.
    let tampers: [Tamper; 4] = [
        |_| {},
        |block| block.seals.clear(),
        |block| block.change_solution(|solution| solution.proof_of_space.0[0] ^= 1),
        |block| block.header.number += 1,
    ];
    for tamper in tampers {
        let mut block = right.clone();
        tamper(&mut block);
        let error = node.turn_away(&block).await;
        assert!(
            matches!(error, Error::Outdated(Outdated::Rules(UnknownRules { from, .. })) if from == LAST + 1),
            "{error}"
        );
        assert_eq!(error.verdict(), BlockVerdict::Local);
        let mut validator = AnnounceValidator::new(node.context().clone());
        assert!(validator.validate(&block.sealed(), &[]).await.is_err());
        assert!(!node.context().verdicts.is_condemned(&block.hash()));
    }
    assert_eq!(node.client.info().best_number, LAST);
}

/// A number is cheap to make up: below the end of the rules a block is judged by them, whatever it says.
#[tokio::test]
async fn a_block_that_lies_about_its_number_is_judged_all_the_same() {
    let node = Node::with_rules(parameters(), rules_until(LAST));
    node.grow_by(LAST).await;
    let mut liar = node.make(Plan::default());
    liar.header.number = LAST;
    liar.seal();
    let error = node.turn_away(&liar).await;
    assert!(!matches!(error, Error::Outdated(_)), "{error}");
}

/// The runtime, which says that its interface for nodes has the next version.
fn runtime_of_later_nodes() -> Vec<u8> {
    let mut code = allod_runtime::WASM_BINARY_BLOATY.unwrap().to_vec();
    let (id, known) = (
        <dyn FarmingApi<Block>>::ID,
        <dyn FarmingApi<Block>>::VERSION,
    );
    let entry = |version: u32| [&id[..], &version.to_le_bytes()].concat();
    let (now, later) = (entry(known), entry(known + 1));
    let places: Vec<_> = (0..code.len() - now.len())
        .filter(|place| code[*place..].starts_with(&now))
        .collect();
    assert!(!places.is_empty());
    for place in places {
        code[place..place + later.len()].copy_from_slice(&later);
    }
    code
}

#[tokio::test]
async fn a_runtime_that_speaks_otherwise_with_nodes_is_not_asked() {
    let known = <dyn FarmingApi<Block>>::VERSION;
    let rules = RuleSchedule::default();
    let node = Node::with_runtime(parameters(), rules, runtime_of_later_nodes());
    let block = node.make(Plan::default());
    let error = node.turn_away(&block).await;
    let expected = Outdated::Interface {
        block: 0,
        version: known + 1,
        known,
    };
    assert!(
        matches!(error, Error::Outdated(outdated) if outdated == expected),
        "{error}"
    );
    let mut validator = AnnounceValidator::new(node.context().clone());
    assert!(validator.validate(&block.sealed(), &[]).await.is_err());
    assert!(!node.context().verdicts.is_condemned(&block.hash()));
}
