//! Chains made at random, good and broken, judged by our rules and by `rustls-webpki`.

use allod_test_support::Folder;
use proptest::prelude::*;

use crate::{
    builder::{
        CertificateBuilder, SigningKey, alternative_names, authority_key_identifier,
        basic_constraints, certificate, extended_key_usage, key_usage, name, name_constraints,
        subject_key_identifier, tlv,
    },
    path::{PathError, PathReport, Purpose, Rule, verify_path},
    second_opinion, *,
};

const NOW: u64 = 1_800_000_000;

/// What can vary about a certificate. 0 is mostly the ordinary choice.
#[derive(Debug, Clone)]
struct Spec {
    /// Own key, or the issuer's again.
    reuses_key: bool,
    /// Own name, the issuer's again.
    is_self_issued: bool,
    /// The issuer's name as it is, in capitals, or another one.
    issuer_name: u8,
    /// Valid now, expired, not yet valid.
    validity: u8,
    /// CA, CA with path length 0 to 2, no CA, nothing said.
    constraints: u8,
    /// Everything, nothing said, keyCertSign alone, digitalSignature alone.
    usage: u8,
    /// Nothing said, serverAuth, clientAuth, any.
    purposes: u8,
    permitted: Vec<u8>,
    excluded: Vec<u8>,
    names: Vec<u8>,
    /// Both identifiers, none, a wrong one.
    identifiers: u8,
    is_signature_broken: bool,
}

/// Mostly 0, sometimes up to `max`.
fn mostly_zero(max: u8) -> impl Strategy<Value = u8> {
    prop_oneof![6 => Just(0), 1 => 0..=max]
}

fn rarely() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.04)
}

fn few(count: usize, of: usize) -> impl Strategy<Value = Vec<u8>> {
    let of = of as u8;
    prop_oneof![
        3 => Just(Vec::new()),
        1 => prop::collection::vec(0..of, 0..=count),
    ]
}

fn spec() -> impl Strategy<Value = Spec> {
    let first = (
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.2),
        mostly_zero(2),
        prop_oneof![30 => Just(0), 1 => 1_u8..=2],
        mostly_zero(5),
        mostly_zero(3),
        mostly_zero(3),
    );
    let second = (
        few(3, BASES.len()),
        few(2, BASES.len()),
        few(3, NAMES.len()),
        prop_oneof![30 => Just(0), 2 => Just(1), 1 => Just(2_u8)],
        rarely(),
    );
    (first, second).prop_map(|(first, second)| Spec {
        reuses_key: first.0,
        is_self_issued: first.1,
        issuer_name: first.2,
        validity: first.3,
        constraints: first.4,
        usage: first.5,
        purposes: first.6,
        permitted: second.0,
        excluded: second.1,
        names: second.2,
        identifiers: second.3,
        is_signature_broken: second.4,
    })
}

/// Bases of constraints: tag and contents. Names further down lie within some of them.
const BASES: [(u8, &[u8]); 12] = [
    (0x82, b"example.org"),
    (0x82, b"a.example.org"),
    (0x82, b""),
    (0x82, b"org"),
    (0x87, &[192, 0, 2, 0, 255, 255, 255, 0]),
    (0x87, &[0; 32]),
    (0x81, b"example.org"),
    (0x81, b"agent@example.org"),
    (0x86, b".example.org"),
    (0xa4, &[]),
    (0x88, &[0x2a, 3]),
    (0x87, &[0; 8]),
];

/// Alternative names: tag and contents.
const NAMES: [(u8, &[u8]); 14] = [
    (0x82, b"example.org"),
    (0x82, b"a.EXAMPLE.org"),
    (0x82, b"*.example.org"),
    (0x82, b"*.org"),
    (0x82, b"b.example.net"),
    (0x82, b"under_score.example.org"),
    (0x82, b"not a name"),
    (0x82, b"-.example.org"),
    (0x87, &[192, 0, 2, 1]),
    (0x87, &[1; 16]),
    (0x81, b"agent@example.org"),
    (0x81, b"no mailbox"),
    (0x86, b"https://a.example.org/x"),
    (0x88, &[0x2a, 3]),
];

