use allod_x509::{
    KeyUsage, SigningKey,
    builder::{CertificateBuilder, basic_constraints, key_usage, name},
};

use super::*;
use crate::{RootTrust, VerificationReport};

const NOW: u64 = 1_800_000_000;
const GOOD: Facts = Facts {
    is_algorithm_accepted: true,
    status: None,
    link: None,
    list: RevocationList::None,
};

fn vertex<'a>(certificate: ParsedCertificate<'a>, issuers: &[usize], facts: Facts) -> Vertex<'a> {
    Vertex {
        identifier: Identifier::of(&certificate),
        certificate: Ok(certificate),
        issuers: issuers.to_vec(),
        facts,
    }
}

struct Case {
    builder: CertificateBuilder,
    signer: SigningKey,
    is_algorithm_accepted: bool,
    time: u64,
    purpose: Option<Purpose>,
}

impl Case {
    fn new() -> Self {
        Self {
            builder: CertificateBuilder::self_issued("agent"),
            signer: SigningKey::ed25519([1; 32]),
            is_algorithm_accepted: true,
            time: NOW,
            purpose: None,
        }
    }

    fn report(&self, accepted_roots: Option<&[Identifier]>) -> VerificationReport {
        let subject = SigningKey::ed25519([1; 32]);
        let der = self.builder.sign(&subject.spki(), &self.signer);
        let certificate = ParsedCertificate::parse(&der).unwrap();
        let identifier = Identifier::of(&certificate);
        let facts = Facts {
            is_algorithm_accepted: self.is_algorithm_accepted,
            ..GOOD
        };
        let graph = Graph::new(vec![vertex(certificate, &[], facts)]).unwrap();
        let links = graph.check(self.time, self.purpose, Signatures::All);
        VerificationReport::new(identifier, self.time, self.purpose, links, accepted_roots)
    }

    fn failure(&self) -> Option<(Check, Reason)> {
        let report = self.report(None);
        assert_eq!(report.root, Some(report.identifier), "always named");
        assert_eq!(report.links[0].checks.len(), 14);
        report
            .failure
            .map(|failure| (failure.check, failure.reason))
    }
}

#[test]
fn first_failure_of_each_kind() {
    assert_eq!(Case::new().failure(), None);

    let mut case = Case::new();
    case.is_algorithm_accepted = false;
    let algorithm = allod_x509::SignatureAlgorithm::Ed25519;
    let retired = Reason::AlgorithmRetired { algorithm };
    assert_eq!(case.failure(), Some((Check::Algorithm, retired)));

    let mut case = Case::new();
    let (not_before, not_after) = (case.builder.not_before, case.builder.not_after);
    for (time, expected) in [
        (0, Some(Reason::NotYetValid { not_before })),
        (not_before - 1, Some(Reason::NotYetValid { not_before })),
        (not_before, None),
        (not_after, None),
        (not_after + 1, Some(Reason::Expired { not_after })),
        (u64::MAX, Some(Reason::Expired { not_after })),
    ] {
        case.time = time;
        let expected = expected.map(|reason| (Check::Validity, reason));
        assert_eq!(case.failure(), expected, "{time}");
    }

    let mut case = Case::new();
    case.signer = SigningKey::ed25519([2; 32]);
    assert_eq!(
        case.failure(),
        Some((Check::Signature, Reason::SignatureInvalid))
    );
}

#[test]
fn purposes() {
    let mut case = Case::new();
    let failures = |case: &mut Case| {
        Purpose::ALL.map(|purpose| {
            case.purpose = Some(purpose);
            case.failure()
        })
    };
    // OpenSSL's default: a certification authority without keyUsage may do everything.
    assert_eq!(failures(&mut case), [None; 3]);

    case.builder.extensions = vec![
        basic_constraints(true, None),
        key_usage(&[KeyUsage::DIGITAL_SIGNATURE]),
    ];
    assert_eq!(
        failures(&mut case),
        [
            Some((Check::KeyCertSign, Reason::NoKeyCertSign)),
            Some((Check::Purpose, Reason::NoCrlSign)),
            None,
        ]
    );

    case.builder.extensions = vec![key_usage(&[KeyUsage::KEY_CERT_SIGN, KeyUsage::CRL_SIGN])];
    assert_eq!(
        failures(&mut case),
        [
            Some((Check::BasicConstraints, Reason::NotCa)),
            None,
            Some((Check::Purpose, Reason::NoDigitalSignature)),
        ]
    );
    case.purpose = None;
    assert_eq!(case.failure(), None);
}

