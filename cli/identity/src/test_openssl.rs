//! Keys and certificates for tests, made by the command `openssl`.

use allod_x509::KeyAlgorithm;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A kind of key.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum Kind {
    Ed25519,
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// RSA with 2,048 bits.
    Rsa,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ed25519, Self::P256, Self::P384, Self::Rsa];

    /// The one with keys of this kind.
    pub const fn of(algorithm: KeyAlgorithm) -> Self {
        match algorithm {
            KeyAlgorithm::Ed25519 => Self::Ed25519,
            KeyAlgorithm::P256 => Self::P256,
            KeyAlgorithm::P384 => Self::P384,
            KeyAlgorithm::Rsa => Self::Rsa,
        }
    }
}

/// A folder that is gone after the test.
pub struct Folder(TempDir);

impl Folder {
    /// An empty one.
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, contents: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, contents).unwrap();
        path
    }

    /// Makes a key and a self-signed certificate for it, with OpenSSL's defaults.
    pub fn certificate(&self, kind: Kind, certificate: &str, key: &str) {
        let (certificate, key) = (self.path(certificate), self.path(key));
        let mut arguments = vec![
            "req",
            "-x509",
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=agent",
        ];
        arguments.extend(match kind {
            Kind::Ed25519 => ["-newkey", "ed25519"].as_slice(),
            Kind::P256 => ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"].as_slice(),
            Kind::P384 => [
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-384",
                "-sha384",
            ]
            .as_slice(),
            Kind::Rsa => ["-newkey", "rsa:2048"].as_slice(),
        });
        arguments.extend(["-keyout", text(&key), "-out", text(&certificate)]);
        openssl(&arguments);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs `openssl`, which must succeed; what it prints.
pub fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
