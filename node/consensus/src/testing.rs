//! For tests: an auxiliary store in memory.

use sc_client_api::AuxStore;
use std::{collections::BTreeMap, sync::Mutex};

/// What a client keeps beside its blocks.
#[derive(Default)]
pub(crate) struct AuxEntries(pub(crate) Mutex<BTreeMap<Vec<u8>, Vec<u8>>>);

impl AuxStore for AuxEntries {
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
        let mut entries = self.0.lock().unwrap();
        for (key, value) in insert {
            entries.insert(key.to_vec(), value.to_vec());
        }
        for key in delete {
            entries.remove(*key);
        }
        Ok(())
    }

    fn get_aux(&self, key: &[u8]) -> sp_blockchain::Result<Option<Vec<u8>>> {
        Ok(self.0.lock().unwrap().get(key).cloned())
    }
}
