//! What a block is made of: body, digest, inherents, and what executing it leads to.

use allod_block_rules::{BlockError, Execution};
use allod_consensus::{BlockVerdict, Error};
use allod_consensus_primitives::{DigestError, ENGINE_ID, digest::PRE_DIGEST_BYTES};
use allod_core::parameters::{MAX_BLOCK_BYTES, MAX_HEADER_BYTES};
use allod_import_tests::{
    block::Made,
    farming::Plan,
    harness::{Node, broken_rule, parameters, verified},
};
use allod_runtime::{Hash, RuntimeCall, opaque::Block};
use parity_scale_codec::{Decode, Encode};
use sc_consensus::{ImportResult, ImportedState, StateAction, StorageChanges};
use sp_runtime::{
    DigestItem, OpaqueExtrinsic, StateVersion,
    traits::{BlakeTwo256, Hash as _},
};
use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

/// Makes a good block a bad one.
type Tamper = fn(&mut Made);

#[tokio::test]
async fn a_block_without_a_body_is_refused() {
    let node = Node::new(parameters());
    let right = node.make(Plan::default());
    let mut params = verified(&right).await;
    params.body = None;
    let error = broken_rule(node.import(params).await);
    assert!(matches!(error, BlockError::NoBody), "{error}");
    node.assert_unknown(&right);
    node.accept(&right).await;
}

/// A state that was not computed here is not believed.
#[tokio::test]
async fn a_block_that_would_not_be_executed_is_refused() {
    let node = Node::new(parameters());
    let right = node.make(Plan::default());
    let state = StorageChanges::Import(ImportedState {
        block: right.hash(),
        state: Vec::new().into(),
    });
    let actions: [(Execution, StateAction<Block>); 2] = [
        (Execution::Never, StateAction::Skip),
        (Execution::Elsewhere, StateAction::ApplyChanges(state)),
    ];
    for (expected, action) in actions {
        let mut params = verified(&right).await;
        params.state_action = action;
        let error = broken_rule(node.import(params).await);
        assert!(
            matches!(error, BlockError::NotExecuted(what) if what == expected),
            "{error}"
        );
        node.assert_unknown(&right);
    }
    node.accept(&right).await;
}

#[tokio::test]
async fn a_block_is_taken_once_and_after_its_parent() {
    let (node, author) = (Node::new(parameters()), Node::new(parameters()));
    let first = author.grow(Plan::default()).await;
    let second = author.grow(Plan::default()).await;
    let error = node.turn_away(&second).await;
    let parent = first.hash().to_string();
    assert!(
        matches!(&error, Error::UnknownParent(hash) if *hash == parent),
        "{error}"
    );
    node.accept(&first).await;
    node.accept(&second).await;
    let again = node.receive(&second).await;
    assert!(
        matches!(again, Ok(ImportResult::AlreadyInChain)),
        "{again:?}"
    );
}

/// §8: every block but genesis has one pre-digest.
#[tokio::test]
async fn a_block_without_exactly_one_pre_digest_is_refused() {
    let wrong_digests: [(DigestError, Tamper); 4] = [
        (DigestError::NoPreDigest, |block| {
            block.header.digest.logs.remove(0);
        }),
        (DigestError::NoPreDigest, |block| {
            let claim = block.pre_digest().encode();
            block.header.digest.logs[0] = DigestItem::PreRuntime(*b"FRNK", claim);
        }),
        (DigestError::SeveralPreDigests, |block| {
            let claim = block.pre_digest();
            block.header.digest.logs.push(claim.into());
        }),
        (
            DigestError::MalformedPreDigest(PRE_DIGEST_BYTES + 1),
            |block| {
                let mut claim = block.pre_digest().encode();
                claim.push(0);
                block.header.digest.logs[0] = DigestItem::PreRuntime(ENGINE_ID, claim);
            },
        ),
    ];
    let node = Node::new(parameters());
    for (expected, change) in wrong_digests {
        let right = node.make(Plan::default());
        let mut wrong = right.clone();
        change(&mut wrong);
        wrong.seal();
        let error = node.refuse_then_accept(&wrong, &right).await;
        assert!(
            matches!(error, BlockError::Digest(found) if found == expected),
            "{expected}: {error}"
        );
    }
}

/// A block says when it was made. Half a minute of a wrong clock is forgiven.
#[tokio::test]
async fn a_time_in_the_future_is_this_nodes_doubt() {
    let node = Node::new(parameters());
    let right = node.make(Plan::default());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let wrong = node.make(Plan {
        later: u64::try_from(now.as_millis()).unwrap(),
        ..Plan::default()
    });
    assert_ne!(wrong.hash(), right.hash());
    let error = node.turn_away(&wrong).await;
    node.accept(&right).await;
    assert!(matches!(error, Error::ClockBehind), "{error}");
    assert_eq!(node.context().future.len(), 1, "it is held");
}

/// A time before the parent's is the block's own fault.
#[tokio::test]
async fn a_time_that_is_too_early_is_the_blocks_fault() {
    let node = Node::new(parameters());
    node.grow(Plan::default()).await;
    let right = node.make(Plan::default());
    let mut wrong = right.clone();
    let early = parent_time(&node);
    wrong.body[0] = early;
    name_body(&mut wrong);
    let error = node.turn_away(&wrong).await;
    assert!(
        matches!(&error, Error::Inherents(cause) if cause.contains("minimum period")),
        "{error}"
    );
    node.accept(&right).await;
}

/// The extrinsic by which the best block says when it was made.
fn parent_time(node: &Node) -> OpaqueExtrinsic {
    let body = node.client.body(node.best()).unwrap().unwrap();
    body[0].clone()
}

