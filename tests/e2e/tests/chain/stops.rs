//! How a node ends: told to, it stops in order and says so; otherwise its last line is the cause.

use allod_e2e::{ANY_PORTS, Answer, Node, binary, eventually, run};
use serde_json::Value;
use std::{
    fs,
    net::{TcpListener, UdpSocket},
    path::Path,
};

/// The number after a text.
fn number_after(line: &str, text: &str) -> u64 {
    let (_, rest) = line.split_once(text).unwrap();
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap();
    digits.parse().unwrap()
}

/// Stops a node and gives its last line, which is that of a stop without any fault.
async fn stopped_cleanly(node: Node, signal: &str) -> String {
    let (status, log) = node.stop_by(signal).await;
    let all = log.join("\n");
    assert!(status.success(), "{status}\n{all}");
    for word in ["failed", "Failed", "rror", "ERROR", "panicked"] {
        assert!(!all.contains(word), "{word:?} in\n{all}");
    }
    let last = log.last().unwrap();
    assert!(last.contains("Stopped: best #"), "{all}");
    last.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_told_to_stop_says_that_everything_is_on_disk_and_it_is() {
    let folder = tempfile::tempdir().unwrap();
    // While it plots.
    let node = Node::start(folder.path(), &["dev"]).await;
    node.line("Plotting sector 0").await;
    let last = stopped_cleanly(node, "INT").await;
    assert!(last.ends_with("everything is on disk."), "{last}");

    // With transactions, blocks and final blocks.
    let node = Node::start(folder.path(), &["dev"]).await;
    eventually("a final block", || async {
        (node.finalized().await > 0).then_some(())
    })
    .await;
    let last = stopped_cleanly(node, "TERM").await;
    assert!(last.ends_with("everything is on disk."), "{last}");
    let (best, finalized) = (
        number_after(&last, "best #"),
        number_after(&last, "final #"),
    );
    assert!(0 < finalized && finalized < best, "{last}");

    // A node that neither farms nor keeps time has what the other said, and nothing more.
    let only = ["node", "--chain", "dev", "--no-mdns"];
    let node = Node::start(folder.path(), &only).await;
    assert_eq!(node.best().await, best);
    assert_eq!(node.finalized().await, finalized);
    let _: Value = node.call("chain_getBlock", &[]).await;
    let last = stopped_cleanly(node, "INT").await;
    assert_eq!(number_after(&last, "best #"), best);
}

/// Runs a node that ends by itself with an error, and gives the last line of it.
async fn cause(arguments: &[&str], folder: &Path) -> String {
    let answer = run(binary(), arguments, folder).await;
    assert_eq!(answer.code, 2, "{}{}", answer.out, answer.err);
    let Answer { out, err, .. } = answer;
    assert_eq!(out, "", "nothing is printed but on stderr");
    let last = err.lines().last().unwrap().to_owned();
    assert!(last.starts_with("allod: "), "{err}");
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn ports_that_are_taken_are_the_last_line_with_their_options_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let taken_tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken_udp = UdpSocket::bind("0.0.0.0:0").unwrap();
    let tcp = taken_tcp.local_addr().unwrap().port().to_string();
    let udp = taken_udp.local_addr().unwrap().port().to_string();
    let node = [
        "node",
        "--chain",
        "local",
        "--base-path",
        "data",
        "--no-mdns",
    ];
    let tries = [
        (["--rpc-port", &tcp, "--port", "0"], "--rpc-port: TCP", &tcp),
        (["--rpc-port", "0", "--port", &udp], "--port: UDP", &udp),
        (
            ["--prometheus-port", &tcp, "--rpc-port", "0"],
            "--prometheus-port: TCP",
            &tcp,
        ),
    ];
    for (ports, option, port) in tries {
        let last = cause(&[&node[..], &ports].concat(), folder.path()).await;
        let expected = format!("allod: {option} port {port} is in use");
        assert!(last.starts_with(&expected), "{last}");
    }
    let both = ["--rpc-port", &tcp, "--port", &udp, "--no-prometheus"];
    let last = cause(&[&node[..], &both].concat(), folder.path()).await;
    let expected = [
        format!("allod: --rpc-port: TCP port {tcp} is in use"),
        format!("; --port: UDP port {udp} is in use"),
    ];
    assert!(
        last.starts_with(&expected[0]) && last.contains(&expected[1]),
        "{last}"
    );
    assert!(!folder.path().join("data").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_closes_and_a_signal_during_the_start_stop_a_node_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &["dev"]).await;
    node.wait_for_block(2).await;
    let last = stopped_cleanly(node, "HUP").await;
    assert!(last.ends_with("everything is on disk."), "{last}");

    // Two nodes with one database: the second waits for it, and is told to stop meanwhile.
    let node = Node::start(folder.path(), &["dev"]).await;
    let base_path = folder.path().to_str().unwrap();
    let program = binary();
    let program = program.to_str().unwrap();
    let until = [
        "--preserve-status",
        "5",
        program,
        "dev",
        "--base-path",
        base_path,
    ];
    let answer = run("timeout", &[&until[..], &ANY_PORTS].concat(), folder.path()).await;
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(
        answer.err.contains("Stopped while starting"),
        "{}",
        answer.err
    );
    stopped_cleanly(node, "INT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_is_named_with_its_path_or_option() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "no folder").unwrap();
    let dev = [&["dev", "--tmp"][..], &ANY_PORTS].concat();
    for (arguments, expected) in [
        (
            &["--node-key-file", "file"][..],
            "allod: network key file (--node-key-file): no key; it is 32 bytes",
        ),
        (
            &["--node-key-file", "file/key"],
            "allod: --node-key-file file/key: there is no folder file",
        ),
        (
            &["--rpc-cors", "foo"],
            "allod: invalid value 'foo' for '--rpc-cors <ORIGINS>'",
        ),
        (
            &["--node-key-file", "nowhere/key"],
            "allod: --node-key-file nowhere/key: there is no folder nowhere",
        ),
        (
            &["--validator"],
            "allod: unexpected argument '--validator' found",
        ),
        (
            &["--out-peers", "-1"],
            "allod: invalid value '-1' for '--out-peers <COUNT>': -1 is not in 0..=10000",
        ),
    ] {
        let last = cause(&[&dev[..], arguments].concat(), folder.path()).await;
        assert!(last.starts_with(expected), "{last}");
    }
    assert!(!folder.path().join("nowhere").exists());
    // What no chain is needed to see is said before there is one.
    let core = ["node", "--chain", "local", "--base-path", "nothing"];
    let core = [
        &core[..],
        &["--timekeeper", "--timekeeper-core", "4096"],
        &ANY_PORTS,
    ]
    .concat();
    let last = cause(&core, folder.path()).await;
    assert!(
        last.starts_with("allod: --timekeeper-core 4096: there is no such core"),
        "{last}"
    );
    assert!(!folder.path().join("nothing").exists());
    // A usage error is one line and no more.
    let answer = run(binary(), &["dev", "--state-pruning", "some"], folder.path()).await;
    assert_eq!(
        (answer.code, answer.err.lines().count()),
        (2, 1),
        "{}",
        answer.err
    );
    let last = cause(
        &["history", "rebuild", "--base-path", "nothing"],
        folder.path(),
    )
    .await;
    assert!(last.contains("name no node that ran here"), "{last}");
    assert!(!folder.path().join("nothing").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_genesis_that_the_runtime_refuses_is_one_line_with_file_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let local = run(binary(), &["spec", "local"], folder.path()).await.out;
    let local: Value = serde_json::from_str(&local).unwrap();
    let balances = "/genesis/runtimeGenesis/patch/balances/balances";
    let first = local.pointer(balances).unwrap()[0].clone();
    type Change = fn(&mut Value, &Value);
    let changes: [(Change, &str); 3] = [
        (
            |list, _| list[3][0] = "5Gr".into(),
            "balances.balances[3][0]`: ",
        ),
        (
            |list, first| list.as_array_mut().unwrap().push(first.clone()),
            "balances`: the runtime refuses these values",
        ),
        (
            |list, _| list[1][1] = "much".into(),
            "balances.balances[1][1]`: invalid",
        ),
    ];
    for (change, expected) in changes {
        let mut wrong = local.clone();
        change(wrong.pointer_mut(balances).unwrap(), &first);
        fs::write(folder.path().join("wrong.json"), wrong.to_string()).unwrap();
        let field = format!("field `genesis.runtimeGenesis.patch.{expected}");
        let last = cause(&["spec", "wrong.json", "--raw"], folder.path()).await;
        assert!(
            last.starts_with("allod: wrong.json: ") && last.contains(&field),
            "{last}"
        );
        let node = [&["node", "--chain", "wrong.json", "--tmp"][..], &ANY_PORTS].concat();
        let last = cause(&node, folder.path()).await;
        assert!(last.contains(&field), "{last}");
    }
}

/// Arguments of a node that farms in a folder.
fn farming<'a>(chain: &'a str, plot: &'a str) -> Vec<&'a str> {
    let farm = [
        "--farm",
        plot,
        "--sectors",
        "1",
        "--reward-address",
        "//Alice",
    ];
    let node = ["node", "--chain", chain, "--tmp", "--no-mdns"];
    [&node[..], &farm, &ANY_PORTS].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_farmer_that_cannot_farm_stops_the_node_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "no folder").unwrap();
    let last = cause(&farming("local", "file"), folder.path()).await;
    assert_eq!(last, "allod: --farm file: file is no folder");
    let last = cause(&farming("local", "file/plot"), folder.path()).await;
    assert_eq!(last, "allod: --farm file/plot: file is no folder");

    // A plot belongs to the chain that it was made for.
    let plot = folder.path().join("plot");
    let plot_argument = plot.to_str().unwrap();
    let data = tempfile::tempdir().unwrap();
    let arguments = [
        "node",
        "--chain",
        "dev",
        "--no-mdns",
        // Nothing is plotted before there are slots.
        "--timekeeper",
        "--farm",
        plot_argument,
    ];
    let reward = ["--sectors", "1", "--reward-address", "//Alice"];
    let node = Node::start(data.path(), &[&arguments[..], &reward].concat()).await;
    node.line("Plotting sector 0").await;
    stopped_cleanly(node, "INT").await;
    let last = cause(&farming("local", plot_argument), folder.path()).await;
    assert!(last.starts_with("allod: farmer ended: "), "{last}");
    assert!(last.contains("chain"), "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "no folder").unwrap();
    let base_path = ["node", "--chain", "local", "--base-path", "file"];
    let last = cause(&[&base_path[..], &ANY_PORTS].concat(), folder.path()).await;
    assert_eq!(last, "allod: --base-path file: file is no folder");
    // A file where a folder of the chain is to be is no fault of the network key.
    fs::create_dir(folder.path().join("base")).unwrap();
    fs::write(folder.path().join("base/chains"), "no folder").unwrap();
    let base_path = ["node", "--chain", "local", "--base-path", "base"];
    let last = cause(&[&base_path[..], &ANY_PORTS].concat(), folder.path()).await;
    assert_eq!(last, "allod: --base-path base: base/chains is no folder");

    // Two chains with one id: the second has another genesis block.
    let specification = run(binary(), &["spec", "local"], folder.path()).await.out;
    let mut specification: Value = serde_json::from_str(&specification).unwrap();
    let one = folder.path().join("one.json");
    fs::write(&one, specification.to_string()).unwrap();
    let parameters = "/genesis/runtimeGenesis/patch/farming/parameters/eraLength";
    *specification.pointer_mut(parameters).unwrap() = 7.into();
    let another = folder.path().join("another.json");
    fs::write(&another, specification.to_string()).unwrap();

    let data = folder.path().join("data");
    let chain = ["node", "--no-mdns", "--chain", one.to_str().unwrap()];
    let node = Node::start(&data, &chain).await;
    stopped_cleanly(node, "INT").await;
    let chain = ["node", "--no-mdns", "--chain", another.to_str().unwrap()];
    let base_path = ["--base-path", data.to_str().unwrap()];
    let arguments = [&chain[..], &base_path, &ANY_PORTS].concat();
    let last = cause(&arguments, folder.path()).await;
    assert!(last.starts_with("allod: the database "), "{last}");
    assert!(
        last.contains("belongs to another chain: its genesis block"),
        "{last}"
    );
    let node = Node::start(
        &data,
        &["node", "--no-mdns", "--chain", one.to_str().unwrap()],
    )
    .await;
    stopped_cleanly(node, "INT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_without_boot_nodes_is_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &["node", "--chain", "testnet", "--no-mdns"]).await;
    assert_eq!(node.count("No boot node is named").await, 1);
    node.stop().await;
    let peer = "/ip4/127.0.0.1/tcp/9/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";
    let named = [
        "node",
        "--chain",
        "testnet",
        "--no-mdns",
        "--bootnodes",
        peer,
    ];
    let node = Node::start(folder.path(), &named).await;
    assert_eq!(node.count("No boot node is named").await, 0);
    node.stop().await;
}