#[test]
fn roots_are_trusted_only_by_name() {
    let case = Case::new();
    let report = case.report(None);
    assert!(report.holds());
    assert_eq!(report.root_trust, RootTrust::NotAsked);
    let root = report.identifier;
    let report = case.report(Some(&[Identifier([0; 32]), root]));
    assert!(report.holds());
    assert_eq!(report.root_trust, RootTrust::Accepted);
    for stranger in [&[][..], &[Identifier([0; 32])]] {
        let report = case.report(Some(stranger));
        assert_eq!(report.root_trust, RootTrust::NotAccepted);
        let failure = report.failure.unwrap();
        assert_eq!(failure.check, Check::Root);
        assert_eq!(failure.reason, Reason::RootNotAccepted);
        assert_eq!(failure.identifier, root);
    }
}

#[test]
fn unregistered_has_no_root() {
    let identifier = Identifier([9; 32]);
    for accepted in [None, Some(&[identifier][..])] {
        let links = vec![LinkReport::unregistered(identifier)];
        let report = VerificationReport::new(identifier, NOW, None, links, accepted);
        assert_eq!(report.root, None);
        assert_eq!(report.failure.unwrap().reason, Reason::NotRegistered);
    }
}

#[test]
fn json_names_checks_and_reasons() {
    let mut case = Case::new();
    case.time = 0;
    let json = serde_json::to_value(case.report(None)).unwrap();
    assert_eq!(json["failure"]["check"], "validity");
    assert_eq!(json["failure"]["reason"]["kind"], "notYetValid");
    assert_eq!(json["failure"]["reason"]["notBefore"], 1_577_836_800);
    assert_eq!(json["rootTrust"], "notAsked");
    let checks = &json["links"][0]["checks"];
    assert_eq!(checks[0]["check"], "registered");
    assert_eq!(checks[0]["outcome"], "passed");
    assert_eq!(checks[2]["outcome"], "failed");
    assert_eq!(checks[3]["outcome"], "notApplicable");
    let back: VerificationReport = serde_json::from_value(json).unwrap();
    assert_eq!(back, case.report(None));
}

/// The certificate of `subject`, issued by `issuer`, both named by their numbers.
fn issued(subject: u8, issuer: u8, extensions: Vec<Vec<u8>>) -> Vec<u8> {
    let mut builder = CertificateBuilder::self_issued(&format!("{subject}"));
    builder.issuer = name(&[&format!("{issuer}")]);
    builder.extensions = extensions;
    let key = |number| SigningKey::ed25519([number; 32]);
    builder.sign(&key(subject).spki(), &key(issuer))
}

fn authority(path_length: Option<u8>) -> Vec<Vec<u8>> {
    vec![basic_constraints(true, path_length)]
}

/// Checks a graph of (certificate, its issuers' positions) and names the first failure.
fn first_failure(parts: &[(Vec<u8>, &[usize])]) -> Option<(usize, Check, Reason)> {
    let vertices = parts
        .iter()
        .map(|(der, issuers)| vertex(ParsedCertificate::parse(der).unwrap(), issuers, GOOD))
        .collect();
    let graph = Graph::new(vertices).unwrap();
    let links = graph.check(NOW, None, Signatures::All);
    assert_eq!(links.len(), parts.len(), "every link is reported");
    links.iter().enumerate().find_map(|(index, link)| {
        link.failure()
            .map(|failure| (index, failure.check, failure.reason))
    })
}

#[test]
fn a_chain_of_issue() {
    let root = issued(1, 1, authority(None));
    let middle = issued(2, 1, authority(None));
    let leaf = issued(3, 2, vec![]);
    let chain = [
        (root.clone(), &[][..]),
        (middle.clone(), &[0][..]),
        (leaf.clone(), &[1][..]),
    ];
    assert_eq!(first_failure(&chain), None);

    // Whoever is no certification authority issues nothing.
    let powerless = (issued(2, 1, vec![]), &[0][..]);
    let broken = [chain[0].clone(), powerless, chain[2].clone()];
    assert_eq!(
        first_failure(&broken),
        Some((1, Check::BasicConstraints, Reason::NotCa))
    );
    let usage = vec![
        basic_constraints(true, None),
        key_usage(&[KeyUsage::CRL_SIGN]),
    ];
    let lists_only = (issued(2, 1, usage), &[0][..]);
    let broken = [chain[0].clone(), lists_only, chain[2].clone()];
    assert_eq!(
        first_failure(&broken),
        Some((1, Check::KeyCertSign, Reason::NoKeyCertSign))
    );

    // The name of one issuer, the key of another.
    let misnamed = (issued(3, 1, vec![]), &[1][..]);
    let broken = [chain[0].clone(), chain[1].clone(), misnamed];
    assert_eq!(
        first_failure(&broken),
        Some((2, Check::Signature, Reason::SignatureInvalid))
    );
}

