//! Auto ID: identifiers, signed requests, reports of verification, and the runtime API (§11).
//!
//! An identity is named by an [`Identifier`], the SHA-256 of its first certificate, and acts by
//! requests that its key signs ([`RequestPayload`]); any account carries them and pays. Whoever
//! wants to know whether an identity holds gets a [`VerificationReport`] that names every link and
//! every check.
//!
//! The rules that a verifier applies to certificates are in [`checks`], pure functions that need no
//! chain, so that pallet, node and third parties share them; which certificates stand above one
//! another is the chain's state, and walking it the pallet's business.
//!
//! | module | holds |
//! |---|---|
//! | [`identifier`] | identifiers of identities and of keys |
//! | [`issuance`] | who issued whom: links, and their limits |
//! | [`control`] | guardians, service endpoints |
//! | [`revocation`] | serial numbers, status of a certificate |
//! | [`request`] | the bytes that an identity's key signs |
//! | [`data`] | the bytes that an identity's key signs to vouch for data |
//! | [`report`] | what verification answers |
//! | [`checks`] | the rules for a graph of certificates |
//! | [`registry`] | the traits between the pallets |
//! | [`api`] | the runtime APIs |
//! | [`calls`] | the runtime API that encodes calls |
//! | [`transaction`] | what a key signs to send any call as an account, and the runtime API that makes it |

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing
    )
)]

extern crate alloc;

pub mod api;
pub mod calls;
pub mod checks;
pub mod control;
pub mod data;
pub mod identifier;
pub mod issuance;
pub mod registry;
pub mod report;
pub mod request;
pub mod revocation;
pub mod transaction;

pub use allod_x509::{
    MAX_CERTIFICATE_SIZE, MAX_CRL_SIZE, MAX_SERIAL_OCTETS, MAX_SIGNATURE_SIZE, RevocationReason,
    SignatureAlgorithm,
};
pub use api::{AcceptedRoots, IdentityInfo, MAX_ACCEPTED_ROOTS};
#[cfg(feature = "std")]
pub use api::{AutoIdApi, AutoIdLookupApi, RevocationApi};
pub use control::{
    GuardianSet, GuardianSetError, MAX_GUARDIANS, MAX_RECOVERY_DELAY, MAX_SERVICES,
    RECOVERY_WINDOW, Service, ServiceError, Services, check_services,
};
pub use data::{DATA_CONTEXT, DataPayload, KeyTenure, TenureError, judge_block};
pub use identifier::{Identifier, IdentifierError, KeyFingerprint};
pub use issuance::{
    CertificateReference, CoIssuers, Issuance, MAX_CO_ISSUERS, MAX_DEPTH, MAX_SUPERSEDED,
    MAX_VISITED,
};
pub use registry::{CertificateStatuses, IdentityAuthority, RequestError};
pub use report::{
    Check, CheckReport, Failure, LinkReport, Outcome, Purpose, Reason, RootTrust,
    VerificationReport,
};
pub use request::{
    CallArguments, Consent, Consents, IdentityRequest, Possession, RegisterArguments,
    RequestPayload, SignatureBytes, SignedRequest,
};
pub use revocation::{CertificateStatus, Serial, is_serial};
pub use transaction::{
    IdentityProof, MAX_NONCES_AHEAD, TRANSACTION_TAG, TransactionRefusal, transaction_payload,
};
