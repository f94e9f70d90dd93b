//! Against a server that comes and goes.

use super::*;
use jsonrpsee::{
    RpcModule,
    core::client::ClientT,
    rpc_params,
    server::{Server, ServerHandle},
};
use std::{
    future::ready,
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
};
use tokio::time::sleep;

async fn serve(address: SocketAddr) -> (SocketAddr, ServerHandle) {
    let server = Server::builder().build(address).await.unwrap();
    let address = server.local_addr().unwrap();
    let mut module = RpcModule::new(());
    module
        .register_method("long", |_, (), _| "x".repeat(2000))
        .unwrap();
    module.register_method("short", |_, (), _| 7).unwrap();
    (address, server.start(module))
}

fn any_port() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

fn options(address: SocketAddr) -> ConnectionOptions {
    ConnectionOptions {
        url: format!("ws://{address}"),
        timeout: Duration::from_secs(10),
        max_answer_bytes: 1000,
        max_waiting_items: 4,
    }
}

async fn client(connection: &Connection) -> Result<Arc<WsClient>, ConnectError> {
    connection.client(|_| ready(Ok(()))).await
}

/// As often as the second between attempts demands.
async fn again(connection: &Connection) -> Arc<WsClient> {
    let reconnected = async {
        loop {
            match client(connection).await {
                Ok(client) => return client,
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), reconnected).await;
    waited.expect("the server is there")
}

#[tokio::test]
async fn one_connection_serves_until_it_breaks_and_then_another() {
    let (address, server) = serve(any_port()).await;
    let connection = Connection::new(options(address));
    let first = client(&connection).await.unwrap();
    assert!(Arc::ptr_eq(&first, &client(&connection).await.unwrap()));
    server.stop().unwrap();
    server.stopped().await;
    first.on_disconnect().await;
    assert!(client(&connection).await.is_err());

    let (_, _server) = serve(address).await;
    let second = again(&connection).await;
    assert!(!Arc::ptr_eq(&first, &second));
    let answer: u8 = second.request("short", rpc_params![]).await.unwrap();
    assert_eq!(answer, 7);
}

#[tokio::test]
async fn attempts_are_a_second_apart() {
    let (address, server) = serve(any_port()).await;
    server.stop().unwrap();
    server.stopped().await;
    let connection = Connection::new(options(address));
    let error = client(&connection).await.err().unwrap();
    assert!(matches!(error, ConnectError::Failed(_)), "{error}");
    let error = client(&connection).await.err().unwrap();
    assert!(matches!(error, ConnectError::TooSoon), "{error}");
}

#[tokio::test]
async fn a_connection_that_fails_its_check_is_not_used() {
    #[derive(Debug)]
    enum CheckError {
        Connect(ConnectError),
        Wrong,
    }
    impl From<ConnectError> for CheckError {
        fn from(error: ConnectError) -> Self {
            Self::Connect(error)
        }
    }
    let (address, _server) = serve(any_port()).await;
    let connection = Connection::new(options(address));
    let checks = AtomicUsize::new(0);
    let check = |_| {
        checks.fetch_add(1, Ordering::Relaxed);
        ready(Err(CheckError::Wrong))
    };
    let error = connection.client(check).await.err().unwrap();
    assert!(matches!(error, CheckError::Wrong), "{error:?}");
    let error = connection.client(check).await.err().unwrap();
    assert!(
        matches!(error, CheckError::Connect(ConnectError::TooSoon)),
        "{error:?}"
    );
    assert_eq!(checks.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_long_answer_is_an_error() {
    let (address, _server) = serve(any_port()).await;
    let connection = Connection::new(options(address));
    let client = client(&connection).await.unwrap();
    let answer = client.request::<String, _>("long", rpc_params![]).await;
    assert!(answer.is_err());
}

#[test]
fn words_of_a_node_are_one_short_line() {
    assert_eq!(one_line(&"two\nlines"), "two lines");
    assert_eq!(one_line(&"x".repeat(201)), "x".repeat(200));
}
