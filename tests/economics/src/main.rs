//! Prints the tables of docs/economics.md.

#![forbid(unsafe_code)]

use allod_economics::{
    attack,
    model::{Setting, Shock, YEAR},
    statistics::{Summary, both},
};
use allod_output::OutputError;
use clap::Parser;
use std::process::ExitCode;

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

/// A factor to be read: beyond some thousands only its magnitude tells anything.
fn factor(factor: f64) -> String {
    match factor < 10_000.0 {
        true => format!("×{factor:.1}"),
        false => format!("×{factor:.1e}"),
    }
}

fn row(name: &str, (subspace, allod): (Summary, Summary)) -> Result<(), OutputError> {
    allod_output::line(format_args!(
        "| {name} | {:.1} % | **{:.1} %** | {} | **{}** | {:.2} | **{:.2}** | {:+.1} % |",
        subspace.deviation * 100.0,
        allod.deviation * 100.0,
        factor(subspace.worst_day),
        factor(allod.worst_day),
        subspace.most_used,
        allod.most_used,
        (allod.minted / subspace.minted - 1.0) * 100.0,
    ))
}

fn head(first: &str) -> Result<(), OutputError> {
    allod_output::text(format_args!(
        "\n| {first} | price σ a day: Subspace | Allod | worst day: Subspace | Allod | most used: Subspace | Allod | minted against Subspace |\n\
         |---|---|---|---|---|---|---|---|\n"
    ))
}

/// Says on the standard error what is being simulated, since a row takes a while.
fn progress(of: Setting, runs: u64) {
    let Setting {
        elasticity,
        copies,
        days,
        ..
    } = of;
    allod_output::note_line(format_args!(
        "simulating {runs} runs of {days} days by either rule: {}, elasticity {elasticity}, {copies} copies",
        of.shock.name()
    ));
}

fn simulated(of: Setting, runs: u64) -> (Summary, Summary) {
    progress(of, runs);
    both(of, runs)
}

fn main() -> ExitCode {
    allod_output::exit_code(tables(&Arguments::parse()).map(|()| ExitCode::SUCCESS))
}

fn tables(arguments: &Arguments) -> Result<(), OutputError> {
    let setting = Setting {
        shock: Shock::None,
        elasticity: ELASTICITY,
        copies: COPIES,
        days: arguments.years * YEAR,
        seed: 0,
        junk_share: 0.0,
    };
    head("shock")?;
    for shock in Shock::ALL {
        let summaries = simulated(Setting { shock, ..setting }, arguments.runs);
        row(shock.name(), summaries)?;
    }
    head("elasticity, copies")?;
    for elasticity in [0.2, 0.8, 2.0] {
        for copies in [16, 32, 64] {
            let setting = Setting {
                elasticity,
                copies,
                ..setting
            };
            let name = format!("{elasticity}, {copies}");
            row(&name, simulated(setting, arguments.runs))?;
        }
    }
    allod_output::text(
        "\n| share of the space | junk in a year: Subspace | Allod | lost of the fees: Subspace | Allod | most used: Subspace | Allod |\n\
         |---|---|---|---|---|---|---|\n",
    )?;
    for junk_share in [0.01, 0.1, 0.33, 0.5] {
        let setting = Setting {
            junk_share,
            days: YEAR,
            ..setting
        };
        let (subspace, allod) = attack::costs(setting);
        allod_output::line(format_args!(
            "| {:.0} % | {:.2} TB | **{:.2} TB** | {:.0} % | **{:.0} %** | {:.2} | **{:.2}** |",
            junk_share * 100.0,
            subspace.bytes / 1e12,
            allod.bytes / 1e12,
            subspace.lost * 100.0,
            allod.lost * 100.0,
            subspace.most_used,
            allod.most_used,
        ))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::factor;

    #[test]
    fn a_large_factor_is_its_magnitude() {
        for (number, shown) in [
            (1.06, "×1.1"),
            (9_999.0, "×9999.0"),
            (1_370_829_231_318.7, "×1.4e12"),
        ] {
            assert_eq!(factor(number), shown);
        }
    }
}
