//! What travels about identities (§11), beside the types of [`allod_identity`] themselves.
//!
//! | method | parameters | answer |
//! |---|---|---|
//! | `autoId_identity` | identifier, at? | [`IdentityAnswer`] or null |
//! | `autoId_certificate` | identifier, format?, at?, generation? | PEM, or DER as `0x…` hex, or null |
//! | `autoId_details` | identifier, at? | [`DetailsAnswer`] or null |
//! | `autoId_services` | identifier, at? | list of [`ServiceEntry`] or null |
//! | `autoId_byKey` | keyFingerprint, at? | identifier or null |
//! | `autoId_byFingerprint` | fingerprint, at? | identifier or null |
//! | `autoId_issuedBy` | issuer, after?, limit?, at? | [`IssuedByAnswer`] |
//! | `autoId_verify` | identifier, [`VerifyOptions`]? | [`VerifyAnswer`] |
//! | `autoId_verifyMany` | at most 100 identifiers, [`VerifyOptions`]? | list of [`VerifyAnswer`] |
//! | `autoId_certificateStatus` | issuer, serial, at? | [`CertificateStatus`](allod_identity::CertificateStatus) or null |
//! | `autoId_crl` | issuer, format?, at? | [`CrlAnswer`] or null |
//! | `autoId_crlToBeSigned` | issuer, nextUpdate, algorithm?, at? | [`ToBeSignedAnswer`] |
//! | `autoId_payload` | [`Request`], validUntil? | [`PayloadAnswer`] |
//! | `autoId_call` | [`Request`], [`RequestSignatures`] | the call, SCALE, as `0x…` hex |
//! | `autoId_subscribe` | at most 100 identifiers, [`VerifyOptions`]? | notifications: [`Change`] |
//! | `autoId_registerPayload` | certificate, validUntil? | [`RegisterPayload`] |
//! | `autoId_registerCall` | certificate, validUntil, signature | the call, SCALE, as `0x…` hex |
//!
//! `at` is the hash of the block whose state answers; without it the best block's does, and
//! verification asks the finalized block, too. A certificate is PEM, or DER as `0x…` hex. Identifiers
//! and fingerprints are 64 lower-case hex digits, other byte strings lower-case hex with `0x`.
//!
//! Where the chain's state keeps all this, for readers who trust no node: [`storage`].

