//! What makes, signs and sends a request.

pub mod act;
pub mod options;
pub mod outcome;
pub mod party;
pub mod payer;
pub mod query;
pub mod signing;
pub mod steps;
pub mod transaction;
