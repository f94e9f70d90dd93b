//! One module for the hook, for genesis, for the fund; one that compares the arithmetic with a slow twin.

mod fund;
mod genesis;
mod on_initialize;
mod twin;
