//! What calls are charged before they run, from their arguments alone.

use allod_identity::SignatureAlgorithm;
use allod_x509::KeyAlgorithm;
use frame_support::weights::Weight;

use crate::{
    invariants::SHORTEST_ENTRY,
    pallet::{Config, Pallet},
    weights::WeightInfo,
};

impl<T: Config> Pallet<T> {
    /// What one signature check costs more than the benchmarks' Ed25519.
    fn surplus(algorithm: SignatureAlgorithm) -> Weight {
        let weight = match algorithm.key_algorithm() {
            KeyAlgorithm::Ed25519 => T::WeightInfo::signature_ed25519(),
            KeyAlgorithm::P256 => T::WeightInfo::signature_p256(),
            KeyAlgorithm::P384 => T::WeightInfo::signature_p384(),
            KeyAlgorithm::Rsa => T::WeightInfo::signature_rsa(),
        };
        weight.saturating_sub(T::WeightInfo::signature_ed25519())
    }

    /// The weight of a call that the issuer signs with this algorithm.
    pub fn request_weight(base: Weight, algorithm: SignatureAlgorithm) -> Weight {
        base.saturating_add(Self::surplus(algorithm))
    }

    /// The weight of publishing a list of so many bytes and entries.
    pub fn publish_weight(
        length: usize,
        entries: u32,
        algorithm: SignatureAlgorithm,
        request_algorithm: SignatureAlgorithm,
    ) -> Weight {
        // Bytes that are no entries take reading, too: as much as entries of the same length.
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let weighed = entries.max(length / SHORTEST_ENTRY);
        T::WeightInfo::publish_crl(weighed)
            .saturating_add(Self::surplus(algorithm))
            .saturating_add(Self::surplus(request_algorithm))
    }
}
