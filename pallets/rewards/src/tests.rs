//! One module for each thing that pays.

mod fees;
mod rewards;
