//! Versions of the code for several instruction sets.
//!
//! Nearly everything is plain Rust that is compiled once for each set of vector instructions; the best version is
//! chosen when a table is made. Only what the compiler does not find by itself is written with intrinsics: which
//! words of a comparison are not zero (AVX2), and that comparison itself (AVX-512). Versions exist for the
//! protocol's K; other K, which are there to be compared with Chia's plots, get the portable one.

use super::engine::{Workspace, make_with};
use super::graph::Graph;
use super::matching::{Comparison, Layout, PARTS, Targets, compare};
use super::record::Record;
use crate::Seed;

/// What differs between the versions.
pub(super) trait Vectors: Sized {
    /// Bit i tells whether word i is not zero.
    fn nonzero(words: &[u64; PARTS]) -> u8;

    /// Compares all left entries with a right bucket.
    #[inline(always)]
    fn compare(layout: &Layout, shifts: &Targets, left: &[Record], comparison: &mut Comparison) {
        compare::<Self>(layout, shifts, left, comparison);
    }
}

/// What every target has.
pub(super) struct Portable;

impl Vectors for Portable {
    #[inline(always)]
    fn nonzero(words: &[u64; PARTS]) -> u8 {
        let mut set = 0;
        for (part, word) in words.iter().enumerate() {
            set |= u8::from(*word != 0) << part;
        }
        set
    }
}

/// Makes all tables from `seed`. Of table 7, the answers to challenges below `limit` are kept.
pub(crate) fn make<const K: u8>(
    seed: &Seed,
    limit: u32,
    graph: &mut Graph,
    workspace: &mut Workspace,
) {
    #[cfg(all(target_arch = "x86_64", feature = "std"))]
    if K == crate::K && x86::make(seed, limit, graph, workspace) {
        return;
    }
    make_with::<K, Portable>(seed, limit, graph, workspace);
}

#[cfg(all(target_arch = "x86_64", feature = "std"))]
#[allow(unsafe_code)]
mod x86 {
    use super::*;
    use crate::construction::PARAM_C;
    use core::arch::x86_64::*;
    use std::is_x86_feature_detected;

    /// AVX-512 as in Intel's Ice Lake, AMD's Zen 4 and later. To be named only where these are known to be there.
    pub(super) struct Avx512;
    /// AVX2 as in Intel's Haswell, AMD's Zen and later. To be named only where these are known to be there.
    pub(super) struct Avx2;

    pub(super) fn has_avx512() -> bool {
        is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vbmi2")
            && has_avx2()
    }

    pub(super) fn has_avx2() -> bool {
        is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt")
    }

    /// Makes the tables for the protocol's K, if there is a version for this processor.
    pub(super) fn make(
        seed: &Seed,
        limit: u32,
        graph: &mut Graph,
        workspace: &mut Workspace,
    ) -> bool {
        if has_avx512() {
            // SAFETY: the processor has what the function is compiled for.
            unsafe { make_avx512(seed, limit, graph, workspace) };
        } else if has_avx2() {
            // SAFETY: as above.
            unsafe { make_avx2(seed, limit, graph, workspace) };
        } else {
            return false;
        }
        true
    }

