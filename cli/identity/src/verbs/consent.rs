//! `allod id consent`, and the consents that a co-issued certificate takes.
//!
//! A consent is a co-issuer's signature over the hash of a certificate and its issuer's identifier. It
//! travels as a file of JSON to whoever registers the certificate:
//!
//! ```json
//! {"coIssuer":"77aa…10","validUntil":2000,"signature":"0x9a…","algorithm":"ed25519"}
//! ```

use crate::{
    Error,
    client::Node,
    files,
    request::{
        act::{self, Act},
        options::{ConsentArgs, Named, RequestArgs},
        party::{Party, find_key},
        query::{self, Terms},
        signing::{Source, algorithm_of},
        steps,
    },
};
use allod_identity::{
    Consent, Identifier, Issuance, MAX_CO_ISSUERS, SignatureAlgorithm, api::PayloadQuery,
};
use allod_rpc_types::auto_id::ConsentSignature;
use allod_x509::ParsedCertificate;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Arguments of `allod id consent`.
#[derive(Debug, clap::Args)]
pub struct ConsentCmd {
    /// The certificate to consent to: PEM or DER.
    certificate: PathBuf,

    /// The identity whose key signed it.
    #[arg(long, value_name = "IDENTITY")]
    issuer: Named,

    /// The co-issuer, which consents.
    #[arg(long = "as", value_name = "IDENTITY")]
    actor: Named,

    /// Where to write the consent; without it, it is printed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    request: RequestArgs,
}

