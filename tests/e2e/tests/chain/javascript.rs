//! The chain through the eyes of `@polkadot/api`.

use allod_e2e::{Node, run};
use std::{fs, path::Path};

#[tokio::test(flavor = "multi_thread")]
async fn a_javascript_client_reads_and_transfers() {
    let folder = tempfile::tempdir().unwrap();
    let client = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients");
    for name in ["package.json", "package-lock.json", ".npmrc", "client.mjs"] {
        fs::copy(source.join(name), client.path().join(name)).unwrap();
    }
    let installed = run("npm", &["ci"], client.path()).await;
    assert_eq!(installed.code, 0, "{}{}", installed.out, installed.err);

    let node = Node::start(folder.path(), &["dev"]).await;
    node.wait_for_block(2).await;
    let answer = run("node", &["client.mjs", &node.url], client.path()).await;
    assert_eq!(answer.code, 0, "{}{}", answer.out, answer.err);
    assert_eq!(answer.out.matches("ok: ").count(), 9, "{}", answer.out);
    assert!(node.stop().await.success());
}
