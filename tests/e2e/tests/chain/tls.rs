//! TLS between identities of a real chain: those who name each other talk until one is revoked, a stranger
//! is refused, and without the chain nobody talks for long.

use crate::identities::register;
use allod_e2e::{Node, binary, eventually, openssl, run};
use allod_tls::{
    Acceptor, ConnectError, Connector, Credential, IdentityCache, JsonRpcOptions, JsonRpcSource,
    Limits, PeerStream, Policy, Refusal,
};
use std::{fs, path::Path, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A registered identity and its key.
struct Agent {
    identifier: String,
    policy: Policy,
    credential: Arc<Credential>,
}

impl Agent {
    async fn register(node: &Node, folder: &Path, name: &str, kind: &[&str]) -> Self {
        let [certificate, key] = [".pem", ".key"].map(|ending| format!("{name}{ending}"));
        let kind = kind.join(" ");
        let files = format!("-keyout {key} -out {certificate}");
        let made = format!("req -x509 -nodes -days 30 -subj /CN={name} {kind} {files}");
        openssl(&made, folder).await;
        let identifier = register(node, folder, &certificate).await;
        let read = |name: &str| fs::read(folder.join(name)).unwrap();
        Self {
            policy: Policy::identity(identifier.parse().unwrap()),
            identifier,
            credential: Credential::from_pem(&read(&certificate), &read(&key)).unwrap(),
        }
    }

    /// A root revokes itself.
    async fn revoke(node: &Node, folder: &Path, name: &str) {
        let certificate = format!("{name}.pem");
        let revoke = ["id", "revoke", &certificate, "--certificate", &certificate];
        let why = ["--reason", "keyCompromise", "--url", &node.url];
        let revoked = run(binary(), &[&revoke[..], &why].concat(), folder).await;
        assert_eq!(revoked.code, 0, "{}{}", revoked.out, revoked.err);
    }

    /// Waits until it is in a final block.
    async fn wait_until_final(&self, node: &Node, folder: &Path) {
        let verify = ["id", "verify", &self.identifier, "--url", &node.url];
        let verified = run(binary(), &verify, folder).await;
        assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
    }
}

type Connected = Result<PeerStream<TcpStream>, ConnectError>;

/// What the client and what the server make of each other.
async fn handshake(
    cache: &IdentityCache,
    client: (&Agent, &Policy),
    server: (&Agent, &Policy),
) -> (Connected, Connected) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let outgoing = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    let (incoming, _) = listener.accept().await.unwrap();
    let connector = Connector::new(cache.clone(), client.0.credential.clone());
    let credential = server.0.credential.clone();
    let acceptor = Acceptor::new(cache.clone(), credential, server.1.clone()).unwrap();
    tokio::join!(
        connector.connect(outgoing, client.1),
        acceptor.accept(incoming)
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_talk_while_the_chain_says_that_they_hold() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &["dev"]).await;
    node.wait_for_block(1).await;
    let ed25519 = ["-newkey", "ed25519"];
    let p256 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let alice = Agent::register(&node, folder.path(), "alice", &ed25519).await;
    let bob = Agent::register(&node, folder.path(), "bob", &p256).await;
    let stranger = Agent::register(&node, folder.path(), "stranger", &ed25519).await;
    for agent in [&alice, &bob, &stranger] {
        agent.wait_until_final(&node, folder.path()).await;
    }

    let source = JsonRpcSource::connect(JsonRpcOptions::new(&node.url))
        .await
        .unwrap();
    let limits = Limits {
        // A development chain makes a block in every other second.
        max_age: Duration::from_secs(30),
        ..Limits::default()
    };
    let cache = IdentityCache::follow(source, limits).unwrap();
    cache.ready().await;

    // The stranger's identity holds as well as theirs.
    let to_bob = (&stranger, &bob.policy);
    let (_, accepted) = handshake(&cache, to_bob, (&bob, &alice.policy)).await;
    let refused = accepted.unwrap_err();
    assert!(
        matches!(refused, ConnectError::Refused(Refusal::NotNamed(_))),
        "{refused}"
    );

    let to_alice = (&bob, &alice.policy);
    let (left, right) = handshake(&cache, (&alice, &bob.policy), to_alice).await;
    let (mut left, mut right) = (left.unwrap(), right.unwrap());
    // Through more blocks than an answer may lag.
    for message in ["one", "two", "three"] {
        node.wait_for_block(node.best().await + 2).await;
        left.write_all(message.as_bytes()).await.unwrap();
        left.flush().await.unwrap();
        let mut received = vec![0; message.len()];
        right.read_exact(&mut received).await.unwrap();
        assert_eq!(received, message.as_bytes());
    }

    Agent::revoke(&node, folder.path(), "bob").await;
    eventually("the end of the revoked one's connection", || async {
        left.ended()
    })
    .await;
    let ended = left.ended().unwrap();
    assert!(matches!(ended, Refusal::DoesNotHold { .. }), "{ended}");
    let (refused, _) = handshake(&cache, (&alice, &bob.policy), to_alice).await;
    let refused = refused.unwrap_err();
    assert!(
        matches!(refused, ConnectError::Refused(Refusal::DoesNotHold { .. })),
        "{refused}"
    );

    // Two that hold, and no chain any more.
    let to_alice = (&stranger, &alice.policy);
    let (left, right) = handshake(&cache, (&alice, &stranger.policy), to_alice).await;
    let (left, right) = (left.unwrap(), right.unwrap());
    node.kill().await;
    eventually("the end of the connection", || async {
        left.ended().and(right.ended())
    })
    .await;
    let ended = left.ended().unwrap();
    assert!(matches!(ended, Refusal::StaleSeconds { .. }), "{ended}");
    let (refused, _) = handshake(&cache, (&alice, &stranger.policy), to_alice).await;
    let refused = refused.unwrap_err();
    assert!(
        matches!(refused, ConnectError::Refused(Refusal::StaleSeconds { .. })),
        "{refused}"
    );
}
