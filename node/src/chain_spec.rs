//! Chains that are built in, and specifications from files.
//!
//! A specification is a JSON file in Substrate's plain or raw form. In a plain one the runtime may
//! be `"0x"`: the one that is built into this binary is taken then, as the files in `chain-specs/`
//! have it. Before a specification is used, the chain's parameters in it are checked one by one, so
//! that a wrong one is named.

use allod_core::ChainParameters;
use sc_chain_spec::{ChainType, GenericChainSpec};
use serde_json::{Value, json};
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use std::{fs, path::Path};

/// A chain specification without extensions.
pub type Spec = GenericChainSpec;

/// Largest specification that is read: far above one with a runtime and a large genesis.
const MAX_SPEC_BYTES: u64 = 256 << 20;

/// The runtime that is built in.
pub fn runtime() -> Result<&'static [u8], String> {
    allod_runtime::WASM_BINARY.ok_or_else(|| {
        "this binary was built without a runtime (SKIP_WASM_BUILD); build it with `make build`"
            .into()
    })
}

fn built_in(name: &str, id: &str, preset: &str, kind: ChainType) -> Result<Spec, String> {
    let properties = json!({ "tokenSymbol": "ALD", "tokenDecimals": 12, "ss58Format": 42 });
    let properties = properties.as_object().cloned().unwrap_or_default();
    Ok(Spec::builder(runtime()?, None)
        .with_name(name)
        .with_id(id)
        .with_protocol_id(id)
        .with_chain_type(kind)
        .with_properties(properties)
        .with_genesis_config_preset_name(preset)
        .build())
}

/// The chain of `allod dev`.
pub fn development() -> Result<Spec, String> {
    built_in(
        "Allod Development",
        "allod-dev",
        DEV_RUNTIME_PRESET,
        ChainType::Development,
    )
}

/// A test network of several nodes.
pub fn local() -> Result<Spec, String> {
    built_in(
        "Allod Local Testnet",
        "allod-local",
        LOCAL_TESTNET_RUNTIME_PRESET,
        ChainType::Local,
    )
}

/// The specification that a user means by `id`: a name or a path.
pub fn load(id: &str) -> Result<Box<dyn sc_chain_spec::ChainSpec>, String> {
    Ok(Box::new(load_spec(id)?))
}

/// Like [`load`], with its type.
pub fn load_spec(id: &str) -> Result<Spec, String> {
    match id {
        "" => Err("no chain is given: --chain local, or the path of a specification".into()),
        "dev" | "development" => development(),
        "local" => local(),
        path => from_file(Path::new(path)),
    }
}

