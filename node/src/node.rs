//! A node from its start to its stop.

use crate::{
    arguments::NodeArguments,
    chain_spec,
    cli::{Cli, DevCmd, NodeCmd, Resync},
    commands::Error,
    configuration::{NodeConfiguration, check_network_key_file, take_network_key},
    farming::FarmingArguments,
    ports,
    resync::LocalCopy,
    signals::StopSignals,
};
use allod_chain_spec::Checkpoint;
use allod_disk::check_folder;
use allod_service::{self as service, Ended, NodeOptions, RunningNode, Stopped};
use sc_cli::{CliConfiguration, Cors, SubstrateCli};
use sc_service::{ChainSpec, ChainType, Configuration};
use std::{fs, path::Path, process::ExitCode, time::Duration};
use tokio::{runtime::Runtime, time::timeout};

/// How long a start that a signal interrupts may still take to give a node that is stopped in order.
const START_GRACE: Duration = Duration::from_secs(2);

/// All that the command line says about a node.
#[derive(Debug, Clone)]
pub struct NodeSettings {
    /// Name or file of the chain.
    pub chain: String,
    /// When the local copy of the chain is dropped.
    pub resync: Option<Resync>,
    /// A block that its chain must have, instead of the one that the specification names.
    pub checkpoint: Option<Checkpoint>,
    /// What it does besides following the chain.
    pub roles: NodeRoles,
    /// Everything else.
    pub arguments: NodeArguments,
}

/// What a node does besides following its chain, as the command line says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRoles {
    /// Whether it runs the delay function.
    pub timekeeper: bool,
    /// On which core.
    pub timekeeper_core: Option<usize>,
    /// Whether and how it farms.
    pub farming: Option<FarmingArguments>,
}

impl From<&DevCmd> for NodeSettings {
    fn from(command: &DevCmd) -> Self {
        let mut arguments = command.node.clone();
        // Every development chain has the same genesis: without this, two of them in one local network
        // would find one another and argue about whose chain is right.
        arguments.network.no_mdns = true;
        arguments.rpc.rpc_cors.get_or_insert(Cors::All);
        Self {
            chain: chain_spec::DEVELOPMENT.name().into(),
            resync: None,
            checkpoint: None,
            roles: NodeRoles {
                timekeeper: true,
                timekeeper_core: None,
                farming: Some(FarmingArguments {
                    folder: None,
                    sectors: allod_runtime::DEVELOPMENT_SECTORS,
                    reward_address: command.reward_address.clone(),
                }),
            },
            arguments,
        }
    }
}

impl From<&NodeCmd> for NodeSettings {
    fn from(command: &NodeCmd) -> Self {
        let farming = match (&command.farm, &command.reward_address) {
            (Some(folder), Some(reward_address)) => Some(FarmingArguments {
                folder: Some(folder.clone()),
                sectors: command.sectors,
                reward_address: reward_address.clone(),
            }),
            // Each requires the other.
            (Some(_), None) | (None, Some(_)) | (None, None) => None,
        };
        Self {
            chain: command.chain.clone(),
            resync: command.resync,
            checkpoint: command.checkpoint,
            roles: NodeRoles {
                timekeeper: command.timekeeper,
                timekeeper_core: command.timekeeper_core,
                farming,
            },
            arguments: command.node.clone(),
        }
    }
}

impl NodeSettings {
    fn options(&self, chain: &dyn ChainSpec) -> Result<NodeOptions, String> {
        let checkpoint = self
            .checkpoint
            .or_else(|| allod_chain_spec::checkpoint(chain));
        let farming = self.roles.farming.as_ref();
        let farming = farming.map(|arguments| arguments.options(&chain.chain_type()));
        Ok(NodeOptions {
            genesis: chain_spec::genesis_rule(&self.chain),
            timekeeper: self.roles.timekeeper,
            timekeeper_core: self.roles.timekeeper_core,
            farming: farming.transpose()?,
            checkpoint,
            resync_by_itself: self.resync == Some(Resync::Auto),
        })
    }

    /// The SDK's form of them.
    pub fn configuration(&self) -> NodeConfiguration {
        let mut run = self.arguments.run_cmd(&self.chain);
        // One line for a block that was won is enough, and everybody knows their own machine. What the
        // user asks for comes last and wins.
        let quiet = "sc_basic_authorship=warn,basic-authorship=warn,sc_sysinfo=warn";
        run.shared_params.log.insert(0, quiet.into());
        NodeConfiguration { run }
    }
}

