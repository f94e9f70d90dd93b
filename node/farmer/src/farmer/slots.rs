//! Auditing every slot.

use super::{Shared, connection::Subscription};
use crate::{
    audit::{Audit, Winner, audit},
    eligibility::Chain,
    events::FarmerEvent,
    pool::Panicked,
    proving::ProvingError,
};
use allod_core::Solution;
use allod_farmer_rpc::NodeClient;
use allod_rpc_types::farmer::{SlotInfo, SolutionSubmission};
use std::{sync::Arc, time::Instant};
use tokio::sync::mpsc;

/// Slots that may wait for an audit; of more only these are audited.
const WAITING_SLOTS: usize = 4;
/// Winners of a slot that are tried one after the other if they cannot be proven.
const WINNERS_TRIED: usize = 3;

/// Audits slots as the node announces them, for ever.
pub(super) async fn follow<C: NodeClient>(shared: &Arc<Shared<C>>) {
    let (sender, mut receiver) = mpsc::channel(WAITING_SLOTS);
    let reading = async {
        let mut slots = Subscription::new("slots", shared.on_event.as_ref());
        let mut skipped = 0;
        loop {
            let slot = slots.next(|| shared.client.subscribe_slots()).await;
            shared.follow_best_block(slot.history_size);
            if sender.try_send((slot, Instant::now())).is_err() {
                skipped += 1;
            } else if skipped > 0 {
                let count = std::mem::take(&mut skipped);
                shared.emit(FarmerEvent::SlotsSkipped { count });
            }
        }
    };
    let working = async {
        while let Some((slot, heard)) = receiver.recv().await {
            farm(shared, slot, heard).await;
        }
    };
    tokio::select! {
        () = reading => {}
        () = working => {}
    }
}

/// Audits one slot and hands over the solution, if there is one.
async fn farm<C: NodeClient>(shared: &Arc<Shared<C>>, slot: SlotInfo, heard: Instant) {
    let found = match find(shared, slot).await {
        Ok(found) => found,
        Err(panicked) => {
            tracing::error!("slot {}: {panicked}", slot.slot);
            return;
        }
    };
    let Some((winner, solution)) = found else {
        return;
    };
    // Remembered first: the node may ask for the seal before it answers.
    shared.signer.lock().remember(slot.slot, solution.clone());
    shared.emit(FarmerEvent::SolutionFound {
        slot: slot.slot,
        sector_index: solution.sector_index,
        distance: winner.distance,
        elapsed: heard.elapsed(),
    });
    let submission = SolutionSubmission {
        slot: slot.slot,
        solution,
    };
    if let Err(error) = shared.client.submit_solution(submission).await {
        shared.emit(FarmerEvent::SolutionRefused {
            slot: slot.slot,
            error: error.to_string(),
        });
    }
}

/// The nearest winner of a slot that can be proven.
async fn find<C: NodeClient>(
    shared: &Arc<Shared<C>>,
    slot: SlotInfo,
) -> Result<Option<(Winner, Solution)>, Panicked> {
    let Audit {
        winners,
        unreadable,
        tickets,
    } = run_audit(shared, slot).await?;
    shared.emit(FarmerEvent::SlotAudited {
        slot: slot.slot,
        tickets,
        winners: winners.len(),
    });
    for (sector, error) in unreadable {
        shared.give_up(&sector, &error);
    }
    for winner in winners.into_iter().take(WINNERS_TRIED) {
        match prove(shared, winner.clone()).await? {
            Ok(solution) => return Ok(Some((winner, solution))),
            Err(error) => shared.give_up(&winner.sector, &error),
        }
    }
    Ok(None)
}

async fn run_audit<C: NodeClient>(
    shared: &Arc<Shared<C>>,
    slot: SlotInfo,
) -> Result<Audit, Panicked> {
    let sectors = {
        let history = shared.history.read();
        let chain = Chain::new(slot.history_size, &history, &shared.parameters);
        shared.sectors.read().valid(&chain)
    };
    let work = move || audit(&sectors, &slot.global_challenge, slot.solution_range);
    shared.farming.run(work).await
}

async fn prove<C: NodeClient>(
    shared: &Arc<Shared<C>>,
    winner: Winner,
) -> Result<Result<Solution, ProvingError>, Panicked> {
    let shared = shared.clone();
    let proving = shared.clone();
    shared
        .farming
        .run(move || proving.prover.prove(&winner))
        .await
}
