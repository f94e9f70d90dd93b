//! Headers followed without state (§8): what they lead to is what the state says, and each rule counts.

use allod_block_rules::{
    BlockError, ChainData, RuleSchedule, VerifyDelayFunction,
    header_chain::{
        FollowedHeader, FromGenesis, HeaderContext, HeaderError, HeaderRules, Unverified,
        WrongHeader, verify_many,
    },
};
use allod_consensus_primitives::{ConsensusLog, FarmingApi, MAX_BLOCKED_KEYS, SegmentHeaderError};
use allod_core::{ChainParameters, PublicKey, SegmentIndex, Slot, SolutionRange};
use allod_import_tests::{
    block::Made,
    farming::Plan,
    harness::{KZG, Node, parameters, rules_until},
};
use allod_runtime::{Header, opaque::Block};
use allod_sync::{ClientChain, Judge, branch::Branch, judge::JudgeError, protocol::HeaderRecord};
use allod_timekeeper::PotVerifier;
use allod_verification::{SealError, SolutionError};
use parity_scale_codec::Encode;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_runtime::{DigestItem, traits::Header as _};
use std::sync::atomic::AtomicBool;

/// Eras, injections of entropy and segments all come within a few blocks.
pub(crate) fn eventful() -> ChainParameters {
    ChainParameters {
        era_length: 5,
        ..parameters()
    }
}

pub(crate) fn rules<'a>(node: &'a Node) -> HeaderRules<'a, FromGenesis> {
    HeaderRules {
        genesis_hash: node.genesis_hash(),
        parameters: &node.parameters,
        base: &FromGenesis,
    }
}

pub(crate) fn start(node: &Node) -> HeaderContext {
    HeaderContext::genesis(node.genesis_hash(), &node.parameters)
}

/// What a header's two steps say.
fn judge(
    node: &Node,
    context: &HeaderContext,
    block: &Made,
    verifier: &impl VerifyDelayFunction,
) -> Result<HeaderContext, HeaderError> {
    let mut child = context.clone();
    let rules = rules(node);
    let followed = rules.follow(&mut child, block.sealed(), block.justifications.clone());
    let followed = followed.inspect_err(|_| assert_eq!(child, *context, "left as it was"))?;
    let data = followed.verify(&rules, &KZG, verifier)?;
    assert_eq!(data, child.chain_data);
    Ok(child)
}

/// What makes a block another one.
type Change = fn(&mut Made);

#[tokio::test]
async fn headers_lead_to_what_the_state_says() {
    let node = Node::new(eventful());
    let verifier = PotVerifier::new();
    let mut context = start(&node);
    let (mut eras, mut changes, mut segments) = (0, 0, 0);
    for number in 1..=14_u8 {
        let block = node.make(Plan {
            farmer: number % 3,
            skip: u64::from(number % 4),
            ..Plan::default()
        });
        node.accept(&block).await;
        for log in block.logs() {
            match log {
                ConsensusLog::SolutionRange(_) => eras += 1,
                ConsensusLog::PotChange(_) => changes += 1,
                ConsensusLog::SegmentHeader(_) => segments += 1,
                ConsensusLog::KeyBlocked(_) => {}
            }
        }
        context = judge(&node, &context, &block, &verifier).unwrap();
        let (hash, api) = (block.hash(), node.client.runtime_api());
        assert_eq!(context.number, u32::from(number));
        assert_eq!(context.hash, allod_core::Hash::from(hash));
        assert_eq!(context.chain_data, node.chain_data(hash));
        assert_eq!(context.solution_range, api.solution_range(hash).unwrap());
        assert_eq!(context.pot, api.pot_parameters(hash).unwrap());
        let size = context.last_segment.map(|header| header.history_size());
        assert_eq!(size, Some(node.history_size(hash)));
    }
    assert!(eras >= 2 && changes >= 2, "{eras} {changes}");
    assert!(segments >= 1, "block 1 brings the first segment");
}

/// What is done to a block, and the rule that it breaks then.
type Broken = (fn(&mut Made), fn(&HeaderError) -> bool);

fn rule(error: &HeaderError) -> Option<&BlockError> {
    match error {
        HeaderError::Rule(rule) => Some(rule),
        HeaderError::NotAChild { .. }
        | HeaderError::Number { .. }
        | HeaderError::SegmentHeader(_)
        | HeaderError::BlockedKeys(_) => None,
    }
}

