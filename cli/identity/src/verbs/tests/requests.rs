//! Requests, and certificates that an issuer signs for them.

use super::{der, done, path, refused, verified_by_openssl, verified_with};
use crate::{clock, request::offline::sign_as_told};
use allod_test_support::Folder;
use allod_x509::{
    GeneralName, KeyAlgorithm, KeyUsage, ParsedCertificate, ParsedRequest, SignatureAlgorithm,
    builder::{
        SigningKey, alternative_names, basic_constraints, certification_request, extension,
        key_usage, name, name_constraints, tlv,
    },
    oid,
    path::verify_path,
    profile,
};
use std::fs;

/// A root, a CA under it, and an agent under that.
#[test]
fn a_chain_that_openssl_and_the_rules_accept() {
    for kind in ["ed25519", "p256", "p384", "rsa-2048"] {
        let folder = Folder::new();
        done(
            &folder,
            &[
                "new",
                "root",
                "--out",
                "@root.pem",
                "--algorithm",
                kind,
                "--ca",
            ],
        );
        done(
            &folder,
            &["csr", "office", "--out", "@office.csr", "--algorithm", kind],
        );
        done(
            &folder,
            &[
                "issue",
                "@office.csr",
                "--issuer",
                "@root.pem",
                "--out",
                "@office.pem",
                "--ca",
                "--path-len",
                "0",
                "--permit",
                "dns:example.org",
                "--days",
                "30",
            ],
        );
        fs::rename(folder.path("office.key"), folder.path("office-key.pem")).unwrap();
        done(
            &folder,
            &[
                "csr",
                "agent",
                "--out",
                "@agent.csr",
                "--algorithm",
                kind,
                "--alt-name",
                "dns:agent.example.org",
            ],
        );
        let request = path(&folder, "agent.csr");
        folder.openssl(&["req", "-in", &request, "-verify", "-noout"]);
        done(
            &folder,
            &[
                "issue",
                "@agent.csr",
                "--issuer",
                "@office.pem",
                "--key",
                "@office-key.pem",
                "--out",
                "@agent.pem",
            ],
        );
        verified_by_openssl(&folder, "root.pem", &["office.pem", "agent.pem"]);

        let [root, office, agent] =
            ["root.pem", "office.pem", "agent.pem"].map(|name| der(&folder, name));
        let [root, office, agent] =
            [&root, &office, &agent].map(|der| ParsedCertificate::parse(der).unwrap());
        let chain = [root.clone(), office.clone(), agent.clone()];
        let now = clock::now().unwrap();
        let report = verify_path(&chain, now, None).unwrap();
        assert_eq!(report.first_failure(), None);
        for certificate in &chain {
            profile::check(certificate).unwrap();
        }
        // No longer than its issuer, though nobody said how long.
        assert_eq!(agent.validity().not_after, office.validity().not_after);
        assert!(!agent.is_ca());
        let authority = agent.authority_key_identifier().unwrap();
        assert_eq!(authority.key_identifier, office.subject_key_identifier());

        // The office may not issue to a CA, nor beyond its names or its time.
        done(
            &folder,
            &[
                "csr",
                "other",
                "--out",
                "@other.csr",
                "--alt-name",
                "dns:agent.example.com",
            ],
        );
        for (file, arguments, expected) in [
            ("@other.csr", &[][..], "does not allow it"),
            ("@agent.csr", &["--ca"], "does not allow it"),
            ("@agent.csr", &["--days", "31"], "its issuer's is until"),
        ] {
            let fixed = [
                "issue",
                file,
                "--issuer",
                "@office.pem",
                "--key",
                "@office-key.pem",
                "--out",
                "@none.pem",
            ];
            let error = refused(&folder, &[&fixed[..], arguments].concat(), &["none.pem"]);
            assert!(error.contains(expected), "{error}");
        }
        // An agent issues nothing.
        let line = [
            "issue",
            "@other.csr",
            "--issuer",
            "@agent.pem",
            "--out",
            "@none.pem",
            "--no-alt-names",
        ];
        let error = refused(&folder, &line, &["none.pem"]);
        assert!(error.contains("does not allow it"), "{error}");
    }
}

