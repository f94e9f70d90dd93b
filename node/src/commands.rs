//! Which code runs for which subcommand.

use crate::{
    chain_spec,
    cli::{Command, SpecCmd, SpecForm, SpecSubcommand},
    history,
    identity::BuiltInRuntime,
    new_network,
    node::{self, NodeSettings},
    usage,
};
use allod_chain_spec::Spec;
use std::process::ExitCode;

/// An error for the command line: one line.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Runs what the command line asks for.
pub fn run() -> Result<ExitCode, Error> {
    let Some(cli) = usage::parse()? else {
        return Ok(ExitCode::SUCCESS);
    };
    match &cli.command {
        Command::Dev(command) => node::run(&cli, &NodeSettings::from(&**command)),
        Command::Node(command) => node::run(&cli, &NodeSettings::from(&**command)),
        Command::History(command) => history::run(&cli, command),
        Command::Id(command) => Ok(allod_identity_cli::run(command, &BuiltInRuntime)?),
        Command::Spec(command) => spec(command).map(|()| ExitCode::SUCCESS),
    }
}

fn spec(command: &SpecCmd) -> Result<(), Error> {
    match (&command.command, &command.chain) {
        (Some(SpecSubcommand::List), _) => {
            for chain in &chain_spec::BUILT_IN {
                allod_output::line(chain.name())?;
            }
            Ok(())
        }
        (Some(SpecSubcommand::New(new)), _) => new_network::with(new.from.as_deref(), |network| {
            print(
                &chain_spec::of_network(network)?,
                new.form,
                "the new network",
            )
        }),
        (None, Some(chain)) => print(&chain_spec::load_spec(chain)?, command.form, chain),
        (None, None) => Err(chain_spec::chain_help("a chain must be named").into()),
    }
}

fn print(spec: &Spec, form: SpecForm, name: &str) -> Result<(), Error> {
    // Before its state is built there is no telling whether the runtime takes it.
    allod_chain_spec::genesis_storage(spec).map_err(|error| format!("{name}: {error}"))?;
    Ok(allod_output::line(chain_spec::export(spec, form.raw)?)?)
}
