//! Turns blocks into history as they get final, keeps the history, and says which segment headers
//! a block must carry.
//!
//! | module | holds |
//! |---|---|
//! | [`encoding`] | the bytes of a block that are archived |
//! | [`store`] | segment headers and pieces on disk |
//! | [`journal`] | the unfinished segment on disk |
//! | [`worker`] | archives final blocks, answers for any chain of blocks |
//! | `restore` | where to go on when the journal was lost |
//! | [`mod@rebuild`] | makes damaged segments again |
//!
//! # On disk
//!
//! One folder, `history/` beside the chain's database:
//!
//! - `headers`: one fixed-size record for each segment, see [`store`];
//! - `segment-<index>`: the pieces of one segment, see [`store`];
//! - `journal`: the archiver's state when the newest segment was finished, and the blocks since,
//!   see [`journal`].
//!
//! A segment is finished in this order: its pieces, its header, a new journal. Each step is
//! complete or absent after a crash, and the next start repeats the ones that are absent with the
//! same bytes: the journal still holds the blocks, or else the database does. So whatever a power
//! cut leaves at the end of a file is cut off with a warning. Damage that good segments follow is
//! reported with path and offset, and made good only by [`rebuild::rebuild`].
//!
//! After a write that failed the archiver does nothing more ([`Archiver::failed`]), and the node
//! stops: its next start begins with what is on disk.

#![forbid(unsafe_code)]

pub mod encoding;
mod error;
pub mod files;
pub mod journal;
pub mod rebuild;
mod restore;
pub mod store;
pub mod worker;

pub use encoding::archived_bytes;
pub use error::Error;
pub use store::SegmentStore;
pub use worker::{Archiver, Notifications};
