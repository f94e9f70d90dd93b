//! A node without network, and what it says to a block.

use crate::block::{Header, Made};
use allod_archiver::Archiver;
use allod_block_rules::{Activation, BlockError, ChainData, NEWEST_RULES, RuleSchedule};
use allod_consensus::{
    AllodBlockImport, BlockVerdict, BlockVerifier, Error, ImportContext, LateHandles, chain_data,
    equivocation::EquivocationWatch,
};
use allod_consensus_primitives::FarmingApi;
use allod_core::{ChainParameters, HistorySize, SegmentHeader, SegmentIndex, SolutionRange};
use allod_kzg::Kzg;
use allod_runtime::{
    BalancesConfig, FarmingConfig, Hash, RuntimeGenesisConfig, StorageFeesConfig, SudoConfig,
    apis::RuntimeApi,
    configs::{ALD, FIXED_PRICE},
    opaque::Block,
};
use allod_service::{Backend, Client};
use allod_timekeeper::PotVerifier;
use sc_chain_spec::GenesisBlockBuilder;
use sc_client_api::AuxStore;
use sc_client_db::{BlocksPruning, DatabaseSettings, DatabaseSource, PruningMode};
use sc_consensus::{BlockImport, BlockImportParams, ImportResult, Verifier};
use sc_executor::WasmExecutor;
use sc_service::client::{ClientConfig, new_with_backend};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::{BlockStatus, HeaderBackend};
use sp_consensus::BlockOrigin;
use sp_core::{
    storage::{Storage, well_known_keys},
    testing::TaskExecutor,
};
use sp_io::SubstrateHostFunctions;
use sp_keyring::Sr25519Keyring;
use sp_runtime::BuildStorage;
use std::{
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};
use tempfile::TempDir;

type Import = AllodBlockImport<Block, Arc<Client>, Client, Backend>;

/// Shared by all tests: making it takes longer than most of them.
pub static KZG: LazyLock<Kzg> = LazyLock::new(Kzg::new);

/// Shared by all tests, so that the runtime is compiled once.
static EXECUTOR: LazyLock<WasmExecutor<SubstrateHostFunctions>> = LazyLock::new(|| {
    WasmExecutor::builder()
        .with_max_runtime_instances(8)
        .build()
});

static TASKS: LazyLock<TaskExecutor> = LazyLock::new(TaskExecutor::new);

/// A chain on which every ticket wins and everything that takes time on others happens soon.
pub fn parameters() -> ChainParameters {
    ChainParameters {
        slot_duration_ms: 1000,
        slot_probability: (1, 2),
        raw_records_per_segment: 2,
        pieces_per_sector: 16,
        confirmation_depth: 2,
        era_length: 1000,
        recent_segments: 5,
        recent_fraction: (1, 10),
        min_sector_lifetime: 1,
        block_authoring_delay: 1,
        entropy_interval: 4,
        entropy_lookback: 1,
        entropy_delay: 3,
        initial_solution_range: SolutionRange(u64::MAX),
        initial_iterations: NonZeroU32::new(16).unwrap(),
        external_entropy: b"import tests".to_vec(),
    }
}

/// Rules of which this release knows those up to block `last`.
pub fn rules_until(last: u32) -> RuleSchedule {
    let activations = [(NEWEST_RULES, 0), (NEWEST_RULES + 1, last + 1)];
    let activations = activations.map(|(version, from)| Activation { version, from });
    RuleSchedule::new(activations.into()).unwrap()
}

/// Genesis as the presets have it, with other parameters of farming.
fn genesis(parameters: ChainParameters, code: Vec<u8>) -> Storage {
    let balances = Sr25519Keyring::well_known()
        .map(|key| (key.to_account_id(), 1_000_000 * ALD))
        .collect();
    let config = RuntimeGenesisConfig {
        balances: BalancesConfig {
            balances,
            ..Default::default()
        },
        farming: FarmingConfig {
            parameters: Some(parameters),
            ..Default::default()
        },
        // Blocks may be filled, as on the development chain.
        storage_fees: StorageFeesConfig {
            fixed_price: Some(FIXED_PRICE),
            ..Default::default()
        },
        sudo: SudoConfig {
            key: Some(Sr25519Keyring::Alice.to_account_id()),
        },
        ..Default::default()
    };
    let mut storage = config.build_storage().unwrap();
    storage.top.insert(well_known_keys::CODE.to_vec(), code);
    storage
}