/// `rustls-webpki` is asked about chains that end in something that is no authority.
#[test]
fn a_second_opinion_on_the_whole_chain() {
    let parts = [
        issued(1, 1, authority(None)),
        issued(2, 1, authority(None)),
        issued(3, 2, vec![]),
    ];
    let opinion = |count: usize| {
        let vertices = parts.iter().take(count).enumerate().map(|(index, der)| {
            let above: Vec<_> = index.checked_sub(1).into_iter().collect();
            vertex(ParsedCertificate::parse(der).unwrap(), &above, GOOD)
        });
        let graph = Graph::new(vertices.collect()).unwrap();
        let links = graph.check(NOW, None, Signatures::All);
        let last = *links.last().unwrap().checks.last().unwrap();
        assert_eq!(last.check, Check::SecondOpinion);
        last.outcome
    };
    assert_eq!(opinion(1), Outcome::NotApplicable, "a root");
    assert_eq!(opinion(2), Outcome::NotApplicable, "an authority");
    assert_eq!(opinion(3), Outcome::Passed);
}

#[test]
fn path_length_counts_what_stands_between() {
    for (path_length, expected) in [
        (None, None),
        (Some(1), None),
        (
            Some(0),
            Some((0, Check::BasicConstraints, Reason::PathTooLong)),
        ),
    ] {
        let chain = [
            (issued(1, 1, authority(path_length)), &[][..]),
            (issued(2, 1, authority(None)), &[0][..]),
            (issued(3, 2, authority(None)), &[1][..]),
        ];
        assert_eq!(first_failure(&chain), expected);
    }
    // The longest way counts, also where it leads over a co-issuer.
    let graph = [
        (issued(1, 1, authority(Some(0))), &[][..]),
        (issued(2, 1, authority(None)), &[0][..]),
        (issued(3, 1, vec![]), &[0, 1][..]),
    ];
    assert_eq!(
        first_failure(&graph),
        Some((0, Check::BasicConstraints, Reason::PathTooLong))
    );
}

#[test]
fn co_issuers_must_be_authorities() {
    let graph = [
        (issued(1, 1, authority(None)), &[][..]),
        (issued(2, 2, vec![]), &[][..]),
        (issued(3, 1, vec![]), &[0, 1][..]),
    ];
    assert_eq!(
        first_failure(&graph),
        Some((1, Check::BasicConstraints, Reason::NotCa))
    );
}

#[test]
fn what_the_chain_knows_fails_the_link() {
    let der = issued(1, 1, authority(None));
    let deactivated = Facts {
        status: Some(Reason::Deactivated),
        ..GOOD
    };
    let compromised = Facts {
        link: Some(Reason::IssuedAfterCompromise {
            issuer: Identifier([1; 32]),
            good_until: 5,
        }),
        ..GOOD
    };
    for (facts, check) in [(deactivated, Check::Status), (compromised, Check::Link)] {
        let certificate = ParsedCertificate::parse(&der).unwrap();
        let graph = Graph::new(vec![vertex(certificate, &[], facts)]).unwrap();
        let links = graph.check(NOW, None, Signatures::Last);
        assert_eq!(links[0].failure().unwrap().check, check);
    }
    // A list that is late is noted, and nothing more.
    let late = Facts {
        list: RevocationList::judge(Some(NOW - 1), NOW),
        ..GOOD
    };
    let certificate = ParsedCertificate::parse(&der).unwrap();
    let graph = Graph::new(vec![vertex(certificate, &[], late)]).unwrap();
    let links = graph.check(NOW, None, Signatures::Last);
    assert_eq!(links[0].failure(), None);
    let noted = Outcome::Noted(Reason::RevocationListStale {
        next_update: NOW - 1,
    });
    assert!(links[0].checks.iter().any(|check| check.outcome == noted));
}

#[test]
fn graphs_are_bounded_and_without_circles() {
    let der = issued(1, 1, authority(None));
    let of = |issuers: &[usize]| vertex(ParsedCertificate::parse(&der).unwrap(), issuers, GOOD);
    assert!(Graph::new(vec![]).is_none());
    assert!(Graph::new(vec![of(&[0])]).is_none(), "its own issuer");
    assert!(Graph::new(vec![of(&[1]), of(&[])]).is_none(), "upside down");
    let sixteen: Vec<_> = (0..16).map(|_| of(&[])).collect();
    assert!(Graph::new(sixteen.clone()).is_some());
    let seventeen = [sixteen, vec![of(&[])]].concat();
    assert!(Graph::new(seventeen).is_none());
}
