//! A valid solution, made the way a farmer makes one, of the smallest history that has one.

use crate::parameters;
use allod_core::{
    ChainParameters, ChunkWitness, HistorySize, PieceIndex, PotOutput, PublicKey, RecordCommitment,
    RecordWitness, RewardAddress, ScalarBytes, SectorChallenge, SectorId, SegmentCommitment, Slot,
    Solution, SolutionRange, SpaceProof, global_challenge, units::group_of,
};
use allod_kzg::{Kzg, commitment_to_value};
use allod_proof_of_space::SectorTable;
use allod_verification::SolutionContext;
use rand::{Rng, SeedableRng, rngs::StdRng};

/// A solution and what it is judged by.
pub struct FarmedSolution {
    /// Also holds the precomputed parameters.
    pub kzg: Kzg,
    /// The chain's.
    pub parameters: ChainParameters,
    /// The piece that was farmed.
    pub piece_index: PieceIndex,
    /// Commitment to the segment of that piece.
    pub segment_commitment: SegmentCommitment,
    /// The slot that it won in.
    pub slot: Slot,
    /// That slot's proof-of-time output.
    pub pot_output: PotOutput,
    /// The solution.
    pub solution: Solution,
}

const HISTORY_SIZE: HistorySize = HistorySize(3);
const OFFSET: u16 = 13;

impl FarmedSolution {
    /// Farms one piece.
    #[allow(clippy::new_without_default, reason = "it takes seconds")]
    pub fn new() -> Self {
        Self::with_index(2)
    }

    /// Farms one piece of the sector with this index.
    pub fn with_index(sector_index: u32) -> Self {
        Self::of_farmer(PublicKey([1; 32]), sector_index)
    }

    /// Farms one piece of a farmer's sector.
    pub fn of_farmer(public_key: PublicKey, sector_index: u32) -> Self {
        let mut rng = StdRng::seed_from_u64(sector_index.into());
        let kzg = Kzg::new();
        let parameters = parameters();
        let sector_id = SectorId::new(&public_key, sector_index, HISTORY_SIZE);

        // The record, and a segment in which it lies where the sector wants it.
        let mut random_scalar = || {
            let mut scalar: [u8; 32] = rng.r#gen();
            scalar[0] = 0;
            scalar
        };
        let record: Vec<u8> = (0..4096).flat_map(|_| random_scalar()).collect();
        let commitment = kzg.commit_record(&record).unwrap();
        let piece_index = sector_id.piece_index(OFFSET, HISTORY_SIZE, &parameters);
        let position = piece_index.position(parameters.pieces_per_segment()) as usize;
        let mut values: Vec<[u8; 32]> = (0..parameters.pieces_per_segment())
            .map(|_| random_scalar())
            .collect();
        values[position] = commitment_to_value(&commitment);
        let segment_commitment = SegmentCommitment(kzg.commit_values(&values).unwrap());
        let record_witness = kzg.open_all_values(&values).unwrap()[position];

        // The first slot whose challenge meets a chunk that the piece has a proof for.
        let table = SectorTable::new(&sector_id.space_seed(OFFSET).0);
        let (slot, pot_output, s_bucket, proof) = (1..)
            .find_map(|slot| {
                let pot_output = PotOutput([slot as u8; 16]);
                let global = global_challenge(&pot_output, Slot(slot));
                let challenge = SectorChallenge::new(&global, &sector_id);
                let group = group_of(OFFSET, parameters.pieces_per_sector);
                let s_bucket = challenge.s_bucket().get();
                let proof = table
                    .find_proof(s_bucket)
                    .filter(|_| challenge.group() == group)?;
                Some((Slot(slot), pot_output, s_bucket, proof))
            })
            .unwrap();
        let (chunk, chunk_witness) = kzg.open_chunk(&record, s_bucket).unwrap();

        Self {
            kzg,
            parameters,
            piece_index,
            segment_commitment,
            slot,
            pot_output,
            solution: Solution {
                public_key,
                reward_address: RewardAddress([7; 32]),
                sector_index,
                history_size: HISTORY_SIZE,
                piece_offset: OFFSET,
                record_commitment: RecordCommitment(commitment),
                record_witness: RecordWitness(record_witness),
                chunk: ScalarBytes(chunk),
                chunk_witness: ChunkWitness(chunk_witness),
                proof_of_space: SpaceProof(proof),
            },
        }
    }

    /// A context in which the solution is valid: every ticket wins.
    pub fn context(&self) -> SolutionContext<'_> {
        SolutionContext {
            parameters: &self.parameters,
            slot: self.slot,
            pot_output: self.pot_output,
            parent_history_size: HISTORY_SIZE,
            solution_range: SolutionRange(u64::MAX),
            key_blocked: false,
            segment_commitment: Some(self.segment_commitment),
            expiry_commitment: None,
        }
    }
}
