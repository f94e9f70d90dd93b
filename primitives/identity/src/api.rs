//! The runtime API of Auto ID.

use alloc::vec::Vec;

use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{BoundedVec, traits::ConstU32};

use crate::{
    CertificateReference, CertificateStatus, GuardianSet, Identifier, Issuance, KeyFingerprint,
    MAX_CRL_SIZE, Purpose, RevocationReason, Serial, Service, SignatureAlgorithm,
    VerificationReport,
};

/// Most roots that a caller may name in one question.
pub const MAX_ACCEPTED_ROOTS: u32 = 16;

/// The roots that a caller accepts.
pub type AcceptedRoots = BoundedVec<Identifier, ConstU32<MAX_ACCEPTED_ROOTS>>;

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

/// Most identities in one page of [`AutoIdLookupApi`]'s lists.
pub const MAX_PAGE: u32 = 256;

/// What became of an identity, by itself: its issuers are not asked.
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
pub enum Standing {
    /// Its certificate counts now.
    #[codec(index = 0)]
    Valid,
    /// Its certificate has expired.
    #[codec(index = 1)]
    Expired,
    /// Its issuer put it on hold.
    #[codec(index = 2)]
    OnHold,
    /// Its issuer revoked it.
    #[codec(index = 3)]
    Revoked,
    /// It is a root that revoked itself.
    #[codec(index = 4)]
    RevokedRoot,
    /// It was deactivated, for ever.
    #[codec(index = 5)]
    Deactivated,
}

/// A certificate that an identity had before.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct SupersededInfo {
    /// Which of the identity's certificates it was.
    pub generation: u32,
    /// Its DER.
    pub certificate: Vec<u8>,
    /// Who issued it.
    pub issuance: Issuance,
    /// The block in which it became the current one.
    pub since: u32,
    /// The block in which it was superseded.
    pub until: u32,
    /// If its key was given up as compromised: the last block in which it was still good.
    pub compromised_after: Option<u32>,
}

/// A recovery that is open.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct RecoveryInfo {
    /// Its number: 1 for the identity's first.
    pub number: u32,
    /// SHA-256 of the certificate that the identity is to get.
    pub certificate_hash: [u8; 32],
    /// If the old key was stolen: the last block in which it was still good.
    pub compromised_after: Option<u32>,
    /// The block in which it was opened.
    pub opened_at: u32,
    /// The guardians that count, as they were when it was opened.
    pub guardians: GuardianSet,
    /// Those of them that approved.
    pub approvals: Vec<Identifier>,
    /// The first block in which it can be executed, with the approvals that it has.
    pub executable_from: Option<u32>,
    /// The last block in which it can be executed; afterwards it is over.
    pub lapses_after: u32,
}

/// Everything about an identity that a DID document or a careful owner needs, beside [`IdentityInfo`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct IdentityDetails {
    /// What became of it, by itself.
    pub standing: Standing,
    /// Which of its certificates is the current one: 0 for the first.
    pub generation: u32,
    /// The block in which the current certificate was registered.
    pub certified_at: u32,
    /// How many certificates its chain of issue has, its own and the root's included.
    pub depth: u8,
    /// Certificates that it had before, oldest first; at most four are kept.
    pub superseded: Vec<SupersededInfo>,
    /// The identity that controls it.
    pub controller: Option<Identifier>,
    /// A change of the controller that has not taken effect, and the block in which it does.
    pub pending_controller: Option<(Option<Identifier>, u32)>,
    pub guardians: Option<GuardianSet>,
    /// A change of the guardians that has not taken effect, and the block in which it does.
    pub pending_guardians: Option<(Option<GuardianSet>, u32)>,
    /// A recovery, if one is open.
    pub recovery: Option<RecoveryInfo>,
    /// Where it can be reached.
    pub services: Vec<Service>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Page {
    /// Identities, in order of their identifiers.
    pub identifiers: Vec<Identifier>,
    /// Where the next page begins: pass it as `after`. `None` if this is the last one.
    pub next: Option<Identifier>,
}

