//! Block rewards by an issuance schedule, and fees, to the author's reward address (§8 and §10 of
//! the design).
//!
//! Each block pays its reward before its first extrinsic: the amount depends on nothing that is
//! in the block but its solution's reward address, which the runtime hands over. What a fund pays of
//! it is not minted: so an author never earns less than the schedule says, and no more than the
//! schedule is ever issued. There is nothing to call and nothing to store.

#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod fees;
mod fund;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod invariants;
#[cfg(test)]
mod mock;
mod schedule;
#[cfg(test)]
mod tests;
pub mod weights;

pub use fees::FeesToAuthor;
pub use fund::RewardFund;
pub use pallet::*;
pub use schedule::IssuanceSchedule;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use super::{fund::RewardFund, schedule::IssuanceSchedule, weights::WeightInfo};
    use frame_support::{
        pallet_prelude::*,
        traits::{
            Imbalance,
            fungible::{Balanced, Credit, Inspect, Mutate},
        },
    };
    use frame_system::pallet_prelude::*;
    use sp_runtime::{
        ArithmeticError, SaturatedConversion, TokenError,
        traits::{Saturating, Zero},
    };

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
        /// What rewards are paid in.
        type Currency: Mutate<Self::AccountId> + Balanced<Self::AccountId>;
        /// The account that the author of the block being executed is paid to, if one is known.
        type RewardAddress: Get<Option<Self::AccountId>>;
        /// What pays rewards before anything is minted.
        type Fund: RewardFund<CreditOf<Self>>;
        /// What a block earns, at least.
        #[pallet::constant]
        type Schedule: Get<IssuanceSchedule<BalanceOf<Self>>>;
    }

    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// The block earned its author a reward.
        BlockReward {
            /// Whom.
            who: T::AccountId,
            /// How much.
            amount: BalanceOf<T>,
            /// How much of it was minted; the fund paid the rest.
            minted: BalanceOf<T>,
        },
        /// The reward could not be paid; nobody gets it, and what the fund had paid is in it again.
        BlockRewardLost {
            /// Who would have got it.
            who: T::AccountId,
            /// How much.
            amount: BalanceOf<T>,
            /// Why not: below the existential deposit of a new account, or more than the currency
            /// can count.
            reason: DispatchError,
        },
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_initialize(block: BlockNumberFor<T>) -> Weight {
            Self::pay(T::Schedule::get().reward(block.saturated_into()));
            T::WeightInfo::on_initialize()
        }

        #[cfg(feature = "std")]
        fn integrity_test() {
            assert!(
                T::Schedule::get().halving_interval > 0,
                "Schedule: halving_interval is 0; it must be above 0",
            );
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    impl<T: Config> Pallet<T> {
        fn pay(scheduled: BalanceOf<T>) {
            if let Some(who) = T::RewardAddress::get() {
                Self::reward(who, scheduled);
            }
        }

        /// Pays what is scheduled or the fund's share, whichever is more.
        pub(crate) fn reward(who: T::AccountId, scheduled: BalanceOf<T>) {
            let share = T::Fund::take_share();
            let to_mint = scheduled.saturating_sub(share.peek());
            let amount = share.peek().saturating_add(to_mint);
            if amount.is_zero() {
                return;
            }
            let event = match Self::pay_out(&who, share, to_mint) {
                Ok(()) => Event::BlockReward {
                    who,
                    amount,
                    minted: to_mint,
                },
                Err(reason) => Event::BlockRewardLost {
                    who,
                    amount,
                    reason,
                },
            };
            Self::deposit_event(event);
        }

        fn pay_out(
            who: &T::AccountId,
            share: CreditOf<T>,
            to_mint: BalanceOf<T>,
        ) -> Result<(), DispatchError> {
            let from_fund = share.peek();
            let minted = T::Currency::issue(to_mint);
            if minted.peek() != to_mint {
                // Dropped, a credit takes itself out of the issuance.
                drop(minted);
                T::Fund::give_back(share);
                return Err(ArithmeticError::Overflow.into());
            }
            T::Currency::resolve(who, share.merge(minted)).map_err(|unpaid| {
                let (share, minted) = unpaid.split(from_fund);
                drop(minted);
                T::Fund::give_back(share);
                TokenError::BelowMinimum.into()
            })
        }
    }
}
