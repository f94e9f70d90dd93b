//! Publishing a revocation list.

use alloc::vec::Vec;

use allod_identity::{
    Identifier, IdentityAuthority, IdentityRequest, Serial, SignatureAlgorithm,
    request::arguments::PublishCrlArguments,
};
use allod_x509::{
    ParsedCertificate,
    crl::{CrlEntry, CrlReason, ParsedCrl},
};
use frame_support::{dispatch::DispatchResult, ensure};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::DispatchError;

use crate::{
    pallet::{Config, Crls, Error, Event, Issuers, Pallet, Statuses},
    types::{
        CrlBytes, CrlNumber, CrlRecord, CrlSummary, IssuerRecord, Status, StatusRecord, Ticket,
        crl_footprint, status_footprint,
    },
};

/// How an entry changed what was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Revoked { is_new: bool },
    OnHold,
}

impl<T: Config> Pallet<T> {
    pub(crate) fn publish(
        payer: T::AccountId,
        der: CrlBytes,
        algorithm: SignatureAlgorithm,
        declared_entries: u32,
        request: &IdentityRequest,
    ) -> DispatchResult {
        let issuer = request.identifier;
        let arguments = PublishCrlArguments {
            crl: &der,
            algorithm,
        };
        T::Identities::authenticate(request, &arguments).map_err(Error::<T>::from)?;
        let list = ParsedCrl::parse(&der).map_err(Error::<T>::from)?;
        ensure!(
            list.signature_algorithm() == algorithm,
            Error::<T>::CrlAlgorithmWrong
        );
        ensure!(
            T::Identities::accepts(algorithm),
            Error::<T>::CrlAlgorithmRetired
        );
        let entries = u32::try_from(list.entries().len()).unwrap_or(u32::MAX);
        ensure!(
            entries <= declared_entries,
            Error::<T>::CrlMoreEntriesThanDeclared
        );
        let mut record = Issuers::<T>::get(issuer);
        let number = Self::check_order(&record, &list)?;
        let certificate =
            T::Identities::certificate(issuer).ok_or(Error::<T>::IssuerNotRegistered)?;
        let certificate =
            ParsedCertificate::parse(&certificate).map_err(|_| Error::<T>::IssuerNotRegistered)?;
        list.verify_issued_by(&certificate)
            .map_err(Error::<T>::from)?;

        let (mut revoked, mut newly_revoked) = (0_u32, 0_u32);
        for entry in list.entries() {
            match Self::take_over(issuer, &payer, &record, &list, &entry)? {
                Change::Revoked { is_new } => {
                    revoked = revoked.saturating_add(1);
                    newly_revoked = newly_revoked.saturating_add(u32::from(is_new));
                }
                Change::OnHold => {}
            }
        }
        let total = record.revoked.checked_add(newly_revoked);
        record.revoked = total.ok_or(Error::<T>::TooManyRevocations)?;
        record.crl = Some(CrlSummary {
            number,
            this_update: list.this_update(),
            next_update: list.next_update(),
            published_at: frame_system::Pallet::<T>::block_number(),
            revoked,
        });
        Issuers::<T>::insert(issuer, record);
        if let Some(old) = Crls::<T>::take(issuer) {
            old.ticket.release()?;
        }
        let ticket = Ticket::new(payer, crl_footprint::<T>(&der))?;
        Crls::<T>::insert(issuer, CrlRecord { crl: der, ticket });
        Self::deposit_event(Event::CrlPublished {
            issuer,
            entries,
            newly_revoked,
        });
        Ok(())
    }

    /// A list must be later than the one before, by number and time, and not from the future: it would
    /// release holds that are still to come.
    fn check_order(
        record: &IssuerRecord<BlockNumberFor<T>>,
        list: &ParsedCrl<'_>,
    ) -> Result<CrlNumber, Error<T>> {
        let number = CrlNumber::try_from(list.number().to_vec()).map_err(|_| Error::CrlNumber)?;
        ensure!(list.this_update() <= Self::now(), Error::CrlFromFuture);
        if let Some(last) = &record.crl {
            ensure!(
                magnitude(&number) > magnitude(&last.number),
                Error::CrlNumberNotAbove
            );
            ensure!(list.this_update() >= last.this_update, Error::CrlOlder);
        }
        Ok(number)
    }

    /// Takes over one entry of a list.
    fn take_over(
        issuer: Identifier,
        payer: &T::AccountId,
        record: &IssuerRecord<BlockNumberFor<T>>,
        list: &ParsedCrl<'_>,
        entry: &CrlEntry<'_>,
    ) -> Result<Change, DispatchError> {
        let serial =
            Serial::try_from(entry.serial.to_vec()).map_err(|_| Error::<T>::SerialMalformed)?;
        // Nothing was revoked later than now.
        let date = entry.date.min(Self::now());
        let old = Statuses::<T>::get(issuer, &serial);
        // Who paid for a hold goes on paying for it while it is confirmed. What it becomes beyond that,
        // for ever or anew, is the carrier's.
        let mut is_same_hold = false;
        let former = old.as_ref().map(|old| old.status);
        let status = match (former, entry.reason) {
            (Some(Status::Revoked { .. }), CrlReason::Revoked(_)) => {
                return Ok(Change::Revoked { is_new: false });
            }
            (Some(Status::OnHold { .. }) | None, CrlReason::Revoked(reason)) => Status::Revoked {
                reason,
                since: date,
            },
            (former, CrlReason::CertificateHold) => {
                ensure!(!Self::is_own_serial(issuer, &serial), Error::<T>::SelfHold);
                match former {
                    Some(Status::Revoked { .. }) => {
                        return Err(Error::<T>::CrlHoldsRevoked.into());
                    }
                    Some(Status::OnHold { since, confirmed }) if record.upholds(confirmed) => {
                        is_same_hold = true;
                        Status::OnHold {
                            since,
                            confirmed: confirmed.max(list.this_update()),
                        }
                    }
                    // Nothing was known, or a former list released it.
                    Some(Status::OnHold { .. }) | None => Status::OnHold {
                        since: date,
                        confirmed: list.this_update(),
                    },
                }
            }
        };
        let ticket = match old {
            Some(old) if is_same_hold => old.ticket,
            old => {
                if let Some(old) = old {
                    old.ticket.release()?;
                }
                Ticket::new(payer.clone(), status_footprint::<T>())?
            }
        };
        Statuses::<T>::insert(issuer, &serial, StatusRecord { status, ticket });
        Ok(match status {
            Status::Revoked { .. } => Change::Revoked { is_new: true },
            Status::OnHold { .. } => Change::OnHold,
        })
    }

    /// Whether this is the serial number of the issuer's own, self-issued certificate.
    pub(crate) fn is_own_serial(issuer: Identifier, serial: &[u8]) -> bool {
        let certificate: Vec<u8> = T::Identities::certificate(issuer).unwrap_or_default();
        ParsedCertificate::parse(&certificate)
            .is_ok_and(|parsed| parsed.is_self_issued() && parsed.serial() == serial)
    }
}

/// A number's significant bytes, so that numbers compare by length and bytes.
fn magnitude(number: &[u8]) -> (usize, &[u8]) {
    let significant = match number {
        [0, rest @ ..] => rest,
        whole => whole,
    };
    (significant.len(), significant)
}
