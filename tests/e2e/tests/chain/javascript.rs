//! The chain through the eyes of `@polkadot/api` and of PAPI.

use crate::identities::register;
use allod_e2e::{Node, openssl, run};
use std::{fs, path::Path};
use tempfile::TempDir;

/// A folder with the clients' programs and packages.
async fn clients() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients");
    let files = ["package.json", "package-lock.json", ".npmrc"];
    for name in files.iter().chain(&["client.mjs", "identity.mjs"]) {
        fs::copy(source.join(name), folder.path().join(name)).unwrap();
    }
    let installed = run("npm", &["ci"], folder.path()).await;
    assert_eq!(installed.code, 0, "{}{}", installed.out, installed.err);
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_javascript_client_reads_and_transfers() {
    let folder = tempfile::tempdir().unwrap();
    let client = clients().await;
    let node = Node::start(folder.path(), &["dev"]).await;
    node.wait_for_block(2).await;
    let answer = run("node", &["client.mjs", &node.url], client.path()).await;
    assert_eq!(answer.code, 0, "{}{}", answer.out, answer.err);
    assert_eq!(answer.out.matches("ok: ").count(), 9, "{}", answer.out);
    assert!(node.stop().await.success());
}

/// Its key is OpenSSL's, and `openssl pkeyutl` signs.
#[tokio::test(flavor = "multi_thread")]
async fn an_identity_sends_transactions_and_has_them_carried() {
    let folder = tempfile::tempdir().unwrap();
    let client = clients().await;
    let node = Node::start(folder.path(), &["dev"]).await;
    node.wait_for_block(2).await;
    let made =
        "req -x509 -newkey ed25519 -nodes -keyout key.pem -out cert.pem -subj /CN=agent -days 30";
    openssl(made, client.path()).await;
    let identifier = register(&node, client.path(), "cert.pem").await;
    let arguments = ["identity.mjs", &node.url, &identifier, "key.pem"];
    let answer = run("node", &arguments, client.path()).await;
    assert_eq!(answer.code, 0, "{}{}", answer.out, answer.err);
    assert_eq!(answer.out.matches("ok: ").count(), 12, "{}", answer.out);
    assert!(node.stop().await.success());
}
