//! What the hooks and the calls cost at their worst.

use super::*;
use alloc::{boxed::Box, vec, vec::Vec};
use allod_consensus_primitives::{
    EquivocationProof, MAX_SEGMENT_HEADERS_PER_BLOCK, PreDigest, SegmentHeaders, digest::seal_item,
    seal_message,
};
use allod_core::{
    ArchivedProgress, ChunkWitness, HistorySize, LastArchivedBlock, PotOutput, PublicKey,
    RecordCommitment, RecordWitness, RewardAddress, ScalarBytes, SegmentCommitment, SegmentHeader,
    SegmentIndex, Slot, Solution, SpaceProof,
    history::HeaderHash,
    parameters::{ITERATIONS_MULTIPLE, MAX_HEADER_BYTES},
    time::PotEntropy,
};
use core::num::NonZeroU32;
use frame_benchmarking::v2::*;
use frame_support::{
    pallet_prelude::{Authorize, TransactionSource},
    traits::Hooks,
};
use frame_system::{
    RawOrigin,
    pallet_prelude::{BlockNumberFor, HeaderFor},
};
use parity_scale_codec::Encode;
use sp_core::crypto::KeyTypeId;
use sp_runtime::{
    Digest, DigestItem,
    traits::{Header as _, Zero},
};

const KEY_TYPE: KeyTypeId = KeyTypeId(*b"bnch");

fn claim(public_key: PublicKey, slot: Slot) -> PreDigest {
    PreDigest {
        slot,
        solution: Solution {
            public_key,
            reward_address: RewardAddress([2; 32]),
            sector_index: 3,
            history_size: HistorySize(1),
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

fn next_iterations<T: Config>() -> NonZeroU32 {
    let iterations = Pallet::<T>::pot_parameters().iterations;
    iterations.saturating_add(ITERATIONS_MULTIPLE)
}

/// Consecutive headers, all of which end with block 1.
fn headers(count: u32, first: SegmentHeader) -> SegmentHeaders {
    let mut previous = first;
    let headers: Vec<_> = (1..=count)
        .map(|number| {
            previous = SegmentHeader {
                segment_index: SegmentIndex(number.into()),
                segment_commitment: SegmentCommitment([7; 48]),
                previous_header_hash: previous.hash(),
                last_archived_block: LastArchivedBlock {
                    number: 1,
                    progress: NonZeroU32::new(number)
                        .map_or(ArchivedProgress::Complete, ArchivedProgress::Partial),
                },
            };
            previous
        })
        .collect();
    SegmentHeaders::truncate_from(headers)
}

/// Two headers of the greatest length, sealed by one key; the first one is an ancestor.
fn equivocation<T: Config>() -> EquivocationProof<HeaderFor<T>> {
    let key = sp_io::crypto::sr25519_generate(KEY_TYPE, None);
    let genesis_hash = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
    let sealed = |byte: u8| {
        let padding = vec![byte; MAX_HEADER_BYTES.saturating_sub(1024)];
        let digest = Digest {
            logs: vec![
                claim(PublicKey(key.0), Slot(1)).into(),
                DigestItem::Other(padding),
            ],
        };
        let hash = sp_core::H256::repeat_byte(byte);
        let mut header = HeaderFor::<T>::new(1_u32.into(), hash, hash, hash, digest);
        let message = seal_message(&genesis_hash.0, &header.encode());
        let seal = sp_io::crypto::sr25519_sign(KEY_TYPE, &key, &message)
            .expect("the key was generated above; qed");
        header.digest_mut().push(seal_item(&seal.0));
        header
    };
    let (first, second) = (sealed(1), sealed(2));
    frame_system::Pallet::<T>::set_block_number(2_u32.into());
    frame_system::BlockHash::<T>::insert(*first.number(), first.hash());
    EquivocationProof { first, second }
}

#[benchmarks]
mod benchmarks {
    use super::*;

    /// A block that ends an era, uses and gives entropy, raises iterations and blocks `k` keys.
    #[benchmark]
    fn on_initialize(k: Linear<0, MAX_REPORTS>) {
        let parameters = Pallet::<T>::parameters();
        let lookback = parameters.entropy_interval * parameters.entropy_lookback;
        let number = lookback * 2 * parameters.era_length;
        EntropySources::<T>::insert(number - lookback, PotEntropy([1; 32]));
        PendingIterations::<T>::put(next_iterations::<T>());
        for key in 0..k {
            let _ = PendingKeys::<T>::try_append(PublicKey([key as u8; 32]));
        }
        let slot = Slot(number.into());
        frame_system::Pallet::<T>::deposit_log(claim(PublicKey([1; 32]), slot).into());

        #[block]
        {
            Pallet::<T>::on_initialize(number.into());
            Pallet::<T>::on_finalize(number.into());
        }

        assert_eq!(CurrentSlot::<T>::get(), slot);
        assert!(PendingIterations::<T>::get().is_none());
        assert!(PendingKeys::<T>::get().is_empty());
        assert_eq!(EraStart::<T>::get(), slot);
    }

    #[benchmark]
    fn store_segment_headers(h: Linear<1, MAX_SEGMENT_HEADERS_PER_BLOCK>) {
        let first = SegmentHeader {
            segment_index: SegmentIndex(0),
            segment_commitment: SegmentCommitment([7; 48]),
            previous_header_hash: HeaderHash::default(),
            last_archived_block: LastArchivedBlock {
                number: 0,
                progress: ArchivedProgress::Complete,
            },
        };
        LastSegmentHeader::<T>::put(first);
        let block = Pallet::<T>::parameters().segments_enter_in(1);
        let block = block.expect("the first blocks have numbers");
        frame_system::Pallet::<T>::set_block_number(block.into());
        let headers = headers(h, first);

        #[extrinsic_call]
        _(RawOrigin::None, headers);

        assert_eq!(Pallet::<T>::history_size(), HistorySize(u64::from(h) + 1));
    }

    #[benchmark]
    fn authorize_report_equivocation() -> Result<(), BenchmarkError> {
        let call = Call::<T>::report_equivocation {
            proof: Box::new(equivocation::<T>()),
        };

        #[block]
        {
            call.authorize(TransactionSource::External)
                .ok_or("the call gives an authorization")??;
        }

        Ok(())
    }

    #[benchmark]
    fn report_equivocation() {
        let proof = equivocation::<T>();

        #[extrinsic_call]
        _(RawOrigin::Authorized, Box::new(proof));

        assert_eq!(PendingKeys::<T>::get().len(), 1);
    }

    #[benchmark]
    fn raise_iterations() {
        let iterations = next_iterations::<T>();

        #[extrinsic_call]
        _(RawOrigin::Root, iterations);

        assert_eq!(PendingIterations::<T>::get(), Some(iterations));
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
