//! What the checks of a block ask of the client.

use allod_consensus_primitives::FarmingApi;
use sc_client_api::{AuxStore, BlockBackend};
use sp_api::{CallApiAt, ProvideRuntimeApi};
use sp_block_builder::BlockBuilder as BlockBuilderApi;
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::Block as BlockT;

/// A client with a chain, the states of its blocks, and what is kept beside them.
pub trait ImportClient<Block: BlockT>:
    ProvideRuntimeApi<Block, Api: FarmingApi<Block> + BlockBuilderApi<Block>>
    + CallApiAt<Block>
    + HeaderBackend<Block>
    + BlockBackend<Block>
    + AuxStore
    + Send
    + Sync
    + 'static
{
}

impl<Block, Client> ImportClient<Block> for Client
where
    Block: BlockT,
    Client: ProvideRuntimeApi<Block, Api: FarmingApi<Block> + BlockBuilderApi<Block>>
        + CallApiAt<Block>
        + HeaderBackend<Block>
        + BlockBackend<Block>
        + AuxStore
        + Send
        + Sync
        + 'static,
{
}
