//! A running node: client, import, network, time, authoring, farmer.
//!
//! The order in which parts are made follows from who needs whom: import needs the archiver and
//! verified time, the network needs the import queue, time needs the network for its gossip,
//! authoring needs time. What import needs of the later ones reaches it through
//! [`LateHandles`].
//!
//! The generic code of the SDK gets its types here, once for the binary and the tests.

#![forbid(unsafe_code)]

mod authoring;
mod database;
mod essential;
mod farmer_node;
mod farming;
mod monitoring;
mod network;
mod rpc;
mod rules;
mod running;
mod time;

pub use database::GenesisRule;
pub use essential::Failure;
pub use farmer_node::FarmerNode;
pub use farming::FarmingOptions;
pub use running::{Ended, RunningNode, Stopped};

use allod_archiver::{
    Archiver,
    rebuild::{Step, rebuild},
};
use allod_chain_spec::{Checkpoint, rules_of};
use allod_consensus::{
    AllodBlockImport, FarmingLink, ImportContext, LateHandles,
    equivocation::{EquivocationWatch, PoolReporter},
};
use allod_core::hash::HexHash;
use allod_disk::{Disk, DiskError, check_folder};
use allod_farmer_rpc::NodeClient;
use allod_kzg::Kzg;
use allod_metrics::Metrics;
use allod_rpc::{auto_id, did};
use allod_runtime::{apis::RuntimeApi, opaque::Block};
use allod_sync::{ClientChain, final_contradiction};
use allod_timekeeper::{PotSourceHandle, PotVerifier, check_core};
use database::{Parts, open, reopen};
use essential::{EssentialTasks, essential_tasks};
use network::{Network, NetworkHandles};
use sc_client_api::AuxStore;
use sc_network::NetworkSyncForkRequest as _;
use sc_service::{Configuration, Error, SpawnTasksParams, TFullBackend, TFullClient};
use sc_transaction_pool::TransactionPoolHandle;
use std::{path::PathBuf, process, sync::Arc};

/// Runs the runtime, with Substrate's host functions and no others.
type Executor = sc_executor::WasmExecutor<sp_io::SubstrateHostFunctions>;
pub type Client = TFullClient<Block, RuntimeApi, Executor>;
/// The database.
pub type Backend = TFullBackend<Block>;
type Import = AllodBlockImport<Block, Arc<Client>, Client, Backend>;
type Context = ImportContext<Block, Client>;
type Pool = TransactionPoolHandle<Block, Client>;
type BlockHash = <Block as sp_runtime::traits::Block>::Hash;

/// What the node does besides following the chain.
#[derive(Debug, Clone)]
pub struct NodeOptions {
    /// Whether the database may begin otherwise than the specification says.
    pub genesis: GenesisRule,
    /// Whether it runs the delay function.
    pub timekeeper: bool,
    /// On which core.
    pub timekeeper_core: Option<usize>,
    /// Whether and how it farms.
    pub farming: Option<FarmingOptions>,
    /// A block that its chain must have.
    pub checkpoint: Option<Checkpoint>,
    /// Whether it drops its copy of the chain by itself for a heavier chain that it cannot join otherwise, whatever that
    /// copy was compared with.
    pub resync_by_itself: bool,
}

impl NodeOptions {
    /// Refuses what no chain is needed to see: a folder for the plot that cannot be used, a core that there is not.
    ///
    /// # Errors
    /// The option, and what is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        if self.timekeeper {
            check_core(self.timekeeper_core).map_err(|error| error.to_string())?;
        }
        let farming = self.farming.as_ref();
        let Some(plot) = farming.and_then(|farming| farming.folder.as_deref()) else {
            return Ok(());
        };
        check_folder(plot).map_err(|error| format!("--farm {}: {error}", plot.display()))
    }
}

/// Where a node keeps its history.
pub fn history_folder(config: &Configuration) -> PathBuf {
    chain_folder(config).join("history")
}

/// Folder of one chain, which the database lies in too.
pub fn chain_folder(config: &Configuration) -> PathBuf {
    config.base_path.config_dir(config.chain_spec.id())
}

fn other(error: impl std::fmt::Display) -> Error {
    Error::Other(error.to_string())
}

/// Everything that import works with.
fn import_context(parts: &Parts, config: &Configuration, kzg: &Kzg) -> Result<Arc<Context>, Error> {
    let client = parts.client.clone();
    let folder = history_folder(config);
    let archiver =
        Archiver::open(client.clone(), kzg.clone(), &folder, &parts.parameters).map_err(other)?;
    Ok(Arc::new(ImportContext {
        parameters: parts.parameters.clone(),
        rules: rules_of(config.chain_spec.extensions()),
        kzg: kzg.clone(),
        pot_verifier: PotVerifier::new(),
        archiver,
        equivocations: EquivocationWatch::from_chain(&*client)?,
        verdicts: Default::default(),
        siblings: Default::default(),
        future: Default::default(),
        late: LateHandles::default(),
        one_at_a_time: Default::default(),
        client,
    }))
}

