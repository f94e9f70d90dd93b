//! Arguments of a running node, those that mean something on this chain and no others.
//!
//! They become the SDK's [`RunCmd`], whose other arguments keep their defaults: this chain has no
//! validators and no session keys, one database, one network library and one way to sync.

use clap::Parser;
use sc_cli::{
    Cors, DatabasePruningMode, ImportParams, NetworkParams, NodeKeyParams, PrometheusParams,
    PruningParams, RpcMethods, RpcParams, RunCmd, SharedParams, TransactionPoolParams,
};
use sc_service::config::{IpNetwork, Multiaddr, MultiaddrWithPeerId};
use std::{num::NonZeroU32, path::PathBuf};

/// Most peers of each kind that a node may be told to have: each takes memory and an open file.
const MAX_PEERS: i64 = 10_000;

/// Largest transaction pool in KiB: 1 TiB.
const MAX_POOL_KIB: u64 = 1 << 30;

/// Arguments of a node, whatever it does besides following its chain.
#[derive(Debug, Clone, clap::Args)]
pub struct NodeArguments {
    #[command(flatten)]
    pub data: DataArguments,

    #[command(flatten)]
    pub network: NetworkArguments,

    #[command(flatten)]
    pub rpc: RpcArguments,

    #[command(flatten)]
    pub metrics: MetricsArguments,

    #[command(flatten)]
    pub pool: PoolArguments,

    #[command(flatten)]
    pub log: LogArguments,
}

/// What a node keeps, and where.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Data")]
pub struct DataArguments {
    /// Folder of everything that the node keeps: database, history, network key, and the plot unless
    /// it has a folder of its own [default: ~/.local/share/allod].
    #[arg(long, short = 'd', value_name = "FOLDER")]
    pub base_path: Option<PathBuf>,

    /// Keep everything in a temporary folder that is removed when the node stops.
    #[arg(long, conflicts_with = "base_path")]
    pub tmp: bool,

    /// Blocks whose state is kept: the last N final ones, all final ones (`archive-canonical`), or all
    /// (`archive`). Decided when the database is made; N may change later [default: 256].
    #[arg(long, value_name = "N|archive-canonical|archive", value_parser = pruning)]
    pub state_pruning: Option<DatabasePruningMode>,

    /// Blocks whose extrinsics and justification are kept: the last N final ones, all final ones
    /// (`archive-canonical`), or all (`archive`). The archived history is kept in any case.
    #[arg(
        long,
        value_name = "N|archive-canonical|archive",
        default_value = "archive-canonical",
        value_parser = pruning
    )]
    pub blocks_pruning: DatabasePruningMode,

    /// Bytes of memory for the state cache; 0 for none.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 30)]
    pub trie_cache_size: usize,
}

/// Whom a node talks to.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkArguments {
    /// Name that peers see [default: a random one].
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// TCP and UDP port for peers; 0 for one that is free [default: 30333].
    #[arg(long, value_name = "PORT", conflicts_with = "listen_addr")]
    pub port: Option<u16>,

    /// Addresses to listen at for peers [default: --port on every interface, as
    /// /ip4/0.0.0.0/tcp/30333/ws].
    #[arg(long, value_name = "MULTIADDR", num_args = 1.., value_parser = address)]
    pub listen_addr: Vec<Multiaddr>,

    /// Addresses at which peers reach this node, where it cannot see them itself.
    #[arg(long, value_name = "MULTIADDR", num_args = 1.., value_parser = address)]
    pub public_addr: Vec<Multiaddr>,

    /// Nodes to ask for peers first, beside those that the chain specification names.
    #[arg(long, value_name = "MULTIADDR/p2p/PEER", num_args = 1.., value_parser = peer)]
    pub bootnodes: Vec<MultiaddrWithPeerId>,

    /// Peers to stay connected to, beyond the limits of --in-peers and --out-peers.
    #[arg(long, value_name = "MULTIADDR/p2p/PEER", num_args = 1.., value_parser = peer)]
    pub reserved_nodes: Vec<MultiaddrWithPeerId>,

    /// Have no other peers than the reserved ones.
    #[arg(long, requires = "reserved_nodes")]
    pub reserved_only: bool,

    /// Connections to other nodes that this one makes.
    #[arg(long, value_name = "COUNT", default_value_t = 8,
        value_parser = clap::value_parser!(u32).range(0..=MAX_PEERS))]
    pub out_peers: u32,

    /// Connections from other nodes that this one takes.
    #[arg(long, value_name = "COUNT", default_value_t = 32,
        value_parser = clap::value_parser!(u32).range(0..=MAX_PEERS))]
    pub in_peers: u32,

    /// Do not look for peers in the local network (mDNS). `allod dev` never does.
    #[arg(long)]
    pub no_mdns: bool,

    /// Tell peers of addresses in local networks, too. On development and local chains that is so
    /// anyway.
    #[arg(long)]
    pub discover_local: bool,

    /// Connect to private addresses (RFC 1918), too. On development and local chains that is so
    /// anyway.
    #[arg(long, conflicts_with = "no_private_ip")]
    pub allow_private_ip: bool,

    /// Never connect to private addresses (RFC 1918), but for --bootnodes and --reserved-nodes.
    #[arg(long)]
    pub no_private_ip: bool,

    /// Peers to ask for the same blocks at once.
    #[arg(long, value_name = "COUNT", default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(1..=MAX_PEERS))]
    pub max_parallel_downloads: u32,

    /// Blocks to ask a peer for in one request; fewer on a slow connection.
    #[arg(long, value_name = "COUNT", default_value_t = 64,
        value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub max_blocks_per_request: u32,

    /// File with the network key, 32 bytes of Ed25519, raw or as hex; made if it is not there
    /// [default: network/secret_ed25519 beside the database].
    #[arg(long, value_name = "FILE")]
    pub node_key_file: Option<PathBuf>,

    /// The network key itself, as hex, for tests: other users of the machine can read it.
    #[arg(long, value_name = "HEX", conflicts_with = "node_key_file", value_parser = network_key)]
    pub node_key: Option<String>,
}

