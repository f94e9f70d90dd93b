//! Segments, histories of them, and their pieces.

use crate::{Seed, Target};
use allod_archiving::{
    Archiver, NewSegment, PieceError, Reconstructor,
    joining::{JoinError, Joiner, ReconstructedContents},
    packing::{Packer, PackingError, RawSegment},
    segment::{Segment, SegmentError, SegmentItem},
    verification::{verify_piece, verify_pieces_of_segment},
};
use allod_core::{
    ArchivedProgress, LastArchivedBlock, Piece, SegmentCommitment, SegmentHeader, SegmentIndex,
    blake2b_256, history::HeaderHash,
};
use allod_kzg::Kzg;
use std::{collections::BTreeMap, num::NonZeroU32, sync::LazyLock};

/// The targets of this module.
pub const TARGETS: &[Target] = &[
    Target {
        name: "segment",
        run: segment,
        seeds: segment_seeds,
    },
    Target {
        name: "history",
        run: history,
        seeds: history_seeds,
    },
    Target {
        name: "pieces",
        run: pieces,
        seeds: pieces_seeds,
    },
];

/// A segment is written as it was read, and an error lies within it.
fn segment(bytes: &[u8]) -> bool {
    match Segment::decode(bytes) {
        Ok(segment) => {
            assert!(segment.items().len() <= bytes.len() / 6 + 3);
            assert_eq!(segment.encode(), bytes);
            true
        }
        Err(error) => {
            assert!(offset_of(&error) <= bytes.len(), "{error}");
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// Where an error says that a segment is malformed.
fn offset_of(error: &SegmentError) -> usize {
    match *error {
        SegmentError::Empty | SegmentError::Version(_) => 0,
        SegmentError::PaddingNotZero { at, .. } => at,
        SegmentError::ItemCutOff { offset, left } => offset + left,
        SegmentError::UnknownItem { offset, .. }
        | SegmentError::NoContent { offset }
        | SegmentError::BlockTooLong { offset, .. }
        | SegmentError::BlockStartFits { offset, .. }
        | SegmentError::ParentHeader { offset }
        | SegmentError::MisplacedParentHeader { offset }
        | SegmentError::MisplacedContinuation { offset } => offset,
    }
}

/// Segments of any size one after another, each with its length before it in two bytes: blocks are numbered without
/// gaps and have the bytes that the items say, a segment that is refused changes nothing, and a header goes with one
/// segment only.
fn history(bytes: &[u8]) -> bool {
    let mut joiner = Joiner::new();
    let mut twin = Twin::default();
    let mut rest = bytes;
    let mut has_joined = false;
    while let Some((length, after)) = rest.split_first_chunk() {
        let Some((segment, after)) = after.split_at_checked(u16::from_le_bytes(*length).into())
        else {
            break;
        };
        rest = after;
        let before = joiner.clone();
        match joiner.add(segment, None) {
            Ok(contents) => {
                twin.check(segment, &contents);
                assert_eq!(
                    joiner.next_segment().map(|next| next.0),
                    contents.segment_index.0.checked_add(1).or(Some(u64::MAX))
                );
                check_header(before, segment, &contents);
                has_joined = true;
            }
            Err(_) => assert_eq!(format!("{joiner:?}"), format!("{before:?}")),
        }
    }
    has_joined
}

/// Only the right header is taken with a segment.
fn check_header(mut joiner: Joiner, segment: &[u8], contents: &ReconstructedContents) {
    let header = SegmentHeader {
        segment_index: contents.segment_index,
        segment_commitment: SegmentCommitment([1; 48]),
        previous_header_hash: contents
            .segment_header
            .map_or(HeaderHash::default(), |parent| parent.hash()),
        last_archived_block: contents.last_archived_block,
    };
    let mut elsewhere = header;
    elsewhere.last_archived_block.number ^= 1;
    let mut other_parent = header;
    other_parent.previous_header_hash.0[0] ^= 1;
    let error = joiner.add(segment, Some(&elsewhere)).expect_err("it ends");
    assert!(matches!(error, JoinError::HeaderLastBlock { .. }));
    let error = joiner
        .add(segment, Some(&other_parent))
        .expect_err("it follows");
    assert!(matches!(error, JoinError::HeaderHash { .. }));
    assert_eq!(joiner.add(segment, Some(&header)).as_ref(), Ok(contents));
}

/// Joins blocks by nothing but their items.
#[derive(Default)]
struct Twin {
    /// Parts of blocks whose start was seen, by number.
    open: BTreeMap<u32, Vec<u8>>,
}

impl Twin {
    /// Checks what a segment completes against what its items say.
    fn check(&mut self, segment: &[u8], contents: &ReconstructedContents) {
        let items = Segment::decode(segment).expect("it was joined");
        let mut next = contents.segment_header.map_or(0, |parent| {
            parent.last_archived_block.number.wrapping_add(1)
        });
        let mut expected = Vec::new();
        let mut last = None;
        for item in items.items() {
            let (number, is_whole) = match item {
                SegmentItem::Padding(_) | SegmentItem::ParentSegmentHeader(_) => continue,
                SegmentItem::Block(content) => {
                    self.open.insert(next, content.to_vec());
                    (next, true)
                }
                SegmentItem::BlockStart { content, .. } => {
                    self.open.insert(next, content.to_vec());
                    (next, false)
                }
                SegmentItem::BlockContinuation { length, content } => {
                    next = next.wrapping_sub(1);
                    if let Some(open) = self.open.get_mut(&next) {
                        open.extend_from_slice(content);
                    }
                    (next, *length as usize == content.len())
                }
            };
            if is_whole {
                expected.extend(self.open.remove(&number).map(|bytes| (number, bytes)));
            }
            last = Some((number, is_whole));
            next = number.wrapping_add(1);
        }
        assert_eq!(contents.blocks, expected);
        let LastArchivedBlock { number, progress } = contents.last_archived_block;
        assert_eq!(Some((number, progress == ArchivedProgress::Complete)), last);
    }
}

/// The ceremony's parameters, read once.
pub(crate) static KZG: LazyLock<Kzg> = LazyLock::new(Kzg::new);

/// Raw records per segment of the pieces that are spoilt.
const R: u16 = 1;

/// The segment whose pieces are spoilt.
static SEGMENT: LazyLock<NewSegment> = LazyLock::new(|| {
    let mut archiver = Archiver::new(KZG.clone(), R).expect("a power of two");
    let genesis = archiver.add_genesis([1; 100], [9; 32]);
    genesis.expect("a block").remove(0)
});

/// How a segment's two pieces are spoilt: a byte that says which are there (bit 0, bit 1), then five for each change:
/// piece, offset (little-endian, 3 bytes), what is added to the byte there.
///
/// Checked together they are wrong exactly where they are one by one, and pieces that are right yield the block.
fn pieces(bytes: &[u8]) -> bool {
    let Some((given, changes)) = bytes.split_first() else {
        return false;
    };
    let mut spoilt = [0, 1].map(|position: usize| SEGMENT.pieces[position].as_bytes().to_vec());
    for [piece, offset @ .., added] in changes.as_chunks::<5>().0 {
        let [low, middle, high] = *offset;
        let offset = u32::from_le_bytes([low, middle, high, 0]) as usize;
        let piece = &mut spoilt[usize::from(piece & 1)];
        let offset = offset % piece.len();
        piece[offset] = piece[offset].wrapping_add(*added);
    }
    let pieces = spoilt.map(|bytes| Piece::try_from(bytes).expect("the length stays"));
    let given: Vec<(u64, &Piece)> = (0..)
        .zip(&pieces)
        .filter(|(position, _)| given >> position & 1 == 1)
        .collect();

    let commitment = &SEGMENT.header.segment_commitment;
    let size = u64::from(R) * 2;
    let together = verify_pieces_of_segment(&KZG, &given, commitment, size);
    let one_by_one: Vec<(usize, PieceError)> = given
        .iter()
        .enumerate()
        .filter_map(|(index, (position, piece))| {
            let verdict = verify_piece(&KZG, piece, commitment, *position, size);
            verdict.err().map(|error| (index, error))
        })
        .collect();
    match together {
        Ok(()) => assert_eq!(one_by_one, []),
        Err(wrong) => assert_eq!(wrong.0, one_by_one),
    }
    let is_right = one_by_one.is_empty() && !given.is_empty();
    let held = [0, 1].map(|position| {
        let found = given.iter().find(|(given, _)| *given == position);
        found.map(|(_, piece)| *piece)
    });
    let mut reconstructor = Reconstructor::new(KZG.clone(), R).expect("a power of two");
    let contents = reconstructor.add_segment_with_header(&held, &SEGMENT.header);
    if is_right {
        let contents = contents.expect("right pieces");
        assert!(contents.blocks[0].1.starts_with(&[1; 100]));
    }
    is_right
}

/// A header for seeds.
pub(crate) fn example_header() -> SegmentHeader {
    SegmentHeader {
        segment_index: SegmentIndex(0),
        segment_commitment: SegmentCommitment([1; 48]),
        previous_header_hash: HeaderHash::default(),
        last_archived_block: LastArchivedBlock {
            number: 2,
            progress: ArchivedProgress::Partial(NonZeroU32::new(9).expect("above 0")),
        },
    }
}

fn segment_seeds() -> Vec<Seed> {
    let encode = |items: Vec<SegmentItem<'_>>| Segment::V0 { items }.encode();
    let blocks = encode(vec![
        SegmentItem::Block(&[1; 20]),
        SegmentItem::Block(&[2; 3]),
        SegmentItem::Padding(4),
    ]);
    let parts = encode(vec![
        SegmentItem::ParentSegmentHeader(Box::new(example_header())),
        SegmentItem::BlockContinuation {
            length: 3,
            content: &[1; 3],
        },
        SegmentItem::Block(&[2; 10]),
        SegmentItem::BlockStart {
            length: 1_000,
            content: &[3; 10],
        },
    ]);
    let misplaced = encode(vec![
        SegmentItem::Block(&[2; 10]),
        SegmentItem::ParentSegmentHeader(Box::new(example_header())),
    ]);
    vec![
        Seed::valid("blocks", blocks),
        Seed::valid("parts", parts),
        Seed::invalid("misplaced", misplaced),
        Seed::invalid("version", [1]),
    ]
}

/// Blocks of these sizes in segments of 120 bytes, sealed without commitments that mean anything.
fn packed(sizes: &[usize]) -> Vec<Vec<u8>> {
    let mut packer = Packer::new(120).expect("large enough");
    let mut segments = Vec::new();
    for (number, size) in (0..).zip(sizes) {
        let block = vec![number as u8 + 1; *size];
        let seal = |raw: RawSegment<'_>| {
            segments.push(raw.bytes.to_vec());
            let mut commitment = SegmentCommitment([0; 48]);
            commitment.0[..32].copy_from_slice(&blake2b_256(raw.bytes));
            Ok::<_, PackingError>(SegmentHeader {
                segment_index: raw.index,
                segment_commitment: commitment,
                previous_header_hash: raw.previous_header_hash,
                last_archived_block: raw.last_archived_block,
            })
        };
        let packed = match number {
            0 => packer.add_genesis(block, &[9; 32], seal),
            number => packer.add_block(number, &block, seal),
        };
        packed.expect("blocks in order");
    }
    segments
}

fn history_seeds() -> Vec<Seed> {
    let chain = |segments: &[Vec<u8>]| {
        let parts = segments.iter().flat_map(|segment| {
            let length = (segment.len() as u16).to_le_bytes();
            length.into_iter().chain(segment.iter().copied())
        });
        parts.collect::<Vec<u8>>()
    };
    let segments = packed(&[10, 4, 30, 1, 25, 3]);
    vec![
        Seed::valid("from-genesis", chain(&segments)),
        Seed::valid("from-the-middle", chain(&segments[2..])),
        Seed::invalid("no-block", chain(&[vec![0; 10]])),
    ]
}

fn pieces_seeds() -> Vec<Seed> {
    vec![
        Seed::valid("both", [3]),
        Seed::valid("parity", [2]),
        Seed::invalid("record", [3, 0, 40, 0, 0, 1]),
        // Bytes from 131,072 on are commitment and witness.
        Seed::invalid("commitment", [3, 1, 5, 0, 2, 1]),
        Seed::invalid("witness", [3, 1, 53, 0, 2, 1, 0, 60, 0, 2, 1]),
    ]
}
