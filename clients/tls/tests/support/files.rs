//! Keys and certificates, made by the command `openssl`.

use allod_tls::Credential;
use allod_x509::ParsedCertificate;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};
use tempfile::TempDir;

/// A kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ed25519,
    P256,
    P384,
    Rsa2048,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Ed25519, Self::P256, Self::P384, Self::Rsa2048];

    /// Those whose certificates the chain takes.
    pub fn accepted() -> Vec<Self> {
        let is_accepted = |kind: &Self| {
            let der = Files::new().certificate(*kind).der();
            ParsedCertificate::parse(&der).is_ok()
        };
        let accepted: Vec<_> = Self::ALL.into_iter().filter(is_accepted).collect();
        assert!(
            accepted.starts_with(&[Self::Ed25519, Self::P256]),
            "{accepted:?}"
        );
        accepted
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Ed25519 => &["-newkey", "ed25519"],
            Self::P256 => &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
            Self::P384 => &[
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-384",
                "-sha384",
            ],
            Self::Rsa2048 => &["-newkey", "rsa:2048"],
        }
    }
}

/// A folder that is gone after the test.
pub struct Files(TempDir);

/// A certificate and its key, in files of a folder that lives as long.
pub struct Made {
    files: Files,
}

impl Files {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes a key and a self-signed certificate, with OpenSSL's defaults.
    pub fn certificate(self, kind: Kind) -> Made {
        let made = Made { files: self };
        let mut arguments = vec![
            "req",
            "-x509",
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=agent",
        ];
        arguments.extend(kind.arguments());
        let (key, certificate) = (made.key_path(), made.certificate_path());
        arguments.extend(["-keyout", text(&key), "-out", text(&certificate)]);
        openssl(&arguments);
        made
    }
}

impl Made {
    pub fn certificate_path(&self) -> PathBuf {
        self.files.path("cert.pem")
    }

    pub fn key_path(&self) -> PathBuf {
        self.files.path("key.pem")
    }

    /// Another certificate for the same key.
    pub fn renewed(&self) -> Vec<u8> {
        let (key, renewed) = (self.key_path(), self.files.path("renewed.pem"));
        let mut arguments = vec!["req", "-x509", "-days", "60", "-subj", "/CN=agent"];
        arguments.extend(["-key", text(&key), "-out", text(&renewed)]);
        openssl(&arguments);
        CertificateDer::from_pem_file(renewed).unwrap().to_vec()
    }

    pub fn der(&self) -> Vec<u8> {
        CertificateDer::from_pem_file(self.certificate_path())
            .unwrap()
            .to_vec()
    }

    pub fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_file(self.key_path()).unwrap()
    }

    pub fn credential(&self) -> Arc<Credential> {
        let read = |path| fs::read(path).unwrap();
        let (certificate, key) = (read(self.certificate_path()), read(self.key_path()));
        Credential::from_pem(&certificate, &key).unwrap()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs `openssl`, which must succeed.
pub fn openssl(arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments:?}: {said}");
}
