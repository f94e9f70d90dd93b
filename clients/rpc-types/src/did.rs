//! What travels about DIDs: the result of a resolution (W3C DID Core 1.0, 7.1).
//!
//! | method | parameters | answer |
//! |---|---|---|
//! | `did_resolve` | DID, [`ResolveOptions`]? | [`Resolution`] |
//! | `did_of` | identifier | the DID that it has on this network |

use crate::auto_id::{BlockHash, BlockReference, bounded::BoundedText};
use serde::{Deserialize, Serialize};

/// Most characters of a DID that are read: method and identifier have 75, the rest is for a network.
pub const MAX_DID_CHARACTERS: usize = 160;
pub type DidText = BoundedText<MAX_DID_CHARACTERS>;

/// The media type of the document.
pub const CONTENT_TYPE: &str = "application/did+ld+json";
/// The contexts of a document: DIDs, and both forms of keys. The terms of this method follow them.
pub const CONTEXTS: [&str; 3] = [
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/multikey/v1",
    "https://w3id.org/security/jwk/v1",
];

/// How keys are written, where there is a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeyFormat {
    /// Multikey; RSA, which it has no form for that is in use, as JsonWebKey.
    #[default]
    Multikey,
    JsonWebKey,
}

/// How a DID is to be resolved; every field may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ResolveOptions {
    /// The one block to ask, instead of the best and the finalized one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<BlockHash>,
    /// How keys are to be written.
    pub key_format: KeyFormat,
}

/// The result of a resolution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resolution {
    /// The document; null if there is none.
    pub did_document: Option<DidDocument>,
    /// What became of the question.
    pub did_resolution_metadata: ResolutionMetadata,
    /// What is known about the document.
    pub did_document_metadata: DocumentMetadata,
}

/// What became of a resolution.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResolutionMetadata {
    /// The media type of the document, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ResolutionError>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem_details: Option<ProblemDetails>,
}

/// Why there is no document (DID Core 1.0, 7.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ResolutionError {
    /// The text is no DID of this method.
    InvalidDid,
    /// It is a DID of another method.
    MethodNotSupported,
    /// No identity of this identifier is registered, or it is one of another network.
    NotFound,
}

/// An error in RFC 9457's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemDetails {
    /// A URI that names the kind of problem.
    pub r#type: String,
    /// The kind of problem in words.
    pub title: String,
    /// What it is here.
    pub detail: String,
}

/// What is known about a document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentMetadata {
    /// True if the identity was deactivated, for ever; left out otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deactivated: bool,
    /// Which of the identity's certificates the document is made of: 0 for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// Whether the identity holds. Where it does not, the document has no keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<bool>,
    /// If it does not: the first thing that failed, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The block in which the identity was registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at_block: Option<u32>,
    /// The block in which the current certificate was registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at_block: Option<u32>,
    /// The block whose state this is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<BlockReference>,
}

/// A DID document (DID Core 1.0, 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DidDocument {
    /// What the terms mean.
    #[serde(rename = "@context")]
    pub context: Vec<serde_json::Value>,
    /// The DID.
    pub id: String,
    /// The DID of the controller, where it is not the identity itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<String>,
    /// The keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verification_method: Vec<VerificationMethod>,
    /// Which of them prove that somebody is the identity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authentication: Vec<String>,
    /// Which of them sign data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assertion_method: Vec<String>,
    /// Where the identity can be reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service: Vec<DidService>,
}

/// A key in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerificationMethod {
    /// The DID and `#key:` with the generation of the certificate.
    pub id: String,
    /// `Multikey` or `JsonWebKey`.
    pub r#type: String,
    /// The DID.
    pub controller: String,
    /// The key, if this is a Multikey.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key_multibase: Option<String>,
    /// The key, if this is a JsonWebKey.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key_jwk: Option<JsonWebKey>,
    /// The first block in which it was the identity's key by this certificate.
    pub since_block: u32,
    /// The block in which the certificate was superseded; left out for the current one. What was
    /// signed later is not the identity's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_block: Option<u32>,
}

/// A public key (RFC 7517; RFC 7518, 6; RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
pub enum JsonWebKey {
    /// Ed25519.
    #[serde(rename = "OKP")]
    Okp {
        /// `Ed25519`.
        crv: String,
        /// The key, base64url.
        x: String,
    },
    /// P-256 or P-384.
    #[serde(rename = "EC")]
    Ec {
        /// `P-256` or `P-384`.
        crv: String,
        /// First coordinate, base64url.
        x: String,
        /// Second coordinate, base64url.
        y: String,
    },
    #[serde(rename = "RSA")]
    Rsa {
        /// The modulus, base64url.
        n: String,
        /// The exponent, base64url.
        e: String,
    },
}

/// A service in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DidService {
    /// The DID, `#` and the service's name.
    pub id: String,
    /// Its type.
    pub r#type: String,
    /// Its address.
    pub service_endpoint: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_there_is_left_out() {
        let resolution = Resolution {
            did_document: None,
            did_resolution_metadata: ResolutionMetadata {
                error: Some(ResolutionError::NotFound),
                ..Default::default()
            },
            did_document_metadata: DocumentMetadata::default(),
        };
        let expected = json!({
            "didDocument": null,
            "didResolutionMetadata": { "error": "notFound" },
            "didDocumentMetadata": {},
        });
        assert_eq!(serde_json::to_value(&resolution).unwrap(), expected);
        let read: Resolution = serde_json::from_value(expected).unwrap();
        assert_eq!(read, resolution);
    }

    #[test]
    fn options_may_be_left_out_but_not_be_others() {
        let options = |json| serde_json::from_value::<ResolveOptions>(json);
        assert_eq!(options(json!({})).unwrap(), ResolveOptions::default());
        let jwk = options(json!({ "keyFormat": "jsonWebKey" })).unwrap();
        assert_eq!(jwk.key_format, KeyFormat::JsonWebKey);
        let error = options(json!({ "versionTime": 1 })).unwrap_err();
        assert!(error.to_string().contains("unknown field"), "{error}");
    }

    #[test]
    fn keys_name_their_kind() {
        let key = JsonWebKey::Okp {
            crv: "Ed25519".into(),
            x: "AA".into(),
        };
        let json = json!({ "kty": "OKP", "crv": "Ed25519", "x": "AA" });
        assert_eq!(serde_json::to_value(&key).unwrap(), json);
    }
}
