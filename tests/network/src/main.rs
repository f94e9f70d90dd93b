//! Runs attacks upon networks of real nodes: all of them, or those that are named.

#![forbid(unsafe_code)]

use allod_network::{
    scenarios::{Network, blocks, clocks, cut, disk, genesis, messages, timekeeper},
    stock::Manner,
};
use clap::Parser;
use futures::future::{FutureExt as _, LocalBoxFuture};
use std::{panic::AssertUnwindSafe, process::ExitCode, time::Instant};

/// Attacks networks of real nodes on this machine. Cuts and full disks take root.
#[derive(Debug, Parser)]
struct Arguments {
    /// Scenarios to run; all of them if none is named.
    names: Vec<String>,
    /// Prints their names.
    #[arg(long)]
    list: bool,
}

/// Something that happens to a network, and what must hold afterwards.
struct Scenario {
    name: &'static str,
    run: fn() -> LocalBoxFuture<'static, ()>,
}

macro_rules! upon_a_small_network {
    ($attack:expr) => {
        || {
            async {
                let network = Network::small().await;
                $attack(&network).await;
                network.honest.assert_well().await;
            }
            .boxed_local()
        }
    };
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "bad-blocks",
        run: upon_a_small_network!(blocks::bad_blocks),
    },
    Scenario {
        name: "siblings",
        run: upon_a_small_network!(blocks::siblings),
    },
    Scenario {
        name: "future-slots",
        run: upon_a_small_network!(blocks::future_slots),
    },
    Scenario {
        name: "malformed-messages",
        run: upon_a_small_network!(messages::malformed),
    },
    Scenario {
        name: "huge-and-slow-answers",
        run: upon_a_small_network!(messages::huge_and_slow_answers),
    },
    Scenario {
        name: "wrong-slots",
        run: upon_a_small_network!(messages::wrong_slots),
    },
    Scenario {
        name: "raw-connections",
        run: upon_a_small_network!(messages::raw_connections),
    },
    Scenario {
        name: "forged-chains",
        run: || genesis::forged_chains_before_an_honest_one().boxed_local(),
    },
    Scenario {
        name: "boasters",
        run: || genesis::boasters_around_a_newcomer(6, Manner::Boasting).boxed_local(),
    },
    Scenario {
        name: "inventors",
        run: || genesis::boasters_around_a_newcomer(3, Manner::Inventing).boxed_local(),
    },
    Scenario {
        name: "short-cut",
        run: || cut::shorter_than_the_depth().boxed_local(),
    },
    Scenario {
        name: "long-cut",
        run: || cut::longer_than_the_depth().boxed_local(),
    },
    Scenario {
        name: "wrong-clocks",
        run: || clocks::off_by_an_hour().boxed_local(),
    },
    Scenario {
        name: "full-disk",
        run: || disk::full().boxed_local(),
    },
    Scenario {
        name: "fast-timekeeper",
        run: upon_a_small_network!(timekeeper::half_again_as_fast),
    },
];

/// The scenarios of these names; all if there are none.
fn chosen(names: &[String]) -> Result<Vec<&'static Scenario>, String> {
    if names.is_empty() {
        return Ok(SCENARIOS.iter().collect());
    }
    let find = |name: &String| {
        let found = SCENARIOS.iter().find(|scenario| scenario.name == name);
        found.ok_or_else(|| format!("there is no scenario {name}; --list prints their names"))
    };
    names.iter().map(find).collect()
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        SCENARIOS
            .iter()
            .for_each(|scenario| println!("{}", scenario.name));
        return ExitCode::SUCCESS;
    }
    let scenarios = match chosen(&arguments.names) {
        Ok(scenarios) => scenarios,
        Err(error) => {
            eprintln!("allod-network: {error}");
            return ExitCode::from(2);
        }
    };
    let mut failed = Vec::new();
    for Scenario { name, run } in scenarios {
        eprintln!("{name}: begins");
        let began = Instant::now();
        // A panic has said what did not hold, and ends this scenario alone.
        let ended = AssertUnwindSafe(run()).catch_unwind().await;
        let seconds = began.elapsed().as_secs();
        match ended {
            Ok(()) => println!("{name}: held, {seconds} s"),
            Err(_) => {
                println!("{name}: FAILED, {seconds} s");
                failed.push(*name);
            }
        }
    }
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("allod-network: {} failed", failed.join(", "));
    ExitCode::FAILURE
}