fn general_names(all: &[(u8, &[u8])], chosen: &[u8]) -> Vec<Vec<u8>> {
    chosen
        .iter()
        .map(|index| match all[usize::from(*index)] {
            (0xa4, _) => tlv(0xa4, &name(&["root"])),
            (tag, contents) => tlv(tag, contents),
        })
        .collect()
}

/// The chain's DER, root first, and its keys.
fn build(specs: &[Spec]) -> Vec<Vec<u8>> {
    let mut chain = Vec::new();
    let mut issuer: Option<(SigningKey, String)> = None;
    for (place, spec) in specs.iter().enumerate() {
        // A key that is rolled over may be of another kind.
        let seed = [place as u8 + 1; 32];
        let own_key = if spec.is_self_issued && place % 2 == 0 {
            SigningKey::p256(seed).unwrap()
        } else {
            SigningKey::ed25519(seed)
        };
        let own_name = if place == 0 {
            "root".to_string()
        } else {
            format!("agent {place}")
        };
        let (issuer_key, issuer_name) = issuer
            .clone()
            .unwrap_or_else(|| (own_key.clone(), own_name.clone()));
        let key = if spec.reuses_key {
            issuer_key.clone()
        } else {
            own_key
        };
        let subject = if spec.is_self_issued {
            issuer_name.clone()
        } else {
            own_name
        };
        chain.push(certificate_of(
            spec,
            place,
            &subject,
            &key,
            &issuer_name,
            &issuer_key,
        ));
        issuer = Some((key, subject));
    }
    chain
}

fn certificate_of(
    spec: &Spec,
    place: usize,
    subject: &str,
    key: &SigningKey,
    issuer_name: &str,
    issuer_key: &SigningKey,
) -> Vec<u8> {
    let mut builder = CertificateBuilder::self_issued(subject);
    builder.serial = vec![place as u8 + 1];
    builder.issuer = match spec.issuer_name {
        0 => name(&[issuer_name]),
        1 => name(&[&issuer_name.to_uppercase()]),
        _ => name(&["somebody"]),
    };
    match spec.validity {
        0 => {}
        1 => builder.not_after = NOW - 1,
        _ => builder.not_before = NOW + 1,
    }
    builder.extensions = match spec.constraints {
        0 => vec![basic_constraints(true, None)],
        length @ 1..=3 => vec![basic_constraints(true, Some(length - 1))],
        4 => vec![basic_constraints(false, None)],
        _ => vec![],
    };
    let all = [
        KeyUsage::KEY_CERT_SIGN,
        KeyUsage::DIGITAL_SIGNATURE,
        KeyUsage::CRL_SIGN,
    ];
    let mut add = |extension| builder.extensions.push(extension);
    match spec.usage {
        0 => add(key_usage(&all)),
        1 => {}
        2 => add(key_usage(&all[..1])),
        _ => add(key_usage(&all[1..2])),
    }
    match spec.purposes {
        0 => {}
        1 => add(extended_key_usage(&[oid::SERVER_AUTH])),
        2 => add(extended_key_usage(&[oid::CLIENT_AUTH])),
        _ => add(extended_key_usage(&[oid::ANY_PURPOSE])),
    }
    if !(spec.permitted.is_empty() && spec.excluded.is_empty()) {
        add(name_constraints(
            &general_names(&BASES, &spec.permitted),
            &general_names(&BASES, &spec.excluded),
        ));
    }
    if !spec.names.is_empty() {
        add(alternative_names(
            false,
            &general_names(&NAMES, &spec.names),
        ));
    }
    let identifier = |key: &SigningKey| key.spki()[12..].to_vec();
    match spec.identifiers {
        0 => {
            add(subject_key_identifier(&identifier(key)));
            add(authority_key_identifier(&identifier(issuer_key)));
        }
        1 => {}
        _ => {
            add(subject_key_identifier(b"wrong"));
            add(authority_key_identifier(b"wrong, too"));
        }
    }
    let tbs = builder.tbs(issuer_key.algorithm(), &key.spki());
    let mut signature = issuer_key.sign(&tbs);
    if spec.is_signature_broken {
        signature[0] ^= 1;
    }
    certificate(&tbs, issuer_key.algorithm(), &signature)
}

