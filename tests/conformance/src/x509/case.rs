//! One case of a suite, read from JSON.

use crate::{FileError, file};
use allod_x509::{KeyUsage, SignatureAlgorithm, oid};
use der::{DateTime, asn1::ObjectIdentifier};
use serde_json::Value;
use std::{fmt, net::IpAddr};

/// What has to come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A path that holds.
    Success,
    /// None.
    Failure,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
        })
    }
}

/// A name that the peer is expected to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PeerName {
    Dns(String),
    Email(String),
    Ip(IpAddr),
}

/// A case. Certificates and lists are DER that nobody has looked at.
#[derive(Debug)]
pub(super) struct Case {
    pub id: String,
    pub features: Vec<String>,
    /// Whether another case wants the contrary.
    pub is_in_conflict: bool,
    pub expected: Expected,
    pub trusted: Vec<Vec<u8>>,
    pub intermediates: Vec<Vec<u8>>,
    pub peer: Vec<u8>,
    pub crls: Vec<Vec<u8>>,
    /// Seconds since 1970, fractions cut off; `None` for now.
    pub time: Option<u64>,
    /// Algorithms that may sign; `None` for all.
    pub algorithms: Option<Vec<SignatureAlgorithm>>,
    /// Usages that the peer's key must allow.
    pub key_usage: Vec<KeyUsage>,
    /// Purposes that the peer's certificate must allow: identifiers of extended key usage.
    pub purposes: Vec<Vec<u8>>,
    pub peer_names: Vec<PeerName>,
    /// Most intermediates.
    pub max_depth: Option<u64>,
}

impl Expected {
    pub(super) fn read(case: &file::Case<'_>) -> Result<Self, FileError> {
        match case.text("expected_result")? {
            "SUCCESS" => Ok(Self::Success),
            "FAILURE" => Ok(Self::Failure),
            other => {
                let problem = format!("{other:?} is neither SUCCESS nor FAILURE");
                Err(case.wrong("expected_result", problem))
            }
        }
    }
}

impl Case {
    pub(super) fn read(case: &file::Case<'_>) -> Result<Self, FileError> {
        let mut purposes = case
            .texts("extended_key_usage")?
            .into_iter()
            .map(|name| purpose(case, name))
            .collect::<Result<Vec<_>, _>>()?;
        let of_kind = match case.text("validation_kind")? {
            "SERVER" => oid::SERVER_AUTH,
            "CLIENT" => oid::CLIENT_AUTH,
            other => {
                let problem = format!("{other:?} is neither SERVER nor CLIENT");
                return Err(case.wrong("validation_kind", problem));
            }
        };
        if purposes.is_empty() {
            purposes.push(of_kind.to_vec());
        }
        let names = case.texts("signature_algorithms")?;
        let algorithms = names
            .iter()
            .flat_map(|name| signature_algorithms(name))
            .collect();
        Ok(Self {
            id: case.text("id")?.to_string(),
            features: case
                .texts("features")?
                .into_iter()
                .map(str::to_string)
                .collect(),
            is_in_conflict: !case.list("conflicts_with")?.is_empty(),
            expected: Expected::read(case)?,
            trusted: ders(case, "trusted_certs")?,
            intermediates: ders(case, "untrusted_intermediates")?,
            peer: der(case, "peer_certificate", case.text("peer_certificate")?)?,
            crls: ders(case, "crls")?,
            time: time(case)?,
            algorithms: (!names.is_empty()).then_some(algorithms),
            key_usage: case
                .texts("key_usage")?
                .into_iter()
                .map(|name| key_usage(case, name))
                .collect::<Result<_, _>>()?,
            purposes,
            peer_names: peer_names(case)?,
            max_depth: if case.is_empty("max_chain_depth") {
                None
            } else {
                Some(case.number("max_chain_depth")?)
            },
        })
    }
}

/// The DER in a PEM document, whatever its label.
fn der(case: &file::Case<'_>, field: &'static str, pem: &str) -> Result<Vec<u8>, FileError> {
    pem_rfc7468::decode_vec(pem.trim().as_bytes())
        .map(|(_, der)| der)
        .map_err(|error| case.wrong(field, format!("not PEM: {error}")))
}

fn ders(case: &file::Case<'_>, field: &'static str) -> Result<Vec<Vec<u8>>, FileError> {
    let pems = case.texts(field)?;
    pems.into_iter().map(|pem| der(case, field, pem)).collect()
}

