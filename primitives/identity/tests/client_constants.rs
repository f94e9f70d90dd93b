//! The constants of the JavaScript and Python packages, which are written from those here and held against them.

use std::{fs, path::PathBuf};

use allod_identity::{
    MAX_CERTIFICATE_SIZE, MAX_CO_ISSUERS, MAX_CRL_SIZE, MAX_GUARDIANS, MAX_RECOVERY_DELAY,
    MAX_SERIAL_OCTETS, MAX_SERVICES, MAX_SIGNATURE_SIZE, RevocationReason, SignatureAlgorithm,
    control::{MAX_SERVICE_URI, MAX_SERVICE_WORD},
    request::{REQUEST_CONTEXT, REVOCATION_CONTEXT},
};
use allod_x509::{
    Digest, KeyAlgorithm, RSA_MAX_BITS, RSA_MIN_BITS,
    builder::tlv,
    limits::{MAX_ITERATIONS, MAX_PRIVATE_KEY_SIZE},
};
use serde::Serialize;

/// What writes the files anew.
const COMMAND: &str = "ALLOD_WRITE_CONSTANTS=1 cargo test --release --locked -p allod-identity --test client_constants";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Constants {
    limits: Limits,
    contexts: Contexts,
    keys: Vec<Key>,
    algorithms: Vec<Algorithm>,
    reasons: Vec<Reason>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
    certificate_size: u32,
    crl_size: u32,
    signature_size: u32,
    serial_octets: u32,
    co_issuers: u32,
    guardians: u32,
    recovery_delay: u32,
    services: u32,
    service_word: u32,
    service_uri: u32,
    rsa_min_bits: u32,
    rsa_max_bits: u32,
    /// Bytes of a private key's file.
    key_size: usize,
    /// Iterations of PBKDF2 that a key under a password may ask for.
    key_iterations: u64,
}

/// What a request begins with, by pallet.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Contexts {
    auto_id: &'static str,
    revocation: &'static str,
}

#[derive(Serialize)]
struct Key {
    name: &'static str,
    /// DER of the `AlgorithmIdentifier` in `subjectPublicKeyInfo`, in hex.
    identifier: String,
    /// The algorithm of a request unless another one is requested.
    default: &'static str,
}

#[derive(Serialize)]
struct Algorithm {
    name: &'static str,
    /// The byte in SCALE.
    index: u8,
    key: &'static str,
    digest: Option<&'static str>,
    /// Octets of salt, for RSASSA-PSS.
    salt: Option<u8>,
    /// DER of the `AlgorithmIdentifier` of a signature, in hex.
    identifier: String,
}

#[derive(Serialize)]
struct Reason {
    name: &'static str,
    number: u8,
}

impl Constants {
    fn new() -> Self {
        let sequence = |contents: &[u8]| hex::encode(tlv(0x30, contents));
        Self {
            limits: Limits {
                certificate_size: MAX_CERTIFICATE_SIZE,
                crl_size: MAX_CRL_SIZE,
                signature_size: MAX_SIGNATURE_SIZE,
                serial_octets: MAX_SERIAL_OCTETS,
                co_issuers: MAX_CO_ISSUERS,
                guardians: MAX_GUARDIANS,
                recovery_delay: MAX_RECOVERY_DELAY,
                services: MAX_SERVICES,
                service_word: MAX_SERVICE_WORD,
                service_uri: MAX_SERVICE_URI,
                rsa_min_bits: RSA_MIN_BITS,
                rsa_max_bits: RSA_MAX_BITS,
                key_size: MAX_PRIVATE_KEY_SIZE,
                key_iterations: MAX_ITERATIONS,
            },
            contexts: Contexts {
                auto_id: REQUEST_CONTEXT,
                revocation: REVOCATION_CONTEXT,
            },
            keys: KeyAlgorithm::ALL
                .map(|key| Key {
                    name: key.name(),
                    identifier: sequence(key.identifier().as_ref()),
                    default: key.default_signature().name(),
                })
                .into(),
            algorithms: SignatureAlgorithm::ALL
                .map(|algorithm| Algorithm {
                    name: algorithm.name(),
                    index: algorithm.number(),
                    key: algorithm.key_algorithm().name(),
                    digest: algorithm.scheme().digest().map(Digest::name),
                    salt: algorithm.scheme().salt_size(),
                    identifier: sequence(algorithm.identifier().as_ref()),
                })
                .into(),
            reasons: RevocationReason::ALL
                .map(|reason| Reason {
                    name: reason.name(),
                    number: reason.number(),
                })
                .into(),
        }
    }
}

/// A TypeScript union of these names.
fn union(names: impl IntoIterator<Item = &'static str>) -> String {
    let names: Vec<_> = names
        .into_iter()
        .map(|name| format!("\n  | '{name}'"))
        .collect();
    names.concat()
}

/// Each file below `clients`, and what it must hold.
fn files() -> [(&'static str, String); 3] {
    let json = serde_json::to_string_pretty(&Constants::new()).unwrap();
    let origin =
        "Written from the constants in Rust by `primitives/identity/tests/client_constants.rs`.";
    let names = format!(
        "// {origin}\n\n/** A signature algorithm. */\nexport type Algorithm ={};\n\n/** The kind of a key. */\n\
         export type KeyKind ={};\n\n/** RFC 5280, 5.3.1, without certificateHold and removeFromCRL. */\n\
         export type Reason ={};\n",
        union(SignatureAlgorithm::ALL.map(SignatureAlgorithm::name)),
        union(KeyAlgorithm::ALL.map(KeyAlgorithm::name)),
        union(RevocationReason::ALL.map(RevocationReason::name)),
    );
    [
        (
            "javascript/src/constants.js",
            format!("// {origin}\n\nexport default {json};\n"),
        ),
        ("javascript/src/names.d.ts", names),
        (
            "python/src/allod_auto_id/constants.json",
            format!("{json}\n"),
        ),
    ]
}

#[test]
fn packages_have_the_constants_of_the_chain() {
    let clients = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../clients"));
    for (name, expected) in files() {
        let path = clients.join(name);
        if std::env::var_os("ALLOD_WRITE_CONSTANTS").is_some() {
            fs::write(&path, &expected).unwrap();
        }
        let actual = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            actual == expected,
            "clients/{name} differs from the constants in Rust; this writes it anew: {COMMAND}"
        );
    }
}
