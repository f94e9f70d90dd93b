//! Suites of certification paths: the public one where it is there, and our own cases, each with one trait.
//!
//! What the public part asks is asked without it, too, here or in `primitives/x509`:
//!
//! | of x509-limbo | here | in `primitives/x509` |
//! |---|---|---|
//! | `crl` | [`revocation`] | `revocation_lists` (`tests/cryptography.rs`) |
//! | `cve`, `rfc5280::nc` | [`rules_are_applied`], [`comparisons_end`] | `dns_names`, `email_addresses`, `addresses`, `directory_names`, `forms_do_not_mix`, `self_issued_certificates_are_exempt_unless_last` |
//! | `invalid`, `chain-untrusted-root`, `mismatching-signature-algorithm` | [`badly_made_trusted_certificates`], [`paths_are_found`] | `issued_by_another_key` |
//! | `pathlen`, `max-chain-depth` | [`rules_are_applied`], [`what_a_case_may_demand`], [`self_issued_certificates_do_not_count`] | `chains_have_bounds` |
//! | `pathological` | [`searches_end`], [`paths_are_found`] | – |
//! | `aki`, `ski` | [`rules_are_applied`] | `what_a_ca_must_say` |
//! | `eku` | [`rules_are_applied`], [`what_a_case_may_demand`] | `purposes_of_the_target` |
//! | `san`, `serial` | [`badly_made_trusted_certificates`] | `subjects`, `syntax_of_names`, `each_field_has_its_error` |
//! | `validity` | [`rules_are_applied`], [`what_a_case_may_demand`] | `each_field_has_its_error` |
//! | `unknown-critical-extension` | [`rules_are_applied`] | `each_cause_has_its_error` |
//! | basic constraints, key usage of a CA | [`rules_are_applied`] | `what_a_ca_must_say`, `key_usage_of_a_ca_in_a_path`, `criticality` |

use allod_x509::{
    CrlBuilder, CrlEntry, CrlReason, KeyUsage, ParsedCertificate, SignatureAlgorithm, SigningKey,
    builder::{
        CertificateBuilder, alternative_names, authority_key_identifier, basic_constraints,
        certificate, extended_key_usage, extension, key_usage, name, name_constraints, sequence,
        subject_key_identifier, tlv,
    },
    crl::assemble,
    oid,
};
use conformance::{
    FileError, file,
    x509::{PathReport, Status, check},
};
use pem_rfc7468::LineEnding;
use serde_json::{Value, json};
use std::{
    io::{Write, stderr},
    path::Path,
    process::Command,
};

/// Every applicable case of the part of x509-limbo that lies beside the repository.
#[test]
fn public_suite() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors");
    let path = Path::new(folder).join("limbo-part.json");
    if !path.exists() {
        // Not by a macro, whose lines the harness keeps to itself as long as a test passes.
        let line = format!(
            "skipped: no cases of x509-limbo at {}; all of them: `conformance x509 limbo.json`\n",
            path.display()
        );
        return stderr().write_all(line.as_bytes()).unwrap();
    }
    let report = check(&file::read(&path).unwrap()).unwrap();
    assert_eq!(report.failed(), 0, "{report}");
    assert!(report.passed() >= 60, "{report}");
}

fn pem(label: &str, der: &[u8]) -> String {
    pem_rfc7468::encode_string(label, LineEnding::LF, der).unwrap()
}

fn certificate_pem(der: &[u8]) -> String {
    pem("CERTIFICATE", der)
}

fn key(seed: u8) -> SigningKey {
    SigningKey::ed25519([seed; 32])
}

fn identifier(key: &SigningKey) -> Vec<u8> {
    key.spki().split_off(12)
}

/// A CA: 1 is the root, and each is issued by the one before.
fn ca(number: u8) -> CertificateBuilder {
    let mut builder = CertificateBuilder::self_issued(&format!("ca {number}"));
    let issuer = number.max(2) - 1;
    builder.serial = vec![number];
    builder.issuer = name(&[&format!("ca {issuer}")]);
    builder.extensions.extend([
        key_usage(&[KeyUsage::KEY_CERT_SIGN, KeyUsage::CRL_SIGN]),
        subject_key_identifier(&identifier(&key(number))),
        authority_key_identifier(&identifier(&key(issuer))),
    ]);
    builder
}

