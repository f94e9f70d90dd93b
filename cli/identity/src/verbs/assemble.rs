//! `allod id assemble`: a certificate or a request of what was to be signed, and the signature.

use crate::{
    certificate::issuer::{IssuerArgs, check_issuable},
    files::{self, CERTIFICATE, Form, REQUEST},
    request::offline,
    verbs::error::{About, Error},
};
use allod_identity::Identifier;
use allod_x509::{
    ParsedCertificate, ParsedRequest, SignatureAlgorithm, SignatureError, builder::signed,
};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Arguments of `allod id assemble`.
#[derive(Debug, clap::Args)]
pub struct AssembleArgs {
    /// What was to be signed, as `new`, `csr` or `issue` wrote it.
    to_be_signed: PathBuf,

    /// The signature, as `openssl pkeyutl -sign -rawin` writes it.
    #[arg(long, value_name = "FILE")]
    signature: PathBuf,

    #[command(flatten)]
    issuer: IssuerArgs,

    /// Where to write the certificate or the request.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// How it is written.
    #[arg(long, value_enum, default_value_t)]
    form: Form,
}

/// Puts both together, if they belong together.
pub async fn assemble(args: &AssembleArgs) -> Result<ExitCode, Error> {
    let issuer_der = args.issuer.certificate().await?;
    let issuer = issuer_der
        .as_deref()
        .map(ParsedCertificate::parse)
        .transpose()
        .about("the issuer's certificate")?;
    let to_be_signed = files::read(&args.to_be_signed)?;
    let signature = files::read(&args.signature)?;
    let both = format!(
        "{} and {}",
        args.to_be_signed.display(),
        args.signature.display()
    );
    match put_together(&to_be_signed, &signature, issuer.as_ref()).about(both)? {
        Assembled::Certificate(der) => {
            files::write_new(&args.out, &files::encode(CERTIFICATE, &der, args.form)?)?;
            allod_output::line(format_args!("certificate {}", args.out.display()))?;
            allod_output::line(format_args!(
                "identifier  {}",
                Identifier::of(&ParsedCertificate::parse(&der)?)
            ))?;
        }
        Assembled::Request(der) => {
            files::write_new(&args.out, &files::encode(REQUEST, &der, args.form)?)?;
            allod_output::line(format_args!("request     {}", args.out.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The words of the command for what a file holds and its signature; `issuer` names whose key signs.
pub fn words(to_be_signed: &Path, issuer: &[String], out: &Path, form: Form) -> Vec<String> {
    let shown = |path: &Path| path.display().to_string();
    let mut words: Vec<String> = ["id", "assemble"].map(Into::into).into();
    words.extend([shown(to_be_signed), "--signature".into()]);
    words.push(offline::signature_of(to_be_signed));
    words.extend_from_slice(issuer);
    words.extend(["--out".into(), shown(out)]);
    if form == Form::Der {
        words.extend(["--form", "der"].map(Into::into));
    }
    words
}

/// DER of what came out.
#[derive(Debug)]
enum Assembled {
    Certificate(Vec<u8>),
    Request(Vec<u8>),
}

fn put_together(
    to_be_signed: &[u8],
    signature: &[u8],
    issuer: Option<&ParsedCertificate<'_>>,
) -> Result<Assembled, Error> {
    let mut refusal = None;
    // A certificate says which algorithm; a request does not, and its key has a few.
    for algorithm in SignatureAlgorithm::ALL {
        let der = signed(to_be_signed, algorithm, signature);
        if let Ok(certificate) = ParsedCertificate::parse(&der) {
            check(certificate, issuer)?;
            return Ok(Assembled::Certificate(der));
        }
        match ParsedRequest::parse(&der).map(|request| request.verify()) {
            Ok(Ok(())) => return Ok(Assembled::Request(der)),
            Ok(Err(error)) => refusal = Some(error),
            Err(_) => {}
        }
    }
    Err(match refusal {
        Some(_) => SignatureError::Invalid.into(),
        None => Error::NothingToAssemble,
    })
}

fn check(
    certificate: ParsedCertificate<'_>,
    issuer: Option<&ParsedCertificate<'_>>,
) -> Result<(), Error> {
    match issuer {
        Some(issuer) => {
            certificate.verify_signed_by(issuer)?;
            Ok(check_issuable(&certificate, issuer)?)
        }
        None if certificate.is_self_issued() => {
            certificate.verify_self_issued()?;
            Ok(())
        }
        None => Err(Error::IssuerUnnamed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_command_says_all_that_is_known() {
        let issuer = ["--issuer".to_owned(), "ca.pem".to_owned()];
        let (from, out) = (Path::new("the tbs"), Path::new("a.der"));
        assert_eq!(
            offline::command(&words(from, &issuer, out, Form::Der)),
            "allod id assemble 'the tbs' --signature 'the tbs.sig' --issuer ca.pem --out a.der --form der"
        );
        assert_eq!(
            offline::command(&words(from, &[], out, Form::Pem)),
            "allod id assemble 'the tbs' --signature 'the tbs.sig' --out a.der"
        );
    }
}
