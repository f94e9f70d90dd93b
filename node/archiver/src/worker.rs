//! Archives final blocks and says which segment headers a block must carry.
//!
//! A block becomes history when it is confirmation depth deep, which is also when it becomes final.
//! The headers of segments that end in block b belong into block b + depth + 1 and only there;
//! those of genesis into block 1. [`Archiver::headers_for_child`] gives them for a child of any
//! block: on the best chain b is final and archived (or archived now, while the import waits); on a
//! fork that is longer than the best chain, b is archived on a copy of the state that is dropped.

use crate::{
    Error, SegmentStore,
    encoding::archived_bytes,
    journal::{ArchivedBlock, Journal, Snapshot},
};
use allod_archiving::NewSegment;
use allod_core::{ChainParameters, SegmentHeader};
use allod_kzg::Kzg;
use parking_lot::Mutex;
use sc_client_api::BlockBackend;
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT, NumberFor};
use std::{path::Path, sync::Arc};
use tokio::sync::broadcast;

/// Receives the header of each segment when it is finished.
pub type Notifications = broadcast::Receiver<SegmentHeader>;

/// How many headers a slow receiver may fall behind before it misses some. It can read those from
/// the store.
const NOTIFICATIONS: usize = 64;

struct State {
    archiver: allod_archiving::Archiver,
    journal: Journal,
    number: u32,
    hash: [u8; 32],
}

/// Handle to the archiver; cheap to clone.
pub struct Archiver<Block, Client> {
    client: Arc<Client>,
    store: Arc<SegmentStore>,
    confirmation_depth: u32,
    state: Arc<Mutex<State>>,
    notifications: broadcast::Sender<SegmentHeader>,
    block: std::marker::PhantomData<fn() -> Block>,
}

impl<Block, Client> Clone for Archiver<Block, Client> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            store: self.store.clone(),
            confirmation_depth: self.confirmation_depth,
            state: self.state.clone(),
            notifications: self.notifications.clone(),
            block: self.block,
        }
    }
}

fn show(hash: &[u8; 32]) -> String {
    allod_core::hash::HexHash(hash).to_string()
}

