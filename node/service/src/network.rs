//! The network: block sync by [`AllodSync`], gossip of proofs-of-time, transactions.
//!
//! The SDK's `build_network` makes a syncing strategy of its own; its parts are put together here
//! with ours instead.

use crate::{BlockHash, Context, Import, Pool, database::Parts, essential::EssentialTasks};
use allod_consensus::{AnnounceValidator, import_queue};
use allod_core::ProtocolNames;
use allod_runtime::opaque::Block;
use allod_sync::{
    AllodSync, Checkpoint, CheckpointMemory, ClientChain, Comparer, Judge, NewInner, Protocols,
    ResyncRule, Server, Settings,
};
use allod_timekeeper::{GossipNetwork, RequestNetwork};
use sc_chain_spec::ChainType;
use sc_consensus::ImportQueue as _;
use sc_network::{
    Litep2pNetworkBackend, NetworkBackend, NotificationMetrics, PeerId, ProtocolName,
    config::{FullNetworkConfiguration, IncomingRequest, Roles},
    service::traits::{NetworkService, NotificationService, RequestResponseConfig as _},
};
use sc_network_sync::{
    SyncingService,
    block_relay_protocol::BlockDownloader,
    engine::SyncingEngine,
    service::network::{NetworkServiceHandle, NetworkServiceProvider},
    state_request_handler::StateRequestHandler,
    strategy::{
        SyncingStrategy,
        polkadot::{PolkadotSyncingStrategy, PolkadotSyncingStrategyConfig},
    },
};
use sc_service::{
    BuildNetworkAdvancedParams, Configuration, Error, build_default_block_downloader,
    build_network_advanced, default_gap_sync_body_policy,
};
use sp_blockchain::HeaderBackend;
use std::{collections::HashSet, sync::Arc};
use substrate_prometheus_endpoint::Registry;
use tokio::sync::mpsc;

/// The one network implementation: a second one would double the time to compile this crate.
type Net = Litep2pNetworkBackend;
type NetConfig = FullNetworkConfiguration<Block, BlockHash, Net>;

/// What the network gives to the RPC server.
pub struct NetworkHandles {
    pub network: Arc<dyn NetworkService>,
    pub system_rpc_tx: sc_utils::mpsc::TracingUnboundedSender<sc_rpc::system::Request<Block>>,
    pub transactions: sc_network_transactions::TransactionsHandlerController<BlockHash>,
    pub sync: Arc<SyncingService<Block>>,
}

/// The running network.
pub struct Network {
    pub handles: NetworkHandles,
    pub gossip: GossipNetwork<Block>,
}

/// How this node follows its chain.
pub struct Following {
    /// A block that the chain must have.
    pub checkpoint: Option<Checkpoint>,
    /// Whether the copy of the chain may be dropped whatever it was compared with.
    pub resync_by_itself: bool,
    /// Told when the copy of the chain is to be dropped.
    pub ask_for_resync: mpsc::UnboundedSender<()>,
}

impl Following {
    /// When the copy of the chain is dropped without a word of the user's.
    fn resync_rule(&self, chain: &ChainType) -> ResyncRule {
        if self.resync_by_itself {
            return ResyncRule::Always;
        }
        match chain {
            // Somebody's own work, whose first block everybody has: whoever else is met by chance must not cost it.
            ChainType::Development => ResyncRule::Never,
            ChainType::Local | ChainType::Live | ChainType::Custom(_) => ResyncRule::IfProvisional,
        }
    }
}