/// Whom a node serves by JSON-RPC, and how much.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "JSON-RPC")]
pub struct RpcArguments {
    /// Port for HTTP and WebSocket; 0 for one that is free [default: 9944].
    #[arg(long, value_name = "PORT")]
    pub rpc_port: Option<u16>,

    /// Listen on every interface, not only on this machine.
    #[arg(long)]
    pub rpc_external: bool,

    /// Methods to serve.
    #[arg(long, value_name = "SET", value_enum, ignore_case = true, default_value_t = RpcMethods::Auto)]
    pub rpc_methods: RpcMethods,

    /// Origins whose pages may call from a browser, with commas between them, or `all` [default: this
    /// machine's and https://polkadot.js.org; with `allod dev` all].
    #[arg(long, value_name = "ORIGINS", value_parser = origins)]
    pub rpc_cors: Option<Cors>,

    /// Connections at once.
    #[arg(long, value_name = "COUNT", default_value_t = sc_cli::RPC_DEFAULT_MAX_CONNECTIONS)]
    pub rpc_max_connections: u32,

    /// Subscriptions at once, for each connection.
    #[arg(long, value_name = "COUNT", default_value_t = sc_cli::RPC_DEFAULT_MAX_SUBS_PER_CONN)]
    pub rpc_max_subscriptions_per_connection: u32,

    /// Messages that wait for a slow client, for each connection.
    #[arg(long, value_name = "COUNT", default_value_t = sc_cli::RPC_DEFAULT_MESSAGE_CAPACITY_PER_CONN)]
    pub rpc_message_buffer_capacity_per_connection: u32,

    /// Largest request in MiB.
    #[arg(long, value_name = "MIB", default_value_t = sc_cli::RPC_DEFAULT_MAX_REQUEST_SIZE_MB)]
    pub rpc_max_request_size: u32,

    /// Largest answer in MiB.
    #[arg(long, value_name = "MIB", default_value_t = sc_cli::RPC_DEFAULT_MAX_RESPONSE_SIZE_MB)]
    pub rpc_max_response_size: u32,

    /// Calls in one batch request [default: no limit].
    #[arg(
        long,
        value_name = "COUNT",
        conflicts_with = "rpc_disable_batch_requests"
    )]
    pub rpc_max_batch_request_len: Option<u32>,

    /// Refuse batch requests.
    #[arg(long)]
    pub rpc_disable_batch_requests: bool,

    /// Calls per minute, for each connection [default: no limit].
    #[arg(long, value_name = "COUNT")]
    pub rpc_rate_limit: Option<NonZeroU32>,

    /// Addresses without a rate limit, as 192.0.2.0/24.
    #[arg(long, value_name = "CIDR", num_args = 1.., requires = "rpc_rate_limit",
        value_parser = network)]
    pub rpc_rate_limit_whitelisted_ips: Vec<IpNetwork>,

    /// Take the client's address from the headers X-Real-IP, X-Forwarded-For and Forwarded, for a node
    /// behind a proxy that sets them.
    #[arg(long, requires = "rpc_rate_limit_whitelisted_ips")]
    pub rpc_rate_limit_trust_proxy_headers: bool,
}

