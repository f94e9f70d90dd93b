//! Chains that are built in, and specifications from files, which [`allod_chain_spec`] reads.

pub use allod_chain_spec::export;
use allod_chain_spec::{MAX_SPEC_BYTES, Spec};
use allod_service::GenesisRule;
use sc_chain_spec::ChainType;
use serde_json::json;
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use std::{fs, path::Path};

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

/// Whether a database may begin otherwise than the chain that a user means by `id`.
pub fn genesis_rule(id: &str) -> GenesisRule {
    match id {
        // Their runtime is the program's: every build begins them anew.
        "dev" | "development" | "local" => GenesisRule::AsBegun,
        _file => GenesisRule::AsSpecified,
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
    allod_chain_spec::read(&text, allod_runtime::WASM_BINARY)
        .map_err(|error| format!("{shown}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

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
    fn what_is_wrong_with_a_file_is_told_with_its_path() {
        assert!(load_text(&exported(local)).is_ok());
        let error = load_text(&json!({})).err().unwrap();
        assert!(
            error.contains("spec.json: field `name` is missing"),
            "{error}"
        );
        let error = load("/no/such/file").err().unwrap();
        assert!(error.contains("/no/such/file"), "{error}");
    }
}
