//! The hash of data.

use crate::files::FileError;
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// SHA-256 of a file of any length, or of the standard input if the path is `-`.
pub fn hash_of(path: &Path) -> Result<[u8; 32], FileError> {
    let hash = if path == Path::new("-") {
        digest(io::stdin().lock())
    } else {
        File::open(path).and_then(digest)
    };
    hash.map_err(|error| FileError::Unreadable {
        path: path.into(),
        error,
    })
}

fn digest(mut data: impl Read) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match data.read(&mut buffer) {
            Ok(0) => return Ok(hash.finalize().into()),
            Ok(length) => hash.update(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
