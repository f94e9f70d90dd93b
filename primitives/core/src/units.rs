//! Numbers with a meaning: each a type of its own, with only the arithmetic that makes sense.

use crate::parameters::{AUDIT_GROUPS, PIECE_BYTES, S_BUCKETS, SLOTS_PER_DOUBLING};
use parity_scale_codec::{CompactAs, Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

macro_rules! number {
    ($(#[$meta:meta])* $name:ident, $inner:ty) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default,
            Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, CompactAs,
        )]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
        pub struct $name(pub $inner);

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$inner> for $name {
            fn from(number: $inner) -> Self {
                Self(number)
            }
        }

        impl $name {
            /// The sum, or the largest number there is.
            pub const fn saturating_add(self, other: $inner) -> Self {
                Self(self.0.saturating_add(other))
            }

            /// The difference, or zero.
            pub const fn saturating_sub(self, other: $inner) -> Self {
                Self(self.0.saturating_sub(other))
            }
        }
    };
}

number!(
    /// A tick of proof-of-time, one second long in production. Genesis is slot 0.
    Slot, u64
);
number!(
    /// Position of a segment in the history, from 0.
    SegmentIndex, u64
);
number!(
    /// Position of a piece in the history, from 0: segment index · 2R + position in the segment.
    PieceIndex, u64
);
number!(
    /// How many segments the history has.
    HistorySize, u64
);
number!(
    /// Half of it is the largest distance at which a ticket wins.
    SolutionRange, u64
);

/// Number of a sector within a farmer's plot, below [`MAX_SECTORS`](crate::parameters::MAX_SECTORS).
pub type SectorIndex = u32;
/// Position of a piece in a sector, below the chain's pieces per sector.
pub type PieceOffset = u16;

impl PieceIndex {
    /// The segment that this piece belongs to, where a segment has `pieces_per_segment` of them.
    pub fn segment(self, pieces_per_segment: u64) -> SegmentIndex {
        SegmentIndex(self.0.checked_div(pieces_per_segment).unwrap_or(0))
    }

    /// Position within its segment.
    pub fn position(self, pieces_per_segment: u64) -> u64 {
        self.0.checked_rem(pieces_per_segment).unwrap_or(0)
    }
}

impl SegmentIndex {
    /// Index of the first of this segment's pieces.
    pub fn first_piece(self, pieces_per_segment: u64) -> PieceIndex {
        PieceIndex(self.0.saturating_mul(pieces_per_segment))
    }

    /// The history that ends with this segment.
    pub fn history_size(self) -> HistorySize {
        HistorySize(self.0.saturating_add(1))
    }
}

impl HistorySize {
    /// The last segment, none for an empty history.
    pub fn last_segment(self) -> Option<SegmentIndex> {
        self.0.checked_sub(1).map(SegmentIndex)
    }
}

impl SolutionRange {
    /// The range with which `slot probability` of all slots are won when `sectors` sectors of
    /// `pieces_per_sector` pieces farm (§3): `u64::MAX / (P / 16 · sectors) · probability`.
    pub fn initial(pieces_per_sector: u16, sectors: u64, slot_probability: (u64, u64)) -> Self {
        // An s-bucket and a group meet P/8 pieces, of which every second kept its chunk there.
        let tickets = u64::from(pieces_per_sector)
            .checked_div(16)
            .unwrap_or(0)
            .saturating_mul(sectors)
            .max(1);
        let (numerator, denominator) = slot_probability;
        let each = u64::MAX.checked_div(tickets).unwrap_or(u64::MAX);
        let range = u128::from(each)
            .saturating_mul(u128::from(numerator))
            .checked_div(u128::from(denominator.max(1)))
            .unwrap_or(0);
        Self(u64::try_from(range).unwrap_or(u64::MAX).max(1))
    }

    /// The range for a block in `slot`, of a chain whose range is this one and whose newest block is
    /// in `parent_slot` (§8): `min(u64::MAX, range · 2^⌊gap / 4096⌋)`, the gap being the slots from
    /// one to the other. The block weighs by it as well.
    pub fn for_block(self, slot: Slot, parent_slot: Slot) -> Self {
        let gap = slot.saturating_sub(parent_slot.0).0;
        let doublings = gap.checked_div(SLOTS_PER_DOUBLING).unwrap_or(0);
        let factor = u32::try_from(doublings)
            .ok()
            .and_then(|doublings| 1_u64.checked_shl(doublings))
            .unwrap_or(u64::MAX);
        Self(self.0.saturating_mul(factor))
    }

