//! Two agents talk over mutual TLS, and stop when one of them does not hold any more.
//!
//! With a development chain running (`allod dev --tmp`), in a folder of its own:
//!
//! ```sh
//! for agent in alice bob; do
//!   openssl req -x509 -newkey ed25519 -nodes -keyout $agent.key -out $agent.pem -subj /CN=$agent -days 30
//!   allod id register $agent.pem
//! done
//! cargo run --release -p allod-tls --example two_agents -- alice bob
//! ```
//!
//! They talk from the moment on when both are in a final block. When the chain says of one that it
//! does not hold any more (it was revoked, it expired, …), the other says why it has hung up. From
//! another terminal in that folder, the end of it:
//!
//! ```sh
//! allod id revoke bob.pem --certificate bob.pem --reason keyCompromise
//! ```
//!
//! The names are those of files, `NAME.pem` and `NAME.key`. A third argument is the address of the node.

use allod_identity::Identifier;
use allod_tls::{
    Acceptor, ConnectError, Connector, Credential, IdentityCache, JsonRpcOptions, JsonRpcSource,
    Limits, PeerStream, Policy, Refusal,
};
use allod_x509::ParsedCertificate;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{env, error, fs, io, process::ExitCode, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time,
};

type Error = Box<dyn error::Error + Send + Sync>;

const MESSAGE_INTERVAL: Duration = Duration::from_secs(1);
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// One of the two: its own files, its own view of the chain.
struct Agent {
    name: String,
    identifier: Identifier,
    credential: Arc<Credential>,
    cache: IdentityCache,
}

impl Agent {
    async fn new(name: &str, url: &str) -> Result<Self, Error> {
        let read = |ending| {
            let path = format!("{name}.{ending}");
            fs::read(&path).map_err(|error| format!("{path}: {error}"))
        };
        let (certificate, key) = (read("pem")?, read("key")?);
        let credential = Credential::from_pem(&certificate, &key)?;
        let der = CertificateDer::from_pem_slice(&certificate)?;
        let source = JsonRpcSource::connect(JsonRpcOptions::new(url)).await?;
        Ok(Self {
            name: name.into(),
            // As long as it has not been renewed, an identity is named by its certificate.
            identifier: Identifier::of(&ParsedCertificate::parse(&der)?),
            credential,
            cache: IdentityCache::follow(source, Limits::default())?,
        })
    }

    fn says(&self, what: &str) {
        println!("{}: {what}", self.name);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Error> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (client, server, url) = match arguments.as_slice() {
        [client, server] => (client, server, "ws://127.0.0.1:9944"),
        [client, server, url] => (client, server, url.as_str()),
        _ => return Err("usage: two_agents CLIENT SERVER [URL]".into()),
    };
    let client = Agent::new(client, url).await?;
    let server = Agent::new(server, url).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let (peer_of_client, peer_of_server) = (server.identifier, client.identifier);
    tokio::select! {
        result = listen(&server, listener, peer_of_server) => result,
        result = call(&client, &address, peer_of_client) => result,
    }
}

/// Answers one caller after another until one does not hold any more.
async fn listen(me: &Agent, listener: TcpListener, peer: Identifier) -> Result<(), Error> {
    me.cache.ready().await;
    let (cache, credential) = (me.cache.clone(), me.credential.clone());
    let acceptor = Acceptor::new(cache, credential, Policy::identity(peer))?;
    loop {
        let (socket, _) = listener.accept().await?;
        match acceptor.accept(socket).await {
            Ok(stream) => {
                me.says(&format!("{} is here", stream.peer().identifier()));
                if let Some(reason) = hung_up(answer(me, stream).await) {
                    me.says(&format!("I hung up: {reason}"));
                    return Ok(());
                }
            }
            Err(error) => me.says(&format!("not admitted: {error}")),
        }
    }
}

async fn answer(me: &Agent, stream: PeerStream<TcpStream>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        me.says(&format!("heard “{}”", line.trim_end()));
        stream
            .write_all(format!("yes, {}", line).as_bytes())
            .await?;
        stream.flush().await?;
        line.clear();
    }
    Ok(())
}

/// Calls until the other holds, talks to it, and ends when it does not hold any more.
async fn call(me: &Agent, address: &str, peer: Identifier) -> Result<(), Error> {
    me.cache.ready().await;
    let connector = Connector::new(me.cache.clone(), me.credential.clone());
    let policy = Policy::identity(peer);
    loop {
        let socket = TcpStream::connect(address).await?;
        match connector.connect(socket, &policy).await {
            Ok(stream) => {
                let talked = talk(me, stream).await;
                if let Err(error) = &talked {
                    me.says(&format!("cut off: {error}"));
                }
                if let Some(reason) = hung_up(talked) {
                    me.says(&format!("I hung up: {reason}"));
                    return Ok(());
                }
            }
            // Registered a moment ago, perhaps, and not in a final block yet.
            Err(ConnectError::Refused(refusal)) => me.says(&format!("not yet: {refusal}")),
            Err(error) => me.says(&error.to_string()),
        }
        time::sleep(RETRY_INTERVAL).await;
    }
}

async fn talk(me: &Agent, stream: PeerStream<TcpStream>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    for number in 1_u64.. {
        stream
            .write_all(format!("message {number}\n").as_bytes())
            .await?;
        stream.flush().await?;
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            break;
        }
        me.says(&format!("heard “{}”", line.trim_end()));
        time::sleep(MESSAGE_INTERVAL).await;
    }
    Ok(())
}

/// Why this side ended the connection, if it did.
fn hung_up(talked: io::Result<()>) -> Option<Refusal> {
    Refusal::within_io(talked.as_ref().err()?).cloned()
}
