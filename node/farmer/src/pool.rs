//! Threads for heavy work, apart from those that wait for the network.

use std::num::NonZeroUsize;
use tokio::sync::oneshot;

/// A rayon pool that asynchronous code can hand work to.
#[derive(Debug)]
pub struct Pool(rayon::ThreadPool);

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
        let pool = rayon::ThreadPoolBuilder::new()
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
        Ok(Self(pool))
    }

    /// How many threads it has.
    pub fn threads(&self) -> usize {
        self.0.current_num_threads()
    }

    /// Runs `work` in the pool; rayon's parallel iterators in it use the pool's threads.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let (sender, receiver) = oneshot::channel();
        self.0.spawn(move || {
            // Nobody waits any more if the farmer was shut down meanwhile.
            let _ = sender.send(work());
        });
        receiver.await.map_err(|_| Panicked)
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
}
