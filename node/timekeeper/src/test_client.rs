//! A client for tests: headers, their proof-of-time parameters, and import notifications.

use allod_consensus_primitives::{FarmingApi, PotParameters, PreDigest};
use allod_core::{
    ChainParameters, PotOutput, Solution,
    time::{PotChange, PotInput},
};
use core::num::NonZeroU32;
use parity_scale_codec::Decode;
use parking_lot::Mutex;
use sc_client_api::{
    BlockImportNotification, BlockchainEvents, FinalityNotifications, ImportNotifications,
    StorageEventStream, StorageKey, UnpinWorkerMessage,
};
use sc_utils::mpsc::{TracingUnboundedReceiver, TracingUnboundedSender, tracing_unbounded};
use sp_api::{ApiRef, ProvideRuntimeApi};
use sp_blockchain::{BlockStatus, HeaderBackend, Info};
use sp_consensus::BlockOrigin;
use sp_runtime::{
    OpaqueExtrinsic, generic,
    traits::{BlakeTwo256, Block as BlockT, Header as HeaderT},
};
use std::{collections::HashMap, sync::Arc};

pub(crate) type Header = generic::Header<u32, BlakeTwo256>;
pub(crate) type Block = generic::Block<Header, OpaqueExtrinsic>;
pub(crate) type Hash = <Block as BlockT>::Hash;

/// Slots between a block's own and the newest that it proves.
pub(crate) const DELAY: u64 = 2;

/// Iterations at genesis.
pub(crate) const ITERATIONS: u32 = 64;

fn parameters() -> ChainParameters {
    ChainParameters {
        block_authoring_delay: DELAY,
        initial_iterations: NonZeroU32::new(ITERATIONS).expect("above 0"),
        ..allod_test_chain::parameters()
    }
}

struct Chain {
    blocks: HashMap<Hash, (Header, PotParameters)>,
    genesis: Hash,
    best: Hash,
}

/// Headers, their proof-of-time parameters, and import notifications.
pub(crate) struct TestClient {
    chain: Arc<Mutex<Chain>>,
    sinks: Mutex<Vec<TracingUnboundedSender<BlockImportNotification<Block>>>>,
    unpin: TracingUnboundedSender<UnpinWorkerMessage<Block>>,
    _unpinned: TracingUnboundedReceiver<UnpinWorkerMessage<Block>>,
}

impl TestClient {
    pub(crate) fn new() -> Arc<Self> {
        let genesis = header(0, Hash::zero());
        let pot = PotParameters {
            iterations: parameters().initial_iterations,
            next_change: None,
        };
        let hash = genesis.hash();
        let (unpin, unpinned) = tracing_unbounded("test_unpin", 1000);
        Arc::new(Self {
            chain: Arc::new(Mutex::new(Chain {
                blocks: HashMap::from([(hash, (genesis, pot))]),
                genesis: hash,
                best: hash,
            })),
            sinks: Mutex::default(),
            unpin,
            _unpinned: unpinned,
        })
    }

    pub(crate) fn genesis(&self) -> Hash {
        self.chain.lock().genesis
    }

    /// Input of slot 1.
    pub(crate) fn first_input(&self) -> PotInput {
        let genesis_hash = self.genesis().0;
        let entropy = parameters().external_entropy;
        PotInput::first(&genesis_hash, &entropy, parameters().initial_iterations)
    }

    /// Adds a block that proves the slots up to `future` and makes it the best.
    pub(crate) fn import(
        &self,
        parent: Hash,
        future: (PotInput, PotOutput),
        next_change: Option<PotChange>,
    ) -> Hash {
        let (input, future_output) = future;
        let claim = PreDigest {
            slot: input.slot.saturating_sub(DELAY),
            solution: Solution::decode(&mut &[0; Solution::SIZE][..]).expect("zeros decode"),
            slot_output: PotOutput::default(),
            future_output,
            justification_hash: Default::default(),
        };
        let mut chain = self.chain.lock();
        let number = chain.blocks[&parent].0.number() + 1;
        let mut header = header(number, parent);
        header.digest_mut().push(claim.into());
        let hash = header.hash();
        let pot = PotParameters {
            iterations: input.iterations,
            next_change,
        };
        chain.blocks.insert(hash, (header.clone(), pot));
        chain.best = hash;
        drop(chain);
        for sink in self.sinks.lock().iter() {
            let unpin = self.unpin.clone();
            let origin = BlockOrigin::NetworkBroadcast;
            let notification =
                BlockImportNotification::new(hash, origin, header.clone(), true, None, unpin);
            let _ = sink.unbounded_send(notification);
        }
        hash
    }
}

fn header(number: u32, parent: Hash) -> Header {
    Header::new(
        number,
        Hash::zero(),
        Hash::zero(),
        parent,
        Default::default(),
    )
}

pub(crate) struct TestApi(Arc<Mutex<Chain>>);

sp_api::mock_impl_runtime_apis! {
    impl FarmingApi<Block> for TestApi {
        fn parameters() -> ChainParameters {
            parameters()
        }

        #[advanced]
        fn pot_parameters(&self, at: Hash) -> Result<PotParameters, sp_api::ApiError> {
            let chain = self.0.lock();
            chain.blocks.get(&at).map(|(_, pot)| *pot).ok_or_else(|| {
                sp_api::ApiError::StateBackendIsNotTrie
            })
        }
    }
}

impl ProvideRuntimeApi<Block> for TestClient {
    type Api = TestApi;

    fn runtime_api(&self) -> ApiRef<'_, TestApi> {
        TestApi(self.chain.clone()).into()
    }
}

impl HeaderBackend<Block> for TestClient {
    fn header(&self, hash: Hash) -> sp_blockchain::Result<Option<Header>> {
        let chain = self.chain.lock();
        Ok(chain.blocks.get(&hash).map(|(header, _)| header.clone()))
    }

    fn info(&self) -> Info<Block> {
        let chain = self.chain.lock();
        Info {
            best_hash: chain.best,
            best_number: *chain.blocks[&chain.best].0.number(),
            genesis_hash: chain.genesis,
            finalized_hash: chain.genesis,
            finalized_number: 0,
            finalized_state: None,
            number_leaves: 1,
            block_gap: None,
        }
    }

    fn status(&self, _: Hash) -> sp_blockchain::Result<BlockStatus> {
        unreachable!("the source does not ask for this")
    }

    fn number(&self, _: Hash) -> sp_blockchain::Result<Option<u32>> {
        unreachable!("the source does not ask for this")
    }

    fn hash(&self, _: u32) -> sp_blockchain::Result<Option<Hash>> {
        unreachable!("the source does not ask for this")
    }
}

impl BlockchainEvents<Block> for TestClient {
    fn import_notification_stream(&self) -> ImportNotifications<Block> {
        unreachable!("this stream misses blocks while syncing")
    }

    fn every_import_notification_stream(&self) -> ImportNotifications<Block> {
        let (sink, stream) = tracing_unbounded("test_imports", 1000);
        self.sinks.lock().push(sink);
        stream
    }

    fn finality_notification_stream(&self) -> FinalityNotifications<Block> {
        unreachable!("the source does not ask for this")
    }

    fn storage_changes_notification_stream(
        &self,
        _: Option<&[StorageKey]>,
        _: Option<&[(StorageKey, Option<Vec<StorageKey>>)]>,
    ) -> sp_blockchain::Result<StorageEventStream<Hash>> {
        unreachable!("the source does not ask for this")
    }
}