pub use crate::farmer::BoundedBytes;
use allod_core::bytes::{parse_hex, write_hex};
use allod_identity::{
    Identifier, Issuance, KeyFingerprint, MAX_ACCEPTED_ROOTS, MAX_CERTIFICATE_SIZE,
    MAX_SIGNATURE_SIZE, Purpose, SignatureAlgorithm, VerificationReport,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

pub mod bounded;
mod changes;
mod details;
pub mod request;
mod revocation;
mod serial;
pub mod storage;

pub use bounded::{BoundedList, BoundedText, TooMany};
pub use changes::{Change, ChangeCause};
pub use details::{
    DetailsAnswer, IssuedByAnswer, PendingController, PendingGuardians, RecoveryEntry,
    StandingName, SupersededEntry,
};
pub use request::{
    CertificateText, CoIssuerList, ConsentSignature, CrlText, GuardianSetEntry,
    MAX_CERTIFICATE_CHARACTERS, MAX_CRL_CHARACTERS, PayloadAnswer, PossessionSignature, Request,
    RequestSignatures, ServiceEntry,
};
pub use revocation::{CrlAnswer, ToBeSignedAnswer, ToBeSignedBytes};
pub use serial::{CertificateFingerprint, SerialError, SerialNumber};

/// Most identities in one call of `autoId_verifyMany`.
pub const MAX_VERIFY_MANY: usize = 100;
/// Blocks that a request stays valid for if nobody says otherwise and it has to be signed by hand.
pub const DEFAULT_VALID_FOR: u32 = 1_000;
/// Most identities that one subscription watches.
pub const MAX_SUBSCRIBED: usize = 100;
/// Identities in one page of `autoId_issuedBy` unless another number is asked for.
pub const DEFAULT_PAGE: u32 = 100;
/// Most bytes of a payload to be signed; the longest have 146.
pub const MAX_PAYLOAD_BYTES: usize = 512;

/// Codes of `autoId_*`'s own errors. Wrong parameters are -32602, a node's own trouble is -32603.
pub mod codes {
    macro_rules! codes {
        ($($(#[$documentation:meta])* $name:ident = $code:literal;)+) => {
            $($(#[$documentation])* pub const $name: i32 = $code;)+

            /// Every one of them.
            pub const ALL: &[i32] = &[$($name),+];
        };
    }

    codes! {
        /// The node knows no block of this hash.
        UNKNOWN_BLOCK = 10_001;
        /// The node has dropped the block's state.
        STATE_NOT_HELD = 10_002;
        /// The certificate is not one that the chain accepts.
        CERTIFICATE_REFUSED = 10_003;
        /// An identity of this identifier is registered already.
        ALREADY_REGISTERED = 10_004;
        /// The certificate's key serves another identity.
        KEY_IN_USE = 10_005;
        /// A signature is not over its payload by the key that has to sign.
        SIGNATURE_REFUSED = 10_006;
        /// The identity that would have to sign is not registered, or has no key any more.
        CANNOT_ACT = 10_007;
        /// The revocation list is not one that the chain accepts.
        CRL_REFUSED = 10_008;
        /// There is no list to be signed.
        NO_CRL_TO_SIGN = 10_009;
        /// The node has as many subscriptions to identities as it serves.
        TOO_MANY_SUBSCRIPTIONS = 10_010;
    }
}

/// The DER of a certificate, at most [`MAX_CERTIFICATE_SIZE`] bytes.
pub type CertificateBytes = BoundedBytes<{ MAX_CERTIFICATE_SIZE as usize }>;
/// A signature in X.509's encoding, at most [`MAX_SIGNATURE_SIZE`] bytes.
pub type SignatureBytes = BoundedBytes<{ MAX_SIGNATURE_SIZE as usize }>;
/// Bytes to be signed.
pub type PayloadBytes = BoundedBytes<MAX_PAYLOAD_BYTES>;
/// Roots that a caller accepts.
pub type RootList = BoundedList<Identifier, { MAX_ACCEPTED_ROOTS as usize }>;
/// Identities to be verified at once, or to be watched.
pub type IdentifierList = BoundedList<Identifier, MAX_VERIFY_MANY>;
const _: () = assert!(MAX_SUBSCRIBED == MAX_VERIFY_MANY);

/// The hash of a block, as `0x…` hex.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BlockHash(pub [u8; 32]);

impl fmt::Display for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for BlockHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BlockHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_hex(&text).map(Self).map_err(D::Error::custom)
    }
}

/// The block whose state gave an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockReference {
    pub number: u32,
    pub hash: BlockHash,
}

/// Why a block was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BlockRole {
    /// It was the best one.
    Best,
    /// It was the last finalized one.
    Finalized,
    /// The caller named it.
    Given,
}

/// What the chain stores about an identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityAnswer {
    /// The identity.
    pub identifier: Identifier,
    /// Fingerprint of its key.
    pub key: KeyFingerprint,
    /// The algorithm of the signature on its certificate.
    pub algorithm: SignatureAlgorithm,
    /// Who issued the certificate.
    pub issuance: Issuance,
    /// The nonce that its next request must have.
    pub nonce: u64,
    /// The number of the block in which it was registered.
    pub registered_at: u32,
    /// DER of its certificate.
    pub certificate: CertificateBytes,
    /// The block whose state this is.
    pub block: BlockReference,
}

/// How `autoId_certificate` writes a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CertificateFormat {
    /// PEM, label CERTIFICATE.
    #[default]
    Pem,
    /// DER, as `0x…` hex.
    Der,
}

/// What `autoId_verify` is to look at; every field may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct VerifyOptions {
    /// Seconds since 1970 that validity is judged at, instead of the block's time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<u64>,
    /// What the key is wanted for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// The roots that the caller accepts, at most 16.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_roots: Option<RootList>,
    /// The one block to ask, instead of the best and the finalized one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<BlockHash>,
}

/// Whether an identity holds, with the report that decides it. In JSON the report's fields stand
/// beside the others.
///
/// An identity counts only if it holds at the best and at the finalized block (§11.8), unless the
/// caller named another one. The report is the best block's, except where it is only at the finalized
/// one that the identity does not hold: then it is that one's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyAnswer {
    /// Whether nothing failed at any block that was asked.
    pub holds: bool,
    /// Which of the blocks the report is of.
    pub role: BlockRole,
    /// The block that the report is of.
    pub block: BlockReference,
    /// Every link and every check.
    #[serde(flatten)]
    pub report: VerificationReport,
}

