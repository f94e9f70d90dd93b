//! What is stored about identities, for those who ask.

use alloc::vec::Vec;

use allod_identity::{
    CallArguments, CertificateReference, Identifier, IdentityInfo, KeyFingerprint, MAX_SUPERSEDED,
    RegisterArguments, Services,
    api::{
        IdentityDetails, MAX_PAGE, Page, PayloadInfo, PayloadQuery, RecoveryInfo, Standing,
        SupersededInfo,
    },
    request::arguments::{
        ApproveRecoveryArguments, CoIssueArguments, DeactivateArguments, ExecuteRecoveryArguments,
        HoldArguments, OpenRecoveryArguments, PublishCrlArguments, RegisterIssuedArguments,
        ReleaseArguments, RenewArguments, ReparentArguments, RevokeArguments,
        SetControllerArguments, SetGuardiansArguments, SetServicesArguments, VetoRecoveryArguments,
    },
};
use allod_x509::ParsedCertificate;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::UniqueSaturatedInto;

use crate::{
    pallet::{
        Certificates, Config, Controllers, Fingerprints, Guardians, Identities, IssuedBy, Keys,
        Pallet, ServiceRecords, Superseded,
    },
    types::{DelayedOf, IdentityRecordOf, RecoveryOf},
};

/// A change that has not taken effect, and the block in which it does.
type Pending<Value> = Option<(Option<Value>, u32)>;

impl<T: Config> Pallet<T> {
    /// What is stored about an identity; `None` if it is not registered. A deactivated one has no
    /// certificate any more, and the key of none.
    pub fn identity(identifier: Identifier) -> Option<IdentityInfo> {
        let record = Identities::<T>::get(identifier)?;
        let certificate: Vec<u8> = Certificates::<T>::get(identifier)
            .map(Into::into)
            .unwrap_or_default();
        let key = ParsedCertificate::parse(&certificate)
            .map_or(KeyFingerprint([0; 32]), |parsed| {
                KeyFingerprint::of(&parsed)
            });
        Some(IdentityInfo {
            key,
            certificate,
            algorithm: record.algorithm,
            issuance: record.issuance,
            nonce: record.nonce,
            registered_at: record.registered_at.unique_saturated_into(),
        })
    }

    /// The live identity that a key serves.
    pub fn identity_by_key(key: KeyFingerprint) -> Option<Identifier> {
        let identifier = Keys::<T>::get(key)?.identifier;
        let certificate = Certificates::<T>::get(identifier)?;
        let parsed = ParsedCertificate::parse(&certificate).ok()?;
        (KeyFingerprint::of(&parsed) == key).then_some(identifier)
    }

    /// The identity whose current certificate has this SHA-256.
    pub fn identity_by_fingerprint(fingerprint: [u8; 32]) -> Option<Identifier> {
        if let Some(identifier) = Fingerprints::<T>::get(fingerprint) {
            return Some(identifier);
        }
        // The first certificate's fingerprint is the identifier, while it is the current one.
        let identifier = Identifier(fingerprint);
        let certificate = Certificates::<T>::get(identifier)?;
        let parsed = ParsedCertificate::parse(&certificate).ok()?;
        (parsed.fingerprint() == fingerprint).then_some(identifier)
    }

    /// The nonce that the identity's next request must have.
    pub fn next_nonce(identifier: Identifier) -> u64 {
        Identities::<T>::get(identifier).map_or(0, |record| record.nonce)
    }

    /// A certificate of an identity that is still kept.
    pub fn certificate_of(reference: CertificateReference) -> Option<Vec<u8>> {
        let CertificateReference {
            identifier,
            generation,
        } = reference;
        let record = Identities::<T>::get(identifier)?;
        if record.generation == generation {
            Certificates::<T>::get(identifier).map(Into::into)
        } else {
            let superseded = Superseded::<T>::get(identifier, generation)?;
            Some(superseded.certificate.into())
        }
    }

    /// The identities whose current certificates an identity issued, a page at a time.
    pub fn issued_by(issuer: Identifier, after: Option<Identifier>, limit: u32) -> Page {
        let limit = usize::try_from(limit.min(MAX_PAGE)).unwrap_or(0);
        let mut children = match after {
            None => IssuedBy::<T>::iter_key_prefix(issuer),
            Some(after) => {
                let start = IssuedBy::<T>::hashed_key_for(issuer, after);
                IssuedBy::<T>::iter_key_prefix_from(issuer, start)
            }
        };
        let identifiers: Vec<_> = children.by_ref().take(limit).collect();
        let is_last = children.next().is_none();
        let next = identifiers.last().copied().filter(|_| !is_last);
        Page { identifiers, next }
    }

