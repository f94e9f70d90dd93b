//! How an identity comes by its certificates, one after another, and how it ends.

use allod_identity::{
    CallArguments, CertificateReference, Consent, Identifier, IdentityRequest, Issuance,
    KeyFingerprint, MAX_SUPERSEDED, Possession, SignatureAlgorithm, SignedRequest,
    request::arguments::{ExecuteRecoveryArguments, RenewArguments, ReparentArguments},
};
use allod_x509::ParsedCertificate;
use frame_support::ensure;
use frame_system::pallet_prelude::BlockNumberFor;
use parity_scale_codec::{Encode, MaxEncodedLen};
use sp_runtime::DispatchError;

use crate::{
    admission::{Admitted, Issuers},
    authority::{Permitted, Subject},
    pallet::{
        Certificates, Config, Controllers, Error, Fingerprints, Guardians, Identities, IssuedBy,
        Keys, Pallet, Recoveries, Serials, ServiceRecords, Superseded,
    },
    types::{
        CertificateBytes, IdentityRecordOf, KeyRecord, SupersededCertificate, Ticket, footprint,
        tombstone_footprint,
    },
};

/// A certificate that has taken another's place.
pub(crate) struct Replaced {
    pub key: KeyFingerprint,
    pub generation: u32,
    /// How many certificates were read.
    pub visited: u32,
}

impl Replaced {
    /// The same after so many certificates more.
    fn and_read(self, visited: u32) -> Self {
        Self {
            visited: self.visited.saturating_add(visited),
            ..self
        }
    }
}

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
        Self::create_account(identifier);
        Ok((identifier, key))
    }

    /// A renewal: the authority's request, the new key's signature, the same issuers' certificate.
    pub(crate) fn renew_identity(
        payer: T::AccountId,
        identifier: Identifier,
        certificate: CertificateBytes,
        algorithm: SignatureAlgorithm,
        consents: &[Consent],
        compromised_after: Option<u32>,
        possession: Option<&Possession>,
        request: &IdentityRequest,
    ) -> Result<Replaced, DispatchError> {
        Self::ensure_not_frozen(identifier)?;
        let good_until = Self::ensure_past(compromised_after)?;
        let arguments = RenewArguments {
            identifier,
            certificate: &certificate,
            algorithm,
            compromised_after,
        };
        let permitted = Permitted::Renewable;
        let subject = Self::authenticate_authority(identifier, request, &arguments, permitted)?;
        let admitted = {
            let parsed = Self::read_certificate(&certificate, algorithm)?;
            let old = ParsedCertificate::parse(&subject.certificate).map_err(Error::<T>::from)?;
            let is_new_key = parsed.spki() != old.spki();
            ensure!(is_new_key || good_until.is_none(), Error::<T>::KeyUnchanged);
            if let Some(possession) = possession {
                let SignedRequest {
                    nonce, valid_until, ..
                } = request.request;
                let genesis = Self::genesis_hash();
                let payload = arguments.payload_of(genesis, request.identifier, nonce, valid_until);
                Self::check_possession(&parsed, &payload, possession)?;
            } else {
                // The request itself is by this key.
                let is_shown = request.identifier == identifier && !is_new_key;
                ensure!(is_shown, Error::<T>::PossessionMissing);
            }
            Self::admit_successor(&subject, &parsed, &old, consents)?
        };
        Self::replace_certificate(subject, payer, certificate, admitted, good_until)
    }

    /// A move under another issuer: the identity's own request, the new issuer's certificate.
    pub(crate) fn move_identity(
        payer: T::AccountId,
        identifier: Identifier,
        certificate: CertificateBytes,
        algorithm: SignatureAlgorithm,
        issuer: Identifier,
        consents: &[Consent],
        request: &IdentityRequest,
    ) -> Result<Replaced, DispatchError> {
        Self::ensure_not_frozen(identifier)?;
        let arguments = ReparentArguments {
            identifier,
            certificate: &certificate,
            algorithm,
            issuer,
            co_issuers: consents.iter().map(|consent| consent.co_issuer).collect(),
        };
        let permitted = Permitted::ValidOrExpired;
        let subject = Self::authenticate_subject(identifier, request, &arguments, permitted)?;
        let visited = Self::ensure_issuer_fails(&subject)?;
        let admitted = {
            let parsed = Self::read_certificate(&certificate, algorithm)?;
            let old = ParsedCertificate::parse(&subject.certificate).map_err(Error::<T>::from)?;
            ensure!(
                parsed.subject() == old.subject(),
                Error::<T>::SubjectNameChanged
            );
            ensure!(parsed.spki() == old.spki(), Error::<T>::KeyChanged);
            let issuers = Issuers {
                issuer: Some(issuer),
                consents,
            };
            Self::admit(identifier, &parsed, &issuers)?
        };
        let replaced = Self::replace_certificate(subject, payer, certificate, admitted, None)?;
        Ok(replaced.and_read(visited))
    }

    /// The end of a recovery: what its guardians approved, the new key's request, the same issuers'
    /// certificate.
    pub(crate) fn recover_identity(
        payer: T::AccountId,
        identifier: Identifier,
        number: u32,
        certificate: CertificateBytes,
        algorithm: SignatureAlgorithm,
        consents: &[Consent],
        request: &IdentityRequest,
    ) -> Result<Replaced, DispatchError> {
        let recovery = Self::recovery_of_number(identifier, number)?;
        let mut subject = Self::subject(identifier, Permitted::ValidOrExpired)?;
        let visited = Self::ensure_executable(identifier, &recovery)?;
        let admitted = {
            let parsed = Self::read_certificate(&certificate, algorithm)?;
            let is_approved = parsed.fingerprint() == recovery.certificate_hash;
            ensure!(is_approved, Error::<T>::RecoveryOfAnotherCertificate);
            ensure!(request.identifier == identifier, Error::<T>::NotAuthorized);
            let arguments = ExecuteRecoveryArguments {
                identifier,
                number,
                certificate: &certificate,
                algorithm,
            };
            Self::check_signature(request, &arguments, subject.record.nonce, &parsed)
                .map_err(Error::<T>::from)?;
            let old = ParsedCertificate::parse(&subject.certificate).map_err(Error::<T>::from)?;
            let is_new_key = parsed.spki() != old.spki();
            let is_given_up = recovery.compromised_after.is_some();
            ensure!(is_new_key || !is_given_up, Error::<T>::KeyUnchanged);
            Self::admit_successor(&subject, &parsed, &old, consents)?
        };
        subject.record.nonce = Self::following(subject.record.nonce).map_err(Error::<T>::from)?;
        let compromised_after = recovery.compromised_after;
        Recoveries::<T>::remove(identifier);
        Self::drop_pending_changes(identifier, recovery.frozen_since)?;
        recovery.ticket.release()?;
        let replaced =
            Self::replace_certificate(subject, payer, certificate, admitted, compromised_after)?;
        Ok(replaced.and_read(visited))
    }

    /// Puts a new certificate in the place of an identity's current one, which becomes a superseded
    /// one; the deposit goes over to `payer`. `compromised_after`: the old key is given up, and with it
    /// every other that has served since.
    fn replace_certificate(
        subject: Subject<T>,
        payer: T::AccountId,
        certificate: CertificateBytes,
        admitted: Admitted,
        compromised_after: Option<BlockNumberFor<T>>,
    ) -> Result<Replaced, DispatchError> {
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
        Ok(Replaced {
            key,
            generation: record.generation,
            visited: admitted.visited,
        })
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
