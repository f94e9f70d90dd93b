//! The farmer's key: `farmer.key`.
//!
//! It is one line of text: 64 hex digits, the sr25519 mini secret as `subkey` prints it, then 8 hex
//! digits, the first 4 bytes of the BLAKE3 hash of the secret. It can be copied from paper, and a
//! wrong digit is found.

use super::DirectoryError;
use crate::files::{DamagedFile, exists, read_bounded, write_atomically};
use allod_core::{PublicKey, bytes::parse_hex};
use rand::{RngCore, rngs::OsRng};
use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

pub(super) const KEY_FILE: &str = "farmer.key";
/// 32 bytes of secret, 4 of checksum, in hex.
const KEY_DIGITS: usize = 72;

pub(super) fn public_key(keypair: &Keypair) -> PublicKey {
    PublicKey(keypair.public.to_bytes())
}

pub(super) fn read_or_create_key(path: &Path) -> Result<Keypair, DirectoryError> {
    if !exists(path)? {
        let mut secret = [0; 32];
        OsRng.fill_bytes(&mut secret);
        write_atomically(path, &[key_text(&secret).as_bytes()], 0o600)?;
    }
    read_key(path)
}

pub(super) fn key_text(secret: &[u8; 32]) -> String {
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

pub(super) fn read_key(path: &Path) -> Result<Keypair, DirectoryError> {
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
