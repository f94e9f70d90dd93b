//! Arguments of the command line, and how they become a configuration.

use crate::{chain_spec, history};
use allod_identity_cli::IdCmd;
use clap::Parser;
use sc_cli::{
    ChainSpec, CliConfiguration, DefaultConfigurationValues, ImportParams, KeystoreParams,
    NetworkParams, OffchainWorkerParams, Result, RpcEndpoint, RunCmd, SharedParams, SubstrateCli,
};
use sc_service::{
    Role,
    config::{
        IpNetwork, PrometheusConfig, RpcBatchRequestConfig, RpcMethods, TelemetryEndpoints,
        TransactionPoolOptions,
    },
};
use std::{num::NonZeroU32, path::PathBuf};

/// A blockchain for an economy of people and autonomous agents.
#[derive(Debug, Parser)]
#[command(name = "allod", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Run a development chain: node, timekeeper and farmer in one process.
    ///
    /// Data is kept; `--tmp` for a chain that is not.
    Dev(Box<DevCmd>),
    /// Run a node, with or without timekeeper and farmer.
    Node(Box<NodeCmd>),
    /// Look at the archived history.
    #[command(subcommand)]
    History(history::HistoryCmd),
    /// Register and verify identities.
    Id(Box<IdCmd>),
    /// Print a chain specification.
    Spec(SpecCmd),
}

/// `allod dev`.
#[derive(Debug, clap::Args)]
pub struct DevCmd {
    /// Account that block rewards go to: an address, or a well-known name such as //Alice.
    #[arg(long, value_name = "ADDRESS", default_value = "//Alice")]
    pub reward_address: String,

    /// Options of the node.
    #[command(flatten)]
    pub run: RunCmd,
}

/// `allod node`.
#[derive(Debug, clap::Args)]
pub struct NodeCmd {
    /// Run the delay function on one of this machine's cores.
    #[arg(long)]
    pub timekeeper: bool,

    /// Core that the timekeeper runs on, counted from 0. Default: the last one.
    #[arg(long, value_name = "N", requires = "timekeeper")]
    pub timekeeper_core: Option<usize>,

    /// Farm a plot in this folder.
    #[arg(long, value_name = "FOLDER", requires = "reward_address")]
    pub farm: Option<PathBuf>,

    /// Sectors to farm.
    #[arg(long, value_name = "N", default_value_t = 2, requires = "farm")]
    pub sectors: u32,

    /// Account that block rewards go to: an address, or on a test network a well-known name such
    /// as //Alice.
    #[arg(long, value_name = "ADDRESS")]
    pub reward_address: Option<String>,

    /// Drop the local copy of the chain and its history first, and follow the network's heaviest
    /// chain. Plots and keys are kept.
    #[arg(long)]
    pub resync: bool,

    /// Options of the node.
    #[command(flatten)]
    pub run: RunCmd,
}

/// `allod spec`.
#[derive(Debug, clap::Args)]
pub struct SpecCmd {
    /// `development`, `local`, or the path of a specification.
    pub chain: String,

    /// With the runtime and all of the genesis state, so that every node that starts from it has
    /// the same genesis block, whatever it was built with.
    #[arg(long)]
    pub raw: bool,
}

impl SubstrateCli for Cli {
    fn impl_name() -> String {
        "Allod".into()
    }

    fn impl_version() -> String {
        env!("CARGO_PKG_VERSION").into()
    }

    fn executable_name() -> String {
        "allod".into()
    }

    fn description() -> String {
        env!("CARGO_PKG_DESCRIPTION").into()
    }

    fn author() -> String {
        "the Allod developers".into()
    }

    fn support_url() -> String {
        // What a panic prints after "Please report it at". The sources have no address of their own.
        "the issues of the repository that this binary was built from; SECURITY.md there says what to report in private"
            .into()
    }

    fn copyright_start_year() -> i32 {
        2026
    }

    fn load_spec(&self, id: &str) -> std::result::Result<Box<dyn ChainSpec>, String> {
        chain_spec::load(id)
    }
}

/// [`RunCmd`] with what follows from the kind of node.
pub struct NodeConfiguration<'a> {
    /// The node's options.
    pub run: &'a RunCmd,
}

impl CliConfiguration<Self> for NodeConfiguration<'_> {
    fn shared_params(&self) -> &SharedParams {
        self.run.shared_params()
    }

    fn import_params(&self) -> Option<&ImportParams> {
        self.run.import_params()
    }

    fn network_params(&self) -> Option<&NetworkParams> {
        self.run.network_params()
    }

    fn keystore_params(&self) -> Option<&KeystoreParams> {
        self.run.keystore_params()
    }

    fn offchain_worker_params(&self) -> Option<&OffchainWorkerParams> {
        self.run.offchain_worker_params()
    }

    fn base_path(&self) -> Result<Option<sc_service::BasePath>> {
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
        chain_spec: &Box<dyn ChainSpec>,
    ) -> Result<Option<TelemetryEndpoints>> {
        self.run.telemetry_endpoints(chain_spec)
    }

    fn rpc_addr(&self, default_listen_port: u16) -> Result<Option<Vec<RpcEndpoint>>> {
        self.run.rpc_addr(default_listen_port)
    }

    fn rpc_methods(&self) -> Result<RpcMethods> {
        self.run.rpc_methods()
    }

    fn rpc_max_connections(&self) -> Result<u32> {
        self.run.rpc_max_connections()
    }

    fn rpc_cors(&self, is_dev: bool) -> Result<Option<Vec<String>>> {
        self.run.rpc_cors(is_dev)
    }

    fn rpc_max_request_size(&self) -> Result<u32> {
        self.run.rpc_max_request_size()
    }

    fn rpc_max_response_size(&self) -> Result<u32> {
        self.run.rpc_max_response_size()
    }

    fn rpc_max_subscriptions_per_connection(&self) -> Result<u32> {
        self.run.rpc_max_subscriptions_per_connection()
    }

    fn rpc_buffer_capacity_per_connection(&self) -> Result<u32> {
        self.run.rpc_buffer_capacity_per_connection()
    }

    fn rpc_batch_config(&self) -> Result<RpcBatchRequestConfig> {
        self.run.rpc_batch_config()
    }

    fn rpc_rate_limit(&self) -> Result<Option<NonZeroU32>> {
        self.run.rpc_rate_limit()
    }

    fn rpc_rate_limit_whitelisted_ips(&self) -> Result<Vec<IpNetwork>> {
        self.run.rpc_rate_limit_whitelisted_ips()
    }

    fn rpc_rate_limit_trust_proxy_headers(&self) -> Result<bool> {
        self.run.rpc_rate_limit_trust_proxy_headers()
    }
}

impl DefaultConfigurationValues for NodeConfiguration<'_> {}