/// What has to be signed so that a certificate becomes an identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterPayload {
    /// The bytes that the certificate's key has to sign.
    pub payload: PayloadBytes,
    /// The identifier that the identity will have.
    pub identifier: Identifier,
    /// The algorithm to sign with.
    pub algorithm: SignatureAlgorithm,
    /// The nonce in the payload.
    pub nonce: u64,
    /// The last block in which the request is valid; `autoId_registerCall` wants the same.
    pub valid_until: u32,
    /// Hash of the genesis block: the request counts on this chain only.
    pub genesis_hash: BlockHash,
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_identity::{Check, CheckReport, LinkReport, Outcome, Reason};
    use serde_json::json;

    fn block() -> BlockReference {
        BlockReference {
            number: 7,
            hash: BlockHash([0xab; 32]),
        }
    }

    #[test]
    fn reports_arrive_as_they_were_sent() {
        let identifier = Identifier([1; 32]);
        let expired = Outcome::Failed(Reason::Expired { not_after: 9 });
        let checks = [
            (Check::Registered, Outcome::Passed),
            (Check::Algorithm, Outcome::NotApplicable),
            (Check::Validity, expired),
        ];
        let links = vec![LinkReport {
            identifier,
            checks: checks
                .map(|(check, outcome)| CheckReport { check, outcome })
                .to_vec(),
        }];
        let purpose = Some(Purpose::CrlSign);
        let report = VerificationReport::new(identifier, u64::MAX, purpose, links, Some(&[]));
        let answer = VerifyAnswer {
            holds: report.holds(),
            role: BlockRole::Finalized,
            block: block(),
            report,
        };
        let json = serde_json::to_value(&answer).unwrap();
        assert_eq!(json["holds"], false);
        assert_eq!(json["role"], "finalized");
        assert_eq!(json["identifier"], "01".repeat(32));
        assert_eq!(json["purpose"], "cRLSign");
        assert_eq!(json["rootTrust"], "notAccepted");
        let check = &json["links"][0]["checks"][2];
        assert_eq!(check["outcome"], "failed");
        assert_eq!(check["reason"]["kind"], "expired");
        assert_eq!(json["block"]["hash"], format!("0x{}", "ab".repeat(32)));
        assert_eq!(
            serde_json::from_value::<VerifyAnswer>(json).unwrap(),
            answer
        );
    }

    #[test]
    fn identities_arrive_as_they_were_sent() {
        let identity = IdentityAnswer {
            identifier: Identifier([1; 32]),
            key: KeyFingerprint([2; 32]),
            algorithm: SignatureAlgorithm::EcdsaP256Sha256,
            issuance: Issuance::SelfIssued,
            nonce: 1,
            registered_at: 3,
            certificate: vec![0x30].try_into().unwrap(),
            block: block(),
        };
        let json = serde_json::to_value(&identity).unwrap();
        assert_eq!(json["algorithm"], "ecdsa-p256-sha256");
        assert_eq!(json["registeredAt"], 3);
        assert_eq!(json["issuance"]["kind"], "selfIssued");
        assert_eq!(json["certificate"], "0x30");
        assert_eq!(
            serde_json::from_value::<IdentityAnswer>(json).unwrap(),
            identity
        );
    }

    #[test]
    fn options_may_be_left_out_but_not_be_others() {
        let options = |json| serde_json::from_value::<VerifyOptions>(json);
        assert_eq!(options(json!({})).unwrap(), VerifyOptions::default());
        let none = serde_json::to_value(VerifyOptions::default()).unwrap();
        assert_eq!(none, json!({}));
        let root = "0a".repeat(32);
        let all = json!({
            "time": 5,
            "purpose": "keyCertSign",
            "acceptedRoots": [root],
            "at": format!("0x{root}"),
        });
        let read = options(all.clone()).unwrap();
        assert_eq!(read.at, Some(BlockHash([10; 32])));
        assert_eq!(serde_json::to_value(&read).unwrap(), all);
        for (wrong, why) in [
            (json!({ "roots": [] }), "unknown field `roots`"),
            (json!({ "purpose": "tls" }), "unknown variant `tls`"),
            (json!({ "time": -1 }), "invalid"),
            (json!({ "at": "0x00" }), "expected 64 hex digits"),
            (json!({ "acceptedRoots": vec![root; 17] }), "more than 16"),
        ] {
            let error = options(wrong).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
