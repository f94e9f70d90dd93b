//! What the runtime API answers.

use alloc::vec::Vec;

use allod_identity::{
    Identifier, IdentityInfo, KeyFingerprint, LinkReport, Purpose, VerificationReport,
    checks::{Link, Position},
};
use allod_x509::ParsedCertificate;
use frame_support::traits::Contains;
use sp_runtime::traits::UniqueSaturatedInto;

use crate::pallet::{Certificates, Config, Identities, Keys, Pallet};

impl<T: Config> Pallet<T> {
    /// What is stored about an identity; `None` if it is not registered.
    pub fn identity(identifier: Identifier) -> Option<IdentityInfo> {
        let record = Identities::<T>::get(identifier)?;
        let certificate: Vec<u8> = Certificates::<T>::get(identifier)?.into();
        let key = KeyFingerprint::of(&ParsedCertificate::parse(&certificate).ok()?);
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
        Keys::<T>::get(key)
    }

    /// The nonce that the identity's next request must have.
    pub fn next_nonce(identifier: Identifier) -> u64 {
        Identities::<T>::get(identifier).map_or(0, |record| record.nonce)
    }

    /// Whether an identity holds and under whom, by the current state; validity at `time` (seconds
    /// since 1970), by default the block's.
    ///
    /// Without `accepted_roots` any root passes, and nothing is said about trust.
    pub fn verify(
        identifier: Identifier,
        time: Option<u64>,
        purpose: Option<Purpose>,
        accepted_roots: Option<&[Identifier]>,
    ) -> VerificationReport {
        let time = time.unwrap_or_else(Self::now);
        let link = Self::verify_link(identifier, time, Position::Target(purpose));
        let links = [link].to_vec();
        VerificationReport::new(identifier, time, purpose, links, accepted_roots)
    }

    /// Checks one identity, whose certificate must be signed by its own key.
    fn verify_link(identifier: Identifier, time: u64, position: Position) -> LinkReport {
        let Some(certificate) = Certificates::<T>::get(identifier) else {
            return LinkReport::unregistered(identifier);
        };
        let Ok(certificate) = ParsedCertificate::parse(&certificate) else {
            return LinkReport::unreadable(identifier);
        };
        let link = Link {
            identifier,
            certificate: &certificate,
            issuer: &certificate,
            is_algorithm_accepted: T::Algorithms::contains(&certificate.signature_algorithm()),
            position,
        };
        link.check(time)
    }
}
