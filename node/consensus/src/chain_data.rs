//! What consensus keeps beside every block, in the client's auxiliary store. Written in the same
//! commit as the block, and so is the deletion of what nobody asks for any more.
//!
//! | key | value |
//! |---|---|
//! | `allod/chain/` hash | [`ChainData`] of that block |
//! | `allod/chain-at/` number, big endian | hashes of the blocks of that number that have data |
//! | `allod/chain-oldest` | the lowest number whose data may still be there |
//!
//! Data are kept for blocks down to [`KEPT_BELOW_FINAL`] below the final one: nothing builds on older ones.

use crate::Error;
use allod_block_rules::ChainData;
use parity_scale_codec::{Decode, DecodeAll, Encode};
use sc_client_api::AuxStore;
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::{Block as BlockT, NumberFor};

/// Blocks below the final one whose data are kept.
pub const KEPT_BELOW_FINAL: u32 = 4_096;

/// Numbers whose data go with one block: more than one, so that a database which has kept all of them catches up.
const DELETED_PER_BLOCK: u32 = 16;

const OLDEST_KEY: &[u8] = b"allod/chain-oldest";

/// A key of the auxiliary store with its new value, or none if it is deleted.
pub type Entry = (Vec<u8>, Option<Vec<u8>>);

/// Key of a block's data in the auxiliary store.
pub fn key<Hash: AsRef<[u8]>>(hash: &Hash) -> Vec<u8> {
    [b"allod/chain/", hash.as_ref()].concat()
}

/// Key of the list of the blocks of a number.
fn list_key(number: u32) -> Vec<u8> {
    [&b"allod/chain-at/"[..], &number.to_be_bytes()].concat()
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

/// The entries that belong into the commit of a block: its data, and the deletion of old ones.
pub fn entries<Block, Client>(
    client: &Client,
    number: NumberFor<Block>,
    hash: Block::Hash,
    data: &ChainData,
) -> Result<Vec<Entry>, Error>
where
    Block: BlockT,
    NumberFor<Block>: Into<u32> + From<u32>,
    Client: AuxStore + HeaderBackend<Block>,
{
    let mut entries = vec![(key(&hash), Some(data.encode()))];
    let number: u32 = number.into();
    let mut list: Vec<Block::Hash> = read(client, &list_key(number))?.unwrap_or_default();
    if !list.contains(&hash) {
        list.push(hash);
        entries.push((list_key(number), Some(list.encode())));
    }
    let oldest: u32 = read(client, OLDEST_KEY)?.unwrap_or_default();
    let finalized: u32 = client.info().finalized_number.into();
    let deleted = oldest..oldest_after(oldest, finalized);
    if deleted.is_empty() {
        return Ok(entries);
    }
    for number in deleted.clone() {
        let list: Option<Vec<Block::Hash>> = read(client, &list_key(number))?;
        // Blocks of before there were lists: those of the chain that became final are what is left of them.
        let listed = match list {
            Some(list) => list,
            None => client.hash(number.into())?.into_iter().collect(),
        };
        entries.extend(listed.iter().map(|hash| (key(hash), None)));
        entries.push((list_key(number), None));
    }
    entries.push((OLDEST_KEY.to_vec(), Some(deleted.end.encode())));
    Ok(entries)
}

/// The lowest number whose data are kept after one more block.
fn oldest_after(oldest: u32, finalized: u32) -> u32 {
    let lowest_kept = finalized.saturating_sub(KEPT_BELOW_FINAL);
    let most = oldest.saturating_add(DELETED_PER_BLOCK);
    lowest_kept.clamp(oldest, most)
}

fn read<T: Decode>(store: &impl AuxStore, key: &[u8]) -> Result<Option<T>, Error> {
    let Some(bytes) = store.get_aux(key)? else {
        return Ok(None);
    };
    T::decode_all(&mut &bytes[..])
        .map(Some)
        .map_err(|_| Error::DamagedChainData(String::from_utf8_lossy(key).into_owned()))
}

#[cfg(test)]
mod tests;
