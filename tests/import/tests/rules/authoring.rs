//! The slot worker: what it tells farmers, and on which block it makes theirs (§8).

use allod_consensus::{FarmingLink, NewSlot, SlotWorker, SlotWorkerParams, prospects::open_slots};
use allod_consensus_primitives::{digest::seal_item, seal_message};
use allod_core::{Slot, blake2b_256, global_challenge};
use allod_import_tests::{
    block::{Header, Made},
    farming::{Farmer, Plan},
    harness::{Node, parameters},
};
use allod_runtime::opaque::Block;
use allod_service::Client;
use allod_timekeeper::{PotSource, PotSourceHandle, TimekeeperConfig};
use allod_verification::sign_seal;
use parity_scale_codec::Decode;
use parking_lot::Mutex;
use sc_block_builder::BlockBuilderBuilder;
use sp_blockchain::{BlockStatus, HeaderBackend};
use sp_consensus::{Environment, Error, NoNetwork, Proposal, ProposeArgs, Proposer};
use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    sync::Arc,
    time::Duration,
};
use tokio::{sync::broadcast, time::timeout};

/// How long anything may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Time from slot to slot.
const PACE: Duration = Duration::from_secs(1);

/// Proposes empty blocks. While the first one is in the making, another block arrives.
#[derive(Clone)]
struct Interrupted {
    node: Arc<Node>,
    rival: Arc<Mutex<Option<Made>>>,
}

/// Proposes one block.
struct OnParent {
    shared: Interrupted,
    parent: Header,
}

impl Environment<Block> for Interrupted {
    type Proposer = OnParent;
    type CreateProposer = Ready<Result<OnParent, Error>>;
    type Error = Error;

    fn init(&mut self, parent: &Header) -> Self::CreateProposer {
        ready(Ok(OnParent {
            shared: self.clone(),
            parent: parent.clone(),
        }))
    }
}

impl Proposer<Block> for OnParent {
    type Error = Error;
    type Proposal = Pin<Box<dyn Future<Output = Result<Proposal<Block>, Error>> + Send>>;

    fn propose(self, arguments: ProposeArgs<Block>) -> Self::Proposal {
        Box::pin(async move {
            let node = self.shared.node;
            let rival = self.shared.rival.lock().take();
            if let Some(rival) = rival {
                node.receive(&rival).await?;
            }
            let mut builder = BlockBuilderBuilder::<Block, Client>::new(&node.client)
                .on_parent_block(self.parent.hash())
                .with_parent_block_number(self.parent.number)
                .with_inherent_digests(arguments.inherent_digests)
                .build()
                .unwrap();
            for inherent in builder.create_inherents(arguments.inherent_data).unwrap() {
                builder.push(inherent).unwrap();
            }
            let built = builder.build().unwrap();
            Ok(Proposal {
                block: built.block,
                storage_changes: built.storage_changes,
            })
        })
    }
}

/// A node that makes blocks of its farmer's solutions.
struct Author {
    node: Arc<Node>,
    link: FarmingLink,
    rival: Arc<Mutex<Option<Made>>>,
    slots: broadcast::Receiver<NewSlot>,
    farmer: Farmer,
    time: PotSourceHandle,
}

impl Author {
    fn start() -> Self {
        Self::start_with(PACE)
    }

    fn start_with(pace: Duration) -> Self {
        let node = Arc::new(Node::new(parameters()));
        let config = TimekeeperConfig {
            enabled: true,
            pace: Some(pace),
            core: None,
        };
        let verifier = node.context().pot_verifier.clone();
        let (source, time) = PotSource::new(node.client.clone(), verifier, config, None).unwrap();
        let (link, solutions) = FarmingLink::new();
        let rival = Arc::default();
        let worker = SlotWorker::new(SlotWorkerParams {
            block_import: node.block_import(),
            environment: Interrupted {
                node: node.clone(),
                rival: Arc::clone(&rival),
            },
            time: time.clone(),
            link: link.clone(),
            solutions,
            sync: Arc::new(NoNetwork),
        });
        let slots = link.subscribe_slots();
        tokio::spawn(worker.announce_slots());
        tokio::spawn(worker.run());
        tokio::spawn(source.run());
        Self {
            node,
            link,
            rival,
            slots,
            farmer: Farmer::new(0),
            time,
        }
    }

    /// Slots that a child of the best block can be made in.
    fn open_slots(&self, after: Slot) -> Vec<NewSlot> {
        open_slots::<Block, _>(&*self.node.client, &self.time, after, 16).unwrap()
    }