/// The peer, under the CA of this number.
fn peer(issuer: u8) -> CertificateBuilder {
    let mut builder = ca(issuer + 1);
    builder.serial = vec![100];
    builder.subject = name(&["peer"]);
    builder.extensions = vec![
        authority_key_identifier(&identifier(&key(issuer))),
        alternative_names(false, &[tlv(0x82, b"peer.example.org")]),
    ];
    builder
}

fn sign(builder: &CertificateBuilder, subject: u8, issuer: u8) -> Vec<u8> {
    builder.sign(&key(subject).spki(), &key(issuer))
}

/// A case with the root, `count` − 1 CAs under it, and the peer; `change` gets all of them, root first.
fn case(count: u8, change: impl Fn(&mut [CertificateBuilder])) -> Value {
    let mut builders: Vec<_> = (1..=count).map(ca).collect();
    builders.push(peer(count));
    change(&mut builders);
    let ders: Vec<_> = builders
        .iter()
        .zip(1_u8..)
        .map(|(builder, number)| sign(builder, number, number.max(2) - 1))
        .collect();
    suite_case(&ders)
}

/// A case out of certificates, root first, that expects success.
fn suite_case(ders: &[Vec<u8>]) -> Value {
    let (peer, above) = ders.split_last().unwrap();
    let pems: Vec<_> = above.iter().map(|der| certificate_pem(der)).collect();
    json!({
        "id": "allod::case",
        "description": "",
        "validation_kind": "SERVER",
        "trusted_certs": pems[..1],
        "untrusted_intermediates": pems[1..],
        "peer_certificate": certificate_pem(peer),
        "validation_time": "2026-01-01T00:00:00+00:00",
        "signature_algorithms": [],
        "key_usage": [],
        "extended_key_usage": [],
        "expected_result": "SUCCESS",
        "expected_peer_name": {"kind": "DNS", "value": "peer.example.org"},
        "expected_peer_names": [],
    })
}

fn run(cases: Vec<Value>) -> PathReport {
    check(&json!({"version": 1, "testcases": cases})).unwrap()
}

/// Nothing if a path holds, else the reason.
fn verdict(case: Value) -> Result<(), String> {
    run(vec![case]).outcomes.remove(0).actual
}

fn fails(case: Value, reason: &str) {
    let actual = verdict(case).unwrap_err();
    assert!(actual.contains(reason), "{actual}");
}

#[test]
fn paths_are_found() {
    for count in 1..=10 {
        assert_eq!(verdict(case(count, |_| {})), Ok(()));
    }
    // In any order, with strangers among them and one that cannot be read.
    let mut shuffled = case(4, |_| {});
    let strangers = case(4, |all| all[1].subject = name(&["stranger"]));
    let list = shuffled["untrusted_intermediates"].as_array_mut().unwrap();
    list.reverse();
    list.extend(
        strangers["untrusted_intermediates"]
            .as_array()
            .unwrap()
            .clone(),
    );
    list.push(json!(certificate_pem(b"no certificate")));
    assert_eq!(verdict(shuffled), Ok(()));

    let mut broken = case(4, |_| {});
    broken["untrusted_intermediates"]
        .as_array_mut()
        .unwrap()
        .remove(1);
    fails(broken, "no path to a trusted certificate");
    // A trusted CA that another one issued, without that one.
    let mut partial = case(4, |_| {});
    let list = partial["untrusted_intermediates"].as_array_mut().unwrap();
    let trusted = list.remove(1);
    list.remove(0);
    partial["trusted_certs"] = json!([trusted]);
    assert_eq!(verdict(partial), Ok(()));
}

