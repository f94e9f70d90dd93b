//! Chains, revocation lists and requests made by Python's `cryptography` (see `data/make.py`).

use std::{fs, path::Path};

use allod_x509::{
    CrlError, CrlReason, GeneralName, NameForm, ParsedCertificate, ParsedCrl, ParsedRequest,
    PathError, Purpose, RevocationReason, Rule, SignatureAlgorithm, path::verify_path, profile,
};

/// Each kind of key, and what signs its files.
const KINDS: [(&str, SignatureAlgorithm); 5] = [
    ("ed25519", SignatureAlgorithm::Ed25519),
    ("p256", SignatureAlgorithm::EcdsaP256Sha256),
    ("p384", SignatureAlgorithm::EcdsaP384Sha384),
    ("rsa", SignatureAlgorithm::RsaPkcs1Sha512),
    ("rsa-pss", SignatureAlgorithm::RsaPssSha384),
];
/// 2026-06-15.
const NOW: u64 = 1_781_481_600;

/// The DER of every PEM block of a file.
fn blocks(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let text = fs::read_to_string(folder.join(name)).unwrap();
    let end = "-----\n";
    let mut blocks = Vec::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("-----END") {
        let line = at + rest[at..].find(end).unwrap() + end.len();
        let (block, after) = rest.split_at(line);
        blocks.push(pem_rfc7468::decode_vec(block.as_bytes()).unwrap().1);
        rest = after;
    }
    blocks
}

fn parse(ders: &[Vec<u8>]) -> Vec<ParsedCertificate<'_>> {
    let parsed = ders.iter().map(|der| ParsedCertificate::parse(der));
    parsed.collect::<Result<_, _>>().unwrap()
}

#[test]
fn chains_hold() {
    for (kind, algorithm) in KINDS {
        let ders = blocks(&format!("chain-{kind}.pem"));
        let chain = parse(&ders);
        assert_eq!(chain.len(), 3);
        for certificate in &chain {
            assert_eq!(certificate.signature_algorithm(), algorithm);
            assert_eq!(profile::check(certificate), Ok(()));
        }
        for purpose in [
            None,
            Some(Purpose::DigitalSignature),
            Some(Purpose::ClientAuth),
        ] {
            let report = verify_path(&chain, NOW, purpose).unwrap();
            assert_eq!(report.first_failure(), None, "{kind}");
        }
        let report = verify_path(&chain, NOW, Some(Purpose::ServerAuth)).unwrap();
        let error = PathError::ExtendedKeyUsage(Purpose::ServerAuth);
        assert_eq!(
            report.first_failure(),
            Some((2, Rule::ExtendedKeyUsage, error))
        );
        // The CA as a target: its path length is for what it would issue.
        let report = verify_path(&chain[..2], NOW, Some(Purpose::KeyCertSign)).unwrap();
        assert!(report.holds());
        let names = chain[2].subject_alternative_names().unwrap();
        assert_eq!(names[0], GeneralName::Dns("agent.example.org"));
        assert_eq!(names[3].form(), NameForm::Uri);
    }
}

/// Links between chains of different keys are not there, though all names agree.
#[test]
fn chains_do_not_mix() {
    for (kind, _) in KINDS {
        for (other, _) in KINDS {
            let (mut ders, others) = (
                blocks(&format!("chain-{kind}.pem")),
                blocks(&format!("chain-{other}.pem")),
            );
            ders[2] = others[2].clone();
            let report = verify_path(&parse(&ders), NOW, None).unwrap();
            let failure = report.first_failure().map(|(place, rule, _)| (place, rule));
            let expected = (kind != other).then_some((2, Rule::KeyIdentifiers));
            assert_eq!(failure, expected);
            let signature = &report.links[2].checks[3];
            assert_eq!(signature.0, Rule::Signature);
            assert_eq!(signature.1.is_ok(), kind == other);
        }
    }
}

#[test]
fn revocation_lists() {
    for (kind, algorithm) in KINDS {
        let ders = blocks(&format!("chain-{kind}.pem"));
        let chain = parse(&ders);
        let crl = blocks(&format!("crl-{kind}.pem"));
        let crl = ParsedCrl::parse(&crl[0]).unwrap();
        assert_eq!(crl.signature_algorithm(), algorithm);
        assert_eq!(crl.number(), [7]);
        assert_eq!(crl.next_update() - crl.this_update(), 30 * 86_400);
        assert_eq!(crl.verify_issued_by(&chain[1]), Ok(()));
        assert_eq!(crl.verify_issued_by(&chain[0]), Err(CrlError::IssuerName));
        let reason = |serial: &[u8]| crl.find(serial).map(|entry| entry.reason);
        assert_eq!(
            reason(chain[2].serial()),
            Some(RevocationReason::KeyCompromise.into())
        );
        assert_eq!(reason(chain[1].serial()), Some(CrlReason::CertificateHold));
        assert_eq!(
            reason(&[0, 255]),
            Some(RevocationReason::Unspecified.into())
        );
        assert_eq!(reason(chain[0].serial()), None);
        assert_eq!(crl.entries().len(), 3);
    }
}

#[test]
fn requests() {
    for (kind, algorithm) in KINDS {
        let ders = blocks(&format!("chain-{kind}.pem"));
        let chain = parse(&ders);
        let request = blocks(&format!("csr-{kind}.pem"));
        let request = ParsedRequest::parse(&request[0]).unwrap();
        assert_eq!(request.signature_algorithm(), algorithm);
        assert_eq!(request.verify(), Ok(()));
        assert_eq!(request.spki(), chain[2].spki());
        assert_eq!(request.subject(), chain[2].subject());
        assert_eq!(
            request.subject_alternative_names(),
            chain[2].subject_alternative_names()
        );
        assert!(request.basic_constraints().unwrap().is_ca);
    }
}
