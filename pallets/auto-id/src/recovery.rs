//! Controllers, guardians and recovery.
//!
//! # The life of a recovery
//!
//! A guardian opens one and so approves it; others approve the same certificate and number. Until it
//! is over it freezes renewal, re-parenting, the controller, the guardians and deactivation. It ends
//! in one of four ways:
//!
//! - **executed**: enough guardians approve and hold, `delay` blocks have passed since it was opened,
//!   or twice as many if all of them approve. The new key signs, and for an identity that was issued
//!   the issuer has signed the new certificate.
//! - **vetoed** by the key that renews (the controller's, or the identity's own), unless all guardians
//!   approved.
//! - **lapsed**, [`RECOVERY_WINDOW`] blocks after twice the delay. Judged whenever somebody looks.
//! - **replaced** by a guardian's next one, as long as fewer than the threshold approve it: a
//!   guardian alone cannot keep the others from recovering. Those others open theirs and approve it
//!   in one batch.
//!
//! # What a thief of the key can change
//!
//! Guardians and controller change only after the guardians' delay (at once if there are no guardians), and
//! not while a recovery is open: it counts the guardians of the moment in which it was opened. One that
//! takes another's place goes on with the other's guardians and freezes since the other was opened, or
//! the thief would only have to wait for it. Its execution drops every change that was still to come, the
//! thief's among them.

use alloc::vec::Vec;

use allod_identity::{
    CertificateReference, GuardianSet, Identifier, IdentityRequest, RECOVERY_WINDOW,
    checks::Signatures,
    request::arguments::{
        ApproveRecoveryArguments, OpenRecoveryArguments, SetControllerArguments,
        SetGuardiansArguments,
    },
};
use frame_support::ensure;
use frame_system::pallet_prelude::BlockNumberFor;
use parity_scale_codec::Encode;
use sp_runtime::{DispatchError, Saturating, traits::UniqueSaturatedInto};

use crate::{
    authority::Permitted,
    graph::Readings,
    pallet::{Config, Controllers, Error, Event, Guardians, Identities, Pallet, Recoveries},
    types::{Delayed, DelayedOf, RecoveryOf, Ticket, value_footprint},
};

impl<T: Config> Pallet<T> {
    /// The guardians that count now.
    pub(crate) fn guardians(identifier: Identifier) -> Option<GuardianSet> {
        let frozen_since = Self::frozen_since(identifier);
        Guardians::<T>::get(identifier)?.at(Self::block(), frozen_since)
    }

    /// The block in which a change of controller or guardians takes effect.
    fn effective_from(identifier: Identifier) -> BlockNumberFor<T> {
        let delay = Self::guardians(identifier).map_or(0, |guardians| guardians.delay);
        Self::block().saturating_add(delay.into())
    }

    /// A change from `current` to `new`, with its deposit; nothing if there is nothing to store.
    fn delayed<Value: Clone + Encode>(
        payer: T::AccountId,
        current: Option<Value>,
        new: Option<Value>,
        effective_from: BlockNumberFor<T>,
    ) -> Result<Option<DelayedOf<T, Value>>, DispatchError> {
        let is_due = effective_from <= Self::block();
        let (current, pending) = match is_due {
            true => (new, None),
            false => (current, Some((new, effective_from))),
        };
        let has_pending = matches!(pending, Some((Some(_), _)));
        if current.is_none() && !has_pending {
            return Ok(None);
        }
        let size = value_footprint(&(&current, &pending, &payer));
        Ok(Some(Delayed {
            current,
            pending,
            ticket: Ticket::new(payer, size)?,
        }))
    }