/// The identifier of a purpose that is named, or written with periods.
fn purpose(case: &file::Case<'_>, name: &str) -> Result<Vec<u8>, FileError> {
    let known: &[u8] = match name {
        "anyExtendedKeyUsage" => oid::ANY_PURPOSE,
        "serverAuth" => oid::SERVER_AUTH,
        "clientAuth" => oid::CLIENT_AUTH,
        "codeSigning" => &[0x2b, 6, 1, 5, 5, 7, 3, 3],
        "emailProtection" => &[0x2b, 6, 1, 5, 5, 7, 3, 4],
        "timeStamping" => &[0x2b, 6, 1, 5, 5, 7, 3, 8],
        "OCSPSigning" => &[0x2b, 6, 1, 5, 5, 7, 3, 9],
        other => {
            let problem = |_| format!("{other:?} is neither a purpose of the format nor an OID");
            return ObjectIdentifier::new(other)
                .map(|identifier| identifier.as_bytes().to_vec())
                .map_err(|error| case.wrong("extended_key_usage", problem(error)));
        }
    };
    Ok(known.to_vec())
}

fn key_usage(case: &file::Case<'_>, name: &str) -> Result<KeyUsage, FileError> {
    const NAMES: [&str; 9] = [
        "digitalSignature",
        "contentCommitment",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];
    (0..)
        .zip(NAMES)
        .find(|(_, known)| *known == name)
        .and_then(|(bit, _)| KeyUsage::from_bit(bit))
        .ok_or_else(|| case.wrong("key_usage", format!("{name:?} is no key usage")))
}

/// Those that a name of the format stands for. Many stand for none that is accepted.
fn signature_algorithms(name: &str) -> Vec<SignatureAlgorithm> {
    match name {
        "ED25519" => vec![SignatureAlgorithm::Ed25519],
        "ECDSA_WITH_SHA256" => vec![SignatureAlgorithm::EcdsaP256Sha256],
        "ECDSA_WITH_SHA384" => vec![SignatureAlgorithm::EcdsaP384Sha384],
        "RSA_WITH_SHA256" => vec![SignatureAlgorithm::RsaPkcs1Sha256],
        "RSA_WITH_SHA384" => vec![SignatureAlgorithm::RsaPkcs1Sha384],
        "RSA_WITH_SHA512" => vec![SignatureAlgorithm::RsaPkcs1Sha512],
        "RSASSA_PSS" => vec![
            SignatureAlgorithm::RsaPssSha256,
            SignatureAlgorithm::RsaPssSha384,
            SignatureAlgorithm::RsaPssSha512,
        ],
        _ => Vec::new(),
    }
}

/// `2024-03-01T00:00:00.999+00:00`: a time of RFC 3339, in seconds, fractions cut off.
fn time(case: &file::Case<'_>) -> Result<Option<u64>, FileError> {
    const FIELD: &str = "validation_time";
    if case.is_empty(FIELD) {
        return Ok(None);
    }
    let text = case.text(FIELD)?;
    let wrong = || case.wrong(FIELD, format!("{text:?} is no time of RFC 3339"));
    let (date_and_time, rest) = text.split_at_checked(19).ok_or_else(wrong)?;
    let time: DateTime = format!("{date_and_time}Z").parse().map_err(|_| wrong())?;
    let zone =
        rest.trim_start_matches(|character: char| character == '.' || character.is_ascii_digit());
    let seconds = time.unix_duration().as_secs();
    let shifted = match zone {
        "Z" | "z" => Some(seconds),
        _ => offset(zone).and_then(|offset| seconds.checked_add_signed(-offset)),
    };
    shifted.map(Some).ok_or_else(wrong)
}

/// `+01:00` in seconds.
fn offset(zone: &str) -> Option<i64> {
    let (sign, hours_and_minutes) = zone.split_at_checked(1)?;
    let (hours, minutes) = hours_and_minutes.split_once(':')?;
    let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds = i64::from(hours) * 3600 + i64::from(minutes) * 60;
    match sign {
        "+" => Some(seconds),
        "-" => Some(-seconds),
        _ => None,
    }
}

fn peer_names(case: &file::Case<'_>) -> Result<Vec<PeerName>, FileError> {
    let mut names = Vec::new();
    if let Some(value) = case.optional("expected_peer_name") {
        names.push(peer_name(case, "expected_peer_name", value)?);
    }
    for value in case.list("expected_peer_names")? {
        names.push(peer_name(case, "expected_peer_names", value)?);
    }
    Ok(names)
}

fn peer_name(
    case: &file::Case<'_>,
    field: &'static str,
    value: &Value,
) -> Result<PeerName, FileError> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let (Some(kind), Some(name)) = (text("kind"), text("value")) else {
        return Err(case.wrong(field, "no strings `kind` and `value`"));
    };
    match kind {
        "DNS" => Ok(PeerName::Dns(name.to_string())),
        "RFC822" => Ok(PeerName::Email(name.to_string())),
        "IP" => name
            .parse()
            .map(PeerName::Ip)
            .map_err(|error| case.wrong(field, error)),
        other => Err(case.wrong(field, format!("{other:?} is none of DNS, RFC822 and IP"))),
    }
}
