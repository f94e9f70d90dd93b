//! Who the stewards are.

use alloc::vec::Vec;
use frame_support::pallet_prelude::*;
use sp_runtime::traits::Zero;

/// The most stewards.
pub const MAX_STEWARDS: u32 = 16;

/// Which account a multisig has. The runtime says whose multisigs those are.
pub trait MultisigAccount<AccountId> {
    /// The account of `threshold` of these members, which are sorted.
    fn account(members: &[AccountId], threshold: u16) -> AccountId;
}

/// Stewards, and what it takes for them to act.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Council<AccountId, BlockNumber> {
    /// Their accounts, sorted, each once.
    pub members: BoundedVec<AccountId, ConstU32<MAX_STEWARDS>>,
    /// How many of them it takes: from 2 to as many as there are.
    pub threshold: u16,
    /// Blocks between scheduling and dispatch, above 0.
    pub delay: BlockNumber,
}

/// Why there can be no such stewards. The text begins with the field of the genesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CouncilError {
    /// Too few or too many.
    #[error("members: must be from 2 to {MAX_STEWARDS} accounts")]
    WrongNumber,
    /// One is named twice.
    #[error("members: must name each account once")]
    Twice,
    /// The threshold cannot be reached, or one of them alone reaches it.
    #[error("threshold: must be at least 2 and no more than there are members")]
    WrongThreshold,
    /// There is no delay.
    #[error("delay: must be above 0 blocks")]
    NoDelay,
}

impl<AccountId: Ord, BlockNumber: Zero> Council<AccountId, BlockNumber> {
    /// Stewards by these rules.
    ///
    /// # Errors
    /// One variant of [`CouncilError`] for each rule.
    pub fn new(
        mut members: Vec<AccountId>,
        threshold: u16,
        delay: BlockNumber,
    ) -> Result<Self, CouncilError> {
        let named = members.len();
        members.sort();
        members.dedup();
        if members.len() != named {
            return Err(CouncilError::Twice);
        }
        if named < 2 {
            return Err(CouncilError::WrongNumber);
        }
        let members = BoundedVec::try_from(members).map_err(|_| CouncilError::WrongNumber)?;
        if threshold < 2 || usize::from(threshold) > named {
            return Err(CouncilError::WrongThreshold);
        }
        if delay.is_zero() {
            return Err(CouncilError::NoDelay);
        }
        Ok(Self {
            members,
            threshold,
            delay,
        })
    }
}
