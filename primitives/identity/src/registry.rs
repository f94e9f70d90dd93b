//! The borders between the pallets of Auto ID. Pallets never name a sibling: each names one of these
//! traits in its configuration, and the runtime says who implements it.
//!
//! ```text
//! auto-id ── CertificateStatuses ──▶ revocation      is this certificate taken back?
//! revocation ── IdentityAuthority ──▶ auto-id        may this identity act? count its nonce
//! ```
//!
//! Neither trait names the other, so that the two configurations do not bound each other. `()`
//! implements [`CertificateStatuses`] for a runtime in which nothing is ever revoked.

use alloc::vec::Vec;

use crate::{
    CertificateStatus, Identifier, IdentityRequest, SignatureAlgorithm, request::CallArguments,
};

/// What `revocation` knows about certificates, whether registered or not.
pub trait CertificateStatuses {
    /// What the issuer said about its certificate with this serial number (the contents of the DER
    /// INTEGER); `None` if nothing. Costs at most two reads, however much the issuer has issued.
    fn status(issuer: Identifier, serial: &[u8]) -> Option<CertificateStatus>;

    /// When the issuer promised a newer revocation list than the last one it published, in seconds
    /// since 1970. `None` if it promised none.
    fn next_update(issuer: Identifier) -> Option<u64>;
}

impl CertificateStatuses for () {
    fn status(_: Identifier, _: &[u8]) -> Option<CertificateStatus> {
        None
    }

    fn next_update(_: Identifier) -> Option<u64> {
        None
    }
}

/// Why a request does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The acting identity is not registered.
    #[error("the acting identity is not registered")]
    NotRegistered,
    /// The request was valid up to an earlier block.
    #[error("the request was valid up to an earlier block")]
    Expired,
    /// The nonce is not the acting identity's next one.
    #[error("the nonce is not the acting identity's next one")]
    WrongNonce,
    /// The nonces are used up.
    #[error("the acting identity has used all its nonces")]
    NonceOverflow,
    /// The declared algorithm does not go with the acting identity's key.
    #[error("the declared algorithm does not go with the acting identity's key")]
    WrongAlgorithm,
    /// The declared algorithm is not accepted any more.
    #[error("the declared algorithm is not accepted any more")]
    AlgorithmRetired,
    /// The acting identity's certificate has expired: it may only be renewed or deactivated.
    #[error("the acting identity's certificate has expired")]
    ActorExpired,
    /// The acting identity is on hold: it may do nothing.
    #[error("the acting identity is on hold")]
    ActorOnHold,
    /// The acting identity is revoked.
    #[error("the acting identity is revoked")]
    ActorRevoked,
    /// The acting identity is deactivated.
    #[error("the acting identity is deactivated")]
    ActorDeactivated,
    /// The signature does not verify with the acting identity's current key over the payload.
    #[error("the signature does not verify with the acting identity's key over the payload")]
    SignatureInvalid,
}

/// What `auto-id` does for pallets whose calls identities sign.
pub trait IdentityAuthority {
    /// Checks a request of an identity, which must be valid by itself: its issuers are not asked (the table of §11.4).
    /// Counts its nonce; changes nothing if it fails. Costs one signature check.
    fn authenticate<Arguments: CallArguments>(
        request: &IdentityRequest,
        arguments: &Arguments,
    ) -> Result<(), RequestError>;

    /// Whether signatures of this algorithm are accepted, or not any more.
    fn accepts(algorithm: SignatureAlgorithm) -> bool;

    /// DER of an identity's current certificate; `None` if it has none (any more).
    fn certificate(identifier: Identifier) -> Option<Vec<u8>>;

    /// Makes a self-issued certificate an identity whose next nonce is 1, without a request.
    #[cfg(feature = "runtime-benchmarks")]
    fn register_for_benchmark(certificate: &[u8]) -> Option<Identifier>;
}
