//! What must hold of the configuration and of the state.

use allod_identity::SignatureAlgorithm;
use allod_x509::MAX_CERTIFICATE_SIZE;
use frame_support::{dispatch::DispatchClass, traits::Get};
use parity_scale_codec::MaxEncodedLen;

use crate::{
    pallet::{Config, Pallet},
    types::IdentityRecordOf,
};

impl<T: Config> Pallet<T> {
    /// Panics if the runtime is put together so that the pallet cannot work.
    pub(crate) fn check_integrity() {
        let longest = usize::try_from(MAX_CERTIFICATE_SIZE).unwrap_or(usize::MAX);
        let limit = T::BlockWeights::get()
            .get(DispatchClass::Normal)
            .max_extrinsic
            .unwrap_or_else(|| T::BlockWeights::get().max_block);
        for algorithm in SignatureAlgorithm::ALL {
            let weight = Self::register_weight(algorithm, longest);
            assert!(
                weight.all_lte(limit),
                "registering {longest} bytes with {algorithm} weighs {weight}, a block allows {limit}"
            );
        }
        let record = IdentityRecordOf::<T>::max_encoded_len();
        assert!(
            record <= 192,
            "a record of {record} bytes: with 32 in `Keys` and 2 of the certificate's length it must \
             stay below 256"
        );
    }

    /// Checks that the three maps agree: every identity has its certificate, which hashes to its
    /// identifier, and its key, and there are no others.
    #[cfg(any(test, feature = "try-runtime"))]
    pub(crate) fn check_state() -> Result<(), sp_runtime::TryRuntimeError> {
        use allod_identity::{Identifier, KeyFingerprint};
        use allod_x509::ParsedCertificate;
        use frame_support::ensure;

        use crate::pallet::{Certificates, Identities, Keys};

        let mut count = 0_usize;
        for (identifier, record) in Identities::<T>::iter() {
            count = count.saturating_add(1);
            let certificate =
                Certificates::<T>::get(identifier).ok_or("identity without certificate")?;
            let parsed =
                ParsedCertificate::parse(&certificate).map_err(|_| "unreadable certificate")?;
            ensure!(
                Identifier::of(&parsed) == identifier,
                "certificate under another identifier"
            );
            ensure!(
                parsed.signature_algorithm() == record.algorithm,
                "record with another algorithm than its certificate's"
            );
            ensure!(
                Keys::<T>::get(KeyFingerprint::of(&parsed)) == Some(identifier),
                "key that does not lead to its identity"
            );
            ensure!(record.nonce > 0, "identity that never made a request");
        }
        ensure!(
            Certificates::<T>::iter_keys().count() == count,
            "certificate without identity"
        );
        ensure!(
            Keys::<T>::iter_keys().count() == count,
            "key without identity"
        );
        Ok(())
    }
}
