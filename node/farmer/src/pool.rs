//! Threads for heavy work, apart from those that wait for the network.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::{Notify, oneshot};

/// A rayon pool that asynchronous code can hand work to.
#[derive(Debug)]
pub struct Pool {
    threads: rayon::ThreadPool,
    busy: Arc<Busy>,
}

/// Counts the work that is not done yet.
#[derive(Debug, Default)]
struct Busy {
    count: AtomicUsize,
    idle: Notify,
}

/// One piece of work, until it is dropped.
struct Working(Arc<Busy>);

impl Working {
    fn new(busy: &Arc<Busy>) -> Self {
        busy.count.fetch_add(1, Ordering::AcqRel);
        Self(busy.clone())
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}

/// How urgent a pool's work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Audits and proofs: a slot does not wait.
    Farming,
    /// Plotting and scrubbing: gives way to everything else on the machine.
    Background,
}

/// Threads could not be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start threads: {0}")]
pub struct PoolError(#[from] rayon::ThreadPoolBuildError);

/// The work panicked; the panic's message is on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a task of the farmer panicked")]
pub struct Panicked;

impl Pool {
    /// Starts threads; as many as there are processors unless told otherwise.
    pub fn new(urgency: Urgency, threads: Option<NonZeroUsize>) -> Result<Self, PoolError> {
        let name = match urgency {
            Urgency::Farming => "farming",
            Urgency::Background => "plotting",
        };
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.map_or(0, NonZeroUsize::get))
            .thread_name(move |number| format!("{name}-{number}"))
            .start_handler(move |_| {
                if urgency == Urgency::Background {
                    give_way();
                }
            })
            // Whoever waits for the result learns it by the channel; the process lives on.
            .panic_handler(|_| ())
            .build()?;
        Ok(Self {
            threads,
            busy: Arc::default(),
        })
    }

    /// How many threads it has.
    pub fn threads(&self) -> usize {
        self.threads.current_num_threads()
    }

    /// Runs `work` in the pool; rayon's parallel iterators in it use the pool's threads.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let (sender, receiver) = oneshot::channel();
        let working = Working::new(&self.busy);
        self.threads.spawn(move || {
            let _working = working;
            // Nobody waits any more if the farmer was shut down meanwhile.
            let _ = sender.send(work());
        });
        receiver.await.map_err(|_| Panicked)
    }

    /// Waits until all work is done, also work that nobody waits for any more.
    pub async fn idle(&self) {
        loop {
            let idle = self.busy.idle.notified();
            if self.busy.count.load(Ordering::Acquire) == 0 {
                return;
            }
            idle.await;
        }
    }
}

/// Lowers the priority of this thread: Linux counts threads as processes here.
fn give_way() {
    const LOWEST: i32 = 19;
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), LOWEST)
    {
        tracing::debug!("plotting keeps its normal priority: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_and_a_panic_is_told() {
        for urgency in [Urgency::Farming, Urgency::Background] {
            let pool = Pool::new(urgency, NonZeroUsize::new(2)).unwrap();
            assert_eq!(pool.threads(), 2);
            assert_eq!(pool.run(|| 6 * 7).await, Ok(42));
            let failed: Result<(), _> = pool.run(|| panic!("on purpose")).await;
            assert_eq!(failed, Err(Panicked));
            let inside = pool.run(rayon::current_num_threads).await;
            assert_eq!(inside, Ok(2));
        }
    }

    #[tokio::test]
    async fn a_pool_is_idle_when_forgotten_work_is_done() {
        let pool = Pool::new(Urgency::Farming, None).unwrap();
        pool.idle().await;
        let done = Arc::new(AtomicUsize::new(0));
        for failing in [false, true] {
            let noted = done.clone();
            let forgotten = pool.run(move || {
                std::thread::sleep(std::time::Duration::from_millis(50));
                noted.fetch_add(1, Ordering::Relaxed);
                assert!(!failing, "on purpose");
            });
            assert!(futures::poll!(std::pin::pin!(forgotten)).is_pending());
        }
        pool.idle().await;
        assert_eq!(done.load(Ordering::Relaxed), 2);
    }
}
