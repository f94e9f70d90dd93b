//! Data beside blocks come with their block and go when nothing can build on it any more.

use super::*;
use crate::testing::AuxEntries;
use sc_client_api::blockchain::{BlockStatus, Info};
use sp_runtime::{OpaqueExtrinsic, generic, traits::BlakeTwo256};

type Block = generic::Block<generic::Header<u32, BlakeTwo256>, OpaqueExtrinsic>;
type Hash = <Block as BlockT>::Hash;

/// A client that is nothing but its auxiliary store and the number of its final block.
#[derive(Default)]
struct Store {
    aux: AuxEntries,
    finalized: u32,
}

/// The block of a number on one of many chains; that of chain 0 is final.
fn block(number: u32, chain: u8) -> Hash {
    let mut hash = [chain; 32];
    hash[..4].copy_from_slice(&number.to_be_bytes());
    hash.into()
}

impl AuxStore for Store {
    fn insert_aux<
        'a,
        'b: 'a,
        'c: 'a,
        I: IntoIterator<Item = &'a (&'c [u8], &'c [u8])>,
        D: IntoIterator<Item = &'a &'b [u8]>,
    >(
        &self,
        insert: I,
        delete: D,
    ) -> sp_blockchain::Result<()> {
        self.aux.insert_aux(insert, delete)
    }

    fn get_aux(&self, key: &[u8]) -> sp_blockchain::Result<Option<Vec<u8>>> {
        self.aux.get_aux(key)
    }
}

impl HeaderBackend<Block> for Store {
    fn header(&self, _: Hash) -> sp_blockchain::Result<Option<<Block as BlockT>::Header>> {
        Ok(None)
    }

    fn info(&self) -> Info<Block> {
        Info {
            best_hash: block(self.finalized, 0),
            best_number: self.finalized,
            genesis_hash: block(0, 0),
            finalized_hash: block(self.finalized, 0),
            finalized_number: self.finalized,
            finalized_state: None,
            number_leaves: 1,
            block_gap: None,
        }
    }

    fn status(&self, _: Hash) -> sp_blockchain::Result<BlockStatus> {
        Ok(BlockStatus::InChain)
    }

    fn number(&self, _: Hash) -> sp_blockchain::Result<Option<u32>> {
        Ok(None)
    }

    fn hash(&self, number: u32) -> sp_blockchain::Result<Option<Hash>> {
        Ok(Some(block(number, 0)))
    }
}

impl Store {
    /// Commits a block of this number and chain.
    fn commit(&self, number: u32, chain: u8) {
        let hash = block(number, chain);
        let committed = entries::<Block, _>(self, number, hash, &ChainData::default()).unwrap();
        let mut entries = self.aux.0.lock().unwrap();
        for (key, value) in committed {
            match value {
                Some(value) => entries.insert(key, value),
                None => entries.remove(&key),
            };
        }
    }

    fn has(&self, number: u32, chain: u8) -> bool {
        load::<Block, _>(self, block(number, chain)).is_ok()
    }
}

#[test]
fn data_are_kept_for_a_number_of_blocks_below_the_final_one_whatever_chain_they_are_on() {
    let mut store = Store::default();
    for number in 1..=5_000 {
        store.finalized = number - 1;
        store.commit(number, 0);
        store.commit(number, 1);
    }
    let lowest = 4_999 - KEPT_BELOW_FINAL;
    for chain in [0, 1] {
        assert!(!store.has(lowest - 1, chain));
        assert!(store.has(lowest, chain) && store.has(5_000, chain));
    }
    // Data and list of each number, and the lowest one.
    let kept = usize::try_from(5_000 - lowest + 1).unwrap();
    assert_eq!(store.aux.0.lock().unwrap().len(), 3 * kept + 1);
    // The same block again is no second one.
    store.commit(5_000, 1);
    assert_eq!(store.aux.0.lock().unwrap().len(), 3 * kept + 1);
}

#[test]
fn a_database_that_kept_everything_catches_up() {
    let mut store = Store::default();
    for number in 1..=9_000 {
        let entry = (key(&block(number, 0)), ChainData::default().encode());
        store.aux.0.lock().unwrap().insert(entry.0, entry.1);
    }
    for number in 9_001..=9_400 {
        store.finalized = number - 1;
        store.commit(number, 0);
    }
    let lowest = 9_399 - KEPT_BELOW_FINAL;
    assert!(!store.has(lowest - 1, 0) && store.has(lowest, 0));
}
