//! Requests of identities: what a key is to sign, and what becomes of the signature.
//!
//! A request is an object whose field `call` names the call, as its signing payload does; the other
//! fields are the call's arguments, in camelCase. What the certificate or list itself says (its
//! signature algorithm, its number of entries) is not asked for.
//!
//! | `call` | other fields | who signs |
//! |---|---|---|
//! | `register` | certificate | the certificate's key |
//! | `register_issued` | certificate, issuer, coIssuers? | the certificate's key |
//! | `co_issue` | coIssuer, certificateHash, issuer | the co-issuer; this is no call, its signature goes among the `consents` of one |
//! | `renew` | identifier, certificate, compromisedAfter? | the controller or else the identity; and the new key |
//! | `reparent` | identifier, certificate, issuer, coIssuers? | the identity |
//! | `deactivate` | identifier | the controller or else the identity |
//! | `set_controller` | identifier, controller (null takes it away) | the controller or else the identity |
//! | `set_guardians` | identifier, guardians (null takes them away) | the controller or else the identity |
//! | `open_recovery` | guardian, identifier, certificateHash, compromisedAfter? | the guardian |
//! | `approve_recovery` | guardian, identifier, number, certificateHash | the guardian |
//! | `veto_recovery` | identifier, number | the controller or else the identity |
//! | `execute_recovery` | identifier, number, certificate | the certificate's key |
//! | `set_services` | identifier, services | the identity |
//! | `revoke` | issuer, serial, reason | the issuer |
//! | `hold`, `release` | issuer, serial | the issuer |
//! | `publish_crl` | issuer, crl | the issuer |

// Fields and variants whose names say it all have no line of their own.

use super::{
    BlockHash, CertificateFingerprint, PayloadBytes, SerialNumber, SignatureBytes,
    bounded::{BoundedList, BoundedText},
};
use allod_identity::{
    GuardianSet, Identifier, KeyFingerprint, MAX_CERTIFICATE_SIZE, MAX_CO_ISSUERS, MAX_CRL_SIZE,
    MAX_GUARDIANS, MAX_SERVICES, RevocationReason, SignatureAlgorithm,
    control::{MAX_SERVICE_URI, MAX_SERVICE_WORD},
};
use serde::{Deserialize, Deserializer, Serialize};

/// Most characters of a certificate, PEM or hex, that are read: hex has two to a byte of DER, and as much again is for
/// text before the PEM.
pub const MAX_CERTIFICATE_CHARACTERS: usize = 4 * MAX_CERTIFICATE_SIZE as usize;
/// Most characters of a revocation list, PEM or hex, that are read: in the same proportion.
pub const MAX_CRL_CHARACTERS: usize = 4 * MAX_CRL_SIZE as usize;

/// A certificate: PEM, or DER as `0x…` hex.
pub type CertificateText = BoundedText<MAX_CERTIFICATE_CHARACTERS>;
/// A revocation list: PEM, or DER as `0x…` hex.
pub type CrlText = BoundedText<MAX_CRL_CHARACTERS>;
/// The co-issuers of a certificate, in the order of their consents.
pub type CoIssuerList = BoundedList<Identifier, { MAX_CO_ISSUERS as usize }>;
/// The services of an identity.
pub type ServiceList = BoundedList<ServiceEntry, { MAX_SERVICES as usize }>;
/// The consents of co-issuers.
pub type ConsentList = BoundedList<ConsentSignature, { MAX_CO_ISSUERS as usize }>;