const BROKEN: &[Broken] = &[
    (
        |block| {
            block.header.parent_hash = [7; 32].into();
            block.seal();
        },
        |error| matches!(error, HeaderError::NotAChild { .. }),
    ),
    (
        |block| {
            block.header.number += 1;
            block.seal();
        },
        |error| matches!(error, HeaderError::Number { .. }),
    ),
    (
        |block| {
            block.header.digest.logs.push(DigestItem::Other(vec![1]));
            block.seal();
        },
        |error| matches!(rule(error), Some(BlockError::ForeignDigest(_))),
    ),
    (
        |block| block.seals.clear(),
        |error| matches!(rule(error), Some(BlockError::Digest(_))),
    ),
    (
        |block| block.header.state_root = [7; 32].into(),
        |error| matches!(rule(error), Some(BlockError::Seal(SealError::Signature(_)))),
    ),
    (
        |block| block.change_claim(|claim| claim.slot = Slot(0)),
        |error| matches!(rule(error), Some(BlockError::SlotNotAfterParent { .. })),
    ),
    (
        |block| block.change_claim(|claim| claim.justification_hash = [7; 32]),
        |error| matches!(rule(error), Some(BlockError::Justification(_))),
    ),
    (
        |block| block.justifications = None,
        |error| matches!(rule(error), Some(BlockError::Justification(_))),
    ),
    (
        |block| {
            block.change_checkpoints(|list| {
                list.pop();
            });
        },
        |error| matches!(rule(error), Some(BlockError::MissingCheckpoints { .. })),
    ),
    (
        |block| block.change_claim(|claim| claim.future_output.0[0] ^= 1),
        |error| matches!(rule(error), Some(BlockError::WrongOutput { .. })),
    ),
    (
        |block| block.change_checkpoints(|list| list[0].0[0].0[0] ^= 1),
        |error| matches!(rule(error), Some(BlockError::WrongProofOfTime(_))),
    ),
    (
        |block| block.change_solution(|solution| solution.chunk.0[31] ^= 1),
        |error| matches!(rule(error), Some(BlockError::Solution(_))),
    ),
    (
        |block| block.change_solution(|solution| solution.history_size.0 += 40),
        |error| {
            matches!(
                rule(error),
                Some(BlockError::Solution(
                    SolutionError::HistorySizeFromTheFuture { .. }
                ))
            )
        },
    ),
    (
        |block| block.change_logs(|logs| logs.push(ConsensusLog::SolutionRange(SolutionRange(1)))),
        |error| matches!(rule(error), Some(BlockError::ConsensusDigest { .. })),
    ),
    (
        |block| {
            let keys = 0..=MAX_BLOCKED_KEYS as u8;
            let keys = keys.map(|byte| ConsensusLog::KeyBlocked(PublicKey([byte; 32])));
            block.change_logs(|logs| logs.extend(keys));
        },
        |error| *error == HeaderError::BlockedKeys(MAX_BLOCKED_KEYS as usize + 1),
    ),
];

#[tokio::test]
async fn each_rule_of_a_header_counts() {
    let node = Node::new(eventful());
    let verifier = PotVerifier::new();
    let mut context = start(&node);
    let mut blocks = Vec::new();
    for number in 1..=10 {
        let block = node.make(Plan {
            skip: number % 3,
            ..Plan::default()
        });
        node.accept(&block).await;
        blocks.push(block);
    }
    for block in &blocks {
        for (place, (change, expected)) in BROKEN.iter().enumerate() {
            let mut wrong = block.clone();
            change(&mut wrong);
            let result = judge(&node, &context, &wrong, &verifier);
            let error = result.map(|_| ()).expect_err("a rule is broken");
            assert!(
                expected(&error),
                "case {place} of block {}: {error}",
                block.header.number
            );
        }
        // Each log that is due counts, and each segment header follows the last one.
        for position in 0..block.logs().len() {
            let mut without = block.clone();
            without.change_logs(|logs| {
                logs.remove(position);
            });
            let error = judge(&node, &context, &without, &verifier).map(|_| ());
            match &block.logs()[position] {
                // Whether a block has to bring a segment header, its chain alone does not tell.
                ConsensusLog::SegmentHeader(_) | ConsensusLog::KeyBlocked(_) => {}
                ConsensusLog::SolutionRange(_) | ConsensusLog::PotChange(_) => {
                    let rule = error.as_ref().err().and_then(rule);
                    assert!(matches!(rule, Some(BlockError::ConsensusDigest { .. })));
                }
            }
            let mut changed = block.clone();
            changed.change_logs(|logs| {
                if let ConsensusLog::SegmentHeader(header) = &mut logs[position] {
                    header.segment_index = SegmentIndex(header.segment_index.0 + 1);
                }
            });
            if matches!(block.logs()[position], ConsensusLog::SegmentHeader(_)) {
                let error = judge(&node, &context, &changed, &verifier).map(|_| ());
                assert!(matches!(
                    error,
                    Err(HeaderError::SegmentHeader(
                        SegmentHeaderError::NotConsecutive { .. }
                    ))
                ));
            }
        }
        context = judge(&node, &context, block, &verifier).unwrap();
    }
}

