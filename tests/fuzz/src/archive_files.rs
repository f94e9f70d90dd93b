//! The files of the node's history, which a crash, a disk or a user may have changed.

use crate::{Seed, Target, scratch};
use allod_archiver::{
    Error, SegmentStore,
    journal::{ArchivedBlock, Contents, Snapshot},
};
use allod_archiving::{
    Archiver, ArchiverState,
    packing::{Packer, PackingError},
    pieces::segment_bytes,
};
use allod_core::{
    ArchivedProgress, LastArchivedBlock, SegmentCommitment, SegmentHeader, SegmentIndex,
    blake2b_256, history::HeaderHash,
};
use allod_kzg::Kzg;
use parity_scale_codec::{Decode, Encode};
use std::{fs, path::Path};
use tempfile::TempDir;

/// The targets of this module.
pub const TARGETS: &[Target] = &[
    Target {
        name: "journal",
        run: journal,
        seeds: journal_seeds,
    },
    Target {
        name: "segment_headers",
        run: segment_headers,
        seeds: segment_headers_seeds,
    },
];

thread_local! {
    /// Files are parsed here, and written again there.
    static FOLDERS: [TempDir; 2] = [scratch(), scratch()];
}

/// The first byte says what the others are: 0, a file; else payloads of entries, each with its length before it in two
/// bytes, which the file gets with the lengths and checksums that they need.
///
/// What is read is written as the bytes that it was read from, and the archiver's state is refused or can go on.
fn journal(bytes: &[u8]) -> bool {
    let file = match bytes.split_first() {
        None => return false,
        Some((0, file)) => file.to_vec(),
        Some((_, payloads)) => journal_file(payloads),
    };
    let Ok(contents) = Contents::parse(&file) else {
        return false;
    };
    let blocks = contents.blocks.iter().map(Encode::encode);
    let payloads = [contents.snapshot.encode()].into_iter().chain(blocks);
    let again: Vec<u8> = payloads.flat_map(|payload| entry(&payload)).collect();
    assert_eq!(again, file[..contents.good_bytes]);
    assert_eq!(contents.bad.is_none(), contents.good_bytes == file.len());
    go_on(contents.snapshot);
    true
}

/// Payloads as a file's entries.
fn journal_file(mut payloads: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    while let Some((length, rest)) = payloads.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (payload, rest) = rest.split_at(length);
        file.extend(entry(payload));
        payloads = rest;
    }
    file
}

/// An entry of the journal, as its format tells.
fn entry(payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_le_bytes();
    [&length[..], payload, &blake2b_256(payload)[..16]].concat()
}

/// Restores the archiver's state and adds a block to it.
fn go_on(snapshot: Snapshot) {
    let ArchiverState {
        raw_records_per_segment,
        packer,
    } = snapshot.state;
    let Ok(capacity) = segment_bytes(raw_records_per_segment) else {
        return;
    };
    let Ok(mut restored) = Packer::restore(capacity, packer.clone()) else {
        return;
    };
    assert_eq!(restored.state(), &packer);
    let Ok(next) = restored.next_block() else {
        return;
    };
    let added = restored.add_block(next, &[1; 10], |_| Err(PackingError::EmptyBlock(next)));
    match added {
        Ok(()) => assert!(restored.state().unfinished.starts_with(&packer.unfinished)),
        // The genesis block is packed by another function, a full segment is not sealed here.
        Err(_) => assert_eq!(restored.state(), &packer),
    }
}

/// An error says which file is damaged, and where in it.
fn assert_damaged(error: &Error, expected: &Path, length: usize) {
    match error {
        Error::Damaged { path, offset, .. } => {
            assert_eq!(path, expected);
            assert!(*offset <= length as u64, "{error}");
        }
        error => panic!("{error}"),
    }
}

/// Segments without pieces, whose files may be absent.
const NO_PIECES: u64 = 0;
/// Bytes of a record of segment headers before its checksum.
const RECORD_DATA_BYTES: usize = 112;

