//! Every option of `allod dev` and `allod node` means something, and nothing else is taken.

use crate::{
    chain_spec,
    cli::{Cli, Command},
    node::NodeSettings,
    usage,
};
use clap::CommandFactory;
use sc_cli::{CliConfiguration, SubstrateCli};
use sc_service::Configuration;
use std::{collections::BTreeSet, fmt::Debug, fs};

/// What a command line comes to.
struct Meaning {
    settings: NodeSettings,
    config: Configuration,
}

impl Meaning {
    fn of(line: &[String], handle: &tokio::runtime::Handle) -> Result<Self, String> {
        let cli = usage::read(line.iter().map(Into::into)).map_err(|error| error.to_string())?;
        let settings = match &cli.command {
            Command::Dev(command) => NodeSettings::from(&**command),
            Command::Node(command) => NodeSettings::from(&**command),
            Command::History(_) | Command::Id(_) | Command::Spec(_) => panic!("{line:?}"),
        };
        let config = cli.create_configuration(&settings.configuration(), handle.clone());
        let config = config.map_err(|error| error.to_string())?;
        Ok(Self { settings, config })
    }
}

fn debug(value: impl Debug) -> String {
    format!("{value:?}")
}

/// A pair of command lines that differ by one option, and what that changes.
struct Row {
    subcommands: &'static [&'static str],
    option: &'static str,
    without: &'static str,
    with: &'static str,
    changes: fn(&Meaning) -> String,
}

const BOTH: &[&str] = &["dev", "node"];
const DEV: &[&str] = &["dev"];
const NODE: &[&str] = &["node"];

fn farming(meaning: &Meaning) -> String {
    debug(&meaning.settings.roles.farming)
}

fn rpc(meaning: &Meaning) -> String {
    debug(&meaning.config.rpc.addr)
}

fn metrics(meaning: &Meaning) -> String {
    debug(
        meaning
            .config
            .prometheus_config
            .as_ref()
            .map(|config| config.port),
    )
}

fn pool(meaning: &Meaning) -> String {
    debug(&meaning.config.transaction_pool)
}

fn peers(meaning: &Meaning) -> String {
    debug(&meaning.config.network.default_peers_set)
}

fn transport(meaning: &Meaning) -> String {
    debug(&meaning.config.network.transport)
}

fn node_key(meaning: &Meaning) -> String {
    debug(
        &meaning
            .settings
            .arguments
            .run_cmd("dev")
            .network_params
            .node_key_params,
    )
}

fn log(meaning: &Meaning) -> String {
    let configuration = meaning.settings.configuration();
    debug((
        configuration.log_filters().unwrap(),
        configuration.detailed_log_output().unwrap(),
        configuration.disable_log_color().unwrap(),
        configuration.enable_log_reloading().unwrap(),
    ))
}

