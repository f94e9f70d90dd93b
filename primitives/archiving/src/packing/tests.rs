use super::*;
use crate::{
    joining::Joiner,
    testing::{Sealed, block, blocks, pack, pack_all, seal},
};
use proptest::prelude::*;

const CAPACITY: usize = 120;

/// The slow twin, from the documentation of `segment`: a block at a time, a segment at a time,
/// no state but the bytes.
fn twin(capacity: usize, blocks: &[Vec<u8>]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let mut closed: Vec<Vec<u8>> = Vec::new();
    let mut open = vec![0];
    let mut previous = HeaderHash::default();
    for (number, block) in blocks.iter().enumerate() {
        let mut done = 0;
        while done < block.len() {
            let to_come = block.len() - done;
            let room = capacity - open.len() - 5;
            open.push(match (done, to_come <= room) {
                (0, true) => 1,
                (0, false) => 2,
                _ => 3,
            });
            open.extend((to_come as u32).to_le_bytes());
            let end = done + to_come.min(room);
            open.extend(&block[done..end]);
            done = end;
            if capacity - open.len() <= 5 {
                open.resize(capacity, 0);
                let index = SegmentIndex(closed.len() as u64);
                let progress = match NonZeroU32::new(done as u32) {
                    Some(archived) if done < block.len() => ArchivedProgress::Partial(archived),
                    _ => ArchivedProgress::Complete,
                };
                let header = seal(&RawSegment {
                    index,
                    previous_header_hash: previous,
                    last_archived_block: LastArchivedBlock {
                        number: number as u32,
                        progress,
                    },
                    bytes: &open,
                });
                previous = header.hash();
                closed.push(std::mem::replace(&mut open, vec![0, 4]));
                open.extend(header.encode());
            }
        }
    }
    (closed, open)
}

fn keystream(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    ChaCha8::new(&[7; 32].into(), &[0; 12].into()).apply_keystream(&mut bytes);
    bytes
}

/// The genesis block as it is archived: with the smallest keystream that fills its last segment.
fn padded_genesis(capacity: usize, encoding: &[u8]) -> Vec<u8> {
    let mut length = capacity - 1 - 5;
    while length < encoding.len() {
        length += capacity - 1 - 98 - 5;
    }
    [encoding, &keystream(length - encoding.len())].concat()
}

/// Packs, compares with the twin, joins again and compares with the blocks.
fn check(capacity: usize, blocks: &[Vec<u8>]) {
    let mut packer = Packer::new(capacity).unwrap();
    let mut sealed = Vec::new();
    for block in blocks {
        pack(&mut packer, block, &mut sealed);
        assert!(capacity - packer.state.unfinished.len() >= SMALLEST_ITEM_BYTES);
    }
    let mut archived = blocks.to_vec();
    archived[0] = padded_genesis(capacity, &blocks[0]);
    let (closed, open) = twin(capacity, &archived);
    assert_eq!(sealed.len(), closed.len());
    for (sealed, bytes) in sealed.iter().zip(closed) {
        assert_eq!(sealed.bytes, bytes);
        assert_eq!(sealed.bytes.len(), capacity);
    }
    assert_eq!(*packer.state.unfinished, open);

    let mut joiner = Joiner::new();
    let mut joined = Vec::new();
    for Sealed { header, bytes } in &sealed {
        joined.extend(joiner.add(bytes, Some(header)).unwrap().blocks);
    }
    let last = sealed.last().unwrap().header.last_archived_block;
    let complete = last.progress == ArchivedProgress::Complete;
    assert_eq!(joined.len() as u32, last.number + u32::from(complete));
    for ((number, bytes), (expected, block)) in joined.iter().zip((0..).zip(&archived)) {
        assert_eq!((*number, bytes), (expected, block));
    }
    let state = packer.state.clone();
    assert_eq!(
        Packer::restore(capacity, state).unwrap().state,
        packer.state
    );
}