/// What both say.
fn judge(
    specs: &[Spec],
    purpose: Option<Purpose>,
) -> Result<(PathReport, Option<Result<(), webpki::Error>>), CertificateError> {
    let ders = build(specs);
    let chain = ders
        .iter()
        .map(|der| ParsedCertificate::parse(der))
        .collect::<Result<Vec<_>, _>>()?;
    let report = verify_path(&chain, NOW, purpose).unwrap();
    let (target, above) = chain.split_last().unwrap();
    let raw = above
        .split_first()
        .filter(|_| !target.is_ca())
        .map(|(root, between)| {
            // Only signatures that are right count as verified.
            let are_right = chain
                .iter()
                .zip(&chain[1..])
                .all(|(issuer, child)| child.verify_signed_by(issuer).is_ok());
            if are_right {
                second_opinion::verify(&chain, root, between, target, NOW, purpose)
            } else {
                Err(webpki::Error::InvalidSignatureForPublicKey)
            }
        });
    Ok((report, raw))
}

/// A chain of ordinary certificates whose target is no CA.
fn good(length: usize) -> Vec<Spec> {
    let ordinary = Spec {
        reuses_key: false,
        is_self_issued: false,
        issuer_name: 0,
        validity: 0,
        constraints: 0,
        usage: 0,
        purposes: 0,
        permitted: vec![],
        excluded: vec![],
        names: vec![],
        identifiers: 0,
        is_signature_broken: false,
    };
    let mut specs = vec![ordinary; length];
    specs[length - 1].constraints = 4;
    specs
}

fn chains() -> impl Strategy<Value = Vec<Spec>> {
    prop::collection::vec(spec(), 1..=6).prop_map(|mut specs| {
        // Mostly a target that is no CA, or there would be no second opinion.
        if let Some(target) = specs.last_mut()
            && target.constraints == 0
        {
            target.constraints = 4;
        }
        specs
    })
}

