//! The rehearsal of an upgrade: the stewards of a running network bring it to another runtime, by blocks, and no node is
//! restarted. And of rules of blocks that a release lacks: it stops before them, says so, and blames nobody.

use crate::{small_network::SmallNetwork, two_nodes::agree};
use allod_e2e::{ANY_PORTS, Answer, Node, binary, eventually, run};
use allod_runtime::{
    AccountId, Hash, Nonce, Runtime, RuntimeCall, TransactionContext, signed_transaction,
};
use parity_scale_codec::Encode;
use serde_json::{Value, json};
use sp_core::Pair;
use sp_io::hashing::{blake2_256, twox_128};
use sp_keyring::Sr25519Keyring::{self, Alice, Bob};
use sp_runtime::{generic::Era, traits::Zero};
use std::{fs, path::Path};
use tempfile::TempDir;

/// `spec_version` of the runtime that the network is brought to.
const NEW_VERSION: u64 = 1000;
/// Under which it has what was farming's.
const NEW_NAME: &str = "RehearsedFarming";
/// Blocks between the stewards' decision and its effect.
const DELAY: u64 = 3;
/// Transactions without a meaning that come before the runtime, so that both together are more than a segment, and their
/// bytes: a block of a small network has room for one.
const FILLING: (usize, usize) = (6, 60_000);

const NETWORK: SmallNetwork = SmallNetwork {
    name: "Rehearsal",
    id: "rehearsal",
    delay: DELAY,
    endowed: (2, 1_000_000),
};

/// A network, and where its nodes have their data.
struct Network {
    folder: TempDir,
    specification: Value,
}

impl Network {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let specification = NETWORK.specification(folder.path()).await;
        let network = Self {
            folder,
            specification,
        };
        network.write("network.json", &network.specification);
        network
    }

    fn path(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        path.to_str().expect("a plain name").to_owned()
    }

    fn write(&self, name: &str, specification: &Value) {
        fs::write(self.path(name), specification.to_string()).unwrap();
    }

    /// The specification with rules that no release has yet, from a block on.
    fn with_rules_from(&self, block: u64) -> String {
        let mut specification = self.specification.clone();
        assert_eq!(specification["rules"], json!([{ "version": 1, "from": 0 }]));
        let rules = specification["rules"].as_array_mut().expect("a list");
        rules.push(json!({ "version": 1_000_000, "from": block }));
        let name = format!("rules-from-{block}.json");
        self.write(&name, &specification);
        self.path(&name)
    }

    /// Arguments of a node of this network that knows these others.
    fn arguments(&self, specification: &str, peers: &[String]) -> Vec<String> {
        let mut arguments = vec!["node".into(), "--chain".into(), specification.into()];
        arguments.push("--no-mdns".into());
        for peer in peers {
            arguments.extend(["--bootnodes".into(), peer.clone()]);
        }
        arguments
    }

    async fn start(&self, name: &str, peers: &[String], more: &[&str]) -> Node {
        let arguments = self.arguments(&self.path("network.json"), peers);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Node::start(Path::new(&self.path(name)), &[&arguments, more].concat()).await
    }

    async fn start_farmer(&self, name: &str, peers: &[String], owner: &str) -> Node {
        let plot = self.path(&format!("{name}-plot"));
        let farming = ["--farm", &plot, "--sectors", "1", "--reward-address", owner];
        let time = ["--timekeeper"];
        self.start(name, peers, &[&farming[..], &time].concat())
            .await
    }

    /// Runs a node that ends by itself.
    async fn run_to_its_end(&self, name: &str, specification: &str, peers: &[String]) -> Answer {
        let arguments = self.arguments(specification, peers);
        let path = self.path(name);
        let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        arguments.extend(["--base-path", &path]);
        arguments.extend(ANY_PORTS);
        run(binary(), &arguments, self.folder.path()).await
    }
}

/// Who signs, with so many transactions behind.
struct Signer {
    key: Sr25519Keyring,
    nonce: Nonce,
}

impl Signer {
    fn new(key: Sr25519Keyring) -> Self {
        Self {
            key,
            nonce: Nonce::zero(),
        }
    }

    /// Hands a transaction over to a node, and gives its bytes.
    async fn submit(&mut self, node: &Node, call: RuntimeCall) -> String {
        let genesis = node.hash(0).await.expect("genesis");
        let genesis: Hash = genesis.parse().expect("a hash");
        let context = TransactionContext {
            nonce: self.nonce,
            genesis,
            era: Era::Immortal,
            era_start: genesis,
        };
        self.nonce += 1;
        let account: AccountId = self.key.to_account_id();
        let pair = self.key.pair();
        let transaction =
            signed_transaction(call, account, &context, |bytes| pair.sign(bytes).into());
        let bytes = format!("0x{}", hex::encode(transaction.encode()));
        let _: String = node.call("author_submitExtrinsic", &[json!(bytes)]).await;
        bytes
    }

