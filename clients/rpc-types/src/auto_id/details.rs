//! What is stored about an identity beside its certificate.

use super::{
    BlockReference, CertificateBytes, CertificateFingerprint, GuardianSetEntry, ServiceEntry,
};
use allod_identity::{Identifier, Issuance, KeyFingerprint};
use serde::{Deserialize, Serialize};

/// What became of an identity, by itself: its issuers are not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StandingName {
    /// Its certificate counts now.
    Valid,
    /// Its certificate has expired.
    Expired,
    /// Its issuer put it on hold.
    OnHold,
    /// Its issuer revoked it.
    Revoked,
    /// It is a root that revoked itself.
    RevokedRoot,
    /// It was deactivated, for ever.
    Deactivated,
}

/// Everything about an identity that `autoId_identity` does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DetailsAnswer {
    /// The identity.
    pub identifier: Identifier,
    /// What became of it, by itself.
    pub standing: StandingName,
    /// Which of its certificates is the current one: 0 for the first.
    pub generation: u32,
    /// The block in which the current certificate was registered.
    pub certified_at: u32,
    /// How many certificates its chain of issue has, its own and the root's included.
    pub depth: u8,
    /// Certificates that it had before, oldest first; at most four are kept.
    pub superseded: Vec<SupersededEntry>,
    /// The identity that controls it.
    pub controller: Option<Identifier>,
    /// A change of the controller that is still to take effect.
    pub pending_controller: Option<PendingController>,
    pub guardians: Option<GuardianSetEntry>,
    /// A change of the guardians that is still to take effect.
    pub pending_guardians: Option<PendingGuardians>,
    /// A recovery, if one is open.
    pub recovery: Option<RecoveryEntry>,
    /// Where it can be reached.
    pub services: Vec<ServiceEntry>,
    /// The block whose state this is.
    pub block: BlockReference,
}

/// A certificate that an identity had before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SupersededEntry {
    /// Which of the identity's certificates it was.
    pub generation: u32,
    /// Its DER.
    pub certificate: CertificateBytes,
    /// Fingerprint of its key.
    pub key: KeyFingerprint,
    /// Who issued it.
    pub issuance: Issuance,
    /// The block in which it became the current one.
    pub since: u32,
    /// The block in which it was superseded.
    pub until: u32,
    /// If its key was given up as compromised: the last block in which it was still good.
    pub compromised_after: Option<u32>,
}

/// A change of the controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingController {
    /// The next controller, null for none.
    pub controller: Option<Identifier>,
    /// The first block in which that counts.
    pub effective_from: u32,
}

/// A change of the guardians.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingGuardians {
    /// The next guardians, null for none.
    pub guardians: Option<GuardianSetEntry>,
    /// The first block in which that counts.
    pub effective_from: u32,
}

/// A recovery that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryEntry {
    /// Its number: 1 for the identity's first.
    pub number: u32,
    /// SHA-256 of the certificate that the identity is to get.
    pub certificate_hash: CertificateFingerprint,
    /// If the old key was stolen: the last block in which it was still good.
    pub compromised_after: Option<u32>,
    /// The block in which it was opened.
    pub opened_at: u32,
    /// The guardians that count.
    pub guardians: GuardianSetEntry,
    /// Those of them that approved.
    pub approvals: Vec<Identifier>,
    /// The first block in which it can be executed, with the approvals that it has.
    pub executable_from: Option<u32>,
    /// The last block in which it can be executed.
    pub lapses_after: u32,
}

/// One page of the identities that an issuer issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuedByAnswer {
    /// Identities, in order of their identifiers.
    pub identifiers: Vec<Identifier>,
    /// Where the next page begins: pass it as `after`. Null if this is the last one.
    pub next: Option<Identifier>,
    /// The block whose state this is: pass its hash as `at`, so that all pages are of one state.
    pub block: BlockReference,
}
