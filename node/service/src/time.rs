//! The node's proof-of-time: who keeps it, and at which pace.

use crate::{Block, Context, NodeOptions, database::Parts, essential::EssentialTasks, other};
use allod_timekeeper::{GossipNetwork, PotSource, PotSourceHandle, TimekeeperConfig};
use sc_chain_spec::ChainType;
use sc_service::Error;
use std::time::Duration;

/// The least time from slot to slot of a timekeeper on a chain of this kind. Chains for trying things out have few
/// iterations, so that a laptop stays cool; their timekeepers wait for the rest of the slot. Everywhere else iterations
/// are the clock, and whoever waits is only overtaken.
fn pace(chain: &ChainType, slot_duration: Duration) -> Option<Duration> {
    match chain {
        ChainType::Development | ChainType::Local => Some(slot_duration),
        ChainType::Live | ChainType::Custom(_) => None,
    }
}

/// Starts the task that keeps the chain of slots.
pub(crate) fn start(
    parts: &Parts,
    essential: &EssentialTasks,
    context: &Context,
    options: &NodeOptions,
    chain: &ChainType,
    gossip: GossipNetwork<Block>,
) -> Result<PotSourceHandle, Error> {
    let slot_duration = Duration::from_millis(parts.parameters.slot_duration_ms);
    let timekeeper = TimekeeperConfig {
        enabled: options.timekeeper,
        pace: pace(chain, slot_duration),
        core: options.timekeeper_core,
    };
    let (source, time) = PotSource::new(
        parts.client.clone(),
        context.pot_verifier.clone(),
        timekeeper,
        Some(gossip),
    )
    .map_err(other)?;
    let _ = context.late.time.set(time.clone());
    essential.spawn("proof-of-time", "farming", source.run());
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_chains_for_trying_things_out_are_paced() {
        let second = Duration::from_secs(1);
        for chain in [ChainType::Development, ChainType::Local] {
            assert_eq!(pace(&chain, second), Some(second), "{chain:?}");
        }
        for chain in [ChainType::Live, ChainType::Custom("own".into())] {
            assert_eq!(pace(&chain, second), None, "{chain:?}");
        }
    }
}
