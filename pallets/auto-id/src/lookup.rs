//! What is stored about identities, for those who ask.

use alloc::vec::Vec;

use allod_identity::{
    CertificateReference, Identifier, IdentityInfo, KeyFingerprint, MAX_SUPERSEDED,
    api::{
        IdentityDetails, MAX_PAGE, Page, PayloadInfo, PayloadQuery, RecoveryInfo, Standing,
        SupersededInfo,
    },
    request::Terms,
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
        let (identifier, nonce) = Self::actor_of(&query)?;
        let terms = Terms {
            genesis: Self::genesis_hash(),
            nonce,
            valid_until,
        };
        let payload = query.request(identifier, terms).ok()?.to_bytes();
        Some(PayloadInfo {
            payload,
            identifier,
            nonce,
        })
    }

    /// The identity that signs for a call, and the nonce of its request; `None` if it is not registered, or is
    /// new and its certificate cannot be read.
    fn actor_of(query: &PayloadQuery) -> Option<(Identifier, u64)> {
        let actor = match query {
            PayloadQuery::Register { certificate, .. }
            | PayloadQuery::RegisterIssued { certificate, .. } => {
                let certificate = ParsedCertificate::parse(certificate).ok()?;
                return Some((Identifier::of(&certificate), 0));
            }
            PayloadQuery::CoIssue { co_issuer, .. } => {
                return Identities::<T>::contains_key(co_issuer).then_some((*co_issuer, 0));
            }
            PayloadQuery::Renew { identifier, .. }
            | PayloadQuery::Deactivate { identifier }
            | PayloadQuery::SetController { identifier, .. }
            | PayloadQuery::SetGuardians { identifier, .. }
            | PayloadQuery::VetoRecovery { identifier, .. } => Self::authority(*identifier),
            PayloadQuery::Reparent { identifier, .. }
            | PayloadQuery::ExecuteRecovery { identifier, .. }
            | PayloadQuery::SetServices { identifier, .. } => *identifier,
            PayloadQuery::OpenRecovery { guardian, .. }
            | PayloadQuery::ApproveRecovery { guardian, .. } => *guardian,
            PayloadQuery::Revoke { issuer, .. }
            | PayloadQuery::Hold { issuer, .. }
            | PayloadQuery::Release { issuer, .. }
            | PayloadQuery::PublishCrl { issuer, .. } => *issuer,
        };
        Some((actor, Identities::<T>::get(actor)?.nonce))
    }
}