const ROWS: &[Row] = &[
    Row {
        subcommands: NODE,
        option: "chain",
        without: "--chain LIVE",
        with: "--chain local",
        changes: |m| m.config.chain_spec.id().to_owned(),
    },
    Row {
        subcommands: NODE,
        option: "resync",
        without: "",
        with: "--resync",
        changes: |m| debug(m.settings.resync),
    },
    Row {
        subcommands: NODE,
        option: "resync",
        without: "--resync",
        with: "--resync=auto",
        changes: |m| debug(m.settings.resync),
    },
    Row {
        subcommands: NODE,
        option: "checkpoint",
        without: "",
        with: "--checkpoint 7:0x0000000000000000000000000000000000000000000000000000000000000007",
        changes: |m| debug(m.settings.checkpoint),
    },
    Row {
        subcommands: NODE,
        option: "timekeeper",
        without: "",
        with: "--timekeeper",
        changes: |m| debug(m.settings.roles.timekeeper),
    },
    Row {
        subcommands: NODE,
        option: "timekeeper-core",
        without: "--timekeeper",
        with: "--timekeeper --timekeeper-core 1",
        changes: |m| debug(m.settings.roles.timekeeper_core),
    },
    Row {
        subcommands: NODE,
        option: "farm",
        without: "",
        with: "--farm plot --reward-address //Bob",
        changes: farming,
    },
    Row {
        subcommands: NODE,
        option: "reward-address",
        without: "--farm plot --reward-address //Alice",
        with: "--farm plot --reward-address //Bob",
        changes: farming,
    },
    Row {
        subcommands: DEV,
        option: "reward-address",
        without: "",
        with: "--reward-address //Bob",
        changes: farming,
    },
    Row {
        subcommands: NODE,
        option: "sectors",
        without: "--farm plot --reward-address //Bob",
        with: "--farm plot --reward-address //Bob --sectors 3",
        changes: farming,
    },
    Row {
        subcommands: BOTH,
        option: "base-path",
        without: "--base-path DATA",
        with: "--base-path DATA/2",
        changes: |m| debug(m.config.base_path.path()),
    },
    Row {
        subcommands: BOTH,
        option: "tmp",
        without: "--base-path DATA",
        with: "--tmp",
        changes: |m| debug(m.config.base_path.path()),
    },
    Row {
        subcommands: BOTH,
        option: "state-pruning",
        without: "",
        with: "--state-pruning 7",
        changes: |m| debug(&m.config.state_pruning),
    },
    Row {
        subcommands: BOTH,
        option: "blocks-pruning",
        without: "",
        with: "--blocks-pruning 7",
        changes: |m| debug(m.config.blocks_pruning),
    },
    Row {
        subcommands: BOTH,
        option: "trie-cache-size",
        without: "",
        with: "--trie-cache-size 0",
        changes: |m| debug(m.config.trie_cache_maximum_size),
    },
    Row {
        subcommands: BOTH,
        option: "name",
        without: "--name one",
        with: "--name another",
        changes: |m| debug(&m.config.network.node_name),
    },
    Row {
        subcommands: BOTH,
        option: "port",
        without: "",
        with: "--port 7",
        changes: |m| debug(&m.config.network.listen_addresses),
    },
    Row {
        subcommands: BOTH,
        option: "listen-addr",
        without: "",
        with: "--listen-addr /ip4/127.0.0.1/tcp/7",
        changes: |m| debug(&m.config.network.listen_addresses),
    },
    Row {
        subcommands: BOTH,
        option: "public-addr",
        without: "",
        with: "--public-addr /ip4/192.0.2.1/tcp/7",
        changes: |m| debug(&m.config.network.public_addresses),
    },
    Row {
        subcommands: BOTH,
        option: "bootnodes",
        without: "",
        with: "--bootnodes PEER",
        changes: |m| debug(&m.config.network.boot_nodes),
    },
    Row {
        subcommands: BOTH,
        option: "reserved-nodes",
        without: "",
        with: "--reserved-nodes PEER",
        changes: peers,
    },
    Row {
        subcommands: BOTH,
        option: "reserved-only",
        without: "--reserved-nodes PEER",
        with: "--reserved-nodes PEER --reserved-only",
        changes: peers,
    },
    Row {
        subcommands: BOTH,
        option: "out-peers",
        without: "",
        with: "--out-peers 7",
        changes: peers,
    },
    Row {
        subcommands: BOTH,
        option: "in-peers",
        without: "",
        with: "--in-peers 7",
        changes: peers,
    },
    Row {
        subcommands: NODE,
        option: "no-mdns",
        without: "",
        with: "--no-mdns",
        changes: transport,
    },
    Row {
        subcommands: NODE,
        option: "discover-local",
        without: "",
        with: "--discover-local",
        changes: |m| debug(m.config.network.allow_non_globals_in_dht),
    },
    Row {
        subcommands: NODE,
        option: "allow-private-ip",
        without: "",
        with: "--allow-private-ip",
        changes: transport,
    },
    Row {
        subcommands: NODE,
        option: "no-private-ip",
        without: "--chain local",
        with: "--chain local --no-private-ip",
        changes: transport,
    },
    Row {
        subcommands: DEV,
        option: "no-private-ip",
        without: "",
        with: "--no-private-ip",
        changes: transport,
    },
    Row {
        subcommands: BOTH,
        option: "max-parallel-downloads",
        without: "",
        with: "--max-parallel-downloads 7",
        changes: |m| debug(m.config.network.max_parallel_downloads),
    },
    Row {
        subcommands: BOTH,
        option: "max-blocks-per-request",
        without: "",
        with: "--max-blocks-per-request 7",
        changes: |m| debug(m.config.network.max_blocks_per_request),
    },
    Row {
        subcommands: BOTH,
        option: "node-key-file",
        without: "",
        with: "--node-key-file DATA/key",
        changes: node_key,
    },
    Row {
        subcommands: BOTH,
        option: "node-key",
        without: "",
        with: "--node-key KEY",
        changes: node_key,
    },
    Row {
        subcommands: BOTH,
        option: "rpc-port",
        without: "",
        with: "--rpc-port 7",
        changes: rpc,
    },
    Row {
        subcommands: BOTH,
        option: "rpc-external",
        without: "",
        with: "--rpc-external",
        changes: rpc,
    },
    Row {
        subcommands: BOTH,
        option: "rpc-methods",
        without: "",
        with: "--rpc-methods safe",
        changes: rpc,
    },
    Row {
        subcommands: BOTH,
        option: "rpc-cors",
        without: "",
        with: "--rpc-cors https://example.org",
        changes: rpc,
    },
    Row {
        subcommands: BOTH,
        option: "rpc-max-connections",
        without: "",
        with: "--rpc-max-connections 7",
        changes: rpc,
    },
    Row {
        subcommands: BOTH,
        option: "rpc-max-subscriptions-per-connection",
        without: "",
        with: "--rpc-max-subscriptions-per-connection 7",
        changes: rpc,
    },
    Row {
        subcommands: BOTH,
        option: "rpc-message-buffer-capacity-per-connection",
        without: "",
        with: "--rpc-message-buffer-capacity-per-connection 7",
        changes: rpc,
    },
    Row {
        subcommands: BOTH,
        option: "rpc-max-request-size",
        without: "",
        with: "--rpc-max-request-size 7",
        changes: rpc,
    },
    Row {
        subcommands: BOTH,
        option: "rpc-max-response-size",
        without: "",
        with: "--rpc-max-response-size 7",
        changes: rpc,
    },
    Row {
        subcommands: BOTH,
        option: "rpc-max-batch-request-len",
        without: "",
        with: "--rpc-max-batch-request-len 7",
        changes: rpc,
    },
    Row {
        subcommands: BOTH,
        option: "rpc-disable-batch-requests",
        without: "",
        with: "--rpc-disable-batch-requests",
        changes: rpc,
    },
    Row {
        subcommands: BOTH,
        option: "rpc-rate-limit",
        without: "",
        with: "--rpc-rate-limit 7",
        changes: rpc,
    },
    Row {
        subcommands: BOTH,
        option: "rpc-rate-limit-whitelisted-ips",
        without: "--rpc-rate-limit 7",
        with: "--rpc-rate-limit 7 --rpc-rate-limit-whitelisted-ips 192.0.2.0/24",
        changes: rpc,
    },
    Row {
        subcommands: BOTH,
        option: "rpc-rate-limit-trust-proxy-headers",
        without: "--rpc-rate-limit 7 --rpc-rate-limit-whitelisted-ips 192.0.2.0/24",
        with: "--rpc-rate-limit 7 --rpc-rate-limit-whitelisted-ips 192.0.2.0/24 --rpc-rate-limit-trust-proxy-headers",
        changes: rpc,
    },
    Row {
        subcommands: BOTH,
        option: "prometheus-port",
        without: "",
        with: "--prometheus-port 7",
        changes: metrics,
    },
    Row {
        subcommands: BOTH,
        option: "prometheus-external",
        without: "",
        with: "--prometheus-external",
        changes: metrics,
    },
    Row {
        subcommands: BOTH,
        option: "no-prometheus",
        without: "",
        with: "--no-prometheus",
        changes: metrics,
    },
    Row {
        subcommands: BOTH,
        option: "pool-limit",
        without: "",
        with: "--pool-limit 7",
        changes: pool,
    },
    Row {
        subcommands: BOTH,
        option: "pool-kbytes",
        without: "",
        with: "--pool-kbytes 7",
        changes: pool,
    },
    Row {
        subcommands: BOTH,
        option: "tx-ban-seconds",
        without: "",
        with: "--tx-ban-seconds 7",
        changes: pool,
    },
    Row {
        subcommands: BOTH,
        option: "log",
        without: "",
        with: "--log warn",
        changes: log,
    },
    Row {
        subcommands: BOTH,
        option: "detailed-log-output",
        without: "",
        with: "--detailed-log-output",
        changes: log,
    },
    Row {
        subcommands: BOTH,
        option: "disable-log-color",
        without: "",
        with: "--disable-log-color",
        changes: log,
    },
    Row {
        subcommands: BOTH,
        option: "enable-log-reloading",
        without: "",
        with: "--enable-log-reloading",
        changes: log,
    },
];