fn client(genesis: Storage, folder: &Path) -> Client {
    let settings = DatabaseSettings {
        trie_cache_maximum_size: Some(1 << 20),
        state_pruning: Some(PruningMode::ArchiveAll),
        source: DatabaseSource::ParityDb {
            path: folder.join("db"),
        },
        blocks_pruning: BlocksPruning::KeepAll,
        pruning_filters: Vec::new(),
        metrics_registry: None,
    };
    let backend = Arc::new(Backend::new(settings, 4096).unwrap());
    let genesis = GenesisBlockBuilder::<Block, _, _>::new_with_storage(
        genesis,
        true,
        backend.clone(),
        EXECUTOR.clone(),
    )
    .unwrap();
    new_with_backend::<_, _, Block, _, RuntimeApi>(
        backend,
        EXECUTOR.clone(),
        genesis,
        Box::new(TASKS.clone()),
        None,
        None,
        ClientConfig::default(),
    )
    .unwrap()
}

/// A node's database, archiver and block import.
pub struct Node {
    pub client: Arc<Client>,
    pub parameters: ChainParameters,
    import: Import,
    // Last, so that the folder goes when nothing uses it any more.
    folder: TempDir,
}

impl Node {
    /// A node that knows genesis and nothing else.
    pub fn new(parameters: ChainParameters) -> Self {
        Self::with_rules(parameters, RuleSchedule::default())
    }

    /// Like [`new`](Self::new), of a network in which these rules hold.
    pub fn with_rules(parameters: ChainParameters, rules: RuleSchedule) -> Self {
        let code = allod_runtime::WASM_BINARY.unwrap();
        Self::with_runtime(parameters, rules, code.to_vec())
    }

    /// Like [`with_rules`](Self::with_rules), of a chain that begins with this runtime.
    pub fn with_runtime(parameters: ChainParameters, rules: RuleSchedule, code: Vec<u8>) -> Self {
        Self::of_chain(genesis(parameters, code), rules)
    }

    /// A node of any chain, that knows its genesis and nothing else.
    pub fn of_genesis(genesis: Storage) -> Self {
        Self::of_chain(genesis, RuleSchedule::default())
    }

