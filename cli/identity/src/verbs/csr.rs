//! `allod id csr`: asks an issuer for a certificate (PKCS #10).

use crate::{
    certificate::{contents::ContentsArgs, subject::Subject},
    files::{self, Form, REQUEST},
    keys::own_key::{KeyArgs, OwnKey},
    request::offline,
    verbs::{
        assemble,
        error::{About, Error},
    },
};
use allod_x509::{
    ParsedRequest,
    builder::{certification_request_info, signed},
};
use std::{path::PathBuf, process::ExitCode};

/// Arguments of `allod id csr`.
#[derive(Debug, clap::Args)]
pub struct CsrArgs {
    /// The name: a text, or attributes such as /O=Example/CN=agent.
    subject: Subject,

    /// Where to write the request.
    #[arg(long, value_name = "FILE", default_value = "request.pem")]
    out: PathBuf,

    /// How files are written.
    #[arg(long, value_enum, default_value_t)]
    form: Form,

    #[command(flatten)]
    contents: ContentsArgs,

    #[command(flatten)]
    key: KeyArgs,
}

/// Makes a request, with a new key unless one is named.
pub fn csr(args: &CsrArgs) -> Result<ExitCode, Error> {
    let own = args.key.own_key(&args.out)?;
    let spki = own.spki();
    let algorithm = args.key.signature_algorithm(&spki)?;
    let extensions = args.contents.extensions(&args.contents.names(), false);
    if args.contents.asks_for_powers() {
        allod_output::note_line(
            "what the key may do (--ca, --path-len, --key-usage, --permit, --exclude) is only asked for: `allod id issue` \
             takes nothing but names from a request, and its issuer gives these options there",
        );
    }
    let info = certification_request_info(&args.subject.0, &extensions, &spki);
    check(&signed(&info, algorithm, &[0]))?;
    match own {
        OwnKey::Elsewhere { to_be_signed, .. } => {
            let words = assemble::words(&to_be_signed, &[], &args.out, args.form);
            allod_output::text(offline::hand_out(&to_be_signed, &info, algorithm, &words)?)?;
        }
        OwnKey::Here { key, new } => {
            let der = signed(&info, algorithm, &key.sign_with(algorithm, &info)?);
            check(&der)?.verify().about("the request made here")?;
            let contents = files::encode(REQUEST, &der, args.form)?;
            args.key
                .write(&key, new.as_deref(), &args.out, &contents, args.form)?;
            allod_output::line(format_args!("request     {}", args.out.display()))?;
            if let Some(path) = new {
                allod_output::line(format_args!("key         {}", path.display()))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn check(der: &[u8]) -> Result<ParsedRequest<'_>, Error> {
    ParsedRequest::parse(der).about("the request is refused")
}