    pub(crate) fn change_controller(
        payer: T::AccountId,
        arguments: SetControllerArguments,
        request: &IdentityRequest,
    ) -> Result<(), DispatchError> {
        let SetControllerArguments {
            identifier,
            controller,
        } = arguments;
        Self::ensure_not_frozen(identifier)?;
        if let Some(controller) = controller {
            ensure!(controller != identifier, Error::<T>::ControllerIsSelf);
            let record =
                Identities::<T>::get(controller).ok_or(Error::<T>::ControllerNotRegistered)?;
            ensure!(!record.is_deactivated, Error::<T>::ControllerDeactivated);
        }
        Self::authenticate_authority(identifier, request, &arguments, Permitted::Valid)?;
        let effective_from = Self::effective_from(identifier);
        let old = Controllers::<T>::take(identifier);
        let current = old.as_ref().and_then(|old| old.at(Self::block(), None));
        if let Some(old) = old {
            old.ticket.release()?;
        }
        if let Some(delayed) = Self::delayed(payer, current, controller, effective_from)? {
            Controllers::<T>::insert(identifier, delayed);
        }
        Self::deposit_event(Event::ControllerSet {
            identifier,
            controller,
            effective_from,
        });
        Ok(())
    }

    pub(crate) fn change_guardians(
        payer: T::AccountId,
        identifier: Identifier,
        guardians: Option<GuardianSet>,
        request: &IdentityRequest,
    ) -> Result<(), DispatchError> {
        Self::ensure_not_frozen(identifier)?;
        if let Some(set) = &guardians {
            set.check().map_err(Error::<T>::from)?;
            for member in &set.members {
                ensure!(*member != identifier, Error::<T>::GuardianIsRelative);
                let record =
                    Identities::<T>::get(member).ok_or(Error::<T>::GuardianNotRegistered)?;
                ensure!(!record.is_deactivated, Error::<T>::GuardianDoesNotHold);
            }
        }
        let arguments = SetGuardiansArguments {
            identifier,
            guardians: &guardians,
        };
        Self::authenticate_authority(identifier, request, &arguments, Permitted::Valid)?;
        let effective_from = Self::effective_from(identifier);
        let old = Guardians::<T>::take(identifier);
        let current = old.as_ref().and_then(|old| old.at(Self::block(), None));
        if let Some(old) = old {
            old.ticket.release()?;
        }
        if let Some(delayed) = Self::delayed(payer, current, guardians, effective_from)? {
            Guardians::<T>::insert(identifier, delayed);
        }
        Self::deposit_event(Event::GuardiansSet {
            identifier,
            effective_from,
        });
        Ok(())
    }

    /// The last block in which a recovery can be executed.
    pub(crate) fn lapses_after(recovery: &RecoveryOf<T>) -> BlockNumberFor<T> {
        let delay = recovery.guardians.delay;
        let whole = delay.saturating_mul(2).saturating_add(RECOVERY_WINDOW);
        recovery.opened_at.saturating_add(whole.into())
    }

    /// The first block in which it can be executed, if enough guardians approved.
    pub(crate) fn executable_from(recovery: &RecoveryOf<T>) -> Option<BlockNumberFor<T>> {
        let approvals = recovery.approvals.count_ones();
        if approvals < u32::from(recovery.guardians.threshold) {
            return None;
        }
        let delay = recovery.guardians.delay;
        let delay = match Self::is_unanimous(recovery) {
            true => delay.saturating_mul(2),
            false => delay,
        };
        Some(recovery.opened_at.saturating_add(delay.into()))
    }

    /// Whether all guardians approved, so that the key cannot veto.
    pub(crate) fn is_unanimous(recovery: &RecoveryOf<T>) -> bool {
        let members = u32::try_from(recovery.guardians.members.len()).unwrap_or(u32::MAX);
        recovery.approvals.count_ones() == members
    }

    /// The guardians that approved.
    pub(crate) fn approving(recovery: &RecoveryOf<T>) -> Vec<Identifier> {
        let members = recovery.guardians.members.iter().zip(0_u32..);
        members
            .filter(|(_, bit)| bit_of(*bit) & recovery.approvals != 0)
            .map(|(member, _)| *member)
            .collect()
    }

