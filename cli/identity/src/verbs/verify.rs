//! `allod id verify` and `allod id show`.

use crate::{
    clock::parse_time,
    files::{self, CERTIFICATE, Form},
    node::{At, Node, NodeArgs, NodeError},
    request::{args::IdentityRef, registered},
    verbs::{
        error::{About, Error},
        report::{self, pretty},
    },
};
use allod_identity::{Identifier, Purpose, Reason};
use allod_rpc_types::auto_id::{BlockRole, RootList, VerifyAnswer, VerifyOptions};
use jsonrpsee::rpc_params;
use std::{
    io::{self, Write},
    process::ExitCode,
    time::{Duration, Instant},
};

/// How long to wait for a block to be finalized.
const FINALITY_TIMEOUT: Duration = Duration::from_secs(120);
/// How often to ask.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Arguments of `allod id verify`.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// The identity: 64 hex digits, with or without `did:allod:`, or the file of its current certificate.
    #[arg(value_name = "IDENTITY")]
    identity: IdentityRef,

    /// A root that you accept; may be given up to 16 times. Without it any root passes, and the
    /// report says whose it is.
    #[arg(long = "accept-root", value_name = "IDENTIFIER")]
    accept_roots: Vec<Identifier>,

    /// What the key is wanted for: keyCertSign, cRLSign, or digitalSignature.
    #[arg(long, value_parser = parse_purpose)]
    purpose: Option<Purpose>,

    /// Judge validity at this time instead of the block's: seconds since 1970, or
    /// 2026-01-31T12:00:00Z.
    #[arg(long, value_parser = parse_time)]
    time: Option<u64>,

    #[command(flatten)]
    question: Question,
}

/// Arguments of `allod id show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The identity: 64 hex digits, with or without `did:allod:`, or the file of its current certificate.
    #[arg(value_name = "IDENTITY")]
    identity: IdentityRef,

    /// Write the certificate and nothing else, PEM.
    #[arg(long, conflicts_with = "json")]
    pem: bool,

    #[command(flatten)]
    question: Question,
}

/// What both have.
#[derive(Debug, clap::Args)]
struct Question {
    /// The one block whose state is asked: best, finalized, or its hash. Without it the best one
    /// is; `verify` asks the finalized one, too.
    #[arg(long, value_name = "BLOCK")]
    at: Option<At>,

    /// Write JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    node: NodeArgs,
}

/// Verifies an identity.
pub async fn verify(args: &VerifyArgs) -> Result<ExitCode, Error> {
    let roots = Some(args.accept_roots.clone()).filter(|roots| !roots.is_empty());
    let accepted_roots = roots
        .map(RootList::try_from)
        .transpose()
        .about("--accept-root")?;
    let node = Node::connect(&args.question.node).await?;
    let options = VerifyOptions {
        time: args.time,
        purpose: args.purpose,
        accepted_roots,
        at: node.hash_at(args.question.at).await?,
    };
    let identifier = registered::identifier(&node, &args.identity).await?;
    let answer = ask(&node, identifier, &options).await?;
    if args.question.json {
        allod_output::line(pretty(&answer)?)?;
    } else {
        allod_output::text(report::verification(&answer))?;
    }
    Ok(exit_code(&answer))
}

