//! Open connections end when their peer must not be talked to any more.

mod support;

use allod_identity::Identifier;
use allod_rpc_types::auto_id::BlockRole;
use allod_tls::{IdentityCache, Limits, PeerStream, Policy, Refusal, SourceError};
use std::{io, time::Duration};
use support::{Agent, KeyAlgorithm, TestChain, cache, connected, pass, soon, two_agents, until};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    time,
};

type Stream = PeerStream<DuplexStream>;

fn only(agent: &Agent) -> Policy {
    Policy::identity(agent.identifier)
}

struct Pair {
    chain: TestChain,
    cache: IdentityCache,
    server: Agent,
    client: Agent,
    /// The client's end, which watches the server.
    left: Stream,
    /// The server's end, which watches the client.
    right: Stream,
}

impl Pair {
    async fn new(limits: Limits) -> Self {
        let (chain, server, client) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::P256);
        let cache = cache(&chain, limits).await;
        let (to_server, to_client) = (only(&server), only(&client));
        let (left, right) = connected(&cache, (&client, &to_server), (&server, &to_client)).await;
        Self {
            chain,
            cache,
            server,
            client,
            left,
            right,
        }
    }
}

fn reason(error: &io::Error) -> Refusal {
    Refusal::within_io(error).expect("ended here").clone()
}

fn is_revoked_at_best(reason: &Refusal) -> bool {
    matches!(
        reason,
        Refusal::DoesNotHold {
            role: BlockRole::Best,
            ..
        }
    )
}

