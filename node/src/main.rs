//! `allod`: node, timekeeper, farmer and command line in one binary.
//!
//! | module | holds |
//! |---|---|
//! | [`cli`] | arguments, and how they become a configuration |
//! | [`commands`] | which code runs for which subcommand |
//! | [`chain_spec`] | built-in chains, specifications from files |
//! | [`service`] | a running node: client, import, network, time, authoring |
//! | [`farming`] | the farmer inside the node |
//! | [`rpc`] | which JSON-RPC methods the node serves |
//! | [`history`] | `allod history`: rebuilds blocks from pieces |
//! | [`id`] | `allod id`: identities |

#![forbid(unsafe_code)]

mod chain_spec;
mod cli;
mod commands;
mod farming;
mod history;
mod id;
#[cfg(test)]
mod import_tests;
mod rpc;
mod service;

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