/// An identity counts once it holds at the finalized block as well as at the best one (§11.8). Where
/// all that is missing is that the block of its registration is finalized, this waits for that.
pub async fn ask(
    node: &Node,
    identifier: Identifier,
    options: &VerifyOptions,
) -> Result<VerifyAnswer, NodeError> {
    let deadline = Instant::now() + FINALITY_TIMEOUT;
    let mut is_first = true;
    loop {
        let parameters = rpc_params![identifier, options];
        let answer: VerifyAnswer = node.ask("autoId_verify", parameters).await?;
        let about = answer.report.identifier;
        if about != identifier {
            return Err(NodeError::OtherIdentity(about));
        }
        if !is_pending(&answer) || Instant::now() >= deadline {
            return Ok(answer);
        }
        if is_first {
            allod_output::note_line(
                "holds at the best block; waiting until it does at the finalized one",
            );
            is_first = false;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Whether the identity holds at the best block and is not registered yet at the finalized one.
fn is_pending(answer: &VerifyAnswer) -> bool {
    let reason = answer.report.failure.map(|failure| failure.reason);
    answer.role == BlockRole::Finalized && reason == Some(Reason::NotRegistered)
}

/// 0 if nothing failed, by the report itself and not by what a node makes of it.
fn exit_code(answer: &VerifyAnswer) -> ExitCode {
    if answer.report.holds() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Shows an identity.
pub async fn show(args: &ShowArgs) -> Result<ExitCode, Error> {
    let node = Node::connect(&args.question.node).await?;
    let at = node.hash_at(args.question.at).await?;
    let identifier = registered::identifier(&node, &args.identity).await?;
    let answer = node.identity(identifier, at).await?;
    if args.question.json {
        allod_output::line(pretty(&answer)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let pem = files::encode(CERTIFICATE, answer.certificate.as_ref(), Form::Pem)?;
    if !args.pem {
        allod_output::line(report::identity(&answer))?;
    }
    io::stdout().write_all(&pem)?;
    Ok(ExitCode::SUCCESS)
}

fn parse_purpose(text: &str) -> Result<Purpose, String> {
    Purpose::ALL
        .into_iter()
        .find(|purpose| purpose.name().eq_ignore_ascii_case(text))
        .ok_or_else(|| format!("one of {}", Purpose::ALL.map(Purpose::name).join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_identity::{LinkReport, VerificationReport};
    use allod_rpc_types::auto_id::{BlockHash, BlockReference};
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: VerifyArgs,
    }

    #[test]
    fn arguments() {
        let root = "ab".repeat(32);
        let did = format!("did:allod:{}", "01".repeat(32));
        let cli = Cli::try_parse_from([
            "verify",
            &did,
            "--accept-root",
            &root,
            "--accept-root",
            &did,
            "--purpose",
            "crlsign",
            "--time",
            "1970-01-02T00:00:00Z",
            "--at",
            "finalized",
        ])
        .unwrap();
        let args = cli.args;
        let identity = IdentityRef::Identifier(Identifier([1; 32]));
        assert_eq!(args.identity, identity);
        assert_eq!(
            args.accept_roots,
            [Identifier([0xab; 32]), Identifier([1; 32])]
        );
        assert_eq!(args.purpose, Some(Purpose::CrlSign));
        assert_eq!(args.time, Some(86_400));
        assert_eq!(args.question.at, Some(At::Finalized));

        let by_file = Cli::try_parse_from(["verify", "cert.pem"]).unwrap().args;
        assert_eq!(by_file.identity, IdentityRef::File("cert.pem".into()));

        for wrong in [
            &["verify", &root, "--purpose", "tls"][..],
            &["verify", &root, "--time", "yesterday"],
            &["verify", &root, "--accept-root", "me"],
        ] {
            assert!(Cli::try_parse_from(wrong).is_err(), "{wrong:?}");
        }
    }

    /// Only what a later block can mend is waited for.
    #[test]
    fn pending_is_what_is_registered_and_not_final() {
        let identifier = Identifier([1; 32]);
        let pending = |role, link: LinkReport| {
            let report = VerificationReport::new(identifier, 0, None, vec![link], None);
            is_pending(&VerifyAnswer {
                holds: report.holds(),
                role,
                block: BlockReference {
                    number: 1,
                    hash: BlockHash([0; 32]),
                },
                report,
            })
        };
        let unregistered = || LinkReport::unregistered(identifier);
        assert!(pending(BlockRole::Finalized, unregistered()));
        assert!(!pending(BlockRole::Best, unregistered()));
        assert!(!pending(BlockRole::Given, unregistered()));
        let unreadable = LinkReport::unreadable(identifier);
        assert!(!pending(BlockRole::Finalized, unreadable));
    }

    #[test]
    fn purposes() {
        assert_eq!(parse_purpose("keyCertSign"), Ok(Purpose::KeyCertSign));
        let error = parse_purpose("tls").unwrap_err();
        assert_eq!(error, "one of keyCertSign, cRLSign, digitalSignature");
    }
}
