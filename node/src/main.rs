//! `allod`: node, timekeeper, farmer and command line in one binary.
//!
//! | module | holds |
//! |---|---|
//! | [`cli`] | arguments, and how they become a configuration |
//! | [`commands`] | which code runs for which subcommand |
//! | [`chain_spec`] | built-in chains, specifications from files |
//! | [`farming`] | arguments about farming |
//! | [`history`] | `allod history`: rebuilds blocks from pieces |
//!
//! What runs is in [`allod_service`]; `allod id` is in [`allod_identity_cli`].

#![forbid(unsafe_code)]

mod chain_spec;
mod cli;
mod commands;
mod farming;
mod history;

use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("allod: {error}");
            ExitCode::from(2)
        }
    }
}
