//! The strategy against a network without sockets: what it asks is read, and answered.

mod below_final;
mod checkpoint;
mod comparing;
mod joining;
mod waiting;
mod whose_turn;

use super::*;
use crate::{
    branch::Branch,
    chain::Head,
    compare::{BranchVerdict, Candidate, Outcome},
    protocol::{HeaderRecord, Tip},
};
use allod_block_rules::fork_choice::{BlockId, BlockWeight};
use allod_core::Slot;
use futures::{FutureExt, StreamExt};
use parity_scale_codec::Encode;
use sc_consensus::IncomingBlock;
use sc_network_sync::service::network::ToServiceCommand;
use sc_utils::mpsc::{TracingUnboundedReceiver, tracing_unbounded};
use sp_consensus::BlockOrigin;
use sp_runtime::{OpaqueExtrinsic, generic, traits::BlakeTwo256};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

type Header = generic::Header<u32, BlakeTwo256>;
type TestBlock = generic::Block<Header, OpaqueExtrinsic>;

/// Half of it, 3, is the shortest run that is compared.
const DEPTH: u32 = 6;

/// Block `number` of a branch that leaves branch 0 after block `fork`.
fn header(branch: u8, fork: u32, number: u32) -> Header {
    let on = if number > fork { branch } else { 0 };
    let parent = match number {
        0 => H256::zero(),
        _ => header(branch, fork, number - 1).hash(),
    };
    let state = H256::repeat_byte(on);
    Header::new(
        number,
        Default::default(),
        state,
        parent,
        Default::default(),
    )
}

fn hash(branch: u8, fork: u32, number: u32) -> Hash {
    header(branch, fork, number).hash().into()
}

/// An own chain: branch 0 up to `best`, a weight of 10 a block.
#[derive(Clone, Default)]
struct Own(Arc<Mutex<OwnState>>);

#[derive(Default)]
struct OwnState {
    best: u32,
    finalized: u32,
    is_compared: bool,
    /// What it imported beside its best chain, with the parent.
    beside: HashMap<Hash, (u32, Hash)>,
}

impl Own {
    /// Has block `number` of another branch.
    fn import(&self, branch: u8, fork: u32, number: u32) {
        let parent = hash(branch, fork, number - 1);
        let mut state = self.0.lock().unwrap();
        let block = hash(branch, fork, number);
        state.beside.insert(block, (number, parent));
    }

    fn grow(&self, best: u32) {
        let mut state = self.0.lock().unwrap();
        state.best = best;
        state.finalized = best.saturating_sub(DEPTH);
    }
}

impl OwnChain for Own {
    fn best(&self) -> Result<Head, ClientError> {
        let number = self.0.lock().unwrap().best;
        Ok(Head {
            hash: hash(0, 0, number),
            number,
            slot: Slot(number.into()),
            weight: BlockWeight::from(number) * 10,
        })
    }

    fn finalized(&self) -> BlockId<Hash> {
        let number = self.0.lock().unwrap().finalized;
        BlockId {
            number,
            hash: hash(0, 0, number),
        }
    }

    fn on_best_chain(&self, number: u32) -> Result<Option<Hash>, ClientError> {
        let best = self.0.lock().unwrap().best;
        Ok((number <= best).then(|| hash(0, 0, number)))
    }

    fn number_and_parent(&self, wanted: Hash) -> Result<Option<(u32, Hash)>, ClientError> {
        let state = self.0.lock().unwrap();
        if let Some(beside) = state.beside.get(&wanted) {
            return Ok(Some(*beside));
        }
        let best = state.best;
        let found = (0..=best).find(|number| hash(0, 0, *number) == wanted);
        Ok(found.map(|number| (number, hash(0, 0, number.saturating_sub(1)))))
    }

    fn is_provisional(&self) -> Result<bool, ClientError> {
        Ok(!self.0.lock().unwrap().is_compared)
    }

    fn set_compared(&self) -> Result<(), ClientError> {
        self.0.lock().unwrap().is_compared = true;
        Ok(())
    }
}

/// What the SDK's strategy was told, and what it is to ask for next.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<ToldState>>);

#[derive(Default)]
struct ToldState {
    peers: HashMap<PeerId, u32>,
    to_import: Vec<IncomingBlock<TestBlock>>,
}

struct Inner(Told);