fn from_file(path: &Path) -> Result<Spec, String> {
    let shown = path.display();
    let size = fs::metadata(path)
        .map_err(|error| {
            format!("{shown} is neither a chain (development, local) nor a readable file: {error}")
        })?
        .len();
    if size > MAX_SPEC_BYTES {
        return Err(format!(
            "{shown}: {size} bytes; a specification has at most {MAX_SPEC_BYTES}"
        ));
    }
    let text = fs::read(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let mut spec: Value = serde_json::from_slice(&text)
        .map_err(|error| format!("{shown} is no chain specification: {error}"))?;
    check(&mut spec).map_err(|error| format!("{shown}: {error}"))?;
    let spec = serde_json::to_vec(&spec).map_err(|error| format!("{shown}: {error}"))?;
    Spec::from_json_bytes(spec).map_err(|error| format!("{shown}: {error}"))
}

/// Checks what Substrate's own reading leaves to a panic in the runtime, naming the field, and puts
/// the built-in runtime in where the file leaves it open.
fn check(spec: &mut Value) -> Result<(), String> {
    let Some(fields) = spec.as_object() else {
        return Err("a chain specification is a JSON object".into());
    };
    for field in ["name", "id", "genesis"] {
        if !fields.contains_key(field) {
            return Err(format!("field `{field}` is missing"));
        }
    }
    let Some(genesis) = spec.get_mut("genesis").and_then(Value::as_object_mut) else {
        return Err("field `genesis` must be an object".into());
    };
    if genesis.contains_key("raw") {
        return Ok(());
    }
    let Some(runtime_genesis) = genesis
        .get_mut("runtimeGenesis")
        .and_then(Value::as_object_mut)
    else {
        return Err("field `genesis` must have `runtimeGenesis` or `raw`".into());
    };
    if runtime_genesis.get("code").and_then(Value::as_str) == Some("0x") {
        let code = format!("0x{}", hex::encode(runtime()?));
        runtime_genesis.insert("code".into(), code.into());
    }
    let config = ["patch", "config"]
        .into_iter()
        .find_map(|name| runtime_genesis.get(name).map(|config| (name, config)));
    let Some((name, config)) = config else {
        return Err("field `genesis.runtimeGenesis` must have `patch` or `config`".into());
    };
    let farming = format!("genesis.runtimeGenesis.{name}.farming.parameters");
    let parameters = config
        .pointer("/farming/parameters")
        .ok_or_else(|| format!("field `{farming}` is missing"))?;
    let parameters: ChainParameters = serde_json::from_value(parameters.clone())
        .map_err(|error| format!("field `{farming}`: {error}"))?;
    parameters
        .check()
        .map_err(|error| format!("field `{farming}.{}`: {}", error.field, error.expected))
}

/// A specification as text. Not raw, the runtime is left out and the preset is written out.
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

    fn exported(spec: fn() -> Result<Spec, String>) -> Value {
        serde_json::from_str(&export(&spec().unwrap(), false).unwrap()).unwrap()
    }

    fn load_text(value: &Value) -> Result<Spec, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spec.json");
        fs::write(&path, value.to_string()).unwrap();
        from_file(&path)
    }

    #[test]
    fn the_files_in_the_repository_are_the_built_in_chains() {
        type BuiltIn = fn() -> Result<Spec, String>;
        let specs: [(&str, BuiltIn); 2] = [("development", development), ("local", local)];
        for (name, spec) in specs {
            let path = format!("{}/../chain-specs/{name}.json", env!("CARGO_MANIFEST_DIR"));
            let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            assert_eq!(file, exported(spec), "run scripts/chain-specs.sh");
        }
    }

    #[test]
    fn an_exported_chain_has_the_genesis_of_the_built_in_one() {
        let storage =
            |spec: Spec| sc_chain_spec::ChainSpec::as_storage_builder(&spec).build_storage();
        let loaded = storage(load_text(&exported(development)).unwrap()).unwrap();
        assert_eq!(loaded.top, storage(development().unwrap()).unwrap().top);
    }

    #[test]
    fn a_broken_specification_is_refused_with_the_field_that_is_wrong() {
        let good = exported(local);
        assert!(load_text(&good).is_ok());
        let parameters = "/genesis/runtimeGenesis/patch/farming/parameters";
        let broken: [(&str, Value, &str); 4] = [
            ("rawRecordsPerSegment", json!(7), "rawRecordsPerSegment"),
            ("piecesPerSector", json!(60), "piecesPerSector"),
            ("slotProbability", json!([2, 1]), "slotProbability"),
            ("initialIterations", json!("many"), "invalid type"),
        ];
        for (field, value, expected) in broken {
            let mut spec = good.clone();
            spec.pointer_mut(parameters).unwrap()[field] = value;
            let error = load_text(&spec).err().unwrap();
            assert!(error.contains(expected), "{error}");
        }
        let mut spec = good.clone();
        spec.pointer_mut(parameters)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove("eraLength");
        assert!(load_text(&spec).err().unwrap().contains("eraLength"));
        let mut spec = good.clone();
        spec.as_object_mut().unwrap().remove("genesis");
        assert!(
            load_text(&spec)
                .err()
                .unwrap()
                .contains("`genesis` is missing")
        );
        assert!(
            load("/no/such/file")
                .err()
                .unwrap()
                .contains("/no/such/file")
        );
    }
}
