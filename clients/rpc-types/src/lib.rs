//! What travels over JSON-RPC, shared by servers and clients.

pub mod auto_id;
pub mod did;
pub mod farmer;

/// Bytes of the largest answer that a command takes from a node: a block of 5 MiB is 10 MiB of hex, and its
/// justification comes as a list of numbers.
pub const MAX_ANSWER_BYTES: u32 = 64 << 20;