impl SyncingStrategy<TestBlock> for Inner {
    fn add_peer(&mut self, peer: PeerId, _: H256, number: u32) {
        self.0.0.lock().unwrap().peers.insert(peer, number);
    }
    fn remove_peer(&mut self, peer: &PeerId) {
        self.0.0.lock().unwrap().peers.remove(peer);
    }
    fn on_validated_block_announce(
        &mut self,
        _: bool,
        _: PeerId,
        announce: &BlockAnnounce<Header>,
    ) -> Option<(H256, u32)> {
        Some((announce.header.hash(), announce.header.number))
    }
    fn set_sync_fork_request(&mut self, _: Vec<PeerId>, _: &H256, _: u32) {}
    fn request_justification(&mut self, _: &H256, _: u32) {}
    fn clear_justification_requests(&mut self) {}
    fn on_justification_import(&mut self, _: H256, _: u32, _: bool) {}
    fn on_generic_response(
        &mut self,
        _: &PeerId,
        _: StrategyKey,
        _: ProtocolName,
        _: Box<dyn Any + Send>,
    ) {
    }
    fn on_blocks_processed(&mut self, _: usize, _: usize, _: Vec<Imported<TestBlock>>) {}
    fn on_block_finalized(&mut self, _: &H256, _: u32) {}
    fn update_chain_info(&mut self, _: &H256, _: u32) {}
    fn is_major_syncing(&self) -> bool {
        true
    }
    fn num_peers(&self) -> usize {
        0
    }
    fn status(&self) -> SyncStatus<TestBlock> {
        SyncStatus {
            state: SyncState::Idle,
            best_seen_block: None,
            num_peers: 0,
            queued_blocks: 0,
            state_sync: None,
            warp_sync: None,
        }
    }
    fn num_downloaded_blocks(&self) -> usize {
        0
    }
    fn num_sync_requests(&self) -> usize {
        0
    }
    fn actions(
        &mut self,
        _: &NetworkServiceHandle,
    ) -> Result<Vec<SyncingAction<TestBlock>>, ClientError> {
        let blocks = std::mem::take(&mut self.0.0.lock().unwrap().to_import);
        let origin = BlockOrigin::NetworkBroadcast;
        Ok(match blocks.is_empty() {
            true => Vec::new(),
            false => vec![SyncingAction::ImportBlocks { origin, blocks }],
        })
    }
}

/// The comparisons that were started, to be decided by the test.
#[derive(Clone, Default)]
struct Comparisons(Arc<Mutex<Vec<Started>>>);

struct Started {
    candidate: Candidate,
    result: oneshot::Sender<Outcome>,
    backed: Arc<std::sync::atomic::AtomicBool>,
}

impl Compare for Comparisons {
    fn start(&self, candidate: Candidate, _: NetworkServiceHandle) -> Running {
        let (result, outcome) = oneshot::channel();
        let running = Running {
            candidate: candidate.clone(),
            outcome,
            backed: Arc::default(),
            stop: Arc::default(),
        };
        self.0.lock().unwrap().push(Started {
            candidate,
            result,
            backed: running.backed.clone(),
        });
        running
    }
}

struct Test {
    sync: AllodSync<TestBlock>,
    own: Own,
    told: Told,
    comparisons: Comparisons,
    network: NetworkServiceHandle,
    commands: TracingUnboundedReceiver<ToServiceCommand>,
    tips: HashMap<PeerId, Tip>,
    unanswered: Vec<oneshot::Sender<Response>>,
    reports: Vec<PeerId>,
    /// How often a resync was asked for.
    resyncs: Arc<AtomicUsize>,
    now: Instant,
}

impl Test {
    fn new(best: u32, named: &[PeerId], is_development: bool) -> Self {
        Self::with_rule(best, named, is_development, ResyncRule::Never)
    }

    fn with_rule(best: u32, named: &[PeerId], is_development: bool, resync: ResyncRule) -> Self {
        let resyncs = Arc::new(AtomicUsize::new(0));
        let asked = resyncs.clone();
        let (own, told, comparisons) = (Own::default(), Told::default(), Comparisons::default());
        own.grow(best);
        let (sender, commands) = tracing_unbounded("test", 1000);
        let inner = told.clone();
        let settings = Settings {
            named: named.iter().copied().collect(),
            is_development,
            confirmation_depth: DEPTH,
            checkpoint: None,
            resync,
            ask_for_resync: Box::new(move || {
                asked.fetch_add(1, Ordering::Relaxed);
            }),
            tip_protocol: "/tip".into(),
            is_condemned: Box::new(|hash| *hash == header(99, 0, 1).hash()),
        };
        let new_inner = move || -> Result<Box<dyn SyncingStrategy<TestBlock>>, ClientError> {
            inner.0.lock().unwrap().peers.clear();
            Ok(Box::new(Inner(inner.clone())))
        };
        let sync = AllodSync::new(
            Box::new(new_inner),
            Arc::new(own.clone()),
            Box::new(comparisons.clone()),
            settings,
        );
        Self {
            sync: sync.unwrap(),
            own,
            told,
            comparisons,
            network: NetworkServiceHandle::new(sender),
            commands,
            tips: HashMap::new(),
            unanswered: Vec::new(),
            reports: Vec::new(),
            resyncs,
            now: Instant::now(),
        }
    }

