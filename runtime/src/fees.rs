//! Where a transaction's fees go, and what may be free.
//!
//! Its bytes are paid to the fund of [`StorageFees`], weight and tip to the author of its block.
//!
//! A call can tell that it costs nothing, before or after its dispatch, and FRAME then charges no fee for its bytes
//! either. Bytes that nobody pays for would fill the history, so:
//!
//! - a signed transaction whose call is free beforehand is refused. Such calls come unsigned, with a proof of their own;
//! - a call that is free afterwards pays for its bytes all the same, unless [`bytes_are_free`] lists it.

use crate::{AccountId, Balance, Balances, Runtime, RuntimeCall, StorageFees, TransactionPayment};
use frame_support::{
    dispatch::{DispatchInfo, Pays, PostDispatchInfo},
    traits::OnUnbalanced,
};
use pallet_rewards::{CreditOf, FeesToAuthor};
use pallet_storage_fees::ToFund;
use pallet_transaction_payment::{FungibleAdapter, OnChargeTransaction, TxCreditHold};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};

/// FRAME's own way, which knows one fee and one tip.
type Adapter = FungibleAdapter<Balances, FeesToAuthor<Runtime>>;

/// Whether a call that is free after its dispatch has free bytes, too: those that root asked for, by a hash or by the
/// key of a development chain.
pub fn bytes_are_free(call: &RuntimeCall) -> bool {
    matches!(
        call,
        RuntimeCall::System(frame_system::Call::apply_authorized_upgrade { .. })
            | RuntimeCall::Preimage(pallet_preimage::Call::note_preimage { .. })
            | RuntimeCall::Sudo(_)
    )
}

/// Takes fees, and pays them to fund and author.
pub struct ChargeTransaction;

/// What was taken before the dispatch, beside what FRAME keeps itself.
#[derive(Default)]
pub struct Taken {
    tip: Option<CreditOf<Runtime>>,
    storage_fee: Balance,
    bytes_may_be_free: bool,
}

impl TxCreditHold<Runtime> for ChargeTransaction {
    type Credit = <Adapter as TxCreditHold<Runtime>>::Credit;
}

fn refuse_free_calls(info: &DispatchInfo) -> Result<(), TransactionValidityError> {
    match info.pays_fee {
        Pays::Yes => Ok(()),
        Pays::No => Err(InvalidTransaction::Call.into()),
    }
}

impl OnChargeTransaction<Runtime> for ChargeTransaction {
    type Balance = Balance;
    type LiquidityInfo = Taken;

    fn withdraw_fee(
        who: &AccountId,
        call: &RuntimeCall,
        info: &DispatchInfo,
        fee_with_tip: Balance,
        tip: Balance,
    ) -> Result<Taken, TransactionValidityError> {
        refuse_free_calls(info)?;
        let without_bytes = TransactionPayment::compute_fee(0, info, tip);
        Ok(Taken {
            tip: <Adapter as OnChargeTransaction<Runtime>>::withdraw_fee(
                who,
                call,
                info,
                fee_with_tip,
                tip,
            )?,
            storage_fee: fee_with_tip.saturating_sub(without_bytes),
            bytes_may_be_free: bytes_are_free(call),
        })
    }

    fn can_withdraw_fee(
        who: &AccountId,
        call: &RuntimeCall,
        info: &DispatchInfo,
        fee_with_tip: Balance,
        tip: Balance,
    ) -> Result<(), TransactionValidityError> {
        refuse_free_calls(info)?;
        <Adapter as OnChargeTransaction<Runtime>>::can_withdraw_fee(
            who,
            call,
            info,
            fee_with_tip,
            tip,
        )
    }

    fn correct_and_deposit_fee(
        who: &AccountId,
        info: &DispatchInfo,
        post_info: &PostDispatchInfo,
        corrected_fee_with_tip: Balance,
        tip: Balance,
        taken: Taken,
    ) -> Result<(), TransactionValidityError> {
        // What is left for the author. FRAME counts the bytes in where the call pays, and not where it does not.
        let (for_fund, for_author) = match post_info.pays_fee(info) {
            Pays::Yes => (
                taken.storage_fee,
                corrected_fee_with_tip.saturating_sub(taken.storage_fee),
            ),
            Pays::No if taken.bytes_may_be_free => (0, corrected_fee_with_tip),
            Pays::No => {
                StorageFees::note_kept(who.clone(), taken.storage_fee);
                (taken.storage_fee, corrected_fee_with_tip)
            }
        };
        if let Some(fee) = TransactionPayment::withdraw_txfee(for_fund) {
            ToFund::<Runtime>::on_unbalanced(fee);
        }
        <Adapter as OnChargeTransaction<Runtime>>::correct_and_deposit_fee(
            who, info, post_info, for_author, tip, taken.tip,
        )
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn endow_account(who: &AccountId, amount: Balance) {
        <Adapter as OnChargeTransaction<Runtime>>::endow_account(who, amount);
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn minimum_balance() -> Balance {
        <Adapter as OnChargeTransaction<Runtime>>::minimum_balance()
    }
}
