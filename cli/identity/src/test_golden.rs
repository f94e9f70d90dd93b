//! The golden requests and calls of `tests/vectors`, for the tests of the verbs.

use crate::request::{payload::Terms, registered::RegisteredIdentity};
use allod_identity::{
    Consent, GuardianSet, Identifier, IdentityRequest, Possession, RevocationReason, Service,
    SignatureAlgorithm, SignatureBytes, SignedRequest,
    api::PayloadQuery,
    calls::{CallSignatures, runtime_decl_for_auto_id_call_api::AutoIdCallApiV1},
};
use allod_runtime::{Block, Runtime};
use allod_test_support::vectors;
use serde_json::Value;

/// One golden request or call.
pub struct Golden {
    case: Value,
    genesis: Value,
    parties: Value,
}

/// The call that the runtime makes of a query and its signatures.
pub fn call_bytes(query: PayloadQuery, signatures: CallSignatures) -> Option<Vec<u8>> {
    <Runtime as AutoIdCallApiV1<Block>>::call(query, signatures)
}

/// Requests: payloads and signatures.
pub fn requests() -> Vec<Golden> {
    read("auto-id-requests.json", "requests")
}

/// Whole calls.
pub fn calls() -> Vec<Golden> {
    read("auto-id-calls.json", "calls")
}

