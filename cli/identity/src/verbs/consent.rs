//! `allod id consent`: a co-issuer consents to a certificate.

use crate::{
    files,
    node::Node,
    request::{
        args::{IdentityRef, RequestArgs},
        carry_out,
        consents::consent_query,
        issued_by::check_issued_by,
        offline, payload,
        registered::RegisteredIdentity,
        unsigned::UnsignedRequest,
    },
    verbs::error::{About, Error},
};
use allod_rpc_types::auto_id::ConsentSignature;
use allod_x509::ParsedCertificate;
use std::{path::PathBuf, process::ExitCode};

/// Arguments of `allod id consent`.
#[derive(Debug, clap::Args)]
pub struct ConsentCmd {
    /// The certificate to consent to: PEM or DER.
    certificate: PathBuf,

    /// The identity whose key signed it.
    #[arg(long, value_name = "IDENTITY")]
    issuer: IdentityRef,

    /// The co-issuer, which consents.
    #[arg(long = "as", value_name = "IDENTITY")]
    actor: IdentityRef,

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
        .about(args.certificate.display())?
        .fingerprint();
    let node = Node::connect(&args.request.node).await?;
    let issuer = RegisteredIdentity::load(&node, &args.issuer).await?;
    check_issued_by(&der, &issuer)?;
    let co_issuer = RegisteredIdentity::load(&node, &args.actor).await?;
    let query = consent_query(co_issuer.identifier, fingerprint, issuer.identifier);
    // A certificate is registered once, which does what a nonce would.
    let unsigned = UnsignedRequest {
        nonce: 0,
        ..UnsignedRequest::by(&co_issuer, query)
    };
    let terms = carry_out::terms(&node, &args.request, unsigned.nonce).await?;
    if let Some(out) = &args.request.payload {
        let payload = payload::payload(&unsigned.query, unsigned.actor, terms)?;
        files::write(out, &payload)?;
        let (declared, words) = (args.request.algorithm, offline::own_words());
        allod_output::text(unsigned.instructions(out, declared, terms, &words)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let request = unsigned.sign(&args.request, terms)?.request;
    let consent = ConsentSignature {
        co_issuer: co_issuer.identifier,
        valid_until: terms.valid_until,
        signature: request.request.signature.into_inner().try_into()?,
        algorithm: Some(request.algorithm),
    };
    let json = serde_json::to_string(&consent)?;
    match &args.out {
        None => allod_output::line(&json)?,
        Some(out) => {
            files::write(out, format!("{json}\n").as_bytes())?;
            allod_output::line(format_args!(
                "written to {}: {} consents until block #{}",
                out.display(),
                co_issuer.identifier,
                terms.valid_until
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
