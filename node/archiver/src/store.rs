//! Segment headers and pieces on disk.
//!
//! `headers` is a list of records of 128 bytes, record i for segment i: the SCALE-encoded
//! [`SegmentHeader`], zeros up to byte 112, and the first 16 bytes of BLAKE2b-256 over those 112.
//! What a crash or a power cut leaves at the end (half a record, a block of zeros) is cut off at the
//! next start, and archived again from the database; a bad record with a good one after it is damage
//! of another kind, and an error.
//!
//! `segment-<index>` holds the 2R pieces of a segment one after the other, 131,168 bytes each, and
//! nothing else: every piece carries a commitment and a witness, against which whoever reads it
//! checks it. It is written under another name and renamed, so it is whole or absent. Its length is
//! looked at when the store is opened: the newest segments go with their records if it is wrong, an
//! older one is an error.

use crate::{
    Error,
    files::{FILE_MODE, read},
};
use allod_core::{
    HistorySize, Piece, PieceIndex, SegmentHeader, SegmentIndex, blake2b_256, history::HeaderHash,
    parameters::PIECE_BYTES,
};
use allod_files::write_atomically;
use parity_scale_codec::{Decode, Encode};
use parking_lot::RwLock;
use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

#[cfg(test)]
mod tests;

const HEADER_RECORD_BYTES: usize = 128;
const HEADER_DATA_BYTES: usize = 112;

/// Segment headers, all in memory, and pieces, all on disk.
#[derive(Debug)]
pub struct SegmentStore {
    folder: PathBuf,
    pieces_per_segment: u64,
    headers: RwLock<Vec<SegmentHeader>>,
}

fn record(header: &SegmentHeader) -> [u8; HEADER_RECORD_BYTES] {
    let mut record = [0; HEADER_RECORD_BYTES];
    let encoded = header.encode();
    record[..encoded.len()].copy_from_slice(&encoded);
    let checksum = blake2b_256(&record[..HEADER_DATA_BYTES]);
    record[HEADER_DATA_BYTES..]
        .copy_from_slice(&checksum[..HEADER_RECORD_BYTES - HEADER_DATA_BYTES]);
    record
}

fn parse_record(bytes: &[u8]) -> Result<SegmentHeader, &'static str> {
    if bytes.len() != HEADER_RECORD_BYTES {
        return Err("the record is cut short");
    }
    let (data, checksum) = bytes.split_at(HEADER_DATA_BYTES);
    if !blake2b_256(data).starts_with(checksum) {
        return Err("checksum of the record does not match");
    }
    let mut rest = data;
    let header = SegmentHeader::decode(&mut rest).map_err(|_| "the record is no segment header")?;
    if rest.iter().any(|byte| *byte != 0) {
        return Err("the record has more than zeros after its segment header");
    }
    Ok(header)
}

/// Records up to the first one that is not as it was written.
struct GoodRecords {
    headers: Vec<SegmentHeader>,
    /// Why the next one is bad, if there are bytes after these.
    bad: Option<&'static str>,
    /// Whether a record after the bad one is good.
    damaged_within: bool,
}

/// Reads the file of records.
fn good_records(bytes: &[u8]) -> GoodRecords {
    let mut headers: Vec<SegmentHeader> = Vec::with_capacity(bytes.len() / HEADER_RECORD_BYTES);
    let mut records = bytes.chunks(HEADER_RECORD_BYTES);
    let mut bad = None;
    let mut damaged_within = false;
    for record in records.by_ref() {
        match parse_record(record) {
            Ok(header) if follows(headers.last(), &header) => headers.push(header),
            Ok(_) => {
                bad = Some("the header does not follow the one before");
                damaged_within = true;
                break;
            }
            Err(cause) => {
                bad = Some(cause);
                break;
            }
        }
    }
    damaged_within |= records.any(|record| parse_record(record).is_ok());
    GoodRecords {
        headers,
        bad,
        damaged_within,
    }
}

fn follows(last: Option<&SegmentHeader>, header: &SegmentHeader) -> bool {
    let (index, previous) = match last {
        Some(last) => (last.segment_index.0.saturating_add(1), last.hash()),
        None => (0, HeaderHash::default()),
    };
    header.segment_index.0 == index && header.previous_header_hash == previous
}

/// What to do about records that are bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnDamage {
    /// Nothing: whoever owns the files shall know.
    Report,
    /// Leave them where they are, and go by the good ones before them.
    PassOver,
}

impl SegmentStore {
    /// Opens the store in `folder`, which is created if it does not exist. What a crash left
    /// unfinished at the end is cut off.
    ///
    /// # Errors
    /// [`Error::Damaged`] if a segment that others follow is not as it was written.
    pub fn open(folder: &Path, pieces_per_segment: u64) -> Result<Self, Error> {
        let store = Self::open_records(folder, pieces_per_segment, OnDamage::Report)?;
        store.drop_unfinished()?;
        for header in store.headers.read().iter() {
            store.check_length(header.segment_index)?;
        }
        Ok(store)
    }

