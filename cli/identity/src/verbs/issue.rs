//! `allod id issue`: an issuer's certificate for whoever asks by a request (PKCS #10).
//!
//! A request is what a stranger wrote. From it come the subject's name and key, and its alternative names unless
//! `--alt-name` or `--no-alt-names` says otherwise. That it wants to be a CA, to use the key for something, or any
//! other extension grants nothing: what the certificate says is the issuer's word, by arguments. What was asked for and
//! not granted is said.

use crate::{
    certificate::{
        contents::{
            self, ContentsArgs, ValidityArgs, issuers_key_identifier, key_identifier_extension,
        },
        issuer::{IssuerArgs, check_issuable},
    },
    clock,
    files::{self, CERTIFICATE, Form},
    keys::{
        algorithm::{algorithm_of_key, parse_algorithm},
        key_file,
        password::PasswordArgs,
    },
    request::offline,
    verbs::{
        assemble,
        error::{About, Error},
    },
};
use allod_identity::Identifier;
use allod_x509::{
    KeyUsage, ParsedCertificate, ParsedRequest, SignatureAlgorithm, SigningKey, Validity,
    builder::{self, CertificateBuilder, authority_key_identifier},
    oid,
};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Arguments of `allod id issue`.
#[derive(Debug, clap::Args)]
pub struct IssueArgs {
    /// The request: PEM or DER.
    request: PathBuf,

    #[command(flatten)]
    issuer: IssuerArgs,

    /// The issuer's private key: PKCS#8, SEC 1 or PKCS#1, PEM or DER. Without it, it is looked for beside the
    /// issuer's certificate, as `allod id register` does.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,

    #[command(flatten)]
    password: PasswordArgs,

    /// Where to write the certificate.
    #[arg(long, value_name = "FILE", required_unless_present = "to_be_signed")]
    out: Option<PathBuf>,

    /// Sign nothing here: where to write what the issuer's key has to sign; `allod id assemble` takes it
    /// from there.
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    to_be_signed: Option<PathBuf>,

    /// The algorithm of the signature, for RSA keys: rsa-pkcs1-sha256 (default) to rsa-pss-sha512.
    #[arg(long, value_name = "NAME", value_parser = parse_algorithm)]
    signature_algorithm: Option<SignatureAlgorithm>,

    /// How the certificate is written.
    #[arg(long, value_enum, default_value_t)]
    form: Form,

    /// Leave out the alternative names of the request.
    #[arg(long, conflicts_with = "alternative_names")]
    no_alt_names: bool,

    #[command(flatten)]
    contents: ContentsArgs,

    #[command(flatten)]
    validity: ValidityArgs,
}

