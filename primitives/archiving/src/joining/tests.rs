use super::*;
use crate::testing::{Sealed, block, blocks, pack_all};
use proptest::prelude::*;

const CAPACITY: usize = 150;

/// Sizes with blocks that end at borders, cross one, and cross several.
const SIZES: [usize; 9] = [5, 30, 100, 1, 400, 45, 45, 300, 200];

fn sealed() -> Vec<Sealed> {
    pack_all(CAPACITY, &blocks(&SIZES))
}

#[test]
fn the_contents_name_what_they_are() {
    let sealed = sealed();
    let mut joiner = Joiner::new();
    assert_eq!(joiner.next_segment(), None);
    let mut parent = None;
    for (index, Sealed { header, bytes }) in (0..).zip(&sealed) {
        let contents = joiner.add(bytes, None).unwrap();
        assert_eq!(contents.segment_index, SegmentIndex(index));
        assert_eq!(contents.segment_header, parent);
        assert_eq!(contents.last_archived_block, header.last_archived_block);
        assert_eq!(joiner.next_segment(), Some(SegmentIndex(index + 1)));
        parent = Some(*header);
    }
}

#[test]
fn joining_may_begin_anywhere() {
    let sealed = sealed();
    let blocks = blocks(&SIZES);
    assert!(sealed.len() > 8);
    for from in 1..sealed.len() {
        let mut joiner = Joiner::new();
        let mut joined = Vec::new();
        for Sealed { header, bytes } in &sealed[from..] {
            joined.extend(joiner.add(bytes, Some(header)).unwrap().blocks);
        }
        // All blocks that begin in this segment or later and end in a closed one.
        let first = sealed[from - 1].header.last_archived_block.number + 1;
        for ((number, bytes), expected) in joined.iter().zip(first..) {
            assert_eq!(*number, expected);
            assert_eq!(*bytes, blocks[expected as usize]);
        }
        let last = sealed.last().unwrap().header.last_archived_block;
        let complete = last.progress == ArchivedProgress::Complete;
        let whole = last.number + u32::from(complete);
        assert_eq!(joined.len() as u32, whole.saturating_sub(first));
    }
}

#[test]
fn segments_come_in_order() {
    let sealed = sealed();
    let mut joiner = Joiner::new();
    joiner.add(&sealed[0].bytes, None).unwrap();
    joiner.add(&sealed[1].bytes, None).unwrap();
    let expected = SegmentIndex(2);
    for wrong in [0, 1, 3] {
        assert_eq!(
            joiner.add(&sealed[wrong].bytes, None),
            Err(JoinError::OutOfOrder {
                found: SegmentIndex(wrong as u64),
                expected
            })
        );
    }
    joiner.add(&sealed[2].bytes, None).unwrap();
}

#[test]
fn a_segment_of_another_history_is_refused() {
    // The two differ in where segment 1 ends.
    let ours = pack_all(CAPACITY, &blocks(&[5, 47, 300]));
    let theirs = pack_all(CAPACITY, &blocks(&[5, 300]));
    let mut joiner = Joiner::new();
    joiner.add(&ours[0].bytes, None).unwrap();
    joiner.add(&ours[1].bytes, None).unwrap();
    assert_eq!(
        joiner.add(&theirs[2].bytes, None),
        Err(JoinError::LastBlock {
            index: SegmentIndex(2),
            found: theirs[1].header.last_archived_block,
            expected: ours[1].header.last_archived_block,
        })
    );
    joiner.add(&ours[2].bytes, None).unwrap();
}

#[test]
fn a_header_that_is_not_the_segments_is_refused() {
    let sealed = sealed();
    let Sealed { header, bytes } = &sealed[2];
    let mut joiner = Joiner::new();
    let index = SegmentIndex(2);

    let mut wrong = *header;
    wrong.segment_index = SegmentIndex(3);
    assert_eq!(
        joiner.add(bytes, Some(&wrong)),
        Err(JoinError::HeaderIndex {
            found: SegmentIndex(3),
            expected: index
        })
    );
    let mut wrong = *header;
    wrong.previous_header_hash = HeaderHash([0; 32]);
    assert_eq!(
        joiner.add(bytes, Some(&wrong)),
        Err(JoinError::HeaderHash {
            index,
            found: HeaderHash([0; 32]),
            expected: sealed[1].header.hash(),
        })
    );
    let mut wrong = *header;
    wrong.last_archived_block.number += 1;
    assert_eq!(
        joiner.add(bytes, Some(&wrong)),
        Err(JoinError::HeaderLastBlock {
            index,
            found: wrong.last_archived_block,
            expected: header.last_archived_block,
        })
    );
    assert_eq!(joiner.next_segment(), None);
    joiner.add(bytes, Some(header)).unwrap();
}

