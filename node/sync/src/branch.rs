//! The headers of a branch, fetched backwards and read forwards: in a file without a name, so that they
//! are gone with the process. In memory are 40 bytes of each.

use crate::protocol::HeaderRecord;
use allod_core::Hash;
use parity_scale_codec::{DecodeAll, Encode};
use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

/// Blocks of a branch: years of them, and 80 MiB in memory.
pub const MAX_BLOCKS: usize = 1 << 21;
/// Bytes of a branch on disk.
pub const MAX_BYTES: u64 = 16 << 30;

/// Why a branch cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum BranchError {
    /// The file system failed.
    #[error("headers of a branch, kept in {folder}: {error}")]
    Io {
        /// Where the file is.
        folder: String,
        /// What the system says.
        error: io::Error,
    },
    /// It is longer than any that this node compares.
    #[error("the branch parts more than {MAX_BLOCKS} blocks or {MAX_BYTES} bytes ago")]
    TooLong,
}

/// A branch: its tip first, then backwards to the first block that the own chain lacks.
#[derive(Debug)]
pub struct Branch {
    file: File,
    folder: String,
    /// Hash and end of each record, from the tip backwards.
    index: Vec<(Hash, u64)>,
    /// Where the tip's record begins.
    start: u64,
    tip_number: u32,
}

impl Branch {
    /// An empty one, kept in a file of `folder`.
    pub fn new(folder: &Path, tip_number: u32) -> Result<Self, BranchError> {
        let shown = folder.display().to_string();
        let io = |error| BranchError::Io {
            folder: shown.clone(),
            error,
        };
        std::fs::create_dir_all(folder).map_err(io)?;
        Ok(Self {
            file: tempfile::tempfile_in(folder).map_err(io)?,
            folder: shown,
            index: Vec::new(),
            start: 0,
            tip_number,
        })
    }

    /// Appends the header before the last one.
    pub fn push(&mut self, hash: Hash, record: &HeaderRecord) -> Result<(), BranchError> {
        let start = self.end();
        let bytes = record.encode();
        let end =
            u64::try_from(bytes.len()).map_or(u64::MAX, |length| start.saturating_add(length));
        if end > MAX_BYTES || self.index.len() >= MAX_BLOCKS {
            return Err(BranchError::TooLong);
        }
        self.file
            .write_all_at(&bytes, start)
            .map_err(|error| self.io(error))?;
        self.index.push((hash, end));
        Ok(())
    }

    /// Takes off the blocks after `last`, which is the tip then. Says whether there were any.
    pub fn cut(&mut self, last: u32) -> bool {
        let surplus = self.tip_number.saturating_sub(last).min(self.blocks());
        let Some(newest) = surplus.checked_sub(1) else {
            return false;
        };
        let newest = usize::try_from(newest).unwrap_or(usize::MAX);
        let mut removed = self.index.drain(..=newest);
        self.start = removed.next_back().map_or(self.start, |(_, end)| end);
        self.tip_number = self.tip_number.saturating_sub(surplus);
        true
    }

    /// Blocks that it has so far.
    pub fn blocks(&self) -> u32 {
        u32::try_from(self.index.len()).unwrap_or(u32::MAX)
    }

    /// Number of its tip.
    pub fn tip_number(&self) -> u32 {
        self.tip_number
    }

    /// Number of the block that it parts after, once it is whole.
    pub fn fork_number(&self) -> u32 {
        self.tip_number.saturating_sub(self.blocks())
    }

    /// Hash of its block with this number.
    pub fn hash(&self, number: u32) -> Option<Hash> {
        let position = self.position(number)?;
        self.index.get(position).map(|(hash, _)| *hash)
    }

    /// Whether it has a block with this hash.
    pub fn contains(&self, hash: Hash) -> bool {
        self.index.iter().any(|(known, _)| *known == hash)
    }

    /// Its block with this number; none if it has none.
    pub fn record(&self, number: u32) -> Result<Option<HeaderRecord>, BranchError> {
        let Some(position) = self.position(number) else {
            return Ok(None);
        };
        let Some((_, end)) = self.index.get(position) else {
            return Ok(None);
        };
        let before = position.checked_sub(1);
        let before = before.and_then(|position| self.index.get(position));
        let start = before.map_or(self.start, |(_, end)| *end);
        let length = usize::try_from(end.saturating_sub(start)).unwrap_or(0);
        let mut bytes = vec![0; length];
        self.file
            .read_exact_at(&mut bytes, start)
            .map_err(|error| self.io(error))?;
        let record = HeaderRecord::decode_all(&mut &bytes[..]);
        record
            .map(Some)
            .map_err(|_| self.io(io::ErrorKind::InvalidData.into()))
    }

    fn position(&self, number: u32) -> Option<usize> {
        usize::try_from(self.tip_number.checked_sub(number)?).ok()
    }

    fn end(&self) -> u64 {
        self.index.last().map_or(0, |(_, end)| *end)
    }

    fn io(&self, error: io::Error) -> BranchError {
        BranchError::Io {
            folder: self.folder.clone(),
            error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_fetched_backwards_is_read_by_number() {
        let folder = tempfile::tempdir().unwrap();
        let mut branch = Branch::new(folder.path(), 9).unwrap();
        let record = |number: u8| HeaderRecord {
            header: vec![number; usize::from(number)],
            justification: vec![0xff; 3],
        };
        for number in (5..=9).rev() {
            branch.push([number; 32], &record(number)).unwrap();
        }
        assert_eq!((branch.blocks(), branch.fork_number()), (5, 4));
        for number in 5..=9 {
            assert_eq!(branch.hash(number.into()), Some([number; 32]));
            assert_eq!(branch.record(number.into()).unwrap(), Some(record(number)));
        }
        assert_eq!(branch.hash(10), None);
        assert_eq!(branch.hash(4), None);
        assert_eq!(branch.record(4).unwrap(), None);
        // Its last blocks taken off.
        assert!(!branch.cut(9));
        assert!(branch.cut(7));
        assert_eq!(
            (branch.tip_number(), branch.blocks(), branch.fork_number()),
            (7, 3, 4)
        );
        for number in 5..=7 {
            assert_eq!(branch.hash(number.into()), Some([number; 32]));
            assert_eq!(branch.record(number.into()).unwrap(), Some(record(number)));
        }
        assert_eq!(branch.record(8).unwrap(), None);
        // As far as where it parts, and no further.
        assert!(branch.cut(2));
        assert_eq!((branch.tip_number(), branch.blocks()), (4, 0));
        // The file has no name.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
