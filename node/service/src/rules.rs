//! How far this release can follow the network, by the rules of blocks in its specification and by the runtime's
//! interface (§8): told ahead of time, and the end of the node where it is reached.

use crate::{Client, database::Parts, essential::Failure, other};
use allod_block_rules::{NEWEST_RULES, RuleSchedule};
use allod_consensus::{
    judged_by,
    outdated::{Outdated, newer_interface, outdated},
};
use allod_runtime::opaque::Block;
use futures::StreamExt;
use sc_client_api::BlockchainEvents;
use sc_service::Error;
use sp_api::ApiError;
use sp_blockchain::HeaderBackend;
use std::sync::Arc;

/// Name of the task that ends where the rules do.
pub(crate) const TASK: &str = "rules";

/// Says which rules are ahead. A node whose blocks were judged by others does not start; nor does one that is at their end,
/// which says the line that it stopped with.
pub(crate) fn at_start(parts: &Parts, rules: &RuleSchedule) -> Result<(), Error> {
    let best = parts.client.info().best_number;
    judged_by::go_on_by(&*parts.client, rules, best).map_err(other)?;
    if let Some(outdated) = of_best(&parts.client, rules).map_err(other)? {
        return Err(refusal(outdated));
    }
    for ahead in rules.activations().iter().filter(|ahead| ahead.from > best) {
        let (version, from) = (ahead.version, ahead.from);
        if version <= NEWEST_RULES {
            tracing::info!("From block {from} on version {version} of the rules of blocks holds");
            continue;
        }
        tracing::warn!(
            "From block {from} on this network needs version {version} of the rules of blocks; this release knows \
             version {NEWEST_RULES} and stops before that block. Install a newer one in time."
        );
        break;
    }
    Ok(())
}

/// Ends when the best block is the last that this release can follow the network to.
pub(crate) fn end(
    client: Arc<Client>,
    rules: RuleSchedule,
) -> impl Future<Output = Result<(), Outdated>> + Send {
    // From now on, and not from when the task is first run.
    let mut imported = client.every_import_notification_stream();
    async move {
        while imported.next().await.is_some() {
            match of_best(&client, &rules) {
                Ok(Some(outdated)) => return Err(outdated),
                Ok(None) => {}
                // Import meets the same state, and says more.
                Err(error) => tracing::debug!("The best block's runtime has no version: {error}"),
            }
        }
        Ok(())
    }
}

/// A node does not begin to ask a runtime that it would misunderstand.
pub(crate) fn can_ask(client: &Client) -> Result<(), Error> {
    let best = client.info();
    match newer_interface::<Block, _>(client, best.best_hash, best.best_number).map_err(other)? {
        Some(newer) => Err(refusal(newer)),
        None => Ok(()),
    }
}

/// The line that a running node stops with.
fn refusal(outdated: Outdated) -> Error {
    let cause = outdated.to_string();
    other(Failure { task: TASK, cause })
}

fn of_best(client: &Client, rules: &RuleSchedule) -> Result<Option<Outdated>, ApiError> {
    let best = client.info();
    outdated::<Block, _>(client, rules, best.best_hash, best.best_number)
}

/// Blocks until there; none if no end is known.
pub(crate) fn left(rules: &RuleSchedule, best: u32) -> Option<u64> {
    let unknown = rules.first_unknown()?;
    Some(unknown.from.saturating_sub(1).saturating_sub(best).into())
}