fn read(name: &str, list: &str) -> Vec<Golden> {
    let file: Value = vectors::read(name);
    let cases = file[list].as_array().unwrap().iter();
    cases
        .map(|case| Golden {
            case: case.clone(),
            genesis: file["genesis_hash"].clone(),
            parties: file["parties"].clone(),
        })
        .collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn hash(value: &Value) -> [u8; 32] {
    bytes(value).try_into().unwrap()
}

fn identity(value: &Value) -> Identifier {
    value.as_str().unwrap().parse().unwrap()
}

fn identities(value: &Value) -> Vec<Identifier> {
    value.as_array().unwrap().iter().map(identity).collect()
}

fn number(value: &Value) -> u32 {
    value.as_u64().unwrap().try_into().unwrap()
}

fn algorithm(value: &Value) -> SignatureAlgorithm {
    serde_json::from_value(value.clone()).unwrap()
}

fn signature(value: &Value) -> SignatureBytes {
    bytes(value).try_into().unwrap()
}

fn optional<T>(value: &Value, read: impl Fn(&Value) -> T) -> Option<T> {
    (!value.is_null()).then(|| read(value))
}

fn guardians(value: &Value) -> GuardianSet {
    GuardianSet {
        members: identities(&value["members"]).try_into().unwrap(),
        threshold: number(&value["threshold"]).try_into().unwrap(),
        delay: number(&value["delay"]),
    }
}

fn service(value: &Value) -> Service {
    let text = |value: &Value| value.as_str().unwrap().as_bytes().to_vec();
    Service {
        name: text(&value["name"]).try_into().unwrap(),
        kind: text(&value["kind"]).try_into().unwrap(),
        uri: text(&value["uri"]).try_into().unwrap(),
    }
}

impl Golden {
    /// The call's name.
    pub fn name(&self) -> &str {
        self.text("call")
    }

    /// A field that is text.
    pub fn text(&self, name: &str) -> &str {
        self.case[name].as_str().unwrap()
    }

    /// A field that is hex.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        bytes(&self.case[name])
    }

    /// Who signs, as the chain knows it.
    pub fn signer(&self) -> RegisteredIdentity {
        let nonce = self.terms().nonce;
        RegisteredIdentity::root(self.actor(), nonce, self.signer_certificate())
    }

    /// Who acts.
    pub fn actor(&self) -> Identifier {
        identity(&self.case["identifier"])
    }

    /// The algorithm of the request's signature.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        algorithm(&self.case["algorithm"])
    }

    /// Genesis hash, nonce, last block.
    pub fn terms(&self) -> Terms {
        let own = &self.case["genesis_hash"];
        Terms {
            genesis: hash(if own.is_null() { &self.genesis } else { own }),
            nonce: self.case["nonce"].as_u64().unwrap(),
            valid_until: number(&self.case["valid_until"]),
        }
    }

    /// Whether the list declares more entries than it has.
    pub fn declares_too_many(&self) -> bool {
        self.case["entries"] == 1000
    }

    /// Whether a new key signed, too.
    pub fn has_possession(&self) -> bool {
        self.case["possession"].is_object()
    }

    fn party(&self, signer: &Value) -> &Value {
        let mut parties = self.parties.as_array().unwrap().iter();
        parties.find(|party| party["name"] == *signer).unwrap()
    }

    /// The key that signed the request, PEM.
    pub fn private_key(&self) -> &str {
        let party = self.party(&self.case["signer"]);
        party["private_key"].as_str().unwrap()
    }

    /// DER of a certificate with that key.
    pub fn signer_certificate(&self) -> Vec<u8> {
        bytes(&self.party(&self.case["signer"])["certificate"])
    }

    /// DER of the certificate that the call brings.
    pub fn new_certificate(&self) -> Vec<u8> {
        bytes(&self.case["arguments"]["certificate"])
    }

    /// A query about as many services.
    pub fn services_query(count: usize) -> PayloadQuery {
        let one = serde_json::json!({ "name": "a", "kind": "b", "uri": "c:d" });
        PayloadQuery::SetServices {
            identifier: Identifier([1; 32]),
            services: vec![service(&one); count],
        }
    }

    /// The call and its arguments.
    pub fn query(&self) -> PayloadQuery {
        let arguments = &self.case["arguments"];
        match self.name() {
            // The requests of the first file keep what they register beside them.
            "register" if arguments.is_null() => PayloadQuery::Register {
                certificate: self.bytes("certificate"),
                algorithm: self.algorithm(),
            },
            "register" => PayloadQuery::Register {
                certificate: bytes(&arguments["certificate"]),
                algorithm: algorithm(&arguments["algorithm"]),
            },
            "register_issued" => PayloadQuery::RegisterIssued {
                certificate: bytes(&arguments["certificate"]),
                algorithm: algorithm(&arguments["algorithm"]),
                issuer: identity(&arguments["issuer"]),
                co_issuers: identities(&arguments["co_issuers"]),
            },
            "co_issue" => PayloadQuery::CoIssue {
                co_issuer: self.actor(),
                certificate_hash: hash(&arguments["certificate_hash"]),
                issuer: identity(&arguments["issuer"]),
            },
            "renew" => PayloadQuery::Renew {
                identifier: identity(&arguments["identifier"]),
                certificate: bytes(&arguments["certificate"]),
                algorithm: algorithm(&arguments["algorithm"]),
                compromised_after: optional(&arguments["compromised_after"], number),
            },
            "reparent" => PayloadQuery::Reparent {
                identifier: identity(&arguments["identifier"]),
                certificate: bytes(&arguments["certificate"]),
                algorithm: algorithm(&arguments["algorithm"]),
                issuer: identity(&arguments["issuer"]),
                co_issuers: identities(&arguments["co_issuers"]),
            },
            "execute_recovery" => PayloadQuery::ExecuteRecovery {
                identifier: identity(&arguments["identifier"]),
                number: number(&arguments["number"]),
                certificate: bytes(&arguments["certificate"]),
                algorithm: algorithm(&arguments["algorithm"]),
            },
            "revoke" | "hold" | "release" | "publish_crl" => self.query_of_issuer(arguments),
            _ => self.query_of_control(arguments),
        }
    }

    fn query_of_issuer(&self, arguments: &Value) -> PayloadQuery {
        let issuer = self.actor();
        let serial = || bytes(&arguments["serial"]).try_into().unwrap();
        match self.name() {
            "revoke" => PayloadQuery::Revoke {
                issuer,
                serial: serial(),
                reason: serde_json::from_value::<RevocationReason>(arguments["reason"].clone())
                    .unwrap(),
            },
            "hold" => PayloadQuery::Hold {
                issuer,
                serial: serial(),
            },
            "release" => PayloadQuery::Release {
                issuer,
                serial: serial(),
            },
            _ => PayloadQuery::PublishCrl {
                issuer,
                crl: bytes(&arguments["crl"]),
                algorithm: algorithm(&arguments["algorithm"]),
            },
        }
    }

    fn query_of_control(&self, arguments: &Value) -> PayloadQuery {
        let identifier = identity(&arguments["identifier"]);
        match self.name() {
            "deactivate" => PayloadQuery::Deactivate { identifier },
            "set_controller" => PayloadQuery::SetController {
                identifier,
                controller: optional(&arguments["controller"], identity),
            },
            "set_guardians" => PayloadQuery::SetGuardians {
                identifier,
                guardians: optional(&arguments["guardians"], guardians),
            },
            "open_recovery" => PayloadQuery::OpenRecovery {
                guardian: self.actor(),
                identifier,
                certificate_hash: hash(&arguments["certificate_hash"]),
                compromised_after: optional(&arguments["compromised_after"], number),
            },
            "approve_recovery" => PayloadQuery::ApproveRecovery {
                guardian: self.actor(),
                identifier,
                number: number(&arguments["number"]),
                certificate_hash: hash(&arguments["certificate_hash"]),
            },
            "veto_recovery" => PayloadQuery::VetoRecovery {
                identifier,
                number: number(&arguments["number"]),
            },
            "set_services" => PayloadQuery::SetServices {
                identifier,
                services: arguments["services"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(service)
                    .collect(),
            },
            other => panic!("{other} is no call"),
        }
    }

    pub fn signatures(&self) -> CallSignatures {
        let Terms {
            nonce, valid_until, ..
        } = self.terms();
        let possession = &self.case["possession"];
        let consents = self.case["consents"].as_array().cloned();
        let consents: Vec<_> = consents
            .unwrap_or_default()
            .iter()
            .map(|consent| Consent {
                co_issuer: identity(&consent["co_issuer"]),
                algorithm: algorithm(&consent["algorithm"]),
                valid_until: number(&consent["valid_until"]),
                signature: signature(&consent["signature"]),
            })
            .collect();
        CallSignatures {
            request: IdentityRequest {
                identifier: self.actor(),
                algorithm: self.algorithm(),
                request: SignedRequest {
                    nonce,
                    valid_until,
                    signature: signature(&self.case["signature"]),
                },
            },
            possession: self.has_possession().then(|| Possession {
                algorithm: algorithm(&possession["algorithm"]),
                signature: signature(&possession["signature"]),
            }),
            consents: consents.try_into().unwrap(),
        }
    }
}