#[test]
fn rules_are_applied() {
    fails(
        case(1, |all| all[1].not_after = 1_700_000_000),
        "not valid after",
    );
    fails(
        case(3, |all| {
            all[0].extensions[0] = basic_constraints(true, Some(1))
        }),
        "pathLenConstraint is 1, but 2",
    );
    fails(
        case(1, |all| {
            all[1]
                .extensions
                .push(extended_key_usage(&[oid::CLIENT_AUTH]))
        }),
        "certificate 1 of the path: extKeyUsage",
    );
    fails(
        case(2, |all| {
            all[1]
                .extensions
                .push(extended_key_usage(&[oid::CLIENT_AUTH]))
        }),
        "certificate 1 of the path: extKeyUsage",
    );
    fails(
        case(2, |all| {
            let other = [tlv(0x82, b"example.net")];
            all[0].extensions.push(name_constraints(&other, &[]));
        }),
        "permitted subtrees",
    );
    fails(
        case(2, |all| drop(all[1].extensions.remove(2))),
        "without subjectKeyIdentifier",
    );
    fails(
        case(1, |all| {
            all[1].extensions.push(extension(&[0x2a, 3], true, b""))
        }),
        "unknown critical extension",
    );
}

#[test]
fn what_a_case_may_demand() {
    let with = |field: &str, value: Value| {
        let mut case = case(2, |all| {
            let usage = key_usage(&[KeyUsage::DIGITAL_SIGNATURE]);
            let purposes = extended_key_usage(&[oid::SERVER_AUTH]);
            all[2].extensions.extend([usage, purposes]);
        });
        case[field] = value;
        verdict(case)
    };
    assert_eq!(with("key_usage", json!(["digitalSignature"])), Ok(()));
    assert!(with("key_usage", json!(["digitalSignature", "keyAgreement"])).is_err());
    assert_eq!(with("extended_key_usage", json!(["serverAuth"])), Ok(()));
    assert_eq!(
        with("extended_key_usage", json!(["anyExtendedKeyUsage"])),
        Ok(())
    );
    assert!(with("extended_key_usage", json!(["codeSigning"])).is_err());
    let by_number = |identifier: &str| with("extended_key_usage", json!([identifier]));
    assert_eq!(by_number("1.3.6.1.5.5.7.3.1"), Ok(()));
    assert!(by_number("1.3.6.1.5.5.7.3.3").is_err());
    assert!(with("validation_kind", json!("CLIENT")).is_err());
    assert_eq!(
        with("signature_algorithms", json!(["RSA_WITH_SHA1", "ED25519"])),
        Ok(())
    );
    assert!(with("signature_algorithms", json!(["RSA_WITH_SHA1"])).is_err());
    assert_eq!(with("max_chain_depth", json!(1)), Ok(()));
    assert!(with("max_chain_depth", json!(0)).is_err());
    assert_eq!(
        with("validation_time", json!("2020-01-01T01:00:00.0+01:00")),
        Ok(())
    );
    assert_eq!(
        with("validation_time", json!("2020-01-01T00:00:00Z")),
        Ok(())
    );
    assert!(with("validation_time", json!("2019-12-31T23:59:59.999Z")).is_err());
    assert!(with("validation_time", json!("2020-01-01T00:59:59+01:00")).is_err());
    assert_eq!(with("validation_time", Value::Null), Ok(()));
}

/// A self-issued certificate counts for no depth.
#[test]
fn self_issued_certificates_do_not_count() {
    let mut case = case(3, |all| {
        all[2].subject = all[1].subject.clone();
        all[2].issuer = all[1].subject.clone();
        all[3].issuer = all[1].subject.clone();
    });
    case["max_chain_depth"] = json!(1);
    assert_eq!(verdict(case.clone()), Ok(()));
    case["max_chain_depth"] = json!(0);
    fails(case, "more than 0 intermediate");
}

