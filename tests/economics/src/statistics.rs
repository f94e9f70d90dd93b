//! What is told about many runs.

use crate::{
    model::{Run, Setting, run},
    rules::{Allod, Subspace},
};
use rayon::prelude::*;

/// Days at the start that are not counted: a price first finds its place.
const FIRST_DAYS: usize = 30;

/// How a rule did in many runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Summary {
    /// Standard deviation of the price from day to day, as a share.
    pub deviation: f64,
    /// Factor of the worst day of all runs, either way.
    pub worst_day: f64,
    /// Most that was ever used of the space for one copy.
    pub most_used: f64,
    /// Minted in a run, on average.
    pub minted: f64,
}

/// Sums runs up.
pub fn summary(runs: &[Run]) -> Summary {
    let changes: Vec<f64> = runs
        .iter()
        .flat_map(|run| run.prices.windows(2).skip(FIRST_DAYS))
        .map(|days| (days[1] / days[0]).ln())
        .collect();
    let count = changes.len().max(1) as f64;
    let mean = changes.iter().sum::<f64>() / count;
    let square = changes
        .iter()
        .map(|change| (change - mean).powi(2))
        .sum::<f64>()
        / count;
    let worst = changes
        .iter()
        .fold(0.0_f64, |worst, change| worst.max(change.abs()));
    Summary {
        deviation: square.sqrt(),
        worst_day: worst.exp(),
        most_used: runs.iter().fold(0.0, |most, run| most.max(run.most_used)),
        minted: runs.iter().map(|run| run.minted).sum::<f64>() / runs.len().max(1) as f64,
    }
}

/// Both rules under the same chances: Subspace's, then the chain's own.
pub fn both(setting: Setting, runs: u64) -> (Summary, Summary) {
    let with_seed = |seed| Setting { seed, ..setting };
    let subspace: Vec<Run> = (0..runs)
        .into_par_iter()
        .map(|seed| run(with_seed(seed), Subspace::new))
        .collect();
    let allod: Vec<Run> = (0..runs)
        .into_par_iter()
        .map(|seed| run(with_seed(seed), Allod::new))
        .collect();
    (summary(&subspace), summary(&allod))
}