/// A request that wants everything gets a name and a key certified.
#[test]
fn a_request_grants_itself_nothing() {
    let folder = Folder::new();
    done(&folder, &["new", "root", "--out", "@root.pem", "--ca"]);
    let key = SigningKey::ed25519([9; 32]);
    let extensions = [
        basic_constraints(true, Some(7)),
        key_usage(&[KeyUsage::KEY_CERT_SIGN, KeyUsage::CRL_SIGN]),
        name_constraints(&[tlv(0x82, b"example.org")], &[]),
        alternative_names(false, &[tlv(0x82, b"agent.example")]),
        extension(&[0x2b, 6, 1, 9], true, &[5, 0]),
    ];
    let request = certification_request(&name(&["thief"]), &extensions, &key);
    folder.write("thief.der", &request);
    done(
        &folder,
        &[
            "issue",
            "@thief.der",
            "--issuer",
            "@root.pem",
            "--out",
            "@thief.pem",
        ],
    );
    let der = der(&folder, "thief.pem");
    let parsed = ParsedCertificate::parse(&der).unwrap();
    assert!(!parsed.is_ca());
    assert_eq!(parsed.key_usage(), Some(KeyUsage::DIGITAL_SIGNATURE));
    assert!(parsed.name_constraints().is_none());
    assert!(parsed.extension(&[0x2b, 6, 1, 9]).is_none());
    assert_eq!(parsed.spki(), key.spki());
    assert!(parsed.extension(oid::ALTERNATIVE_NAME).is_some());
    verified_by_openssl(&folder, "root.pem", &["thief.pem"]);

    for (arguments, names) in [
        (&["--no-alt-names"][..], None),
        (
            &["--alt-name", "dns:other.example"],
            Some(GeneralName::Dns("other.example")),
        ),
    ] {
        let fixed = [
            "issue",
            "@thief.der",
            "--issuer",
            "@root.pem",
            "--out",
            "@again.pem",
        ];
        done(&folder, &[&fixed[..], arguments].concat());
        let der = self::der(&folder, "again.pem");
        let parsed = ParsedCertificate::parse(&der).unwrap();
        let found = parsed.subject_alternative_names().map(|names| names[0]);
        assert_eq!(found, names);
        fs::remove_file(folder.path("again.pem")).unwrap();
    }

    // A wrong signature is no request at all.
    let mut forged = request.clone();
    *forged.last_mut().unwrap() ^= 1;
    folder.write("forged.der", &forged);
    let line = [
        "issue",
        "@forged.der",
        "--issuer",
        "@root.pem",
        "--out",
        "@none.pem",
    ];
    let error = refused(&folder, &line, &["none.pem"]);
    assert!(error.contains("signature does not verify"), "{error}");

    // Another's key is no issuer's key.
    done(&folder, &["new", "other", "--out", "@other.pem", "--ca"]);
    let line = [
        "issue",
        "@thief.der",
        "--issuer",
        "@root.pem",
        "--key",
        "@other.key",
        "--out",
        "@none.pem",
    ];
    let error = refused(&folder, &line, &["none.pem"]);
    assert!(error.contains("another certificate"), "{error}");
}

/// Requests that OpenSSL makes, and an issuer that it made.
#[test]
fn requests_and_issuers_by_openssl() {
    for kind in KeyAlgorithm::ALL {
        let folder = Folder::new();
        folder.certificate(kind, "root.pem", "root.key");
        let (request, key) = (path(&folder, "agent.csr"), path(&folder, "agent.key"));
        folder.openssl(&[
            "req",
            "-new",
            "-newkey",
            "ed25519",
            "-nodes",
            "-subj",
            "/O=Example/CN=agent",
            "-addext",
            "subjectAltName=DNS:agent.example",
            "-keyout",
            &key,
            "-out",
            &request,
        ]);
        done(
            &folder,
            &[
                "issue",
                "@agent.csr",
                "--issuer",
                "@root.pem",
                "--out",
                "@agent.pem",
            ],
        );
        // Its own root has no key usage, which its strict rules do not like.
        verified_with(&folder, &[], "root.pem", &["agent.pem"]);
    }
}

