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
    journal::{ArchivedBlock, Journal, OpenedJournal, Snapshot},
    restore::{block_of, continues, restore},
};
use allod_archiving::NewSegment;
use allod_core::{ChainParameters, SegmentHeader};
use allod_kzg::Kzg;
use parking_lot::{Mutex, MutexGuard};
use sc_client_api::BlockBackend;
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT, NumberFor};
use std::{path::Path, sync::Arc};
use tokio::sync::{broadcast, watch};

/// Receives the header of each segment when it is finished.
pub type Notifications = broadcast::Receiver<SegmentHeader>;

/// How many headers a slow receiver may fall behind before it misses some. It can read those from
/// the store.
const NOTIFICATIONS: usize = 64;

pub(crate) struct State {
    archiver: allod_archiving::Archiver,
    journal: Journal,
    number: u32,
    hash: [u8; 32],
}

impl State {
    /// Stores the segments that an archiver has made on its way to this block, then begins the
    /// journal that continues from there.
    pub(crate) fn begin(
        store: &SegmentStore,
        archiver: allod_archiving::Archiver,
        (number, hash): (u32, [u8; 32]),
        segments: &[NewSegment],
    ) -> Result<Self, Error> {
        for segment in segments {
            store.insert(segment.header, &segment.pieces)?;
        }
        let snapshot = Snapshot {
            number,
            hash,
            state: archiver.state(),
        };
        Ok(Self {
            archiver,
            journal: Journal::create(store.folder(), &snapshot)?,
            number,
            hash,
        })
    }
}

/// Says that files of the history are gone, unless the chain has just begun: nothing else would.
fn tell_of_missing_files(store: &SegmentStore, finalized: u32) {
    if finalized == 0 {
        return;
    }
    let folder = store.folder().display();
    match store.last_header() {
        None => tracing::warn!(
            target: "archiver",
            "{folder} has no history, though {finalized} blocks are final; it is archived anew from the database",
        ),
        Some(last) => tracing::warn!(
            target: "archiver",
            "{folder} has no journal; what follows segment {} is archived anew from the database",
            last.segment_index,
        ),
    }
}

/// Handle to the archiver; cheap to clone.
pub struct Archiver<Block, Client> {
    client: Arc<Client>,
    store: Arc<SegmentStore>,
    parameters: ChainParameters,
    state: Arc<Mutex<State>>,
    failure: Arc<watch::Sender<Option<Arc<Error>>>>,
    notifications: broadcast::Sender<SegmentHeader>,
    block: std::marker::PhantomData<fn() -> Block>,
}

impl<Block, Client> Clone for Archiver<Block, Client> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            store: self.store.clone(),
            parameters: self.parameters.clone(),
            state: self.state.clone(),
            failure: self.failure.clone(),
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
            Some(opened) if continues(&store, &opened.1) => Self::resume(&store, kzg, opened)?,
            opened => {
                if opened.is_none() {
                    tell_of_missing_files(&store, client.info().finalized_number.into());
                }
                restore(&*client, &store, kzg, parameters)?
            }
        };
        let archiver = Self {
            client,
            store,
            parameters: parameters.clone(),
            state: Arc::new(Mutex::new(state)),
            failure: Arc::new(watch::channel(None).0),
            notifications: broadcast::channel(NOTIFICATIONS).0,
            block: std::marker::PhantomData,
        };
        archiver.check_same_chain()?;
        archiver.archive_until(archiver.client.info().finalized_number.into())?;
        Ok(archiver)
    }

    fn resume(store: &SegmentStore, kzg: Kzg, opened: OpenedJournal) -> Result<State, Error> {
        let (journal, snapshot, blocks) = opened;
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
            Self::finish(store, &mut state, segments)?;
        }
        Ok(state)
    }

    /// Stores segments that were finished and begins a new journal after them.
    fn finish(
        store: &SegmentStore,
        state: &mut State,
        segments: Vec<NewSegment>,
    ) -> Result<Vec<SegmentHeader>, Error> {
        if !segments.is_empty() {
            let block = (state.number, state.hash);
            *state = State::begin(store, state.archiver.clone(), block, &segments)?;
        }
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
    ///
    /// # Errors
    /// After a write that failed, nothing is archived any more ([`failed`](Self::failed)): what
    /// is in memory has gone on, what is on disk has not, and the next start begins with the latter.
    pub fn archive_until(&self, target: u32) -> Result<(), Error> {
        let mut state = self.usable()?;
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
        let block = block_of(&*self.client, number, hash)?;
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

    /// The state, unless a write has failed since the start.
    fn usable(&self) -> Result<MutexGuard<'_, State>, Error> {
        let state = self.state.lock();
        match &*self.failure.borrow() {
            None => Ok(state),
            Some(cause) => Err(Error::Failed(cause.clone())),
        }
    }

    fn archive(&self, state: &mut State, number: u32, hash: Block::Hash) -> Result<(), Error> {
        let bytes = self.load(number, hash, &state.hash)?;
        let block = ArchivedBlock {
            number,
            hash: hash.into(),
            bytes,
        };
        let headers = Self::append(&self.store, state, block).map_err(|error| {
            let cause = Arc::new(error);
            self.failure.send_replace(Some(cause.clone()));
            Error::Failed(cause)
        })?;
        for header in headers {
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

    /// Adds a block to the history. If this fails, the state is of no use any more.
    fn append(
        store: &SegmentStore,
        state: &mut State,
        block: ArchivedBlock,
    ) -> Result<Vec<SegmentHeader>, Error> {
        state.journal.append(&block)?;
        let segments = state.archiver.add_block(block.number, block.bytes)?;
        (state.number, state.hash) = (block.number, block.hash);
        Self::finish(store, state, segments)
    }

    /// What failed, if a write has.
    pub fn failure(&self) -> Option<Arc<Error>> {
        self.failure.borrow().clone()
    }

    /// Ends when a write has failed, with what failed. The node has to stop then: it can follow the
    /// chain no further than the headers that it could archive.
    pub async fn failed(&self) -> Arc<Error> {
        let mut failure = self.failure.subscribe();
        match failure.wait_for(Option::is_some).await {
            Ok(cause) => cause.clone().unwrap_or_else(|| Arc::new(Error::Stopped)),
            // Not while there is a sender in `self`.
            Err(_) => Arc::new(Error::Stopped),
        }
    }

    /// The segment headers that a child of `parent` must carry. Blocks while it archives: call it
    /// where that is allowed.
    pub fn headers_for_child(
        &self,
        parent_hash: Block::Hash,
        parent_number: u32,
    ) -> Result<Vec<SegmentHeader>, Error> {
        let Some(last) = self
            .parameters
            .segments_end_in(parent_number.saturating_add(1))
        else {
            return Ok(Vec::new());
        };
        if last <= self.client.info().finalized_number.into() {
            self.archive_until(last)?;
        }
        if last <= self.usable()?.number {
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
            let state = self.usable()?;
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
