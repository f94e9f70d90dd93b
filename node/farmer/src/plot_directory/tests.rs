//! A plot is opened again as it was made, and by nobody else.

use super::{key::key_text, *};
use crate::test_chain::parameters;
use allod_core::bytes::parse_hex;
use std::os::unix::fs::PermissionsExt;

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
        parse_hex("0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a").unwrap();
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
    fs::remove_file(path.join(PLOT_FILE)).unwrap();
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
    fs::remove_file(path.join(PLOT_FILE)).unwrap();
    for sector in ["sector-000003.bin", "sector-000003-000001.bin"] {
        fs::write(path.join(sector), b"").unwrap();
        let error = open(path).unwrap_err();
        assert!(
            matches!(&error, DirectoryError::Missing { missing, .. } if missing.ends_with(PLOT_FILE))
        );
        fs::remove_file(path.join(sector)).unwrap();
    }
}

#[test]
fn files_of_a_sector_that_are_not_farmed_are_removed() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let names = [
        "sector-000003-000001.bin",
        "sector-000003-000002.bin",
        "sector-000003.bin",
        "sector-000004-000001.bin",
        "plot.json",
    ];
    for name in names {
        fs::write(path(name), b"").unwrap();
    }
    remove_other_sectors(directory.path(), 3, &[path(names[1])]).unwrap();
    let left: Vec<bool> = names.iter().map(|name| path(name).exists()).collect();
    assert_eq!(left, [false, true, false, true, true]);
}

#[test]
fn damage_is_reported_with_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    open(path).unwrap();
    for name in [KEY_FILE, PLOT_FILE] {
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
