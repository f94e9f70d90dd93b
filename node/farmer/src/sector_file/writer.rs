//! Writing a sector.

use super::{
    FileName,
    layout::{BUCKET_CHECKSUM_BYTES, BUCKETS, CHUNK_BYTES, GROUPS, Header, Layout, Part},
};
use crate::{
    bitmap::Bitmap,
    files::{FileError, TEMPORARY_EXTENSION, sync_parent},
    plot_directory::PlotKey,
};
use allod_core::{
    HistorySize, RecordCommitment, RecordWitness, SBucket, SectorId, SectorIndex,
    parameters::S_BUCKETS,
};
use parity_scale_codec::Encode;
use std::{
    fs::{self, File},
    io::{self, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 1 << 20;

/// What a sector keeps of one piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlottedPiece {
    /// The s-buckets whose chunks were kept: 4,096 of them or none.
    pub bitmap: Bitmap,
    /// Their stored chunks, by s-bucket.
    pub chunks: Vec<[u8; CHUNK_BYTES]>,
    pub commitment: RecordCommitment,
    /// Opening of the segment commitment.
    pub witness: RecordWitness,
}

/// Writes a sector with these pieces, by offset, in the place of the same sector if there is one;
/// those of the same index that were made at another history size stay. Returns its path.
///
/// If it fails, nothing has changed.
pub fn write_sector(
    directory: &Path,
    key: &PlotKey,
    sector_index: SectorIndex,
    history_size: HistorySize,
    pieces: &[PlottedPiece],
) -> Result<PathBuf, FileError> {
    let path = directory.join(FileName::new(sector_index, history_size).to_string());
    let temporary = path.with_extension(TEMPORARY_EXTENSION);
    let write = || {
        let file = File::create(&temporary)?;
        write_parts(&file, key, sector_index, history_size, pieces)?;
        file.sync_all()
    };
    write().map_err(|error| {
        // The space is needed more than the error of removing is.
        let _ = fs::remove_file(&temporary);
        FileError::new("write", &temporary)(error)
    })?;
    fs::rename(&temporary, &path).map_err(FileError::new("rename a file to", &path))?;
    sync_parent(&path)?;
    Ok(path)
}

fn write_parts(
    file: &File,
    key: &PlotKey,
    sector_index: SectorIndex,
    history_size: HistorySize,
    pieces: &[PlottedPiece],
) -> io::Result<()> {
    let layout = Layout::new(key.pieces_per_sector);
    let chunks = pieces.iter().map(|piece| piece.chunks.len() as u64).sum();
    let header = Header::new(key, sector_index, history_size, chunks);
    let id = header.sector_id();

    let mut head = with_checksum(&id, Part::Header, header.encode());
    for (group, pieces) in pieces
        .chunks(layout.pieces_per_group())
        .enumerate()
        .take(GROUPS)
    {
        head.extend(with_checksum(&id, Part::GroupTable(group), table(pieces)));
    }
    let checksums = write_chunks(file, layout.chunks_start(), &id, pieces)?;
    head.extend(with_checksum(&id, Part::BucketChecksums, checksums));
    file.write_all_at(&head, 0)
}

fn with_checksum(id: &SectorId, part: Part, mut content: Vec<u8>) -> Vec<u8> {
    let checksum = part.checksum(id, &content);
    content.extend_from_slice(&checksum);
    content
}

/// Content of a group table.
fn table(pieces: &[PlottedPiece]) -> Vec<u8> {
    let mut table: Vec<u8> = pieces.iter().flat_map(|it| it.bitmap.to_bytes()).collect();
    for piece in pieces {
        table.extend_from_slice(&piece.commitment.0);
        table.extend_from_slice(&piece.witness.0);
    }
    table
}

/// Writes all chunks in their order and returns the checksums of the s-buckets.
fn write_chunks(
    mut file: &File,
    start: u64,
    id: &SectorId,
    pieces: &[PlottedPiece],
) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut file = io::BufWriter::with_capacity(BUFFER_BYTES, file);
    let mut next: Vec<_> = pieces.iter().map(|piece| piece.chunks.iter()).collect();
    let mut checksums = Vec::with_capacity(BUCKETS * BUCKET_CHECKSUM_BYTES);
    let mut bucket = Vec::with_capacity(pieces.len() * CHUNK_BYTES);
    for s_bucket in (0..S_BUCKETS).filter_map(SBucket::new) {
        bucket.clear();
        // Pieces by offset are pieces by group, then offset.
        for (piece, next) in pieces.iter().zip(&mut next) {
            if piece.bitmap.contains(s_bucket) {
                bucket.extend(next.next().into_iter().flatten());
            }
        }
        let part = Part::Bucket(s_bucket.get().into());
        checksums.extend_from_slice(&part.short_checksum(id, &bucket));
        file.write_all(&bucket)?;
    }
    file.flush()?;
    Ok(checksums)
}
