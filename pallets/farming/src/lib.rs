//! Slots, solution range, eras, segment headers, proof-of-time parameters and entropy,
//! equivocations (§4, §5, §8 and §10 of the design).
//!
//! # What a block does
//!
//! 1. Before its first extrinsic: reads the one pre-digest, checks that the slot is later than the
//!    parent's, and makes the changes that follow from the state of the parent and the slot: the
//!    end of an era, an injection of entropy, the blocking of reported keys. Each is put into the
//!    digest as a [`ConsensusLog`](allod_consensus_primitives::ConsensusLog). The module `step`
//!    works them out, for the block itself and for a node that asks what a child must log.
//! 2. First extrinsics: the inherent [`store_segment_headers`](Call::store_segment_headers).
//! 3. Any later extrinsic: a report of an equivocation or, by root, more iterations. Both change
//!    nothing that this block's logs tell; they take effect in a later block.
//!
//! What only the node checks (solutions, proofs-of-time, seals, and that segment headers are those
//! of the history) is not checked again here.
//!
//! # Panics
//!
//! A block whose pre-digest is missing, broken or not later than the parent's slot is invalid, and
//! a panic is how a block's initialisation says so. A node refuses such a block before it executes
//! it.
//!
//! # Bounds
//!
//! A segment commitment is stored for each segment: 56 bytes for at least a megabyte of history.
//! A blocked key took its owner a block that won. Everything else is bounded by the parameters.

#![cfg_attr(not(feature = "std"), no_std)]
// FRAME's macros write the paths of what they find in the pallet in full.
#![allow(unused_qualifications)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod invariants;
#[cfg(test)]
mod mock;
mod reports;
mod segments;
mod step;
#[cfg(test)]
mod tests;
mod types;
pub mod weights;

