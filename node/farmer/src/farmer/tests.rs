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
use allod_rpc_types::farmer::{SealedBlock, SigningRequest, SlotInfo};
use allod_verification::{SolutionContext, needed_segments, verify_seal, verify_solution};
use futures::StreamExt;
use parity_scale_codec::Encode;
use std::{fs, os::unix::fs::FileExt, path::Path, time::Duration};
use tokio::{sync::mpsc, task::JoinHandle};

const REWARD: RewardAddress = RewardAddress([77; 32]);
/// Every ticket wins.
const RANGE: SolutionRange = SolutionRange(u64::MAX);
/// None does.
const NO_RANGE: SolutionRange = SolutionRange(0);

/// A farmer at work.
struct Run {
    node: Arc<TestNode>,
    received: Received,
    events: mpsc::UnboundedReceiver<FarmerEvent>,
    task: JoinHandle<Result<(), FarmerError>>,
    stop: tokio::sync::oneshot::Sender<()>,
    next_slot: u64,
    /// Segments in the best block's state.
    history_size: u64,
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
            history_size,
        }
    }

    /// Announces the next slot.
    fn announce(&mut self, solution_range: SolutionRange) {
        let slot = Slot(self.next_slot);
        self.next_slot += 1;
        self.node.slots.send(SlotInfo {
            slot,
            global_challenge: global_challenge(&pot_output(slot), slot),
            solution_range,
            history_size: HistorySize(self.history_size),
        });
    }

    /// Waits for an event that `wanted` likes, and returns what it makes of it. Slots go by in which
    /// nobody wins.
    async fn event<T>(&mut self, mut wanted: impl FnMut(&FarmerEvent) -> Option<T>) -> T {
        let mut slots = tokio::time::interval(Duration::from_millis(50));
        let waiting = async {
            loop {
                let event = tokio::select! {
                    event = self.events.recv() => event.expect("the farmer is running"),
                    _ = slots.tick() => {
                        self.announce(NO_RANGE);
                        continue;
                    }
                };
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
            FarmerEvent::Sector(
                sector_index,
                SectorEvent::Plotted {
                    history_size,
                    replaced,
                    ..
                },
            ) => Some((*sector_index, history_size.0, *replaced)),
            _ => None,
        })
        .await
    }

    /// Announces slots until one is won; returns it with its solution.
    async fn win(&mut self) -> (Slot, Solution) {
        for _ in 0..500 {
            self.announce(RANGE);
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
    let parent_history_size = HistorySize(history_size);
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
    assert!(run.event(refused).await.contains("signed for already"));

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
            FarmerEvent::Sector(_, SectorEvent::Progress { .. }) => {
                panic!("a whole plot is plotted again")
            }
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

/// On a chain that nobody farmed for long, time waits for a block: there are slots, and none is announced.
#[tokio::test(flavor = "multi_thread")]
async fn a_farmer_that_comes_audits_all_open_slots() {
    let directory = tempfile::tempdir().unwrap();
    let mut run = Run::start(directory.path(), 1, 1, 1);
    let open = |slot: u64, solution_range| SlotInfo {
        slot: Slot(slot),
        global_challenge: global_challenge(&pot_output(Slot(slot)), Slot(slot)),
        solution_range,
        history_size: HistorySize(1),
    };
    *run.node.open_slots.lock() = (100..400)
        .map(|slot| open(slot, if slot < 200 { NO_RANGE } else { RANGE }))
        .collect();
    // It plots by what the open slots say of the chain, and then audits them.
    let submission = tokio::time::timeout(Duration::from_secs(120), run.received.solutions.next());
    let submission = submission.await.expect("a slot is won").unwrap();
    assert!((200..400).contains(&submission.slot.0));
    check(submission.slot, &submission.solution, 1);
    let request = seal_request(
        submission.slot,
        &submission.solution,
        submission.solution.public_key,
    );
    run.node.signing.send(request);
    run.received.seals.next().await.unwrap();

    // The node has a block of somebody else that is sealed with this key.
    let foreign = SealedBlock {
        public_key: submission.solution.public_key,
        slot: submission.slot,
        header_hash: [0xee; 32],
    };
    while run.node.blocks.subscribers() == 0 {
        tokio::task::yield_now().await;
    }
    run.node.blocks.send(SealedBlock {
        public_key: PublicKey([1; 32]),
        ..foreign
    });
    run.node.blocks.send(foreign);
    let ended = tokio::time::timeout(Duration::from_secs(60), &mut run.task);
    let error = ended.await.expect("the farmer stops").unwrap().unwrap_err();
    let text = error.to_string();
    assert!(
        matches!(
            error,
            FarmerError::ForeignBlock {
                header_hash: [0xee, ..],
                ..
            }
        ),
        "{text}"
    );
    assert!(
        text.contains("a copy of the plot is farmed elsewhere"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_the_farmer_loses_one_sector_and_damage_is_repaired() {
    let directory = tempfile::tempdir().unwrap();
    let mut run = Run::start(directory.path(), 2, 1, 1);
    assert_eq!(run.plotted().await, (0, 1, false));
    run.event(|event| match event {
        FarmerEvent::Sector(
            1,
            SectorEvent::Progress {
                pieces_done: 3.., ..
            },
        ) => Some(()),
        _ => None,
    })
    .await;
    run.kill().await;
    fs::write(
        directory.path().join("sector-000001-000001.tmp"),
        b"half a sector",
    )
    .unwrap();

    // A bit of the first sector flips meanwhile.
    let path = directory.path().join("sector-000000-000001.bin");
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
            FarmerEvent::Sector(0, SectorEvent::Damaged { error }) => Some(error.clone()),
            _ => None,
        })
        .await;
    assert!(
        damaged.contains("sector-000000-000001.bin is damaged at byte"),
        "{damaged}"
    );
    let mut plotted = [run.plotted().await, run.plotted().await];
    plotted.sort();
    assert_eq!(plotted, [(0, 1, false), (1, 1, false)]);
    assert!(!directory.path().join("sector-000001-000001.tmp").exists());
    let (slot, solution) = run.win().await;
    check(slot, &solution, 1);
    run.stop().await.unwrap();
}

/// Names of the sectors in a plot's directory.
fn sector_files(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("sector-"))
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sector_is_replotted_when_the_best_block_outgrows_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut run = Run::start(directory.path(), 1, 1, 1);
    assert_eq!(run.plotted().await, (0, 1, false));
    // Made at history size 1 with M = 1, it expires at 4 at the latest. The archiver gets there long
    // before the best block: nothing is replotted, and the sector still wins.
    for _ in 0..3 {
        run.node.grow();
    }
    let (slot, solution) = run.win().await;
    assert_eq!(solution.history_size, HistorySize(1));
    check(slot, &solution, 1);
    assert_eq!(sector_files(directory.path()), ["sector-000000-000001.bin"]);

    // A block brings all headers at once.
    run.history_size = 4;
    let expires_at = run
        .event(|event| match event {
            FarmerEvent::Sector(_, SectorEvent::Expires { expires_at, .. }) => Some(expires_at.0),
            _ => None,
        })
        .await;
    assert!((2..=4).contains(&expires_at));
    assert_eq!(run.plotted().await, (0, 4, true));
    let (slot, solution) = run.win().await;
    assert_eq!(solution.history_size, HistorySize(4));
    check(slot, &solution, 4);
    assert_eq!(sector_files(directory.path()), ["sector-000000-000004.bin"]);
    run.stop().await.unwrap();
}

/// What an earlier version left, or a reorganisation: the plot is newer than the best block.
#[tokio::test(flavor = "multi_thread")]
async fn a_plot_that_is_too_new_waits_beside_one_that_wins() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut run = Run::start(path, 1, 4, 1);
    assert_eq!(run.plotted().await, (0, 4, false));
    run.stop().await.unwrap();
    let too_new = path.join("sector-000000-000004.bin");
    fs::rename(&too_new, path.join("sector-000000.bin")).unwrap();

    let mut run = Run::start(path, 1, 4, 1000);
    run.history_size = 2;
    let told = run
        .event(|event| match event {
            FarmerEvent::Sector(
                _,
                SectorEvent::TooNew {
                    made_at,
                    history_size,
                },
            ) => Some((made_at.0, history_size.0)),
            _ => None,
        })
        .await;
    assert_eq!(told, (4, 2));
    assert_eq!(run.plotted().await, (0, 2, false));
    let (slot, solution) = run.win().await;
    assert_eq!(solution.history_size, HistorySize(2));
    check(slot, &solution, 2);
    let both = ["sector-000000-000002.bin", "sector-000000.bin"];
    assert_eq!(sector_files(path), both);
    let next_slot = run.next_slot;
    run.kill().await;

    // Killed, it finds both again, and gives the older one up when the newer one may win.
    let mut run = loop {
        let mut run = Run::start(path, 1, 4, next_slot);
        if run.events.recv().await.is_some() {
            break run;
        }
    };
    run.history_size = 2;
    let (slot, solution) = run.win().await;
    assert_eq!(solution.history_size, HistorySize(2));
    check(slot, &solution, 2);
    run.history_size = 4;
    while sector_files(path).len() > 1 {
        run.announce(NO_RANGE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (slot, solution) = run.win().await;
    check(slot, &solution, 4);
    run.stop().await.unwrap();
}

/// Everything is lost or has expired: what is plotted next wins on the best block.
#[tokio::test(flavor = "multi_thread")]
async fn a_plot_that_was_lost_is_made_again_for_the_best_block() {
    let directory = tempfile::tempdir().unwrap();
    let mut run = Run::start(directory.path(), 2, 4, 1);
    run.history_size = 3;
    for sector_index in 0..2 {
        assert_eq!(run.plotted().await, (sector_index, 3, false));
    }
    run.stop().await.unwrap();
    for name in sector_files(directory.path()) {
        fs::remove_file(directory.path().join(name)).unwrap();
    }
    let mut run = Run::start(directory.path(), 2, 4, 1000);
    run.history_size = 3;
    for sector_index in 0..2 {
        assert_eq!(run.plotted().await, (sector_index, 3, false));
    }
    let (slot, solution) = run.win().await;
    check(slot, &solution, 3);
    run.stop().await.unwrap();
}

/// Before the first slot nobody knows what the best block holds.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_plotted_while_the_node_is_syncing() {
    let directory = tempfile::tempdir().unwrap();
    let mut run = Run::start(directory.path(), 1, 4, 1);
    while run.node.slots.subscribers() == 0 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(run.node.pieces_served.load(Ordering::Relaxed), 0);
    assert_eq!(run.plotted().await, (0, 4, false));
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
