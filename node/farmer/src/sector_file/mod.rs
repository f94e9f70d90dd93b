//! Sectors on disk, one file each: `sector-<index>.bin`.
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
//! A sector is written to `sector-<index>.tmp`, synced and renamed, so that a crash at any instant
//! leaves the old sector or the new one. An open [`SectorFile`] keeps reading the one it opened.

mod index;
mod layout;
mod reader;
mod writer;

pub use layout::sector_bytes;
pub use reader::{GroupTable, SectorFile, StoredPiece};
pub use writer::{PlottedPiece, write_sector};

use crate::files::{DamagedFile, FileError};
use std::path::{Path, PathBuf};

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
    /// The sector was written by a later program.
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

/// Name of the file of a sector.
pub(crate) fn file_name(sector_index: u32) -> String {
    format!("sector-{sector_index:06}.bin")
}

/// The sector index in a file's name; none if it is not the name of a sector.
pub(crate) fn index_of(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    let index = name.strip_prefix("sector-")?.strip_suffix(".bin")?;
    let index = index.parse().ok()?;
    (file_name(index) == name).then_some(index)
}

#[cfg(test)]
mod tests;
