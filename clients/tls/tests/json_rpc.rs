//! The state of the chain over JSON-RPC, from a server that says what a test wants: right answers end
//! in admission, wrong ones in an error with a name.

mod support;

use allod_identity::{
    Check, CheckReport, Identifier, Issuance, KeyFingerprint, LinkReport, MAX_CERTIFICATE_SIZE,
    Outcome, Purpose, Reason, SignatureAlgorithm, VerificationReport,
};
use allod_rpc_types::auto_id::{
    BlockHash, BlockReference, BlockRole, IdentityAnswer, VerifyAnswer,
};
use allod_tls::{
    ChainSource, Head, IdentityCache, JsonRpcOptions, JsonRpcSource, Limits, Refusal, SourceError,
};
use allod_x509::ParsedCertificate;
use futures::{StreamExt, TryStreamExt};
use jsonrpsee::{
    RpcModule, SubscriptionMessage,
    server::{Server, ServerHandle},
    types::{ErrorObjectOwned, Params},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};
use support::{Agent, KeyAlgorithm, TestChain, soon};
use tokio::time;

/// What the server answers, and what it was asked.
#[derive(Default)]
struct Answers {
    answers: HashMap<&'static str, Result<Value, ErrorObjectOwned>>,
    heads: HashMap<&'static str, Vec<Value>>,
    asked: Vec<(&'static str, Value)>,
    delay: Duration,
}

type Shared = Arc<Mutex<Answers>>;

struct Node {
    shared: Shared,
    handle: ServerHandle,
    url: String,
}

const METHODS: [&str; 4] = [
    "chain_getBlockHash",
    "autoId_byKey",
    "autoId_identity",
    "autoId_verify",
];
const SUBSCRIPTIONS: [[&str; 3]; 2] = [
    [
        "chain_subscribeNewHeads",
        "chain_newHead",
        "chain_unsubscribeNewHeads",
    ],
    [
        "chain_subscribeFinalizedHeads",
        "chain_finalizedHead",
        "chain_unsubscribeFinalizedHeads",
    ],
];

impl Node {
    async fn start() -> Self {
        Self::start_at("127.0.0.1:0", Shared::default()).await
    }

    async fn start_at(address: &str, shared: Shared) -> Self {
        let mut module = RpcModule::new(shared.clone());
        for method in METHODS {
            module
                .register_async_method(method, move |parameters, shared, _| {
                    answer(method, parameters, shared.as_ref().clone())
                })
                .unwrap();
        }
        for [subscribe, notify, unsubscribe] in SUBSCRIPTIONS {
            module
                .register_subscription(
                    subscribe,
                    notify,
                    unsubscribe,
                    move |_, pending, shared, _| {
                        let heads = shared.lock().unwrap().heads.get(subscribe).cloned();
                        async move {
                            let sink = pending.accept().await?;
                            for head in heads.unwrap_or_default() {
                                sink.send(SubscriptionMessage::from_json(&head)?).await?;
                            }
                            sink.closed().await;
                            Ok(())
                        }
                    },
                )
                .unwrap();
        }
        let server = Server::builder().build(address).await.unwrap();
        let url = format!("ws://{}", server.local_addr().unwrap());
        let node = Self {
            handle: server.start(module),
            shared,
            url,
        };
        node.says("chain_getBlockHash", json!(BlockHash([9; 32])));
        node
    }

    fn says(&self, method: &'static str, answer: Value) {
        self.shared
            .lock()
            .unwrap()
            .answers
            .insert(method, Ok(answer));
    }

    fn refuses(&self, method: &'static str, code: i32, message: &str) {
        let error = ErrorObjectOwned::owned(code, message, None::<()>);
        self.shared
            .lock()
            .unwrap()
            .answers
            .insert(method, Err(error));
    }

    /// The newest blocks, best first, both of this number.
    fn tells(&self, best: Vec<Value>, finalized: Vec<Value>) {
        let mut shared = self.shared.lock().unwrap();
        shared.heads.insert(SUBSCRIPTIONS[0][0], best);
        shared.heads.insert(SUBSCRIPTIONS[1][0], finalized);
    }

    fn options(&self) -> JsonRpcOptions {
        JsonRpcOptions::new(&self.url)
    }

