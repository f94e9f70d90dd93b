//! The files of a farmer's plot, which a crash, a disk or a user may have changed.

use crate::{Seed, Target, json::local_parameters, scratch};
use allod_core::{
    ChainParameters, HistorySize, PublicKey, RecordCommitment, RecordWitness, SBucket, SectorId,
    parameters::{RECORD_SCALARS, S_BUCKETS},
};
use allod_farmer::{
    DamagedFile,
    bitmap::Bitmap,
    plot_directory::{DirectoryError, PlotDirectory, PlotKey},
    sector_file::{PlottedPiece, SectorError, SectorFile, write_sector},
    signed_claims::SignedClaimsError,
};
use parity_scale_codec::Encode;
use serde_json::Value;
use std::{fs, path::Path, sync::LazyLock, sync::atomic::AtomicBool};
use tempfile::TempDir;

/// The targets of this module.
pub const TARGETS: &[Target] = &[
    Target {
        name: "plot_directory",
        run: plot_directory,
        seeds: plot_directory_seeds,
    },
    Target {
        name: "sector_file",
        run: sector_file,
        seeds: sector_file_seeds,
    },
];

const GENESIS_HASH: [u8; 32] = [7; 32];
const KEY_FILE: &str = "farmer.key";
const CLAIMS_FILE: &str = "signed-claims";
const PLOT_FILE: &str = "plot.json";

static PARAMETERS: LazyLock<ChainParameters> = LazyLock::new(local_parameters);

thread_local! {
    static PLOT: TempDir = scratch();
    /// Sectors are parsed here, and written again there.
    static SECTORS: [TempDir; 2] = [scratch(), scratch()];
}

/// The three files of a plot one after another, the first two with their lengths before them in a byte. If the very
/// first byte is not 0, they get the checksums that they need.
///
/// A plot that can be opened can be opened again and is the same; an error names one of the files and a place in it.
fn plot_directory(bytes: &[u8]) -> bool {
    let Some(files) = split_files(bytes) else {
        return false;
    };
    PLOT.with(|folder| {
        let folder = folder.path();
        for (name, bytes) in &files {
            fs::write(folder.join(name), bytes).expect("a file");
        }
        match open_plot(folder) {
            Ok((key, slot)) => {
                let (_, written) = &files[1];
                assert_eq!(slot.to_le_bytes(), written[8..16]);
                assert_eq!(open_plot(folder).expect("nothing changed"), (key, slot));
                true
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                assert_within(&error, &files);
                false
            }
        }
    })
}

/// Whose plot it is, and the slot up to which nothing is signed.
fn open_plot(folder: &Path) -> Result<(PublicKey, u64), DirectoryError> {
    let plot = PlotDirectory::open(folder, GENESIS_HASH, &PARAMETERS)?;
    Ok((plot.key().public_key, plot.signed_claims()?.floor().0))
}

