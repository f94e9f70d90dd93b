//! The runtime that the rehearsal of an upgrade brings: that of the node with its feature `upgrade-rehearsal`, which
//! raises the version and migrates what farming stores (`runtime/src/rehearsal.rs`).
//!
//! Compiled as WASM and never natively.

#![no_std]

#[cfg(target_family = "wasm")]
pub use allod_runtime::*;
#[cfg(feature = "std")]
pub use wasm::WASM_BINARY;

#[cfg(feature = "std")]
mod wasm {
    // The builder's file names what nobody here needs.
    #![allow(dead_code)]
    include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));
}
