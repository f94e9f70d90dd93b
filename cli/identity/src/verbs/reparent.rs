//! `allod id re-parent`: an identity whose issuer failed moves under another one.

use crate::{
    files,
    node::Node,
    request::{
        args::{ConsentArgs, IdentityRef, RequestArgs},
        carry_out::carry_out,
        consents::collect,
        issued_by::check_issued_by,
        registered::RegisteredIdentity,
        runtime::ChainRuntime,
        unsigned::UnsignedRequest,
    },
    verbs::error::{About, Error},
};
use allod_identity::{Consent, Identifier, api::PayloadQuery};
use allod_x509::{CertificateError, ParsedCertificate};
use std::{path::PathBuf, process::ExitCode};

/// Arguments of `allod id re-parent`.
#[derive(Debug, clap::Args)]
pub struct ReparentArgs {
    /// The identity that moves: 64 hex digits, or its certificate's file. Its own key signs.
    identity: IdentityRef,

    /// The new issuer's certificate for it: same subject, same key.
    certificate: PathBuf,

    /// The new issuer.
    #[arg(long, value_name = "IDENTITY")]
    issuer: IdentityRef,

    #[command(flatten)]
    consents: ConsentArgs,

    #[command(flatten)]
    request: RequestArgs,
}

/// Moves an identity under another issuer.
pub async fn reparent(args: &ReparentArgs, runtime: &dyn ChainRuntime) -> Result<ExitCode, Error> {
    let certificate = files::certificate(&args.certificate)?;
    let shown = args.certificate.display();
    let node = Node::connect(&args.request.node).await?;
    let subject = RegisteredIdentity::load(&node, &args.identity).await?;
    let issuer = RegisteredIdentity::load(&node, &args.issuer).await?;
    check(&certificate, &subject).about(&shown)?;
    check_issued_by(&certificate, &issuer).about(&shown)?;
    let (consents, request) = (&args.consents, &args.request);
    let issuer = issuer.identifier;
    let consents = collect(&node, consents, request, &certificate, issuer).await?;
    let unsigned = moving(&subject, certificate, issuer, consents)?;
    Ok(carry_out(&node, runtime, request, unsigned).await?)
}

/// Name and key stay.
fn check(certificate: &[u8], subject: &RegisteredIdentity) -> Result<(), Error> {
    let new = ParsedCertificate::parse(certificate)?;
    let old = subject.parsed()?;
    let identifier = subject.identifier;
    if subject.issuance.is_root() {
        return Err(Error::Root(identifier));
    }
    if new.subject() != old.subject() {
        return Err(Error::OtherSubject(identifier));
    }
    if new.spki() != old.spki() {
        return Err(Error::OtherKey(identifier));
    }
    Ok(())
}

fn moving(
    subject: &RegisteredIdentity,
    certificate: Vec<u8>,
    issuer: Identifier,
    consents: Vec<Consent>,
) -> Result<UnsignedRequest, CertificateError> {
    let parsed = ParsedCertificate::parse(&certificate)?;
    let algorithm = parsed.signature_algorithm();
    let query = PayloadQuery::Reparent {
        identifier: subject.identifier,
        certificate,
        algorithm,
        issuer,
        co_issuers: consents.iter().map(|consent| consent.co_issuer).collect(),
    };
    Ok(UnsignedRequest {
        consents,
        ..UnsignedRequest::by(subject, query)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        request::payload,
        test_golden::{call_bytes, calls},
    };
    use allod_identity::{CertificateReference, Issuance};
    use allod_x509::builder::{CertificateBuilder, SigningKey};

    fn subject(name: &str, key: &SigningKey, issuance: Issuance) -> RegisteredIdentity {
        RegisteredIdentity {
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
        assert!(check(&certificate("child", &key), &child).is_ok());
        for (wrong, why) in [
            (certificate("child", &other), "another key"),
            (certificate("somebody", &key), "another subject"),
        ] {
            let error = check(&wrong, &child).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let root = subject("child", &key, Issuance::SelfIssued);
        let error = check(&certificate("child", &key), &root).unwrap_err();
        let error = error.to_string();
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
        let subject = golden.signer();
        let consents = golden.signatures().consents.into_inner();
        let unsigned = moving(&subject, golden.new_certificate(), issuer, consents).unwrap();
        let payload = payload::payload(&unsigned.query, unsigned.actor, golden.terms()).unwrap();
        assert_eq!(hex::encode(payload), golden.text("payload"));
        let call = call_bytes(unsigned.query, golden.signatures()).unwrap();
        assert_eq!(hex::encode(call), golden.text("bytes"));
    }
}