    /// What [`Self::identity`] does not say.
    pub fn details(identifier: Identifier) -> Option<IdentityDetails> {
        let record = Identities::<T>::get(identifier)?;
        let standing = match Certificates::<T>::get(identifier) {
            None => Standing::Deactivated,
            Some(certificate) => {
                let parsed = ParsedCertificate::parse(&certificate).ok()?;
                Self::standing_of(identifier, &record, &parsed)
            }
        };
        let open = Self::open_recovery_of(identifier);
        let frozen_since = open.as_ref().map(|recovery| recovery.frozen_since);
        let controllers = Controllers::<T>::get(identifier);
        let (controller, pending_controller) = Self::both(controllers, frozen_since);
        let (guardians, pending_guardians) =
            Self::both(Guardians::<T>::get(identifier), frozen_since);
        let services = ServiceRecords::<T>::get(identifier);
        Some(IdentityDetails {
            standing,
            generation: record.generation,
            certified_at: record.certified_at.unique_saturated_into(),
            depth: record.depth,
            superseded: Self::superseded(identifier, &record),
            controller,
            pending_controller,
            guardians,
            pending_guardians,
            recovery: open.as_ref().map(Self::recovery_info),
            services: services.map_or_else(Vec::new, |record| record.services.into()),
        })
    }

    /// What counts now, and what is to come.
    fn both<Value: Clone>(
        delayed: Option<DelayedOf<T, Value>>,
        frozen_since: Option<BlockNumberFor<T>>,
    ) -> (Option<Value>, Pending<Value>) {
        let Some(delayed) = delayed else {
            return (None, None);
        };
        let now = Self::block();
        let current = delayed.at(now, frozen_since);
        let pending = delayed
            .pending
            .filter(|(_, due)| now < *due || frozen_since.is_some_and(|since| since < *due))
            .map(|(value, due)| (value, due.unique_saturated_into()));
        (current, pending)
    }

    fn superseded(identifier: Identifier, record: &IdentityRecordOf<T>) -> Vec<SupersededInfo> {
        let kept = record.generation.saturating_sub(MAX_SUPERSEDED)..record.generation;
        kept.filter_map(|generation| {
            let superseded = Superseded::<T>::get(identifier, generation)?;
            let key = ParsedCertificate::parse(&superseded.certificate)
                .ok()
                .and_then(|parsed| Keys::<T>::get(KeyFingerprint::of(&parsed)));
            let good_until = key.and_then(|key| key.good_until);
            Some(SupersededInfo {
                generation,
                certificate: superseded.certificate.into(),
                issuance: superseded.issuance,
                since: superseded.since.unique_saturated_into(),
                until: superseded.until.unique_saturated_into(),
                compromised_after: good_until.map(UniqueSaturatedInto::unique_saturated_into),
            })
        })
        .collect()
    }

    fn recovery_info(recovery: &RecoveryOf<T>) -> RecoveryInfo {
        let compromised_after = recovery.compromised_after;
        RecoveryInfo {
            number: recovery.number,
            certificate_hash: recovery.certificate_hash,
            compromised_after: compromised_after.map(UniqueSaturatedInto::unique_saturated_into),
            opened_at: recovery.opened_at.unique_saturated_into(),
            guardians: recovery.guardians.clone(),
            approvals: Self::approving(recovery),
            executable_from: Self::executable_from(recovery)
                .map(UniqueSaturatedInto::unique_saturated_into),
            lapses_after: Self::lapses_after(recovery).unique_saturated_into(),
        }
    }

    /// What has to be signed for a call, with the nonce of now.
    pub fn payload(query: PayloadQuery, valid_until: u32) -> Option<PayloadInfo> {
        match query {
            PayloadQuery::Register {
                certificate,
                algorithm,
            } => {
                let arguments = RegisterArguments {
                    certificate: &certificate,
                    algorithm,
                };
                Self::payload_of_new(&certificate, &arguments, valid_until)
            }
            PayloadQuery::RegisterIssued {
                certificate,
                algorithm,
                issuer,
                co_issuers,
            } => {
                let arguments = RegisterIssuedArguments {
                    certificate: &certificate,
                    algorithm,
                    issuer,
                    co_issuers,
                };
                Self::payload_of_new(&certificate, &arguments, valid_until)
            }
            PayloadQuery::CoIssue {
                co_issuer,
                certificate_hash,
                issuer,
            } => {
                let arguments = CoIssueArguments {
                    certificate_hash,
                    issuer,
                };
                let is_registered = Identities::<T>::contains_key(co_issuer);
                is_registered.then(|| Self::payload_with(co_issuer, 0, &arguments, valid_until))
            }
            other => Self::payload_of_identity(other, valid_until),
        }
    }

