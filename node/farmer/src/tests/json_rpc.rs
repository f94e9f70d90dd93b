//! A farmer and its node with JSON-RPC between them: the node's server, a WebSocket, and the client
//! that a farmer in a process of its own uses.

use crate::{
    test_chain::{PLOT_KEY, SEGMENTS, parameters, piece},
    test_node::{Received, TestNode},
};
use allod_core::{HistorySize, PieceIndex, PublicKey, SegmentIndex, Slot, Solution, SolutionRange};
use allod_farmer_rpc::{FarmerApiServer, JsonRpcNode, JsonRpcNodeOptions, NodeClient, NodeError};
use allod_rpc::farmer::FarmerRpc;
use allod_rpc_types::farmer::{SealResponse, SigningRequest, SlotInfo, SolutionSubmission};
use futures::{StreamExt, stream::BoxStream};
use parity_scale_codec::Decode;
use sc_rpc_server::{
    BatchRequestConfig, Config, RpcEndpoint, RpcMethods, Server, create_rpc_runtime, start_server,
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

/// Long enough for anything on loopback.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A node's JSON-RPC server, ended when dropped.
pub(crate) async fn serve(
    node: Arc<dyn NodeClient>,
    address: SocketAddr,
    rpc_methods: RpcMethods,
) -> Server {
    let rpc_api = FarmerRpc::new(node).into_rpc();
    let start = || async {
        let endpoint = RpcEndpoint {
            listen_addr: address,
            batch_config: BatchRequestConfig::Disabled,
            max_connections: 8,
            max_payload_in_mb: 15,
            max_payload_out_mb: 15,
            max_subscriptions_per_connection: 16,
            max_buffer_capacity_per_connection: 64,
            rate_limit: None,
            rate_limit_trust_proxy_headers: false,
            rate_limit_whitelisted_ips: Vec::new(),
            cors: None,
            rpc_methods,
            is_optional: false,
            retry_random_port: false,
        };
        let config = Config {
            endpoints: vec![endpoint],
            metrics: None,
            rpc_api: rpc_api.clone(),
            id_provider: None,
            request_logger_limit: 1024,
            rpc_runtime: create_rpc_runtime(8).unwrap(),
        };
        start_server(config).await
    };
    // Where a server was stopped a moment ago its port may still be taken.
    let started = async {
        loop {
            match start().await {
                Ok(server) => return server,
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    };
    timeout(TIMEOUT, started).await.expect("the server starts")
}

pub(crate) fn any_port() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

pub(crate) fn client_of(server: &Server) -> JsonRpcNode {
    let address = server.listen_addrs()[0];
    JsonRpcNode::new(JsonRpcNodeOptions {
        timeout: TIMEOUT,
        ..JsonRpcNodeOptions::new(format!("ws://{address}"))
    })
}

/// A node, its server and a client.
struct Connected {
    node: Arc<TestNode>,
    received: Received,
    server: Server,
    client: JsonRpcNode,
}

async fn connected(rpc_methods: RpcMethods) -> Connected {
    let (node, received) = TestNode::new(2);
    let node = Arc::new(node);
    let server = serve(node.clone(), any_port(), rpc_methods).await;
    Connected {
        client: client_of(&server),
        node,
        received,
        server,
    }
}

fn solution() -> Solution {
    Solution::decode(&mut &[9; Solution::SIZE][..]).unwrap()
}

fn submission() -> SolutionSubmission {
    SolutionSubmission {
        slot: Slot(u64::MAX),
        solution: solution(),
    }
}

fn seal() -> SealResponse {
    SealResponse {
        header_hash: [3; 32],
        signature: [4; 64],
    }
}

fn slot(number: u64) -> SlotInfo {
    SlotInfo {
        slot: Slot(number),
        global_challenge: [5; 32],
        solution_range: SolutionRange(u64::MAX),
        history_size: HistorySize(1),
    }
}

/// The next item of a subscription; none if it is over.
async fn next<T>(items: &mut BoxStream<'static, T>) -> Option<T> {
    timeout(TIMEOUT, items.next()).await.expect("in time")
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered_as_by_the_node_itself() {
    let Connected {
        node,
        client,
        server: _server,
        ..
    } = connected(RpcMethods::Unsafe).await;
    let info = client.chain_info().await.unwrap();
    assert_eq!(info, node.chain_info().await.unwrap());
    assert_eq!(info.genesis_hash, PLOT_KEY.genesis_hash);
    assert_eq!(info.parameters, parameters());
    assert_eq!(info.history_size, HistorySize(2));

    let headers = |first| client.segment_headers(SegmentIndex(first));
    assert_eq!(headers(0).await.unwrap(), [SEGMENTS[0].header]);
    assert_eq!(headers(1).await.unwrap(), [SEGMENTS[1].header]);
    assert_eq!(headers(2).await.unwrap(), []);
    assert_eq!(headers(u64::MAX).await.unwrap(), []);

    let found = client.piece(PieceIndex(1)).await.unwrap();
    assert_eq!(found.as_ref(), Some(piece(PieceIndex(1))));
    *node.change_piece.lock() = Box::new(|_, _| None);
    assert_eq!(client.piece(PieceIndex(1)).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn solutions_and_seals_reach_the_node() {
    let mut connected = connected(RpcMethods::Unsafe).await;
    let client = &connected.client;
    client.submit_solution(submission()).await.unwrap();
    client.submit_seal(seal()).await.unwrap();
    let received = &mut connected.received;
    assert_eq!(received.solutions.next().await, Some(submission()));
    assert_eq!(received.seals.next().await, Some(seal()));
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_bring_what_the_node_announces() {
    let Connected {
        node,
        client,
        server: _server,
        ..
    } = connected(RpcMethods::Unsafe).await;
    let mut slots = client.subscribe_slots().await.unwrap();
    let mut signing = client.subscribe_signing().await.unwrap();
    let mut headers = client.subscribe_segment_headers().await.unwrap();
    for number in [1, 2, u64::MAX] {
        node.slots.send(slot(number));
        assert_eq!(next(&mut slots).await, Some(slot(number)));
    }
    let request = SigningRequest {
        public_key: PublicKey([6; 32]),
        header: vec![7; 500].try_into().unwrap(),
    };
    node.signing.send(request.clone());
    assert_eq!(next(&mut signing).await, Some(request));
    node.grow();
    assert_eq!(next(&mut headers).await, Some(SEGMENTS[2].header));

    // A subscription that the node ends is over at the other end, too; the others go on.
    node.slots.disconnect();
    assert_eq!(next(&mut slots).await, None);
    node.grow();
    assert_eq!(next(&mut headers).await, Some(SEGMENTS[3].header));
    // One that the farmer ends is over in the node.
    drop(headers);
    let ended = async {
        while node.segments.subscribers() > 0 {
            sleep(Duration::from_millis(10)).await;
            node.segments.send(SEGMENTS[0].header);
        }
    };
    timeout(TIMEOUT, ended).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_come_with_the_nodes_words() {
    let Connected {
        node,
        client,
        server: _server,
        received: _received,
    } = connected(RpcMethods::Unsafe).await;
    *node.refuses.lock() = Some("not today");
    let refused = || NodeError::Refused("not today".into());
    assert_eq!(client.submit_solution(submission()).await, Err(refused()));
    assert_eq!(client.submit_seal(seal()).await, Err(refused()));
    assert_eq!(client.piece(PieceIndex(0)).await, Err(refused()));
    let slots = client.subscribe_slots().await.map(|_| ());
    assert_eq!(slots, Err(refused()));
    // The connection is as good as before.
    *node.refuses.lock() = None;
    client.submit_seal(seal()).await.unwrap();
}

/// As on an address that is not local.
#[tokio::test(flavor = "multi_thread")]
async fn whom_the_server_does_not_trust_may_look_on() {
    let Connected {
        node,
        mut received,
        client,
        server: _server,
    } = connected(RpcMethods::Safe).await;
    let unsafe_ = || NodeError::Refused("RPC call is unsafe to be called externally".into());
    assert_eq!(client.submit_solution(submission()).await, Err(unsafe_()));
    assert_eq!(client.submit_seal(seal()).await, Err(unsafe_()));
    let signing = client.subscribe_signing().await.map(|_| ());
    assert_eq!(signing, Err(unsafe_()));
    assert_eq!(node.signing.subscribers(), 0);
    assert!(received.solutions.try_recv().is_err());
    assert!(received.seals.try_recv().is_err());

    assert!(client.chain_info().await.is_ok());
    let mut slots = client.subscribe_slots().await.unwrap();
    node.slots.send(slot(1));
    assert_eq!(next(&mut slots).await, Some(slot(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_broke_is_made_anew() {
    let Connected {
        node,
        server,
        client,
        ..
    } = connected(RpcMethods::Unsafe).await;
    let address = server.listen_addrs()[0];
    let mut slots = client.subscribe_slots().await.unwrap();
    drop(server);
    assert_eq!(next(&mut slots).await, None);
    let answer = client.chain_info().await;
    assert!(
        matches!(answer, Err(NodeError::Unreachable(_))),
        "{answer:?}"
    );

    let _server = serve(node.clone(), address, RpcMethods::Unsafe).await;
    let subscribed = async {
        loop {
            match client.subscribe_slots().await {
                Ok(slots) => return slots,
                Err(NodeError::Unreachable(_)) => sleep(Duration::from_millis(100)).await,
                Err(other) => panic!("{other}"),
            }
        }
    };
    let mut slots = timeout(TIMEOUT, subscribed).await.unwrap();
    node.slots.send(slot(2));
    assert_eq!(next(&mut slots).await, Some(slot(2)));
    assert!(client.chain_info().await.is_ok());
}