/// Metrics for Prometheus.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Metrics")]
pub struct MetricsArguments {
    /// Port of the metrics [default: 9615].
    #[arg(long, value_name = "PORT", conflicts_with = "no_prometheus")]
    pub prometheus_port: Option<u16>,

    /// Serve metrics on every interface, not only on this machine.
    #[arg(long, conflicts_with = "no_prometheus")]
    pub prometheus_external: bool,

    /// Serve no metrics.
    #[arg(long)]
    pub no_prometheus: bool,
}

/// Transactions that wait for a block.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Transaction pool")]
pub struct PoolArguments {
    /// Transactions in the pool.
    #[arg(long, value_name = "COUNT", default_value_t = 8192)]
    pub pool_limit: usize,

    /// KiB of transactions in the pool.
    #[arg(long, value_name = "KIB", default_value_t = 20480,
        value_parser = clap::value_parser!(u64).range(0..=MAX_POOL_KIB))]
    pub pool_kbytes: u64,

    /// Seconds for which an invalid transaction is banned [default: 1800].
    #[arg(long, value_name = "SECONDS")]
    pub tx_ban_seconds: Option<u64>,
}

/// What a node logs. It logs to standard error.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Log")]
pub struct LogArguments {
    /// Levels, for everything and for single targets, as `warn,sync=debug`: error, warn, info, debug or
    /// trace.
    #[arg(long, short = 'l', value_name = "LEVELS", num_args = 1.., value_parser = log_levels)]
    pub log: Vec<String>,

    /// Log level, target and thread with every line.
    #[arg(long)]
    pub detailed_log_output: bool,

    /// Log without colours.
    #[arg(long)]
    pub disable_log_color: bool,

    /// Let system_addLogFilter and system_resetLogFilter change the levels while the node runs, which
    /// costs time with every line.
    #[arg(long)]
    pub enable_log_reloading: bool,
}

/// What is kept, as the SDK reads it.
fn pruning(text: &str) -> Result<DatabasePruningMode, String> {
    let expected = "must be a number of blocks, `archive-canonical` or `archive`";
    text.parse::<DatabasePruningMode>()
        .map_err(|_| expected.into())
}

/// An address in a network.
fn address(text: &str) -> Result<Multiaddr, String> {
    text.parse::<Multiaddr>()
        .map_err(|error| format!("must be an address such as /ip4/192.0.2.1/tcp/30333: {error}"))
}

/// The address of a node.
fn peer(text: &str) -> Result<MultiaddrWithPeerId, String> {
    text.parse::<MultiaddrWithPeerId>().map_err(|error| {
        format!("must be an address such as /ip4/192.0.2.1/tcp/30333/p2p/12D3Koo…: {error}")
    })
}

/// Addresses of a network.
fn network(text: &str) -> Result<IpNetwork, String> {
    text.parse::<IpNetwork>()
        .map_err(|error| format!("must be a network such as 192.0.2.0/24: {error}"))
}

/// A network key, which is handed on as it was given.
fn network_key(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    match hex::decode(digits) {
        Ok(bytes) if bytes.len() == 32 => Ok(text.to_owned()),
        Ok(_) | Err(_) => Err("a network key has 64 hex digits".into()),
    }
}

/// Origins of web pages (RFC 6454 §6.1): a scheme and a host, with or without a port.
fn origins(text: &str) -> Result<Cors, String> {
    for origin in text
        .split(',')
        .filter(|origin| !matches!(*origin, "all" | "*"))
    {
        let host = origin.split_once("://").map(|(_, host)| host);
        let is_origin = host.is_some_and(|host| !host.is_empty() && !host.contains('/'));
        if !is_origin || !origin.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!(
                "{origin:?} is no origin, such as https://example.org or http://localhost:8000, nor `all`"
            ));
        }
    }
    text.parse()
        .map_err(|error: sc_cli::Error| error.to_string())
}

/// Log levels, as the SDK reads them; checked here, so that a wrong one is named.
fn log_levels(text: &str) -> Result<String, String> {
    // What is in brackets is about spans, and has commas of its own.
    if text.contains('[') {
        return Ok(text.to_owned());
    }
    for directive in text.split(',') {
        let level = directive
            .rsplit_once('=')
            .map_or(directive, |(_, level)| level);
        let target = directive.rsplit_once('=').map_or("", |(target, _)| target);
        let is_level = level.parse::<tracing::level_filters::LevelFilter>().is_ok();
        // Alone, a word that is no level is a target, of which everything is logged.
        let is_target = target.is_empty() && !directive.contains('=') && !directive.is_empty();
        if target.contains('=') || !(is_level || is_target) {
            return Err(format!(
                "{directive:?} is neither a level (error, warn, info, debug, trace, off) nor TARGET=LEVEL"
            ));
        }
    }
    Ok(text.to_owned())
}

