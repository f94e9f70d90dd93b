//! What a node tells Prometheus: metrics that others hold the numbers of are looked at every few seconds.

use crate::{Client, Context, database::Parts, rules};
use allod_consensus_primitives::pre_digest;
use allod_core::Slot;
use allod_disk::Disk;
use allod_metrics::{Metrics, Sample};
use allod_timekeeper::PotSourceHandle;
use futures::StreamExt;
use sc_client_api::BlockchainEvents;
use sp_blockchain::HeaderBackend;
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

/// Pause between two samples: shorter than any interval at which Prometheus asks.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(5);

/// Keeps the metrics up to date as long as the node runs.
pub(crate) fn start(
    parts: &Parts,
    context: &Arc<Context>,
    time: &PotSourceHandle,
    disk: Disk,
    metrics: &Metrics,
) {
    metrics.refuse_by(allod_consensus::Error::names());
    let (spawner, group) = (parts.tasks.spawn_handle(), Some("metrics"));
    let depth = watch_reorganisations(parts.client.clone(), metrics.clone());
    spawner.spawn("reorganisations", group, depth);
    let samples = sample(context.clone(), time.clone(), disk, metrics.clone());
    spawner.spawn("samples", group, samples);
}

/// Notes every reorganisation, for ever.
async fn watch_reorganisations(client: Arc<Client>, metrics: Metrics) {
    let mut imported = client.import_notification_stream();
    drop(client);
    while let Some(block) = imported.next().await {
        let retracted = block.tree_route.map_or(0, |route| route.retracted().len());
        if retracted > 0 {
            metrics.reorganised(retracted);
        }
    }
}

/// Samples, for ever.
async fn sample(context: Arc<Context>, time: PotSourceHandle, disk: Disk, metrics: Metrics) {
    loop {
        metrics.set(take(&context, &time, &disk));
        sleep(SAMPLE_INTERVAL).await;
    }
}

fn take(context: &Context, time: &PotSourceHandle, disk: &Disk) -> Sample {
    let info = context.client.info();
    let (archiver, tip) = (&context.archiver, time.tip());
    let overdue = time.tip_instant().elapsed().as_millis();
    let duration = u128::from(context.parameters.slot_duration_ms);
    Sample {
        time_lead: tip.0.saturating_sub(best_slot(context).0),
        time_lag: overdue
            .checked_div(duration)
            .and_then(|slots| u64::try_from(slots).ok())
            .unwrap_or(u64::MAX),
        archiver_lag: info
            .finalized_number
            .saturating_sub(archiver.last_archived())
            .into(),
        history_segments: archiver.store().history_size().0,
        disk_free: disk.free().ok(),
        rules_left: rules::left(&context.rules, info.best_number),
    }
}

/// Slot of the best block; that of genesis is 0.
fn best_slot(context: &Context) -> Slot {
    let best = context.client.info().best_hash;
    let header = context.client.header(best).ok().flatten();
    header
        .and_then(|header| pre_digest(&header).ok())
        .map_or(Slot(0), |pre_digest| pre_digest.slot)
}
