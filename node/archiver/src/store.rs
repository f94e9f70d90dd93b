//! Segment headers and pieces on disk.
//!
//! `headers` is a list of records of 128 bytes, record i for segment i: the SCALE-encoded
//! [`SegmentHeader`], zeros up to byte 112, and the first 16 bytes of BLAKE2b-256 over those 112.
//! A record that is cut short by a crash is dropped at the next start; one that is whole but wrong
//! is an error.
//!
//! `segment-<index>` holds the 2R pieces of a segment one after the other, 131,168 bytes each, and
//! nothing else: every piece carries a commitment and a witness, against which whoever reads it
//! checks it. It is written under another name and renamed, so it is whole or absent.

use crate::{
    Error,
    files::{read, write_atomically},
};
use allod_core::{
    HistorySize, Piece, PieceIndex, SegmentHeader, SegmentIndex, blake2b_256,
    parameters::PIECE_BYTES,
};
use parity_scale_codec::{Decode, Encode};
use parking_lot::RwLock;
use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

const RECORD_BYTES: usize = 128;
const RECORD_DATA_BYTES: usize = 112;

/// Segment headers, all in memory, and pieces, all on disk.
#[derive(Debug)]
pub struct SegmentStore {
    folder: PathBuf,
    pieces_per_segment: u64,
    headers: RwLock<Vec<SegmentHeader>>,
}

fn record(header: &SegmentHeader) -> [u8; RECORD_BYTES] {
    let mut record = [0; RECORD_BYTES];
    let encoded = header.encode();
    record[..encoded.len()].copy_from_slice(&encoded);
    let checksum = blake2b_256(&record[..RECORD_DATA_BYTES]);
    record[RECORD_DATA_BYTES..].copy_from_slice(&checksum[..RECORD_BYTES - RECORD_DATA_BYTES]);
    record
}

fn parse_record(bytes: &[u8]) -> Result<SegmentHeader, &'static str> {
    let (data, checksum) = bytes.split_at(RECORD_DATA_BYTES);
    if !blake2b_256(data).starts_with(checksum) {
        return Err("checksum of the record does not match");
    }
    let mut rest = data;
    let header =
        SegmentHeader::decode(&mut rest).map_err(|_| "the record is no segment header")?;
    if rest.iter().any(|byte| *byte != 0) {
        return Err("the record has more than zeros after its segment header");
    }
    Ok(header)
}

