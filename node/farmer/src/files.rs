//! Small files that are wholly there or not at all, and what to say of damaged ones.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// What a file's name ends with while it is being written. Left behind by a crash, it means nothing.
pub(crate) const TEMPORARY_EXTENSION: &str = "tmp";

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

/// Something the operating system refused.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}", .path.display())]
pub struct FileError {
    /// What was tried.
    pub action: &'static str,
    /// With which file.
    pub path: PathBuf,
    /// Why it failed.
    pub source: io::Error,
}

impl FileError {
    pub(crate) fn new(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

/// Replaces a file so that after a crash at any instant either the old content or the new one is
/// there. `mode` is what `chmod` takes.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    let temporary = path.with_extension(TEMPORARY_EXTENSION);
    write_synced(&temporary, bytes, mode).map_err(FileError::new("write", &temporary))?;
    fs::rename(&temporary, path).map_err(FileError::new("rename a file to", path))?;
    sync_parent(path)
}

fn write_synced(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    // What a crash left may have another mode.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a rename last: it is the directory that was changed.
pub(crate) fn sync_parent(path: &Path) -> Result<(), FileError> {
    let parent = path.parent().unwrap_or(Path::new("."));
    File::open(parent)
        .and_then(|directory| directory.sync_all())
        .map_err(FileError::new("sync", parent))
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
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn content_is_replaced_as_a_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        write_atomically(&path, b"first", 0o600).unwrap();
        // What a crash left behind does not matter.
        fs::write(
            path.with_extension(TEMPORARY_EXTENSION),
            b"half of a longer text",
        )
        .unwrap();
        write_atomically(&path, b"second", 0o600).unwrap();
        assert_eq!(read_bounded(&path, 100).unwrap(), b"second");
        assert_eq!(read_bounded(&path, 3).unwrap(), b"seco");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn errors_name_the_file() {
        let missing = Path::new("/nowhere/at/all");
        let error = read_bounded(missing, 1).unwrap_err().to_string();
        assert!(
            error.starts_with("cannot read /nowhere/at/all: "),
            "{error}"
        );
        let error = write_atomically(missing, b"", 0o600).unwrap_err();
        assert_eq!(error.path, missing.with_extension("tmp"));
    }
}
