//! Auto ID: identifiers, signed requests, reports of verification, and the runtime API (§11).
//!
//! An identity is named by an [`Identifier`], the SHA-256 of its first certificate, and acts by
//! requests that its key signs ([`RequestPayload`]); any account carries them and pays. Whoever
//! wants to know whether an identity holds gets a [`VerificationReport`] that names every link and
//! every check.
//!
//! The rules that a verifier applies to one certificate are in [`checks`], pure functions that need
//! no chain, so that pallet, node and third parties share them; which certificates stand above one
//! another is the chain's state, and walking it the pallet's business.
//!
//! | module | holds |
//! |---|---|
//! | [`identifier`] | identifiers of identities and of keys |
//! | [`request`] | the bytes that an identity's key signs |
//! | [`report`] | what verification answers |
//! | [`checks`] | the rules for one certificate |
//! | [`api`] | the runtime API |

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
pub mod checks;
pub mod identifier;
pub mod report;
pub mod request;

pub use allod_x509::{MAX_CERTIFICATE_SIZE, MAX_SIGNATURE_SIZE, SignatureAlgorithm};
#[cfg(feature = "std")]
pub use api::AutoIdApi;
pub use api::{AcceptedRoots, IdentityInfo, Issuance, MAX_ACCEPTED_ROOTS};
pub use identifier::{Identifier, IdentifierError, KeyFingerprint};
pub use report::{
    Check, CheckReport, Failure, LinkReport, Outcome, Purpose, Reason, RootTrust,
    VerificationReport,
};
pub use request::{RegisterArguments, RequestPayload, SignedRequest};
