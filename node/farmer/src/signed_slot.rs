//! The slot of the newest block that this farmer sealed, on disk (§8).
//!
//! A farmer that seals two blocks with one ticket loses its key. So the slot is written and synced
//! before the signature is made, and no slot is signed that is not above it: not after a crash,
//! not after a restart, not when the node asks twice.
//!
//! The file `signed-slot` has 48 bytes:
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 8 | `ALODSLOT` |
//! | 8 | 8 | the slot, little-endian; 0 before the first seal |
//! | 16 | 32 | BLAKE3 of the 16 bytes before |
//!
//! It is made once, with the plot. If it is damaged or gone, nothing is signed until somebody who
//! knows what was signed restores it: to start again from 0 would be the very mistake that it is
//! there to prevent.

use crate::files::{DamagedFile, FileError, exists, read_bounded, write_atomically};
use allod_core::Slot;
use std::path::{Path, PathBuf};

/// Name of the file in a plot's directory.
pub const SIGNED_SLOT_FILE: &str = "signed-slot";
const MAGIC: &[u8; 8] = b"ALODSLOT";
const BYTES: usize = 48;

/// Why the file cannot be relied on.
#[derive(Debug, thiserror::Error)]
pub enum SignedSlotError {
    /// It cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is not what was written.
    #[error("{0}; nothing is signed until it is restored")]
    Damaged(#[from] DamagedFile),
    /// It is gone.
    #[error(
        "{} is missing beside a plot that has been farmed; nothing is signed until it is restored",
        .0.display()
    )]
    Missing(PathBuf),
    /// A block was sealed in this slot or in a later one.
    #[error("slot {slot} is not above slot {highest}, in which a block was already sealed")]
    AlreadySigned {
        /// The slot asked for.
        slot: Slot,
        /// The highest slot signed.
        highest: Slot,
    },
}

/// The highest slot in which a block was sealed.
#[derive(Debug)]
pub struct SignedSlot {
    path: PathBuf,
    highest: Slot,
}

impl SignedSlot {
    /// Makes the file for a new plot; leaves one alone that is there.
    pub(crate) fn create(directory: &Path) -> Result<(), SignedSlotError> {
        let path = directory.join(SIGNED_SLOT_FILE);
        if !exists(&path)? {
            write_atomically(&path, &[&encode(Slot(0))], 0o644)?;
        }
        Ok(())
    }

    /// Reads the file of a plot that exists.
    pub fn open(directory: &Path) -> Result<Self, SignedSlotError> {
        let path = directory.join(SIGNED_SLOT_FILE);
        if !exists(&path)? {
            return Err(SignedSlotError::Missing(path));
        }
        let bytes = read_bounded(&path, BYTES)?;
        let highest = decode(&path, &bytes)?;
        Ok(Self { path, highest })
    }

    /// The highest slot signed; 0 if none.
    pub fn highest(&self) -> Slot {
        self.highest
    }

    /// Takes a slot for signing: after this returns, neither this process nor a later one gets the
    /// same slot or an earlier one.
    pub fn claim(&mut self, slot: Slot) -> Result<(), SignedSlotError> {
        if slot <= self.highest {
            return Err(SignedSlotError::AlreadySigned {
                slot,
                highest: self.highest,
            });
        }
        // Even if writing fails half-way, the slot counts as taken here.
        self.highest = slot;
        write_atomically(&self.path, &[&encode(slot)], 0o644)?;
        Ok(())
    }
}

fn encode(slot: Slot) -> Vec<u8> {
    let mut bytes = [MAGIC.as_slice(), &slot.0.to_le_bytes()].concat();
    let checksum = blake3::hash(&bytes);
    bytes.extend_from_slice(checksum.as_bytes());
    bytes
}

fn decode(path: &Path, bytes: &[u8]) -> Result<Slot, DamagedFile> {
    let damaged = |offset: usize, what: &str| DamagedFile::new(path, offset as u64, what);
    if bytes.len() != BYTES {
        let end = bytes.len().min(BYTES);
        return Err(damaged(end, &format!("the file has {BYTES} bytes")));
    }
    let (content, checksum) = bytes.split_at(16);
    let (magic, slot) = content.split_at(8);
    if magic != MAGIC {
        return Err(damaged(0, "it begins with ALODSLOT"));
    }
    if blake3::hash(content).as_bytes() != checksum {
        return Err(damaged(8, "the checksum of the slot does not match"));
    }
    let slot = slot.try_into().map(u64::from_le_bytes).unwrap_or(u64::MAX);
    Ok(Slot(slot))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn created() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        SignedSlot::create(directory.path()).unwrap();
        directory
    }

    #[test]
    fn slots_only_rise_also_across_a_restart() {
        let directory = created();
        let mut signed = SignedSlot::open(directory.path()).unwrap();
        assert_eq!(signed.highest(), Slot(0));
        assert!(signed.claim(Slot(0)).is_err());
        signed.claim(Slot(5)).unwrap();
        drop(signed);
        SignedSlot::create(directory.path()).unwrap();
        let mut signed = SignedSlot::open(directory.path()).unwrap();
        for slot in [0, 4, 5] {
            let error = signed.claim(Slot(slot)).unwrap_err();
            assert!(matches!(
                error,
                SignedSlotError::AlreadySigned {
                    highest: Slot(5),
                    ..
                }
            ));
        }
        signed.claim(Slot(6)).unwrap();
        assert_eq!(
            SignedSlot::open(directory.path()).unwrap().highest(),
            Slot(6)
        );
    }

    #[test]
    fn a_slot_that_could_not_be_written_counts_as_taken() {
        let directory = created();
        let mut signed = SignedSlot::open(directory.path()).unwrap();
        drop(directory);
        assert!(matches!(
            signed.claim(Slot(9)),
            Err(SignedSlotError::File(_))
        ));
        assert!(matches!(
            signed.claim(Slot(9)),
            Err(SignedSlotError::AlreadySigned { .. })
        ));
    }

    #[test]
    fn damage_is_reported_with_its_place_and_never_repaired() {
        let directory = created();
        let path = directory.path().join(SIGNED_SLOT_FILE);
        let good = fs::read(&path).unwrap();
        let offset = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            match SignedSlot::open(directory.path()) {
                Err(SignedSlotError::Damaged(damaged)) => damaged.offset,
                other => panic!("{other:?}"),
            }
        };
        for length in 0..good.len() {
            assert_eq!(offset(&good[..length]), length as u64);
        }
        assert_eq!(offset(&[&good[..], b"x"].concat()), 48);
        for bit in 0..good.len() * 8 {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(offset(&flipped), if bit < 64 { 0 } else { 8 });
        }
        fs::remove_file(&path).unwrap();
        assert!(matches!(
            SignedSlot::open(directory.path()),
            Err(SignedSlotError::Missing(_))
        ));
    }
}
