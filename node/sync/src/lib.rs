//! Which chain a node follows (§8).

#![forbid(unsafe_code)]

mod strategy;

pub use strategy::{AllodSync, NewInner};
