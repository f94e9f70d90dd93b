//! JSON-RPC servers.
//!
//! | namespace | module | for |
//! |---|---|---|
//! | `allod_*` | [`history`] | everybody: parameters, segment headers, pieces |
//! | `farmer_*` | [`farmer`] | farmers: slots, solutions, seals |
//! | `autoId_*` | [`auto_id`] | agents and verifiers: identities |
//! | `did_*` | [`did`] | verifiers: identities as DID documents |

#![forbid(unsafe_code)]

pub mod auto_id;
pub mod did;
pub mod error;
pub mod farmer;
pub mod history;
mod pieces;
#[cfg(test)]
mod tests;
