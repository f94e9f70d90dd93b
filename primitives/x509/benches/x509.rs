//! Speed of parsing, of one link and of chains by each algorithm, of the most expensive name constraints, and of
//! revocation lists.

use allod_x509::{
    Budget, CrlBuilder, CrlEntry, KeyUsage, ParsedCertificate, ParsedCrl, Purpose,
    RevocationReason, SignatureAlgorithm, SigningKey,
    builder::{
        CertificateBuilder, alternative_names, authority_key_identifier, basic_constraints,
        extension, key_usage, name, name_constraints, subject_key_identifier, tlv,
    },
    crl::assemble,
    path::{check_name_constraints, check_signature, verify_path},
};
use criterion::{Criterion, criterion_group, criterion_main};

const NOW: u64 = 1_800_000_000;

fn rsa(der: &[u8]) -> SigningKey {
    SigningKey::from_pkcs8(der).expect("is a good key")
}

/// Each kind of key, and each algorithm of the longest one.
fn keys() -> Vec<(String, SigningKey, SignatureAlgorithm)> {
    let rsa_2048 = rsa(include_bytes!("../tests/data/rsa-2048.key.der"));
    let rsa_4096 = rsa(include_bytes!("../tests/data/rsa-4096.key.der"));
    let keys = [
        ("", SigningKey::ed25519([7; 32])),
        (
            "",
            SigningKey::p256([7; 32]).expect("7… is below the order"),
        ),
        (
            "",
            SigningKey::p384([7; 48]).expect("7… is below the order"),
        ),
        ("-2048", rsa_2048),
        ("-4096", rsa_4096),
    ];
    let algorithms_of = |(suffix, key): (&str, SigningKey)| {
        let all = SignatureAlgorithm::ALL.into_iter();
        let own = all.filter(|algorithm| algorithm.key_algorithm() == key.key_algorithm());
        own.map(|algorithm| (format!("{algorithm}{suffix}"), key.clone(), algorithm))
            .collect::<Vec<_>>()
    };
    keys.into_iter().flat_map(algorithms_of).collect()
}

/// Root, CA and agent, with the extensions that they have in practice.
fn chain(key: &SigningKey, algorithm: SignatureAlgorithm) -> Vec<Vec<u8>> {
    let spki = key.spki();
    let usages = [
        vec![KeyUsage::KEY_CERT_SIGN, KeyUsage::CRL_SIGN],
        vec![KeyUsage::KEY_CERT_SIGN, KeyUsage::CRL_SIGN],
        vec![KeyUsage::DIGITAL_SIGNATURE],
    ];
    let names = ["root", "ca", "agent"];
    let mut issuer = names[0];
    let mut certificates = Vec::new();
    for (subject, usage) in names.into_iter().zip(usages) {
        let mut builder = CertificateBuilder::self_issued(subject);
        builder.issuer = name(&[issuer]);
        builder.extensions = vec![
            basic_constraints(subject != "agent", None),
            key_usage(&usage),
            subject_key_identifier(&[7; 20]),
            authority_key_identifier(&[7; 20]),
            alternative_names(false, &[tlv(0x82, b"agent.example.org")]),
        ];
        let der = builder.sign_with(&spki, key, algorithm);
        certificates.push(der.expect("algorithm is the key's"));
        issuer = subject;
    }
    certificates
}

fn parsing(c: &mut Criterion) {
    let key = SigningKey::ed25519([7; 32]);
    let small = CertificateBuilder::self_issued("agent");
    let mut long_names = small.clone();
    long_names.issuer = name(&["x"; 270]);
    let mut many_extensions = small.clone();
    let number = |index: u8| vec![0x2a, 3, index];
    many_extensions.extensions = (0..32)
        .map(|index| extension(&number(index), false, &[0; 100]))
        .collect();
    for (kind, builder) in [
        ("small", small),
        ("long-names", long_names),
        ("many-extensions", many_extensions),
    ] {
        let der = builder.sign_self(&key);
        c.bench_function(&format!("parse/{kind}"), |b| {
            b.iter(|| ParsedCertificate::parse(&der).map(|parsed| parsed.serial().len()));
        });
    }
}

