//! `allod id recover`: guardians give an identity a new key.

use crate::{
    files,
    node::Node,
    request::{
        args::{ActorArgs, ConsentArgs, IdentityRef, RequestArgs},
        carry_out::carry_out,
        consents::{collect, in_order},
        issued_by::check_issued_by,
        registered::{self, RegisteredIdentity},
        runtime::ChainRuntime,
        unsigned::UnsignedRequest,
    },
    verbs::error::{About, Error},
};
use allod_identity::{Identifier, api::PayloadQuery};
use allod_rpc_types::auto_id::RecoveryEntry;
use allod_x509::{CertificateError, ParsedCertificate};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// `allod id recover …`.
#[derive(Debug, clap::Args)]
pub struct RecoverCmd {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// A guardian opens a recovery to a new certificate, and so approves it.
    Open(OpenArgs),
    /// Another guardian approves it.
    Approve(ApproveArgs),
    /// The key that renews the identity stops it.
    Veto(VetoArgs),
    /// The new key carries it out, when enough guardians approved and the delay is over.
    Execute(ExecuteArgs),
}

#[derive(Debug, clap::Args)]
struct OpenArgs {
    /// The identity that is recovered: 64 hex digits.
    identity: Identifier,

    /// The certificate that it is to get: same subject, new key, by the same issuer.
    certificate: PathBuf,

    /// The guardian that signs: 64 hex digits, or its certificate's file.
    #[arg(long = "as", value_name = "IDENTITY")]
    guardian: IdentityRef,

    /// If the old key was stolen: the last block in which it was still good.
    #[arg(long, value_name = "BLOCK")]
    compromised_after: Option<u32>,

    #[command(flatten)]
    request: RequestArgs,
}

#[derive(Debug, clap::Args)]
struct ApproveArgs {
    /// The identity that is recovered: 64 hex digits.
    identity: Identifier,

    /// The certificate that it is to get.
    certificate: PathBuf,

    /// The guardian that signs: 64 hex digits, or its certificate's file.
    #[arg(long = "as", value_name = "IDENTITY")]
    guardian: IdentityRef,

    /// The recovery's number, if not that of the open one.
    #[arg(long, value_name = "NUMBER")]
    number: Option<u32>,

    #[command(flatten)]
    request: RequestArgs,
}

#[derive(Debug, clap::Args)]
struct VetoArgs {
    /// The identity: 64 hex digits, or its certificate's file.
    identity: IdentityRef,

    #[command(flatten)]
    actor: ActorArgs,

    /// The recovery's number, if not that of the open one.
    #[arg(long, value_name = "NUMBER")]
    number: Option<u32>,

    #[command(flatten)]
    request: RequestArgs,
}

#[derive(Debug, clap::Args)]
struct ExecuteArgs {
    /// The identity that is recovered: 64 hex digits.
    identity: Identifier,

    /// The certificate that it gets; its key signs.
    certificate: PathBuf,

    /// The recovery's number, if not that of the open one.
    #[arg(long, value_name = "NUMBER")]
    number: Option<u32>,

    #[command(flatten)]
    consents: ConsentArgs,

    #[command(flatten)]
    request: RequestArgs,
}

/// Runs a subcommand.
pub async fn recover(command: &RecoverCmd, runtime: &dyn ChainRuntime) -> Result<ExitCode, Error> {
    match &command.action {
        Action::Open(args) => open(args, runtime).await,
        Action::Approve(args) => approve(args, runtime).await,
        Action::Veto(args) => veto(args, runtime).await,
        Action::Execute(args) => execute(args, runtime).await,
    }
}

async fn open(args: &OpenArgs, runtime: &dyn ChainRuntime) -> Result<ExitCode, Error> {
    let certificate = files::certificate(&args.certificate)?;
    let node = Node::connect(&args.request.node).await?;
    let subject = RegisteredIdentity::by_identifier(&node, args.identity).await?;
    let hash = check_successor(&certificate, &args.certificate, &subject)?;
    let guardian = RegisteredIdentity::load(&node, &args.guardian).await?;
    let query = PayloadQuery::OpenRecovery {
        guardian: guardian.identifier,
        identifier: args.identity,
        certificate_hash: hash,
        compromised_after: args.compromised_after,
    };
    let unsigned = UnsignedRequest::by(&guardian, query);
    Ok(carry_out(&node, runtime, &args.request, unsigned).await?)
}

