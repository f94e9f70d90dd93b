//! Makes a damaged history whole again, from the database and what is left of it.

use crate::{
    Archiver, Error, SegmentStore,
    files::remove,
    restore::{archive_again, require_blocks},
};
use allod_archiving::verify_pieces_of_segment;
use allod_core::{ChainParameters, HistorySize, Piece, SegmentHeader, SegmentIndex};
use allod_kzg::Kzg;
use sc_client_api::BlockBackend;
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::{Block as BlockT, NumberFor};
use std::{path::Path, sync::Arc};

/// What was found and done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The pieces of a segment are those that its header commits to.
    Whole(SegmentIndex),
    /// They were not, and have been made again.
    Repaired(SegmentIndex),
    /// All segments up to the last final block are there.
    Done(HistorySize),
}

/// Checks every segment's pieces against its header, makes those again that are wrong, and archives
/// again whatever comes after the first header that is. The node must not run meanwhile.
///
/// # Errors
/// [`Error::BlockMissing`] if a block that is needed is not in the database with its body: then what is
/// left of the history stays as it was;
/// [`Error::SegmentChanged`] if a segment comes out differently than its header says.
pub fn rebuild<Block, Client>(
    client: Arc<Client>,
    kzg: Kzg,
    folder: &Path,
    parameters: &ChainParameters,
    mut told: impl FnMut(Step),
) -> Result<(), Error>
where
    Block: BlockT,
    Block::Hash: Into<[u8; 32]>,
    NumberFor<Block>: Into<u32> + From<u32>,
    Client: HeaderBackend<Block> + BlockBackend<Block> + Send + Sync + 'static,
{
    let store = SegmentStore::open_damaged(folder, parameters.pieces_per_segment())?;
    let mut previous = None;
    for header in store.headers() {
        let index = header.segment_index;
        if is_whole(&store, &kzg, &header, parameters)? {
            told(Step::Whole(index));
        } else {
            let segment = archive_again(&*client, kzg.clone(), parameters, previous, &header)?;
            store.write_pieces(index, &segment.pieces)?;
            told(Step::Repaired(index));
        }
        previous = Some(header);
    }
    // Nothing that is there goes before it is certain that it can be made again.
    let first = previous.map_or(0, |header| header.last_archived_block.number);
    require_blocks(&*client, first)?;
    store.cut_records()?;
    drop(store);
    remove(&folder.join("journal"))?;
    let archiver = Archiver::open(client, kzg, folder, parameters)?;
    told(Step::Done(archiver.store().history_size()));
    Ok(())
}

fn is_whole(
    store: &SegmentStore,
    kzg: &Kzg,
    header: &SegmentHeader,
    parameters: &ChainParameters,
) -> Result<bool, Error> {
    let pieces = match store.pieces(header.segment_index) {
        Ok(pieces) => pieces,
        Err(Error::Damaged { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    let list: Vec<(u64, &Piece)> = (0..).zip(&pieces).collect();
    let count = parameters.pieces_per_segment();
    Ok(verify_pieces_of_segment(kzg, &list, &header.segment_commitment, count).is_ok())
}
