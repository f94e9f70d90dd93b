//! Certificates and what goes with them.

use crate::{Seed, Target, repository};
use allod_identity_cli::{PemBlock, pem_blocks};
use allod_x509::{
    Budget, CertificateError, CrlError, GeneralName, Limits, MAX_CHAIN, ParsedCertificate,
    ParsedCrl, ParsedRequest, PathError, PublicKey, Purpose, SignatureAlgorithm, SigningKey,
    builder::{self, CertificateBuilder, tlv},
    encrypted_key::{self, EncryptedKeyError},
    path::{check_issuer_name, check_may_issue, check_name_constraints, verify_path},
    profile,
};
use std::{fs, sync::LazyLock};

/// The targets of this module.
pub const TARGETS: &[Target] = &[
    Target {
        name: "certificate",
        run: certificate,
        seeds: || golden("chain-", "CERTIFICATE", 1),
    },
    Target {
        name: "crl",
        run: crl,
        seeds: || golden("crl-", "X509 CRL", 1),
    },
    Target {
        name: "csr",
        run: csr,
        seeds: || golden("csr-", "CERTIFICATE REQUEST", 1),
    },
    Target {
        name: "path",
        run: path,
        seeds: || golden("chain-", "CERTIFICATE", usize::from(MAX_CHAIN)),
    },
    Target {
        name: "names",
        run: names,
        seeds: names_seeds,
    },
    Target {
        name: "pem",
        run: pem_file,
        seeds: pem_seeds,
    },
    Target {
        name: "private_key",
        run: private_key,
        seeds: private_key_seeds,
    },
    Target {
        name: "encrypted_key",
        run: encrypted_key,
        seeds: encrypted_key_seeds,
    },
];

/// Limits that every certificate within the chain's is within.
const WIDE: Limits = Limits {
    certificate_size: 65_535,
    extensions: 64,
    alternative_names: 1_024,
    name_constraints: 1_024,
    purposes: 256,
    admits_policies: true,
};

/// What is accepted within the chain's limits is accepted within wider ones, and everything can be asked of it.
fn certificate(bytes: &[u8]) -> bool {
    let wide = ParsedCertificate::parse_within(bytes, &WIDE);
    match ParsedCertificate::parse(bytes) {
        Ok(certificate) => {
            assert!(wide.is_ok());
            assert_eq!(certificate.der(), bytes);
            let _ = profile::check(&certificate);
            let _ = certificate.verify_signed_by(&certificate);
            let _ = certificate.public_key().rsa_modulus_bits();
            let _ = certificate.verify_self_issued();
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            // The second opinion never has to decide.
            assert_ne!(error, CertificateError::SecondOpinion);
            false
        }
    }
}

/// A list finds each of its entries.
fn crl(bytes: &[u8]) -> bool {
    match ParsedCrl::parse(bytes) {
        Ok(list) => {
            assert_eq!(list.der(), bytes);
            for entry in list.entries() {
                assert_eq!(list.find(entry.serial), Some(entry));
            }
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert_ne!(error, CrlError::SecondOpinion);
            false
        }
    }
}

/// Everything can be asked of a request.
fn csr(bytes: &[u8]) -> bool {
    match ParsedRequest::parse(bytes) {
        Ok(request) => {
            let _ = request.verify();
            let _ = request.extensions().len();
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// The first value of DER and what follows it.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, header) = match *bytes.get(1)? {
        short @ 0..=0x7f => (usize::from(short), 2),
        0x81 => (usize::from(*bytes.get(2)?), 3),
        0x82 => (
            usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?])),
            4,
        ),
        _ => return None,
    };
    bytes.split_at_checked(header + length)
}

/// Certificates one after another, root first: the chain of those that parse. No time, purpose or order leads to a
/// panic, and names cost no more than their budget.
fn path(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    let mut chain = Vec::new();
    while let Some((first, more)) = split(rest) {
        chain.extend(ParsedCertificate::parse(first));
        rest = more;
        if chain.len() == usize::from(MAX_CHAIN) {
            break;
        }
    }
    let verdicts = [None, Some(Purpose::ServerAuth), Some(Purpose::KeyCertSign)]
        .map(|purpose| verify_path(&chain, 1_781_481_600, purpose).is_ok());
    let mut budget = Budget::new(500);
    for (one, other) in chain.iter().zip(chain.iter().skip(1)) {
        let _ = check_issuer_name(other, one);
        let _ = check_may_issue(one, 3);
        let _ = check_name_constraints(one, other, true, &mut budget);
    }
    verdicts.contains(&true)
}

