//! What tests of blocks start from: the parameters of a small chain, [claims](claim) that are well-formed and no
//! more, a [solution that was farmed](FarmedSolution), and [slots evaluated](time) one after another.
//!
//! It is a dev-dependency of crates that it depends on itself. Their unit tests may use of it only what has none of
//! their own types in its signature: they see another version of those.

pub mod claim;
mod farmed;
mod parameters;
pub mod time;

pub use farmed::FarmedSolution;
pub use parameters::parameters;
