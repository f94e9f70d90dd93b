//! The node's own chain, as comparing sees it.

use crate::{
    protocol::{HeaderRecord, Tip},
    provisional,
};
use allod_block_rules::fork_choice::{BlockId, BlockWeight};
use allod_consensus::chain_data;
use allod_consensus_primitives::ENGINE_ID;
use allod_core::{Hash, Slot};
use parity_scale_codec::Encode;
use sc_client_api::{AuxStore, BlockBackend};
use sp_blockchain::{Error as ClientError, HeaderBackend};
use sp_core::H256;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT};
use std::{marker::PhantomData, sync::Arc};

/// Blocks of a chain like this one: what this crate is generic over, so that tests have blocks of their own.
pub trait AllodBlock: BlockT<Hash = H256, Header: HeaderT<Number = u32>> {}

impl<Block: BlockT<Hash = H256, Header: HeaderT<Number = u32>>> AllodBlock for Block {}

/// A client whose chain is compared with others.
pub trait ChainClient<Block: BlockT>:
    HeaderBackend<Block> + BlockBackend<Block> + AuxStore + Send + Sync + 'static
{
}

impl<Block, Client> ChainClient<Block> for Client
where
    Block: BlockT,
    Client: HeaderBackend<Block> + BlockBackend<Block> + AuxStore + Send + Sync + 'static,
{
}

/// A header, with its seal, and the bytes of its justification.
pub type Record<Block> = (<Block as BlockT>::Header, Vec<u8>);

/// The best block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its hash.
    pub hash: Hash,
    /// Its number.
    pub number: u32,
    /// Its slot.
    pub slot: Slot,
    /// Weight of its chain.
    pub weight: BlockWeight,
}

/// What comparing asks of the own chain.
pub trait OwnChain: Send + Sync {
    /// The best block.
    fn best(&self) -> Result<Head, ClientError>;
    /// The last final block.
    fn finalized(&self) -> BlockId<Hash>;
    /// Hash of the block with this number on the best chain.
    fn on_best_chain(&self, number: u32) -> Result<Option<Hash>, ClientError>;
    /// Number and parent of a block that is here, on whichever branch.
    fn number_and_parent(&self, hash: Hash) -> Result<Option<(u32, Hash)>, ClientError>;
    /// Whether it was compared with no boot or reserved node's yet, and has no checkpoint.
    fn is_provisional(&self) -> Result<bool, ClientError>;
    /// Writes down that it was.
    fn set_compared(&self) -> Result<(), ClientError>;
}

/// The chain of a client; cheap to clone.
pub struct ClientChain<Block, Client> {
    client: Arc<Client>,
    block: PhantomData<fn() -> Block>,
}

impl<Block, Client> Clone for ClientChain<Block, Client> {
    fn clone(&self) -> Self {
        Self::new(self.client.clone())
    }
}

impl<Block, Client> ClientChain<Block, Client> {
    /// Of this client.
    pub fn new(client: Arc<Client>) -> Self {
        Self {
            client,
            block: PhantomData,
        }
    }
}

impl<Block: AllodBlock, Client: ChainClient<Block>> ClientChain<Block, Client> {
    /// Hash of the first block.
    pub fn genesis_hash(&self) -> Hash {
        self.client.info().genesis_hash.into()
    }

    /// What the node says of its chain.
    pub fn tip(&self) -> Result<Tip, ClientError> {
        let (head, finalized) = (self.head()?, self.client.info());
        Ok(Tip {
            hash: head.hash,
            number: head.number,
            slot: head.slot,
            weight: head.weight,
            final_number: finalized.finalized_number,
            final_hash: finalized.finalized_hash.into(),
        })
    }

    /// Header and justification of a block.
    pub fn record(&self, hash: Hash) -> Result<Option<Record<Block>>, ClientError> {
        let Some(header) = self.client.header(hash.into())? else {
            return Ok(None);
        };
        let justifications = self.client.justifications(hash.into())?;
        let justification = justifications.and_then(|all| all.into_justification(ENGINE_ID));
        Ok(Some((header, justification.unwrap_or_default())))
    }

    /// The same as it travels, and the hash of the parent; none if the justification, which every
    /// block but genesis has, is pruned.
    pub fn encoded(&self, hash: Hash) -> Result<Option<(HeaderRecord, Hash)>, ClientError> {
        let found = self.record(hash)?;
        let found = found
            .filter(|(header, justification)| *header.number() == 0 || !justification.is_empty());
        Ok(found.map(|(header, justification)| {
            let record = HeaderRecord {
                header: header.encode(),
                justification,
            };
            (record, (*header.parent_hash()).into())
        }))
    }

    fn head(&self) -> Result<Head, ClientError> {
        let info = self.client.info();
        let data = chain_data::load::<Block, _>(&*self.client, info.best_hash)
            .map_err(|error| ClientError::Backend(error.to_string()))?;
        Ok(Head {
            hash: info.best_hash.into(),
            number: info.best_number,
            slot: data.slot,
            weight: data.weight,
        })
    }
}

impl<Block: AllodBlock, Client: ChainClient<Block>> OwnChain for ClientChain<Block, Client> {
    fn best(&self) -> Result<Head, ClientError> {
        self.head()
    }

    fn finalized(&self) -> BlockId<Hash> {
        let info = self.client.info();
        BlockId {
            number: info.finalized_number,
            hash: info.finalized_hash.into(),
        }
    }

    fn on_best_chain(&self, number: u32) -> Result<Option<Hash>, ClientError> {
        Ok(self.client.hash(number)?.map(Into::into))
    }

    fn number_and_parent(&self, hash: Hash) -> Result<Option<(u32, Hash)>, ClientError> {
        let header = self.client.header(hash.into())?;
        Ok(header.map(|header| (*header.number(), (*header.parent_hash()).into())))
    }

    fn is_provisional(&self) -> Result<bool, ClientError> {
        provisional::is_provisional(&*self.client)
    }

    fn set_compared(&self) -> Result<(), ClientError> {
        provisional::set_compared(&*self.client)
    }
}
