//! `allod-load`: how many transfers and how many registrations of identities a chain takes, second by second,
//! from one client, and how many registrations the weights promise.
//!
//! ```sh
//! allod dev --tmp &
//! allod-load --seconds 30
//! ```
//!
//! It prints three lines: transfers per second; registrations per second and their ratio to the transfers; the
//! registrations per second that the benchmarked weights predict at the pace at which blocks came, and the ratio
//! of what was measured to that. Only what is in blocks and succeeded counts, see [`flow`].
//!
//! `allod-load --fill MIB` fills the chain with random remarks instead, see [`fill`].
//!
//! It spends the money of the well-known account Alice and leaves many identities behind, so it takes development
//! and local chains only, and nodes on this machine unless told otherwise.
//!
//! # Nothing but the node is to be the limit
//!
//! Transactions are signed before the clock starts, on all cores. Each comes from one of as many accounts as
//! transactions may be outstanding, in turn: so those that wait in the pool hardly ever wait for one another,
//! one that is lost stops one account and not all that follow, and nonces are known beforehand without a
//! question to the node. Alice pays these accounts in before, hundreds in one transaction.
//!
//! # What the limit is
//!
//! | what | how much | binds |
//! |---|---|---|
//! | weight of a block | 1.5 s for transactions, three quarters of 2 s | registrations, and transfers where the machine is fast enough |
//! | length of a block | 3.75 MiB for transactions | nothing: thousands of transfers have 150 bytes each, registrations some 600 |
//! | time to fill a block | 1.8 s, nine tenths of what the author allows | whatever takes longer than its weight says |
//! | the pool | 8,192 transactions by default, and a tenth of it for those ahead of their nonce | nothing as long as `--outstanding` stays below it: that is some two full blocks of transfers, more of registrations |
//! | the pool's upkeep | everything that waits is validated again after each block, in the background | transfers on two cores, which the client shares |
//! | JSON-RPC | no limit by default; transactions come in batches, several at once | nothing |
//!
//! Blocks come when a slot is won, on the development chain every second one on average, now two at once, now
//! after six seconds. After a short pause the pool must still hold a full block, so the client refills it while
//! blocks are made. The prediction takes the pace as it was. An author that finds a block full goes on
//! trying for half of the time that it has to fill one, which costs processor time and no place in the block.
//!
//! | module | holds |
//! |---|---|
//! | [`node`] | questions to the node |
//! | [`transactions`] | accounts, and what they sign |
//! | [`flow`] | submits transactions and counts those in blocks |
//! | [`fill`] | makes the history grow |
//! | [`forecast`] | what weights allow |

#![forbid(unsafe_code)]

mod fill;
mod flow;
mod forecast;
mod node;
mod transactions;

use clap::Parser;
use flow::{Flow, Measured};
use forecast::Forecast;
use node::Node;
use std::{error::Error as StdError, process::ExitCode, time::Duration};
use transactions::{Accounts, Kind, Maker, Transaction};

/// Whatever went wrong, in one line.
type Error = Box<dyn StdError + Send + Sync>;

/// Most transactions that are signed for one phase, so that memory stays bounded.
const MAX_PREPARED: u64 = 150_000;
/// Blocks per second that transactions are prepared for, in quarters. More than come in the long run on any
/// chain whose slots last a second.
const QUARTER_BLOCKS: u64 = 3;
/// Full blocks that the pool is to hold, for after a short pause between blocks. More would only be more for the
/// pool to look at again after every block.
const BLOCKS_AHEAD: u64 = 3;

/// Measure how many transfers and registrations of identities a development chain takes.
#[derive(Debug, Parser)]
#[command(name = "allod-load", version)]
struct Arguments {
    /// Address of the node.
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944")]
    url: String,