/// Raises of the iterations beyond the bound are refused where no state tells whether they were asked for.
#[tokio::test]
async fn a_header_cannot_give_itself_any_weight() {
    let node = Node::new(eventful());
    let verifier = PotVerifier::new();
    let mut context = start(&node);
    loop {
        let block = node.make(Plan::default());
        let change = |block: &mut Made, factor: u32| {
            block.change_logs(|logs| {
                for log in logs {
                    if let ConsensusLog::PotChange(change) = log {
                        change.iterations =
                            change.iterations.saturating_mul(factor.try_into().unwrap());
                    }
                }
            });
        };
        let mut wrong = block.clone();
        change(&mut wrong, 3);
        if wrong.logs() != block.logs() {
            let error = judge(&node, &context, &wrong, &verifier)
                .map(|_| ())
                .unwrap_err();
            assert!(
                matches!(rule(&error), Some(BlockError::UnboundedRaise { .. })),
                "{error}"
            );
            break;
        }
        node.accept(&block).await;
        context = judge(&node, &context, &block, &verifier).unwrap();
    }
}

/// What costs much to find out, done to a block whose chain is followed nevertheless.
const BROKEN_DEEP: &[fn(&mut Made)] = &[
    |block| block.header.state_root = [7; 32].into(),
    |block| block.change_solution(|solution| solution.proof_of_space.0[0] ^= 1),
    |block| block.change_solution(|solution| solution.chunk_witness.0 = solution.record_witness.0),
    |block| block.change_solution(|solution| solution.record_witness.0 = solution.chunk_witness.0),
    |block| block.change_solution(|solution| solution.record_witness.0 = [0xff; 48]),
    |block| block.change_checkpoints(|list| list[0].0[0].0[0] ^= 1),
    // Two rules at once.
    |block| {
        block.change_checkpoints(|list| list[0].0[0].0[0] ^= 1);
        block.change_solution(|solution| solution.chunk_witness.0 = solution.record_witness.0);
    },
    |block| {
        block.change_solution(|solution| solution.chunk_witness.0 = solution.record_witness.0);
        block.header.state_root = [7; 32].into();
    },
];

/// The slow twin: one header after the other.
fn verify_one_by_one(
    headers: &[FollowedHeader<Header>],
    rules: &HeaderRules<'_, FromGenesis>,
    verifier: &PotVerifier,
) -> Result<Vec<ChainData>, WrongHeader> {
    let verified = headers.iter().enumerate().map(|(position, header)| {
        let verified = header.verify(rules, &KZG, verifier);
        verified.map_err(|error| WrongHeader { position, error })
    });
    verified.collect()
}

#[tokio::test]
async fn headers_that_are_verified_together_get_the_verdict_that_each_gets_alone() {
    let node = Node::new(eventful());
    let (rules, verifier) = (rules(&node), PotVerifier::new());
    let mut context = start(&node);
    let mut blocks = Vec::new();
    for number in 0..5_u8 {
        let block = node.make(Plan {
            farmer: number % 3,
            ..Plan::default()
        });
        node.accept(&block).await;
        blocks.push((context.clone(), block.clone()));
        context = judge(&node, &context, &block, &verifier).unwrap();
    }
    let follow = |(parent, block): &(HeaderContext, Made)| {
        let justifications = block.justifications.clone();
        let followed = rules.follow(&mut parent.clone(), block.sealed(), justifications);
        followed.unwrap()
    };
    let verdict = |changes: &[(usize, Change)]| {
        let mut blocks = blocks.clone();
        for (position, change) in changes {
            change(&mut blocks[*position].1);
        }
        let headers: Vec<_> = blocks.iter().map(follow).collect();
        let together = verify_many(&headers, &rules, &KZG, &verifier, || true);
        let alone = verify_one_by_one(&headers, &rules, &verifier);
        assert_eq!(together, alone.clone().map_err(Unverified::Wrong));
        alone
    };
    let right = verdict(&[]).unwrap();
    assert_eq!(right.last(), Some(&context.chain_data));
    for change in BROKEN_DEEP {
        for position in 0..blocks.len() {
            let wrong = verdict(&[(position, *change)]).unwrap_err();
            assert_eq!(wrong.position, position);
        }
        for other in BROKEN_DEEP {
            let wrong = verdict(&[(1, *change), (3, *other)]).unwrap_err();
            assert_eq!(wrong.position, 1);
        }
    }
    assert_eq!(
        verify_many::<Header, _>(&[], &rules, &KZG, &verifier, || true),
        Ok(Vec::new())
    );
}

