//! Tasks without which a node does not go on, and what became of the first that ended.
//!
//! The SDK's own handle for them logs every end as a failure. Some ends are none: the transaction
//! pool's blocking worker waits for requests without looking at the stop signal, so it ends once
//! the last owner of the pool is gone, which is what a stop is. These tasks know whether the node
//! is stopping.

use futures::{FutureExt, future::BoxFuture};
use sc_service::SpawnTaskHandle;
use sp_core::traits::SpawnEssentialNamed;
use std::{
    convert::Infallible,
    fmt::Display,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::mpsc;

/// The end of a task without which the node does not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{task} ended: {cause}")]
pub struct Failure {
    /// Name of the task.
    pub task: &'static str,
    /// Why it ended, in one line.
    pub cause: String,
}

/// Spawns essential tasks; cheap to clone.
#[derive(Clone)]
pub struct EssentialTasks {
    spawner: SpawnTaskHandle,
    failures: mpsc::UnboundedSender<Failure>,
    stopping: Arc<AtomicBool>,
}

/// Hears of the tasks of one [`EssentialTasks`].
pub struct Failures {
    failures: mpsc::UnboundedReceiver<Failure>,
    stopping: Arc<AtomicBool>,
}

/// A spawner of essential tasks, and who hears of their ends.
pub fn essential_tasks(spawner: SpawnTaskHandle) -> (EssentialTasks, Failures) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let stopping = Arc::new(AtomicBool::new(false));
    let tasks = EssentialTasks {
        spawner,
        failures: sender,
        stopping: stopping.clone(),
    };
    let failures = Failures {
        failures: receiver,
        stopping,
    };
    (tasks, failures)
}

impl EssentialTasks {
    /// Spawns a task that is to run as long as the node does.
    pub fn spawn(
        &self,
        name: &'static str,
        group: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        self.spawn_fallible(name, group, task.map(Ok::<(), Infallible>));
    }

    /// Like [`Self::spawn`], for a task that says why it ends.
    pub fn spawn_fallible<E: Display + Send>(
        &self,
        name: &'static str,
        group: &'static str,
        task: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let task = self.watched(name, task);
        self.spawner.spawn(name, Some(group), task);
    }

    fn watched<E: Display + Send>(
        &self,
        name: &'static str,
        task: impl Future<Output = Result<(), E>> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let report = Report {
            task: name,
            cause: None,
            failures: self.failures.clone(),
            stopping: self.stopping.clone(),
        };
        async move {
            let mut report = report;
            report.cause = task.await.err().map(|error| error.to_string());
        }
    }
}

impl SpawnEssentialNamed for EssentialTasks {
    fn spawn_essential(
        &self,
        name: &'static str,
        group: Option<&'static str>,
        task: BoxFuture<'static, ()>,
    ) {
        let task = self.watched(name, task.map(Ok::<(), Infallible>));
        self.spawner.spawn(name, group, task);
    }

    fn spawn_essential_blocking(
        &self,
        name: &'static str,
        group: Option<&'static str>,
        task: BoxFuture<'static, ()>,
    ) {
        let task = self.watched(name, task.map(Ok::<(), Infallible>));
        self.spawner.spawn_blocking(name, group, task);
    }
}

/// Tells of a task's end however it ends: a panic is one, too.
struct Report {
    task: &'static str,
    cause: Option<String>,
    failures: mpsc::UnboundedSender<Failure>,
    stopping: Arc<AtomicBool>,
}

impl Drop for Report {
    fn drop(&mut self) {
        if self.stopping.load(Ordering::Acquire) {
            return;
        }
        let cause = self.cause.take();
        // Nobody listens where the node did not get as far as running.
        let _ = self.failures.send(Failure {
            task: self.task,
            cause: cause.unwrap_or_else(|| "it gave no reason".into()),
        });
    }
}

impl Failures {
    /// The first task that ends. Never ready while all of them run.
    pub async fn first(&mut self) -> Failure {
        match self.failures.recv().await {
            Some(failure) => failure,
            // Every spawner is gone, and with it every task.
            None => std::future::pending().await,
        }
    }

    /// From now on tasks end because they are told to.
    pub fn stopping(&self) {
        self.stopping.store(true, Ordering::Release);
    }
}
