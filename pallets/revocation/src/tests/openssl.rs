//! The whole way with OpenSSL: its certificates, its signatures on requests and lists, and its verdict
//! on what was published.

use std::time::{SystemTime, UNIX_EPOCH};

use allod_identity::{RegisterArguments, SignatureAlgorithm};
use allod_test_support::{Folder, openssl::genpkey};
use allod_x509::{KeyAlgorithm, ParsedCertificate};
use frame_support::assert_ok;

use super::*;

/// A folder in which OpenSSL works, and the digest that goes with the kind of key.
struct Workshop {
    folder: Folder,
    digest: Option<&'static str>,
}

impl Workshop {
    fn new(digest: Option<&'static str>) -> Self {
        Self {
            folder: Folder::new(),
            digest,
        }
    }

    fn der(&self, certificate: &str) -> Vec<u8> {
        self.folder
            .openssl(&["x509", "-in", certificate, "-outform", "der"])
    }

    /// A signature in X.509's encoding, as an owner makes it by hand.
    fn sign(&self, key: &str, message: &[u8]) -> Vec<u8> {
        self.folder.write("message", message);
        let mut sign = vec!["pkeyutl", "-sign", "-rawin", "-inkey", key];
        sign.extend(["-in", "message", "-out", "signature"]);
        if let Some(digest) = self.digest {
            sign.extend(["-digest", digest]);
        }
        self.folder.openssl(&sign);
        self.folder.read("signature")
    }

    fn request(
        &self,
        key: &str,
        identifier: Identifier,
        algorithm: SignatureAlgorithm,
        arguments: &impl CallArguments,
    ) -> IdentityRequest {
        let nonce = AutoId::next_nonce(identifier);
        let payload = arguments.payload_of(GENESIS.0, identifier, nonce, VALID_UNTIL);
        IdentityRequest {
            identifier,
            algorithm,
            request: SignedRequest {
                nonce,
                valid_until: VALID_UNTIL,
                signature: self.sign(key, &payload.to_bytes()).try_into().unwrap(),
            },
        }
    }

    /// What `openssl verify -crl_check` says of the leaf with the last published list.
    fn verdict(&self, issuer: Identifier, at: u64) -> (bool, String) {
        let crl = Revocation::crl(issuer).unwrap().crl;
        self.folder.write("crl.der", crl);
        self.folder
            .openssl(&["crl", "-inform", "der", "-in", "crl.der", "-out", "crl.pem"]);
        let time = at.to_string();
        let output = self.folder.run(&[
            "verify",
            "-crl_check",
            "-attime",
            &time,
            "-CAfile",
            "ca.pem",
            "-CRLfile",
            "crl.pem",
            "leaf.pem",
        ]);
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    }
}

/// An issuer made by OpenSSL, registered with a request that OpenSSL signed, and a leaf of serial 7.
fn issuer_by_openssl(workshop: &Workshop, kind: KeyAlgorithm) -> (Identifier, SignatureAlgorithm) {
    let new_key = |out| [&["genpkey"], genpkey(kind), &["-out", out]].concat();
    workshop.folder.openssl(&new_key("ca.key"));
    workshop.folder.openssl(&new_key("leaf.key"));
    let subject = [
        "-subj",
        "/O=Allod/CN=issuer",
        "-days",
        "3650",
        "-out",
        "ca.pem",
    ];
    let option = workshop.digest.map(|digest| format!("-{digest}"));
    let digest: Vec<&str> = option.iter().map(String::as_str).collect();
    workshop.folder.openssl(
        &[
            &["req", "-x509", "-new", "-key", "ca.key"][..],
            &digest,
            &subject,
        ]
        .concat(),
    );
    workshop.folder.openssl(&[
        "req", "-new", "-key", "leaf.key", "-subj", "/CN=leaf", "-out", "leaf.csr",
    ]);
    workshop
        .folder
        .write("extensions", "basicConstraints=critical,CA:FALSE\n");
    let issue = [
        "x509",
        "-req",
        "-in",
        "leaf.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-set_serial",
        "7",
        "-days",
        "3650",
        "-extfile",
        "extensions",
        "-out",
        "leaf.pem",
    ];
    workshop.folder.openssl(&[&issue[..], &digest].concat());
    let der = workshop.der("ca.pem");
    let parsed = ParsedCertificate::parse(&der).unwrap();
    let (identifier, algorithm) = (Identifier::of(&parsed), parsed.signature_algorithm());
    let arguments = RegisterArguments {
        certificate: &der,
        algorithm,
    };
    let request = workshop.request("ca.key", identifier, algorithm, &arguments);
    assert_ok!(AutoId::register(
        RuntimeOrigin::signed(PAYER),
        der.clone().try_into().unwrap(),
        algorithm,
        request.request,
    ));
    (identifier, algorithm)
}