    /// Whether a guardian counts: it holds, and stands neither above nor below the identity. Returns
    /// how many certificates were read.
    fn check_guardian(
        identifier: Identifier,
        guardian: Identifier,
        relatives: &Readings<T>,
    ) -> (Result<(), Error<T>>, u32) {
        if relatives.contains(guardian) {
            return (Err(Error::GuardianIsRelative), 0);
        }
        let mut readings = Readings::<T>::new();
        let Some(reference) = Self::current_reference(guardian) else {
            return (Err(Error::GuardianDoesNotHold), 0);
        };
        let is_read = readings.read(reference).is_ok();
        let visited = readings.visited();
        if readings.contains(identifier) {
            return (Err(Error::GuardianIsRelative), visited);
        }
        let holds = is_read
            && readings.graph(None).is_some_and(|graph| {
                let links = graph.check(Self::now(), None, Signatures::None);
                links.iter().all(|link| link.failure().is_none())
            });
        let verdict = match holds {
            true => Ok(()),
            false => Err(Error::GuardianDoesNotHold),
        };
        (verdict, visited)
    }

    /// An identity's current certificate.
    pub(crate) fn current_reference(identifier: Identifier) -> Option<CertificateReference> {
        let record = Identities::<T>::get(identifier)?;
        Some(CertificateReference {
            identifier,
            generation: record.generation,
        })
    }

    /// Everything above an identity, and itself.
    fn relatives(identifier: Identifier) -> Result<Readings<T>, Error<T>> {
        let mut readings = Readings::<T>::new();
        let reference = Self::current_reference(identifier).ok_or(Error::NotRegistered)?;
        readings
            .read(reference)
            .map_err(|_| Error::TooManyIssuers)?;
        Ok(readings)
    }

    /// Opens a recovery with the first approval; returns how many certificates were read.
    pub(crate) fn begin_recovery(
        payer: T::AccountId,
        arguments: OpenRecoveryArguments,
        request: &IdentityRequest,
    ) -> Result<u32, DispatchError> {
        let OpenRecoveryArguments {
            identifier,
            certificate_hash,
            compromised_after,
        } = arguments;
        Self::subject(identifier, Permitted::ValidOrExpired)?;
        let open = Self::open_recovery_of(identifier);
        let is_supported = open
            .as_ref()
            .is_some_and(|recovery| Self::executable_from(recovery).is_some());
        ensure!(!is_supported, Error::<T>::RecoveryOpen);
        let compromised_after = Self::ensure_past(compromised_after)?;
        let guardians = Self::guardians(identifier).ok_or(Error::<T>::NoGuardians)?;
        let approvals = Self::approval(&guardians, request.identifier)?;
        let relatives = Self::relatives(identifier)?;
        let (verdict, visited) = Self::check_guardian(identifier, request.identifier, &relatives);
        verdict?;
        let visited = visited.saturating_add(relatives.visited());
        Self::count_other(request, &arguments)?;

        let mut record = Identities::<T>::get(identifier).ok_or(Error::<T>::NotRegistered)?;
        let number = record
            .recoveries
            .checked_add(1)
            .ok_or(Error::<T>::TooManyRecoveries)?;
        record.recoveries = number;
        Identities::<T>::insert(identifier, record);
        // What lapsed, or found no support, makes room.
        if let Some(old) = Recoveries::<T>::take(identifier) {
            old.ticket.release()?;
        }
        let opened_at = Self::block();
        let frozen_since = open.map_or(opened_at, |open| open.frozen_since);
        let size = value_footprint(&(&guardians, certificate_hash, opened_at, &payer));
        let recovery = RecoveryOf::<T> {
            number,
            certificate_hash,
            compromised_after,
            opened_at,
            frozen_since,
            guardians,
            approvals,
            ticket: Ticket::new(payer, size)?,
        };
        Recoveries::<T>::insert(identifier, recovery);
        Self::deposit_event(Event::RecoveryOpened {
            identifier,
            number,
            guardian: request.identifier,
        });
        Ok(visited)
    }

