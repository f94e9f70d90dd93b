//! The load program against a development chain: it prints its three figures, and what it counts is there.

use crate::invariants;
use allod_e2e::{Node, binary, run};
use allod_rpc_types::auto_id::storage::{AUTO_ID, IDENTITIES};
use serde_json::json;

/// The number before a text.
fn number_before(line: &str, text: &str) -> f64 {
    let before = line.split(text).next().unwrap();
    let number = before.rsplit([' ', '(']).next().unwrap();
    number
        .parse()
        .unwrap_or_else(|_| panic!("{text:?} follows no number in {line:?}"))
}

/// How many identities the chain has, as far as one page goes.
async fn identities(node: &Node) -> usize {
    let prefix = format!("0x{}{}", hex::encode(AUTO_ID), hex::encode(IDENTITIES));
    let page = [json!(prefix), json!(1_000)];
    node.call::<Vec<String>>("state_getKeysPaged", &page)
        .await
        .len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_load_program_measures_a_development_chain() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &["dev"]).await;
    node.wait_for_block(2).await;
    assert_eq!(identities(&node).await, 0);

    let program = binary().with_file_name("allod-load");
    let arguments = [
        "--url",
        &node.url,
        "--seconds",
        "10",
        "--outstanding",
        "200",
    ];
    let answer = run(&program, &arguments, folder.path()).await;
    assert_eq!(answer.code, 0, "{}{}", answer.out, answer.err);
    let lines: Vec<_> = answer.out.lines().collect();
    let [transfers, registrations, weights] = lines[..] else {
        panic!("three lines: {}", answer.out);
    };
    assert!(transfers.starts_with("transfers: "), "{transfers}");
    assert!(number_before(transfers, " per second") > 0.0);
    assert!(
        registrations.starts_with("registrations: "),
        "{registrations}"
    );
    assert!(number_before(registrations, " per second") > 0.0);
    assert!(
        registrations.ends_with(" of the transfers"),
        "{registrations}"
    );
    assert!(number_before(registrations, " of the transfers") > 0.0);
    assert!(weights.starts_with("weights predict: "), "{weights}");
    assert!(number_before(weights, " registrations per second") > 0.0);
    let (_, ratio) = weights.rsplit_once("measured / predicted: ").unwrap();
    assert!(ratio.parse::<f64>().unwrap() > 0.0, "{weights}");

    // What it counted is on the chain, and none of it failed.
    let counted = number_before(registrations, " in ");
    assert!(counted >= 1.0, "{registrations}");
    let there = identities(&node).await;
    let is_there = there == 1_000 || f64::from(u32::try_from(there).unwrap()) >= counted;
    assert!(is_there, "{there} of {registrations}");
    assert!(!answer.err.contains("failed"), "{}", answer.err);

    // Nobody else's node by mistake.
    let arguments = ["--url", "ws://192.0.2.1:9944"];
    let refused = run(&program, &arguments, folder.path()).await;
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("not on this machine"),
        "{}",
        refused.err
    );
    invariants::check(&node).await;
    assert!(node.stop().await.success());
}
