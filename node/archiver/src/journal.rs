//! The unfinished segment on disk: the archiver's state when the newest segment was finished, and
//! the bytes of every block since, so that no body is needed twice.
//!
//! The file is a list of entries: length of the payload (u32, little-endian), payload, first 16
//! bytes of its BLAKE2b-256. The first payload is the SCALE-encoded [`Snapshot`], each further one
//! a SCALE-encoded [`ArchivedBlock`]. Everything from the first entry on that is cut short or wrong
//! is dropped at the next start: the database still has those blocks. Without its snapshot the
//! journal is lost, and the archiver begins one anew after the newest segment.

use crate::{
    Error,
    files::{FILE_MODE, read},
};
use allod_archiving::ArchiverState;
use allod_core::{Hash, blake2b_256};
use allod_files::write_atomically;
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
    pub hash: Hash,
    pub state: ArchiverState,
}

/// A block that was archived after the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ArchivedBlock {
    pub number: u32,
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

/// Splits the next entry off: payload and rest.
fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    const CUT: &str = "an entry is cut short";
    let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>().ok_or(CUT)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| CUT)?;
    let (payload, rest) = rest.split_at_checked(length).ok_or(CUT)?;
    let (checksum, rest) = rest.split_at_checked(CHECKSUM_BYTES).ok_or(CUT)?;
    if blake2b_256(payload).starts_with(checksum) {
        Ok((payload, rest))
    } else {
        Err("the checksum of an entry does not match")
    }
}

impl Journal {
    /// Begins a new journal in place of the old one.
    pub fn create(folder: &Path, snapshot: &Snapshot) -> Result<Self, Error> {
        let path = folder.join("journal");
        write_atomically(&path, &[&entry(&snapshot.encode())], FILE_MODE)?;
        Self::append_to(path)
    }

    fn append_to(path: PathBuf) -> Result<Self, Error> {
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(Error::io("open", &path))?;
        Ok(Self { path, file })
    }

    /// Opens the journal and reads it; none if there is none, or none that can be used.
    pub fn open(folder: &Path) -> Result<Option<OpenedJournal>, Error> {
        let path = folder.join("journal");
        let Some(bytes) = read(&path)? else {
            return Ok(None);
        };
        let contents = match Contents::parse(&bytes) {
            Ok(contents) => contents,
            Err(cause) => {
                tracing::warn!(
                    target: "archiver",
                    "{}: {cause}; beginning a new one after the newest segment",
                    path.display(),
                );
                return Ok(None);
            }
        };
        let journal = Self::append_to(path)?;
        if let Some(cause) = contents.bad {
            tracing::warn!(
                target: "archiver",
                "{}: {cause} at byte {}; cutting off {} bytes, whose blocks are in the database",
                journal.path.display(),
                contents.good_bytes,
                bytes.len().saturating_sub(contents.good_bytes),
            );
            journal.truncate(contents.good_bytes as u64)?;
        }
        Ok(Some((journal, contents.snapshot, contents.blocks)))
    }

    fn truncate(&self, length: u64) -> Result<(), Error> {
        self.file
            .set_len(length)
            .map_err(Error::io("truncate", &self.path))
    }

    /// Adds a block. It is not synced: after a power cut the database gives it again. If it fails,
    /// half an entry may be left, which the next start cuts off; nothing may be appended after it.
    pub fn append(&mut self, block: &ArchivedBlock) -> Result<(), Error> {
        self.file
            .write_all(&entry(&block.encode()))
            .map_err(Error::io("write", &self.path))
    }
}

/// What a journal holds up to its first bad entry.
#[derive(Debug)]
pub struct Contents {
    /// Where the history stood.
    pub snapshot: Snapshot,
    /// The blocks since.
    pub blocks: Vec<ArchivedBlock>,
    /// Length of the entries that are good.
    pub good_bytes: usize,
    /// Why the next one is bad, if anything follows.
    pub bad: Option<&'static str>,
}

impl Contents {
    /// Reads the bytes of a journal, whatever they are.
    ///
    /// # Errors
    /// Why the snapshot is of no use.
    pub fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let (payload, mut rest) = split(bytes)?;
        let snapshot =
            Snapshot::decode_all(&mut &payload[..]).map_err(|_| "the snapshot does not decode")?;
        let mut blocks = Vec::new();
        let mut bad = None;
        while !rest.is_empty() {
            let next = split(rest).and_then(|(payload, after)| {
                let block = ArchivedBlock::decode_all(&mut &payload[..])
                    .map_err(|_| "the block of an entry does not decode")?;
                Ok((block, after))
            });
            match next {
                Ok((block, after)) => {
                    blocks.push(block);
                    rest = after;
                }
                Err(cause) => {
                    bad = Some(cause);
                    break;
                }
            }
        }
        Ok(Self {
            snapshot,
            blocks,
            good_bytes: bytes.len().saturating_sub(rest.len()),
            bad,
        })
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

    fn blocks_after(folder: &Path, bytes: &[u8]) -> Option<Vec<ArchivedBlock>> {
        fs::write(folder.join("journal"), bytes).unwrap();
        let opened = Journal::open(folder).unwrap();
        opened.map(|(mut journal, _, blocks)| {
            // What was bad is gone: the next block can be read back.
            journal.append(&block(50)).unwrap();
            let (_, _, again) = Journal::open(folder).unwrap().unwrap();
            assert_eq!(again, [&blocks[..], &[block(50)]].concat());
            blocks
        })
    }

    #[test]
    fn cuts_flips_and_zeros_cost_only_what_comes_after_them() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = filled(folder.path());
        let first = entry(&snapshot().encode()).len();
        let second = first + entry(&block(8).encode()).len();
        let all = [block(8), block(9)];
        let good_before = |position: usize| match position {
            position if position < first => None,
            position if position < second => Some(0),
            position if position < bytes.len() => Some(1),
            _ => Some(2),
        };
        for position in 0..=bytes.len() {
            let expected = good_before(position).map(|count| all[..count].to_vec());
            let cut = &bytes[..position];
            assert_eq!(
                blocks_after(folder.path(), cut),
                expected,
                "cut at {position}"
            );
            let mut zeros = cut.to_vec();
            zeros.resize(bytes.len() + 4096, 0);
            let found = blocks_after(folder.path(), &zeros);
            // A last byte may have been zero itself.
            assert!(found.map(|blocks| blocks.len()) >= expected.map(|blocks| blocks.len()));
        }
        for position in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[position] ^= 1;
            let expected = good_before(position).map(|count| all[..count].to_vec());
            let found = blocks_after(folder.path(), &flipped);
            assert_eq!(found, expected, "flip at {position}");
        }
    }

    #[test]
    fn a_full_disk_is_named() {
        let mut journal = Journal::append_to(PathBuf::from("/dev/full")).unwrap();
        let error = journal.append(&block(8)).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("cannot write /dev/full: No space left"),
            "{text}"
        );
    }
}
