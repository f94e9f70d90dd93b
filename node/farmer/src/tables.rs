//! Proof-of-space tables with their memory used again.

use allod_core::{SBucket, SpaceProof, SpaceSeed};
use allod_proof_of_space::{SectorTable, TableGenerator};
use parking_lot::Mutex;

/// Generators that nobody is using. There are never more than threads that work at once.
#[derive(Default)]
pub struct Tables(Mutex<Vec<TableGenerator>>);

impl Tables {
    /// Makes the table of a seed and hands it over.
    pub fn with_table<T>(&self, seed: &SpaceSeed, work: impl FnOnce(&SectorTable) -> T) -> T {
        let mut generator = self.0.lock().pop().unwrap_or_default();
        let result = work(generator.generate(&seed.0));
        self.0.lock().push(generator);
        result
    }
}

/// The proof for an s-bucket, if the table has one.
pub fn find_proof(table: &SectorTable, s_bucket: SBucket) -> Option<SpaceProof> {
    table.find_proof(s_bucket.get()).map(SpaceProof)
}
