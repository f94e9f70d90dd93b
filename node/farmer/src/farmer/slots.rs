//! Auditing every slot.

use super::{Shared, connection::Subscription};
use crate::{
    audit::{Audit, Winner, audit},
    eligibility::Chain,
    events::FarmerEvent,
    pool::Panicked,
    proving::ProvingError,
};
use allod_core::{Slot, Solution, parameters::MAX_BLOCK_SECONDS};
use allod_farmer_rpc::NodeClient;
use allod_rpc_types::farmer::{SlotInfo, SolutionSubmission};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// Slots that may wait for an audit; of more only these are audited.
const WAITING_SLOTS: usize = 4;
/// Within this a node makes a block of a solution for a slot whose time has come.
const BLOCK_TAKES: Duration = Duration::from_secs(MAX_BLOCK_SECONDS);
/// Winners of a slot that are tried one after the other if they cannot be proven.
const WINNERS_TRIED: usize = 3;

/// Audits slots as the node announces them, and those that are open already, for ever.
pub(super) async fn follow<C: NodeClient>(shared: &Arc<Shared<C>>) {
    let (sender, mut receiver) = mpsc::channel(WAITING_SLOTS);
    let subscribe = || async {
        let slots = shared.client.subscribe_slots().await?;
        shared.look_for_open_slots.notify_one();
        Ok(slots)
    };
    let reading = async {
        let mut slots = Subscription::new("slots", shared.on_event.as_ref());
        let mut skipped = 0;
        loop {
            let slot = slots.next(subscribe).await;
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
            let _ = farm(shared, slot, heard).await;
        }
    };
    let catching_up = async {
        loop {
            shared.look_for_open_slots.notified().await;
            catch_up(shared).await;
        }
    };
    tokio::select! {
        () = reading => {}
        () = working => {}
        () = catching_up => {}
    }
}

/// Audits the slots that are open already, the oldest first, when the farmer has come or has come by another sector. They
/// are few on a chain that others farm. On one that nobody farmed for hours they are all there is: its
/// timekeepers wait for a block.
async fn catch_up<C: NodeClient>(shared: &Arc<Shared<C>>) {
    let mut after = Slot(0);
    loop {
        let open = match shared.client.open_slots(after).await {
            Ok(open) => open,
            Err(error) => {
                tracing::warn!("slots that are open since {after} are not audited: {error}");
                return;
            }
        };
        let Some(first) = open.first() else {
            return;
        };
        // There may be no other news of the best block's state, and the plot follows that.
        shared.follow_best_block(first.history_size);
        if shared.sectors.read().is_empty() {
            return;
        }
        for slot in open {
            // A node that goes backwards would keep the farmer busy for ever.
            if slot.slot <= after {
                return;
            }
            after = slot.slot;
            if farm(shared, slot, Instant::now()).await {
                // If the node makes a block of it, the ranges of all later slots are other ones.
                tokio::time::sleep(BLOCK_TAKES).await;
                break;
            }
        }
    }
}

/// Audits one slot and hands over the solution, if there is one; whether there is.
async fn farm<C: NodeClient>(shared: &Arc<Shared<C>>, slot: SlotInfo, heard: Instant) -> bool {
    let found = match find(shared, slot).await {
        Ok(found) => found,
        Err(panicked) => {
            tracing::error!("slot {}: {panicked}", slot.slot);
            return false;
        }
    };
    let Some((winner, solution)) = found else {
        return false;
    };
    // Remembered first: the node may ask for the seal before it answers.
    let challenge = slot.global_challenge;
    shared
        .signer
        .lock()
        .remember(slot.slot, challenge, solution.clone());
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
    true
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