    /// Opens the store in spite of damage: with the records before the first bad one, and without a
    /// look at the pieces. The file is as it was until [`Self::cut_records`].
    pub(crate) fn open_damaged(folder: &Path, pieces_per_segment: u64) -> Result<Self, Error> {
        Self::open_records(folder, pieces_per_segment, OnDamage::PassOver)
    }

    fn open_records(
        folder: &Path,
        pieces_per_segment: u64,
        on_damage: OnDamage,
    ) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let path = folder.join("headers");
        let bytes = read(&path)?.unwrap_or_default();
        let GoodRecords {
            headers,
            bad,
            damaged_within,
        } = good_records(&bytes);
        let good = headers.len() * HEADER_RECORD_BYTES;
        let store = Self {
            folder: folder.to_owned(),
            pieces_per_segment,
            headers: RwLock::new(headers),
        };
        if let Some(cause) = bad {
            match on_damage {
                OnDamage::PassOver => return Ok(store),
                OnDamage::Report if damaged_within => {
                    return Err(Error::damaged(&path, good as u64, cause));
                }
                OnDamage::Report => {}
            }
            tracing::warn!(
                target: "archiver",
                "{}: {cause} at byte {good}; cutting off {} bytes, which are archived again",
                path.display(),
                bytes.len() - good,
            );
            store.cut_records()?;
        }
        Ok(store)
    }

    /// Makes the file of records as long as there are headers.
    pub(crate) fn cut_records(&self) -> Result<(), Error> {
        let path = self.folder.join("headers");
        let length = self.headers.read().len() * HEADER_RECORD_BYTES;
        let file = OpenOptions::new()
            .write(true)
            .open(&path)
            .map_err(Error::io("open", &path))?;
        file.set_len(length as u64)
            .map_err(Error::io("truncate", &path))?;
        file.sync_all().map_err(Error::io("sync", &path))
    }

    /// Drops the newest records whose pieces are not all there: a disk that lost what it had
    /// promised to keep.
    fn drop_unfinished(&self) -> Result<(), Error> {
        let mut dropped = false;
        loop {
            let newest = self.last_header();
            let Some(error) = newest.and_then(|last| self.check_length(last.segment_index).err())
            else {
                break;
            };
            if !error.is_of_damage() {
                return Err(error);
            }
            tracing::warn!(target: "archiver", "{error}; the segment is archived again");
            self.headers.write().pop();
            dropped = true;
        }
        if dropped {
            self.cut_records()?;
        }
        Ok(())
    }

    /// Whether the pieces of a segment are all there, by the length of the file alone.
    fn check_length(&self, index: SegmentIndex) -> Result<(), Error> {
        let path = self.pieces_path(index);
        let expected = self.pieces_per_segment * PIECE_BYTES as u64;
        let length = match fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(Error::io("open", &path)(error)),
        };
        if length == expected {
            return Ok(());
        }
        let cause = format!("a segment has {expected} bytes of pieces, found {length}");
        Err(Error::damaged(&path, length.min(expected), cause))
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
        self.write_pieces(index, pieces)?;
        let path = self.folder.join("headers");
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(Error::io("open", &path))?;
        let written = file
            .write_all(&record(&header))
            .map_err(Error::io("write", &path))
            .and_then(|()| file.sync_all().map_err(Error::io("sync", &path)));
        if let Err(error) = written {
            // Half of a record; should this fail too, the next start cuts it off.
            let _ = self.cut_records();
            return Err(error);
        }
        self.headers.write().push(header);
        Ok(())
    }

    /// Writes the pieces of a segment, in place of those that were there.
    pub(crate) fn write_pieces(&self, index: SegmentIndex, pieces: &[Piece]) -> Result<(), Error> {
        let parts: Vec<&[u8]> = pieces.iter().map(Piece::as_bytes).collect();
        Ok(write_atomically(
            &self.pieces_path(index),
            &parts,
            FILE_MODE,
        )?)
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

    /// All headers.
    pub(crate) fn headers(&self) -> Vec<SegmentHeader> {
        self.headers.read().clone()
    }

    /// All pieces of a segment as they lie on the disk.
    pub(crate) fn pieces(&self, index: SegmentIndex) -> Result<Vec<Piece>, Error> {
        self.check_length(index)?;
        let path = self.pieces_path(index);
        let bytes = fs::read(&path).map_err(Error::io("read", &path))?;
        let pieces = bytes.chunks(PIECE_BYTES).map(|piece| {
            Piece::try_from(piece.to_vec()).map_err(|error| Error::damaged(&path, 0, error))
        });
        pieces.collect()
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
