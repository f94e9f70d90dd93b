//! Writing files so that a crash leaves the old one or the new one, never half of one.

use crate::Error;
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

/// Writes to a temporary name, syncs, renames, and syncs the folder.
pub fn write_atomically(path: &Path, parts: &[&[u8]]) -> Result<(), Error> {
    let temporary = temporary(path);
    let mut file = File::create(&temporary).map_err(Error::io("create", &temporary))?;
    for part in parts {
        file.write_all(part)
            .map_err(Error::io("write", &temporary))?;
    }
    file.sync_all().map_err(Error::io("sync", &temporary))?;
    fs::rename(&temporary, path).map_err(Error::io("rename", &temporary))?;
    if let Some(folder) = path.parent() {
        let folder_file = File::open(folder).map_err(Error::io("open", folder))?;
        folder_file.sync_all().map_err(Error::io("sync", folder))?;
    }
    Ok(())
}

/// Reads a whole file; none if there is no such file.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", path)(error)),
    }
}

/// Removes a file, if there is one.
pub fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io("remove", path)(error)),
    }
}