fn purposes() -> impl Strategy<Value = Option<Purpose>> {
    prop_oneof![
        Just(None),
        Just(Some(Purpose::DigitalSignature)),
        Just(Some(Purpose::CrlSign)),
        Just(Some(Purpose::ServerAuth)),
        Just(Some(Purpose::ClientAuth)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// Whatever our rules accept, `rustls-webpki` accepts too, or is overruled by the table of its module:
    /// the last rule never decides.
    #[test]
    fn nothing_is_accepted_that_webpki_refuses(specs in chains(), purpose in purposes()) {
        let Ok((report, raw)) = judge(&specs, purpose) else {
            return Ok(());
        };
        if let Some((_, rule, error)) = report.first_failure() {
            prop_assert_ne!(rule, Rule::SecondOpinion, "{} {:?}", error, raw);
        }
    }

    /// What `rustls-webpki` accepts and we refuse breaks a rule that it does not check.
    #[test]
    fn what_webpki_accepts_breaks_other_rules(specs in chains(), purpose in purposes()) {
        // With two of one name it may have found another path.
        let has_one_name_twice = specs.iter().skip(1).any(|spec| spec.is_self_issued);
        let Ok((report, Some(Ok(())))) = judge(&specs, purpose) else {
            return Ok(());
        };
        if has_one_name_twice {
            return Ok(());
        }
        let is_unchecked = |place: usize, rule: Rule| match rule {
            Rule::KeyIdentifiers | Rule::KeyUsage => true,
            Rule::Validity
            | Rule::IssuerName
            | Rule::Signature
            | Rule::BasicConstraints
            | Rule::PathLength
            | Rule::ExtendedKeyUsage => place == 0,
            // URIs without a host name, e-mail in the subject, and names without a supported form.
            Rule::NameConstraints | Rule::SecondOpinion => false,
        };
        for (place, link) in report.links.iter().enumerate() {
            for (rule, outcome) in &link.checks {
                let is_explained = outcome.is_ok() || is_unchecked(place, *rule);
                prop_assert!(is_explained, "{} {:?} {:?}", place, rule, outcome);
            }
        }
    }
}

/// The generator makes enough of both kinds, or the properties above would say nothing.
#[test]
fn both_verdicts_occur() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let strategy = (chains(), purposes());
    let (mut accepted, mut refused, mut overruled, mut asked) = (0, 0, 0, 0);
    for _ in 0..2000 {
        let (specs, purpose) = strategy.new_tree(&mut runner).unwrap().current();
        let Ok((report, raw)) = judge(&specs, purpose) else {
            continue;
        };
        let holds = report.holds();
        accepted += usize::from(holds);
        refused += usize::from(!holds);
        asked += usize::from(holds && raw.is_some());
        overruled += usize::from(holds && matches!(raw, Some(Err(_))));
    }
    println!("{accepted} accepted, {refused} refused, {asked} asked, {overruled} overruled");
    assert!(accepted > 200 && refused > 400 && asked > 150 && overruled > 5);
}

/// `openssl verify` says the same of every chain, where it has the same rules. It has others for names in
/// self-issued certificates (it searches issuers by name, and gives up early), for `anyExtendedKeyUsage`, wildcards and
/// malformed names, for roots without basic constraints, and it does not ask for digitalSignature without TLS.
#[test]
fn openssl_agrees() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let folder = Folder::new();
    let mut runner = TestRunner::deterministic();
    let strategy = (chains(), purposes());
    let mut verdicts = [0, 0];
    while verdicts.iter().sum::<usize>() < 200 {
        let (mut specs, purpose) = strategy.new_tree(&mut runner).unwrap().current();
        if specs.len() < 2 || purpose == Some(Purpose::DigitalSignature) {
            continue;
        }
        for spec in &mut specs {
            spec.is_self_issued = false;
            spec.reuses_key = false;
            spec.purposes %= 3;
            spec.constraints = spec.constraints.min(4);
            spec.names
                .retain(|index| !(2..=7).contains(index) && *index != 11);
        }
        let Ok((report, _)) = judge(&specs, purpose) else {
            continue;
        };
        let holds = openssl_verify(&folder, &build(&specs), purpose);
        let failure = report.first_failure();
        assert_eq!(
            holds,
            failure.is_none(),
            "{failure:?} {purpose:?} {specs:?}"
        );
        verdicts[usize::from(holds)] += 1;
    }
    assert!(verdicts.iter().all(|count| *count > 30), "{verdicts:?}");
}

fn openssl_verify(folder: &Folder, chain: &[Vec<u8>], purpose: Option<Purpose>) -> bool {
    let write = |file: &str, ders: &[Vec<u8>]| {
        let pem = |der: &Vec<u8>| {
            pem_rfc7468::encode_string("CERTIFICATE", Default::default(), der).unwrap()
        };
        folder.write(file, ders.iter().map(pem).collect::<String>());
    };
    let (target, above) = chain.split_last().unwrap();
    write("root.pem", &above[..1]);
    write("between.pem", &above[1..]);
    write("target.pem", std::slice::from_ref(target));
    let time = NOW.to_string();
    let mut arguments = vec!["verify", "-check_ss_sig", "-attime", &time];
    arguments.extend(["-CAfile", "root.pem"]);
    if above.len() > 1 {
        arguments.extend(["-untrusted", "between.pem"]);
    }
    match purpose {
        Some(Purpose::ServerAuth) => arguments.extend(["-purpose", "sslserver"]),
        Some(Purpose::ClientAuth) => arguments.extend(["-purpose", "sslclient"]),
        Some(Purpose::CrlSign) => arguments.extend(["-purpose", "crlsign"]),
        _ => {}
    }
    arguments.push("target.pem");
    folder.run(&arguments).status.success()
}

