//! The honest nodes of a network, and what must hold of them whatever happens.

use crate::{attacker::Attacker, chain::Chain};
use allod_e2e::{Host, Node, eventually};
use sc_network::PeerId;
use serde_json::{Value, json};
use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
    time::Duration,
};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// What an attack may cost a node in memory, in MiB, beside what a node takes that nobody attacks.
const MEMORY: u64 = 100;
/// Blocks below the best one on which nodes must agree.
const UNSETTLED: u64 = 3;
/// How long nodes may take to part from a liar whom they heard. It is a matter of seconds.
const DROP_LIMIT: Duration = Duration::from_secs(120);
/// How often it is said what is waited for.
const TELL: Duration = Duration::from_secs(15);

/// What a node is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Farms and keeps time.
    Farmer,
    /// Follows.
    Follower,
    /// Follows, and no attacker knows its address: by it one sees what is normal.
    Twin,
}

/// How a node is started.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Beside what its part takes.
    pub arguments: Vec<String>,
    /// Where it runs, if not here.
    pub host: Option<Host>,
    /// Of its environment.
    pub variables: Vec<(&'static str, OsString)>,
    /// Where its data lie, if not in a folder of its own.
    pub data: Option<PathBuf>,
}

/// A node in its folder.
pub struct Member {
    /// The node.
    pub node: Node,
    /// Its name in the network.
    pub id: PeerId,
    /// Where others reach it.
    pub address: String,
    part: Part,
    setup: Setup,
    memory_before: u64,
    folders: [TempDir; 2],
}

/// Nodes of one chain.
pub struct Honest {
    /// All of them; the first is known to all others.
    pub members: Vec<Member>,
}

/// Who receives what the farmer in this place earns.
fn owner(place: usize) -> &'static str {
    ["//Alice", "//Bob", "//Charlie", "//Dave"][place % 4]
}

impl Member {
    /// Starts a node; the one at `known` is its boot node.
    pub async fn start(
        chain: &Chain,
        place: usize,
        part: Part,
        known: Option<&str>,
        mut setup: Setup,
    ) -> Self {
        let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let mut arguments = vec![
            "node",
            "--chain",
            &chain.file,
            "--no-mdns",
            "--allow-private-ip",
        ];
        arguments.extend(known.iter().flat_map(|address| ["--bootnodes", address]));
        if part == Part::Farmer {
            let plot = folders[1].path().to_str().expect("a plain name");
            arguments.extend(["--timekeeper", "--farm", plot]);
            arguments.extend(["--reward-address", owner(place)]);
        }
        let arguments = arguments.into_iter().map(str::to_owned);
        setup.arguments = arguments.chain(setup.arguments).collect();
        Self::run(part, setup, folders).await
    }

    async fn run(part: Part, setup: Setup, folders: [TempDir; 2]) -> Self {
        let data = setup.data.as_deref().unwrap_or(folders[0].path());
        let arguments: Vec<&str> = setup.arguments.iter().map(String::as_str).collect();
        let variables = setup.variables.iter();
        let variables: Vec<(&str, &OsStr)> = variables
            .map(|(name, value)| (*name, value.as_os_str()))
            .collect();
        let node = match &setup.host {
            Some(host) => Node::start_on(host, data, &arguments, &variables).await,
            None => Node::start_with(data, &arguments, &variables).await,
        };
        let address = node.address().await;
        let id: String = node.call("system_localPeerId", &[]).await;
        Self {
            memory_before: node.peak_memory(),
            node,
            id: id.parse().expect("an identifier"),
            address,
            part,
            setup,
            folders,
        }
    }

    /// Stops it and starts it again, with further arguments this once.
    pub async fn restart(self, once: &[&str]) -> Self {
        let Self {
            node,
            part,
            setup,
            folders,
            ..
        } = self;
        assert!(node.stop().await.success());
        let kept = setup.clone();
        let mut setup = setup;
        setup
            .arguments
            .extend(once.iter().map(|argument| (*argument).to_owned()));
        let started = Self::run(part, setup, folders).await;
        Self {
            setup: kept,
            ..started
        }
    }

    /// Whether it talks to a peer.
    pub async fn has_peer(&self, peer: PeerId) -> bool {
        let peers: Vec<Value> = self.node.call("system_peers", &[]).await;
        let peer = json!(peer.to_string());
        peers.iter().any(|known| known["peerId"] == peer)
    }

    fn growth(&self) -> u64 {
        self.node.peak_memory().saturating_sub(self.memory_before)
    }
}

impl Honest {
    /// Starts them, and waits until all of them follow the chain, which has some blocks then.
    pub async fn start(chain: &Chain, parts: &[Part]) -> Self {
        let parts = parts.iter().map(|part| (*part, Setup::default())).collect();
        Self::set_up(chain, parts).await
    }

