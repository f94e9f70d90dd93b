//! Who is admitted and who is refused, in real handshakes.

mod support;

use allod_identity::{Failure, Identifier};
use allod_rpc_types::auto_id::BlockRole;
use allod_tls::{ConnectError, Limits, Policy, Refusal, SourceError};
use std::time::Duration;
use support::{
    Agent, KeyAlgorithm, Made, TestChain, cache, connected, handshake, pass, two_agents,
};

fn only(agent: &Agent) -> Policy {
    Policy::identity(agent.identifier)
}

/// What the server refuses, if the client takes any server.
async fn refused_client(chain: &TestChain, client: &Agent, policy: &Policy) -> Refusal {
    let server = Agent::registered(chain, KeyAlgorithm::Ed25519);
    chain.mine_and_finalize();
    let cache = cache(chain, Limits::default()).await;
    let to_server = only(&server);
    let (_, accepted) = handshake(&cache, (client, &to_server), (&server, policy)).await;
    refusal(accepted.unwrap_err())
}

fn refusal(error: ConnectError) -> Refusal {
    match error {
        ConnectError::Refused(refusal) => refusal,
        other => panic!("not a refusal: {other}"),
    }
}

#[tokio::test]
async fn identities_that_name_each_other_talk() {
    let kinds = Made::accepted_kinds();
    for server in kinds.clone() {
        for client in kinds.clone() {
            let (chain, server, client) = two_agents(server, client);
            let cache = cache(&chain, Limits::default()).await;
            let (to_server, to_client) = (only(&server), only(&client));
            let (mut left, mut right) =
                connected(&cache, (&client, &to_server), (&server, &to_client)).await;
            assert_eq!(left.peer().identifier(), server.identifier);
            assert_eq!(right.peer().identifier(), client.identifier);
            pass(&mut left, &mut right, b"good morning").await;
            pass(&mut right, &mut left, &[7; 100_000]).await;
        }
    }
}

#[tokio::test]
async fn a_strangers_valid_identity_is_refused_by_every_policy() {
    let (chain, server, client) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::P256);
    let stranger = Agent::registered(&chain, KeyAlgorithm::Ed25519);
    chain.mine_and_finalize();
    let cache = cache(&chain, Limits::default()).await;
    let friend = client.identifier;
    let to_stranger = only(&stranger);
    let stranger_id = stranger.identifier;
    let policies = [
        (Policy::identity(friend), Refusal::NotNamed(stranger_id)),
        (
            Policy::identities(vec![friend, server.identifier]).unwrap(),
            Refusal::NotNamed(stranger_id),
        ),
        (
            Policy::roots(vec![friend]).unwrap(),
            Refusal::RootNotNamed {
                role: BlockRole::Best,
                root: Some(stranger_id),
            },
        ),
        (
            Policy::predicate(move |peer| peer.identifier() == friend),
            Refusal::PredicateFalse(stranger_id),
        ),
    ];
    for (policy, expected) in policies {
        // Whether the stranger calls or is called; whether the cache knows it already or not.
        for _ in 0..2 {
            let to_server = only(&server);
            let (_, accepted) =
                handshake(&cache, (&stranger, &to_server), (&server, &policy)).await;
            assert_eq!(refusal(accepted.unwrap_err()), expected);
        }
        let (connection, _) =
            handshake(&cache, (&client, &policy), (&stranger, &only(&client))).await;
        let refused = refusal(connection.unwrap_err());
        if policy_names(&expected) {
            // Only the named ones are known within the handshake; nobody else gets that far.
            assert!(
                matches!(refused, Refusal::NotNamed(_) | Refusal::KeyNotNamed(_)),
                "{refused}"
            );
        } else {
            assert_eq!(refused, expected);
        }
        // The same policy admits the friend, and the stranger is admitted where it is named.
        connected(&cache, (&client, &only(&server)), (&server, &policy)).await;
    }
    connected(&cache, (&client, &to_stranger), (&stranger, &only(&client))).await;
}

