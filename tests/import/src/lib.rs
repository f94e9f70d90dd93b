//! What the tests of block import work with: a node without network, and blocks for it.
//!
//! Nothing here is played: histories are archived, solutions are farmed from their pieces,
//! proofs-of-time are evaluated, blocks are executed. Only the parameters of the chain are small.
//!
//! | module | holds |
//! |---|---|
//! | [`harness`] | a node without network, and what it says to a block |
//! | [`farming`] | farmers: sectors, tickets, proofs-of-time, blocks |
//! | [`block`] | a block on its way, and how to tamper with it |
//! | [`identities`] | identities, and the calls by which they come onto the chain and act there |
//! | [`prices`] | what these calls weigh, and in how many bytes |
//!
//! The rules are in `tests/rules`, what import costs in `benches/import.rs`, and with the most expensive calls in
//! `benches/full_block.rs`; what verifying an identity costs in `benches/verify.rs`.

pub mod block;
pub mod farming;
pub mod harness;
pub mod identities;
pub mod prices;
