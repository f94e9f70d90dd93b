//! Private keys: reading them, and finding the one that belongs to a certificate.

use super::files::{self, Contents, FileError};
use crate::commands::Error;
use allod_x509::{ParsedCertificate, builder::SigningKey};
use pkcs8::{ObjectIdentifier, PrivateKeyInfo};
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// Ed25519 (RFC 8410).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// An elliptic curve, named by a parameter (RFC 5480).
const ELLIPTIC_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// The curve P-256 (RFC 5480).
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// Why a file gives no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is no key in it.
    #[error("no private key in it")]
    NoKey,
    /// The key needs a password.
    #[error(
        "its private key is encrypted; decrypt it (openssl pkey), or sign by hand (allod id payload)"
    )]
    Encrypted,
    /// The key is of another kind.
    #[error("its private key is of the kind {0}; it must be Ed25519 or on the curve P-256")]
    Kind(ObjectIdentifier),
    /// The key's bytes are wrong.
    #[error("its private key cannot be read: {0}")]
    Malformed(String),
    /// The key is not the certificate's.
    #[error("its private key belongs to another certificate")]
    OfAnother,
}

/// The key of a certificate that lies in the file `beside`: from `named` if that is given, else from
/// the certificate's file, the file of the same name with `.key`, or `key.pem`, in this order.
pub fn find(
    certificate: &ParsedCertificate<'_>,
    beside: &Path,
    named: Option<&Path>,
) -> Result<SigningKey, Error> {
    if let Some(path) = named {
        return load_matching(certificate, path).map_err(|error| match error {
            KeyError::File(error) => error.into(),
            error => format!("{}: {error}", path.display()).into(),
        });
    }
    let mut tried = Vec::new();
    for path in candidates(beside) {
        match load_matching(certificate, &path) {
            Ok(key) => return Ok(key),
            Err(error) => tried.push(format!("{} ({})", path.display(), reason(&error))),
        }
    }
    Err(format!(
        "no key for {}: tried {}; name its file with --key",
        beside.display(),
        tried.join(", ")
    )
    .into())
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

fn load_matching(certificate: &ParsedCertificate<'_>, path: &Path) -> Result<SigningKey, KeyError> {
    let key = load(path)?;
    if key.spki() == certificate.spki() {
        Ok(key)
    } else {
        Err(KeyError::OfAnother)
    }
}

/// Reads a key: PKCS#8 or SEC 1, PEM or DER.
fn load(path: &Path) -> Result<SigningKey, KeyError> {
    let blocks = match files::contents(path)? {
        Contents::Binary(der) => return from_der(&der),
        Contents::Pem(blocks) => blocks,
    };
    for block in &blocks {
        match block.label.as_str() {
            "PRIVATE KEY" => return from_pkcs8(&block.der),
            "EC PRIVATE KEY" => return from_sec1(&block.der),
            "ENCRYPTED PRIVATE KEY" => return Err(KeyError::Encrypted),
            _ => {}
        }
    }
    Err(KeyError::NoKey)
}

fn from_der(der: &[u8]) -> Result<SigningKey, KeyError> {
    if PrivateKeyInfo::try_from(der).is_ok() {
        from_pkcs8(der)
    } else {
        from_sec1(der).map_err(|_| KeyError::NoKey)
    }
}

fn from_pkcs8(der: &[u8]) -> Result<SigningKey, KeyError> {
    let malformed = |error: pkcs8::Error| KeyError::Malformed(error.to_string());
    let info = PrivateKeyInfo::try_from(der).map_err(malformed)?;
    match info.algorithm.oid {
        ED25519 => ed25519_dalek::SigningKey::try_from(info)
            .map(SigningKey::Ed25519)
            .map_err(malformed),
        ELLIPTIC_CURVE => {
            let curve = info
                .algorithm
                .parameters_oid()
                .map_err(|error| malformed(error.into()))?;
            if curve != P256 {
                return Err(KeyError::Kind(curve));
            }
            let key = p256::SecretKey::try_from(info).map_err(malformed)?;
            Ok(SigningKey::P256(key.into()))
        }
        other => Err(KeyError::Kind(other)),
    }
}

/// The curve is not looked at: whether the key is the certificate's shows that it is the right one.
fn from_sec1(der: &[u8]) -> Result<SigningKey, KeyError> {
    p256::SecretKey::from_sec1_der(der)
        .map(|key| SigningKey::P256(key.into()))
        .map_err(|_| KeyError::Malformed("not a key on the curve P-256".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::test_openssl::{Folder, Kind, openssl};
    use std::fs;

    fn found(folder: &Folder, certificate: &str, named: Option<&str>) -> Result<Vec<u8>, String> {
        let path = folder.path(certificate);
        let der = files::certificate(&path).unwrap();
        let parsed = ParsedCertificate::parse(&der).unwrap();
        let named = named.map(|name| folder.path(name));
        let key = find(&parsed, &path, named.as_deref()).map_err(|error| error.to_string())?;
        let signature = key.sign(b"message");
        parsed
            .verify_message(parsed.signature_algorithm(), b"message", &signature)
            .unwrap();
        Ok(key.spki())
    }

    #[test]
    fn every_form_that_openssl_writes() {
        for kind in [Kind::Ed25519, Kind::P256] {
            let folder = Folder::new();
            folder.certificate(kind, "cert.pem", "agent.pem");
            let key = folder.path("agent.pem");
            let key = key.to_str().unwrap();
            let der = folder.path("agent.der");
            let der = der.to_str().unwrap();
            openssl(&["pkey", "-in", key, "-outform", "der", "-out", der]);
            let spki = found(&folder, "cert.pem", Some("agent.pem")).unwrap();
            assert_eq!(found(&folder, "cert.pem", Some("agent.der")).unwrap(), spki);
            let encrypted = folder.path("secret.pem");
            let to = encrypted.to_str().unwrap();
            let with = "pass:word";
            openssl(&["pkcs8", "-topk8", "-in", key, "-out", to, "-passout", with]);
            let error = found(&folder, "cert.pem", Some("secret.pem")).unwrap_err();
            assert!(error.contains("encrypted"), "{error}");
        }
    }

    #[test]
    fn sec1_keys() {
        let folder = Folder::new();
        folder.certificate(Kind::P256, "cert.pem", "agent.pem");
        let key = folder.path("agent.pem");
        let key = key.to_str().unwrap();
        for (name, form) in [("sec1.pem", "pem"), ("sec1.der", "der")] {
            let to = folder.path(name);
            let to = to.to_str().unwrap();
            openssl(&["ec", "-in", key, "-outform", form, "-out", to]);
            assert!(found(&folder, "cert.pem", Some(name)).is_ok(), "{name}");
        }
        let text = fs::read_to_string(folder.path("sec1.pem")).unwrap();
        assert!(text.contains("BEGIN EC PRIVATE KEY"), "{text}");
    }

    #[test]
    fn keys_are_looked_for_in_order() {
        let folder = Folder::new();
        folder.certificate(Kind::Ed25519, "cert.pem", "elsewhere.pem");
        folder.certificate(Kind::Ed25519, "other.pem", "key.pem");
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
        folder.certificate(Kind::Ed25519, "cert.pem", "agent.pem");
        folder.certificate(Kind::P256, "other.pem", "other-key.pem");
        let p384 = folder.path("p384.pem");
        let curve = "ec_paramgen_curve:P-384";
        let to = p384.to_str().unwrap();
        openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", curve, "-out", to]);
        let x25519 = folder.path("x25519.pem");
        openssl(&[
            "genpkey",
            "-algorithm",
            "X25519",
            "-out",
            x25519.to_str().unwrap(),
        ]);
        folder.write("noise.der", &[0x30; 64]);
        for (file, why) in [
            ("other-key.pem", "another certificate"),
            ("p384.pem", "of the kind 1.3.132.0.34"),
            ("x25519.pem", "of the kind 1.3.101.110"),
            ("noise.der", "no private key"),
            ("cert.pem", "no private key"),
            ("none.pem", "cannot read"),
        ] {
            let error = found(&folder, "cert.pem", Some(file)).unwrap_err();
            assert!(error.contains(why), "{error}");
            assert!(error.contains(file), "{error}");
        }
    }
}
