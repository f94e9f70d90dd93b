//! The farmer: plots pieces of the history (§6 of the design), audits them in every slot and proves
//! what wins (§7), and seals the blocks that a node makes of its solutions (§8).
//!
//! It sees its node through one interface, [`NodeClient`](allod_farmer_rpc::NodeClient), which a node in
//! the same process implements as well as a connection over JSON-RPC does, and names no node internals.
//!
//! | module | holds |
//! |---|---|
//! | [`farmer`] | the farmer as a whole: follows the node, keeps the plot |
//! | [`events`] | what it tells of itself |
//! | [`plot_directory`] | the plot's directory: key, chain, lock |
//! | [`sector_file`] | sectors on disk: format, checksums |
//! | [`plotting`], [`pieces`] | making sectors; getting checked pieces |
//! | [`sectors`] | which sector is next, and which one is given up |
//! | [`eligibility`], [`history`] | which sectors may win; when they expire |
//! | [`audit`], [`tickets`] | looking for winning chunks |
//! | [`proving`] | from a winning chunk to a solution |
//! | [`signing`], [`signed_claims`], [`header`] | what is signed, and what never |
//! | [`pool`], [`tables`] | threads and memory for heavy work |

pub mod audit;
pub mod bitmap;
pub mod eligibility;
pub mod events;
pub mod farmer;
mod files;
pub mod header;
pub mod history;
pub mod pieces;
pub mod plot_directory;
pub mod plotting;
pub mod pool;
pub mod proving;
pub mod sector_file;
pub mod sectors;
pub mod signed_claims;
pub mod signed_slot;
pub mod signing;
pub mod tables;
#[cfg(test)]
mod test_chain;
#[cfg(test)]
mod test_node;
#[cfg(test)]
mod tests;
pub mod tickets;

pub use events::{EventHandler, FarmerEvent, SectorEvent};
pub use farmer::{Farmer, FarmerConfig, FarmerError};
pub use files::{DamagedFile, FileError};
pub use sector_file::sector_bytes;
