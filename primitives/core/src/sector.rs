//! What a sector must contain, and when it expires (§6).

use crate::{
    bytes::{PublicKey, SegmentCommitment},
    hash::{Hash, blake2b_256, blake2b_256_list, first_u64, number_mod},
    parameters::ChainParameters,
    units::{HistorySize, PieceIndex, PieceOffset, SBucket, SectorIndex, SegmentIndex},
};

crate::byte_string!(
    /// Identifier of a sector: `H(H(public_key) ‖ sector_index ‖ history_size)`.
    SectorId, 32
);
crate::byte_string!(
    /// Seed of the proof-of-space table of one piece in one sector: `H(sector_id ‖ o)`.
    SpaceSeed, 32
);

impl SpaceSeed {
    /// The s-bucket from which the plot keeps chunks: first 8 bytes of the seed mod 8,192.
    pub fn first_s_bucket(&self) -> SBucket {
        SBucket::reduce(first_u64(&self.0))
    }
}

impl SectorId {
    /// The sector that a farmer makes at `history_size`. With the history size in it, one index
    /// plotted at many sizes does not face one and the same challenge.
    pub fn new(public_key: &PublicKey, index: SectorIndex, history_size: HistorySize) -> Self {
        let key_hash: Hash = blake2b_256(&public_key.0);
        Self(blake2b_256_list(&[
            &key_hash,
            &index.to_le_bytes(),
            &history_size.0.to_le_bytes(),
        ]))
    }

    /// Seed of the table for the piece at `offset`: `H(sector_id ‖ o)`.
    pub fn space_seed(&self, offset: PieceOffset) -> SpaceSeed {
        SpaceSeed(self.with_offset(offset))
    }

    fn with_offset(&self, offset: PieceOffset) -> Hash {
        blake2b_256_list(&[&self.0, &offset.to_le_bytes()])
    }

    /// The piece that must lie at `offset` of a sector made at `history_size`.
    ///
    /// Any piece of the history is equally likely, except that once the history is longer than
    /// recent segments / recent fraction, every odd offset below twice that fraction of the sector
    /// takes one of the recent segments' pieces, so that new history is stored widely at once.
    pub fn piece_index(
        &self,
        offset: PieceOffset,
        history_size: HistorySize,
        parameters: &ChainParameters,
    ) -> PieceIndex {
        let pieces_per_segment = u128::from(parameters.pieces_per_segment());
        let hash = self.with_offset(offset);
        let in_segments = |segments: u64| {
            let pieces = u128::from(segments).saturating_mul(pieces_per_segment);
            u64::try_from(number_mod(&hash, 0, pieces)).unwrap_or(0)
        };
        if is_recent(offset, history_size, parameters) {
            let older = history_size.0.saturating_sub(parameters.recent_segments);
            let first = SegmentIndex(older).first_piece(parameters.pieces_per_segment());
            first.saturating_add(in_segments(parameters.recent_segments))
        } else {
            PieceIndex(in_segments(history_size.0))
        }
    }

    /// The segment whose commitment decides when this sector expires: index h + M − 1.
    pub fn expiry_segment(history_size: HistorySize, parameters: &ChainParameters) -> SegmentIndex {
        SegmentIndex(
            history_size
                .0
                .saturating_add(parameters.min_sector_lifetime)
                .saturating_sub(1),
        )
    }

    /// The history size at which a sector made at `history_size` has expired, given the commitment
    /// of [`expiry_segment`](Self::expiry_segment).
    ///
    /// With `d = H(sector_id ‖ T)`: `h + M + (d/2 mod h)` for even d, else `2h + M + (d/2 mod 2h)`.
    /// Half of a plot so falls due until history has doubled, the rest until it has quadrupled.
    pub fn expires_at(
        &self,
        history_size: HistorySize,
        commitment: &SegmentCommitment,
        parameters: &ChainParameters,
    ) -> HistorySize {
        let digest = blake2b_256_list(&[&self.0, &commitment.0]);
        let odd = number_mod(&digest, 0, 2) == 1;
        let base = if odd {
            history_size.0.saturating_mul(2)
        } else {
            history_size.0
        };
        let spread = u64::try_from(number_mod(&digest, 1, u128::from(base))).unwrap_or(0);
        HistorySize(
            base.saturating_add(parameters.min_sector_lifetime)
                .saturating_add(spread),
        )
    }
}

/// Whether the piece at `offset` is to come from the recent segments.
fn is_recent(offset: PieceOffset, history_size: HistorySize, parameters: &ChainParameters) -> bool {
    let (numerator, denominator) = parameters.recent_fraction;
    let long_enough = u128::from(history_size.0).saturating_mul(u128::from(numerator))
        > u128::from(parameters.recent_segments).saturating_mul(u128::from(denominator));
    let recent_pieces = u64::from(parameters.pieces_per_sector)
        .saturating_mul(numerator)
        .checked_div(denominator)
        .unwrap_or(0);
    let odd = offset.checked_rem(2) == Some(1);
    long_enough && odd && u64::from(offset) < recent_pieces.saturating_mul(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::tests::local;
    use alloc::vec::Vec;

    fn sector() -> SectorId {
        SectorId::new(&PublicKey([1; 32]), 2, HistorySize(3))
    }

    #[test]
    fn identifier_is_the_formula_of_the_design() {
        let mut input = blake2b_256(&[1; 32]).to_vec();
        input.extend([2, 0, 0, 0]);
        input.extend([3, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(sector().0, blake2b_256(&input));
        let mut input = sector().0.to_vec();
        input.extend([7, 0]);
        assert_eq!(sector().space_seed(7).0, blake2b_256(&input));
    }

    #[test]
    fn pieces_lie_within_the_history() {
        let parameters = local();
        for size in [1, 2, 50] {
            for offset in 0..parameters.pieces_per_sector {
                let piece = sector().piece_index(offset, HistorySize(size), &parameters);
                assert!(piece.0 < size * 16);
            }
        }
    }

    #[test]
    fn from_51_segments_on_the_first_odd_offsets_are_recent() {
        let parameters = local();
        let recent = |size: u64| -> Vec<u16> {
            (0..64)
                .filter(|offset| is_recent(*offset, HistorySize(size), &parameters))
                .collect()
        };
        assert_eq!(recent(50), Vec::<u16>::new());
        // ⌊64 / 10⌋ · 2 = 12
        assert_eq!(recent(51), [1, 3, 5, 7, 9, 11]);
        for offset in recent(1000) {
            let piece = sector().piece_index(offset, HistorySize(1000), &parameters);
            assert!((995 * 16..1000 * 16).contains(&piece.0));
        }
    }

    #[test]
    fn expiry_follows_both_branches() {
        let parameters = local();
        let (mut even, mut odd) = (0, 0);
        for byte in 0..64 {
            let commitment = SegmentCommitment([byte; 48]);
            let digest = blake2b_256_list(&[&sector().0, &commitment.0]);
            let expiry = sector()
                .expires_at(HistorySize(10), &commitment, &parameters)
                .0;
            if digest[0] & 1 == 0 {
                even += 1;
                assert_eq!(expiry, 14 + number_mod(&digest, 1, 10) as u64);
            } else {
                odd += 1;
                assert_eq!(expiry, 24 + number_mod(&digest, 1, 20) as u64);
            }
        }
        assert!(even > 0 && odd > 0);
        assert_eq!(
            SectorId::expiry_segment(HistorySize(10), &parameters),
            SegmentIndex(13)
        );
    }
}