/// A revocation list that an issuer published.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct PublishedCrl {
    /// Its DER.
    pub crl: Vec<u8>,
    /// The block in which it was published.
    pub published_at: u32,
    /// When it was made, in seconds since 1970.
    pub this_update: u64,
    /// When the issuer promised a newer one, in seconds since 1970.
    pub next_update: u64,
    /// Whether the chain knows more than it: something was revoked, held or released since.
    pub is_outdated: bool,
}

/// Why there is no list to be signed.
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
    thiserror::Error,
)]
pub enum CrlError {
    /// The issuer is not registered or is deactivated.
    #[error("the issuer is not registered, or is deactivated")]
    NoCertificate,
    /// The algorithm does not go with the issuer's key.
    #[error("the algorithm does not go with the issuer's key")]
    WrongAlgorithm,
    /// A list of all that is revoked would have more than [`MAX_CRL_SIZE`] bytes.
    #[error("a list of all that is revoked or on hold would be longer than {} KiB", MAX_CRL_SIZE / 1024)]
    TooLong,
    /// `next_update` is not after the block's time, or beyond the year 9999.
    #[error("nextUpdate is not after the block's time, or beyond the year 9999")]
    NextUpdate,
    /// The last published list has a number above which none of 64 bits is.
    #[error("the last list's number is too large to count on from")]
    NumberTooLarge,
}

/// What a certificate list to be signed is made of.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ToBeSignedCrl {
    /// DER of `tbsCertList`, which the issuer's key signs.
    pub tbs: Vec<u8>,
    /// Its number (cRLNumber).
    pub number: u64,
    /// How many certificates it lists.
    pub entries: u32,
}

/// A call whose signing payload is wanted, with the arguments that it signs.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum PayloadQuery {
    #[codec(index = 0)]
    Register {
        /// DER of the certificate.
        certificate: Vec<u8>,
        /// The algorithm of the signature on it.
        algorithm: SignatureAlgorithm,
    },
    #[codec(index = 1)]
    RegisterIssued {
        /// DER of the certificate.
        certificate: Vec<u8>,
        /// The algorithm of the signature on it.
        algorithm: SignatureAlgorithm,
        issuer: Identifier,
        co_issuers: Vec<Identifier>,
    },
    /// A co-issuer's consent.
    #[codec(index = 2)]
    CoIssue {
        co_issuer: Identifier,
        /// SHA-256 of the certificate's DER.
        certificate_hash: [u8; 32],
        issuer: Identifier,
    },
    /// `renew`, signed by the identity or its controller, and by a new key.
    #[codec(index = 3)]
    Renew {
        identifier: Identifier,
        /// DER of the new certificate.
        certificate: Vec<u8>,
        /// The algorithm of the signature on it.
        algorithm: SignatureAlgorithm,
        /// If the key is given up as compromised: the last block in which it was still good.
        compromised_after: Option<u32>,
    },
    #[codec(index = 4)]
    Reparent {
        identifier: Identifier,
        /// DER of the new certificate.
        certificate: Vec<u8>,
        /// The algorithm of the signature on it.
        algorithm: SignatureAlgorithm,
        /// The new issuer.
        issuer: Identifier,
        /// The new co-issuers.
        co_issuers: Vec<Identifier>,
    },
    /// `deactivate`, signed by the identity or its controller.
    #[codec(index = 5)]
    Deactivate { identifier: Identifier },
    /// `set_controller`, signed by the identity or its controller.
    #[codec(index = 6)]
    SetController {
        identifier: Identifier,
        /// Its new controller.
        controller: Option<Identifier>,
    },
    /// `set_guardians`, signed by the identity or its controller.
    #[codec(index = 7)]
    SetGuardians {
        identifier: Identifier,
        /// Its new guardians.
        guardians: Option<GuardianSet>,
    },
    /// `open_recovery`, signed by a guardian.
    #[codec(index = 8)]
    OpenRecovery {
        guardian: Identifier,
        identifier: Identifier,
        /// SHA-256 of the certificate that it is to get.
        certificate_hash: [u8; 32],
        /// If the old key was stolen: the last block in which it was still good.
        compromised_after: Option<u32>,
    },
    /// `approve_recovery`, signed by a guardian.
    #[codec(index = 9)]
    ApproveRecovery {
        guardian: Identifier,
        identifier: Identifier,
        /// The recovery's number.
        number: u32,
        /// SHA-256 of the certificate that it is to get.
        certificate_hash: [u8; 32],
    },
    /// `veto_recovery`, signed by the identity or its controller.
    #[codec(index = 10)]
    VetoRecovery {
        identifier: Identifier,
        /// The recovery's number.
        number: u32,
    },
    /// `execute_recovery`, signed by the new key.
    #[codec(index = 11)]
    ExecuteRecovery {
        identifier: Identifier,
        /// The recovery's number.
        number: u32,
        /// DER of the new certificate.
        certificate: Vec<u8>,
        /// The algorithm of the signature on it.
        algorithm: SignatureAlgorithm,
    },
    #[codec(index = 12)]
    SetServices {
        identifier: Identifier,
        /// Its service endpoints.
        services: Vec<Service>,
    },
    /// `revoke`, signed by the issuer.
    #[codec(index = 13)]
    Revoke {
        issuer: Identifier,
        serial: Serial,
        /// Why.
        reason: RevocationReason,
    },
    /// `hold`, signed by the issuer.
    #[codec(index = 14)]
    Hold { issuer: Identifier, serial: Serial },
    /// `release`, signed by the issuer.
    #[codec(index = 15)]
    Release { issuer: Identifier, serial: Serial },
    /// `publish_crl`, signed by the issuer.
    #[codec(index = 16)]
    PublishCrl {
        issuer: Identifier,
        /// DER of the list.
        crl: Vec<u8>,
        /// The algorithm of the signature on it.
        algorithm: SignatureAlgorithm,
    },
}

