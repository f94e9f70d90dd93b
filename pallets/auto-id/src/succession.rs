//! How an identity comes by its certificates, one after another, and how it ends.

use allod_identity::{CertificateReference, Identifier, Issuance, KeyFingerprint, MAX_SUPERSEDED};
use allod_x509::ParsedCertificate;
use frame_system::pallet_prelude::BlockNumberFor;
use parity_scale_codec::{Encode, MaxEncodedLen};
use sp_runtime::DispatchError;

use crate::{
    admission::Admitted,
    authority::Subject,
    pallet::{
        Certificates, Config, Controllers, Error, Fingerprints, Guardians, Identities, IssuedBy,
        Keys, Pallet, Recoveries, Serials, ServiceRecords, Superseded,
    },
    types::{
        CertificateBytes, IdentityRecordOf, KeyRecord, SupersededCertificate, Ticket, footprint,
        tombstone_footprint,
    },
};

/// What a superseded certificate takes in storage.
fn superseded_size<T: Config>(superseded: &SupersededCertificate<BlockNumberFor<T>>) -> u32 {
    let size = CertificateReference::max_encoded_len().saturating_add(superseded.encoded_size());
    u32::try_from(size).unwrap_or(u32::MAX)
}

impl<T: Config> Pallet<T> {
    /// Stores a new identity, whose request has been checked: its nonce is 1 from now on.
    pub(crate) fn store_new(
        payer: T::AccountId,
        certificate: CertificateBytes,
        admitted: Admitted,
    ) -> Result<(Identifier, KeyFingerprint), DispatchError> {
        let parsed = ParsedCertificate::parse(&certificate).map_err(Error::<T>::from)?;
        let (identifier, key) = (Identifier::of(&parsed), KeyFingerprint::of(&parsed));
        let now = Self::block();
        let size = footprint::<T>(&admitted.issuance, 0, 0, &certificate);
        let record = IdentityRecordOf::<T> {
            algorithm: parsed.signature_algorithm(),
            serial: Self::serial(&parsed)?,
            issuance: admitted.issuance,
            depth: admitted.depth,
            generation: 0,
            certified_at: now,
            nonce: 1,
            registered_at: now,
            recoveries: 0,
            is_deactivated: false,
            superseded_bytes: 0,
            ticket: Ticket::new(payer, size)?,
        };
        Self::move_links(identifier, &Issuance::SelfIssued, &record.issuance);
        let signer = record.issuance.issuer_of(identifier);
        Serials::<T>::insert(signer, &record.serial, ());
        let key_record = KeyRecord {
            identifier,
            good_until: None,
        };
        Keys::<T>::insert(key, key_record);
        Identities::<T>::insert(identifier, record);
        Certificates::<T>::insert(identifier, certificate);
        Ok((identifier, key))
    }

    /// Puts a new certificate in the place of an identity's current one, which becomes a superseded
    /// one; the deposit goes over to `payer`. `compromised_after`: the old key is given up, and with it
    /// every other that has served since.
    pub(crate) fn replace_certificate(
        subject: Subject<T>,
        payer: T::AccountId,
        certificate: CertificateBytes,
        admitted: Admitted,
        compromised_after: Option<BlockNumberFor<T>>,
    ) -> Result<(KeyFingerprint, IdentityRecordOf<T>), DispatchError> {
        let Subject {
            identifier,
            mut record,
            certificate: old,
        } = subject;
        let (old_key, old_fingerprint) = {
            let old = ParsedCertificate::parse(&old).map_err(Error::<T>::from)?;
            (KeyFingerprint::of(&old), old.fingerprint())
        };
        let new = ParsedCertificate::parse(&certificate).map_err(Error::<T>::from)?;
        let (key, fingerprint) = (KeyFingerprint::of(&new), new.fingerprint());
        if let Some(good_until) = compromised_after {
            Self::give_up_keys(identifier, old_key, record.generation, good_until);
            // The new key may be one of those.
            Self::ensure_key_free(identifier, key)?;
        }
        if key != old_key {
            let record = KeyRecord {
                identifier,
                good_until: None,
            };
            Keys::<T>::insert(key, record);
        }

        let now = Self::block();
        let old: CertificateBytes = old.try_into().map_err(|_| Error::<T>::CertificateTooLong)?;
        let superseded = SupersededCertificate {
            certificate: old,
            issuance: record.issuance.clone(),
            since: record.certified_at,
            until: now,
        };
        Self::move_links(identifier, &record.issuance, &admitted.issuance);
        Self::supersede(identifier, &mut record, superseded);
        Self::move_fingerprint(identifier, old_fingerprint, fingerprint);

        record.algorithm = new.signature_algorithm();
        record.serial = Self::serial(&new)?;
        record.issuance = admitted.issuance;
        record.depth = admitted.depth;
        record.generation = record
            .generation
            .checked_add(1)
            .ok_or(Error::<T>::TooManyGenerations)?;
        record.certified_at = now;
        let signer = record.issuance.issuer_of(identifier);
        Serials::<T>::insert(signer, &record.serial, ());
        let size = footprint::<T>(
            &record.issuance,
            record.generation,
            record.superseded_bytes,
            &certificate,
        );
        record.ticket = record.ticket.taken_over_by(payer, size)?;
        Certificates::<T>::insert(identifier, &certificate);
        Identities::<T>::insert(identifier, &record);
        Ok((key, record))
    }

