//! The fund that fees for storage go to, and that block rewards are paid from first.

use crate::{BalanceOf, Config, CreditOf, Pallet, price::fund_share};
use core::marker::PhantomData;
use frame_support::{
    PalletId,
    traits::{
        OnUnbalanced,
        fungible::{Balanced, Inspect, Mutate},
        tokens::{Fortitude, Precision, Preservation},
    },
};
use sp_runtime::traits::{AccountIdConversion, Zero};

/// Which account the fund is.
const FUND_ID: PalletId = PalletId(*b"alodfund");

impl<T: Config> Pallet<T> {
    /// The account that holds the fund. Nobody has its key.
    pub fn fund_account() -> T::AccountId {
        FUND_ID.into_account_truncating()
    }

    /// What the fund holds, without the existential deposit that keeps its account alive.
    pub fn fund() -> BalanceOf<T> {
        T::Currency::balance(&Self::fund_account()).saturating_sub(T::Currency::minimum_balance())
    }

    /// Takes the share of a block out of the fund. Whoever asks pays it to the block's author.
    pub fn take_share() -> CreditOf<T> {
        let share = fund_share(Self::fund());
        T::Currency::withdraw(
            &Self::fund_account(),
            share,
            Precision::Exact,
            Preservation::Preserve,
            Fortitude::Polite,
        )
        .unwrap_or_default()
    }

    /// Gives the fund's account its existential deposit: without it the first fees, which are smaller, would be lost.
    pub(crate) fn open_fund() {
        let account = Self::fund_account();
        if T::Currency::balance(&account).is_zero() {
            // Fails only where the currency can count no more, and then there are no fees either.
            let _ = T::Currency::mint_into(&account, T::Currency::minimum_balance());
        }
    }
}

/// Pays into the fund.
pub struct ToFund<T>(PhantomData<T>);

impl<T: Config> OnUnbalanced<CreditOf<T>> for ToFund<T> {
    fn on_nonzero_unbalanced(amount: CreditOf<T>) {
        // The account exists from the chain's start on. What does not resolve comes back as a credit, and dropping it
        // burns it.
        drop(T::Currency::resolve(&Pallet::<T>::fund_account(), amount));
    }
}
