//! Two blocks sealed for one solution (§8).

use crate::digest::{DigestError, PreDigest, pre_digest, seal_message, split_seal};
use allod_core::{Hash, PieceOffset, PublicKey, ScalarBytes, SectorIndex, Slot, blake2b_256};
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_runtime::traits::Header as HeaderT;

/// Two differently sealed headers of one key, sector, piece, chunk and slot.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct EquivocationProof<Header> {
    /// One of the headers, with its seal.
    pub first: Header,
    /// The other, with its seal.
    pub second: Header,
}

/// Why two headers prove no equivocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EquivocationError {
    /// A digest is broken.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// Both are the same header.
    #[error("both headers are the same one")]
    SameHeader,
    /// They differ in key, sector, piece, chunk or slot.
    #[error("the headers do not share public key, sector index, piece offset, chunk and slot")]
    DifferentSolutions,
    /// A seal was not made by the key.
    #[error("the seal of the {0} header was not made by the key of its solution")]
    Seal(&'static str),
}

/// Whose equivocation was proven, and in which slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Equivocation {
    /// Whose.
    pub public_key: PublicKey,
    /// When.
    pub slot: Slot,
}

/// What a farmer may seal only one header with: two of one claim are an equivocation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode)]
pub struct Claim {
    public_key: PublicKey,
    sector_index: SectorIndex,
    piece_offset: PieceOffset,
    chunk: ScalarBytes,
    slot: Slot,
}

impl From<&PreDigest> for Claim {
    fn from(pre_digest: &PreDigest) -> Self {
        let solution = &pre_digest.solution;
        Self {
            public_key: solution.public_key,
            sector_index: solution.sector_index,
            piece_offset: solution.piece_offset,
            chunk: solution.chunk,
            slot: pre_digest.slot,
        }
    }
}

impl Claim {
    /// `H` of its SCALE encoding, by which farmers remember what they signed.
    pub fn hash(&self) -> Hash {
        blake2b_256(&self.encode())
    }
}

impl<Header: HeaderT> EquivocationProof<Header> {
    /// Checks everything that needs no chain: that the headers differ, share the solution, and that
    /// `verify(message, seal, key)` accepts both seals. That one of them is in this chain is for
    /// the caller to check.
    pub fn check(
        &self,
        genesis_hash: &Hash,
        verify: impl Fn(&[u8], &[u8; 64], &PublicKey) -> bool,
    ) -> Result<Equivocation, EquivocationError> {
        if self.first == self.second {
            return Err(EquivocationError::SameHeader);
        }
        let (first, first_seal) = split_seal(self.first.clone())?;
        let (second, second_seal) = split_seal(self.second.clone())?;
        let claim = Claim::from(&pre_digest(&first)?);
        if claim != Claim::from(&pre_digest(&second)?) {
            return Err(EquivocationError::DifferentSolutions);
        }
        let public_key = claim.public_key;
        let seals = [
            ("first", first, first_seal),
            ("second", second, second_seal),
        ];
        for (name, header, seal) in seals {
            let message = seal_message(genesis_hash, &header.encode());
            if !verify(&message, &seal, &public_key) {
                return Err(EquivocationError::Seal(name));
            }
        }
        Ok(Equivocation {
            public_key,
            slot: claim.slot,
        })
    }
}