/// Runs a node until it gets SIGINT, SIGTERM or SIGHUP, which is no error, or fails.
pub fn run(cli: &Cli, settings: &NodeSettings) -> Result<ExitCode, Error> {
    let ended = from_start_to_stop(cli, settings);
    if ended.is_err() {
        // The log is written with a delay, but for errors, which take along what waits. So the cause, which
        // goes to standard error beside the log, comes after all of it.
        tracing::error!("The node ended with an error");
    }
    ended.map(|()| ExitCode::SUCCESS)
}

fn from_start_to_stop(cli: &Cli, settings: &NodeSettings) -> Result<(), Error> {
    // While there is but this thread.
    allod_disk::take_over_sigbus()?;
    let mut executor = Executor::new()?;
    let mut config = configure(cli, settings, &executor.runtime)?;
    start_logging(settings)?;
    loop {
        let options = prepare(settings, &mut config)?;
        match run_once(executor, settings, config, options)? {
            None => return Ok(()),
            Some(next) => {
                config = configure(cli, settings, &next.runtime)?;
                executor = next;
            }
        }
    }
}

/// What a node runs on, and what stops it.
struct Executor {
    runtime: Runtime,
    signals: StopSignals,
}

impl Executor {
    /// Signals that come from now on are not lost.
    fn new() -> Result<Self, Error> {
        let runtime = sc_cli::build_runtime()?;
        let signals = runtime.block_on(async { StopSignals::capture() })?;
        Ok(Self { runtime, signals })
    }
}

/// Runs a node until it stops. Gives the executor of the one that is to follow it, if it stops to drop its copy of the
/// chain.
fn run_once(
    executor: Executor,
    settings: &NodeSettings,
    config: Configuration,
    options: NodeOptions,
) -> Result<Option<Executor>, Error> {
    let Executor {
        runtime,
        mut signals,
    } = executor;
    let copy = LocalCopy::of(&config);
    let (node, ended) = match start(&runtime, &mut signals, config, options)? {
        Started::Running(mut node) => {
            let ended = runtime.block_on(async {
                tokio::select! {
                    () = signals.next() => None,
                    ended = node.ended() => Some(ended),
                }
            });
            (node, ended)
        }
        Started::Signalled(Some(node)) => (node, None),
        Started::Signalled(None) => {
            runtime.shutdown_background();
            tracing::info!(
                "Stopped while starting; {}",
                match settings.arguments.data.tmp {
                    true => "nothing is kept (--tmp).",
                    false => "the next start goes on from what is on disk.",
                }
            );
            return Ok(None);
        }
    };
    let temporary = settings.arguments.data.tmp;
    match ended {
        None => {
            tracing::info!("Stopping");
            let stopped = report(&node.stop(runtime), temporary)?;
            tracing::info!("{stopped}");
            Ok(None)
        }
        Some(Ended::Failed(failure)) => {
            tracing::error!("Stopping, because {failure}");
            let stopped = node.stop(runtime);
            match report(&stopped, temporary) {
                Ok(_) if temporary => {
                    tracing::info!("Stopped: {stopped}; nothing is kept (--tmp).")
                }
                Ok(_) => tracing::info!("Stopped: {stopped}"),
                Err(cause) => tracing::error!("{cause}"),
            }
            Err(failure.into())
        }
        Some(Ended::Resync) => {
            tracing::info!("Stopping, to follow the network's chain");
            // Before the old one is gone, so that a signal in between stops the node that follows.
            let next = Executor::new()?;
            let stopped = node.stop(runtime);
            copy.condemn()?;
            if stopped.unfinished.is_empty() {
                return Ok(Some(next));
            }
            // What somebody still works with is not removed under their hands.
            let cause = report(&stopped, temporary).err().unwrap_or_default();
            Err(format!("{cause}; the next start drops this copy of the chain").into())
        }
    }
}

/// The SDK's configuration of a node.
fn configure(
    cli: &Cli,
    settings: &NodeSettings,
    runtime: &Runtime,
) -> Result<Configuration, Error> {
    let config = cli.create_configuration(&settings.configuration(), runtime.handle().clone());
    config.map_err(|error| match error {
        sc_cli::Error::Input(cause) => cause.into(),
        error => error.into(),
    })
}

/// Once in a process.
fn start_logging(settings: &NodeSettings) -> Result<(), Error> {
    let configuration = settings.configuration();
    let logging = configuration.init(&Cli::support_url(), &Cli::impl_version(), |_| {});
    let levels = settings.arguments.log.log.join(" ");
    Ok(logging.map_err(|error| format!("--log {levels}: {error}"))?)
}

