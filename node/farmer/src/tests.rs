//! The farmer as a whole.

mod json_rpc;
