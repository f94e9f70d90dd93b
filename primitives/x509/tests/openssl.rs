//! Certificates and signatures made by the real `openssl`.

use std::time::{SystemTime, UNIX_EPOCH};

use allod_test_support::{Folder, openssl::new_key};
use allod_x509::{
    CertificateError, CrlBuilder, CrlEntry, CrlReason, GeneralName, KeyAlgorithm, KeyUsage,
    ParsedCertificate, ParsedCrl, ParsedRequest, PathError, Purpose, RevocationReason, Rule,
    SignatureAlgorithm, SignatureError,
    builder::{SigningKey, alternative_names, certification_request, name, tlv},
    crl::assemble,
    path::verify_path,
};

/// `openssl req -x509` as a user would type it, and more arguments; the certificate's DER. The key is in `key.pem`.
fn self_signed(folder: &Folder, key: &[&str], more: &[&str]) -> Vec<u8> {
    let fixed = [
        "req", "-x509", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
    ];
    let subject = ["-subj", "/CN=agent"];
    folder.openssl(&[&fixed[..], key, &subject, more].concat());
    folder.read_pem("cert.pem")
}

/// Padding and salt, for the option of this name.
fn pss_options(algorithm: SignatureAlgorithm, option: &str) -> Vec<&str> {
    match algorithm.scheme().salt_size() {
        Some(_) => vec![
            option,
            "rsa_padding_mode:pss",
            option,
            "rsa_pss_saltlen:digest",
        ],
        None => vec![],
    }
}

/// What `openssl pkeyutl -sign -rawin` needs besides the key.
fn pkeyutl_options(algorithm: SignatureAlgorithm) -> Vec<&'static str> {
    let mut options = pss_options(algorithm, "-pkeyopt");
    if let Some(digest) = algorithm.scheme().digest() {
        options.extend(["-digest", digest.name()]);
    }
    options
}

#[test]
fn default_self_signed_certificates() {
    let of_every_algorithm =
        SignatureAlgorithm::ALL.map(|algorithm| (new_key(algorithm.key_algorithm()), algorithm));
    let longer_keys: [(&[&str], _); 2] = [
        (&["-newkey", "rsa:3072"], SignatureAlgorithm::RsaPkcs1Sha256),
        (&["-newkey", "rsa:4096"], SignatureAlgorithm::RsaPkcs1Sha256),
    ];
    for (key, algorithm) in of_every_algorithm.into_iter().chain(longer_keys) {
        let digest = algorithm
            .scheme()
            .digest()
            .map(|digest| format!("-{digest}"));
        let mut more = pss_options(algorithm, "-sigopt");
        more.extend(digest.as_deref());
        let folder = Folder::new();
        let der = self_signed(&folder, key, &more);
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
        folder.write("message", b"any message");
        let files = ["-in", "message", "-inkey", "key.pem", "-out", "signature"];
        let options = pkeyutl_options(algorithm);
        folder.openssl(&[&["pkeyutl", "-sign", "-rawin"][..], &files, &options].concat());
        let signature = folder.read("signature");
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
    folder.write("openssl.cnf", "[req]\ndistinguished_name=dn\nx509_extensions=ca\n[dn]\nCN=x\n[ca]\nbasicConstraints=critical,CA:true,pathlen:2\n");
    let der = self_signed(&folder, new_key(KeyAlgorithm::Ed25519), &more);
    let parsed = ParsedCertificate::parse(&der).unwrap();
    assert_eq!(parsed.basic_constraints().unwrap().path_length, Some(2));
    assert!(parsed.allows(KeyUsage::CRL_SIGN));
    assert!(!parsed.allows(KeyUsage::DIGITAL_SIGNATURE));
    assert_eq!(parsed.serial().len(), 20);
    parsed.verify_self_issued().unwrap();
}

/// A root, a CA under it and an agent under that, made by `openssl` from requests that it made, too.
struct Chain {
    folder: Folder,
}

impl Chain {
    /// A curve is signed with its own digest here (§11.2), where `openssl` would take SHA-256 always.
    fn digest(kind: KeyAlgorithm) -> &'static str {
        match kind {
            KeyAlgorithm::P384 => "-sha384",
            KeyAlgorithm::Ed25519 | KeyAlgorithm::P256 | KeyAlgorithm::Rsa => "-sha256",
        }
    }

    fn new(kind: KeyAlgorithm) -> Self {
        let folder = Folder::new();
        folder.write("ca.ext", "basicConstraints=critical,CA:true,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n\
             nameConstraints=critical,permitted;DNS:example.org,permitted;dirName:dn,excluded;email:.example.net\n\
             subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n[dn]\nO=Allod\n");
        folder.write(
            "agent.ext",
            "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth,serverAuth\n\
             subjectAltName=DNS:agent.example.org,email:agent@example.org\n\
             subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n",
        );
        let chain = Self { folder };
        let usage = [
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
            Self::digest(kind),
        ];
        let files = ["-keyout", "root.key", "-out", "root.pem"];
        let root = ["req", "-x509", "-nodes", "-subj", "/CN=root"];
        chain
            .folder
            .openssl(&[&root[..], new_key(kind), &files, &usage].concat());
        chain.issue("root", "ca", "/O=Allod/CN=ca", "100", kind);
        chain.issue(
            "ca",
            "agent",
            "/O=allod/CN=agent",
            "0x7fffffffffffffffffff",
            kind,
        );
        chain
    }

    fn issue(&self, issuer: &str, subject: &str, name: &str, serial: &str, kind: KeyAlgorithm) {
        let [own_key, request, certificate, extensions] =
            ["key", "csr", "pem", "ext"].map(|ending| format!("{subject}.{ending}"));
        let [issuer_key, issuer] = ["key", "pem"].map(|ending| format!("{issuer}.{ending}"));
        let digest = Self::digest(kind);
        let asked = ["-addext", "subjectAltName=DNS:agent.example.org", digest];
        let files = ["-keyout", &own_key, "-out", &request, "-subj", name];
        self.folder.openssl(
            &[
                &["req", "-new", "-nodes"][..],
                new_key(kind),
                &files,
                &asked,
            ]
            .concat(),
        );
        let signer = ["-CA", &issuer, "-CAkey", &issuer_key, "-set_serial", serial];
        let files = [
            "-in",
            &request,
            "-out",
            &certificate,
            "-extfile",
            &extensions,
        ];
        self.folder.openssl(
            &[
                &["x509", "-req", "-days", "30", digest][..],
                &signer,
                &files,
            ]
            .concat(),
        );
    }

    fn der(&self, name: &str) -> Vec<u8> {
        self.folder.read_pem(name)
    }
}