/// Every row of the table: refused by `rustls-webpki`, accepted here.
#[test]
fn every_exception_is_needed() {
    let overruled = |specs: &[Spec]| {
        let (report, raw) = judge(specs, None).unwrap();
        assert_eq!(report.first_failure(), None);
        raw.unwrap().unwrap_err()
    };
    // A self-issued certificate does not count. With a key of another kind, then of the same: now the other key
    // of the name is tried as well.
    let mut specs = good(4);
    specs[1].constraints = 1;
    specs[2].is_self_issued = true;
    let error = overruled(&specs);
    assert_eq!(error, webpki::Error::PathLenConstraintViolated);
    let mut specs = good(5);
    specs[2].constraints = 1;
    specs[3].is_self_issued = true;
    let error = overruled(&specs);
    assert_eq!(error, webpki::Error::InvalidSignatureForPublicKey);

    // E-mail; a directory name; a URI; a self-issued certificate.
    for (base, name) in [(6, Some(10)), (9, None), (8, Some(12))] {
        let mut specs = good(3);
        specs[0].permitted = vec![base];
        specs[1].is_self_issued = base == 9;
        specs[2].is_self_issued = base == 9;
        specs[2].names = name.into_iter().collect();
        let error = overruled(&specs);
        assert!(
            matches!(
                error,
                webpki::Error::NameConstraintViolation
                    | webpki::Error::InvalidSignatureForPublicKey
            ),
            "{error:?}"
        );
    }
    let mut specs = good(4);
    specs[0].permitted = vec![0];
    specs[1].names = vec![0];
    specs[2].names = vec![4];
    specs[2].is_self_issued = true;
    let error = overruled(&specs);
    assert_eq!(error, webpki::Error::NameConstraintViolation);

    // A name in capitals, then the issuer's name and key once more.
    let mut specs = good(3);
    specs[1].issuer_name = 1;
    assert_eq!(overruled(&specs), webpki::Error::UnknownIssuer);
    let mut specs = good(3);
    specs[2].is_self_issued = true;
    specs[2].reuses_key = true;
    assert_eq!(overruled(&specs), webpki::Error::UnknownIssuer);
}

/// Where it is not asked, our rules stand alone: a CA, and a root, as target.
#[test]
fn it_is_not_asked_about_cas_and_roots() {
    for specs in [good(3)[..2].to_vec(), good(1)] {
        let (report, _) = judge(&specs, None).unwrap();
        assert!(report.holds());
        let mut checks = report.links.iter().flat_map(|link| &link.checks);
        assert!(checks.all(|(rule, _)| *rule != Rule::SecondOpinion));
    }
    let (report, raw) = judge(&good(3), Some(Purpose::ServerAuth)).unwrap();
    assert_eq!(raw, Some(Ok(())));
    let target = report.links.last().unwrap();
    assert_eq!(target.checks.last(), Some(&(Rule::SecondOpinion, Ok(()))));
    assert_eq!(report.first_failure(), None);
}

