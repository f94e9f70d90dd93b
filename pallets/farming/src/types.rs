//! What the pallet stores and is told, where the primitives have no type for it.

use allod_core::{
    ChainParameters, PublicKey, RewardAddress, parameters::MAX_EXTERNAL_ENTROPY_BYTES,
};
use frame_support::pallet_prelude::*;

/// [`ChainParameters`] as they lie in the state. Their only list, the external entropy, is bounded
/// by [`ChainParameters::check`], which genesis runs before it stores them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct StoredParameters(pub ChainParameters);

impl MaxEncodedLen for StoredParameters {
    fn max_encoded_len() -> usize {
        // The fields of fixed size, in their order; the entropy follows them.
        type Fixed = (
            (u64, (u64, u64), u16, u16, u32, u32, u64, (u64, u64)),
            (u64, u64, u32, u32, u64, u64, u32),
        );
        type Entropy = BoundedVec<u8, ConstU32<{ MAX_EXTERNAL_ENTROPY_BYTES as u32 }>>;
        Fixed::max_encoded_len().saturating_add(Entropy::max_encoded_len())
    }
}

/// Who made the block that is being executed.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct BlockAuthor {
    /// The farmer's key.
    pub public_key: PublicKey,
    /// The account that its solution names for the reward.
    pub reward_address: RewardAddress,
}

/// Why a block does not hold the inherent that the archiver expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, thiserror::Error)]
pub enum InherentError {
    /// The inherent data do not decode, or name more headers than a block can take.
    #[error("the archiver's segment headers do not decode, or are too many for one block")]
    Malformed,
    /// The block completes segments and does not say so.
    #[error("the block must store the headers of {0} segments and stores none")]
    Missing(u32),
    /// The block's headers are not the archiver's.
    #[error("the block stores {actual} segment headers; the archiver has {expected} others for it")]
    Different {
        /// How many the archiver has.
        expected: u32,
        /// How many the block has.
        actual: u32,
    },
}

impl sp_inherents::IsFatalError for InherentError {
    fn is_fatal_error(&self) -> bool {
        true
    }
}
