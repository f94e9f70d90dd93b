//! Chain specifications in files: whatever the bytes are, they give a specification or the field that is wrong.
//!
//! A specification is JSON in Substrate's plain or raw form. In a plain one the runtime may be `"0x"`: the one that
//! is built into the program is taken then, as the files in `chain-specs/` have it. Before a plain one is used, the
//! chain's parameters in it are checked one by one, so that a wrong one is named; a raw one has them in its storage.
//! Either form may have [`rules`], which say up to which block a release can follow the network.
//! [`network`] makes one for a network of one's own.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing
    )
)]

mod checkpoint;
mod extensions;
mod genesis;
pub mod network;
mod numbers;
pub mod rules;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use extensions::{Extensions, checkpoint, rules_of};
pub use genesis::{GenesisError, genesis_storage};

use allod_core::{
    ChainParameters,
    parameters::{MAX_CHAIN_ID_BYTES, ParameterError},
};
use sc_chain_spec::GenericChainSpec;
use serde_json::{Map, Value};

/// A chain specification.
pub type Spec = GenericChainSpec<Extensions>;

/// Largest specification that is read, in bytes: far above one with a runtime and a large genesis.
pub const MAX_SPEC_BYTES: u64 = 256 << 20;

/// Fields that every specification has.
const FIELDS: [&str; 3] = ["name", "id", "genesis"];
/// Fields that a specification may have besides.
const OPTIONAL_FIELDS: [&str; 10] = [
    rules::FIELD,
    "chainType",
    "bootNodes",
    "telemetryEndpoints",
    "protocolId",
    "forkId",
    "properties",
    "codeSubstitutes",
    CHECKPOINT_FIELD,
    // Older tools write it, as null.
    "consensusEngine",
];
/// The field that names a block which the chain must have.
const CHECKPOINT_FIELD: &str = "checkpoint";
/// What some editors begin a file with to say that it is UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// The two forms of a plain genesis: changes to the runtime's preset, or all of it.
const GENESIS_FORMS: [&str; 2] = ["patch", "config"];