/// Makes a consent, or does the first half of that.
pub async fn consent(args: &ConsentCmd) -> Result<ExitCode, Error> {
    let der = files::certificate(&args.certificate)?;
    let fingerprint = ParsedCertificate::parse(&der)
        .map_err(|error| format!("{}: {error}", args.certificate.display()))?
        .fingerprint();
    let node = Node::connect(&args.request.node).await?;
    let issuer = Party::load(&node, &args.issuer).await?;
    check_signed_by(&der, &issuer)?;
    let co_issuer = Party::load(&node, &args.actor).await?;
    let query = consent_query(co_issuer.identifier, fingerprint, issuer.identifier);
    // A certificate is registered once, which does what a nonce would.
    let act = Act {
        nonce: 0,
        ..Act::by(&co_issuer, query)
    };
    let terms = act::terms(&node, &args.request, act.nonce).await?;
    if let Some(out) = &args.request.payload {
        files::write(out, &query::payload(&act.query, act.actor, terms)?)?;
        let (declared, words) = (args.request.algorithm, steps::own_words());
        print!("{}", act.next_steps(out, declared, terms, &words)?);
        return Ok(ExitCode::SUCCESS);
    }
    let request = act.sign(&args.request, terms)?.request;
    let consent = ConsentSignature {
        co_issuer: co_issuer.identifier,
        valid_until: terms.valid_until,
        signature: request.request.signature.into_inner().try_into()?,
        algorithm: Some(request.algorithm),
    };
    let json = serde_json::to_string(&consent)?;
    match &args.out {
        None => println!("{json}"),
        Some(out) => {
            files::write(out, format!("{json}\n").as_bytes())?;
            println!(
                "written to {}: {} consents until block #{}",
                out.display(),
                co_issuer.identifier,
                terms.valid_until
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn consent_query(
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

/// Refuses a certificate that the issuer's current key did not sign.
pub fn check_signed_by(certificate: &[u8], issuer: &Party) -> Result<(), String> {
    let parsed = ParsedCertificate::parse(certificate).map_err(|error| error.to_string())?;
    let own = issuer.parsed()?;
    if !parsed.issuer_name().matches(&own.subject_name()) {
        return Err(format!(
            "the certificate names another issuer than the subject of {}",
            issuer.identifier
        ));
    }
    parsed.verify_signed_by(&own).map_err(|error| {
        format!(
            "the certificate's {error}, with the current key of {}",
            issuer.identifier
        )
    })
}

/// Every consent to a certificate, from files and by keys that are here, each checked.
pub async fn collect(
    node: &Node,
    args: &ConsentArgs,
    request: &RequestArgs,
    certificate: &[u8],
    issuer: Identifier,
) -> Result<Vec<Consent>, Error> {
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
            return Err(format!(
                "{}: the consent was valid until block #{}, and block #{best} is here already",
                path.display(),
                read.valid_until
            )
            .into());
        }
        let co_issuer = Party::by_identifier(node, read.co_issuer).await?;
        let source = Source::File(path.clone(), read.signature.clone().into_inner());
        let terms = Terms {
            valid_until: read.valid_until,
            ..terms
        };
        let query = consent_query(co_issuer.identifier, hash, issuer);
        consents.push(made(&co_issuer, &query, &source, read.algorithm, terms)?);
    }
    for pair in &args.keys {
        let co_issuer = Party::by_identifier(node, pair.identifier).await?;
        let key = find_key(
            &co_issuer.certificate,
            None,
            Some(&pair.key),
            "--co-issuer",
            &request.password,
        )?;
        let query = consent_query(co_issuer.identifier, hash, issuer);
        consents.push(made(&co_issuer, &query, &Source::key(key), None, terms)?);
    }
    Ok(consents)
}

fn check_count(count: usize) -> Result<(), String> {
    if u32::try_from(count).is_ok_and(|count| count <= MAX_CO_ISSUERS) {
        return Ok(());
    }
    Err(format!(
        "{count} consents: a certificate has at most {MAX_CO_ISSUERS} co-issuers"
    ))
}

fn read_consent(path: &Path) -> Result<ConsentSignature, Error> {
    let bytes = files::read(path)?;
    serde_json::from_slice(&bytes)
        .map_err(|error| format!("{}: no consent: {error}", path.display()).into())
}

fn made(
    co_issuer: &Party,
    query: &PayloadQuery,
    source: &Source,
    declared: Option<SignatureAlgorithm>,
    terms: Terms,
) -> Result<Consent, String> {
    let algorithm = algorithm_of(&co_issuer.certificate, declared)?;
    let payload = query::payload(query, co_issuer.identifier, terms)?;
    let signature = source.signature(&co_issuer.certificate, algorithm, &payload, terms)?;
    Ok(Consent {
        co_issuer: co_issuer.identifier,
        algorithm,
        valid_until: terms.valid_until,
        signature,
    })
}

/// The consents in the order of an identity's co-issuers; there must be one of each, and no other.
pub fn in_order(issuance: &Issuance, consents: Vec<Consent>) -> Result<Vec<Consent>, String> {
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
            (Some(_), Some(_)) => return Err(format!("{co_issuer} consents twice")),
            (None, _) => {
                return Err(format!(
                    "its co-issuer {co_issuer} has to consent: --consent FILE, as `allod id consent` \
                     writes it"
                ));
            }
        }
    }
    match consents
        .iter()
        .find(|consent| !co_issuers.contains(&consent.co_issuer))
    {
        Some(other) => Err(format!(
            "{} is no co-issuer of the identity",
            other.co_issuer
        )),
        None => Ok(ordered),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{test_golden::calls, test_openssl::Folder};
    use allod_identity::CertificateReference;
    use allod_x509::builder::{CertificateBuilder, SigningKey, name};
    use serde_json::json;

    fn party(byte: u8, key: &SigningKey) -> Party {
        Party {
            identifier: Identifier([byte; 32]),
            nonce: 5,
            certificate: CertificateBuilder::self_issued("issuer").sign_self(key),
            issuance: Issuance::SelfIssued,
            file: None,
        }
    }

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
        let co_issuer = party(1, &key);
        let query = consent_query(co_issuer.identifier, [7; 32], Identifier([2; 32]));
        let terms = Terms {
            genesis: [3; 32],
            nonce: 0,
            valid_until: 9,
        };
        let consent = made(&co_issuer, &query, &Source::key(key), None, terms).unwrap();
        assert_eq!(
            (consent.co_issuer, consent.valid_until),
            (co_issuer.identifier, 9)
        );
        let source = Source::File("c.json".into(), consent.signature.to_vec());
        for wrong in [
            consent_query(co_issuer.identifier, [8; 32], Identifier([2; 32])),
            consent_query(co_issuer.identifier, [7; 32], Identifier([4; 32])),
        ] {
            let error = made(&co_issuer, &wrong, &source, None, terms).unwrap_err();
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
            let co_issuer = party(byte, &key);
            let query = consent_query(co_issuer.identifier, [7; 32], Identifier([1; 32]));
            let terms = Terms {
                genesis: [3; 32],
                nonce: 0,
                valid_until: 9,
            };
            made(&co_issuer, &query, &Source::key(key), None, terms).unwrap()
        };
        let ordered = in_order(&issuance, vec![consent(3), consent(2)]).unwrap();
        assert_eq!(ordered, [consent(2), consent(3)]);
        for (consents, why) in [
            (vec![consent(2)], "has to consent"),
            (vec![consent(2), consent(3), consent(2)], "consents twice"),
            (vec![consent(2), consent(3), consent(4)], "is no co-issuer"),
        ] {
            let error = in_order(&issuance, consents).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        assert_eq!(in_order(&Issuance::SelfIssued, Vec::new()), Ok(Vec::new()));
        assert!(check_count(4).unwrap_err().contains("at most 3"));
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

    #[test]
    fn certificates_must_be_the_issuer_s() {
        let (key, other) = (SigningKey::ed25519([1; 32]), SigningKey::ed25519([2; 32]));
        let issuer = party(1, &key);
        let child = |issuer_name: &str, key: &SigningKey| {
            let mut builder = CertificateBuilder::self_issued("child");
            builder.issuer = name(&[issuer_name]);
            builder.sign(&other.spki(), key)
        };
        assert_eq!(check_signed_by(&child("issuer", &key), &issuer), Ok(()));
        let error = check_signed_by(&child("issuer", &other), &issuer).unwrap_err();
        assert!(error.contains("current key of 0101"), "{error}");
        let error = check_signed_by(&child("someone", &key), &issuer).unwrap_err();
        assert!(error.contains("another issuer"), "{error}");
    }
}