#[test]
fn revocation() {
    let ca_name = name(&["ca 2"]);
    let issuer_key = identifier(&key(2));
    let list = |signer: u8, serials: &[&'static [u8]], next_update: u64| {
        let entries = serials.iter().map(|serial| CrlEntry {
            serial,
            date: 1_760_000_000,
            reason: CrlReason::default(),
        });
        let builder = CrlBuilder {
            issuer: &ca_name,
            algorithm: key(signer).algorithm(),
            this_update: 1_760_000_000,
            next_update,
            number: 1,
            authority_key_identifier: Some(&issuer_key),
            entries: entries.collect(),
        };
        let tbs = builder.tbs().unwrap();
        assemble(&tbs, builder.algorithm, &key(signer).sign(&tbs))
    };
    let with = |crl: Vec<u8>| {
        let mut case = case(2, |_| {});
        case["crls"] = json!([pem("X509 CRL", &crl)]);
        verdict(case).map_err(|reason| reason.to_string())
    };
    let later = 1_800_000_000;
    assert_eq!(with(list(2, &[], later)), Ok(()));
    assert_eq!(with(list(2, &[&[99], &[2]], later)), Ok(()));
    let revoked = with(list(2, &[&[99], &[100]], later)).unwrap_err();
    assert_eq!(revoked, "certificate 2 of the path is revoked");
    // A CA without key usage may sign lists, too (6.3.3 (f)); with another usage only, it may not.
    let mut silent = case(2, |all| {
        all[0].extensions.remove(1);
        all[1].extensions.remove(1);
    });
    assert_eq!(verdict(silent.clone()), Ok(()));
    silent["crls"] = json!([pem("X509 CRL", &list(2, &[], later))]);
    assert_eq!(verdict(silent.clone()), Ok(()));
    silent["crls"] = json!([pem("X509 CRL", &list(2, &[&[100]], later))]);
    fails(silent, "certificate 2 of the path is revoked");
    let mut forbidden = case(2, |all| {
        all[1].extensions[1] = key_usage(&[KeyUsage::KEY_CERT_SIGN]);
    });
    forbidden["crls"] = json!([pem("X509 CRL", &list(2, &[], later))]);
    fails(forbidden, "does not allow cRLSign");
    // Stale, or not by the issuer's key, or not readable: it says nothing, and that fails.
    assert!(
        with(list(2, &[], 1_760_000_001))
            .unwrap_err()
            .contains("at this time")
    );
    assert!(with(list(1, &[], later)).unwrap_err().contains("signature"));
    assert!(
        with(b"no list".to_vec())
            .unwrap_err()
            .contains("certificateList")
    );
}

/// An old root that signed itself with SHA-1 is still a name and a key; a CA under it is not.
#[test]
fn signatures_of_trusted_certificates() {
    let rsa = include_bytes!("../../../primitives/x509/tests/data/rsa-2048.key.der");
    let rsa = SigningKey::from_pkcs8(rsa).unwrap();
    let with_sha1 = |der: Vec<u8>| {
        let mut der = der;
        let sha256 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
        for start in 0..der.len() - sha256.len() {
            if der[start..].starts_with(&sha256) {
                der[start + 8] = 5;
            }
        }
        der
    };
    let mut root = ca(1);
    root.extensions.truncate(2);
    root.extensions.push(subject_key_identifier(b"root"));
    let mut peer = peer(1);
    peer.extensions[0] = authority_key_identifier(b"root");
    let root = with_sha1(root.sign_self(&rsa));
    assert!(ParsedCertificate::parse(&root).is_err());
    let peer = peer.sign(&key(9).spki(), &rsa);
    assert_eq!(verdict(suite_case(&[root.clone(), peer.clone()])), Ok(()));
    fails(suite_case(&[root, with_sha1(peer)]), "sha1");
}

