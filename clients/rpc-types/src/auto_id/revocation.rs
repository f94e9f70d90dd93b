//! Revocation lists.

use super::{BlockReference, BoundedBytes};
use allod_identity::{MAX_CRL_SIZE, SignatureAlgorithm};
use serde::{Deserialize, Serialize};

/// The DER of `tbsCertList`, shorter than the list that it becomes.
pub type ToBeSignedBytes = BoundedBytes<{ MAX_CRL_SIZE as usize }>;

/// The last revocation list that an issuer published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CrlAnswer {
    /// The list: PEM with the label X509 CRL, or DER as `0x…` hex.
    pub crl: String,
    /// The block in which it was published.
    pub published_at: u32,
    /// When it was made, in seconds since 1970.
    pub this_update: u64,
    /// When the issuer promised a newer one, in seconds since 1970.
    pub next_update: u64,
    /// Whether the chain knows more than it: something was revoked, held or released since.
    pub is_outdated: bool,
    /// The block whose state this is.
    pub block: BlockReference,
}

/// A revocation list to be signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToBeSignedAnswer {
    /// DER of `tbsCertList`. The issuer's key signs it; with the algorithm and the signature behind it
    /// in a SEQUENCE (RFC 5280, 5.1.1) it is the list.
    pub tbs: ToBeSignedBytes,
    /// The algorithm that it names.
    pub algorithm: SignatureAlgorithm,
    /// Its number (cRLNumber).
    pub number: u64,
    /// How many certificates it lists.
    pub entries: u32,
    /// The block whose state this is.
    pub block: BlockReference,
}