fn publish(workshop: &Workshop, issuer: Identifier, algorithm: SignatureAlgorithm) {
    let next_update = Revocation::now() + 10_000;
    let made = Revocation::to_be_signed(issuer, algorithm, next_update).unwrap();
    let crl = assemble(&made.tbs, algorithm, &workshop.sign("ca.key", &made.tbs));
    let arguments = PublishCrlArguments {
        crl: &crl,
        algorithm,
    };
    let request = workshop.request("ca.key", issuer, algorithm, &arguments);
    assert_ok!(Revocation::publish_crl(
        RuntimeOrigin::signed(PAYER),
        crl.clone().try_into().unwrap(),
        algorithm,
        made.entries,
        request,
    ));
}

/// OpenSSL makes certificates by the clock on the wall: the chain goes by it, too, a little later.
fn wall_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs() + 60
}

fn check(kind: KeyAlgorithm, digest: Option<&'static str>) {
    let workshop = Workshop::new(digest);
    new_chain().execute_with(|| {
        let now = wall_clock();
        go_to(1, now);
        let (issuer, algorithm) = issuer_by_openssl(&workshop, kind);
        publish(&workshop, issuer, algorithm);
        let (holds, text) = workshop.verdict(issuer, now + 50);
        assert!(holds, "{text}");

        go_to(2, now + 100);
        let arguments = RevokeArguments {
            serial: &[7],
            reason: RevocationReason::KeyCompromise,
        };
        let request = workshop.request("ca.key", issuer, algorithm, &arguments);
        let origin = RuntimeOrigin::signed(PAYER);
        let reason = RevocationReason::KeyCompromise;
        assert_ok!(Revocation::revoke(origin, serial(&[7]), reason, request));
        publish(&workshop, issuer, algorithm);
        let (holds, text) = workshop.verdict(issuer, now + 150);
        assert!(!holds);
        assert!(text.contains("certificate revoked"), "{text}");
    });
}

#[test]
fn ed25519_lists_are_accepted() {
    check(KeyAlgorithm::Ed25519, None);
}

#[test]
fn p256_lists_are_accepted() {
    check(KeyAlgorithm::P256, Some("sha256"));
}

#[test]
fn p384_lists_are_accepted() {
    check(KeyAlgorithm::P384, Some("sha384"));
}

#[test]
fn rsa_lists_are_accepted() {
    check(KeyAlgorithm::Rsa, Some("sha256"));
}

/// OpenSSL's own list, taken over as it is.
#[test]
fn a_list_of_openssl_is_taken_over() {
    let workshop = Workshop::new(None);
    new_chain().execute_with(|| {
        go_to(1, wall_clock());
        let (issuer, algorithm) = issuer_by_openssl(&workshop, KeyAlgorithm::Ed25519);
        // OpenSSL's list is made after the certificate.
        go_to(2, wall_clock());
        let row = "R\t491231000000Z\t261120000000Z,keyCompromise\t07\tunknown\t/CN=leaf\n";
        workshop.folder.write("index", row);
        workshop.folder.write("number", "05\n");
        let configuration = "[ca]\ndefault_ca=c\n[c]\ndatabase=index\ncrlnumber=number\n\
                             default_md=default\ndefault_crl_days=3650\n";
        workshop.folder.write("config", configuration);
        workshop.folder.openssl(&[
            "ca", "-gencrl", "-config", "config", "-keyfile", "ca.key", "-cert", "ca.pem", "-out",
            "own.pem",
        ]);
        workshop.folder.openssl(&[
            "crl", "-in", "own.pem", "-outform", "der", "-out", "own.der",
        ]);
        let crl = workshop.folder.read("own.der");
        let arguments = PublishCrlArguments {
            crl: &crl,
            algorithm,
        };
        let request = workshop.request("ca.key", issuer, algorithm, &arguments);
        assert_ok!(Revocation::publish_crl(
            RuntimeOrigin::signed(PAYER),
            crl.clone().try_into().unwrap(),
            algorithm,
            1,
            request,
        ));
        assert!(matches!(
            Revocation::status(issuer, &[7]),
            Some(CertificateStatus::Revoked {
                reason: RevocationReason::KeyCompromise,
                ..
            })
        ));
    });
}