fn policy_names(expected: &Refusal) -> bool {
    matches!(expected, Refusal::NotNamed(_))
}

#[tokio::test]
async fn descendants_of_a_named_root_are_admitted() {
    let (chain, server, client) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let (root, other) = (Identifier([1; 32]), Identifier([2; 32]));
    chain.put_under(client.identifier, &[root, Identifier([3; 32])]);
    chain.mine_and_finalize();
    let cache = cache(&chain, Limits::default()).await;
    let policy = Policy::roots(vec![other, root]).unwrap();
    let (_, right) = connected(&cache, (&client, &only(&server)), (&server, &policy)).await;
    assert!(right.peer().descends_from(&root));
    assert!(!right.peer().descends_from(&other));

    // A new root counts only when it is final, the old one no more as soon as it is not the best.
    chain.put_under(client.identifier, &[other]);
    chain.mine();
    for (roots, role, actual) in [
        (vec![root], BlockRole::Best, other),
        (vec![other], BlockRole::Finalized, root),
    ] {
        let policy = Policy::roots(roots).unwrap();
        let refused = refused_client_at(&chain, &server, &client, &policy).await;
        let root = Some(actual);
        assert_eq!(refused, Refusal::RootNotNamed { role, root });
    }
}

/// What the server refuses, asked without a new block.
async fn refused_client_at(
    chain: &TestChain,
    server: &Agent,
    client: &Agent,
    policy: &Policy,
) -> Refusal {
    let cache = cache(chain, Limits::default()).await;
    let (_, accepted) = handshake(&cache, (client, &only(server)), (server, policy)).await;
    refusal(accepted.unwrap_err())
}

#[tokio::test]
async fn unregistered_keys_are_refused() {
    let chain = TestChain::new();
    let client = Agent::unregistered(&chain, KeyAlgorithm::P256);
    let refused = refused_client(&chain, &client, &only(&client)).await;
    assert!(matches!(refused, Refusal::KeyUnregistered(_)), "{refused}");
}

#[tokio::test]
async fn an_identity_must_hold_at_the_best_and_at_the_finalized_block() {
    let (chain, server, client) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let role_of = |refusal: &Refusal, identifier| match refusal {
        Refusal::DoesNotHold { role, failure, .. } => {
            let Failure {
                identifier: at_fault,
                ..
            } = failure;
            assert_eq!(*at_fault, identifier);
            *role
        }
        other => panic!("{other}"),
    };
    // Registered a moment ago.
    let newcomer = Agent::registered(&chain, KeyAlgorithm::Ed25519);
    chain.mine();
    let refused = refused_client_at(&chain, &server, &newcomer, &only(&newcomer)).await;
    assert_eq!(role_of(&refused, newcomer.identifier), BlockRole::Finalized);
    // Revoked a moment ago.
    chain.fail(client.identifier);
    chain.mine();
    let refused = refused_client_at(&chain, &server, &client, &only(&client)).await;
    assert_eq!(role_of(&refused, client.identifier), BlockRole::Best);
}

#[tokio::test]
async fn only_the_current_certificate_counts() {
    let (chain, server, client) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::P256);
    let renewed = client.made.renewed();
    chain.renew(client.identifier, &renewed);
    chain.mine();
    let refused = refused_client_at(&chain, &server, &client, &only(&client)).await;
    assert_eq!(refused, Refusal::NotCurrent(client.identifier));

    // The new one counts at once: the old key has signed for it, and the identity holds at both.
    client
        .credential
        .replace(renewed.into(), client.made.key())
        .unwrap();
    let cache = cache(&chain, Limits::default()).await;
    connected(&cache, (&client, &only(&server)), (&server, &only(&client))).await;
}

