//! A network of one's own: `allod spec new` makes its specification, and a node begins it.

use crate::{invariants, small_network::SmallNetwork};
use allod_e2e::{ANY_PORTS, Node, binary, run};
use serde_json::Value;
use sp_io::hashing::twox_128;
use std::fs;

const NETWORK: SmallNetwork = SmallNetwork {
    name: "Small Network",
    id: "small-network",
    delay: 20,
    endowed: (1, 1000),
};

/// A value of the best block's state.
async fn stored(node: &Node, pallet: &str, item: &str) -> Vec<u8> {
    let key = [twox_128(pallet.as_bytes()), twox_128(item.as_bytes())].concat();
    let key = format!("0x{}", hex::encode(key));
    let value: String = node.call("state_getStorage", &[key.into()]).await;
    hex::decode(value.trim_start_matches("0x")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_from_a_file_begins_farms_and_has_its_price_and_stewards() {
    let folder = tempfile::tempdir().unwrap();
    let specification = NETWORK.specification(folder.path()).await;
    assert_eq!(specification["name"], "Small Network");
    let path = folder.path().join("network.json");
    fs::write(&path, specification.to_string()).unwrap();

    let chain = path.to_str().unwrap();
    let alice = "//Alice";
    let plot = folder.path().join("plot");
    let arguments = [
        "node",
        "--chain",
        chain,
        "--no-mdns",
        "--timekeeper",
        "--farm",
        plot.to_str().unwrap(),
        "--reward-address",
        alice,
    ];
    let node = Node::start(folder.path(), &arguments).await;
    node.wait_for_block(3).await;
    let name: String = node.call("system_chain", &[]).await;
    assert_eq!(name, "Small Network");
    // A price that follows the space is the second variant; two stewards are a list of two.
    assert_eq!(stored(&node, "StorageFees", "Current").await[0], 1);
    assert_eq!(stored(&node, "Stewards", "Stewards").await[0], 2 << 2);
    invariants::check(&node).await;
    assert!(node.stop().await.success());
}

/// A chain that a file began is no chain of the program, whatever its id: neither follows the other's database.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_a_file_began_is_not_followed_by_the_name_of_a_chain_with_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(binary(), &["spec", "local"], folder.path()).await;
    let mut specification: Value = serde_json::from_str(&printed.out).unwrap();
    specification["genesis"]["runtimeGenesis"]["patch"]["storageFees"]["fixedPrice"] = 7.into();
    fs::write(folder.path().join("other.json"), specification.to_string()).unwrap();
    let other = folder.path().join("other.json");
    let by_file = ["node", "--chain", other.to_str().unwrap(), "--no-mdns"];
    let by_name = ["node", "--chain", "local", "--no-mdns"];
    for (first, second) in [(by_file, by_name), (by_name, by_file)] {
        let data = tempfile::tempdir().unwrap();
        let node = Node::start(data.path(), &first).await;
        let begun = node.hash(0).await.unwrap();
        assert!(node.stop().await.success());
        // It goes on by what it was begun by.
        let node = Node::start(data.path(), &first).await;
        assert!(node.stop().await.success());
        let base_path = ["--base-path", data.path().to_str().unwrap()];
        let arguments = [&second[..], &base_path, &ANY_PORTS].concat();
        let refused = run(binary(), &arguments, folder.path()).await;
        assert_eq!(refused.code, 2, "{}", refused.err);
        let last = refused.err.lines().last().unwrap();
        for part in [
            begun.as_str(),
            ", that of Allod Local Testnet is 0x",
            "another --base-path",
        ] {
            assert!(last.contains(part), "{part}: {last}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_field_is_named_and_nothing_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let described = NETWORK.description();
    for (from, to, expected) in [
        (
            "threshold = 2",
            "threshold = 1",
            "field `stewards.threshold`",
        ),
        ("small-network", "Small Network", "field `id`"),
        ("[1, 2]", "[3, 2]", "field `parameters.slotProbability`"),
        (
            "sectors = 2",
            "sectors =",
            "network.toml: no TOML, at line 4 column",
        ),
        (
            "sectors = 2",
            "sectors = 2.5",
            "field `sectors`: must be a whole number",
        ),
        (
            "kind = \"local\"\n",
            "",
            "field `parameters.confirmationDepth`",
        ),
        ("Small Network", "Small\u{202e}Network", "field `name`"),
    ] {
        let path = folder.path().join("network.toml");
        let changed = described.replacen(from, to, 1);
        assert_ne!(changed, described, "{from}");
        fs::write(path, changed).unwrap();
        let arguments = ["spec", "new", "--from", "network.toml"];
        let answer = run(binary(), &arguments, folder.path()).await;
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{from}");
        assert_eq!(answer.err.trim_end().lines().count(), 1, "{}", answer.err);
        assert!(answer.err.contains(expected), "{}", answer.err);
    }
    // Standard input is no terminal here.
    let answer = run(binary(), &["spec", "new"], folder.path()).await;
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("--from FILE"), "{}", answer.err);
}