/// Everything that can be said before a node is started: a typing error costs nothing, and leaves nothing behind.
fn prepare(settings: &NodeSettings, config: &mut Configuration) -> Result<NodeOptions, Error> {
    let arguments = &settings.arguments;
    log_start(config);
    let options = settings.options(&*config.chain_spec)?;
    options.check()?;
    let named_key = arguments.network.node_key_file.as_deref();
    named_key.map_or(Ok(()), check_network_key_file)?;
    // The chain's own folder, too, which another user's node may have made.
    let base_path = config.base_path.path();
    let chain_folder = config.base_path.config_dir(config.chain_spec.id());
    check_folder(&chain_folder)
        .map_err(|error| format!("--base-path {}: {error}", base_path.display()))?;
    ports::check(config, &arguments.network)?;
    fs::create_dir_all(base_path)
        .map_err(|error| format!("--base-path {}: {error}", base_path.display()))?;
    let source = named_key.map_or_else(
        || format!("--base-path {}", base_path.display()),
        |_| "--node-key-file".into(),
    );
    take_network_key(&mut config.network, &source)?;
    let copy = LocalCopy::of(config);
    if settings.resync == Some(Resync::Now) {
        copy.condemn()?;
    }
    copy.drop_if_condemned()?;
    Ok(options)
}

/// What became of a start.
enum Started {
    /// The node runs.
    Running(Box<RunningNode>),
    /// A signal came before that. There is a node if it was ready a moment later.
    Signalled(Option<Box<RunningNode>>),
}

/// Starts a node, or gives up when a signal comes: a start may wait for a database or replay a long history. It is
/// broken off as a crash would, and what it has not finished is done again by the next one.
fn start(
    runtime: &Runtime,
    signals: &mut StopSignals,
    config: Configuration,
    options: NodeOptions,
) -> Result<Started, Error> {
    let starting = move || service::start(config, options).map(Box::new);
    runtime.block_on(async {
        let mut started = tokio::task::spawn_blocking(starting);
        let ended = tokio::select! {
            ended = &mut started => ended.map(|node| node.map(Started::Running)),
            () = signals.next() => match timeout(START_GRACE, started).await {
                Ok(ended) => ended.map(|node| node.map(|node| Started::Signalled(Some(node)))),
                Err(_elapsed) => Ok(Ok(Started::Signalled(None))),
            },
        };
        match ended {
            Ok(started) => started.map_err(without_label),
            Err(_panic) => Err("the start ended in a panic; the log has it".into()),
        }
    })
}

/// The cause itself, where the SDK has but a label for it ("Other: ").
fn without_label(error: sc_service::Error) -> Error {
    match error {
        sc_service::Error::Other(cause) => cause.into(),
        sc_service::Error::Application(cause) => cause,
        error => error.into(),
    }
}

fn log_start(config: &Configuration) {
    tracing::info!(
        "Allod {}, {}, as {}",
        Cli::impl_version(),
        config.chain_spec.name(),
        config.network.node_name
    );
    let database = config.database.path().map(Path::display);
    if let Some(database) = database {
        tracing::info!("Database: {database}");
    }
    if !knows_anybody(config) {
        tracing::warn!(
            "No boot node is named, neither by the specification of {} nor by --bootnodes: no peers are found but those \
             in the local network",
            config.chain_spec.name()
        );
    }
}

/// Whether a node on the internet has somebody to ask for peers; those of other chains find one another, or need none.
fn knows_anybody(config: &Configuration) -> bool {
    let reserved = &config.network.default_peers_set.reserved_nodes;
    match config.chain_spec.chain_type() {
        ChainType::Development | ChainType::Local => true,
        ChainType::Live | ChainType::Custom(_) => {
            !config.network.boot_nodes.is_empty() || !reserved.is_empty()
        }
    }
}

/// How the node stopped; an error if not everything is on disk that could be.
fn report(stopped: &Stopped, temporary: bool) -> Result<String, String> {
    if !stopped.unfinished.is_empty() {
        let unfinished: Vec<_> = stopped.unfinished.iter().copied().collect();
        return Err(format!(
            "stopped without waiting any longer for {}: {stopped}; the newest blocks may be lost",
            unfinished.join(", ")
        ));
    }
    if let Some(lost) = &stopped.lost {
        return Err(format!(
            "stopped: {stopped}; not everything could be written: {lost}; make room or mend the disk, then start \
             again: the network has the rest"
        ));
    }
    if let Some(cause) = &stopped.unwritten {
        return Err(format!(
            "stopped: {stopped}; the history ends before that: {cause}"
        ));
    }
    Ok(match temporary {
        true => format!("Stopped: {stopped}; nothing is kept (--tmp)."),
        false => format!("Stopped: {stopped}; everything is on disk."),
    })
}
