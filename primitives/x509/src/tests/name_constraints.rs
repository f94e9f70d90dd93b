//! Name constraints, base by base and name by name.

use crate::{
    builder::{
        CertificateBuilder, SigningKey, alternative_names, name, name_constraints, sequence, tlv,
    },
    path::{PathError, check_name_constraints},
    *,
};

const DNS: u8 = 0x82;
const EMAIL: u8 = 0x81;
const URI: u8 = 0x86;
const IP: u8 = 0x87;

/// A certificate with these names, and one with these constraints above it.
struct Pair {
    ca: Vec<u8>,
    target: Vec<u8>,
}

impl Pair {
    fn new(
        permitted: &[Vec<u8>],
        excluded: &[Vec<u8>],
        change: impl Fn(&mut CertificateBuilder),
    ) -> Self {
        let key = SigningKey::ed25519([7; 32]);
        let mut ca = CertificateBuilder::self_issued("root");
        ca.extensions.push(name_constraints(permitted, excluded));
        let mut target = CertificateBuilder::self_issued("target");
        target.issuer = name(&["root"]);
        target.extensions.clear();
        change(&mut target);
        Self {
            ca: ca.sign_self(&key),
            target: target.sign_self(&key),
        }
    }

    fn check_with(&self, is_target: bool, budget: &mut Budget) -> Result<(), PathError> {
        let ca = ParsedCertificate::parse(&self.ca).unwrap();
        let target = ParsedCertificate::parse(&self.target).unwrap();
        check_name_constraints(&ca, &target, is_target, budget)
    }

    fn check(&self) -> Result<(), PathError> {
        self.check_with(true, &mut Budget::CHAIN.clone())
    }
}

/// One name of a form against one base of it, permitted and excluded.
fn both(tag: u8, base: &[u8], presented: &[u8]) -> [Result<(), PathError>; 2] {
    let base = [tlv(tag, base)];
    let names = [tlv(tag, presented)];
    [(&base[..], &[][..]), (&[], &base)].map(|(permitted, excluded)| {
        let pair = Pair::new(permitted, excluded, |target| {
            target.extensions.push(alternative_names(false, &names));
        });
        pair.check()
    })
}

fn within(form: NameForm) -> [Result<(), PathError>; 2] {
    [Ok(()), Err(PathError::NameExcluded(form))]
}

fn outside(form: NameForm) -> [Result<(), PathError>; 2] {
    [Err(PathError::NameNotPermitted(form)), Ok(())]
}

#[test]
fn dns_names() {
    let of = |base: &str, name: &str| both(DNS, base.as_bytes(), name.as_bytes());
    for (base, name) in [
        ("example.org", "example.org"),
        ("example.org", "a.b.EXAMPLE.org"),
        ("Example.ORG", "example.org"),
        ("", "anything"),
        ("org", "example.org"),
        ("example.org", "*.example.org"),
        ("example.org", "*.a.example.org"),
        ("", "*.example.org"),
    ] {
        assert_eq!(of(base, name), within(NameForm::Dns), "{base} {name}");
    }
    for (base, name) in [
        ("example.org", "badexample.org"),
        ("example.org", "org"),
        ("example.org", "example.org.net"),
        ("a.b.example.org", "*.example.org"),
        ("a.example.net", "*.example.org"),
    ] {
        assert_eq!(of(base, name), outside(NameForm::Dns), "{base} {name}");
    }
    // A wildcard reaches into what is excluded and out of what is permitted.
    assert_eq!(
        of("a.example.org", "*.EXAMPLE.org"),
        [
            Err(PathError::NameNotPermitted(NameForm::Dns)),
            Err(PathError::NameExcluded(NameForm::Dns))
        ]
    );
    let malformed = Err(PathError::MalformedName(NameForm::Dns));
    for name in [
        "example.org.",
        ".example.org",
        "a b",
        "",
        "*",
        "*.org",
        "a.*.example.org",
        "x*.example.org",
        "*.*.example.org",
        "192.0.2.1",
    ] {
        assert_eq!(of("example.org", name), [malformed, malformed], "{name}");
    }
}

