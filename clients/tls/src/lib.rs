//! Mutual TLS whose peers are identities that hold on chain (§11.10).
//!
//! Both sides show a certificate. A peer is accepted exactly if
//!
//! 1. its certificate is the current one of an identity at the best block, byte for byte,
//! 2. that identity holds, its key wanted for digital signatures, at the best block and at the
//!    finalized one,
//! 3. the caller's [`Policy`] names it, or one of its roots, or says yes to it, and
//! 4. it has the certificate's key, as TLS proves (RFC 8446, 4.4.3).
//!
//! There is no policy by default and none that accepts any identity: to hold is not to be trusted.
//! The server's name is not looked at, is not sent, and proves nothing; neither do names in
//! certificates. Whoever wants to reach `example.org` has to know which identity that is.
//!
//! ```no_run
//! use allod_tls::{
//!     Acceptor, Connector, Credential, IdentityCache, JsonRpcOptions, JsonRpcSource, Limits, Policy,
//! };
//! use tokio::net::{TcpListener, TcpStream};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! // A node of one's own: what it says is believed.
//! let source = JsonRpcSource::connect(JsonRpcOptions::new("ws://127.0.0.1:9944")).await?;
//! let cache = IdentityCache::follow(source, Limits::default())?;
//! cache.ready().await;
//! let pem = std::fs::read("agent.pem")?;
//! let me = Credential::from_pem(&pem, &std::fs::read("agent.key")?)?;
//! let friend = Policy::identity("5c0e…".parse()?);
//!
//! // As a client:
//! let socket = TcpStream::connect("198.51.100.7:4433").await?;
//! let stream = Connector::new(cache.clone(), me.clone()).connect(socket, &friend).await?;
//!
//! // As a server, each connection in a task of its own:
//! let acceptor = Acceptor::new(cache, me, friend)?;
//! let listener = TcpListener::bind("0.0.0.0:4433").await?;
//! loop {
//!     let (socket, _) = listener.accept().await?;
//!     let acceptor = acceptor.clone();
//!     tokio::spawn(async move {
//!         let stream = acceptor.accept(socket).await?;
//!         println!("{} is here", stream.peer().identifier());
//!         Ok::<(), allod_tls::ConnectError>(())
//!     });
//! }
//! # }
//! ```
//!
//! The result is a [`PeerStream`], to be read and written like any other, until the peer must not be
//! talked to any more. Then it is closed, within two blocks, whether it is used or idle.
//!
//! # Meeting a peer for the first time
//!
//! rustls wants to know at once whether a certificate will do, and the chain takes time to answer. A
//! connector and an acceptor let a peer that the cache does not know finish the handshake, so that it
//! proves that it has the key, then ask the chain, and only then hand the stream to the caller
//! ([`connect`]). Before, not one byte of the application goes either way. rustls' own `Acceptor` does
//! not help here: it shows the client's hello, and a client's certificate comes later, encrypted.
//!
//! Programs that need rustls' own configurations ([`client_config`], [`server_config`]) get verifiers
//! that refuse whomever the cache does not know, so these must [keep](IdentityCache::keep) their peers;
//! and they have to end connections themselves.
//!
//! # What is not here
//!
//! TLS 1.2: it shows the client's certificate to everybody on the way. Resumption and 0-RTT: see
//! [`config`]. ALPN. Raw public keys (RFC 7250). Extended key usage is not looked at: the purpose
//! that the chain knows for TLS is digitalSignature.
//!
//! | module | holds |
//! |---|---|
//! | [`policy`] | whom one wants to talk to |
//! | [`source`] | where the state of the chain comes from: the trait, and JSON-RPC |
//! | [`cache`] | what is known of it, followed block by block |
//! | `rules` | when a peer is admitted: one pure function |
//! | [`verifier`] | what rustls asks |
//! | [`config`] | configurations of rustls, and one's own certificate and key |
//! | [`connect`] | connectors and acceptors |
//! | [`stream`] | connections that end |
//! | [`refusal`] | one variant for each cause |
//! | [`limits`] | every bound |
//! | [`threats`] | what could go wrong, and what is done about it |

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
pub mod threats;
pub mod verifier;

// The chain of the tests, which is written as for users of this crate.
#[cfg(test)]
extern crate self as allod_tls;
#[cfg(test)]
#[allow(dead_code, reason = "a part of it is for the tests outside")]
#[path = "../tests/support/chain.rs"]
mod test_chain;

pub use cache::{FollowError, IdentityCache, Kept};
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

/// Most intermediate certificates that a peer may send: what a chain of issue may have above the peer's own.
pub const MAX_INTERMEDIATES: usize = allod_identity::MAX_DEPTH as usize - 1;