#[tokio::test]
async fn a_node_that_is_behind_or_ahead_is_not_believed() {
    for shift in [-1_000, 1_000] {
        let chain = TestChain::new();
        chain.shift_clock(shift);
        let client = Agent::registered(&chain, KeyAlgorithm::Ed25519);
        let server = Agent::registered(&chain, KeyAlgorithm::Ed25519);
        chain.mine_and_finalize();
        let cache = cache(&chain, Limits::default()).await;
        // The client judges first.
        let (connection, _) =
            handshake(&cache, (&client, &only(&server)), (&server, &only(&client))).await;
        let max = 120;
        let refused = refusal(connection.unwrap_err());
        let (seconds, expected_max) = match refused {
            Refusal::BlockTooOld { seconds, max } if shift < 0 => (seconds, max),
            Refusal::BlockOfFuture { seconds, max } if shift > 0 => (seconds, max),
            other => panic!("{other}"),
        };
        assert!((980..=1_020).contains(&seconds), "{seconds}");
        assert_eq!(max, expected_max);
    }
}

#[tokio::test]
async fn without_an_answer_nobody_is_admitted() {
    let (chain, server, client) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let cache = cache(&chain, Limits::default()).await;
    // The client knows the server; nobody knows the client.
    cache.prefetch(server.identifier).await.unwrap();
    let error = SourceError::Unreachable("gone".into());
    chain.refuse_questions(Some(error.clone()));
    let (_, accepted) =
        handshake(&cache, (&client, &only(&server)), (&server, &only(&client))).await;
    assert_eq!(refusal(accepted.unwrap_err()), Refusal::Source(error));
}

#[tokio::test]
async fn answers_that_take_too_long_admit_nobody() {
    let (chain, server, client) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let limits = Limits {
        handshake: Duration::from_millis(500),
        ..Limits::default()
    };
    let cache = cache(&chain, limits).await;
    cache.prefetch(server.identifier).await.unwrap();
    chain.delay(Duration::from_secs(3));
    let (_, accepted) =
        handshake(&cache, (&client, &only(&server)), (&server, &only(&client))).await;
    assert!(matches!(accepted.unwrap_err(), ConnectError::TimedOut));
}

#[tokio::test]
async fn what_is_known_is_not_asked_again() {
    let (chain, server, client) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let cache = cache(&chain, Limits::default()).await;
    let (to_server, to_client) = (only(&server), only(&client));
    let both = (&client, &to_server);
    drop(connected(&cache, both, (&server, &to_client)).await);
    let asked = chain.questions();
    assert!(
        (7..=8).contains(&asked),
        "certificate and two reports of each, and one key: {asked}"
    );
    drop(connected(&cache, both, (&server, &to_client)).await);
    assert_eq!(chain.questions(), asked);
}

#[tokio::test]
async fn one_of_several_named_servers_suffices() {
    let (chain, server, client) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let unregistered = Agent::unregistered(&chain, KeyAlgorithm::Ed25519);
    let cache = cache(&chain, Limits::default()).await;
    let named = vec![unregistered.identifier, server.identifier];
    let policy = Policy::identities(named).unwrap();
    connected(&cache, (&client, &policy), (&server, &only(&client))).await;
    // Alone it does not exist, and nobody is connected to.
    let (connection, _) = handshake(
        &cache,
        (&client, &only(&unregistered)),
        (&server, &only(&client)),
    )
    .await;
    let refused = refusal(connection.unwrap_err());
    assert!(matches!(refused, Refusal::DoesNotHold { .. }), "{refused}");
    // If the chain cannot be asked, it is that which is said, and not that the server is a stranger.
    let error = SourceError::Unreachable("gone".into());
    chain.mine();
    chain.refuse_questions(Some(error.clone()));
    let stranger = Agent::unregistered(&chain, KeyAlgorithm::Ed25519);
    let (connection, _) = handshake(&cache, (&client, &policy), (&stranger, &only(&client))).await;
    assert_eq!(refusal(connection.unwrap_err()), Refusal::Source(error));
}
