//! What new blocks change about identities, told once to all subscriptions.
//!
//! One task listens to the client and reduces what it hears to the identities whose state was touched,
//! by the keys of the storage that a block wrote
//! ([`identity_touched`](allod_rpc_types::auto_id::storage::identity_touched)). Nothing is read or
//! verified here, so that its work is one look at each key that a block wrote, whoever listens.
//!
//! - A block that becomes the best one by extending it touches what it wrote. After a fork everything
//!   that the blocks left and the blocks entered wrote is touched.
//! - Where the writes of a block are not known (while the node was syncing, or too long ago) all
//!   identities count as touched. That costs work, and misses nothing.
//! - The client tells of a block's writes before it tells of the block, and the task hears in that order.

use allod_identity::Identifier;
use allod_rpc_types::auto_id::storage::identity_touched;
use futures::StreamExt;
use sc_client_api::{
    BlockImportNotification, BlockchainEvents, FinalityNotification, StorageEventStream,
    StorageNotification,
};
use sp_runtime::{
    SaturatedConversion,
    traits::{Block as BlockT, Header as HeaderT},
};
use std::{
    collections::{HashSet, VecDeque},
    future::Future,
    sync::Arc,
};
use tokio::sync::{Semaphore, broadcast};

/// Blocks whose writes are remembered: more than a fork has that becomes the best chain.
const MAX_REMEMBERED: usize = 256;
/// Identities of one block that are told apart; a block with more of them touches all.
const MAX_TOUCHED: usize = 16_384;
/// Events that a subscription may be behind before it has to look at everything again.
const MAX_BEHIND: usize = 64;
/// Subscriptions that a node serves at a time.
const MAX_SUBSCRIPTIONS: usize = 256;
/// Subscriptions that may verify at the same time, each on one thread.
const MAX_AT_WORK: usize = 1;

/// Identities whose state changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Touched {
    These(HashSet<Identifier>),
    /// Any of them may have.
    Any,
}

impl Touched {
    pub fn nothing() -> Self {
        Self::These(HashSet::new())
    }

    /// Those of both.
    pub fn merge(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::These(these), Self::These(others)) => these.extend(others.iter().copied()),
            (_, Self::Any) => *self = Self::Any,
            (Self::Any, Self::These(_)) => {}
        }
    }

    /// Whether one of these identities is among them.
    pub fn meets<'a>(&self, mut identifiers: impl Iterator<Item = &'a Identifier>) -> bool {
        match self {
            Self::These(these) => identifiers.any(|identifier| these.contains(identifier)),
            Self::Any => true,
        }
    }
}

/// What a subscription is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// There is a new best block.
    Best(Touched),
    /// Blocks up to this one are final.
    Finalized(u32),
}

/// Where subscriptions listen; cheap to clone.
#[derive(Clone)]
pub struct ChangeFeed {
    events: broadcast::Sender<Arc<Event>>,
    /// One permit for each subscription.
    pub(super) places: Arc<Semaphore>,
    /// One permit for each subscription that is verifying.
    pub(super) work: Arc<Semaphore>,
}

impl ChangeFeed {
    fn new() -> Self {
        Self {
            events: broadcast::channel(MAX_BEHIND).0,
            places: Arc::new(Semaphore::new(MAX_SUBSCRIPTIONS)),
            work: Arc::new(Semaphore::new(MAX_AT_WORK)),
        }
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.subscribe()
    }

    fn tell(&self, event: Event) {
        // Nobody may be listening.
        let _ = self.events.send(Arc::new(event));
    }
}

/// What some blocks wrote, newest last.
struct Memory<Hash>(VecDeque<(Hash, Touched)>);

impl<Hash: PartialEq> Memory<Hash> {
    fn remember(&mut self, hash: Hash, touched: Touched) {
        if self.0.len() == MAX_REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((hash, touched));
    }

    fn of(&self, hash: &Hash) -> &Touched {
        let known = self.0.iter().rev().find(|(known, _)| known == hash);
        known.map_or(&Touched::Any, |(_, touched)| touched)
    }
}

/// Starts to listen to a client. The task has to be run, for as long as subscriptions are served.
///
/// # Errors
/// The client's, if it tells no changes.
pub fn watch<Block, Client>(
    client: &Client,
) -> sp_blockchain::Result<(
    ChangeFeed,
    impl Future<Output = ()> + Send + use<Block, Client>,
)>
where
    Block: BlockT,
    Client: BlockchainEvents<Block>,
{
    let feed = ChangeFeed::new();
    let mut writes: StorageEventStream<Block::Hash> =
        client.storage_changes_notification_stream(None, None)?;
    let mut imports = client.import_notification_stream();
    let mut finality = client.finality_notification_stream();
    let to = feed.clone();
    let task = async move {
        let mut memory = Memory(VecDeque::new());
        loop {
            tokio::select! {
                biased;
                Some(written) = writes.next() => {
                    let touched = touched_by(&written);
                    memory.remember(written.block, touched);
                }
                Some(imported) = imports.next() => {
                    if let Some(touched) = touched_by_import::<Block>(&memory, &imported) {
                        to.tell(Event::Best(touched));
                    }
                }
                Some(finalized) = finality.next() => {
                    let finalized: FinalityNotification<Block> = finalized;
                    let number = *finalized.header.number();
                    to.tell(Event::Finalized(number.saturated_into()));
                }
                else => return,
            }
        }
    };
    Ok((feed, task))
}

fn touched_by<Hash>(written: &StorageNotification<Hash>) -> Touched {
    let mut these = HashSet::new();
    for (child, key, _) in written.changes.iter() {
        if child.is_none() {
            these.extend(identity_touched(&key.0));
        }
        if these.len() > MAX_TOUCHED {
            return Touched::Any;
        }
    }
    Touched::These(these)
}

/// What the best block's change touched; `None` if the block is not the best one.
fn touched_by_import<Block: BlockT>(
    memory: &Memory<Block::Hash>,
    imported: &BlockImportNotification<Block>,
) -> Option<Touched> {
    if !imported.is_new_best {
        return None;
    }
    let mut touched = memory.of(&imported.hash).clone();
    if let Some(route) = &imported.tree_route {
        for block in route.retracted().iter().chain(route.enacted()) {
            touched.merge(memory.of(&block.hash));
        }
    }
    Some(touched)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn these(bytes: &[u8]) -> Touched {
        Touched::These(bytes.iter().map(|byte| Identifier([*byte; 32])).collect())
    }

    #[test]
    fn what_is_not_known_may_be_anything() {
        let mut touched = these(&[1]);
        touched.merge(&these(&[2]));
        assert_eq!(touched, these(&[1, 2]));
        assert!(touched.meets([Identifier([2; 32])].iter()));
        assert!(!touched.meets([Identifier([3; 32])].iter()));
        touched.merge(&Touched::Any);
        assert!(touched.meets([Identifier([3; 32])].iter()));
        touched.merge(&these(&[4]));
        assert_eq!(touched, Touched::Any);
    }

    #[test]
    fn only_so_many_blocks_are_remembered() {
        let mut memory = Memory(VecDeque::new());
        for number in 0..=MAX_REMEMBERED {
            memory.remember(number, these(&[1]));
        }
        assert_eq!(memory.of(&0), &Touched::Any);
        assert_eq!(memory.of(&1), &these(&[1]));
        assert_eq!(memory.0.len(), MAX_REMEMBERED);
    }
}