/// The SDK's arguments as they are when none is given.
pub fn defaults() -> RunCmd {
    RunCmd::parse_from::<_, &str>([])
}

impl NodeArguments {
    /// These arguments as the SDK's, on the chain that is named.
    pub fn run_cmd(&self, chain: &str) -> RunCmd {
        let sdk = defaults();
        RunCmd {
            name: self.network.name.clone(),
            tmp: self.data.tmp,
            rpc_params: self.rpc.params(sdk.rpc_params),
            prometheus_params: self.metrics.params(),
            shared_params: SharedParams {
                chain: Some(chain.to_owned()),
                base_path: self.data.base_path.clone(),
                log: self.log.log.clone(),
                detailed_log_output: self.log.detailed_log_output,
                disable_log_color: self.log.disable_log_color,
                enable_log_reloading: self.log.enable_log_reloading,
                ..sdk.shared_params
            },
            import_params: self.data.params(sdk.import_params),
            network_params: self.network.params(sdk.network_params),
            pool_config: self.pool.params(sdk.pool_config),
            ..sdk
        }
    }
}

impl DataArguments {
    fn params(&self, sdk: ImportParams) -> ImportParams {
        ImportParams {
            pruning_params: PruningParams {
                state_pruning: self.state_pruning,
                blocks_pruning: self.blocks_pruning,
            },
            trie_cache_size: self.trie_cache_size,
            ..sdk
        }
    }
}

impl NetworkArguments {
    fn params(&self, sdk: NetworkParams) -> NetworkParams {
        NetworkParams {
            bootnodes: self.bootnodes.clone(),
            reserved_nodes: self.reserved_nodes.clone(),
            reserved_only: self.reserved_only,
            public_addr: self.public_addr.clone(),
            listen_addr: self.listen_addr.clone(),
            port: self.port,
            no_private_ip: self.no_private_ip,
            allow_private_ip: self.allow_private_ip,
            out_peers: self.out_peers,
            in_peers: self.in_peers,
            // No client of this chain is a light one.
            in_peers_light: 0,
            no_mdns: self.no_mdns,
            max_parallel_downloads: self.max_parallel_downloads,
            node_key_params: NodeKeyParams {
                node_key: self.node_key.clone(),
                node_key_file: self.node_key_file.clone(),
                ..sdk.node_key_params
            },
            discover_local: self.discover_local,
            max_blocks_per_request: self.max_blocks_per_request,
            ..sdk
        }
    }
}

impl RpcArguments {
    fn params(&self, sdk: RpcParams) -> RpcParams {
        RpcParams {
            rpc_external: self.rpc_external,
            rpc_methods: self.rpc_methods,
            rpc_rate_limit: self.rpc_rate_limit,
            rpc_rate_limit_whitelisted_ips: self.rpc_rate_limit_whitelisted_ips.clone(),
            rpc_rate_limit_trust_proxy_headers: self.rpc_rate_limit_trust_proxy_headers,
            rpc_max_request_size: self.rpc_max_request_size,
            rpc_max_response_size: self.rpc_max_response_size,
            rpc_max_subscriptions_per_connection: self.rpc_max_subscriptions_per_connection,
            rpc_port: self.rpc_port,
            rpc_max_connections: self.rpc_max_connections,
            rpc_message_buffer_capacity_per_connection: self
                .rpc_message_buffer_capacity_per_connection,
            rpc_disable_batch_requests: self.rpc_disable_batch_requests,
            rpc_max_batch_request_len: self.rpc_max_batch_request_len,
            rpc_cors: self.rpc_cors.clone(),
            ..sdk
        }
    }
}

impl MetricsArguments {
    fn params(&self) -> PrometheusParams {
        PrometheusParams {
            prometheus_port: self.prometheus_port,
            prometheus_external: self.prometheus_external,
            no_prometheus: self.no_prometheus,
        }
    }
}

impl PoolArguments {
    fn params(&self, sdk: TransactionPoolParams) -> TransactionPoolParams {
        TransactionPoolParams {
            pool_limit: self.pool_limit,
            // At most 1 TiB, which any machine that runs a node can count.
            pool_kbytes: usize::try_from(self.pool_kbytes).unwrap_or(usize::MAX >> 10),
            tx_ban_seconds: self.tx_ban_seconds,
            ..sdk
        }
    }
}

#[cfg(test)]
mod tests;