/// Starts the network.
pub fn start(
    parts: &Parts,
    essential: &EssentialTasks,
    config: &Configuration,
    following: Following,
    block_import: &Import,
    pool: &Arc<Pool>,
) -> Result<Network, Error> {
    let registry = config.prometheus_registry();
    let metrics = notification_metrics(registry);
    let mut net_config = NetConfig::new(&config.network, registry.cloned());
    let time = TimeProtocols::register(protocol_names(parts, config), &mut net_config, &metrics);
    let queue = import_queue(block_import.clone(), essential, registry);
    let (context, provider) = (block_import.context(), NetworkServiceProvider::new());
    let handle = provider.handle();
    let strategy = strategy(parts, context, config, following, &mut net_config, handle)?;
    let (engine, sync_service, block_announce_config) = SyncingEngine::new(
        Roles::from(&config.role),
        parts.client.clone(),
        registry,
        metrics.clone(),
        &net_config,
        config.protocol_id(),
        config.chain_spec.fork_id(),
        Box::new(AnnounceValidator::new(context.clone())),
        strategy,
        provider.handle(),
        queue.service(),
        net_config.peer_store_handle(),
    )?;
    let spawn_essential_handle = parts.tasks.spawn_essential_handle();
    spawn_essential_handle.spawn_blocking("syncing", None, engine.run());
    let (network, system_rpc_tx, transactions, sync, _) =
        build_network_advanced(BuildNetworkAdvancedParams {
            role: config.role,
            protocol_id: config.protocol_id(),
            fork_id: config.chain_spec.fork_id(),
            announce_block: config.announce_block,
            net_config,
            client: parts.client.clone(),
            transaction_pool: pool.clone(),
            spawn_handle: parts.tasks.spawn_handle(),
            spawn_essential_handle,
            import_queue: queue,
            sync_service,
            block_announce_config,
            network_service_provider: provider,
            metrics_registry: registry,
            metrics,
            blocks_pruning: config.blocks_pruning,
        })?;
    let handles = NetworkHandles {
        network,
        system_rpc_tx,
        transactions,
        sync,
    };
    let gossip = time.gossip(&handles, registry);
    Ok(Network { handles, gossip })
}

fn notification_metrics(registry: Option<&Registry>) -> NotificationMetrics {
    <Net as NetworkBackend<Block, BlockHash>>::register_notification_metrics(registry)
}

/// Of every protocol of ours; the SDK names its own by the same two.
fn protocol_names(parts: &Parts, config: &Configuration) -> ProtocolNames {
    let genesis = parts.client.info().genesis_hash.into();
    ProtocolNames::of_chain(&genesis, config.chain_spec.fork_id())
}

/// What peers say by the protocols of proof-of-time.
struct TimeProtocols {
    names: ProtocolNames,
    notifications: Box<dyn NotificationService>,
    incoming: async_channel::Receiver<IncomingRequest>,
}

impl TimeProtocols {
    fn register(
        names: ProtocolNames,
        net_config: &mut NetConfig,
        metrics: &NotificationMetrics,
    ) -> Self {
        let peers = net_config.peer_store_handle();
        let (gossip, notifications) =
            allod_timekeeper::peers_set_config::<Block, Net>(&names, metrics.clone(), peers);
        net_config.add_notification_protocol(gossip);
        let (requests, incoming) = allod_timekeeper::requests_config::<Block, Net>(&names);
        net_config.add_request_response_protocol(requests);
        Self {
            names,
            notifications,
            incoming,
        }
    }

    /// What the timekeeper needs of the running network.
    fn gossip(self, handles: &NetworkHandles, registry: Option<&Registry>) -> GossipNetwork<Block> {
        GossipNetwork::new(
            handles.network.clone(),
            handles.sync.clone(),
            self.notifications,
            allod_timekeeper::protocol_name(&self.names),
            registry.cloned(),
        )
        .with_requests(RequestNetwork {
            network: Arc::new(handles.network.clone()),
            protocol: allod_timekeeper::requests_protocol_name(&self.names),
            incoming: self.incoming,
        })
    }
}

