use super::*;
use crate::testing::{BLOCKS, HISTORY, KZG, R};
use rand::{SeedableRng, rngs::StdRng, seq::index::sample};

/// `count` of a segment's pieces, chosen at random.
fn some(rng: &mut StdRng, pieces: &[Piece], count: usize) -> Vec<Option<Piece>> {
    let mut some = vec![None; pieces.len()];
    for index in sample(rng, pieces.len(), count) {
        some[index] = Some(pieces[index].clone());
    }
    some
}

/// The blocks that are complete in [`HISTORY`] are those that went in; block 0 goes on with the
/// keystream.
fn assert_blocks(joined: &[(u32, Vec<u8>)], from: u32) {
    for ((number, bytes), expected) in joined.iter().zip(from..) {
        assert_eq!(*number, expected);
        let block = &BLOCKS[expected as usize];
        if expected == 0 {
            assert!(bytes.starts_with(block));
        } else {
            assert!(bytes == block);
        }
    }
}

#[test]
fn random_halves_yield_the_blocks() {
    let mut rng = StdRng::seed_from_u64(1);
    for _ in 0..4 {
        let mut reconstructor = Reconstructor::new(KZG.clone(), R).unwrap();
        let mut joined = Vec::new();
        for segment in &*HISTORY {
            let pieces = some(&mut rng, &segment.pieces, R.into());
            let contents = reconstructor
                .add_segment_with_header(&pieces, &segment.header)
                .unwrap();
            joined.extend(contents.blocks);
        }
        assert_blocks(&joined, 0);
        assert_eq!(joined.len(), 5);
    }
}

#[test]
fn parity_alone_yields_the_blocks_from_any_segment_on() {
    for from in 0..HISTORY.len() {
        let mut reconstructor = Reconstructor::new(KZG.clone(), R).unwrap();
        assert_eq!(reconstructor.next_segment(), None);
        let mut joined = Vec::new();
        for segment in &HISTORY[from..] {
            let parity = |(index, piece)| (index % 2 == 1).then_some(piece);
            let pieces: Vec<Option<&Piece>> =
                segment.pieces.iter().enumerate().map(parity).collect();
            joined.extend(reconstructor.add_segment(&pieces).unwrap().blocks);
        }
        let first = match from {
            0 => 0,
            _ => HISTORY[from - 1].header.last_archived_block.number + 1,
        };
        assert_blocks(&joined, first);
        let next = SegmentIndex(HISTORY.len() as u64);
        assert_eq!(reconstructor.next_segment(), Some(next));
    }
}

#[test]
fn one_piece_too_few_is_an_error_that_changes_nothing() {
    let mut rng = StdRng::seed_from_u64(2);
    let mut reconstructor = Reconstructor::new(KZG.clone(), R).unwrap();
    let segment = &HISTORY[0];
    let pieces = some(&mut rng, &segment.pieces, usize::from(R) - 1);
    assert_eq!(
        reconstructor.add_segment(&pieces),
        Err(ReconstructorError::Pieces(PiecesError::NotEnoughPieces {
            have: 1,
            need: 2
        }))
    );
    assert_eq!(reconstructor.next_segment(), None);
    let all: Vec<_> = segment.pieces.iter().map(Some).collect();
    assert!(reconstructor.add_segment(&all).is_ok());
}

#[test]
fn the_wrong_segment_is_refused() {
    let all =
        |index: usize| -> Vec<Option<&Piece>> { HISTORY[index].pieces.iter().map(Some).collect() };
    let mut reconstructor = Reconstructor::new(KZG.clone(), R).unwrap();
    reconstructor.add_segment(&all(0)).unwrap();
    assert_eq!(
        reconstructor.add_segment(&all(2)),
        Err(ReconstructorError::Join(JoinError::OutOfOrder {
            found: SegmentIndex(2),
            expected: SegmentIndex(1)
        }))
    );
    assert_eq!(
        reconstructor.add_segment_with_header(&all(1), &HISTORY[2].header),
        Err(ReconstructorError::Join(JoinError::HeaderIndex {
            found: SegmentIndex(2),
            expected: SegmentIndex(1)
        }))
    );
    reconstructor
        .add_segment_with_header(&all(1), &HISTORY[1].header)
        .unwrap();
    for wrong in [0, 7] {
        assert_eq!(
            Reconstructor::new(KZG.clone(), wrong).map(|_| ()),
            Err(ReconstructorError::Pieces(PiecesError::RawRecords(wrong)))
        );
    }
}