fn now() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    elapsed.unwrap().as_secs()
}

#[test]
fn chains_and_requests() {
    for kind in KeyAlgorithm::ALL {
        let files = Chain::new(kind);
        let ders = ["root.pem", "ca.pem", "agent.pem"].map(|name| files.der(name));
        let chain = ders
            .each_ref()
            .map(|der| ParsedCertificate::parse(der).unwrap());
        for purpose in [Purpose::ServerAuth, Purpose::ClientAuth] {
            let report = verify_path(&chain, now(), Some(purpose)).unwrap();
            assert_eq!(report.first_failure(), None);
        }
        let early = verify_path(&chain, now() - 86_400, None).unwrap();
        assert!(matches!(
            early.first_failure(),
            Some((0, Rule::Validity, PathError::NotYetValid { .. }))
        ));
        let late = verify_path(&chain, now() + 31 * 86_400, None).unwrap();
        assert!(!late.holds());

        let request = files.der("agent.csr");
        let request = ParsedRequest::parse(&request).unwrap();
        assert_eq!(request.verify(), Ok(()));
        assert_eq!(request.spki(), chain[2].spki());
        assert_eq!(
            request.subject_alternative_names(),
            Some(&[GeneralName::Dns("agent.example.org")][..])
        );
    }
}

/// A request made here is one for `openssl`, and what that issues on it holds.
#[test]
fn our_requests_are_accepted() {
    let files = Chain::new(KeyAlgorithm::Ed25519);
    let key = SigningKey::p256([9; 32]).unwrap();
    let extensions = [alternative_names(false, &[tlv(0x82, b"agent.example.org")])];
    let request = certification_request(&name(&["agent"]), &extensions, &key);
    files.folder.write("ours.csr", request);
    let arguments = [
        "req", "-inform", "der", "-in", "ours.csr", "-verify", "-noout",
    ];
    files.folder.openssl(&arguments);
}

/// `openssl verify -crl_check` takes lists made here, and sees who is on them.
#[test]
fn our_revocation_lists_are_accepted() {
    for kind in KeyAlgorithm::ALL {
        let files = Chain::new(kind);
        let ca = files.der("ca.pem");
        let ca = ParsedCertificate::parse(&ca).unwrap();
        let agent = files.der("agent.pem");
        let agent = ParsedCertificate::parse(&agent).unwrap();
        let other = CrlEntry {
            serial: &[0, 0xff],
            date: now(),
            reason: CrlReason::CertificateHold,
        };
        let on_list = CrlEntry {
            serial: agent.serial(),
            date: now() - 60,
            reason: RevocationReason::KeyCompromise.into(),
        };
        for (number, entries) in [(0, vec![]), (1, vec![other]), (300, vec![other, on_list])] {
            let is_revoked = entries.contains(&on_list);
            let builder = CrlBuilder {
                issuer: ca.subject(),
                algorithm: ca.public_key().algorithm.default_signature(),
                this_update: now() - 30,
                next_update: now() + 3600,
                number,
                authority_key_identifier: ca.subject_key_identifier(),
                entries,
            };
            let tbs = builder.tbs().unwrap();
            files.folder.write("tbs", &tbs);
            let names = ["-in", "tbs", "-inkey", "ca.key", "-out", "signature"];
            let options = pkeyutl_options(builder.algorithm);
            files
                .folder
                .openssl(&[&["pkeyutl", "-sign", "-rawin"][..], &names, &options].concat());
            let signature = files.folder.read("signature");
            let der = assemble(&tbs, builder.algorithm, &signature);
            let list = ParsedCrl::parse(&der).unwrap();
            assert_eq!(list.verify_issued_by(&ca), Ok(()));
            assert_eq!(list.find(agent.serial()).is_some(), is_revoked);

            files.folder.write("list.der", &der);
            let convert = [
                "crl", "-inform", "der", "-in", "list.der", "-out", "list.pem",
            ];
            files.folder.openssl(&convert);
            let text = files
                .folder
                .openssl(&["crl", "-in", "list.pem", "-noout", "-text"]);
            let text = String::from_utf8(text).unwrap();
            assert_eq!(text.contains("Key Compromise"), is_revoked, "{text}");
            let verify = [
                "verify",
                "-crl_check",
                "-CRLfile",
                "list.pem",
                "-CAfile",
                "root.pem",
                "-untrusted",
                "ca.pem",
                "-x509_strict",
                "agent.pem",
            ];
            let output = files.folder.run(&verify);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.success(), !is_revoked, "{errors}");
            assert_eq!(
                errors.contains("certificate revoked"),
                is_revoked,
                "{errors}"
            );
        }
    }
}

