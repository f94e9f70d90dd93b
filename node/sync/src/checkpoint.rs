//! A block that the chain must have, and the branches that were found to lack it.

use crate::branch::Branch;
use allod_core::Hash;
use schnellru::{ByLength, LruMap};
use std::sync::{Mutex, PoisonError};

/// Blocks whose chains lack it that are remembered.
pub const MAX_LACKING: u32 = 1024;

/// A block that the chain must have.
///
/// What builds on a block above it whose chain lacks it, lacks it too. So a branch that grows is fetched as far back as it
/// has grown, and not each time to where it parts.
pub struct Checkpoint {
    /// Its number.
    pub number: u32,
    /// Its hash.
    pub hash: Hash,
    lacking: Mutex<LruMap<Hash, ()>>,
}

impl Checkpoint {
    /// A block that the chain must have.
    pub fn new(number: u32, hash: Hash) -> Self {
        Self {
            number,
            hash,
            lacking: Mutex::new(LruMap::new(ByLength::new(MAX_LACKING))),
        }
    }

    /// Whether it is in a branch, or below it in the own chain, which has block `own` there.
    pub fn is_kept(&self, branch: &Branch, own: Option<Hash>) -> bool {
        match self.number > branch.fork_number() {
            true => branch.hash(self.number) == Some(self.hash),
            false => own == Some(self.hash),
        }
    }

    /// Whether a block is known to be of a chain that lacks it. Its number must be the one that its header, or its child's,
    /// says, not what somebody claims.
    pub fn is_lacked_by(&self, number: u32, hash: Hash) -> bool {
        let in_its_place = number == self.number && hash != self.hash;
        in_its_place || self.is_remembered(hash)
    }

    /// Whether the chain of a block was found to lack it before.
    pub fn is_remembered(&self, hash: Hash) -> bool {
        self.lacking().peek(&hash).is_some()
    }

    /// Remembers a block, with the number that its header says, whose chain lacks it. One below it may still lead to it.
    pub fn remember(&self, number: u32, hash: Hash) {
        if number >= self.number {
            self.lacking().insert(hash, ());
        }
    }

    fn lacking(&self) -> std::sync::MutexGuard<'_, LruMap<Hash, ()>> {
        // Whatever panicked, hashes are whole.
        self.lacking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lacks_it_is_remembered_but_not_what_may_lead_to_it() {
        let checkpoint = Checkpoint::new(5, [5; 32]);
        assert!(checkpoint.is_lacked_by(5, [6; 32]));
        assert!(!checkpoint.is_lacked_by(5, [5; 32]));
        assert!(!checkpoint.is_lacked_by(9, [9; 32]));
        checkpoint.remember(9, [9; 32]);
        assert!(checkpoint.is_lacked_by(9, [9; 32]));
        checkpoint.remember(4, [4; 32]);
        assert!(!checkpoint.is_lacked_by(4, [4; 32]));
    }

    #[test]
    fn a_branch_keeps_it_by_its_own_blocks_or_by_those_that_it_parts_from() {
        let mut branch = Branch::new(&std::env::temp_dir(), 9).unwrap();
        let record = crate::protocol::HeaderRecord {
            header: vec![0; 10],
            justification: Vec::new(),
        };
        for number in (7..=9_u8).rev() {
            branch.push([number; 32], &record).unwrap();
        }
        let is_kept =
            |number, hash: u8, own| Checkpoint::new(number, [hash; 32]).is_kept(&branch, own);
        assert!(is_kept(7, 7, Some([0; 32])));
        assert!(!is_kept(7, 6, Some([6; 32])));
        assert!(is_kept(6, 6, Some([6; 32])));
        assert!(!is_kept(6, 6, Some([0; 32])));
        assert!(!is_kept(10, 10, None), "it is not there yet");
    }
}
