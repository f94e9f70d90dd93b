//! The unfinished segment on disk: the archiver's state when the newest segment was finished, and
//! the bytes of every block since, so that no body is needed twice.
//!
//! The file is a list of entries: length of the payload (u32, little-endian), payload, first 16
//! bytes of its BLAKE2b-256. The first payload is the SCALE-encoded [`Snapshot`], each further one
//! a SCALE-encoded [`ArchivedBlock`]. An entry that is cut short by a crash is dropped at the next
//! start (the database still has that block); one that is whole but wrong is an error.

use crate::{
    Error,
    files::{read, write_atomically},
};
use allod_archiving::ArchiverState;
use allod_core::{Hash, blake2b_256};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

const LENGTH_BYTES: usize = 4;
const CHECKSUM_BYTES: usize = 16;

/// Where the history stood when the newest segment was finished.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Snapshot {
    /// Number of the last block that was archived.
    pub number: u32,
    /// Its hash.
    pub hash: Hash,
    /// The archiver.
    pub state: ArchiverState,
}

/// A block that was archived after the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ArchivedBlock {
    /// Its number.
    pub number: u32,
    /// Its hash.
    pub hash: Hash,
    /// Its archived bytes.
    pub bytes: Vec<u8>,
}

/// A journal that was read: ready to be appended to, what it begins with, what follows.
pub type OpenedJournal = (Journal, Snapshot, Vec<ArchivedBlock>);

/// The open journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

fn entry(payload: &[u8]) -> Vec<u8> {
    // A block is far below 4 GiB; a longer one could not have been imported.
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    [
        &length.to_le_bytes()[..],
        payload,
        &blake2b_256(payload)[..CHECKSUM_BYTES],
    ]
    .concat()
}

/// Payload of an entry and what follows it, or why there is none.
type Split<'a> = Result<(&'a [u8], &'a [u8]), &'static str>;

/// Splits the next entry off: payload and rest, none if what remains is cut short.
fn split(bytes: &[u8]) -> Option<Split<'_>> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (payload, rest) = rest.split_at_checked(length)?;
    let (checksum, rest) = rest.split_at_checked(CHECKSUM_BYTES)?;
    if blake2b_256(payload).starts_with(checksum) {
        Some(Ok((payload, rest)))
    } else {
        Some(Err("checksum of the entry does not match"))
    }
}

impl Journal {
    /// Begins a new journal in place of the old one.
    pub fn create(folder: &Path, snapshot: &Snapshot) -> Result<Self, Error> {
        let path = folder.join("journal");
        write_atomically(&path, &[&entry(&snapshot.encode())])?;
        Self::append_to(path)
    }

    fn append_to(path: PathBuf) -> Result<Self, Error> {
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(Error::io("open", &path))?;
        Ok(Self { path, file })
    }

    /// Opens the journal and reads it; none if there is none.
    pub fn open(folder: &Path) -> Result<Option<OpenedJournal>, Error> {
        let path = folder.join("journal");
        let Some(bytes) = read(&path)? else {
            return Ok(None);
        };
        let offset_of = |rest: &[u8]| (bytes.len() - rest.len()) as u64;
        let damaged = |rest: &[u8], cause: &str| Error::damaged(&path, offset_of(rest), cause);

        let (payload, mut rest) = split(&bytes)
            .ok_or_else(|| damaged(&bytes, "the snapshot is cut short"))?
            .map_err(|cause| damaged(&bytes, cause))?;
        let snapshot = Snapshot::decode_all(&mut &payload[..])
            .map_err(|error| damaged(&bytes, &format!("the snapshot does not decode: {error}")))?;
        let mut blocks = Vec::new();
        while let Some(split) = split(rest) {
            let (payload, after) = split.map_err(|cause| damaged(rest, cause))?;
            let block = ArchivedBlock::decode_all(&mut &payload[..])
                .map_err(|error| damaged(rest, &format!("the block does not decode: {error}")))?;
            blocks.push(block);
            rest = after;
        }
        let whole = offset_of(rest);
        let journal = Self::append_to(path)?;
        if !rest.is_empty() {
            tracing::warn!(
                target: "archiver",
                "{} ends with {} bytes of an unfinished entry; cutting them off",
                journal.path.display(),
                rest.len(),
            );
            journal
                .file
                .set_len(whole)
                .map_err(Error::io("truncate", &journal.path))?;
        }
        Ok(Some((journal, snapshot, blocks)))
    }

    /// Adds a block. It is not synced: after a power cut the database gives it again.
    pub fn append(&mut self, block: &ArchivedBlock) -> Result<(), Error> {
        self.file
            .write_all(&entry(&block.encode()))
            .map_err(Error::io("write", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn block(number: u32) -> ArchivedBlock {
        ArchivedBlock {
            number,
            hash: [number as u8; 32],
            bytes: vec![number as u8; 100],
        }
    }

    fn snapshot() -> Snapshot {
        let kzg = allod_kzg::Kzg::new();
        let archiver = allod_archiving::Archiver::new(kzg, 1).unwrap();
        Snapshot {
            number: 7,
            hash: [7; 32],
            state: archiver.state(),
        }
    }

    fn filled(folder: &Path) -> Vec<u8> {
        let mut journal = Journal::create(folder, &snapshot()).unwrap();
        journal.append(&block(8)).unwrap();
        journal.append(&block(9)).unwrap();
        fs::read(folder.join("journal")).unwrap()
    }

    #[test]
    fn reads_back_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Journal::open(folder.path()).unwrap().is_none());
        filled(folder.path());
        let (mut journal, read, blocks) = Journal::open(folder.path()).unwrap().unwrap();
        assert_eq!(read.encode(), snapshot().encode());
        assert_eq!(blocks, [block(8), block(9)]);
        journal.append(&block(10)).unwrap();
        assert_eq!(Journal::open(folder.path()).unwrap().unwrap().2.len(), 3);
    }

    #[test]
    fn every_cut_gives_a_prefix_and_every_flip_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = filled(folder.path());
        let path = folder.path().join("journal");
        let first_entry = entry(&snapshot().encode()).len();
        for length in first_entry..bytes.len() {
            fs::write(&path, &bytes[..length]).unwrap();
            let blocks = Journal::open(folder.path()).unwrap().unwrap().2;
            assert!(blocks.len() < 2 && blocks.iter().all(|block| block.number >= 8));
        }
        for length in 0..first_entry {
            fs::write(&path, &bytes[..length]).unwrap();
            assert!(matches!(
                Journal::open(folder.path()),
                Err(Error::Damaged { .. })
            ));
        }
        for position in
            (LENGTH_BYTES..first_entry).chain(first_entry + LENGTH_BYTES..first_entry + 40)
        {
            let mut flipped = bytes.clone();
            flipped[position] ^= 1;
            fs::write(&path, &flipped).unwrap();
            assert!(matches!(
                Journal::open(folder.path()),
                Err(Error::Damaged { .. })
            ));
        }
    }
}
