//! `allod id new`: a key and a self-issued certificate for it.

use crate::{
    certificate::{
        contents::{self, ContentsArgs, ValidityArgs, key_identifier_extension},
        subject::Subject,
    },
    clock,
    files::{self, CERTIFICATE, Form},
    keys::own_key::{KeyArgs, OwnKey},
    request::offline,
    verbs::{
        assemble,
        error::{About, Error},
    },
};
use allod_identity::Identifier;
use allod_x509::{
    ParsedCertificate, PublicKey,
    builder::{self, CertificateBuilder},
    profile,
};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Arguments of `allod id new`.
#[derive(Debug, clap::Args)]
pub struct NewArgs {
    /// The name: a text, or attributes such as /O=Example/CN=agent.
    subject: Subject,

    /// Where to write the certificate.
    #[arg(long, value_name = "FILE", default_value = "cert.pem")]
    out: PathBuf,

    /// How files are written.
    #[arg(long, value_enum, default_value_t)]
    form: Form,

    #[command(flatten)]
    contents: ContentsArgs,

    #[command(flatten)]
    validity: ValidityArgs,

    #[command(flatten)]
    key: KeyArgs,
}

/// Makes a key and a certificate.
pub fn new(args: &NewArgs) -> Result<ExitCode, Error> {
    let validity = args.validity.window(clock::now()?, None)?;
    let own = args.key.own_key(&args.out)?;
    let spki = own.spki();
    let algorithm = args.key.signature_algorithm(&spki)?;
    let mut extensions = args.contents.extensions(&args.contents.names(), false);
    extensions.push(key_identifier_extension(PublicKey::from_spki(&spki)?));
    let parts = CertificateBuilder {
        serial: contents::serial(),
        issuer: args.subject.0.clone(),
        not_before: validity.not_before,
        not_after: validity.not_after,
        subject: args.subject.0.clone(),
        extensions,
    };
    let tbs = parts.tbs(algorithm, &spki);
    // Everything but the signature can be wrong already.
    check(&builder::certificate(&tbs, algorithm, &[0]))?;
    match own {
        OwnKey::Elsewhere { to_be_signed, .. } => {
            let words = assemble::words(&to_be_signed, &[], &args.out, args.form);
            allod_output::text(offline::hand_out(&to_be_signed, &tbs, algorithm, &words)?)?;
        }
        OwnKey::Here { key, new } => {
            let der = parts.sign_with(&spki, &key, algorithm)?;
            let certificate = check(&der)?;
            let certificate = certificate
                .verify_self_issued()
                .about("the certificate made here")?;
            let contents = files::encode(CERTIFICATE, &der, args.form)?;
            args.key
                .write(&key, new.as_deref(), &args.out, &contents, args.form)?;
            allod_output::text(written(&args.out, new.as_deref(), &certificate))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Every rule but the signature.
fn check(der: &[u8]) -> Result<ParsedCertificate<'_>, Error> {
    let refused = "the certificate is refused";
    let certificate = ParsedCertificate::parse(der).about(refused)?;
    profile::check(&certificate).about(refused)?;
    Ok(certificate)
}

fn written(out: &Path, key: Option<&Path>, certificate: &ParsedCertificate<'_>) -> String {
    let key = key.map_or_else(String::new, |key| {
        format!("key         {}\n", key.display())
    });
    format!(
        "certificate {}\n{key}identifier  {}\n",
        out.display(),
        Identifier::of(certificate)
    )
}
