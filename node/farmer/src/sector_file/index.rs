//! Where the chunks of an s-bucket and group begin, in memory.

use super::layout::{BUCKETS, GROUPS};
use crate::bitmap::Bitmap;
use allod_core::SBucket;

/// After so many s-buckets the number of chunks before is noted.
const STRIDE: usize = 8;

/// How many chunks each s-bucket and group has.
enum Counts {
    /// For groups of at most 255 pieces.
    Narrow(Box<[u8]>),
    /// For larger ones.
    Wide(Box<[u16]>),
}

/// The number of the first chunk of each s-bucket and group, and how many there are.
pub(super) struct ChunkIndex {
    counts: Counts,
    /// Chunks before every [`STRIDE`]-th s-bucket.
    before: Box<[u32]>,
}

impl ChunkIndex {
    /// From the bitmaps of all pieces, given group by group.
    pub(super) fn new<'a, G>(groups: impl Iterator<Item = G>, pieces_per_group: usize) -> Self
    where
        G: Iterator<Item = &'a Bitmap>,
    {
        let mut counts = vec![0_u16; BUCKETS * GROUPS];
        for (group, bitmaps) in groups.enumerate() {
            for s_bucket in bitmaps.flat_map(Bitmap::iter) {
                counts[usize::from(s_bucket.get()) * GROUPS + group] += 1;
            }
        }
        let mut sum = 0;
        let mut before = Vec::with_capacity(BUCKETS / STRIDE + 1);
        for counts in counts.chunks(STRIDE * GROUPS) {
            before.push(sum);
            sum += counts.iter().map(|count| u32::from(*count)).sum::<u32>();
        }
        before.push(sum);
        let counts = if pieces_per_group <= usize::from(u8::MAX) {
            Counts::Narrow(counts.iter().map(|count| *count as u8).collect())
        } else {
            Counts::Wide(counts.into())
        };
        Self {
            counts,
            before: before.into(),
        }
    }

    /// Number of the first chunk of an s-bucket and group, and how many there are.
    pub(super) fn locate(&self, s_bucket: SBucket, group: usize) -> (u64, usize) {
        let s_bucket = usize::from(s_bucket.get());
        let cell = s_bucket * GROUPS + group;
        let stride = s_bucket / STRIDE;
        let between = stride * STRIDE * GROUPS..cell;
        let (sum, count) = match &self.counts {
            Counts::Narrow(counts) => (
                counts[between].iter().map(|it| u64::from(*it)).sum::<u64>(),
                usize::from(counts[cell]),
            ),
            Counts::Wide(counts) => (
                counts[between].iter().map(|it| u64::from(*it)).sum::<u64>(),
                usize::from(counts[cell]),
            ),
        };
        (u64::from(self.before[stride]) + sum, count)
    }

    /// Number of the first chunk of an s-bucket, and how many it has in all groups together.
    pub(super) fn locate_bucket(&self, s_bucket: SBucket) -> (u64, usize) {
        let (first, _) = self.locate(s_bucket, 0);
        let (last, count) = self.locate(s_bucket, GROUPS - 1);
        (first, (last - first) as usize + count)
    }

    /// Number of chunks of the sector.
    pub(super) fn chunks(&self) -> u64 {
        self.before.last().copied().map(u64::from).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng, rngs::StdRng};

    fn random_bitmap(rng: &mut StdRng) -> Bitmap {
        (0..8192)
            .filter(|_| rng.r#gen())
            .filter_map(SBucket::new)
            .collect()
    }

    #[test]
    fn chunks_are_found_where_counting_finds_them() {
        let mut rng = StdRng::seed_from_u64(1);
        for pieces_per_group in [2, 3, 300] {
            let all = random_bitmap(&mut rng);
            let groups: Vec<Vec<Bitmap>> = (0..GROUPS)
                .map(|_| {
                    let random = random_bitmap(&mut rng);
                    (0..pieces_per_group)
                        .map(|at| {
                            if at % 2 == 0 {
                                all.clone()
                            } else {
                                random.clone()
                            }
                        })
                        .collect()
                })
                .collect();
            let index = ChunkIndex::new(groups.iter().map(|group| group.iter()), pieces_per_group);
            let mut expected = 0;
            for s_bucket in (0..8192).filter_map(SBucket::new) {
                let first = expected;
                for (group, bitmaps) in groups.iter().enumerate() {
                    let count = bitmaps.iter().filter(|it| it.contains(s_bucket)).count();
                    assert_eq!(index.locate(s_bucket, group), (expected, count));
                    expected += count as u64;
                }
                let in_bucket = (expected - first) as usize;
                assert_eq!(index.locate_bucket(s_bucket), (first, in_bucket));
            }
            assert_eq!(index.chunks(), expected);
        }
    }
}
