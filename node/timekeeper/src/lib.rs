//! Where a node takes its time from: evaluation, gossip, and the proofs in blocks (§4).
//!
//! ```text
//!   timekeeper thread ──► verified slots ◄── gossip (verified outside the validator)
//!                          (PotVerifier) ◄── justifications of imported blocks
//!                               │
//!   best block ────────► chain of slots ──► SlotTick: farmers, authoring, gossip
//!                           (PotState)
//! ```
//!
//! All three sources feed one cache of verified slots ([`PotVerifier`]). The node's own chain
//! ([`state::PotState`]) is no more than a walk through that cache, from the best block on, and so
//! rewinds by itself when a block changes what slots start from.
//!
//! | module | holds |
//! | --- | --- |
//! | [`cache`] | verified slots, each verified once |
//! | [`state`] | the chain: what the next slot starts from, when it rewinds |
//! | [`timekeeper`] | evaluation on a thread of its own, paced |
//! | `watch` | what is told of a pace, a lag or a loss of time |
//! | [`gossip`] | the protocol between nodes; its decisions are in `gossip_state` |
//! | [`requests`] | slots that a node asks its peers for, after it was away |
//! | [`source`] | the task that ties them together, and its handle |

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing
    )
)]

mod best_block;
pub mod cache;
mod error;
pub mod gossip;
mod gossip_state;
pub mod requests;
mod shared;
pub mod source;
pub mod state;
#[cfg(test)]
mod test_chain;
#[cfg(test)]
mod test_client;
#[cfg(test)]
mod test_node;
#[cfg(test)]
mod tests;
pub mod timekeeper;
mod watch;

pub use cache::PotVerifier;
pub use error::Error;
pub use gossip::{GossipNetwork, peers_set_config, protocol_name};
pub use requests::{RequestNetwork, requests_config, requests_protocol_name};
pub use source::{PotSource, PotSourceHandle};
pub use state::SlotTick;
pub use timekeeper::{TimekeeperConfig, check_core};

/// Target of this crate's log lines.
const LOG_TARGET: &str = "timekeeper";
