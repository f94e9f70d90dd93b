//! A plot's directory: whose it is, which chain it belongs to, and that only one farmer uses it.
//!
//! | file | holds |
//! |---|---|
//! | `lock` | locked by the farmer that is using the directory |
//! | `farmer.key` | the secret seed, mode 0600 |
//! | `signed-slot` | the newest slot sealed, see [`signed_slot`](crate::signed_slot) |
//! | `plot.json` | public key, genesis hash, parameters hash, pieces per sector |
//! | `sector-<index>.bin` | one sector, see [`sector_file`](crate::sector_file) |
//! | `*.tmp` | being written, or left by a crash: deleted at the next start |
//!
//! A new plot is made in the order `farmer.key`, `signed-slot`, `plot.json`, each atomically:
//! while `plot.json` is not there the plot has not been used, and making it is simply finished at
//! the next start. Once it is there, so are the other two. A file that is damaged or gone then is
//! reported and never made anew: a new key could not farm the old sectors, and a new `signed-slot`
//! could make the farmer sign twice.
//!
//! `farmer.key` is one line of text: 64 hex digits, the sr25519 mini secret as `subkey` prints it,
//! then 8 hex digits, the first 4 bytes of the BLAKE3 hash of the secret. It can be copied from
//! paper, and a wrong digit is found.

use crate::{
    files::{DamagedFile, FileError, TEMPORARY_EXTENSION, exists, read_bounded, write_atomically},
    signed_slot::{SignedSlot, SignedSlotError},
};
use allod_core::{ChainParameters, Hash, PublicKey, blake2b_256, bytes::parse_hex};
use parity_scale_codec::Encode;
use rand::{RngCore, rngs::OsRng};
use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

const LOCK_FILE: &str = "lock";
const KEY_FILE: &str = "farmer.key";
const IDENTITY_FILE: &str = "plot.json";
/// Version of everything in a plot's directory.
pub const PLOT_VERSION: u32 = 1;
const FORMAT: &str = "allod-plot";
/// Far more than any identity file has.
const MAX_IDENTITY_BYTES: usize = 4096;
/// 32 bytes of secret, 4 of checksum, in hex.
const KEY_DIGITS: usize = 72;