/// What a path does not take from a trusted certificate may be wrong there, and nowhere else.
#[test]
fn badly_made_trusted_certificates() {
    let of = |builders: &[CertificateBuilder]| {
        let numbered = builders.iter().zip(1_u8..);
        numbered
            .map(|(builder, number)| sign(builder, number, number.max(2) - 1))
            .collect::<Vec<_>>()
    };
    // A serial number of zero.
    let mut root = ca(1);
    root.serial = vec![0];
    assert_eq!(verdict(suite_case(&of(&[root.clone(), peer(1)]))), Ok(()));
    let mut zero_peer = peer(1);
    zero_peer.serial = vec![0];
    fails(suite_case(&of(&[ca(1), zero_peer])), "serial number");
    let mut zero_ca = ca(2);
    zero_ca.serial = vec![0];
    fails(suite_case(&of(&[ca(1), zero_ca, peer(2)])), "serial number");
    // It is still looked at otherwise.
    root.not_after = 1_600_000_000;
    fails(suite_case(&of(&[root, peer(1)])), "not valid after");

    // A signature by an algorithm of another kind of key.
    let spki = key(1).spki();
    let other = SignatureAlgorithm::EcdsaP384Sha384;
    let root = ca(1);
    let tbs = root.tbs(other, &spki);
    let foreign = certificate(&tbs, other, b"nobody's");
    let good_peer = sign(&peer(1), 2, 1);
    assert_eq!(verdict(suite_case(&[foreign, good_peer.clone()])), Ok(()));
    // One of its own kind is verified.
    let tbs = root.tbs(key(1).algorithm(), &spki);
    let forged = certificate(&tbs, key(1).algorithm(), &[7; 64]);
    fails(suite_case(&[forged, good_peer.clone()]), "did not sign");
    // Inside and outside differ: no certificate at all.
    let split = certificate(&tbs, other, b"nobody's");
    fails(suite_case(&[split, good_peer]), "signature algorithm");
}

/// A maze of a hundred CAs of one name, none of them trusted.
#[test]
fn searches_end() {
    let mut maze = case(1, |all| all[1].issuer = name(&["maze"]));
    let walls: Vec<_> = (0..100)
        .map(|number| {
            let mut wall = ca(2);
            wall.subject = name(&["maze"]);
            wall.issuer = name(&["maze"]);
            wall.extensions = vec![basic_constraints(true, None)];
            certificate_pem(&sign(&wall, 100 + number, 100 + (number * 7) % 100))
        })
        .collect();
    maze["untrusted_intermediates"] = json!(walls);
    // No identifiers: every one of them is tried.
    fails(maze, "no path");
}

/// A thousand names under a thousand constraints: too much to compare, and over at once.
#[test]
fn comparisons_end() {
    let names: Vec<_> = (0..1000)
        .map(|number| tlv(0x82, format!("a{number}.example.org").as_bytes()))
        .collect();
    let bases: Vec<_> = (0..1000)
        .map(|number| tlv(0x82, format!("b{number}.example.org").as_bytes()))
        .collect();
    let heavy = case(1, |all| {
        all[0].extensions.push(name_constraints(&[], &bases));
        all[1].extensions[1] = alternative_names(false, &names);
    });
    fails(heavy, "too many comparisons");
    let light = case(1, |all| {
        all[0].extensions.push(name_constraints(&[], &bases[..100]));
        all[1].extensions[1] = alternative_names(false, &names);
    });
    assert_eq!(verdict(light), Ok(()));
}

/// Contents of identifiers that stand for policies.
const POLICIES: [&[u8]; 3] = [&[0x2a, 3, 1], &[0x2a, 3, 2], &[0x2a, 3, 3]];
const ANY_POLICY: &[u8] = &[0x55, 0x1d, 0x20, 0];

fn policies(all: &[&[u8]]) -> Vec<u8> {
    let all: Vec<_> = all
        .iter()
        .map(|policy| sequence(&[tlv(6, policy)]))
        .collect();
    extension(oid::CERTIFICATE_POLICIES, true, &sequence(&all))
}

fn policy_constraints(is_critical: bool, require_explicit: u8) -> Vec<u8> {
    let value = sequence(&[tlv(0x80, &[require_explicit])]);
    extension(oid::POLICY_CONSTRAINTS, is_critical, &value)
}