    fn of_chain(genesis: Storage, rules: RuleSchedule) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let client = Arc::new(client(genesis, folder.path()));
        // As the node does: what counts is what genesis says.
        let genesis_hash = client.info().genesis_hash;
        let parameters = client.runtime_api().parameters(genesis_hash).unwrap();
        let history = folder.path().join("history");
        let archiver = Archiver::open(client.clone(), KZG.clone(), &history, &parameters).unwrap();
        let context = ImportContext {
            client: client.clone(),
            parameters: parameters.clone(),
            rules,
            kzg: KZG.clone(),
            pot_verifier: PotVerifier::new(),
            archiver,
            equivocations: EquivocationWatch::from_chain(&*client).unwrap(),
            verdicts: Default::default(),
            siblings: Default::default(),
            future: Default::default(),
            late: LateHandles::default(),
            one_at_a_time: Default::default(),
        };
        let import = Import::new(client.clone(), Arc::new(context));
        Self {
            client,
            parameters,
            import,
            folder,
        }
    }

    /// Where its archiver keeps the history.
    pub fn history_folder(&self) -> PathBuf {
        self.folder.path().join("history")
    }

    /// Where its own blocks go.
    pub fn block_import(&self) -> AllodBlockImport<Block, Arc<Client>, Client, Backend> {
        self.import.clone()
    }

    /// Everything that import works with.
    pub fn context(&self) -> &Arc<ImportContext<Block, Client>> {
        self.import.context()
    }

    pub fn archiver(&self) -> &Archiver<Block, Client> {
        &self.context().archiver
    }

    /// Hash of the block that everything began with.
    pub fn genesis_hash(&self) -> allod_core::Hash {
        self.client.info().genesis_hash.into()
    }

    /// Hash of the best block.
    pub fn best(&self) -> Hash {
        self.client.info().best_hash
    }

    /// Header of a block that it has.
    pub fn header(&self, hash: Hash) -> Header {
        self.client.header(hash).unwrap().unwrap()
    }

    /// What it keeps beside a block.
    pub fn chain_data(&self, hash: Hash) -> ChainData {
        chain_data::load::<Block, _>(&*self.client, hash).unwrap()
    }

    /// Segments on chain after a block.
    pub fn history_size(&self, hash: Hash) -> HistorySize {
        self.client.runtime_api().history_size(hash).unwrap()
    }

    /// One of the headers that its archiver made.
    pub fn segment_header(&self, index: u64) -> SegmentHeader {
        let store = self.archiver().store();
        store.header(SegmentIndex(index)).unwrap()
    }

    /// The last door: what comes out of the verifier, or has been tampered with since.
    pub async fn import(&self, block: BlockImportParams<Block>) -> Result<ImportResult, Error> {
        self.import.try_import(block).await
    }

    /// A block as it comes from a peer, through verifier and import.
    pub async fn receive(&self, block: &Made) -> Result<ImportResult, Error> {
        self.import(verified(block).await).await
    }

    /// What the import queue is told of a block.
    pub async fn answer(&self, block: &Made) -> ImportResult {
        let answer = self.import.import_block(verified(block).await).await;
        answer.expect("an error would have sync begin anew")
    }

    /// Takes a block that keeps every rule. Says whether it is the best one now.
    pub async fn accept(&self, block: &Made) -> bool {
        match self.receive(block).await {
            Ok(ImportResult::Imported(imported)) => imported.is_new_best,
            other => panic!(
                "block #{} is right and was refused: {other:?}",
                block.header.number
            ),
        }
    }

    /// Refuses a block that breaks a rule. Nothing of it stays. The rule is returned.
    pub async fn refuse(&self, block: &Made) -> BlockError {
        rule(self.turn_away(block).await)
    }

    /// Does not take a block, for whatever reason. Nothing of it stays but, if it breaks a rule by itself
    /// and its ancestors, that it is bad; and the queue is told whose fault it is.
    pub async fn turn_away(&self, block: &Made) -> Error {
        let before = self.client.info();
        let error = error_of(self.receive(block).await);
        assert_eq!(self.answer(block).await, error.verdict().answer());
        let condemned = self.context().verdicts.is_condemned(&block.hash());
        let objective = error.verdict() == BlockVerdict::Objective;
        assert_eq!(condemned, objective, "{error}");
        let after = self.client.info();
        assert_eq!(after.best_hash, before.best_hash);
        assert_eq!(after.finalized_hash, before.finalized_hash);
        self.assert_unknown(block);
        error
    }

    /// Like [`refuse`](Self::refuse); and the block as it should have been is taken afterwards.
    pub async fn refuse_then_accept(&self, wrong: &Made, right: &Made) -> BlockError {
        let error = self.refuse(wrong).await;
        self.accept(right).await;
        error
    }

    /// That nothing of a block is there.
    pub fn assert_unknown(&self, block: &Made) {
        let hash = block.hash();
        assert_eq!(self.client.status(hash).unwrap(), BlockStatus::Unknown);
        assert_eq!(self.client.get_aux(&chain_data::key(&hash)).unwrap(), None);
    }
}

/// What the import queue makes of a block from a peer.
pub async fn verified(block: &Made) -> BlockImportParams<Block> {
    let mut params = BlockImportParams::new(BlockOrigin::NetworkBroadcast, block.sealed());
    params.body = Some(block.body.clone());
    params.justifications = block.justifications.clone();
    let verified = BlockVerifier.verify(params).await;
    verified.expect("an error would have sync begin anew")
}

/// The rule for which a block was refused before it was executed.
pub fn broken_rule(result: Result<ImportResult, Error>) -> BlockError {
    rule(error_of(result))
}

fn rule(error: Error) -> BlockError {
    match error {
        Error::Rule(rule) => rule,
        other => panic!("not a rule of blocks: {other}"),
    }
}

fn error_of(result: Result<ImportResult, Error>) -> Error {
    match result {
        Err(error) => error,
        Ok(other) => panic!("the block breaks a rule, and import says: {other:?}"),
    }
}
