//! One small network that stands most attacks, one after the other. The others: `make test-network`.

use allod_network::{
    bad_blocks::BAD_BLOCKS,
    scenarios::{Network, blocks, messages},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_small_network_stands_what_attackers_send() {
    let network = Network::small().await;
    blocks::bad_blocks(&network, BAD_BLOCKS).await;
    blocks::siblings(&network).await;
    messages::wrong_slots(&network).await;
    messages::malformed(&network).await;
    network.honest.assert_well().await;
}
