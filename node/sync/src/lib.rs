//! Which chain a node follows (§8): what peers claim, compared before any of it is imported.
//!
//! ```text
//!  network ── SyncingEngine ── AllodSync ── the SDK's strategy ── blocks ── gate ── import queue
//!                                 │ tips of peers                             ▲
//!                                 └── comparison: headers of a claimed branch ┘
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`strategy`] | the states `Waiting`, `Joining`, `Following`; the gate |
//! | [`peers`] | what each peer says of its chain |
//! | [`compare`] | fetches the headers of a branch |
//! | [`judge`] | follows and verifies them without state |
//! | [`contexts`] | what the own chain leads to, remembered |
//! | [`branch`] | the headers on disk |
//! | [`checkpoint`] | whether a chain has a block that it must have |
//! | [`provisional`] | whether the chain was compared with a boot node's |
//! | [`bans`] | who lied |
//! | [`protocol`], [`server`] | what nodes ask one another, and the answers |
//! | [`chain`] | the own chain |
//!
//! **No run of half the confirmation depth or more is imported uncompared.** The block at confirmation depth
//! gets final by itself, so whoever could have a node import a run of that length would decide what is
//! final there. The rule is kept at one place, the gate, whatever the SDK's strategy asks peers for.

#![forbid(unsafe_code)]

pub mod bans;
pub mod branch;
pub mod chain;
pub mod checkpoint;
pub mod compare;
pub mod contexts;
pub mod judge;
pub mod peers;
pub mod protocol;
pub mod provisional;
pub mod server;
pub mod strategy;

pub use allod_chain_spec::Checkpoint;
pub use chain::{AllodBlock, ChainClient, ClientChain};
pub use checkpoint::{CheckpointMemory, final_contradiction};
pub use compare::Comparer;
pub use judge::Judge;
pub use provisional::ResyncRule;
pub use server::{Protocols, Server};
pub use strategy::{AllodSync, NewInner, Settings};

/// A branch with at least so many blocks is compared before it is imported: half the confirmation depth,
/// at least 1.
pub fn uncompared_blocks(confirmation_depth: u32) -> u32 {
    confirmation_depth.div_euclid(2).max(1)
}