/// Issues a certificate.
pub async fn issue(args: &IssueArgs) -> Result<ExitCode, Error> {
    let der = files::request(&args.request)?;
    let request = verified(&der, &args.request)?;
    let issuer_der = args.issuer.certificate().await?.ok_or(Error::NoIssuer)?;
    let issuer = ParsedCertificate::parse(&issuer_der).about("the issuer's certificate")?;
    let validity = args
        .validity
        .window(clock::now()?, Some(issuer.validity()))?;
    let parts = args.parts(&request, &issuer, validity);
    let key_kind = issuer.public_key().algorithm;
    let algorithm =
        algorithm_of_key(key_kind, args.signature_algorithm).map_err(Error::SignatureAlgorithm)?;
    let tbs = parts.tbs(algorithm, request.spki());
    // Everything but the signature can be wrong already.
    let unsigned = builder::certificate(&tbs, algorithm, &[0]);
    let certificate = parse(&unsigned)?;
    check_issuable(&certificate, &issuer)?;
    for line in not_granted(&request, &certificate) {
        allod_output::note_line(format_args!("not granted: {line}"));
    }
    if let Some(to) = &args.to_be_signed {
        let out = args.out.as_deref().unwrap_or(Path::new("cert.pem"));
        let words = assemble::words(to, &args.issuer.words(), out, args.form);
        allod_output::text(offline::hand_out(to, &tbs, algorithm, &words)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let out = args.out.as_deref().ok_or(Error::NoOut)?;
    let key = args.issuers_key(&issuer)?;
    let der = parts.sign_with(request.spki(), &key, algorithm)?;
    let certificate = parse(&der)?;
    certificate
        .verify_signed_by(&issuer)
        .about("the certificate made here")?;
    files::write_new(out, &files::encode(CERTIFICATE, &der, args.form)?)?;
    allod_output::line(format_args!("certificate {}", out.display()))?;
    allod_output::line(format_args!("identifier  {}", Identifier::of(&certificate)))?;
    Ok(ExitCode::SUCCESS)
}

impl IssueArgs {
    /// What the certificate says.
    fn parts(
        &self,
        request: &ParsedRequest<'_>,
        issuer: &ParsedCertificate<'_>,
        validity: Validity,
    ) -> CertificateBuilder {
        let asked = request
            .extensions()
            .iter()
            .find(|extension| extension.identifier == oid::ALTERNATIVE_NAME)
            .filter(|_| !self.no_alt_names && self.contents.alternative_names.is_empty());
        // Without a subject, the alternative name has to be critical (RFC 5280, 4.1.2.6).
        let is_critical = request.subject_name().is_empty();
        let mut extensions = self
            .contents
            .extensions(&self.contents.names(), is_critical);
        if let Some(names) = asked {
            let identifier = oid::ALTERNATIVE_NAME;
            extensions.push(builder::extension(identifier, is_critical, names.value));
        }
        extensions.push(key_identifier_extension(request.public_key()));
        extensions.push(authority_key_identifier(&issuers_key_identifier(issuer)));
        CertificateBuilder {
            serial: contents::serial(),
            issuer: issuer.subject().to_vec(),
            not_before: validity.not_before,
            not_after: validity.not_after,
            subject: request.subject().to_vec(),
            extensions,
        }
    }

    fn issuers_key(&self, issuer: &ParsedCertificate<'_>) -> Result<SigningKey, Error> {
        Ok(match (&self.key, &self.issuer.issuer) {
            (Some(path), _) => key_file::of_certificate(issuer, path, &self.password)?,
            (None, Some(beside)) => key_file::find(issuer, beside, None, &self.password)?,
            (None, None) => return Err(Error::NoIssuersKey),
        })
    }
}

/// A request whose own key signed it.
fn verified<'a>(der: &'a [u8], path: &Path) -> Result<ParsedRequest<'a>, Error> {
    let request = ParsedRequest::parse(der).about(path.display())?;
    request.verify().about(path.display())?;
    Ok(request)
}

fn parse(der: &[u8]) -> Result<ParsedCertificate<'_>, Error> {
    ParsedCertificate::parse(der).about("the certificate is refused")
}

