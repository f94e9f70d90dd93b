//! What must hold of the configuration and of the state.

use allod_identity::{MAX_CO_ISSUERS, SignatureAlgorithm};
use allod_x509::MAX_CERTIFICATE_SIZE;
use frame_support::{dispatch::DispatchClass, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use parity_scale_codec::MaxEncodedLen;

use crate::{
    charges::MAX_VISITED_BY_RECOVERY,
    pallet::{Config, Pallet},
    types::{IdentityRecordOf, KeyRecord, co_issuers_bytes},
    weights::WeightInfo,
};

/// The most bytes of an identity's values, its certificate, co-issuers, guardians, controller and
/// services apart.
const MAX_VALUES: usize = 256;

impl<T: Config> Pallet<T> {
    /// Panics if the runtime is put together so that the pallet cannot work.
    pub(crate) fn check_integrity() {
        let longest = usize::try_from(MAX_CERTIFICATE_SIZE).unwrap_or(usize::MAX);
        let limit = T::BlockWeights::get()
            .get(DispatchClass::Normal)
            .max_extrinsic
            .unwrap_or_else(|| T::BlockWeights::get().max_block);
        for algorithm in SignatureAlgorithm::ALL {
            let weight = Self::max_weight(algorithm);
            assert!(
                weight.all_lte(limit),
                "recovering with {longest} bytes and {algorithm} weighs {weight}, a block allows {limit}"
            );
        }
        let values = [
            IdentityRecordOf::<T>::max_encoded_len().saturating_sub(co_issuers_bytes()),
            KeyRecord::<BlockNumberFor<T>>::max_encoded_len(),
            // The compact length of the certificate.
            2,
            // The fingerprint's identifier, once it was renewed.
            32,
        ];
        let bytes = values
            .iter()
            .fold(0_usize, |sum, size| sum.saturating_add(*size));
        assert!(
            bytes <= MAX_VALUES,
            "an identity has {bytes} bytes of values beside its certificate: at most {MAX_VALUES}"
        );
    }

    /// The most expensive call there is with this algorithm: a recovery with all consents.
    pub(crate) fn max_weight(algorithm: SignatureAlgorithm) -> Weight {
        let signatures = u64::from(MAX_CO_ISSUERS).saturating_add(2);
        let signature = Self::register_weight(algorithm, 0);
        T::WeightInfo::execute_recovery(MAX_CERTIFICATE_SIZE, MAX_VISITED_BY_RECOVERY)
            .saturating_add(signature.saturating_mul(signatures))
    }

    /// Checks that the maps agree: every identity that lives has its certificate, which hashes to its
    /// identifier or its fingerprint's entry, its key, its serial number, and its place in its
    /// issuers' lists; a tombstone has none of what was given back; and nothing else is stored.
    #[cfg(any(feature = "std", feature = "try-runtime"))]
    pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
        use frame_support::ensure;

        use crate::pallet::{
            Certificates, Controllers, Guardians, Identities, IssuedBy, Recoveries, ServiceRecords,
            Superseded,
        };

        let (mut living, mut links) = (0_usize, 0_usize);
        for (identifier, record) in Identities::<T>::iter() {
            ensure!(record.nonce > 0, "identity that never made a request");
            let account = Self::account(identifier);
            ensure!(
                frame_system::Pallet::<T>::providers(&account) > 0,
                "identity whose account may cease"
            );
            let issuers = record.issuance.issuers();
            links = links.saturating_add(issuers.count());
            for issuer in record.issuance.issuers() {
                ensure!(
                    IssuedBy::<T>::contains_key(issuer.identifier, identifier),
                    "issued identity that its issuer does not list"
                );
                let above = Identities::<T>::get(issuer.identifier).ok_or("unknown issuer")?;
                ensure!(
                    above.generation >= issuer.generation,
                    "link to a certificate that is still to come"
                );
            }
            if record.is_deactivated {
                ensure!(
                    !Certificates::<T>::contains_key(identifier)
                        && !Controllers::<T>::contains_key(identifier)
                        && !Guardians::<T>::contains_key(identifier)
                        && !Recoveries::<T>::contains_key(identifier)
                        && !ServiceRecords::<T>::contains_key(identifier)
                        && Superseded::<T>::iter_prefix(identifier).next().is_none(),
                    "tombstone with something left"
                );
            } else {
                living = living.saturating_add(1);
                Self::check_living(identifier, &record)?;
            }
        }
        ensure!(
            Certificates::<T>::iter_keys().count() == living,
            "certificate without identity"
        );
        ensure!(
            IssuedBy::<T>::iter_keys().count() == links,
            "list with more than was issued"
        );
        Self::check_owners()
    }

    /// Checks that whatever is stored under an identifier belongs to an identity: what is given back at
    /// its end to one that lives.
    #[cfg(any(feature = "std", feature = "try-runtime"))]
    fn check_owners() -> Result<(), sp_runtime::TryRuntimeError> {
        use allod_x509::ParsedCertificate;
        use frame_support::ensure;

        use crate::pallet::{
            Certificates, Controllers, Fingerprints, Guardians, Identities, Keys, Recoveries,
            Serials, ServiceRecords, Superseded,
        };

        let superseded = Superseded::<T>::iter_keys().map(|(identifier, _)| identifier);
        let is_owned = Controllers::<T>::iter_keys()
            .chain(Guardians::<T>::iter_keys())
            .chain(Recoveries::<T>::iter_keys())
            .chain(ServiceRecords::<T>::iter_keys())
            .chain(superseded)
            .all(Certificates::<T>::contains_key);
        ensure!(is_owned, "something of an identity that does not live");
        let is_owned = Keys::<T>::iter_values()
            .map(|key| key.identifier)
            .chain(Serials::<T>::iter_keys().map(|(issuer, _)| issuer))
            .all(Identities::<T>::contains_key);
        ensure!(is_owned, "key or serial number of nobody");
        for (fingerprint, identifier) in Fingerprints::<T>::iter() {
            let certificate = Certificates::<T>::get(identifier).unwrap_or_default();
            let is_current = ParsedCertificate::parse(&certificate)
                .is_ok_and(|parsed| parsed.fingerprint() == fingerprint);
            ensure!(is_current, "fingerprint of no current certificate");
        }
        Ok(())
    }

    /// Checks one identity that was not deactivated.
    #[cfg(any(feature = "std", feature = "try-runtime"))]
    fn check_living(
        identifier: allod_identity::Identifier,
        record: &IdentityRecordOf<T>,
    ) -> Result<(), sp_runtime::TryRuntimeError> {
        use allod_identity::{KeyFingerprint, MAX_SUPERSEDED};
        use allod_x509::ParsedCertificate;
        use frame_support::ensure;

        use crate::pallet::{Certificates, Fingerprints, Keys, Serials, Superseded};

        let certificate =
            Certificates::<T>::get(identifier).ok_or("identity without certificate")?;
        let parsed =
            ParsedCertificate::parse(&certificate).map_err(|_| "unreadable certificate")?;
        let fingerprint = parsed.fingerprint();
        let is_found =
            fingerprint == identifier.0 || Fingerprints::<T>::get(fingerprint) == Some(identifier);
        ensure!(is_found, "certificate under another identifier");
        ensure!(
            parsed.signature_algorithm() == record.algorithm
                && parsed.serial() == &record.serial[..],
            "record of another certificate"
        );
        let key = Keys::<T>::get(KeyFingerprint::of(&parsed)).ok_or("key without entry")?;
        ensure!(
            key.identifier == identifier && key.good_until.is_none(),
            "key that does not lead to its identity"
        );
        let signer = record.issuance.issuer_of(identifier);
        ensure!(
            Serials::<T>::contains_key(signer, &record.serial),
            "serial number that is free"
        );
        let kept: alloc::vec::Vec<u32> = Superseded::<T>::iter_prefix(identifier)
            .map(|(generation, _)| generation)
            .collect();
        let oldest = record.generation.saturating_sub(MAX_SUPERSEDED);
        ensure!(
            kept.len() == usize::try_from(record.generation.min(MAX_SUPERSEDED)).unwrap_or(0)
                && kept
                    .iter()
                    .all(|generation| (oldest..record.generation).contains(generation)),
            "other certificates kept than the last four"
        );
        Ok(())
    }
}
