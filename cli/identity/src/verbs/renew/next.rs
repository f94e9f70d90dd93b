//! The next certificate of an identity, made here: same subject, names and extensions, new validity.

use super::args::RenewArgs;
use crate::{
    certificate::successor::{self, Signer},
    clock::{self, DAY},
    files::{self, Access, CERTIFICATE, Form, NewFiles},
    keys::{
        own_key::{OwnKeyError, add_key, generate_like},
        password::PasswordArgs,
    },
    node::Node,
    request::registered::{FindKeyError, RegisteredIdentity, find_key},
    verbs::error::Error,
};
use allod_x509::{builder::SigningKey, format_time};
use std::path::{Path, PathBuf};

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
    pub fn write(
        &self,
        certificate: &Path,
        password: Option<&PasswordArgs>,
    ) -> Result<(), OwnKeyError> {
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
    subject: &RegisteredIdentity,
    key_file: Option<PathBuf>,
) -> Result<Next, Error> {
    let issuer = match &subject.issuance {
        issuance if issuance.is_root() => None,
        issuance => {
            let issuer = issuance.issuer_of(subject.identifier);
            let path = args
                .issuer_key
                .as_deref()
                .ok_or_else(|| issuers_turn(subject))?;
            let issuer = RegisteredIdentity::by_identifier(node, issuer).await?;
            let key = find_key(
                &issuer.certificate,
                None,
                Some(path),
                "--issuer-key",
                &args.request.password,
            )?;
            Some((issuer, key))
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
        Some((issuer, key)) => {
            let certificate = issuer.parsed()?;
            let signer = Signer::Issuer(key, &certificate);
            successor::make(&old, &spki, &signer, now, seconds)?
        }
    };
    Ok(Next {
        certificate,
        new_key,
    })
}

/// What the owner of an identity is told whose issuer's key is elsewhere.
pub fn issuers_turn(subject: &RegisteredIdentity) -> Error {
    Error::IssuersTurn {
        identifier: subject.identifier,
        until: subject.parsed().map_or_else(
            |error| error.to_string(),
            |parsed| format_time(parsed.validity().not_after),
        ),
        issuer: subject.issuance.issuer_of(subject.identifier),
    }
}

fn own_key(args: &RenewArgs, subject: &RegisteredIdentity) -> Result<SigningKey, FindKeyError> {
    let option = match args.actor.actor {
        Some(_) => "--new-key",
        None => "--key",
    };
    find_key(
        &subject.certificate,
        subject.file.as_deref(),
        args.own_key_file(),
        option,
        &args.request.password,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::key_file;
    use allod_identity::{CertificateReference, Identifier, Issuance};
    use allod_test_support::{Folder, people::self_signed};
    use allod_x509::ParsedCertificate;
    use std::fs;

    #[test]
    fn certificate_and_new_key_are_written_together() {
        let folder = Folder::new();
        let key = SigningKey::ed25519([2; 32]);
        let next = Next {
            certificate: self_signed("agent", 7, &key),
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
        let subject = RegisteredIdentity {
            issuance: Issuance::Issued {
                issuer: CertificateReference {
                    identifier: Identifier([9; 32]),
                    generation: 0,
                },
                co_issuers: Default::default(),
            },
            ..RegisteredIdentity::root_of(1, "agent", &key)
        };
        let text = issuers_turn(&subject).to_string();
        for part in [
            "2049-01-01",
            &"09".repeat(32),
            "--issuer-key",
            "--certificate FILE",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}
