//! What this farmer has sealed, on disk (§8).
//!
//! A farmer that seals two headers with one claim (key, sector, piece, chunk, slot) loses its key. So each claim is
//! written and synced before the signature is made, and a known one is refused: not after a crash, not after a restart,
//! not when the node asks twice. Which slots a node names does not matter: a made-up one, however far ahead, makes no
//! other one unusable; and a solution that was signed for in one slot is not signed for in another, whatever the node says
//! its challenge belongs to. With each claim goes the hash of the header that it was used for, by which a block that
//! somebody else sealed with this key is told from an own one.
//!
//! The file `signed-claims` is a header of 48 bytes and then records, of which only new ones are written:
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 8 | `ALODCLMS` |
//! | 8 | 8 | a slot, little-endian: nothing is signed in it or before it. Above 0 where the plot had a `signed-slot` |
//! | 16 | 32 | BLAKE3 of the 16 bytes before |
//!
//! | offset in a record | bytes | |
//! |---|---|---|
//! | 0 | 8 | when it was written, seconds since 1970, little-endian |
//! | 8 | 32 | hash of the claim |
//! | 40 | 32 | hash of the claim with its challenge in the place of its slot |
//! | 72 | 32 | hash of the header without seal |
//! | 104 | 8 | the first bytes of BLAKE3 of the 104 bytes before |
//!
//! What a power cut leaves at the end, up to one record, was never signed with: it is cut off with a warning. Any other
//! damage, or a file that is gone, means that nothing is signed until somebody who knows what was signed restores it: to
//! begin again from nothing would be the very mistake that the file is there to prevent.
//!
//! The file has at most [`MAX_RECORDS`]. When they are there, half of them go, the oldest first, but none that is
//! younger than [`KEPT_FOR`]: who has so many of those must not sign, or a node could make the farmer
//! forget a claim by having it sign others. By then a claim is older than what an equivocation can be reported for.

use crate::{
    files::{DamagedFile, FileError, exists, read_bounded, sync_parent, write_atomically},
    signed_slot::{self, SIGNED_SLOT_FILE},
};
use allod_core::{Hash, Slot};
use std::{
    collections::{HashSet, VecDeque},
    fs::{self, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Name of the file in a plot's directory.
pub const SIGNED_CLAIMS_FILE: &str = "signed-claims";
/// Records that the file can have, 7 MiB.
pub const MAX_RECORDS: usize = 1 << 16;
/// How long a record is kept at least: several times as long as the blocks take within which an equivocation can be
/// reported. A farmer that wins every second slot of a second has room for more than that.
pub const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

const MAGIC: &[u8; 8] = b"ALODCLMS";
pub(crate) const HEADER_BYTES: usize = 48;
const RECORD_BYTES: usize = 112;
const RECORD_CONTENT: usize = 104;

/// Why nothing is signed.
#[derive(Debug, thiserror::Error)]
pub enum SignedClaimsError {
    /// The file cannot be read or written.
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
    /// A header was sealed with this claim, or was about to be.
    #[error("the solution of slot {0} was signed for already")]
    AlreadySigned(Slot),
    /// The plot's older record does not say what was signed so long ago.
    #[error("slot {slot} is not above slot {floor}, up to which an older version signed")]
    BelowFloor {
        /// The slot asked for.
        slot: Slot,
        /// The highest slot that cannot be signed.
        floor: Slot,
    },
    /// So many signatures in so short a time are no farming.
    #[error("{MAX_RECORDS} blocks were sealed within a day, more than the record of them holds")]
    Full,
}

/// What is to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewClaim {
    /// Slot of the block.
    pub slot: Slot,
    /// Hash of the claim.
    pub claim: Hash,
    /// Hash of the same with the challenge that the solution answers, and without the slot.
    pub answer: Hash,
    /// Hash of the header without seal.
    pub header_hash: Hash,
}

/// A record of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Record {
    seconds: u64,
    claim: Hash,
    answer: Hash,
    header_hash: Hash,
}

/// The claims that were signed.
#[derive(Debug)]
pub struct SignedClaims {
    path: PathBuf,
    floor: Slot,
    records: VecDeque<Record>,
    /// Of each both hashes.
    claims: HashSet<Hash>,
    headers: HashSet<Hash>,
}

impl SignedClaims {
    /// Makes the file for a new plot; leaves one alone that is there.
    pub(crate) fn create(directory: &Path) -> Result<(), SignedClaimsError> {
        let path = directory.join(SIGNED_CLAIMS_FILE);
        if !exists(&path)? {
            write_all(&path, Slot(0), &VecDeque::new())?;
        }
        Ok(())
    }

