//! `allod id crl`: revocation lists (RFC 5280, 5), from the chain to the issuer's key and back.
//!
//! The list to be signed is made by the chain from its own state. It is not signed unseen: it is read
//! here, must be the issuer's and the next one by its number, and everything on it is shown. For a key
//! that is elsewhere there are more steps, for two things are signed, the list and the request:
//!
//! 1. `crl to-be-signed` writes what the issuer's key signs to make the list.
//! 2. `crl assemble` puts list and signature together.
//! 3. `crl publish --crl` publishes it, like any request in one go or in two halves.

mod review;
#[cfg(test)]
mod test_lists;
#[cfg(test)]
mod tests;

use crate::{
    clock::{self, DAY},
    files::{self, Form, write},
    keys::algorithm::{algorithm_of, parse_algorithm},
    node::{Node, NodeArgs, NodeError},
    request::{
        args::{IdentityRef, RequestArgs},
        carry_out::carry_out,
        offline::{self, WantedSignature},
        outcome::certificates,
        registered::{RegisteredIdentity, find_key},
        runtime::ChainRuntime,
        unsigned::UnsignedRequest,
    },
    verbs::error::{About, Error},
};
use allod_identity::{Identifier, MAX_CRL_SIZE, SignatureAlgorithm, api::PayloadQuery};
use allod_rpc_types::auto_id::{CertificateFormat, CrlAnswer, ToBeSignedAnswer};
use allod_x509::{ParsedCertificate, ParsedCrl, crl, format_time};
use jsonrpsee::rpc_params;
use review::{Expected, check_order, review};
use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

const LABEL: &str = "X509 CRL";

/// `allod id crl …`.
#[derive(Debug, clap::Args)]
pub struct CrlCmd {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Sign and publish the list of everything that the chain knows an issuer to have taken back, or a
    /// list that was made elsewhere.
    Publish(Box<PublishArgs>),
    /// Write the last list that an issuer published, and say whether the chain knows more.
    Export(ExportArgs),
    /// Write the list that an issuer's key has to sign, for a key that is elsewhere.
    ToBeSigned(ToBeSignedArgs),
    /// Put a list and its signature together.
    Assemble(AssembleArgs),
}

#[derive(Debug, clap::Args)]
struct PublishArgs {
    /// The issuer, which signs: 64 hex digits, or its certificate's file.
    issuer: IdentityRef,

    /// Publish this list: PEM or DER, as OpenSSL makes it.
    #[arg(long, value_name = "FILE")]
    crl: Option<PathBuf>,

    /// Days until the next list is due.
    #[arg(long, value_name = "DAYS", default_value_t = 7, conflicts_with = "crl",
          value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,

    #[command(flatten)]
    request: RequestArgs,
}

#[derive(Debug, clap::Args)]
struct ExportArgs {
    /// The issuer: 64 hex digits, or its certificate's file.
    issuer: IdentityRef,

    /// Where to write the list; without it, it is printed as PEM.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Write DER instead of PEM.
    #[arg(long, requires = "out")]
    der: bool,

    #[command(flatten)]
    node: NodeArgs,
}

#[derive(Debug, clap::Args)]
struct ToBeSignedArgs {
    /// The issuer: 64 hex digits, or its certificate's file.
    issuer: IdentityRef,

    /// Where to write it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Days until the next list is due.
    #[arg(long, value_name = "DAYS", default_value_t = 7,
          value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,

    /// The algorithm to sign with, if not the key's usual one.
    #[arg(long, value_name = "NAME", value_parser = parse_algorithm)]
    algorithm: Option<SignatureAlgorithm>,

    #[command(flatten)]
    node: NodeArgs,
}

#[derive(Debug, clap::Args)]
struct AssembleArgs {
    /// What `to-be-signed` wrote.
    to_be_signed: PathBuf,

    /// The signature over it.
    #[arg(long, value_name = "FILE")]
    signature: PathBuf,

    /// The issuer's certificate, which the signature is checked with: PEM or DER.
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,

    /// The algorithm of the signature, if not the key's usual one.
    #[arg(long, value_name = "NAME", value_parser = parse_algorithm)]
    algorithm: Option<SignatureAlgorithm>,

