//! A node that runs: what ends it, and how it is ended.

use crate::{
    Backend, Client,
    database::Reopen,
    essential::{Failure, Failures},
};
use allod_archiver::Archiver;
use allod_runtime::opaque::Block;
use sc_service::TaskManager;
use sp_blockchain::{HeaderBackend, Info};
use std::{
    collections::BTreeSet,
    fmt,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, sync::mpsc};

/// How long a node that is told to stop waits for what is still at work.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);

/// Pause between two looks at whether something has ended.
const STOP_POLL_INTERVAL: Duration = Duration::from_millis(10);

pub struct RunningNode {
    pub(crate) archiver: Archiver<Block, Client>,
    pub(crate) client: Arc<Client>,
    pub(crate) backend: Arc<Backend>,
    pub(crate) tasks: TaskManager,
    pub(crate) failures: Failures,
    /// Hears when the node has to drop its copy of the chain.
    pub(crate) resync: mpsc::UnboundedReceiver<()>,
    /// To see what is on the disk when the database is closed.
    pub(crate) reopen: Reopen,
    /// The farmer's thread, where the node farms.
    pub(crate) farmer: Option<JoinHandle<()>>,
}

/// Why a node that nobody told to stop cannot go on as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// A part of it ended.
    Failed(Failure),
    /// It has verified a heavier chain, and can only join it if its own copy of the chain is dropped.
    Resync,
}

/// How a node was stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Number of the best block.
    pub best: u32,
    /// Number of the newest final block.
    pub finalized: u32,
    /// What had not ended when the node stopped waiting for it. If there is nothing, the database is
    /// closed.
    pub unfinished: BTreeSet<&'static str>,
    /// Why the history on disk ends before the last final block, if it does.
    pub unwritten: Option<String>,
    /// What the database on disk has instead of these blocks, or why it cannot say, if it has not kept everything.
    pub lost: Option<String>,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "best #{}, final #{}", self.best, self.finalized)
    }
}

impl RunningNode {
    /// The first part of the node that ends though nobody told it to, or the call for a resync. Never ready while all is
    /// well.
    pub async fn ended(&mut self) -> Ended {
        tokio::select! {
            failure = self.failures.first() => Ended::Failed(failure),
            // Only the network spawns with the SDK's handle, which logs the task's name but does not
            // give it away.
            _ = self.tasks.future() => Ended::Failed(Failure {
                task: "network",
                cause: "one of its tasks failed; the log names it".into(),
            }),
            // Where the strategy is gone nobody calls; the task that had it is one of those above.
            Some(()) = self.resync.recv() => Ended::Resync,
        }
    }

    /// Ends the node and closes its database, in this order: every task is told to end, the executor
    /// waits for those that block, the farmer lets go of its plot, and whoever still owns the client
    /// drops it. Blocks for at most 20 seconds; must not be called on `runtime`.
    pub fn stop(self, runtime: Runtime) -> Stopped {
        let deadline = Instant::now() + STOP_TIMEOUT;
        let left = || deadline.saturating_duration_since(Instant::now());
        self.failures.stopping();
        let tasks = self.tasks.into_task_registry();
        runtime.shutdown_timeout(left());
        let mut unfinished: BTreeSet<_> = tasks.running_tasks().keys().map(|t| t.name).collect();

        if let Some(farmer) = self.farmer
            && !wait_until(deadline, || farmer.is_finished())
        {
            unfinished.insert("farmer");
        }
        // The threads of the JSON-RPC server end by themselves, a moment later.
        // The archiver here owns the client, too.
        if !wait_until(deadline, || Arc::strong_count(&self.client) == 2) {
            unfinished.insert("client");
        }
        let info = self.client.info();
        let unwritten = self.archiver.failure().map(|cause| cause.to_string());
        drop(self.archiver);
        drop(self.client);
        // The database is closed by its last owner: this one, so that it is closed when this returns.
        if !wait_until(deadline, || Arc::strong_count(&self.backend) == 1) {
            unfinished.insert("database");
        }
        drop(self.backend);
        // While somebody still has the database open there is no saying.
        let lost = match unfinished.is_empty() {
            true => lost(&info, self.reopen),
            false => None,
        };
        Stopped {
            best: info.best_number,
            finalized: info.finalized_number,
            unfinished,
            unwritten,
            lost,
        }
    }
}

/// How a closed database differs from what it was told, if it does. It writes on threads of its own, and a failure
/// there is no error of closing it.
fn lost(told: &Info<Block>, reopen: Reopen) -> Option<String> {
    let backend = match reopen() {
        Ok(backend) => backend,
        Err(cause) => return Some(cause),
    };
    let kept = sc_client_api::Backend::blockchain(&backend).info();
    let differs = (kept.best_hash, kept.finalized_hash) != (told.best_hash, told.finalized_hash);
    differs.then(|| {
        format!(
            "on the disk are best #{}, final #{}",
            kept.best_number, kept.finalized_number
        )
    })
}

/// Waits until something is so; false if it is not by the deadline.
fn wait_until(deadline: Instant, so: impl Fn() -> bool) -> bool {
    while !so() {
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(STOP_POLL_INTERVAL);
    }
    true
}
