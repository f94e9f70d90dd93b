//! The files of a certificate that is watched: it, the one that follows, and the key where keys are rotated.

use super::{
    super::{args::RenewArgs, next::Next},
    decide::{Held, Local},
};
use crate::{
    files::{self, Contents},
    keys::password::PasswordArgs,
    verbs::error::{About, Error},
};
use allod_x509::ParsedCertificate;
use std::{
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// Where they are.
#[derive(Debug)]
pub struct CertificateFiles {
    /// The certificate's file.
    pub current: PathBuf,
    /// The file of the certificate that follows.
    pub next: PathBuf,
    /// The file of the identity's key, where keys are rotated.
    key: Option<PathBuf>,
}

impl CertificateFiles {
    /// By the command line. Refuses a file that holds more than a certificate.
    pub fn new(args: &RenewArgs) -> Result<Self, Error> {
        let current = args.identity.file().ok_or(Error::WatchWithoutFile)?;
        ensure_replaceable(current)?;
        let key = match (args.rotate_key, args.own_key_file()) {
            (false, _) => None,
            (true, Some(key)) => Some(key.to_owned()),
            (true, None) => return Err(Error::RotationWithoutFile),
        };
        Ok(Self {
            current: current.to_owned(),
            next: with_ending(current, ".next"),
            key,
        })
    }

    /// The file of the key of the certificate that follows, where keys are rotated.
    pub fn next_key(&self) -> Option<PathBuf> {
        self.key.as_deref().map(|key| with_ending(key, ".next"))
    }

    /// What they say.
    pub fn read(&self) -> Result<Local, Error> {
        let current = held(&self.current)?;
        let next = match self.next.exists() {
            true => Some(held(&self.next)?.fingerprint),
            false => None,
        };
        Ok(Local { current, next })
    }

    /// Removes the key of an attempt that came to no certificate, and so was never used.
    pub fn remove_next_key(&self) -> Result<(), Error> {
        self.next_key().map_or(Ok(()), |key| remove(&key))
    }

    /// Keeps the certificate that follows, and its key.
    pub fn write_next(&self, next: &Next, password: Option<&PasswordArgs>) -> Result<(), Error> {
        // Whole or not there: a name for half a file would be taken for the next certificate.
        let draft = with_ending(&self.next, ".draft");
        remove(&draft)?;
        next.write(&draft, password)?;
        rename(&draft, &self.next)
    }

    /// Puts the certificate that follows in the old one's place. First the key, then the certificate: as long as the
    /// next certificate is there, this is done again from the start.
    pub fn adopt(&self) -> Result<(), Error> {
        if let (Some(key), Some(next)) = (&self.key, self.next_key())
            && next.exists()
        {
            if key.exists() {
                let old = held(&self.current)?.fingerprint;
                let short: String = hex::encode(old).chars().take(16).collect();
                rename(key, &with_ending(key, &format!(".{short}")))?;
            }
            rename(&next, key)?;
        }
        rename(&self.next, &self.current)
    }
}

fn held(path: &Path) -> Result<Held, Error> {
    let der = files::certificate(path)?;
    let parsed = ParsedCertificate::parse(&der).about(path.display())?;
    Ok(Held {
        fingerprint: parsed.fingerprint(),
        validity: parsed.validity(),
    })
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Refuses a file that holds more than a certificate: it is going to be replaced.
fn ensure_replaceable(path: &Path) -> Result<(), Error> {
    match files::contents(path)? {
        Contents::Pem(blocks) if blocks.len() != 1 => Err(Error::NotAlone(path.into())),
        Contents::Pem(_) | Contents::Binary(_) => Ok(()),
    }
}

/// Renames a file, and has the folder on disk before anything goes on.
fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    let folder = match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::rename(from, to)
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|error| Error::Rename {
            from: from.into(),
            to: to.into(),
            error,
        })
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::Remove {
            path: path.into(),
            error,
        }),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        files::{CERTIFICATE, Form},
        keys::key_file::PRIVATE_KEY,
    };
    use allod_test_support::Folder;
    use allod_x509::builder::{CertificateBuilder, SigningKey};
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        args: RenewArgs,
    }

    fn parse(arguments: &[&str]) -> RenewArgs {
        Cli::try_parse_from([&["renew"], arguments].concat())
            .unwrap()
            .args
    }

    fn certificate(serial: u8) -> String {
        let mut builder = CertificateBuilder::self_issued("agent");
        builder.serial = vec![serial];
        let der = builder.sign_self(&SigningKey::ed25519([serial; 32]));
        let pem = files::encode(CERTIFICATE, &der, Form::Pem).unwrap();
        String::from_utf8(pem.to_vec()).unwrap()
    }

    #[test]
    fn wrong_beginnings_are_named() {
        let id = "ab".repeat(32);
        let args = parse(&[&id, "--watch"]);
        let error = CertificateFiles::new(&args).unwrap_err().to_string();
        assert!(error.contains("certificate's file"), "{error}");
        let folder = Folder::new();
        let file = folder.write("a.pem", certificate(1).as_bytes());
        let args = parse(&[file.to_str().unwrap(), "--watch", "--rotate-key"]);
        let error = CertificateFiles::new(&args).unwrap_err().to_string();
        assert!(error.contains("--key"), "{error}");
    }

    /// At whatever point it is interrupted, adopting again comes to the same end.
    #[test]
    fn adopting_survives_interruptions() {
        for interrupted in 0..3 {
            let folder = Folder::new();
            let [file, key] = ["a.pem", "a.key"].map(|name| folder.path(name));
            folder.write("a.pem", certificate(1).as_bytes());
            folder.write("a.pem.next", certificate(2).as_bytes());
            folder.write("a.key", b"old");
            folder.write("a.key.next", b"new");
            let path = file.to_str().unwrap();
            let args = parse(&[
                path,
                "--watch",
                "--rotate-key",
                "--key",
                key.to_str().unwrap(),
            ]);
            let files = CertificateFiles::new(&args).unwrap();
            let old = files.read().unwrap();
            let short: String = hex::encode(old.current.fingerprint)
                .chars()
                .take(16)
                .collect();
            let kept = folder.path(&format!("a.key.{short}"));
            if interrupted >= 1 {
                fs::rename(&key, &kept).unwrap();
            }
            if interrupted >= 2 {
                fs::rename(folder.path("a.key.next"), &key).unwrap();
            }
            files.adopt().unwrap();
            assert_eq!(fs::read(&key).unwrap(), b"new");
            assert_eq!(fs::read(&kept).unwrap(), b"old");
            assert_eq!(fs::read_to_string(&file).unwrap(), certificate(2));
            let now = files.read().unwrap();
            assert_eq!(now.next, None);
            assert_eq!(Some(now.current.fingerprint), old.next);
        }
    }

    #[test]
    fn spoilt_files_are_named() {
        let folder = Folder::new();
        let file = folder.write("a.pem", certificate(1).as_bytes());
        let args = parse(&[file.to_str().unwrap(), "--watch"]);
        let files = CertificateFiles::new(&args).unwrap();
        folder.write("a.pem.next", b"\x30\x00");
        let error = files.read().unwrap_err().to_string();
        assert!(error.contains("a.pem.next"), "{error}");
    }

    #[test]
    fn a_file_with_a_key_in_it_is_not_replaced() {
        let folder = Folder::new();
        let alone = certificate(1);
        let key = files::encode(PRIVATE_KEY, &[1; 9], Form::Pem).unwrap();
        let both = [alone.as_bytes(), &key].concat();
        let alone = folder.write("a.pem", alone.as_bytes());
        assert!(ensure_replaceable(&alone).is_ok());
        let both = folder.write("b.pem", &both);
        let error = ensure_replaceable(&both).unwrap_err().to_string();
        assert!(error.contains("more than a certificate"), "{error}");
    }
}
