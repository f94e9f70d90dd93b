use crate::{BlockAuthor, mock::*};
use allod_consensus_primitives::ENGINE_ID;
use allod_core::Slot;
use sp_runtime::{Digest, DigestItem};

#[test]
fn the_author_is_known_within_the_block_only() {
    new_test_ext().execute_with(|| {
        begin(3);
        let solution = claim(3).solution;
        assert_eq!(
            Farming::author(),
            Some(BlockAuthor {
                public_key: solution.public_key,
                reward_address: solution.reward_address,
            })
        );
        assert_eq!(Farming::slot(), Slot(3));
        end();
        assert_eq!(Farming::author(), None);
        assert_eq!(Farming::slot(), Slot(3));
    });
}

#[test]
#[should_panic(expected = "slot 5 of block 2 is not later than its parent's, 5")]
fn a_slot_must_be_later_than_the_parents() {
    new_test_ext().execute_with(|| {
        block(5);
        begin(5);
    });
}

#[test]
#[should_panic(expected = "slot 0 of block 1 is not later than its parent's, 0")]
fn slot_0_is_the_genesis_blocks() {
    new_test_ext().execute_with(|| begin(0));
}

#[test]
#[should_panic(expected = "block 1: the header has no `alod` pre-digest")]
fn a_block_without_pre_digest_is_invalid() {
    new_test_ext().execute_with(|| begin_with(Digest::default()));
}

#[test]
#[should_panic(expected = "block 1: the pre-digest of 3 bytes does not decode")]
fn a_broken_pre_digest_is_invalid() {
    let broken = DigestItem::PreRuntime(ENGINE_ID, vec![1, 2, 3]);
    new_test_ext().execute_with(|| begin_with(Digest { logs: vec![broken] }));
}

#[test]
#[should_panic(expected = "block 1: the header has more than one `alod` pre-digest")]
fn two_pre_digests_are_invalid() {
    let logs = vec![claim(1).into(), claim(2).into()];
    new_test_ext().execute_with(|| begin_with(Digest { logs }));
}

#[test]
#[should_panic(expected = "block 1 has 2 pre-digests; it must have one")]
fn a_pre_digest_of_another_engine_is_invalid() {
    let other = DigestItem::PreRuntime(*b"othe", vec![0; 1000]);
    let logs = vec![claim(1).into(), other];
    new_test_ext().execute_with(|| begin_with(Digest { logs }));
}
