//! Who sealed what (§8).

use allod_block_rules::BlockError;
use allod_consensus_primitives::{DigestError, digest::seal_item};
use allod_import_tests::{
    block::Made,
    farming::{Farmer, Plan},
    harness::{Node, broken_rule, parameters, verified},
};
use allod_runtime::Hash;
use allod_verification::SealError;
use sp_runtime::DigestItem;

/// Makes a good block a bad one.
type Tamper = fn(&mut Made);

/// §8: the seal is over `"allod/seal/1" ‖ genesis hash ‖ H(header without seal)`, by the key of the
/// solution.
#[tokio::test]
async fn a_seal_by_another_key_or_of_something_else_is_refused() {
    let wrong_seals: [(&str, Tamper); 5] = [
        ("another key", |block| {
            let genesis_hash = block.genesis_hash;
            block.seal_with(&Farmer::new(7), &genesis_hash);
        }),
        ("another chain", |block| {
            let farmer = block.farmer.clone();
            block.seal_with(&farmer, &[7; 32]);
        }),
        ("another header", |block| {
            block.header.state_root = Hash::repeat_byte(7);
        }),
        ("a bit of the first half", |block| flip(block, 3)),
        ("a bit of the second half", |block| flip(block, 40)),
    ];
    let node = Node::new(parameters());
    let key = Farmer::new(0).public_key();
    for (what, change) in wrong_seals {
        let right = node.make(Plan::default());
        let mut wrong = right.clone();
        change(&mut wrong);
        let error = node.refuse_then_accept(&wrong, &right).await;
        assert!(
            matches!(error, BlockError::Seal(SealError::Signature(of)) if of == key),
            "{what}: {error}"
        );
    }
}

/// Flips a bit in a byte of the seal.
fn flip(block: &mut Made, byte: usize) {
    for seal in &mut block.seals {
        if let DigestItem::Seal(_, bytes) = seal {
            bytes[byte] ^= 1;
        }
    }
}

/// §8: someone else's solution is of no use, as the sector belongs to the key that seals.
#[tokio::test]
async fn a_solution_cannot_be_taken_over_by_another_key() {
    let node = Node::new(parameters());
    let right = node.make(Plan::default());
    let mut wrong = right.clone();
    wrong.farmer = Farmer::new(7);
    wrong.change_solution(|solution| solution.public_key = Farmer::new(7).public_key());
    // In the thief's sector the slot reads something else.
    let error = node.refuse_then_accept(&wrong, &right).await;
    assert!(matches!(error, BlockError::Solution(_)), "{error}");
}

/// §8: the seal is the last digest item, and there is one.
#[tokio::test]
async fn import_wants_one_seal_at_the_end() {
    let wrong_seals: [(DigestError, Tamper); 5] = [
        (DigestError::NoSeal, |block| block.seals.clear()),
        (DigestError::SeveralSeals, |block| {
            block.seals.push(seal_item(&[1; 64]));
        }),
        (DigestError::NoSeal, |block| {
            block.seals.push(DigestItem::Other(Vec::new()));
        }),
        (DigestError::NoSeal, |block| {
            block.seals = vec![DigestItem::Seal(*b"FRNK", vec![1; 64])];
        }),
        (DigestError::NoSeal, |block| {
            if let Some(DigestItem::Seal(_, bytes)) = block.seals.first_mut() {
                bytes.pop();
            }
        }),
    ];
    let node = Node::new(parameters());
    let right = node.make(Plan::default());
    for (expected, change) in wrong_seals {
        let mut wrong = right.clone();
        change(&mut wrong);
        let error = node.refuse(&wrong).await;
        assert!(
            matches!(error, BlockError::Digest(found) if found == expected),
            "{error}"
        );
    }
    node.accept(&right).await;
}

/// Import does not rely on the verifier, which own blocks do not pass.
#[tokio::test]
async fn import_wants_one_seal_too() {
    let wrong_seals: [(DigestError, Vec<DigestItem>); 4] = [
        (DigestError::NoSeal, vec![]),
        (
            DigestError::SeveralSeals,
            vec![seal_item(&[1; 64]), seal_item(&[2; 64])],
        ),
        (
            DigestError::NoSeal,
            vec![DigestItem::Seal(*b"FRNK", vec![1; 64])],
        ),
        (DigestError::NoSeal, vec![DigestItem::Other(Vec::new())]),
    ];
    let node = Node::new(parameters());
    let right = node.make(Plan::default());
    for (expected, seals) in wrong_seals {
        let mut params = verified(&right).await;
        params.post_digests = seals;
        let error = broken_rule(node.import(params).await);
        assert!(
            matches!(error, BlockError::Digest(found) if found == expected),
            "{error}"
        );
        node.assert_unknown(&right);
    }
    node.accept(&right).await;
}
