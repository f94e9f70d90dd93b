//! A timekeeper that is faster than all others.

use super::Network;
use crate::{attacker::Attacker, stock::Stock};
use allod_timekeeper::gossip::SlotMessage;
use parity_scale_codec::Encode;
use std::time::Duration;
use tokio::time::interval;

/// How long its slots take; those of all others take a second.
const SLOT: Duration = Duration::from_millis(667);
/// For how many of them.
const SLOTS: u64 = 120;

/// Somebody evaluates slots half again as fast as everybody else, and tells them: the network takes its time from there,
/// says so, and agrees; nobody lied.
pub async fn half_again_as_fast(network: &Network) {
    network.shadow.follow(network.honest.first()).await;
    let stock = Stock::new(network.shadow.tip());
    let keeper = Attacker::new(&network.chain, stock, &network.honest.targets());
    keeper.connected(network.attacked()).await;
    let mut ticks = interval(SLOT);
    let mut slot = None;
    for _ in 0..SLOTS {
        ticks.tick().await;
        network.shadow.follow(network.honest.first()).await;
        let node = &network.shadow.node;
        let best = node.best();
        let parent = node.chain_data(best).slot;
        let next = slot.unwrap_or(parent).max(parent).saturating_add(1);
        let mut time = node.timeline(best, false);
        tokio::task::block_in_place(|| time.output(next));
        if let Some((input, checkpoints)) = time.evaluated().last() {
            let message = SlotMessage {
                input: *input,
                checkpoints: *checkpoints,
            };
            keeper.gossip(message.encode()).await;
        }
        slot = Some(next);
    }
    for member in network.honest.attacked() {
        assert!(
            member.node.count("faster than they should").await > 0,
            "it is said"
        );
        assert!(member.has_peer(keeper.id).await, "who is fast has not lied");
    }
    network.honest.assert_nobody_blamed().await;
}
