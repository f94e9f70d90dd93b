//! Certificates and signatures made by the real `openssl`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use allod_x509::{CertificateError, KeyUsage, ParsedCertificate, SignatureAlgorithm};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn openssl(&self, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .expect("openssl is one of the programs that the set-up installs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments:?}: {errors}");
        output.stdout
    }

    /// `openssl req -x509` as a user would type it, and more arguments; the certificate's DER.
    fn self_signed(&self, key: &[&str], more: &[&str]) -> Vec<u8> {
        let fixed = [
            "req", "-x509", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
        ];
        let subject = ["-subj", "/CN=agent"];
        self.openssl(&[&fixed[..], key, &subject, more].concat());
        read_pem(&self.path("cert.pem"))
    }
}

fn read_pem(path: &Path) -> Vec<u8> {
    pem_rfc7468::decode_vec(&std::fs::read(path).unwrap())
        .unwrap()
        .1
}

const ED25519: [&str; 2] = ["-newkey", "ed25519"];
const P256: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

#[test]
fn default_self_signed_certificates() {
    for (key, algorithm) in [
        (&ED25519[..], SignatureAlgorithm::Ed25519),
        (&P256[..], SignatureAlgorithm::EcdsaP256Sha256),
    ] {
        let folder = Folder::new();
        let der = folder.self_signed(key, &[]);
        let parsed = ParsedCertificate::parse(&der).unwrap();
        assert_eq!(parsed.signature_algorithm(), algorithm);
        assert!(parsed.is_ca());
        let verified = parsed.verify_self_issued().unwrap();

        let printed = folder.openssl(&[
            "x509",
            "-in",
            "cert.pem",
            "-noout",
            "-fingerprint",
            "-sha256",
        ]);
        let printed = String::from_utf8(printed)
            .unwrap()
            .replace(':', "")
            .to_lowercase();
        let fingerprint = hex::encode(verified.fingerprint());
        assert!(
            printed.trim().ends_with(&fingerprint),
            "{printed} {fingerprint}"
        );

        let spki = folder.openssl(&["pkey", "-in", "key.pem", "-pubout", "-outform", "der"]);
        assert_eq!(verified.spki(), spki);

        // pkeyutl hashes with SHA-256 by default for ECDSA; -rawin hands it the message itself.
        std::fs::write(folder.path("message"), b"any message").unwrap();
        folder.openssl(&[
            "pkeyutl",
            "-sign",
            "-rawin",
            "-in",
            "message",
            "-inkey",
            "key.pem",
            "-out",
            "signature",
        ]);
        let signature = std::fs::read(folder.path("signature")).unwrap();
        verified
            .verify_message(algorithm, b"any message", &signature)
            .unwrap();
    }
}

#[test]
fn extensions_as_openssl_writes_them() {
    let folder = Folder::new();
    let more = [
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
        "-addext",
        "subjectAltName=DNS:example.org,IP:192.0.2.1,IP:2001:db8::1,email:a@example.org,URI:https://example.org/,RID:1.2.3.4,dirName:dn,otherName:1.2.3;UTF8:x",
        "-addext",
        "nameConstraints=critical,permitted;DNS:example.org,excluded;IP:10.0.0.0/255.0.0.0",
        "-addext",
        "extendedKeyUsage=clientAuth,serverAuth",
        "-addext",
        "certificatePolicies=1.2.3.4",
        "-set_serial",
        "0x7fffffffffffffffffffffffffffffffffffffff",
        "-days",
        "36500",
        "-config",
        "openssl.cnf",
    ];
    std::fs::write(
        folder.path("openssl.cnf"),
        "[req]\ndistinguished_name=dn\nx509_extensions=ca\n[dn]\nCN=x\n[ca]\nbasicConstraints=critical,CA:true,pathlen:2\n",
    )
    .unwrap();
    let der = folder.self_signed(&ED25519, &more);
    let parsed = ParsedCertificate::parse(&der).unwrap();
    assert_eq!(parsed.basic_constraints().unwrap().path_length, Some(2));
    assert!(parsed.allows(KeyUsage::CRL_SIGN));
    assert!(!parsed.allows(KeyUsage::DIGITAL_SIGNATURE));
    assert_eq!(parsed.serial().len(), 20);
    parsed.verify_self_issued().unwrap();
}

#[test]
fn certificates_that_are_refused() {
    let folder = Folder::new();
    let der = folder.self_signed(&["-newkey", "rsa:2048"], &[]);
    assert_eq!(
        ParsedCertificate::parse(&der),
        Err(CertificateError::UnknownSignatureAlgorithm)
    );
    let der = folder.self_signed(&P256, &["-sha1"]);
    assert_eq!(
        ParsedCertificate::parse(&der),
        Err(CertificateError::UnknownSignatureAlgorithm)
    );
    let p384 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"];
    let der = folder.self_signed(&p384, &["-sha256"]);
    assert_eq!(
        ParsedCertificate::parse(&der),
        Err(CertificateError::UnknownKeyAlgorithm)
    );
    let der = folder.self_signed(&ED25519, &["-addext", "1.2.3.4=critical,DER:0500"]);
    assert_eq!(
        ParsedCertificate::parse(&der),
        Err(CertificateError::UnknownCriticalExtension)
    );
    let der = folder.self_signed(&ED25519, &["-set_serial", "0"]);
    assert_eq!(
        ParsedCertificate::parse(&der),
        Err(CertificateError::SerialNotPositive)
    );
    let der = folder.self_signed(&ED25519, &["-set_serial", "-5"]);
    assert_eq!(
        ParsedCertificate::parse(&der),
        Err(CertificateError::SerialNotPositive)
    );
}
