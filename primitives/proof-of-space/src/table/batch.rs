//! Hashing many pairs of entries in one loop.
//!
//! Values lie word by word, so that a loop over the pairs is a loop over adjacent words, and there is no branch in
//! it: the compiler makes vector code of it for the instruction set of the calling function. That is why
//! everything here is inlined and why K and the table's number are known at compile time.

// Iterators over seven arrays at once would hide that these are loops over lanes.
#![allow(clippy::needless_range_loop)]

use super::compress::blake3;
use super::graph::Parents;
use super::record::{Buckets, Record, split_y};
use crate::construction::{PARAM_EXT, metadata_bits};

/// Pairs that are hashed in one loop; a multiple of what any vector holds.
pub(super) const BATCH: usize = 128;

/// Number by which a new entry will be referred to.
#[derive(Clone, Copy)]
pub(super) enum Numbers {
    Position,
    /// Consecutive numbers from this one on.
    From(u32),
}

/// Pairs of matching entries, then the entries that they make.
#[derive(Debug)]
pub(super) struct Batch {
    /// `y` of the left entries.
    left_y: [u32; BATCH],
    left: [[u32; BATCH]; 4],
    right: [[u32; BATCH]; 4],
    /// Buckets of the new entries; of table 7, the challenges.
    buckets: [u32; BATCH],
    /// Words 0 to 2 of their records.
    words: [[u32; BATCH]; 3],
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            left_y: [0; BATCH],
            left: [[0; BATCH]; 4],
            right: [[0; BATCH]; 4],
            buckets: [0; BATCH],
            words: [[0; BATCH]; 3],
        }
    }
}

impl Batch {
    /// Takes pairs of entries; `bases` are the smallest `y` of the left entries' buckets.
    #[inline(always)]
    pub(super) fn load(
        &mut self,
        left: &[Record; BATCH],
        right: &[Record; BATCH],
        bases: &[u32; BATCH],
    ) {
        for lane in 0..BATCH {
            for word in 0..4 {
                self.left[word][lane] = left[lane].0[word];
            }
            self.left_y[lane] = bases[lane] + left[lane].offset();
        }
        for lane in 0..BATCH {
            for word in 0..4 {
                self.right[word][lane] = right[lane].0[word];
            }
        }
    }

    /// Where the new entries come from.
    #[inline(always)]
    pub(super) fn parents(&self) -> [Parents; BATCH] {
        let mut parents = [[0; 2]; BATCH];
        for lane in 0..BATCH {
            parents[lane] = [self.left[3][lane], self.right[3][lane]];
        }
        parents
    }

    /// Makes table 1 entries of values from `first_x` on.
    #[inline(always)]
    pub(super) fn set_values<const K: u8>(&mut self, first_x: u32, y: &[u32; BATCH]) {
        for lane in 0..BATCH {
            let x = first_x + lane as u32;
            let (bucket, place) = split_y(y[lane]);
            self.buckets[lane] = bucket;
            self.words[0][lane] = x << (32 - u32::from(K));
            self.words[1][lane] = 0;
            self.words[2][lane] = place;
        }
    }

    /// Makes entries of tables 2 to 6.
    #[inline(always)]
    pub(super) fn hash<const K: u8, const TABLE: u8>(&mut self) {
        for lane in 0..BATCH {
            let (y, left, right) = self.pair(lane);
            let hash = hash::<K, TABLE>(y, left, right);
            let [m0, m1, m2] = metadata::<K, TABLE>(left, right, hash);
            let (bucket, place) = split_y(hash[0] >> (32 - u32::from(K + PARAM_EXT)));
            self.buckets[lane] = bucket;
            self.words[0][lane] = m0;
            self.words[1][lane] = m1;
            self.words[2][lane] = m2 | place;
        }
    }

    /// Makes entries of table 7 and returns the challenges that they answer.
    #[inline(always)]
    pub(super) fn hash_last<const K: u8>(&mut self) -> &[u32; BATCH] {
        for lane in 0..BATCH {
            let (y, left, right) = self.pair(lane);
            self.buckets[lane] = hash::<K, 7>(y, left, right)[0] >> (32 - u32::from(K));
        }
        &self.buckets
    }

    #[inline(always)]
    fn pair(&self, lane: usize) -> (u32, [u32; 3], [u32; 3]) {
        let (left, right) = (&self.left, &self.right);
        (
            self.left_y[lane],
            [left[0][lane], left[1][lane], left[2][lane]],
            [right[0][lane], right[1][lane], right[2][lane]],
        )
    }

    /// Puts the first `count` new entries into their buckets.
    #[inline(always)]
    pub(super) fn store(&self, to: &mut Buckets, count: usize, numbers: Numbers) {
        let positions = to.reserve(&self.buckets, count);
        let mut records = [Record::default(); BATCH];
        for lane in 0..BATCH {
            let number = match numbers {
                Numbers::Position => positions[lane],
                Numbers::From(first) => first.wrapping_add(lane as u32),
            };
            let [m0, m1, m2] = &self.words;
            records[lane] = Record([m0[lane], m1[lane], m2[lane], number]);
        }
        to.put(&positions, &records, count);
    }
}

