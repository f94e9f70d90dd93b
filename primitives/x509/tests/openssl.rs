//! Certificates and signatures made by the real `openssl`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use allod_x509::{
    CertificateError, KeyUsage, ParsedCertificate, SignatureAlgorithm, SignatureError,
};

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
const RSA: [&str; 2] = ["-newkey", "rsa:2048"];
const P384: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"];
const P256: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

/// What `openssl pkeyutl -sign -rawin` needs besides the key.
fn pkeyutl_options(algorithm: SignatureAlgorithm) -> Vec<&'static str> {
    let pss = [
        "-pkeyopt",
        "rsa_padding_mode:pss",
        "-pkeyopt",
        "rsa_pss_saltlen:digest",
    ];
    let with_pss = |digest| [&["-digest", digest][..], &pss].concat();
    match algorithm {
        SignatureAlgorithm::Ed25519 => vec![],
        SignatureAlgorithm::EcdsaP256Sha256 | SignatureAlgorithm::RsaPkcs1Sha256 => {
            vec!["-digest", "sha256"]
        }
        SignatureAlgorithm::EcdsaP384Sha384 | SignatureAlgorithm::RsaPkcs1Sha384 => {
            vec!["-digest", "sha384"]
        }
        SignatureAlgorithm::RsaPkcs1Sha512 => vec!["-digest", "sha512"],
        SignatureAlgorithm::RsaPssSha256 => with_pss("sha256"),
        SignatureAlgorithm::RsaPssSha384 => with_pss("sha384"),
        SignatureAlgorithm::RsaPssSha512 => with_pss("sha512"),
    }
}

#[test]
fn default_self_signed_certificates() {
    let pss = |digest| {
        let mode = ["-sigopt", "rsa_padding_mode:pss"];
        [&[digest][..], &mode, &["-sigopt", "rsa_pss_saltlen:digest"]].concat()
    };
    for (key, more, algorithm) in [
        (&ED25519[..], vec![], SignatureAlgorithm::Ed25519),
        (&P256[..], vec![], SignatureAlgorithm::EcdsaP256Sha256),
        (
            &P384[..],
            vec!["-sha384"],
            SignatureAlgorithm::EcdsaP384Sha384,
        ),
        (
            &RSA[..],
            vec!["-sha256"],
            SignatureAlgorithm::RsaPkcs1Sha256,
        ),
        (
            &RSA[..],
            vec!["-sha384"],
            SignatureAlgorithm::RsaPkcs1Sha384,
        ),
        (
            &RSA[..],
            vec!["-sha512"],
            SignatureAlgorithm::RsaPkcs1Sha512,
        ),
        (&RSA[..], pss("-sha256"), SignatureAlgorithm::RsaPssSha256),
        (&RSA[..], pss("-sha384"), SignatureAlgorithm::RsaPssSha384),
        (&RSA[..], pss("-sha512"), SignatureAlgorithm::RsaPssSha512),
        (
            &["-newkey", "rsa:3072"],
            vec!["-sha256"],
            SignatureAlgorithm::RsaPkcs1Sha256,
        ),
        (
            &["-newkey", "rsa:4096"],
            vec!["-sha256"],
            SignatureAlgorithm::RsaPkcs1Sha256,
        ),
    ] {
        let folder = Folder::new();
        let der = folder.self_signed(key, &more);
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

        // -rawin hands pkeyutl the message itself.
        std::fs::write(folder.path("message"), b"any message").unwrap();
        let files = ["-in", "message", "-inkey", "key.pem", "-out", "signature"];
        let options = pkeyutl_options(algorithm);
        folder.openssl(&[&["pkeyutl", "-sign", "-rawin"][..], &files, &options].concat());
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
    for (key, more, error) in [
        (
            &["-newkey", "rsa:1024"][..],
            &[][..],
            CertificateError::RsaModulusSize(1024),
        ),
        (
            &["-newkey", "rsa:2047"],
            &[],
            CertificateError::RsaModulusSize(2047),
        ),
        (&["-newkey", "rsa:2048"], &["-sha1"], CertificateError::Sha1),
        (&P256, &["-sha1"], CertificateError::Sha1),
        (
            &["-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"],
            &["-sha256", "-sigopt", "rsa_pss_saltlen:digest"],
            CertificateError::PssKey,
        ),
        (
            &["-newkey", "rsa:2048"],
            &[
                "-sha256",
                "-sigopt",
                "rsa_padding_mode:pss",
                "-sigopt",
                "rsa_pss_saltlen:20",
            ],
            CertificateError::PssParameters,
        ),
        (
            &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
            &["-sha256"],
            CertificateError::UnknownKeyAlgorithm,
        ),
    ] {
        let der = folder.self_signed(key, more);
        assert_eq!(ParsedCertificate::parse(&der), Err(error));
    }
    // The digest's length is the curve's: a P-384 key signs with SHA-384.
    let p384 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"];
    let der = folder.self_signed(&p384, &["-sha256"]);
    assert_eq!(
        ParsedCertificate::parse(&der).unwrap().verify_self_issued(),
        Err(SignatureError::WrongAlgorithm {
            declared: SignatureAlgorithm::EcdsaP256Sha256,
            actual: SignatureAlgorithm::EcdsaP384Sha384,
        })
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
