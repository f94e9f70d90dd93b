//! `allod id sign` and `allod id verify-data`: an identity vouches for data.
//!
//! What is signed is laid out in [`allod_identity::data`]; no key signs the data themselves, or any other bytes that
//! somebody brings. What a verifier needs stands in a [`signature_file`], beside the data.

mod sign;
pub mod signature_file;
mod verify;

pub use sign::{SignArgs, sign};
pub use verify::{VerifyDataArgs, verify_data};

use crate::Error;
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// SHA-256 of a file of any length, or of the standard input if the path is `-`.
fn hash_of(path: &Path) -> Result<[u8; 32], Error> {
    let hash = if path == Path::new("-") {
        digest(io::stdin().lock())
    } else {
        File::open(path).and_then(digest)
    };
    hash.map_err(|error| format!("cannot read {}: {error}", path.display()).into())
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