/// Options that mean nothing on a development chain, where it is so anyway, as their help says.
const SO_ANYWAY_ON_DEV: [&str; 3] = ["allow-private-ip", "discover-local", "no-mdns"];

/// The long options that `--help` shows.
fn options(subcommand: &str) -> BTreeSet<String> {
    let command = Cli::command();
    let command = command.find_subcommand(subcommand).unwrap();
    let shown = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set());
    shown
        .map(|argument| {
            argument
                .get_long()
                .expect("no positional argument")
                .to_owned()
        })
        .collect()
}

/// A chain with value, on which nothing is so by itself that is so on a test network.
fn live_chain() -> tempfile::NamedTempFile {
    let local = chain_spec::export(&chain_spec::LOCAL.spec().unwrap(), false).unwrap();
    let mut spec: serde_json::Value = serde_json::from_str(&local).unwrap();
    spec["chainType"] = "Live".into();
    spec["id"] = "live".into();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), spec.to_string()).unwrap();
    file
}

/// The line of one side of a row. Unless it says so itself, on a chain with value and in a folder.
fn line(subcommand: &str, words: &str, live: &str, data: &str) -> Vec<String> {
    let mut line = vec!["allod".to_owned(), subcommand.to_owned()];
    let mut default = |option: &str, value: &str, conflicting: &str| {
        if !words.contains(option) && !words.contains(conflicting) {
            line.extend([option.to_owned(), value.to_owned()]);
        }
    };
    if subcommand == "node" {
        default("--chain", live, "--chain");
    }
    default("--base-path", data, "--tmp");
    let peer = "/ip4/192.0.2.1/tcp/4/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";
    let words = words.split_whitespace().map(|word| match word {
        "LIVE" => live.to_owned(),
        "PEER" => peer.to_owned(),
        "KEY" => "01".repeat(32),
        word => word.replace("DATA", data),
    });
    line.extend(words);
    line
}

