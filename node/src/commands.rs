//! Which code runs for which subcommand.

use crate::{
    chain_spec,
    cli::{Command, SpecCmd, SpecSubcommand},
    history,
    identity::BuiltInRuntime,
    new_network,
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
    let (spec, form, name) = match (&command.command, &command.chain) {
        (Some(SpecSubcommand::List), _) => {
            for chain in &chain_spec::BUILT_IN {
                println!("{}", chain.name());
            }
            return Ok(ExitCode::SUCCESS);
        }
        (Some(SpecSubcommand::New(new)), _) => {
            let network = new_network::network(new.from.as_deref())?;
            (
                chain_spec::of_network(network)?,
                new.form,
                "the new network",
            )
        }
        (None, Some(chain)) => (chain_spec::load_spec(chain)?, command.form, chain.as_str()),
        (None, None) => return Err(chain_spec::chain_help("a chain must be named").into()),
    };
    // Before its state is built there is no telling whether the runtime takes it.
    allod_chain_spec::genesis_storage(&spec).map_err(|error| format!("{name}: {error}"))?;
    println!("{}", chain_spec::export(&spec, form.raw)?);
    Ok(ExitCode::SUCCESS)
}