#[test]
fn policies_are_processed() {
    // Three CAs; what each of the two below the root, and the peer, says.
    let with = |first: Vec<Vec<u8>>, second: Vec<Vec<u8>>, peer: Vec<Vec<u8>>| {
        verdict(case(3, |all| {
            for (builder, extensions) in all[1..].iter_mut().zip([&first, &second, &peer]) {
                builder.extensions.extend(extensions.iter().cloned());
            }
        }))
    };
    let [one, other, third] = POLICIES.map(|policy| policies(&[policy]));
    let any = || policies(&[ANY_POLICY]);
    let demand = || policy_constraints(true, 0);
    let failed = |outcome: Result<(), String>| {
        let reason = outcome.unwrap_err();
        assert!(reason.contains("a policy is demanded"), "{reason}");
    };
    // Nobody demands one.
    assert_eq!(with(vec![one.clone()], vec![], vec![other.clone()]), Ok(()));
    // The first CA does.
    let first = vec![one.clone(), demand()];
    assert_eq!(
        with(first.clone(), vec![one.clone()], vec![one.clone()]),
        Ok(())
    );
    assert_eq!(with(first.clone(), vec![any()], vec![one.clone()]), Ok(()));
    assert_eq!(with(first.clone(), vec![any()], vec![any()]), Ok(()));
    failed(with(first.clone(), vec![one.clone()], vec![other.clone()]));
    failed(with(first.clone(), vec![one.clone()], vec![]));
    failed(with(first.clone(), vec![], vec![one.clone()]));
    failed(with(
        first.clone(),
        vec![other.clone()],
        vec![other.clone()],
    ));
    // From three certificates further down on, counted to the end of the path.
    let later = vec![policy_constraints(true, 3)];
    assert_eq!(with(later, vec![one.clone()], vec![other.clone()]), Ok(()));
    let later = vec![policy_constraints(true, 2)];
    failed(with(later, vec![one.clone()], vec![other.clone()]));
    // The peer itself.
    failed(with(vec![], vec![], vec![demand()]));
    assert_eq!(
        with(vec![any()], vec![any()], vec![third.clone(), demand()]),
        Ok(())
    );

    // anyPolicy counts for nothing any more.
    let no_any = extension(oid::INHIBIT_ANY_POLICY, true, &tlv(2, &[0]));
    let inhibited = vec![one.clone(), demand(), no_any];
    failed(with(inhibited.clone(), vec![any()], vec![one.clone()]));
    assert_eq!(
        with(inhibited, vec![one.clone()], vec![one.clone()]),
        Ok(())
    );

    // One policy is another one further down.
    let map = |from: &[u8], to: &[u8]| {
        let pair = sequence(&[tlv(6, from), tlv(6, to)]);
        extension(oid::POLICY_MAPPINGS, true, &sequence(&[pair]))
    };
    let mapped = vec![one.clone(), demand(), map(POLICIES[0], POLICIES[1])];
    assert_eq!(
        with(mapped.clone(), vec![other.clone()], vec![other.clone()]),
        Ok(())
    );
    failed(with(mapped.clone(), vec![one.clone()], vec![one.clone()]));
    let no_mapping = extension(
        oid::POLICY_CONSTRAINTS,
        true,
        &sequence(&[tlv(0x80, &[0]), tlv(0x81, &[0])]),
    );
    let second = vec![one.clone(), map(POLICIES[0], POLICIES[2])];
    failed(with(
        vec![one.clone(), no_mapping],
        second,
        vec![third.clone()],
    ));
    let of_any = with(vec![any(), map(ANY_POLICY, POLICIES[0])], vec![], vec![]);
    assert!(of_any.unwrap_err().contains("anyPolicy is mapped"));

    // Malformed, and not critical where they have to be.
    for malformed in [
        policies(&[POLICIES[0], POLICIES[0]]),
        policies(&[]),
        extension(oid::POLICY_CONSTRAINTS, true, &sequence(&[])),
        extension(
            oid::POLICY_CONSTRAINTS,
            true,
            &sequence(&[tlv(0x80, &[0x80])]),
        ),
        extension(oid::INHIBIT_ANY_POLICY, true, &tlv(2, &[0, 1])),
        extension(oid::POLICY_MAPPINGS, true, &sequence(&[sequence(&[])])),
    ] {
        let outcome = with(vec![malformed], vec![], vec![]);
        assert!(outcome.unwrap_err().contains("malformed"));
    }
    let outcome = with(vec![policy_constraints(false, 5)], vec![], vec![]);
    assert!(outcome.unwrap_err().contains("not critical"));
}

