//! What it costs to ask the runtime whether an identity holds: [`AutoIdApi::verify`] in WebAssembly, by the
//! client's own way into the runtime and over a real database, as a node does for JSON-RPC.
//!
//! The identity is the last of a chain of three (root, intermediate, end entity), all of them registered by
//! extrinsics in blocks; every signature is checked, the root's by itself included. Certificates have the
//! extensions that they have in practice: basic constraints, key usage, key identifiers. One bench each for
//! Ed25519, P-256, P-384, and RSA (PKCS#1 v1.5, SHA-256) with 2,048 and 4,096 bits. `next_nonce` reads one
//! value: what a question costs that has next to nothing to do.
//!
//! Figures to reach on two cores of the reference class: 1.5 ms for Ed25519, 4 ms for RSA-2048, 6 ms for P-256.
//!
//! To run: `make bench ARGS="--bench verify"`. The RSA keys in `data` are keys for tests,
//! made by `openssl genpkey`.

// What Criterion's macros make has no documentation.

use allod_identity::{AutoIdApi, Check, Identifier, Outcome, VerificationReport};
use allod_import_tests::{
    harness::{Node, parameters},
    identities::{Person, Requests, key},
};
use allod_runtime::{Hash, RuntimeCall};
use allod_x509::{
    KeyAlgorithm, KeyUsage, SigningKey,
    builder::{
        CertificateBuilder, authority_key_identifier, basic_constraints, key_usage, name,
        subject_key_identifier,
    },
};
use criterion::{Criterion, criterion_group, criterion_main};
use sp_api::ProvideRuntimeApi;
use std::hint::black_box;
use tokio::runtime::{Builder, Runtime};

const ROLES: [&str; 3] = ["root", "intermediate", "end entity"];

const RSA_2048: [&[u8]; 3] = [
    include_bytes!("../data/rsa-2048-1.key.der"),
    include_bytes!("../data/rsa-2048-2.key.der"),
    include_bytes!("../data/rsa-2048-3.key.der"),
];
const RSA_4096: [&[u8]; 3] = [
    include_bytes!("../data/rsa-4096-1.key.der"),
    include_bytes!("../data/rsa-4096-2.key.der"),
    include_bytes!("../data/rsa-4096-3.key.der"),
];

/// Three keys of a kind; a key serves one identity.
fn keys() -> [(&'static str, [SigningKey; 3]); 5] {
    let of_kind = |kind| [1, 2, 3].map(|number| key(kind, number));
    let rsa = |files: [&[u8]; 3]| files.map(|der| SigningKey::from_pkcs8(der).unwrap());
    [
        ("Ed25519", of_kind(KeyAlgorithm::Ed25519)),
        ("P-256", of_kind(KeyAlgorithm::P256)),
        ("P-384", of_kind(KeyAlgorithm::P384)),
        ("RSA-2048", rsa(RSA_2048)),
        ("RSA-4096", rsa(RSA_4096)),
    ]
}

/// The certificate of a role, by the one above or by its own key.
fn certificate(role: usize, key: &SigningKey, issuer: Option<&Person>) -> Vec<u8> {
    let is_ca = role < 2;
    let usage: &[KeyUsage] = match is_ca {
        true => &[KeyUsage::KEY_CERT_SIGN, KeyUsage::CRL_SIGN],
        false => &[KeyUsage::DIGITAL_SIGNATURE],
    };
    let mut builder = CertificateBuilder::self_issued(ROLES[role]);
    // The root is its own issuer, so its serial number is taken.
    builder.serial = vec![u8::try_from(role).unwrap() + 1];
    builder.extensions = vec![
        basic_constraints(is_ca, None),
        key_usage(usage),
        subject_key_identifier(&key_identifier(key)),
    ];
    let Some(issuer) = issuer else {
        return builder.sign_self(key);
    };
    builder.issuer = name(&[issuer.name.as_str()]);
    let authority = authority_key_identifier(&key_identifier(&issuer.key));
    builder.extensions.push(authority);
    builder.sign(&key.spki(), &issuer.key)
}

/// The end of the public key: any bytes do that are the key's own.
fn key_identifier(key: &SigningKey) -> Vec<u8> {
    let spki = key.spki();
    spki[spki.len() - 20..].to_vec()
}

/// The calls that register a chain, and its last identity.
fn chain(requests: Requests, keys: &[SigningKey; 3], calls: &mut Vec<RuntimeCall>) -> Identifier {
    let mut above: Option<Person> = None;
    for (role, key) in keys.iter().enumerate() {
        let der = certificate(role, key, above.as_ref());
        let person = Person::of(&der, ROLES[role], key.clone());
        calls.push(match &above {
            None => requests.register(key, der),
            Some(issuer) => requests.register_issued(key, der, issuer, &[]),
        });
        above = Some(person);
    }
    above.unwrap().identifier
}

fn ask(node: &Node, at: Hash, identifier: Identifier) -> VerificationReport {
    let api = node.client.runtime_api();
    api.verify(at, identifier, None, None, None).unwrap()
}

/// That the chain holds and that three signatures were checked.
fn check(report: &VerificationReport) {
    assert!(report.holds(), "{report:?}");
    let checks = report.links.iter().flat_map(|link| &link.checks);
    let signatures = checks
        .filter(|check| check.check == Check::Signature && check.outcome == Outcome::Passed)
        .count();
    assert_eq!(signatures, 3, "{report:?}");
}

fn verify(criterion: &mut Criterion) {
    let tasks: Runtime = Builder::new_multi_thread().build().unwrap();
    let node = Node::new(parameters());
    let requests = Requests::on(&node);
    let mut calls = Vec::new();
    let chains = keys().map(|(name, keys)| (name, chain(requests, &keys, &mut calls)));
    tasks.block_on(node.carry(&[], calls, 0));
    let at = node.best();

    let mut group = criterion.benchmark_group("verify");
    for (name, identifier) in chains {
        check(&ask(&node, at, identifier));
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(ask(&node, at, black_box(identifier))));
        });
    }
    let (_, identifier) = chains[0];
    group.bench_function("next_nonce", |bencher| {
        bencher.iter(|| {
            let api = node.client.runtime_api();
            black_box(api.next_nonce(at, black_box(identifier)).unwrap())
        });
    });
    group.finish();
}

criterion_group!(benches, verify);
criterion_main!(benches);