fn links(c: &mut Criterion) {
    for (algorithm, key, declared) in keys() {
        let ders = chain(&key, declared);
        let chain: Vec<_> = ders
            .iter()
            .map(|der| ParsedCertificate::parse(der).expect("is well-formed"))
            .collect();
        c.bench_function(&format!("link/{algorithm}"), |b| {
            b.iter(|| check_signature(&chain[1], &chain[0]));
        });
        c.bench_function(&format!("chain-of-three/{algorithm}"), |b| {
            b.iter(|| {
                let chain: Vec<_> = ders
                    .iter()
                    .map(|der| ParsedCertificate::parse(der).expect("is well-formed"))
                    .collect();
                let report = verify_path(&chain, NOW, Some(Purpose::DigitalSignature));
                assert!(report.expect("is short").holds());
            });
        });
    }
}

/// As many bytes of names of one form as fit, under as many bases of it as fit, all alike to the end.
fn constraints(c: &mut Criterion) {
    let key = SigningKey::ed25519([7; 32]);
    let long = |first: usize| format!("{first:02}{}", ".abcdefgh".repeat(12));
    let dns = |count: usize| -> Vec<_> {
        (0..count)
            .map(|index| tlv(0x82, long(index).as_bytes()))
            .collect()
    };
    let directory = |index: usize, length: usize| {
        let first = index.to_string();
        let mut names = vec!["x"; length];
        names.push(&first);
        name(&names)
    };
    let bases: Vec<_> = (0..16)
        .map(|index| tlv(0xa4, &directory(index + 100, 14)))
        .collect();
    let subjects: Vec<_> = (0..12)
        .map(|index| tlv(0xa4, &directory(index, 14)))
        .collect();
    for (form, bases, names) in [
        ("dns", dns(46)[30..].to_vec(), dns(30)),
        ("directory", bases, subjects),
    ] {
        let mut ca = CertificateBuilder::self_issued("root");
        ca.extensions.push(name_constraints(&[], &bases));
        let ca = ca.sign_self(&key);
        let ca = ParsedCertificate::parse(&ca).expect("is well-formed");
        let mut target = CertificateBuilder::self_issued("target");
        target.extensions.push(alternative_names(false, &names));
        let target = target.sign_self(&key);
        let target = ParsedCertificate::parse(&target).expect("is well-formed");
        let mut budget = Budget::CHAIN;
        check_name_constraints(&ca, &target, true, &mut budget).expect("none is excluded");
        let units = Budget::CHAIN.left() - budget.left();
        c.bench_function(&format!("name-constraints/{form}/{units}-units"), |b| {
            b.iter(|| check_name_constraints(&ca, &target, true, &mut Budget::CHAIN.clone()));
        });
    }
}

fn lists(c: &mut Criterion) {
    let key = SigningKey::ed25519([7; 32]);
    let issuer = name(&["issuer"]);
    let serials: Vec<_> = (0..1_480_u16)
        .map(|serial| [1, (serial >> 8) as u8, serial as u8])
        .collect();
    let entries = serials.iter().map(|serial| CrlEntry {
        serial,
        date: NOW,
        reason: RevocationReason::Unspecified.into(),
    });
    let builder = CrlBuilder {
        issuer: &issuer,
        algorithm: key.algorithm(),
        this_update: NOW,
        next_update: NOW + 1,
        number: 1,
        authority_key_identifier: None,
        entries: entries.collect(),
    };
    let tbs = builder.tbs().expect("fits");
    let der = assemble(&tbs, key.algorithm(), &key.sign(&tbs));
    assert!(der.len() > 32_000, "{}", der.len());
    let issuer = CertificateBuilder::self_issued("issuer").sign_self(&key);
    let issuer = ParsedCertificate::parse(&issuer).expect("is well-formed");
    let list = ParsedCrl::parse(&der).expect("is well-formed");
    let entries = list.entries().len();
    c.bench_function(&format!("crl/{entries}-entries/parse"), |b| {
        b.iter(|| ParsedCrl::parse(&der).map(|list| list.entries().len()));
    });
    c.bench_function(&format!("crl/{entries}-entries/verify"), |b| {
        b.iter(|| list.verify_issued_by(&issuer));
    });
    c.bench_function(&format!("crl/{entries}-entries/find"), |b| {
        b.iter(|| list.find(&[1, 2, 3]));
    });
    c.bench_function(&format!("crl/{entries}-entries/to-be-signed"), |b| {
        b.iter(|| builder.tbs().map(|tbs| tbs.len()));
    });
}

criterion_group!(benches, parsing, links, constraints, lists);
criterion_main!(benches);
