//! Calls that an identity signed and another account carries, which pays for them ([`pallet_meta_tx`]).
//!
//! A carried call is a transaction's whole call. Within a batch, the carrier could put calls of its own before and after
//! it, or have it undone with all that it did if something else fails; within another carried call, one signature would
//! carry another. So [`CarriedAlone`] refuses calls that have one anywhere inside, whoever sends them, and what an
//! identity signs to be carried cannot carry ([`Carried`]). Calls of root pass no filter.

use crate::{Runtime, RuntimeCall, RuntimeOrigin};
use frame_support::traits::{Contains, OriginTrait};
use pallet_auto_id::{IdentitySignature, TransactionForm};

/// A call that an identity signed to be carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried;

impl TransactionForm<Runtime, ()> for Carried {
    // It waits nowhere: its nonce is the next one, or it fails.
    fn nonce((): &()) -> Option<crate::Nonce> {
        None
    }

    fn restrict(origin: &mut RuntimeOrigin) {
        origin.add_filter(|call: &RuntimeCall| !is_carried(call));
    }
}

/// What is checked around a carried call.
pub type CarriedExtension = (
    IdentitySignature<Runtime, (), Carried>,
    pallet_meta_tx::MetaTxMarker<Runtime>,
    frame_system::CheckNonZeroSender<Runtime>,
    frame_system::CheckSpecVersion<Runtime>,
    frame_system::CheckTxVersion<Runtime>,
    frame_system::CheckGenesis<Runtime>,
    frame_system::CheckMortality<Runtime>,
    frame_system::CheckNonce<Runtime>,
);

/// Calls in which no carried one is nested.
pub struct CarriedAlone;

impl Contains<RuntimeCall> for CarriedAlone {
    fn contains(call: &RuntimeCall) -> bool {
        !nested(call).into_iter().flatten().any(has_carried)
    }
}

fn is_carried(call: &RuntimeCall) -> bool {
    matches!(call, RuntimeCall::MetaTx(_))
}

fn has_carried(call: &RuntimeCall) -> bool {
    is_carried(call) || !CarriedAlone::contains(call)
}

/// The calls that a call has among its arguments. A carried call's own cannot be seen; its origin's filter knows it.
pub(crate) fn nested(call: &RuntimeCall) -> [&[RuntimeCall]; 2] {
    use core::slice::from_ref;
    let one = |call| [from_ref::<RuntimeCall>(call), &[]];
    match call {
        RuntimeCall::Utility(call) => match call {
            pallet_utility::Call::batch { calls }
            | pallet_utility::Call::batch_all { calls }
            | pallet_utility::Call::force_batch { calls } => [calls, &[]],
            pallet_utility::Call::as_derivative { call, .. }
            | pallet_utility::Call::dispatch_as { call, .. }
            | pallet_utility::Call::dispatch_as_fallible { call, .. }
            | pallet_utility::Call::with_weight { call, .. } => one(call),
            pallet_utility::Call::if_else { main, fallback } => {
                [from_ref(main), from_ref(fallback)]
            }
            pallet_utility::Call::__Ignore(..) => [&[], &[]],
        },
        RuntimeCall::Sudo(
            pallet_sudo::Call::sudo { call }
            | pallet_sudo::Call::sudo_unchecked_weight { call, .. }
            | pallet_sudo::Call::sudo_as { call, .. },
        ) => one(call),
        RuntimeCall::Multisig(
            pallet_multisig::Call::as_multi_threshold_1 { call, .. }
            | pallet_multisig::Call::as_multi { call, .. },
        ) => one(call),
        RuntimeCall::Scheduler(
            pallet_scheduler::Call::schedule { call, .. }
            | pallet_scheduler::Call::schedule_named { call, .. }
            | pallet_scheduler::Call::schedule_after { call, .. }
            | pallet_scheduler::Call::schedule_named_after { call, .. },
        ) => one(call),
        // A test reads from the metadata that no other call has one.
        _ => [&[], &[]],
    }
}
