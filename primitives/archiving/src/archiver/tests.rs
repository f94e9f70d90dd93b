use super::*;
use crate::testing::{BLOCKS, GENESIS_STATE_ROOT, HISTORY, KZG, R};
use allod_core::{ArchivedProgress, SegmentIndex};

/// What is archived does not depend on restarts or clones.
#[test]
fn saved_and_restored_between_any_blocks() {
    let mut archiver = Archiver::new(KZG.clone(), R).unwrap();
    let mut segments = Vec::new();
    for (number, block) in (0..).zip(&*BLOCKS) {
        let saved = archiver.state().encode();
        let state = ArchiverState::decode(&mut &saved[..]).unwrap();
        archiver = Archiver::restore(KZG.clone(), state).unwrap();
        assert_eq!(archiver.last_block(), u32::checked_sub(number, 1));
        segments.extend(
            if number == 0 {
                archiver.add_genesis(block.clone(), GENESIS_STATE_ROOT)
            } else {
                archiver.add_block(number, block)
            }
            .unwrap(),
        );
        let last = segments.last().map(|segment: &NewSegment| &segment.header);
        assert_eq!(archiver.last_segment_header(), last);
    }
    assert!(segments == *HISTORY);
    // The last two blocks are not in a closed segment; the state holds their bytes.
    let unfinished = archiver.unfinished_segment();
    assert!(unfinished.ends_with(&BLOCKS[6]));
}

#[test]
fn headers_follow_one_another() {
    let mut previous = None;
    for (index, segment) in (0..).zip(&*HISTORY) {
        let header = segment.header;
        assert_eq!(header.segment_index, SegmentIndex(index));
        assert_eq!(
            header.previous_header_hash,
            previous
                .map(|header: SegmentHeader| header.hash())
                .unwrap_or_default()
        );
        assert_eq!(segment.pieces.len(), 4);
        previous = Some(header);
    }
    // Block 4 is larger than two segments: a start, continuations, an end.
    let within = HISTORY.iter().filter(|segment| {
        let last = segment.header.last_archived_block;
        last.number == 4 && last.progress != ArchivedProgress::Complete
    });
    assert!(within.count() >= 2);
}

#[test]
fn wrong_inputs_change_nothing() {
    for wrong in [0, 3, 1024] {
        assert!(matches!(
            Archiver::new(KZG.clone(), wrong),
            Err(ArchiverError::Pieces(PiecesError::RawRecords(it))) if it == wrong
        ));
    }
    let mut archiver = Archiver::new(KZG.clone(), R).unwrap();
    assert_eq!(archiver.raw_records_per_segment(), R);
    let before = archiver.state();
    assert_eq!(
        archiver.add_block(1, [1]),
        Err(ArchiverError::Packing(PackingError::GenesisMissing))
    );
    assert_eq!(archiver.state(), before);

    let mut state = before.clone();
    state.raw_records_per_segment = 5;
    assert!(matches!(
        Archiver::restore(KZG.clone(), state),
        Err(ArchiverError::Pieces(PiecesError::RawRecords(5)))
    ));
    let mut state = before;
    state.packer.last_block = Some(3);
    assert!(matches!(
        Archiver::restore(KZG.clone(), state),
        Err(ArchiverError::State(PackerStateError::LastBlock { .. }))
    ));
}

/// A state of another R does not fit, unless nothing is in it.
#[test]
fn a_state_that_does_not_fit_is_refused() {
    let mut archiver = Archiver::new(KZG.clone(), R).unwrap();
    archiver.add_genesis(vec![1], GENESIS_STATE_ROOT).unwrap();
    archiver.add_block(1, vec![2; 200_000]).unwrap();
    let mut state = archiver.state();
    state.raw_records_per_segment = 1;
    assert!(matches!(
        Archiver::restore(KZG.clone(), state),
        Err(ArchiverError::State(PackerStateError::Full {
            capacity: 126_976,
            ..
        }))
    ));
}
