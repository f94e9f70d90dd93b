//! Solutions: what a farmer puts into a block (§7).

use crate::{
    audit::mask_chunk,
    bytes::{
        ChunkWitness, PublicKey, RecordCommitment, RecordWitness, RewardAddress, ScalarBytes,
        SpaceProof,
    },
    parameters::ChainParameters,
    sector::SectorId,
    units::{HistorySize, PieceIndex, PieceOffset, SectorIndex, SegmentIndex},
};
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Proof that a farmer stored a piece of the history. 390 bytes in SCALE.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct Solution {
    /// Whose plot; this key seals the block.
    pub public_key: PublicKey,
    /// Where the reward goes.
    pub reward_address: RewardAddress,
    /// Which sector, below 2^19.
    pub sector_index: SectorIndex,
    /// The history size that the sector was made at, at least 1.
    pub history_size: HistorySize,
    /// Which of the sector's pieces.
    pub piece_offset: PieceOffset,
    /// Commitment to that piece's record.
    pub record_commitment: RecordCommitment,
    /// Opens the segment commitment to the record commitment.
    pub record_witness: RecordWitness,
    /// The winning chunk, unmasked.
    pub chunk: ScalarBytes,
    /// Opens the record commitment to the chunk.
    pub chunk_witness: ChunkWitness,
    /// Proof of space that masks the chunk.
    pub proof_of_space: SpaceProof,
}

impl Solution {
    /// Bytes of the SCALE encoding.
    pub const SIZE: usize = 390;

    /// The sector that it was found in.
    pub fn sector_id(&self) -> SectorId {
        SectorId::new(&self.public_key, self.sector_index, self.history_size)
    }

    /// The piece that it must be of. Takes any solution, also one whose offset or history size is
    /// out of range.
    pub fn piece_index(&self, parameters: &ChainParameters) -> PieceIndex {
        self.sector_id()
            .piece_index(self.piece_offset, self.history_size, parameters)
    }

    /// The segment of that piece.
    pub fn segment(&self, parameters: &ChainParameters) -> SegmentIndex {
        self.piece_index(parameters)
            .segment(parameters.pieces_per_segment())
    }

    /// The chunk as it lies on the farmer's disk.
    pub fn stored_chunk(&self) -> [u8; 32] {
        mask_chunk(&self.chunk, &self.proof_of_space)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_solution_has_390_bytes() {
        let solution = Solution {
            public_key: PublicKey::default(),
            reward_address: RewardAddress::default(),
            sector_index: 1,
            history_size: HistorySize(2),
            piece_offset: 3,
            record_commitment: RecordCommitment::default(),
            record_witness: RecordWitness::default(),
            chunk: ScalarBytes::default(),
            chunk_witness: ChunkWitness::default(),
            proof_of_space: SpaceProof::default(),
        };
        let bytes = solution.encode();
        assert_eq!(bytes.len(), Solution::SIZE);
        assert_eq!(Solution::max_encoded_len(), Solution::SIZE);
        assert_eq!(Solution::decode(&mut &bytes[..]), Ok(solution));
    }
}
