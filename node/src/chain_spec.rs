//! Chains that are built in, and specifications from files, which [`allod_chain_spec`] reads.

pub use allod_chain_spec::export;
use allod_chain_spec::{Extensions, MAX_SPEC_BYTES, Spec, network::Network};
use allod_runtime::{
    TESTNET_RUNTIME_PRESET,
    configs::{ALD_DECIMALS, SS58_PREFIX},
};
use allod_service::GenesisRule;
use sc_chain_spec::{ChainSpecBuilder, ChainType};
use serde_json::{Value, json};
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use std::{fs, path::Path};

/// The runtime that is built in.
pub fn runtime() -> Result<&'static [u8], String> {
    allod_runtime::WASM_BINARY.ok_or_else(|| {
        "this binary was built without a runtime (SKIP_WASM_BUILD); build it with `make build`"
            .into()
    })
}

/// A chain that is built in.
pub struct BuiltIn {
    /// What the command line calls it; the first name is the one that files and messages have.
    pub names: &'static [&'static str],
    /// Name for people.
    title: &'static str,
    /// Name of folders and protocols.
    id: &'static str,
    /// Its genesis in the runtime.
    preset: &'static str,
    kind: ChainType,
    /// Whether a database may begin otherwise.
    database: GenesisRule,
}

/// The chain of `allod dev`.
pub const DEVELOPMENT: BuiltIn = BuiltIn {
    names: &["development", "dev"],
    title: "Allod Development",
    id: "allod-dev",
    preset: DEV_RUNTIME_PRESET,
    kind: ChainType::Development,
    // Its runtime is the program's: every build begins it anew.
    database: GenesisRule::AsBegun,
};

/// A network of several nodes on one machine, or in one network.
pub const LOCAL: BuiltIn = BuiltIn {
    names: &["local"],
    title: "Allod Local Testnet",
    id: "allod-local",
    preset: LOCAL_TESTNET_RUNTIME_PRESET,
    kind: ChainType::Local,
    // Its runtime is the program's: every build begins it anew.
    database: GenesisRule::AsBegun,
};

/// A network on the internet, with the parameters of production.
pub const TESTNET: BuiltIn = BuiltIn {
    names: &["testnet"],
    title: "Allod Testnet",
    id: "allod-testnet",
    preset: TESTNET_RUNTIME_PRESET,
    kind: ChainType::Live,
    database: GenesisRule::AsSpecified,
};

/// Every chain that is built in. Nothing else names them.
pub static BUILT_IN: [BuiltIn; 3] = [DEVELOPMENT, LOCAL, TESTNET];

impl BuiltIn {
    /// The name that files and messages have.
    pub const fn name(&self) -> &'static str {
        self.names[0]
    }

    /// Its specification.
    pub fn spec(&self) -> Result<Spec, String> {
        let spec = builder(self.title, self.id, self.kind.clone())?;
        Ok(spec.with_genesis_config_preset_name(self.preset).build())
    }

    /// Its genesis, as a change of the runtime's default.
    pub fn genesis(&self) -> Value {
        let preset = allod_runtime::genesis_presets::get_preset(&self.preset.into());
        let preset = preset.unwrap_or_default();
        serde_json::from_slice(&preset).unwrap_or_default()
    }
}

/// What `--chain` may be, for its help.
pub fn chain_help(what: &str) -> String {
    let names = BUILT_IN
        .each_ref()
        .map(|chain| format!("`{}`", chain.name()));
    format!(
        "{what}: {}, or the path of a specification",
        names.join(", ")
    )
}

/// What all chains of this program have.
fn builder(title: &str, id: &str, kind: ChainType) -> Result<ChainSpecBuilder<Extensions>, String> {
    let properties = json!({
        "tokenSymbol": "ALD",
        "tokenDecimals": ALD_DECIMALS,
        "ss58Format": SS58_PREFIX,
    });
    let properties = properties.as_object().cloned().unwrap_or_default();
    Ok(Spec::builder(runtime()?, Extensions::default())
        .with_name(title)
        .with_id(id)
        .with_protocol_id(id)
        .with_chain_type(kind)
        .with_properties(properties))
}

/// Refuses the id of a chain that is built in for a network of one's own.
pub fn check_is_no_built_in(id: &str) -> Result<(), String> {
    let chain = BUILT_IN
        .iter()
        .find(|chain| chain.id.eq_ignore_ascii_case(id));
    chain.map_or(Ok(()), |chain| {
        Err(format!(
            "field `id`: `{id}` is the chain `{}` that is built in; a network of one's own has an id of its own",
            chain.name()
        ))
    })
}

