//! A farmer outside the node: it farms over JSON-RPC what the node makes blocks of.

use allod_core::RewardAddress;
use allod_e2e::{Node, TIMEOUT, eventually};
use allod_farmer::{Farmer, FarmerConfig, FarmerEvent};
use allod_farmer_rpc::{JsonRpcNode, JsonRpcNodeOptions};
use allod_kzg::Kzg;
use serde_json::Value;
use std::sync::Arc;
use tokio::{sync::mpsc, time::timeout};

const REWARD: RewardAddress = RewardAddress([7; 32]);

/// Whether a block of the best chain names the reward address in its pre-digest.
async fn pays(node: &Node) -> Option<()> {
    for number in 1..=node.best().await {
        let hash = node.hash(number).await?;
        let header: Value = node.call("chain_getHeader", &[hash.into()]).await;
        if header["digest"].to_string().contains(&"07".repeat(32)) {
            return Some(());
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn a_farmer_in_a_process_of_its_own_wins_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &["dev"]).await;
    let (told, mut events) = mpsc::unbounded_channel();
    let config = FarmerConfig {
        directory: folder.path().join("another-plot"),
        sectors: 2,
        reward_address: REWARD,
        plotting_threads: None,
        farming_threads: None,
        on_event: Some(Arc::new(move |event: &FarmerEvent| {
            let _ = told.send(event.clone());
        })),
    };
    let client = Arc::new(JsonRpcNode::new(JsonRpcNodeOptions::new(&node.url)));
    let farmer = Farmer::run(config, client, Kzg::new(), std::future::pending());
    let farmer = tokio::spawn(farmer);

    let sealed = async {
        loop {
            match events.recv().await.expect("the farmer is running") {
                FarmerEvent::Sealed { slot, .. } => return slot,
                other => assert!(other.level() > tracing::Level::WARN, "{other}"),
            }
        }
    };
    let slot = timeout(TIMEOUT, sealed).await.expect("it wins");
    node.line(&format!(" in slot {slot} (")).await;
    eventually("a block that pays this farmer", || pays(&node)).await;
    farmer.abort();
    assert!(node.stop().await.success());
}
