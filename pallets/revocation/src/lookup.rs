//! What is known about certificates and lists, for those who ask.

use alloc::vec::Vec;

use allod_identity::{
    CertificateStatus, CertificateStatuses, Identifier, IdentityAuthority, MAX_CRL_SIZE, Serial,
    SignatureAlgorithm,
    api::{CrlError, PublishedCrl, ToBeSignedCrl},
};
use allod_x509::{
    ParsedCertificate,
    crl::{CrlBuilder, CrlEntry, CrlError as ListError, CrlReason},
};
use sp_runtime::traits::UniqueSaturatedInto;

use crate::{
    invariants::MAX_ENTRIES,
    pallet::{Config, Crls, Issuers, Pallet, Statuses},
    types::Status,
};

/// Most statuses that are looked at to make a list: more than fit, since none is so short.
const MAX_LISTED: u32 = MAX_CRL_SIZE / 16;
const _: () = assert!(MAX_LISTED > MAX_ENTRIES);

impl<T: Config> CertificateStatuses for Pallet<T> {
    fn status(issuer: Identifier, serial: &[u8]) -> Option<CertificateStatus> {
        let serial = Serial::try_from(serial.to_vec()).ok()?;
        match Statuses::<T>::get(issuer, serial)?.status {
            Status::Revoked { reason, since } => Some(CertificateStatus::Revoked { reason, since }),
            Status::OnHold { since, confirmed } => Issuers::<T>::get(issuer)
                .upholds(confirmed)
                .then_some(CertificateStatus::OnHold { since }),
        }
    }

    fn next_update(issuer: Identifier) -> Option<u64> {
        Some(Issuers::<T>::get(issuer).crl?.next_update)
    }
}

impl<T: Config> Pallet<T> {
    /// The last list that an issuer published.
    pub fn crl(issuer: Identifier) -> Option<PublishedCrl> {
        let record = Issuers::<T>::get(issuer);
        let is_outdated = record.is_outdated();
        let summary = record.crl?;
        Some(PublishedCrl {
            crl: Crls::<T>::get(issuer)?.crl.into(),
            published_at: summary.published_at.unique_saturated_into(),
            this_update: summary.this_update,
            next_update: summary.next_update,
            is_outdated,
        })
    }

    /// The list of all that an issuer has revoked or put on hold, to be signed. Made now.
    pub fn to_be_signed(
        issuer: Identifier,
        algorithm: SignatureAlgorithm,
        next_update: u64,
    ) -> Result<ToBeSignedCrl, CrlError> {
        let this_update = Self::now();
        if next_update <= this_update {
            return Err(CrlError::NextUpdate);
        }
        let certificate: Vec<u8> =
            T::Identities::certificate(issuer).ok_or(CrlError::NoCertificate)?;
        let certificate =
            ParsedCertificate::parse(&certificate).map_err(|_| CrlError::NoCertificate)?;
        if algorithm.key_algorithm() != certificate.public_key().algorithm {
            return Err(CrlError::WrongAlgorithm);
        }
        let record = Issuers::<T>::get(issuer);
        let number = match &record.crl {
            None => 1,
            Some(last) => following(&last.number).ok_or(CrlError::NumberTooLarge)?,
        };
        let mut listed: Vec<(Serial, u64, CrlReason)> = Vec::new();
        let mut looked_at = 0_u32;
        for (serial, status) in Statuses::<T>::iter_prefix(issuer) {
            if looked_at == MAX_LISTED {
                return Err(CrlError::TooLong);
            }
            looked_at = looked_at.saturating_add(1);
            match status.status {
                Status::Revoked { reason, since } => {
                    listed.push((serial, since, reason.into()));
                }
                Status::OnHold { since, confirmed } if record.upholds(confirmed) => {
                    listed.push((serial, since, CrlReason::CertificateHold));
                }
                Status::OnHold { .. } => {}
            }
        }
        let entries = u32::try_from(listed.len()).unwrap_or(u32::MAX);
        let builder = CrlBuilder {
            issuer: certificate.subject(),
            algorithm,
            this_update,
            next_update,
            number,
            authority_key_identifier: certificate.subject_key_identifier(),
            entries: listed
                .iter()
                .map(|(serial, date, reason)| CrlEntry {
                    serial,
                    date: *date,
                    reason: *reason,
                })
                .collect(),
        };
        let tbs = builder.tbs().map_err(|error| match error {
            ListError::Time(_) | ListError::UpdatesReversed { .. } => CrlError::NextUpdate,
            ListError::TooLong { .. } => CrlError::TooLong,
            // What only reading finds; serial numbers are keys, so that none is there twice.
            ListError::DuplicateEntry
            | ListError::Form(_)
            | ListError::Version
            | ListError::NextUpdateMissing
            | ListError::NoEntries
            | ListError::NumberMissing
            | ListError::NumberRange
            | ListError::Delta
            | ListError::Indirect
            | ListError::IssuingDistributionPoint
            | ListError::Reason(_)
            | ListError::SecondOpinion
            | ListError::IssuerName
            | ListError::KeyIdentifiers
            | ListError::CrlSign
            | ListError::Signature(_) => CrlError::TooLong,
        })?;
        Ok(ToBeSignedCrl {
            tbs,
            number,
            entries,
        })
    }
}

/// The number after one that was published.
fn following(number: &[u8]) -> Option<u64> {
    let value = number.iter().try_fold(0_u64, |value, byte| {
        value.checked_mul(256)?.checked_add(u64::from(*byte))
    })?;
    value.checked_add(1)
}