#[test]
fn what_is_not_applicable() {
    let status = |change: &dyn Fn(&mut Value)| {
        let mut case = case(1, |_| {});
        case["expected_result"] = json!("FAILURE");
        change(&mut case);
        run(vec![case]).outcomes[0].status
    };
    assert_eq!(status(&|_| {}), Status::Failed);
    let not_applicable = |change: &dyn Fn(&mut Value)| {
        assert!(matches!(status(change), Status::NotApplicable(_)));
    };
    not_applicable(&|case| case["id"] = json!("webpki::some::case"));
    not_applicable(&|case| case["features"] = json!(["pedantic-public-suffix-wildcard"]));
    not_applicable(&|case| case["features"] = json!(["max-chain-depth", "pedantic-webpki-eku"]));
    not_applicable(&|case| {
        case["expected_peer_name"] = json!({"kind": "DNS", "value": "other.example.org"});
    });
    not_applicable(&|case| {
        case["expected_peer_name"] = Value::Null;
        case["expected_peer_names"] = json!([{"kind": "IP", "value": "192.0.2.1"}]);
    });
    // The name is the least of it, or it does not matter.
    for feature in [
        "pedantic-rfc5280",
        "pedantic-serial-number",
        "name-constraint-dn",
    ] {
        let change = |case: &mut Value| case["features"] = json!([feature]);
        assert_eq!(status(&change), Status::Failed);
    }
    let expired = |case: &mut Value| {
        case["expected_peer_name"] = json!({"kind": "DNS", "value": "other.example.org"});
        case["validation_time"] = json!("2060-01-01T00:00:00Z");
    };
    assert_eq!(status(&expired), Status::Passed);
    let success = |case: &mut Value| {
        case["expected_peer_name"] = json!({"kind": "DNS", "value": "other.example.org"});
        case["expected_result"] = json!("SUCCESS");
    };
    assert_eq!(status(&success), Status::Passed);
}

#[test]
fn the_program_says_what_came_out() {
    let run = |contents: &Value| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), contents.to_string()).unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_conformance"));
        let output = program.arg("x509").arg(file.path()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), text, output.stderr.len())
    };
    let mut not_applicable = case(1, |_| {});
    not_applicable["id"] = json!("webpki::case");
    let good = vec![case(1, |_| {}), not_applicable];
    let (code, text, errors) = run(&json!({"version": 1, "testcases": good}));
    assert_eq!((code, errors), (Some(0), 0));
    assert_eq!(
        text,
        "allod::case: expected SUCCESS, actual SUCCESS: passed\n\
         webpki::case: expected SUCCESS, actual SUCCESS: not applicable (rules of browsers)\n\
         1 passed, 0 failed, 1 not applicable\n"
    );
    let mut bad = case(1, |_| {});
    bad["expected_result"] = json!("FAILURE");
    let (code, text, _) = run(&json!({"version": 1, "testcases": [bad]}));
    assert_eq!(code, Some(1));
    assert_eq!(
        text,
        "allod::case: expected FAILURE, actual SUCCESS: failed\n\
         0 passed, 1 failed, 0 not applicable\n"
    );
    // One that says nothing fails, beside one that does not.
    let (code, text, errors) = run(&json!({"version": 1, "testcases": [{}, case(1, |_| {})]}));
    assert_eq!((code, errors), (Some(1), 0));
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("case 0: expected UNKNOWN, actual FAILURE (case 0, field"));
    assert!(lines[0].ends_with(": failed"));
    assert_eq!(lines[2], "1 passed, 1 failed, 0 not applicable");
    for malformed in [
        json!({}),
        json!([]),
        json!({"version": 1, "testcases": [1]}),
    ] {
        let (code, text, errors) = run(&malformed);
        assert_eq!((code, text.as_str()), (Some(2), ""));
        assert!(errors > 0);
    }
}

