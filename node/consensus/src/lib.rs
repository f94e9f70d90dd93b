//! Authoring, verification, import, fork choice.
//!
//! ```text
//!  network ── queue (holds what is from the future) ──────┐
//!                                                          ├─ AllodBlockImport ── client
//!  proof-of-time ── SlotWorker ── FarmingLink ── farmers   │    every rule of §4–§8, weight,
//!                       └───────── own blocks ─────────────┘    finality, equivocations
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`import`] | the one door into the chain, for own and foreign blocks alike |
//! | [`verdict`] | whose fault it is that a block is not imported, and the blocks known to be bad |
//! | [`outdated`] | blocks and runtimes that this release is too old for: asked before any rule |
//! | [`judged_by`] | by which version of the rules the blocks that are here were judged |
//! | `check` | the rules of a block in the order of what they cost |
//! | `client` | what those rules ask of the client |
//! | [`execute`] | execution by the import itself: a trap is told from a full disk |
//! | [`siblings`], `parked` | blocks that one claim was sealed into |
//! | [`future`] | blocks that are held until their time comes |
//! | [`announce`] | what announced headers are checked for |
//! | [`chain_data`] | what is kept beside every block |
//! | [`finality`] | final at confirmation depth |
//! | [`late`] | what import needs and is made after it |
//! | [`equivocation`] | two blocks sealed for one solution |
//! | [`prospects`] | which slots are open, and what farmers are told of them |
//! | [`sealed_blocks`] | what farmers are told of others' blocks |
//! | [`queue`] | the import queue, and the door at which blocks from the future are held |
//! | [`link`] | what farmers are told and what they answer |
//! | [`slot_worker`] | makes blocks |
//! | [`unfarmed`] | why it makes none |
//!
//! Each rule by which a block is rejected, and the fork choice, are in `allod-block-rules`; this crate
//! asks database, runtime and archiver for what they need. A block's checks need nothing but its parent's state, its parent's [`chain_data`] and the
//! archiver: so every importing node comes to the same verdict, whichever order it heard of
//! competing blocks in. Checks by sampling while far behind are not made: a node that syncs checks
//! every proof-of-time in full.

#![forbid(unsafe_code)]

pub mod announce;
pub mod chain_data;
mod check;
mod client;
pub mod equivocation;
mod error;
pub mod execute;
pub mod finality;
pub mod future;
pub mod import;
pub mod judged_by;
pub mod late;
pub mod link;
pub mod outdated;
mod parked;
pub mod prospects;
pub mod queue;
pub mod sealed_blocks;
pub mod siblings;
pub mod slot_worker;
#[cfg(test)]
mod testing;
pub mod unfarmed;
pub mod verdict;

pub use announce::AnnounceValidator;
pub use client::ImportClient;
pub use error::Error;
pub use import::{AllodBlockImport, ImportContext};
pub use late::LateHandles;
pub use link::{FarmingLink, NewSlot, SealRequest, SealedBlock};
pub use queue::{BlockVerifier, HoldingQueue, import_queue};
pub use slot_worker::{SlotWorker, SlotWorkerParams};
pub use unfarmed::Unfarmed;
pub use verdict::{BlockVerdict, Verdicts};