    /// Sends a transaction, and gives block and index of it once that block is final.
    async fn send(&mut self, node: &Node, call: RuntimeCall) -> (u64, u32) {
        let from = node.finalized().await;
        let bytes = self.submit(node, call).await;
        eventually("the transaction in a final block", || {
            position(node, from, &bytes)
        })
        .await
    }
}

/// Block and index of a transaction, in the final blocks after one.
async fn position(node: &Node, from: u64, bytes: &str) -> Option<(u64, u32)> {
    for number in from + 1..=node.finalized().await {
        let hash = node.hash(number).await?;
        let block: Value = node.call("chain_getBlock", &[json!(hash)]).await;
        let all = block["block"]["extrinsics"].as_array()?;
        if let Some(index) = all.iter().position(|other| other == bytes) {
            return Some((number, index.try_into().expect("few")));
        }
    }
    None
}

/// Brings the network to another runtime, as stewards do. Gives the block that has it.
async fn upgrade(node: &Node, code: &[u8]) -> u64 {
    let (mut alice, mut bob) = (Signer::new(Alice), Signer::new(Bob));
    let code_hash = Hash::from(blake2_256(code));
    let call: RuntimeCall = frame_system::Call::<Runtime>::authorize_upgrade { code_hash }.into();
    let bytes = call.encode();
    let (hash, length) = (Hash::from(blake2_256(&bytes)), bytes.len() as u32);
    let note = pallet_preimage::Call::<Runtime>::note_preimage { bytes };
    alice.send(node, note.into()).await;

    let schedule: RuntimeCall = pallet_stewards::Call::<Runtime>::schedule { hash, length }.into();
    let approve = |other: Sr25519Keyring, begun| -> RuntimeCall {
        let call = pallet_multisig::Call::<Runtime>::as_multi {
            threshold: 2,
            other_signatories: vec![other.to_account_id()],
            maybe_timepoint: begun,
            call: Box::new(schedule.clone()),
            max_weight: frame_support::weights::Weight::from_parts(1_000_000_000, 1_000_000),
        };
        call.into()
    };
    let (height, index) = alice.send(node, approve(Bob, None)).await;
    let height = height.try_into().expect("few");
    let begun = pallet_multisig::Timepoint { height, index };
    for _ in 0..FILLING.0 {
        let remark = vec![0; FILLING.1];
        let fill = frame_system::Call::<Runtime>::remark { remark };
        alice.submit(node, fill.into()).await;
    }
    let (scheduled, _) = bob.send(node, approve(Alice, Some(begun))).await;
    node.wait_for_block(scheduled + DELAY).await;

    let code = code.to_vec();
    let apply = frame_system::Call::<Runtime>::apply_authorized_upgrade { code };
    alice.send(node, apply.into()).await.0
}

/// The storage key of a pallet's item.
fn key(pallet: &str, item: &str) -> String {
    let key = [twox_128(pallet.as_bytes()), twox_128(item.as_bytes())].concat();
    format!("0x{}", hex::encode(key))
}

async fn stored(node: &Node, pallet: &str, item: &str, block: &str) -> Option<String> {
    let parameters = [json!(key(pallet, item)), json!(block)];
    node.call("state_getStorage", &parameters).await
}

/// A slot as it lies in the state.
fn slot(stored: Option<&String>) -> u64 {
    let bytes = stored.and_then(|text| hex::decode(text.trim_start_matches("0x")).ok());
    let bytes = bytes.expect("there is one");
    u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
}

async fn version_at(node: &Node, block: &str) -> u64 {
    let version: Value = node.call("state_getRuntimeVersion", &[json!(block)]).await;
    version["specVersion"].as_u64().expect("a number")
}

async fn segments(node: &Node) -> usize {
    let all: Vec<Value> = node
        .call("allod_segmentHeaders", &[json!(0), json!(1000)])
        .await;
    all.len()
}

/// The block with the new code has a state that no migration has touched, and a node is told what its child begins with.
async fn check_migration(node: &Node, upgraded: u64) {
    let at = node.hash(upgraded).await.expect("the block");
    let after = node.hash(upgraded + 1).await.expect("its child");
    assert_eq!(version_at(node, &at).await, NEW_VERSION);
    let before = stored(node, "Farming", "CurrentSlot", &at).await;
    assert!(slot(before.as_ref()) > 0);
    assert_eq!(stored(node, NEW_NAME, "CurrentSlot", &at).await, None);
    let told: String = node
        .call(
            "state_call",
            &["FarmingApi_slot".into(), "0x".into(), json!(at)],
        )
        .await;
    assert_eq!(Some(told), before);

    for item in ["Parameters", "CurrentSlot", "CurrentSolutionRange", "Pot"] {
        assert_eq!(stored(node, "Farming", item, &after).await, None, "{item}");
    }
    let parameters = stored(node, "Farming", "Parameters", &at).await;
    assert_eq!(
        stored(node, NEW_NAME, "Parameters", &after).await,
        parameters
    );
    // SCALE of a u16.
    let version = stored(node, NEW_NAME, ":__STORAGE_VERSION__:", &after).await;
    assert_eq!(version.as_deref(), Some("0x0200"));
    let current = stored(node, NEW_NAME, "CurrentSlot", &after).await;
    assert!(slot(current.as_ref()) > slot(before.as_ref()));
}