    /// A peer that says it has block `number` of a branch, `weight` in all.
    fn peer(&mut self, id: PeerId, branch: u8, fork: u32, number: u32, weight: BlockWeight) {
        let tip = Tip {
            hash: hash(branch, fork, number),
            number,
            slot: Slot(number.into()),
            weight,
            final_number: 0,
            final_hash: hash(0, 0, 0),
        };
        self.tips.insert(id, tip);
        self.sync.add_peer(id, tip.hash.into(), number);
    }

    /// Lets so many seconds pass: peers that have a tip answer, others do not.
    fn pass(&mut self, seconds: u64) {
        for _ in 0..=seconds {
            self.sync.tick(self.now, &self.network).unwrap();
            while let Some(Some(command)) = self.commands.next().now_or_never() {
                match command {
                    ToServiceCommand::StartRequest(peer, protocol, request, sender, _) => {
                        assert_eq!(request, Vec::<u8>::new());
                        match self.tips.get(&peer) {
                            Some(tip) => sender.send(Ok((tip.encode(), protocol))).unwrap(),
                            None => self.unanswered.push(sender),
                        }
                    }
                    ToServiceCommand::ReportPeer(peer, _) => self.reports.push(peer),
                    ToServiceCommand::DisconnectPeer(..) => panic!("the engine disconnects"),
                }
            }
            self.now += Duration::from_secs(1);
        }
    }

    fn is_followed(&self, peer: PeerId) -> bool {
        self.told.0.lock().unwrap().peers.contains_key(&peer)
    }

    /// What the strategy lets through of blocks that the SDK's wants to import.
    fn import(&mut self, branch: u8, fork: u32, numbers: std::ops::RangeInclusive<u32>) -> usize {
        let origin = self.tips.keys().next().copied();
        let blocks = numbers.map(|number| {
            let header = header(branch, fork, number);
            IncomingBlock {
                hash: header.hash(),
                header: Some(header),
                body: Some(Vec::new()),
                indexed_body: None,
                justifications: None,
                origin,
                allow_missing_state: false,
                skip_execution: false,
                import_existing: false,
                state: None,
            }
        });
        self.told.0.lock().unwrap().to_import = blocks.collect();
        let actions = self.sync.actions(&self.network).unwrap();
        let imported = actions.iter().map(|action| match action {
            SyncingAction::ImportBlocks { blocks, .. } => blocks.len(),
            _ => 0,
        });
        imported.sum()
    }

    fn started(&self) -> Option<Candidate> {
        let all = self.comparisons.0.lock().unwrap();
        all.last().map(|started| started.candidate.clone())
    }

    fn decide(&mut self, verdict: BranchVerdict, liars: &[PeerId]) {
        let started = self.comparisons.0.lock().unwrap().pop().unwrap();
        let liars = liars.to_vec();
        started.result.send(Outcome { verdict, liars }).unwrap();
        self.pass(1);
    }

    /// Whether it is written down that the chain was compared.
    fn is_compared(&self) -> bool {
        self.own.0.lock().unwrap().is_compared
    }

    /// Has a peer claim another tip from now on.
    fn claim(&mut self, id: PeerId, change: impl Fn(&mut Tip)) {
        change(self.tips.get_mut(&id).unwrap());
    }

    fn resyncs(&self) -> usize {
        self.resyncs.load(Ordering::Relaxed)
    }

    fn is_following(&self) -> bool {
        self.sync.state.is_following()
    }
}

/// Blocks after `fork` up to `number` of a branch, as a comparison would give them.
fn branch(id: u8, fork: u32, number: u32) -> Arc<Branch> {
    let mut branch = Branch::new(&std::env::temp_dir(), number).unwrap();
    for number in (fork + 1..=number).rev() {
        let record = HeaderRecord {
            header: header(id, fork, number).encode(),
            justification: Vec::new(),
        };
        branch.push(hash(id, fork, number), &record).unwrap();
    }
    Arc::new(branch)
}
