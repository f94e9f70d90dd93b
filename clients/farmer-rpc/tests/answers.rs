//! What becomes of a node's answers. The server is jsonrpsee's, its answers are the test's.

use allod_core::{PieceIndex, SegmentIndex, parameters::PIECE_BYTES};
use allod_farmer_rpc::{JsonRpcNode, JsonRpcNodeOptions, NodeClient, NodeError};
use futures::StreamExt;
use jsonrpsee::{
    RpcModule,
    server::{Server, ServerHandle, SubscriptionMessage},
    types::ErrorObject,
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

/// Long enough for any answer on loopback.
const TIMEOUT: Duration = Duration::from_secs(30);

async fn serve(module: RpcModule<()>) -> (JsonRpcNode, ServerHandle) {
    let server = Server::builder()
        .max_response_body_size(10 << 20)
        .build("127.0.0.1:0")
        .await
        .unwrap();
    let address = server.local_addr().unwrap();
    let options = JsonRpcNodeOptions {
        timeout: TIMEOUT,
        ..JsonRpcNodeOptions::new(format!("ws://{address}"))
    };
    (JsonRpcNode::new(options), server.start(module))
}

/// A node that answers one method with this, whatever the parameters.
async fn answering(method: &'static str, answer: Value) -> (JsonRpcNode, ServerHandle) {
    let mut module = RpcModule::new(());
    module
        .register_method(method, move |_, (), _| answer.clone())
        .unwrap();
    serve(module).await
}

fn is_malformed<T: std::fmt::Debug>(answer: Result<T, NodeError>) -> bool {
    match answer {
        Err(NodeError::Malformed(_)) => true,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_no_answer_is_malformed() {
    let (node, _server) = answering("farmer_chainInfo", json!({"genesisHash": "0x00"})).await;
    assert!(is_malformed(node.chain_info().await));
    let (node, _server) = answering("farmer_segmentHeaders", json!([1, 2])).await;
    assert!(is_malformed(node.segment_headers(SegmentIndex(0)).await));
    for bytes in [0, PIECE_BYTES - 1, PIECE_BYTES + 1] {
        let hex = format!("0x{}", "00".repeat(bytes));
        let (node, _server) = answering("farmer_piece", json!(hex)).await;
        assert!(is_malformed(node.piece(PieceIndex(0)).await), "{bytes}");
    }
    let hex = format!("0x{}", "07".repeat(PIECE_BYTES));
    let (node, _server) = answering("farmer_piece", json!(hex)).await;
    let piece = node.piece(PieceIndex(0)).await.unwrap().unwrap();
    assert_eq!(piece.as_bytes(), vec![7; PIECE_BYTES]);
    let (node, _server) = answering("farmer_piece", Value::Null).await;
    assert_eq!(node.piece(PieceIndex(0)).await.unwrap(), None);
}

#[tokio::test]
async fn refusals_are_told_in_one_short_line() {
    let mut module = RpcModule::new(());
    module
        .register_method("farmer_chainInfo", |_, (), _| {
            let message = format!("not\n{}", "x".repeat(300));
            Err::<(), _>(ErrorObject::owned(-32603, message, None::<()>))
        })
        .unwrap();
    let (node, _server) = serve(module).await;
    let expected = NodeError::Refused(format!("not {}", "x".repeat(196)));
    assert_eq!(node.chain_info().await, Err(expected));
    // A method that the node does not have is refused as well.
    let answer = node.segment_headers(SegmentIndex(0)).await;
    assert!(matches!(answer, Err(NodeError::Refused(_))), "{answer:?}");
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_read() {
    let long = json!("x".repeat(2 << 20));
    let (node, _server) = answering("farmer_piece", long).await;
    let answer = node.piece(PieceIndex(0)).await;
    assert!(
        matches!(answer, Err(NodeError::Unreachable(_))),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_subscription_ends_at_the_first_malformed_item() {
    let mut module = RpcModule::new(());
    module
        .register_subscription(
            "farmer_subscribeSegmentHeaders",
            "farmer_segmentHeader",
            "farmer_unsubscribeSegmentHeaders",
            |_, pending, _, _| async move {
                let sink = pending.accept().await?;
                for item in [header(), json!("nonsense"), header()] {
                    sink.send(SubscriptionMessage::from_json(&item)?).await?;
                }
                sink.closed().await;
                Ok(())
            },
        )
        .unwrap();
    let (node, _server) = serve(module).await;
    let items = node.subscribe_segment_headers().await.unwrap();
    let items = timeout(TIMEOUT, items.collect::<Vec<_>>()).await.unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].segment_index, SegmentIndex(5));
}

fn header() -> Value {
    json!({
        "segmentIndex": 5,
        "segmentCommitment": format!("0x{}", "01".repeat(48)),
        "previousHeaderHash": format!("0x{}", "02".repeat(32)),
        "lastArchivedBlock": {"number": 3, "progress": "complete"},
    })
}