    /// Gives up the key of now, and those of superseded certificates that served after the last good
    /// block: a thief may have renewed with the stolen key since. A key that was given up before keeps
    /// the earlier of the two blocks.
    fn give_up_keys(
        identifier: Identifier,
        current: KeyFingerprint,
        generation: u32,
        good_until: BlockNumberFor<T>,
    ) {
        let kept = generation.saturating_sub(MAX_SUPERSEDED)..generation;
        let former = kept
            .filter_map(|generation| Superseded::<T>::get(identifier, generation))
            .filter(|superseded| superseded.until > good_until)
            .filter_map(|superseded| {
                let parsed = ParsedCertificate::parse(&superseded.certificate).ok()?;
                Some(KeyFingerprint::of(&parsed))
            });
        for key in former.chain(core::iter::once(current)) {
            let earlier = Keys::<T>::get(key).and_then(|record| record.good_until);
            let given_up = KeyRecord {
                identifier,
                good_until: Some(earlier.map_or(good_until, |earlier| earlier.min(good_until))),
            };
            Keys::<T>::insert(key, given_up);
        }
    }

    /// Keeps a certificate for the children registered under it, and drops the one that is too many.
    fn supersede(
        identifier: Identifier,
        record: &mut IdentityRecordOf<T>,
        superseded: SupersededCertificate<BlockNumberFor<T>>,
    ) {
        let added = superseded_size::<T>(&superseded);
        record.superseded_bytes = record.superseded_bytes.saturating_add(added);
        Superseded::<T>::insert(identifier, record.generation, superseded);
        let oldest = record.generation.checked_sub(MAX_SUPERSEDED);
        let dropped = oldest.and_then(|generation| Superseded::<T>::take(identifier, generation));
        if let Some(dropped) = dropped {
            let freed = superseded_size::<T>(&dropped);
            record.superseded_bytes = record.superseded_bytes.saturating_sub(freed);
        }
    }

    /// The index of who issued whom: one entry for each issuer.
    fn move_links(identifier: Identifier, from: &Issuance, to: &Issuance) {
        for issuer in from.issuers() {
            IssuedBy::<T>::remove(issuer.identifier, identifier);
        }
        for issuer in to.issuers() {
            IssuedBy::<T>::insert(issuer.identifier, identifier, ());
        }
    }

    /// The first certificate's fingerprint is the identifier, and needs no entry.
    fn move_fingerprint(identifier: Identifier, from: [u8; 32], to: [u8; 32]) {
        if from != identifier.0 {
            Fingerprints::<T>::remove(from);
        }
        if to != identifier.0 {
            Fingerprints::<T>::insert(to, identifier);
        }
    }

    /// Ends an identity. What is left is its record, its keys and its serial numbers; all deposits but
    /// the one for these go back.
    pub(crate) fn bury(subject: Subject<T>) -> Result<(), DispatchError> {
        let Subject {
            identifier,
            mut record,
            certificate,
        } = subject;
        let fingerprint = ParsedCertificate::parse(&certificate)
            .map_err(Error::<T>::from)?
            .fingerprint();
        if fingerprint != identifier.0 {
            Fingerprints::<T>::remove(fingerprint);
        }
        Certificates::<T>::remove(identifier);
        let kept = record.generation.saturating_sub(MAX_SUPERSEDED)..record.generation;
        for generation in kept {
            Superseded::<T>::remove(identifier, generation);
        }
        if let Some(controller) = Controllers::<T>::take(identifier) {
            controller.ticket.release()?;
        }
        if let Some(guardians) = Guardians::<T>::take(identifier) {
            guardians.ticket.release()?;
        }
        if let Some(recovery) = Recoveries::<T>::take(identifier) {
            recovery.ticket.release()?;
        }
        if let Some(services) = ServiceRecords::<T>::take(identifier) {
            services.ticket.release()?;
        }
        record.is_deactivated = true;
        record.superseded_bytes = 0;
        let size = tombstone_footprint::<T>(&record.issuance, record.generation);
        record.ticket = record.ticket.resized(size)?;
        Identities::<T>::insert(identifier, record);
        Ok(())
    }
}