/// A segment with a parent segment header that ends like this, then these items.
fn segment(number: u32, progress: ArchivedProgress, items: &[SegmentItem<'_>]) -> Vec<u8> {
    let mut header = sealed()[3].header;
    header.last_archived_block = LastArchivedBlock { number, progress };
    let parent = SegmentItem::ParentSegmentHeader(Box::new(header));
    let items = [&[parent], items].concat();
    Segment::V0 { items }.encode()
}

#[test]
fn contradictions_have_their_errors() {
    let partial = ArchivedProgress::Partial(NonZeroU32::new(10).unwrap());
    let complete = ArchivedProgress::Complete;
    let index = SegmentIndex(4);
    let content: &[u8] = &[1, 2];
    let block = SegmentItem::Block(content);
    let end = SegmentItem::BlockContinuation { length: 2, content };
    let add = |bytes: &[u8]| Joiner::new().add(bytes, None);
    let number = 6;

    for items in [&[block.clone()][..], &[]] {
        assert_eq!(
            add(&segment(number, partial, items)),
            Err(JoinError::ContinuationMissing { index, number })
        );
    }
    assert_eq!(
        add(&segment(number, complete, std::slice::from_ref(&end))),
        Err(JoinError::ContinuationUnexpected { index, number })
    );
    assert_eq!(
        add(&Segment::V0 { items: vec![end] }.encode()),
        Err(JoinError::ContinuationUnexpected {
            index: SegmentIndex(0),
            number: 0
        })
    );
    for items in [&[][..], &[SegmentItem::Padding(3)]] {
        assert_eq!(
            add(&segment(number, complete, items)),
            Err(JoinError::NoBlocks(index))
        );
    }
    assert_eq!(add(&[0]), Err(JoinError::NoBlocks(SegmentIndex(0))));
    assert_eq!(add(&[]), Err(JoinError::Segment(SegmentError::Empty)));

    let after = LastArchivedBlock {
        number: u32::MAX,
        progress: complete,
    };
    assert_eq!(
        add(&segment(u32::MAX, complete, &[block])),
        Err(JoinError::NumbersExhausted { after })
    );
    let cut = SegmentItem::BlockContinuation { length: 3, content };
    let all = ArchivedProgress::Partial(NonZeroU32::MAX);
    let after = LastArchivedBlock { number, ..after };
    assert_eq!(
        add(&segment(number, all, &[cut])),
        Err(JoinError::NumbersExhausted { after })
    );
}

#[test]
fn a_rest_of_another_length_is_refused() {
    let sealed = pack_all(CAPACITY, &[block(0, 5), block(1, 300)]);
    let mut joiner = Joiner::new();
    joiner.add(&sealed[0].bytes, None).unwrap();
    joiner.add(&sealed[1].bytes, None).unwrap();
    let mut wrong = sealed[2].bytes.clone();
    // Behind the version and the parent segment header: 03, then the length.
    assert_eq!(wrong[99], 3);
    wrong[100] ^= 1;
    let expected = 300 - 50;
    assert_eq!(
        joiner.add(&wrong, None),
        Err(JoinError::ContinuationLength {
            index: SegmentIndex(2),
            number: 1,
            found: expected ^ 1,
            expected
        })
    );
    joiner.add(&sealed[2].bytes, None).unwrap();
}

proptest! {
    #[test]
    fn hostile_segments_do_not_panic_and_change_nothing(
        which in 0_usize..6,
        mutations in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![0_u8..6, any::<u8>()]), 1..4),
    ) {
        let sealed = sealed();
        let mut joiner = Joiner::new();
        let mut blocks = Vec::new();
        for (index, Sealed { header, bytes }) in sealed.iter().enumerate() {
            if index == which {
                let mut wrong = bytes.clone();
                for (at, value) in &mutations {
                    *at.get_mut(&mut wrong) = *value;
                }
                let mut tried = joiner.clone();
                if tried.add(&wrong, Some(header)).is_err() {
                    prop_assert_eq!(tried.next_segment(), joiner.next_segment());
                    joiner = tried;
                }
            }
            blocks.extend(joiner.add(bytes, Some(header)).unwrap().blocks);
        }
        for (number, bytes) in blocks.iter().skip(1) {
            prop_assert_eq!(bytes, &block(*number as usize, SIZES[*number as usize]));
        }
    }

    #[test]
    fn random_segments_do_not_panic(mut bytes in prop::collection::vec(prop_oneof![0_u8..6, any::<u8>()], 1..300)) {
        bytes[0] = 0;
        let outcome = Joiner::new().add(&bytes, None);
        if let Ok(contents) = outcome {
            let total: usize = contents.blocks.iter().map(|(_, bytes)| bytes.len()).sum();
            prop_assert!(total < bytes.len());
        }
    }
}