    /// Adds an approval; returns how many certificates were read.
    pub(crate) fn add_approval(
        arguments: ApproveRecoveryArguments,
        request: &IdentityRequest,
    ) -> Result<u32, DispatchError> {
        let ApproveRecoveryArguments {
            identifier,
            number,
            certificate_hash,
        } = arguments;
        let mut recovery = Self::recovery_of_number(identifier, number)?;
        ensure!(
            recovery.certificate_hash == certificate_hash,
            Error::<T>::RecoveryOfAnotherCertificate
        );
        let approval = Self::approval(&recovery.guardians, request.identifier)?;
        ensure!(
            recovery.approvals & approval == 0,
            Error::<T>::AlreadyApproved
        );
        let relatives = Self::relatives(identifier)?;
        let (verdict, visited) = Self::check_guardian(identifier, request.identifier, &relatives);
        verdict?;
        Self::count_other(request, &arguments)?;
        recovery.approvals |= approval;
        let approvals = recovery.approvals.count_ones();
        Recoveries::<T>::insert(identifier, recovery);
        Self::deposit_event(Event::RecoveryApproved {
            identifier,
            number,
            guardian: request.identifier,
            approvals,
        });
        Ok(visited.saturating_add(relatives.visited()))
    }

    /// The open recovery, if it has this number.
    pub(crate) fn recovery_of_number(
        identifier: Identifier,
        number: u32,
    ) -> Result<RecoveryOf<T>, Error<T>> {
        let recovery = Self::open_recovery_of(identifier).ok_or(Error::NoRecovery)?;
        ensure!(recovery.number == number, Error::WrongRecovery);
        Ok(recovery)
    }

    /// Checks that a recovery may be executed now: enough guardians approved and hold, the delay is
    /// over. Returns how many certificates were read.
    pub(crate) fn ensure_executable(
        identifier: Identifier,
        recovery: &RecoveryOf<T>,
    ) -> Result<u32, Error<T>> {
        let from = Self::executable_from(recovery).ok_or(Error::NotEnoughApprovals)?;
        ensure!(Self::block() >= from, Error::RecoveryTooEarly);
        let relatives = Self::relatives(identifier)?;
        let mut visited = relatives.visited();
        let mut counting = 0_u8;
        for guardian in Self::approving(recovery) {
            let (verdict, read) = Self::check_guardian(identifier, guardian, &relatives);
            visited = visited.saturating_add(read);
            if verdict.is_ok() {
                counting = counting.saturating_add(1);
            }
        }
        ensure!(
            counting >= recovery.guardians.threshold,
            Error::NotEnoughApprovals
        );
        Ok(visited)
    }

    /// After a recovery: changes of controller and guardians that were still to come are dropped.
    pub(crate) fn drop_pending_changes(
        identifier: Identifier,
        frozen_since: BlockNumberFor<T>,
    ) -> Result<(), DispatchError> {
        let now = Self::block();
        if let Some(mut delayed) = Controllers::<T>::take(identifier) {
            delayed.current = delayed.at(now, Some(frozen_since));
            delayed.pending = None;
            if delayed.current.is_none() {
                delayed.ticket.release()?;
            } else {
                Controllers::<T>::insert(identifier, delayed);
            }
        }
        if let Some(mut delayed) = Guardians::<T>::take(identifier) {
            delayed.current = delayed.at(now, Some(frozen_since));
            delayed.pending = None;
            if delayed.current.is_none() {
                delayed.ticket.release()?;
            } else {
                Guardians::<T>::insert(identifier, delayed);
            }
        }
        Ok(())
    }

    /// The bit of a guardian.
    fn approval(guardians: &GuardianSet, guardian: Identifier) -> Result<u8, Error<T>> {
        let mut members = guardians.members.iter().zip(0_u32..);
        let found = members.find(|(member, _)| **member == guardian);
        found
            .map(|(_, index)| bit_of(index))
            .ok_or(Error::NotGuardian)
    }

    /// The block named as the last one in which a key was good must not be to come.
    pub(crate) fn ensure_past(block: Option<u32>) -> Result<Option<BlockNumberFor<T>>, Error<T>> {
        let now: u64 = Self::block().unique_saturated_into();
        let is_past = block.is_none_or(|block| u64::from(block) <= now);
        ensure!(is_past, Error::CompromiseInFuture);
        Ok(block.map(Into::into))
    }
}

/// The bit n of eight; none for more.
fn bit_of(index: u32) -> u8 {
    1_u8.checked_shl(index).unwrap_or(0)
}
