//! `allod id revoke`, `hold` and `release`: what an issuer says about a certificate of its own.

use crate::{
    files,
    node::Node,
    request::{
        args::{IdentityRef, RequestArgs, parse_serial},
        carry_out,
        registered::RegisteredIdentity,
        runtime::ChainRuntime,
        unsigned::UnsignedRequest,
    },
    verbs::error::Error,
};
use allod_identity::{RevocationReason, Serial, api::PayloadQuery};
use allod_rpc_types::auto_id::SerialNumber;
use allod_x509::ParsedCertificate;
use std::{path::PathBuf, process::ExitCode};

/// Arguments of `allod id hold` and `allod id release`.
#[derive(Debug, clap::Args)]
pub struct CertificateArgs {
    /// The issuer, which signs: 64 hex digits, or its certificate's file. A root is its own.
    issuer: IdentityRef,

    #[command(flatten)]
    about: About,

    #[command(flatten)]
    request: RequestArgs,
}

/// Arguments of `allod id revoke`.
#[derive(Debug, clap::Args)]
pub struct RevokeArgs {
    #[command(flatten)]
    certificate: CertificateArgs,

    /// Why (RFC 5280, 5.3.1): unspecified, keyCompromise, cACompromise, affiliationChanged,
    /// superseded, cessationOfOperation, privilegeWithdrawn or aACompromise.
    #[arg(long, default_value = "unspecified", value_parser = parse_reason)]
    reason: RevocationReason,
}

/// Which certificate.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct About {
    /// The certificate's serial number, hex.
    #[arg(long, value_name = "HEX", value_parser = parse_serial)]
    serial: Option<SerialNumber>,

    /// The certificate itself: PEM or DER, registered or not.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
}

/// Revokes a certificate, for ever.
pub async fn revoke(args: &RevokeArgs, runtime: &dyn ChainRuntime) -> Result<ExitCode, Error> {
    let reason = args.reason;
    submit(&args.certificate, runtime, |issuer, serial| {
        PayloadQuery::Revoke {
            issuer: issuer.identifier,
            serial,
            reason,
        }
    })
    .await
}

/// Puts a certificate on hold.
pub async fn hold(args: &CertificateArgs, runtime: &dyn ChainRuntime) -> Result<ExitCode, Error> {
    submit(args, runtime, |issuer, serial| PayloadQuery::Hold {
        issuer: issuer.identifier,
        serial,
    })
    .await
}

/// Ends a hold.
pub async fn release(
    args: &CertificateArgs,
    runtime: &dyn ChainRuntime,
) -> Result<ExitCode, Error> {
    submit(args, runtime, |issuer, serial| PayloadQuery::Release {
        issuer: issuer.identifier,
        serial,
    })
    .await
}

async fn submit(
    args: &CertificateArgs,
    runtime: &dyn ChainRuntime,
    query: impl FnOnce(&RegisteredIdentity, Serial) -> PayloadQuery,
) -> Result<ExitCode, Error> {
    let certificate = args
        .about
        .certificate
        .as_deref()
        .map(files::certificate)
        .transpose()?;
    let node = Node::connect(&args.request.node).await?;
    let issuer = RegisteredIdentity::load(&node, &args.issuer).await?;
    let serial = match (&args.about.serial, &certificate) {
        (Some(serial), _) => serial.clone().into_contents(),
        (None, Some(der)) => serial_of(der, &issuer)?,
        (None, None) => return Err(Error::NoSerial),
    };
    let unsigned = UnsignedRequest::by(&issuer, query(&issuer, serial));
    Ok(carry_out::carry_out(&node, runtime, &args.request, unsigned).await?)
}

/// The serial number of a certificate that names this issuer.
fn serial_of(der: &[u8], issuer: &RegisteredIdentity) -> Result<Serial, Error> {
    let parsed = ParsedCertificate::parse(der)?;
    if !parsed
        .issuer_name()
        .matches(&issuer.parsed()?.subject_name())
    {
        return Err(Error::OthersSerial(issuer.identifier));
    }
    parsed
        .serial()
        .to_vec()
        .try_into()
        .map_err(|_| Error::LongSerial)
}

fn parse_reason(text: &str) -> Result<RevocationReason, String> {
    if text.eq_ignore_ascii_case("certificateHold") {
        return Err("a hold is another call: allod id hold".into());
    }
    RevocationReason::ALL
        .into_iter()
        .find(|reason| reason.name().eq_ignore_ascii_case(text))
        .ok_or_else(|| {
            let names = RevocationReason::ALL.map(RevocationReason::name);
            format!("one of {}", names.join(", "))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_x509::builder::{CertificateBuilder, SigningKey, name};
    use clap::{CommandFactory, Parser};

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        args: RevokeArgs,
    }

    #[test]
    fn help_names_every_reason() {
        let help = Cli::command().render_long_help().to_string();
        for reason in RevocationReason::ALL {
            assert!(help.contains(reason.name()), "{reason}: {help}");
        }
    }

    fn parse(arguments: &[&str]) -> Result<RevokeArgs, String> {
        Cli::try_parse_from([&["revoke"], arguments].concat())
            .map(|cli| cli.args)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn certificates_are_named_once() {
        let args = parse(&["ca.pem", "--serial", "0x2A", "--reason", "keycompromise"]).unwrap();
        assert_eq!(args.reason, RevocationReason::KeyCompromise);
        let serial = args.certificate.about.serial.unwrap();
        assert_eq!(serial.into_contents().into_inner(), [0x2a]);
        let args = parse(&["ca.pem", "--certificate", "c.pem"]).unwrap();
        assert_eq!(args.reason, RevocationReason::Unspecified);
        for (wrong, why) in [
            (&["ca.pem"][..], "--serial"),
            (&["ca.pem", "--serial", "1"], "even number of hex"),
            (&["ca.pem", "--serial", "00"], "from 1 to"),
            (
                &["ca.pem", "--serial", "01", "--certificate", "c"],
                "cannot be used",
            ),
            (
                &["ca.pem", "--serial", "01", "--reason", "boredom"],
                "one of unspecified",
            ),
            (
                &["ca.pem", "--serial", "01", "--reason", "certificateHold"],
                "allod id hold",
            ),
        ] {
            let error = parse(wrong).unwrap_err();
            assert!(error.contains(why), "{wrong:?}: {error}");
        }
    }

    #[test]
    fn serial_numbers_are_of_certificates_of_the_issuer() {
        let key = SigningKey::ed25519([1; 32]);
        let issuer = RegisteredIdentity::root_of(1, "ca", &key);
        let mut builder = CertificateBuilder::self_issued("child");
        builder.serial = vec![0, 0x80];
        let stranger = builder.sign_self(&key);
        let error = serial_of(&stranger, &issuer).unwrap_err().to_string();
        assert!(error.contains("another issuer"), "{error}");
        builder.issuer = name(&["CA"]);
        let child = builder.sign(&key.spki(), &key);
        assert_eq!(serial_of(&child, &issuer).unwrap().into_inner(), [0, 0x80]);
    }
}