/// To-be-signed bytes out, `openssl pkeyutl`, signature in: a certificate, a request, and an issued certificate.
#[test]
fn keys_that_are_elsewhere() {
    for algorithm in SignatureAlgorithm::ALL {
        let kind = algorithm.key_algorithm();
        let folder = Folder::new();
        folder.certificate(kind, "unused.pem", "hsm.pem");
        let (key, public) = (path(&folder, "hsm.pem"), path(&folder, "public.pem"));
        folder.openssl(&["pkey", "-in", &key, "-pubout", "-out", &public]);
        let sign = |name: &str| {
            let signature = sign_as_told(&folder.path(name), &folder.path("hsm.pem"), algorithm);
            signature.display().to_string()
        };
        let elsewhere = [
            "--public-key",
            "@public.pem",
            "--to-be-signed",
            "@tbs",
            "--signature-algorithm",
            algorithm.name(),
        ];
        done(
            &folder,
            &[&["new", "root", "--ca"][..], &elsewhere].concat(),
        );
        let signature = sign("tbs");
        done(
            &folder,
            &[
                "assemble",
                "@tbs",
                "--signature",
                &signature,
                "--out",
                "@root.pem",
            ],
        );
        verified_by_openssl(&folder, "root.pem", &["root.pem"]);
        let root_der = der(&folder, "root.pem");
        let root = ParsedCertificate::parse(&root_der).unwrap();
        assert_eq!(root.signature_algorithm(), algorithm);

        fs::remove_file(folder.path("tbs")).unwrap();
        done(&folder, &[&["csr", "agent"][..], &elsewhere].concat());
        let signature = sign("tbs");
        done(
            &folder,
            &[
                "assemble",
                "@tbs",
                "--signature",
                &signature,
                "--out",
                "@agent.csr",
                "--form",
                "der",
            ],
        );
        let request = fs::read(folder.path("agent.csr")).unwrap();
        assert_eq!(
            ParsedRequest::parse(&request)
                .unwrap()
                .signature_algorithm(),
            algorithm
        );

        fs::remove_file(folder.path("tbs")).unwrap();
        done(
            &folder,
            &[
                "issue",
                "@agent.csr",
                "--issuer",
                "@root.pem",
                "--to-be-signed",
                "@tbs",
                "--signature-algorithm",
                algorithm.name(),
            ],
        );
        let signature = sign("tbs");
        let assemble = [
            "assemble",
            "@tbs",
            "--signature",
            &signature,
            "--out",
            "@agent.pem",
        ];
        let error = refused(&folder, &assemble, &["agent.pem"]);
        assert!(error.contains("--issuer"), "{error}");
        done(
            &folder,
            &[&assemble[..], &["--issuer", "@root.pem"]].concat(),
        );
        verified_by_openssl(&folder, "root.pem", &["agent.pem"]);

        // A signature over something else.
        let mut bytes = fs::read(folder.path("tbs")).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        folder.write("tbs", &bytes);
        let other = [
            "assemble",
            "@tbs",
            "--signature",
            &signature,
            "--out",
            "@none.pem",
        ];
        let line = [&other[..], &["--issuer", "@root.pem"]].concat();
        refused(&folder, &line, &["none.pem"]);
        folder.write("noise", [7_u8; 100]);
        let line = [
            "assemble",
            "@noise",
            "--signature",
            &signature,
            "--out",
            "@none.pem",
        ];
        let error = refused(&folder, &line, &["none.pem"]);
        assert!(error.contains("neither a certificate"), "{error}");
    }
}
