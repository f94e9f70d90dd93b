//! `allod id renew`: the next certificate of an identity.
//!
//! It was made elsewhere (`--certificate`), or is made here: same subject, names and extensions, new
//! validity. A root's is signed by its own key, another one's by its issuer's, if that is on this
//! machine. With `--watch` the same happens by itself before the old one ends: [`crate::verbs::watch`].

use crate::{
    Error,
    certificate::successor::{self, Signer},
    client::Node,
    clock::{self, DAY},
    files::{self, Access, CERTIFICATE, Contents, Form, NewFiles},
    keys::{
        own_key::{add_key, file_of_new_key, generate_like},
        password::PasswordArgs,
    },
    request::{
        act::{self, Act, NewKey},
        options::{ActorArgs, ConsentArgs, Named, NewKeyArgs, RequestArgs},
        party::{self, Party, find_key},
    },
    verbs::{
        consent::{check_signed_by, collect, in_order},
        watch::{self, WatchArgs},
    },
};
use allod_identity::{Consent, api::PayloadQuery};
use allod_x509::{ParsedCertificate, builder::SigningKey, format_time};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Arguments of `allod id renew`.
#[derive(Debug, Clone, clap::Args)]
pub struct RenewArgs {
    /// The identity: 64 hex digits, or its certificate's file.
    pub identity: Named,

    /// The new certificate: same subject, by the same issuer; for a root by its own key.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present_any = ["out", "watch"],
        conflicts_with_all = ["out", "watch", "before", "days", "issuer_key", "rotate_key"]
    )]
    pub certificate: Option<PathBuf>,

    /// Make the new certificate here and write it to this file, which must not be there yet.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["payload", "signature", "watch", "before"])]
    pub out: Option<PathBuf>,

    /// The key of the identity's issuer, if the new certificate is made here.
    #[arg(long, value_name = "FILE")]
    pub issuer_key: Option<PathBuf>,

    /// Days for which a certificate that is made here counts; as many as the old one's unless said
    /// otherwise.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub days: Option<u32>,

    /// Make a new key of the same kind and size for the new certificate, too: beside it, with `.key`.
    /// Watching keeps it where `--key` names the old one.
    #[arg(long, conflicts_with_all = ["new_key", "payload", "signature"])]
    pub rotate_key: bool,

    /// Encrypt that new key with a password.
    #[arg(long, requires = "rotate_key")]
    pub encrypt: bool,

    /// The old key is given up as compromised: the last block in which it was still good. What was
    /// registered under it later fails, and it never returns.
    #[arg(long, value_name = "BLOCK", conflicts_with = "watch")]
    pub compromised_after: Option<u32>,

    #[command(flatten)]
    pub actor: ActorArgs,

    #[command(flatten)]
    pub consents: ConsentArgs,

    #[command(flatten)]
    pub new_key: NewKeyArgs,

    #[command(flatten)]
    pub watch: WatchArgs,

    #[command(flatten)]
    pub request: RequestArgs,
}

impl RenewArgs {
    /// How a new key is encrypted, if it is.
    pub fn encryption(&self) -> Option<&PasswordArgs> {
        self.encrypt.then_some(&self.request.password)
    }
}

/// Renews an identity, or watches over it.
pub async fn renew(args: &RenewArgs) -> Result<ExitCode, Error> {
    if args.watch.watch {
        return watch::watch(args).await;
    }
    let given = args
        .certificate
        .as_deref()
        .map(files::certificate)
        .transpose()?;
    let node = Node::connect(&args.request.node).await?;
    let subject = Party::load(&node, &args.identity).await?;
    let actor = party::authority(&node, &subject, args.actor.actor.as_ref()).await?;
    let mut new_key = args.new_key.clone();
    let (certificate, path) = match (given, &args.certificate, &args.out) {
        (Some(given), Some(path), _) => (given, path.clone()),
        (_, _, Some(out)) => {
            let key_file = match args.rotate_key {
                true => Some(file_of_new_key(out, None, "--out")?),
                false => None,
            };
            let made = make(&node, args, &subject, key_file).await?;
            made.write(out, args.encryption())?;
            if let Some((_, key_file)) = made.new_key {
                new_key.new_key = Some(key_file);
            } else if acts_itself(&subject, &actor) {
                new_key.new_key.clone_from(&args.request.key);
            }
            (made.certificate, out.clone())
        }
        _ => return Err("--certificate or --out says which certificate".into()),
    };
    let act = renewal(&node, args, (&subject, &actor), certificate, &path, new_key).await?;
    act::carry_out(&node, &args.request, act).await
}

