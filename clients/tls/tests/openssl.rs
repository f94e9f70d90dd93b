//! The other end is OpenSSL's: `s_client` and `s_server`, over loopback.

mod support;

use allod_tls::{Acceptor, ConnectError, Connector, Limits, PeerStream, Policy, Refusal};
use std::{net::SocketAddr, process::Stdio, time::Duration};
use support::{Agent, KeyAlgorithm, Made, TestChain, cache, soon, two_agents};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdout, Command},
    time,
};

fn only(agent: &Agent) -> Policy {
    Policy::identity(agent.identifier)
}

/// `openssl` as one side of a connection: it shows `me` and trusts nobody but `peer`.
fn openssl(verb: &str, me: &Agent, peer: &Agent, more: &[&str]) -> Child {
    Command::new("openssl")
        .arg(verb)
        .arg("-cert")
        .arg(me.made.certificate_path())
        .arg("-key")
        .arg(me.made.key_path())
        .arg("-CAfile")
        .arg(peer.made.certificate_path())
        .arg("-verify_return_error")
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

struct Server {
    acceptor: Acceptor,
    listener: TcpListener,
    address: String,
}

impl Server {
    async fn new(chain: &TestChain, me: &Agent, policy: Policy) -> Self {
        let cache = cache(chain, Limits::default()).await;
        let acceptor = Acceptor::new(cache, me.credential.clone(), policy).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        Self {
            acceptor,
            listener,
            address,
        }
    }

    async fn accept(&self) -> Result<PeerStream<TcpStream>, ConnectError> {
        let (socket, _) = soon(self.listener.accept()).await.unwrap();
        soon(self.acceptor.accept(socket)).await
    }
}

/// All that a process says until it ends.
async fn rest(child: Child) -> String {
    let output = soon(child.wait_with_output()).await.unwrap();
    let [said, complained] = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it));
    format!("{said}{complained}")
}

#[tokio::test]
async fn s_client_is_admitted_and_answered() {
    let kinds = Made::accepted_kinds();
    for server in kinds.clone() {
        for client in kinds.clone() {
            let (chain, server, client) = two_agents(server, client);
            let listening = Server::new(&chain, &server, only(&client)).await;
            let arguments = ["-connect", &listening.address, "-msg", "-ign_eof"];
            let mut process = openssl("s_client", &client, &server, &arguments);
            let mut stream = listening.accept().await.unwrap();
            assert_eq!(stream.peer().identifier(), client.identifier);
            let mut stdin = process.stdin.take().unwrap();
            stdin.write_all(b"is anybody there\n").await.unwrap();
            let mut line = [0; 17];
            soon(stream.read_exact(&mut line)).await.unwrap();
            assert_eq!(&line, b"is anybody there\n");
            stream.write_all(b"somebody is\n").await.unwrap();
            stream.shutdown().await.unwrap();
            drop((stream, stdin));
            let said = rest(process).await;
            assert!(said.contains("somebody is"), "{said}");
            assert!(said.contains("TLSv1.3"), "{said}");
            assert!(said.contains("Verify return code: 0 (ok)"), "{said}");
            assert!(!said.contains("NewSessionTicket"), "{said}");
        }
    }
}

#[tokio::test]
async fn s_client_with_another_identity_is_refused() {
    let (chain, server, client) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::P256);
    let stranger = Agent::registered(&chain, KeyAlgorithm::P256);
    chain.mine_and_finalize();
    let listening = Server::new(&chain, &server, only(&client)).await;
    let arguments = ["-connect", &listening.address, "-ign_eof"];
    // The first time the server asks the chain after the handshake; the second time it knows.
    for _ in 0..2 {
        let process = openssl("s_client", &stranger, &server, &arguments);
        let Err(ConnectError::Refused(refused)) = listening.accept().await else {
            panic!("a stranger was admitted");
        };
        assert_eq!(refused, Refusal::NotNamed(stranger.identifier));
        let said = rest(process).await;
        assert!(said.contains("error"), "{said}");
    }
}

#[tokio::test]
async fn tls_1_2_is_not_spoken() {
    let (chain, server, client) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::P256);
    let listening = Server::new(&chain, &server, only(&client)).await;
    let arguments = ["-connect", &listening.address, "-tls1_2"];
    let process = openssl("s_client", &client, &server, &arguments);
    assert!(matches!(
        listening.accept().await,
        Err(ConnectError::Handshake(_))
    ));
    let said = rest(process).await;
    assert!(said.contains("alert protocol version"), "{said}");
}

