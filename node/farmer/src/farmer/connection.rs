//! Subscriptions that are made again when they end.

use super::emit;
use crate::events::{EventHandler, FarmerEvent};
use allod_farmer_rpc::{NodeClient, NodeError};
use allod_rpc_types::farmer::FarmerChainInfo;
use futures::{StreamExt, stream::BoxStream};
use std::{future::Future, time::Duration};
use tokio::time::sleep;

const INITIAL_BACKOFF: Duration = Duration::from_millis(500);
const MAX_BACKOFF: Duration = Duration::from_secs(30);

/// Pauses that grow from failure to failure.
pub(super) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// From half a second to `longest`.
    pub(super) fn up_to(longest: Duration) -> Self {
        Self {
            next: INITIAL_BACKOFF,
            longest,
        }
    }

    /// The next pause.
    pub(super) fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = self.next.saturating_mul(2).min(self.longest);
        pause
    }

    /// It worked: begin with a short pause again.
    pub(super) fn reset(&mut self) {
        self.next = INITIAL_BACKOFF;
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::up_to(MAX_BACKOFF)
    }
}

/// Tells of failures and waits before the next attempt.
pub(super) struct Retry {
    what: &'static str,
    on_event: Option<EventHandler>,
    backoff: Backoff,
}

impl Retry {
    /// `what` the node is asked for.
    pub(super) fn new(what: &'static str, on_event: Option<&EventHandler>) -> Self {
        Self {
            what,
            on_event: on_event.cloned(),
            backoff: Backoff::default(),
        }
    }

    /// It failed: returns when it is to be tried again.
    pub(super) async fn after(&mut self, error: &str) {
        let retry_in = self.backoff.pause();
        let event = FarmerEvent::Disconnected {
            what: self.what,
            error: error.to_owned(),
            retry_in,
        };
        emit(self.on_event.as_ref(), &event);
        sleep(retry_in).await;
    }

    /// It worked.
    pub(super) fn reset(&mut self) {
        self.backoff.reset();
    }
}

/// What is said of a stream that is over.
pub(super) const ENDED: &str = "the subscription ended";

/// A subscription that is made again whenever it ends.
pub(super) struct Subscription<T> {
    items: Option<BoxStream<'static, T>>,
    retry: Retry,
}

impl<T> Subscription<T> {
    /// To `what` the node announces.
    pub(super) fn new(what: &'static str, on_event: Option<&EventHandler>) -> Self {
        Self {
            items: None,
            retry: Retry::new(what, on_event),
        }
    }

    /// The next item, after as many attempts to subscribe as it takes.
    pub(super) async fn next<F>(&mut self, subscribe: impl Fn() -> F) -> T
    where
        F: Future<Output = Result<BoxStream<'static, T>, NodeError>>,
    {
        loop {
            let error = match &mut self.items {
                Some(items) => match items.next().await {
                    Some(item) => {
                        self.retry.reset();
                        return item;
                    }
                    None => ENDED.to_owned(),
                },
                None => match subscribe().await {
                    Ok(items) => {
                        self.items = Some(items);
                        continue;
                    }
                    Err(error) => error.to_string(),
                },
            };
            self.items = None;
            self.retry.after(&error).await;
        }
    }
}

/// Asks the node what its chain is until it answers.
pub(super) async fn chain_info<C: NodeClient>(
    client: &C,
    on_event: Option<&EventHandler>,
) -> FarmerChainInfo {
    let mut retry = Retry::new("answer", on_event);
    loop {
        match client.chain_info().await {
            Ok(info) => return info,
            Err(error) => retry.after(&error.to_string()).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use parking_lot::Mutex;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    #[test]
    fn pauses_grow_up_to_a_limit_until_it_works() {
        let mut backoff = Backoff::default();
        let mut pauses = Vec::new();
        for _ in 0..8 {
            pauses.push(backoff.pause().as_millis());
        }
        backoff.reset();
        pauses.push(backoff.pause().as_millis());
        let expected = [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 500];
        assert_eq!(pauses, expected);
    }

    #[tokio::test]
    async fn a_subscription_is_made_again() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let noted = told.clone();
        let on_event: EventHandler = Arc::new(move |event| noted.lock().push(event.to_string()));
        let attempts = AtomicUsize::new(0);
        let subscribe = || {
            let result = match attempts.fetch_add(1, Ordering::Relaxed) {
                0 => Err(NodeError::Unreachable("down".to_owned())),
                1 => Ok(stream::iter(vec![1, 2]).boxed()),
                _ => Ok(stream::iter(vec![3, 4, 5]).boxed()),
            };
            std::future::ready(result)
        };
        let mut numbers = Subscription::new("numbers", Some(&on_event));
        for expected in 1..=4 {
            assert_eq!(numbers.next(subscribe).await, expected);
        }
        let expected = [
            "No numbers from the node: the node cannot be reached: down; trying again in 0.5 s",
            "No numbers from the node: the subscription ended; trying again in 0.5 s",
        ];
        assert_eq!(*told.lock(), expected);
    }
}
