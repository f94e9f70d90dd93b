use super::*;
use crate::testing::{blocks, pack_all};
use allod_core::{
    ArchivedProgress, LastArchivedBlock, SegmentCommitment, SegmentIndex, history::HeaderHash,
};
use core::num::NonZeroU32;
use proptest::prelude::*;

fn header(progress: ArchivedProgress) -> SegmentHeader {
    SegmentHeader {
        segment_index: SegmentIndex(0x0102),
        segment_commitment: SegmentCommitment([0xaa; 48]),
        previous_header_hash: HeaderHash([0xbb; 32]),
        last_archived_block: LastArchivedBlock {
            number: 0x0304,
            progress,
        },
    }
}

fn partial(bytes: u32) -> ArchivedProgress {
    ArchivedProgress::Partial(NonZeroU32::new(bytes).unwrap())
}

fn items(bytes: &[u8]) -> Result<Vec<SegmentItem<'_>>, SegmentError> {
    Segment::decode(bytes).map(|segment| segment.items().to_vec())
}

/// Written from the module's documentation by hand.
#[test]
fn bytes_are_those_of_the_documentation() {
    let mut bytes = vec![0, 4];
    bytes.extend([2, 1, 0, 0, 0, 0, 0, 0]);
    bytes.extend([0xaa; 48]);
    bytes.extend([0xbb; 32]);
    bytes.extend([4, 3, 0, 0, 1, 5, 0, 0, 0]);
    assert_eq!(bytes.len(), VERSION_BYTES + LARGEST_PARENT_ITEM_BYTES);
    bytes.extend([3, 2, 0, 0, 0, 10, 11]);
    bytes.extend([1, 3, 0, 0, 0, 20, 21, 22]);
    let common = bytes.len();
    let parent = SegmentItem::ParentSegmentHeader(Box::new(header(partial(5))));
    let continuation = SegmentItem::BlockContinuation {
        length: 2,
        content: &[10, 11],
    };
    let block = SegmentItem::Block(&[20, 21, 22]);

    let mut padded = bytes.clone();
    padded.extend([0; 5]);
    let segment = Segment::decode(&padded).unwrap();
    assert_eq!(
        segment.items(),
        [
            parent.clone(),
            continuation.clone(),
            block.clone(),
            SegmentItem::Padding(5)
        ]
    );
    assert_eq!(segment.encode(), padded);

    bytes.truncate(common);
    bytes.extend([2, 0, 1, 0, 0, 30]);
    let segment = Segment::decode(&bytes).unwrap();
    let start = SegmentItem::BlockStart {
        length: 256,
        content: &[30],
    };
    assert_eq!(segment.items(), [parent, continuation, block, start]);
    assert_eq!(segment.encode(), bytes);
}

#[test]
fn a_complete_header_is_four_bytes_shorter() {
    let segment = Segment::V0 {
        items: vec![SegmentItem::ParentSegmentHeader(Box::new(header(
            ArchivedProgress::Complete,
        )))],
    };
    let bytes = segment.encode();
    assert_eq!(bytes.len(), VERSION_BYTES + LARGEST_PARENT_ITEM_BYTES - 4);
    assert_eq!(bytes.last(), Some(&0));
    assert_eq!(Segment::decode(&bytes), Ok(segment));
}

#[test]
fn a_continuation_may_end_or_fill_a_segment() {
    let content: &[u8] = &[7, 7];
    for length in [2, 3, u32::MAX] {
        let item = SegmentItem::BlockContinuation { length, content };
        let mut bytes = vec![VERSION];
        item.append_to(&mut bytes);
        assert_eq!(items(&bytes), Ok(vec![item]));
    }
}

#[test]
fn every_broken_rule_has_its_error() {
    let of = |rest: &[u8]| {
        let mut bytes = vec![VERSION];
        bytes.extend(rest);
        items(&bytes).map(|_| ()).unwrap_err()
    };
    assert_eq!(items(&[]), Err(SegmentError::Empty));
    assert_eq!(items(&[1, 0]), Err(SegmentError::Version(1)));
    let (offset, index) = (1, 5);
    assert_eq!(of(&[5; 9]), SegmentError::UnknownItem { offset, index });
    for index in 1..=3 {
        let bytes = [index, 1, 0, 0, 0];
        for left in 1..=5 {
            assert_eq!(
                of(&bytes[..left]),
                SegmentError::ItemCutOff { offset, left }
            );
        }
        assert_eq!(
            of(&[index, 0, 0, 0, 0, 9]),
            SegmentError::NoContent { offset }
        );
    }
    let (length, left) = (3, 2);
    assert_eq!(
        of(&[1, 3, 0, 0, 0, 9, 9]),
        SegmentError::BlockTooLong {
            offset,
            length,
            left
        }
    );
    for length in [1, 2] {
        assert_eq!(
            of(&[2, length, 0, 0, 0, 9, 9]),
            SegmentError::BlockStartFits {
                offset,
                length: length.into(),
                left
            }
        );
    }
    assert_eq!(
        of(&[0, 0, 0, 1, 0]),
        SegmentError::PaddingNotZero { offset, at: 4 }
    );

    let mut parent = vec![4];
    header(partial(1)).encode_to(&mut parent);
    assert_eq!(of(&parent[..50]), SegmentError::ParentHeader { offset });
    let mut zero = parent.clone();
    zero[94] = 0;
    assert_eq!(of(&zero), SegmentError::ParentHeader { offset });
    let twice = [&parent[..], &parent].concat();
    let offset = 1 + LARGEST_PARENT_ITEM_BYTES;
    assert_eq!(of(&twice), SegmentError::MisplacedParentHeader { offset });

    let block = [1, 1, 0, 0, 0, 9];
    let offset = 7;
    let late = [&block[..], &parent].concat();
    assert_eq!(of(&late), SegmentError::MisplacedParentHeader { offset });
    let late = [&block[..], &[3, 1, 0, 0, 0, 9]].concat();
    assert_eq!(of(&late), SegmentError::MisplacedContinuation { offset });
}

#[test]
fn reading_ends_after_an_error() {
    let mut items = Items::new(&[0, 9, 1, 1, 0, 0, 0, 9]).unwrap();
    assert!(items.next().unwrap().is_err());
    assert_eq!(items.next(), None);
}

proptest! {
    #[test]
    fn hostile_bytes_decode_to_themselves_or_not_at_all(
        mut bytes in prop::collection::vec(prop_oneof![0_u8..6, any::<u8>()], 0..300),
        version in prop::bool::weighted(0.9),
    ) {
        if let (true, Some(first)) = (version, bytes.first_mut()) {
            *first = VERSION;
        }
        if let Ok(segment) = Segment::decode(&bytes) {
            prop_assert!(segment.items().len() <= bytes.len() / 6 + 3);
            prop_assert_eq!(segment.encode(), bytes);
        }
    }

    #[test]
    fn mutated_segments_decode_to_themselves_or_not_at_all(
        sizes in prop::collection::vec(1_usize..80, 1..20),
        at in any::<prop::sample::Index>(),
        which in any::<prop::sample::Index>(),
        value in prop_oneof![0_u8..6, any::<u8>()],
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let sealed = pack_all(150, &blocks(&sizes));
        let mut bytes = which.get(&sealed).bytes.clone();
        prop_assert_eq!(Segment::decode(&bytes).unwrap().encode(), &bytes[..]);
        *at.get_mut(&mut bytes) = value;
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(segment) = Segment::decode(&bytes) {
            prop_assert_eq!(segment.encode(), bytes);
        }
    }
}
