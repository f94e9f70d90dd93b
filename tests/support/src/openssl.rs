//! The command `openssl`, run in a folder of the test's own.

use allod_x509::KeyAlgorithm;
use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};
use tempfile::TempDir;

/// A folder that is gone after the test.
pub struct Folder(TempDir);

impl Folder {
    /// An empty one.
    #[allow(clippy::new_without_default, reason = "it writes to the disk")]
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Reads a file.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Reads a PEM file: the DER in it.
    pub fn read_pem(&self, name: &str) -> Vec<u8> {
        pem_rfc7468::decode_vec(&self.read(name)).unwrap().1
    }

    /// Writes a file; its path.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, contents).unwrap();
        path
    }

    /// Runs `openssl` here, whatever comes of it.
    pub fn run(&self, arguments: &[&str]) -> Output {
        Command::new("openssl")
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .expect("openssl is one of the programs that the set-up installs")
    }

    /// Runs `openssl` here, which must succeed; what it prints.
    #[track_caller]
    pub fn openssl(&self, arguments: &[&str]) -> Vec<u8> {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments:?}: {errors}");
        output.stdout
    }

    /// Runs the command that an error ends with, `…: COMMAND`, with more options; the name of the file that it makes.
    #[track_caller]
    pub fn convert(&self, error: &str, more: &[&str]) -> String {
        let (_, command) = error.rsplit_once(": ").expect("a command behind a colon");
        let made = command.rsplit(' ').next().unwrap_or_default().to_owned();
        let run = Command::new("sh")
            .args(["-c", &format!("{command} {}", more.join(" "))])
            .current_dir(self.0.path())
            .output()
            .expect("a shell");
        let errors = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{command}: {errors}");
        made
    }

    /// Makes a key and a self-signed certificate for it, with OpenSSL's defaults: the names of two PEM files.
    pub fn certificate(&self, kind: KeyAlgorithm, certificate: &str, key: &str) {
        let digest: &[_] = match kind {
            // What goes with the curve here; OpenSSL's default is SHA-256.
            KeyAlgorithm::P384 => &["-sha384"],
            KeyAlgorithm::Ed25519 | KeyAlgorithm::P256 | KeyAlgorithm::Rsa => &[],
        };
        let files = ["-keyout", key, "-out", certificate];
        let request = [
            "req",
            "-x509",
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=agent",
        ];
        self.openssl(&[&request, new_key(kind), digest, &files].concat());
    }
}

/// The options of `openssl req` that make a new key of this kind.
pub const fn new_key(kind: KeyAlgorithm) -> &'static [&'static str] {
    match kind {
        KeyAlgorithm::Ed25519 => &["-newkey", "ed25519"],
        KeyAlgorithm::P256 => &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
        KeyAlgorithm::P384 => &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
        KeyAlgorithm::Rsa => &["-newkey", "rsa:2048"],
    }
}

/// The options of `openssl genpkey` that make a new key of this kind.
pub const fn genpkey(kind: KeyAlgorithm) -> &'static [&'static str] {
    match kind {
        KeyAlgorithm::Ed25519 => &["-algorithm", "ed25519"],
        KeyAlgorithm::P256 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        KeyAlgorithm::P384 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        KeyAlgorithm::Rsa => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    }
}