/// Whether an identity decides about itself.
pub fn acts_itself(subject: &Party, actor: &Party) -> bool {
    subject.identifier == actor.identifier
}

/// The renewal of the first identity by the second one, checked as far as it can be without the chain.
pub async fn renewal(
    node: &Node,
    args: &RenewArgs,
    (subject, actor): (&Party, &Party),
    certificate: Vec<u8>,
    path: &Path,
    new_key: NewKeyArgs,
) -> Result<Act, Error> {
    check_successor(subject, &certificate, args.compromised_after)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let issuer = subject.issuance.issuer_of(subject.identifier);
    if subject.issuance.is_root() {
        ParsedCertificate::parse(&certificate)?
            .verify_self_issued()
            .map_err(|error| format!("{}: {error}", path.display()))?;
    } else {
        check_signed_by(&certificate, &Party::by_identifier(node, issuer).await?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let (consents, request) = (&args.consents, &args.request);
    let consents = collect(node, consents, request, &certificate, issuer).await?;
    let consents = in_order(&subject.issuance, consents)?;
    let query = query(subject, &certificate, args.compromised_after)?;
    act(
        (subject, actor),
        query,
        certificate,
        path,
        new_key,
        consents,
    )
    .map_err(Error::from)
}

fn query(
    subject: &Party,
    certificate: &[u8],
    compromised_after: Option<u32>,
) -> Result<PayloadQuery, String> {
    let parsed = ParsedCertificate::parse(certificate).map_err(|error| error.to_string())?;
    Ok(PayloadQuery::Renew {
        identifier: subject.identifier,
        certificate: certificate.to_vec(),
        algorithm: parsed.signature_algorithm(),
        compromised_after,
    })
}

fn act(
    (subject, actor): (&Party, &Party),
    query: PayloadQuery,
    certificate: Vec<u8>,
    path: &Path,
    args: NewKeyArgs,
    consents: Vec<Consent>,
) -> Result<Act, String> {
    let parsed = ParsedCertificate::parse(&certificate).map_err(|error| error.to_string())?;
    let is_new_key = parsed.spki() != subject.parsed()?.spki();
    // The identity's own signature shows that somebody has its key.
    let needs_possession = is_new_key || !acts_itself(subject, actor);
    let file = if is_new_key {
        path.to_owned()
    } else {
        subject.file.clone().unwrap_or_else(|| path.to_owned())
    };
    let new_key = NewKey {
        certificate,
        file: Some(file),
        args,
    };
    Ok(Act {
        new_key: needs_possession.then_some(new_key),
        consents,
        ..Act::by(actor, query)
    })
}

/// Whether a certificate may follow an identity's present one.
fn check_successor(
    subject: &Party,
    certificate: &[u8],
    compromised_after: Option<u32>,
) -> Result<(), String> {
    let new = ParsedCertificate::parse(certificate).map_err(|error| error.to_string())?;
    let old = subject.parsed()?;
    let identifier = subject.identifier;
    if new.subject() != old.subject() {
        return Err(format!(
            "another subject than that of {identifier}; an identity keeps its name"
        ));
    }
    if new.fingerprint() == old.fingerprint() {
        return Err(format!("this is the present certificate of {identifier}"));
    }
    if new.serial() == old.serial() && new.issuer() == old.issuer() {
        return Err("the serial number is that of the present certificate; it must be new".into());
    }
    if compromised_after.is_some() && new.spki() == old.spki() {
        return Err("--compromised-after gives the key up, and the certificate keeps it".into());
    }
    Ok(())
}

/// The next certificate of an identity, not written yet.
pub struct Next {
    /// Its DER.
    pub certificate: Vec<u8>,
    /// Its key, if that is a new one, and the file for it.
    pub new_key: Option<(SigningKey, PathBuf)>,
}

impl Next {
    /// Writes the new key, if there is one, and then the certificate, so that no certificate is ever without its
    /// key: both or none, and over nothing that is there. The key is encrypted if a password is to be chosen.
    pub fn write(&self, certificate: &Path, password: Option<&PasswordArgs>) -> Result<(), Error> {
        let mut files = NewFiles::default();
        if let Some((key, path)) = &self.new_key {
            add_key(&mut files, path, key, Form::Pem, password)?;
        }
        let contents = files::encode(CERTIFICATE, &self.certificate, Form::Pem)?;
        files.add(certificate, &contents, Access::Everybody)?;
        files.keep();
        Ok(())
    }
}

/// Makes the next certificate, for a new key if there is a file for one.
pub async fn make(
    node: &Node,
    args: &RenewArgs,
    subject: &Party,
    key_file: Option<PathBuf>,
) -> Result<Next, Error> {
    let issuer = match &subject.issuance {
        issuance if issuance.is_root() => None,
        issuance => {
            let issuer = issuance.issuer_of(subject.identifier);
            let path = args
                .issuer_key
                .as_deref()
                .ok_or_else(|| what_to_do(subject))?;
            let party = Party::by_identifier(node, issuer).await?;
            let key = find_key(
                &party.certificate,
                None,
                Some(path),
                "--issuer-key",
                &args.request.password,
            )?;
            Some((party, key))
        }
    };
    let old = subject.parsed()?;
    let new_key = match key_file {
        Some(path) => Some((generate_like(old.public_key())?, path)),
        None => None,
    };
    let present;
    let own = match &new_key {
        Some((key, _)) => key,
        None => {
            present = own_key(args, subject)?;
            &present
        }
    };
    let seconds = args.days.map(|days| u64::from(days) * DAY);
    let (spki, now) = (own.spki(), clock::now()?);
    let certificate = match &issuer {
        None => successor::make(&old, &spki, &Signer::Own(own), now, seconds)?,
        Some((party, key)) => {
            let certificate = party.parsed()?;
            let signer = Signer::Issuer(key, &certificate);
            successor::make(&old, &spki, &signer, now, seconds)?
        }
    };
    Ok(Next {
        certificate,
        new_key,
    })
}

/// What the owner of an identity has to do whose issuer's key is elsewhere.
pub fn what_to_do(subject: &Party) -> String {
    let until = subject.parsed().map_or_else(
        |error| error,
        |parsed| format_time(parsed.validity().not_after),
    );
    format!(
        "{} is valid until {until}; its issuer {} has to sign the next certificate: name its key with \
         --issuer-key, or have it issued elsewhere and run allod id renew {} --certificate FILE",
        subject.identifier,
        subject.issuance.issuer_of(subject.identifier),
        subject.identifier
    )
}

/// The file of the identity's own key, if the command line names one.
pub fn own_key_file(args: &RenewArgs) -> Option<&Path> {
    match args.actor.actor {
        Some(_) => args.new_key.new_key.as_deref(),
        None => args
            .new_key
            .new_key
            .as_deref()
            .or(args.request.key.as_deref()),
    }
}

fn own_key(args: &RenewArgs, subject: &Party) -> Result<SigningKey, Error> {
    let option = match args.actor.actor {
        Some(_) => "--new-key",
        None => "--key",
    };
    let file = subject.file.as_deref();
    let password = &args.request.password;
    find_key(
        &subject.certificate,
        file,
        own_key_file(args),
        option,
        password,
    )
}

/// Refuses a file that holds more than a certificate: it is going to be replaced.
pub fn ensure_replaceable(path: &Path) -> Result<(), Error> {
    let Contents::Pem(blocks) = files::contents(path)? else {
        return Ok(());
    };
    if blocks.len() == 1 {
        return Ok(());
    }
    Err(format!(
        "{} holds more than a certificate, and watching replaces it: give the certificate a file of \
         its own",
        path.display()
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{keys::key_file, request::query, test_golden::calls, test_openssl::Folder};
    use allod_identity::{CertificateReference, Identifier, Issuance};
    use allod_x509::builder::CertificateBuilder;
    use clap::Parser;
    use std::fs;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        args: RenewArgs,
    }

    fn parse(arguments: &[&str]) -> Result<RenewArgs, String> {
        Cli::try_parse_from([&["renew"], arguments].concat())
            .map(|cli| cli.args)
            .map_err(|error| error.to_string())
    }

    fn party(byte: u8, key: &SigningKey) -> Party {
        Party {
            identifier: Identifier([byte; 32]),
            nonce: 5,
            certificate: CertificateBuilder::self_issued("agent").sign_self(key),
            issuance: Issuance::SelfIssued,
            file: None,
        }
    }

    fn certificate(name: &str, serial: u8, key: &SigningKey) -> Vec<u8> {
        let mut builder = CertificateBuilder::self_issued(name);
        builder.serial = vec![serial];
        builder.sign_self(key)
    }

    #[test]
    fn certificates_are_given_or_made() {
        for good in [
            &["a.pem", "--certificate", "b.pem"][..],
            &["a.pem", "--certificate", "b.pem", "--payload", "p"],
            &[
                "a.pem",
                "--certificate",
                "b.pem",
                "--compromised-after",
                "7",
            ],
            &["a.pem", "--out", "b.pem", "--days", "30", "--rotate-key"],
            &["a.pem", "--out", "b.pem", "--issuer-key", "ca.key"],
            &["a.pem", "--watch", "--rotate-key", "--key", "a.key"],
        ] {
            assert!(parse(good).is_ok(), "{good:?}");
        }
        for wrong in [
            &["a.pem"][..],
            &["a.pem", "--certificate", "b.pem", "--out", "c.pem"],
            &["a.pem", "--certificate", "b.pem", "--watch"],
            &["a.pem", "--certificate", "b.pem", "--days", "3"],
            &["a.pem", "--out", "b.pem", "--payload", "p"],
            &["a.pem", "--out", "b.pem", "--watch"],
            &["a.pem", "--out", "b.pem", "--days", "0"],
            &["a.pem", "--watch", "--compromised-after", "7"],
            &["a.pem", "--watch", "--payload", "p"],
            &["a.pem", "--watch", "--nonce", "1"],
            &["a.pem", "--out", "b.pem", "--rotate-key", "--new-key", "k"],
            &["a.pem", "--certificate", "b.pem", "--before", "3"],
            &["a.pem", "--out", "b.pem", "--before", "3"],
            &["a.pem", "--out", "b.pem", "--encrypt"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_new_key_or_another_actor_shows_possession() {
        let (key, other) = (SigningKey::ed25519([1; 32]), SigningKey::ed25519([2; 32]));
        let (subject, controller) = (party(1, &key), party(9, &other));
        let path = Path::new("b.pem");
        let made = |actor: &Party, key: &SigningKey| {
            let new = certificate("agent", 7, key);
            check_successor(&subject, &new, None).unwrap();
            let query = query(&subject, &new, None).unwrap();
            let new_key = NewKeyArgs::default();
            act((&subject, actor), query, new, path, new_key, Vec::new()).unwrap()
        };
        assert!(made(&subject, &key).new_key.is_none());
        assert!(made(&subject, &other).new_key.is_some());
        let by_controller = made(&controller, &key);
        assert!(by_controller.new_key.is_some());
        assert_eq!(by_controller.actor, controller.identifier);
    }

    #[test]
    fn successors_are_checked_before_anybody_pays() {
        let (key, other) = (SigningKey::ed25519([1; 32]), SigningKey::ed25519([2; 32]));
        let subject = party(1, &key);
        let check = |new: &[u8], after| check_successor(&subject, new, after);
        assert_eq!(check(&certificate("agent", 7, &other), Some(3)), Ok(()));
        for (wrong, after, why) in [
            (certificate("another", 7, &key), None, "another subject"),
            (subject.certificate.clone(), None, "the present certificate"),
            (certificate("agent", 1, &other), None, "must be new"),
            (certificate("agent", 7, &key), Some(3), "keeps it"),
            (vec![0x30, 0], None, "not the der"),
        ] {
            let error = check(&wrong, after).unwrap_err();
            assert!(error.to_lowercase().contains(why), "{why}: {error}");
        }
    }

    #[test]
    fn golden_renewals() {
        let mut seen = 0;
        for golden in calls() {
            let PayloadQuery::Renew {
                identifier,
                compromised_after,
                ..
            } = golden.query()
            else {
                continue;
            };
            let subject = Party {
                identifier,
                ..party(1, &SigningKey::ed25519([1; 32]))
            };
            let query = query(&subject, &golden.new_certificate(), compromised_after).unwrap();
            let payload = query::payload(&query, golden.actor(), golden.terms()).unwrap();
            assert_eq!(hex::encode(payload), golden.text("payload"));
            seen += 1;
        }
        assert_eq!(seen, 2);
    }

    #[test]
    fn certificate_and_new_key_are_written_together() {
        let folder = Folder::new();
        let key = SigningKey::ed25519([2; 32]);
        let next = Next {
            certificate: certificate("agent", 7, &key),
            new_key: Some((key, folder.path("b.key"))),
        };
        let path = folder.write("b.pem", b"mine");
        let error = next.write(&path, None).unwrap_err().to_string();
        assert!(error.contains("b.pem is there already"), "{error}");
        assert!(!folder.path("b.key").exists());
        fs::remove_file(&path).unwrap();
        let password = PasswordArgs::file(folder.write("password", b"word"));
        next.write(&path, Some(&password)).unwrap();
        let der = files::certificate(&path).unwrap();
        assert_eq!(der, next.certificate);
        let parsed = ParsedCertificate::parse(&der).unwrap();
        // It lies where it is looked for.
        let found = key_file::find(&parsed, &path, None, &password).unwrap();
        assert_eq!(found.spki(), parsed.spki());
    }

    #[test]
    fn owners_learn_what_to_do() {
        let key = SigningKey::ed25519([1; 32]);
        let subject = Party {
            issuance: Issuance::Issued {
                issuer: CertificateReference {
                    identifier: Identifier([9; 32]),
                    generation: 0,
                },
                co_issuers: Default::default(),
            },
            ..party(1, &key)
        };
        let text = what_to_do(&subject);
        for part in [
            "2049-01-01",
            &"09".repeat(32),
            "--issuer-key",
            "--certificate FILE",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_file_with_a_key_in_it_is_not_replaced() {
        let folder = Folder::new();
        let der = certificate("agent", 1, &SigningKey::ed25519([1; 32]));
        let pem = |label, der: &[u8]| files::encode(label, der, Form::Pem).unwrap().to_vec();
        let alone = pem(CERTIFICATE, &der);
        let both = [alone.clone(), pem(key_file::PRIVATE_KEY, &[1; 9])].concat();
        let alone = folder.write("a.pem", &alone);
        assert!(ensure_replaceable(&alone).is_ok());
        let both = folder.write("b.pem", &both);
        let error = ensure_replaceable(&both).unwrap_err().to_string();
        assert!(error.contains("more than a certificate"), "{error}");
    }
}