/// Makes a damaged history whole again from the database. No node may run on it meanwhile.
pub fn rebuild_history(
    config: &Configuration,
    genesis: GenesisRule,
    told: impl FnMut(Step),
) -> Result<(), Error> {
    let parts = open(config, genesis)?;
    let folder = history_folder(config);
    rebuild(parts.client, Kzg::new(), &folder, &parts.parameters, told).map_err(other)
}

/// Ends when the archiver can go on no more: what it says is one line with what to do.
async fn archiver_failure(
    archiver: Archiver<Block, Client>,
) -> Result<(), Arc<allod_archiver::Error>> {
    Err(archiver.failed().await)
}

/// Ends when the node has to stop because of its disk, with what to do.
fn disk_failure(
    disk: Disk,
    config: &Configuration,
    parts: &Parts,
) -> impl Future<Output = Result<(), DiskError>> + Send + use<> {
    let database = config
        .database
        .path()
        .unwrap_or(&config.data_path)
        .to_owned();
    let backend = parts.backend.clone();
    // An empty commit writes nothing, and is refused once a write has failed.
    let probe = move || backend.insert_aux(&[], &[]);
    async move { Err(disk.watch(database, probe).await) }
}

/// What is final here must not contradict the checkpoint.
fn check_checkpoint(parts: &Parts, checkpoint: Checkpoint) -> Result<(), Error> {
    let chain = ClientChain::<Block, _>::new(parts.client.clone());
    match final_contradiction(&chain, &checkpoint)? {
        Some(own) => Err(other(format!(
            "block #{} {}, which is final here, is not the checkpoint's, {}; if the checkpoint \
             is right, `allod node --resync` drops this chain",
            checkpoint.number,
            HexHash(&own),
            HexHash(&checkpoint.hash),
        ))),
        None => Ok(()),
    }
}

/// Starts a node.
pub fn start(config: Configuration, options: NodeOptions) -> Result<RunningNode, Error> {
    let disk = claim_disk(&config)?;
    let mut parts = open(&config, options.genesis)?;
    may_go_on(&parts, &config, &options)?;
    let (essential, failures) = essential_tasks(parts.tasks.spawn_handle());
    let reopen = reopen(&config);
    let metrics = Metrics::new(config.prometheus_registry()).map_err(other)?;
    let kzg = Kzg::new();
    let context = import_context(&parts, &config, &kzg)?;
    watch_over(&essential, &disk, &config, &parts, &context);
    let block_import: Import = AllodBlockImport::new(parts.client.clone(), context.clone());
    let pool = transaction_pool(&config, &options, &parts, &essential);
    let (ask_for_resync, resync) = tokio::sync::mpsc::unbounded_channel();
    let following = network::Following {
        checkpoint: options.checkpoint,
        resync_by_itself: options.resync_by_itself,
        ask_for_resync,
    };
    let network = network::start(&parts, &essential, &config, following, &block_import, &pool)?;
    connect_import(&parts, &context, &network, &pool, &metrics);
    let chain = config.chain_spec.chain_type();
    let gossip = network.gossip;
    let time = time::start(&parts, &essential, &context, &options, &chain, gossip)?;
    monitoring::start(&parts, &context, &time, disk, &metrics);
    let sync = network.handles.sync.clone();
    let (link, solutions) = FarmingLink::new();
    if options.farming.is_some() {
        let author = authoring::Author {
            block_import,
            pool: pool.clone(),
            time: time.clone(),
            link: link.clone(),
            solutions,
            sync,
        };
        author.start(&parts, &essential, &config);
    }
    let farmer_node = Arc::new(farmer_node(&parts, &context, time, link));
    let plot_folder = chain_folder(&config).join("plot");
    let (handles, node) = (network.handles, farmer_node.clone());
    serve(config, &mut parts, &context, pool, handles, node)?;
    let farmer = options.farming.map(|farming| {
        farming::start(&essential, farming, plot_folder, farmer_node, kzg, metrics)
            .map_err(Error::Io)
    });
    Ok(RunningNode {
        archiver: context.archiver.clone(),
        reopen,
        client: parts.client,
        backend: parts.backend,
        tasks: parts.tasks,
        failures,
        resync,
        farmer: farmer.transpose()?,
    })
}