#[test]
fn email_addresses() {
    let of = |base: &str, name: &str| both(EMAIL, base.as_bytes(), name.as_bytes());
    for (base, name) in [
        ("example.org", "agent@example.org"),
        ("example.org", "agent@EXAMPLE.org"),
        (".example.org", "agent@a.example.org"),
        (".example.org", "agent@a.b.Example.org"),
        ("agent@example.org", "agent@example.ORG"),
        ("*@example.org", "*@example.org"),
    ] {
        assert_eq!(of(base, name), within(NameForm::Email), "{base} {name}");
    }
    for (base, name) in [
        ("example.org", "agent@a.example.org"),
        (".example.org", "agent@example.org"),
        (".example.org", "agent@badexample.org"),
        ("agent@example.org", "Agent@example.org"),
        ("agent@example.org", "other@example.org"),
        ("*@example.org", "agent@example.org"),
    ] {
        assert_eq!(of(base, name), outside(NameForm::Email), "{base} {name}");
    }
    let malformed = Err(PathError::MalformedName(NameForm::Email));
    for name in [
        "example.org",
        "@example.org",
        "a@[192.0.2.1]",
        "a b@example.org",
    ] {
        assert_eq!(of("example.org", name), [malformed, malformed], "{name}");
    }
}

#[test]
fn uris() {
    let of = |base: &str, name: &str| both(URI, base.as_bytes(), name.as_bytes());
    for (base, name) in [
        ("example.org", "https://example.org/agent"),
        ("example.org", "spiffe://u@EXAMPLE.org:443"),
        (".example.org", "https://a.b.example.org"),
    ] {
        assert_eq!(of(base, name), within(NameForm::Uri), "{base} {name}");
    }
    for (base, name) in [
        ("example.org", "https://a.example.org/"),
        (".example.org", "https://example.org/"),
        ("example.org", "https://example.net/example.org"),
        ("example.org", "https://example.org@example.net/"),
    ] {
        assert_eq!(of(base, name), outside(NameForm::Uri), "{base} {name}");
    }
    let malformed = Err(PathError::MalformedName(NameForm::Uri));
    for name in [
        "urn:a:b",
        "https://192.0.2.1/",
        "https://[::1]/",
        "example.org",
    ] {
        assert_eq!(of("example.org", name), [malformed, malformed], "{name}");
    }
}