/// Forms of names: tag of `GeneralName` (RFC 5280, 4.2.1.6).
const FORMS: [u8; 4] = [0x81, 0x82, 0x86, 0x87];

/// One byte that picks a form, one that is the length of a constraint's base, the base, a name: whether it lies within.
///
/// A name that is permitted by the base is excluded by it, and the other way round unless it stands for many; names of
/// hosts and addresses fare as a slow twin has it.
fn names(bytes: &[u8]) -> bool {
    let [form, length, rest @ ..] = bytes else {
        return false;
    };
    let form = FORMS[usize::from(*form) % FORMS.len()];
    let Some((base, name)) = rest.split_at_checked(usize::from(*length)) else {
        return false;
    };
    let base = [tlv(form, base)];
    let permitting = named_certificate("above", builder::name_constraints(&base, &[]));
    let excluding = named_certificate("above", builder::name_constraints(&[], &base));
    let below = named_certificate("", builder::alternative_names(true, &[tlv(form, name)]));
    let [Ok(permitting), Ok(excluding), Ok(below)] =
        [&permitting, &excluding, &below].map(|der| ParsedCertificate::parse(der))
    else {
        return false;
    };
    let within = |above| check_name_constraints(above, &below, true, &mut Budget::new(1_000));
    let (permitted, excluded) = (within(&permitting), within(&excluding));
    let is_permitted = match permitted {
        Ok(()) => true,
        Err(PathError::NameNotPermitted(_)) => false,
        Err(_) => {
            assert_eq!(permitted, excluded);
            return false;
        }
    };
    let is_excluded = match excluded {
        Ok(()) => false,
        Err(PathError::NameExcluded(_)) => true,
        Err(error) => panic!("permitted {permitted:?}, but excluded: {error}"),
    };
    let base = permitting.name_constraints().expect("just made").permitted[0];
    let name = below.subject_alternative_names().expect("just made")[0];
    let is_wildcard = matches!(name, GeneralName::Dns(name) if name.starts_with("*."));
    assert!(is_excluded || !is_permitted);
    assert!(is_permitted == is_excluded || is_wildcard);
    if !is_wildcard && let Some(expected) = slowly_within(&name, &base) {
        assert_eq!(is_permitted, expected, "{name:?} in {base:?}");
    }
    is_permitted
}

/// A certificate with one extension beside basic constraints, and a signature that nobody looks at.
fn named_certificate(subject: &str, extension: Vec<u8>) -> Vec<u8> {
    static SPKI: LazyLock<Vec<u8>> = LazyLock::new(|| SigningKey::ed25519([1; 32]).spki());
    let mut parts = CertificateBuilder::self_issued("above");
    parts.subject = match subject {
        "" => builder::sequence(&[]),
        name => builder::name(&[name]),
    };
    if subject.is_empty() {
        parts.extensions.clear();
    }
    parts.extensions.push(extension);
    let algorithm = SignatureAlgorithm::Ed25519;
    builder::certificate(&parts.tbs(algorithm, &SPKI), algorithm, &[0; 64])
}

