//! A node that is killed at any instant goes on with the same head, or its parent, and the same plot.

use allod_e2e::Node;
use rand::Rng;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_instants_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &["dev"]).await;
    node.line("lotted sector 1").await;
    node.wait_for_block(8).await;
    let genesis = node.hash(0).await;
    let (mut height, mut hash) = (node.best().await, None);
    node.kill().await;
    for _ in 0..4 {
        let node = Node::start(folder.path(), &["dev"]).await;
        assert_eq!(node.hash(0).await, genesis);
        let resumed = node.best().await;
        assert!(resumed + 1 >= height, "at block {resumed} after {height}");
        if let Some((number, known)) = hash {
            assert_eq!(node.hash(number).await, Some(known));
        }
        node.wait_for_block(height + 2).await;
        let pause = rand::thread_rng().gen_range(0..2_000);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        assert_eq!(
            node.count("lotted sector").await,
            0,
            "a sector was plotted again"
        );
        height = node.best().await;
        hash = node.hash(height - 1).await.map(|hash| (height - 1, hash));
        node.kill().await;
    }
}
