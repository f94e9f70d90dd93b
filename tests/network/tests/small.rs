//! One small network that stands some attacks of each kind, one after the other. All of them: `make test-network`.

use allod_network::{
    bad_blocks::{BAD_BODIES, BAD_HEADERS, BadBlock},
    scenarios::{Network, blocks, messages},
};

/// Every so many of them.
fn some(all: &[BadBlock], step: usize) -> Vec<BadBlock> {
    all.iter().step_by(step).cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_network_stands_what_attackers_send() {
    let network = Network::small().await;
    blocks::bad_headers(&network, &some(BAD_HEADERS, 3)).await;
    blocks::bad_bodies(&network, &some(BAD_BODIES, 4)).await;
    blocks::siblings(&network).await;
    messages::wrong_slots(&network).await;
    messages::malformed(&network).await;
    network.honest.assert_well().await;
}
