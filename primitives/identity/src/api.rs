//! The runtime API of Auto ID.

// What `decl_runtime_apis!` adds to a trait has no documentation of its own.
#![allow(missing_docs)]

use alloc::vec::Vec;

use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{BoundedVec, traits::ConstU32};

use crate::{
    Identifier, KeyFingerprint, Purpose, SignatureAlgorithm, SignedRequest, VerificationReport,
};

/// Most roots that a caller may name in one question.
pub const MAX_ACCEPTED_ROOTS: u32 = 16;

/// The roots that a caller accepts.
pub type AcceptedRoots = BoundedVec<Identifier, ConstU32<MAX_ACCEPTED_ROOTS>>;

/// Who issued an identity's certificate.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "kind", rename_all = "camelCase")
)]
pub enum Issuance {
    /// Nobody but itself: a root.
    #[codec(index = 0)]
    SelfIssued,
}

/// What the chain stores about an identity.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct IdentityInfo {
    /// DER of the current certificate.
    pub certificate: Vec<u8>,
    /// The algorithm of the signature on it.
    pub algorithm: SignatureAlgorithm,
    /// Fingerprint of its key.
    pub key: KeyFingerprint,
    /// Who issued it.
    pub issuance: Issuance,
    /// The nonce that the identity's next request must have.
    pub nonce: u64,
    /// The block in which the identity was registered.
    pub registered_at: u32,
}

sp_api::decl_runtime_apis! {
    /// Questions about identities, answered from the state of the block they are asked at (§11).
    pub trait AutoIdApi {
        /// What the chain stores about an identity; `None` if it is not registered.
        fn identity(identifier: Identifier) -> Option<IdentityInfo>;

        /// The live identity that a key serves, if any.
        fn identity_by_key(key: KeyFingerprint) -> Option<Identifier>;

        /// The nonce that the next request of an identity must have; 0 if it is not registered.
        fn next_nonce(identifier: Identifier) -> u64;

        /// Whether an identity holds and under whom.
        ///
        /// `time`: seconds since 1970 that validity is judged at, instead of the block's timestamp;
        /// everything else is judged by the block's state. `purpose`: what the key is wanted for.
        /// `accepted_roots`: without them any root passes, and nothing is said about trust.
        fn verify(
            identifier: Identifier,
            time: Option<u64>,
            purpose: Option<Purpose>,
            accepted_roots: Option<AcceptedRoots>,
        ) -> VerificationReport;

        /// The SCALE encoding of the call `register` in this runtime, for an extrinsic. `None` if
        /// the certificate is longer than any that is accepted. Nothing else is checked.
        fn register_call(
            certificate: Vec<u8>,
            algorithm: SignatureAlgorithm,
            request: SignedRequest,
        ) -> Option<Vec<u8>>;
    }
}
