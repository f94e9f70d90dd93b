//! The database of one chain, and the client on it.

use crate::{Backend, BlockHash, Client, Executor, other, rules};
use allod_consensus_primitives::FarmingApi;
use allod_core::ChainParameters;
use allod_runtime::{apis::RuntimeApi, opaque::Block};
use sc_chain_spec::{BuildGenesisBlock, GenesisBlockBuilder};
use sc_client_api::AuxStore;
use sc_service::{Configuration, Error, TaskManager, new_db_backend};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::Block as _;
use std::{
    fmt,
    fs::File,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// How long a node waits for another one to let go of the database. One that was killed a moment ago
/// does so as soon as the system has cleared it away.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause between two tries to open the database.
const LOCK_RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// Client, database, tasks.
pub struct Parts {
    pub client: Arc<Client>,
    /// The database.
    pub backend: Arc<Backend>,
    /// Keys of the node; farmers keep their own.
    pub keystore: sp_keystore::KeystorePtr,
    pub tasks: TaskManager,
    pub parameters: ChainParameters,
}

/// Key beside the blocks under which a database says by what its chain was begun.
const BEGUN_BY: &[u8] = b"allod:begun-by";

/// Whether a chain may begin otherwise in the database than its specification says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenesisRule {
    /// It may: the specification leaves the runtime to the program, and another build has begun the chain. It goes
    /// on as it was begun, unless a file has begun it, which is another chain with the same id.
    AsBegun,
    /// It may not: the database belongs to another chain.
    AsSpecified,
}

impl GenesisRule {
    /// What a database is marked with whose chain begins under this rule.
    fn mark(self) -> &'static [u8] {
        match self {
            Self::AsBegun => b"program",
            Self::AsSpecified => b"specification",
        }
    }
}

/// Opens database and client.
pub fn open(config: &Configuration, rule: GenesisRule) -> Result<Parts, Error> {
    let backend = open_backend(config)?;
    let executor: Executor = sc_service::new_wasm_executor(&config.executor);
    let storage = allod_chain_spec::genesis_storage(&*config.chain_spec);
    let name = config.chain_spec.name();
    let storage =
        storage.map_err(|error| other(format!("chain specification of {name}: {error}")))?;
    let genesis = |storage, commit| {
        GenesisBlockBuilder::<Block, _, _>::new_with_storage(
            storage,
            commit,
            backend.clone(),
            executor.clone(),
        )
    };
    let (expected, _) = genesis(storage.clone(), false)?.build_genesis_block()?;
    check_genesis(config, &backend, expected.hash(), rule)?;
    let genesis = genesis(storage, true)?;
    let (client, backend, keystore, tasks) =
        sc_service::new_full_parts_with_genesis_builder::<Block, RuntimeApi, _, _>(
            config, None, executor, backend, genesis, false,
        )?;
    let client = Arc::new(client);
    rules::can_ask(&client)?;
    let parameters = client
        .runtime_api()
        .parameters(client.info().best_hash)
        .map_err(other)?;
    Ok(Parts {
        client,
        backend,
        keystore: keystore.keystore(),
        tasks,
        parameters,
    })
}

/// Opens a database again that was closed, to see what of it is on the disk.
pub type Reopen = Box<dyn FnOnce() -> Result<Backend, String> + Send>;

/// How to open the database of this configuration again.
pub fn reopen(config: &Configuration) -> Reopen {
    let mut settings = config.db_config();
    // Registered already, and needed no more.
    settings.metrics_registry = None;
    settings.trie_cache_maximum_size = None;
    let folder = config
        .database
        .path()
        .unwrap_or(&config.data_path)
        .to_owned();
    Box::new(move || {
        wait_until_closed(&folder);
        let backend = new_db_backend::<Block>(settings).map_err(|error| error.to_string())?;
        Arc::into_inner(backend).ok_or_else(|| "the database is open twice".into())
    })
}

/// Waits until nobody has a database open: whoever still reads from it, such as an answer that is being sent, holds it a
/// moment longer than its owner.
fn wait_until_closed(folder: &Path) {
    let deadline = Instant::now() + LOCK_TIMEOUT;
    // ParityDB locks this file; where there is none, nobody has it open.
    let Ok(lock) = File::open(folder.join("lock")) else {
        return;
    };
    while lock.try_lock().is_err() && Instant::now() < deadline {
        thread::sleep(LOCK_RETRY_INTERVAL);
    }
}

/// Opens the database, as soon as no other process has it open.
fn open_backend(config: &Configuration) -> Result<Arc<Backend>, Error> {
    let deadline = Instant::now() + LOCK_TIMEOUT;
    loop {
        let error = match new_db_backend::<Block>(config.db_config()) {
            Ok(backend) => return Ok(backend),
            Err(error) => error.to_string(),
        };
        let path = database_path(config);
        // ParityDB says so in words only.
        if !error.contains("Database file is in use") {
            return Err(other(format!("cannot open the database {path}: {error}")));
        }
        if Instant::now() >= deadline {
            return Err(other(format!(
                "the database {path} is in use by another node; end that one, or use another --base-path"
            )));
        }
        thread::sleep(LOCK_RETRY_INTERVAL);
    }
}

fn database_path(config: &Configuration) -> impl fmt::Display {
    let path: &Path = config.database.path().unwrap_or(&config.data_path);
    path.display()
}

/// Refuses a database that begins with another block than the chain specification, unless it may.
fn check_genesis(
    config: &Configuration,
    backend: &Backend,
    expected: BlockHash,
    rule: GenesisRule,
) -> Result<(), Error> {
    let Some(found) = sc_client_api::Backend::blockchain(backend).hash(0)? else {
        // Before the genesis block, so that none is there without it.
        return Ok(backend.insert_aux(&[(BEGUN_BY, rule.mark())], &[])?);
    };
    if found == expected {
        return Ok(());
    }
    let (path, name) = (database_path(config), config.chain_spec.name());
    // Older databases do not say it.
    let begun_by = backend.get_aux(BEGUN_BY)?;
    let begun_by_file = begun_by.as_deref() == Some(GenesisRule::AsSpecified.mark());
    match rule {
        GenesisRule::AsBegun if begun_by_file => Err(other(format!(
            "the database {path} was begun by a specification in a file: its genesis block is {found:?}, that of \
             {name} is {expected:?}; name that file by --chain, or use another --base-path"
        ))),
        GenesisRule::AsBegun => {
            tracing::info!(
                "The chain in {path} was begun by another build; it goes on with its own genesis block, {found:?}"
            );
            Ok(())
        }
        GenesisRule::AsSpecified => Err(other(format!(
            "the database {path} belongs to another chain: its genesis block is {found:?}, that of {name} is \
             {expected:?}; use another --base-path"
        ))),
    }
}
