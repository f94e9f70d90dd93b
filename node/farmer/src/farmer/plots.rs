//! Keeping the plot complete and valid.

use super::{Shared, connection::Backoff};
use crate::{
    eligibility::Chain,
    events::{FarmerEvent, SectorEvent},
    pieces::NodePieces,
    plot_directory::remove_other_sectors,
    plotting::{Plotter, PlottingError, Progress},
    sector_file::{SectorError, SectorFile, sector_bytes},
    sectors::{Reason, Work},
    tables::Tables,
};
use allod_core::SectorIndex;
use allod_farmer_rpc::NodeClient;
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// A full disk or a missing piece is looked at again after this time at the latest.
const MAX_BACKOFF: Duration = Duration::from_secs(300);

/// Plots one sector after another, and waits where there is nothing to plot. The sector that is
/// being replaced is farmed until the new one may win.
pub(super) async fn keep<C: NodeClient>(shared: &Arc<Shared<C>>) {
    let plotter = plotter(shared);
    let mut backoff = Backoff::up_to(MAX_BACKOFF);
    loop {
        give_up_superseded(shared, None).await;
        let Some(work) = next_work(shared) else {
            shared.plot_changed.notified().await;
            continue;
        };
        announce(shared, work);
        match plot(shared, &plotter, work).await {
            Ok(()) => backoff.reset(),
            Err(error) => {
                let retry_in = backoff.pause();
                let error = error.to_string();
                let failed = SectorEvent::PlottingFailed { error, retry_in };
                shared.emit(FarmerEvent::Sector(work.sector_index, failed));
                tokio::time::sleep(retry_in).await;
            }
        }
    }
}

/// What to plot next; none before the first slot, which says what the best block's state holds.
fn next_work<C>(shared: &Shared<C>) -> Option<Work> {
    let history_size = (*shared.history_size.lock())?;
    let history = shared.history.read();
    let chain = Chain::new(history_size, &history, &shared.parameters);
    shared.sectors.read().next_work(shared.pledged, &chain)
}

/// Stops farming sectors whose successors may win, and removes their files; those of damaged sectors
/// with the index that was just plotted, too.
async fn give_up_superseded<C: NodeClient>(shared: &Arc<Shared<C>>, plotted: Option<SectorIndex>) {
    let mut changed = superseded(shared);
    changed.extend(plotted);
    for sector_index in changed {
        let farmed = shared.sectors.read().with_index(sector_index);
        let farmed: Vec<PathBuf> = farmed.iter().map(|it| it.path().to_owned()).collect();
        let directory = shared.directory.clone();
        let remove = move || remove_other_sectors(directory.path(), sector_index, &farmed);
        match shared.plotting.run(remove).await {
            Ok(Ok(())) => {}
            // At the next start it is opened, and given up again.
            Ok(Err(error)) => tracing::warn!("{error}; the file is not farmed any more"),
            Err(panicked) => tracing::error!("removing files of sector {sector_index}: {panicked}"),
        }
    }
}

/// The indices of the sectors that are farmed no longer because their successors may win.
fn superseded<C>(shared: &Shared<C>) -> Vec<SectorIndex> {
    let Some(history_size) = *shared.history_size.lock() else {
        return Vec::new();
    };
    let history = shared.history.read();
    let chain = Chain::new(history_size, &history, &shared.parameters);
    shared.sectors.write().give_up_superseded(&chain)
}

/// Tells why a sector that is there is plotted again.
fn announce<C>(shared: &Shared<C>, work: Work) {
    let history_size = work.history_size;
    let why = match work.reason {
        Reason::Missing => return,
        Reason::Expired { expires_at } | Reason::Expires { expires_at } => SectorEvent::Expires {
            expires_at,
            history_size,
        },
        Reason::TooNew { made_at } => SectorEvent::TooNew {
            made_at,
            history_size,
        },
    };
    shared.emit(FarmerEvent::Sector(work.sector_index, why));
}

/// Why a sector is not there.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Plotting(#[from] PlottingError),
    /// It was written and cannot be read.
    #[error(transparent)]
    Opening(#[from] SectorError),
}

async fn plot<C: NodeClient>(
    shared: &Arc<Shared<C>>,
    plotter: &Plotter,
    work: Work,
) -> Result<(), Error> {
    let started = Instant::now();
    let progress = progress(shared, work, started);
    let path = plotter
        .plot(work.sector_index, work.history_size, progress)
        .await?;
    let sector = open(shared, path).await?;
    shared.sectors.write().insert(Arc::new(sector));
    shared.look_for_open_slots.notify_one();
    give_up_superseded(shared, Some(work.sector_index)).await;
    let plotted = SectorEvent::Plotted {
        history_size: work.history_size,
        replaced: work.reason.replaces(),
        elapsed: started.elapsed(),
    };
    shared.emit(FarmerEvent::Sector(work.sector_index, plotted));
    Ok(())
}

async fn open<C: NodeClient>(shared: &Shared<C>, path: PathBuf) -> Result<SectorFile, Error> {
    let directory = shared.directory.clone();
    let open = move || SectorFile::open(&path, directory.key());
    let opened = shared.plotting.run(open).await;
    Ok(opened.map_err(PlottingError::from)??)
}

fn progress<C: NodeClient>(shared: &Arc<Shared<C>>, work: Work, started: Instant) -> Progress {
    let shared = shared.clone();
    let pieces_total = shared.parameters.pieces_per_sector;
    let each = sector_bytes(pieces_total) / u64::from(pieces_total.max(1));
    Arc::new(move |pieces_done| {
        let progress = SectorEvent::Progress {
            history_size: work.history_size,
            pieces_done,
            pieces_total,
            bytes: each * u64::from(pieces_done),
            elapsed: started.elapsed(),
        };
        shared.emit(FarmerEvent::Sector(work.sector_index, progress));
    })
}

fn plotter<C: NodeClient>(shared: &Arc<Shared<C>>) -> Plotter {
    Plotter {
        directory: shared.directory.clone(),
        parameters: shared.parameters.clone(),
        kzg: shared.kzg.clone(),
        pool: shared.plotting.clone(),
        pieces: Arc::new(NodePieces::new(
            shared.client.clone(),
            shared.kzg.clone(),
            shared.plotting.clone(),
            shared.history.clone(),
            shared.parameters.pieces_per_segment(),
        )),
        cancelled: shared.cancelled.clone(),
        tables: Arc::new(Tables::default()),
    }
}
