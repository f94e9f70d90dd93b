//! The farmer inside the node: the same farmer, behind the same interface, as in a process of its
//! own.

use crate::{FarmerNode, essential::EssentialTasks};
use allod_core::RewardAddress;
use allod_farmer::{EventHandler, Farmer, FarmerConfig, FarmerEvent, SectorEvent};
use allod_kzg::Kzg;
use allod_metrics::{Metrics, SectorLoss};
use std::{path::PathBuf, sync::Arc, thread::JoinHandle};
use tokio::sync::oneshot;

/// How to farm.
#[derive(Debug, Clone)]
pub struct FarmingOptions {
    /// Where the plot is; beside the chain's data if not given.
    pub folder: Option<PathBuf>,
    /// How many sectors.
    pub sectors: u32,
    /// Where rewards go.
    pub reward_address: RewardAddress,
}

/// Counts what happens.
fn count_event(metrics: &Metrics, event: &FarmerEvent) {
    match event {
        FarmerEvent::Started { sectors, pledged } => metrics.farming(*sectors, *pledged),
        FarmerEvent::Sector(_, event) => count_sector_event(metrics, event),
        FarmerEvent::SolutionFound { .. } => metrics.solution_found(),
        FarmerEvent::SolutionRefused { .. } => metrics.solution_refused(),
        FarmerEvent::SlotAudited { .. } => metrics.audited(),
        FarmerEvent::SlotsSkipped { count } => metrics.audits_missed(*count),
        FarmerEvent::Sealed { .. } => metrics.won(),
        // Logged, and not counted.
        FarmerEvent::ScrubFinished { .. }
        | FarmerEvent::SealRefused { .. }
        | FarmerEvent::Disconnected { .. } => {}
    }
}

fn count_sector_event(metrics: &Metrics, event: &SectorEvent) {
    match event {
        // One that took another's place is farmed instead of it.
        SectorEvent::Plotted { replaced: true, .. } => {}
        SectorEvent::Plotted { .. } => metrics.sector_plotted(),
        SectorEvent::PlottingFailed { .. } => metrics.plotting_failed(),
        SectorEvent::Expires { .. } => metrics.sector_lost(SectorLoss::Expired),
        SectorEvent::Damaged { .. } => metrics.sector_lost(SectorLoss::Damaged),
        // Logged, and not counted.
        SectorEvent::Progress { .. } | SectorEvent::TooNew { .. } => {}
    }
}

/// Starts farming; a farmer that fails stops the node, whose owner wants it to farm. Gives the
/// farmer's thread, which ends soon after the node's task.
pub fn start(
    spawner: &EssentialTasks,
    options: FarmingOptions,
    default_folder: PathBuf,
    node: Arc<FarmerNode>,
    kzg: Kzg,
    metrics: Metrics,
) -> std::io::Result<JoinHandle<()>> {
    let on_event: EventHandler = Arc::new(move |event: &FarmerEvent| {
        event.log();
        count_event(&metrics, event);
    });
    let config = FarmerConfig {
        directory: options.folder.unwrap_or(default_folder),
        sectors: options.sectors,
        reward_address: options.reward_address,
        plotting_threads: None,
        farming_threads: None,
        on_event: Some(on_event),
    };
    // On a thread and an executor of its own: whatever keeps the node busy, audits go on.
    let (stop, stopped) = oneshot::channel::<()>();
    let (ended, end) = oneshot::channel();
    let farm = move || {
        let result = match tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
        {
            Ok(runtime) => {
                // The other end is dropped with the node's task.
                let shutdown = async { drop(stopped.await) };
                runtime
                    .block_on(Farmer::run(config, node, kzg, shutdown))
                    .map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        drop(ended.send(result));
    };
    let thread = std::thread::Builder::new()
        .name("farmer".into())
        .spawn(farm)?;
    spawner.spawn_fallible("farmer", "farming", async move {
        let _stop = stop;
        end.await.unwrap_or_else(|_| Err("its thread ended".into()))
    });
    Ok(thread)
}
