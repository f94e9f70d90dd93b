//! X.509 certificates as the chain reads them: bounded, strict, the same in the pallet and the node.
//!
//! Certificates pass stages, and each stage is a type, so that what was checked cannot be forgotten or
//! forged:
//!
//! ```text
//! bytes ── ParsedCertificate::parse ──▶ ParsedCertificate ── verify_self_issued ──▶ SelfIssuedCertificate
//!           form, limits, algorithms            │             names equal, own signature
//!                                               └── path::verify_path ──▶ PathReport
//!                                                    every rule of RFC 5280, 6.1, link by link
//! bytes ── ParsedCrl::parse ──▶ ParsedCrl ── verify_issued_by ──▶ the issuer's word
//! ```
//!
//! [`ParsedCertificate::parse`] walks the whole certificate once (tags, minimal lengths), checks the rules of
//! RFC 5280 that need nothing but the certificate, and then asks `rustls-webpki` for a second opinion.
//! Signatures are verified by `rustls-webpki` with RustCrypto's algorithms behind it (see
//! [`SignatureAlgorithm`]). The time is not looked at here: validity is judged when somebody asks, against the
//! clock that they name.
//!
//! # What is accepted (§11 of the design)
//!
//! - DER and nothing else: minimal lengths, no defaults written out, no trailing bytes anywhere.
//! - Version 3; a serial from 1 to 2^159 − 1; no unique identifiers; issuer not empty; UTCTime up to 2049,
//!   GeneralizedTime from then on.
//! - At most [`MAX_CERTIFICATE_SIZE`] bytes, [`MAX_EXTENSIONS`] extensions, each at most once,
//!   [`MAX_ALTERNATIVE_NAMES`] alternative names, [`MAX_NAME_CONSTRAINTS`] name-constraint subtrees,
//!   [`MAX_PURPOSES`] purposes.
//! - Critical extensions only if known: key usage, alternative name, basic constraints, name
//!   constraints, extended key usage. Key identifiers are known and must not be critical.
//! - Name constraints only of forms that [`name_constraints`] lists.
//! - Signature algorithms of [`SignatureAlgorithm`], the same one inside and outside of what is signed. SHA-1 and
//!   short RSA keys are refused by name.
//! - Public keys in the one encoding that each has (points uncompressed, Ed25519 canonical, RSA with two minimal
//!   integers), so that a key has one [`ParsedCertificate::key_fingerprint`].
//!
//! # What an ECDSA certificate's fingerprint is worth
//!
//! Whoever has a certificate with the signature (r, s) can write (r, n − s) into it, which verifies as
//! well: other bytes, another fingerprint, the same key, serial number and names. (Some signers produce high s,
//! so both are accepted.) A fingerprint therefore identifies bytes and never proves that no twin exists. What
//! protects from a twin is what it has in common with the original: registering takes the key's own signature over
//! a request that names the fingerprint, which only the key's holder makes; a key serves one identity, by
//! [`ParsedCertificate::key_fingerprint`]; and revocation is by issuer and serial number, which both share. The
//! other algorithms have no such twins: Ed25519 is verified strictly, an RSA signature is a number below the modulus in
//! exactly its length, and whatever is outside of what is signed must equal what is inside.
//!
//! | module | holds |
//! |---|---|
//! | [`algorithm`] | the tables of signature algorithms and of kinds of keys |
//! | [`certificate`] | the stages above |
//! | [`extensions`], [`general_name`], [`name`] | what certificates say |
//! | [`limits`] | how much of them is read |
//! | [`path`] | the rules of a path, one by one and all together |
//! | [`name_constraints`] | one rule that needs a module, and a budget |
//! | [`second_opinion`] | what `rustls-webpki` says of a path, and where it is overruled |
//! | [`profile`] | rules for those who issue, which a path does not need |
//! | [`crl`] | revocation lists, read and written |
//! | [`error`] | one variant per cause |
//! | [`csr`] (feature `builder`) | certification requests |
//! | [`signing_key`] (feature `builder`) | private keys |
//! | [`private_key`] (feature `builder`) | private keys in DER: PKCS #8, SEC 1, PKCS #1 |
//! | [`encrypted_key`] (feature `std`) | private keys under a password |
//! | [`builder`] (feature `builder`) | makes certificates, good and bad |

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

pub mod algorithm;
#[cfg(any(test, feature = "builder"))]
pub mod builder;
pub mod certificate;
pub mod crl;
#[cfg(any(test, feature = "builder"))]
pub mod csr;
mod digest;
#[cfg(feature = "std")]
pub mod encrypted_key;
pub mod error;
pub mod extensions;
pub mod general_name;
mod host_name;
pub mod limits;
pub mod name;
pub mod name_constraints;
mod named;
pub mod path;
#[cfg(any(test, feature = "builder"))]
pub mod private_key;
pub mod profile;
mod reader;
mod rsa_key;
#[cfg(feature = "std")]
mod scrypt;
pub mod second_opinion;
#[cfg(any(test, feature = "builder"))]
pub mod signing_key;
#[cfg(test)]
mod tests;
mod time;
mod verifier;
mod writer;

pub use algorithm::{KeyAlgorithm, Scheme, SignatureAlgorithm};
pub use certificate::{ParsedCertificate, PublicKey, SelfIssuedCertificate, check_serial};
pub use crl::{CrlBuilder, CrlEntry, CrlError, CrlReason, ParsedCrl, RevocationReason};
#[cfg(any(test, feature = "builder"))]
pub use csr::{CsrError, ParsedRequest};
pub use digest::Digest;
pub use error::{CertificateError, Field, SignatureError};
pub use extensions::{AuthorityKeyIdentifier, BasicConstraints, Extension, KeyUsage, oid};
pub use general_name::{GeneralName, NameForm};
pub use limits::{
    Limits, MAX_ALTERNATIVE_NAMES, MAX_CERTIFICATE_SIZE, MAX_CHAIN, MAX_CRL_SIZE, MAX_EXTENSIONS,
    MAX_NAME_CONSTRAINTS, MAX_PURPOSES, MAX_REQUEST_SIZE, MAX_SERIAL_OCTETS, MAX_SIGNATURE_SIZE,
    RSA_MAX_BITS, RSA_MAX_EXPONENT, RSA_MIN_BITS,
};
pub use name::Name;
pub use name_constraints::{Budget, NameConstraints};
pub use path::{PathError, PathReport, Purpose, Rule};
#[cfg(any(test, feature = "builder"))]
pub use private_key::PrivateKeyError;
#[cfg(any(test, feature = "builder"))]
pub use signing_key::SigningKey;
pub use time::{Validity, format_time};