/// Names the body in the header, as it is now, and seals that.
fn name_body(block: &mut Made) {
    let encoded = block.body.iter().map(Encode::encode).collect();
    block.header.extrinsics_root = BlakeTwo256::ordered_trie_root(encoded, StateVersion::V0);
    block.seal();
}

/// A body that is not the one in the header is its sender's fault alone: nothing is remembered of the
/// block, and the next peer's copy is taken.
/// Header and body have bounds, which are asked before anything is hashed or read.
#[tokio::test]
async fn a_header_or_a_body_that_is_too_large_is_refused() {
    let node = Node::new(parameters());
    let right = node.make(Plan::default());
    let mut wrong = right.clone();
    let junk = DigestItem::Other(vec![0; MAX_HEADER_BYTES]);
    wrong.header.digest.logs.push(junk);
    wrong.seal();
    let error = node.refuse(&wrong).await;
    assert!(
        matches!(error, BlockError::HeaderTooLarge { bytes, most: MAX_HEADER_BYTES } if bytes > MAX_HEADER_BYTES),
        "{error}"
    );
    let most = usize::try_from(MAX_BLOCK_BYTES).unwrap();
    let mut wrong = right.clone();
    let junk = OpaqueExtrinsic::decode(&mut vec![0_u8; most + 1].encode().as_slice());
    wrong.body.push(junk.unwrap());
    let error = node.refuse_then_accept(&wrong, &right).await;
    assert!(
        matches!(error, BlockError::BodyTooLarge { bytes, most: of } if bytes > most && of == most),
        "{error}"
    );
}

/// Each rule is broken by a block on the path that every block takes: the files of these tests name each.
#[test]
fn every_rule_of_a_block_is_broken_here() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let texts: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    let all = texts.concat();
    let words: BTreeSet<_> = all.split(|sign: char| !sign.is_alphanumeric()).collect();
    for rule in Error::rules() {
        let of_rule = format!("BlockError::{rule}");
        assert!(
            words.contains(rule) && all.contains(&of_rule),
            "no test breaks {of_rule}"
        );
    }
}

#[tokio::test]
async fn another_body_is_the_senders_fault() {
    let tampers: [Tamper; 3] = [
        |block| {
            let last = block.body.last().unwrap().clone();
            block.body.push(last);
        },
        |block| {
            block.body.pop();
        },
        |block| block.body.swap(0, 1),
    ];
    let node = Node::new(parameters());
    for (nonce, change) in (0..).zip(tampers) {
        let remark = RuntimeCall::System(frame_system::Call::remark { remark: vec![1] });
        let right = node.make(Plan {
            transactions: vec![node.signed(remark, nonce)],
            ..Plan::default()
        });
        let mut wrong = right.clone();
        change(&mut wrong);
        assert_eq!(wrong.hash(), right.hash());
        let error = node.turn_away(&wrong).await;
        assert_eq!(error.verdict(), BlockVerdict::Sender);
        assert!(
            matches!(error, Error::Rule(BlockError::ExtrinsicsRoot { .. })),
            "{error}"
        );
        node.accept(&right).await;
    }
}

/// What keeps every rule before execution and leads elsewhere is the block's own fault, found out once.
#[tokio::test]
async fn a_block_that_executes_to_something_else_is_refused() {
    type IsError = fn(&Error) -> bool;
    let wrong_blocks: [(&str, Tamper, IsError); 5] = [
        (
            "state root",
            |block| {
                block.header.state_root = Hash::repeat_byte(7);
                block.seal();
            },
            |error| matches!(error, Error::Trap(_)),
        ),
        (
            "an extrinsic twice",
            |block| {
                let last = block.body.last().unwrap().clone();
                block.body.push(last);
                name_body(block);
            },
            |error| matches!(error, Error::Trap(_)),
        ),
        (
            "bytes that are no extrinsic",
            |block| {
                let junk = vec![0xff_u8; 9].encode();
                block
                    .body
                    .push(OpaqueExtrinsic::decode(&mut &junk[..]).unwrap());
                name_body(block);
            },
            |error| matches!(error, Error::Trap(_)),
        ),
        (
            "a log of another engine",
            |block| {
                let log = DigestItem::Consensus(*b"FRNK", vec![1]);
                block.header.digest.logs.push(log);
                block.seal();
            },
            |error| matches!(error, Error::Rule(BlockError::ForeignDigest(_))),
        ),
        (
            "a pre-digest of another engine",
            |block| {
                let claim = DigestItem::PreRuntime(*b"FRNK", vec![1]);
                block.header.digest.logs.insert(1, claim);
                block.seal();
            },
            |error| matches!(error, Error::Rule(BlockError::ForeignDigest(1))),
        ),
    ];
    let node = Node::new(parameters());
    for (number, (what, change, is_error)) in (0..).zip(wrong_blocks) {
        let remark = RuntimeCall::System(frame_system::Call::remark {
            remark: what.into(),
        });
        let right = node.make(Plan {
            transactions: vec![node.signed(remark, number)],
            ..Plan::default()
        });
        let mut wrong = right.clone();
        change(&mut wrong);
        let error = node.turn_away(&wrong).await;
        assert!(is_error(&error), "{what}: {error}");
        // The shape is looked at before the memory of what was refused.
        let again = node.receive(&wrong).await.unwrap_err();
        assert!(
            matches!(again, Error::Condemned(_)) || is_error(&again),
            "{what}: {again}"
        );
        node.accept(&right).await;
    }
}
