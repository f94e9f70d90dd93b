//! The price of a byte of history, and the fund that it is paid to (§8 and §10 of the design).
//!
//! # What a byte costs
//!
//! A price begins with the chain and moves in the last block of each era, before its first extrinsic, by the range
//! that the block brings. The rule is [`PriceRule`], the arithmetic in [`price`]. Genesis may fix a price instead, and
//! then whoever pays may fill whole blocks. [`Pallet`] is a `WeightToFee` of lengths, for the length fee of
//! `pallet-transaction-payment`: so every estimate of a fee shows the price.
//!
//! # Where it goes
//!
//! Into a fund, and not to the author of the block: whoever fills blocks with bytes of their own pays for them like
//! everybody else. Each block takes a small share of the fund, which its author is paid before anything is minted. The
//! runtime sees to that; pallets do not name one another.
//!
//! # A chain that gets this pallet by an upgrade
//!
//! Its price begins in the first block with the new runtime, as at a genesis.

#![cfg_attr(not(feature = "std"), no_std)]
// FRAME's macros write the paths of what they find in the pallet in full.
#![allow(unused_qualifications)]

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod fund;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod invariants;
#[cfg(test)]
mod mock;
pub mod price;
#[cfg(test)]
mod tests;
mod types;
pub mod weights;

pub use fund::ToFund;
pub use pallet::*;
pub use price::{PriceRule, SpaceMeasure};
pub use types::{ChainSpace, Pricing};
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use super::{
        price::{PriceRule, storage_fee},
        types::{ChainSpace, Pricing},
        weights::WeightInfo,
    };
    use frame_support::{
        pallet_prelude::*,
        traits::fungible::{Balanced, Credit, Inspect, Mutate},
        weights::WeightToFee,
    };
    use frame_system::pallet_prelude::*;

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// Amounts of the currency.
    pub type BalanceOf<T> =
        <<T as Config>::Currency as Inspect<<T as frame_system::Config>::AccountId>>::Balance;
    /// An amount that was taken from somebody and belongs to nobody yet.
    pub type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

    /// Configuration.
    #[pallet::config]
    pub trait Config: frame_system::Config {
        /// What the hook weighs.
        type WeightInfo: WeightInfo;
        /// What fees are paid in.
        type Currency: Inspect<Self::AccountId, Balance = u128>
            + Mutate<Self::AccountId>
            + Balanced<Self::AccountId>;
        /// Where the chain's space is known.
        type Space: ChainSpace;
        /// How a price follows it.
        #[pallet::constant]
        type Rule: Get<PriceRule>;
    }

    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// What a byte costs, and what the next price follows from. None before a chain's first block with this pallet, or
    /// where genesis said too little to tell.
    #[pallet::storage]
    pub type Current<T> = StorageValue<_, Pricing>;

    /// Genesis of the chain.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// Price of a byte of pieces in the smallest unit, if it is to be always the same; above 0, and no more than one
        /// that follows the space may be. Where none is given the price follows the space.
        pub fixed_price: Option<u64>,
        #[doc(hidden)]
        #[serde(skip)]
        pub _config: PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            let ceiling = T::Rule::get().ceiling;
            assert!(
                self.fixed_price
                    .is_none_or(|price| (1..=ceiling).contains(&u128::from(price))),
                "storageFees.fixedPrice: must be from 1 to {ceiling}, or left out for a price that follows the space"
            );
            Pallet::<T>::open_fund();
            match self.fixed_price {
                Some(price) => Current::<T>::put(Pricing::Fixed {
                    price: price.into(),
                }),
                None => Pallet::<T>::begin(),
            }
        }
    }

    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// An era's end moved the price.
        PriceMoved {
            /// Of a byte of pieces, in the smallest unit.
            price: u128,
            /// Space free for one copy of whatever is written, in bytes.
            free: u128,
        },
        /// A call was told to cost nothing after it was dispatched. The bytes of its transaction cost the same.
        StorageFeeKept {
            /// Who paid.
            who: T::AccountId,
            /// How much.
            amount: u128,
        },
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_initialize(_block: BlockNumberFor<T>) -> Weight {
            if Current::<T>::exists() {
                if T::Space::ends_era() {
                    Self::end_era();
                }
            } else {
                Self::open_fund();
                Self::begin();
            }
            T::WeightInfo::on_initialize()
        }

        #[cfg(feature = "std")]
        fn integrity_test() {
            let rule = T::Rule::get();
            assert!(
                rule.is_sound(),
                "Rule: {rule:?}; every field must be above 0, the step at least 1, the ceiling not below the floor"
            );
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_block: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    impl<T: Config> Pallet<T> {
        /// Price of a byte of pieces, in the smallest unit.
        pub fn byte_price() -> u128 {
            Current::<T>::get().map_or(T::Rule::get().floor, |pricing| pricing.price())
        }

        /// What `length` bytes of a block cost.
        pub fn storage_fee(length: u32) -> u128 {
            storage_fee(Self::byte_price(), length)
        }

        /// The most bytes of normal transactions in a block; none where whoever pays may fill it.
        pub fn normal_block_bytes() -> Option<u32> {
            Current::<T>::get()?.normal_block_bytes()
        }

        /// Tells that `who` paid for bytes of a call that is free after its dispatch.
        pub fn note_kept(who: T::AccountId, amount: u128) {
            Self::deposit_event(Event::StorageFeeKept { who, amount });
        }

        /// Begins a price that follows the space.
        fn begin() {
            if let Some(space) = T::Space::measured() {
                let issuance = T::Currency::total_issuance();
                Current::<T>::put(Pricing::first(&T::Rule::get(), space, issuance));
            }
        }

        pub(crate) fn end_era() {
            let (Some(pricing), Some(space)) = (Current::<T>::get(), T::Space::measured()) else {
                return;
            };
            let issuance = T::Currency::total_issuance();
            let pricing = pricing.after_era(&T::Rule::get(), space, issuance);
            Current::<T>::put(pricing);
            match pricing {
                Pricing::Fixed { .. } => {}
                Pricing::BySpace { price, free, .. } => {
                    Self::deposit_event(Event::PriceMoved { price, free });
                }
            }
        }
    }

    impl<T: Config> WeightToFee for Pallet<T> {
        type Balance = u128;

        /// The length fee: `pallet-transaction-payment` hands lengths over as time.
        fn weight_to_fee(weight: &Weight) -> u128 {
            Self::storage_fee(u32::try_from(weight.ref_time()).unwrap_or(u32::MAX))
        }
    }
}