/// Why bytes are no chain specification.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// They are no JSON.
    #[error("no chain specification: {0}")]
    Json(#[source] serde_json::Error),
    /// They are JSON of another kind.
    #[error("a chain specification is a JSON object")]
    NoObject,
    /// A field is missing.
    #[error("field `{0}` is missing")]
    Missing(&'static str),
    /// A field has no meaning: a typing error would go unseen.
    #[error("field `{field}` is unknown; expected one of {expected}")]
    Unknown {
        /// Its path.
        field: String,
        /// The fields that there may be.
        expected: String,
    },
    /// A number is none that a chain can count with.
    #[error("field `{field}`: {number} is no whole number below 2^128")]
    Number {
        /// Its path.
        field: String,
        /// The number as it is written.
        number: String,
    },
    /// The id, a folder's name on every node, is none.
    #[error(
        "field `id`: a folder on every node is called so: 1 to {MAX_CHAIN_ID_BYTES} of a-z, A-Z, 0-9, - and _"
    )]
    Id,
    /// The checkpoint is none.
    #[error("field `{CHECKPOINT_FIELD}`: {0}")]
    Checkpoint(#[source] CheckpointError),
    /// The genesis is no object.
    #[error("field `genesis` must be an object")]
    Genesis,
    /// The genesis is neither plain nor raw.
    #[error("field `genesis` must have `runtimeGenesis` or `raw`")]
    GenesisForm,
    /// The plain genesis has no content, or two.
    #[error("field `genesis.runtimeGenesis` must have `patch` or `config`, and only one of them")]
    RuntimeGenesis,
    /// The chain's parameters are missing.
    #[error("field `{}` is missing", parameters_field(.0))]
    ParametersMissing(&'static str),
    /// A parameter is missing.
    #[error("field `{}.{field}` is missing", parameters_field(.form))]
    ParameterMissing {
        /// `patch` or `config`.
        form: &'static str,
        /// Which one.
        field: String,
    },
    /// A parameter is out of its range.
    #[error("field `{}.{}`: {}", parameters_field(.form), .error.field, .error.expected)]
    Parameter {
        /// `patch` or `config`.
        form: &'static str,
        /// Which parameter, and what would be right.
        error: ParameterError,
    },
    /// Its rules of blocks are none.
    #[error(transparent)]
    Rules(#[from] rules::RulesError),
    /// A field that a network's file has, too, is of another type, or out of its range.
    #[error("{0}")]
    Network(network::NetworkError),
    /// The specification leaves the runtime to the program, which has none.
    #[error("the specification leaves the runtime out, and this program was built without one")]
    NoRuntime,
    /// Substrate refuses it.
    #[error("{0}")]
    Substrate(String),
}

fn parameters_field(form: &str) -> String {
    format!("genesis.runtimeGenesis.{form}.farming.parameters")
}

/// Reads a specification; `built_in_runtime` is the WASM to be taken where it leaves the runtime out.
///
/// # Errors
/// One variant of [`SpecError`] for each cause.
pub fn read(json: &[u8], built_in_runtime: Option<&[u8]>) -> Result<Spec, SpecError> {
    let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
    let mut spec: Value = serde_json::from_slice(json).map_err(SpecError::Json)?;
    numbers::make_whole(&mut spec)?;
    if let Some(runtime_genesis) = runtime_genesis(&mut spec)? {
        check_parameters(runtime_genesis)?;
        fill_in_runtime(runtime_genesis, built_in_runtime)?;
    }
    let json = serde_json::to_vec(&spec).map_err(SpecError::Json)?;
    let spec = Spec::from_json_bytes(json).map_err(SpecError::Substrate)?;
    // Substrate looks at the genesis no earlier than it needs it.
    spec.as_json(false).map_err(SpecError::Substrate)?;
    Ok(spec)
}

/// Whether a chain may be called so: its data lie in a folder of that name, and nowhere else.
fn is_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=MAX_CHAIN_ID_BYTES).contains(&id.len()) && id.bytes().all(allowed)
}

/// The plain form of the genesis; none in a raw specification.
fn runtime_genesis(spec: &mut Value) -> Result<Option<&mut Map<String, Value>>, SpecError> {
    let fields = spec.as_object_mut().ok_or(SpecError::NoObject)?;
    if let Some(missing) = FIELDS
        .into_iter()
        .find(|field| !fields.contains_key(*field))
    {
        return Err(SpecError::Missing(missing));
    }
    only(fields, "", FIELDS.iter().chain(&OPTIONAL_FIELDS))?;
    if !fields.get("id").and_then(Value::as_str).is_some_and(is_id) {
        return Err(SpecError::Id);
    }
    if let Some(rules) = fields.get(rules::FIELD) {
        rules::read(rules)?;
    }
    if let Some(checkpoint) = fields
        .get(CHECKPOINT_FIELD)
        .filter(|value| !value.is_null())
    {
        let text = checkpoint.as_str().ok_or(CheckpointError::Form);
        let checkpoint = text.and_then(str::parse::<Checkpoint>);
        checkpoint.map_err(SpecError::Checkpoint)?;
    }
    if let Some(name) = fields.get("name").and_then(Value::as_str) {
        network::check_name(name).map_err(SpecError::Network)?;
    }
    let genesis = fields.get_mut("genesis").and_then(Value::as_object_mut);
    let genesis = genesis.ok_or(SpecError::Genesis)?;
    if genesis.contains_key("raw") {
        return Ok(None);
    }
    let plain = genesis.get_mut("runtimeGenesis");
    let plain = plain.and_then(Value::as_object_mut);
    plain.map(Some).ok_or(SpecError::GenesisForm)
}

