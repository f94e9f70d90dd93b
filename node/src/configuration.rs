//! The SDK's configuration of a node, from its arguments.

use crate::arguments::defaults;
use sc_cli::{
    ChainSpec, CliConfiguration, ImportParams, NetworkParams, Result, RpcEndpoint, RunCmd,
    SharedParams,
};
use sc_network::config::{NetworkConfiguration, Secret};
use sc_service::{
    Role,
    config::{
        BasePath, NodeKeyConfig, PrometheusConfig, TelemetryEndpoints, TransactionPoolOptions,
    },
};
use std::{
    io,
    path::{Path, PathBuf},
};

/// [`RunCmd`] with what holds for every node of this chain: no role but one, no keys in a keystore,
/// no off-chain workers, no telemetry. How JSON-RPC is served is said for each of its addresses.
pub struct NodeConfiguration {
    /// What the arguments say.
    pub run: RunCmd,
}

impl NodeConfiguration {
    /// For a command that works on what a node keeps, and runs none.
    pub fn of_data(chain: &str, base_path: Option<&Path>) -> Self {
        let mut run = defaults();
        run.shared_params.chain = Some(chain.to_owned());
        run.shared_params.base_path = base_path.map(Path::to_owned);
        Self { run }
    }
}

impl CliConfiguration for NodeConfiguration {
    fn shared_params(&self) -> &SharedParams {
        self.run.shared_params()
    }

    fn import_params(&self) -> Option<&ImportParams> {
        self.run.import_params()
    }

    fn network_params(&self) -> Option<&NetworkParams> {
        self.run.network_params()
    }

    fn network_config(
        &self,
        chain_spec: &Box<dyn ChainSpec>,
        is_dev: bool,
        is_validator: bool,
        net_config_dir: PathBuf,
        client_id: &str,
        node_name: &str,
        node_key: NodeKeyConfig,
        default_listen_port: u16,
    ) -> Result<NetworkConfiguration> {
        // The SDK makes the network key here already. A command that runs no node, and one that ends because a port
        // is taken, shall leave nothing behind: `take_network_key` does it for a node that starts.
        Ok(self.run.network_params.network_config(
            chain_spec,
            is_dev,
            is_validator,
            Some(net_config_dir),
            client_id,
            node_name,
            node_key,
            default_listen_port,
        ))
    }

    fn base_path(&self) -> Result<Option<BasePath>> {
        self.run.base_path()
    }

    fn role(&self, _is_dev: bool) -> Result<Role> {
        // Farmers come and go: a node that makes blocks is like any other to its peers.
        Ok(Role::Full)
    }

    fn node_name(&self) -> Result<String> {
        self.run.node_name()
    }

    fn transaction_pool(&self, is_dev: bool) -> Result<TransactionPoolOptions> {
        self.run.transaction_pool(is_dev)
    }

    fn prometheus_config(
        &self,
        default_listen_port: u16,
        chain_spec: &Box<dyn ChainSpec>,
    ) -> Result<Option<PrometheusConfig>> {
        self.run.prometheus_config(default_listen_port, chain_spec)
    }

    fn telemetry_endpoints(
        &self,
        _chain_spec: &Box<dyn ChainSpec>,
    ) -> Result<Option<TelemetryEndpoints>> {
        Ok(None)
    }

    fn rpc_addr(&self, default_listen_port: u16) -> Result<Option<Vec<RpcEndpoint>>> {
        let mut endpoints = self.run.rpc_addr(default_listen_port)?;
        for endpoint in endpoints.iter_mut().flatten() {
            // A client looks for the node at the port that was asked for.
            endpoint.retry_random_port = false;
        }
        Ok(endpoints)
    }

    fn rpc_max_connections(&self) -> Result<u32> {
        self.run.rpc_max_connections()
    }
}

/// Refuses a file for the network key whose folder is not there: a typing error, which would make folders.
///
/// # Errors
/// What is not there.
pub fn check_network_key_file(file: &Path) -> std::result::Result<(), String> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => Err(format!(
            "--node-key-file {}: there is no folder {}",
            file.display(),
            folder.display()
        )),
        Some(_) | None => Ok(()),
    }
}

/// Reads the network key, or makes it where there is none, and completes the addresses that hold its hash. `option` is
/// by what its file is named.
///
/// # Errors
/// What is wrong with which file.
pub fn take_network_key(
    network: &mut NetworkConfiguration,
    option: &str,
) -> std::result::Result<(), String> {
    let NodeKeyConfig::Ed25519(secret) = &network.node_key;
    let file = match secret {
        Secret::File(file) => Some(file.clone()),
        Secret::Input(_) | Secret::New => None,
    };
    let pair = network.node_key.clone().into_keypair().map_err(|error| {
        let file = file.unwrap_or_default();
        let file = file.display();
        match error.kind() {
            io::ErrorKind::InvalidData => format!(
                "network key {file} ({option}): no key; it is 32 bytes of Ed25519, raw or as 64 hex digits"
            ),
            _ => format!("network key {file} ({option}): {error}"),
        }
    })?;
    network.node_key = NodeKeyConfig::Ed25519(Secret::Input(pair.secret()));
    network
        .validate_and_complete_webrtc_addresses()
        .map_err(|error| format!("--listen-addr, --public-addr: {error}"))
}