    /// Reads the file of a plot that exists, and takes over the older record if the plot has one.
    pub fn open(directory: &Path) -> Result<Self, SignedClaimsError> {
        let path = directory.join(SIGNED_CLAIMS_FILE);
        let older = signed_slot::read(directory)?;
        let mut signed = match (exists(&path)?, older) {
            (true, _) => Self::load(path)?,
            (false, Some(_)) => Self::of(path, Slot(0), VecDeque::new()),
            (false, None) => return Err(SignedClaimsError::Missing(path)),
        };
        if let Some(highest) = older {
            signed.floor = signed.floor.max(highest);
            write_all(&signed.path, signed.floor, &signed.records)?;
            // Only now, so that a crash at any instant leaves one that says enough.
            let older = directory.join(SIGNED_SLOT_FILE);
            fs::remove_file(&older).map_err(FileError::new("remove", &older))?;
            sync_parent(&older)?;
        }
        Ok(signed)
    }

    fn of(path: PathBuf, floor: Slot, records: VecDeque<Record>) -> Self {
        Self {
            path,
            floor,
            claims: records
                .iter()
                .flat_map(|record| [record.claim, record.answer])
                .collect(),
            headers: records.iter().map(|record| record.header_hash).collect(),
            records,
        }
    }

    fn load(path: PathBuf) -> Result<Self, SignedClaimsError> {
        let most = MAX_RECORDS
            .saturating_mul(RECORD_BYTES)
            .saturating_add(HEADER_BYTES);
        // One that was torn off may lie behind them.
        let most = most.saturating_add(RECORD_BYTES);
        let bytes = read_bounded(&path, most)?;
        if bytes.len() > most {
            let what = format!("the file has at most {MAX_RECORDS} records");
            return Err(DamagedFile::new(&path, most as u64, what).into());
        }
        let (header, body) = bytes
            .split_at_checked(HEADER_BYTES)
            .unwrap_or((&bytes, &[]));
        let floor = decode_header(&path, MAGIC, header)?;
        let records: VecDeque<Record> = body
            .chunks_exact(RECORD_BYTES)
            .map_while(Record::decode)
            .collect();
        let end = length_of(records.len());
        let torn = (bytes.len() as u64).saturating_sub(end);
        if torn > RECORD_BYTES as u64 {
            let what = "the checksum of a record does not match, and it is not the last one";
            return Err(DamagedFile::new(&path, end, what).into());
        }
        if torn > 0 {
            tracing::warn!(
                "{}: {torn} bytes at the end were never written to their end; cut off",
                path.display()
            );
            cut_off(&path, end)?;
        }
        Ok(Self::of(path, floor, records))
    }

    /// The slot up to which nothing is signed.
    pub fn floor(&self) -> Slot {
        self.floor
    }

    /// Whether this farmer sealed the header with this hash, or was about to.
    pub fn has_signed(&self, header_hash: &Hash) -> bool {
        self.headers.contains(header_hash)
    }

    /// Takes a claim for signing: after this returns, neither this process nor a later one gets the same one again.
    pub fn claim(&mut self, new: &NewClaim, now: SystemTime) -> Result<(), SignedClaimsError> {
        let NewClaim { slot, .. } = *new;
        if slot <= self.floor {
            return Err(SignedClaimsError::BelowFloor {
                slot,
                floor: self.floor,
            });
        }
        if [new.claim, new.answer]
            .iter()
            .any(|hash| self.claims.contains(hash))
        {
            return Err(SignedClaimsError::AlreadySigned(slot));
        }
        let seconds = now
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        if self.records.len() >= MAX_RECORDS {
            self.forget(seconds)?;
        }
        // Even if writing fails half-way, the claim counts as taken here.
        self.claims.extend([new.claim, new.answer]);
        let record = Record {
            seconds,
            claim: new.claim,
            answer: new.answer,
            header_hash: new.header_hash,
        };
        append(&self.path, length_of(self.records.len()), &record.encode())?;
        self.headers.insert(new.header_hash);
        self.records.push_back(record);
        Ok(())
    }

