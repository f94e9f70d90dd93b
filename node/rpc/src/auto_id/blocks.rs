//! Which block answers, and what to say if it cannot.

use super::IdentityClient;
use crate::error::server_error;
use allod_identity::{AutoIdApi as _, Identifier};
use allod_rpc_types::auto_id::{BlockHash, BlockReference, BlockRole, codes};
use jsonrpsee::{core::RpcResult, types::ErrorObjectOwned};
use serde::Serialize;
use sp_api::ApiError;
use sp_runtime::{
    SaturatedConversion,
    traits::{Block as BlockT, NumberFor},
};
use std::{marker::PhantomData, sync::Arc};

/// A block that is asked.
pub(crate) struct At<Hash> {
    pub hash: Hash,
    pub role: BlockRole,
    pub reference: BlockReference,
}

/// Asks the runtime at blocks.
pub(crate) struct ChainReader<Client, Block> {
    pub client: Arc<Client>,
    _block: PhantomData<fn() -> Block>,
}

impl<Client, Block> ChainReader<Client, Block> {
    pub fn new(client: Arc<Client>) -> Self {
        Self {
            client,
            _block: PhantomData,
        }
    }
}

impl<Client, Block> Clone for ChainReader<Client, Block> {
    fn clone(&self) -> Self {
        Self::new(self.client.clone())
    }
}

impl<Client, Block> ChainReader<Client, Block>
where
    Block: BlockT,
    Block::Hash: From<[u8; 32]> + Into<[u8; 32]>,
    Client: IdentityClient<Block>,
{
    fn block(
        &self,
        role: BlockRole,
        hash: Block::Hash,
        number: NumberFor<Block>,
    ) -> At<Block::Hash> {
        let reference = BlockReference {
            number: number.saturated_into(),
            hash: BlockHash(hash.into()),
        };
        At {
            hash,
            role,
            reference,
        }
    }

    pub fn best(&self) -> At<Block::Hash> {
        let info = self.client.info();
        self.block(BlockRole::Best, info.best_hash, info.best_number)
    }

    /// The block that the caller names, or the best one.
    pub fn at(&self, wanted: Option<BlockHash>) -> RpcResult<At<Block::Hash>> {
        let Some(wanted) = wanted else {
            return Ok(self.best());
        };
        let hash = Block::Hash::from(wanted.0);
        let number = self.client.number(hash).map_err(server_error)?;
        let number = number.ok_or_else(|| unknown_block(wanted))?;
        Ok(self.block(BlockRole::Given, hash, number))
    }

    /// The block that the caller names, or the best and the finalized one.
    pub fn blocks_to_verify(&self, wanted: Option<BlockHash>) -> RpcResult<Vec<At<Block::Hash>>> {
        if wanted.is_some() {
            return Ok(vec![self.at(wanted)?]);
        }
        let info = self.client.info();
        let best = self.block(BlockRole::Best, info.best_hash, info.best_number);
        let role = BlockRole::Finalized;
        let finalized = self.block(role, info.finalized_hash, info.finalized_number);
        Ok(vec![best, finalized])
    }

    /// Turns a failed call of the runtime into an error that says what the caller can do about it.
    pub fn answered<T>(&self, at: &At<Block::Hash>, answer: Result<T, ApiError>) -> RpcResult<T> {
        answer.map_err(|error| match error {
            ApiError::UnknownBlock(_) => self.state_not_held(at),
            error => server_error(error),
        })
    }

    fn state_not_held(&self, at: &At<Block::Hash>) -> ErrorObjectOwned {
        let BlockReference { number, hash } = at.reference;
        let oldest = self.oldest_state(number);
        let known = oldest.map_or_else(String::new, |oldest| {
            format!("; the oldest held is that of block #{oldest}")
        });
        let message = format!("the state of block #{number} ({hash}) is not held{known}");
        let data = Oldest { oldest };
        ErrorObjectOwned::owned(codes::STATE_NOT_HELD, message, Some(data))
    }

    /// The first block of the best chain after `missing` whose state is there: states are dropped
    /// oldest first, so that halving finds it.
    fn oldest_state(&self, missing: u32) -> Option<u32> {
        let best = self.best().reference.number;
        if !self.has_state(best) {
            return None;
        }
        let (mut below, mut held) = (missing.min(best), best);
        while held.saturating_sub(below) > 1 {
            let middle = below.midpoint(held);
            if self.has_state(middle) {
                held = middle;
            } else {
                below = middle;
            }
        }
        Some(held)
    }

    fn has_state(&self, number: u32) -> bool {
        let number: NumberFor<Block> = number.into();
        let Ok(Some(hash)) = self.client.hash(number) else {
            return false;
        };
        let nobody = Identifier([0; 32]);
        self.client.runtime_api().next_nonce(hash, nobody).is_ok()
    }
}

/// What goes with code 10002.
#[derive(Serialize)]
struct Oldest {
    oldest: Option<u32>,
}

fn unknown_block(hash: BlockHash) -> ErrorObjectOwned {
    let message = format!("no block of hash {hash} is known");
    ErrorObjectOwned::owned(codes::UNKNOWN_BLOCK, message, None::<()>)
}