impl SegmentStore {
    /// Opens the store in `folder`, which is created if it does not exist.
    pub fn open(folder: &Path, pieces_per_segment: u64) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let path = folder.join("headers");
        let bytes = read(&path)?.unwrap_or_default();
        let whole = bytes.len() / RECORD_BYTES * RECORD_BYTES;
        let mut headers: Vec<SegmentHeader> = Vec::with_capacity(whole / RECORD_BYTES);
        for (index, bytes) in bytes[..whole].chunks(RECORD_BYTES).enumerate() {
            let offset = (index * RECORD_BYTES) as u64;
            let header =
                parse_record(bytes).map_err(|cause| Error::damaged(&path, offset, cause))?;
            let follows = match headers.last() {
                Some(last) => header.previous_header_hash == last.hash(),
                None => header.previous_header_hash.0 == [0; 32],
            };
            if header.segment_index.0 != index as u64 || !follows {
                return Err(Error::damaged(
                    &path,
                    offset,
                    "the header does not follow the one before",
                ));
            }
            headers.push(header);
        }
        if whole < bytes.len() {
            tracing::warn!(
                target: "archiver",
                "{} ends with {} bytes of an unfinished record; cutting them off",
                path.display(),
                bytes.len() - whole,
            );
            let file = OpenOptions::new()
                .write(true)
                .open(&path)
                .map_err(Error::io("open", &path))?;
            file.set_len(whole as u64)
                .map_err(Error::io("truncate", &path))?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            pieces_per_segment,
            headers: RwLock::new(headers),
        })
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn pieces_path(&self, index: SegmentIndex) -> PathBuf {
        self.folder.join(format!("segment-{index}"))
    }

    /// Stores a segment. One that is stored already must be the same; its pieces are then left alone.
    pub fn insert(&self, header: SegmentHeader, pieces: &[Piece]) -> Result<(), Error> {
        let index = header.segment_index;
        if let Some(stored) = self.header(index) {
            return if stored == header {
                Ok(())
            } else {
                Err(Error::SegmentChanged { index: index.0 })
            };
        }
        let parts: Vec<&[u8]> = pieces.iter().map(Piece::as_bytes).collect();
        write_atomically(&self.pieces_path(index), &parts)?;
        let path = self.folder.join("headers");
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(Error::io("open", &path))?;
        file.write_all(&record(&header))
            .map_err(Error::io("write", &path))?;
        file.sync_all().map_err(Error::io("sync", &path))?;
        self.headers.write().push(header);
        Ok(())
    }

    /// How many segments there are.
    pub fn history_size(&self) -> HistorySize {
        HistorySize(self.headers.read().len() as u64)
    }

    /// One header.
    pub fn header(&self, index: SegmentIndex) -> Option<SegmentHeader> {
        self.headers
            .read()
            .get(usize::try_from(index.0).ok()?)
            .copied()
    }

    /// The newest header.
    pub fn last_header(&self) -> Option<SegmentHeader> {
        self.headers.read().last().copied()
    }

    /// Up to `count` headers from `first` on.
    pub fn headers_from(&self, first: SegmentIndex, count: usize) -> Vec<SegmentHeader> {
        let first = usize::try_from(first.0).unwrap_or(usize::MAX);
        self.headers
            .read()
            .iter()
            .skip(first)
            .take(count)
            .copied()
            .collect()
    }

    /// The newest `count` headers, oldest first.
    pub fn last_headers(&self, count: usize) -> Vec<SegmentHeader> {
        let headers = self.headers.read();
        headers[headers.len().saturating_sub(count)..].to_vec()
    }

    /// Headers of the segments that end within, or with, block `number`.
    pub fn headers_ending_in(&self, number: u32) -> Vec<SegmentHeader> {
        let headers = self.headers.read();
        let first = headers.partition_point(|header| header.last_archived_block.number < number);
        headers[first..]
            .iter()
            .take_while(|header| header.last_archived_block.number == number)
            .copied()
            .collect()
    }

    /// One piece; none if its segment is not stored.
    pub fn piece(&self, index: PieceIndex) -> Result<Option<Piece>, Error> {
        let segment = index.segment(self.pieces_per_segment);
        if self.header(segment).is_none() {
            return Ok(None);
        }
        let path = self.pieces_path(segment);
        let offset = index.position(self.pieces_per_segment) * PIECE_BYTES as u64;
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("open", &path)(error)),
        };
        let mut bytes = vec![0; PIECE_BYTES];
        file.read_exact_at(&mut bytes, offset).map_err(|error| {
            Error::damaged(&path, offset, format!("cannot read a piece: {error}"))
        })?;
        let piece = Piece::try_from(bytes).map_err(|error| Error::damaged(&path, offset, error))?;
        Ok(Some(piece))
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn a_record_cut_short_is_dropped_and_a_flipped_bit_is_found() {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path());
        let path = folder.path().join("headers");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..300]).unwrap();
        assert_eq!(
            SegmentStore::open(folder.path(), 2).unwrap().history_size(),
            HistorySize(2)
        );
        assert_eq!(fs::read(&path).unwrap().len(), 256);

        let mut flipped = bytes.clone();
        flipped[130] ^= 4;
        fs::write(&path, &flipped).unwrap();
        let error = SegmentStore::open(folder.path(), 2).unwrap_err();
        assert!(
            matches!(error, Error::Damaged { offset: 128, .. }),
            "{error}"
        );

        // A record whose checksum is right, but which this program would write otherwise.
        let mut padded = bytes;
        let (data, checksum) = padded[..RECORD_BYTES].split_at_mut(RECORD_DATA_BYTES);
        data[RECORD_DATA_BYTES - 1] = 1;
        checksum.copy_from_slice(&blake2b_256(data)[..RECORD_BYTES - RECORD_DATA_BYTES]);
        fs::write(&path, &padded).unwrap();
        let error = SegmentStore::open(folder.path(), 2).unwrap_err();
        assert!(error.to_string().contains("more than zeros"), "{error}");
    }
}
