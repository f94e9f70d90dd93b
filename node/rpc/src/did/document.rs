//! From what is stored to a document.

use super::{key::DocumentKey, syntax::Network};
use allod_identity::{Identifier, IdentityInfo, KeyFingerprint, Service, api::IdentityDetails};
use allod_rpc_types::did::{CONTEXTS, DidDocument, DidService, VerificationMethod};
use allod_x509::{KeyUsage, ParsedCertificate};
use serde_json::{Value, json};
use std::collections::HashSet;

/// What the names of this method's terms begin with: `sinceBlock`, `untilBlock`. A URN, as it names and is
/// nothing to be fetched.
const VOCABULARY: &str = "urn:allod:did:";

/// One key of an identity.
struct Key<'a> {
    certificate: ParsedCertificate<'a>,
    generation: u32,
    since: u32,
    /// The block in which it was superseded; `None` for the current one.
    until: Option<u32>,
}

impl Key<'_> {
    fn fingerprint(&self) -> KeyFingerprint {
        KeyFingerprint::of(&self.certificate)
    }

    fn signs_data(&self) -> bool {
        self.certificate.allows(KeyUsage::DIGITAL_SIGNATURE)
    }
}

/// What a document is made of.
pub(super) struct Subject<'a> {
    /// The current one first, then former ones, newest first.
    keys: Vec<Key<'a>>,
    controller: Option<Identifier>,
    services: &'a [Service],
}

impl<'a> Subject<'a> {
    pub fn new(info: &'a IdentityInfo, details: &'a IdentityDetails) -> Self {
        Self {
            keys: keys(info, details),
            controller: details.controller,
            services: &details.services,
        }
    }

    /// Drops the keys that the identity did not have, too, at another block; all of them if it did not
    /// exist there.
    pub fn keep_keys_of(&mut self, other: Option<(&IdentityInfo, &IdentityDetails)>) {
        let known: HashSet<_> = other.map_or_else(HashSet::new, |(info, details)| {
            let keys = keys(info, details);
            keys.iter().map(Key::fingerprint).collect()
        });
        self.keys.retain(|key| known.contains(&key.fingerprint()));
    }

    pub fn drop_keys(&mut self) {
        self.keys.clear();
    }

    pub fn document(&self, network: &Network, identifier: Identifier, as_jwk: bool) -> DidDocument {
        let did = network.did(identifier);
        let id = |key: &Key<'_>| format!("{did}#key:{}", key.generation);
        let signing = self.keys.iter().filter(|key| key.signs_data());
        let current = signing.clone().filter(|key| key.until.is_none());
        DidDocument {
            context: contexts(),
            id: did.clone(),
            controller: self.controller.map(|controller| network.did(controller)),
            verification_method: self
                .keys
                .iter()
                .filter_map(|key| verification_method(key, id(key), &did, as_jwk))
                .collect(),
            authentication: current.map(id).collect(),
            assertion_method: signing.map(id).collect(),
            service: self
                .services
                .iter()
                .map(|service| DidService {
                    id: format!("{did}#{}", text(&service.name)),
                    r#type: text(&service.kind),
                    service_endpoint: text(&service.uri),
                })
                .collect(),
        }
    }
}

/// The current key, and those that it superseded and that were not given up, each with the blocks in
/// which a certificate of the identity had it. Where a renewal kept the key, its interval goes on.
fn keys<'a>(info: &'a IdentityInfo, details: &'a IdentityDetails) -> Vec<Key<'a>> {
    let Ok(certificate) = ParsedCertificate::parse(&info.certificate) else {
        return Vec::new();
    };
    let current = KeyFingerprint::of(&certificate);
    let mut keys = vec![Key {
        certificate,
        generation: details.generation,
        since: details.certified_at,
        until: None,
    }];
    for superseded in details.superseded.iter().rev() {
        let Ok(certificate) = ParsedCertificate::parse(&superseded.certificate) else {
            continue;
        };
        let is_current = KeyFingerprint::of(&certificate) == current;
        let continued = keys.first_mut().filter(|key| key.since == superseded.until);
        if let Some(key) = continued.filter(|_| is_current) {
            key.since = superseded.since;
        } else if superseded.compromised_after.is_none() {
            keys.push(Key {
                certificate,
                generation: superseded.generation,
                since: superseded.since,
                until: Some(superseded.until),
            });
        }
    }
    keys
}

fn verification_method(
    key: &Key<'_>,
    id: String,
    did: &str,
    as_jwk: bool,
) -> Option<VerificationMethod> {
    let (kind, multibase, jwk) = match DocumentKey::of(key.certificate.public_key(), as_jwk)? {
        DocumentKey::Multikey(text) => ("Multikey", Some(text), None),
        DocumentKey::JsonWebKey(jwk) => ("JsonWebKey", None, Some(jwk)),
    };
    Some(VerificationMethod {
        id,
        r#type: kind.into(),
        controller: did.into(),
        public_key_multibase: multibase,
        public_key_jwk: jwk,
        since_block: key.since,
        until_block: key.until,
    })
}

fn contexts() -> Vec<Value> {
    let terms = json!({
        "sinceBlock": format!("{VOCABULARY}sinceBlock"),
        "untilBlock": format!("{VOCABULARY}untilBlock"),
    });
    let known = CONTEXTS.iter().map(|context| json!(context));
    known.chain([terms]).collect()
}

/// A text of the chain, which lets in ASCII only.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