/// Everything that the peer still gets: it must be cut off, not told that all has been said.
async fn assert_cut_off(stream: &mut Stream) {
    let mut rest = Vec::new();
    let error = soon(stream.read_to_end(&mut rest)).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn whoever_waits_to_read_is_told_and_the_peer_is_cut_off() {
    let mut pair = Pair::new(Limits::default()).await;
    pass(&mut pair.left, &mut pair.right, b"before").await;
    pair.chain.fail(pair.client.identifier);
    let mine = async {
        time::sleep(Duration::from_millis(50)).await;
        pair.chain.mine();
    };
    let mut byte = [0];
    let (error, ()) = soon(async { tokio::join!(pair.right.read(&mut byte), mine) }).await;
    assert!(is_revoked_at_best(&reason(&error.unwrap_err())));
    assert!(is_revoked_at_best(&pair.right.ended().unwrap()));
    assert!(pair.right.with_tls(|_| ()).is_err());
    // For ever, in both directions.
    let error = pair.right.write_all(b"after").await.unwrap_err();
    assert!(is_revoked_at_best(&reason(&error)));
    assert!(pair.right.flush().await.is_err());
    assert!(pair.right.shutdown().await.is_err());
    assert_eq!(
        pair.left.ended(),
        None,
        "the client knows nothing against the server"
    );
    assert_cut_off(&mut pair.left).await;
}

#[tokio::test]
async fn a_stream_that_nobody_touches_is_closed_too() {
    let mut pair = Pair::new(Limits::default()).await;
    pair.chain.fail(pair.client.identifier);
    pair.chain.mine();
    // `right` is neither read nor written.
    assert_cut_off(&mut pair.left).await;
    assert!(pair.right.ended().is_some());
}

#[tokio::test]
async fn whoever_waits_to_write_is_told() {
    let mut pair = Pair::new(Limits::default()).await;
    pair.chain.fail(pair.client.identifier);
    // Nobody reads at the other end, so the pipe fills up.
    let written = tokio::spawn(async move {
        let error = loop {
            if let Err(error) = pair.right.write_all(&[0; 4096]).await {
                break error;
            }
        };
        reason(&error)
    });
    time::sleep(Duration::from_millis(100)).await;
    assert!(!written.is_finished(), "the pipe must be full");
    pair.chain.mine();
    assert!(is_revoked_at_best(&soon(written).await.unwrap()));
    drop(pair.left);
}

#[tokio::test]
async fn reader_and_writer_in_two_tasks_are_both_told() {
    let pair = Pair::new(Limits::default()).await;
    let (mut reader, mut writer) = tokio::io::split(pair.right);
    let reading = tokio::spawn(async move { reader.read(&mut [0]).await.unwrap_err() });
    let writing = tokio::spawn(async move {
        loop {
            if let Err(error) = writer.write_all(&[0; 4096]).await {
                break error;
            }
        }
    });
    time::sleep(Duration::from_millis(100)).await;
    assert!(!reading.is_finished() && !writing.is_finished());
    pair.chain.fail(pair.client.identifier);
    pair.chain.mine();
    for task in [reading, writing] {
        assert!(is_revoked_at_best(&reason(&soon(task).await.unwrap())));
    }
    drop(pair.left);
}

#[tokio::test]
async fn what_was_received_before_is_not_handed_over_after() {
    let mut pair = Pair::new(Limits::default()).await;
    pair.left.write_all(b"sent in time").await.unwrap();
    pair.left.flush().await.unwrap();
    pair.chain.fail(pair.client.identifier);
    pair.chain.mine();
    until(|| pair.right.ended().is_some()).await;
    let error = pair.right.read(&mut [0; 64]).await.unwrap_err();
    assert!(is_revoked_at_best(&reason(&error)));
}

#[tokio::test]
async fn a_renewal_ends_connections_with_the_old_certificate() {
    let mut pair = Pair::new(Limits::default()).await;
    let renewed = pair.client.made.renewed();
    pair.chain.renew(pair.client.identifier, &renewed);
    pair.chain.mine();
    until(|| pair.right.ended().is_some()).await;
    let expected = Refusal::NotCurrent(pair.client.identifier);
    assert_eq!(pair.right.ended(), Some(expected));
    assert_cut_off(&mut pair.left).await;
    // With the new one the client comes back.
    let key = pair.client.made.key();
    pair.client.credential.replace(renewed.into(), key).unwrap();
    let (to_server, to_client) = (only(&pair.server), only(&pair.client));
    let (client, server) = ((&pair.client, &to_server), (&pair.server, &to_client));
    let (mut left, mut right) = connected(&pair.cache, client, server).await;
    pass(&mut left, &mut right, b"back").await;
}

#[tokio::test]
async fn connections_end_when_the_identity_is_gone() {
    let pair = Pair::new(Limits::default()).await;
    pair.chain.remove(pair.client.identifier);
    pair.chain.mine();
    until(|| pair.right.ended().is_some()).await;
    assert!(is_revoked_at_best(&pair.right.ended().unwrap()));
}

#[tokio::test]
async fn connections_end_when_the_policy_is_not_met_any_more() {
    let (chain, server, client) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let (root, other) = (Identifier([1; 32]), Identifier([2; 32]));
    chain.put_under(client.identifier, &[root]);
    chain.mine_and_finalize();
    let cache = cache(&chain, Limits::default()).await;
    let policies = [
        Policy::roots(vec![root]).unwrap(),
        Policy::predicate(move |peer| peer.descends_from(&root)),
    ];
    let to_server = only(&server);
    let [by_root, by_predicate] = &policies;
    let (_left, right) = connected(&cache, (&client, &to_server), (&server, by_root)).await;
    let (_left2, right2) = connected(&cache, (&client, &to_server), (&server, by_predicate)).await;
    chain.put_under(client.identifier, &[other]);
    chain.mine();
    until(|| right.ended().is_some() && right2.ended().is_some()).await;
    let (role, root) = (BlockRole::Best, Some(other));
    assert_eq!(right.ended(), Some(Refusal::RootNotNamed { role, root }));
    let expected = Refusal::PredicateFalse(client.identifier);
    assert_eq!(right2.ended(), Some(expected));
}

#[tokio::test]
async fn peers_that_hold_stay_through_many_blocks() {
    let mut pair = Pair::new(Limits::default()).await;
    // A node that catches up tells of many blocks at once, more than may lie between.
    for _ in 0..50 {
        pair.chain.mine_and_finalize();
    }
    for _ in 0..5 {
        pair.chain.mine_and_finalize();
        time::sleep(Duration::from_millis(30)).await;
        pass(&mut pair.left, &mut pair.right, b"still here").await;
    }
    assert_eq!((pair.left.ended(), pair.right.ended()), (None, None));
}

#[tokio::test]
async fn slow_answers_end_nothing_while_they_come_in_time() {
    let mut pair = Pair::new(Limits::default()).await;
    pair.chain.delay(Duration::from_millis(200));
    for _ in 0..10 {
        pair.chain.mine_and_finalize();
        time::sleep(Duration::from_millis(50)).await;
    }
    time::sleep(Duration::from_millis(500)).await;
    pass(&mut pair.left, &mut pair.right, b"still here").await;
}

#[tokio::test]
async fn without_answers_connections_end_after_two_blocks() {
    let pair = Pair::new(Limits::default()).await;
    let error = SourceError::Unreachable("gone".into());
    pair.chain.refuse_questions(Some(error));
    for _ in 0..2 {
        pair.chain.mine();
        time::sleep(Duration::from_millis(100)).await;
        assert_eq!(pair.right.ended(), None);
    }
    pair.chain.mine();
    until(|| pair.right.ended().is_some() && pair.left.ended().is_some()).await;
    let expected = Refusal::StaleBlocks {
        role: BlockRole::Best,
        asked_at: 1,
        newest: 4,
        max: 2,
    };
    assert_eq!(pair.right.ended(), Some(expected));
}

#[tokio::test]
async fn answers_that_hang_end_connections_after_two_blocks() {
    let limits = Limits {
        round: Duration::from_millis(100),
        ..Limits::default()
    };
    let pair = Pair::new(limits).await;
    pair.chain.delay(Duration::from_secs(3_600));
    for _ in 0..3 {
        pair.chain.mine();
        time::sleep(Duration::from_millis(150)).await;
    }
    until(|| pair.right.ended().is_some()).await;
    let ended = pair.right.ended().unwrap();
    assert!(matches!(ended, Refusal::StaleBlocks { .. }), "{ended}");
}

#[tokio::test]
async fn without_blocks_connections_end() {
    let limits = Limits {
        max_age: Duration::from_secs(2),
        ..Limits::default()
    };
    let pair = Pair::new(limits).await;
    pair.chain
        .break_with(Some(SourceError::Unreachable("gone".into())));
    until(|| pair.right.ended().is_some() && pair.left.ended().is_some()).await;
    let expected = Refusal::StaleSeconds { seconds: 2, max: 2 };
    let ended = pair.right.ended().unwrap();
    assert!(
        matches!(ended, Refusal::StaleSeconds { max: 2, .. }),
        "{ended}, like {expected}"
    );
    // Nobody is let in either.
    let refused = pair
        .cache
        .prefetch(pair.client.identifier)
        .await
        .unwrap_err();
    assert!(matches!(refused, Refusal::StaleSeconds { .. }), "{refused}");
    // The node comes back. The same block again is no news.
    pair.chain.break_with(None);
    time::sleep(Duration::from_millis(1_500)).await;
    let refused = pair
        .cache
        .prefetch(pair.client.identifier)
        .await
        .unwrap_err();
    assert!(matches!(refused, Refusal::StaleSeconds { .. }), "{refused}");
    pair.chain.mine_and_finalize();
    let (to_server, to_client) = (only(&pair.server), only(&pair.client));
    soon(async {
        while pair.cache.prefetch(pair.client.identifier).await.is_err() {
            time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let (client, server) = ((&pair.client, &to_server), (&pair.server, &to_client));
    connected(&pair.cache, client, server).await;
}

#[tokio::test]
async fn a_panic_in_a_policy_ends_everything() {
    let (chain, server, client) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let cache = cache(&chain, Limits::default()).await;
    let trap = Policy::predicate(|peer| {
        assert!(peer.best().block.number < 2, "a trap");
        true
    });
    let (to_server, to_client) = (only(&server), only(&client));
    let (_left, right) = connected(&cache, (&client, &to_server), (&server, &trap)).await;
    let (_left2, right2) = connected(&cache, (&client, &to_server), (&server, &to_client)).await;
    chain.mine();
    until(|| right.ended().is_some() && right2.ended().is_some()).await;
    assert_eq!(right2.ended(), Some(Refusal::NotFollowing));
    let refused = cache.prefetch(client.identifier).await.unwrap_err();
    assert_eq!(refused, Refusal::NotFollowing);
}

#[tokio::test]
async fn dropped_connections_are_not_asked_about() {
    let pair = Pair::new(Limits::default()).await;
    drop((pair.left, pair.right));
    let asked = pair.chain.questions();
    pair.chain.mine_and_finalize();
    time::sleep(Duration::from_millis(100)).await;
    assert_eq!(pair.chain.questions(), asked);
    // One that is kept is.
    let kept = pair.cache.keep(pair.client.identifier).await.unwrap();
    let asked = pair.chain.questions();
    pair.chain.mine();
    until(|| pair.chain.questions() >= asked + 2).await;
    drop(kept);
    time::sleep(Duration::from_millis(50)).await;
    let asked = pair.chain.questions();
    pair.chain.mine();
    time::sleep(Duration::from_millis(100)).await;
    assert_eq!(pair.chain.questions(), asked);
}
