//! What lies in a plot's directory: its lock, what a crash left, the sectors.

use super::DirectoryError;
use crate::{
    files::{FileError, TEMPORARY_EXTENSION},
    sector_file::FileName,
};
use allod_core::SectorIndex;
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
    let is_sector = |path: &PathBuf| FileName::of(path).is_some();
    Ok(files(directory)?.into_iter().find(is_sector))
}

/// The sectors in a plot's directory: index and path, by index, of one index by name.
pub(crate) fn sectors(directory: &Path) -> Result<Vec<(SectorIndex, PathBuf)>, FileError> {
    let mut sectors: Vec<(SectorIndex, PathBuf)> = files(directory)?
        .into_iter()
        .filter_map(|path| FileName::of(&path).map(|name| (name.sector_index, path)))
        .collect();
    sectors.sort();
    Ok(sectors)
}

/// Removes the files of sectors with this index that are not among those to keep: sectors that were
/// given up, or are damaged.
pub(crate) fn remove_other_sectors(
    directory: &Path,
    sector_index: SectorIndex,
    keep: &[PathBuf],
) -> Result<(), FileError> {
    for (index, path) in sectors(directory)? {
        if index == sector_index && !keep.contains(&path) {
            fs::remove_file(&path).map_err(FileError::new("remove", &path))?;
        }
    }
    Ok(())
}
