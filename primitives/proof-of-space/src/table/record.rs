//! Entries of a table under construction, kept by bucket.

use crate::construction::{PARAM_B, PARAM_BC, PARAM_C, PARAM_EXT};
use alloc::vec;
use alloc::vec::Vec;

/// Entries that a bucket has room for.
///
/// A bucket holds 236 entries on average, with a standard deviation of 15, and the average of a late table is
/// within some 15 % of that. Entries past this number are dropped, which costs proofs, never their validity; the
/// odds of that happening anywhere in a table are less than one to 10^12. Not a multiple of a large power of
/// two, so that the buckets, which fill evenly, do not compete for the same lines of the processor's caches.
pub(super) const CAPACITY: usize = 450;

/// Room between the starts of two buckets: what does not fit goes to the last place, which is never read.
const STRIDE: usize = CAPACITY + 1;

/// Largest K for which metadata (4K bits) and place (14 bits) fit into three words.
pub(super) const MAX_TABLE_K: u8 = 20;

const PLACE_BITS: u32 = 14;
const COLUMN_BITS: u32 = 7;
const COLUMN_MASK: u32 = (1 << COLUMN_BITS) - 1;

const _: () = assert!(PARAM_B <= 128 && PARAM_C <= 128);
const _: () = assert!(4 * MAX_TABLE_K as u32 + PLACE_BITS <= 96);

/// One entry: words 0 to 2 hold the metadata, left-aligned, and in their last 14 bits row and column of `y` in
/// its bucket; word 3 holds the number by which the next table refers to this entry.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(16))]
pub(super) struct Record(pub(super) [u32; 4]);

impl Record {
    #[inline(always)]
    pub(super) fn row(self) -> u8 {
        ((self.0[2] >> COLUMN_BITS) & COLUMN_MASK) as u8
    }

    #[inline(always)]
    pub(super) fn column(self) -> u8 {
        (self.0[2] & COLUMN_MASK) as u8
    }

    /// `y` less the smallest one of its bucket.
    #[inline(always)]
    pub(super) fn offset(self) -> u32 {
        u32::from(self.row()) * PARAM_C as u32 + u32::from(self.column())
    }

    /// The metadata as one number of `bits` bits, 0 to 80.
    #[inline(always)]
    pub(super) fn metadata(self, bits: u8) -> u128 {
        let words =
            (u128::from(self.0[0]) << 64) | (u128::from(self.0[1]) << 32) | u128::from(self.0[2]);
        words >> (96 - u32::from(bits))
    }
}

/// Splits a `y` into its bucket, and its row and column as a record holds them.
#[inline(always)]
pub(super) fn split_y(y: u32) -> (u32, u32) {
    let bucket = y / PARAM_BC;
    let offset = y - bucket * PARAM_BC;
    let row = offset / PARAM_C as u32;
    (
        bucket,
        (row << COLUMN_BITS) + (offset - row * PARAM_C as u32),
    )
}

/// The entries of one table by bucket, in no particular order within a bucket.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    records: Vec<Record>,
    /// Number of entries of each bucket, also of those that had to be dropped.
    lengths: Vec<u32>,
}

impl Buckets {
    /// Empties the buckets and makes room for a table of this K.
    pub(super) fn reset(&mut self, k: u8) {
        let buckets = (1usize << (k + PARAM_EXT)).div_ceil(PARAM_BC as usize);
        self.lengths.clear();
        self.lengths.resize(buckets, 0);
        if self.records.len() != buckets * STRIDE {
            self.records = vec![Record::default(); buckets * STRIDE];
        }
    }

    /// Number of buckets.
    pub(super) fn count(&self) -> usize {
        self.lengths.len()
    }

    #[inline(always)]
    pub(super) fn bucket(&self, bucket: usize) -> &[Record] {
        let length = (self.lengths[bucket] as usize).min(CAPACITY);
        &self.records[bucket * STRIDE..][..length]
    }

    /// The entry at a position that [`reserve`](Self::reserve) gave.
    #[inline(always)]
    pub(super) fn at(&self, position: u32) -> Record {
        self.records[position as usize]
    }

    /// Makes room for one more entry in each of the first `count` of `buckets` and tells where.
    #[inline(always)]
    pub(super) fn reserve<const N: usize>(&mut self, buckets: &[u32; N], count: usize) -> [u32; N] {
        let mut positions = [0; N];
        for (bucket, position) in buckets.iter().zip(&mut positions).take(count) {
            let length = &mut self.lengths[*bucket as usize];
            *position = *length;
            *length += 1;
        }
        for (bucket, position) in buckets.iter().zip(&mut positions) {
            *position = bucket * STRIDE as u32 + (*position).min(CAPACITY as u32);
        }
        positions
    }

    /// Puts the first `count` of `records` to their positions.
    #[inline(always)]
    pub(super) fn put<const N: usize>(
        &mut self,
        positions: &[u32; N],
        records: &[Record; N],
        count: usize,
    ) {
        for (position, record) in positions.iter().zip(records).take(count) {
            self.records[*position as usize] = *record;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_y_is_split_without_loss(y in 0u32..1 << 26, metadata in 0u128..1 << 80) {
            let (bucket, place) = split_y(y);
            let words = metadata << 16 | u128::from(place);
            let record = Record([(words >> 64) as u32, (words >> 32) as u32, words as u32, 0]);
            prop_assert!(usize::from(record.row()) < PARAM_B);
            prop_assert!(usize::from(record.column()) < PARAM_C);
            prop_assert_eq!(bucket * PARAM_BC + record.offset(), y);
            prop_assert_eq!(record.metadata(80), metadata);
        }
    }

    #[test]
    fn what_does_not_fit_into_a_bucket_is_dropped() {
        let mut buckets = Buckets::default();
        buckets.reset(16);
        let entry = |id| Record([0, 0, 0, id]);
        let ids = CAPACITY as u32 + 10;
        for id in 0..ids {
            let positions = buckets.reserve(&[4, 5], 2);
            buckets.put(&positions, &[entry(id), entry(id + ids)], 2);
        }
        for (bucket, first) in [(4, 0), (5, ids)] {
            let found: Vec<_> = buckets
                .bucket(bucket)
                .iter()
                .map(|record| record.0[3])
                .collect();
            assert_eq!(found, (first..first + CAPACITY as u32).collect::<Vec<_>>());
        }
        assert!(buckets.bucket(3).is_empty() && buckets.bucket(6).is_empty());
        buckets.reset(16);
        assert!(buckets.bucket(4).is_empty());
    }
}
