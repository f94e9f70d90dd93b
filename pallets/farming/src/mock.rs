//! A runtime of this pallet alone, and a chain of empty blocks that Alice farms.

use crate as pallet_farming;
use crate::*;
use allod_consensus_primitives::{PreDigest, SegmentHeaders, digest::seal_item, seal_message};
use allod_core::{
    ArchivedProgress, ChainParameters, HistorySize, LastArchivedBlock, PotOutput, PublicKey,
    SegmentCommitment, SegmentHeader, SegmentIndex, Slot, SolutionRange, history::HeaderHash,
};
use allod_test_chain::claim;
use core::num::NonZeroU32;
use frame_support::{derive_impl, parameter_types, traits::Hooks};
use parity_scale_codec::Encode;
use sp_core::H256;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
    BuildStorage, Digest,
    traits::{ConstU32, Header as HeaderT},
};

pub type Block = frame_system::mocking::MockBlockU32<Test>;
pub type Header = frame_system::pallet_prelude::HeaderFor<Test>;

#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(RuntimeCall, RuntimeEvent, RuntimeError, RuntimeOrigin, RuntimeTask)]
    pub struct Test;

    #[runtime::pallet_index(0)]
    pub type System = frame_system::Pallet<Test>;
    #[runtime::pallet_index(1)]
    pub type Farming = pallet_farming::Pallet<Test>;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
    type BlockHashCount = ConstU32<4096>;
}

impl Config for Test {
    type WeightInfo = ();
}

parameter_types! {
    /// Hash of the newest block.
    pub static Tip: H256 = GENESIS_HASH;
}

pub const GENESIS_HASH: H256 = H256::repeat_byte(7);

pub fn iterations(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// Small numbers, all different, that genesis accepts.
pub fn parameters() -> ChainParameters {
    ChainParameters {
        slot_duration_ms: 1000,
        slot_probability: (1, 2),
        raw_records_per_segment: 8,
        pieces_per_sector: 64,
        confirmation_depth: 6,
        era_length: 5,
        recent_segments: 5,
        recent_fraction: (1, 10),
        min_sector_lifetime: 4,
        block_authoring_delay: 1,
        entropy_interval: 4,
        entropy_lookback: 2,
        entropy_delay: 3,
        initial_solution_range: SolutionRange(1_000_000),
        initial_iterations: iterations(1024),
        external_entropy: b"test".to_vec(),
    }
}

pub fn ext_with(parameters: ChainParameters) -> sp_io::TestExternalities {
    let config = RuntimeGenesisConfig {
        farming: GenesisConfig {
            parameters: Some(parameters),
            ..Default::default()
        },
        ..Default::default()
    };
    Tip::set(GENESIS_HASH);
    let mut ext = sp_io::TestExternalities::new(config.build_storage().unwrap());
    ext.register_extension(sp_keystore::KeystoreExt::new(
        sp_keystore::testing::MemoryKeystore::new(),
    ));
    ext
}

pub fn new_test_ext() -> sp_io::TestExternalities {
    ext_with(parameters())
}

/// What Alice claims in a slot.
pub fn claim(slot: u64) -> PreDigest {
    let alice = PublicKey(Sr25519Keyring::Alice.to_raw_public());
    PreDigest {
        slot_output: PotOutput([slot as u8; 16]),
        ..claim::pre_digest(Slot(slot), claim::solution(alice, HistorySize(1)))
    }
}

/// Starts a block with a digest of one's own.
pub fn begin_with(digest: Digest) {
    let number = System::block_number() + 1;
    System::reset_events();
    System::initialize(&number, &Tip::get(), &digest);
    Farming::on_initialize(number);
}

/// Starts a block that claims `pre_digest`.
pub fn begin_claiming(pre_digest: PreDigest) {
    begin_with(Digest {
        logs: vec![pre_digest.into()],
    });
}

/// Starts Alice's block in a slot.
pub fn begin(slot: u64) {
    begin_claiming(claim(slot));
}

/// Ends the block: its sealed header.
pub fn end() -> Header {
    Farming::on_finalize(System::block_number());
    let header = seal(System::finalize(), Sr25519Keyring::Alice);
    Tip::set(header.hash());
    Farming::do_try_state().unwrap();
    header
}

/// A whole empty block.
pub fn block(slot: u64) -> Header {
    begin(slot);
    end()
}

/// Empty blocks, one in each slot, up to number `last`.
pub fn blocks_to(last: u32) {
    while System::block_number() < last {
        block(Farming::slot().0 + 1);
    }
}

/// Seals a header as the owner of `key` would.
pub fn seal(mut header: Header, key: Sr25519Keyring) -> Header {
    let message = seal_message(&GENESIS_HASH.0, &header.encode());
    header.digest_mut().push(seal_item(&key.sign(&message).0));
    header
}

/// Headers of consecutive segments, each ending with one of `last_blocks`.
pub fn headers(
    previous: Option<SegmentHeader>,
    last_blocks: &[LastArchivedBlock],
) -> SegmentHeaders {
    let mut previous = previous;
    let headers: Vec<_> = last_blocks
        .iter()
        .map(|last_archived_block| {
            let index = previous.map_or(0, |header| header.segment_index.0 + 1);
            let header = SegmentHeader {
                segment_index: SegmentIndex(index),
                segment_commitment: SegmentCommitment([index as u8; 48]),
                previous_header_hash: previous
                    .map_or(HeaderHash::default(), |header| header.hash()),
                last_archived_block: *last_archived_block,
            };
            previous = Some(header);
            header
        })
        .collect();
    headers.try_into().unwrap()
}

pub fn complete(number: u32) -> LastArchivedBlock {
    LastArchivedBlock {
        number,
        progress: ArchivedProgress::Complete,
    }
}

pub fn partial(number: u32, bytes: u32) -> LastArchivedBlock {
    LastArchivedBlock {
        number,
        progress: ArchivedProgress::Partial(iterations(bytes)),
    }
}