/// A call with the arguments that its request signs; see [the module's table](self).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "call",
    rename_all = "snake_case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Request {
    /// A self-issued certificate becomes an identity.
    Register { certificate: CertificateText },
    /// A certificate of a registered issuer becomes an identity.
    RegisterIssued {
        certificate: CertificateText,
        /// The identity whose key signed it.
        issuer: Identifier,
        /// The identities that consent besides.
        #[serde(default)]
        co_issuers: CoIssuerList,
    },
    /// A co-issuer's consent to a certificate.
    CoIssue {
        co_issuer: Identifier,
        /// SHA-256 of the certificate's DER.
        certificate_hash: CertificateFingerprint,
        /// The identity whose key signed it.
        issuer: Identifier,
    },
    /// A new certificate by the same issuers.
    Renew {
        identifier: Identifier,
        /// Its new certificate.
        certificate: CertificateText,
        /// If the key is given up as compromised: the last block in which it was still good.
        #[serde(default)]
        compromised_after: Option<u32>,
    },
    /// A certificate of another issuer.
    Reparent {
        identifier: Identifier,
        /// The new issuer's certificate for it.
        certificate: CertificateText,
        /// The new issuer.
        issuer: Identifier,
        /// The identities that consent besides.
        #[serde(default)]
        co_issuers: CoIssuerList,
    },
    /// The end of an identity.
    Deactivate { identifier: Identifier },
    /// Another identity becomes the authority over this one.
    SetController {
        identifier: Identifier,
        /// Its new controller; null, which must be said, takes it away.
        #[serde(deserialize_with = "said")]
        controller: Option<Identifier>,
    },
    /// Who may recover an identity.
    SetGuardians {
        identifier: Identifier,
        /// Its new guardians; null, which must be said, takes them away.
        #[serde(deserialize_with = "said")]
        guardians: Option<GuardianSetEntry>,
    },
    /// A guardian opens a recovery, and so approves it.
    OpenRecovery {
        guardian: Identifier,
        identifier: Identifier,
        /// SHA-256 of the DER of the certificate that it is to get.
        certificate_hash: CertificateFingerprint,
        /// If the old key was stolen: the last block in which it was still good.
        #[serde(default)]
        compromised_after: Option<u32>,
    },
    /// A guardian approves a recovery.
    ApproveRecovery {
        guardian: Identifier,
        identifier: Identifier,
        /// The recovery's number.
        number: u32,
        /// SHA-256 of the DER of the certificate that it is to get.
        certificate_hash: CertificateFingerprint,
    },
    /// The authority stops a recovery.
    VetoRecovery {
        identifier: Identifier,
        /// The recovery's number.
        number: u32,
    },
    /// The new key carries a recovery out.
    ExecuteRecovery {
        identifier: Identifier,
        /// The recovery's number.
        number: u32,
        /// Its new certificate.
        certificate: CertificateText,
    },
    /// Where an identity can be reached.
    SetServices {
        identifier: Identifier,
        /// Its services; an empty list takes them away.
        services: ServiceList,
    },
    /// An issuer revokes a certificate, for ever.
    Revoke {
        issuer: Identifier,
        /// The certificate's serial number.
        serial: SerialNumber,
        /// Why.
        reason: RevocationReason,
    },
    /// An issuer puts a certificate on hold.
    Hold {
        issuer: Identifier,
        /// The certificate's serial number.
        serial: SerialNumber,
    },
    /// An issuer ends a hold.
    Release {
        issuer: Identifier,
        /// The certificate's serial number.
        serial: SerialNumber,
    },
    /// An issuer publishes a revocation list.
    PublishCrl {
        issuer: Identifier,
        /// The list.
        crl: CrlText,
    },
}

/// A field that may be null but not be left out: forgetting it must not take something away.
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// Guardians, in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuardianSetEntry {
    /// The guardians, each once.
    pub members: BoundedList<Identifier, { MAX_GUARDIANS as usize }>,
    /// How many of them must approve: from 1 to all.
    pub threshold: u8,
    /// Blocks between the opening of a recovery and its execution: from 1 to two years.
    pub delay: u32,
}

impl From<GuardianSet> for GuardianSetEntry {
    fn from(set: GuardianSet) -> Self {
        Self {
            // Both bounds are the same constant.
            members: Vec::from(set.members).try_into().unwrap_or_default(),
            threshold: set.threshold,
            delay: set.delay,
        }
    }
}

/// A service, in JSON: as in a DID document, with the name alone for its `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceEntry {
    /// Its name within the document: letters, digits and `-._~`.
    pub name: BoundedText<{ MAX_SERVICE_WORD as usize }>,
    /// Its type: letters, digits and `-._~`.
    pub r#type: BoundedText<{ MAX_SERVICE_WORD as usize }>,
    /// Its address: a URI, printable ASCII without spaces.
    pub service_endpoint: BoundedText<{ MAX_SERVICE_URI as usize }>,
}

/// What has to be signed for a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PayloadAnswer {
    /// The bytes to be signed.
    pub payload: PayloadBytes,
    /// The identity that acts. Its key signs; for a new identity and a recovery the new certificate's.
    pub identifier: Identifier,
    /// The fingerprint of the key that signs.
    pub key: KeyFingerprint,
    /// The algorithm to sign with, unless another one of that key is named with the signature.
    pub algorithm: SignatureAlgorithm,
    /// If another key must sign the same bytes to show that somebody has it: its fingerprint.
    pub possession_of: Option<KeyFingerprint>,
    /// The co-issuers whose consents the call needs, in their order; each signs a payload of its own.
    pub consents_of: Vec<Identifier>,
    /// The nonce in the payload.
    pub nonce: u64,
    /// The last block in which the request is valid.
    pub valid_until: u32,
    /// Hash of the genesis block: the request counts on this chain only.
    pub genesis_hash: BlockHash,
}

/// The signatures that make a request a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestSignatures {
    /// The last block in which the request is valid, as in the payload.
    pub valid_until: u32,
    /// The signature over the payload.
    pub signature: SignatureBytes,
    /// Its algorithm, if it is not the key's usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<SignatureAlgorithm>,
    /// The new key's signature over the same payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub possession: Option<PossessionSignature>,
    /// The co-issuers' signatures over their own payloads, in the order of the co-issuers.
    #[serde(default)]
    pub consents: ConsentList,
}

