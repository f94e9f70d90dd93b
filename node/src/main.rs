//! `allod`: node, timekeeper, farmer and command line in one binary.
//!
//! | module | holds |
//! |---|---|
//! | [`cli`] | subcommands and their arguments |
//! | [`arguments`] | arguments of a running node |
//! | [`configuration`] | the SDK's configuration, from those arguments |
//! | [`commands`] | which code runs for which subcommand |
//! | [`node`] | a node from its start to its stop |
//! | [`resync`] | a node's copy of the chain, dropped |
//! | [`ports`] | whether the ports are free that it needs |
//! | [`signals`] | signals that end a node in order |
//! | [`usage`] | the command line read, and its errors |
//! | [`chain_spec`] | built-in chains, specifications from files |
//! | [`new_network`] | `allod spec new`: a network of one's own, from a file or from answers |
//! | [`farming`] | arguments about farming |
//! | [`identity`] | the runtime, for `allod id` |
//! | [`history`] | `allod history`: rebuilds blocks from pieces |
//!
//! What runs is in [`allod_service`]; `allod id` is in [`allod_identity_cli`].

#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod chain_spec;
mod cli;
mod commands;
mod configuration;
mod farming;
mod history;
mod identity;
mod new_network;
mod node;
mod ports;
mod resync;
mod signals;
mod usage;

use std::process::ExitCode;

fn main() -> ExitCode {
    allod_output::exit_code(commands::run())
}
