//! Challenges, tickets and distances (§7).

use crate::{
    bytes::{ScalarBytes, SpaceProof},
    hash::{Hash, blake2b_256, blake2b_256_list, first_u64, second_u64},
    parameters::AUDIT_GROUPS,
    sector::SectorId,
    time::PotOutput,
    units::{SBucket, Slot, SolutionRange},
};

/// The challenge that all farmers face in a slot: `H(pot_output ‖ slot)`.
pub fn global_challenge(output: &PotOutput, slot: Slot) -> Hash {
    blake2b_256_list(&[&output.0, &slot.0.to_le_bytes()])
}

/// The challenge that one sector faces: `H(global ‖ sector_id)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SectorChallenge {
    global: u64,
    challenge: Hash,
}

impl SectorChallenge {
    /// For one sector in the slot of `global`.
    pub fn new(global: &Hash, sector: &SectorId) -> Self {
        Self {
            global: first_u64(global),
            challenge: blake2b_256_list(&[global, &sector.0]),
        }
    }

    /// The s-bucket to read: first 8 bytes mod 8,192.
    pub fn s_bucket(&self) -> SBucket {
        SBucket::reduce(first_u64(&self.challenge))
    }

    /// The group to read: next 8 bytes mod 8.
    pub fn group(&self) -> u8 {
        let group = second_u64(&self.challenge)
            .checked_rem(u64::from(AUDIT_GROUPS))
            .unwrap_or(0);
        u8::try_from(group).unwrap_or(0)
    }

    /// How far a stored chunk's ticket lies from the slot's target: the shorter way round between
    /// the first 8 bytes of `H(challenge ‖ stored chunk)` and those of the global challenge.
    pub fn distance(&self, stored_chunk: &[u8; 32]) -> u64 {
        let ticket = first_u64(&blake2b_256_list(&[&self.challenge, stored_chunk]));
        let forward = ticket.wrapping_sub(self.global);
        forward.min(forward.wrapping_neg())
    }

    /// Whether a stored chunk wins: its distance is at most half of the range.
    pub fn wins(&self, stored_chunk: &[u8; 32], range: SolutionRange) -> bool {
        self.distance(stored_chunk) <= range.0 >> 1
    }
}

/// Masks a chunk for storage, or unmasks a stored one: `chunk ⊕ H(proof)`.
pub fn mask_chunk(chunk: &ScalarBytes, proof: &SpaceProof) -> [u8; 32] {
    let mut masked = blake2b_256(&proof.0);
    for (byte, from) in masked.iter_mut().zip(chunk.0) {
        *byte ^= from;
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge() -> (Hash, SectorChallenge) {
        let global = global_challenge(&PotOutput([5; 16]), Slot(9));
        (global, SectorChallenge::new(&global, &SectorId([3; 32])))
    }

    #[test]
    fn challenges_are_the_formulas_of_the_design() {
        let (global, sector) = challenge();
        let mut input = [5; 16].to_vec();
        input.extend([9, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(global, blake2b_256(&input));
        let mut input = global.to_vec();
        input.extend([3; 32]);
        let hash = blake2b_256(&input);
        let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap());
        assert_eq!(
            u64::from(sector.s_bucket().get()),
            number(&hash[..8]) % 8192
        );
        assert_eq!(u64::from(sector.group()), number(&hash[8..16]) % 8);
    }

    #[test]
    fn distance_is_the_shorter_way_round() {
        let (global, sector) = challenge();
        let target = first_u64(&global);
        for byte in 0..50 {
            let chunk = [byte; 32];
            let mut input = sector.challenge.to_vec();
            input.extend(chunk);
            let ticket = first_u64(&blake2b_256(&input));
            let there = u128::from(ticket.max(target) - ticket.min(target));
            let around = (1_u128 << 64) - there;
            let distance = sector.distance(&chunk);
            assert_eq!(u128::from(distance), there.min(around));
            assert!(sector.wins(&chunk, SolutionRange(u64::MAX)));
            assert!(!sector.wins(&chunk, SolutionRange(distance)));
            assert!(sector.wins(&chunk, SolutionRange(distance * 2)));
        }
    }

    #[test]
    fn masking_twice_gives_the_chunk_back() {
        let proof = SpaceProof([8; 136]);
        let chunk = ScalarBytes([1; 32]);
        let stored = mask_chunk(&chunk, &proof);
        assert_ne!(stored, chunk.0);
        assert_eq!(mask_chunk(&ScalarBytes(stored), &proof), chunk.0);
    }
}
