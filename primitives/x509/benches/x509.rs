//! Speed of parsing and of signature checks, for a small certificate and one of almost 4 KiB.

#![allow(missing_docs)]

use allod_x509::{
    ParsedCertificate, SigningKey,
    builder::{CertificateBuilder, name},
};
use criterion::{Criterion, criterion_group, criterion_main};

fn certificates(c: &mut Criterion) {
    let keys = [
        ("ed25519", SigningKey::ed25519([7; 32])),
        (
            "p256",
            SigningKey::p256([7; 32]).expect("7… is below the order"),
        ),
    ];
    for (algorithm, key) in keys {
        let small = CertificateBuilder::self_issued("agent");
        let mut large = small.clone();
        large.issuer = name(&["x"; 270]);
        large.subject = name(&["agent"]);
        for (size, builder) in [("small", small), ("large", large)] {
            let der = builder.sign_self(&key);
            c.bench_function(&format!("{algorithm}/{size}/parse"), |b| {
                b.iter(|| ParsedCertificate::parse(&der).map(|parsed| parsed.serial().len()));
            });
            let parsed = ParsedCertificate::parse(&der).expect("is well-formed");
            c.bench_function(&format!("{algorithm}/{size}/signature"), |b| {
                b.iter(|| parsed.verify_signed_by(&parsed));
            });
        }
    }
}

criterion_group!(benches, certificates);
criterion_main!(benches);
