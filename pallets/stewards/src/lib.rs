//! Calls as root by a multisig of named keys, after a delay (§10 of the design).
//!
//! A chain without a sudo key needs somebody who upgrades its runtime. Its *stewards* are named by genesis: accounts of
//! which so many together, the threshold, make up one multisig account. That account schedules a call, which is
//! dispatched as root when the delay has passed. So whoever does not agree with it has time to say so, or to leave, and
//! the stewards can cancel it.
//!
//! The call itself is a preimage, which anybody can note before it is due; only its hash and length are scheduled.
//! Stewards, threshold and delay are changed by such a call, too. Where genesis names no stewards, nobody can schedule
//! anything.
//!
//! Multisig, preimages and agenda are those of the SDK, which the runtime hands over.

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
#[cfg(test)]
mod tests;
mod types;
pub mod weights;

pub use pallet::*;
pub use types::{Council, CouncilError, MAX_STEWARDS, MultisigAccount};
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use super::{
        types::{Council, CouncilError, MultisigAccount},
        weights::WeightInfo,
    };
    use alloc::vec::Vec;
    use frame_support::{
        pallet_prelude::*,
        traits::{
            Bounded,
            schedule::{DispatchTime, Priority, v3::Named},
        },
    };
    use frame_system::{RawOrigin, pallet_prelude::*};
    use sp_runtime::traits::Saturating;

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// Priority on the agenda: before everything that an ordinary account could ever schedule.
    const PRIORITY: Priority = 0;

    /// Configuration.
    #[pallet::config]
    pub trait Config: frame_system::Config<Hash = sp_core::H256> {
        /// What the calls weigh.
        type WeightInfo: WeightInfo;
        /// The origins of all pallets.
        type PalletsOrigin: From<RawOrigin<Self::AccountId>>;
        /// Who keeps the agenda, and asks for the preimages.
        type Scheduler: Named<
                BlockNumberFor<Self>,
                <Self as frame_system::Config>::RuntimeCall,
                Self::PalletsOrigin,
                Hasher = Self::Hashing,
            >;
        /// Which account a multisig has.
        type Multisig: MultisigAccount<Self::AccountId>;
    }

    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// Who the stewards are. None where genesis names none.
    #[pallet::storage]
    pub type Stewards<T: Config> = StorageValue<_, Council<T::AccountId, BlockNumberFor<T>>>;

    /// Genesis of the chain.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// The stewards' accounts: none, or from 2 to 16, each once.
        pub members: Vec<T::AccountId>,
        /// How many of them it takes: at least 2, no more than there are; 0 where there are none.
        pub threshold: u16,
        /// Blocks between scheduling and dispatch, above 0; 0 where there are no stewards.
        pub delay: BlockNumberFor<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            if self.members.is_empty() {
                return;
            }
            match Council::new(self.members.clone(), self.threshold, self.delay) {
                Ok(council) => Stewards::<T>::put(council),
                Err(error) => panic!("stewards.{error}"),
            }
        }
    }

    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A call will be dispatched as root.
        Scheduled {
            /// Hash of the call.
            hash: T::Hash,
            /// In this block, or soon after it where that one is full.
            block: BlockNumberFor<T>,
        },
        /// A call was taken off the agenda.
        Cancelled {
            /// Hash of the call.
            hash: T::Hash,
        },
        /// There are other stewards, or another threshold or delay.
        StewardsSet {
            /// The account of the multisig.
            account: T::AccountId,
        },
    }

    #[pallet::error]
    pub enum Error<T> {
        /// The origin is not the stewards' multisig account.
        NotStewards,
        /// There must be from 2 to 16 stewards.
        WrongNumber,
        /// A steward is named twice.
        Twice,
        /// The threshold must be at least 2, and no more than there are stewards.
        WrongThreshold,
        /// The delay must be above 0.
        NoDelay,
    }

    impl<T> From<CouncilError> for Error<T> {
        fn from(error: CouncilError) -> Self {
            match error {
                CouncilError::WrongNumber => Self::WrongNumber,
                CouncilError::Twice => Self::Twice,
                CouncilError::WrongThreshold => Self::WrongThreshold,
                CouncilError::NoDelay => Self::NoDelay,
            }
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        #[cfg(feature = "try-runtime")]
        fn try_state(_block: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Schedules the call with this hash and encoded length, to be dispatched as root when the delay has passed.
        /// Its preimage must be noted by then. A call that is on the agenda cannot be scheduled a second time.
        ///
        /// Origin: signed by the stewards' multisig account.
        ///
        /// Emits [`Event::Scheduled`].
        ///
        /// Errors: [`Error::NotStewards`], those of the scheduler.
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::schedule())]
        pub fn schedule(origin: OriginFor<T>, hash: T::Hash, length: u32) -> DispatchResult {
            let council = Self::ensure_stewards(origin)?;
            let now = frame_system::Pallet::<T>::block_number();
            let block = now.saturating_add(council.delay);
            T::Scheduler::schedule_named(
                hash.0,
                DispatchTime::At(block),
                None,
                PRIORITY,
                RawOrigin::Root.into(),
                Bounded::Lookup { hash, len: length },
            )?;
            Self::deposit_event(Event::Scheduled { hash, block });
            Ok(())
        }

        /// Takes a call off the agenda.
        ///
        /// Origin: signed by the stewards' multisig account.
        ///
        /// Emits [`Event::Cancelled`].
        ///
        /// Errors: [`Error::NotStewards`], those of the scheduler.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::cancel())]
        pub fn cancel(origin: OriginFor<T>, hash: T::Hash) -> DispatchResult {
            Self::ensure_stewards(origin)?;
            T::Scheduler::cancel_named(hash.0)?;
            Self::deposit_event(Event::Cancelled { hash });
            Ok(())
        }

        /// Names the stewards anew. What is on the agenda stays there.
        ///
        /// Origin: root.
        ///
        /// Emits [`Event::StewardsSet`].
        ///
        /// Errors: [`Error::WrongNumber`], [`Error::Twice`], [`Error::WrongThreshold`], [`Error::NoDelay`].
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::set_stewards())]
        pub fn set_stewards(
            origin: OriginFor<T>,
            members: Vec<T::AccountId>,
            threshold: u16,
            delay: BlockNumberFor<T>,
        ) -> DispatchResult {
            ensure_root(origin)?;
            let council = Council::new(members, threshold, delay).map_err(Error::<T>::from)?;
            let account = Self::account_of(&council);
            Stewards::<T>::put(council);
            Self::deposit_event(Event::StewardsSet { account });
            Ok(())
        }
    }

    impl<T: Config> Pallet<T> {
        /// The account that may schedule, if the chain has stewards.
        pub fn account() -> Option<T::AccountId> {
            Stewards::<T>::get().map(|council| Self::account_of(&council))
        }

        fn account_of(council: &Council<T::AccountId, BlockNumberFor<T>>) -> T::AccountId {
            T::Multisig::account(&council.members, council.threshold)
        }

        fn ensure_stewards(
            origin: OriginFor<T>,
        ) -> Result<Council<T::AccountId, BlockNumberFor<T>>, DispatchError> {
            let who = ensure_signed(origin)?;
            let council = Stewards::<T>::get().ok_or(Error::<T>::NotStewards)?;
            ensure!(who == Self::account_of(&council), Error::<T>::NotStewards);
            Ok(council)
        }
    }
}