/// Clears everything past the first `bits` bits.
#[inline(always)]
fn mask(mut words: [u32; 3], bits: u8) -> [u32; 3] {
    for index in 0..3 {
        let kept = u32::from(bits).saturating_sub(32 * index as u32);
        words[index] &= !u32::MAX.checked_shr(kept).unwrap_or(0);
    }
    words
}

/// Puts `words`, of which `bits` bits are used and the rest is zero, to bit `start` of `string`.
#[inline(always)]
fn place<const WORDS: usize>(string: &mut [u32; WORDS], words: [u32; 3], bits: u8, start: u8) {
    let (first, shift) = (usize::from(start / 32), u32::from(start % 32));
    for index in 0..3 {
        if 32 * index < usize::from(bits) {
            string[first + index] |= words[index] >> shift;
            if shift > 0 && first + index + 1 < WORDS {
                string[first + index + 1] |= words[index] << (32 - shift);
            }
        }
    }
}

/// First 128 bits of the hash of the left `y` and both metadata, as big-endian words.
#[inline(always)]
fn hash<const K: u8, const TABLE: u8>(y: u32, left: [u32; 3], right: [u32; 3]) -> [u32; 4] {
    let (y_bits, bits) = (K + PARAM_EXT, metadata_bits(K, TABLE - 1));
    let mut input = [0; 16];
    input[0] = y << (32 - u32::from(y_bits));
    place(&mut input, mask(left, bits), bits, y_bits);
    place(&mut input, mask(right, bits), bits, y_bits + bits);
    let input_bits = u32::from(y_bits) + 2 * u32::from(bits);
    blake3(input.map(u32::swap_bytes), input_bits.div_ceil(8)).map(u32::swap_bytes)
}

/// Metadata of the new entry: the joined metadata, or what follows `y` in the hash.
#[inline(always)]
fn metadata<const K: u8, const TABLE: u8>(
    left: [u32; 3],
    right: [u32; 3],
    hash: [u32; 4],
) -> [u32; 3] {
    let mut metadata = [0; 3];
    if TABLE < 4 {
        let bits = metadata_bits(K, TABLE - 1);
        place(&mut metadata, mask(left, bits), bits, 0);
        place(&mut metadata, mask(right, bits), bits, bits);
        return metadata;
    }
    let skip = u32::from(K + PARAM_EXT);
    for index in 0..3 {
        metadata[index] = (hash[index] << skip) | (hash[index + 1] >> (32 - skip));
    }
    mask(metadata, metadata_bits(K, TABLE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::low_mask;
    use crate::construction::f;
    use proptest::prelude::*;

    fn record(metadata: u128, bits: u8, place: u32) -> Record {
        let words = (metadata & low_mask(bits)) << (96 - bits) | u128::from(place);
        Record([(words >> 64) as u32, (words >> 32) as u32, words as u32, 0])
    }

    /// Compares one lane with the function that hashes one pair.
    fn compare<const K: u8, const TABLE: u8>(lane: usize, y: u32, left: u128, right: u128) {
        let (bucket, place) = split_y(y);
        let bits = metadata_bits(K, TABLE - 1);
        let mut batch = Batch::default();
        let mut entries = [[Record::default(); BATCH]; 2];
        entries[0][lane] = record(left, bits, place);
        // The place of the right entry must not matter.
        entries[1][lane] = record(right, bits, 0x3fff);
        let mut bases = [0; BATCH];
        bases[lane] = bucket * crate::construction::PARAM_BC;
        batch.load(&entries[0], &entries[1], &bases);

        let (left, right) = (left & low_mask(bits), right & low_mask(bits));
        let (expected_y, expected_metadata) = f(K, TABLE, y.into(), left, right);
        if TABLE == 7 {
            let challenge = batch.hash_last::<K>()[lane];
            assert_eq!(u64::from(challenge), expected_y >> PARAM_EXT);
        } else {
            batch.hash::<K, TABLE>();
            let (bucket, place) = split_y(expected_y as u32);
            let Record([m0, m1, m2, _]) = record(expected_metadata, metadata_bits(K, TABLE), place);
            assert_eq!(batch.buckets[lane], bucket);
            assert_eq!(batch.words.map(|word| word[lane]), [m0, m1, m2]);
        }
    }

    fn compare_all<const K: u8>(lane: usize, y: u32, left: u128, right: u128) {
        let y = y >> (32 - u32::from(K + PARAM_EXT));
        compare::<K, 2>(lane, y, left, right);
        compare::<K, 3>(lane, y, left, right);
        compare::<K, 4>(lane, y, left, right);
        compare::<K, 5>(lane, y, left, right);
        compare::<K, 6>(lane, y, left, right);
        compare::<K, 7>(lane, y, left, right);
    }

    proptest! {
        #[test]
        fn lanes_are_hashed_like_single_pairs(
            lane in 0..BATCH,
            y in any::<u32>(),
            left in any::<u128>(),
            right in any::<u128>(),
        ) {
            compare_all::<16>(lane, y, left, right);
            compare_all::<17>(lane, y, left, right);
            compare_all::<20>(lane, y, left, right);
        }
    }
}