/// They fail, whatever they expect, and say why; the others are judged.
#[test]
fn cases_that_are_not_understood() {
    let fails_alone = |change: &dyn Fn(&mut Value)| {
        let mut bad = case(1, |_| {});
        bad["expected_result"] = json!("FAILURE");
        change(&mut bad);
        let report = run(vec![bad.clone(), case(1, |_| {})]);
        assert_eq!(report.outcomes[0].status, Status::Failed, "{bad}");
        let reason = report.outcomes[0].actual.clone().unwrap_err();
        assert!(reason.starts_with("case 0"), "{reason}");
        assert_eq!((report.passed(), report.failed()), (1, 1));
        // Those about browsers are not our business, in whatever words.
        if bad["id"].is_string() {
            bad["id"] = json!("webpki::case");
            assert_eq!(run(vec![bad]).not_applicable(), 1);
        }
    };
    let set = |field: &'static str, value: Value| {
        fails_alone(&move |case: &mut Value| case[field] = value.clone());
    };
    set("id", json!(7));
    set("expected_result", json!("MAYBE"));
    set("validation_kind", json!("PEER"));
    set("validation_time", json!("yesterday"));
    set("validation_time", json!("2026-01-01T00:00:00+0100"));
    set("validation_time", json!("2026-13-01T00:00:00Z"));
    set("peer_certificate", json!("no PEM"));
    set("trusted_certs", json!("no list"));
    set("trusted_certs", json!([1]));
    set("crls", json!(["no PEM"]));
    set("key_usage", json!(["everything"]));
    set("extended_key_usage", json!(["everything"]));
    set("expected_peer_name", json!({"kind": "DNS"}));
    set(
        "expected_peer_name",
        json!({"kind": "IP", "value": "no address"}),
    );
    set("expected_peer_names", json!([{"kind": "X", "value": "x"}]));
    set("max_chain_depth", json!(-1));
    for field in [
        "id",
        "expected_result",
        "validation_kind",
        "peer_certificate",
    ] {
        fails_alone(&|case: &mut Value| drop(case.as_object_mut().unwrap().remove(field)));
    }
    // What is not known and not needed is not looked at.
    let mut later = case(1, |_| {});
    later["id"] = json!("rfc9999::some::case");
    later["features"] = json!(["has-something-new"]);
    later["importance"] = json!("utmost");
    later["something_new"] = json!({"list": [1, 2, 3]});
    later["peer_certificate_key"] = json!("no key");
    assert_eq!(run(vec![later]).passed(), 1);
}

#[test]
fn malformed_suites_are_refused() {
    for suite in [
        json!({"version": 2, "testcases": []}),
        json!({"testcases": []}),
        json!({"version": 1}),
        json!({"version": 1, "testcases": []}),
        json!({"version": 1, "testcases": {}}),
        json!({"version": 1, "testcases": ["case"]}),
    ] {
        assert!(matches!(check(&suite), Err(FileError::Form(_))), "{suite}");
    }
}

/// The table at the top names tests that there are.
#[test]
fn the_table_of_rules_names_tests() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../primitives/x509");
    let mut theirs = String::new();
    read_all(&sources, &mut theirs);
    let here = include_str!("x509.rs");
    let rows = here.lines().filter_map(|line| line.strip_prefix("//! | "));
    for row in rows.skip(1).filter(|row| !row.starts_with("--")) {
        let cells: Vec<_> = row.split(" | ").collect();
        let [_, own, in_crate] = cells[..] else {
            panic!("three columns: {row}");
        };
        for (cell, source) in [(own, here), (in_crate, theirs.as_str())] {
            let names = cell.split('`').skip(1).step_by(2);
            for name in names.filter(|name| !name.ends_with(".rs")) {
                let test = format!("#[test]\nfn {name}()");
                let nested = format!("#[test]\n    fn {name}()");
                assert!(
                    source.contains(&test) || source.contains(&nested),
                    "no test {name}"
                );
            }
        }
    }
}

/// Appends every source file below a folder.
fn read_all(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}
