use super::*;
use allod_core::{
    ArchivedProgress, LastArchivedBlock, RecordCommitment, RecordWitness, SegmentCommitment,
    history::HeaderHash, parameters::RECORD_BYTES,
};

fn piece(byte: u8) -> Piece {
    Piece::new(
        &vec![byte; RECORD_BYTES],
        RecordCommitment([byte; 48]),
        RecordWitness([1; 48]),
    )
    .unwrap()
}

fn header(index: u64, previous: HeaderHash, number: u32) -> SegmentHeader {
    SegmentHeader {
        segment_index: SegmentIndex(index),
        segment_commitment: SegmentCommitment([index as u8; 48]),
        previous_header_hash: previous,
        last_archived_block: LastArchivedBlock {
            number,
            progress: ArchivedProgress::Complete,
        },
    }
}

fn filled(folder: &Path) -> [SegmentHeader; 3] {
    let store = SegmentStore::open(folder, 2).unwrap();
    let first = header(0, HeaderHash::default(), 0);
    let second = header(1, first.hash(), 4);
    let third = header(2, second.hash(), 4);
    for (number, header) in [first, second, third].into_iter().enumerate() {
        let byte = number as u8 * 2;
        store
            .insert(header, &[piece(byte), piece(byte + 1)])
            .unwrap();
    }
    [first, second, third]
}

#[test]
fn what_was_stored_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let headers = filled(folder.path());
    let store = SegmentStore::open(folder.path(), 2).unwrap();
    assert_eq!(store.history_size(), HistorySize(3));
    assert_eq!(store.headers_from(SegmentIndex(1), 9), headers[1..]);
    assert_eq!(store.last_headers(1), headers[2..]);
    assert_eq!(store.headers_ending_in(4), headers[1..]);
    assert_eq!(store.headers_ending_in(3), []);
    assert_eq!(store.piece(PieceIndex(3)).unwrap(), Some(piece(3)));
    assert_eq!(store.piece(PieceIndex(6)).unwrap(), None);
    // Storing the same again changes nothing, another one under the same index is refused.
    store.insert(headers[1], &[]).unwrap();
    let other = header(1, headers[0].hash(), 5);
    assert!(matches!(
        store.insert(other, &[]),
        Err(Error::SegmentChanged { index: 1 })
    ));
}

fn reopened(folder: &Path) -> Result<u64, Error> {
    SegmentStore::open(folder, 2).map(|store| store.history_size().0)
}

#[test]
fn what_a_power_cut_leaves_at_the_end_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let headers = filled(folder.path());
    let path = folder.path().join("headers");
    let bytes = fs::read(&path).unwrap();
    for length in 0..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        assert_eq!(reopened(folder.path()).unwrap(), length as u64 / 128);
        assert_eq!(fs::read(&path).unwrap(), bytes[..length / 128 * 128]);
    }
    // The file grew, but what was to be written never reached the disk.
    for zeros in [1, 127, 128, 129, 4096] {
        fs::write(&path, [&bytes[..256], &vec![0; zeros]].concat()).unwrap();
        assert_eq!(reopened(folder.path()).unwrap(), 2);
    }
    let mut torn = bytes.clone();
    torn[300..].fill(0);
    fs::write(&path, torn).unwrap();
    let store = SegmentStore::open(folder.path(), 2).unwrap();
    assert_eq!(store.history_size(), HistorySize(2));
    // Archiving again puts everything in place.
    store.insert(headers[2], &[piece(4), piece(5)]).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_newest_segment_that_is_not_whole_goes_with_its_record() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    fs::remove_file(folder.path().join("segment-2")).unwrap();
    assert_eq!(reopened(folder.path()).unwrap(), 2);
    let newest = folder.path().join("segment-1");
    let pieces = fs::read(&newest).unwrap();
    fs::write(&newest, &pieces[..pieces.len() - 1]).unwrap();
    assert_eq!(reopened(folder.path()).unwrap(), 1);
    assert_eq!(
        fs::metadata(folder.path().join("headers")).unwrap().len(),
        128
    );
}

#[test]
fn damage_that_good_segments_follow_is_reported_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let path = folder.path().join("headers");
    let bytes = fs::read(&path).unwrap();
    let mut flipped = bytes.clone();
    flipped[130] ^= 4;
    fs::write(&path, &flipped).unwrap();
    let error = reopened(folder.path()).unwrap_err();
    assert!(
        matches!(error, Error::Damaged { offset: 128, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("allod history rebuild"));
    assert_eq!(fs::read(&path).unwrap(), flipped, "nothing was changed");
    let store = SegmentStore::open_damaged(folder.path(), 2).unwrap();
    assert_eq!(store.history_size(), HistorySize(1));

    // Two records in the wrong order are each as they were written.
    let swapped = [&bytes[..128], &bytes[256..], &bytes[128..256]].concat();
    fs::write(&path, swapped).unwrap();
    assert!(reopened(folder.path()).is_err());

    // A record whose checksum is right, but which this program would write otherwise.
    let mut padded = bytes.clone();
    let (data, checksum) = padded[..128].split_at_mut(HEADER_DATA_BYTES);
    data[HEADER_DATA_BYTES - 1] = 1;
    checksum.copy_from_slice(&blake2b_256(data)[..16]);
    fs::write(&path, &padded).unwrap();
    let error = reopened(folder.path()).unwrap_err();
    assert!(error.to_string().contains("more than zeros"), "{error}");

    fs::write(&path, &bytes).unwrap();
    fs::remove_file(folder.path().join("segment-1")).unwrap();
    let error = reopened(folder.path()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("segment-1") && text.contains("found 0"),
        "{text}"
    );
}

#[test]
fn a_write_that_fails_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let headers = filled(folder.path());
    let next = header(3, headers[2].hash(), 5);
    let store = SegmentStore::open(folder.path(), 2).unwrap();
    // The temporary file of the pieces cannot be made.
    let in_the_way = folder.path().join("segment-3.tmp");
    fs::create_dir(&in_the_way).unwrap();
    let error = store.insert(next, &[piece(6), piece(7)]).unwrap_err();
    assert!(error.to_string().contains("segment-3.tmp"), "{error}");
    assert_eq!(store.history_size(), HistorySize(3));
    fs::remove_dir(in_the_way).unwrap();
    store.insert(next, &[piece(6), piece(7)]).unwrap();
    assert_eq!(reopened(folder.path()).unwrap(), 4);
}
