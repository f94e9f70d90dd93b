//! Whether a chain has the checkpoint, and the branches that were found to lack it.

use crate::{branch::Branch, chain::OwnChain};
use allod_chain_spec::Checkpoint;
use allod_core::Hash;
use schnellru::{ByLength, LruMap};
use sp_blockchain::Error as ClientError;
use std::sync::{Mutex, PoisonError};

/// Blocks whose chains lack it that are remembered.
pub const MAX_LACKING: u32 = 1024;

/// What the own chain has in the checkpoint's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InItsPlace {
    /// The checkpoint.
    Itself,
    /// Another block, of this hash.
    Another(Hash),
    /// Nothing: it is not as long yet.
    Nothing,
}

/// What a chain has in the checkpoint's place.
///
/// # Errors
/// The database's.
pub fn in_its_place(
    chain: &dyn OwnChain,
    checkpoint: &Checkpoint,
) -> Result<InItsPlace, ClientError> {
    Ok(match chain.on_best_chain(checkpoint.number)? {
        Some(hash) if hash == checkpoint.hash => InItsPlace::Itself,
        Some(hash) => InItsPlace::Another(hash),
        None => InItsPlace::Nothing,
    })
}

/// Whether a chain has the checkpoint.
///
/// # Errors
/// The database's.
pub fn has_checkpoint(chain: &dyn OwnChain, checkpoint: &Checkpoint) -> Result<bool, ClientError> {
    match in_its_place(chain, checkpoint)? {
        InItsPlace::Itself => Ok(true),
        InItsPlace::Another(_) | InItsPlace::Nothing => Ok(false),
    }
}

/// The hash of a block that is final in a chain and contradicts the checkpoint, if there is one: no fork choice leads from
/// there to the checkpoint.
///
/// # Errors
/// The database's.
pub fn final_contradiction(
    chain: &dyn OwnChain,
    checkpoint: &Checkpoint,
) -> Result<Option<Hash>, ClientError> {
    if checkpoint.number > chain.finalized().number {
        return Ok(None);
    }
    match in_its_place(chain, checkpoint)? {
        InItsPlace::Another(own) => Ok(Some(own)),
        InItsPlace::Itself | InItsPlace::Nothing => Ok(None),
    }
}

/// A checkpoint, and blocks whose chains were found to lack it.
///
/// What builds on a block above it whose chain lacks it, lacks it too. So a branch that grows is fetched as far back as it
/// has grown, and not each time to where it parts.
pub struct CheckpointMemory {
    /// What is asked for.
    pub checkpoint: Checkpoint,
    lacking: Mutex<LruMap<Hash, ()>>,
}

impl CheckpointMemory {
    /// Nothing is known yet.
    pub fn new(checkpoint: Checkpoint) -> Self {
        Self {
            checkpoint,
            lacking: Mutex::new(LruMap::new(ByLength::new(MAX_LACKING))),
        }
    }

    /// Whether it is in a branch, or below it in the own chain.
    ///
    /// # Errors
    /// The database's.
    pub fn is_kept(&self, branch: &Branch, own: &dyn OwnChain) -> Result<bool, ClientError> {
        let Checkpoint { number, hash } = self.checkpoint;
        match number > branch.fork_number() {
            true => Ok(branch.hash(number) == Some(hash)),
            false => has_checkpoint(own, &self.checkpoint),
        }
    }

    /// Whether a block is known to be of a chain that lacks it. Its number must be the one that its header, or its child's,
    /// says, not what somebody claims.
    pub fn is_lacked_by(&self, number: u32, hash: Hash) -> bool {
        let Checkpoint {
            number: its_number,
            hash: its_hash,
        } = self.checkpoint;
        let is_another = number == its_number && hash != its_hash;
        is_another || self.is_remembered(hash)
    }

    /// Whether the chain of a block was found to lack it before.
    pub fn is_remembered(&self, hash: Hash) -> bool {
        self.lacking().peek(&hash).is_some()
    }

    /// Remembers a block, with the number that its header says, whose chain lacks it. One below it may still lead to it.
    pub fn remember(&self, number: u32, hash: Hash) {
        if number >= self.checkpoint.number {
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
    use crate::chain::Head;
    use allod_block_rules::fork_choice::BlockId;

    /// A chain whose last final block is its block 6, of this hash, and which has no other.
    struct Own(u8);

    impl OwnChain for Own {
        fn best(&self) -> Result<Head, ClientError> {
            unreachable!("nobody asks for it")
        }

        fn finalized(&self) -> BlockId<Hash> {
            BlockId {
                number: 6,
                hash: [self.0; 32],
            }
        }

        fn on_best_chain(&self, number: u32) -> Result<Option<Hash>, ClientError> {
            Ok((number == 6).then_some([self.0; 32]))
        }

        fn number_and_parent(&self, _: Hash) -> Result<Option<(u32, Hash)>, ClientError> {
            Ok(None)
        }

        fn is_provisional(&self) -> Result<bool, ClientError> {
            Ok(false)
        }

        fn set_compared(&self) -> Result<(), ClientError> {
            Ok(())
        }
    }

    fn memory(number: u32, byte: u8) -> CheckpointMemory {
        let hash = [byte; 32];
        CheckpointMemory::new(Checkpoint { number, hash })
    }

    #[test]
    fn a_chain_has_it_or_another_block_or_none_in_its_place() {
        let of = |number, byte: u8| {
            let hash = [byte; 32];
            let checkpoint = Checkpoint { number, hash };
            let found = in_its_place(&Own(6), &checkpoint).unwrap();
            let contradiction = final_contradiction(&Own(6), &checkpoint).unwrap();
            (found, contradiction)
        };
        assert_eq!(of(6, 6), (InItsPlace::Itself, None));
        let another = [6; 32];
        assert_eq!(of(6, 7), (InItsPlace::Another(another), Some(another)));
        assert_eq!(of(7, 7), (InItsPlace::Nothing, None));
    }

    #[test]
    fn what_lacks_it_is_remembered_but_not_what_may_lead_to_it() {
        let checkpoint = memory(5, 5);
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
        let is_kept = |number, hash, own| memory(number, hash).is_kept(&branch, &Own(own)).unwrap();
        assert!(is_kept(7, 7, 0));
        assert!(!is_kept(7, 6, 6));
        assert!(is_kept(6, 6, 6));
        assert!(!is_kept(6, 6, 0));
        assert!(!is_kept(10, 10, 0), "it is not there yet");
    }
}