pub use pallet::*;
pub use types::{BlockAuthor, InherentError, StoredParameters};
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use super::{types::*, weights::WeightInfo};
    use alloc::{boxed::Box, vec::Vec};
    use allod_consensus_primitives::{
        EquivocationProof, INHERENT_IDENTIFIER, MAX_BLOCKED_KEYS, PotParameters, PreDigest,
        SegmentHeaders, inherent, pre_digest,
    };
    use allod_core::{
        ChainParameters, PublicKey, SegmentCommitment, SegmentHeader, SegmentIndex, Slot,
        SolutionRange,
        parameters::{EQUIVOCATION_WINDOW, ITERATIONS_MULTIPLE},
        time::{PotEntropy, raise_is_bounded},
    };
    use core::num::NonZeroU32;
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;
    use sp_inherents::{InherentData, InherentIdentifier};
    use sp_runtime::traits::Header as _;

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// Keys that one block can report. A report that finds no room waits for the next block, in which
    /// the ones before it are blocked.
    pub const MAX_REPORTS: u32 = MAX_BLOCKED_KEYS;
    /// [`MAX_REPORTS`] as a bound.
    pub type MaxReports = ConstU32<MAX_REPORTS>;

    /// Configuration. Hashes are those of BLAKE2b-256, as the digests and the history have them.
    #[pallet::config]
    pub trait Config: frame_system::Config<Hash = sp_core::H256> {
        /// What hooks and calls weigh.
        type WeightInfo: WeightInfo;
    }

    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// The parameters of the chain. Set by genesis, never changed.
    #[pallet::storage]
    pub type Parameters<T> = StorageValue<_, StoredParameters>;

    /// Slot of the newest block; 0 for genesis.
    #[pallet::storage]
    pub type CurrentSlot<T> = StorageValue<_, Slot, ValueQuery>;

    /// Who made the block that is being executed. Empty between blocks, so it never reaches the
    /// state's trie.
    #[pallet::storage]
    #[pallet::whitelist_storage]
    pub type Author<T> = StorageValue<_, BlockAuthor>;

    /// Range of the era that the newest block's children belong to.
    #[pallet::storage]
    pub type CurrentSolutionRange<T> = StorageValue<_, SolutionRange, ValueQuery>;

    /// Slot of the block that ended the last era; 0 in the first era.
    #[pallet::storage]
    pub type EraStart<T> = StorageValue<_, Slot, ValueQuery>;

    /// Proof-of-time parameters after the newest block.
    #[pallet::storage]
    pub type Pot<T> = StorageValue<_, PotParameters>;

    /// Iterations that the next injection is to bring, if a root call raised them.
    #[pallet::storage]
    pub type PendingIterations<T> = StorageValue<_, NonZeroU32>;

    /// Entropy of the blocks that are sources, until it is injected. At most one more than the
    /// chain's lookback.
    ///
    /// Identity: keys are multiples of the interval, which nobody chooses.
    #[pallet::storage]
    pub type EntropySources<T> = StorageMap<_, Identity, u32, PotEntropy>;

    /// Header of the newest segment.
    #[pallet::storage]
    pub type LastSegmentHeader<T> = StorageValue<_, SegmentHeader>;

    /// Commitment of each segment of the history.
    ///
    /// Identity: keys are consecutive numbers, which nobody chooses.
    #[pallet::storage]
    pub type SegmentCommitments<T> = StorageMap<_, Identity, SegmentIndex, SegmentCommitment>;

    /// Keys that equivocated and may not farm.
    ///
    /// Blake2_128Concat: farmers choose their keys and could otherwise unbalance the trie.
    #[pallet::storage]
    pub type BlockedKeys<T> = StorageMap<_, Blake2_128Concat, PublicKey, ()>;

    /// Keys that were reported in the newest block, to be blocked by its child.
    #[pallet::storage]
    pub type PendingKeys<T> = StorageValue<_, BoundedVec<PublicKey, MaxReports>, ValueQuery>;

    /// Genesis of the chain.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// The parameters of the chain. There are no default ones: without them genesis builds, as
        /// every pallet's default must, but no node can start the chain, since it asks for them
        /// first.
        pub parameters: Option<ChainParameters>,
        #[doc(hidden)]
        #[serde(skip)]
        pub _config: PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            let Some(parameters) = self.parameters.clone() else {
                return;
            };
            if let Err(error) = parameters.check() {
                panic!("farming.parameters.{error}");
            }
            CurrentSolutionRange::<T>::put(parameters.initial_solution_range);
            Pot::<T>::put(PotParameters::genesis(&parameters));
            Parameters::<T>::put(StoredParameters(parameters));
        }
    }

    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A segment is complete.
        SegmentHeaderStored { header: SegmentHeader },
        /// A farmer sealed two blocks for one solution. The next block blocks its key.
        EquivocationReported {
            /// The farmer's key.
            public_key: PublicKey,
            /// The slot of both blocks.
            slot: Slot,
        },
        /// The next injection of entropy brings more iterations.
        IterationsRaised {
            /// Per slot, from then on.
            iterations: NonZeroU32,
        },
    }

    #[pallet::error]
    pub enum Error<T> {
        /// The inherent names no segment header; a block that completes no segment has none.
        NoHeaders,
        /// This block has stored its segment headers; a block stores them in one call.
        SecondCall,
        /// The segment's index is not the one after the newest segment's.
        NotConsecutive,
        /// The header does not name the hash of the one before it, or zeros in segment 0.
        WrongPreviousHash,
        /// The segment ends no later in the history than the one before it.
        NotGrowing,
        /// Segment 0 must end with the whole genesis block.
        NotGenesis,
        /// The header must enter in the block that is confirmation depth + 1 above the last block
        /// of its segment, and in block 1 for segment 0.
        WrongBlock,
        /// Iterations must be a multiple of 16.
        NotAMultiple,
        /// Iterations can only be raised above those in force and those that are scheduled.
        NotRaised,
        /// A reported header is longer than any header of this chain.
        HeaderTooLong,
        /// Neither reported header is one of the last 4,096 blocks.
        TooOld,
        /// Neither reported header is a block of this chain.
        NotInChain,
        /// The digest of a reported header is not one of this chain's.
        BrokenDigest,
        /// Both reported headers are the same.
        SameHeader,
        /// The reported headers differ in public key, sector, piece, chunk or slot.
        DifferentSolutions,
        /// A reported header was not sealed with the key of its solution.
        WrongSeal,
        /// The key is blocked already.
        AlreadyBlocked,
        /// The key was reported in this block already.
        AlreadyReported,
        /// This block takes no more reports; the next one does.
        TooManyReports,
        /// One injection can at most double the iterations that are in force or scheduled.
        RaisedTooFar,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_initialize(block: BlockNumberFor<T>) -> Weight {
            let claim = Self::claim(block);
            let parent_slot = Self::slot();
            assert!(
                claim.slot > parent_slot,
                "slot {} of block {block:?} is not later than its parent's, {parent_slot}",
                claim.slot,
            );
            let blocked = PendingKeys::<T>::decode_len().unwrap_or(0);
            Author::<T>::put(BlockAuthor {
                public_key: claim.solution.public_key,
                reward_address: claim.solution.reward_address,
            });
            Self::apply(&Self::parameters(), Self::narrow(block), &claim);
            T::WeightInfo::on_initialize(u32::try_from(blocked).unwrap_or(u32::MAX))
        }

        fn on_finalize(_block: BlockNumberFor<T>) {
            Author::<T>::kill();
        }

        #[cfg(feature = "std")]
        fn integrity_test() {
            let kept = Self::narrow(T::BlockHashCount::get());
            assert!(
                kept >= EQUIVOCATION_WINDOW,
                "BlockHashCount is {kept}; reports need the hashes of {EQUIVOCATION_WINDOW} blocks",
            );
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_block: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Stores the headers of the segments that this block completes, in their order (§5).
        ///
        /// Origin: none; a mandatory inherent, once a block, only in a block that completes
        /// segments. That the headers are those of the history, every importing node checks
        /// against its own archiver.
        ///
        /// Emits [`Event::SegmentHeaderStored`] and logs each header.
        ///
        /// Errors: [`Error::NoHeaders`], [`Error::SecondCall`], [`Error::NotConsecutive`],
        /// [`Error::WrongPreviousHash`], [`Error::NotGrowing`], [`Error::NotGenesis`],
        /// [`Error::WrongBlock`]. Each makes the block invalid.
        #[pallet::call_index(0)]
        #[pallet::weight((
            T::WeightInfo::store_segment_headers(headers.len() as u32),
            DispatchClass::Mandatory,
        ))]
        pub fn store_segment_headers(
            origin: OriginFor<T>,
            headers: SegmentHeaders,
        ) -> DispatchResult {
            ensure_none(origin)?;
            Self::store(&headers)?;
            Ok(())
        }

        /// Reports that a farmer sealed two blocks for one solution. The next block logs that the
        /// key is blocked, and from the block after it the key may not farm.
        ///
        /// Origin: authorized, which any general transaction with a report that holds is. It pays
        /// no fee. A report that does not hold is refused with the custom code that is the index
        /// of its error in the metadata.
        ///
        /// Emits [`Event::EquivocationReported`].
        ///
        /// Errors: [`Error::HeaderTooLong`], [`Error::TooOld`], [`Error::NotInChain`],
        /// [`Error::BrokenDigest`], [`Error::SameHeader`], [`Error::DifferentSolutions`],
        /// [`Error::WrongSeal`], [`Error::AlreadyBlocked`], [`Error::AlreadyReported`],
        /// [`Error::TooManyReports`].
        #[pallet::call_index(1)]
        #[pallet::weight((
            T::WeightInfo::report_equivocation(),
            DispatchClass::Operational,
            Pays::No,
        ))]
        #[pallet::authorize(|source, proof| Self::authorize_report(source, proof))]
        #[pallet::weight_of_authorize(T::WeightInfo::authorize_report_equivocation())]
        pub fn report_equivocation(
            origin: OriginFor<T>,
            proof: Box<EquivocationProof<HeaderFor<T>>>,
        ) -> DispatchResult {
            ensure_authorized(origin)?;
            let report = Self::check_report(&proof)?;
            PendingKeys::<T>::try_append(report.public_key)
                .map_err(|()| Error::<T>::TooManyReports)?;
            Self::deposit_event(Event::EquivocationReported {
                public_key: report.public_key,
                slot: report.slot,
            });
            Ok(())
        }

        /// Raises the iterations of the delay function per slot, from the slot of the next
        /// injection on (§4), at most to twice as many. Until that injection is scheduled, another
        /// call may replace this one.
        ///
        /// Origin: root.
        ///
        /// Emits [`Event::IterationsRaised`].
        ///
        /// Errors: [`Error::NotAMultiple`], [`Error::NotRaised`], [`Error::RaisedTooFar`].
        #[pallet::call_index(2)]
        #[pallet::weight((T::WeightInfo::raise_iterations(), DispatchClass::Operational))]
        pub fn raise_iterations(origin: OriginFor<T>, iterations: NonZeroU32) -> DispatchResult {
            ensure_root(origin)?;
            let rest = iterations.get().checked_rem(ITERATIONS_MULTIPLE);
            ensure!(rest == Some(0), Error::<T>::NotAMultiple);
            let decided = Self::pot_parameters().decided_iterations();
            ensure!(iterations > decided, Error::<T>::NotRaised);
            ensure!(
                raise_is_bounded(decided, iterations),
                Error::<T>::RaisedTooFar
            );
            PendingIterations::<T>::put(iterations);
            Self::deposit_event(Event::IterationsRaised { iterations });
            Ok(())
        }
    }

    #[pallet::inherent]
    impl<T: Config> ProvideInherent for Pallet<T> {
        type Call = Call<T>;
        type Error = InherentError;

        const INHERENT_IDENTIFIER: InherentIdentifier = INHERENT_IDENTIFIER;

        fn create_inherent(data: &InherentData) -> Option<Self::Call> {
            let headers = expected_headers(data).ok()?;
            (!headers.is_empty()).then_some(Call::store_segment_headers { headers })
        }

        fn is_inherent_required(data: &InherentData) -> Result<Option<Self::Error>, Self::Error> {
            let expected = expected_headers(data)?.len() as u32;
            Ok((expected > 0).then_some(InherentError::Missing(expected)))
        }

        fn check_inherent(call: &Self::Call, data: &InherentData) -> Result<(), Self::Error> {
            let Call::store_segment_headers { headers } = call else {
                return Ok(());
            };
            let expected = expected_headers(data)?;
            if *headers == expected {
                return Ok(());
            }
            Err(InherentError::Different {
                expected: expected.len() as u32,
                actual: headers.len() as u32,
            })
        }

        fn is_inherent(call: &Self::Call) -> bool {
            matches!(call, Call::store_segment_headers { .. })
        }
    }

    /// What the archiver expects in the block, nothing if the data do not say.
    fn expected_headers(data: &InherentData) -> Result<SegmentHeaders, InherentError> {
        let headers: Vec<_> =
            inherent::segment_headers(data).map_err(|_| InherentError::Malformed)?;
        headers.try_into().map_err(|_| InherentError::Malformed)
    }

    impl<T: Config> Pallet<T> {
        /// Who made the block that is being executed; none between blocks.
        pub fn author() -> Option<BlockAuthor> {
            Author::<T>::get()
        }

        /// The pre-digest, the only item that a digest may hold before the block's first log.
        fn claim(block: BlockNumberFor<T>) -> PreDigest {
            let digest = frame_system::Pallet::<T>::digest();
            let items = digest.logs().len();
            let header = HeaderFor::<T>::new(
                block,
                Default::default(),
                Default::default(),
                Default::default(),
                digest,
            );
            match pre_digest(&header) {
                Ok(claim) if items == 1 => claim,
                Ok(_) => panic!("block {block:?} has {items} pre-digests; it must have one"),
                Err(error) => panic!("block {block:?}: {error}"),
            }
        }
    }
}
