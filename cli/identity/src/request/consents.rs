//! The consents that a co-issued certificate takes.
//!
//! A consent is a co-issuer's signature over the hash of a certificate and its issuer's identifier. It
//! travels as a file of JSON to whoever registers the certificate:
//!
//! ```json
//! {"coIssuer":"77aa…10","validUntil":2000,"signature":"0x9a…","algorithm":"ed25519"}
//! ```

use crate::{
    files::{self, FileError},
    keys::algorithm::{AlgorithmError, algorithm_of},
    node::{Node, NodeError},
    request::{
        args::{ConsentArgs, ExpiredError, RequestArgs},
        payload::{self, Terms},
        registered::{FindKeyError, IdentityError, RegisteredIdentity, find_key},
        signature::{RequestSignatureError, SignatureSource},
    },
};
use allod_identity::{
    Consent, Identifier, Issuance, MAX_CO_ISSUERS, SignatureAlgorithm, api::PayloadQuery,
    request::TooManyServices,
};
use allod_rpc_types::auto_id::ConsentSignature;
use allod_x509::{CertificateError, ParsedCertificate};
use std::path::{Path, PathBuf};

/// Why co-issuers do not consent.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Request(#[from] ExpiredError),
    #[error(transparent)]
    Payload(#[from] TooManyServices),
    #[error(transparent)]
    Key(#[from] FindKeyError),
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
    #[error(transparent)]
    Signature(#[from] RequestSignatureError),
    /// More than there can be.
    #[error("{0} consents: a certificate has at most {MAX_CO_ISSUERS} co-issuers")]
    TooMany(usize),
    /// A file holds something else.
    #[error("{}: no consent: {error}", .path.display())]
    NoConsent {
        path: PathBuf,
        error: serde_json::Error,
    },
    /// A consent was for blocks that are past.
    #[error("{}: the consent was valid until block #{valid_until}, and block #{best} is here already", .path.display())]
    Expired {
        path: PathBuf,
        /// The last block in which it was valid.
        valid_until: u32,
        best: u32,
    },
    /// A co-issuer consents more than once.
    #[error("{0} consents twice")]
    Twice(Identifier),
    /// A co-issuer does not consent.
    #[error("its co-issuer {0} has to consent: --consent FILE, as `allod id consent` writes it")]
    Missing(Identifier),
    /// Somebody consents who need not.
    #[error("{0} is no co-issuer of the identity")]
    NoCoIssuer(Identifier),
}

/// What a co-issuer consents to.
pub fn consent_query(
    co_issuer: Identifier,
    certificate_hash: [u8; 32],
    issuer: Identifier,
) -> PayloadQuery {
    PayloadQuery::CoIssue {
        co_issuer,
        certificate_hash,
        issuer,
    }
}

/// Every consent to a certificate, from files and by keys that are here, each checked.
pub async fn collect(
    node: &Node,
    args: &ConsentArgs,
    request: &RequestArgs,
    certificate: &[u8],
    issuer: Identifier,
) -> Result<Vec<Consent>, ConsentError> {
    let count = args.files.len() + args.keys.len();
    if count == 0 {
        return Ok(Vec::new());
    }
    check_count(count)?;
    let parsed = ParsedCertificate::parse(certificate)?;
    let best = node.best_number().await?;
    let terms = Terms {
        genesis: node.genesis_hash().await?.0,
        nonce: 0,
        valid_until: request.last_block(best)?,
    };
    let hash = parsed.fingerprint();
    let mut consents = Vec::new();
    for path in &args.files {
        let read = read_consent(path)?;
        if read.valid_until <= best {
            return Err(ConsentError::Expired {
                path: path.clone(),
                valid_until: read.valid_until,
                best,
            });
        }
        let co_issuer = RegisteredIdentity::by_identifier(node, read.co_issuer).await?;
        let source = SignatureSource::File(path.clone(), read.signature.clone().into_inner());
        let terms = Terms {
            valid_until: read.valid_until,
            ..terms
        };
        let query = consent_query(co_issuer.identifier, hash, issuer);
        consents.push(made(&co_issuer, &query, &source, read.algorithm, terms)?);
    }
    for pair in &args.keys {
        let co_issuer = RegisteredIdentity::by_identifier(node, pair.identifier).await?;
        let key = find_key(
            &co_issuer.certificate,
            None,
            Some(&pair.key),
            "--co-issuer",
            &request.password,
        )?;
        let query = consent_query(co_issuer.identifier, hash, issuer);
        consents.push(made(
            &co_issuer,
            &query,
            &SignatureSource::key(key),
            None,
            terms,
        )?);
    }
    Ok(consents)
}

fn check_count(count: usize) -> Result<(), ConsentError> {
    if u32::try_from(count).is_ok_and(|count| count <= MAX_CO_ISSUERS) {
        return Ok(());
    }
    Err(ConsentError::TooMany(count))
}

fn read_consent(path: &Path) -> Result<ConsentSignature, ConsentError> {
    let bytes = files::read(path)?;
    serde_json::from_slice(&bytes).map_err(|error| ConsentError::NoConsent {
        path: path.into(),
        error,
    })
}

fn made(
    co_issuer: &RegisteredIdentity,
    query: &PayloadQuery,
    source: &SignatureSource,
    declared: Option<SignatureAlgorithm>,
    terms: Terms,
) -> Result<Consent, ConsentError> {
    let algorithm = algorithm_of(&co_issuer.certificate, declared)?;
    let payload = payload::payload(query, co_issuer.identifier, terms)?;
    let signature = source.signature(&co_issuer.certificate, algorithm, &payload, terms)?;
    Ok(Consent {
        co_issuer: co_issuer.identifier,
        algorithm,
        valid_until: terms.valid_until,
        signature,
    })
}

/// The consents in the order of an identity's co-issuers; there must be one of each, and no other.
pub fn in_order(issuance: &Issuance, consents: Vec<Consent>) -> Result<Vec<Consent>, ConsentError> {
    let co_issuers: Vec<_> = issuance
        .issuers()
        .skip(1)
        .map(|issuer| issuer.identifier)
        .collect();
    let mut ordered = Vec::new();
    for co_issuer in &co_issuers {
        let mut found = consents
            .iter()
            .filter(|consent| consent.co_issuer == *co_issuer);
        match (found.next(), found.next()) {
            (Some(consent), None) => ordered.push(consent.clone()),
            (Some(_), Some(_)) => return Err(ConsentError::Twice(*co_issuer)),
            (None, _) => return Err(ConsentError::Missing(*co_issuer)),
        }
    }
    match consents
        .iter()
        .find(|consent| !co_issuers.contains(&consent.co_issuer))
    {
        Some(other) => Err(ConsentError::NoCoIssuer(other.co_issuer)),
        None => Ok(ordered),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_golden::calls;
    use allod_identity::CertificateReference;
    use allod_test_support::Folder;
    use allod_x509::builder::SigningKey;
    use serde_json::json;

    /// Consents that OpenSSL signed count here, with the terms that they name.
    #[test]
    fn golden_consents() {
        let mut seen = 0;
        for golden in calls() {
            let signatures = golden.signatures();
            for consent in &signatures.consents {
                let folder = Folder::new();
                let written = ConsentSignature {
                    co_issuer: consent.co_issuer,
                    valid_until: consent.valid_until,
                    signature: consent.signature.to_vec().try_into().unwrap(),
                    algorithm: Some(consent.algorithm),
                };
                let text = serde_json::to_vec(&written).unwrap();
                let path = folder.write("consent.json", &text);
                assert_eq!(read_consent(&path).unwrap(), written);
                seen += 1;
            }
        }
        assert!(seen >= 6, "{seen}");
    }

    #[test]
    fn consents_are_signed_over_certificate_and_issuer() {
        let key = SigningKey::ed25519([1; 32]);
        let co_issuer = RegisteredIdentity::root_of(1, "issuer", &key);
        let query = consent_query(co_issuer.identifier, [7; 32], Identifier([2; 32]));
        let terms = Terms {
            genesis: [3; 32],
            nonce: 0,
            valid_until: 9,
        };
        let consent = made(&co_issuer, &query, &SignatureSource::key(key), None, terms).unwrap();
        assert_eq!(
            (consent.co_issuer, consent.valid_until),
            (co_issuer.identifier, 9)
        );
        let source = SignatureSource::File("c.json".into(), consent.signature.to_vec());
        for wrong in [
            consent_query(co_issuer.identifier, [8; 32], Identifier([2; 32])),
            consent_query(co_issuer.identifier, [7; 32], Identifier([4; 32])),
        ] {
            let error = made(&co_issuer, &wrong, &source, None, terms).unwrap_err();
            let error = error.to_string();
            assert!(
                error.contains("c.json: signature does not verify"),
                "{error}"
            );
        }
    }

    #[test]
    fn consents_come_in_the_order_of_the_co_issuers() {
        let reference = |byte| CertificateReference {
            identifier: Identifier([byte; 32]),
            generation: 0,
        };
        let issuance = Issuance::Issued {
            issuer: reference(1),
            co_issuers: vec![reference(2), reference(3)].try_into().unwrap(),
        };
        let consent = |byte: u8| {
            let key = SigningKey::ed25519([byte; 32]);
            let co_issuer = RegisteredIdentity::root_of(byte, "issuer", &key);
            let query = consent_query(co_issuer.identifier, [7; 32], Identifier([1; 32]));
            let terms = Terms {
                genesis: [3; 32],
                nonce: 0,
                valid_until: 9,
            };
            made(&co_issuer, &query, &SignatureSource::key(key), None, terms).unwrap()
        };
        let ordered = in_order(&issuance, vec![consent(3), consent(2)]).unwrap();
        assert_eq!(ordered, [consent(2), consent(3)]);
        for (consents, why) in [
            (vec![consent(2)], "has to consent"),
            (vec![consent(2), consent(3), consent(2)], "consents twice"),
            (vec![consent(2), consent(3), consent(4)], "is no co-issuer"),
        ] {
            let error = in_order(&issuance, consents).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let nobody = in_order(&Issuance::SelfIssued, Vec::new()).unwrap();
        assert_eq!(nobody, Vec::new());
        let error = check_count(4).unwrap_err().to_string();
        assert!(error.contains("at most 3"), "{error}");
    }

    #[test]
    fn files_that_are_no_consent_are_named() {
        let folder = Folder::new();
        for wrong in [
            json!({}),
            json!({ "coIssuer": "ab", "validUntil": 1, "signature": "0x" }),
            json!([]),
        ] {
            let path = folder.write("c.json", wrong.to_string().as_bytes());
            let error = read_consent(&path).unwrap_err().to_string();
            assert!(error.contains("c.json: no consent"), "{error}");
        }
    }
}