/// What was asked for and is not in the certificate, by extensions or by other attributes.
fn not_granted(request: &ParsedRequest<'_>, certificate: &ParsedCertificate<'_>) -> Vec<String> {
    let wants_ca = request
        .basic_constraints()
        .is_some_and(|constraints| constraints.is_ca);
    let has_usages = |wanted: KeyUsage| {
        certificate
            .key_usage()
            .is_some_and(|granted| granted.contains(wanted))
    };
    let says = |identifier: &[u8]| {
        let asked = request.extensions().iter();
        let asked = asked.filter(|extension| extension.identifier == identifier);
        let granted = certificate.extension(identifier);
        asked
            .map(|extension| Some(extension.value))
            .any(|value| value != granted.as_ref().map(|granted| granted.value))
    };
    let is_other = |identifier: &[u8]| {
        let known = [
            oid::BASIC_CONSTRAINTS,
            oid::KEY_USAGE,
            oid::ALTERNATIVE_NAME,
            oid::NAME_CONSTRAINTS,
            oid::SUBJECT_KEY_IDENTIFIER,
        ];
        !known.contains(&identifier)
    };
    let mut lines: Vec<String> = Vec::new();
    if wants_ca && !certificate.is_ca() {
        lines.push("to be a CA (--ca would)".into());
    }
    if request
        .key_usage()
        .is_some_and(|wanted| !has_usages(wanted))
    {
        lines.push("its key usage (--key-usage would)".into());
    }
    if says(oid::ALTERNATIVE_NAME) {
        lines.push("its alternative names".into());
    }
    if says(oid::NAME_CONSTRAINTS) {
        lines.push("its name constraints (--permit and --exclude would)".into());
    }
    let extensions = request
        .extensions()
        .iter()
        .map(|extension| extension.identifier);
    for identifier in extensions.filter(|identifier| is_other(identifier)) {
        let name = match identifier {
            oid::EXTENDED_KEY_USAGE => "its extended key usage, ",
            _ => "",
        };
        lines.push(format!("{name}the extension {}", oid::dotted(identifier)));
    }
    for kind in request.other_attributes() {
        lines.push(format!("the attribute {}", oid::dotted(kind)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_test_support::Folder;
    use allod_x509::builder::{
        alternative_names, basic_constraints, extension, key_usage, name, tlv,
    };

    /// A request with these attributes in the place of OpenSSL's extensionRequest. Nobody looks at its signature.
    fn with_attributes(attributes: &[Vec<u8>]) -> Vec<u8> {
        let key = SigningKey::ed25519([9; 32]);
        let whole = builder::certification_request(&name(&["asker"]), &[], &key);
        let parsed = ParsedRequest::parse(&whole).unwrap();
        let info = builder::sequence(&[
            builder::integer(0),
            parsed.subject().to_vec(),
            parsed.spki().to_vec(),
            tlv(0xa0, &attributes.concat()),
        ]);
        let algorithm = SignatureAlgorithm::Ed25519;
        builder::sequence(&[
            info,
            tlv(0x30, algorithm.identifier().as_ref()),
            tlv(3, &[0; 65]),
        ])
    }

    fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
        builder::sequence(&[tlv(6, kind), tlv(0x31, value)])
    }

    fn plain_certificate() -> Vec<u8> {
        let mut builder = CertificateBuilder::self_issued("asker");
        builder.extensions.clear();
        builder.sign_self(&SigningKey::ed25519([9; 32]))
    }

    fn said(request: &[u8], certificate: &[u8]) -> Vec<String> {
        let request = ParsedRequest::parse(request).unwrap();
        not_granted(&request, &ParsedCertificate::parse(certificate).unwrap())
    }

    /// Microsoft's attribute asks for as much as that of PKCS #9, and others are named.
    #[test]
    fn whatever_attribute_asks_what_is_not_granted_is_said() {
        let extensions = builder::sequence(&[
            basic_constraints(true, None),
            key_usage(&[KeyUsage::KEY_CERT_SIGN]),
            alternative_names(false, &[tlv(0x82, b"agent.example")]),
            extension(
                oid::EXTENDED_KEY_USAGE,
                false,
                &builder::sequence(&[tlv(6, oid::SERVER_AUTH)]),
            ),
            extension(&[0x2b, 6, 1, 9], true, &[5, 0]),
        ]);
        let certificate = plain_certificate();
        let pkcs9 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14];
        let microsoft = [0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 0x0e];
        let by_pkcs9 = said(
            &with_attributes(&[attribute(&pkcs9, &extensions)]),
            &certificate,
        );
        let by_microsoft = said(
            &with_attributes(&[attribute(&microsoft, &extensions)]),
            &certificate,
        );
        assert_eq!(
            by_pkcs9,
            [
                "to be a CA (--ca would)",
                "its key usage (--key-usage would)",
                "its alternative names",
                "its extended key usage, the extension 2.5.29.37",
                "the extension 1.3.6.1.9",
            ]
        );
        assert_eq!(by_microsoft, by_pkcs9);
        let both = with_attributes(&[
            attribute(&pkcs9, &extensions),
            attribute(&microsoft, &extensions),
        ]);
        assert!(ParsedRequest::parse(&both).is_err());
    }

    #[test]
    fn attributes_of_openssl_are_named() {
        let folder = Folder::new();
        folder.write(
            "config",
            "[req]\nprompt = no\ndistinguished_name = name\nattributes = more\n[name]\nCN = asker\n\
             [more]\nchallengePassword = a word\nunstructuredName = a name\n",
        );
        let new =
            "req -new -newkey ed25519 -nodes -config config -keyout k.pem -outform der -out r.der";
        folder.openssl(&new.split(' ').collect::<Vec<_>>());
        let mut lines = said(&folder.read("r.der"), &plain_certificate());
        lines.sort();
        assert_eq!(
            lines,
            [
                "the attribute 1.2.840.113549.1.9.2",
                "the attribute 1.2.840.113549.1.9.7"
            ]
        );
    }
}
