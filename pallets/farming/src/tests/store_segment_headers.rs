//! The mock's confirmation depth is 6: a segment that ends with block b enters in block b + 7.

use crate::{Error, Event, LastSegmentHeader, mock::*};
use allod_consensus_primitives::{ConsensusLog, SegmentHeaders, consensus_logs};
use allod_core::{
    HistorySize, LastArchivedBlock, SegmentCommitment, SegmentIndex, history::HeaderHash,
};
use frame_support::{
    assert_noop, assert_ok,
    dispatch::{DispatchClass, DispatchResult, GetDispatchInfo},
};
use sp_runtime::DispatchError;

fn store(headers: SegmentHeaders) -> DispatchResult {
    Farming::store_segment_headers(RuntimeOrigin::none(), headers)
}

/// Headers that continue the stored ones.
fn next(last_blocks: &[LastArchivedBlock]) -> SegmentHeaders {
    headers(LastSegmentHeader::<Test>::get(), last_blocks)
}

/// Segment 0 stored, block 8 begun: segments that end with block 1 are due.
fn at_block_8() {
    begin(1);
    store(next(&[complete(0)])).unwrap();
    end();
    blocks_to(7);
    begin(8);
}

#[test]
fn segment_0_enters_in_block_1() {
    new_test_ext().execute_with(|| {
        begin(1);
        let stored = next(&[complete(0)]);
        assert_ok!(store(stored.clone()));
        System::assert_last_event(Event::SegmentHeaderStored { header: stored[0] }.into());
        assert_eq!(Farming::history_size(), HistorySize(1));
        assert_eq!(
            Farming::segment_commitment(SegmentIndex(0)),
            Some(stored[0].segment_commitment)
        );
        let logs = consensus_logs(&end()).unwrap();
        assert_eq!(logs, [ConsensusLog::SegmentHeader(stored[0])]);
    });
}

#[test]
fn several_segments_of_one_block_enter_at_once() {
    new_test_ext().execute_with(|| {
        at_block_8();
        let stored = next(&[partial(1, 10), partial(1, 11), complete(1)]);
        assert_ok!(store(stored.clone()));
        assert_eq!(Farming::history_size(), HistorySize(4));
        assert_eq!(
            Farming::segment_commitment(SegmentIndex(2)),
            Some(SegmentCommitment([2; 48]))
        );
        assert_eq!(Farming::segment_commitment(SegmentIndex(4)), None);
        assert_eq!(LastSegmentHeader::<Test>::get(), Some(stored[2]));
        let expected: Vec<_> = stored
            .into_iter()
            .map(ConsensusLog::SegmentHeader)
            .collect();
        assert_eq!(consensus_logs(&end()).unwrap(), expected);
    });
}

#[test]
fn it_is_a_mandatory_inherent() {
    let call = crate::Call::<Test>::store_segment_headers {
        headers: headers(None, &[complete(0)]),
    };
    assert_eq!(call.get_dispatch_info().class, DispatchClass::Mandatory);
    new_test_ext().execute_with(|| {
        begin(1);
        for origin in [RuntimeOrigin::signed(1), RuntimeOrigin::root()] {
            assert_noop!(
                Farming::store_segment_headers(origin, next(&[complete(0)])),
                DispatchError::BadOrigin
            );
        }
    });
}

#[test]
fn no_headers() {
    new_test_ext().execute_with(|| {
        begin(1);
        assert_noop!(store(next(&[])), Error::<Test>::NoHeaders);
    });
}

#[test]
fn second_call_in_a_block() {
    new_test_ext().execute_with(|| {
        at_block_8();
        assert_ok!(store(next(&[partial(1, 10)])));
        assert_noop!(store(next(&[complete(1)])), Error::<Test>::SecondCall);
    });
    new_test_ext().execute_with(|| {
        begin(1);
        assert_ok!(store(next(&[complete(0)])));
        assert_noop!(store(next(&[complete(1)])), Error::<Test>::SecondCall);
    });
}

#[test]
fn not_consecutive() {
    new_test_ext().execute_with(|| {
        begin(1);
        let mut first = next(&[complete(0)]);
        first[0].segment_index = SegmentIndex(1);
        assert_noop!(store(first), Error::<Test>::NotConsecutive);
        end();
    });
    new_test_ext().execute_with(|| {
        at_block_8();
        let mut two = next(&[partial(1, 10), complete(1)]);
        two[1].segment_index = SegmentIndex(1);
        assert_noop!(store(two), Error::<Test>::NotConsecutive);
    });
}

#[test]
fn wrong_previous_hash() {
    new_test_ext().execute_with(|| {
        begin(1);
        let mut first = next(&[complete(0)]);
        first[0].previous_header_hash = HeaderHash([1; 32]);
        assert_noop!(store(first), Error::<Test>::WrongPreviousHash);
    });
    new_test_ext().execute_with(|| {
        at_block_8();
        let mut two = next(&[partial(1, 10), complete(1)]);
        two[1].previous_header_hash = two[0].previous_header_hash;
        assert_noop!(store(two), Error::<Test>::WrongPreviousHash);
    });
}

#[test]
fn not_growing() {
    new_test_ext().execute_with(|| {
        at_block_8();
        for last_blocks in [
            [partial(1, 10), partial(1, 10)],
            [partial(1, 10), partial(1, 9)],
            [complete(1), partial(1, 10)],
            [complete(1), complete(1)],
        ] {
            assert_noop!(store(next(&last_blocks)), Error::<Test>::NotGrowing);
        }
        assert_noop!(store(next(&[complete(0)])), Error::<Test>::NotGrowing);
    });
}

#[test]
fn not_genesis() {
    new_test_ext().execute_with(|| {
        begin(1);
        assert_noop!(store(next(&[partial(0, 10)])), Error::<Test>::NotGenesis);
        assert_noop!(store(next(&[complete(1)])), Error::<Test>::NotGenesis);
    });
}

#[test]
fn wrong_block() {
    // Segment 0 late.
    new_test_ext().execute_with(|| {
        block(1);
        begin(2);
        assert_noop!(store(next(&[complete(0)])), Error::<Test>::WrongBlock);
    });
    // A block early, a block late, and one of two that is due elsewhere.
    new_test_ext().execute_with(|| {
        at_block_8();
        assert_noop!(store(next(&[complete(2)])), Error::<Test>::WrongBlock);
        assert_noop!(
            store(next(&[complete(1), complete(2)])),
            Error::<Test>::WrongBlock
        );
        end();
        begin(9);
        assert_noop!(store(next(&[complete(1)])), Error::<Test>::WrongBlock);
        assert_ok!(store(next(&[complete(2)])));
    });
    // A block that no number can be high enough for.
    new_test_ext().execute_with(|| {
        at_block_8();
        assert_noop!(
            store(next(&[complete(u32::MAX)])),
            Error::<Test>::WrongBlock
        );
    });
}