/// Keeps room on the disk free, and ends the program where a page of a file cannot be read.
fn claim_disk(config: &Configuration) -> Result<Disk, Error> {
    let disk = Disk::claim(&chain_folder(config)).map_err(other)?;
    disk.catch_pages(|error| {
        allod_output::fail(error);
        process::exit(allod_output::ERROR.into());
    })?;
    Ok(disk)
}

/// Refuses a database that contradicts what the user and the specification say of the chain.
fn may_go_on(parts: &Parts, config: &Configuration, options: &NodeOptions) -> Result<(), Error> {
    if let Some(checkpoint) = options.checkpoint {
        check_checkpoint(parts, checkpoint)?;
    }
    rules::at_start(parts, &rules_of(config.chain_spec.extensions()))
}

/// Ends the node where the disk, the archiver or this release cannot go on.
fn watch_over(
    essential: &EssentialTasks,
    disk: &Disk,
    config: &Configuration,
    parts: &Parts,
    context: &Context,
) {
    let disk = disk_failure(disk.clone(), config, parts);
    essential.spawn_fallible("disk", "disk", disk);
    let archiver = archiver_failure(context.archiver.clone());
    essential.spawn_fallible("archiver", "farming", archiver);
    let end_of_rules = rules::end(parts.client.clone(), context.rules.clone());
    essential.spawn_fallible(rules::TASK, "farming", end_of_rules);
}

fn transaction_pool(
    config: &Configuration,
    options: &NodeOptions,
    parts: &Parts,
    essential: &EssentialTasks,
) -> Arc<Pool> {
    let is_author = options.farming.is_some().into();
    let builder =
        sc_transaction_pool::Builder::new(essential.clone(), parts.client.clone(), is_author);
    let builder = builder.with_options(config.transaction_pool.clone());
    let builder = builder.with_prometheus(config.prometheus_registry());
    Arc::new(builder.build())
}

/// What farmers ask, in this process and over JSON-RPC.
fn farmer_node(
    parts: &Parts,
    context: &Context,
    time: PotSourceHandle,
    link: FarmingLink,
) -> FarmerNode {
    let (client, parameters) = (parts.client.clone(), parts.parameters.clone());
    FarmerNode::new(client, parameters, time, link, context.archiver.clone())
}

/// Gives the import what is made after it.
fn connect_import(
    parts: &Parts,
    context: &Context,
    network: &Network,
    pool: &Arc<Pool>,
    metrics: &Metrics,
) {
    let reporter = PoolReporter {
        client: parts.client.clone(),
        pool: pool.clone(),
    };
    let fetcher = network.handles.sync.clone();
    let fetch = move |hash, number| fetcher.set_sync_fork_request(Vec::new(), hash, number);
    // The cells are empty: this is the only place that fills them.
    let _ = context.late.fetch.set(Box::new(fetch));
    let _ = context.late.sync.set(network.handles.sync.clone());
    let _ = context.late.reporter.set(Arc::new(reporter));
    let _ = context.late.metrics.set(metrics.clone());
}

fn serve(
    config: Configuration,
    parts: &mut Parts,
    context: &Context,
    pool: Arc<Pool>,
    handles: NetworkHandles,
    farmer: Arc<dyn NodeClient>,
) -> Result<(), Error> {
    let (client, rpc_pool) = (parts.client.clone(), pool.clone());
    let (changes, watching) = auto_id::watch::<Block, _>(&*client)?;
    let spawner = parts.tasks.spawn_handle();
    spawner.spawn("identity-changes", Some("rpc"), watching);
    let network = did::Network::of_chain(config.chain_spec.id());
    let (store, parameters) = (context.archiver.store().clone(), parts.parameters.clone());
    let rpc_builder = Box::new(move |_| {
        rpc::create(rpc::Dependencies {
            client: client.clone(),
            pool: rpc_pool.clone(),
            store: store.clone(),
            parameters: parameters.clone(),
            farmer: farmer.clone(),
            changes: changes.clone(),
            network: network.clone(),
        })
        .map_err(Error::Application)
    });
    sc_service::spawn_tasks(SpawnTasksParams {
        config,
        client: parts.client.clone(),
        backend: parts.backend.clone(),
        task_manager: &mut parts.tasks,
        keystore: parts.keystore.clone(),
        transaction_pool: pool,
        rpc_builder,
        network: handles.network,
        system_rpc_tx: handles.system_rpc_tx,
        tx_handler_controller: handles.transactions,
        sync_service: handles.sync,
        telemetry: None,
        tracing_execute_block: None,
    })?;
    Ok(())
}
