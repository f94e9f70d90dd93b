//! A farmer from its first sector to its last, with a node that the test plays.

use super::*;
use crate::{
    header::tests::{header, pre_digest},
    test_chain::{KZG, PLOT_KEY, SEGMENTS, parameters},
    test_node::{Received, TestNode},
};
use allod_consensus_primitives::seal_message;
use allod_core::{
    PotOutput, PublicKey, Slot, Solution, SolutionRange, blake2b_256, global_challenge,
};
use allod_rpc_types::farmer::{SigningRequest, SlotInfo};
use allod_verification::{SolutionContext, needed_segments, verify_seal, verify_solution};
use futures::StreamExt;
use parity_scale_codec::Encode;
use std::{fs, os::unix::fs::FileExt, path::Path, time::Duration};
use tokio::{sync::mpsc, task::JoinHandle};

const REWARD: RewardAddress = RewardAddress([77; 32]);
/// Every ticket wins.
const RANGE: SolutionRange = SolutionRange(u64::MAX);

/// A farmer at work.
struct Run {
    node: Arc<TestNode>,
    received: Received,
    events: mpsc::UnboundedReceiver<FarmerEvent>,
    task: JoinHandle<Result<(), FarmerError>>,
    stop: tokio::sync::oneshot::Sender<()>,
    next_slot: u64,
}

fn config(directory: &Path, sectors: u32) -> FarmerConfig {
    FarmerConfig {
        directory: directory.to_owned(),
        sectors,
        reward_address: REWARD,
        plotting_threads: None,
        farming_threads: None,
        on_event: None,
    }
}

impl Run {
    fn start(directory: &Path, sectors: u32, history_size: u64, first_slot: u64) -> Self {
        let (node, received) = TestNode::new(history_size);
        let node = Arc::new(node);
        let (told, events) = mpsc::unbounded_channel();
        let mut config = config(directory, sectors);
        config.on_event = Some(Arc::new(move |event| {
            let _ = told.send(event.clone());
        }));
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let farm = Farmer::run(config, node.clone(), KZG.clone(), async {
            let _ = stopped.await;
        });
        Self {
            task: tokio::spawn(farm),
            node,
            received,
            events,
            stop,
            next_slot: first_slot,
        }
    }

