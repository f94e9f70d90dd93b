//! What consensus keeps beside every block, in the client's auxiliary store: the weight of its
//! chain, and the proof-of-time outputs that its children look up. Written in the same commit as
//! the block.

use crate::Error;
use allod_core::{BlockWeight, PotOutput, Slot};
use parity_scale_codec::{DecodeAll, Encode};
use sc_client_api::AuxStore;
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::Block as BlockT;

/// Consensus data of one block.
#[derive(
    Debug, Clone, PartialEq, Eq, Default, parity_scale_codec::Encode, parity_scale_codec::Decode,
)]
pub struct ChainData {
    /// Weight of the chain from genesis, without it, up to the block.
    pub weight: BlockWeight,
    /// Slot of the block.
    pub slot: Slot,
    /// Outputs of the slots from the block's own to the newest one that it proves. Empty for
    /// genesis, which proves none.
    pub outputs: Vec<PotOutput>,
}

impl ChainData {
    /// Output of a slot that this block or an ancestor proved and a child may use.
    pub fn output(&self, slot: Slot) -> Option<PotOutput> {
        let position = slot.0.checked_sub(self.slot.0)?;
        self.outputs.get(usize::try_from(position).ok()?).copied()
    }

    /// The newest slot that is proven, and its output; none for genesis.
    pub fn newest(&self) -> Option<(Slot, PotOutput)> {
        let output = *self.outputs.last()?;
        let ahead = u64::try_from(self.outputs.len()).ok()?.saturating_sub(1);
        Some((self.slot.saturating_add(ahead), output))
    }

    /// The newest slot that is proven, 0 for genesis.
    pub fn newest_slot(&self) -> Slot {
        self.newest().map_or(Slot(0), |(slot, _)| slot)
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_found_by_slot() {
        let outputs: Vec<_> = (0..5).map(|byte| PotOutput([byte; 16])).collect();
        let data = ChainData {
            weight: 1,
            slot: Slot(10),
            outputs: outputs.clone(),
        };
        assert_eq!(data.output(Slot(9)), None);
        assert_eq!(data.output(Slot(10)), Some(outputs[0]));
        assert_eq!(data.output(Slot(14)), Some(outputs[4]));
        assert_eq!(data.output(Slot(15)), None);
        assert_eq!(data.newest(), Some((Slot(14), outputs[4])));
        assert_eq!(ChainData::default().newest_slot(), Slot(0));
    }
}
