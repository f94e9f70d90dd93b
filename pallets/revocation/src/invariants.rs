//! What must hold of the configuration and of the state.

use allod_identity::{MAX_CRL_SIZE, SignatureAlgorithm};
use frame_support::{dispatch::DispatchClass, traits::Get};

use crate::pallet::{Config, Pallet};

/// Bytes of the shortest entry of a list: a serial number of one octet and a UTCTime.
pub(crate) const SHORTEST_ENTRY: u32 = 20;
/// Most entries of the longest list.
pub(crate) const MAX_ENTRIES: u32 = MAX_CRL_SIZE / SHORTEST_ENTRY;

impl<T: Config> Pallet<T> {
    /// Panics if the runtime is put together so that the pallet cannot work.
    pub(crate) fn check_integrity() {
        let limit = T::BlockWeights::get()
            .get(DispatchClass::Normal)
            .max_extrinsic
            .unwrap_or_else(|| T::BlockWeights::get().max_block);
        let longest = usize::try_from(MAX_CRL_SIZE).unwrap_or(usize::MAX);
        for algorithm in SignatureAlgorithm::ALL {
            let weight = Self::publish_weight(longest, MAX_ENTRIES, algorithm, algorithm);
            assert!(
                weight.all_lte(limit),
                "the longest list with {algorithm} weighs {weight}, a block allows {limit}"
            );
        }
    }

    /// Checks that every issuer's record counts what is there, and that every list has its summary.
    #[cfg(any(feature = "std", feature = "try-runtime"))]
    pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
        use allod_identity::is_serial;
        use frame_support::ensure;

        use crate::pallet::{Crls, Issuers, Statuses};

        for (issuer, serial, _) in Statuses::<T>::iter() {
            ensure!(is_serial(&serial), "malformed serial number");
            ensure!(
                Issuers::<T>::contains_key(issuer),
                "status without its issuer's record"
            );
        }
        for (issuer, record) in Issuers::<T>::iter() {
            let revoked = Statuses::<T>::iter_prefix_values(issuer)
                .filter(|status| status.status.is_final())
                .count();
            ensure!(
                u32::try_from(revoked) == Ok(record.revoked),
                "issuer that counts its revocations wrongly"
            );
            ensure!(
                record.crl.is_some() == Crls::<T>::contains_key(issuer),
                "list without summary, or summary without list"
            );
        }
        Ok(())
    }
}
