//! Final at confirmation depth (§8), and blocks that would undo it.

use crate::Error;
use sc_client_api::{Backend, Finalizer};
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT, NumberFor};

/// Makes the block at confirmation depth below the best one final; returns its number.
pub fn finalize<Block, Client, BE>(
    client: &Client,
    confirmation_depth: u32,
) -> Result<Option<u32>, Error>
where
    Block: BlockT,
    NumberFor<Block>: Into<u32> + From<u32>,
    BE: Backend<Block>,
    Client: HeaderBackend<Block> + Finalizer<Block, BE>,
{
    let info = client.info();
    let best: u32 = info.best_number.into();
    let number = match best.checked_sub(confirmation_depth) {
        Some(number) if number > info.finalized_number.into() => number,
        _ => return Ok(None),
    };
    let Some(hash) = client.hash(number.into())? else {
        return Ok(None);
    };
    client.finalize_block(hash, None, true)?;
    Ok(Some(number))
}

/// A block must build on what is final here.
pub fn builds_on_final<Block, Client>(
    client: &Client,
    block_hash: Block::Hash,
    header: &Block::Header,
) -> Result<(), Error>
where
    Block: BlockT,
    NumberFor<Block>: Into<u32>,
    Client: HeaderBackend<Block>,
{
    let info = client.info();
    let number: u32 = (*header.number()).into();
    let below = || Error::BelowFinal {
        number,
        theirs: format!("{block_hash:?}"),
        ours: format!("{:?}", info.finalized_hash),
    };
    if *header.number() <= info.finalized_number {
        return Err(below());
    }
    // Every block above the final one that was imported passed this check, so the walk is as short
    // as the distance to the best chain, and never longer than to the final block.
    let mut hash = *header.parent_hash();
    while hash != info.best_hash && hash != info.finalized_hash {
        let parent = client
            .header(hash)?
            .ok_or_else(|| Error::UnknownParent(hash.to_string()))?;
        if *parent.number() <= info.finalized_number {
            return Err(below());
        }
        if client.hash(*parent.number())? == Some(hash) {
            break;
        }
        hash = *parent.parent_hash();
    }
    Ok(())
}
