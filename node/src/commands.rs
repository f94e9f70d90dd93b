//! Which code runs for which subcommand.

use crate::{
    chain_spec,
    cli::{Cli, Command, DevCmd, NodeCmd, NodeConfiguration, SpecCmd},
    farming::FarmingArguments,
    history,
};
use allod_service::{self as service, NodeOptions};
use clap::Parser;
use sc_cli::{Cors, RunCmd, SubstrateCli};
use sc_network::config::NetworkBackendType;
use sc_service::ChainType;
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// An error for the command line: one line.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Runs what the command line asks for.
pub fn run() -> Result<ExitCode, Error> {
    let cli = Cli::parse();
    match &cli.command {
        Command::Dev(command) => dev(&cli, command),
        Command::Node(command) => node(&cli, command),
        Command::History(command) => history::run(command),
        Command::Id(command) => allod_identity_cli::run(command),
        Command::Spec(command) => spec(command),
    }
}

/// What kind of node is asked for.
struct Wish {
    timekeeper: bool,
    timekeeper_core: Option<usize>,
    farming: Option<FarmingArguments>,
    /// Whether the chain is dropped first.
    resync: bool,
}

impl Wish {
    fn options(self, chain: &ChainType) -> Result<NodeOptions, String> {
        let farming = self.farming.map(|arguments| arguments.options(chain));
        Ok(NodeOptions {
            timekeeper: self.timekeeper,
            timekeeper_core: self.timekeeper_core,
            farming: farming.transpose()?,
        })
    }
}

fn dev(cli: &Cli, command: &DevCmd) -> Result<ExitCode, Error> {
    let mut run = command.run.clone();
    if run.shared_params.chain.is_some() || run.shared_params.dev {
        return Err(
            "`allod dev` runs the development chain; for others there is `allod node`".into(),
        );
    }
    run.shared_params.chain = Some("dev".into());
    // Every development chain has the same genesis: without this, two of them in one local network
    // would find one another and argue about whose chain is right.
    run.network_params.no_mdns = true;
    run.rpc_params.rpc_cors.get_or_insert(Cors::All);
    let farming = FarmingArguments {
        folder: None,
        sectors: allod_runtime::DEVELOPMENT_SECTORS,
        reward_address: command.reward_address.clone(),
    };
    let wish = Wish {
        timekeeper: true,
        timekeeper_core: None,
        farming: Some(farming),
        resync: false,
    };
    start(cli, &run, wish)
}

fn node(cli: &Cli, command: &NodeCmd) -> Result<ExitCode, Error> {
    let farming = match (&command.farm, &command.reward_address) {
        (Some(folder), Some(reward_address)) => Some(FarmingArguments {
            folder: Some(folder.clone()),
            sectors: command.sectors,
            reward_address: reward_address.clone(),
        }),
        _ => None,
    };
    let wish = Wish {
        timekeeper: command.timekeeper,
        timekeeper_core: command.timekeeper_core,
        farming,
        resync: command.resync,
    };
    start(cli, &command.run, wish)
}

fn start(cli: &Cli, run: &RunCmd, wish: Wish) -> Result<ExitCode, Error> {
    let mut run = run.clone();
    // One line for a block that was won is enough. What the user asks for comes last and wins.
    run.shared_params
        .log
        .insert(0, "sc_basic_authorship=warn,basic-authorship=warn".into());
    let run = &run;
    let runner = cli.create_runner(&NodeConfiguration { run })?;
    runner.run_node_until_exit(|config| async move {
        if matches!(config.network.network_backend, NetworkBackendType::Libp2p) {
            return Err(sc_service::Error::Other(
                "--network-backend: only litep2p is there".into(),
            ));
        }
        let resync = wish.resync;
        // Before anything is dropped or opened, so that a typing error costs nothing.
        let options = wish
            .options(&config.chain_spec.chain_type())
            .map_err(sc_service::Error::Other)?;
        if resync {
            drop_chain(&config)?;
        }
        service::start(config, options)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Removes the database and the history beside it.
fn drop_chain(config: &sc_service::Configuration) -> Result<(), sc_service::Error> {
    let database = config.database.path().map(Path::to_owned);
    let folders: [Option<PathBuf>; 2] = [database, Some(service::history_folder(config))];
    for folder in folders.into_iter().flatten() {
        match fs::remove_dir_all(&folder) {
            Ok(()) => tracing::info!("Dropped {}", folder.display()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(sc_service::Error::Other(format!(
                    "cannot remove {}: {error}",
                    folder.display()
                )));
            }
        }
    }
    Ok(())
}

fn spec(command: &SpecCmd) -> Result<ExitCode, Error> {
    let spec = chain_spec::load_spec(&command.chain)?;
    println!("{}", chain_spec::export(&spec, command.raw)?);
    Ok(ExitCode::SUCCESS)
}
