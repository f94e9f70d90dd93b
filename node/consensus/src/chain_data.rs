//! What consensus keeps beside every block, in the client's auxiliary store. Written in the same
//! commit as the block.

use crate::Error;
use allod_block_rules::ChainData;
use parity_scale_codec::{DecodeAll, Encode};
use sc_client_api::AuxStore;
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::Block as BlockT;

/// Key of a block's data in the auxiliary store.
pub fn key<Hash: AsRef<[u8]>>(hash: &Hash) -> Vec<u8> {
    [b"allod/chain/", hash.as_ref()].concat()
}

/// Reads a block's data. Genesis has the default.
pub fn load<Block, Client>(client: &Client, hash: Block::Hash) -> Result<ChainData, Error>
where
    Block: BlockT,
    Client: AuxStore + HeaderBackend<Block>,
{
    if hash == client.info().genesis_hash {
        return Ok(ChainData::default());
    }
    let bytes = client
        .get_aux(&key(&hash))?
        .ok_or_else(|| Error::NoChainData(hash.to_string()))?;
    ChainData::decode_all(&mut &bytes[..]).map_err(|_| Error::DamagedChainData(hash.to_string()))
}

/// The entry for the auxiliary store.
pub fn entry<Hash: AsRef<[u8]>>(hash: &Hash, data: &ChainData) -> (Vec<u8>, Option<Vec<u8>>) {
    (key(hash), Some(data.encode()))
}
