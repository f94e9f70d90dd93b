//! Files that are wholly there or not at all, after a crash at any instant.
//!
//! A file is written beside its place, under its name and [`TEMPORARY_EXTENSION`], synced, renamed into its place, and
//! the directory is synced. What a crash leaves under the temporary name means nothing, and the next write takes its
//! place. Two writers of one file at a time are none of this crate's business: a directory has one owner.

#![forbid(unsafe_code)]

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// What a file's name ends with while it is being written.
pub const TEMPORARY_EXTENSION: &str = "tmp";

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
    /// The error of an attempt to `action` that file.
    pub fn new(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

/// Replaces a file by these parts, one behind the other. `mode` is what `chmod` takes.
///
/// # Errors
/// [`FileError`]; what was there is there still, unless it is the directory that could not be synced: then the new
/// content is there, and may be gone after a crash.
pub fn write_atomically(path: &Path, parts: &[&[u8]], mode: u32) -> Result<(), FileError> {
    let temporary = temporary(path);
    write_synced(&temporary, parts, mode).map_err(|error| {
        // The space is needed more than the error of removing is.
        let _ = fs::remove_file(&temporary);
        FileError::new("write", &temporary)(error)
    })?;
    fs::rename(&temporary, path).map_err(FileError::new("rename a file to", path))?;
    sync_parent(path)
}

fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(TEMPORARY_EXTENSION);
    name.into()
}

fn write_synced(path: &Path, parts: &[&[u8]], mode: u32) -> io::Result<()> {
    // What a crash left may have another mode.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}

/// Makes a rename last: it is the directory that was changed.
///
/// # Errors
/// [`FileError`].
pub fn sync_parent(path: &Path) -> Result<(), FileError> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(parent)
        .and_then(|directory| directory.sync_all())
        .map_err(FileError::new("sync", parent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn content_is_replaced_as_a_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file.dat");
        write_atomically(&path, &[b"first"], 0o600).unwrap();
        // What a crash left behind does not matter.
        fs::write(
            directory.path().join("file.dat.tmp"),
            b"half of a longer text",
        )
        .unwrap();
        write_atomically(&path, &[b"sec", b"ond"], 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_write_that_fails_leaves_what_was_there_and_names_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        write_atomically(&path, &[b"first"], 0o644).unwrap();
        let in_the_way = directory.path().join("file.tmp");
        fs::create_dir(&in_the_way).unwrap();
        let error = write_atomically(&path, &[b"second"], 0o644).unwrap_err();
        assert_eq!((error.action, error.path), ("write", in_the_way));
        assert_eq!(fs::read(&path).unwrap(), b"first");

        let missing = Path::new("/nowhere/at/all");
        let error = write_atomically(missing, &[], 0o600).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("cannot write /nowhere/at/all.tmp: "),
            "{text}"
        );
    }
}
