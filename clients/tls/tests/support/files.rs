//! Keys and certificates, made by the command `openssl`.

use allod_test_support::Folder;
use allod_tls::Credential;
use allod_x509::{KeyAlgorithm, ParsedCertificate};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use std::{path::PathBuf, sync::Arc};

/// A certificate and its key, in files of a folder that lives as long.
pub struct Made(Folder);

impl Made {
    /// The kinds of keys whose certificates the chain takes.
    pub fn accepted_kinds() -> Vec<KeyAlgorithm> {
        let is_accepted =
            |kind: &KeyAlgorithm| ParsedCertificate::parse(&Self::new(*kind).der()).is_ok();
        let accepted: Vec<_> = KeyAlgorithm::ALL.into_iter().filter(is_accepted).collect();
        assert!(
            accepted.starts_with(&[KeyAlgorithm::Ed25519, KeyAlgorithm::P256]),
            "{accepted:?}"
        );
        accepted
    }

    /// Makes a key and a self-signed certificate, with OpenSSL's defaults.
    pub fn new(kind: KeyAlgorithm) -> Self {
        let folder = Folder::new();
        folder.certificate(kind, "cert.pem", "key.pem");
        Self(folder)
    }

    pub fn certificate_path(&self) -> PathBuf {
        self.0.path("cert.pem")
    }

    pub fn key_path(&self) -> PathBuf {
        self.0.path("key.pem")
    }

    /// Another certificate for the same key.
    pub fn renewed(&self) -> Vec<u8> {
        let request = ["req", "-x509", "-days", "60", "-subj", "/CN=agent"];
        let files = ["-key", "key.pem", "-out", "renewed.pem"];
        self.0.openssl(&[&request[..], &files].concat());
        self.0.read_pem("renewed.pem")
    }

    pub fn der(&self) -> Vec<u8> {
        self.0.read_pem("cert.pem")
    }

    pub fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_file(self.key_path()).unwrap()
    }

    pub fn credential(&self) -> Arc<Credential> {
        Credential::from_pem(&self.0.read("cert.pem"), &self.0.read("key.pem")).unwrap()
    }
}
