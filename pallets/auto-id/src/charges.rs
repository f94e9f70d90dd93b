//! What calls weigh, known from their arguments alone: the length of the certificate, the declared
//! algorithms, and the most certificates that can stand above. What a call did not read it gives
//! back.
//!
//! The benchmarks of calls use Ed25519 throughout. A more expensive algorithm adds the difference between one
//! of its signature checks and one of Ed25519; an RSA signature counts as one of 4,096 bits.

use allod_identity::{
    Consent, IdentityRequest, MAX_GUARDIANS, MAX_VISITED, Possession, SignatureAlgorithm,
};
use allod_x509::KeyAlgorithm;
use frame_support::{traits::Get, weights::Weight};

use crate::{
    pallet::{Config, Pallet},
    weights::WeightInfo,
};

/// What a guardian's approval reads at most: what stands above the identity, and above the guardian.
pub(crate) const MAX_VISITED_BY_GUARDIAN: u32 = MAX_VISITED.saturating_mul(2);
/// What a recovery's execution reads at most: what stands above the identity, above every guardian,
/// and above the new certificate.
pub(crate) const MAX_VISITED_BY_RECOVERY: u32 =
    MAX_VISITED.saturating_mul(MAX_GUARDIANS.saturating_add(2));

impl<T: Config> Pallet<T> {
    /// One signature check.
    fn signature_weight(algorithm: SignatureAlgorithm) -> Weight {
        match algorithm.key_algorithm() {
            KeyAlgorithm::Ed25519 => T::WeightInfo::signature_ed25519(),
            KeyAlgorithm::P256 => T::WeightInfo::signature_p256(),
            KeyAlgorithm::P384 => T::WeightInfo::signature_p384(),
            KeyAlgorithm::Rsa => T::WeightInfo::signature_rsa(),
        }
    }

    /// What one signature check costs more than the benchmark's.
    fn surplus(algorithm: SignatureAlgorithm) -> Weight {
        let benchmarked = T::WeightInfo::signature_ed25519();
        Self::signature_weight(algorithm).saturating_sub(benchmarked)
    }

    /// Making the account of a new identity exist. The benchmarks in `weights.rs` were measured before registrations did.
    fn account_weight() -> Weight {
        T::DbWeight::get().reads_writes(1, 1)
    }

    /// What it takes to find an identity's key for a transaction and to check its signature. The signature is measured.
    /// Looking the identity up, with its certificate, recovery and account, has no benchmark of its own: it is taken for
    /// what a renewal weighs more for each identity above, which is read and judged with its certificate.
    pub fn identity_signature_weight(algorithm: SignatureAlgorithm) -> Weight {
        let above = T::WeightInfo::renew(0, 1).saturating_sub(T::WeightInfo::renew(0, 0));
        Self::signature_weight(algorithm).saturating_add(above)
    }

    /// The benchmarks of calls have no consents: each takes a signature check, and the reading of a
    /// certificate and two entries of lists beside it.
    fn consents_weight(consents: &[Consent]) -> Weight {
        let entries = T::DbWeight::get().reads_writes(1, 2);
        consents.iter().fold(Weight::zero(), |sum, consent| {
            sum.saturating_add(Self::signature_weight(consent.algorithm))
                .saturating_add(entries)
        })
    }

    fn length(length: usize) -> u32 {
        u32::try_from(length).unwrap_or(u32::MAX)
    }

    /// The weight of a call that one identity signs.
    pub fn request_weight(base: Weight, request: &IdentityRequest) -> Weight {
        base.saturating_add(Self::surplus(request.algorithm))
    }

    /// The weight of registering a self-issued certificate of so many bytes.
    pub fn register_weight(algorithm: SignatureAlgorithm, length: usize) -> Weight {
        T::WeightInfo::register(Self::length(length))
            .saturating_add(Self::account_weight())
            .saturating_add(Self::surplus(algorithm).saturating_mul(2))
    }

    /// The weight of registering an issued one, with so many certificates read above it.
    pub fn register_issued_weight(
        algorithm: SignatureAlgorithm,
        length: usize,
        key_algorithm: SignatureAlgorithm,
        consents: &[Consent],
        visited: Option<u32>,
    ) -> Weight {
        let visited = visited.unwrap_or(MAX_VISITED);
        T::WeightInfo::register_issued(Self::length(length), visited)
            .saturating_add(Self::account_weight())
            .saturating_add(Self::surplus(algorithm))
            .saturating_add(Self::surplus(key_algorithm))
            .saturating_add(Self::consents_weight(consents))
    }

    /// The weight of a renewal.
    pub fn renew_weight(
        algorithm: SignatureAlgorithm,
        length: usize,
        request: &IdentityRequest,
        possession: Option<&Possession>,
        consents: &[Consent],
        visited: Option<u32>,
    ) -> Weight {
        let visited = visited.unwrap_or(MAX_VISITED);
        let base = T::WeightInfo::renew(Self::length(length), visited);
        let shown = possession.map_or(Weight::zero(), |shown| Self::surplus(shown.algorithm));
        Self::request_weight(base, request)
            .saturating_add(Self::surplus(algorithm))
            .saturating_add(shown)
            .saturating_add(Self::consents_weight(consents))
    }

    /// The weight of a re-parenting.
    pub fn reparent_weight(
        algorithm: SignatureAlgorithm,
        length: usize,
        request: &IdentityRequest,
        consents: &[Consent],
        visited: Option<u32>,
    ) -> Weight {
        let visited = visited.unwrap_or(MAX_VISITED_BY_GUARDIAN);
        let base = T::WeightInfo::reparent(Self::length(length), visited);
        Self::request_weight(base, request)
            .saturating_add(Self::surplus(algorithm))
            .saturating_add(Self::consents_weight(consents))
    }

    /// The weight of what a guardian does.
    pub fn guardian_weight(
        weigh: fn(u32) -> Weight,
        request: &IdentityRequest,
        visited: Option<u32>,
    ) -> Weight {
        let base = weigh(visited.unwrap_or(MAX_VISITED_BY_GUARDIAN));
        Self::request_weight(base, request)
    }

    /// The weight of a recovery's execution.
    pub fn execute_recovery_weight(
        algorithm: SignatureAlgorithm,
        length: usize,
        request: &IdentityRequest,
        consents: &[Consent],
        visited: Option<u32>,
    ) -> Weight {
        let visited = visited.unwrap_or(MAX_VISITED_BY_RECOVERY);
        let base = T::WeightInfo::execute_recovery(Self::length(length), visited);
        Self::request_weight(base, request)
            .saturating_add(Self::surplus(algorithm))
            .saturating_add(Self::consents_weight(consents))
    }
}
