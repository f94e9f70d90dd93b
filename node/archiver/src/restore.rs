//! The archiver's state without its journal: from the newest segment and the database.

use crate::{Error, SegmentStore, encoding::archived_bytes, journal::Snapshot, worker::State};
use allod_archiving::{Archiver, NewSegment};
use allod_core::{ArchivedProgress, ChainParameters, SegmentHeader};
use allod_kzg::Kzg;
use sc_client_api::BlockBackend;
use sp_blockchain::HeaderBackend;
use sp_runtime::{
    generic::SignedBlock,
    traits::{Block as BlockT, Header as HeaderT, NumberFor},
};

/// Whether a journal goes on from segments that are stored. It does not where the disk kept the
/// journal and lost the segments before it.
pub(crate) fn continues(store: &SegmentStore, snapshot: &Snapshot) -> bool {
    let Some(last) = snapshot.state.packer.last_header else {
        return false;
    };
    let stored = store.header(last.segment_index) == Some(last);
    if !stored {
        tracing::warn!(
            target: "archiver",
            "The journal continues segment {}, which is not stored; beginning a new one after the \
             newest segment",
            last.segment_index,
        );
    }
    stored
}

/// One block of the database, with its body.
pub(crate) fn block_of<Block: BlockT>(
    client: &impl BlockBackend<Block>,
    number: u32,
    hash: Block::Hash,
) -> Result<SignedBlock<Block>, Error> {
    client.block(hash)?.ok_or(Error::BlockMissing { number })
}

/// Hash and archived bytes of a block of the chain.
fn archived<Block, Client>(client: &Client, number: u32) -> Result<(Block::Hash, Vec<u8>), Error>
where
    Block: BlockT,
    NumberFor<Block>: Into<u32> + From<u32>,
    Client: HeaderBackend<Block> + BlockBackend<Block>,
{
    let missing = Error::BlockMissing { number };
    let hash = client.hash(number.into())?.ok_or(missing)?;
    Ok((hash, archived_bytes(block_of(client, number, hash)?)?))
}

/// That the database has all blocks from `first` up to the last final one with their bodies.
pub(crate) fn require_blocks<Block, Client>(client: &Client, first: u32) -> Result<(), Error>
where
    Block: BlockT,
    NumberFor<Block>: Into<u32> + From<u32>,
    Client: HeaderBackend<Block> + BlockBackend<Block>,
{
    for number in first..=client.info().finalized_number.into() {
        archived(client, number)?;
    }
    Ok(())
}

/// Begins a journal after the newest segment that ends in a block which is final in the database;
/// with an empty history, after genesis.
pub(crate) fn restore<Block, Client>(
    client: &Client,
    store: &SegmentStore,
    kzg: Kzg,
    parameters: &ChainParameters,
) -> Result<State, Error>
where
    Block: BlockT,
    Block::Hash: Into<[u8; 32]>,
    NumberFor<Block>: Into<u32> + From<u32>,
    Client: HeaderBackend<Block> + BlockBackend<Block>,
{
    let (archiver, block, segments) = match newest_final(client, store) {
        None => from_genesis(client, kzg, parameters)?,
        Some(header) => after(client, kzg, parameters, header)?,
    };
    State::begin(store, archiver, block, &segments)
}

/// Header of the newest segment that ends in a final block other than genesis.
fn newest_final<Block, Client>(client: &Client, store: &SegmentStore) -> Option<SegmentHeader>
where
    Block: BlockT,
    NumberFor<Block>: Into<u32>,
    Client: HeaderBackend<Block>,
{
    let last: u32 = client.info().finalized_number.into();
    let headers = store.headers();
    let ends = |header: &SegmentHeader| header.last_archived_block.number;
    headers
        .into_iter()
        .rev()
        .find(|header| ends(header) <= last)
        .filter(|header| ends(header) > 0)
}

/// An archiver, the block that it stands at, the segments that it made on the way.
type Resumed = (Archiver, (u32, [u8; 32]), Vec<NewSegment>);

fn from_genesis<Block, Client>(
    client: &Client,
    kzg: Kzg,
    parameters: &ChainParameters,
) -> Result<Resumed, Error>
where
    Block: BlockT,
    Block::Hash: Into<[u8; 32]>,
    NumberFor<Block>: Into<u32>,
    Client: HeaderBackend<Block> + BlockBackend<Block>,
{
    let hash = client.info().genesis_hash;
    let genesis = block_of(client, 0, hash)?;
    let state_root = genesis.block.header().state_root();
    let state_root = state_root.as_ref().try_into().unwrap_or([0; 32]);
    let mut archiver = Archiver::new(kzg, parameters.raw_records_per_segment)?;
    let segments = archiver.add_genesis(archived_bytes(genesis)?, state_root)?;
    Ok((archiver, (0, hash.into()), segments))
}

/// As it was after the block that this segment, not one of genesis, ends in.
fn after<Block, Client>(
    client: &Client,
    kzg: Kzg,
    parameters: &ChainParameters,
    header: SegmentHeader,
) -> Result<Resumed, Error>
where
    Block: BlockT,
    Block::Hash: Into<[u8; 32]>,
    NumberFor<Block>: Into<u32> + From<u32>,
    Client: HeaderBackend<Block> + BlockBackend<Block>,
{
    let number = header.last_archived_block.number;
    let (hash, bytes) = archived(client, number)?;
    let records = parameters.raw_records_per_segment;
    let (archiver, segments) = Archiver::resume(kzg, records, header, &bytes)?;
    Ok((archiver, (number, hash.into()), segments))
}

/// Archives one segment again, from the header of the one before and the blocks in the database.
pub(crate) fn archive_again<Block, Client>(
    client: &Client,
    kzg: Kzg,
    parameters: &ChainParameters,
    previous: Option<SegmentHeader>,
    wanted: &SegmentHeader,
) -> Result<NewSegment, Error>
where
    Block: BlockT,
    Block::Hash: Into<[u8; 32]>,
    NumberFor<Block>: Into<u32> + From<u32>,
    Client: HeaderBackend<Block> + BlockBackend<Block>,
{
    let within_genesis = |header: &SegmentHeader| {
        let last = header.last_archived_block;
        last.number == 0 && last.progress != ArchivedProgress::Complete
    };
    let (mut archiver, (mut number, _), mut segments) = match previous {
        None => from_genesis(client, kzg, parameters)?,
        Some(header) if within_genesis(&header) => from_genesis(client, kzg, parameters)?,
        Some(header) => after(client, kzg, parameters, header)?,
    };
    loop {
        let index = wanted.segment_index;
        let made = segments
            .into_iter()
            .find(|made| made.header.segment_index == index);
        match made {
            Some(segment) if segment.header == *wanted => return Ok(segment),
            Some(_) => return Err(Error::SegmentChanged { index: index.0 }),
            None if number >= wanted.last_archived_block.number => {
                return Err(Error::SegmentChanged { index: index.0 });
            }
            None => {
                number = number.saturating_add(1);
                segments = archiver.add_block(number, archived(client, number)?.1)?;
            }
        }
    }
}
