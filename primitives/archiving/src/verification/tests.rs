use super::*;
use crate::{
    pieces::{pieces_of_records, split_into_records},
    testing::{HISTORY, KZG, block},
};
use allod_core::{RecordWitness, parameters::RAW_RECORD_BYTES};
use std::sync::LazyLock;

const SIZE: u64 = 16;

static SEGMENT: LazyLock<(SegmentCommitment, Vec<Piece>)> = LazyLock::new(|| {
    let records = split_into_records(&block(0, 8 * RAW_RECORD_BYTES)).unwrap();
    let segment = pieces_of_records(&KZG, &records).unwrap();
    (segment.commitment, segment.pieces)
});

fn with_positions(pieces: &[Piece]) -> Vec<(u64, &Piece)> {
    (0..).zip(pieces).collect()
}

/// A piece with one bit of one of its 131,168 bytes flipped.
fn flipped(piece: &Piece, at: usize) -> Piece {
    let mut bytes = piece.as_bytes().to_vec();
    bytes[at] ^= 1;
    Piece::try_from(bytes).unwrap()
}

fn outcome(pieces: &[(u64, &Piece)]) -> Vec<(usize, PieceError)> {
    match verify_pieces_of_segment(&KZG, pieces, &SEGMENT.0, SIZE) {
        Ok(()) => Vec::new(),
        Err(WrongPieces(wrong)) => wrong,
    }
}

/// The slow twin: every piece on its own.
fn one_by_one(pieces: &[(u64, &Piece)]) -> Vec<(usize, PieceError)> {
    pieces
        .iter()
        .enumerate()
        .filter_map(|(index, (position, piece))| {
            let outcome = verify_piece(&KZG, piece, &SEGMENT.0, *position, SIZE);
            outcome.err().map(|error| (index, error))
        })
        .collect()
}

#[test]
fn archived_pieces_are_right() {
    for segment in &*HISTORY {
        let commitment = &segment.header.segment_commitment;
        for (position, piece) in (0..).zip(&segment.pieces) {
            assert_eq!(verify_piece(&KZG, piece, commitment, position, 4), Ok(()));
        }
        let pieces = with_positions(&segment.pieces);
        assert_eq!(
            verify_pieces_of_segment(&KZG, &pieces, commitment, 4),
            Ok(())
        );
    }
    assert!(outcome(&with_positions(&SEGMENT.1)).is_empty());
    assert!(outcome(&[]).is_empty());
    // Any of them, in any order.
    let some = [(9, &SEGMENT.1[9]), (3, &SEGMENT.1[3]), (9, &SEGMENT.1[9])];
    assert!(outcome(&some).is_empty());
}

#[test]
fn every_part_of_a_piece_is_checked() {
    let (commitment, pieces) = &*SEGMENT;
    let position = 5;
    let piece = &pieces[5];
    let verify = |piece: &Piece, position| verify_piece(&KZG, piece, commitment, position, SIZE);

    let wrong = flipped(piece, 1000);
    let expected = RecordCommitment(KZG.commit_record(wrong.record()).unwrap());
    assert_eq!(
        verify(&wrong, position),
        Err(PieceError::Commitment {
            position,
            found: piece.commitment(),
            expected
        })
    );
    let mut bytes = piece.as_bytes().to_vec();
    bytes[64..96].fill(0xff);
    assert_eq!(
        verify(&Piece::try_from(bytes).unwrap(), position),
        Err(PieceError::Record {
            position,
            error: allod_kzg::Error::ScalarNotCanonical([0xff; 32])
        })
    );
    // The commitment of another piece, with that piece's witness or with this one's.
    let other = &pieces[6];
    for witness in [piece.witness(), other.witness()] {
        let wrong = Piece::new(piece.record(), other.commitment(), witness).unwrap();
        assert_eq!(
            verify(&wrong, position),
            Err(PieceError::Witness { position })
        );
    }
    let wrong = Piece::new(piece.record(), piece.commitment(), other.witness()).unwrap();
    assert_eq!(
        verify(&wrong, position),
        Err(PieceError::Witness { position })
    );
    assert_eq!(verify(piece, 6), Err(PieceError::Witness { position: 6 }));
    let none = RecordWitness([0; 48]);
    let wrong = Piece::new(piece.record(), piece.commitment(), none).unwrap();
    assert_eq!(
        verify(&wrong, position),
        Err(PieceError::Point {
            position,
            error: allod_kzg::Error::PointEncoding([0; 48])
        })
    );
}