/// Names and contents of a plot's files.
type PlotFiles = [(&'static str, Vec<u8>); 3];

fn split_files(bytes: &[u8]) -> Option<PlotFiles> {
    let (fixes, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (key, rest) = rest.split_at_checked((*length).into())?;
    let (length, rest) = rest.split_first()?;
    let (claims, plot) = rest.split_at_checked((*length).into())?;
    Some(if *fixes == 0 {
        [
            (KEY_FILE, key.to_vec()),
            (CLAIMS_FILE, claims.to_vec()),
            (PLOT_FILE, plot.to_vec()),
        ]
    } else {
        [
            (KEY_FILE, with_key_checksum(key)),
            (CLAIMS_FILE, with_claims_checksums(claims)),
            (PLOT_FILE, with_plot_checksum(plot)),
        ]
    })
}

fn with_key_checksum(text: &[u8]) -> Vec<u8> {
    let secret = text.get(..64).and_then(|digits| hex::decode(digits).ok());
    let Some(secret) = secret else {
        return text.to_vec();
    };
    let checksum = hex::encode(&blake3::hash(&secret).as_bytes()[..4]);
    [&text[..64], checksum.as_bytes(), b"\n"].concat()
}

/// Checksums of the header, 48 bytes, and of each whole record, 112 bytes.
fn with_claims_checksums(bytes: &[u8]) -> Vec<u8> {
    let content = bytes.get(..16).unwrap_or(bytes);
    let mut fixed = [content, blake3::hash(content).as_bytes()].concat();
    for record in bytes.get(48..).unwrap_or_default().chunks(112) {
        match record.get(..104) {
            Some(content) => {
                fixed.extend_from_slice(content);
                fixed.extend_from_slice(&blake3::hash(content).as_bytes()[..8]);
            }
            None => fixed.extend_from_slice(record),
        }
    }
    fixed
}

fn with_plot_checksum(text: &[u8]) -> Vec<u8> {
    let with_checksum = || {
        let mut plot: Value = serde_json::from_slice(text).ok()?;
        let text = |name: &str| plot.get(name)?.as_str().map(str::to_owned);
        let number = |name: &str| plot.get(name)?.as_u64();
        let key = text("publicKey")?;
        let key: [u8; 32] = hex::decode(key.strip_prefix("0x")?).ok()?.try_into().ok()?;
        let fields = (
            text("format")?,
            u32::try_from(number("version")?).ok()?,
            key,
            text("genesisHash")?,
            text("parametersHash")?,
            u16::try_from(number("piecesPerSector")?).ok()?,
        );
        let checksum = hex::encode(blake3::hash(&fields.encode()).as_bytes());
        let checksum = Value::from(format!("0x{checksum}"));
        plot.as_object_mut()?.insert("checksum".into(), checksum);
        serde_json::to_vec(&plot).ok()
    };
    with_checksum().unwrap_or_else(|| text.to_vec())
}

/// An error is about one of the files, and the place that it names lies in it.
fn assert_within(error: &DirectoryError, files: &PlotFiles) {
    let named = |path: &Path| {
        let file = files.iter().find(|(name, _)| path.ends_with(name));
        file.map(|(_, bytes)| bytes).expect("one of the files")
    };
    match error {
        DirectoryError::Damaged(damaged)
        | DirectoryError::SignedClaims(SignedClaimsError::Damaged(damaged)) => {
            assert!(
                damaged.offset <= named(&damaged.path).len() as u64,
                "{error}"
            );
        }
        DirectoryError::Version { path, .. } | DirectoryError::WrongPlot { path, .. } => {
            named(path);
        }
        DirectoryError::File(_)
        | DirectoryError::Locked(_)
        | DirectoryError::Missing { .. }
        | DirectoryError::SignedClaims(_) => panic!("{error}"),
    }
}

/// Pieces per sector of [`SECTOR`].
const PIECES: u16 = 16;
/// Groups of pieces in a sector.
const GROUPS: usize = 8;
const HEADER_BYTES: usize = 104;
/// Of two pieces the bitmaps, then their commitments and witnesses.
const TABLE_BYTES: usize = 2 * (1_024 + 96);
const CHECKSUM_BYTES: usize = 32;
const BUCKET_CHECKSUM_BYTES: usize = 16;
/// The one piece that [`SECTOR`] did not leave out.
const KEPT: usize = 3;
const SECTOR_INDEX: u16 = 5;

static PLOT_KEY: PlotKey = PlotKey {
    public_key: PublicKey([1; 32]),
    genesis_hash: GENESIS_HASH,
    pieces_per_sector: PIECES,
};

/// A sector as it was written.
static SECTOR: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let pieces: Vec<PlottedPiece> = (0..usize::from(PIECES))
        .map(|offset| {
            let kept = if offset == KEPT { RECORD_SCALARS } else { 0 };
            let s_buckets = (0..S_BUCKETS).step_by(2).filter_map(SBucket::new);
            PlottedPiece {
                bitmap: s_buckets.take(kept).collect(),
                chunks: (0..kept).map(|chunk| [chunk as u8; 32]).collect(),
                commitment: RecordCommitment([offset as u8; 48]),
                witness: RecordWitness([offset as u8; 48]),
            }
        })
        .collect();
    let folder = scratch();
    write(folder.path(), &pieces, HistorySize(9))
});

fn write(folder: &Path, pieces: &[PlottedPiece], history_size: HistorySize) -> Vec<u8> {
    let written = write_sector(folder, &PLOT_KEY, SECTOR_INDEX.into(), history_size, pieces);
    let path = written.expect("a folder");
    let bytes = fs::read(&path).expect("just written");
    // Its name may be another one each time.
    fs::remove_file(path).expect("just read");
    bytes
}

/// How a sector is changed: a byte of flags (bit 0: it gets the checksums that it needs; bit 1: it ends with the last
/// change), then for each change its offset (little-endian, 3 bytes), its length (1 byte) and the bytes.
///
/// Without new checksums every change is found. With them a sector that can be opened is whole, and is what the pieces
/// read from it are written as.
fn sector_file(bytes: &[u8]) -> bool {
    let Some((flags, changes)) = bytes.split_first() else {
        return false;
    };
    let mut file = changed(&SECTOR, changes, flags & 2 != 0);
    let is_fixed = flags & 1 != 0;
    if is_fixed {
        fix_checksums(&mut file);
    }
    SECTORS.with(|[read, written]| {
        let path = read.path().join(format!("sector-{SECTOR_INDEX:06}.bin"));
        fs::write(&path, &file).expect("a file");
        let sector = match SectorFile::open(&path, &PLOT_KEY) {
            Ok(sector) => sector,
            Err(error) => {
                assert_sector_error(&error, &path, file.len());
                return false;
            }
        };
        match sector.scrub(&AtomicBool::new(false)) {
            Ok(()) => {
                assert!(is_fixed || file == *SECTOR);
                let again = write(written.path(), &plotted(&sector), sector.history_size());
                assert!(again == file, "another file is read as the same sector");
                true
            }
            Err(error) => {
                assert!(!is_fixed, "{error}");
                assert_sector_error(&error, &path, file.len());
                false
            }
        }
    })
}

/// Everything that a sector says of its pieces.
fn plotted(sector: &SectorFile) -> Vec<PlottedPiece> {
    let offsets = 0..PIECES;
    let piece = |offset: u16| {
        let group = offset / (PIECES / GROUPS as u16);
        let table = sector.group_table(group as u8).expect("it was read before");
        let stored = sector.read_piece(&table, offset).expect("it is whole");
        let (bitmap, chunks, commitment, witness) = match stored {
            Some(stored) => {
                let (s_buckets, chunks): (Vec<_>, Vec<_>) = stored.chunks.into_iter().unzip();
                let bitmap: Bitmap = s_buckets.into_iter().collect();
                (bitmap, chunks, stored.commitment, stored.witness)
            }
            None => {
                let (commitment, witness) = points(sector.path(), offset);
                (Bitmap::default(), Vec::new(), commitment, witness)
            }
        };
        PlottedPiece {
            bitmap,
            chunks,
            commitment,
            witness,
        }
    };
    offsets.map(piece).collect()
}

/// Commitment and witness of a piece that was left out: nobody reads them, so they come from the file.
fn points(path: &Path, offset: u16) -> (RecordCommitment, RecordWitness) {
    let file = fs::read(path).expect("it is open");
    let (group, position) = (usize::from(offset) / 2, usize::from(offset) % 2);
    let start = table_start(group) + 2 * 1_024 + position * 96;
    let point = |start: usize| file[start..start + 48].try_into().expect("48 bytes");
    (
        RecordCommitment(point(start)),
        RecordWitness(point(start + 48)),
    )
}

fn assert_sector_error(error: &SectorError, expected: &Path, length: usize) {
    match error {
        SectorError::Damaged(DamagedFile { path, offset, .. }) => {
            assert_eq!(path, expected);
            assert!(*offset <= length as u64, "{error}");
        }
        SectorError::Foreign { path, .. } | SectorError::Version { path, .. } => {
            assert_eq!(path, expected);
        }
        SectorError::File(_) => panic!("{error}"),
    }
}

/// The file with changes; those beyond its end make it longer.
fn changed(file: &[u8], mut changes: &[u8], ends_there: bool) -> Vec<u8> {
    let mut file = file.to_vec();
    while let Some(([low, middle, high, length], rest)) = changes.split_first_chunk() {
        let start = u32::from_le_bytes([*low, *middle, *high, 0]) as usize;
        // A change starts in the file or at its end.
        let start = start.min(file.len());
        let length = usize::from(*length).min(rest.len());
        let (bytes, rest) = rest.split_at(length);
        let end = start + length;
        file.resize(file.len().max(end), 0);
        file[start..end].copy_from_slice(bytes);
        if rest.is_empty() && ends_there {
            file.truncate(end);
        }
        changes = rest;
    }
    file
}

fn table_start(group: usize) -> usize {
    HEADER_BYTES + CHECKSUM_BYTES + group * (TABLE_BYTES + CHECKSUM_BYTES)
}

/// Gives every part of a file that is there its checksum, as the format tells in `allod_farmer::sector_file`.
fn fix_checksums(file: &mut [u8]) {
    let Some(header) = file.first_chunk::<HEADER_BYTES>() else {
        return;
    };
    let number = |start: usize| u64::from_le_bytes(header[start..start + 8].try_into().unwrap());
    let id = SectorId::new(
        &PublicKey(header[32..64].try_into().unwrap()),
        number(16) as u32,
        HistorySize(number(24)),
    );
    let checksum = |part: u32, bytes: &[u8]| {
        let input = [&id.0[..], &part.to_le_bytes(), bytes].concat();
        *blake3::hash(&input).as_bytes()
    };
    let buckets_start = table_start(GROUPS);
    let chunks_start = buckets_start + 8_192 * BUCKET_CHECKSUM_BYTES + CHECKSUM_BYTES;
    if file.len() >= chunks_start {
        let mut start = chunks_start;
        for s_bucket in 0..8_192 {
            let count = (0..GROUPS).flat_map(|group| {
                let bitmaps = table_start(group);
                [bitmaps, bitmaps + 1_024].map(|bitmap| file[bitmap + s_bucket / 8])
            });
            let count = count.filter(|byte| byte >> (s_bucket % 8) & 1 == 1).count();
            let end = (start + count * 32).min(file.len());
            let short = checksum(16 + s_bucket as u32, &file[start..end]);
            let at = buckets_start + s_bucket * BUCKET_CHECKSUM_BYTES;
            file[at..at + BUCKET_CHECKSUM_BYTES].copy_from_slice(&short[..BUCKET_CHECKSUM_BYTES]);
            start = end;
        }
    }
    let tables = (0..GROUPS).map(|group| (1 + group as u32, table_start(group), TABLE_BYTES));
    let buckets = (9, buckets_start, 8_192 * BUCKET_CHECKSUM_BYTES);
    for (part, start, length) in [(0, 0, HEADER_BYTES), buckets].into_iter().chain(tables) {
        let end = start + length;
        if file.len() >= end + CHECKSUM_BYTES {
            let sum = checksum(part, &file[start..end]);
            file[end..end + CHECKSUM_BYTES].copy_from_slice(&sum);
        }
    }
}

fn plot_directory_seeds() -> Vec<Seed> {
    let folder = scratch();
    let folder = folder.path();
    let key = with_key_checksum(hex::encode([3; 32]).as_bytes());
    fs::write(folder.join(KEY_FILE), key).expect("a file");
    drop(PlotDirectory::open(folder, GENESIS_HASH, &PARAMETERS).expect("a new plot"));
    let [key, claims, plot] = [KEY_FILE, CLAIMS_FILE, PLOT_FILE]
        .map(|name| fs::read(folder.join(name)).expect("it is new"));
    let with_claims = |fixes: u8, claims: &[u8], plot: &[u8]| {
        let lengths = [&key[..], claims].map(|bytes| bytes.len() as u8);
        [
            &[fixes, lengths[0]][..],
            &key[..],
            &lengths[1..],
            claims,
            plot,
        ]
        .concat()
    };
    let together = |fixes: u8, plot: &[u8]| with_claims(fixes, &claims, plot);
    // A record, and a part of another one.
    let signed = [&claims[..], &[1; 112], &[2; 9]].concat();
    let mut newer = plot.clone();
    let version = b"\"version\": 1";
    let at = newer.windows(version.len()).position(|it| it == version);
    newer[at.expect("a version") + version.len() - 1] = b'2';
    vec![
        Seed::valid("plot", together(0, &plot)),
        Seed::valid("fixed", together(1, &plot)),
        Seed::valid("signed", with_claims(1, &signed, &plot)),
        Seed::invalid("damaged", with_claims(0, &signed, &plot)),
        Seed::invalid("newer", together(1, &newer)),
        Seed::invalid("cut", together(0, &plot[..50])),
    ]
}

fn sector_file_seeds() -> Vec<Seed> {
    let change = |flags: u8, offset: usize, bytes: &[u8]| {
        let [low, middle, high, _] = (offset as u32).to_le_bytes();
        [&[flags, low, middle, high, bytes.len() as u8][..], bytes].concat()
    };
    let end = SECTOR.len();
    vec![
        Seed::valid("as-written", [0]),
        Seed::valid("history-size", change(1, 24, &[8])),
        Seed::valid("chunk", change(1, end - 1, &[9])),
        Seed::valid("commitment", change(1, table_start(7) + 2 * 1_024, &[1])),
        Seed::invalid("chunk", change(0, end - 1, &[9])),
        Seed::invalid("bitmap", change(1, table_start(2), &[1])),
        Seed::invalid("cut", change(2, 5_000, &[])),
        Seed::invalid("longer", change(1, end, &[0])),
        Seed::invalid("reserved", change(1, 14, &[1])),
        Seed::invalid("version", change(1, 8, &[2])),
        Seed::invalid("index", change(1, 16, &[6])),
    ]
}
