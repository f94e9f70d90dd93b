//! Small files that are wholly there or not at all, and what to say of damaged ones.

pub use allod_files::FileError;
pub(crate) use allod_files::{TEMPORARY_EXTENSION, sync_parent, write_atomically};
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// A file that cannot be what was written.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} is damaged at byte {offset}: {what}", .path.display()
)]
pub struct DamagedFile {
    /// Which file.
    pub path: PathBuf,
    /// Where in it, or where the part that is damaged begins.
    pub offset: u64,
    /// What is wrong and what would be right.
    pub what: String,
}

impl DamagedFile {
    pub(crate) fn new(path: &Path, offset: u64, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            offset,
            what: what.into(),
        }
    }
}

/// Reads a file of at most `max` bytes; `max + 1` bytes if it is longer.
pub(crate) fn read_bounded(path: &Path, max: usize) -> Result<Vec<u8>, FileError> {
    let read = || {
        let mut bytes = Vec::new();
        let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
        File::open(path)?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(FileError::new("read", path))
}

/// Whether there is such a file.
pub(crate) fn exists(path: &Path) -> Result<bool, FileError> {
    path.try_exists().map_err(FileError::new("look for", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_read_one_byte_further() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        write_atomically(&path, &[b"second"], 0o600).unwrap();
        assert_eq!(read_bounded(&path, 100).unwrap(), b"second");
        assert_eq!(read_bounded(&path, 3).unwrap(), b"seco");
    }

    #[test]
    fn errors_name_the_file() {
        let missing = Path::new("/nowhere/at/all");
        let error = read_bounded(missing, 1).unwrap_err().to_string();
        assert!(
            error.starts_with("cannot read /nowhere/at/all: "),
            "{error}"
        );
    }
}