#[test]
fn positions_and_sizes_are_checked() {
    let (commitment, pieces) = &*SEGMENT;
    for size in [0, 1, 3, 17, 2048, 1 << 32, u64::MAX] {
        assert_eq!(
            verify_piece(&KZG, &pieces[0], commitment, 0, size),
            Err(PieceError::PiecesPerSegment(size))
        );
    }
    for position in [16, 1 << 32, u64::MAX] {
        assert_eq!(
            verify_piece(&KZG, &pieces[0], commitment, position, SIZE),
            Err(PieceError::Position {
                position,
                pieces_per_segment: SIZE
            })
        );
    }
    // Another size is another domain.
    assert!(verify_piece(&KZG, &pieces[1], commitment, 1, 32).is_err());
    let position = 16;
    let claims = [(0, &pieces[0]), (position, &pieces[1])];
    let error = PieceError::Position {
        position,
        pieces_per_segment: SIZE,
    };
    assert_eq!(outcome(&claims), [(1, error)]);
}

#[test]
fn a_wrong_segment_commitment_makes_all_pieces_wrong() {
    let pieces = with_positions(&SEGMENT.1);
    for commitment in [
        SegmentCommitment([1; 48]),
        HISTORY[0].header.segment_commitment,
    ] {
        let Err(WrongPieces(wrong)) = verify_pieces_of_segment(&KZG, &pieces, &commitment, SIZE)
        else {
            panic!("verified against another segment");
        };
        let indices: Vec<usize> = wrong.iter().map(|(index, _)| *index).collect();
        assert_eq!(indices, (0..16).collect::<Vec<_>>());
    }
}

#[test]
fn wrong_pieces_are_named_exactly() {
    let right = &SEGMENT.1;
    // Record, commitment, witness; one of each, and many at once.
    for wrong in [vec![0], vec![7, 8], vec![0, 3, 4, 5, 11, 15]] {
        let mut pieces = right.clone();
        for (index, at) in wrong
            .iter()
            .zip([1000, 131_100, 131_167].into_iter().cycle())
        {
            pieces[*index] = flipped(&pieces[*index], at);
        }
        let claims = with_positions(&pieces);
        let found = outcome(&claims);
        assert_eq!(found, one_by_one(&claims));
        let indices: Vec<usize> = found.iter().map(|(index, _)| *index).collect();
        assert_eq!(indices, wrong);
    }
}

/// Errors that cancel out in a plain sum must not in the combination.
#[test]
fn opposite_errors_do_not_cancel_out() {
    let right = &SEGMENT.1;
    let mut pieces = right.clone();
    // One scalar of a source record up by one, the same scalar of another one down by one.
    for (index, step) in [(2_usize, 1_u8), (4, u8::MAX)] {
        let mut bytes = pieces[index].as_bytes().to_vec();
        let last = bytes[95].wrapping_add(step);
        assert_ne!((bytes[95], step), (u8::MAX, 1));
        assert_ne!((bytes[95], step), (0, u8::MAX));
        bytes[95] = last;
        pieces[index] = Piece::try_from(bytes).unwrap();
    }
    let claims = with_positions(&pieces);
    let indices: Vec<usize> = outcome(&claims).iter().map(|(index, _)| *index).collect();
    assert_eq!(indices, [2, 4]);
}

#[test]
fn the_error_says_how_many_and_why() {
    let mut pieces = SEGMENT.1.clone();
    pieces[3] = flipped(&pieces[3], 131_167);
    let error = verify_pieces_of_segment(&KZG, &with_positions(&pieces), &SEGMENT.0, SIZE)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("1 wrong pieces, the first one: "),
        "{error}"
    );
    assert!(error.contains("position 3"), "{error}");
}
