//! What several modules' tests share.

use crate::{
    archiver::Archiver,
    packing::{Packer, PackingError, RawSegment},
    pieces::NewSegment,
};
use allod_core::{SegmentCommitment, SegmentHeader, blake2b_256};
use allod_kzg::Kzg;
use std::sync::LazyLock;

/// A header for a raw segment whose commitment stands for its bytes without any KZG.
pub fn seal(raw: &RawSegment<'_>) -> SegmentHeader {
    let mut commitment = [0; 48];
    commitment[..32].copy_from_slice(&blake2b_256(raw.bytes));
    SegmentHeader {
        segment_index: raw.index,
        segment_commitment: SegmentCommitment(commitment),
        previous_header_hash: raw.previous_header_hash,
        last_archived_block: raw.last_archived_block,
    }
}

/// A raw segment and the header it was sealed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub header: SegmentHeader,
    pub bytes: Vec<u8>,
}

/// Adds one block, the genesis block if nothing was added yet; appends what was sealed.
pub fn pack(packer: &mut Packer, bytes: &[u8], sealed: &mut Vec<Sealed>) {
    let seal = |raw: RawSegment<'_>| {
        let header = seal(&raw);
        let bytes = raw.bytes.to_vec();
        sealed.push(Sealed { header, bytes });
        Ok::<_, PackingError>(header)
    };
    match packer.next_block().unwrap() {
        0 => packer.add_genesis(bytes.to_vec(), &[7; 32], seal),
        number => packer.add_block(number, bytes, seal),
    }
    .unwrap();
}

/// Packs blocks of these sizes, the first one as genesis block.
pub fn pack_all(capacity: usize, blocks: &[Vec<u8>]) -> Vec<Sealed> {
    let mut packer = Packer::new(capacity).unwrap();
    let mut sealed = Vec::new();
    for block in blocks {
        pack(&mut packer, block, &mut sealed);
    }
    sealed
}

/// A block of bytes that look random: no two blocks and no two parts of one are alike. Golden
/// values depend on it, so it depends on nothing but BLAKE2b.
pub fn block(number: usize, size: usize) -> Vec<u8> {
    let parts = (0..size.div_ceil(32) as u64).map(|part| {
        let seed = [number as u64, size as u64, part].map(u64::to_le_bytes);
        blake2b_256(seed.as_flattened())
    });
    let mut bytes: Vec<u8> = parts.flatten().collect();
    bytes.truncate(size);
    bytes
}

pub fn blocks(sizes: &[usize]) -> Vec<Vec<u8>> {
    let sizes = sizes.iter().enumerate();
    sizes.map(|(number, size)| block(number, *size)).collect()
}

/// The ceremony's parameters, read once for all tests.
pub static KZG: LazyLock<Kzg> = LazyLock::new(Kzg::new);

/// R of [`HISTORY`].
pub const R: u16 = 2;

/// A short history: small blocks, one that crosses a border, one larger than two segments, and
/// 10 bytes that are left over.
pub static BLOCKS: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| blocks(&[1000, 5000, 300_000, 1, 700_000, 40_000, 10]));

/// What [`BLOCKS`] are archived as.
pub static HISTORY: LazyLock<Vec<NewSegment>> = LazyLock::new(|| {
    let mut archiver = Archiver::new(KZG.clone(), R).unwrap();
    let mut segments = archiver
        .add_genesis(BLOCKS[0].clone(), GENESIS_STATE_ROOT)
        .unwrap();
    for (number, block) in (1..).zip(&BLOCKS[1..]) {
        segments.extend(archiver.add_block(number, block).unwrap());
    }
    segments
});

pub const GENESIS_STATE_ROOT: [u8; 32] = [9; 32];