/// Our strategy around the SDK's.
fn strategy(
    parts: &Parts,
    context: &Context,
    config: &Configuration,
    following: Following,
    net_config: &mut NetConfig,
    handle: NetworkServiceHandle,
) -> Result<Box<dyn SyncingStrategy<Block>>, Error> {
    let inner = sdk_strategy(parts, config, net_config, handle);
    let chain = ClientChain::new(parts.client.clone());
    let protocols = Protocols::new(&protocol_names(parts, config));
    let (server, configs) = Server::new::<Net>(chain.clone(), &protocols);
    for config in configs {
        net_config.add_request_response_protocol(config);
    }
    let spawner = parts.tasks.spawn_handle();
    spawner.spawn_blocking("sync-server", Some("networking"), server.run());
    let judge = Judge {
        chain: chain.clone(),
        parameters: parts.parameters.clone(),
        rules: context.rules.clone(),
        kzg: context.kzg.clone(),
        delay_function: context.pot_verifier.clone(),
        contexts: Default::default(),
    };
    let memory = following.checkpoint.map(CheckpointMemory::new);
    let comparer = Comparer {
        judge: Arc::new(judge),
        checkpoint: memory.map(Arc::new),
        folder: crate::chain_folder(config).join("compared"),
        protocol: protocols.headers,
        spawner: Box::new(spawner),
    };
    let settings = settings(parts, context, config, following, protocols.tip);
    let strategy = AllodSync::new(inner, Arc::new(chain), Box::new(comparer), settings)?;
    Ok(Box::new(strategy))
}

/// How the SDK's strategy is made, again and again.
fn sdk_strategy(
    parts: &Parts,
    config: &Configuration,
    net_config: &mut NetConfig,
    handle: NetworkServiceHandle,
) -> NewInner<Block> {
    let spawner = parts.tasks.spawn_handle();
    let (protocol, fork) = (config.protocol_id(), config.chain_spec.fork_id());
    let network = &config.network;
    let peers = &network.default_peers_set;
    let peers = peers.in_peers.saturating_add(peers.out_peers) as usize;
    let client = parts.client.clone();
    let block_downloader: Arc<dyn BlockDownloader<Block>> = build_default_block_downloader(
        &protocol,
        fork,
        net_config,
        handle,
        client.clone(),
        peers,
        &spawner,
    );
    // State is never asked for; others may ask for ours.
    let (states, states_config) =
        StateRequestHandler::new::<Net>(&protocol, fork, client.clone(), peers);
    let state_request_protocol_name = states_config.protocol_name().clone();
    spawner.spawn("state-request-handler", Some("networking"), states.run());
    net_config.add_request_response_protocol(states_config);
    let settings = PolkadotSyncingStrategyConfig {
        mode: network.sync_mode,
        max_parallel_downloads: network.max_parallel_downloads,
        max_blocks_per_request: network.max_blocks_per_request,
        min_peers_to_start_warp_sync: network.min_peers_to_start_warp_sync,
        // It is made anew again and again, and a registry takes its metrics once.
        metrics_registry: None,
        state_request_protocol_name,
        block_downloader,
        gap_sync_body_policy: default_gap_sync_body_policy(config.blocks_pruning),
    };
    Box::new(move || {
        let (settings, client) = (settings.clone(), client.clone());
        let strategy = PolkadotSyncingStrategy::new(settings, client, None, None)?;
        Ok(Box::new(strategy))
    })
}

/// What our strategy is told of its node.
fn settings(
    parts: &Parts,
    context: &Context,
    config: &Configuration,
    following: Following,
    tip_protocol: ProtocolName,
) -> Settings {
    let verdicts = context.verdicts.clone();
    let chain_type = config.chain_spec.chain_type();
    let resync = following.resync_rule(&chain_type);
    let Following {
        checkpoint,
        ask_for_resync,
        resync_by_itself: _,
    } = following;
    Settings {
        named: named_peers(config),
        is_development: chain_type == ChainType::Development,
        confirmation_depth: parts.parameters.confirmation_depth,
        checkpoint,
        resync,
        // Whoever would hear is gone only where the node stops anyway.
        ask_for_resync: Box::new(move || {
            let _ = ask_for_resync.send(());
        }),
        tip_protocol,
        is_condemned: Box::new(move |hash| verdicts.is_condemned(hash)),
    }
}

/// Boot and reserved nodes: the ones that a user or the chain's specification has named.
fn named_peers(config: &Configuration) -> HashSet<PeerId> {
    let network = &config.network;
    let reserved = &network.default_peers_set.reserved_nodes;
    let named = network.boot_nodes.iter().chain(reserved);
    named.map(|node| node.peer_id).collect()
}
