//! Final at confirmation depth (§8), and blocks that would undo it: the rules are the fork choice's,
//! the blocks the client's.

use crate::Error;
use allod_block_rules::fork_choice::{self, BlockId, BlockTree};
use allod_core::ChainParameters;
use sc_client_api::{Backend, Finalizer};
use sp_blockchain::{HeaderBackend, Info};
use sp_runtime::traits::{Block as BlockT, Header as HeaderT, NumberFor};

/// Makes the block at confirmation depth below the best one final; returns its number.
pub fn finalize<Block, Client, BE>(
    client: &Client,
    parameters: &ChainParameters,
) -> Result<Option<u32>, Error>
where
    Block: BlockT,
    NumberFor<Block>: Into<u32> + From<u32>,
    BE: Backend<Block>,
    Client: HeaderBackend<Block> + Finalizer<Block, BE>,
{
    let info = client.info();
    let (best, finalized) = (info.best_number.into(), info.finalized_number.into());
    let Some(number) = fork_choice::next_final(parameters, best, finalized) else {
        return Ok(None);
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
    Block::Hash: Into<[u8; 32]>,
    NumberFor<Block>: Into<u32> + From<u32>,
    Client: HeaderBackend<Block>,
{
    let block = BlockId {
        number: (*header.number()).into(),
        hash: block_hash,
    };
    let tree = ClientBlocks {
        client,
        info: client.info(),
    };
    fork_choice::builds_on_final(block, *header.parent_hash(), &tree)
}

/// The blocks that the client has, and which of them were best and final a moment ago.
struct ClientBlocks<'a, Block: BlockT, Client> {
    client: &'a Client,
    info: Info<Block>,
}

impl<Block, Client> BlockTree for ClientBlocks<'_, Block, Client>
where
    Block: BlockT,
    Block::Hash: Into<[u8; 32]>,
    NumberFor<Block>: Into<u32> + From<u32>,
    Client: HeaderBackend<Block>,
{
    type Hash = Block::Hash;
    type Error = Error;

    fn finalized(&self) -> BlockId<Block::Hash> {
        BlockId {
            number: self.info.finalized_number.into(),
            hash: self.info.finalized_hash,
        }
    }

    fn best(&self) -> Block::Hash {
        self.info.best_hash
    }

    fn on_best_chain(&self, number: u32) -> Result<Option<Block::Hash>, Error> {
        Ok(self.client.hash(number.into())?)
    }

    fn number_and_parent(&self, hash: Block::Hash) -> Result<(u32, Block::Hash), Error> {
        let header = self
            .client
            .header(hash)?
            .ok_or_else(|| Error::UnknownParent(hash.to_string()))?;
        Ok(((*header.number()).into(), *header.parent_hash()))
    }
}
