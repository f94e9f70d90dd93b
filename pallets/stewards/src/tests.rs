//! One module for each call, and one for genesis.

mod cancel;
mod genesis;
mod schedule;
mod set_stewards;