#[test]
fn every_case_at_every_border() {
    // The genesis block fills segment 0. Of the next one, 16 to 21 bytes are left; so every
    // position of a border relative to two blocks and to the items between them occurs.
    for first in 1..=80 {
        for second in 1..=80 {
            check(CAPACITY, &blocks(&[3, first, second, 4]));
        }
    }
}

#[test]
fn a_block_that_ends_at_the_border_closes_the_segment() {
    let first_room = CAPACITY - VERSION_BYTES - (LARGEST_PARENT_ITEM_BYTES - 4);
    let whole = first_room - ITEM_HEADER_BYTES;
    for (size, segments, padding) in [
        (whole - 6, 1, 0),
        (whole - 5, 2, 5),
        (whole - 1, 2, 1),
        (whole, 2, 0),
        (whole + 1, 2, 0),
    ] {
        let sealed = pack_all(CAPACITY, &blocks(&[1, size]));
        assert_eq!(sealed.len(), segments, "{size}");
        let Some(second) = sealed.get(1) else {
            continue;
        };
        let segment = Segment::decode(&second.bytes).unwrap();
        let found = match segment.items().last() {
            Some(SegmentItem::Padding(found)) => *found,
            _ => 0,
        };
        assert_eq!(found, padding, "{size}");
        let progress = second.header.last_archived_block.progress;
        assert_eq!(progress == ArchivedProgress::Complete, size <= whole);
    }
}

#[test]
fn the_genesis_block_fills_segment_0() {
    for size in 1..=CAPACITY - 6 {
        let encoding = block(0, size);
        let sealed = pack_all(CAPACITY, std::slice::from_ref(&encoding));
        assert_eq!(sealed.len(), 1);
        let expected = padded_genesis(CAPACITY, &encoding);
        assert_eq!(
            Segment::decode(&sealed[0].bytes).unwrap().items(),
            [SegmentItem::Block(&expected)]
        );
        assert_eq!(
            sealed[0].header.last_archived_block,
            LastArchivedBlock {
                number: 0,
                progress: ArchivedProgress::Complete
            }
        );
        assert_eq!(sealed[0].header.previous_header_hash, HeaderHash([0; 32]));
    }
}

#[test]
fn a_larger_genesis_block_fills_its_last_segment() {
    for size in CAPACITY - 5..3 * CAPACITY {
        let encoding = block(0, size);
        let sealed = pack_all(CAPACITY, std::slice::from_ref(&encoding));
        let expected = padded_genesis(CAPACITY, &encoding);
        assert!(expected.len() - encoding.len() < CAPACITY - 104);
        let mut joiner = Joiner::new();
        let contents = sealed
            .iter()
            .map(|sealed| joiner.add(&sealed.bytes, Some(&sealed.header)).unwrap())
            .collect::<Vec<_>>();
        let (last, others) = contents.split_last().unwrap();
        assert!(!others.is_empty());
        assert!(others.iter().all(|contents| contents.blocks.is_empty()));
        assert_eq!(last.blocks, [(0, expected)]);
        let last = Segment::decode(&sealed.last().unwrap().bytes).unwrap();
        assert!(!matches!(
            last.items().last(),
            Some(SegmentItem::Padding(_))
        ));
    }
}

/// The test vector that the authors of ChaCha's test suite publish for 8 rounds, 256-bit key, all
/// zero.
#[test]
fn the_keystream_is_chacha8() {
    let mut packer = Packer::new(CAPACITY).unwrap();
    let mut bytes = Vec::new();
    packer
        .add_genesis(vec![1], &[0; 32], |raw| {
            bytes = raw.bytes.to_vec();
            Ok::<_, PackingError>(seal(&raw))
        })
        .unwrap();
    let keystream = hex::decode(
        "3e00ef2f895f40d67f5bb8e81f09a5a12c840ec3ce9a7f3b181be188ef711a1e\
         984ce172b9216f419f445367456d5619314a42a3da86b001387bfdb80e0cfe42",
    )
    .unwrap();
    assert_eq!(bytes[7..71], keystream);
}