/// One thing wrong, one error, at the right place.
#[test]
fn each_failure_is_named() {
    let first = |change: &dyn Fn(&mut Vec<Spec>), purpose| {
        let mut specs = good(4);
        change(&mut specs);
        judge(&specs, purpose).unwrap().0.first_failure()
    };
    let none = first(&|_| {}, Some(Purpose::ServerAuth));
    assert_eq!(none, None);
    for place in 0..4 {
        let at = |change: fn(&mut Spec)| first(&|specs| change(&mut specs[place]), None);
        assert_eq!(
            at(|spec| spec.validity = 1),
            Some((
                place,
                Rule::Validity,
                PathError::Expired { not_after: NOW - 1 }
            ))
        );
        assert_eq!(
            at(|spec| spec.validity = 2),
            Some((
                place,
                Rule::Validity,
                PathError::NotYetValid {
                    not_before: NOW + 1
                }
            ))
        );
        assert_eq!(
            at(|spec| spec.issuer_name = 2),
            Some((place, Rule::IssuerName, PathError::IssuerName))
        );
        assert_eq!(
            at(|spec| spec.identifiers = 2),
            Some((place, Rule::KeyIdentifiers, PathError::KeyIdentifiers))
        );
        assert_eq!(
            at(|spec| spec.is_signature_broken = true),
            Some((place, Rule::Signature, PathError::Signature))
        );
        let no_ca = at(|spec| spec.constraints = 5);
        let no_usage = at(|spec| spec.usage = 3);
        if place == 3 {
            assert_eq!((no_ca, no_usage), (None, None));
        } else {
            let error = (place, Rule::BasicConstraints, PathError::NotCa);
            assert_eq!(no_ca, Some(error));
            let error = (place, Rule::KeyUsage, PathError::KeyCertSign);
            assert_eq!(no_usage, Some(error));
        }
        let purpose = Purpose::ServerAuth;
        assert_eq!(
            first(&|specs| specs[place].purposes = 2, Some(purpose)),
            Some((
                place,
                Rule::ExtendedKeyUsage,
                PathError::ExtendedKeyUsage(purpose)
            ))
        );
    }
    let too_long = |allowed, found| {
        Some((
            0,
            Rule::PathLength,
            PathError::PathLength { allowed, found },
        ))
    };
    assert_eq!(
        first(&|specs| specs[0].constraints = 1, None),
        too_long(0, 2)
    );
    assert_eq!(
        first(&|specs| specs[0].constraints = 2, None),
        too_long(1, 2)
    );
    assert_eq!(first(&|specs| specs[0].constraints = 3, None), None);
    // Self-issued ones do not count.
    let rolled_over = |specs: &mut Vec<Spec>| {
        specs[0].constraints = 1;
        specs[1].is_self_issued = true;
        specs[2].is_self_issued = true;
    };
    assert_eq!(first(&rolled_over, None), None);
}

#[test]
fn chains_have_bounds() {
    assert_eq!(verify_path(&[], NOW, None), Err(PathError::EmptyChain));
    let most = usize::from(MAX_CHAIN);
    let ders = build(&good(most + 1));
    let chain: Vec<_> = ders
        .iter()
        .map(|der| ParsedCertificate::parse(der).unwrap())
        .collect();
    assert_eq!(verify_path(&chain, NOW, None), Err(PathError::ChainTooLong));
    let (report, raw) = judge(&good(most), None).unwrap();
    assert_eq!((report.first_failure(), raw), (None, Some(Ok(()))));
}

#[test]
fn purposes_of_the_target() {
    let usage_of = |usage, purpose| {
        let mut specs = good(2);
        specs[1].usage = usage;
        let failure = judge(&specs, Some(purpose)).unwrap().0.first_failure();
        failure.map(|(_, _, error)| error)
    };
    for usage in [0, 1] {
        for purpose in [
            Purpose::CrlSign,
            Purpose::DigitalSignature,
            Purpose::ServerAuth,
            Purpose::ClientAuth,
        ] {
            assert_eq!(usage_of(usage, purpose), None);
        }
        let error = usage_of(usage, Purpose::KeyCertSign);
        assert_eq!(error, Some(PathError::NotCa));
    }
    // keyCertSign alone, then digitalSignature alone.
    for purpose in [Purpose::DigitalSignature, Purpose::ServerAuth] {
        assert_eq!(usage_of(2, purpose), Some(PathError::DigitalSignature));
        assert_eq!(usage_of(3, purpose), None);
    }
    assert_eq!(usage_of(3, Purpose::CrlSign), Some(PathError::CrlSign));

    let mut ca = good(3);
    ca[2].constraints = 0;
    ca[2].usage = 3;
    let failure = judge(&ca, Some(Purpose::KeyCertSign)).unwrap().0;
    assert_eq!(
        failure.first_failure(),
        Some((2, Rule::KeyUsage, PathError::KeyCertSign))
    );
    ca[2].usage = 2;
    let report = judge(&ca, Some(Purpose::KeyCertSign)).unwrap().0;
    assert!(report.holds());
}