#[tokio::test]
async fn s_client_is_cut_off_when_it_is_revoked() {
    let (chain, server, client) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let listening = Server::new(&chain, &server, only(&client)).await;
    let arguments = ["-connect", &listening.address, "-ign_eof"];
    let process = openssl("s_client", &client, &server, &arguments);
    let mut stream = listening.accept().await.unwrap();
    stream.write_all(b"welcome\n").await.unwrap();
    stream.flush().await.unwrap();
    time::sleep(Duration::from_millis(200)).await;
    chain.fail(client.identifier);
    chain.mine();
    // It ends by itself, since the socket closes.
    let said = rest(process).await;
    assert!(said.contains("welcome"), "{said}");
    assert!(said.contains("unexpected eof"), "{said}");
    assert!(matches!(stream.ended(), Some(Refusal::DoesNotHold { .. })));
}

/// Starts `s_server` on a port that the system picks. It sends every line back, reversed.
async fn s_server(me: &Agent, peer: &Agent, more: &[&str]) -> (Child, SocketAddr) {
    let arguments = [&["-accept", "127.0.0.1:0", "-Verify", "1", "-rev"], more].concat();
    let mut process = openssl("s_server", me, peer, &arguments);
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let address = soon(async {
        loop {
            let line = lines.next_line().await.unwrap().expect("s_server ended");
            if let Some(address) = line.strip_prefix("ACCEPT ") {
                break address.parse().unwrap();
            }
        }
    })
    .await;
    // Kept open, or the server would die of a broken pipe.
    tokio::spawn(drain(lines.into_inner()));
    (process, address)
}

async fn drain(mut output: BufReader<ChildStdout>) {
    let mut all = Vec::new();
    output.read_to_end(&mut all).await.ok();
}

#[tokio::test]
async fn s_server_is_admitted_and_admits() {
    let kinds = Made::accepted_kinds();
    for server in kinds.clone() {
        for client in kinds.clone() {
            let (chain, server, client) = two_agents(server, client);
            let (_process, address) = s_server(&server, &client, &[]).await;
            let cache = cache(&chain, Limits::default()).await;
            let connector = Connector::new(cache, client.credential.clone());
            let socket = TcpStream::connect(address).await.unwrap();
            let mut stream = soon(connector.connect(socket, &only(&server)))
                .await
                .unwrap();
            assert_eq!(stream.peer().identifier(), server.identifier);
            stream.write_all(b"drawer\n").await.unwrap();
            stream.flush().await.unwrap();
            let mut line = [0; 7];
            soon(stream.read_exact(&mut line)).await.unwrap();
            assert_eq!(&line, b"reward\n");
        }
    }
}

#[tokio::test]
async fn s_server_with_another_identity_is_refused() {
    let (chain, server, client) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::P256);
    let stranger = Agent::registered(&chain, KeyAlgorithm::P256);
    chain.mine_and_finalize();
    let (_process, address) = s_server(&stranger, &client, &[]).await;
    let cache = cache(&chain, Limits::default()).await;
    let connector = Connector::new(cache.clone(), client.credential.clone());
    let refused = |policy: Policy| {
        let connector = connector.clone();
        async move {
            let socket = TcpStream::connect(address).await.unwrap();
            match soon(connector.connect(socket, &policy)).await {
                Err(ConnectError::Refused(refused)) => refused,
                other => panic!("{other:?}"),
            }
        }
    };
    let by_name = refused(only(&server)).await;
    assert!(matches!(by_name, Refusal::KeyNotNamed(_)), "{by_name}");
    let root = Some(stranger.identifier);
    let by_root = refused(Policy::roots(vec![server.identifier]).unwrap()).await;
    assert!(matches!(by_root, Refusal::RootNotNamed { root: it, .. } if it == root));
}

#[tokio::test]
async fn s_server_with_tls_1_2_is_refused() {
    let (chain, server, client) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::P256);
    let (_process, address) = s_server(&server, &client, &["-tls1_2"]).await;
    let cache = cache(&chain, Limits::default()).await;
    let connector = Connector::new(cache, client.credential.clone());
    let socket = TcpStream::connect(address).await.unwrap();
    let connection = soon(connector.connect(socket, &only(&server))).await;
    assert!(
        matches!(connection, Err(ConnectError::Handshake(_))),
        "{connection:?}"
    );
}
