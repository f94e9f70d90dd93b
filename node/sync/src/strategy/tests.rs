//! The strategy against a network without sockets: what it asks is read, and answered.

use super::*;
use crate::{
    branch::Branch,
    chain::Head,
    compare::{Candidate, Outcome, Verdict},
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
    sync::{Mutex, atomic::AtomicUsize},
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
}

impl Own {
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
        let best = self.0.lock().unwrap().best;
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

    fn decide(&mut self, verdict: Verdict, liars: &[PeerId]) {
        let started = self.comparisons.0.lock().unwrap().pop().unwrap();
        let liars = liars.to_vec();
        started.result.send(Outcome { verdict, liars }).unwrap();
        self.pass(1);
    }

    fn resyncs(&self) -> usize {
        self.resyncs.load(Ordering::Relaxed)
    }

    fn is_following(&self) -> bool {
        matches!(self.sync.state, State::Following)
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

#[test]
fn strangers_do_not_do_where_boot_nodes_are_named() {
    let (boot, stranger) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(10, &[boot], false);
    assert!(test.sync.is_major_syncing());
    test.peer(stranger, 0, 0, 10, 100);
    test.pass(1000);
    assert!(!test.is_following());
    test.peer(boot, 0, 0, 10, 100);
    test.pass(2);
    assert!(test.is_following());
    assert!(!test.sync.is_major_syncing());
    assert!(test.is_followed(boot) && test.is_followed(stranger));
}

#[test]
fn a_node_without_peers_goes_on_alone_after_a_minute_and_a_development_node_at_once() {
    let mut test = Test::new(10, &[PeerId::random()], false);
    test.pass(58);
    assert!(!test.is_following());
    test.pass(3);
    assert!(test.is_following());
    assert!(Test::new(10, &[], true).is_following());
    // A peer that says nothing is none, where no boot node is waited for.
    let mut test = Test::new(10, &[], false);
    test.sync.add_peer(PeerId::random(), H256::zero(), 0);
    test.pass(30);
    assert!(!test.is_following());
    test.pass(150);
    assert!(test.is_following());
}

#[test]
fn all_peers_are_waited_for_but_not_for_ever() {
    let boot = PeerId::random();
    let mut test = Test::new(10, &[boot], false);
    test.peer(boot, 0, 0, 10, 100);
    test.sync.add_peer(PeerId::random(), H256::zero(), 0);
    test.pass(25);
    assert!(!test.is_following());
    test.pass(10);
    assert!(test.is_following());
}

#[test]
fn nothing_is_imported_before_it_is_compared() {
    let mut test = Test::new(0, &[PeerId::random()], false);
    test.peer(PeerId::random(), 1, 0, 1, 10);
    assert_eq!(test.import(1, 0, 1..=1), 0);
}

/// The heaviest claim is compared first, whoever makes it; the branch that was verified is imported
/// and no other.
#[test]
fn a_far_claim_is_compared_and_then_joined() {
    let (liar, boot) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(0, &[boot], false);
    test.peer(liar, 7, 0, 50, 9_000);
    test.peer(boot, 1, 0, 40, 400);
    test.pass(2);
    assert_eq!(test.started().unwrap().claims, vec![(liar, 9_000)]);
    assert!(!test.is_followed(boot));
    test.decide(Verdict::Wrong("block #1".into()), &[liar]);
    assert_eq!(test.reports, vec![liar]);
    assert_eq!(test.started().unwrap().claims, vec![(boot, 400)]);
    test.decide(Verdict::Heavier(branch(1, 0, 40), 400), &[]);
    assert!(matches!(test.sync.state, State::Joining(_)));
    assert!(test.sync.is_major_syncing());
    assert!(test.is_followed(boot));
    assert_eq!(test.import(1, 0, 1..=40), 40);
    assert_eq!(test.import(1, 0, 41..=41), 0, "not of the branch");
}

#[test]
fn a_node_asks_around_again_when_it_has_joined() {
    let boot = PeerId::random();
    let mut test = Test::new(5, &[boot], false);
    test.peer(boot, 0, 0, 20, 200);
    test.pass(2);
    test.decide(Verdict::Heavier(branch(0, 5, 20), 200), &[]);
    assert!(matches!(test.sync.state, State::Joining(_)));
    test.own.grow(20);
    test.pass(5);
    assert!(test.is_following());
    assert!(test.is_followed(boot));
}

#[test]
fn a_branch_that_stands_still_is_given_up() {
    let boot = PeerId::random();
    let mut test = Test::new(5, &[boot], false);
    test.peer(boot, 0, 0, 20, 200);
    test.pass(2);
    test.decide(Verdict::Heavier(branch(0, 5, 20), 200), &[]);
    test.pass(55);
    assert!(matches!(test.sync.state, State::Joining(_)));
    test.pass(10);
    assert!(matches!(test.sync.state, State::Waiting { .. }));
}

/// A claim alone stops nobody from making blocks; verified blocks do.
#[test]
fn a_following_node_makes_blocks_until_a_claim_is_backed() {
    let (friend, other) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(10, &[], true);
    test.peer(friend, 0, 0, 12, 120);
    test.pass(2);
    assert!(test.is_followed(friend));
    test.peer(other, 1, 8, 13, 130);
    test.pass(2);
    assert!(!test.is_followed(other));
    assert_eq!(test.started().unwrap().number, 13);
    assert!(!test.sync.is_major_syncing());
    let started = test.comparisons.0.lock().unwrap();
    started
        .last()
        .unwrap()
        .backed
        .store(true, Ordering::Relaxed);
    drop(started);
    assert!(test.sync.is_major_syncing());
    test.decide(Verdict::NotHeavier, &[]);
    assert!(!test.sync.is_major_syncing());
    test.pass(100);
    assert!(test.started().is_none(), "it is not compared again");
}

/// Depth 6: two blocks pass, three are compared first; and so is a fork of three.
#[test]
fn no_run_of_half_the_depth_passes_uncompared() {
    let peer = PeerId::random();
    let follow = || {
        let mut test = Test::new(10, &[], true);
        test.peer(peer, 0, 0, 10, 100);
        test.pass(2);
        assert!(test.is_followed(peer));
        test
    };
    assert_eq!(follow().import(0, 0, 11..=12), 2);
    assert_eq!(follow().import(1, 9, 10..=11), 2);
    let mut test = follow();
    assert_eq!(test.import(0, 0, 11..=12), 2);
    assert_eq!(test.import(0, 0, 13..=13), 0, "what is on its way counts");
    for (id, fork, numbers) in [(0, 0, 11..=13), (1, 7, 8..=10), (1, 2, 3..=4)] {
        let mut test = follow();
        assert_eq!(test.import(id, fork, numbers), 0, "{id} {fork}");
        assert!(!test.is_followed(peer));
        // From now on even a near claim of that peer is compared.
        let tip = test.tips.get_mut(&peer).unwrap();
        (tip.hash, tip.number, tip.weight) = (hash(1, 7, 11), 11, 111);
        test.pass(4);
        assert_eq!(test.started().unwrap().hash, hash(1, 7, 11));
        test.decide(Verdict::Short, &[]);
        test.pass(2);
        assert!(test.is_followed(peer));
    }
}

#[test]
fn a_verified_branch_below_the_final_block_stops_the_making_of_blocks() {
    let peer = PeerId::random();
    let mut test = Test::new(20, &[], true);
    test.peer(peer, 1, 5, 30, 300);
    test.pass(2);
    test.decide(Verdict::Heavier(branch(1, 5, 30), 300), &[]);
    assert!(test.is_following() && test.sync.is_major_syncing());
    assert!(test.sync.stranded.as_ref().unwrap().told_at.is_some());
    // Until the own chain is the heavier one.
    test.own.grow(31);
    test.pass(1);
    assert!(!test.sync.is_major_syncing());
}

/// A stranded node asks its peers for their tips, and for nothing else; it blames nobody, and offers nothing.
#[test]
fn peers_of_a_stranded_node_are_left_in_peace() {
    let peer = PeerId::random();
    let mut test = Test::new(20, &[], true);
    test.peer(peer, 1, 5, 30, 300);
    test.pass(2);
    test.decide(Verdict::Heavier(branch(1, 5, 30), 300), &[]);
    // `pass` takes no request but one for a tip.
    test.pass(1000);
    assert!(test.sync.is_major_syncing());
    assert!(test.started().is_none());
    assert!(!test.is_followed(peer));
    assert!(test.reports.is_empty());
    assert!(test.sync.actions(&test.network).unwrap().is_empty());
    assert_eq!(test.resyncs(), 0);
}

#[test]
fn a_chain_that_was_compared_with_nobody_named_is_given_up() {
    let stranger = PeerId::random();
    let mut test = Test::with_rule(20, &[], false, ResyncRule::IfProvisional);
    test.pass(62);
    assert!(test.is_following(), "alone");
    test.peer(stranger, 1, 5, 30, 300);
    test.pass(2);
    assert_eq!(test.resyncs(), 0, "a claim is none");
    test.decide(Verdict::Heavier(branch(1, 5, 30), 300), &[]);
    assert_eq!(test.resyncs(), 1);
    assert!(test.sync.is_major_syncing());
    test.pass(1000);
    assert_eq!(test.resyncs(), 1);
}

#[test]
fn a_chain_that_was_compared_with_a_boot_node_is_kept_unless_the_user_says_so() {
    for (rule, resyncs) in [
        (ResyncRule::Never, 0),
        (ResyncRule::IfProvisional, 0),
        (ResyncRule::Always, 1),
    ] {
        let (boot, stranger) = (PeerId::random(), PeerId::random());
        let mut test = Test::with_rule(20, &[boot], false, rule);
        test.peer(boot, 0, 0, 20, 200);
        test.pass(2);
        assert!(test.is_following());
        assert!(test.own.0.lock().unwrap().is_compared);
        test.peer(stranger, 1, 5, 30, 300);
        test.pass(2);
        test.decide(Verdict::Heavier(branch(1, 5, 30), 300), &[]);
        assert_eq!(test.resyncs(), resyncs, "{rule:?}");
        assert!(test.sync.is_major_syncing());
    }
}

/// A boot node whose claim is not compared yet has not been met.
#[test]
fn a_chain_is_given_up_for_the_boot_nodes() {
    let boot = PeerId::random();
    let mut test = Test::with_rule(20, &[boot], false, ResyncRule::IfProvisional);
    test.peer(boot, 1, 5, 30, 300);
    test.pass(2);
    assert!(!test.own.0.lock().unwrap().is_compared);
    test.decide(Verdict::Heavier(branch(1, 5, 30), 300), &[]);
    assert_eq!(test.resyncs(), 1);
    // It is none after the next start: the database is another one.
    test.pass(1000);
    assert!(!test.own.0.lock().unwrap().is_compared);
}

/// What is above the final block is joined, and nothing dropped.
#[test]
fn a_provisional_chain_is_not_given_up_where_it_can_go_over() {
    let peer = PeerId::random();
    let mut test = Test::with_rule(20, &[], false, ResyncRule::IfProvisional);
    test.peer(peer, 1, 16, 30, 300);
    test.pass(2);
    test.decide(Verdict::Heavier(branch(1, 16, 30), 300), &[]);
    assert!(matches!(test.sync.state, State::Joining(_)));
    assert_eq!(test.resyncs(), 0);
}

#[test]
fn final_blocks_that_contradict_one_another_are_compared_however_near() {
    let (far, near) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(20, &[], true);
    for (peer, final_hash) in [(far, hash(1, 2, 14)), (near, hash(0, 0, 14))] {
        test.peer(peer, 1, 14, 21, 300);
        let tip = test.tips.get_mut(&peer).unwrap();
        (tip.final_number, tip.final_hash) = (14, final_hash);
    }
    test.pass(2);
    assert!(test.is_followed(near) && !test.is_followed(far));
    assert_eq!(test.started().unwrap().claims, vec![(far, 300)]);
}

#[test]
fn whoever_brings_a_bad_block_is_off_for_a_day() {
    let (sender, announcer) = (PeerId::random(), PeerId::random());
    let mut test = Test::new(10, &[], true);
    test.peer(sender, 0, 0, 10, 100);
    test.peer(announcer, 0, 0, 10, 100);
    test.pass(1);
    let error = BlockImportError::BadBlock(Some(sender));
    test.sync
        .on_blocks_processed(0, 1, vec![(Err(error), H256::zero())]);
    let announce = BlockAnnounce {
        header: header(99, 0, 1),
        state: None,
        data: None,
    };
    let answer = test
        .sync
        .on_validated_block_announce(true, announcer, &announce);
    assert_eq!(answer, None);
    let dropped: HashSet<PeerId> = test
        .sync
        .actions(&test.network)
        .unwrap()
        .into_iter()
        .filter_map(|action| match action {
            SyncingAction::DropPeer(BadPeer(peer, _)) => Some(peer),
            _ => None,
        })
        .collect();
    assert_eq!(dropped, HashSet::from([sender, announcer]));
    test.pass(180);
    let of_sender = test.reports.iter().filter(|peer| **peer == sender);
    assert!(of_sender.count() >= 3);
    // It comes back, and is shown the door.
    test.sync.remove_peer(&sender);
    test.sync.add_peer(sender, H256::zero(), 0);
    let actions = test.sync.actions(&test.network).unwrap();
    let shown = actions.iter().any(
        |action| matches!(action, SyncingAction::DropPeer(BadPeer(peer, _)) if *peer == sender),
    );
    assert!(shown);
}
