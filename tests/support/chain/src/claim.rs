//! What a block claims, well-formed: each field has bytes of its own, and nothing in it is proven.

use allod_consensus_primitives::PreDigest;
use allod_core::{
    ArchivedProgress, ChunkWitness, HistorySize, LastArchivedBlock, PotOutput, PublicKey,
    RecordCommitment, RecordWitness, RewardAddress, ScalarBytes, SegmentCommitment, SegmentHeader,
    SegmentIndex, Slot, Solution, SpaceProof, history::HeaderHash,
};

/// A solution that wins nothing, of history of this size.
pub fn solution(public_key: PublicKey, history_size: HistorySize) -> Solution {
    Solution {
        public_key,
        reward_address: RewardAddress([2; 32]),
        sector_index: 3,
        history_size,
        piece_offset: 5,
        record_commitment: RecordCommitment([6; 48]),
        record_witness: RecordWitness([7; 48]),
        chunk: ScalarBytes([8; 32]),
        chunk_witness: ChunkWitness([9; 48]),
        proof_of_space: SpaceProof([10; 136]),
    }
}

/// A claim of a slot with that solution.
pub fn pre_digest(slot: Slot, solution: Solution) -> PreDigest {
    PreDigest {
        slot,
        solution,
        slot_output: PotOutput([11; 16]),
        future_output: PotOutput([12; 16]),
        justification_hash: [13; 32],
    }
}

/// The header of a segment that ends with block `number`; its hashes are made of one byte.
pub fn segment_header(index: u64, byte: u8, number: u32) -> SegmentHeader {
    SegmentHeader {
        segment_index: SegmentIndex(index),
        segment_commitment: SegmentCommitment([byte; 48]),
        previous_header_hash: HeaderHash([byte; 32]),
        last_archived_block: LastArchivedBlock {
            number,
            progress: ArchivedProgress::Complete,
        },
    }
}
