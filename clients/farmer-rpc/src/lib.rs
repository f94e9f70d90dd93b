//! The interface between a farmer and its node.
//!
//! | module | holds |
//! |---|---|
//! | [`node_client`] | all that a farmer asks of a node, as a trait |
//! | [`api`] | the same as JSON-RPC methods, `farmer_*` |
//! | [`json_rpc`] | a node at the other end of a WebSocket |
//!
//! What travels is in [`allod_rpc_types::farmer`]. A farmer in the node's process uses the node's own
//! [`NodeClient`]; one in a process of its own uses [`JsonRpcNode`]; the node's JSON-RPC server serves any
//! [`NodeClient`].

#![forbid(unsafe_code)]

pub mod api;
pub mod json_rpc;
pub mod node_client;

pub use api::{FarmerApiClient, FarmerApiServer};
pub use json_rpc::{JsonRpcNode, JsonRpcNodeOptions};
pub use node_client::{NodeClient, NodeError};
