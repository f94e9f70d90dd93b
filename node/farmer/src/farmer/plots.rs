//! Keeping the plot complete and valid.

use super::{Shared, connection::Backoff};
use crate::{
    events::FarmerEvent,
    pieces::NodePieces,
    plotting::{Plotter, PlottingError, Progress},
    sector_file::{SectorError, SectorFile, sector_bytes},
    sectors::Work,
    tables::Tables,
};
use allod_farmer_rpc::NodeClient;
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// A full disk or a missing piece is looked at again after this time at the latest.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Plots one sector after another, and waits where there is nothing to plot. The sector that is
/// being replaced is farmed until the new one is in its place.
pub(super) async fn keep<C: NodeClient>(shared: &Arc<Shared<C>>) {
    let plotter = plotter(shared);
    let mut backoff = Backoff::up_to(LONGEST_PAUSE);
    loop {
        let work = {
            let history = shared.history.read();
            let sectors = shared.sectors.read();
            sectors.next_work(shared.pledged, &history, &shared.parameters)
        };
        let Some(work) = work else {
            shared.plot_changed.notified().await;
            continue;
        };
        if let Some(expires_at) = work.replaces {
            shared.emit(FarmerEvent::SectorExpires {
                sector_index: work.sector_index,
                expires_at,
                history_size: work.history_size,
            });
        }
        match plot(shared, &plotter, work).await {
            Ok(()) => backoff.reset(),
            Err(error) => {
                let retry_in = backoff.pause();
                shared.emit(FarmerEvent::PlottingFailed {
                    sector_index: work.sector_index,
                    error: error.to_string(),
                    retry_in,
                });
                tokio::time::sleep(retry_in).await;
            }
        }
    }
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
    shared.emit(FarmerEvent::SectorPlotted {
        sector_index: work.sector_index,
        history_size: work.history_size,
        replaced: work.replaces.is_some(),
        elapsed: started.elapsed(),
    });
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
        shared.emit(FarmerEvent::PlotProgress {
            sector_index: work.sector_index,
            history_size: work.history_size,
            pieces_done,
            pieces_total,
            bytes: each * u64::from(pieces_done),
            elapsed: started.elapsed(),
        });
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
