//! `allod id re-parent`: an identity whose issuer failed moves under another one.

use crate::{
    Error,
    client::Node,
    files,
    request::{
        act::{self, Act},
        options::{ConsentArgs, Named, RequestArgs},
        party::Party,
    },
    verbs::consent::{check_signed_by, collect},
};
use allod_identity::{Consent, Identifier, api::PayloadQuery};
use allod_x509::ParsedCertificate;
use std::{path::PathBuf, process::ExitCode};

/// Arguments of `allod id re-parent`.
#[derive(Debug, clap::Args)]
pub struct ReparentArgs {
    /// The identity that moves: 64 hex digits, or its certificate's file. Its own key signs.
    identity: Named,

    /// The new issuer's certificate for it: same subject, same key.
    certificate: PathBuf,

    /// The new issuer.
    #[arg(long, value_name = "IDENTITY")]
    issuer: Named,

    #[command(flatten)]
    consents: ConsentArgs,

    #[command(flatten)]
    request: RequestArgs,
}

/// Moves an identity under another issuer.
pub async fn reparent(args: &ReparentArgs) -> Result<ExitCode, Error> {
    let certificate = files::certificate(&args.certificate)?;
    let shown = args.certificate.display();
    let node = Node::connect(&args.request.node).await?;
    let subject = Party::load(&node, &args.identity).await?;
    let issuer = Party::load(&node, &args.issuer).await?;
    check(&certificate, &subject).map_err(|error| format!("{shown}: {error}"))?;
    check_signed_by(&certificate, &issuer).map_err(|error| format!("{shown}: {error}"))?;
    let (consents, request) = (&args.consents, &args.request);
    let issuer = issuer.identifier;
    let consents = collect(&node, consents, request, &certificate, issuer).await?;
    let act = moving(&subject, certificate, issuer, consents)?;
    act::carry_out(&node, request, act).await
}

/// Name and key stay.
fn check(certificate: &[u8], subject: &Party) -> Result<(), String> {
    let new = ParsedCertificate::parse(certificate).map_err(|error| error.to_string())?;
    let old = subject.parsed()?;
    let identifier = subject.identifier;
    if subject.issuance.is_root() {
        return Err(format!("{identifier} is a root: it has no issuer to leave"));
    }
    if new.subject() != old.subject() {
        return Err(format!(
            "another subject than that of {identifier}; an identity keeps its name"
        ));
    }
    if new.spki() != old.spki() {
        return Err(format!(
            "another key than that of {identifier}, which stays when it moves; renew it for a new one"
        ));
    }
    Ok(())
}

fn moving(
    subject: &Party,
    certificate: Vec<u8>,
    issuer: Identifier,
    consents: Vec<Consent>,
) -> Result<Act, String> {
    let parsed = ParsedCertificate::parse(&certificate).map_err(|error| error.to_string())?;
    let algorithm = parsed.signature_algorithm();
    let query = PayloadQuery::Reparent {
        identifier: subject.identifier,
        certificate,
        algorithm,
        issuer,
        co_issuers: consents.iter().map(|consent| consent.co_issuer).collect(),
    };
    Ok(Act {
        consents,
        ..Act::by(subject, query)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{request::query, test_golden::calls};
    use allod_identity::{CertificateReference, Issuance};
    use allod_x509::builder::{CertificateBuilder, SigningKey};
    use parity_scale_codec::Encode;

    fn subject(name: &str, key: &SigningKey, issuance: Issuance) -> Party {
        Party {
            identifier: Identifier([1; 32]),
            nonce: 3,
            certificate: CertificateBuilder::self_issued(name).sign_self(key),
            issuance,
            file: None,
        }
    }

    #[test]
    fn name_and_key_stay() {
        let (key, other) = (SigningKey::ed25519([1; 32]), SigningKey::ed25519([2; 32]));
        let issued = || Issuance::Issued {
            issuer: CertificateReference {
                identifier: Identifier([9; 32]),
                generation: 0,
            },
            co_issuers: Default::default(),
        };
        let child = subject("child", &key, issued());
        let certificate = |name: &str, of: &SigningKey| {
            CertificateBuilder::self_issued(name).sign(&of.spki(), &other)
        };
        assert_eq!(check(&certificate("child", &key), &child), Ok(()));
        for (wrong, why) in [
            (certificate("child", &other), "another key"),
            (certificate("somebody", &key), "another subject"),
        ] {
            let error = check(&wrong, &child).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let root = subject("child", &key, Issuance::SelfIssued);
        let error = check(&certificate("child", &key), &root).unwrap_err();
        assert!(error.contains("is a root"), "{error}");
    }

    #[test]
    fn golden_move() {
        let golden = calls()
            .into_iter()
            .find(|golden| golden.name() == "reparent")
            .unwrap();
        let PayloadQuery::Reparent { issuer, .. } = golden.query() else {
            panic!("it is");
        };
        let subject = Party {
            identifier: golden.actor(),
            nonce: golden.terms().nonce,
            certificate: golden.signer_certificate(),
            issuance: Issuance::SelfIssued,
            file: None,
        };
        let consents = golden.signatures().consents.into_inner();
        let act = moving(&subject, golden.new_certificate(), issuer, consents).unwrap();
        let payload = query::payload(&act.query, act.actor, golden.terms()).unwrap();
        assert_eq!(hex::encode(payload), golden.text("payload"));
        let call = query::call(act.query, golden.signatures()).unwrap();
        assert_eq!(hex::encode(call.encode()), golden.text("bytes"));
    }
}