    async fn source(&self) -> JsonRpcSource {
        JsonRpcSource::connect(self.options()).await.unwrap()
    }
}

async fn answer(
    method: &'static str,
    parameters: Params<'static>,
    shared: Shared,
) -> Result<Value, ErrorObjectOwned> {
    let parameters = parameters.parse().unwrap_or(Value::Null);
    let (answer, delay) = {
        let mut shared = shared.lock().unwrap();
        shared.asked.push((method, parameters));
        (shared.answers.get(method).cloned(), shared.delay)
    };
    time::sleep(delay).await;
    answer.unwrap_or(Ok(Value::Null))
}

/// A header as a node writes it, and its hash, computed with Python's `hashlib`.
fn header() -> (Value, BlockReference) {
    let hash = "0x8bcf2b03a0e814032909cf1ef9b906ab69b31247c98da91f1a961dfe5299c203";
    let header = json!({
        "parentHash": format!("0x{}", "11".repeat(32)),
        "number": "0x7",
        "stateRoot": format!("0x{}", "22".repeat(32)),
        "extrinsicsRoot": format!("0x{}", "33".repeat(32)),
        "digest": { "logs": [] },
    });
    let block = BlockReference {
        number: 7,
        hash: serde_json::from_value(json!(hash)).unwrap(),
    };
    (header, block)
}

fn report(identifier: Identifier, failure: Option<Reason>) -> VerificationReport {
    let outcome = failure.map_or(Outcome::Passed, Outcome::Failed);
    let checks = vec![CheckReport {
        check: Check::Purpose,
        outcome,
    }];
    let links = vec![LinkReport { identifier, checks }];
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let purpose = Some(Purpose::DigitalSignature);
    VerificationReport::new(identifier, now.as_secs(), purpose, links, None)
}

fn verify_answer(identifier: Identifier) -> VerifyAnswer {
    VerifyAnswer {
        holds: true,
        role: BlockRole::Given,
        block: header().1,
        report: report(identifier, None),
    }
}

fn identity_answer(agent: &Agent) -> IdentityAnswer {
    let der = agent.made.der();
    IdentityAnswer {
        identifier: agent.identifier,
        key: KeyFingerprint::of(&ParsedCertificate::parse(&der).unwrap()),
        algorithm: SignatureAlgorithm::Ed25519,
        issuance: Issuance::SelfIssued,
        nonce: 1,
        registered_at: 3,
        certificate: der.try_into().unwrap(),
        block: header().1,
    }
}

fn agent() -> Agent {
    Agent::unregistered(&TestChain::new(), KeyAlgorithm::Ed25519)
}

/// A node that answers rightly about one agent.
async fn right_node(agent: &Agent) -> Node {
    let node = Node::start().await;
    let (header, _) = header();
    node.tells(vec![header.clone()], vec![header]);
    node.says("autoId_byKey", json!(agent.identifier));
    node.says("autoId_identity", json!(identity_answer(agent)));
    node.says("autoId_verify", json!(verify_answer(agent.identifier)));
    node
}

async fn follow(node: &Node) -> IdentityCache {
    let cache = IdentityCache::follow(node.source().await, Limits::default()).unwrap();
    soon(cache.ready()).await;
    cache
}

#[tokio::test]
async fn right_answers_make_a_peer() {
    let agent = agent();
    let node = right_node(&agent).await;
    let cache = follow(&node).await;
    let peer = cache.prefetch(agent.identifier).await.unwrap();
    assert_eq!(peer.identifier(), agent.identifier);
    assert_eq!(peer.certificate(), agent.made.der());
    let (_, block) = header();
    assert_eq!((peer.best().block, peer.finalized().block), (block, block));
    assert!(peer.best().holds());
    let shared = node.shared.lock().unwrap();
    let options = json!({ "purpose": "digitalSignature", "at": block.hash });
    assert!(
        shared
            .asked
            .contains(&("autoId_verify", json!([agent.identifier, options])))
    );
    let identity = json!([agent.identifier, block.hash]);
    assert!(shared.asked.contains(&("autoId_identity", identity)));
    assert!(shared.asked.contains(&("chain_getBlockHash", json!([0]))));
}

#[tokio::test]
async fn heads_are_read_and_hashed_here() {
    let node = Node::start().await;
    let (header, block) = header();
    node.tells(vec![header.clone()], vec![header]);
    let heads = node.source().await.heads().await.unwrap();
    let mut heads: Vec<_> = soon(heads.take(2).try_collect()).await.unwrap();
    heads.sort_by_key(|head| matches!(head, Head::Finalized(_)));
    assert_eq!(heads, [Head::Best(block), Head::Finalized(block)]);
}

#[tokio::test]
async fn malformed_heads_are_errors() {
    let (good, _) = header();
    let with = |field: &str, value: Value| {
        let mut header = good.clone();
        header[field] = value;
        header
    };
    for wrong in [
        json!(null),
        json!([]),
        with("number", json!("0x100000000")),
        with("number", json!(-1)),
        with("parentHash", json!("0x11")),
        with("digest", json!({ "logs": ["0xff"] })),
        with("more", json!(1)),
    ] {
        let node = Node::start().await;
        node.tells(vec![wrong.clone()], vec![]);
        let mut heads = node.source().await.heads().await.unwrap();
        let error = soon(heads.next()).await.unwrap().unwrap_err();
        assert!(
            matches!(error, SourceError::Malformed { .. }),
            "{wrong}: {error}"
        );
    }
}

#[tokio::test]
async fn malformed_answers_admit_nobody() {
    let agent = agent();
    let other = Identifier([5; 32]);
    let changed = |change: fn(&mut VerifyAnswer)| {
        let mut answer = verify_answer(agent.identifier);
        change(&mut answer);
        json!(answer)
    };
    let json_changed = |path: &str, value: Value| {
        let mut answer = json!(verify_answer(agent.identifier));
        *answer.pointer_mut(path).unwrap() = value;
        answer
    };
    let identity_changed = |path: &str, value: Value| {
        let mut answer = json!(identity_answer(&agent));
        *answer.pointer_mut(path).unwrap() = value;
        answer
    };
    let verify = "autoId_verify";
    let identity = "autoId_identity";
    let long = "00".repeat(MAX_CERTIFICATE_SIZE as usize + 1);
    let at_most = format!("at most {MAX_CERTIFICATE_SIZE}");
    let cases = [
        (verify, json!(verify_answer(other)), "another identity"),
        (
            verify,
            changed(|it| it.report.purpose = None),
            "another purpose",
        ),
        (
            verify,
            changed(|it| it.block.hash.0[0] ^= 1),
            "another block",
        ),
        (verify, changed(|it| it.holds = false), "contradicts"),
        (
            verify,
            changed(|it| it.report.links.clear()),
            "not among the links",
        ),
        (
            verify,
            changed(|it| it.report.links = vec![it.report.links[0].clone(); 17]),
            "more links",
        ),
        (
            verify,
            changed(|it| it.report.root = None),
            "without a root",
        ),
        (
            verify,
            changed(|it| {
                let reason = Reason::NoDigitalSignature;
                it.report.links[0].checks[0].outcome = Outcome::Failed(reason);
            }),
            "a check failed",
        ),
        (
            verify,
            json_changed("/identifier", json!("xy")),
            "64 hex digits",
        ),
        (verify, json_changed("/block/number", json!(-7)), "invalid"),
        (
            verify,
            json_changed("/rootTrust", json!("blind")),
            "unknown variant",
        ),
        (verify, json!({}), "missing field"),
        (verify, Value::Null, "invalid type"),
        (verify, json!("holds"), "invalid type"),
        (
            identity,
            identity_changed("/identifier", json!(other)),
            "another identity",
        ),
        (
            identity,
            identity_changed("/block/hash", json!(BlockHash([1; 32]))),
            "another block",
        ),
        (
            identity,
            identity_changed("/certificate", json!("0x3000")),
            "is not the DER",
        ),
        (
            identity,
            identity_changed("/certificate", json!(format!("0x{long}"))),
            &at_most,
        ),
        (identity, json!([]), "invalid"),
    ];
    let node = right_node(&agent).await;
    let cache = follow(&node).await;
    for (method, wrong, expected) in cases {
        let shown = wrong.to_string();
        let right = node
            .shared
            .lock()
            .unwrap()
            .answers
            .insert(method, Ok(wrong));
        let refused = cache.prefetch(agent.identifier).await.unwrap_err();
        let Refusal::Source(SourceError::Malformed { what, .. }) = &refused else {
            panic!("{shown}: {refused}");
        };
        assert!(what.contains(expected), "{shown}: {what}");
        node.shared
            .lock()
            .unwrap()
            .answers
            .insert(method, right.unwrap());
    }
    cache.prefetch(agent.identifier).await.unwrap();
}

#[tokio::test]
async fn a_malformed_answer_about_a_key_is_an_error() {
    let node = Node::start().await;
    let source = node.source().await;
    let key = KeyFingerprint([1; 32]);
    let at = BlockHash([2; 32]);
    assert_eq!(source.identity_by_key(key, at).await, Ok(None));
    for wrong in [json!("00"), json!(7), json!({})] {
        node.says("autoId_byKey", wrong);
        let error = source.identity_by_key(key, at).await.unwrap_err();
        assert!(matches!(error, SourceError::Malformed { .. }), "{error}");
    }
}

#[tokio::test]
async fn refusals_are_cut_and_in_one_line() {
    let node = Node::start().await;
    let source = node.source().await;
    node.refuses("autoId_verify", 10_002, &"no\nstate ".repeat(100));
    let purpose = Purpose::DigitalSignature;
    let error = source
        .verify(Identifier([1; 32]), purpose, BlockHash([2; 32]))
        .await;
    let Err(SourceError::Refused {
        method,
        code,
        message,
    }) = error
    else {
        panic!("{error:?}");
    };
    assert_eq!((method, code), ("autoId_verify", 10_002));
    assert!(message.starts_with("no state no state"), "{message}");
    assert_eq!(message.chars().count(), 200);
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_read() {
    let node = Node::start().await;
    let source = node.source().await;
    node.says("autoId_byKey", json!("0".repeat(300_000)));
    let asked = source
        .identity_by_key(KeyFingerprint([1; 32]), BlockHash([2; 32]))
        .await;
    assert!(asked.is_err(), "{asked:?}");
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for() {
    let node = Node::start().await;
    let options = JsonRpcOptions {
        timeout: Duration::from_millis(300),
        ..node.options()
    };
    let source = JsonRpcSource::connect(options).await.unwrap();
    node.shared.lock().unwrap().delay = Duration::from_secs(5);
    let asked = soon(source.identity_by_key(KeyFingerprint([1; 32]), BlockHash([2; 32]))).await;
    assert_eq!(asked, Err(SourceError::TimedOut("autoId_byKey")));
}

#[tokio::test]
async fn another_chain_is_refused() {
    let node = Node::start().await;
    let (wanted, actual) = (BlockHash([8; 32]), BlockHash([9; 32]));
    let options = |genesis| JsonRpcOptions {
        genesis: Some(genesis),
        ..node.options()
    };
    JsonRpcSource::connect(options(actual)).await.unwrap();
    let error = JsonRpcSource::connect(options(wanted)).await.err().unwrap();
    assert_eq!(error, SourceError::OtherChain { wanted, actual });
    node.says("chain_getBlockHash", Value::Null);
    let error = JsonRpcSource::connect(node.options()).await.err().unwrap();
    assert!(matches!(error, SourceError::Malformed { .. }), "{error}");
}

#[tokio::test]
async fn a_node_that_is_not_there_is_said_to_be_unreachable() {
    // A port that was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    drop(listener);
    for url in [url.as_str(), "ws://", "not an address"] {
        let error = JsonRpcSource::connect(JsonRpcOptions::new(url))
            .await
            .err()
            .unwrap();
        assert!(
            matches!(error, SourceError::Unreachable(_)),
            "{url}: {error}"
        );
    }
}

#[tokio::test]
async fn a_node_that_restarts_is_followed_again() {
    let agent = agent();
    let node = right_node(&agent).await;
    let source = node.source().await;
    let heads = source.heads().await.unwrap();
    node.handle.stop().unwrap();
    node.handle.clone().stopped().await;
    // The subscription ends, by itself or with an error.
    let rest: Vec<_> = soon(heads.collect()).await;
    assert!(rest.len() <= 4, "{rest:?}");
    let key = KeyFingerprint([1; 32]);
    let at = BlockHash([2; 32]);
    let error = source.identity_by_key(key, at).await.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable(_)), "{error}");
    let address = node.url.strip_prefix("ws://").unwrap();
    let again = Node::start_at(address, node.shared.clone()).await;
    soon(async {
        while source.identity_by_key(key, at).await.is_err() {
            time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    let mut heads = source.heads().await.unwrap();
    assert!(soon(heads.next()).await.unwrap().is_ok());
    drop(again);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A right answer with bytes changed: an error, or a report about the same identity.
    #[test]
    fn changed_answers_do_no_harm(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 0x20_u8..0x7f), 1..4),
    ) {
        let identifier = Identifier([7; 32]);
        let mut text = serde_json::to_vec(&verify_answer(identifier)).unwrap();
        for (place, byte) in changes {
            *place.get_mut(&mut text) = byte;
        }
        let Ok(changed) = serde_json::from_slice::<Value>(&text) else {
            return Ok(());
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let node = Node::start().await;
            let source = node.source().await;
            node.says("autoId_verify", changed);
            let purpose = Purpose::DigitalSignature;
            let answer = source.verify(identifier, purpose, header().1.hash).await;
            match answer {
                Ok(_) | Err(SourceError::Malformed { .. }) => Ok(()),
                Err(other) => Err(TestCaseError::fail(other.to_string())),
            }
        })?;
    }
}