/// The specification of a network of one's own.
pub fn of_network(network: Network) -> Result<Spec, String> {
    check_is_no_built_in(&network.id)?;
    let builder = builder(&network.name, &network.id, network.kind)?;
    Ok(builder
        .with_boot_nodes(network.boot_nodes)
        .with_genesis_config_patch(network.genesis)
        .build())
}

/// The specification that a user means by `id`: a name or a path.
pub fn load(id: &str) -> Result<Box<dyn sc_chain_spec::ChainSpec>, String> {
    Ok(Box::new(load_spec(id)?))
}

/// Like [`load`], with its type.
pub fn load_spec(id: &str) -> Result<Spec, String> {
    if id.is_empty() {
        return Err(format!(
            "no chain is given: --chain {}, or the path of a specification",
            LOCAL.name()
        ));
    }
    match built_in(id) {
        Some(chain) => chain.spec(),
        None => from_file(Path::new(id)),
    }
}

/// Whether a database may begin otherwise than the chain that a user means by `id`.
pub fn genesis_rule(id: &str) -> GenesisRule {
    built_in(id).map_or(GenesisRule::AsSpecified, |chain| chain.database)
}

/// The chain that is built in under this name.
fn built_in(name: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|chain| chain.names.contains(&name))
}

fn from_file(path: &Path) -> Result<Spec, String> {
    let shown = path.display();
    let size = fs::metadata(path)
        .map_err(|error| {
            let names = BUILT_IN.each_ref().map(BuiltIn::name).join(", ");
            format!("{shown} is neither a chain ({names}) nor a readable file: {error}")
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

    fn exported(chain: &BuiltIn) -> Value {
        serde_json::from_str(&export(&chain.spec().unwrap(), false).unwrap()).unwrap()
    }

    fn load_text(value: &Value) -> Result<Spec, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spec.json");
        fs::write(&path, value.to_string()).unwrap();
        from_file(&path)
    }

    #[test]
    fn the_files_in_the_repository_are_the_built_in_chains() {
        for chain in &BUILT_IN {
            let name = chain.name();
            let path = format!("{}/../chain-specs/{name}.json", env!("CARGO_MANIFEST_DIR"));
            let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            assert_eq!(file, exported(chain), "{name}: run `make specs`");
        }
    }

    #[test]
    fn names_and_ids_are_those_of_one_chain() {
        let names: Vec<_> = BUILT_IN.iter().flat_map(|chain| chain.names).collect();
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        // Folders and protocols of those that run are called so.
        let ids = BUILT_IN.each_ref().map(|chain| chain.id);
        assert_eq!(ids, ["allod-dev", "allod-local", "allod-testnet"]);
    }

    /// A preset that no chain has would be in every runtime for nothing; a chain of a preset that is not there would
    /// begin with the runtime's default.
    #[test]
    fn every_preset_is_that_of_one_chain() {
        let mut presets = allod_runtime::genesis_presets::preset_names();
        let mut built_in = BUILT_IN.each_ref().map(|chain| chain.preset).to_vec();
        presets.sort();
        built_in.sort();
        let presets: Vec<&str> = presets.iter().map(AsRef::as_ref).collect();
        assert_eq!(presets, built_in);
    }

    #[test]
    fn a_network_of_ones_own_has_the_limits_of_the_runtime() {
        use allod_chain_spec::network::{MAX_ENDOWMENTS, MAX_FIXED_PRICE};
        assert_eq!(MAX_ENDOWMENTS, allod_runtime::genesis::MAX_ENDOWMENTS);
        let ceiling = allod_runtime::configs::StoragePrice::get().ceiling;
        assert_eq!(u128::from(MAX_FIXED_PRICE), ceiling);
    }

    #[test]
    fn an_exported_chain_has_the_genesis_of_the_built_in_one() {
        let storage =
            |spec: Spec| sc_chain_spec::ChainSpec::as_storage_builder(&spec).build_storage();
        let loaded = storage(load_text(&exported(&DEVELOPMENT)).unwrap()).unwrap();
        assert_eq!(
            loaded.top,
            storage(DEVELOPMENT.spec().unwrap()).unwrap().top
        );
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told_with_its_path() {
        assert!(load_text(&exported(&LOCAL)).is_ok());
        let error = load_text(&json!({})).err().unwrap();
        assert!(
            error.contains("spec.json: field `name` is missing"),
            "{error}"
        );
        let error = load("/no/such/file").err().unwrap();
        assert!(error.contains("/no/such/file"), "{error}");
    }
}