    /// Space that farmers pledge together if they win `slot probability` of all slots at this range, in bytes:
    /// `⌊16 · 131,168 · probability · 2^64 / range⌋`. A ticket wins with probability range / 2^64, and each slot has a
    /// ticket for 16 pieces, whatever a sector's size.
    pub fn pledged_bytes(self, slot_probability: (u64, u64)) -> u128 {
        let (numerator, denominator) = slot_probability;
        let denominator = u128::from(denominator).saturating_mul(u128::from(self.0));
        (PIECE_BYTES as u128)
            .saturating_mul(16)
            .saturating_mul(u128::from(numerator))
            .saturating_mul(1 << 64)
            .checked_div(denominator)
            .unwrap_or(u128::MAX)
    }

    /// The range for the next era, after one of `era_length` blocks took `slots` slots: follows
    /// the time taken, by no more than ×4 and no less than ÷4 (§8), and is never 0.
    pub fn adjusted(self, slots: u64, era_length: u32, slot_probability: (u64, u64)) -> Self {
        let (numerator, denominator) = slot_probability;
        let expected = u128::from(era_length)
            .saturating_mul(u128::from(denominator))
            .checked_div(u128::from(numerator.max(1)))
            .unwrap_or(0)
            .max(1);
        let range = u128::from(self.0);
        let adjusted = range
            .saturating_mul(u128::from(slots))
            .checked_div(expected)
            .unwrap_or(range);
        let lowest = range >> 2;
        let highest = range.saturating_mul(4);
        let clamped = adjusted.clamp(lowest, highest).max(1);
        Self(u64::try_from(clamped).unwrap_or(u64::MAX))
    }
}

/// One of the 8,192 positions of an extended record.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Encode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct SBucket(u16);

impl Decode for SBucket {
    fn decode<I: parity_scale_codec::Input>(
        input: &mut I,
    ) -> Result<Self, parity_scale_codec::Error> {
        Self::new(u16::decode(input)?).ok_or_else(|| "s-bucket is not below 8,192".into())
    }
}

impl SBucket {
    /// `None` if there is no such s-bucket.
    pub fn new(number: u16) -> Option<Self> {
        (number < S_BUCKETS).then_some(Self(number))
    }

    /// A 64-bit number reduced to an s-bucket.
    pub fn reduce(number: u64) -> Self {
        let reduced = number.checked_rem(u64::from(S_BUCKETS)).unwrap_or(0);
        Self(u16::try_from(reduced).unwrap_or(0))
    }

