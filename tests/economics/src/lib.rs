//! Ten years of a chain in which people write, farmers come and go, and the token is worth now more, now less. What a
//! byte costs, two rules decide: the chain's own, by the very functions that the runtime calls, and Subspace's, which
//! it was learnt from.
//!
//! | module | holds |
//! |---|---|
//! | [`rules`] | the two rules: price, what is minted, what an author gets |
//! | [`model`] | the market around them, one era at a time |
//! | [`statistics`] | what is told about many runs |
//! | [`attack`] | a farmer who fills his own blocks with junk |
//!
//! The model is rough on purpose: it is to show how a rule answers to noise, shocks and greed, and foretells no price.
//! Its assumptions stand in docs/economics.md, beside the tables that it prints.

#![forbid(unsafe_code)]

pub mod attack;
pub mod model;
pub mod rules;
pub mod statistics;
