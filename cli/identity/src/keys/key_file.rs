//! Private keys: reading them, and finding the one that belongs to a certificate.
//!
//! The forms are those of [`allod_x509::private_key`] and [`allod_x509::encrypted_key`]; here they are told apart by
//! what PEM calls them, or by the DER itself.

use crate::{
    files::{self, Contents, FileError, Wanted},
    keys::password::{PasswordArgs, PasswordError},
};
use allod_x509::{
    ParsedCertificate, PrivateKeyError,
    builder::SigningKey,
    encrypted_key::{self, EncryptedKeyError},
};
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// What PEM calls a private key in PKCS #8 (RFC 7468, 10).
pub const PRIVATE_KEY: &str = "PRIVATE KEY";
/// What PEM calls one under a password.
pub const ENCRYPTED_PRIVATE_KEY: &str = "ENCRYPTED PRIVATE KEY";

/// Why a file gives no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(transparent)]
    File(#[from] FileError),
    /// There is no key in it.
    #[error("no private key in it")]
    NoKey,
    /// There is one that cannot be used.
    #[error("its {0}")]
    Unusable(PrivateKeyError),
    /// There is one under a password, which does not open.
    #[error("its private key: {0}")]
    Locked(#[from] EncryptedKeyError),
    /// There is no password for it.
    #[error("its private key is encrypted: {0}")]
    Password(#[from] PasswordError),
    /// The key is not the certificate's.
    #[error("its private key belongs to another certificate")]
    OfAnother,
    /// This file, which is named, gives none.
    #[error("{}: {error}", .path.display())]
    In { path: PathBuf, error: Box<Self> },
    /// None of the files where a certificate's key is looked for gives one.
    #[error("no key for {}: tried {}; name its file with --key", .certificate.display(), .tried.join(", "))]
    NotFound {
        certificate: PathBuf,
        /// Each file, and why not.
        tried: Vec<String>,
    },
}

/// The key of a certificate that lies in the file `beside`: from `named` if that is given, else from
/// the certificate's file, the file of the same name with `.key`, or `key.pem`, in this order.
pub fn find(
    certificate: &ParsedCertificate<'_>,
    beside: &Path,
    named: Option<&Path>,
    password: &PasswordArgs,
) -> Result<SigningKey, KeyError> {
    if let Some(path) = named {
        return of_certificate(certificate, path, password);
    }
    let mut tried = Vec::new();
    for path in candidates(beside) {
        match load_matching(certificate, &path, password) {
            Ok(key) => return Ok(key),
            Err(error) => tried.push(format!("{} ({})", path.display(), reason(&error))),
        }
    }
    Err(KeyError::NotFound {
        certificate: beside.into(),
        tried,
    })
}

/// The key of a certificate, from this file.
pub fn of_certificate(
    certificate: &ParsedCertificate<'_>,
    path: &Path,
    password: &PasswordArgs,
) -> Result<SigningKey, KeyError> {
    load_matching(certificate, path, password).map_err(|error| named(path, error))
}

/// Reads a key: PKCS #8, under a password or not, SEC 1 or PKCS #1, PEM or DER.
pub fn load(path: &Path, password: &PasswordArgs) -> Result<SigningKey, KeyError> {
    read(path, password).map_err(|error| named(path, error))
}

/// With the path in front, where it does not say it itself.
fn named(path: &Path, error: KeyError) -> KeyError {
    match error {
        KeyError::File(_) => error,
        error => KeyError::In {
            path: path.into(),
            error: Box::new(error),
        },
    }
}

fn candidates(certificate: &Path) -> Vec<PathBuf> {
    let mut paths = vec![certificate.to_owned()];
    for path in [
        certificate.with_extension("key"),
        certificate.with_file_name("key.pem"),
    ] {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

/// Without the path, which stands before it already.
fn reason(error: &KeyError) -> String {
    match error {
        KeyError::File(FileError::Unreadable { error, .. })
            if error.kind() == ErrorKind::NotFound =>
        {
            "no such file".into()
        }
        KeyError::File(FileError::Unreadable { error, .. }) => error.to_string(),
        other => other.to_string(),
    }
}

fn load_matching(
    certificate: &ParsedCertificate<'_>,
    path: &Path,
    password: &PasswordArgs,
) -> Result<SigningKey, KeyError> {
    let key = read(path, password)?;
    if key.spki() == certificate.spki() {
        Ok(key)
    } else {
        Err(KeyError::OfAnother)
    }
}

fn read(path: &Path, password: &PasswordArgs) -> Result<SigningKey, KeyError> {
    let decrypt = |der: &[u8]| -> Result<SigningKey, KeyError> {
        // Nobody is asked for the password of a file that cannot be opened anyway.
        encrypted_key::check(der)?;
        let password = password.ask(&path.display().to_string())?;
        Ok(SigningKey::from_encrypted_pkcs8(der, password.as_bytes())?)
    };
    let blocks = match files::contents(path)? {
        Contents::Binary(der) => {
            files::check_kind(path, Wanted::PrivateKey, &der)?;
            return match SigningKey::from_der(&der) {
                Err(PrivateKeyError::Encrypted) => decrypt(&der),
                Err(PrivateKeyError::Form | PrivateKeyError::TooLong(_)) => Err(KeyError::NoKey),
                result => result.map_err(KeyError::Unusable),
            };
        }
        Contents::Pem(blocks) => blocks,
    };
    let labels = Wanted::PrivateKey.labels();
    let mut keys = blocks
        .iter()
        .filter(|block| labels.contains(&block.label.as_str()));
    let Some(block) = keys.next() else {
        return Err(match files::missing(path, Wanted::PrivateKey, &blocks) {
            // What else is in it helps nobody.
            FileError::Missing { help: None, .. } => KeyError::NoKey,
            error => error.into(),
        });
    };
    let der = files::block_contents(path, block)?;
    let read = match block.label.as_str() {
        ENCRYPTED_PRIVATE_KEY => return decrypt(der),
        "EC PRIVATE KEY" => SigningKey::from_sec1(der),
        "RSA PRIVATE KEY" => SigningKey::from_pkcs1(der),
        _ => SigningKey::from_pkcs8(der),
    };
    read.map_err(KeyError::Unusable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_test_support::Folder;
    use allod_x509::KeyAlgorithm;
    use std::fs;

    /// With the password in the file `password`, if it is there.
    fn found(folder: &Folder, certificate: &str, named: Option<&str>) -> Result<Vec<u8>, String> {
        let password = PasswordArgs::file(folder.path("password"));
        let path = folder.path(certificate);
        let der = files::certificate(&path).unwrap();
        let parsed = ParsedCertificate::parse(&der).unwrap();
        let named = named.map(|name| folder.path(name));
        let key =
            find(&parsed, &path, named.as_deref(), &password).map_err(|error| error.to_string())?;
        let signature = key.sign(b"message");
        parsed
            .verify_message(parsed.signature_algorithm(), b"message", &signature)
            .unwrap();
        Ok(key.spki())
    }

    #[test]
    fn every_form_that_openssl_writes() {
        for kind in KeyAlgorithm::ALL {
            let folder = Folder::new();
            folder.certificate(kind, "cert.pem", "agent.pem");
            let key = folder.path("agent.pem");
            let key = key.to_str().unwrap();
            let der = folder.path("agent.der");
            let der = der.to_str().unwrap();
            folder.openssl(&["pkey", "-in", key, "-outform", "der", "-out", der]);
            let spki = found(&folder, "cert.pem", Some("agent.pem")).unwrap();
            assert_eq!(found(&folder, "cert.pem", Some("agent.der")).unwrap(), spki);
            let encrypted = folder.path("secret.pem");
            let to = encrypted.to_str().unwrap();
            let with = "pass:word";
            folder.openssl(&["pkcs8", "-topk8", "-in", key, "-out", to, "-passout", with]);
            for (password, expected) in [("word\n", Ok(&spki)), ("Word\n", Err("wrong password"))] {
                folder.write("password", password.as_bytes());
                match (found(&folder, "cert.pem", Some("secret.pem")), expected) {
                    (found, Ok(spki)) => assert_eq!(found.as_ref(), Ok(spki)),
                    (found, Err(why)) => {
                        let error = found.unwrap_err();
                        assert!(error.contains(why), "{error}");
                        assert!(error.contains("secret.pem"), "{error}");
                    }
                }
            }
            let binary = folder.path("secret.der");
            let to = binary.to_str().unwrap();
            folder.openssl(&[
                "pkcs8", "-topk8", "-in", key, "-out", to, "-outform", "der", "-passout", with,
            ]);
            folder.write("password", b"word");
            assert_eq!(
                found(&folder, "cert.pem", Some("secret.der")).unwrap(),
                spki
            );
        }
    }

    #[test]
    fn sec1_and_pkcs1_keys() {
        let folder = Folder::new();
        folder.certificate(KeyAlgorithm::Rsa, "cert.pem", "agent.pem");
        let [key, to] = ["agent.pem", "pkcs1.pem"].map(|name| folder.path(name));
        let (key, to) = (key.to_str().unwrap(), to.to_str().unwrap());
        folder.openssl(&["pkey", "-traditional", "-in", key, "-out", to]);
        assert!(found(&folder, "cert.pem", Some("pkcs1.pem")).is_ok());

        let folder = Folder::new();
        folder.certificate(KeyAlgorithm::P256, "cert.pem", "agent.pem");
        let key = folder.path("agent.pem");
        let key = key.to_str().unwrap();
        for (name, form) in [("sec1.pem", "pem"), ("sec1.der", "der")] {
            let to = folder.path(name);
            let to = to.to_str().unwrap();
            folder.openssl(&["ec", "-in", key, "-outform", form, "-out", to]);
            assert!(found(&folder, "cert.pem", Some(name)).is_ok(), "{name}");
        }
        let text = fs::read_to_string(folder.path("sec1.pem")).unwrap();
        assert!(text.contains("BEGIN EC PRIVATE KEY"), "{text}");
    }

    /// The form is told, and the command that is told makes one that is read.
    #[test]
    fn keys_in_other_forms_say_how_to_convert_them() {
        let folder = Folder::new();
        folder.certificate(KeyAlgorithm::P256, "cert.pem", "agent.pem");
        let spki = found(&folder, "cert.pem", Some("agent.pem")).unwrap();
        folder.openssl(&[
            "ec",
            "-aes256",
            "-passout",
            "pass:word",
            "-in",
            "agent.pem",
            "-out",
            "legacy.key",
        ]);
        folder.openssl(&[
            "pkcs12",
            "-export",
            "-in",
            "cert.pem",
            "-inkey",
            "agent.pem",
            "-passout",
            "pass:word",
            "-out",
            "both.p12",
        ]);
        folder.write("password", b"word");
        for (file, what) in [
            (
                "legacy.key",
                "it is encrypted in the old way, by AES-256-CBC",
            ),
            ("both.p12", "it is a PKCS #12 file"),
        ] {
            let error = found(&folder, "cert.pem", Some(file)).unwrap_err();
            assert!(error.contains(what), "{error}");
            let made = folder.convert(&error, &["-passin", "pass:word", "-passout", "pass:word"]);
            assert_eq!(found(&folder, "cert.pem", Some(&made)), Ok(spki.clone()));
        }

        // Beside a certificate it is in nobody's way, and the key's own file is looked at.
        let both = [folder.read("legacy.key"), folder.read("cert.pem")].concat();
        folder.write("both.pem", &both);
        fs::rename(folder.path("agent.pem"), folder.path("both.key")).unwrap();
        assert_eq!(found(&folder, "both.pem", None), Ok(spki));
    }

    #[test]
    fn keys_of_openssh_say_how_to_convert_them() {
        let folder = Folder::new();
        folder.certificate(KeyAlgorithm::P256, "cert.pem", "agent.pem");
        for (key, what) in [
            (&b"ssh-ed25519"[..], "a new key: openssl genpkey"),
            (b"ecdsa-sha2-nistp256", "ssh-keygen -p -m PKCS8 -f "),
        ] {
            let contents = [b"openssh-key-v1\0", key].concat();
            let pem = files::encode("OPENSSH PRIVATE KEY", &contents, files::Form::Pem).unwrap();
            folder.write("ssh", &pem);
            let error = found(&folder, "cert.pem", Some("ssh")).unwrap_err();
            assert!(error.contains("OPENSSH PRIVATE KEY"), "{error}");
            assert!(error.contains(what), "{error}");
        }
    }

    #[test]
    fn keys_in_lines_of_any_length() {
        let folder = Folder::new();
        for kind in [KeyAlgorithm::Ed25519, KeyAlgorithm::P384] {
            folder.certificate(kind, "cert.pem", "agent.pem");
            let spki = found(&folder, "cert.pem", Some("agent.pem")).unwrap();
            let text = fs::read_to_string(folder.path("agent.pem")).unwrap();
            let (begin, end) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");
            let base64 = text.replace(begin, "").replace(end, "").replace('\n', "");
            folder.write(
                "long.pem",
                format!("{begin} \r\n\r\n{base64}\t\r\n \r\n{end}"),
            );
            assert_eq!(found(&folder, "cert.pem", Some("long.pem")), Ok(spki));
            for name in ["cert.pem", "agent.pem"] {
                fs::remove_file(folder.path(name)).unwrap();
            }
        }
    }

    #[test]
    fn keys_are_looked_for_in_order() {
        let folder = Folder::new();
        folder.certificate(KeyAlgorithm::Ed25519, "cert.pem", "elsewhere.pem");
        folder.certificate(KeyAlgorithm::Ed25519, "other.pem", "key.pem");
        let error = found(&folder, "cert.pem", None).unwrap_err();
        for part in [
            "cert.pem (no private key in it)",
            "cert.key (no such file)",
            "key.pem (its private key belongs to another certificate)",
            "--key",
        ] {
            assert!(error.contains(part), "{error}");
        }
        assert!(!error.contains('\n'), "{error}");

        // From the last place to the first.
        let key = fs::read(folder.path("elsewhere.pem")).unwrap();
        folder.write("key.pem", &key);
        assert!(found(&folder, "cert.pem", None).is_ok());
        fs::remove_file(folder.path("key.pem")).unwrap();
        folder.write("cert.key", &key);
        assert!(found(&folder, "cert.pem", None).is_ok());
        fs::remove_file(folder.path("cert.key")).unwrap();
        let both = [fs::read(folder.path("cert.pem")).unwrap(), key].concat();
        folder.write("cert.pem", &both);
        assert!(found(&folder, "cert.pem", None).is_ok());
    }

    #[test]
    fn other_keys_are_refused_by_name() {
        let folder = Folder::new();
        folder.certificate(KeyAlgorithm::Ed25519, "cert.pem", "agent.pem");
        folder.certificate(KeyAlgorithm::P256, "other.pem", "other-key.pem");
        let p521 = folder.path("p521.pem");
        let curve = "ec_paramgen_curve:P-521";
        let to = p521.to_str().unwrap();
        folder.openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", curve, "-out", to]);
        let x25519 = folder.path("x25519.pem");
        folder.openssl(&[
            "genpkey",
            "-algorithm",
            "X25519",
            "-out",
            x25519.to_str().unwrap(),
        ]);
        folder.write("noise.der", [0x30; 64]);
        folder.write("huge.der", [0x30; 9000]);
        for (file, why) in [
            ("other-key.pem", "another certificate"),
            ("p521.pem", "of the kind 1.3.132.0.35"),
            ("x25519.pem", "of the kind 1.3.101.110"),
            ("noise.der", "no private key"),
            ("huge.der", "no private key"),
            ("cert.pem", "no private key"),
            ("none.pem", "cannot read"),
        ] {
            let error = found(&folder, "cert.pem", Some(file)).unwrap_err();
            assert!(error.contains(why), "{error}");
            assert!(error.contains(file), "{error}");
        }
    }
}