    /// Hands over the solution of the first slot after `slot` that the farmer wins, and returns it.
    /// While the block is in the making, the one arrives that `rival` makes then.
    async fn win_after(&mut self, slot: Slot, rival: impl FnOnce(&Node, Slot) -> Made) -> Slot {
        let best = self.node.best();
        let sector = self.node.sector(&Plan::default());
        loop {
            let new = timeout(TIMEOUT, self.slots.recv()).await.unwrap().unwrap();
            assert_eq!(new.history_size, self.node.history_size(best));
            let output = self.node.timeline(best, false).output(new.slot);
            assert_eq!(new.global_challenge, global_challenge(&output, new.slot));
            let mut tickets = self.node.tickets(sector, new.slot, output);
            if let Some((_, solution)) = tickets.next().filter(|_| new.slot > slot) {
                *self.rival.lock() = Some(rival(&self.node, new.slot));
                self.link.submit_solution(new.slot, solution).unwrap();
                return new.slot;
            }
        }
    }

    /// Seals the block that is made, and waits until it is imported. Returns its header.
    async fn sealed(
        &self,
        seals: &mut broadcast::Receiver<allod_consensus::SealRequest>,
    ) -> Header {
        let request = timeout(TIMEOUT, seals.recv()).await.unwrap().unwrap();
        assert_eq!(request.public_key, self.farmer.public_key());
        let message = seal_message(&self.node.genesis_hash(), &request.header);
        let seal = sign_seal(&self.farmer.keypair, &message);
        let hash = blake2b_256(&request.header);
        self.link.submit_seal(&hash, seal).unwrap();
        let mut header = Header::decode(&mut request.header.as_slice()).unwrap();
        header.digest.push(seal_item(&seal));
        let imported = async {
            while self.node.client.status(header.hash()).unwrap() == BlockStatus::Unknown {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(TIMEOUT, imported).await.unwrap();
        header
    }
}

fn by_another() -> Plan {
    Plan {
        farmer: 1,
        ..Plan::default()
    }
}

/// A win is not spent on a fork because another block became the best one while it was in the making.
#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_made_anew_on_a_block_that_came_meanwhile() {
    let mut author = Author::start();
    let mut seals = author.link.subscribe_seals();
    let rival = author.node.make(by_another());
    let earlier = rival.pre_digest().slot;
    let sent = rival.clone();
    author.win_after(earlier, move |_, _| sent).await;
    let ours = author.sealed(&mut seals).await;
    assert_eq!(ours.parent_hash, rival.hash());
    assert_eq!(author.node.best(), ours.hash());
    // Sealed once: a second seal for the slot would be refused.
    assert!(seals.try_recv().is_err());
}

/// Where no child of the new best block can be made, since its slot is not before ours, the block that is made
/// already is still a fork that others may have seen first.
#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_cannot_be_made_anew_is_sealed_as_it_is() {
    let mut author = Author::start();
    let mut seals = author.link.subscribe_seals();
    let genesis = author.node.best();
    let later = |node: &Node, slot: Slot| {
        node.make(Plan {
            parent: Some(genesis),
            skip: slot.0,
            ..by_another()
        })
    };
    author.win_after(Slot(0), later).await;
    let ours = author.sealed(&mut seals).await;
    assert_eq!(ours.parent_hash, genesis);
    // Ties keep the first seen.
    let best = author.node.header(author.node.best());
    assert_ne!(best.hash(), ours.hash());
    assert_eq!((best.number, best.parent_hash), (1, genesis));
}

/// §8: a slot is open until a block comes after it, however long ago it was. Whoever comes to a chain that stands still
/// can win any of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_slot_of_long_ago_that_is_still_open_can_be_won() {
    let author = Author::start_with(Duration::from_millis(2));
    let mut seals = author.link.subscribe_seals();
    let passes = async {
        while author.time.tip() < Slot(400) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(TIMEOUT, passes).await.unwrap();
    // They are told in pages, the oldest first.
    let first = author.open_slots(Slot(0));
    let second = author.open_slots(Slot(16));
    let numbers: Vec<_> = first
        .iter()
        .chain(&second)
        .map(|open| open.slot.0)
        .collect();
    assert_eq!(numbers, (1..=32).collect::<Vec<u64>>());

    let genesis = author.node.best();
    let sector = author.node.sector(&Plan::default());
    let mut time = author.node.timeline(genesis, false);
    let (slot, solution) = first
        .iter()
        .chain(&second)
        .find_map(|open| {
            let output = time.output(open.slot);
            assert_eq!(open.global_challenge, global_challenge(&output, open.slot));
            let (_, solution) = author.node.tickets(sector, open.slot, output).next()?;
            Some((open.slot, solution))
        })
        .expect("one of 32 slots has a ticket");
    author.link.submit_solution(slot, solution).unwrap();
    let ours = author.sealed(&mut seals).await;
    assert_eq!(ours.parent_hash, genesis);
    assert_eq!(author.node.best(), ours.hash());
    // From then on the slots after it are open.
    assert_eq!(author.open_slots(Slot(0))[0].slot, slot.saturating_add(1));
}
