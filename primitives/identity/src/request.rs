//! The bytes that an identity's key signs to act on the chain (§11.3).
//!
//! A request is signed over [`RequestPayload`], byte by byte:
//!
//! | bytes | what |
//! |---|---|
//! | 1 + n | SCALE compact length (4 n), then the context in ASCII: `0x3c` and `allod/auto-id/1`, or `0x48` and `allod/revocation/1`; nothing else that the key signs begins so |
//! | 32 | hash of the genesis block: a request counts on one chain only |
//! | 1 + n | SCALE compact length (4 n for n < 64), then the call's name in ASCII |
//! | 32 | identifier of the identity that acts |
//! | 8 | nonce, little-endian: exactly the one that the chain stores for the acting identity, 0 at first |
//! | 4 | last block in which the request is valid, little-endian |
//! | 32 | BLAKE2b-256 of the SCALE encoding of the call's arguments, the request left out |
//!
//! The signature has X.509's own encoding (64 bytes for Ed25519, DER for ECDSA), so that
//! `openssl pkeyutl -sign -rawin -in PAYLOAD -inkey KEY -out SIGNATURE` makes it. Golden requests made
//! so are in `tests/vectors/auto-id-requests.json`. The arguments of each call are in [`arguments`].
//!
//! The identity that acts need not be the one that changes: a controller acts for the identity that
//! named it, a guardian for the one that it guards. Nonce and signature are the actor's, and the
//! subject stands among the arguments.
//!
//! A request does not name who pays. Whoever sees one on its way can carry it first, which has
//! exactly the effect that its signer wanted, at the other's cost.
//!
//! # Two signatures that are no requests of their own
//!
//! A **consent** of a co-issuer ([`arguments::CoIssueArguments`]) is signed over the same layout with the call
//! name `co_issue`, the co-issuer as acting identity and the nonce 0: a certificate is
//! registered once and never again, which does what a nonce would.
//!
//! **Possession** of a new key is shown by a signature of that key over the very payload that the
//! acting identity signs.

use alloc::vec::Vec;

use allod_x509::MAX_SIGNATURE_SIZE;
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{BoundedVec, traits::ConstU32};

use crate::{Identifier, MAX_CO_ISSUERS, SignatureAlgorithm};

pub mod arguments;
mod query;

pub use arguments::{CallArguments, RegisterArguments};
pub use query::{Terms, TooManyServices};

/// Every request of the pallet `auto-id` begins with it; no other use of an identity's key does.
pub const REQUEST_CONTEXT: &str = "allod/auto-id/1";

/// Every request of the pallet `revocation` begins with it; no other use of an identity's key does.
pub const REVOCATION_CONTEXT: &str = "allod/revocation/1";

/// The name of the call that registers an identity.
pub const REGISTER: &str = "register";

/// What a request's signature is over. [`RequestPayload::to_bytes`] gives the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestPayload<'a> {
    /// The context: one for each pallet.
    pub context: &'a str,
    /// Hash of the chain's genesis block.
    pub genesis_hash: [u8; 32],
    /// Name of the call.
    pub call: &'a str,
    /// The identity that acts.
    pub identifier: Identifier,
    /// The nonce that the chain stores for it.
    pub nonce: u64,
    /// Last block in which the request is valid.
    pub valid_until: u32,
    /// BLAKE2b-256 of the call's arguments.
    pub arguments_hash: [u8; 32],
}

impl RequestPayload<'_> {
    /// The bytes to be signed; see [the module's table](self).
    pub fn to_bytes(&self) -> Vec<u8> {
        (
            self.context,
            self.genesis_hash,
            self.call,
            self.identifier,
            self.nonce,
            self.valid_until,
            self.arguments_hash,
        )
            .encode()
    }
}

/// The signature of a request or of a consent, at most [`MAX_SIGNATURE_SIZE`] bytes.
pub type SignatureBytes = BoundedVec<u8, ConstU32<MAX_SIGNATURE_SIZE>>;

/// A request as it travels: what of the payload is not in the call already, and the signature.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct SignedRequest {
    /// The nonce that the chain stores for the acting identity, 0 if it stores none.
    pub nonce: u64,
    /// Last block in which the request is valid.
    pub valid_until: u32,
    /// Signature over the payload.
    pub signature: SignatureBytes,
}

/// A request of an identity that is registered already.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct IdentityRequest {
    /// The identity that acts.
    pub identifier: Identifier,
    /// The algorithm of the signature, declared so that the weight is known beforehand. It must go
    /// with the key.
    pub algorithm: SignatureAlgorithm,
    /// Nonce, last block, signature.
    pub request: SignedRequest,
}

/// A signature with its algorithm: by a new key over the payload that the acting identity signs.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Possession {
    /// The algorithm, which must go with the new key.
    pub algorithm: SignatureAlgorithm,
    pub signature: SignatureBytes,
}