async fn approve(args: &ApproveArgs, runtime: &dyn ChainRuntime) -> Result<ExitCode, Error> {
    let certificate = files::certificate(&args.certificate)?;
    let node = Node::connect(&args.request.node).await?;
    let subject = RegisteredIdentity::by_identifier(&node, args.identity).await?;
    let hash = check_successor(&certificate, &args.certificate, &subject)?;
    let number = number(&node, args.identity, args.number, Some(hash)).await?;
    let guardian = RegisteredIdentity::load(&node, &args.guardian).await?;
    let query = PayloadQuery::ApproveRecovery {
        guardian: guardian.identifier,
        identifier: args.identity,
        number,
        certificate_hash: hash,
    };
    let unsigned = pinned(UnsignedRequest::by(&guardian, query), args.number, number);
    Ok(carry_out(&node, runtime, &args.request, unsigned).await?)
}

async fn veto(args: &VetoArgs, runtime: &dyn ChainRuntime) -> Result<ExitCode, Error> {
    let node = Node::connect(&args.request.node).await?;
    let subject = RegisteredIdentity::load(&node, &args.identity).await?;
    let actor = registered::authority(&node, &subject, args.actor.actor.as_ref()).await?;
    let identifier = subject.identifier;
    let number = number(&node, identifier, args.number, None).await?;
    let query = PayloadQuery::VetoRecovery { identifier, number };
    let unsigned = pinned(UnsignedRequest::by(&actor, query), args.number, number);
    Ok(carry_out(&node, runtime, &args.request, unsigned).await?)
}

async fn execute(args: &ExecuteArgs, runtime: &dyn ChainRuntime) -> Result<ExitCode, Error> {
    let certificate = files::certificate(&args.certificate)?;
    let node = Node::connect(&args.request.node).await?;
    let subject = RegisteredIdentity::by_identifier(&node, args.identity).await?;
    let hash = check_successor(&certificate, &args.certificate, &subject)?;
    let issuer = subject.issuance.issuer_of(subject.identifier);
    if subject.issuance.is_root() {
        ParsedCertificate::parse(&certificate)?.verify_self_issued()?;
    } else {
        check_issued_by(
            &certificate,
            &RegisteredIdentity::by_identifier(&node, issuer).await?,
        )?;
    }
    let number = number(&node, args.identity, args.number, Some(hash)).await?;
    let (consents, request) = (&args.consents, &args.request);
    let consents = collect(&node, consents, request, &certificate, issuer).await?;
    let unsigned = UnsignedRequest {
        consents: in_order(&subject.issuance, consents)?,
        ..execution(&subject, certificate, &args.certificate, number)?
    };
    let unsigned = pinned(unsigned, args.number, number);
    Ok(carry_out(&node, runtime, request, unsigned).await?)
}

/// The new key signs for the identity, with the identity's nonce.
fn execution(
    subject: &RegisteredIdentity,
    certificate: Vec<u8>,
    path: &Path,
    number: u32,
) -> Result<UnsignedRequest, CertificateError> {
    let parsed = ParsedCertificate::parse(&certificate)?;
    let query = PayloadQuery::ExecuteRecovery {
        identifier: subject.identifier,
        number,
        algorithm: parsed.signature_algorithm(),
        certificate: certificate.clone(),
    };
    Ok(UnsignedRequest {
        signer: certificate,
        signer_file: Some(path.to_owned()),
        ..UnsignedRequest::by(subject, query)
    })
}

/// Says the recovery's number in the second half, so that it is the same one.
fn pinned(unsigned: UnsignedRequest, said: Option<u32>, number: u32) -> UnsignedRequest {
    UnsignedRequest {
        pinned_options: match said {
            Some(_) => Vec::new(),
            None => vec!["--number".to_owned(), number.to_string()],
        },
        ..unsigned
    }
}

/// The hash of a certificate that may follow the present one: it has the same subject.
fn check_successor(
    der: &[u8],
    path: &Path,
    subject: &RegisteredIdentity,
) -> Result<[u8; 32], Error> {
    let parsed = ParsedCertificate::parse(der).about(path.display())?;
    if parsed.subject() != subject.parsed()?.subject() {
        return Err(Error::OtherSubject(subject.identifier)).about(path.display());
    }
    Ok(parsed.fingerprint())
}

