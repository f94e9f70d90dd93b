//! Mutual TLS whose peers are identities that hold on chain.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing
    )
)]

pub mod cache;
pub mod config;
pub mod connect;
pub mod limits;
pub mod peer;
pub mod policy;
pub mod refusal;
mod rules;
pub mod source;
pub mod stream;
pub mod verifier;

pub use cache::{IdentityCache, Kept};
pub use config::{Credential, CredentialError, client_config, server_config};
pub use connect::{Acceptor, ConnectError, Connector};
pub use limits::{LimitError, Limits};
pub use peer::{Peer, Standing};
pub use policy::{MAX_NAMED, Policy, PolicyError};
pub use refusal::Refusal;
pub use source::{
    ChainSource, Head, SourceError,
    json_rpc::{JsonRpcOptions, JsonRpcSource},
};
pub use stream::PeerStream;
pub use verifier::AutoIdVerifier;

/// Most intermediate certificates that a peer may send: a chain of issue has at most 8 (§11).
pub const MAX_INTERMEDIATES: usize = 7;
