//! The chain that a network follows: small, quick, and of no other test.

use allod_core::{ChainParameters, Hash};
use allod_e2e::{binary, run};
use allod_import_tests::harness::Node as Offline;
use serde_json::{Value, json};
use std::{fs, path::Path};

/// A chain, and the file that nodes are started with.
#[derive(Debug, Clone)]
pub struct Chain {
    /// What `--chain` is given.
    pub file: String,
    /// Of its first block.
    pub genesis_hash: Hash,
    specification: Vec<u8>,
}

impl Chain {
    /// The development chain under another name, as a network whose nodes wait and compare, with what `change` makes
    /// of its parameters.
    pub async fn like_development(
        folder: &Path,
        id: &str,
        change: impl FnOnce(&mut ChainParameters),
    ) -> Self {
        let printed = run(binary(), &["spec", "dev"], folder).await;
        assert_eq!(printed.code, 0, "{}", printed.err);
        let mut spec: Value = serde_json::from_str(&printed.out).expect("JSON");
        spec["id"] = json!(id);
        spec["protocolId"] = json!(id);
        spec["chainType"] = json!("Local");
        let parameters = &mut spec["genesis"]["runtimeGenesis"]["patch"]["farming"]["parameters"];
        let mut changed: ChainParameters =
            serde_json::from_value(parameters.clone()).expect("the chain's parameters");
        change(&mut changed);
        *parameters = serde_json::to_value(changed).expect("JSON");
        let path = folder.join(format!("{id}.json"));
        fs::write(&path, spec.to_string()).expect("the folder is there");
        let file = path.to_str().expect("a plain name").to_owned();
        // With the binary's own runtime in it.
        let raw = run(binary(), &["spec", &file, "--raw"], folder).await;
        assert_eq!(raw.code, 0, "{}", raw.err);
        let mut chain = Self {
            file,
            genesis_hash: [0; 32],
            specification: raw.out.into_bytes(),
        };
        chain.genesis_hash = chain.offline().genesis_hash();
        chain
    }

    /// A node of this chain without a network, which makes blocks for attackers.
    pub fn offline(&self) -> Offline {
        let spec = allod_chain_spec::read(&self.specification, None).expect("it is right");
        let genesis = allod_chain_spec::genesis_storage(&spec).expect("the runtime takes it");
        Offline::of_genesis(genesis)
    }
}
