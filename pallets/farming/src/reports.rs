//! Judging reports of equivocations (§8).

use crate::{BlockedKeys, Call, Config, Error, Pallet, PendingKeys};
use alloc::boxed::Box;
use allod_consensus_primitives::{EquivocationError, EquivocationProof, split_seal};
use allod_core::{
    PublicKey, Slot,
    parameters::{EQUIVOCATION_WINDOW, MAX_HEADER_BYTES},
};
use frame_support::{ensure, pallet_prelude::*};
use frame_system::pallet_prelude::{BlockNumberFor, HeaderFor};
use sp_core::sr25519;
use sp_runtime::traits::{Header as HeaderT, Zero};

/// A report that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Report {
    /// Whose equivocation it proves.
    pub public_key: PublicKey,
    /// When it was.
    pub slot: Slot,
    /// Number of the header that is in this chain.
    pub number: u32,
}

impl<T: Config> From<EquivocationError> for Error<T> {
    fn from(error: EquivocationError) -> Self {
        match error {
            EquivocationError::Digest(_) => Self::BrokenDigest,
            EquivocationError::SameHeader => Self::SameHeader,
            EquivocationError::DifferentSolutions => Self::DifferentSolutions,
            EquivocationError::Seal(_) => Self::WrongSeal,
        }
    }
}

/// An sr25519 signature in the context `substrate`.
fn is_signed(message: &[u8], seal: &[u8; 64], key: &PublicKey) -> bool {
    let signature = sr25519::Signature::from_raw(*seal);
    sp_io::crypto::sr25519_verify(&signature, message, &sr25519::Public::from_raw(key.0))
}

impl<T: Config> Pallet<T> {
    /// Judges a report in the block that is being executed.
    pub(crate) fn check_report(
        proof: &EquivocationProof<HeaderFor<T>>,
    ) -> Result<Report, Error<T>> {
        Self::judge(proof, Self::block_number(), Self::is_ancestor)
    }

    /// Judges a report as the next block would, given the state after a block.
    pub(crate) fn check_report_for_child(
        proof: &EquivocationProof<HeaderFor<T>>,
    ) -> Result<Report, Error<T>> {
        let child = Self::block_number().saturating_add(1);
        Self::judge(proof, child, |header| {
            Self::is_ancestor(header) || Self::is_tip(header)
        })
    }

    /// Judges a report for block `number`, cheapest check first.
    fn judge(
        proof: &EquivocationProof<HeaderFor<T>>,
        number: u32,
        is_in_chain: impl Fn(&HeaderFor<T>) -> bool,
    ) -> Result<Report, Error<T>> {
        let headers = [&proof.first, &proof.second];
        let short = |header: &&HeaderFor<T>| header.encoded_size() <= MAX_HEADER_BYTES;
        ensure!(headers.iter().all(short), Error::<T>::HeaderTooLong);

        let oldest = number.saturating_sub(EQUIVOCATION_WINDOW);
        let recent = |header: &&HeaderFor<T>| (oldest..number).contains(&Self::number_of(header));
        ensure!(headers.iter().any(recent), Error::<T>::TooOld);
        let mut known = headers.into_iter().filter(recent);
        let known = known.find(|header| is_in_chain(header));
        let known = known.ok_or(Error::<T>::NotInChain)?;

        let genesis_hash = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero()).0;
        let found = proof.check(&genesis_hash, is_signed)?;
        let public_key = found.public_key;
        ensure!(
            !BlockedKeys::<T>::contains_key(public_key),
            Error::<T>::AlreadyBlocked
        );
        let pending = PendingKeys::<T>::get();
        ensure!(!pending.contains(&public_key), Error::<T>::AlreadyReported);
        ensure!(!pending.is_full(), Error::<T>::TooManyReports);
        Ok(Report {
            public_key,
            slot: found.slot,
            number: Self::number_of(known),
        })
    }

    /// What the pool is told of a report that holds. It keeps one for each key and slot, ahead of
    /// everything that is only paid for, for as long as the window leaves.
    // FRAME hands over a reference to the argument as the call takes it.
    #[allow(clippy::borrowed_box)]
    pub(crate) fn authorize_report(
        _source: TransactionSource,
        proof: &Box<EquivocationProof<HeaderFor<T>>>,
    ) -> TransactionValidityWithRefund {
        let report = Self::check_report(proof).map_err(|error| {
            let index = error.using_encoded(|bytes| bytes.first().copied());
            InvalidTransaction::Custom(index.unwrap_or(u8::MAX))
        })?;
        let last = report.number.saturating_add(EQUIVOCATION_WINDOW);
        let validity = ValidTransaction::with_tag_prefix("AllodEquivocation")
            .priority(TransactionPriority::MAX)
            .and_provides((report.public_key, report.slot))
            .longevity(last.saturating_sub(Self::block_number()).max(1).into())
            .propagate(true)
            .build()?;
        Ok((validity, Weight::zero()))
    }

    /// The call that reports an equivocation, none if the report would not hold in the next block.
    pub fn equivocation_report(proof: EquivocationProof<HeaderFor<T>>) -> Option<Call<T>> {
        Self::check_report_for_child(&proof).ok()?;
        Some(Call::report_equivocation {
            proof: Box::new(proof),
        })
    }

    fn number_of(header: &HeaderFor<T>) -> u32 {
        Self::narrow(*header.number())
    }

    /// Whether a header is that of an ancestor of the block that is being executed.
    fn is_ancestor(header: &HeaderFor<T>) -> bool {
        frame_system::Pallet::<T>::block_hash(*header.number()) == header.hash()
    }

    /// Whether a header can be that of the block whose state this is. A state does not know the
    /// hash of its own block, so this compares what it knows of it.
    fn is_tip(header: &HeaderFor<T>) -> bool {
        split_seal(header.clone()).is_ok_and(|(unsealed, _)| {
            *unsealed.number() == frame_system::Pallet::<T>::block_number()
                && *unsealed.parent_hash() == frame_system::Pallet::<T>::parent_hash()
                && *unsealed.digest() == frame_system::Pallet::<T>::digest()
        })
    }
}
