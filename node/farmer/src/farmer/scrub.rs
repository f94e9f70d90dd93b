//! Reading the whole plot once, so that a flipped bit is found before it costs a block.

use super::Shared;
use crate::events::FarmerEvent;
use allod_farmer_rpc::NodeClient;
use std::{future::pending, sync::Arc};

/// Scrubs the sectors that are there now, one after the other in the background, then waits for
/// ever.
pub(super) async fn once<C: NodeClient>(shared: &Arc<Shared<C>>) {
    let sectors = shared.sectors.read().all();
    let (mut whole, mut damaged) = (0, 0);
    for sector in &sectors {
        let (scrubbed, cancelled) = (sector.clone(), shared.cancelled.clone());
        match shared
            .plotting
            .run(move || scrubbed.scrub(&cancelled))
            .await
        {
            Ok(Ok(())) => whole += 1,
            Ok(Err(error)) => {
                damaged += 1;
                shared.give_up(sector, &error);
            }
            Err(panicked) => tracing::error!("scrubbing {}: {panicked}", sector.path().display()),
        }
    }
    if !sectors.is_empty() {
        shared.emit(FarmerEvent::ScrubFinished { whole, damaged });
    }
    pending().await
}
