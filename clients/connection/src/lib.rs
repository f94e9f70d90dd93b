//! A WebSocket to a node's JSON-RPC server. When it broke it is made anew as soon as something is
//! asked, at most once per second.
//!
//! The server is not trusted: answers have a largest size and come within a time, or they are an
//! error.

#![forbid(unsafe_code)]

use jsonrpsee::{
    core::client::Error as ClientError,
    ws_client::{PingConfig, WsClient, WsClientBuilder},
};
use std::{fmt, sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::Instant};

/// Shortest time from one attempt to connect to the next.
pub const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// Most characters of a node's own words that are kept.
pub const MAX_MESSAGE_CHARACTERS: usize = 200;

/// Where the node is, and what is expected of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionOptions {
    /// `ws://` or `wss://`.
    pub url: String,
    /// How long an answer, or a connection, may take.
    pub timeout: Duration,
    /// Most bytes of an answer.
    pub max_answer_bytes: u32,
    /// Items of a subscription that may wait to be read; it ends if there are more.
    pub max_waiting_items: usize,
}

/// There is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The last attempt was a moment ago.
    #[error("tried less than a second ago")]
    TooSoon,
    /// This attempt failed.
    #[error(transparent)]
    Failed(#[from] ClientError),
}

/// A connection to one node.
pub struct Connection {
    options: ConnectionOptions,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    client: Option<Arc<WsClient>>,
    attempted: Option<Instant>,
}

impl Connection {
    /// Not made before something is asked.
    pub fn new(options: ConnectionOptions) -> Self {
        Self {
            options,
            state: Mutex::default(),
        }
    }

    /// The connection, made anew if it broke. `check` judges a new one before it is used.
    ///
    /// # Errors
    /// [`ConnectError`], or that of `check`.
    pub async fn client<E, F>(
        &self,
        check: impl FnOnce(Arc<WsClient>) -> F,
    ) -> Result<Arc<WsClient>, E>
    where
        E: From<ConnectError>,
        F: Future<Output = Result<(), E>>,
    {
        // Held while connecting, so that many questions make one attempt.
        let mut state = self.state.lock().await;
        if let Some(client) = &state.client
            && client.is_connected()
        {
            return Ok(client.clone());
        }
        state.client = None;
        let now = Instant::now();
        let since_last = state
            .attempted
            .map(|last| now.saturating_duration_since(last));
        if since_last.is_some_and(|since| since < RETRY_INTERVAL) {
            return Err(ConnectError::TooSoon.into());
        }
        state.attempted = Some(now);
        let client = Arc::new(self.connect().await.map_err(ConnectError::Failed)?);
        check(client.clone()).await?;
        state.client = Some(client.clone());
        Ok(client)
    }

    async fn connect(&self) -> Result<WsClient, ClientError> {
        let timeout = self.options.timeout;
        let pings = PingConfig::new()
            .ping_interval(timeout)
            .inactive_limit(timeout.saturating_mul(4));
        WsClientBuilder::default()
            .max_response_size(self.options.max_answer_bytes)
            .max_buffer_capacity_per_subscription(self.options.max_waiting_items)
            .request_timeout(timeout)
            .connection_timeout(timeout)
            .enable_ws_ping(pings)
            .build(&self.options.url)
            .await
    }
}

/// A node's own words, fit for a log: one line, not a long one.
pub fn one_line(text: &impl fmt::Display) -> String {
    let text = text.to_string();
    let characters = text.chars().take(MAX_MESSAGE_CHARACTERS);
    characters
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests;
