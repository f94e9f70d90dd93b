//! A sector is read as it was written, and damage of any part is found.

use super::*;
use crate::{
    bitmap::Bitmap,
    plot_directory::PlotKey,
    sector_file::layout::{HEADER_CONTENT_BYTES, Layout, Part},
};
use allod_core::{HistorySize, PublicKey, RecordCommitment, RecordWitness, SBucket, SectorId};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::index::sample};
use std::{fs, os::unix::fs::FileExt, sync::atomic::AtomicBool};
use tempfile::TempDir;

const KEY: PlotKey = PlotKey {
    public_key: PublicKey([1; 32]),
    genesis_hash: [2; 32],
    pieces_per_sector: 16,
};
const LEFT_OUT: usize = 5;

/// Pieces that look like plotted ones; one of them is left out.
fn pieces() -> Vec<PlottedPiece> {
    let mut rng = StdRng::seed_from_u64(1);
    (0..16)
        .map(|offset| {
            let kept = if offset == LEFT_OUT { 0 } else { 4096 };
            PlottedPiece {
                bitmap: sample(&mut rng, 8192, kept)
                    .iter()
                    .filter_map(|s_bucket| SBucket::new(s_bucket as u16))
                    .collect(),
                chunks: (0..kept).map(|_| rng.r#gen()).collect(),
                commitment: RecordCommitment([offset as u8; 48]),
                witness: RecordWitness([100 + offset as u8; 48]),
            }
        })
        .collect()
}

fn written() -> (TempDir, PathBuf, Vec<PlottedPiece>) {
    let directory = tempfile::tempdir().unwrap();
    let pieces = pieces();
    let path = write_sector(directory.path(), &KEY, 3, HistorySize(9), &pieces).unwrap();
    (directory, path, pieces)
}

fn scrub(path: &Path) -> Result<(), SectorError> {
    SectorFile::open(path, &KEY)?.scrub(&AtomicBool::new(false))
}

#[test]
fn names_say_which_sector_it_is() {
    let name = FileName::new(3, HistorySize(9));
    assert_eq!(name.to_string(), "sector-000003-000009.bin");
    let of = |name: &str| FileName::of(&Path::new("/plot").join(name));
    assert_eq!(of("sector-000003-000009.bin"), Some(name));
    let long = FileName::new(1_234_567, HistorySize(7_654_321));
    assert_eq!(of("sector-1234567-7654321.bin"), Some(long));
    // As earlier versions named it.
    let earlier = FileName {
        sector_index: 3,
        history_size: None,
    };
    assert_eq!(of("sector-000003.bin"), Some(earlier));
    for other in [
        "sector-3.bin",
        "sector-000003.tmp",
        "sector-+00003.bin",
        "sector-000003-9.bin",
        "sector-000003-000009-000009.bin",
        "sector-000003-.bin",
        "sector--000009.bin",
        "sector-000003-99999999999999999999.bin",
        "plot.json",
    ] {
        assert_eq!(of(other), None, "{other}");
    }
}

#[test]
fn a_sector_is_read_as_it_was_written() {
    let (_directory, path, pieces) = written();
    let sector = SectorFile::open(&path, &KEY).unwrap();
    assert_eq!(sector.sector_index(), 3);
    assert_eq!(sector.history_size(), HistorySize(9));
    scrub(&path).unwrap();
    let length = fs::metadata(&path).unwrap().len();
    assert_eq!(length, sector_bytes(16) - 4096 * 32);

    // Group by group, against a walk through the pieces.
    let mut next: Vec<_> = pieces.iter().map(|piece| piece.chunks.iter()).collect();
    let mut buffer = Vec::new();
    for s_bucket in (0..8192).filter_map(SBucket::new) {
        for group in 0..8 {
            let offsets = [2 * group, 2 * group + 1].map(usize::from);
            let kept: Vec<usize> = offsets
                .into_iter()
                .filter(|offset| pieces[*offset].bitmap.contains(s_bucket))
                .collect();
            let expected: Vec<[u8; 32]> = kept
                .iter()
                .map(|offset| *next[*offset].next().unwrap())
                .collect();
            let read = sector.read_group(s_bucket, group, &mut buffer).unwrap();
            assert_eq!(read, expected);
            if s_bucket.get() % 1000 == 0 {
                let table = sector.group_table(group).unwrap();
                for rank in 0..3 {
                    let expected = kept.get(rank).map(|offset| *offset as u16);
                    assert_eq!(table.offset_at(s_bucket, rank), expected);
                }
            }
        }
    }

    // Piece by piece.
    for (offset, piece) in pieces.iter().enumerate() {
        let table = sector.group_table((offset / 2) as u8).unwrap();
        let stored = sector.read_piece(&table, offset as u16).unwrap();
        if offset == LEFT_OUT {
            assert_eq!(stored, None);
            continue;
        }
        let expected = piece.bitmap.iter().zip(piece.chunks.iter().copied());
        assert_eq!(
            stored.unwrap(),
            StoredPiece {
                chunks: expected.collect(),
                commitment: piece.commitment,
                witness: piece.witness,
            }
        );
        for outside in [offset as u16 + 2, 16, u16::MAX] {
            assert_eq!(sector.read_piece(&table, outside).unwrap(), None);
        }
    }
}

#[test]
fn a_successor_lies_beside_its_predecessor() {
    let (directory, path, pieces) = written();
    let older = SectorFile::open(&path, &KEY).unwrap();
    let newer = write_sector(directory.path(), &KEY, 3, HistorySize(10), &pieces).unwrap();
    let newer = SectorFile::open(&newer, &KEY).unwrap();
    assert_eq!(
        (older.history_size(), newer.history_size()),
        (HistorySize(9), HistorySize(10))
    );
    assert_eq!(older.id_at(HistorySize(10)), *newer.id());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
}

#[test]
fn replacing_or_removing_a_sector_does_not_disturb_who_reads_it() {
    let (directory, path, mut pieces) = written();
    let first = SectorFile::open(&path, &KEY).unwrap();
    pieces.reverse();
    write_sector(directory.path(), &KEY, 3, HistorySize(9), &pieces).unwrap();
    let second = SectorFile::open(&path, &KEY).unwrap();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    fs::remove_file(&path).unwrap();
    for sector in [first, second] {
        sector.scrub(&AtomicBool::new(false)).unwrap();
    }
}

#[test]
fn a_sector_that_an_earlier_version_named_is_opened() {
    let (directory, path, _) = written();
    let earlier = directory.path().join("sector-000003.bin");
    fs::rename(&path, &earlier).unwrap();
    let sector = SectorFile::open(&earlier, &KEY).unwrap();
    assert_eq!(sector.history_size(), HistorySize(9));
    sector.scrub(&AtomicBool::new(false)).unwrap();
}

#[test]
fn a_write_that_fails_leaves_nothing_behind() {
    let error = write_sector(Path::new("/nowhere"), &KEY, 3, HistorySize(1), &[]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("/nowhere/sector-000003-000001.tmp")
    );
}

#[test]
fn a_truncated_sector_is_found_when_it_is_opened() {
    let (_directory, path, _) = written();
    let length = fs::metadata(&path).unwrap().len();
    let layout = Layout::new(16);
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let ends = [
        length - 1,
        length - 32,
        layout.chunks_start(),
        layout.bucket_checksums_start() + 7,
        layout.table_start(3) + 100,
        layout.table_start(0),
        50,
        0,
    ];
    for end in ends {
        file.set_len(end).unwrap();
        match SectorFile::open(&path, &KEY) {
            Err(SectorError::Damaged(damaged)) => {
                assert_eq!((damaged.offset, &damaged.path), (end, &path));
            }
            other => panic!("cut at {end}: {other:?}"),
        }
    }
}

#[test]
fn a_longer_sector_is_damaged_too() {
    let (_directory, path, _) = written();
    let length = fs::metadata(&path).unwrap().len();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(length + 1).unwrap();
    assert!(matches!(
        SectorFile::open(&path, &KEY),
        Err(SectorError::Damaged(DamagedFile { offset, .. })) if offset == length
    ));
}

#[test]
fn a_flipped_bit_is_found_in_every_part() {
    let (_directory, path, _) = written();
    let length = fs::metadata(&path).unwrap().len();
    let layout = Layout::new(16);
    let file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .unwrap();
    let mut rng = StdRng::seed_from_u64(2);
    let chunks = layout.chunks_start();
    let checksums = layout.bucket_checksums_start();
    let everywhere = (0..40).map(|_| rng.gen_range(0..length));
    let mut places: Vec<u64> = everywhere.collect();
    // The whole header, ends of tables, checksums, chunks.
    places.extend(0..layout.table_start(0));
    places.extend((0..8).flat_map(|group| {
        let start = layout.table_start(group);
        [start, start + 2048, layout.table_start(group + 1) - 1]
    }));
    places.extend([checksums, chunks - 33, chunks - 1, chunks, length - 1]);
    for place in places {
        let mut byte = [0];
        file.read_exact_at(&mut byte, place).unwrap();
        let flipped = [byte[0] ^ (1 << (place % 8))];
        file.write_all_at(&flipped, place).unwrap();
        match scrub(&path) {
            Err(SectorError::Damaged(damaged)) => assert!(damaged.offset <= place, "{damaged}"),
            // A version that this program does not know.
            Err(SectorError::Version { .. }) => assert!((8..12).contains(&place)),
            other => panic!("flipped at {place}: {other:?}"),
        }
        file.write_all_at(&byte, place).unwrap();
    }
    scrub(&path).unwrap();
}

#[test]
fn parts_of_an_older_sector_are_not_taken_for_parts_of_this_one() {
    let (directory, older, pieces) = written();
    let older = fs::read(&older).unwrap();
    let path = write_sector(directory.path(), &KEY, 3, HistorySize(10), &pieces).unwrap();
    let layout = Layout::new(16);
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let start = layout.table_start(2);
    let part = &older[start as usize..layout.table_start(3) as usize];
    file.write_all_at(part, start).unwrap();
    let error = scrub(&path).unwrap_err().to_string();
    assert!(
        error.contains("the checksum of the table of group 2"),
        "{error}"
    );
}

#[test]
fn a_scrub_can_be_cancelled() {
    let (_directory, path, _) = written();
    let length = fs::metadata(&path).unwrap().len();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(&[0; 32], length - 32).unwrap();
    let sector = SectorFile::open(&path, &KEY).unwrap();
    assert!(sector.scrub(&AtomicBool::new(true)).is_ok());
    assert!(sector.scrub(&AtomicBool::new(false)).is_err());
}

#[test]
fn sectors_of_other_plots_are_refused() {
    let (directory, path, _) = written();
    let others = [
        (
            "farmer",
            PlotKey {
                public_key: PublicKey([9; 32]),
                ..KEY
            },
        ),
        (
            "chain",
            PlotKey {
                genesis_hash: [9; 32],
                ..KEY
            },
        ),
        (
            "size",
            PlotKey {
                pieces_per_sector: 24,
                ..KEY
            },
        ),
    ];
    for (expected, key) in others {
        match SectorFile::open(&path, &key) {
            Err(SectorError::Foreign { what, .. }) => assert_eq!(what, expected),
            other => panic!("{other:?}"),
        }
    }
    let mut path = path;
    for (other_name, expected) in [
        ("sector-000004-000009.bin", "index"),
        ("sector-000003-000010.bin", "history size"),
        ("sector.bin", "index"),
    ] {
        let renamed = directory.path().join(other_name);
        fs::rename(&path, &renamed).unwrap();
        match SectorFile::open(&renamed, &KEY) {
            Err(SectorError::Foreign { what, .. }) => assert_eq!(what, expected),
            other => panic!("{other_name}: {other:?}"),
        }
        path = renamed;
    }
}

#[test]
fn a_bitmap_with_another_number_of_bits_is_damage() {
    let (directory, path, mut pieces) = written();
    let dropped = pieces[4].bitmap.iter().next().unwrap();
    pieces[4].bitmap = pieces[4]
        .bitmap
        .iter()
        .filter(|it| *it != dropped)
        .collect::<Bitmap>();
    pieces[4].chunks.remove(0);
    write_sector(directory.path(), &KEY, 3, HistorySize(9), &pieces).unwrap();
    let error = SectorFile::open(&path, &KEY).unwrap_err().to_string();
    assert!(error.contains("4,096 bits or none, not 4095"), "{error}");
}

#[test]
fn a_header_that_would_be_written_otherwise_is_damage() {
    let (_directory, path, _) = written();
    let id = SectorId::new(&KEY.public_key, 3, HistorySize(9));
    let bytes = fs::read(&path).unwrap();
    for offset in [14, 20] {
        let mut spoilt = bytes.clone();
        spoilt[offset] = 1;
        let (header, others) = spoilt.split_at_mut(HEADER_CONTENT_BYTES);
        others[..32].copy_from_slice(&Part::Header.checksum(&id, header));
        fs::write(&path, &spoilt).unwrap();
        match SectorFile::open(&path, &KEY) {
            Err(SectorError::Damaged(damaged)) => assert_eq!(damaged.offset, offset as u64),
            other => panic!("{other:?}"),
        }
    }
}
