//! JSON from users, farmers and nodes.

use crate::{Seed, Target, repository};
use allod_core::{ChainParameters, HistorySize, SegmentHeader};
use allod_identity::{
    CertificateStatus, Check, CheckReport, Identifier, Issuance, KeyFingerprint, LinkReport,
    Outcome, Purpose, SignatureAlgorithm, VerificationReport,
};
use allod_identity_cli::SignatureFile;
use allod_rpc_types::{
    auto_id::{
        BlockHash, BlockReference, BlockRole, CertificateFingerprint, CertificateFormat,
        CertificateText, Change, CrlAnswer, CrlText, DetailsAnswer, IdentifierList, IdentityAnswer,
        IssuedByAnswer, PayloadAnswer, RegisterPayload, Request, RequestSignatures, SerialNumber,
        ServiceEntry, SignatureBytes, ToBeSignedAnswer, VerifyAnswer, VerifyOptions,
    },
    did::{DidText, Resolution, ResolveOptions},
    farmer::{
        FarmerChainInfo, PieceBytes, SealResponse, SealedBlock, SigningRequest, SlotInfo,
        SolutionSubmission,
    },
};
use allod_tls::source::{
    check_report,
    json_rpc::{Header, certificate_in, head_in, report_in},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{fmt::Debug, fs};

/// The targets of this module.
pub const TARGETS: &[Target] = &[
    Target {
        name: "json_request",
        run: json_request,
        seeds: json_request_seeds,
    },
    Target {
        name: "json_answer",
        run: json_answer,
        seeds: json_answer_seeds,
    },
    Target {
        name: "signature_file",
        run: signature_file,
        seeds: signature_file_seeds,
    },
    Target {
        name: "chain_parameters",
        run: chain_parameters,
        seeds: chain_parameters_seeds,
    },
    Target {
        name: "chain_spec",
        run: chain_spec,
        seeds: chain_spec_seeds,
    },
];

/// A type, and what reads its values.
type Reader = (&'static str, fn(&[u8]) -> bool);

/// A type that is read as it is.
macro_rules! reader {
    ($type:ident) => {
        (stringify!($type), read::<$type>)
    };
}

/// What a node takes. New ones come last: the corpus picks by position.
const REQUESTS: &[Reader] = &[
    reader!(Request),
    reader!(RequestSignatures),
    reader!(VerifyOptions),
    reader!(IdentifierList),
    reader!(SerialNumber),
    reader!(BlockHash),
    reader!(KeyFingerprint),
    reader!(CertificateFormat),
    reader!(CertificateText),
    reader!(CrlText),
    reader!(DidText),
    reader!(ResolveOptions),
    reader!(SolutionSubmission),
    reader!(SealResponse),
    reader!(Identifier),
    reader!(CertificateFingerprint),
    reader!(SignatureAlgorithm),
    reader!(SignatureBytes),
];

/// What those who ask a node take of it. New ones come last, too.
const ANSWERS: &[Reader] = &[
    ("IdentityAnswer", identity),
    ("VerifyAnswer", verification),
    ("Header", head),
    reader!(DetailsAnswer),
    reader!(Change),
    reader!(Resolution),
    reader!(FarmerChainInfo),
    reader!(SlotInfo),
    reader!(SigningRequest),
    reader!(SegmentHeader),
    reader!(PieceBytes),
    reader!(SealedBlock),
    reader!(ServiceEntry),
    reader!(Identifier),
    reader!(IssuedByAnswer),
    reader!(CertificateStatus),
    reader!(CrlAnswer),
    reader!(ToBeSignedAnswer),
    reader!(PayloadAnswer),
    reader!(RegisterPayload),
    reader!(ChainParameters),
    reader!(HistorySize),
];

/// The first byte picks a request, the others are its JSON.
fn json_request(bytes: &[u8]) -> bool {
    pick(REQUESTS, bytes)
}

/// The first byte picks an answer, the others are its JSON.
fn json_answer(bytes: &[u8]) -> bool {
    pick(ANSWERS, bytes)
}

fn pick(readers: &[Reader], bytes: &[u8]) -> bool {
    match bytes.split_first() {
        Some((kind, json)) => {
            let (_, reads) = readers[usize::from(*kind) % readers.len()];
            reads(json)
        }
        None => false,
    }
}

/// What is read arrives as it was read once it is written again.
fn parse<T: DeserializeOwned + Serialize + PartialEq + Debug>(json: &[u8]) -> Option<T> {
    match serde_json::from_slice::<T>(json) {
        Ok(value) => {
            let written = serde_json::to_vec(&value).expect("every value has its JSON");
            let again = serde_json::from_slice::<T>(&written).expect("what is written is read");
            assert_eq!(again, value);
            Some(value)
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    }
}

fn read<T: DeserializeOwned + Serialize + PartialEq + Debug>(json: &[u8]) -> bool {
    parse::<T>(json).is_some()
}

/// The identity and the block that answers are asked about.
const ASKED: (Identifier, BlockHash) = (Identifier([1; 32]), BlockHash([2; 32]));

/// The certificate of an identity is taken from an answer about it alone.
fn identity(json: &[u8]) -> bool {
    let (identifier, at) = ASKED;
    let Some(answer) = parse::<IdentityAnswer>(json) else {
        return false;
    };
    let found = certificate_in(Some(answer.clone()), identifier, at);
    let is_asked = answer.identifier == identifier && answer.block.hash == at;
    assert_eq!(found.is_ok(), is_asked);
    is_asked
}

/// A report that is taken says of one identity what every one of its links says.
fn verification(json: &[u8]) -> bool {
    let (identifier, at) = ASKED;
    let Some(answer) = parse::<VerifyAnswer>(json) else {
        return false;
    };
    let Ok(report) = report_in(answer.clone(), at) else {
        return false;
    };
    assert_eq!((answer.block.hash, answer.holds), (at, report.holds()));
    let is_taken = check_report(&report, identifier, Purpose::DigitalSignature).is_ok();
    if is_taken && report.holds() {
        let failed = |link: &LinkReport| {
            let mut checks = link.checks.iter();
            checks.any(|check| matches!(check.outcome, Outcome::Failed(_)))
        };
        assert!(!report.links.iter().any(failed));
        assert!(report.root.is_some());
    }
    is_taken
}

/// A header's hash is computed, whatever it holds.
fn head(json: &[u8]) -> bool {
    head_in(
        "chain_subscribeNewHeads",
        serde_json::from_slice::<Header>(json),
    )
    .is_ok()
}

/// The file of a signature over data: it has one payload, and is written as it was read.
fn signature_file(json: &[u8]) -> bool {
    let Ok(file) = SignatureFile::parse(json) else {
        return false;
    };
    let written = serde_json::to_vec(&file).expect("every value has its JSON");
    let again = SignatureFile::parse(&written).expect("what is written is read");
    assert_eq!(again, file);
    assert_eq!(again.payload(), file.payload());
    true
}

/// The chain's parameters in a specification: what is taken keeps every range, and is written as it was read.
fn chain_parameters(json: &[u8]) -> bool {
    let Some(parameters) = parse::<ChainParameters>(json) else {
        return false;
    };
    match parameters.check() {
        Ok(()) => {
            assert!(parameters.pieces_per_segment().is_power_of_two());
            assert!(parameters.segment_bytes() > 0);
            true
        }
        Err(error) => {
            let field = serde_json::to_value(&parameters).expect("it was read");
            assert!(field.get(error.field).is_some(), "{error}");
            false
        }
    }
}

/// A chain specification, plain or raw: one that is read is read again from what it is exported as, and is the same.
fn chain_spec(json: &[u8]) -> bool {
    const RUNTIME: Option<&[u8]> = Some(b"\0asm");
    match allod_chain_spec::read(json, RUNTIME) {
        Ok(spec) => {
            let text = spec.as_json(false).expect("it was read");
            let again = allod_chain_spec::read(text.as_bytes(), RUNTIME);
            let again = again.expect("what is written is read");
            assert_eq!(again.as_json(false).expect("it was read"), text);
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// The parameters of the chain `local`.
pub(crate) fn local_parameters() -> ChainParameters {
    serde_json::from_value(local_parameters_json()).expect("the built-in specification")
}

fn local_parameters_json() -> Value {
    local_spec()["genesis"]["runtimeGenesis"]["patch"]["farming"]["parameters"].clone()
}

/// The specification of the chain `local`, without a runtime.
fn local_spec() -> Value {
    let text = fs::read(repository("chain-specs/local.json")).expect("a built-in specification");
    serde_json::from_slice(&text).expect("a built-in specification")
}

fn of(kind: u8, json: Value) -> Vec<u8> {
    [vec![kind], json.to_string().into_bytes()].concat()
}

fn json_request_seeds() -> Vec<Seed> {
    let [identifier, issuer] = ["01", "02"].map(|octet| octet.repeat(32));
    let register = json!({
        "call": "register_issued", "certificate": "0x30", "issuer": issuer, "coIssuers": [identifier],
    });
    let guardians = json!({
        "call": "set_guardians", "identifier": identifier,
        "guardians": { "members": [issuer], "threshold": 1, "delay": 10 },
    });
    let services = json!({
        "call": "set_services", "identifier": identifier,
        "services": [{ "name": "a", "type": "A2A", "serviceEndpoint": "https://a.example" }],
    });
    let revoke = json!({
        "call": "revoke", "issuer": issuer, "serial": "0x8a01", "reason": "keyCompromise",
    });
    let nothing_said = json!({ "call": "set_controller", "identifier": identifier });
    let signatures = json!({
        "validUntil": 9, "signature": "0x05", "algorithm": "ed25519",
        "possession": { "signature": "0x06" },
        "consents": [{ "coIssuer": identifier, "validUntil": 9, "signature": "0x07" }],
    });
    let options = json!({
        "time": 5, "purpose": "keyCertSign", "acceptedRoots": [issuer],
        "at": format!("0x{identifier}"),
    });
    vec![
        Seed::valid("register", of(0, register)),
        Seed::valid("guardians", of(0, guardians)),
        Seed::valid("services", of(0, services)),
        Seed::valid("revoke", of(0, revoke)),
        Seed::valid("signatures", of(1, signatures)),
        Seed::valid("options", of(2, options)),
        Seed::valid("serial", of(4, json!("8A:01"))),
        Seed::valid("did", of(10, json!(format!("did:allod:{issuer}")))),
        Seed::invalid("nothing-said", of(0, nothing_said)),
        Seed::invalid("many", of(3, json!(vec![issuer; 101]))),
    ]
}

fn json_answer_seeds() -> Vec<Seed> {
    let (identifier, hash) = ASKED;
    let block = BlockReference { number: 7, hash };
    let identity = IdentityAnswer {
        identifier,
        key: KeyFingerprint([2; 32]),
        algorithm: SignatureAlgorithm::Ed25519,
        issuance: Issuance::SelfIssued,
        nonce: 1,
        registered_at: 3,
        certificate: vec![0x30].try_into().expect("short"),
        block,
    };
    let links = vec![LinkReport {
        identifier,
        checks: vec![CheckReport {
            check: Check::Registered,
            outcome: Outcome::Passed,
        }],
    }];
    let purpose = Some(Purpose::DigitalSignature);
    let verification = VerifyAnswer {
        holds: true,
        role: BlockRole::Given,
        block,
        report: VerificationReport::new(identifier, 5, purpose, links, None),
    };
    let header = json!({
        "parentHash": format!("0x{}", "01".repeat(32)),
        "number": "0x12c",
        "stateRoot": format!("0x{}", "02".repeat(32)),
        "extrinsicsRoot": format!("0x{}", "03".repeat(32)),
        "digest": { "logs": ["0x0004ff"] },
    });
    let slot = json!({
        "slot": 3, "globalChallenge": format!("0x{}", "ab".repeat(32)), "solutionRange": u64::MAX,
        "historySize": 5,
    });
    let value = |value: Result<Value, serde_json::Error>| value.expect("every value has its JSON");
    let identity = value(serde_json::to_value(identity));
    let mut about_another = identity.clone();
    about_another["identifier"] = "02".repeat(32).into();
    let verification = value(serde_json::to_value(verification));
    let mut contradicting = verification.clone();
    contradicting["holds"] = false.into();
    vec![
        Seed::valid("identity", of(0, identity)),
        Seed::valid("verification", of(1, verification)),
        Seed::valid("head", of(2, header)),
        Seed::valid("slot", of(7, slot)),
        Seed::invalid("about-another", of(0, about_another)),
        Seed::invalid("contradicting", of(1, contradicting)),
    ]
}

fn signature_file_seeds() -> Vec<Seed> {
    let file = json!({
        "context": "allod/data/1",
        "genesisHash": format!("0x{}", "01".repeat(32)),
        "identifier": "02".repeat(32),
        "certificate": "03".repeat(32),
        "block": 7,
        "sha256": "04".repeat(32),
        "algorithm": "ed25519",
        "signature": "0x05",
    });
    let mut other = file.clone();
    other["context"] = "allod/data/2".into();
    vec![
        Seed::valid("ed25519", file.to_string()),
        Seed::invalid("context", other.to_string()),
    ]
}

fn chain_parameters_seeds() -> Vec<Seed> {
    let local = local_parameters_json();
    let with = |field: &str, value: Value| {
        let mut changed = local.clone();
        changed[field] = value;
        changed.to_string()
    };
    vec![
        Seed::valid("local", local.to_string()),
        Seed::valid("slowest", with("slotDurationMs", json!(60_000))),
        Seed::invalid("hourly", with("slotDurationMs", json!(3_600_000))),
        Seed::invalid("never-final", with("confirmationDepth", json!(u32::MAX))),
        Seed::invalid("records", with("rawRecordsPerSegment", json!(7))),
        Seed::invalid("probability", with("slotProbability", json!([2, 1]))),
    ]
}

fn chain_spec_seeds() -> Vec<Seed> {
    let plain = local_spec();
    let mut raw = plain.clone();
    raw["genesis"] = json!({ "raw": { "top": { "0x3a636f6465": "0x" }, "childrenDefault": {} } });
    let misspelt = raw
        .to_string()
        .replace("childrenDefault", "childrenDefaults");
    let mut other_form = plain.clone();
    other_form["genesis"] = json!({ "runtimeGenesis": { "code": "0x" } });
    let with_rules = |rules: Value| {
        let mut spec = raw.clone();
        spec["rules"] = rules;
        spec.to_string()
    };
    let several = json!([{ "version": 1, "from": 0 }, { "version": 2, "from": 700 }]);
    let late = json!([{ "version": 1, "from": 1 }]);
    vec![
        Seed::valid("plain", plain.to_string()),
        Seed::valid("raw", raw.to_string()),
        Seed::invalid("no-patch", other_form.to_string()),
        Seed::invalid("misspelt", misspelt),
        Seed::valid("several-rules", with_rules(several)),
        Seed::invalid("late-rules", with_rules(late)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Every trait of JSON-RPC methods.
    const APIS: [&str; 4] = [
        include_str!("../../../node/rpc/src/history.rs"),
        include_str!("../../../node/rpc/src/auto_id/mod.rs"),
        include_str!("../../../node/rpc/src/did/mod.rs"),
        include_str!("../../../clients/farmer-rpc/src/api.rs"),
    ];
    /// Names in a signature that are no type which is parsed, or that the standard library parses.
    const NOT_OURS: [&str; 6] = [
        "Option",
        "Vec",
        "String",
        "RpcResult",
        "SubscriptionResult",
        "Extensions",
    ];

    /// The types of ours that a piece of a signature names.
    fn types(text: &str) -> impl Iterator<Item = String> {
        let words = text.split(|sign: char| !sign.is_ascii_alphanumeric());
        let types = words.filter(|word| word.starts_with(|first: char| first.is_ascii_uppercase()));
        types
            .filter(|word| !NOT_OURS.contains(word))
            .map(str::to_owned)
    }

    /// The types of parameters and of answers.
    fn travelling(source: &str) -> (BTreeSet<String>, BTreeSet<String>) {
        let (mut asked, mut answered) = (BTreeSet::new(), BTreeSet::new());
        let (_, behind) = source.split_once("#[rpc(").expect("a trait of methods");
        let (api, _) = behind.split_once("\n}\n").expect("its end");
        let code: Vec<_> = api
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        for method in code.join(" ").split(';') {
            let Some((attributes, signature)) = method.split_once(" fn ") else {
                continue;
            };
            let (parameters, answer) = signature.split_once("->").expect("an answer");
            asked.extend(types(parameters));
            answered.extend(types(answer));
            if let Some((_, item)) = attributes.split_once("item = ") {
                answered.extend(types(item));
            }
        }
        (asked, answered)
    }

    #[test]
    fn whatever_travels_over_json_rpc_is_read_here() {
        let of = |readers: &[Reader]| -> BTreeSet<String> {
            readers.iter().map(|(name, _)| (*name).into()).collect()
        };
        for source in APIS {
            let (asked, answered) = travelling(source);
            assert!(!answered.is_empty());
            let missing: Vec<_> = asked.difference(&of(REQUESTS)).cloned().collect();
            assert!(missing.is_empty(), "no request is read as {missing:?}");
            let missing: Vec<_> = answered.difference(&of(ANSWERS)).cloned().collect();
            assert!(missing.is_empty(), "no answer is read as {missing:?}");
        }
        // A trait in another file is a line above.
        let folders = ["node/rpc/src", "clients"];
        let traits: usize = folders
            .map(|folder| traits(&repository(folder)))
            .iter()
            .sum();
        assert_eq!(traits, APIS.len());
    }

    /// How many traits of methods the files below a folder have.
    fn traits(folder: &std::path::Path) -> usize {
        let entries = fs::read_dir(folder).expect("a folder of the repository");
        let of_entry = |entry: Result<fs::DirEntry, _>| {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("node_modules") {
                traits(&path)
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                text.lines()
                    .filter(|line| line.starts_with("#[rpc(server"))
                    .count()
            } else {
                0
            }
        };
        entries.map(of_entry).sum()
    }
}
