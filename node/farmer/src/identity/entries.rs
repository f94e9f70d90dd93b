//! What lies in a plot's directory: its lock, what a crash left, the sectors.

use super::DirectoryError;
use crate::{
    files::{FileError, TEMPORARY_EXTENSION},
    sector_file::index_of,
};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

const LOCK_FILE: &str = "lock";

pub(super) fn lock(directory: &Path) -> Result<File, DirectoryError> {
    let path = directory.join(LOCK_FILE);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(FileError::new("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DirectoryError::Locked(directory.to_owned())),
        Err(TryLockError::Error(error)) => Err(FileError::new("lock", &path)(error).into()),
    }
}

/// All files in a directory.
fn files(directory: &Path) -> Result<Vec<PathBuf>, FileError> {
    fs::read_dir(directory)
        .and_then(|entries| {
            entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect()
        })
        .map_err(FileError::new("list", directory))
}

pub(super) fn remove_temporary_files(directory: &Path) -> Result<(), FileError> {
    for path in files(directory)? {
        if path.extension().is_some_and(|it| it == TEMPORARY_EXTENSION) {
            fs::remove_file(&path).map_err(FileError::new("remove", &path))?;
        }
    }
    Ok(())
}

pub(super) fn first_sector(directory: &Path) -> Result<Option<PathBuf>, FileError> {
    let is_sector = |path: &PathBuf| index_of(path).is_some();
    Ok(files(directory)?.into_iter().find(is_sector))
}

/// The sectors in a plot's directory: index and path, by index.
pub(crate) fn sectors(directory: &Path) -> Result<Vec<(u32, PathBuf)>, FileError> {
    let mut sectors: Vec<(u32, PathBuf)> = files(directory)?
        .into_iter()
        .filter_map(|path| index_of(&path).map(|index| (index, path)))
        .collect();
    sectors.sort();
    Ok(sectors)
}
