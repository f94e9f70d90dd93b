//! Compiled into the unit tests of each pallet that the runtime here has, and of the servers that ask it: a crate of
//! its own would have another version of the pallet under test, which unit tests cannot use.

// Every one of them uses a part of it.
#![allow(dead_code, unused_imports)]

mod people;
mod runtime;

pub use allod_test_support::people::*;
pub use people::*;
pub use runtime::*;
