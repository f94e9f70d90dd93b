//! What travels over JSON-RPC, shared by servers and clients.

pub mod auto_id;
pub mod did;
pub mod farmer;