/// Whether a node made a block after this one.
async fn has_won_after(node: &Node, block: u64) -> bool {
    for number in block + 1..=node.best().await {
        if node.count(&format!("Won block #{number} ")).await > 0 {
            return true;
        }
    }
    false
}

/// What a node says that stopped before block `from`; it blamed nobody.
fn last_line(answer: &Answer, from: u64) -> String {
    assert_eq!(answer.code, 2, "{}", answer.err);
    for word in ["banned", "refused", "breaks a rule"] {
        let lines = answer.err.lines().chain(answer.out.lines());
        assert_eq!(
            lines.filter(|line| line.contains(word)).count(),
            0,
            "{}",
            answer.err
        );
    }
    let last = answer.err.lines().last().unwrap_or_default().to_owned();
    let needs = format!("from block {from} on this network needs version 1000000 of the rules");
    assert!(
        last.starts_with("allod: ") && last.contains(&needs),
        "{last}"
    );
    assert!(last.ends_with("install a newer one"), "{last}");
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_is_upgraded_by_its_blocks_and_a_node_that_lacks_rules_stops_before_them() {
    let code = allod_upgraded_runtime::WASM_BINARY.expect("built with WASM");
    let network = Network::new().await;
    let first = network.start_farmer("first", &[], "//Alice").await;
    let mut peers = vec![first.address().await];
    let second = network.start_farmer("second", &peers, "//Bob").await;
    peers.push(second.address().await);
    let third = network.start("third", &peers, &[]).await;
    for node in [&first, &second, &third] {
        node.wait_for_block(2).await;
    }
    let (old_version, old_segments) = (
        version_at(&first, &first.hash(1).await.unwrap()).await,
        segments(&first).await,
    );
    assert!(old_version < NEW_VERSION);

    let upgraded = upgrade(&first, code).await;
    for node in [&first, &second, &third] {
        // Past the block's finality: what it holds is history then.
        node.wait_for_block(upgraded + 8).await;
        check_migration(node, upgraded).await;
        let before = node.hash(upgraded - 1).await.unwrap();
        assert_eq!(version_at(node, &before).await, old_version);
        assert_eq!(node.count("is banned").await, 0);
    }
    eventually("blocks of both farmers after the upgrade", || async {
        let both = has_won_after(&first, upgraded).await && has_won_after(&second, upgraded).await;
        both.then_some(())
    })
    .await;
    eventually("a segment with the new runtime in it", || async {
        (segments(&third).await > old_segments).then_some(())
    })
    .await;

    // From genesis through the upgrade.
    let fourth = network.start("fourth", &peers, &[]).await;
    let best = first.best().await;
    fourth.wait_for_block(best).await;
    agree(&first, &fourth, best - 1).await;
    check_migration(&fourth, upgraded).await;

    // A release without the rules that hold since the upgrade comes as far as to the block before them.
    let lacking = network.with_rules_from(upgraded);
    let stopped = network.run_to_its_end("old", &lacking, &peers).await;
    let line = last_line(&stopped, upgraded);
    let best = format!("Stopped: best #{},", upgraded - 1);
    assert!(
        stopped.err.contains(&best) || stopped.out.contains(&best),
        "{}",
        stopped.err
    );
    let again = network.run_to_its_end("old", &lacking, &peers).await;
    assert_eq!(last_line(&again, upgraded), line);

    // One that is told ahead of time goes on with its database, warns, and stops in time.
    assert!(third.stop().await.success());
    let ahead = first.best().await + 5;
    let told = network.with_rules_from(ahead);
    let stopped = network.run_to_its_end("third", &told, &peers).await;
    last_line(&stopped, ahead);
    let warning = format!("From block {ahead} on this network needs version");
    let log = stopped.err.lines().chain(stopped.out.lines());
    assert!(
        log.clone().any(|line| line.contains(&warning)),
        "{}",
        stopped.err
    );
    let best = format!("Stopped: best #{},", ahead - 1);
    assert!(
        log.clone().any(|line| line.contains(&best)),
        "{}",
        stopped.err
    );

    // The others go on, and have nothing against it.
    first.wait_for_block(ahead + 2).await;
    for node in [&first, &second, &fourth] {
        assert_eq!(node.count("is banned").await, 0);
    }

    // One that has come past a change of the rules without it is told so, and what drops its blocks.
    assert!(fourth.stop().await.success());
    let refused = network.run_to_its_end("fourth", &lacking, &peers).await;
    assert_eq!(refused.code, 2, "{}", refused.err);
    let last = refused.err.lines().last().unwrap_or_default();
    assert!(
        last.starts_with(&format!("allod: the blocks from {upgraded} on")),
        "{last}"
    );
    assert!(
        last.contains("were judged by version 1 of the rules of blocks"),
        "{last}"
    );
    assert!(last.contains("`allod node --resync` drops"), "{last}");
}