/// A list made by `openssl ca -gencrl`.
#[test]
fn lists_of_openssl() {
    let files = Chain::new(KeyAlgorithm::P256);
    files.folder.write(
        "ca.cnf",
        "[ca]\ndefault_ca=one\n[one]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\n\
         crl_extensions=list\n[list]\nauthorityKeyIdentifier=keyid:always\n",
    );
    files.folder.write("index.txt", "R\t300101000000Z\t260101000000Z,keyCompromise\t64\tunknown\t/CN=a\n\
         R\t300101000000Z\t260102000000Z,holdInstruction,holdInstructionReject\t0A\tunknown\t/CN=b\n");
    files.folder.write("number", "2A\n");
    let arguments = [
        "ca", "-config", "ca.cnf", "-gencrl", "-crldays", "7", "-cert", "ca.pem", "-keyfile",
        "ca.key", "-out", "list.pem",
    ];
    files.folder.openssl(&arguments);
    let der = files.der("list.pem");
    let list = ParsedCrl::parse(&der).unwrap();
    let ca = files.der("ca.pem");
    let ca = ParsedCertificate::parse(&ca).unwrap();
    assert_eq!(list.verify_issued_by(&ca), Ok(()));
    assert_eq!(list.number(), [0x2a]);
    assert_eq!(list.next_update() - list.this_update(), 7 * 86_400);
    let reason = |serial: &[u8]| list.find(serial).map(|entry| entry.reason);
    assert_eq!(
        reason(&[0x64]),
        Some(RevocationReason::KeyCompromise.into())
    );
    assert_eq!(reason(&[0x0a]), Some(CrlReason::CertificateHold));
    assert_eq!(list.entries().len(), 2);
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
        (
            new_key(KeyAlgorithm::P256),
            &["-sha1"],
            CertificateError::Sha1,
        ),
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
        (
            &[
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-pkeyopt",
                "ec_param_enc:explicit",
            ],
            &["-sha256"],
            CertificateError::ExplicitCurve,
        ),
    ] {
        let der = self_signed(&folder, key, more);
        assert_eq!(ParsedCertificate::parse(&der), Err(error));
    }
    // The digest's length is the curve's: a P-384 key signs with SHA-384.
    let ed25519 = new_key(KeyAlgorithm::Ed25519);
    let der = self_signed(&folder, new_key(KeyAlgorithm::P384), &["-sha256"]);
    assert_eq!(
        ParsedCertificate::parse(&der).unwrap().verify_self_issued(),
        Err(SignatureError::WrongAlgorithm {
            declared: SignatureAlgorithm::EcdsaP256Sha256,
            actual: SignatureAlgorithm::EcdsaP384Sha384,
        })
    );
    let error = ParsedCertificate::parse(&der).unwrap().verify_self_issued();
    let error = error.unwrap_err().to_string();
    assert!(
        error.ends_with("must be by ecdsa-p384-sha384 (openssl: -sha384)"),
        "{error}"
    );
    let der = self_signed(&folder, ed25519, &["-addext", "1.2.3.4=critical,DER:0500"]);
    assert_eq!(
        ParsedCertificate::parse(&der),
        Err(CertificateError::UnknownCriticalExtension("1.2.3.4".into()))
    );
    let der = self_signed(&folder, ed25519, &["-set_serial", "0"]);
    assert_eq!(
        ParsedCertificate::parse(&der),
        Err(CertificateError::SerialNotPositive)
    );
    let der = self_signed(&folder, ed25519, &["-set_serial", "-5"]);
    assert_eq!(
        ParsedCertificate::parse(&der),
        Err(CertificateError::SerialNotPositive)
    );
}