#[test]
fn blocks_come_in_order() {
    let mut packer = Packer::new(CAPACITY).unwrap();
    let mut sealed = Vec::new();
    let seal = |raw: RawSegment<'_>| Ok::<_, PackingError>(seal(&raw));
    assert_eq!(
        packer.add_block(1, &[1], seal),
        Err(PackingError::GenesisMissing)
    );
    assert_eq!(
        packer.add_genesis(Vec::new(), &[0; 32], seal),
        Err(PackingError::EmptyBlock(0))
    );
    pack(&mut packer, &[1], &mut sealed);
    assert_eq!(
        packer.add_genesis(vec![1], &[0; 32], seal),
        Err(PackingError::GenesisTwice { expected: 1 })
    );
    for number in [0, 2, u32::MAX] {
        assert_eq!(
            packer.add_block(number, &[1], seal),
            Err(PackingError::WrongBlock {
                number,
                expected: 1
            })
        );
    }
    let before = packer.state.clone();
    assert_eq!(
        packer.add_block(1, &[], seal),
        Err(PackingError::EmptyBlock(1))
    );
    assert_eq!(packer.state, before);
    packer.state.last_block = Some(u32::MAX);
    assert_eq!(
        packer.add_block(u32::MAX, &[1], seal),
        Err(PackingError::NumbersExhausted(u32::MAX))
    );
    assert!(matches!(
        Packer::new(SMALLEST_SEGMENT_BYTES - 1),
        Err(PackingError::Capacity(104))
    ));
}

#[test]
fn nothing_has_changed_if_sealing_fails() {
    let mut packer = Packer::new(CAPACITY).unwrap();
    pack(&mut packer, &[1], &mut Vec::new());
    pack(&mut packer, &[2], &mut Vec::new());
    let before = packer.state.clone();
    let block = block(2, 3 * CAPACITY);
    for good in 0..3 {
        let mut calls = 0;
        let outcome = packer.add_block(2, &block, |raw| {
            calls += 1;
            if calls > good {
                return Err(PackingError::Capacity(0));
            }
            Ok(seal(&raw))
        });
        assert_eq!(outcome, Err(PackingError::Capacity(0)));
        assert_eq!(packer.state, before);
    }
    let mut again = Vec::new();
    pack(&mut packer, &block, &mut again);
    let expected = pack_all(CAPACITY, &[vec![1], vec![2], block]);
    assert_eq!(again, expected[1..]);
}

#[test]
fn resuming_within_a_block_that_is_shorter_is_refused() {
    let sealed = pack_all(CAPACITY, &[vec![1], block(1, 50)]);
    let long = pack_all(CAPACITY, &[vec![1], block(1, 50), block(2, 50)]);
    let header = long[sealed.len()].header;
    let archived = match header.last_archived_block.progress {
        ArchivedProgress::Partial(archived) => archived.get(),
        ArchivedProgress::Complete => unreachable!("the second block crosses the border"),
    };
    let resume = |length| {
        Packer::resume(CAPACITY, header, &block(2, length), |raw| Ok(seal(&raw)))
            .map(|packer| packer.state.last_block)
    };
    for length in [0, 1, archived as usize] {
        let expected = PackingError::AnotherBlock {
            segment: header.segment_index,
            number: 2,
            archived,
            length,
        };
        assert_eq!(resume(length), Err(expected));
    }
    assert_eq!(resume(archived as usize + 1), Ok(Some(2)));
}

#[test]
fn indices_of_segments_end() {
    let mut packer = Packer::new(CAPACITY).unwrap();
    pack(&mut packer, &[1], &mut Vec::new());
    let last = SegmentIndex(u64::MAX);
    packer.state.last_header.as_mut().unwrap().segment_index = last;
    assert_eq!(
        packer.add_block(1, &block(1, CAPACITY), |raw| Ok(seal(&raw))),
        Err(PackingError::SegmentsExhausted(last))
    );
}