/// Whether a name lies within a base, said label by label and bit by bit.
fn slowly_within(name: &GeneralName<'_>, base: &GeneralName<'_>) -> Option<bool> {
    let labels = |text: &str| -> Vec<String> {
        let labels = text.split('.').filter(|label| !label.is_empty());
        labels.rev().map(str::to_ascii_lowercase).collect()
    };
    let bits = |octets: &[u8]| -> Vec<bool> {
        let bits = octets
            .iter()
            .flat_map(|octet| (0..8).map(move |bit| octet >> bit & 1 == 1));
        bits.collect()
    };
    match (name, base) {
        (GeneralName::Dns(name), GeneralName::Dns(base)) => {
            Some(labels(name).starts_with(&labels(base)))
        }
        (GeneralName::Ip(address), GeneralName::Ip(base)) => {
            let (network, mask) = base.split_at(base.len() / 2);
            let fits = bits(address).into_iter().zip(bits(network)).zip(bits(mask));
            let mut fits = fits;
            let fits = fits.all(|((ours, theirs), counts)| !counts || ours == theirs);
            Some(address.len() == network.len() && fits)
        }
        (GeneralName::Email(name), GeneralName::Email(base)) if !base.contains('@') => {
            let (_, host) = name.rsplit_once('@')?;
            let (host, ours) = (labels(host), labels(base));
            Some(match base.strip_prefix('.') {
                Some(_) => host.starts_with(&ours) && host.len() > ours.len(),
                None => host == ours,
            })
        }
        _ => None,
    }
}

/// What the blocks of a file hold is what they hold when they are written again, and each lies within the file.
fn pem_file(bytes: &[u8]) -> bool {
    let blocks = pem_blocks(bytes);
    for block in &blocks {
        assert!(bytes[block.offset..].starts_with(b"-----BEGIN "));
    }
    let written: Vec<String> = blocks.iter().filter_map(write_pem).collect();
    let again = pem_blocks(written.concat().as_bytes());
    let again: Vec<String> = again
        .iter()
        .map(|block| write_pem(block).expect("what is written is read"))
        .collect();
    assert_eq!(again, written);
    !written.is_empty()
}

/// A block that could be read.
fn write_pem(block: &PemBlock) -> Option<String> {
    let der = block.der.as_ref().ok()?;
    // One whose label nobody would write is read all the same.
    pem_rfc7468::encode_string(&block.label, pem_rfc7468::LineEnding::LF, der).ok()
}

