//! Fees and tips go to whoever made the block.

use crate::{Config, CreditOf};
use core::marker::PhantomData;
use frame_support::traits::{Get, OnUnbalanced, fungible::Balanced};

/// Pays what transactions cost to the author of their block.
///
/// For the fee handler of `pallet-transaction-payment`. What cannot be paid out is burned: where no
/// author is known, or where the amount would not keep a new account alive.
pub struct FeesToAuthor<T>(PhantomData<T>);

impl<T: Config> OnUnbalanced<CreditOf<T>> for FeesToAuthor<T> {
    fn on_nonzero_unbalanced(amount: CreditOf<T>) {
        if let Some(author) = T::RewardAddress::get() {
            // What does not resolve comes back as a credit; dropping a credit burns it.
            drop(T::Currency::resolve(&author, amount));
        }
    }
}