#[test]
fn addresses() {
    let of = |base: &[u8], name: &[u8]| both(IP, base, name);
    let v4 = [192, 0, 2, 64, 255, 255, 255, 192];
    for last in [64, 127] {
        assert_eq!(of(&v4, &[192, 0, 2, last]), within(NameForm::Ip));
    }
    for name in [[192, 0, 2, 63], [192, 0, 2, 128], [192, 0, 3, 64]] {
        assert_eq!(of(&v4, &name), outside(NameForm::Ip));
    }
    // Bits of the base that the mask leaves out mean nothing.
    assert_eq!(
        of(&[192, 0, 2, 1, 255, 255, 255, 0], &[192, 0, 2, 9]),
        within(NameForm::Ip)
    );
    assert_eq!(of(&[0; 8], &[9; 4]), within(NameForm::Ip));
    let mut v6 = [0; 32];
    v6[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
    v6[16..20].fill(0xff);
    let mut address = [7; 16];
    address[..4].copy_from_slice(&v6[..4]);
    assert_eq!(of(&v6, &address), within(NameForm::Ip));
    address[3] ^= 1;
    assert_eq!(of(&v6, &address), outside(NameForm::Ip));
    // Another family is never within.
    assert_eq!(of(&[0; 32], &[9; 4]), outside(NameForm::Ip));
    assert_eq!(of(&[0; 8], &address), outside(NameForm::Ip));
}

#[test]
fn directory_names() {
    let directory = |names: &[&str]| tlv(0xa4, &name(names));
    let check = |permitted: &[Vec<u8>], excluded: &[Vec<u8>]| {
        let pair = Pair::new(permitted, excluded, |target| {
            target.subject = name(&["Org", "Unit", "Agent"]);
        });
        pair.check()
    };
    for base in [
        directory(&["org"]),
        directory(&["ORG", "unit"]),
        directory(&["Org", " unit ", "agent"]),
        directory(&[]),
    ] {
        assert_eq!(check(std::slice::from_ref(&base), &[]), Ok(()));
        assert_eq!(
            check(&[], &[base]),
            Err(PathError::NameExcluded(NameForm::Directory))
        );
    }
    for base in [
        directory(&["unit"]),
        directory(&["Org", "Agent"]),
        directory(&["Org", "Unit", "Agent", "x"]),
    ] {
        assert_eq!(
            check(std::slice::from_ref(&base), &[]),
            Err(PathError::NameNotPermitted(NameForm::Directory))
        );
        assert_eq!(check(&[], &[base]), Ok(()));
    }
    // In the alternative name as well as in the subject.
    let pair = Pair::new(&[directory(&["a"])], &[], |target| {
        target.subject = name(&["a", "b"]);
        let names = [tlv(0xa4, &name(&["c"]))];
        target.extensions.push(alternative_names(false, &names));
    });
    let error = PathError::NameNotPermitted(NameForm::Directory);
    assert_eq!(pair.check(), Err(error));
    // An empty subject is no name.
    let pair = Pair::new(&[directory(&["a"])], &[], |target| {
        target.subject = sequence(&[]);
    });
    assert_eq!(pair.check(), Ok(()));
}

/// `emailAddress` in the subject counts where there is no alternative name, and only there.
#[test]
fn email_in_the_subject() {
    let email = |address: &[u8]| {
        let kind = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
        let attribute = sequence(&[tlv(6, &kind), tlv(0x16, address)]);
        sequence(&[tlv(0x31, &attribute)])
    };
    let base = [tlv(EMAIL, b"example.org")];
    let check = |address: &[u8], has_names: bool| {
        let pair = Pair::new(&base, &[], |target| {
            target.subject = email(address);
            if has_names {
                let names = [tlv(DNS, b"example.net")];
                target.extensions.push(alternative_names(false, &names));
            }
        });
        pair.check()
    };
    assert_eq!(check(b"a@example.org", false), Ok(()));
    let error = PathError::NameNotPermitted(NameForm::Email);
    assert_eq!(check(b"a@example.net", false), Err(error));
    assert_eq!(check(b"a@example.net", true), Ok(()));
    let error = PathError::MalformedName(NameForm::Email);
    assert_eq!(check(&[0xff, b'@'], false), Err(error));
}

#[test]
fn forms_do_not_mix() {
    // Names of other forms than the constrained ones are free.
    let pair = Pair::new(
        &[tlv(DNS, b"example.org"), tlv(IP, &[0; 8])],
        &[tlv(EMAIL, b"example.org")],
        |target| {
            let names = [
                tlv(URI, b"urn:x"),
                tlv(DNS, b"a.example.org"),
                tlv(IP, &[1; 4]),
                tlv(0x88, &[0x2a, 3]),
            ];
            target.extensions.push(alternative_names(false, &names));
        },
    );
    assert_eq!(pair.check(), Ok(()));
    // A constraint of a form that nobody supports matters if such a name occurs.
    let other = tlv(
        0xa0,
        &[tlv(6, &[0x2a, 3]), tlv(0xa0, &tlv(0x0c, b"x"))].concat(),
    );
    for (base, form) in [
        (other, NameForm::Other),
        (tlv(0x88, &[0x2a, 3]), NameForm::RegisteredId),
    ] {
        for (permitted, excluded) in [(vec![base.clone()], vec![]), (vec![], vec![base.clone()])] {
            let without = Pair::new(&permitted, &excluded, |_| {});
            assert_eq!(without.check(), Ok(()));
            let with = Pair::new(&permitted, &excluded, |target| {
                let names = [base.clone()];
                target.extensions.push(alternative_names(false, &names));
            });
            assert_eq!(with.check(), Err(PathError::UnsupportedConstraint(form)));
        }
    }
}

#[test]
fn self_issued_certificates_are_exempt_unless_last() {
    let pair = Pair::new(&[tlv(DNS, b"example.org")], &[], |target| {
        target.subject = name(&["ROOT"]);
        let names = [tlv(DNS, b"example.net")];
        target.extensions.push(alternative_names(false, &names));
    });
    let error = PathError::NameNotPermitted(NameForm::Dns);
    assert_eq!(pair.check(), Err(error));
    assert_eq!(pair.check_with(false, &mut Budget::CHAIN.clone()), Ok(()));
}

#[test]
fn bases_that_rfc_5280_does_not_define() {
    let parse = |tag: u8, base: &[u8]| {
        let pair = Pair::new(&[tlv(tag, base)], &[], |_| {});
        ParsedCertificate::parse(&pair.ca).map(|_| ())
    };
    let refused = |form| Err(CertificateError::ConstraintForm(form));
    for base in [
        ".example.org",
        "*.example.org",
        "example.org.",
        "a b",
        "192.0.2.1",
    ] {
        assert_eq!(
            parse(DNS, base.as_bytes()),
            refused(NameForm::Dns),
            "{base}"
        );
    }
    for base in [
        "",
        "a@.example.org",
        "@example.org",
        "a b@example.org",
        "..x",
    ] {
        assert_eq!(
            parse(EMAIL, base.as_bytes()),
            refused(NameForm::Email),
            "{base}"
        );
    }
    for base in ["", "https://example.org", "..example.org", "192.0.2.1"] {
        assert_eq!(
            parse(URI, base.as_bytes()),
            refused(NameForm::Uri),
            "{base}"
        );
    }
    for mask in [[255, 0, 255, 0], [0, 0, 0, 1], [255, 255, 253, 0]] {
        let base = [[10, 0, 0, 0], mask].concat();
        assert_eq!(parse(IP, &base), refused(NameForm::Ip));
    }
    for mask in [[0; 4], [128, 0, 0, 0], [255, 255, 254, 0], [255; 4]] {
        let base = [[10, 0, 0, 0], mask].concat();
        assert_eq!(parse(IP, &base), Ok(()));
    }
    // An address without mask.
    let malformed = Err(CertificateError::Malformed(Field::NameConstraints));
    assert_eq!(parse(IP, &[10, 0, 0, 1]), malformed);
}

/// The most that two certificates can cost is within the budget; a chain's worth of it is not, and fails.
#[test]
fn work_is_bounded() {
    let label = "a".repeat(60);
    let names: Vec<_> = (0..32)
        .map(|index| tlv(DNS, format!("{label}.{index}.example.org").as_bytes()))
        .collect();
    let bases: Vec<_> = (0..16)
        .map(|index| tlv(DNS, format!("x{index}.example.org").as_bytes()))
        .collect();
    let pair = Pair::new(&[], &bases, |target| {
        target.extensions.push(alternative_names(false, &names));
    });
    let mut budget = Budget::CHAIN;
    assert_eq!(pair.check_with(true, &mut budget), Ok(()));
    let spent = Budget::CHAIN.left() - budget.left();
    assert!((16 * 32..=2576).contains(&spent), "{spent}");
    let mut rounds = 0;
    while pair.check_with(true, &mut budget) == Ok(()) {
        rounds += 1;
    }
    assert!((6..20).contains(&rounds), "{rounds}");
    let error = PathError::BudgetExhausted;
    assert_eq!(pair.check_with(true, &mut budget), Err(error));
    assert_eq!(pair.check_with(true, &mut Budget::new(0)), Err(error));
}
