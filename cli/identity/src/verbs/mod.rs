//! The verbs: one file each, whose `//!` says how it goes.

pub mod assemble;
pub mod consent;
pub mod control;
pub mod crl;
pub mod csr;
pub mod data;
pub mod error;
pub mod extrinsic;
pub mod issue;
pub mod new;
pub mod recover;
pub mod register;
pub mod renew;
pub mod reparent;
pub mod report;
pub mod resolve;
pub mod revoke;
#[cfg(test)]
mod tests;
pub mod verify;
