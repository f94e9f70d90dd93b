//! Subcommands and their arguments.

use crate::{arguments::NodeArguments, chain_spec, farming::RewardAddressArgument, history};
use allod_chain_spec::Checkpoint;
use allod_core::parameters::MAX_SECTORS;
use allod_identity_cli::IdCmd;
use clap::Parser;
use sc_cli::{ChainSpec, SubstrateCli};
use std::path::PathBuf;

/// A blockchain for an economy of people and autonomous agents.
#[derive(Debug, Parser)]
#[command(name = "allod", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Run a development chain: node, timekeeper and farmer in one process.
    ///
    /// Data is kept; `--tmp` for a chain that is not.
    Dev(Box<DevCmd>),
    /// Run a node, with or without timekeeper and farmer.
    Node(Box<NodeCmd>),
    /// Look at the archived history.
    #[command(subcommand)]
    History(history::HistoryCmd),
    /// Register and verify identities.
    Id(Box<IdCmd>),
    /// Print a chain specification, or make one for a network of one's own.
    Spec(SpecCmd),
}

/// `allod dev`.
#[derive(Debug, clap::Args)]
pub struct DevCmd {
    /// Account that block rewards go to: an address, or a well-known name such as //Alice.
    #[arg(long, value_name = "ADDRESS", default_value = "//Alice")]
    pub reward_address: RewardAddressArgument,

    /// Arguments of the node.
    #[command(flatten)]
    pub node: NodeArguments,
}

/// `allod node`.
#[derive(Debug, clap::Args)]
pub struct NodeCmd {
    /// Chain to follow.
    #[arg(long, value_name = "CHAIN", help = chain_spec::chain_help("Chain to follow"))]
    pub chain: String,

    /// Drop the local copy of the chain and its history, and follow the network's heaviest chain: before
    /// the node starts, or with `auto` whenever it has verified a heavier chain that does not build on
    /// what is final here. Plots and keys are kept.
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "now",
        conflicts_with = "tmp"
    )]
    pub resync: Option<Resync>,

    /// Take no chain without this block, and at or below it none but its ancestors [default: the one that
    /// the chain's specification names, if any].
    #[arg(long, value_name = "NUMBER:HASH")]
    pub checkpoint: Option<Checkpoint>,

    /// Run the delay function on one of this machine's cores.
    #[arg(long)]
    pub timekeeper: bool,

    /// Core that the timekeeper runs on, counted from 0 [default: the last one].
    #[arg(long, value_name = "N", requires = "timekeeper")]
    pub timekeeper_core: Option<usize>,

    /// Farm a plot in this folder.
    #[arg(long, value_name = "FOLDER", requires = "reward_address")]
    pub farm: Option<PathBuf>,

    /// Sectors to farm.
    #[arg(long, value_name = "N", default_value_t = 2, requires = "farm",
        value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_SECTORS)))]
    pub sectors: u32,

    /// Account that block rewards go to: an address, or on a test network a well-known name such
    /// as //Alice.
    #[arg(long, value_name = "ADDRESS", requires = "farm")]
    pub reward_address: Option<RewardAddressArgument>,

    /// Arguments of the node.
    #[command(flatten)]
    pub node: NodeArguments,
}

/// When a node drops its copy of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Resync {
    /// Before the node starts.
    Now,
    /// Whenever it has verified a heavier chain that does not build on what is final here.
    Auto,
}

/// `allod spec`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct SpecCmd {
    /// Chain to print.
    #[arg(required = true, help = chain_spec::chain_help("Chain to print"))]
    pub chain: Option<String>,

    /// How it is printed.
    #[command(flatten)]
    pub form: SpecForm,

    /// What else there is to do.
    #[command(subcommand)]
    pub command: Option<SpecSubcommand>,
}

/// How a specification is printed.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct SpecForm {
    /// With the runtime and all of the genesis state, so that every node that starts from it has
    /// the same genesis block, whatever it was built with.
    #[arg(long)]
    pub raw: bool,
}

/// Subcommands of `allod spec`.
#[derive(Debug, clap::Subcommand)]
pub enum SpecSubcommand {
    /// Print the specification of a network of one's own, from a file or from answers on the terminal.
    New(NewSpecCmd),
    /// Print the names of the chains that are built in.
    List,
}

/// `allod spec new`.
#[derive(Debug, clap::Args)]
pub struct NewSpecCmd {
    /// File that describes the network, in TOML or JSON. Without it the terminal is asked.
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,

    /// How it is printed.
    #[command(flatten)]
    pub form: SpecForm,
}

impl SubstrateCli for Cli {
    fn impl_name() -> String {
        "Allod".into()
    }

    fn impl_version() -> String {
        env!("CARGO_PKG_VERSION").into()
    }

    fn executable_name() -> String {
        "allod".into()
    }

    fn description() -> String {
        env!("CARGO_PKG_DESCRIPTION").into()
    }

    fn author() -> String {
        "the Allod developers".into()
    }

    fn support_url() -> String {
        // What a panic prints after "Please report it at". The sources have no address of their own.
        "the issues of the repository that this binary was built from; SECURITY.md there says what to report in private"
            .into()
    }

    fn copyright_start_year() -> i32 {
        2026
    }

    fn load_spec(&self, id: &str) -> Result<Box<dyn ChainSpec>, String> {
        chain_spec::load(id)
    }
}