    /// Waits for an event that `wanted` likes, and returns what it makes of it.
    async fn event<T>(&mut self, mut wanted: impl FnMut(&FarmerEvent) -> Option<T>) -> T {
        let waiting = async {
            loop {
                let event = self.events.recv().await.expect("the farmer is running");
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(120), waiting).await;
        waited.expect("the event comes")
    }

    async fn plotted(&mut self) -> (u32, u64, bool) {
        self.event(|event| match event {
            FarmerEvent::SectorPlotted {
                sector_index,
                history_size,
                replaced,
                ..
            } => Some((*sector_index, history_size.0, *replaced)),
            _ => None,
        })
        .await
    }

    /// Announces slots until one is won; returns it with its solution.
    async fn win(&mut self) -> (Slot, Solution) {
        for _ in 0..500 {
            let slot = Slot(self.next_slot);
            self.next_slot += 1;
            self.node.slots.send(SlotInfo {
                slot,
                global_challenge: global_challenge(&pot_output(slot), slot),
                solution_range: RANGE,
            });
            let solution = self.received.solutions.next();
            let waited = tokio::time::timeout(Duration::from_millis(500), solution).await;
            if let Ok(Some(submission)) = waited {
                return (submission.slot, submission.solution);
            }
        }
        panic!("no slot was won");
    }

    async fn stop(self) -> Result<(), FarmerError> {
        let _ = self.stop.send(());
        self.task.await.unwrap()
    }

    /// As if the process were killed.
    async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

fn pot_output(slot: Slot) -> PotOutput {
    PotOutput([slot.0 as u8; 16])
}

fn check(slot: Slot, solution: &Solution, history_size: u64) {
    let parameters = parameters();
    let parent_history_size = allod_core::HistorySize(history_size);
    let needed = needed_segments(solution, &parameters, parent_history_size);
    let commitment =
        |segment: allod_core::SegmentIndex| SEGMENTS[segment.0 as usize].header.segment_commitment;
    let context = SolutionContext {
        parameters: &parameters,
        slot,
        pot_output: pot_output(slot),
        parent_history_size,
        solution_range: RANGE,
        key_blocked: false,
        segment_commitment: Some(commitment(needed.piece)),
        expiry_commitment: needed.expiry.map(commitment),
    };
    verify_solution(solution, &context, &KZG).unwrap();
    assert_eq!(solution.reward_address, REWARD);
}

fn seal_request(slot: Slot, solution: &Solution, public_key: PublicKey) -> SigningRequest {
    let header = header(&pre_digest(slot, solution));
    SigningRequest {
        public_key,
        header: header.encode().try_into().unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_farmer_plots_wins_seals_and_carries_on_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let mut run = Run::start(directory.path(), 1, 1, 1);
    assert_eq!(run.plotted().await, (0, 1, false));
    let (slot, solution) = run.win().await;
    check(slot, &solution, 1);

    // The node asks for the seal: once it is given, the second time not.
    let request = seal_request(slot, &solution, solution.public_key);
    run.node.signing.send(request.clone());
    let seal = run.received.seals.next().await.unwrap();
    assert_eq!(seal.header_hash, blake2b_256(request.header.as_ref()));
    let message = seal_message(&PLOT_KEY.genesis_hash, request.header.as_ref());
    verify_seal(&solution.public_key, &message, &seal.signature).unwrap();
    run.node.signing.send(request.clone());
    let refused = |event: &FarmerEvent| match event {
        FarmerEvent::SealRefused { error } => Some(error.clone()),
        _ => None,
    };
    assert!(run.event(refused).await.contains("already sealed"));

    // The connection is lost and comes back.
    run.node.slots.disconnect();
    run.event(|event| matches!(event, FarmerEvent::Disconnected { .. }).then_some(()))
        .await;
    let (slot, solution) = run.win().await;
    check(slot, &solution, 1);

    // A second farmer on the same plot is refused.
    let (other, _) = TestNode::new(1);
    let second = Farmer::run(
        config(directory.path(), 1),
        Arc::new(other),
        KZG.clone(),
        std::future::pending(),
    );
    assert!(matches!(
        second.await,
        Err(FarmerError::Directory(DirectoryError::Locked(_)))
    ));
    let next_slot = run.next_slot;
    run.stop().await.unwrap();

    // After the restart nothing is plotted again, and nothing sealed that was sealed before.
    let mut run = Run::start(directory.path(), 1, 1, next_slot);
    let started = run
        .event(|event| match event {
            FarmerEvent::Started { sectors, pledged } => Some((*sectors, *pledged)),
            _ => None,
        })
        .await;
    assert_eq!(started, (1, 1));
    let scrubbed = run
        .event(|event| match event {
            FarmerEvent::ScrubFinished { whole, damaged } => Some((*whole, *damaged)),
            FarmerEvent::PlotProgress { .. } => panic!("a whole plot is plotted again"),
            _ => None,
        })
        .await;
    assert_eq!(scrubbed, (1, 0));
    while run.node.signing.subscribers() == 0 {
        tokio::task::yield_now().await;
    }
    run.node.signing.send(request);
    assert!(run.event(refused).await.contains("found no such solution"));
    let (slot, solution) = run.win().await;
    check(slot, &solution, 1);
    run.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_the_farmer_loses_one_sector_and_damage_is_repaired() {
    let directory = tempfile::tempdir().unwrap();
    let mut run = Run::start(directory.path(), 2, 1, 1);
    assert_eq!(run.plotted().await, (0, 1, false));
    run.event(|event| match event {
        FarmerEvent::PlotProgress {
            sector_index: 1,
            pieces_done: 3..,
            ..
        } => Some(()),
        _ => None,
    })
    .await;
    run.kill().await;
    fs::write(directory.path().join("sector-000001.tmp"), b"half a sector").unwrap();

    // A bit of the first sector flips meanwhile.
    let path = directory.path().join("sector-000000.bin");
    let file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .unwrap();
    let place = file.metadata().unwrap().len() - 777;
    let mut byte = [0];
    file.read_exact_at(&mut byte, place).unwrap();
    file.write_all_at(&[byte[0] ^ 4], place).unwrap();

    // The pool of the killed run may need a moment to let the plot go.
    let mut run = loop {
        let mut run = Run::start(directory.path(), 2, 1, 1);
        if run.events.recv().await.is_some() {
            break run;
        }
    };
    let damaged = run
        .event(|event| match event {
            FarmerEvent::SectorDamaged {
                sector_index: 0,
                error,
            } => Some(error.clone()),
            _ => None,
        })
        .await;
    assert!(
        damaged.contains("sector-000000.bin is damaged at byte"),
        "{damaged}"
    );
    let mut plotted = [run.plotted().await, run.plotted().await];
    plotted.sort();
    assert_eq!(plotted, [(0, 1, false), (1, 1, false)]);
    assert!(!directory.path().join("sector-000001.tmp").exists());
    let (slot, solution) = run.win().await;
    check(slot, &solution, 1);
    run.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sector_is_replotted_when_the_history_outgrows_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut run = Run::start(directory.path(), 1, 1, 1);
    assert_eq!(run.plotted().await, (0, 1, false));
    // Made at history size 1 with M = 1, it expires at 4 at the latest.
    for _ in 0..3 {
        run.node.grow();
    }
    let expires_at = run
        .event(|event| match event {
            FarmerEvent::SectorExpires { expires_at, .. } => Some(expires_at.0),
            _ => None,
        })
        .await;
    assert!((2..=4).contains(&expires_at));
    let (index, made_at, replaced) = run.plotted().await;
    assert!((2..=4).contains(&made_at));
    assert_eq!((index, replaced), (0, true));
    let (slot, solution) = loop {
        let (slot, solution) = run.win().await;
        if solution.history_size.0 >= made_at {
            break (slot, solution);
        }
    };
    check(slot, &solution, 4);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 5);
    run.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_farmer_does_not_follow_its_node_to_another_chain() {
    let directory = tempfile::tempdir().unwrap();
    let mut run = Run::start(directory.path(), 1, 0, 1);
    run.event(|event| matches!(event, FarmerEvent::Started { .. }).then_some(()))
        .await;
    while run.node.segments.subscribers() == 0 {
        tokio::task::yield_now().await;
    }
    *run.node.genesis_hash.lock() = [99; 32];
    run.node.segments.disconnect();
    let ended = run.task.await.unwrap();
    assert!(
        matches!(ended, Err(FarmerError::AnotherChain { .. })),
        "{ended:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_farmed_is_refused_at_once() {
    let directory = tempfile::tempdir().unwrap();
    for sectors in [0, MAX_SECTORS + 1] {
        let (node, _received) = TestNode::new(1);
        let refused = Farmer::run(
            config(directory.path(), sectors),
            Arc::new(node),
            KZG.clone(),
            std::future::pending(),
        );
        assert!(matches!(refused.await, Err(FarmerError::Sectors(given)) if given == sectors));
    }
    // A plot of another chain.
    let other = PlotDirectory::open(directory.path(), [3; 32], &parameters()).unwrap();
    drop(other);
    let (node, _received) = TestNode::new(1);
    let refused = Farmer::run(
        config(directory.path(), 1),
        Arc::new(node),
        KZG.clone(),
        std::future::pending(),
    );
    assert!(matches!(
        refused.await,
        Err(FarmerError::Directory(DirectoryError::WrongPlot { .. }))
    ));
}