    /// How long to submit transactions of each kind.
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(5..=240))]
    seconds: u64,

    /// Most transactions that are submitted and in no block yet; never more than three blocks take. The node's
    /// pool must have room for them.
    #[arg(long, value_name = "N", default_value_t = 6_000,
          value_parser = clap::value_parser!(u64).range(1..=100_000))]
    outstanding: u64,

    /// Fill the chain with so many MiB of random remarks, and measure nothing.
    #[arg(long, value_name = "MIB", conflicts_with_all = ["seconds", "outstanding"],
          value_parser = clap::value_parser!(u32).range(1..=65_536))]
    fill: Option<u32>,

    /// Fill each block by one part in N of what transactions may take.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "fill",
          value_parser = clap::value_parser!(u32).range(1..=10))]
    share: u32,

    /// Take a node on another machine, too.
    #[arg(long)]
    remote: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("allod-load: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Error> {
    if !arguments.remote && !node::is_loopback(&arguments.url) {
        return Err(format!(
            "{} is not on this machine; --remote if that is meant",
            arguments.url
        )
        .into());
    }
    let node = Node::connect(&arguments.url).await?;
    node.check_chain().await?;
    let maker = Maker::new(node.genesis_hash().await?, node.best_hash().await?);
    if let Some(mebibytes) = arguments.fill {
        let filled = fill::fill(&node, &maker, mebibytes, arguments.share).await?;
        println!(
            "filled: {} remarks of {} bytes in {} blocks",
            filled.remarks,
            fill::REMARK_BYTES,
            filled.blocks
        );
        return Ok(());
    }
    let (transfers, _) = phase(&node, &maker, Kind::Transfer, arguments).await?;
    let (registrations, forecast) = phase(&node, &maker, Kind::Registration, arguments).await?;
    report(&transfers, &registrations, &forecast);
    Ok(())
}

/// Funds accounts, has them sign, and submits what they signed.
async fn phase(
    node: &Node,
    maker: &Maker,
    kind: Kind,
    arguments: &Arguments,
) -> Result<(Measured, Forecast), Error> {
    let forecast = Forecast::of(&maker.sample(kind));
    let wanted = forecast.per_block * arguments.seconds * QUARTER_BLOCKS / 4;
    let outstanding = arguments.outstanding.min(BLOCKS_AHEAD * forecast.per_block);
    let count = (wanted + outstanding).min(MAX_PREPARED);
    let accounts = Accounts {
        kind,
        count: outstanding.min(count),
    };
    eprintln!("{kind}: funding {} accounts", accounts.count);
    let nonce = node.next_nonce(&maker.payer()).await?;
    let funding = maker.funding(&accounts, count.div_ceil(accounts.count), nonce);
    let outstanding = usize::try_from(outstanding)?;
    let mut flow = Flow::start(node, &funding, outstanding).await?;
    flow.run(None).await?;
    let failed = flow.failed(&flow.blocks()).await?;
    if let Some((_, error)) = failed.first() {
        return Err(format!("{kind}: the accounts cannot be funded: {error}").into());
    }

    eprintln!("{kind}: signing {count}");
    let transactions: Vec<Transaction> = maker.transactions(&accounts, count);
    eprintln!("{kind}: submitting for {} s", arguments.seconds);
    let mut flow = Flow::start(node, &transactions, outstanding).await?;
    flow.run(Some(Duration::from_secs(arguments.seconds)))
        .await?;
    let measured = flow.measured().await?;
    if let Some(error) = &measured.first_failure {
        eprintln!(
            "{kind}: {} failed, the first with: {error}",
            measured.failed
        );
    }
    Ok((measured, forecast))
}

fn report(transfers: &Measured, registrations: &Measured, forecast: &Forecast) {
    let predicted = forecast.per_second(registrations.blocks_per_second());
    println!("transfers: {transfers}");
    println!(
        "registrations: {registrations}, {:.2} of the transfers",
        registrations.per_second() / transfers.per_second()
    );
    println!(
        "weights predict: {predicted:.1} registrations per second ({} in a block, {:.2} blocks per second); \
         measured / predicted: {:.2}",
        forecast.per_block,
        registrations.blocks_per_second(),
        registrations.per_second() / predicted
    );
}