    /// Its number, below 8,192.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// The audit group of a piece: the eighth of the sector that it lies in (§6).
pub fn group_of(offset: PieceOffset, pieces_per_sector: u16) -> u8 {
    let per_group = pieces_per_sector.checked_div(AUDIT_GROUPS).unwrap_or(0);
    let group = offset.checked_div(per_group).unwrap_or(0);
    u8::try_from(group).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn initial_range_is_the_formula_of_the_design() {
        // One sector of 64 pieces has 4 tickets a slot; a half of all slots is to be won.
        assert_eq!(SolutionRange::initial(64, 1, (1, 2)).0, u64::MAX / 4 / 2);
        assert_eq!(
            SolutionRange::initial(1000, 7, (1, 6)).0,
            u64::MAX / (62 * 7) / 6
        );
    }

    #[test]
    fn a_range_tells_the_space_that_it_was_made_for() {
        for (pieces, sectors, probability) in
            [(64, 2, (1, 2)), (64, 4, (1, 6)), (992, 1_000, (1, 6))]
        {
            let space =
                SolutionRange::initial(pieces, sectors, probability).pledged_bytes(probability);
            let expected = u128::from(pieces) * u128::from(sectors) * 131_168;
            assert!(
                space.abs_diff(expected) <= expected >> 40,
                "{space}, {expected}"
            );
        }
        assert_eq!(SolutionRange(u64::MAX).pledged_bytes((1, 1)), 16 * 131_168);
        assert_eq!(SolutionRange(1).pledged_bytes((1, 1)), (16 * 131_168) << 64);
        assert_eq!(SolutionRange(0).pledged_bytes((1, 1)), u128::MAX);
    }

    #[test]
    fn range_follows_time_within_a_factor_of_four() {
        let range = SolutionRange(1_000_000);
        assert_eq!(range.adjusted(128, 64, (1, 2)), range);
        assert_eq!(range.adjusted(256, 64, (1, 2)).0, 2_000_000);
        assert_eq!(range.adjusted(100_000, 64, (1, 2)).0, 4_000_000);
        assert_eq!(range.adjusted(1, 64, (1, 2)).0, 250_000);
        assert_eq!(SolutionRange(1).adjusted(0, 64, (1, 2)).0, 1);
        assert_eq!(
            SolutionRange(u64::MAX).adjusted(u64::MAX, 64, (1, 2)).0,
            u64::MAX
        );
    }

    #[test]
    fn the_range_doubles_with_every_4096_slots_without_a_block() {
        let range = |gap: u64| SolutionRange(1000).for_block(Slot(7 + gap), Slot(7)).0;
        assert_eq!(range(1), 1000);
        assert_eq!(range(4095), 1000);
        assert_eq!(range(4096), 2000);
        assert_eq!(range(8191), 2000);
        assert_eq!(range(8192), 4000);
        // As far as one justification reaches.
        assert_eq!(range(32_767), 128_000);
        assert_eq!(range(32_768), 256_000);
        let never = |range: u64, gap| SolutionRange(range).for_block(Slot(gap), Slot(0)).0;
        assert_eq!(never(u64::MAX / 2, 4096), u64::MAX - 1);
        assert_eq!(never(u64::MAX / 2 + 1, 4096), u64::MAX);
        assert_eq!(never(1, 63 * 4096), 1 << 63);
        assert_eq!(never(1, 64 * 4096), u64::MAX);
        assert_eq!(never(1, u64::MAX), u64::MAX);
        // A slot that is not after the parent's is refused elsewhere.
        assert_eq!(SolutionRange(5).for_block(Slot(3), Slot(9000)).0, 5);
    }

    /// Of 10,000 sectors one comes back. In the slots that one justification can prove it wins 17 times on average, where
    /// without wider ranges it would win once in two such times.
    #[test]
    fn a_ten_thousandth_of_the_space_goes_on_with_a_chain_that_stands_still() {
        let range = SolutionRange::initial(1000, 10_000, (1, 6));
        let tickets = f64::from(1000 / 16);
        let wins = |range: SolutionRange| tickets * range.0 as f64 / u64::MAX as f64;
        let slots = 1..=u64::from(crate::parameters::MAX_SLOTS_PER_JUSTIFICATION);
        let widened: f64 = slots
            .clone()
            .map(|slot| wins(range.for_block(Slot(slot), Slot(0))))
            .sum();
        assert!((17.0..18.0).contains(&widened), "{widened}");
        let base: f64 = slots.map(|_| wins(range)).sum();
        assert!((0.5..0.6).contains(&base), "{base}");
    }

    #[test]
    fn groups_are_eighths() {
        assert_eq!(group_of(0, 64), 0);
        assert_eq!(group_of(7, 64), 0);
        assert_eq!(group_of(8, 64), 1);
        assert_eq!(group_of(999, 1000), 7);
        assert_eq!(group_of(124, 1000), 0);
        assert_eq!(group_of(125, 1000), 1);
    }

    #[test]
    fn an_s_bucket_that_does_not_exist_does_not_decode() {
        assert!(SBucket::decode(&mut &8191_u16.encode()[..]).is_ok());
        assert!(SBucket::decode(&mut &8192_u16.encode()[..]).is_err());
    }

    proptest! {
        /// The twin doubles one step at a time.
        #[test]
        fn the_range_for_a_block_is_doubled_step_by_step(
            range in 1_u64..,
            slot in 0_u64..1 << 20,
            gap in 0_u64..1 << 20,
        ) {
            let mut doubled = u128::from(range);
            let mut left = gap;
            while left >= 4096 {
                doubled = (2 * doubled).min(u128::from(u64::MAX));
                left -= 4096;
            }
            let found = SolutionRange(range).for_block(Slot(slot + gap), Slot(slot));
            prop_assert_eq!(u128::from(found.0), doubled);
        }

        #[test]
        fn pieces_and_segments_agree(segment in 0_u64..1 << 40, position in 0_u64..256) {
            let piece = PieceIndex(SegmentIndex(segment).first_piece(256).0 + position);
            prop_assert_eq!(piece.segment(256), SegmentIndex(segment));
            prop_assert_eq!(piece.position(256), position);
        }
    }
}
