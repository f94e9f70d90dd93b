//! Reading a sector.

use super::{
    FileName, SectorError,
    index::ChunkIndex,
    layout::{
        BUCKET_CHECKSUM_BYTES, BUCKETS, CHECKSUM_BYTES, CHUNK_BYTES, GROUPS, HEADER_CONTENT_BYTES,
        Header, Layout, MAGIC, POINTS_BYTES, Part,
    },
};
use crate::{
    bitmap::{BITMAP_BYTES, Bitmap},
    files::{DamagedFile, FileError},
    plot_directory::{PLOT_VERSION, PlotKey},
};
use allod_core::{
    HistorySize, PieceOffset, RecordCommitment, RecordWitness, SBucket, SectorId, SectorIndex,
    parameters::{POINT_BYTES, RECORD_SCALARS, S_BUCKETS},
    units::group_of,
};
use parity_scale_codec::Decode;
use std::{
    fmt,
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

/// A piece's 4,096 chunks lie all over the sector. So many threads read them together, since what
/// takes time is waiting for the disk.
const READERS: usize = 16;

/// A sector on disk, opened and its tables checked.
pub struct SectorFile {
    path: PathBuf,
    file: File,
    id: SectorId,
    header: Header,
    layout: Layout,
    index: ChunkIndex,
}

impl fmt::Debug for SectorFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SectorFile")
            .field("path", &self.path)
            .field("history_size", &self.header.history_size)
            .finish_non_exhaustive()
    }
}

/// What a sector knows of the pieces of one group.
#[derive(Debug, Clone)]
pub struct GroupTable {
    group: usize,
    first_offset: PieceOffset,
    pieces: Vec<PieceEntry>,
}

#[derive(Debug, Clone)]
struct PieceEntry {
    bitmap: Bitmap,
    commitment: RecordCommitment,
    witness: RecordWitness,
}

/// Everything that a sector keeps of one piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPiece {
    /// Its stored chunks with their s-buckets, 4,096 of them, rising.
    pub chunks: Vec<(SBucket, [u8; CHUNK_BYTES])>,
    pub commitment: RecordCommitment,
    /// Opening of the segment commitment.
    pub witness: RecordWitness,
}

impl GroupTable {
    /// The piece that has the chunk at `rank` among the group's chunks in an s-bucket.
    pub fn offset_at(&self, s_bucket: SBucket, rank: usize) -> Option<PieceOffset> {
        let mut kept = self
            .pieces
            .iter()
            .zip(self.first_offset..)
            .filter(|(piece, _)| piece.bitmap.contains(s_bucket));
        kept.nth(rank).map(|(_, offset)| offset)
    }
}

