//! `allod dev`: real blocks, real history, a real identity, an orderly end.

use crate::{identities::register, invariants};
use allod_e2e::{Node, binary, eventually, openssl, run};
use serde_json::{Value, json};
use std::{fs, path::Path, slice};

#[tokio::test(flavor = "multi_thread")]
async fn a_development_chain_farms_and_serves_its_users() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &["dev"]).await;
    node.wait_for_block(3).await;

    // History: genesis fills segment 0, whose header block 1 carries.
    let parameters: Value = node.call("allod_parameters", &[]).await;
    assert_eq!(parameters["piecesPerSector"], 64);
    let headers: Vec<Value> = node
        .call("allod_segmentHeaders", &[json!(0), json!(10)])
        .await;
    assert_eq!(headers[0]["segmentIndex"], 0);
    let last: Vec<Value> = node.call("allod_lastSegmentHeaders", &[json!(1)]).await;
    assert_eq!(last[0], *headers.last().unwrap());
    let piece: String = node.call("allod_piece", &[json!(15)]).await;
    assert_eq!(piece.len(), 2 + 2 * 131_168);
    assert_eq!(
        node.call::<Value>("allod_piece", &[json!(1_000_000)]).await,
        Value::Null
    );

    // Final at confirmation depth.
    node.wait_for_block(8).await;
    eventually("finality", || async {
        let (finalized, best) = (node.finalized().await, node.best().await);
        (finalized >= 2 && finalized + 6 <= best).then_some(())
    })
    .await;
    let verified = run(
        binary(),
        &["history", "verify", "--url", &node.url],
        folder.path(),
    )
    .await;
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
    assert!(verified.out.contains("0 differ"), "{}", verified.out);

    identity(&node, folder.path()).await;
    invariants::check(&node).await;
    assert!(node.stop().await.success());
}

/// The README's first real use.
async fn identity(node: &Node, folder: &Path) {
    let made =
        "req -x509 -newkey ed25519 -nodes -keyout key.pem -out cert.pem -subj /CN=agent -days 30";
    openssl(made, folder).await;
    let identifier = register(node, folder, "cert.pem").await;
    let fingerprint = openssl("x509 -in cert.pem -noout -fingerprint -sha256", folder).await;
    let fingerprint = fingerprint
        .trim()
        .rsplit('=')
        .next()
        .unwrap()
        .replace(':', "");
    assert_eq!(identifier, fingerprint.to_lowercase());

    let verify = ["id", "verify", &identifier, "--url", &node.url];
    let verified = run(binary(), &verify, folder).await;
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
    let by_file = ["id", "verify", "cert.pem", "--url", &node.url];
    let by_file = run(binary(), &by_file, folder).await;
    assert_eq!(by_file.code, 0, "{}{}", by_file.out, by_file.err);
    let stranger = "00".repeat(32);
    let unknown = run(
        binary(),
        &["id", "verify", &stranger, "--url", &node.url],
        folder,
    )
    .await;
    assert_eq!(unknown.code, 1, "{}{}", unknown.out, unknown.err);
    // The same request again is refused by name.
    let again = ["id", "register", "cert.pem", "--url", &node.url];
    let again = run(binary(), &again, folder).await;
    assert_ne!(again.code, 0);
    assert!(again.err.contains("AlreadyRegistered"), "{}", again.err);
    data(node, folder, &identifier).await;
    register_by_json_rpc(node, folder).await;
}

