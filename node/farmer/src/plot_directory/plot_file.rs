//! Whose plot it is and for which chain: `plot.json`.

use super::{DirectoryError, PLOT_VERSION};
use crate::files::{DamagedFile, read_bounded};
use allod_core::{Hash, PublicKey};
use parity_scale_codec::Encode;
use serde::{Deserialize, Serialize};
use std::path::Path;

pub(super) const PLOT_FILE: &str = "plot.json";
const FORMAT: &str = "allod-plot";
/// Far more than any plot file has.
const MAX_PLOT_FILE_BYTES: usize = 4096;

/// Content of `plot.json`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PlotFile {
    format: String,
    version: u32,
    public_key: PublicKey,
    genesis_hash: String,
    parameters_hash: String,
    pieces_per_sector: u16,
    checksum: String,
}

impl PlotFile {
    pub(super) fn new(
        public_key: PublicKey,
        genesis_hash: Hash,
        parameters_hash: Hash,
        pieces_per_sector: u16,
    ) -> Self {
        let mut plot_file = Self {
            format: FORMAT.to_owned(),
            version: PLOT_VERSION,
            public_key,
            genesis_hash: hash_text(&genesis_hash),
            parameters_hash: hash_text(&parameters_hash),
            pieces_per_sector,
            checksum: String::new(),
        };
        plot_file.checksum = plot_file.expected_checksum();
        plot_file
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

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    pub(super) fn read(path: &Path) -> Result<Self, DirectoryError> {
        let bytes = read_bounded(path, MAX_PLOT_FILE_BYTES)?;
        let plot_file: Self = serde_json::from_slice(&bytes).map_err(|error| {
            let offset = offset_of(&bytes, error.line(), error.column());
            DamagedFile::new(path, offset, error.to_string())
        })?;
        let at = |field: &str| {
            let text = String::from_utf8_lossy(&bytes);
            text.find(&format!("\"{field}\"")).unwrap_or(0) as u64
        };
        if plot_file.format != FORMAT {
            return Err(DamagedFile::new(path, at("format"), "the format is allod-plot").into());
        }
        if plot_file.version != PLOT_VERSION {
            return Err(DirectoryError::Version {
                path: path.to_owned(),
                found: plot_file.version,
            });
        }
        if plot_file.checksum != plot_file.expected_checksum() {
            let what = "the checksum does not match the other fields";
            return Err(DamagedFile::new(path, at("checksum"), what).into());
        }
        Ok(plot_file)
    }

    pub(super) fn check_chain(
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

    pub(super) fn check_key(
        &self,
        path: &Path,
        public_key: &PublicKey,
    ) -> Result<(), DirectoryError> {
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