impl SectorFile {
    /// Opens the sector of this plot at `path`, whose name says which one it is; checks header, group
    /// tables and length.
    pub fn open(path: &Path, key: &PlotKey) -> Result<Self, SectorError> {
        let file = File::open(path).map_err(FileError::new("open", path))?;
        let header = read_header(&file, path, key)?;
        let layout = Layout::new(header.pieces_per_sector);
        let id = header.sector_id();
        let tables: Vec<GroupTable> = (0..GROUPS)
            .map(|group| read_table(&file, path, &id, layout, group))
            .collect::<Result<_, _>>()?;
        let bitmaps = |table| {
            let table: &GroupTable = table;
            table.pieces.iter().map(|piece| &piece.bitmap)
        };
        let index = ChunkIndex::new(tables.iter().map(bitmaps), layout.pieces_per_group());
        if index.chunks() != header.chunks {
            let what = format!(
                "the header says {} chunks, the bitmaps {}",
                header.chunks,
                index.chunks()
            );
            return Err(DamagedFile::new(path, 96, what).into());
        }
        let expected = layout.chunk(header.chunks);
        let actual = file
            .metadata()
            .map_err(FileError::new("look at", path))?
            .len();
        if actual != expected {
            let what = format!("the file has {expected} bytes, not {actual}");
            return Err(DamagedFile::new(path, actual.min(expected), what).into());
        }
        advise_random(&file);
        Ok(Self {
            path: path.to_owned(),
            file,
            id,
            header,
            layout,
            index,
        })
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its identifier.
    pub fn id(&self) -> &SectorId {
        &self.id
    }

    /// The identifier of the sector with this index that is made at another history size.
    pub fn id_at(&self, history_size: HistorySize) -> SectorId {
        SectorId::new(
            &self.header.public_key,
            self.header.sector_index,
            history_size,
        )
    }

    /// Its index in the plot.
    pub fn sector_index(&self) -> SectorIndex {
        self.header.sector_index
    }

    /// The history size that it was made at.
    pub fn history_size(&self) -> HistorySize {
        self.header.history_size
    }

    /// Reads the chunks of an s-bucket and group into `buffer`, by offset.
    pub fn read_group<'a>(
        &self,
        s_bucket: SBucket,
        group: u8,
        buffer: &'a mut Vec<u8>,
    ) -> Result<&'a [[u8; CHUNK_BYTES]], SectorError> {
        let (first, count) = self.index.locate(s_bucket, usize::from(group) % GROUPS);
        buffer.resize(count * CHUNK_BYTES, 0);
        self.read(buffer, self.layout.chunk(first))?;
        let (chunks, _) = buffer.as_chunks();
        Ok(chunks)
    }

    /// Reads what the sector knows of the group that a piece is in.
    pub fn group_table(&self, group: u8) -> Result<GroupTable, SectorError> {
        let group = usize::from(group) % GROUPS;
        read_table(&self.file, &self.path, &self.id, self.layout, group)
    }

    /// Reads everything of one piece; `table` is that of its group. None if the sector left the
    /// piece out or has no such offset.
    pub fn read_piece(
        &self,
        table: &GroupTable,
        offset: PieceOffset,
    ) -> Result<Option<StoredPiece>, SectorError> {
        let position = usize::from(offset.wrapping_sub(table.first_offset));
        let group = usize::from(group_of(offset, self.header.pieces_per_sector));
        let Some(piece) = table.pieces.get(position).filter(|_| group == table.group) else {
            return Ok(None);
        };
        let locations: Vec<(SBucket, u64)> = piece
            .bitmap
            .iter()
            .map(|s_bucket| {
                let (first, _) = self.index.locate(s_bucket, table.group);
                let kept = |piece: &&PieceEntry| piece.bitmap.contains(s_bucket);
                let before = table.pieces[..position].iter().filter(kept).count();
                (s_bucket, self.layout.chunk(first + before as u64))
            })
            .collect();
        if locations.is_empty() {
            return Ok(None);
        }
        Ok(Some(StoredPiece {
            chunks: self.read_chunks(&locations)?,
            commitment: piece.commitment,
            witness: piece.witness,
        }))
    }

    fn read_chunks(
        &self,
        locations: &[(SBucket, u64)],
    ) -> Result<Vec<(SBucket, [u8; CHUNK_BYTES])>, SectorError> {
        let read = |locations: &[(SBucket, u64)]| {
            let each = |(s_bucket, offset): &(SBucket, u64)| {
                let mut chunk = [0; CHUNK_BYTES];
                self.read(&mut chunk, *offset)?;
                Ok((*s_bucket, chunk))
            };
            locations.iter().map(each).collect::<Result<Vec<_>, _>>()
        };
        let parts = thread::scope(|scope| {
            let readers: Vec<_> = locations
                .chunks(locations.len().div_ceil(READERS).max(1))
                .map(|part| scope.spawn(move || read(part)))
                .collect();
            let join = |reader: thread::ScopedJoinHandle<'_, _>| {
                reader
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            readers.into_iter().map(join).collect::<Vec<_>>()
        });
        let parts: Vec<_> = parts.into_iter().collect::<Result<_, SectorError>>()?;
        Ok(parts.concat())
    }

    /// Checks every byte of the file. Stops early, as if all were well, when `cancelled` is set.
    pub fn scrub(&self, cancelled: &AtomicBool) -> Result<(), SectorError> {
        for group in 0..GROUPS {
            read_table(&self.file, &self.path, &self.id, self.layout, group)?;
        }
        let start = self.layout.bucket_checksums_start();
        let mut checksums = vec![0; BUCKETS * BUCKET_CHECKSUM_BYTES + CHECKSUM_BYTES];
        self.read(&mut checksums, start)?;
        let checksums = checked(
            &self.path,
            &self.id,
            Part::BucketChecksums,
            start,
            &checksums,
        )?;
        let (checksums, _) = checksums.as_chunks::<BUCKET_CHECKSUM_BYTES>();
        let mut bucket = Vec::new();
        for (s_bucket, checksum) in (0..S_BUCKETS).filter_map(SBucket::new).zip(checksums) {
            if cancelled.load(Ordering::Relaxed) {
                break;
            }
            let (first, count) = self.index.locate_bucket(s_bucket);
            let offset = self.layout.chunk(first);
            bucket.resize(count * CHUNK_BYTES, 0);
            self.read(&mut bucket, offset)?;
            let part = Part::Bucket(s_bucket.get().into());
            if part.short_checksum(&self.id, &bucket) != *checksum {
                return Err(mismatch(&self.path, offset, part).into());
            }
        }
        Ok(())
    }

    fn read(&self, bytes: &mut [u8], offset: u64) -> Result<(), SectorError> {
        read_at(&self.file, &self.path, bytes, offset)
    }
}

/// Pages around the one that is read are not wanted.
fn advise_random(file: &File) {
    if let Err(error) = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::Random) {
        tracing::debug!("the system takes no advice about reading: {error}");
    }
}