    /// The calls that a registered identity signs.
    fn payload_of_identity(query: PayloadQuery, valid_until: u32) -> Option<PayloadInfo> {
        match query {
            PayloadQuery::Renew {
                identifier,
                certificate,
                algorithm,
                compromised_after,
            } => {
                let arguments = RenewArguments {
                    identifier,
                    certificate: &certificate,
                    algorithm,
                    compromised_after,
                };
                Self::payload_by(Self::authority(identifier), &arguments, valid_until)
            }
            PayloadQuery::Reparent {
                identifier,
                certificate,
                algorithm,
                issuer,
                co_issuers,
            } => {
                let arguments = ReparentArguments {
                    identifier,
                    certificate: &certificate,
                    algorithm,
                    issuer,
                    co_issuers,
                };
                Self::payload_by(identifier, &arguments, valid_until)
            }
            PayloadQuery::ExecuteRecovery {
                identifier,
                number,
                certificate,
                algorithm,
            } => {
                let arguments = ExecuteRecoveryArguments {
                    identifier,
                    number,
                    certificate: &certificate,
                    algorithm,
                };
                Self::payload_by(identifier, &arguments, valid_until)
            }
            PayloadQuery::SetServices {
                identifier,
                services,
            } => {
                let services = Services::try_from(services).ok()?;
                let arguments = SetServicesArguments {
                    identifier,
                    services: &services,
                };
                Self::payload_by(identifier, &arguments, valid_until)
            }
            other => Self::payload_of_control(other, valid_until),
        }
    }

    /// The calls about control and recovery.
    fn payload_of_control(query: PayloadQuery, valid_until: u32) -> Option<PayloadInfo> {
        match query {
            PayloadQuery::Deactivate { identifier } => {
                let arguments = DeactivateArguments { identifier };
                Self::payload_by(Self::authority(identifier), &arguments, valid_until)
            }
            PayloadQuery::SetController {
                identifier,
                controller,
            } => {
                let arguments = SetControllerArguments {
                    identifier,
                    controller,
                };
                Self::payload_by(Self::authority(identifier), &arguments, valid_until)
            }
            PayloadQuery::SetGuardians {
                identifier,
                guardians,
            } => {
                let arguments = SetGuardiansArguments {
                    identifier,
                    guardians: &guardians,
                };
                Self::payload_by(Self::authority(identifier), &arguments, valid_until)
            }
            PayloadQuery::OpenRecovery {
                guardian,
                identifier,
                certificate_hash,
                compromised_after,
            } => {
                let arguments = OpenRecoveryArguments {
                    identifier,
                    certificate_hash,
                    compromised_after,
                };
                Self::payload_by(guardian, &arguments, valid_until)
            }
            PayloadQuery::ApproveRecovery {
                guardian,
                identifier,
                number,
                certificate_hash,
            } => {
                let arguments = ApproveRecoveryArguments {
                    identifier,
                    number,
                    certificate_hash,
                };
                Self::payload_by(guardian, &arguments, valid_until)
            }
            PayloadQuery::VetoRecovery { identifier, number } => {
                let arguments = VetoRecoveryArguments { identifier, number };
                Self::payload_by(Self::authority(identifier), &arguments, valid_until)
            }
            other => Self::payload_of_revocation(other, valid_until),
        }
    }

    /// The calls of `revocation`, whose requests count the same nonce.
    fn payload_of_revocation(query: PayloadQuery, valid_until: u32) -> Option<PayloadInfo> {
        match query {
            PayloadQuery::Revoke {
                issuer,
                serial,
                reason,
            } => {
                let arguments = RevokeArguments {
                    serial: &serial,
                    reason,
                };
                Self::payload_by(issuer, &arguments, valid_until)
            }
            PayloadQuery::Hold { issuer, serial } => {
                Self::payload_by(issuer, &HoldArguments { serial: &serial }, valid_until)
            }
            PayloadQuery::Release { issuer, serial } => {
                Self::payload_by(issuer, &ReleaseArguments { serial: &serial }, valid_until)
            }
            PayloadQuery::PublishCrl {
                issuer,
                crl,
                algorithm,
            } => {
                let arguments = PublishCrlArguments {
                    crl: &crl,
                    algorithm,
                };
                Self::payload_by(issuer, &arguments, valid_until)
            }
            // All others have been answered before.
            _ => None,
        }
    }

    fn payload_of_new<Arguments: CallArguments>(
        certificate: &[u8],
        arguments: &Arguments,
        valid_until: u32,
    ) -> Option<PayloadInfo> {
        let identifier = Identifier::of(&ParsedCertificate::parse(certificate).ok()?);
        Some(Self::payload_with(identifier, 0, arguments, valid_until))
    }

    fn payload_by<Arguments: CallArguments>(
        identifier: Identifier,
        arguments: &Arguments,
        valid_until: u32,
    ) -> Option<PayloadInfo> {
        let nonce = Identities::<T>::get(identifier)?.nonce;
        Some(Self::payload_with(
            identifier,
            nonce,
            arguments,
            valid_until,
        ))
    }

    fn payload_with<Arguments: CallArguments>(
        identifier: Identifier,
        nonce: u64,
        arguments: &Arguments,
        valid_until: u32,
    ) -> PayloadInfo {
        let payload = arguments.payload_of(Self::genesis_hash(), identifier, nonce, valid_until);
        PayloadInfo {
            payload: payload.to_bytes(),
            identifier,
            nonce,
        }
    }
}