/// A key that was read is the one that is written.
fn private_key(bytes: &[u8]) -> bool {
    match SigningKey::from_der(bytes) {
        Ok(key) => {
            let spki = key.spki();
            PublicKey::from_spki(&spki).expect("a key that certificates may have");
            let again = SigningKey::from_der(&key.to_pkcs8()).expect("what is written is read");
            assert_eq!(again.spki(), spki);
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// Most iterations that are worked on here; with more of them only what stands before the password is read.
const CHEAP_ITERATIONS: u64 = 1_000;
/// The password of the corpus.
const PASSWORD: &[u8] = b"password";

/// What passes the check before the password fails for the password or for the key alone.
fn encrypted_key(bytes: &[u8]) -> bool {
    let checked = encrypted_key::check(bytes);
    if checked.is_ok() && iterations(bytes).is_none_or(|count| count > CHEAP_ITERATIONS) {
        return true;
    }
    match (checked, SigningKey::from_encrypted_pkcs8(bytes, PASSWORD)) {
        (Ok(()), Ok(key)) => private_key(&key.to_pkcs8()),
        (Ok(()), Err(EncryptedKeyError::WrongPassword | EncryptedKeyError::Key(_))) => true,
        (Err(before), Err(after)) => {
            assert_eq!(before, after);
            assert!(!before.to_string().is_empty());
            false
        }
        (Ok(()), Err(error)) => panic!("the password does not matter for: {error}"),
        (Err(error), Ok(_)) => panic!("read all the same: {error}"),
    }
}

/// The iterations that a file of a right form asks for.
fn iterations(bytes: &[u8]) -> Option<u64> {
    const PBKDF2: &[u8] = &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0c];
    let start = bytes
        .windows(PBKDF2.len())
        .position(|window| window == PBKDF2)?;
    let (parameters, _) = split(bytes.get(start + PBKDF2.len()..)?)?;
    let header = match parameters.get(1)? {
        0x81 => 3,
        0x82 => 4,
        _ => 2,
    };
    let (_salt, rest) = split(parameters.get(header..)?)?;
    let (count, _) = split(rest)?;
    let octets = count.get(2..)?;
    (octets.len() <= 8).then(|| {
        octets
            .iter()
            .fold(0, |sum, octet| sum << 8 | u64::from(*octet))
    })
}

/// The golden files of `primitives/x509` whose names begin so: of each the first blocks of a label, one after another;
/// and the beginning of one.
fn golden(prefix: &str, label: &str, blocks: usize) -> Vec<Seed> {
    let kinds = ["ed25519", "p256", "rsa-pss"];
    let mut seeds: Vec<Seed> = kinds
        .iter()
        .map(|kind| {
            let path = format!("primitives/x509/tests/data/{prefix}{kind}.pem");
            let text = fs::read_to_string(repository(&path)).expect("a golden file");
            let ders: Vec<_> = pem(&text, label).take(blocks).collect();
            Seed::valid(kind, ders.concat())
        })
        .collect();
    let cut = seeds[0].bytes[..100].to_vec();
    seeds.push(Seed::invalid("cut", cut));
    seeds
}

/// The blocks of a label in a text of PEM.
fn pem(text: &str, label: &str) -> impl Iterator<Item = Vec<u8>> {
    text.split_inclusive("-----END ").filter_map(move |block| {
        let begin = block.find(&format!("-----BEGIN {label}-----"))?;
        let block = format!("{}{label}-----\n", &block[begin..]);
        let (_, der) = pem_rfc7468::decode_vec(block.as_bytes()).ok()?;
        Some(der)
    })
}

fn names_seeds() -> Vec<Seed> {
    let seed = |name: &str, form: u8, base: &[u8], text: &[u8]| {
        let bytes = [&[form, base.len() as u8][..], base, text].concat();
        (name.to_owned(), bytes)
    };
    let valid = [
        seed("email-host", 0, b".example.org", b"a.b@mail.example.org"),
        seed("email", 0, b"a@example.org", b"\"a\"@EXAMPLE.org"),
        seed("host", 1, b"example.org", b"a.Example.org"),
        seed("wildcard", 1, b"example.org", b"*.b.example.org"),
        seed("uri", 2, b"a.example", b"https://user@a.example:8080/path"),
        seed("v4", 3, &[10, 1, 0, 0, 255, 255, 0, 0], &[10, 1, 2, 3]),
        seed("v6", 3, &[[0; 16], [0; 16]].concat(), &[9; 16]),
    ];
    let invalid = [
        seed("other-host", 1, b"example.org", b"a-example.org"),
        seed("malformed", 1, b"example.org", b".example.org"),
        seed("mask", 3, &[10, 1, 0, 0, 255, 1, 0, 0], &[10, 1, 2, 3]),
    ];
    let valid = valid
        .into_iter()
        .map(|(name, bytes)| Seed::valid(&name, bytes));
    let invalid = invalid
        .into_iter()
        .map(|(name, bytes)| Seed::invalid(&name, bytes));
    valid.chain(invalid).collect()
}

fn pem_seeds() -> Vec<Seed> {
    let block = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
    vec![
        Seed::valid(
            "two",
            format!("Certificate:\n    Data:\n{block}\n\n{block}"),
        ),
        Seed::valid("carriage-returns", block.replace('\n', "\r\n")),
        Seed::invalid("other-end", block.replace("END CERTIFICATE", "END KEY")),
        Seed::invalid("none", "Certificate:\n"),
    ]
}

fn private_key_seeds() -> Vec<Seed> {
    let rsa = fs::read(repository("primitives/x509/tests/data/rsa-2048.key.der"));
    let key = |key: Option<SigningKey>| key.expect("a scalar within range").to_pkcs8().to_vec();
    vec![
        Seed::valid("ed25519", key(Some(SigningKey::ed25519([7; 32])))),
        Seed::valid("p256", key(SigningKey::p256([7; 32]))),
        Seed::valid("p384", key(SigningKey::p384([7; 48]))),
        Seed::valid("rsa", rsa.expect("a golden file")),
        Seed::invalid("empty", []),
    ]
}

/// Those that can be opened come from OpenSSL, which puts a random salt in:
/// `openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 100 -passout pass:password`.
fn encrypted_key_seeds() -> Vec<Seed> {
    vec![
        Seed::invalid("plain", SigningKey::ed25519([7; 32]).to_pkcs8().to_vec()),
        Seed::invalid("empty", []),
    ]
}
