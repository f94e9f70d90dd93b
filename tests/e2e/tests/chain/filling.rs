//! Chains that are filled: a block completes several segments, sectors expire as fast as they are plotted, and
//! farmers are killed at any time. The chain goes on, its history is whole, and memory stays bounded.
//!
//! `make test` fills some blocks of each chain, `make test-long` 64 MiB in every way.

use allod_e2e::{Node, binary, run};
use rand::Rng;
use std::{path::Path, process::Stdio, time::Duration};
use tempfile::TempDir;
use tokio::{process::Command, time::timeout};

/// What a node may have resident, in MiB.
const MOST_MEMORY: u64 = 700;
/// Raw bytes of a segment on both chains: 8 records.
const SEGMENT_BYTES: u64 = 8 * 126_976;
/// How long it may take to fill a chain.
const TIMEOUT: Duration = Duration::from_secs(3_600);

/// How a chain is filled.
#[derive(Clone, Copy)]
struct Filling {
    mebibytes: u64,
    /// One part in so many of what transactions may take of a block.
    share: u32,
    /// How often a node is killed meanwhile.
    kills: u32,
    /// Blocks before each kill.
    blocks: u64,
}

/// A node that can be killed and started again.
struct Place {
    arguments: Vec<String>,
    folder: TempDir,
    node: Option<Node>,
}

impl Place {
    fn new(arguments: &[&str]) -> Self {
        Self {
            arguments: arguments.iter().map(|it| (*it).to_owned()).collect(),
            folder: tempfile::tempdir().unwrap(),
            node: None,
        }
    }

    fn node(&self) -> &Node {
        self.node.as_ref().expect("it runs")
    }
}

/// Nodes of one chain; the first one is filled.
struct Network {
    places: Vec<Place>,
    /// Blocks after which a block is final and archived.
    depth: u64,
}

impl Network {
    /// `allod dev`.
    async fn development() -> Self {
        Self::start(6, vec![Place::new(&["dev"])]).await
    }

    /// Two farmers, each with a clock.
    async fn local() -> Self {
        let place = |owner| {
            let arguments = ["node", "--chain", "local", "--no-mdns", "--timekeeper"];
            let mut place = Place::new(&arguments);
            let plot = place.folder.path().join("plot");
            let plot = plot.to_str().expect("a temporary folder has a plain name");
            let farming = ["--farm", plot, "--sectors", "6", "--reward-address", owner];
            place.arguments.extend(farming.map(str::to_owned));
            place
        };
        Self::start(30, vec![place("//Alice"), place("//Bob")]).await
    }

    async fn start(depth: u64, places: Vec<Place>) -> Self {
        let mut network = Self { places, depth };
        for at in 0..network.places.len() {
            network.start_node(at).await;
        }
        network
    }

    /// Starts a node, and tells it of another one that runs.
    async fn start_node(&mut self, at: usize) {
        let running = self.places.iter().find_map(|place| place.node.as_ref());
        let mut arguments = self.places[at].arguments.clone();
        if let Some(other) = running {
            arguments.extend(["--bootnodes".to_owned(), other.address().await]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let place = &mut self.places[at];
        place.node = Some(Node::start(place.folder.path(), &arguments).await);
    }

    async fn kill_and_start_again(&mut self, at: usize) {
        self.check_memory();
        let node = self.places[at].node.take().expect("it runs");
        node.kill().await;
        self.start_node(at).await;
    }

    fn check_memory(&self) {
        for place in &self.places {
            let peak = place.node().peak_memory();
            println!("at most {peak} MiB resident");
            assert!(peak < MOST_MEMORY, "{peak} MiB");
        }
    }

    fn first(&self) -> &Node {
        self.places[0].node()
    }

    /// Fills the chain, and kills a node now and then.
    async fn fill(&mut self, filling: Filling) {
        let mut rng = rand::thread_rng();
        let program = binary().with_file_name("allod-load");
        let fill = |url: &str| {
            Command::new(&program)
                .args(["--url", url])
                .args(["--fill", &filling.mebibytes.to_string()])
                .args(["--share", &filling.share.to_string()])
                .stdin(Stdio::null())
                .kill_on_drop(true)
                .spawn()
                .expect("the program starts")
        };
        let mut filler = fill(&self.first().url);
        for _ in 0..filling.kills {
            let best = self.first().best().await;
            self.first().wait_for_block(best + filling.blocks).await;
            tokio::time::sleep(Duration::from_millis(rng.gen_range(0..2_000))).await;
            let at = rng.gen_range(0..self.places.len());
            self.kill_and_start_again(at).await;
            if at == 0 {
                // It has lost its node.
                filler.kill().await.expect("it can be ended");
                filler = fill(&self.first().url);
            }
        }
        let filled = timeout(TIMEOUT, filler.wait()).await;
        let status = filled.expect("it ends").expect("a status");
        assert!(status.success(), "the chain did not take what was asked");
    }

    /// The chain goes on until everything that filled it is history, and that is whole on every node.
    async fn check(&self, filling: Filling) {
        let best = self.first().best().await;
        let all_archived = best + self.depth + 2;
        for place in &self.places {
            let node = place.node();
            for number in best..=all_archived {
                node.wait_for_block(number).await;
            }
            let segments: u64 = node.call("allod_historySize", &[]).await;
            let expected = (filling.mebibytes << 20) / SEGMENT_BYTES;
            assert!(segments > expected, "{segments} of {expected} segments");
            verify(node, place.folder.path()).await;
            node.wait_for_block(node.best().await + 2).await;
        }
        self.check_memory();
    }
}

/// `allod history verify`.
async fn verify(node: &Node, folder: &Path) {
    let arguments = ["history", "verify", "--url", &node.url];
    let verified = run(binary(), &arguments, folder).await;
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
    assert!(verified.out.contains("; 0 differ"), "{}", verified.out);
}

async fn fill_and_check(mut network: Network, filling: Filling) {
    network.first().wait_for_block(1).await;
    network.fill(filling).await;
    network.check(filling).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_development_chain_goes_on_when_it_is_filled() {
    let filling = Filling {
        mebibytes: 24,
        share: 1,
        kills: 1,
        blocks: 4,
    };
    fill_and_check(Network::development().await, filling).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_two_farmers_goes_on_when_it_is_filled() {
    let filling = Filling {
        mebibytes: 12,
        share: 1,
        kills: 1,
        blocks: 2,
    };
    fill_and_check(Network::local().await, filling).await;
}

/// 64 MiB at the limit of each block.
fn at_the_limit() -> Filling {
    Filling {
        mebibytes: 64,
        share: 1,
        kills: 3,
        blocks: 4,
    }
}

/// 64 MiB at a fifth of it.
fn at_a_fifth() -> Filling {
    Filling {
        mebibytes: 64,
        share: 5,
        kills: 3,
        blocks: 8,
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: make test-long"]
async fn a_development_chain_takes_64_mib_at_the_limit() {
    fill_and_check(Network::development().await, at_the_limit()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: make test-long"]
async fn a_development_chain_takes_64_mib_at_a_fifth_of_the_limit() {
    fill_and_check(Network::development().await, at_a_fifth()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: make test-long"]
async fn a_chain_of_two_farmers_takes_64_mib_at_the_limit() {
    fill_and_check(Network::local().await, at_the_limit()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: make test-long"]
async fn a_chain_of_two_farmers_takes_64_mib_at_a_fifth_of_the_limit() {
    fill_and_check(Network::local().await, at_a_fifth()).await;
}
