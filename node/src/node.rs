//! A node from its start to its stop.

use crate::{
    arguments::NodeArguments,
    chain_spec,
    cli::{Cli, DevCmd, NodeCmd},
    commands::Error,
    configuration::NodeConfiguration,
    farming::FarmingArguments,
    ports,
};
use allod_service::{self as service, NodeOptions, Stopped};
use sc_cli::{CliConfiguration, Cors, Signals, SubstrateCli};
use sc_service::{ChainType, Configuration};
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// All that the command line says about a node.
#[derive(Debug, Clone)]
pub struct NodeSettings {
    /// Name or file of the chain.
    pub chain: String,
    /// Whether the local copy of the chain is dropped first.
    pub resync: bool,
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
            resync: false,
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
            roles: NodeRoles {
                timekeeper: command.timekeeper,
                timekeeper_core: command.timekeeper_core,
                farming,
            },
            arguments: command.node.clone(),
        }
    }
}

impl NodeRoles {
    fn options(&self, chain: &ChainType) -> Result<NodeOptions, String> {
        let farming = self.farming.as_ref();
        let farming = farming.map(|arguments| arguments.options(chain));
        Ok(NodeOptions {
            timekeeper: self.timekeeper,
            timekeeper_core: self.timekeeper_core,
            farming: farming.transpose()?,
        })
    }
}

impl NodeSettings {
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

/// Runs a node until it gets SIGINT or SIGTERM, which is no error, or fails.
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
    let arguments = &settings.arguments;
    let runtime = sc_cli::build_runtime()?;
    // Before all else, so that a signal while the node starts stops it in order, too.
    let signals = runtime.block_on(async { Signals::capture() })?;
    let configuration = settings.configuration();
    if let Some(folder) = &arguments.data.base_path {
        fs::create_dir_all(folder)
            .map_err(|error| format!("--base-path {}: {error}", folder.display()))?;
    }
    let config = cli.create_configuration(&configuration, runtime.handle().clone());
    let config = config.map_err(|error| match error {
        sc_cli::Error::Input(cause) => Error::from(cause),
        error => Error::from(error),
    })?;
    configuration.init(&Cli::support_url(), &Cli::impl_version(), |_| {})?;
    log_start(&config);

    // Before anything is dropped or opened, so that a typing error costs nothing.
    let options = settings.roles.options(&config.chain_spec.chain_type())?;
    ports::check(&config, &arguments.network)?;
    if settings.resync {
        drop_chain(&config)?;
    }
    let started = runtime.block_on(async { service::start(config, options) });
    let mut node = started.map_err(without_label)?;
    let failure = runtime.block_on(async {
        tokio::select! {
            () = signals.future() => None,
            failure = node.failure() => Some(failure),
        }
    });
    match &failure {
        None => tracing::info!("Stopping"),
        Some(failure) => tracing::error!("Stopping, because {failure}"),
    }
    let stopped = node.stop(runtime);
    let report = report(&stopped, arguments.data.tmp);
    match failure {
        Some(failure) => Err(failure.into()),
        None => report.map_err(Error::from),
    }
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
}

/// Says how the node stopped; an error if not everything is on disk that could be.
fn report(stopped: &Stopped, temporary: bool) -> Result<(), String> {
    if !stopped.unfinished.is_empty() {
        let unfinished: Vec<_> = stopped.unfinished.iter().copied().collect();
        return Err(format!(
            "stopped without waiting any longer for {}: {stopped}; the newest blocks may be lost",
            unfinished.join(", ")
        ));
    }
    if let Some(cause) = &stopped.unwritten {
        return Err(format!(
            "stopped: {stopped}; the history ends before that: {cause}"
        ));
    }
    match temporary {
        true => tracing::info!("Stopped: {stopped}; nothing is kept (--tmp)."),
        false => tracing::info!("Stopped: {stopped}; everything is on disk."),
    }
    Ok(())
}

/// Removes the database and the history beside it.
fn drop_chain(config: &Configuration) -> Result<(), String> {
    let database = config.database.path().map(Path::to_owned);
    let folders: [Option<PathBuf>; 2] = [database, Some(service::history_folder(config))];
    for folder in folders.into_iter().flatten() {
        match fs::remove_dir_all(&folder) {
            Ok(()) => tracing::info!("Dropped {}", folder.display()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(format!("cannot remove {}: {error}", folder.display()));
            }
        }
    }
    Ok(())
}
