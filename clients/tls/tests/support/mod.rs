//! What the tests share: certificates made by OpenSSL, and a chain that says what a test wants.
#![allow(dead_code, reason = "every test file uses a part of it")]

mod chain;
mod files;

pub use allod_x509::KeyAlgorithm;
pub use chain::TestChain;
pub use files::Made;

use allod_identity::Identifier;
use allod_tls::{
    Acceptor, ConnectError, Connector, Credential, IdentityCache, Limits, PeerStream, Policy,
};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    time,
};

/// An agent: its identity and what it shows.
pub struct Agent {
    pub identifier: Identifier,
    pub made: Made,
    pub credential: Arc<Credential>,
}

impl Agent {
    /// Makes key and certificate; nobody registers it.
    pub fn unregistered(chain: &TestChain, kind: KeyAlgorithm) -> Self {
        let made = Made::new(kind);
        Self {
            identifier: chain.identifier(&made.der()),
            credential: made.credential(),
            made,
        }
    }

    /// One that is registered in the next block.
    pub fn registered(chain: &TestChain, kind: KeyAlgorithm) -> Self {
        let agent = Self::unregistered(chain, kind);
        chain.register(&agent.made.der());
        agent
    }
}

/// A chain with two agents that hold at the finalized block.
pub fn two_agents(server: KeyAlgorithm, client: KeyAlgorithm) -> (TestChain, Agent, Agent) {
    let chain = TestChain::new();
    let server = Agent::registered(&chain, server);
    let client = Agent::registered(&chain, client);
    chain.mine_and_finalize();
    (chain, server, client)
}

/// A cache that knows the newest blocks.
pub async fn cache(chain: &TestChain, limits: Limits) -> IdentityCache {
    let cache = IdentityCache::follow(chain.clone(), limits).unwrap();
    soon(cache.ready()).await;
    cache
}

type Connected = Result<PeerStream<DuplexStream>, ConnectError>;

/// Both ends of a handshake: what the client and what the server made of it.
pub async fn handshake(
    cache: &IdentityCache,
    client: (&Agent, &Policy),
    server: (&Agent, &Policy),
) -> (Connected, Connected) {
    let (left, right) = tokio::io::duplex(16_384);
    let connector = Connector::new(cache.clone(), client.0.credential.clone());
    let credential = server.0.credential.clone();
    let acceptor = Acceptor::new(cache.clone(), credential, server.1.clone()).unwrap();
    let both = async { tokio::join!(connector.connect(left, client.1), acceptor.accept(right)) };
    soon(both).await
}

/// Two ends that are connected.
pub async fn connected(
    cache: &IdentityCache,
    client: (&Agent, &Policy),
    server: (&Agent, &Policy),
) -> (PeerStream<DuplexStream>, PeerStream<DuplexStream>) {
    let (client, server) = handshake(cache, client, server).await;
    (client.unwrap(), server.unwrap())
}

/// Sends a message and sees it arrive.
pub async fn pass(
    from: &mut PeerStream<DuplexStream>,
    to: &mut PeerStream<DuplexStream>,
    message: &[u8],
) {
    let mut received = vec![0; message.len()];
    let sent = async {
        from.write_all(message).await.unwrap();
        from.flush().await.unwrap();
    };
    soon(async { tokio::join!(sent, to.read_exact(&mut received)).1.unwrap() }).await;
    assert_eq!(received, message);
}

/// What must happen, and within seconds.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    let done = time::timeout(Duration::from_secs(20), future).await;
    done.expect("it takes too long")
}

/// Waits until something is so.
pub async fn until(condition: impl Fn() -> bool) {
    soon(async {
        while !condition() {
            time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
