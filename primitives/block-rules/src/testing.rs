//! What the tests of the rules start from.

use crate::{ChainData, Parent, VerifyDelayFunction};
use allod_consensus_primitives::{ChildContext, PotParameters, PreDigest};
use allod_core::{
    ChainParameters, Hash, HistorySize, PotChange, PotCheckpoints, PublicKey, SegmentHeader, Slot,
    time::PotInput,
};
use allod_kzg::Kzg;
use allod_test_chain::{claim, time::verify_slots};
pub(crate) use allod_test_chain::{parameters, time::evaluate};
use sp_runtime::{DigestItem, generic, traits::BlakeTwo256, traits::Header as _};
use std::sync::LazyLock;

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
    claim::pre_digest(Slot(7), claim::solution(PublicKey([1; 32]), HistorySize(3)))
}

pub(crate) fn segment_header(index: u64, byte: u8) -> SegmentHeader {
    claim::segment_header(index, byte, 5)
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

/// The delay function itself, one slot after another.
pub(crate) struct DelayFunction;

impl VerifyDelayFunction for DelayFunction {
    fn verify_slots(
        &self,
        first: PotInput,
        change: Option<&PotChange>,
        checkpoints: &[PotCheckpoints],
    ) -> Result<(), usize> {
        verify_slots(first, change, checkpoints)
    }
}