impl<Block, Client> Archiver<Block, Client>
where
    Block: BlockT,
    Block::Hash: Into<[u8; 32]>,
    NumberFor<Block>: Into<u32> + From<u32>,
    Client: HeaderBackend<Block> + BlockBackend<Block> + Send + Sync + 'static,
{
    /// Opens the history in `folder`, archives genesis if it is new, and catches up with the blocks
    /// that are final.
    pub fn open(
        client: Arc<Client>,
        kzg: Kzg,
        folder: &Path,
        parameters: &ChainParameters,
    ) -> Result<Self, Error> {
        let store = Arc::new(SegmentStore::open(folder, parameters.pieces_per_segment())?);
        let state = match Journal::open(folder)? {
            Some((journal, snapshot, blocks)) => {
                Self::resume(&store, folder, kzg, journal, snapshot, blocks)?
            }
            None => Self::begin(&client, &store, folder, kzg, parameters)?,
        };
        let archiver = Self {
            client,
            store,
            confirmation_depth: parameters.confirmation_depth,
            state: Arc::new(Mutex::new(state)),
            notifications: broadcast::channel(NOTIFICATIONS).0,
            block: std::marker::PhantomData,
        };
        archiver.check_same_chain()?;
        archiver.archive_until(archiver.client.info().finalized_number.into())?;
        Ok(archiver)
    }

    fn begin(
        client: &Client,
        store: &SegmentStore,
        folder: &Path,
        kzg: Kzg,
        parameters: &ChainParameters,
    ) -> Result<State, Error> {
        let hash = client.info().genesis_hash;
        let genesis = client
            .block(hash)?
            .ok_or(Error::BlockMissing { number: 0 })?;
        let state_root = genesis
            .block
            .header()
            .state_root()
            .as_ref()
            .try_into()
            .unwrap_or([0; 32]);
        let mut archiver = allod_archiving::Archiver::new(kzg, parameters.raw_records_per_segment)?;
        let segments = archiver.add_genesis(archived_bytes(genesis)?, state_root)?;
        for segment in segments {
            store.insert(segment.header, &segment.pieces)?;
        }
        let snapshot = Snapshot {
            number: 0,
            hash: hash.into(),
            state: archiver.state(),
        };
        let journal = Journal::create(folder, &snapshot)?;
        Ok(State {
            archiver,
            journal,
            number: 0,
            hash: hash.into(),
        })
    }

    fn resume(
        store: &SegmentStore,
        folder: &Path,
        kzg: Kzg,
        journal: Journal,
        snapshot: Snapshot,
        blocks: Vec<ArchivedBlock>,
    ) -> Result<State, Error> {
        let archiver = allod_archiving::Archiver::restore(kzg, snapshot.state)?;
        let mut state = State {
            archiver,
            journal,
            number: snapshot.number,
            hash: snapshot.hash,
        };
        for block in blocks {
            let segments = state.archiver.add_block(block.number, block.bytes)?;
            (state.number, state.hash) = (block.number, block.hash);
            // A crash came between the segment and its journal.
            Self::finish(store, folder, &mut state, segments)?;
        }
        Ok(state)
    }

    /// Stores segments that were finished and begins a new journal after them.
    fn finish(
        store: &SegmentStore,
        folder: &Path,
        state: &mut State,
        segments: Vec<NewSegment>,
    ) -> Result<Vec<SegmentHeader>, Error> {
        if segments.is_empty() {
            return Ok(Vec::new());
        }
        for segment in &segments {
            store.insert(segment.header, &segment.pieces)?;
        }
        let snapshot = Snapshot {
            number: state.number,
            hash: state.hash,
            state: state.archiver.state(),
        };
        state.journal = Journal::create(folder, &snapshot)?;
        Ok(segments.into_iter().map(|segment| segment.header).collect())
    }

    /// The history must end in a block of the chain. A database that lost its newest commits in a
    /// crash may not have that block yet.
    fn check_same_chain(&self) -> Result<(), Error> {
        let state = self.state.lock();
        match self.client.hash(state.number.into())? {
            Some(hash) if hash.into() != state.hash => Err(Error::Diverged {
                number: state.number,
                archived: show(&state.hash),
                chain: show(&hash.into()),
            }),
            _ => Ok(()),
        }
    }

    /// Archives all blocks up to `target`, which must be final. Does nothing if that was done.
    pub fn archive_until(&self, target: u32) -> Result<(), Error> {
        let mut state = self.state.lock();
        while state.number < target {
            let number = state.number.saturating_add(1);
            let hash = self
                .client
                .hash(number.into())?
                .ok_or(Error::BlockMissing { number })?;
            self.archive(&mut state, number, hash)?;
        }
        Ok(())
    }

    fn load(&self, number: u32, hash: Block::Hash, parent: &[u8; 32]) -> Result<Vec<u8>, Error> {
        let block = self
            .client
            .block(hash)?
            .ok_or(Error::BlockMissing { number })?;
        let actual_parent: [u8; 32] = (*block.block.header().parent_hash()).into();
        if actual_parent != *parent {
            return Err(Error::Diverged {
                number: number.saturating_sub(1),
                archived: show(parent),
                chain: show(&actual_parent),
            });
        }
        archived_bytes(block)
    }

    fn archive(&self, state: &mut State, number: u32, hash: Block::Hash) -> Result<(), Error> {
        let bytes = self.load(number, hash, &state.hash)?;
        let block = ArchivedBlock {
            number,
            hash: hash.into(),
            bytes,
        };
        state.journal.append(&block)?;
        let segments = state.archiver.add_block(number, block.bytes)?;
        (state.number, state.hash) = (number, hash.into());
        for header in Self::finish(&self.store, self.store.folder(), state, segments)? {
            tracing::info!(
                target: "archiver",
                "Segment {} archived, it ends in block #{number}",
                header.segment_index,
            );
            // Nobody listening is fine.
            let _ = self.notifications.send(header);
        }
        Ok(())
    }

    /// The segment headers that a child of `parent` must carry. Blocks while it archives: call it
    /// where that is allowed.
    pub fn headers_for_child(
        &self,
        parent_hash: Block::Hash,
        parent_number: u32,
    ) -> Result<Vec<SegmentHeader>, Error> {
        if parent_number == 0 {
            return Ok(self.store.headers_ending_in(0));
        }
        let last = match parent_number.checked_sub(self.confirmation_depth) {
            None | Some(0) => return Ok(Vec::new()),
            Some(last) => last,
        };
        if last <= self.client.info().finalized_number.into() {
            self.archive_until(last)?;
        }
        if last <= self.state.lock().number {
            return Ok(self.store.headers_ending_in(last));
        }
        self.speculate(parent_hash, parent_number, last)
    }

    /// Archives the blocks of a fork that are not final yet, up to block `last`, on a copy.
    fn speculate(
        &self,
        parent_hash: Block::Hash,
        parent_number: u32,
        last: u32,
    ) -> Result<Vec<SegmentHeader>, Error> {
        let (mut archiver, archived, mut previous) = {
            let state = self.state.lock();
            (state.archiver.clone(), state.number, state.hash)
        };
        let mut chain = Vec::new();
        let (mut hash, mut number) = (parent_hash, parent_number);
        while number > archived {
            if number <= last {
                chain.push((number, hash));
            }
            let header = self
                .client
                .header(hash)?
                .ok_or(Error::BlockMissing { number })?;
            hash = *header.parent_hash();
            number = number.saturating_sub(1);
        }
        let mut headers = Vec::new();
        for (number, hash) in chain.into_iter().rev() {
            let bytes = self.load(number, hash, &previous)?;
            let segments = archiver.add_block(number, bytes)?;
            headers = segments.into_iter().map(|segment| segment.header).collect();
            previous = hash.into();
        }
        Ok(headers)
    }

    /// Headers and pieces.
    pub fn store(&self) -> &Arc<SegmentStore> {
        &self.store
    }

    /// Number of the last block that is in the history or in its unfinished segment.
    pub fn last_archived(&self) -> u32 {
        self.state.lock().number
    }

    /// Headers of segments as they are finished from now on.
    pub fn subscribe(&self) -> Notifications {
        self.notifications.subscribe()
    }
}