/// A state with a header that ends within a block or not, and these items after it.
fn state(partial: bool, items: &[SegmentItem<'_>], last_block: u32) -> PackerState {
    let progress = if partial {
        ArchivedProgress::Partial(NonZeroU32::MIN)
    } else {
        ArchivedProgress::Complete
    };
    let header = seal(&RawSegment {
        index: SegmentIndex(4),
        previous_header_hash: HeaderHash([1; 32]),
        last_archived_block: LastArchivedBlock {
            number: 8,
            progress,
        },
        bytes: &[],
    });
    let mut unfinished = vec![VERSION];
    SegmentItem::ParentSegmentHeader(Box::new(header)).append_to(&mut unfinished);
    for item in items {
        item.append_to(&mut unfinished);
    }
    PackerState {
        last_header: Some(header),
        last_block: Some(last_block),
        unfinished: Arc::new(unfinished),
    }
}

#[test]
fn a_saved_state_is_checked() {
    let restore = |state| Packer::restore(200, state).map(|_| ());
    let content: &[u8] = &[1, 2, 3];
    let end = SegmentItem::BlockContinuation { length: 3, content };
    let block = SegmentItem::Block(content);
    let good = state(true, &[end.clone(), block.clone()], 9);
    assert_eq!(restore(good.clone()), Ok(()));
    assert_eq!(restore(state(false, &[], 8)), Ok(()));
    assert_eq!(
        restore(state(false, std::slice::from_ref(&block), 9)),
        Ok(())
    );

    assert_eq!(
        Packer::restore(104, good.clone()).map(|_| ()),
        Err(PackerStateError::Capacity(104))
    );
    let length = good.unfinished.len();
    for (capacity, fits) in [(length + 6, true), (length + 5, false)] {
        let expected = Err(PackerStateError::Full {
            length,
            capacity,
            closed: capacity - 5,
        });
        assert_eq!(
            Packer::restore(capacity, good.clone()).map(|_| ()),
            if fits { Ok(()) } else { expected }
        );
    }
    let mut wrong = good.clone();
    Arc::make_mut(&mut wrong.unfinished)[0] = 1;
    assert_eq!(
        restore(wrong),
        Err(PackerStateError::Segment(SegmentError::Version(1)))
    );
    let mut wrong = good.clone();
    wrong.last_header.as_mut().unwrap().segment_index = SegmentIndex(5);
    assert_eq!(
        restore(wrong),
        Err(PackerStateError::Header(Some(SegmentIndex(5))))
    );
    let mut wrong = good.clone();
    wrong.last_header = None;
    assert_eq!(restore(wrong), Err(PackerStateError::Header(None)));

    let expected = Some(9);
    for found in [None, Some(8), Some(10)] {
        let mut wrong = good.clone();
        wrong.last_block = found;
        let error = PackerStateError::LastBlock { expected, found };
        assert_eq!(restore(wrong), Err(error));
    }
    let empty = PackerState {
        last_header: None,
        last_block: Some(0),
        unfinished: Arc::new(vec![VERSION]),
    };
    let (expected, found) = (None, Some(0));
    assert_eq!(
        restore(empty),
        Err(PackerStateError::LastBlock { expected, found })
    );

    let start = SegmentItem::BlockStart { length: 4, content };
    let cut = SegmentItem::BlockContinuation { length: 4, content };
    for items in [vec![start], vec![block.clone(), SegmentItem::Padding(1)]] {
        assert_eq!(
            restore(state(false, &items, 9)),
            Err(PackerStateError::NotWhole)
        );
    }
    assert_eq!(
        restore(state(true, &[cut], 8)),
        Err(PackerStateError::NotWhole)
    );
    for (partial, item, found) in [(true, block, false), (false, end, true)] {
        assert!(matches!(
            restore(state(partial, &[item], 9)),
            Err(PackerStateError::Continuation { found: it, .. }) if it == found
        ));
    }
}

/// Sizes around everything that matters at a capacity of 150: an item's header, the room in the
/// first and in other segments, two segments.
fn sizes() -> impl Strategy<Value = Vec<usize>> {
    let size = prop_oneof![1_usize..8, 30_usize..60, 130_usize..150, 1_usize..500];
    prop::collection::vec(size, 1..30)
}

proptest! {
    #[test]
    fn packed_blocks_are_the_twins_and_come_back(sizes in sizes(), capacity in 105_usize..300) {
        check(capacity, &blocks(&sizes));
    }

    #[test]
    fn saving_and_restoring_makes_no_difference(
        sizes in sizes(),
        restarts in prop::collection::vec(any::<bool>(), 30),
    ) {
        let blocks = blocks(&sizes);
        let mut packer = Packer::new(150).unwrap();
        let mut sealed = Vec::new();
        for (block, restart) in blocks.iter().zip(restarts) {
            if restart {
                let saved = packer.state.encode();
                let state = PackerState::decode(&mut &saved[..]).unwrap();
                packer = Packer::restore(150, state).unwrap();
            }
            pack(&mut packer, block, &mut sealed);
        }
        prop_assert_eq!(sealed, pack_all(150, &blocks));
    }

    /// From the header of any segment and the block that it ends in, without the state that was
    /// saved, packing goes on as if nothing had happened.
    #[test]
    fn resuming_after_any_segment_makes_no_difference(sizes in sizes(), capacity in 105_usize..300) {
        let mut archived = blocks(&sizes);
        let sealed = pack_all(capacity, &archived);
        archived[0] = padded_genesis(capacity, &archived[0]);
        for (index, Sealed { header, .. }) in sealed.iter().enumerate() {
            let number = header.last_archived_block.number as usize;
            let mut again = sealed[..=index].to_vec();
            let seal = |raw: RawSegment<'_>| {
                let header = seal(&raw);
                again.push(Sealed { header, bytes: raw.bytes.to_vec() });
                Ok::<_, PackingError>(header)
            };
            let mut packer = Packer::resume(capacity, *header, &archived[number], seal).unwrap();
            prop_assert_eq!(&Packer::restore(capacity, packer.state.clone()).unwrap().state, &packer.state);
            for block in &archived[number + 1..] {
                pack(&mut packer, block, &mut again);
            }
            prop_assert_eq!(&again, &sealed);
        }
    }

    #[test]
    fn clones_do_not_disturb_one_another(
        common in sizes(), ours in sizes(), theirs in sizes(),
    ) {
        let (common, ours, theirs) = (blocks(&common), blocks(&ours), blocks(&theirs));
        let mut packer = Packer::new(150).unwrap();
        let mut sealed = Vec::new();
        for block in &common {
            pack(&mut packer, block, &mut sealed);
        }
        let (mut fork, mut fork_sealed) = (packer.clone(), sealed.clone());
        for (our, their) in ours.iter().zip(&theirs) {
            pack(&mut packer, our, &mut sealed);
            pack(&mut fork, their, &mut fork_sealed);
        }
        let length = ours.len().min(theirs.len());
        prop_assert_eq!(sealed, pack_all(150, &[&common[..], &ours[..length]].concat()));
        prop_assert_eq!(fork_sealed, pack_all(150, &[&common[..], &theirs[..length]].concat()));
    }

    #[test]
    fn hostile_states_do_not_panic(
        sizes in sizes(), mutations in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut packer = Packer::new(150).unwrap();
        for block in blocks(&sizes) {
            pack(&mut packer, &block, &mut Vec::new());
        }
        let mut saved = packer.state.encode();
        for (at, value) in mutations {
            *at.get_mut(&mut saved) = value;
        }
        // What is accepted in spite of the mutations is a state that goes on.
        let state = PackerState::decode(&mut &saved[..]).ok();
        if let Some(Ok(mut packer)) = state.map(|state| Packer::restore(150, state))
            && packer.next_block().is_ok_and(|next| next > 0)
        {
            let number = packer.next_block().unwrap();
            let seal = |raw: RawSegment<'_>| Ok::<_, PackingError>(seal(&raw));
            let outcome = packer.add_block(number, &block(1, 1000), seal);
            prop_assert!(matches!(outcome, Ok(()) | Err(PackingError::SegmentsExhausted(_))));
        }
    }
}