/// Data signed in the identity's name, its DID document, and a certificate that it issues as the chain knows it.
async fn data(node: &Node, folder: &Path, identifier: &str) {
    let allod = async |line: &[&str]| {
        let line = [&["id"][..], line, &["--url", &node.url]].concat();
        run(binary(), &line, folder).await
    };
    fs::write(folder.join("data"), "the agent paid\n").unwrap();
    let signed = allod(&["sign", "data", "--certificate", "cert.pem"]).await;
    assert_eq!(signed.code, 0, "{}{}", signed.out, signed.err);
    let file = fs::read_to_string(folder.join("data.sig.json")).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    assert_eq!(file["identifier"], identifier);
    let verify = ["verify-data", "data", "data.sig.json"];
    let verified = allod(&verify).await;
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
    assert!(verified.out.contains("the current one"), "{}", verified.out);

    // Other data, another chain, another root than is accepted.
    fs::write(folder.join("data"), "the agent did not pay\n").unwrap();
    assert_eq!(allod(&verify).await.code, 1);
    fs::write(folder.join("data"), "the agent paid\n").unwrap();
    let mut other = file.clone();
    other["genesisHash"] = json!(format!("0x{}", "00".repeat(32)));
    fs::write(folder.join("other.json"), other.to_string()).unwrap();
    let refused = allod(&["verify-data", "data", "other.json"]).await;
    assert_eq!(refused.code, 1, "{}{}", refused.out, refused.err);
    assert!(refused.out.contains("another chain"), "{}", refused.out);
    let stranger = "00".repeat(32);
    let refused = allod(&[
        "verify-data",
        "data",
        "data.sig.json",
        "--accept-root",
        &stranger,
    ])
    .await;
    assert_eq!(refused.code, 1, "{}{}", refused.out, refused.err);

    let resolved = allod(&["resolve", identifier]).await;
    assert_eq!(resolved.code, 0, "{}{}", resolved.out, resolved.err);
    let resolution: Value = serde_json::from_str(&resolved.out).unwrap();
    let did = format!("did:allod:dev:{identifier}");
    assert_eq!(resolution["didDocument"]["id"], did);
    assert_eq!(allod(&["resolve", &did]).await.code, 0);
    assert_eq!(allod(&["resolve", &stranger]).await.code, 1);

    let asked = run(
        binary(),
        &["id", "csr", "child", "--out", "child.csr"],
        folder,
    )
    .await;
    assert_eq!(asked.code, 0, "{}", asked.err);
    let issuer = ["--issuer-id", identifier, "--key", "key.pem"];
    let issue = [&["issue", "child.csr", "--out", "child.pem"][..], &issuer].concat();
    let issued = allod(&issue).await;
    assert_eq!(issued.code, 0, "{}{}", issued.out, issued.err);
    openssl("verify -CAfile cert.pem child.pem", folder).await;
}

/// A key that signs elsewhere, and a client that knows neither SCALE nor sr25519.
async fn register_by_json_rpc(node: &Node, folder: &Path) {
    let made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key2.pem -out cert2.pem \
                -subj /CN=another -days 30";
    openssl(made, folder).await;
    let certificate = json!(fs::read_to_string(folder.join("cert2.pem")).unwrap());
    let asked: Value = node
        .call("autoId_registerPayload", slice::from_ref(&certificate))
        .await;
    let payload = hex::decode(&asked["payload"].as_str().unwrap()[2..]).unwrap();
    fs::write(folder.join("payload"), payload).unwrap();
    openssl(
        "pkeyutl -sign -rawin -in payload -inkey key2.pem -out signature",
        folder,
    )
    .await;
    let signature = hex::encode(fs::read(folder.join("signature")).unwrap());
    let signature = json!(format!("0x{signature}"));
    let valid_until = asked["validUntil"].clone();
    let call: String = node
        .call(
            "autoId_registerCall",
            &[certificate, valid_until, signature],
        )
        .await;
    let arguments = ["id", "extrinsic", &call, "--url", &node.url];
    let signed = run(binary(), &arguments, folder).await;
    assert_eq!(signed.code, 0, "{}", signed.err);
    let _: String = node
        .call("author_submitExtrinsic", &[json!(signed.out.trim())])
        .await;
    eventually("the other identity", || async {
        let report: Value = node
            .call("autoId_verify", &[asked["identifier"].clone()])
            .await;
        (report["holds"] == true).then_some(())
    })
    .await;
}
