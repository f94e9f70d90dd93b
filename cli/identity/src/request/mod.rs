//! What makes, signs and sends a request.

pub mod args;
pub mod carry_out;
pub mod consents;
pub mod in_time;
pub mod issued_by;
pub mod offline;
pub mod outcome;
pub mod payer;
pub mod payload;
pub mod registered;
pub mod runtime;
pub mod signature;
pub mod transaction;
pub mod unsigned;