/// The number of the recovery that is meant.
async fn number(
    node: &Node,
    identifier: Identifier,
    said: Option<u32>,
    hash: Option<[u8; 32]>,
) -> Result<u32, Error> {
    if let Some(number) = said {
        return Ok(number);
    }
    let open = registered::details(node, identifier).await?.recovery;
    number_of(identifier, open.as_ref(), hash)
}

fn number_of(
    identifier: Identifier,
    open: Option<&RecoveryEntry>,
    hash: Option<[u8; 32]>,
) -> Result<u32, Error> {
    let open = open.ok_or(Error::NoRecovery(identifier))?;
    match hash {
        Some(hash) if hash != open.certificate_hash.0 => Err(Error::OtherRecovery {
            number: open.number,
            identifier,
            fingerprint: open.certificate_hash.0,
        }),
        Some(_) | None => Ok(open.number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        request::payload,
        test_golden::{call_bytes, calls},
    };
    use allod_identity::Issuance;
    use allod_rpc_types::auto_id::{BoundedList, CertificateFingerprint, GuardianSetEntry};
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        command: RecoverCmd,
    }

    fn parse(arguments: &[&str]) -> Result<Action, String> {
        Cli::try_parse_from([&["recover"], arguments].concat())
            .map(|cli| cli.command.action)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn guardians_say_who_they_are() {
        let id = "ab".repeat(32);
        assert!(matches!(
            parse(&[
                "open",
                &id,
                "new.pem",
                "--as",
                "g.pem",
                "--compromised-after",
                "7"
            ]),
            Ok(Action::Open(OpenArgs {
                compromised_after: Some(7),
                ..
            }))
        ));
        assert!(matches!(parse(&["veto", "a.pem"]), Ok(Action::Veto(_))));
        assert!(matches!(
            parse(&["execute", &id, "new.pem", "--number", "3"]),
            Ok(Action::Execute(ExecuteArgs {
                number: Some(3),
                ..
            }))
        ));
        for wrong in [
            &["open", &id, "new.pem"][..],
            &["approve", &id, "new.pem"],
            &["approve", &id, "--as", "g.pem"],
            &["execute", &id],
            &["execute", "new.pem", "new.pem"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    /// The new key signs, the identity acts.
    #[test]
    fn golden_execution() {
        let golden = calls()
            .into_iter()
            .find(|golden| golden.name() == "execute_recovery")
            .unwrap();
        let subject = RegisteredIdentity {
            identifier: golden.actor(),
            nonce: golden.terms().nonce,
            certificate: golden.new_certificate(),
            issuance: Issuance::SelfIssued,
            file: None,
        };
        let certificate = golden.new_certificate();
        let unsigned = execution(&subject, certificate, Path::new("new.pem"), 3).unwrap();
        assert_eq!(unsigned.signer, golden.signer_certificate());
        let payload = payload::payload(&unsigned.query, unsigned.actor, golden.terms()).unwrap();
        assert_eq!(hex::encode(payload), golden.text("payload"));
        let call = call_bytes(unsigned.query, golden.signatures()).unwrap();
        assert_eq!(hex::encode(call), golden.text("bytes"));
    }

    #[test]
    fn the_open_recovery_is_meant() {
        let identifier = Identifier([1; 32]);
        let open = RecoveryEntry {
            number: 3,
            certificate_hash: CertificateFingerprint([7; 32]),
            compromised_after: None,
            opened_at: 5,
            guardians: GuardianSetEntry {
                members: BoundedList::default(),
                threshold: 1,
                delay: 1,
            },
            approvals: Vec::new(),
            executable_from: None,
            lapses_after: 9,
        };
        let number =
            |open, hash| number_of(identifier, open, hash).map_err(|error| error.to_string());
        assert_eq!(number(Some(&open), None), Ok(3));
        assert_eq!(number(Some(&open), Some([7; 32])), Ok(3));
        let error = number(Some(&open), Some([8; 32])).unwrap_err();
        assert!(error.contains("to another certificate"), "{error}");
        let error = number(None, None).unwrap_err();
        assert!(error.contains("no recovery"), "{error}");
    }
}