/// Refuses a field that is none of those that there may be; `path` is that of the object, with a dot after it.
fn only<'a>(
    fields: &Map<String, Value>,
    path: &str,
    expected: impl Iterator<Item = &'a &'static str> + Clone,
) -> Result<(), SpecError> {
    match fields
        .keys()
        .find(|field| !expected.clone().any(|known| known == field))
    {
        None => Ok(()),
        Some(unknown) => Err(SpecError::Unknown {
            field: format!("{path}{unknown}"),
            expected: expected.copied().collect::<Vec<_>>().join(", "),
        }),
    }
}

/// Checks what Substrate's own reading leaves to a panic in the runtime.
fn check_parameters(runtime_genesis: &Map<String, Value>) -> Result<(), SpecError> {
    let fields = ["code"];
    only(
        runtime_genesis,
        "genesis.runtimeGenesis.",
        fields.iter().chain(&GENESIS_FORMS),
    )?;
    let mut forms = GENESIS_FORMS
        .into_iter()
        .filter_map(|form| runtime_genesis.get(form).map(|content| (form, content)));
    let (Some((form, content)), None) = (forms.next(), forms.next()) else {
        return Err(SpecError::RuntimeGenesis);
    };
    let parameters = content
        .pointer("/farming/parameters")
        .ok_or(SpecError::ParametersMissing(form))?;
    read_parameters(form, parameters)?
        .check()
        .map_err(|error| SpecError::Parameter { form, error })?;
    let path = format!("genesis.runtimeGenesis.{form}");
    network::check_genesis(&path, content).map_err(SpecError::Network)
}

/// The chain's parameters, every one of which has to be there.
fn read_parameters(form: &'static str, parameters: &Value) -> Result<ChainParameters, SpecError> {
    let path = parameters_field(form);
    let example = serde_json::to_value(network::example()).map_err(SpecError::Json)?;
    let (Value::Object(example), Some(given)) = (example, parameters.as_object()) else {
        return Err(SpecError::Network(network::NetworkError::Field {
            field: path,
            expected: format!("must be an object, not {parameters}"),
        }));
    };
    if let Some(field) = example.keys().find(|field| !given.contains_key(*field)) {
        return Err(SpecError::ParameterMissing {
            form,
            field: field.clone(),
        });
    }
    network::read_parameters(&path, example, given).map_err(SpecError::Network)
}

fn fill_in_runtime(
    runtime_genesis: &mut Map<String, Value>,
    built_in_runtime: Option<&[u8]>,
) -> Result<(), SpecError> {
    if runtime_genesis.get("code").and_then(Value::as_str) != Some("0x") {
        return Ok(());
    }
    let code = built_in_runtime.ok_or(SpecError::NoRuntime)?;
    let code = format!("0x{}", hex::encode(code));
    runtime_genesis.insert("code".into(), code.into());
    Ok(())
}