    /// Likewise, each in a way of its own.
    pub async fn set_up(chain: &Chain, parts: Vec<(Part, Setup)>) -> Self {
        let mut members: Vec<Member> = Vec::new();
        for (place, (part, setup)) in parts.into_iter().enumerate() {
            let known = members.first().map(|first| first.address.clone());
            members.push(Member::start(chain, place, part, known.as_deref(), setup).await);
        }
        let mut honest = Self { members };
        for member in &honest.members {
            member.node.wait_for_block(6).await;
        }
        honest.agree().await;
        for member in &mut honest.members {
            member.memory_before = member.node.peak_memory();
        }
        honest
    }

    /// Addresses that attackers are told.
    pub fn targets(&self) -> Vec<String> {
        let targets = self.attacked().map(|member| member.address.clone());
        targets.collect()
    }

    /// Nodes that attackers know.
    pub fn attacked(&self) -> impl Iterator<Item = &Member> {
        self.members
            .iter()
            .filter(|member| member.part != Part::Twin)
    }

    /// The first node.
    pub fn first(&self) -> &Node {
        &self.members[0].node
    }

    /// Waits until the chain has grown by so many blocks, on every node.
    pub async fn go_on(&self, blocks: u64) {
        let target = self.first().best().await + blocks;
        for member in &self.members {
            member.node.wait_for_block(target).await;
        }
    }

    /// Waits until all have one chain but for its newest blocks.
    pub async fn agree(&self) {
        let all: Vec<&Member> = self.members.iter().collect();
        self.agree_among(&all).await;
    }

    /// Waits until these have one chain with the first node but for its newest blocks.
    pub async fn agree_among(&self, members: &[&Member]) {
        eventually("one chain", || async {
            let mut lowest = u64::MAX;
            for member in members {
                lowest = lowest.min(member.node.best().await);
            }
            let number = lowest.saturating_sub(UNSETTLED);
            let hash = self.first().hash(number).await;
            for member in members {
                if member.node.hash(number).await != hash {
                    return None;
                }
            }
            hash.filter(|_| number > 0)
        })
        .await;
    }

    /// After an attack: nodes run, go on, agree, and took no more memory than is normal.
    pub async fn assert_well(&self) {
        self.go_on(3).await;
        self.agree().await;
        let twins = self.members.iter().filter(|it| it.part == Part::Twin);
        let normal = twins.map(Member::growth).max().unwrap_or(0);
        for member in &self.members {
            let growth = member.growth();
            eprintln!(
                "{:?}: {} MiB at most, {growth} more than before; normal are {normal}",
                member.part,
                member.node.peak_memory()
            );
            assert!(
                growth <= normal + MEMORY,
                "{:?} took {growth} MiB more than before; {normal} are normal",
                member.part
            );
            // A runtime that traps on a bad block says that it panicked, and is meant to.
            for word in ["This is a bug", "Essential task"] {
                assert_eq!(member.node.count(word).await, 0, "{word} in the log");
            }
        }
    }

    /// That no node has banned anybody: nobody lied.
    pub async fn assert_nobody_blamed(&self) {
        for member in &self.members {
            for word in ["is banned for a day", "Banned:"] {
                assert_eq!(
                    member.node.count(word).await,
                    0,
                    "{:?}: {word}",
                    member.part
                );
            }
        }
    }

    /// Waits until no attacked node talks to an attacker any more; `what` it did.
    pub async fn drop_off(&self, attacker: &Attacker, what: &str) {
        self.left_at_most(0, attacker, what).await;
    }

    /// Waits until one of the attacked nodes, or all, talk to an attacker no more.
    pub async fn drop_off_somewhere(&self, attacker: &Attacker, what: &str) {
        let all = self.attacked().count();
        self.left_at_most(all.saturating_sub(1), attacker, what)
            .await;
    }

    async fn left_at_most(&self, most: usize, attacker: &Attacker, what: &str) {
        let began = Instant::now();
        let mut told = began;
        loop {
            let mut hear = Vec::new();
            for member in self.attacked() {
                if member.has_peer(attacker.id).await {
                    hear.push(member);
                }
            }
            let heard_by = attacker.listeners();
            if hear.len() <= most && heard_by <= most {
                return;
            }
            let parts: Vec<Part> = hear.iter().map(|member| member.part).collect();
            let left = format!(
                "{} still heard by {parts:?}, {heard_by} of its lines open; {most} may be left",
                attacker.id
            );
            if began.elapsed() > DROP_LIMIT {
                for member in hear {
                    let log = member.node.last_lines().await;
                    eprintln!("{:?} said last:\n{log}", member.part);
                }
                panic!("{what}, sent {} s ago: {left}", DROP_LIMIT.as_secs());
            }
            if told.elapsed() > TELL {
                told = Instant::now();
                eprintln!("{what}: {left}");
            }
            sleep(Duration::from_millis(250)).await;
        }
    }
}
