//! What the tests of the rules start from.

use crate::{ChainData, Parent, VerifyDelayFunction};
use allod_consensus_primitives::{ChildContext, PotParameters, PreDigest};
use allod_core::{
    ArchivedProgress, ChainParameters, ChunkWitness, Hash, HistorySize, LastArchivedBlock,
    PotChange, PotCheckpoints, PotOutput, PublicKey, RecordCommitment, RecordWitness,
    RewardAddress, ScalarBytes, SegmentCommitment, SegmentHeader, SegmentIndex, Slot, Solution,
    SolutionRange, SpaceProof, history::HeaderHash, time::PotInput,
};
use allod_kzg::Kzg;
use sp_runtime::{DigestItem, generic, traits::BlakeTwo256, traits::Header as _};
use std::{num::NonZeroU32, sync::LazyLock};

pub(crate) type Header = generic::Header<u32, BlakeTwo256>;

pub(crate) static KZG: LazyLock<Kzg> = LazyLock::new(Kzg::new);

pub(crate) fn header(items: Vec<DigestItem>) -> Header {
    let mut header = Header::new(
        7,
        Default::default(),
        Default::default(),
        Default::default(),
        Default::default(),
    );
    header.digest.logs = items;
    header
}

/// Well-formed; wins nothing.
pub(crate) fn pre_digest() -> PreDigest {
    PreDigest {
        slot: Slot(7),
        solution: Solution {
            public_key: PublicKey([1; 32]),
            reward_address: RewardAddress([2; 32]),
            sector_index: 3,
            history_size: HistorySize(3),
            piece_offset: 5,
            record_commitment: RecordCommitment([6; 48]),
            record_witness: RecordWitness([7; 48]),
            chunk: ScalarBytes([8; 32]),
            chunk_witness: ChunkWitness([9; 48]),
            proof_of_space: SpaceProof([10; 136]),
        },
        slot_output: PotOutput([11; 16]),
        future_output: PotOutput([12; 16]),
        justification_hash: [13; 32],
    }
}

pub(crate) fn segment_header(index: u64, byte: u8) -> SegmentHeader {
    SegmentHeader {
        segment_index: SegmentIndex(index),
        segment_commitment: SegmentCommitment([byte; 48]),
        previous_header_hash: HeaderHash([byte; 32]),
        last_archived_block: LastArchivedBlock {
            number: 5,
            progress: ArchivedProgress::Complete,
        },
    }
}

/// Segments of 16 pieces; blocks prove slots up to their own + 4.
pub(crate) fn parameters() -> ChainParameters {
    ChainParameters {
        slot_duration_ms: 1000,
        slot_probability: (1, 6),
        raw_records_per_segment: 8,
        pieces_per_sector: 64,
        confirmation_depth: 30,
        era_length: 64,
        recent_segments: 5,
        recent_fraction: (1, 10),
        min_sector_lifetime: 4,
        block_authoring_delay: 4,
        entropy_interval: 30,
        entropy_lookback: 1,
        entropy_delay: 15,
        initial_solution_range: SolutionRange(u64::MAX),
        initial_iterations: NonZeroU32::new(16).unwrap(),
        external_entropy: b"entropy".to_vec(),
    }
}

/// What a child is judged by: genesis of a chain with 9 segments, nothing due.
pub(crate) struct Example {
    pub genesis_hash: Hash,
    pub parameters: ChainParameters,
    pub chain_data: ChainData,
    pub context: ChildContext,
    pub segment_headers: Vec<SegmentHeader>,
}

impl Default for Example {
    fn default() -> Self {
        let parameters = parameters();
        Self {
            genesis_hash: [42; 32],
            chain_data: ChainData::default(),
            context: ChildContext {
                parent_slot: Slot(0),
                history_size: HistorySize(9),
                solution_range: parameters.initial_solution_range,
                key_blocked: false,
                segment_commitment: None,
                expiry_commitment: None,
                pot: PotParameters {
                    iterations: parameters.initial_iterations,
                    next_change: None,
                },
                logs: Vec::new(),
            },
            parameters,
            segment_headers: Vec::new(),
        }
    }
}

impl Example {
    pub(crate) fn parent(&self) -> Parent<'_> {
        Parent {
            genesis_hash: self.genesis_hash,
            parameters: &self.parameters,
            chain_data: &self.chain_data,
            context: &self.context,
            segment_headers: &self.segment_headers,
        }
    }
}

pub(crate) fn evaluate(input: &PotInput) -> PotCheckpoints {
    allod_proof_of_time::prove(input.seed.0, input.iterations)
        .unwrap()
        .into()
}

/// The delay function itself, one slot after another.
pub(crate) struct DelayFunction;

impl VerifyDelayFunction for DelayFunction {
    fn verify_slots(
        &self,
        first: PotInput,
        change: Option<&PotChange>,
        checkpoints: &[PotCheckpoints],
    ) -> Result<(), usize> {
        let mut input = first;
        for (index, claimed) in checkpoints.iter().enumerate() {
            if evaluate(&input) != *claimed {
                return Err(index);
            }
            input = input.next(claimed.output(), change);
        }
        Ok(())
    }
}
