//! Authoring, verification, import, fork choice.
//!
//! ```text
//!  network ── queue (BlockVerifier: takes the seal off) ──┐
//!                                                          ├─ AllodBlockImport ── client
//!  proof-of-time ── SlotWorker ── FarmingLink ── farmers   │    every rule of §4–§8, weight,
//!                       └───────── own blocks ─────────────┘    finality, equivocations
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`import`] | the one door into the chain, for own and foreign blocks alike |
//! | [`chain_data`] | what is kept beside every block |
//! | [`finality`] | final at confirmation depth |
//! | [`equivocation`] | two blocks sealed for one solution |
//! | [`prospects`] | which slots are open, and what farmers are told of them |
//! | [`sealed_blocks`] | what farmers are told of others' blocks |
//! | [`queue`] | the import queue's verifier |
//! | [`link`] | what farmers are told and what they answer |
//! | [`slot_worker`] | makes blocks |
//!
//! Each rule by which a block is rejected, and the fork choice, are in `allod-block-rules`; this crate
//! asks database, runtime and archiver for what they need. A block's checks need nothing but its parent's state, its parent's [`chain_data`] and the
//! archiver: so every importing node comes to the same verdict, whichever order it heard of
//! competing blocks in. Checks by sampling while far behind are not made: a node that syncs checks
//! every proof-of-time in full.

#![forbid(unsafe_code)]

pub mod chain_data;
pub mod equivocation;
mod error;
pub mod finality;
pub mod import;
pub mod link;
pub mod prospects;
pub mod queue;
pub mod sealed_blocks;
pub mod slot_worker;

pub use error::Error;
pub use import::{AllodBlockImport, ImportContext, LateHandles};
pub use link::{FarmingLink, NewSlot, SealRequest, SealedBlock};
pub use queue::{BlockVerifier, import_queue};
pub use slot_worker::{SlotWorker, SlotWorkerParams};
