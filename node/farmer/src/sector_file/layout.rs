//! Where each part of a sector's file lies.

use crate::{
    bitmap::BITMAP_BYTES,
    plot_directory::{PLOT_VERSION, PlotKey},
};
use allod_core::{
    HistorySize, PublicKey, SectorId, SectorIndex,
    parameters::{AUDIT_GROUPS, POINT_BYTES, RECORD_SCALARS, S_BUCKETS},
};
use parity_scale_codec::{Decode, Encode};

pub(super) const MAGIC: [u8; 8] = *b"ALODSECT";
/// Bytes of a stored chunk.
pub(super) const CHUNK_BYTES: usize = 32;
/// Bytes of a whole checksum.
pub(super) const CHECKSUM_BYTES: usize = 32;
pub(super) const BUCKET_CHECKSUM_BYTES: usize = 16;
/// Commitment and witness.
pub(super) const POINTS_BYTES: usize = 2 * POINT_BYTES;
pub(super) const GROUPS: usize = AUDIT_GROUPS as usize;
pub(super) const BUCKETS: usize = S_BUCKETS as usize;
/// The header without its checksum.
pub(super) const HEADER_CONTENT_BYTES: usize = 104;
const HEADER_BYTES: usize = HEADER_CONTENT_BYTES + CHECKSUM_BYTES;

/// The header of a sector's file. SCALE encodes its numbers little-endian and without padding.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct Header {
    pub magic: [u8; 8],
    pub version: u32,
    pub pieces_per_sector: u16,
    pub zero: u16,
    pub sector_index: SectorIndex,
    pub zero_too: u32,
    pub history_size: HistorySize,
    pub public_key: PublicKey,
    pub genesis_hash: [u8; 32],
    pub chunks: u64,
}

impl Header {
    pub(super) fn new(
        key: &PlotKey,
        sector_index: SectorIndex,
        history_size: HistorySize,
        chunks: u64,
    ) -> Self {
        Self {
            magic: MAGIC,
            version: PLOT_VERSION,
            pieces_per_sector: key.pieces_per_sector,
            zero: 0,
            sector_index,
            zero_too: 0,
            history_size,
            public_key: key.public_key,
            genesis_hash: key.genesis_hash,
            chunks,
        }
    }

    pub(super) fn sector_id(&self) -> SectorId {
        SectorId::new(&self.public_key, self.sector_index, self.history_size)
    }
}

/// A part of the file that has a checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Header,
    GroupTable(usize),
    BucketChecksums,
    Bucket(usize),
}

/// Number of the first s-bucket among the parts. Those before it have room to grow.
const FIRST_BUCKET: u32 = 16;
const _: () = assert!(1 + (GROUPS as u32) < FIRST_BUCKET);

impl Part {
    fn number(self) -> u32 {
        match self {
            Self::Header => 0,
            Self::GroupTable(group) => 1 + group as u32,
            Self::BucketChecksums => 1 + GROUPS as u32,
            Self::Bucket(s_bucket) => FIRST_BUCKET + s_bucket as u32,
        }
    }

    /// The checksum of this part of a sector.
    pub(super) fn checksum(self, sector_id: &SectorId, bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&sector_id.0);
        hasher.update(&self.number().to_le_bytes());
        hasher.update(bytes);
        hasher.finalize().into()
    }

    /// The checksum of an s-bucket.
    pub(super) fn short_checksum(
        self,
        sector_id: &SectorId,
        bytes: &[u8],
    ) -> [u8; BUCKET_CHECKSUM_BYTES] {
        let whole = self.checksum(sector_id, bytes);
        std::array::from_fn(|position| whole[position])
    }
}

/// Offsets in the file of a sector with so many pieces.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pieces_per_group: usize,
}

impl Layout {
    pub(super) fn new(pieces_per_sector: u16) -> Self {
        Self {
            pieces_per_group: usize::from(pieces_per_sector) / GROUPS,
        }
    }

    pub(super) fn pieces_per_group(self) -> usize {
        self.pieces_per_group
    }

    /// Bytes of a group table without its checksum.
    pub(super) fn table_content_bytes(self) -> usize {
        self.pieces_per_group * (BITMAP_BYTES + POINTS_BYTES)
    }

    pub(super) fn table_start(self, group: usize) -> u64 {
        let each = self.table_content_bytes() + CHECKSUM_BYTES;
        (HEADER_BYTES + group * each) as u64
    }

    pub(super) fn bucket_checksums_start(self) -> u64 {
        self.table_start(GROUPS)
    }

    pub(super) fn chunks_start(self) -> u64 {
        self.bucket_checksums_start() + (BUCKETS * BUCKET_CHECKSUM_BYTES + CHECKSUM_BYTES) as u64
    }

    /// Where a chunk lies, counted from the first.
    pub(super) fn chunk(self, number: u64) -> u64 {
        self.chunks_start() + number * CHUNK_BYTES as u64
    }
}

/// Bytes of a sector's file, if no piece had to be left out.
pub fn sector_bytes(pieces_per_sector: u16) -> u64 {
    let chunks = u64::from(pieces_per_sector) * RECORD_SCALARS as u64;
    Layout::new(pieces_per_sector).chunk(chunks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_one_another_without_gaps() {
        let header = Header {
            magic: MAGIC,
            version: PLOT_VERSION,
            pieces_per_sector: 0,
            zero: 0,
            sector_index: 0,
            zero_too: 0,
            history_size: HistorySize(0),
            public_key: PublicKey::default(),
            genesis_hash: [0; 32],
            chunks: 0,
        };
        assert_eq!(header.encode().len(), HEADER_CONTENT_BYTES);
        let layout = Layout::new(16);
        assert_eq!(layout.table_start(0), 136);
        assert_eq!(layout.table_start(1), 136 + 2 * 1120 + 32);
        assert_eq!(layout.bucket_checksums_start(), 136 + 8 * (2 * 1120 + 32));
        assert_eq!(
            layout.chunks_start(),
            layout.bucket_checksums_start() + 8192 * 16 + 32
        );
        assert_eq!(sector_bytes(16), layout.chunk(16 * 4096));
    }

    #[test]
    fn a_production_sector_takes_little_beside_its_chunks() {
        let chunks = 1000 * 4096 * 32;
        assert_eq!(sector_bytes(1000) - chunks, 1_251_496);
    }

    #[test]
    fn parts_have_numbers_of_their_own() {
        let id = SectorId([1; 32]);
        let checksum = |part: Part| part.checksum(&id, b"same bytes");
        let parts = [
            Part::Header,
            Part::GroupTable(0),
            Part::GroupTable(7),
            Part::BucketChecksums,
            Part::Bucket(0),
            Part::Bucket(8191),
        ];
        for (at, part) in parts.iter().enumerate() {
            for other in &parts[at + 1..] {
                assert_ne!(checksum(*part), checksum(*other));
            }
        }
        assert_eq!(Part::Bucket(0).short_checksum(&id, b"x"), checksum_of(b"x"));

        fn checksum_of(bytes: &[u8]) -> [u8; 16] {
            let input = [&[1; 32][..], &16_u32.to_le_bytes(), bytes].concat();
            blake3::hash(&input).as_bytes()[..16].try_into().unwrap()
        }
    }
}
