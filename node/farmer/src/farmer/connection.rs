//! Subscriptions that are made again when they end.

use super::emit;
use crate::{
    events::{EventHandler, FarmerEvent},
    node_client::{NodeClient, NodeError},
};
use allod_rpc_types::farmer::FarmerChainInfo;
use futures::{StreamExt, stream::BoxStream};
use std::{ops::ControlFlow, time::Duration};
use tokio::time::sleep;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Pauses that grow from failure to failure.
pub(super) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// From half a second to `longest`.
    pub(super) fn up_to(longest: Duration) -> Self {
        Self {
            next: FIRST_PAUSE,
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
        self.next = FIRST_PAUSE;
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::up_to(LONGEST_PAUSE)
    }
}

/// Asks the node what its chain is until it answers.
pub(super) async fn chain_info<C: NodeClient>(
    client: &C,
    on_event: Option<&EventHandler>,
) -> FarmerChainInfo {
    let mut backoff = Backoff::default();
    loop {
        match client.chain_info().await {
            Ok(info) => return info,
            Err(error) => {
                disconnected(on_event, "answer", &error.to_string(), &mut backoff).await;
            }
        }
    }
}

/// A stream of items, or the reason to ask no more.
pub(super) type Subscription<T, B> = ControlFlow<B, BoxStream<'static, T>>;

/// Hands every item of a subscription to `handle`, subscribing as often as it takes, until one of
/// them breaks.
pub(super) async fn follow<T, B>(
    what: &'static str,
    on_event: Option<&EventHandler>,
    subscribe: impl AsyncFn() -> Result<Subscription<T, B>, NodeError>,
    mut handle: impl AsyncFnMut(T) -> ControlFlow<B>,
) -> B {
    let mut backoff = Backoff::default();
    loop {
        let error = match subscribe().await {
            Ok(ControlFlow::Break(value)) => return value,
            Ok(ControlFlow::Continue(mut items)) => {
                while let Some(item) = items.next().await {
                    backoff.reset();
                    if let ControlFlow::Break(value) = handle(item).await {
                        return value;
                    }
                }
                "the subscription ended".to_owned()
            }
            Err(error) => error.to_string(),
        };
        disconnected(on_event, what, &error, &mut backoff).await;
    }
}

async fn disconnected(
    on_event: Option<&EventHandler>,
    what: &'static str,
    error: &str,
    backoff: &mut Backoff,
) {
    let retry_in = backoff.pause();
    let event = FarmerEvent::Disconnected {
        what,
        error: error.to_owned(),
        retry_in,
    };
    emit(on_event, &event);
    sleep(retry_in).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    #[tokio::test(start_paused = true)]
    async fn a_subscription_is_made_again_after_growing_pauses() {
        let pauses = Arc::new(parking_lot::Mutex::new(Vec::new()));
        let noted = pauses.clone();
        let on_event: EventHandler = Arc::new(move |event| {
            if let FarmerEvent::Disconnected { retry_in, .. } = event {
                noted.lock().push(retry_in.as_millis());
            }
        });
        let attempts = AtomicUsize::new(0);
        let subscribe = async || match attempts.fetch_add(1, Ordering::Relaxed) {
            9 => Ok(ControlFlow::Continue(stream::iter([1, 2]).boxed())),
            10 => Ok(ControlFlow::Continue(stream::iter([3, 4, 5]).boxed())),
            _ => Err(NodeError::Unreachable("down".to_owned())),
        };
        let mut seen = Vec::new();
        let last = follow("numbers", Some(&on_event), subscribe, async |number| {
            seen.push(number);
            match number {
                4 => ControlFlow::Break(number),
                _ => ControlFlow::Continue(()),
            }
        })
        .await;
        assert_eq!((last, seen), (4, vec![1, 2, 3, 4]));
        let expected = [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000, 500];
        assert_eq!(*pauses.lock(), expected);
    }
}