#[test]
fn every_option_that_is_shown_changes_something() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let live = live_chain();
    let live = live.path().to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    for row in ROWS {
        for subcommand in row.subcommands {
            let [without, with] = [row.without, row.with].map(|words| {
                let line = line(subcommand, words, live, data);
                match Meaning::of(&line, runtime.handle()) {
                    Ok(meaning) => (row.changes)(&meaning),
                    Err(error) => panic!("{line:?}: {error}"),
                }
            });
            assert_ne!(with, without, "{subcommand} --{}", row.option);
            assert!(row.with.contains(&format!("--{}", row.option)));
        }
    }
    for subcommand in BOTH {
        let rows = ROWS
            .iter()
            .filter(|row| row.subcommands.contains(subcommand));
        let mut known: BTreeSet<String> = rows.map(|row| row.option.to_owned()).collect();
        if *subcommand == "dev" {
            known.extend(SO_ANYWAY_ON_DEV.map(str::to_owned));
        }
        assert_eq!(known, options(subcommand), "{subcommand}");
    }
}

#[test]
fn options_without_a_meaning_and_combinations_of_them_are_refused() {
    let refused = [
        // What the SDK's nodes have and this one does not.
        ("node --chain local --validator", "'--validator'"),
        ("node --chain local --no-grandpa", "'--no-grandpa'"),
        ("node --chain local --alice", "'--alice'"),
        ("node --chain local --dev", "'--dev'"),
        (
            "node --chain local --force-authoring",
            "'--force-authoring'",
        ),
        (
            "node --chain local --keystore-path keys",
            "'--keystore-path'",
        ),
        (
            "node --chain local --offchain-worker never",
            "'--offchain-worker'",
        ),
        (
            "node --chain local --telemetry-url wss://a/",
            "'--telemetry-url'",
        ),
        ("node --chain local --no-telemetry", "'--no-telemetry'"),
        ("node --chain local --database paritydb", "'--database'"),
        ("node --chain local --sync warp", "'--sync'"),
        (
            "node --chain local --network-backend libp2p",
            "'--network-backend'",
        ),
        ("node --chain local --ipfs-server", "'--ipfs-server'"),
        (
            "node --chain local --wasm-runtime-overrides f",
            "'--wasm-runtime-overrides'",
        ),
        ("node --chain local --execution native", "'--execution'"),
        (
            "node --chain local --unsafe-rpc-external",
            "'--unsafe-rpc-external'",
        ),
        ("dev --chain local", "'--chain'"),
        ("dev --farm plot", "'--farm'"),
        ("dev --resync", "'--resync'"),
        // What means nothing without another one, or beside it.
        ("node", "--chain <CHAIN>"),
        (
            "node --chain local --reward-address //Bob",
            "--farm <FOLDER>",
        ),
        (
            "node --chain local --farm plot",
            "--reward-address <ADDRESS>",
        ),
        ("node --chain local --sectors 3", "--farm <FOLDER>"),
        ("node --chain local --timekeeper-core 1", "--timekeeper"),
        ("node --chain local --resync --tmp", "'--tmp'"),
        (
            "node --chain local --resync=later",
            "'later' for '--resync[=<WHEN>]'",
        ),
        ("dev --tmp --base-path data", "'--base-path <FOLDER>'"),
        (
            "dev --port 4 --listen-addr /ip4/127.0.0.1/tcp/4",
            "'--listen-addr",
        ),
        ("dev --reserved-only", "--reserved-nodes"),
        (
            "dev --allow-private-ip --no-private-ip",
            "'--no-private-ip'",
        ),
        (
            "dev --node-key 0000000000000000000000000000000000000000000000000000000000000000 --node-key-file f",
            "'--node-key-file <FILE>'",
        ),
        (
            "dev --no-prometheus --prometheus-port 4",
            "'--no-prometheus'",
        ),
        (
            "dev --no-prometheus --prometheus-external",
            "'--no-prometheus'",
        ),
        (
            "dev --rpc-rate-limit-whitelisted-ips 192.0.2.0/24",
            "--rpc-rate-limit",
        ),
        (
            "dev --rpc-rate-limit 4 --rpc-rate-limit-trust-proxy-headers",
            "--rpc-rate-limit-whitelisted-ips",
        ),
        (
            "dev --rpc-disable-batch-requests --rpc-max-batch-request-len 4",
            "'--rpc-disable-batch-requests'",
        ),
        // What is no such value.
        ("dev --reward-address nobody", "SS58"),
        (
            "node --chain local --farm plot --reward-address //Bob --sectors 0",
            "1..=524288",
        ),
        ("dev --reward-address //Nobody", "//Alice, //Bob"),
        ("dev --in-peers 10001", "0..=10000"),
        ("dev --rpc-cors foo", "'foo' for '--rpc-cors <ORIGINS>'"),
        (
            "dev --rpc-cors https://a.example,https://b.example/page",
            "\"https://b.example/page\" is no origin",
        ),
        ("dev --log loud=very", "'loud=very' for '--log <LEVELS>"),
        (
            "dev --log warn,sync=loud",
            "\"sync=loud\" is neither a level",
        ),
        ("dev --node-key abcd", "'abcd' for '--node-key <HEX>'"),
        (
            "dev --state-pruning some",
            "'some' for '--state-pruning <N|archive-canonical|archive>'",
        ),
        ("history verify --url foo", "'foo' for '--url <URL>'"),
        (
            "id show --url http://a cert.pem",
            "'http://a' for '--url <URL>'",
        ),
    ];
    for (line, named) in refused {
        let words = ["allod"].into_iter().chain(line.split_whitespace());
        let error = usage::read(words.map(Into::into)).err();
        let error = error.map(|error| usage::cause(&error));
        let error = error.unwrap_or_else(|| panic!("{line} is taken"));
        assert!(error.contains(named), "{line}: {error}");
    }
}