/// What has to be signed, and what the request has to say.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct PayloadInfo {
    /// The bytes to be signed.
    pub payload: Vec<u8>,
    /// The identity that acts: whose key signs.
    pub identifier: Identifier,
    /// The nonce in the payload, which the request has to repeat.
    pub nonce: u64,
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
    }

    /// More questions about identities, answered like those of [`AutoIdApi`].
    pub trait AutoIdLookupApi {
        /// What [`AutoIdApi::identity`] does not say; `None` if the identity is not registered.
        fn details(identifier: Identifier) -> Option<IdentityDetails>;

        /// The identity whose current certificate has this SHA-256.
        fn identity_by_fingerprint(fingerprint: [u8; 32]) -> Option<Identifier>;

        /// The identities whose current certificates an identity issued or co-issued, in order of
        /// their identifiers, after `after`; at most `limit` of them, and never more than
        /// [`MAX_PAGE`]. Those that were deactivated stay listed.
        fn issued_by(issuer: Identifier, after: Option<Identifier>, limit: u32) -> Page;

        /// A certificate of an identity that is still kept, DER.
        fn certificate(reference: CertificateReference) -> Option<Vec<u8>>;

        /// What has to be signed for a call that is valid up to and including a block, with the nonce
        /// of now. `None` if the acting identity is not registered and has to be, or if a
        /// certificate or list cannot be read.
        fn payload(query: PayloadQuery, valid_until: u32) -> Option<PayloadInfo>;
    }

    /// Questions about revocation.
    pub trait RevocationApi {
        /// What the issuer said about its certificate with this serial number.
        fn certificate_status(issuer: Identifier, serial: Serial) -> Option<CertificateStatus>;

        /// The last revocation list that an issuer published.
        fn crl(issuer: Identifier) -> Option<PublishedCrl>;

        /// The list of everything that an issuer has revoked or put on hold, to be signed by its key
        /// with this algorithm. Its time is the block's.
        fn crl_to_be_signed(
            issuer: Identifier,
            algorithm: SignatureAlgorithm,
            next_update: u64,
        ) -> Result<ToBeSignedCrl, CrlError>;
    }
}
