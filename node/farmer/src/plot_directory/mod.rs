//! A plot's directory: whose it is, which chain it belongs to, and that only one farmer uses it.
//!
//! | file | holds |
//! |---|---|
//! | `lock` | locked by the farmer that is using the directory |
//! | `farmer.key` | the secret seed, mode 0600 |
//! | `signed-claims` | what was sealed, see [`signed_claims`](crate::signed_claims) |
//! | `signed-slot` | the same in plots of older versions, see [`signed_slot`](crate::signed_slot) |
//! | `plot.json` | public key, genesis hash, parameters hash, pieces per sector |
//! | `sector-<index>-<history size>.bin` | one sector, see [`sector_file`](crate::sector_file) |
//! | `*.tmp` | being written, or left by a crash: deleted at the next start |
//!
//! A new plot is made in the order `farmer.key`, `signed-claims`, `plot.json`, each atomically:
//! while `plot.json` is not there the plot has not been used, and making it is simply finished at
//! the next start. Once it is there, so are the other two. A file that is damaged or gone then is
//! reported and never made anew: a new key could not farm the old sectors, and a new
//! `signed-claims` could make the farmer sign twice.

mod entries;
mod key;
mod plot_file;
#[cfg(test)]
mod tests;

pub(crate) use entries::{remove_other_sectors, sectors};

use crate::{
    files::{DamagedFile, FileError, exists, write_atomically},
    signed_claims::{SignedClaims, SignedClaimsError},
};
use allod_core::{ChainParameters, Hash, PublicKey, blake2b_256};
use entries::{first_sector, lock, remove_temporary_files};
use key::{KEY_FILE, public_key, read_key, read_or_create_key};
use parity_scale_codec::Encode;
use plot_file::{PLOT_FILE, PlotFile};
use schnorrkel::Keypair;
use std::{
    fmt,
    fs::{self, File},
    path::{Path, PathBuf},
};

/// Version of the sectors and of the description of a plot; its key and its record of what was signed have none.
pub const PLOT_VERSION: u32 = 1;

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
    SignedClaims(#[from] SignedClaimsError),
    /// The plot was made by a program with another format.
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
        let plot_file_path = path.join(PLOT_FILE);
        let parameters_hash = blake2b_256(&parameters.encode());

        let keypair = if exists(&plot_file_path)? {
            let plot_file = PlotFile::read(&plot_file_path)?;
            plot_file.check_chain(
                &plot_file_path,
                &genesis_hash,
                &parameters_hash,
                parameters.pieces_per_sector,
            )?;
            if !exists(&key_path)? {
                return Err(missing(key_path, plot_file_path));
            }
            let keypair = read_key(&key_path)?;
            plot_file.check_key(&plot_file_path, &public_key(&keypair))?;
            keypair
        } else {
            if let Some(sector) = first_sector(path)? {
                return Err(missing(plot_file_path, sector));
            }
            let keypair = read_or_create_key(&key_path)?;
            SignedClaims::create(path)?;
            let plot_file = PlotFile::new(
                public_key(&keypair),
                genesis_hash,
                parameters_hash,
                parameters.pieces_per_sector,
            );
            write_atomically(&plot_file_path, &[&plot_file.to_bytes()], 0o644)?;
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
    pub fn signed_claims(&self) -> Result<SignedClaims, SignedClaimsError> {
        SignedClaims::open(&self.path)
    }
}

fn missing(missing: PathBuf, beside: PathBuf) -> DirectoryError {
    DirectoryError::Missing { missing, beside }
}