/// Why a directory cannot be farmed.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The operating system refuses.
    #[error(transparent)]
    File(#[from] FileError),
    /// Somebody else farms it.
    #[error("{} is in use by another farmer", .0.display())]
    Locked(PathBuf),
    /// A file is not what was written.
    #[error("{0}; restore it from a backup")]
    Damaged(#[from] DamagedFile),
    /// A file is gone.
    #[error("{} is missing beside {}; restore it from a backup", .missing.display(), .beside.display())]
    Missing {
        /// What is gone.
        missing: PathBuf,
        /// What shows that it was there.
        beside: PathBuf,
    },
    /// The record of what was signed.
    #[error(transparent)]
    SignedSlot(#[from] SignedSlotError),
    /// The plot was made by a later program.
    #[error("{} has format version {found}, this program knows {PLOT_VERSION}", .path.display())]
    Version {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The plot belongs elsewhere.
    #[error("{} is for {what} {found}, not {expected}; use another directory", .path.display())]
    WrongPlot {
        /// Which file.
        path: PathBuf,
        /// In what it differs.
        what: &'static str,
        /// What it says.
        found: String,
        /// What it should say.
        expected: String,
    },
}

/// What ties a sector to a farmer and a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlotKey {
    /// Whose plot.
    pub public_key: PublicKey,
    /// Which chain.
    pub genesis_hash: Hash,
    /// P.
    pub pieces_per_sector: u16,
}

/// A plot's directory, locked until this value is dropped.
pub struct PlotDirectory {
    path: PathBuf,
    key: PlotKey,
    keypair: Keypair,
    _lock: File,
}

impl fmt::Debug for PlotDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlotDirectory")
            .field("path", &self.path)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl PlotDirectory {
    /// Opens a plot for this chain, or makes one if the directory has none.
    pub fn open(
        path: &Path,
        genesis_hash: Hash,
        parameters: &ChainParameters,
    ) -> Result<Self, DirectoryError> {
        fs::create_dir_all(path).map_err(FileError::new("create directory", path))?;
        let lock = lock(path)?;
        remove_temporary_files(path)?;
        let key_path = path.join(KEY_FILE);
        let identity_path = path.join(IDENTITY_FILE);
        let parameters_hash = blake2b_256(&parameters.encode());

        let keypair = if exists(&identity_path)? {
            let identity = Identity::read(&identity_path)?;
            identity.check_chain(
                &identity_path,
                &genesis_hash,
                &parameters_hash,
                parameters.pieces_per_sector,
            )?;
            if !exists(&key_path)? {
                return Err(missing(key_path, identity_path));
            }
            let keypair = read_key(&key_path)?;
            identity.check_key(&identity_path, &public_key(&keypair))?;
            keypair
        } else {
            if let Some(sector) = first_sector(path)? {
                return Err(missing(identity_path, sector));
            }
            let keypair = read_or_create_key(&key_path)?;
            SignedSlot::create(path)?;
            let identity = Identity::new(
                public_key(&keypair),
                genesis_hash,
                parameters_hash,
                parameters.pieces_per_sector,
            );
            write_atomically(&identity_path, &identity.to_bytes(), 0o644)?;
            keypair
        };
        Ok(Self {
            path: path.to_owned(),
            key: PlotKey {
                public_key: public_key(&keypair),
                genesis_hash,
                pieces_per_sector: parameters.pieces_per_sector,
            },
            keypair,
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whose it is and for which chain.
    pub fn key(&self) -> &PlotKey {
        &self.key
    }

    /// The farmer's key pair.
    pub fn keypair(&self) -> &Keypair {
        &self.keypair
    }

    /// The record of what was signed.
    pub fn signed_slot(&self) -> Result<SignedSlot, SignedSlotError> {
        SignedSlot::open(&self.path)
    }
}

fn public_key(keypair: &Keypair) -> PublicKey {
    PublicKey(keypair.public.to_bytes())
}

fn missing(missing: PathBuf, beside: PathBuf) -> DirectoryError {
    DirectoryError::Missing { missing, beside }
}

fn lock(directory: &Path) -> Result<File, DirectoryError> {
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

fn remove_temporary_files(directory: &Path) -> Result<(), FileError> {
    for path in files(directory)? {
        if path.extension().is_some_and(|it| it == TEMPORARY_EXTENSION) {
            fs::remove_file(&path).map_err(FileError::new("remove", &path))?;
        }
    }
    Ok(())
}

fn first_sector(directory: &Path) -> Result<Option<PathBuf>, FileError> {
    let is_sector = |path: &PathBuf| crate::sector_file::index_of(path).is_some();
    Ok(files(directory)?.into_iter().find(is_sector))
}

/// The sectors in a plot's directory: index and path, by index.
pub(crate) fn sectors(directory: &Path) -> Result<Vec<(u32, PathBuf)>, FileError> {
    let mut sectors: Vec<(u32, PathBuf)> = files(directory)?
        .into_iter()
        .filter_map(|path| crate::sector_file::index_of(&path).map(|index| (index, path)))
        .collect();
    sectors.sort();
    Ok(sectors)
}

fn read_or_create_key(path: &Path) -> Result<Keypair, DirectoryError> {
    if !exists(path)? {
        let mut secret = [0; 32];
        OsRng.fill_bytes(&mut secret);
        write_atomically(path, key_text(&secret).as_bytes(), 0o600)?;
    }
    read_key(path)
}

fn key_text(secret: &[u8; 32]) -> String {
    format!(
        "{}{}\n",
        hex::encode(secret),
        hex::encode(key_checksum(secret))
    )
}

fn key_checksum(secret: &[u8; 32]) -> [u8; 4] {
    let [a, b, c, d, ..] = *blake3::hash(secret).as_bytes();
    [a, b, c, d]
}

fn read_key(path: &Path) -> Result<Keypair, DirectoryError> {
    let bytes = read_bounded(path, 1024)?;
    let damaged = |offset: usize, what: &str| {
        DirectoryError::Damaged(DamagedFile::new(path, offset as u64, what))
    };
    let digits = bytes.trim_ascii_end();
    if let Some(offset) = digits.iter().position(|digit| !digit.is_ascii_hexdigit()) {
        return Err(damaged(offset, "the key is written in hex digits"));
    }
    if digits.len() != KEY_DIGITS {
        let end = digits.len().min(KEY_DIGITS);
        return Err(damaged(end, "the key has 72 hex digits"));
    }
    let text = String::from_utf8_lossy(digits);
    let (secret, checksum) = text.split_at(64);
    let secret: [u8; 32] = parse_hex(secret).map_err(|error| damaged(0, &error.to_string()))?;
    if parse_hex(checksum) != Ok(key_checksum(&secret)) {
        return Err(damaged(64, "the checksum of the key does not match"));
    }
    warn_if_readable(path);
    MiniSecretKey::from_bytes(&secret)
        .map(|secret| secret.expand_to_keypair(ExpansionMode::Ed25519))
        .map_err(|error| damaged(0, &error.to_string()))
}

fn warn_if_readable(path: &Path) {
    let mode = fs::metadata(path).map(|metadata| metadata.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o077 != 0) {
        tracing::warn!(
            "{} can be read by other users: chmod 600 {0}",
            path.display()
        );
    }
}

/// Content of `plot.json`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Identity {
    format: String,
    version: u32,
    public_key: PublicKey,
    genesis_hash: String,
    parameters_hash: String,
    pieces_per_sector: u16,
    checksum: String,
}

impl Identity {
    fn new(
        public_key: PublicKey,
        genesis_hash: Hash,
        parameters_hash: Hash,
        pieces_per_sector: u16,
    ) -> Self {
        let mut identity = Self {
            format: FORMAT.to_owned(),
            version: PLOT_VERSION,
            public_key,
            genesis_hash: hash_text(&genesis_hash),
            parameters_hash: hash_text(&parameters_hash),
            pieces_per_sector,
            checksum: String::new(),
        };
        identity.checksum = identity.expected_checksum();
        identity
    }

    /// BLAKE3 over the other fields, each in SCALE.
    fn expected_checksum(&self) -> String {
        let fields = (
            &self.format,
            self.version,
            &self.public_key,
            &self.genesis_hash,
            &self.parameters_hash,
            self.pieces_per_sector,
        );
        hash_text(blake3::hash(&fields.encode()).as_bytes())
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    fn read(path: &Path) -> Result<Self, DirectoryError> {
        let bytes = read_bounded(path, MAX_IDENTITY_BYTES)?;
        let identity: Self = serde_json::from_slice(&bytes).map_err(|error| {
            let offset = offset_of(&bytes, error.line(), error.column());
            DamagedFile::new(path, offset, error.to_string())
        })?;
        let at = |field: &str| {
            let text = String::from_utf8_lossy(&bytes);
            text.find(&format!("\"{field}\"")).unwrap_or(0) as u64
        };
        if identity.format != FORMAT {
            return Err(DamagedFile::new(path, at("format"), "the format is allod-plot").into());
        }
        if identity.version != PLOT_VERSION {
            return Err(DirectoryError::Version {
                path: path.to_owned(),
                found: identity.version,
            });
        }
        if identity.checksum != identity.expected_checksum() {
            let what = "the checksum does not match the other fields";
            return Err(DamagedFile::new(path, at("checksum"), what).into());
        }
        Ok(identity)
    }

    fn check_chain(
        &self,
        path: &Path,
        genesis_hash: &Hash,
        parameters_hash: &Hash,
        pieces_per_sector: u16,
    ) -> Result<(), DirectoryError> {
        let number = |number: u16| number.to_string();
        let expected = [
            (
                "the chain with genesis",
                &self.genesis_hash,
                hash_text(genesis_hash),
            ),
            (
                "pieces per sector",
                &number(self.pieces_per_sector),
                number(pieces_per_sector),
            ),
            (
                "chain parameters",
                &self.parameters_hash,
                hash_text(parameters_hash),
            ),
        ];
        expected
            .into_iter()
            .try_for_each(|(what, found, expected)| same(path, what, found, expected))
    }

    fn check_key(&self, path: &Path, public_key: &PublicKey) -> Result<(), DirectoryError> {
        let found = self.public_key.to_string();
        same(path, "the farmer", &found, public_key.to_string())
    }
}

fn same(
    path: &Path,
    what: &'static str,
    found: &str,
    expected: String,
) -> Result<(), DirectoryError> {
    if found == expected {
        return Ok(());
    }
    Err(DirectoryError::WrongPlot {
        path: path.to_owned(),
        what,
        found: found.to_owned(),
        expected,
    })
}

fn hash_text(hash: &Hash) -> String {
    format!("0x{}", hex::encode(hash))
}

/// Byte offset of a line and column, both from 1, as JSON errors tell them.
fn offset_of(bytes: &[u8], line: usize, column: usize) -> u64 {
    let before: usize = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .take(line.saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    before.saturating_add(column.saturating_sub(1)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_chain::parameters;

    const GENESIS: Hash = [5; 32];

    fn open(path: &Path) -> Result<PlotDirectory, DirectoryError> {
        PlotDirectory::open(path, GENESIS, &parameters())
    }

    #[test]
    fn a_plot_keeps_its_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deeper/plot");
        let first = *open(&path).unwrap().key();
        assert_eq!(*open(&path).unwrap().key(), first);
        let mode = fs::metadata(path.join(KEY_FILE)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        let other = tempfile::tempdir().unwrap();
        assert_ne!(open(other.path()).unwrap().key(), &first);
    }

    #[test]
    fn a_given_key_is_taken() {
        // `subkey inspect --scheme sr25519` of this secret seed.
        let directory = tempfile::tempdir().unwrap();
        let secret: [u8; 32] =
            parse_hex("0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a")
                .unwrap();
        fs::write(directory.path().join(KEY_FILE), key_text(&secret)).unwrap();
        let plot = open(directory.path()).unwrap();
        assert_eq!(
            plot.key().public_key.to_string(),
            "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
        );
    }

    #[test]
    fn two_farmers_never_share_a_plot() {
        let directory = tempfile::tempdir().unwrap();
        let first = open(directory.path()).unwrap();
        let error = open(directory.path()).unwrap_err();
        assert!(matches!(&error, DirectoryError::Locked(path) if path == directory.path()));
        drop(first);
        assert!(open(directory.path()).is_ok());
    }

    #[test]
    fn making_a_plot_is_finished_after_a_crash() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let key = *open(path).unwrap().key();
        fs::remove_file(path.join(IDENTITY_FILE)).unwrap();
        fs::write(path.join("plot.tmp"), b"{").unwrap();
        assert_eq!(open(path).unwrap().key(), &key);
        assert!(!path.join("plot.tmp").exists());
    }

    #[test]
    fn what_is_gone_is_not_made_anew() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        open(path).unwrap();

        let key = fs::read(path.join(KEY_FILE)).unwrap();
        fs::remove_file(path.join(KEY_FILE)).unwrap();
        let error = open(path).unwrap_err();
        assert!(
            matches!(&error, DirectoryError::Missing { missing, .. } if missing.ends_with(KEY_FILE))
        );
        assert!(!path.join(KEY_FILE).exists());

        fs::write(path.join(KEY_FILE), &key).unwrap();
        fs::remove_file(path.join(IDENTITY_FILE)).unwrap();
        fs::write(path.join(crate::sector_file::file_name(3)), b"").unwrap();
        let error = open(path).unwrap_err();
        assert!(
            matches!(&error, DirectoryError::Missing { missing, .. } if missing.ends_with(IDENTITY_FILE))
        );
    }

    #[test]
    fn damage_is_reported_with_its_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        open(path).unwrap();
        for name in [KEY_FILE, IDENTITY_FILE] {
            let file = path.join(name);
            let good = fs::read(&file).unwrap();
            // Every truncation, but for the newline at the end, and flipped bits.
            for end in 0..good.len() - 2 {
                fs::write(&file, &good[..end]).unwrap();
                match open(path).unwrap_err() {
                    DirectoryError::Damaged(damaged) => {
                        assert_eq!(damaged.path, file);
                        assert!(damaged.offset <= end as u64, "{damaged}");
                    }
                    other => panic!("{name} cut at {end}: {other}"),
                }
            }
            for byte in 0..good.len() - 2 {
                let mut flipped = good.clone();
                flipped[byte] ^= 4;
                // Hex digits read the same in upper and lower case, numbers may become larger.
                if flipped[byte].eq_ignore_ascii_case(&good[byte]) {
                    continue;
                }
                fs::write(&file, &flipped).unwrap();
                let error = open(path).unwrap_err();
                assert!(
                    matches!(
                        error,
                        DirectoryError::Damaged(_) | DirectoryError::Version { .. }
                    ),
                    "{name} flipped at {byte}: {error}"
                );
            }
            fs::write(&file, &good).unwrap();
        }
        assert!(open(path).is_ok());
    }

    #[test]
    fn a_plot_belongs_to_one_chain_and_one_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        open(path).unwrap();
        let error = PlotDirectory::open(path, [6; 32], &parameters()).unwrap_err();
        assert!(
            error.to_string().contains("the chain with genesis 0x0505"),
            "{error}"
        );
        let mut other = parameters();
        other.pieces_per_sector = 128;
        let error = PlotDirectory::open(path, GENESIS, &other).unwrap_err();
        assert!(
            error.to_string().contains("pieces per sector 16, not 128"),
            "{error}"
        );
        let mut other = parameters();
        other.min_sector_lifetime += 1;
        let error = PlotDirectory::open(path, GENESIS, &other).unwrap_err();
        assert!(error.to_string().contains("chain parameters"), "{error}");
        fs::write(path.join(KEY_FILE), key_text(&[1; 32])).unwrap();
        let error = open(path).unwrap_err();
        assert!(error.to_string().contains("the farmer"), "{error}");
    }
}
