//! What only the inside can see: a connection that is registered after the chain has changed.

use super::{End, IdentityCache};
use crate::{Limits, Peer, Policy, Refusal, test_chain::TestChain};
use allod_identity::Identifier;
use allod_x509::{SigningKey, builder::CertificateBuilder};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};
use tokio::time;

#[derive(Default)]
struct Ended(Mutex<Vec<Refusal>>);

impl End for Ended {
    fn end(&self, reason: Refusal) {
        self.0.lock().push(reason);
    }
}

fn register(chain: &TestChain, seed: u8) -> Identifier {
    let key = SigningKey::ed25519([seed; 32]);
    chain.register(&CertificateBuilder::self_issued("agent").sign(&key.spki(), &key))
}

async fn follow(chain: &TestChain, max_entries: usize) -> IdentityCache {
    let limits = Limits {
        max_entries,
        ..Limits::default()
    };
    let cache = IdentityCache::follow(chain.clone(), limits).unwrap();
    cache.ready().await;
    cache
}

/// Registers a connection to a peer as it was.
fn connect(
    cache: &IdentityCache,
    peer: &Peer,
    end: &Arc<Ended>,
) -> Result<super::Registration, Refusal> {
    let policy = Policy::identity(peer.identifier());
    cache.register(peer, *peer.fingerprint(), &policy, end.clone())
}

#[tokio::test]
async fn a_peer_that_was_revoked_in_between_is_not_admitted() {
    let chain = TestChain::new();
    let agent = register(&chain, 1);
    chain.mine_and_finalize();
    let cache = follow(&chain, 8).await;
    let before = cache.prefetch(agent).await.unwrap();
    chain.fail(agent);
    chain.mine();
    while cache.prefetch(agent).await.unwrap().best().holds() {
        time::sleep(Duration::from_millis(5)).await;
    }
    let end = Arc::new(Ended::default());
    let refused = connect(&cache, &before, &end).err().unwrap();
    assert!(matches!(refused, Refusal::DoesNotHold { .. }), "{refused}");
    // Whoever was refused is not watched.
    assert_eq!(cache.core().state.lock().connections(None).len(), 0);
}

#[tokio::test]
async fn a_peer_that_was_dropped_in_between_is_asked_about_at_once() {
    let chain = TestChain::new();
    let [agent, other] = [1, 2].map(|seed| register(&chain, seed));
    chain.mine_and_finalize();
    let cache = follow(&chain, 1).await;
    let before = cache.prefetch(agent).await.unwrap();
    chain.fail(agent);
    chain.mine();
    // Takes the only place.
    while cache.prefetch(other).await.unwrap().best().block == before.best().block {
        time::sleep(Duration::from_millis(5)).await;
    }
    let end = Arc::new(Ended::default());
    let registration = connect(&cache, &before, &end).unwrap();
    // No new block comes.
    while end.0.lock().is_empty() {
        time::sleep(Duration::from_millis(5)).await;
    }
    assert!(matches!(end.0.lock()[0], Refusal::DoesNotHold { .. }));
    drop(registration);
    assert_eq!(cache.core().state.lock().connections(None).len(), 0);
}
