//! What `autoId_subscribe` sends.

use super::{CertificateFingerprint, VerifyAnswer};
use allod_identity::Identifier;
use serde::{Deserialize, Serialize};

/// Why a notification came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChangeCause {
    /// The subscription began: how things stand.
    Subscribed,
    /// Something is otherwise than in the last notification about this identity.
    Changed,
}

/// How things stand with an identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The identity.
    pub identifier: Identifier,
    /// Why this was sent.
    pub cause: ChangeCause,
    /// Which of its certificates is the current one at the best block; null if it is not registered.
    pub generation: Option<u32>,
    /// SHA-256 of that certificate; null if there is none (any more).
    pub certificate: Option<CertificateFingerprint>,
    /// Whether it holds, by the best and the finalized block.
    pub verification: VerifyAnswer,
}