#[test]
fn a_usage_error_is_its_cause_in_one_line_with_option_and_value_and_what_would_be_right() {
    for (line, expected) in [
        (
            "allod node",
            "the following required arguments were not provided: --chain <CHAIN>",
        ),
        (
            "allod dev --validator",
            "unexpected argument '--validator' found",
        ),
        (
            "allod dive",
            "unrecognized subcommand 'dive'; a similar subcommand exists: 'dev'",
        ),
        ("allod", "a subcommand is missing"),
        (
            "allod dev --node-key abcd",
            "invalid value 'abcd' for '--node-key <HEX>': a network key has 64 hex digits",
        ),
        (
            "allod dev --out-peers -1",
            "invalid value '-1' for '--out-peers <COUNT>': -1 is not in 0..=10000",
        ),
        (
            "allod dev --out-peers many",
            "invalid value 'many' for '--out-peers <COUNT>': must be a whole number",
        ),
        (
            "allod dev --rpc-port 70000",
            "invalid value '70000' for '--rpc-port <PORT>': 70000 is not in 0..=65535",
        ),
        (
            "allod dev --rpc-rate-limit 0",
            "invalid value '0' for '--rpc-rate-limit <COUNT>': must be above 0",
        ),
        (
            "allod dev --state-pruning some",
            "invalid value 'some' for '--state-pruning <N|archive-canonical|archive>': must be a number of blocks, \
             `archive-canonical` or `archive`",
        ),
        (
            "allod dev --rpc-methods all",
            "invalid value 'all' for '--rpc-methods <SET>' [possible values: auto, safe, unsafe]",
        ),
        (
            "allod dev --base-pth x",
            "unexpected argument '--base-pth' found; a similar argument exists: '--base-path'",
        ),
        (
            "allod id renew a --valid-for -5",
            "invalid value '-5' for '--valid-for <BLOCKS>': -5 is not in 0..=4294967295",
        ),
    ] {
        let error = usage::read(line.split_whitespace().map(Into::into)).unwrap_err();
        assert_eq!(usage::cause(&error), expected);
    }
}

#[test]
fn log_levels_and_origins_are_taken_as_the_sdk_takes_them() {
    for line in [
        "dev --log warn,sync=debug",
        "dev --log off sync",
        "dev --log grandpa[span{field=1}]=trace",
        "dev --rpc-cors all",
        "dev --rpc-cors http://localhost:8000,https://polkadot.js.org",
        "dev --rpc-cors chrome-extension://mopnmbcafieddcagagdcbnhejhlodfdd",
        "history verify --url wss://a.example:443",
    ] {
        let words = ["allod"].into_iter().chain(line.split_whitespace());
        if let Err(error) = usage::read(words.map(Into::into)) {
            panic!("{line}: {error}");
        }
    }
}
