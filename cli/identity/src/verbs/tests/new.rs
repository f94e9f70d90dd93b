//! Keys, and certificates that they sign for themselves.

use super::{der, done, path, refused, verified_by_openssl};
use crate::keys::{key_file, password::PasswordArgs};
use allod_test_support::Folder;
use allod_x509::{GeneralName, KeyUsage, ParsedCertificate, profile};
use std::{fs, os::unix::fs::PermissionsExt};

#[test]
fn new_certificates_of_every_kind() {
    for (algorithm, more) in [
        ("ed25519", &[][..]),
        ("p256", &[]),
        ("p384", &[]),
        ("rsa-2048", &[]),
        ("rsa-2048", &["--signature-algorithm", "rsa-pss-sha384"]),
    ] {
        for is_ca in [false, true] {
            let folder = Folder::new();
            let fixed = [
                "new",
                "/O=Example/CN=agent",
                "--out",
                "@cert.pem",
                "--algorithm",
                algorithm,
                "--alt-name",
                "dns:agent.example",
            ];
            let ca: &[&str] = if is_ca {
                &["--ca", "--path-len", "2"]
            } else {
                &[]
            };
            done(&folder, &[&fixed[..], more, ca].concat());
            let mode = fs::metadata(folder.path("cert.key"))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
            let text = fs::read_to_string(folder.path("cert.key")).unwrap();
            assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n"));

            let der = der(&folder, "cert.pem");
            let parsed = ParsedCertificate::parse(&der).unwrap();
            profile::check(&parsed).unwrap();
            assert_eq!(parsed.is_ca(), is_ca);
            assert!(parsed.allows(KeyUsage::DIGITAL_SIGNATURE));
            assert_eq!(parsed.allows(KeyUsage::KEY_CERT_SIGN), is_ca);
            assert_eq!(parsed.serial().len(), 16);
            let names = parsed.subject_alternative_names().unwrap();
            assert_eq!(names, [GeneralName::Dns("agent.example")]);
            let key = key_file::find(
                &parsed,
                &folder.path("cert.pem"),
                None,
                &PasswordArgs::default(),
            )
            .unwrap();
            assert_eq!(key.spki(), parsed.spki());
            parsed.verify_self_issued().unwrap();
            verified_by_openssl(&folder, "cert.pem", &["cert.pem"]);
        }
    }
}

#[test]
fn encrypted_keys_and_der() {
    let folder = Folder::new();
    folder.write("password", b"a word\n");
    done(
        &folder,
        &[
            "new",
            "agent",
            "--out",
            "@cert.der",
            "--key-out",
            "@secret.der",
            "--form",
            "der",
            "--encrypt",
            "--password-file",
            "@password",
        ],
    );
    let der = fs::read(folder.path("cert.der")).unwrap();
    let parsed = ParsedCertificate::parse(&der).unwrap();
    let load = |password: &[u8]| {
        let path = folder.write("typed", password);
        key_file::of_certificate(
            &parsed,
            &folder.path("secret.der"),
            &PasswordArgs::file(path),
        )
    };
    assert!(load(b"a word").is_ok());
    let error = load(b"word").unwrap_err().to_string();
    assert!(error.contains("wrong password"), "{error}");
    let (secret, password) = (path(&folder, "secret.der"), path(&folder, "password"));
    let from = format!("file:{password}");
    folder.openssl(&[
        "pkey", "-inform", "der", "-in", &secret, "-passin", &from, "-noout",
    ]);

    // And PEM, which openssl recognises by itself.
    done(
        &folder,
        &[
            "csr",
            "agent",
            "--out",
            "@request.pem",
            "--encrypt",
            "--password-file",
            "@password",
        ],
    );
    let text = fs::read_to_string(folder.path("request.key")).unwrap();
    assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    folder.openssl(&[
        "pkey",
        "-in",
        &path(&folder, "request.key"),
        "-passin",
        &from,
        "-noout",
    ]);
}

#[test]
fn nothing_is_overwritten_or_half_done() {
    let folder = Folder::new();
    folder.write("cert.pem", b"mine");
    let new = ["new", "agent", "--out", "@cert.pem"];
    let error = refused(&folder, &new, &["cert.key"]);
    assert!(error.contains("cert.pem is there already"), "{error}");
    folder.write("other.key", b"mine too");
    let error = refused(
        &folder,
        &["new", "agent", "--out", "@other.pem"],
        &["other.pem"],
    );
    assert!(error.contains("other.key is there already"), "{error}");
    assert_eq!(fs::read(folder.path("other.key")).unwrap(), b"mine too");

    let line = ["new", "agent", "--out", "@a.key"];
    assert!(refused(&folder, &line, &["a.key"]).contains("--key-out"));
    let empty = folder.write("empty", b"");
    let line = [
        "new",
        "agent",
        "--out",
        "@a.pem",
        "--encrypt",
        "--password-file",
        empty.to_str().unwrap(),
    ];
    assert!(refused(&folder, &line, &["a.pem", "a.key"]).contains("empty"));
    for (arguments, expected) in [
        (&["--alt-name", "dns:-x-"][..], "dNSName"),
        (
            &["--ca", "--key-usage", "cRLSign", "--path-len", "1"],
            "pathLenConstraint",
        ),
        (&["--key-usage", "keyCertSign"], "keyCertSign"),
        (&["--ca", "--permit", "dns:.example"], "name constraint"),
        (
            &["--signature-algorithm", "rsa-pss-sha256"],
            "does not go with",
        ),
    ] {
        let fixed = ["new", "agent", "--out", "@a.pem"];
        let error = refused(
            &folder,
            &[&fixed[..], arguments].concat(),
            &["a.pem", "a.key"],
        );
        assert!(error.contains(expected), "{error}");
    }
}
