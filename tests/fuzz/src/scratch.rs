//! A folder in memory for what is parsed from files.

use std::path::Path;
use tempfile::TempDir;

/// A new folder, in memory where the system has some for files.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.expect("a folder for files")
}