/// A co-issuer's consent to a certificate.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Consent {
    pub co_issuer: Identifier,
    /// The algorithm of the signature; it must go with the co-issuer's key.
    pub algorithm: SignatureAlgorithm,
    /// Last block in which the consent is valid.
    pub valid_until: u32,
    /// Signature over the payload of [`arguments::CoIssueArguments`].
    pub signature: SignatureBytes,
}

/// The consents to a co-issued certificate; none for one with a single issuer.
pub type Consents = BoundedVec<Consent, ConstU32<MAX_CO_ISSUERS>>;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use allod_test_support::vectors;
    use allod_x509::ParsedCertificate;
    use serde_json::Value;

    use super::{arguments::*, *};
    use crate::{GuardianSet, RevocationReason, Service, Services};

    /// One golden request, made by OpenSSL.
    struct Golden(Value);

    impl Golden {
        fn text(&self, name: &str) -> &str {
            self.0[name].as_str().unwrap()
        }

        fn bytes(&self, name: &str) -> Vec<u8> {
            hex::decode(self.text(name)).unwrap()
        }

        fn number(value: &Value) -> u32 {
            u32::try_from(value.as_u64().unwrap()).unwrap()
        }

        /// The arguments, by name.
        fn argument(&self, name: &str) -> &Value {
            let value = &self.0["arguments"][name];
            let arguments = self.0["arguments"].as_object().unwrap();
            assert!(arguments.contains_key(name), "{name}");
            value
        }

        fn argument_bytes(&self, name: &str) -> Vec<u8> {
            hex::decode(self.argument(name).as_str().unwrap()).unwrap()
        }

        fn argument_hash(&self, name: &str) -> [u8; 32] {
            self.argument_bytes(name).try_into().unwrap()
        }

        fn identity(value: &Value) -> Identifier {
            value.as_str().unwrap().parse().unwrap()
        }

        fn identities(value: &Value) -> Vec<Identifier> {
            value
                .as_array()
                .unwrap()
                .iter()
                .map(Self::identity)
                .collect()
        }

        fn algorithm(value: &Value) -> SignatureAlgorithm {
            serde_json::from_value(value.clone()).unwrap()
        }

        fn optional<T>(value: &Value, read: impl Fn(&Value) -> T) -> Option<T> {
            (!value.is_null()).then(|| read(value))
        }

        fn guardians(value: &Value) -> GuardianSet {
            GuardianSet {
                members: Self::identities(&value["members"]).try_into().unwrap(),
                threshold: u8::try_from(value["threshold"].as_u64().unwrap()).unwrap(),
                delay: Self::number(&value["delay"]),
            }
        }

        fn services(value: &Value) -> Services {
            let text = |value: &Value| value.as_str().unwrap().as_bytes().to_vec();
            let service = |value: &Value| Service {
                name: text(&value["name"]).try_into().unwrap(),
                kind: text(&value["kind"]).try_into().unwrap(),
                uri: text(&value["uri"]).try_into().unwrap(),
            };
            let services: Vec<_> = value.as_array().unwrap().iter().map(service).collect();
            services.try_into().unwrap()
        }

        /// The payload of the call with these arguments.
        fn payload_of(&self, arguments: &impl CallArguments) -> RequestPayload<'static> {
            arguments.payload_of(
                self.bytes("genesis_hash").try_into().unwrap(),
                Self::identity(&self.0["identifier"]),
                self.0["nonce"].as_u64().unwrap(),
                Self::number(&self.0["valid_until"]),
            )
        }

        /// The calls that bring a certificate.
        fn payload_with_certificate(&self) -> RequestPayload<'static> {
            let certificate = self.argument_bytes("certificate");
            let certificate = certificate.as_slice();
            let algorithm = Self::algorithm(self.argument("algorithm"));
            let identifier = || Self::identity(self.argument("identifier"));
            let issuer = || Self::identity(self.argument("issuer"));
            let co_issuers = || Self::identities(self.argument("co_issuers"));
            match self.text("call") {
                "register_issued" => self.payload_of(&RegisterIssuedArguments {
                    certificate,
                    algorithm,
                    issuer: issuer(),
                    co_issuers: co_issuers(),
                }),
                "renew" => self.payload_of(&RenewArguments {
                    identifier: identifier(),
                    certificate,
                    algorithm,
                    compromised_after: Self::optional(
                        self.argument("compromised_after"),
                        Self::number,
                    ),
                }),
                "reparent" => self.payload_of(&ReparentArguments {
                    identifier: identifier(),
                    certificate,
                    algorithm,
                    issuer: issuer(),
                    co_issuers: co_issuers(),
                }),
                "execute_recovery" => self.payload_of(&ExecuteRecoveryArguments {
                    identifier: identifier(),
                    number: Self::number(self.argument("number")),
                    certificate,
                    algorithm,
                }),
                other => panic!("{other} brings no certificate"),
            }
        }

        /// The calls about control, recovery and services.
        fn payload_about_control(&self) -> RequestPayload<'static> {
            let identifier = Self::identity(self.argument("identifier"));
            match self.text("call") {
                "deactivate" => self.payload_of(&DeactivateArguments { identifier }),
                "set_controller" => self.payload_of(&SetControllerArguments {
                    identifier,
                    controller: Self::optional(self.argument("controller"), Self::identity),
                }),
                "set_guardians" => self.payload_of(&SetGuardiansArguments {
                    identifier,
                    guardians: &Self::optional(self.argument("guardians"), Self::guardians),
                }),
                "open_recovery" => self.payload_of(&OpenRecoveryArguments {
                    identifier,
                    certificate_hash: self.argument_hash("certificate_hash"),
                    compromised_after: Self::optional(
                        self.argument("compromised_after"),
                        Self::number,
                    ),
                }),
                "approve_recovery" => self.payload_of(&ApproveRecoveryArguments {
                    identifier,
                    number: Self::number(self.argument("number")),
                    certificate_hash: self.argument_hash("certificate_hash"),
                }),
                "veto_recovery" => self.payload_of(&VetoRecoveryArguments {
                    identifier,
                    number: Self::number(self.argument("number")),
                }),
                "set_services" => self.payload_of(&SetServicesArguments {
                    identifier,
                    services: &Self::services(self.argument("services")),
                }),
                other => panic!("{other} is not about control"),
            }
        }

        fn payload(&self) -> RequestPayload<'static> {
            match self.text("call") {
                REGISTER => self.payload_of(&RegisterArguments {
                    certificate: &self.bytes("certificate"),
                    algorithm: Self::algorithm(&self.0["algorithm"]),
                }),
                "register_issued" | "renew" | "reparent" | "execute_recovery" => {
                    self.payload_with_certificate()
                }
                "co_issue" => self.payload_of(&CoIssueArguments {
                    certificate_hash: self.argument_hash("certificate_hash"),
                    issuer: Self::identity(self.argument("issuer")),
                }),
                "revoke" => {
                    let reason = self.argument("reason").clone();
                    self.payload_of(&RevokeArguments {
                        serial: &self.argument_bytes("serial"),
                        reason: serde_json::from_value::<RevocationReason>(reason).unwrap(),
                    })
                }
                "hold" => self.payload_of(&HoldArguments {
                    serial: &self.argument_bytes("serial"),
                }),
                "release" => self.payload_of(&ReleaseArguments {
                    serial: &self.argument_bytes("serial"),
                }),
                "publish_crl" => self.payload_of(&PublishCrlArguments {
                    crl: &self.argument_bytes("crl"),
                    algorithm: Self::algorithm(self.argument("algorithm")),
                }),
                _ => self.payload_about_control(),
            }
        }
    }

    /// Requests signed by `openssl pkeyutl`: payload, identifier and signature agree.
    #[test]
    fn golden_requests() {
        let file: Value = vectors::read("auto-id-requests.json");
        let mut calls = BTreeSet::new();
        let mut registrations = 0;
        for case in file["requests"].as_array().unwrap() {
            let golden = Golden(case.clone());
            let certificate = golden.bytes("certificate");
            let parsed = ParsedCertificate::parse(&certificate).unwrap();
            let algorithm = Golden::algorithm(&case["algorithm"]);
            assert_eq!(
                golden.text("identifier"),
                Identifier::of(&parsed).to_string()
            );
            let payload = golden.payload();
            assert_eq!(
                hex::encode(payload.arguments_hash),
                golden.text("arguments_hash")
            );
            let payload = payload.to_bytes();
            assert_eq!(hex::encode(&payload), golden.text("payload"));
            let signature = golden.bytes("signature");
            parsed
                .verify_message(algorithm, &payload, &signature)
                .unwrap();
            registrations += usize::from(golden.text("call") == REGISTER);
            calls.insert((golden.text("call").to_owned(), algorithm));
        }
        assert_eq!(registrations, 4);
        // Every call there is, by both kinds of keys.
        assert_eq!(calls.len(), 2 * 17);
    }

    /// The module's table, literally.
    #[test]
    fn layout() {
        let payload = RequestPayload {
            context: REQUEST_CONTEXT,
            genesis_hash: [1; 32],
            call: "register",
            identifier: Identifier([2; 32]),
            nonce: 0x0102_0304_0506_0708,
            valid_until: 0x1112_1314,
            arguments_hash: [3; 32],
        };
        let expected = [
            &b"\x3callod/auto-id/1"[..],
            &[1; 32],
            b"\x20register",
            &[2; 32],
            &[8, 7, 6, 5, 4, 3, 2, 1],
            &[0x14, 0x13, 0x12, 0x11],
            &[3; 32],
        ]
        .concat();
        assert_eq!(payload.to_bytes(), expected);
    }
}