    /// Drops half of the records, as far as they are old enough.
    fn forget(&mut self, now: u64) -> Result<(), SignedClaimsError> {
        let is_old = |record: &&Record| now.saturating_sub(record.seconds) > KEPT_FOR.as_secs();
        let oldest = self.records.iter().take(MAX_RECORDS / 2);
        let count = oldest.take_while(is_old).count();
        if count == 0 {
            return Err(SignedClaimsError::Full);
        }
        let kept: VecDeque<Record> = self.records.iter().skip(count).copied().collect();
        write_all(&self.path, self.floor, &kept)?;
        for forgotten in self.records.drain(..count) {
            self.claims.remove(&forgotten.claim);
            self.claims.remove(&forgotten.answer);
            self.headers.remove(&forgotten.header_hash);
        }
        Ok(())
    }
}

impl Record {
    fn encode(&self) -> [u8; RECORD_BYTES] {
        let content = [
            self.seconds.to_le_bytes().as_slice(),
            &self.claim,
            &self.answer,
            &self.header_hash,
        ]
        .concat();
        let mut bytes = [0; RECORD_BYTES];
        let (to, checksum) = bytes.split_at_mut(RECORD_CONTENT);
        to.copy_from_slice(&content);
        checksum.copy_from_slice(&record_checksum(&content));
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (content, checksum) = bytes.split_at_checked(RECORD_CONTENT)?;
        if record_checksum(content) != checksum {
            return None;
        }
        let (seconds, hashes) = content.split_first_chunk()?;
        let (claim, hashes) = hashes.split_first_chunk()?;
        let (answer, hashes) = hashes.split_first_chunk()?;
        Some(Self {
            seconds: u64::from_le_bytes(*seconds),
            claim: *claim,
            answer: *answer,
            header_hash: hashes.try_into().ok()?,
        })
    }
}

fn record_checksum(content: &[u8]) -> [u8; RECORD_BYTES - RECORD_CONTENT] {
    let hash = blake3::hash(content);
    let [first, ..] = hash.as_bytes().as_chunks().0 else {
        return [0; RECORD_BYTES - RECORD_CONTENT];
    };
    *first
}

/// Bytes of a file with so many records.
fn length_of(records: usize) -> u64 {
    let bytes = records
        .saturating_mul(RECORD_BYTES)
        .saturating_add(HEADER_BYTES);
    bytes as u64
}

pub(crate) fn encode_header(magic: &[u8; 8], slot: Slot) -> Vec<u8> {
    let mut bytes = [magic.as_slice(), &slot.0.to_le_bytes()].concat();
    let checksum = blake3::hash(&bytes);
    bytes.extend_from_slice(checksum.as_bytes());
    bytes
}

pub(crate) fn decode_header(
    path: &Path,
    magic: &[u8; 8],
    bytes: &[u8],
) -> Result<Slot, DamagedFile> {
    let damaged = |offset: usize, what: String| DamagedFile::new(path, offset as u64, what);
    if bytes.len() != HEADER_BYTES {
        let end = bytes.len().min(HEADER_BYTES);
        return Err(damaged(end, format!("{HEADER_BYTES} bytes are due")));
    }
    let (content, checksum) = bytes.split_at(16);
    let (found, slot) = content.split_at(8);
    if found != magic {
        let expected = String::from_utf8_lossy(magic);
        return Err(damaged(0, format!("it begins with {expected}")));
    }
    if blake3::hash(content).as_bytes() != checksum {
        return Err(damaged(
            8,
            "the checksum of the slot does not match".to_owned(),
        ));
    }
    let slot = slot.try_into().map(u64::from_le_bytes).unwrap_or(u64::MAX);
    Ok(Slot(slot))
}

fn write_all(path: &Path, floor: Slot, records: &VecDeque<Record>) -> Result<(), FileError> {
    let records: Vec<u8> = records.iter().flat_map(Record::encode).collect();
    write_atomically(path, &[&encode_header(MAGIC, floor), &records], 0o644)
}

/// Writes a record behind the first `length` bytes and syncs it. What an attempt that failed left there is written
/// over. The file is opened each time, so that one that is gone is noticed.
fn append(path: &Path, length: u64, record: &[u8]) -> Result<(), FileError> {
    let write = || {
        let file = OpenOptions::new().write(true).open(path)?;
        let found = file.metadata()?.len();
        let most = length.saturating_add(RECORD_BYTES as u64);
        if !(length..=most).contains(&found) {
            return Err(io::Error::other(format!(
                "it has {found} bytes and had {length}: somebody else changes it"
            )));
        }
        file.write_all_at(record, length)?;
        file.sync_all()
    };
    write().map_err(FileError::new("write", path))
}

fn cut_off(path: &Path, length: u64) -> Result<(), FileError> {
    let cut = || {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(length)?;
        file.sync_all()
    };
    cut().map_err(FileError::new("cut off the end of", path))
}

#[cfg(test)]
mod tests;