    #[target_feature(
        enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,lzcnt,popcnt"
    )]
    fn make_avx512(seed: &Seed, limit: u32, graph: &mut Graph, workspace: &mut Workspace) {
        make_with::<{ crate::K }, Avx512>(seed, limit, graph, workspace);
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    pub(super) fn make_avx2(seed: &Seed, limit: u32, graph: &mut Graph, workspace: &mut Workspace) {
        make_with::<{ crate::K }, Avx2>(seed, limit, graph, workspace);
    }

    impl Vectors for Avx2 {
        #[inline(always)]
        fn nonzero(words: &[u64; PARTS]) -> u8 {
            // SAFETY: this type is named only where AVX2 is there.
            unsafe { nonzero_avx2(words) }
        }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn nonzero_avx2(words: &[u64; PARTS]) -> u8 {
        let (low, high) = words.split_at(PARTS / 2);
        // SAFETY: `low` and `high` have 32 bytes each.
        let (low, high) = unsafe {
            (
                _mm256_loadu_si256(low.as_ptr().cast()),
                _mm256_loadu_si256(high.as_ptr().cast()),
            )
        };
        let zero = _mm256_setzero_si256();
        let low = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(low, zero)));
        let high = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(high, zero)));
        !((low | high << 4) as u8)
    }

    impl Vectors for Avx512 {
        #[inline(always)]
        fn nonzero(words: &[u64; PARTS]) -> u8 {
            Portable::nonzero(words)
        }

        #[inline(always)]
        fn compare(
            layout: &Layout,
            shifts: &Targets,
            left: &[Record],
            comparison: &mut Comparison,
        ) {
            // SAFETY: this type is named only where AVX-512 is there.
            unsafe { compare_avx512(layout, shifts, left, comparison) }
        }
    }

    /// The same as [`compare`], one vector for 64 targets.
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi2,popcnt")]
    #[inline]
    fn compare_avx512(
        layout: &Layout,
        shifts: &Targets,
        left: &[Record],
        comparison: &mut Comparison,
    ) {
        // SAFETY: reads the 64 bytes of `shifts`.
        let shifts = unsafe { _mm512_loadu_si512(shifts.as_ptr().cast()) };
        let mut positions = _mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7);
        comparison.clear();
        for (index, record) in left.iter().enumerate() {
            let sum = _mm512_add_epi8(shifts, _mm512_set1_epi8(record.column() as i8));
            let reduced = _mm512_sub_epi8(sum, _mm512_set1_epi8(PARAM_C as i8));
            let targets = _mm512_min_epu8(sum, reduced);
            let mut found = _mm512_setzero_si512();
            for (slot, columns) in layout.windows(*record).into_iter().enumerate() {
                // SAFETY: reads the 64 bytes of `columns`.
                let columns = unsafe { _mm512_loadu_si512(columns.as_ptr().cast()) };
                let equal = _mm512_cmpeq_epi8_mask(targets, columns);
                found = _mm512_mask_add_epi8(found, equal, found, _mm512_set1_epi8(1 << slot));
            }
            // SAFETY: writes the 64 bytes of these words.
            unsafe { _mm512_storeu_si512(comparison.words(index).as_mut_ptr().cast(), found) };
            let set = _mm512_test_epi64_mask(found, found);
            let mut hits = [0u16; PARTS];
            let packed = _mm_maskz_compress_epi16(set, positions);
            // SAFETY: writes the 16 bytes of `hits`.
            unsafe { _mm_storeu_si128(hits.as_mut_ptr().cast(), packed) };
            comparison.push(hits, set.count_ones());
            positions = _mm_add_epi16(positions, _mm_set1_epi16(PARTS as i16));
        }
    }
}

/// A version of the code that this processor can run.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Portable,
    #[cfg(all(target_arch = "x86_64", feature = "std"))]
    Avx2,
    #[cfg(all(target_arch = "x86_64", feature = "std"))]
    Avx512,
}

/// Calls `test` for every version that this processor can run.
#[cfg(test)]
pub(super) fn for_every_kind(mut test: impl FnMut(Kind)) {
    test(Kind::Portable);
    #[cfg(all(target_arch = "x86_64", feature = "std"))]
    {
        if x86::has_avx2() {
            test(Kind::Avx2);
        }
        if x86::has_avx512() {
            test(Kind::Avx512);
        }
    }
}

#[cfg(test)]
impl Kind {
    pub(super) fn find(
        self,
        matcher: &mut super::matching::Matcher,
        parity: usize,
        left: &[Record],
        right: &[Record],
    ) -> Vec<[u16; 2]> {
        match self {
            Self::Portable => matcher.find::<Portable>(parity, left, right).to_vec(),
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Self::Avx2 => matcher.find::<x86::Avx2>(parity, left, right).to_vec(),
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Self::Avx512 => matcher.find::<x86::Avx512>(parity, left, right).to_vec(),
        }
    }

    fn make(self, seed: &Seed, graph: &mut Graph) {
        let workspace = &mut Workspace::default();
        let limit = 1 << crate::K;
        match self {
            Self::Portable => make_with::<{ crate::K }, Portable>(seed, limit, graph, workspace),
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Self::Avx2 => make_with::<{ crate::K }, x86::Avx2>(seed, limit, graph, workspace),
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Self::Avx512 => make_with::<{ crate::K }, x86::Avx512>(seed, limit, graph, workspace),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::K;

    /// All proofs of a table, in order.
    fn proofs(graph: &Graph) -> Vec<Vec<u8>> {
        (0..1 << K)
            .flat_map(|challenge| graph.proofs(K, challenge))
            .collect()
    }

    #[test]
    fn every_version_makes_the_same_table() {
        let seed = [6; 32];
        let mut graph = Graph::default();
        make::<K>(&seed, 1 << K, &mut graph, &mut Workspace::default());
        let expected = proofs(&graph);
        assert!(expected.len() > 100_000);
        for_every_kind(|kind| {
            let mut graph = Graph::default();
            kind.make(&seed, &mut graph);
            assert!(proofs(&graph) == expected, "{kind:?}");
        });
    }
}