/// A new key's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PossessionSignature {
    pub signature: SignatureBytes,
    /// Its algorithm, if it is not the key's usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<SignatureAlgorithm>,
}

/// A co-issuer's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsentSignature {
    pub co_issuer: Identifier,
    /// The last block in which the consent is valid.
    pub valid_until: u32,
    pub signature: SignatureBytes,
    /// Its algorithm, if it is not the key's usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<SignatureAlgorithm>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(json: Value) -> Result<Request, String> {
        serde_json::from_value(json).map_err(|error| error.to_string())
    }

    #[test]
    fn requests_arrive_as_they_were_sent() {
        let id = "0a".repeat(32);
        let certificate = "0x30";
        let service = json!({ "name": "a", "type": "A2A", "serviceEndpoint": "https://a.example" });
        let guardians = json!({ "members": [id], "threshold": 1, "delay": 9 });
        for request in [
            json!({ "call": "register", "certificate": certificate }),
            json!({ "call": "register_issued", "certificate": certificate, "issuer": id, "coIssuers": [id] }),
            json!({ "call": "co_issue", "coIssuer": id, "certificateHash": id, "issuer": id }),
            json!({ "call": "renew", "identifier": id, "certificate": certificate, "compromisedAfter": 4 }),
            json!({ "call": "reparent", "identifier": id, "certificate": certificate, "issuer": id, "coIssuers": [] }),
            json!({ "call": "deactivate", "identifier": id }),
            json!({ "call": "set_controller", "identifier": id, "controller": null }),
            json!({ "call": "set_guardians", "identifier": id, "guardians": guardians }),
            json!({ "call": "open_recovery", "guardian": id, "identifier": id, "certificateHash": id, "compromisedAfter": null }),
            json!({ "call": "approve_recovery", "guardian": id, "identifier": id, "number": 1, "certificateHash": id }),
            json!({ "call": "veto_recovery", "identifier": id, "number": 1 }),
            json!({ "call": "execute_recovery", "identifier": id, "number": 1, "certificate": certificate }),
            json!({ "call": "set_services", "identifier": id, "services": [service] }),
            json!({ "call": "revoke", "issuer": id, "serial": "0x01", "reason": "keyCompromise" }),
            json!({ "call": "hold", "issuer": id, "serial": "0x01" }),
            json!({ "call": "release", "issuer": id, "serial": "0x01" }),
            json!({ "call": "publish_crl", "issuer": id, "crl": "0x30" }),
        ] {
            let parsed = read(request.clone()).unwrap();
            assert_eq!(serde_json::to_value(&parsed).unwrap(), request);
        }
    }

    #[test]
    fn requests_are_bounded_and_say_what_is_wrong() {
        let id = "0a".repeat(32);
        let four = vec![id.clone(); 4];
        let long = "0".repeat(MAX_CERTIFICATE_CHARACTERS + 1);
        for (wrong, why) in [
            (json!({ "call": "burn" }), "unknown variant `burn`"),
            (json!({ "identifier": id }), "missing field `call`"),
            (
                json!({ "call": "deactivate" }),
                "missing field `identifier`",
            ),
            (
                json!({ "call": "deactivate", "identifier": id, "serial": "0x01" }),
                "unknown field",
            ),
            (
                json!({ "call": "register", "certificate": long }),
                "at most 16384",
            ),
            (
                json!({ "call": "register_issued", "certificate": "0x", "issuer": id, "coIssuers": four }),
                "more than 3",
            ),
            (
                json!({ "call": "set_controller", "identifier": id }),
                "missing field `controller`",
            ),
            (
                json!({ "call": "set_guardians", "identifier": id }),
                "missing field `guardians`",
            ),
            (
                json!({ "call": "revoke", "issuer": id, "serial": "0x01", "reason": "certificateHold" }),
                "unknown variant",
            ),
            (
                json!({ "call": "hold", "issuer": id, "serial": "0x00" }),
                "from 1 to",
            ),
        ] {
            let error = read(wrong).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn signatures_may_be_few() {
        let least = json!({ "validUntil": 7, "signature": "0x00" });
        let read: RequestSignatures = serde_json::from_value(least).unwrap();
        assert_eq!(read.algorithm, None);
        assert_eq!(read.possession, None);
        assert!(read.consents.as_slice().is_empty());
        let long = format!("0x{}", "00".repeat(513));
        let long = json!({ "validUntil": 7, "signature": long });
        let error = serde_json::from_value::<RequestSignatures>(long).unwrap_err();
        assert!(error.to_string().contains("at most 512"), "{error}");
    }
}
