//! Signals that end a node in order: SIGINT, SIGTERM, and SIGHUP, which a closed terminal sends.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that come from now on: none is lost until somebody asks.
pub struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl StopSignals {
    /// Takes the signals over; must be called on an executor.
    ///
    /// # Errors
    /// The system's.
    pub fn capture() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// The next signal.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}
