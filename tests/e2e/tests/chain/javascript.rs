//! The chain through the eyes of `@polkadot/api` and of PAPI.

use allod_e2e::{Node, binary, run};
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
    let subject = ["-subj", "/CN=agent", "-days", "30"];
    let made = ["req", "-x509", "-newkey", "ed25519", "-nodes"];
    let files = ["-keyout", "key.pem", "-out", "cert.pem"];
    let arguments = [&made[..], &subject, &files].concat();
    let made = run("openssl", &arguments, client.path()).await;
    assert_eq!(made.code, 0, "{}", made.err);
    let register = ["id", "register", "cert.pem", "--url", &node.url];
    let registered = run(binary(), &register, client.path()).await;
    assert_eq!(registered.code, 0, "{}{}", registered.out, registered.err);
    let fingerprint = [
        "x509",
        "-in",
        "cert.pem",
        "-noout",
        "-fingerprint",
        "-sha256",
    ];
    let printed = run("openssl", &fingerprint, client.path()).await.out;
    let (_, fingerprint) = printed.trim().split_once('=').unwrap();
    let identifier = fingerprint.replace(':', "").to_lowercase();
    let arguments = ["identity.mjs", &node.url, &identifier, "key.pem"];
    let answer = run("node", &arguments, client.path()).await;
    assert_eq!(answer.code, 0, "{}{}", answer.out, answer.err);
    assert_eq!(answer.out.matches("ok: ").count(), 12, "{}", answer.out);
    assert!(node.stop().await.success());
}