/// A specification as text. Not raw, the runtime is left out and the preset is written out.
///
/// # Errors
/// Substrate's, as it says them.
pub fn export(spec: &Spec, raw: bool) -> Result<String, String> {
    let text = spec.as_json(raw)?;
    if raw {
        return Ok(text);
    }
    let mut value: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    if let Some(genesis) = value
        .pointer_mut("/genesis/runtimeGenesis")
        .and_then(Value::as_object_mut)
    {
        genesis.insert("code".into(), "0x".into());
    }
    serde_json::to_string_pretty(&value).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const LOCAL: &[u8] = include_bytes!("../../../chain-specs/local.json");
    const RUNTIME: Option<&[u8]> = Some(b"\0asm");
    const PARAMETERS: &str = "/genesis/runtimeGenesis/patch/farming/parameters";

    /// The error of the specification of `local` with a change.
    fn error_of(change: impl FnOnce(&mut Value)) -> String {
        let mut spec = serde_json::from_slice(LOCAL).unwrap();
        change(&mut spec);
        let read = read(spec.to_string().as_bytes(), RUNTIME);
        read.err().unwrap().to_string()
    }

    #[test]
    fn an_id_is_the_name_of_one_folder() {
        for wrong in [
            "",
            ".",
            "..",
            "../../evil",
            "My Net/1",
            "a\\b",
            "a\0b",
            "ä",
            &"a".repeat(65),
        ] {
            let error = error_of(|spec| spec["id"] = json!(wrong));
            assert!(error.starts_with("field `id`: "), "{wrong:?}: {error}");
        }
        assert!(error_of(|spec| spec["id"] = json!(7)).starts_with("field `id`: "));
        for right in ["a", "my-net_1", &"a".repeat(64)] {
            let mut spec: Value = serde_json::from_slice(LOCAL).unwrap();
            spec["id"] = json!(right);
            assert!(
                read(spec.to_string().as_bytes(), RUNTIME).is_ok(),
                "{right}"
            );
        }
    }

    #[test]
    fn a_checkpoint_is_read_checked_and_written_again() {
        let hash = "0f".repeat(32);
        let text = format!("1000:0x{hash}");
        let mut json: Value = serde_json::from_slice(LOCAL).unwrap();
        assert_eq!(checkpoint(&read(LOCAL, RUNTIME).unwrap()), None);
        json["checkpoint"] = json!(null);
        let spec = read(json.to_string().as_bytes(), RUNTIME).unwrap();
        assert_eq!(checkpoint(&spec), None);
        json["checkpoint"] = json!(text);
        let spec = read(json.to_string().as_bytes(), RUNTIME).unwrap();
        let expected = Checkpoint {
            number: 1000,
            hash: [0x0f; 32],
        };
        assert_eq!(checkpoint(&spec), Some(expected));
        let exported: Value = serde_json::from_str(&export(&spec, false).unwrap()).unwrap();
        assert_eq!(exported, json);
        for (wrong, expected) in [
            (json!(7), "field `checkpoint`: a checkpoint is written"),
            (json!({}), "field `checkpoint`: a checkpoint is written"),
            (json!(hash), "field `checkpoint`: a checkpoint is written"),
            (
                json!(format!("0:0x{hash}")),
                "field `checkpoint`: the number",
            ),
            (json!("5:0x0f"), "field `checkpoint`: the hash"),
        ] {
            let error = error_of(|spec| spec["checkpoint"] = wrong);
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn a_file_may_begin_with_a_byte_order_mark_and_have_numbers_of_javascript() {
        let text = std::str::from_utf8(LOCAL).unwrap();
        let balance = "1000000000000000000\n";
        assert!(text.contains(balance));
        let text = format!("\u{feff}{}", text.replacen(balance, "1e+18\n", 1));
        let spec = read(text.as_bytes(), RUNTIME).unwrap();
        let exported: Value = serde_json::from_str(&export(&spec, false).unwrap()).unwrap();
        assert_eq!(exported, serde_json::from_slice::<Value>(LOCAL).unwrap());
        let error =
            error_of(|spec| spec.pointer_mut(PARAMETERS).unwrap()["eraLength"] = json!(0.5));
        assert!(
            error.starts_with(
                "field `genesis.runtimeGenesis.patch.farming.parameters.eraLength`: 0.5 is no"
            ),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_leaves_the_runtime_out_gets_the_built_in_one() {
        let spec = read(LOCAL, RUNTIME).unwrap();
        let text = spec.as_json(false).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["genesis"]["runtimeGenesis"]["code"], "0x0061736d");
        let exported: Value = serde_json::from_str(&export(&spec, false).unwrap()).unwrap();
        assert_eq!(exported, serde_json::from_slice::<Value>(LOCAL).unwrap());
        assert!(matches!(read(LOCAL, None), Err(SpecError::NoRuntime)));
    }

    #[test]
    fn a_specification_says_which_rules_hold_from_where() {
        let rules_in = |spec: &Spec| rules_of(sc_chain_spec::ChainSpec::extensions(spec));
        let mut json: Value = serde_json::from_slice(LOCAL).unwrap();
        assert_eq!(json["rules"], json!([{ "version": 1, "from": 0 }]));
        json["rules"] = json!([{ "version": 1, "from": 0 }, { "version": 2, "from": 7e2 }]);
        let spec = read(json.to_string().as_bytes(), RUNTIME).unwrap();
        let written: Value = serde_json::from_str(&export(&spec, false).unwrap()).unwrap();
        assert_eq!(written["rules"][1], json!({ "version": 2, "from": 700 }));
        let rules = rules_in(&spec);
        assert!(rules.version_of(699).is_ok());
        assert_eq!(rules.version_of(700).unwrap_err().from, 700);

        // One from before there were any.
        json.as_object_mut().unwrap().remove("rules");
        let spec = read(json.to_string().as_bytes(), RUNTIME).unwrap();
        assert_eq!(rules_in(&spec), Default::default());

        let error = error_of(|spec| spec["rules"] = json!([{ "version": 1, "from": 1 }]));
        assert_eq!(
            error,
            "field `rules[0].from`: must be 0 in the first entry, not 1"
        );
    }

    #[test]
    fn a_broken_specification_is_refused_with_the_field_that_is_wrong() {
        let at_parameters = |field: &'static str, value: Value| {
            error_of(move |spec| spec.pointer_mut(PARAMETERS).unwrap()[field] = value)
        };
        for (field, value, expected) in [
            (
                "rawRecordsPerSegment",
                json!(7),
                "parameters.rawRecordsPerSegment`",
            ),
            ("piecesPerSector", json!(60), "parameters.piecesPerSector`"),
            (
                "slotProbability",
                json!([2, 1]),
                "parameters.slotProbability`",
            ),
            (
                "initialIterations",
                json!("many"),
                "parameters.initialIterations`: must be a whole number from 1 to 4294967295, not \"many\"",
            ),
            (
                "confirmationDepth",
                json!(-1),
                "parameters.confirmationDepth`: must be a whole number from 0 to 4294967295, not -1",
            ),
        ] {
            let error = at_parameters(field, value);
            assert!(error.contains(expected), "{error}");
        }
        let without = |path: &'static str, field: &'static str| {
            error_of(move |spec| {
                let object = spec.pointer_mut(path).and_then(Value::as_object_mut);
                object.unwrap().remove(field).unwrap();
            })
        };
        for (path, field, expected) in [
            (PARAMETERS, "eraLength", "eraLength"),
            ("", "genesis", "`genesis` is missing"),
            ("/genesis", "runtimeGenesis", "`runtimeGenesis` or `raw`"),
            ("/genesis/runtimeGenesis", "patch", "`patch` or `config`"),
            (
                "/genesis/runtimeGenesis/patch/farming",
                "parameters",
                "`genesis.runtimeGenesis.patch.farming.parameters` is missing",
            ),
        ] {
            let error = without(path, field);
            assert!(error.contains(expected), "{error}");
        }
        let error = error_of(|spec| spec["genesis"] = json!(5));
        assert!(error.contains("must be an object"), "{error}");
        assert!(matches!(read(b"[]", RUNTIME), Err(SpecError::NoObject)));
        assert!(matches!(read(b"{", RUNTIME), Err(SpecError::Json(_))));
        let error = error_of(|spec| spec["chainType"] = json!(5));
        assert!(!error.is_empty());
        for (path, unknown) in [
            ("", "`foo`"),
            ("/genesis/runtimeGenesis", "`genesis.runtimeGenesis.foo`"),
        ] {
            let error = error_of(|spec| spec.pointer_mut(path).unwrap()["foo"] = json!(1));
            let expected = format!("field {unknown} is unknown; expected one of ");
            assert!(error.starts_with(&expected), "{error}");
        }
        let error = error_of(|spec| {
            let genesis = spec.pointer_mut("/genesis/runtimeGenesis").unwrap();
            genesis["config"] = genesis["patch"].clone();
        });
        assert!(error.contains("only one of them"), "{error}");
        let raw = json!({ "raw": { "top": {}, "childrenDefaults": {} } });
        let error = error_of(|spec| spec["genesis"] = raw);
        assert!(error.contains("`childrenDefaults`"), "{error}");
    }
}
