//! Which code runs for which subcommand.

use crate::{
    chain_spec,
    cli::{Command, SpecCmd},
    history,
    identity::BuiltInRuntime,
    node::{self, NodeSettings},
    usage,
};
use std::process::ExitCode;

/// An error for the command line: one line.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Runs what the command line asks for.
pub fn run() -> Result<ExitCode, Error> {
    let cli = match usage::parse() {
        Ok(cli) => cli,
        Err(exit) => return Ok(exit),
    };
    match &cli.command {
        Command::Dev(command) => node::run(&cli, &NodeSettings::from(&**command)),
        Command::Node(command) => node::run(&cli, &NodeSettings::from(&**command)),
        Command::History(command) => history::run(&cli, command),
        Command::Id(command) => Ok(allod_identity_cli::run(command, &BuiltInRuntime)?),
        Command::Spec(command) => spec(command),
    }
}

fn spec(command: &SpecCmd) -> Result<ExitCode, Error> {
    let spec = chain_spec::load_spec(&command.chain)?;
    // Before its state is built there is no telling whether the runtime takes it.
    allod_chain_spec::genesis_storage(&spec)
        .map_err(|error| format!("{}: {error}", command.chain))?;
    println!("{}", chain_spec::export(&spec, command.raw)?);
    Ok(ExitCode::SUCCESS)
}
