//! Prints the tables of docs/economics.md.

#![forbid(unsafe_code)]

use allod_economics::{
    attack,
    model::{Setting, Shock, YEAR},
    statistics::{Summary, both},
};
use clap::Parser;

/// Simulates the price of a byte, by the chain's rule and by Subspace's.
#[derive(Debug, Parser)]
struct Arguments {
    /// Runs of each row.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    runs: u64,
    /// Years of a run.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=50))]
    years: u32,
}

const COPIES: u32 = 32;
const ELASTICITY: f64 = 0.8;

fn row(name: &str, (subspace, allod): (Summary, Summary)) {
    println!(
        "| {name} | {:.1} % | **{:.1} %** | ×{:.1} | **×{:.1}** | {:.2} | **{:.2}** | {:+.1} % |",
        subspace.deviation * 100.0,
        allod.deviation * 100.0,
        subspace.worst_day,
        allod.worst_day,
        subspace.most_used,
        allod.most_used,
        (allod.minted / subspace.minted - 1.0) * 100.0,
    );
}

fn head(first: &str) {
    println!(
        "\n| {first} | price σ a day: Subspace | Allod | worst day: Subspace | Allod | most used: Subspace | Allod | minted against Subspace |"
    );
    println!("|---|---|---|---|---|---|---|---|");
}

fn main() {
    let arguments = Arguments::parse();
    let setting = Setting {
        shock: Shock::None,
        elasticity: ELASTICITY,
        copies: COPIES,
        days: arguments.years * YEAR,
        seed: 0,
        junk_share: 0.0,
    };
    head("shock");
    for shock in Shock::ALL {
        row(
            shock.name(),
            both(Setting { shock, ..setting }, arguments.runs),
        );
    }
    head("elasticity, copies");
    for elasticity in [0.2, 0.8, 2.0] {
        for copies in [16, 32, 64] {
            let setting = Setting {
                elasticity,
                copies,
                ..setting
            };
            row(
                &format!("{elasticity}, {copies}"),
                both(setting, arguments.runs),
            );
        }
    }
    println!(
        "\n| share of the space | junk in a year: Subspace | Allod | lost of the fees: Subspace | Allod | most used: Subspace | Allod |"
    );
    println!("|---|---|---|---|---|---|---|");
    for junk_share in [0.01, 0.1, 0.33, 0.5] {
        let setting = Setting {
            junk_share,
            days: YEAR,
            ..setting
        };
        let (subspace, allod) = attack::costs(setting);
        println!(
            "| {:.0} % | {:.2} TB | **{:.2} TB** | {:.0} % | **{:.0} %** | {:.2} | **{:.2}** |",
            junk_share * 100.0,
            subspace.bytes / 1e12,
            allod.bytes / 1e12,
            subspace.lost * 100.0,
            allod.lost * 100.0,
            subspace.most_used,
            allod.most_used,
        );
    }
}
