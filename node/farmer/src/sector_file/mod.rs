//! Sectors on disk, one file each: `sector-<index>-<history size>.bin`, both with six digits or
//! more. So a sector and its successor lie beside one another until the older one is removed. A name
//! without history size, `sector-<index>.bin`, is read as well: earlier versions, which kept one
//! sector of an index, gave it.
//!
//! # Format, version 1
//!
//! All numbers are little-endian. P pieces lie in 8 groups of G = P / 8.
//!
//! | part | bytes | content |
//! |---|---|---|
//! | header | 104 + 32 | see below |
//! | group tables, 8 of them | G · (1,024 + 96) + 32 | for each piece of the group its bitmap; then for each its record commitment (48) and record witness (48) |
//! | bucket checksums | 8,192 · 16 + 32 | for each s-bucket the first 16 bytes of its checksum |
//! | chunks | 32 each | ordered by s-bucket, then group, then offset |
//!
//! The header: `ALODSECT`; format version (u32); P (u16); zero (u16); sector index (u32); zero
//! (u32); history size (u64); public key (32); genesis hash (32); number of chunks (u64).
//!
//! A bitmap has a bit for each s-bucket (bit `s % 8` of byte `s / 8`), set where the piece's record
//! kept a chunk. A piece has exactly 4,096 of them, or none if its table has too few proofs
//! ([`plotting`](crate::plotting)).
//!
//! # Checksums
//!
//! Header, each group table, the bucket checksums and each s-bucket are covered by BLAKE3 (32
//! bytes; 16 for an s-bucket) over sector id ‖ number of the part (u32) ‖ its bytes. With the id and
//! the number in it, a part that got to a wrong place or comes from an older plot is found, too.
//! The parts are numbered: header 0, group tables 1 to 8, bucket checksums 9, s-bucket s 16 + s.
//!
//! Header and group tables are checked when the file is opened, a group table again whenever it is
//! read for proving. Chunks are checked by [`SectorFile::scrub`]. An audit checks nothing, because a
//! chunk that wins is proven next: a record that was rebuilt from a wrong chunk does not open its
//! commitment.
//!
//! # Reading
//!
//! An audit reads the chunks of one s-bucket and group, which lie together: with P = 1,000 about
//! 62 chunks or 2 KB. Where they begin says an index in memory, made from the bitmaps: 1 byte for
//! each s-bucket and group (2 bytes above P = 2,040) and 4 KiB beside, 68 KiB for 125 MiB of plot.
//!
//! # Writing
//!
//! A sector is written to a file with the ending `tmp`, synced and renamed, so that a crash at any
//! instant leaves the whole sector or none. An open [`SectorFile`] can be read on when its file was
//! replaced or removed.

mod index;
mod layout;
mod reader;
mod writer;

pub use layout::sector_bytes;
pub use reader::{GroupTable, SectorFile, StoredPiece};
pub use writer::{PlottedPiece, write_sector};

use crate::files::{DamagedFile, FileError};
use allod_core::{HistorySize, SectorIndex};
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Why a sector cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SectorError {
    /// The operating system refuses.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not what was written.
    #[error(transparent)]
    Damaged(#[from] DamagedFile),
    /// The sector is whole, but of another plot.
    #[error("{} is a sector of another {what}", .path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// In what it differs.
        what: &'static str,
    },
    /// The sector was written by a program with another format.
    #[error("{} has format version {found}, this program knows {expected}", .path.display())]
    Version {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Known version.
        expected: u32,
    },
}

/// What the name of a sector's file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileName {
    pub sector_index: SectorIndex,
    /// Made at; none in a name that an earlier version gave.
    pub history_size: Option<HistorySize>,
}

impl FileName {
    /// The name that is given today.
    pub(crate) fn new(sector_index: SectorIndex, history_size: HistorySize) -> Self {
        Self {
            sector_index,
            history_size: Some(history_size),
        }
    }

    /// Reads a path; none if its last part is not exactly the name of a sector's file.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let numbers = name.strip_prefix("sector-")?.strip_suffix(".bin")?;
        let (sector_index, history_size) = match numbers.split_once('-') {
            Some((index, size)) => (index, Some(HistorySize(size.parse().ok()?))),
            None => (numbers, None),
        };
        let parsed = Self {
            sector_index: sector_index.parse().ok()?,
            history_size,
        };
        (parsed.to_string() == name).then_some(parsed)
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sector-{:06}", self.sector_index)?;
        if let Some(history_size) = self.history_size {
            write!(f, "-{:06}", history_size.0)?;
        }
        f.write_str(".bin")
    }
}

#[cfg(test)]
mod tests;
