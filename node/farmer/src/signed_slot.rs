//! The record of what was signed as plots had it before [`signed_claims`](crate::signed_claims): the highest slot in
//! which a block was sealed. It is read when such a plot is opened, so that nobody signs twice across the change.
//!
//! The file `signed-slot` has 48 bytes:
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 8 | `ALODSLOT` |
//! | 8 | 8 | the slot, little-endian; 0 before the first seal |
//! | 16 | 32 | BLAKE3 of the 16 bytes before |

use crate::{
    files::{exists, read_bounded},
    signed_claims::{HEADER_BYTES, SignedClaimsError, decode_header},
};
use allod_core::Slot;
use std::path::Path;

/// Name of the file in a plot's directory.
pub const SIGNED_SLOT_FILE: &str = "signed-slot";
const MAGIC: &[u8; 8] = b"ALODSLOT";

/// The highest slot signed, if the plot has such a file.
pub(crate) fn read(directory: &Path) -> Result<Option<Slot>, SignedClaimsError> {
    let path = directory.join(SIGNED_SLOT_FILE);
    if !exists(&path)? {
        return Ok(None);
    }
    let bytes = read_bounded(&path, HEADER_BYTES)?;
    Ok(Some(decode_header(&path, MAGIC, &bytes)?))
}

#[cfg(test)]
pub(crate) fn write(directory: &Path, slot: Slot) {
    let bytes = crate::signed_claims::encode_header(MAGIC, slot);
    std::fs::write(directory.join(SIGNED_SLOT_FILE), bytes).unwrap();
}