/// What a comparison remembers of the own chain is what following it from genesis leads to.
#[tokio::test]
async fn a_context_that_was_kept_leads_to_the_same_as_following_from_genesis() {
    let node = Node::new(eventful());
    let judge = judge_of(&node);
    let go_on = AtomicBool::new(false);
    for blocks in [9, 1, 5] {
        node.grow_by(blocks).await;
        let best = node.client.info().best_number;
        for number in [best, best - 1, best / 2, 1] {
            let fresh = judge_of(&node);
            let found = judge.own_context(number, &go_on).unwrap();
            assert_eq!(
                found,
                fresh.own_context(number, &go_on).unwrap(),
                "{number}"
            );
        }
        let finalized = node.client.info().finalized_number;
        let kept = judge.contexts.up_to(best).unwrap();
        assert_eq!(
            kept.number, finalized,
            "no block is kept that may be undone"
        );
    }
}

/// A branch of another node's blocks, as it is fetched.
pub(crate) fn branch(blocks: &[Made]) -> Branch {
    let tip = blocks.last().unwrap().header.number;
    let mut branch = Branch::new(&std::env::temp_dir(), tip).unwrap();
    for block in blocks.iter().rev() {
        let record = HeaderRecord {
            header: block.sealed().encode(),
            justification: block.proof(),
        };
        branch.push(block.hash().into(), &record).unwrap();
    }
    branch
}

/// Who compares for this node, and remembers nothing yet.
pub(crate) fn judge_of(node: &Node) -> Judge<Block, allod_service::Client, PotVerifier> {
    Judge {
        chain: ClientChain::new(node.client.clone()),
        parameters: node.parameters.clone(),
        rules: RuleSchedule::default(),
        kzg: KZG.clone(),
        delay_function: PotVerifier::new(),
        contexts: Default::default(),
    }
}

#[tokio::test]
async fn a_branch_is_judged_by_what_it_weighs_and_by_each_of_its_blocks() {
    let (own, other) = (Node::new(eventful()), Node::new(eventful()));
    // Two blocks together, then each node goes its own way.
    let mut blocks = Vec::new();
    for _ in 0..2 {
        let block = other.make(Plan::default());
        other.accept(&block).await;
        own.accept(&block).await;
    }
    own.accept(&own.make(Plan {
        farmer: 9,
        ..Plan::default()
    }))
    .await;
    for _ in 0..8 {
        let block = other.make(Plan::default());
        other.accept(&block).await;
        blocks.push(block);
    }
    let mut judge = judge_of(&own);
    let go_on = AtomicBool::new(false);
    let fork = judge.own_context(2, &go_on).unwrap();
    let right = branch(&blocks);
    let weight = judge.weigh(&right, &fork, &go_on).unwrap();
    assert_eq!(weight, other.chain_data(other.best()).weight);
    judge.sample(&right, &fork, weight, &go_on).unwrap();
    judge.verify(&right, &fork, &go_on).unwrap();

    // The tip claims a solution that is none: its links are right, and all of it weighs the same.
    let mut wrong = blocks.clone();
    let tip = wrong.last_mut().unwrap();
    tip.change_solution(|solution| solution.proof_of_space.0[0] ^= 1);
    let number = *tip.header.number();
    let wrong = branch(&wrong);
    assert_eq!(judge.weigh(&wrong, &fork, &go_on).unwrap(), weight);
    let error = judge.verify(&wrong, &fork, &go_on).unwrap_err();
    assert!(matches!(error, JudgeError::Wrong { number: found, .. } if found == number));
    // A node that stops waits for nothing.
    let stopped = judge.verify(&right, &fork, &AtomicBool::new(true));
    assert!(matches!(stopped, Err(JudgeError::GivenUp)));

    // What lies beyond the rules that are known is not looked at, whatever it is.
    judge.rules = rules_until(number - 1);
    let mut beyond = wrong;
    assert!(judge.cut_to_known_rules(&mut beyond).is_some());
    assert_eq!(beyond.tip_number(), number - 1);
    let before = other.chain_data(blocks[blocks.len() - 2].hash()).weight;
    assert_eq!(judge.weigh(&beyond, &fork, &go_on).unwrap(), before);
    judge.verify(&beyond, &fork, &go_on).unwrap();
    assert_eq!(judge.cut_to_known_rules(&mut beyond), None);
}