/// The first byte says what the others are: 0, a file; 1, the data of records, which get their checksums; else segment
/// headers in SCALE, which get index and hash of the one before, too.
///
/// What is read is written as the bytes that it was read from.
fn segment_headers(bytes: &[u8]) -> bool {
    let file = match bytes.split_first() {
        None => return false,
        Some((0, file)) => file.to_vec(),
        Some((1, data)) => data.chunks(RECORD_DATA_BYTES).flat_map(record).collect(),
        Some((_, headers)) => chain(headers).iter().flat_map(|it| record(it)).collect(),
    };
    FOLDERS.with(|[read, written]| {
        let path = read.path().join("headers");
        fs::write(&path, &file).expect("a file");
        match SegmentStore::open(read.path(), NO_PIECES) {
            Ok(store) => {
                let whole = fs::read(&path).expect("it was read");
                assert!(file.starts_with(&whole));
                let headers = store.headers_from(SegmentIndex(0), usize::MAX);
                assert_eq!(headers.len() as u64, store.history_size().0);
                let _ = fs::remove_file(written.path().join("headers"));
                let again = SegmentStore::open(written.path(), NO_PIECES).expect("a folder");
                for header in headers {
                    again.insert(header, &[]).expect("the next one");
                }
                let again = fs::read(written.path().join("headers")).unwrap_or_default();
                assert_eq!(again, whole);
                !whole.is_empty()
            }
            Err(error) => {
                assert_damaged(&error, &path, file.len());
                false
            }
        }
    })
}

/// Data of a record, cut or filled up, with its checksum.
fn record(data: &[u8]) -> Vec<u8> {
    let mut record = data.to_vec();
    record.resize(RECORD_DATA_BYTES, 0);
    let checksum = blake2b_256(&record);
    record.extend_from_slice(&checksum[..16]);
    record
}

/// The headers that bytes begin with, each made to follow the one before, in SCALE.
fn chain(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut chain = Vec::new();
    let mut previous_header_hash = HeaderHash::default();
    while let Ok(header) = SegmentHeader::decode(&mut bytes) {
        let header = SegmentHeader {
            segment_index: SegmentIndex(chain.len() as u64),
            previous_header_hash,
            ..header
        };
        previous_header_hash = header.hash();
        chain.push(header.encode());
    }
    chain
}

fn journal_seeds() -> Vec<Seed> {
    let mut archiver = Archiver::new(Kzg::new(), 1).expect("a power of two");
    let empty = Snapshot {
        number: 0,
        hash: [7; 32],
        state: archiver.state(),
    };
    archiver
        .add_genesis([1; 100], [9; 32])
        .expect("a genesis block");
    archiver.add_block(1, [2; 20]).expect("the next block");
    let begun = Snapshot {
        number: 1,
        hash: [8; 32],
        state: archiver.state(),
    };
    let block = ArchivedBlock {
        number: 2,
        hash: [9; 32],
        bytes: vec![3; 30],
    };
    let payloads = |payloads: &[Vec<u8>]| {
        let mut bytes = vec![1];
        for payload in payloads {
            bytes.extend_from_slice(&(payload.len() as u16).to_le_bytes());
            bytes.extend_from_slice(payload);
        }
        bytes
    };
    let begun = payloads(&[begun.encode(), block.encode()]);
    let file = [&[0][..], &journal_file(&begun[1..])[..]].concat();
    let mut flipped = file.clone();
    flipped[20] ^= 1;
    vec![
        Seed::valid("empty", payloads(&[empty.encode()])),
        Seed::valid("begun", begun),
        Seed::valid("file", &file[..file.len() - 5]),
        Seed::invalid("flipped", flipped),
        Seed::invalid("block-first", payloads(&[block.encode()])),
    ]
}

fn segment_headers_seeds() -> Vec<Seed> {
    let headers = [3, 9].map(|number| SegmentHeader {
        segment_index: SegmentIndex(0),
        segment_commitment: SegmentCommitment([number as u8; 48]),
        previous_header_hash: HeaderHash::default(),
        last_archived_block: LastArchivedBlock {
            number,
            progress: ArchivedProgress::Complete,
        },
    });
    let [first, second] = headers.map(|header| header.encode());
    let mut padded = first.clone();
    padded.resize(RECORD_DATA_BYTES, 0);
    let mut spoilt = padded.clone();
    spoilt[RECORD_DATA_BYTES - 1] = 1;
    vec![
        Seed::valid("chain", [&[2][..], &first[..], &second].concat()),
        Seed::valid("record", [&[1][..], &padded[..]].concat()),
        Seed::valid("file", [&[0][..], &record(&first)[..], &[0; 5]].concat()),
        Seed::invalid("padding", [&[1][..], &spoilt[..]].concat()),
        Seed::invalid("second", [&[1][..], &padded[..], &second].concat()),
    ]
}