fn read_at(file: &File, path: &Path, bytes: &mut [u8], offset: u64) -> Result<(), SectorError> {
    file.read_exact_at(bytes, offset).map_err(|error| {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            let end = file.metadata().map_or(offset, |metadata| metadata.len());
            let what = format!(
                "the file ends, {} bytes from byte {offset} are missing",
                bytes.len()
            );
            DamagedFile::new(path, end, what).into()
        } else {
            FileError::new("read", path)(error).into()
        }
    })
}

fn mismatch(path: &Path, offset: u64, part: Part) -> DamagedFile {
    let name = match part {
        Part::Header => "the header".to_owned(),
        Part::GroupTable(group) => format!("the table of group {group}"),
        Part::BucketChecksums => "the bucket checksums".to_owned(),
        Part::Bucket(s_bucket) => format!("s-bucket {s_bucket}"),
    };
    DamagedFile::new(
        path,
        offset,
        format!("the checksum of {name} does not match"),
    )
}

/// Splits the checksum off a part and compares it.
fn checked<'a>(
    path: &Path,
    id: &SectorId,
    part: Part,
    offset: u64,
    bytes: &'a [u8],
) -> Result<&'a [u8], DamagedFile> {
    let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM_BYTES);
    if part.checksum(id, content) == checksum {
        Ok(content)
    } else {
        Err(mismatch(path, offset, part))
    }
}

fn read_header(file: &File, path: &Path, key: &PlotKey) -> Result<Header, SectorError> {
    let mut bytes = [0; HEADER_CONTENT_BYTES + CHECKSUM_BYTES];
    read_at(file, path, &mut bytes, 0)?;
    let damaged = |offset, what: &str| DamagedFile::new(path, offset, what);
    let header = Header::decode(&mut &bytes[..]).map_err(|error| damaged(0, &error.to_string()))?;
    if header.magic != MAGIC {
        return Err(damaged(0, "it begins with ALODSECT").into());
    }
    if header.version != PLOT_VERSION {
        return Err(SectorError::Version {
            path: path.to_owned(),
            found: header.version,
            expected: PLOT_VERSION,
        });
    }
    checked(path, &header.sector_id(), Part::Header, 0, &bytes)?;
    for (offset, is_zero) in [(14, header.zero == 0), (20, header.zero_too == 0)] {
        if !is_zero {
            return Err(damaged(offset, "this part of the header is zero").into());
        }
    }
    let foreign = |what| {
        let path = path.to_owned();
        Err(SectorError::Foreign { path, what })
    };
    if header.public_key != key.public_key {
        return foreign("farmer");
    }
    if header.genesis_hash != key.genesis_hash {
        return foreign("chain");
    }
    if header.pieces_per_sector != key.pieces_per_sector {
        return foreign("size");
    }
    let name = FileName::of(path);
    if name.map(|name| name.sector_index) != Some(header.sector_index) {
        return foreign("index");
    }
    let named = name.and_then(|name| name.history_size);
    if named.is_some_and(|history_size| history_size != header.history_size) {
        return foreign("history size");
    }
    Ok(header)
}

fn read_table(
    file: &File,
    path: &Path,
    id: &SectorId,
    layout: Layout,
    group: usize,
) -> Result<GroupTable, SectorError> {
    let start = layout.table_start(group);
    let mut bytes = vec![0; layout.table_content_bytes() + CHECKSUM_BYTES];
    read_at(file, path, &mut bytes, start)?;
    let content = checked(path, id, Part::GroupTable(group), start, &bytes)?;
    let (bitmaps, points) = content.split_at(layout.pieces_per_group() * BITMAP_BYTES);
    let (bitmaps, _) = bitmaps.as_chunks::<BITMAP_BYTES>();
    let (points, _) = points.as_chunks::<POINTS_BYTES>();
    let pieces: Vec<PieceEntry> = bitmaps.iter().zip(points).map(piece_entry).collect();
    for (position, piece) in pieces.iter().enumerate() {
        let count = piece.bitmap.count();
        if count != 0 && count != RECORD_SCALARS {
            let offset = start + (position * BITMAP_BYTES) as u64;
            let what = format!("a bitmap has 4,096 bits or none, not {count}");
            return Err(DamagedFile::new(path, offset, what).into());
        }
    }
    Ok(GroupTable {
        group,
        first_offset: (group * layout.pieces_per_group()) as PieceOffset,
        pieces,
    })
}

fn piece_entry((bitmap, points): (&[u8; BITMAP_BYTES], &[u8; POINTS_BYTES])) -> PieceEntry {
    let (mut commitment, mut witness) = ([0; POINT_BYTES], [0; POINT_BYTES]);
    let (first, second) = points.split_at(POINT_BYTES);
    commitment.copy_from_slice(first);
    witness.copy_from_slice(second);
    PieceEntry {
        bitmap: Bitmap::from_bytes(bitmap),
        commitment: RecordCommitment(commitment),
        witness: RecordWitness(witness),
    }
}