    /// Where to write the list, PEM.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs a subcommand.
pub async fn crl(command: &CrlCmd, runtime: &dyn ChainRuntime) -> Result<ExitCode, Error> {
    match &command.action {
        Action::Publish(args) => publish(args, runtime).await,
        Action::Export(args) => export(args).await,
        Action::ToBeSigned(args) => to_be_signed(args).await,
        Action::Assemble(args) => assemble(args),
    }
}

async fn publish(args: &PublishArgs, runtime: &dyn ChainRuntime) -> Result<ExitCode, Error> {
    let made = args.crl.as_deref().map(read).transpose()?;
    let node = Node::connect(&args.request.node).await?;
    let issuer = RegisteredIdentity::load(&node, &args.issuer).await?;
    let list = match made {
        Some(list) => {
            let last = last_published(&node, issuer.identifier).await?;
            if let Some(warning) = check_made(&list, last.as_deref(), clock::now()?)? {
                allod_output::note_line(warning);
            }
            list
        }
        None => sign_the_chain_s(&node, args, &issuer).await?,
    };
    let unsigned = publication(&issuer, list)?;
    Ok(carry_out(&node, runtime, &args.request, unsigned).await?)
}

/// Refuses a list of somebody's own that cannot follow the last one; warns of one that is due again already.
fn check_made(list: &[u8], last: Option<&[u8]>, now: u64) -> Result<Option<String>, Error> {
    let list = ParsedCrl::parse(list).about("the list")?;
    let last = last.map(ParsedCrl::parse).transpose();
    let last = last.about("the node's last list")?;
    check_order(&list, last.as_ref(), now)?;
    Ok((list.next_update() < now).then(|| {
        format!(
            "the list was good until {}, and it is {} now: whoever reads it will not rely on it",
            format_time(list.next_update()),
            format_time(now)
        )
    }))
}

/// The publication of a list, which is the issuer's.
fn publication(issuer: &RegisteredIdentity, crl: Vec<u8>) -> Result<UnsignedRequest, Error> {
    let list = ParsedCrl::parse(&crl).about("the list")?;
    list.verify_issued_by(&issuer.parsed()?)
        .map_err(|error| Error::CrlSignature {
            error,
            by: issuer.identifier.to_string(),
        })?;
    let query = PayloadQuery::PublishCrl {
        issuer: issuer.identifier,
        algorithm: list.signature_algorithm(),
        crl: crl.clone(),
    };
    Ok(UnsignedRequest::by(issuer, query))
}

/// Has the chain's list signed by the issuer's key, which is here.
async fn sign_the_chain_s(
    node: &Node,
    args: &PublishArgs,
    issuer: &RegisteredIdentity,
) -> Result<Vec<u8>, Error> {
    let request = &args.request;
    if request.payload.is_some() || request.signature.is_some() {
        return Err(Error::TwoSignatures);
    }
    let algorithm = algorithm_of(&issuer.certificate, request.algorithm)?;
    // Whether the key is here is found before anything is shown.
    let (file, named) = (issuer.file.as_deref(), request.key.as_deref());
    let key = find_key(&issuer.certificate, file, named, "--key", &request.password)?;
    let tbs = checked_list(node, issuer, algorithm, args.days).await?;
    let signature = key.sign_with(algorithm, &tbs)?;
    Ok(crl::assemble(&tbs, algorithm, &signature))
}

/// The list to be signed, from the chain, after it was read and shown.
async fn checked_list(
    node: &Node,
    issuer: &RegisteredIdentity,
    algorithm: SignatureAlgorithm,
    days: u32,
) -> Result<Vec<u8>, Error> {
    let last = last_published(node, issuer.identifier).await?;
    let now = clock::now()?;
    let next_update = now.saturating_add(u64::from(days) * DAY);
    let parameters = rpc_params![issuer.identifier, next_update, algorithm];
    let answer: ToBeSignedAnswer = node.ask("autoId_crlToBeSigned", parameters).await?;
    let tbs = answer.tbs.into_inner();
    let expected = Expected {
        algorithm,
        now,
        next_update,
        last: last.as_deref(),
    };
    allod_output::note(review(&tbs, issuer, &expected)?);
    Ok(tbs)
}

/// DER of the last list, if there is one.
async fn last_published(node: &Node, issuer: Identifier) -> Result<Option<Vec<u8>>, Error> {
    let answer = published(node, issuer).await?;
    answer.map(|answer| der_of(&answer)).transpose()
}

async fn published(node: &Node, issuer: Identifier) -> Result<Option<CrlAnswer>, NodeError> {
    let parameters = rpc_params![issuer, CertificateFormat::Der];
    node.ask("autoId_crl", parameters).await
}

fn der_of(answer: &CrlAnswer) -> Result<Vec<u8>, Error> {
    let digits = answer.crl.trim_start_matches("0x");
    hex::decode(digits).map_err(Error::CrlHex)
}

async fn to_be_signed(args: &ToBeSignedArgs) -> Result<ExitCode, Error> {
    let node = Node::connect(&args.node).await?;
    let issuer = RegisteredIdentity::load(&node, &args.issuer).await?;
    let algorithm = algorithm_of(&issuer.certificate, args.algorithm)?;
    let tbs = checked_list(&node, &issuer, algorithm, args.days).await?;
    write(&args.out, &tbs)?;
    allod_output::text(list_instructions(&args.out, algorithm, args.algorithm))?;
    Ok(ExitCode::SUCCESS)
}

fn list_instructions(
    out: &Path,
    algorithm: SignatureAlgorithm,
    declared: Option<SignatureAlgorithm>,
) -> String {
    let shown = out.display().to_string();
    let (signature, list) = (
        offline::signature_of(out),
        offline::with_ending(out, ".pem"),
    );
    let mut words: Vec<String> = ["id", "crl", "assemble", &shown].map(Into::into).into();
    words.extend(["--signature", &signature, "--out", &list].map(Into::into));
    if let Some(declared) = declared {
        words.extend(["--algorithm", declared.name()].map(Into::into));
    }
    // The certificate's file is not known here, and so comes last.
    words.extend(["--certificate", "ISSUER"].map(Into::into));
    let signatures = [WantedSignature::of(out, algorithm)];
    offline::instructions(out, "", &signatures, &offline::command(&words))
}

fn assemble(args: &AssembleArgs) -> Result<ExitCode, Error> {
    let tbs = files::read(&args.to_be_signed)?;
    let signature = files::read(&args.signature)?;
    let certificate = files::certificate(&args.certificate)?;
    let list = assembled(&tbs, &signature, &certificate, args.algorithm)?;
    write(&args.out, &files::encode(LABEL, &list, Form::Pem)?)?;
    let out = args.out.display();
    allod_output::line(format_args!(
        "written to {out}; publish it: allod id crl publish ISSUER --crl {out}"
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn assembled(
    tbs: &[u8],
    signature: &[u8],
    certificate: &[u8],
    declared: Option<SignatureAlgorithm>,
) -> Result<Vec<u8>, Error> {
    let algorithm = algorithm_of(certificate, declared)?;
    let whole = crl::assemble(tbs, algorithm, signature);
    let issuer = ParsedCertificate::parse(certificate)?;
    ParsedCrl::parse(&whole)
        .and_then(|list| list.verify_issued_by(&issuer))
        .map_err(|error| Error::CrlSignature {
            error,
            by: algorithm.to_string(),
        })?;
    Ok(whole)
}

async fn export(args: &ExportArgs) -> Result<ExitCode, Error> {
    let node = Node::connect(&args.node).await?;
    // Deactivated issuers have no certificate and may still have a list.
    let issuer = match &args.issuer {
        IdentityRef::Identifier(identifier) => *identifier,
        named => RegisteredIdentity::load(&node, named).await?.identifier,
    };
    let answer = published(&node, issuer).await?;
    let answer = answer.ok_or(Error::NoCrl(issuer))?;
    let der = der_of(&answer)?;
    let list = ParsedCrl::parse(&der).about("the node's list")?;
    let form = if args.der { Form::Der } else { Form::Pem };
    let contents = files::encode(LABEL, &der, form)?;
    match &args.out {
        Some(out) => write(out, &contents)?,
        None => io::stdout().write_all(&contents)?,
    }
    allod_output::note(state_of(&list, &answer, clock::now()?));
    Ok(ExitCode::SUCCESS)
}

/// What a list is worth.
fn state_of(list: &ParsedCrl<'_>, answer: &CrlAnswer, now: u64) -> String {
    let mut text = format!(
        "list 0x{} of block #{}, with {}\n",
        hex::encode(list.number()),
        answer.published_at,
        certificates(list.entries().len())
    );
    if answer.is_outdated {
        text.push_str("the chain knows more: something was revoked, held or released since\n");
    } else {
        text.push_str("the chain knows nothing more\n");
    }
    if now > list.next_update() {
        let due = format_time(list.next_update());
        text.push_str(&format!("a newer one was due on {due}\n"));
    }
    text
}

/// Reads the DER of the one list in a file.
fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let der = files::list(path)?;
    if u32::try_from(der.len()).is_ok_and(|length| length <= MAX_CRL_SIZE) {
        Ok(der)
    } else {
        Err(Error::LongCrl(path.into()))
    }
}
