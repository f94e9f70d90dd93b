//! Networks under attack: real nodes, and attackers that speak their protocols.
//!
//! | module | holds |
//! |---|---|
//! | [`chain`] | the chain that a network follows |
//! | [`honest`] | its nodes, and what must hold of them whatever happens |
//! | [`hosts`] | hosts of a private network for them |
//! | [`attacker`] | a peer that means ill |
//! | [`stock`] | what it answers when it is asked |
//! | [`shadow`] | its view of the chain, by which it makes blocks |
//! | [`bad_blocks`] | blocks that break a rule each |
//! | [`wire`] | what nodes say to one another, as bytes |
//! | [`scenarios`] | the attacks |
//!
//! What must hold: honest nodes agree, none is stopped, none takes more memory than is normal, and whoever lied is off.

#![forbid(unsafe_code)]

pub mod attacker;
pub mod bad_blocks;
pub mod chain;
pub mod honest;
pub mod hosts;
pub mod scenarios;
pub mod shadow;
pub mod stock;
pub mod wire;
