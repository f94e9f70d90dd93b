//! Which of a piece's 8,192 chunks a plot has kept.

use allod_core::{SBucket, parameters::S_BUCKETS};

/// Bytes of a bitmap: bit `s % 8` of byte `s / 8` stands for s-bucket s.
pub(crate) const BITMAP_BYTES: usize = S_BUCKETS as usize / 8;
const WORDS: usize = BITMAP_BYTES / 8;

/// A set of s-buckets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap(Box<[u64; WORDS]>);

impl Default for Bitmap {
    fn default() -> Self {
        Self(Box::new([0; WORDS]))
    }
}

impl Bitmap {
    pub(crate) fn from_bytes(bytes: &[u8; BITMAP_BYTES]) -> Self {
        let mut bitmap = Self::default();
        let (words, _) = bytes.as_chunks::<8>();
        for (word, bytes) in bitmap.0.iter_mut().zip(words) {
            *word = u64::from_le_bytes(*bytes);
        }
        bitmap
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// Adds an s-bucket.
    pub fn insert(&mut self, s_bucket: SBucket) {
        let s_bucket = usize::from(s_bucket.get());
        self.0[s_bucket / 64] |= 1 << (s_bucket % 64);
    }

    /// Whether an s-bucket is in the set.
    pub fn contains(&self, s_bucket: SBucket) -> bool {
        let s_bucket = usize::from(s_bucket.get());
        self.0[s_bucket / 64] >> (s_bucket % 64) & 1 == 1
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// All of them, rising.
    pub fn iter(&self) -> impl Iterator<Item = SBucket> {
        self.0.iter().enumerate().flat_map(|(number, word)| {
            let first = (number * 64) as u16;
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as u16)?;
                left &= left - 1;
                SBucket::new(first + bit)
            })
        })
    }
}

impl FromIterator<SBucket> for Bitmap {
    fn from_iter<I: IntoIterator<Item = SBucket>>(s_buckets: I) -> Self {
        let mut bitmap = Self::default();
        s_buckets
            .into_iter()
            .for_each(|s_bucket| bitmap.insert(s_bucket));
        bitmap
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_bitmap_is_a_set(numbers in proptest::collection::btree_set(0_u16..8192, 0..200)) {
            let bitmap: Bitmap = numbers.iter().filter_map(|s| SBucket::new(*s)).collect();
            let listed: BTreeSet<u16> = bitmap.iter().map(|s| s.get()).collect();
            prop_assert_eq!(&listed, &numbers);
            prop_assert!(bitmap.iter().is_sorted());
            prop_assert_eq!(bitmap.count(), numbers.len());
            for s in 0..8192 {
                let contained = bitmap.contains(SBucket::new(s).unwrap());
                prop_assert_eq!(contained, numbers.contains(&s));
            }
            let bytes = bitmap.to_bytes();
            for s in &numbers {
                prop_assert_eq!(bytes[usize::from(s / 8)] >> (s % 8) & 1, 1);
            }
            prop_assert_eq!(Bitmap::from_bytes(&bytes.try_into().unwrap()), bitmap);
        }
    }
}
