//! Several tickets side by side: one in each 64-bit lane of a vector register.
//!
//! A value of [`Four`] or [`Eight`] is proof that the processor has the instructions.

#![allow(unsafe_code)]

use super::compression::first_word;
use std::arch::x86_64::*;

/// Four lanes, AVX2.
#[derive(Clone, Copy)]
pub(super) struct Four(());

/// Eight lanes, AVX-512.
#[derive(Clone, Copy)]
pub(super) struct Eight(());

impl Four {
    /// If the processor has AVX2.
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    /// The tickets of four chunks.
    pub(super) fn tickets(self, challenge: &[u64; 4], chunks: &[[u8; 32]; 4]) -> [u64; 4] {
        // SAFETY: `self` is only made where AVX2 was detected.
        unsafe { four(challenge, chunks) }
    }
}

impl Eight {
    /// If the processor has AVX-512F.
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx512f").then_some(Self(()))
    }

    /// The tickets of eight chunks.
    pub(super) fn tickets(self, challenge: &[u64; 4], chunks: &[[u8; 32]; 8]) -> [u64; 8] {
        // SAFETY: `self` is only made where AVX-512F was detected.
        unsafe { eight(challenge, chunks) }
    }
}

/// Word `position` of a chunk.
#[inline(always)]
fn word(chunk: &[u8; 32], position: usize) -> i64 {
    let (words, _) = chunk.as_chunks::<8>();
    i64::from_le_bytes(words[position])
}

#[target_feature(enable = "avx2")]
fn four(challenge: &[u64; 4], chunks: &[[u8; 32]; 4]) -> [u64; 4] {
    let splat = |number: u64| _mm256_set1_epi64x(number.cast_signed());
    let gather = |position: usize| {
        let [a, b, c, d] = chunks.each_ref().map(|chunk| word(chunk, position));
        _mm256_setr_epi64x(a, b, c, d)
    };
    // For each 64-bit lane the bytes that a rotation by 24 and by 16 bits puts first to last.
    let by_24 = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10,
    ));
    let by_16 = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9,
    ));
    let [a, b, c, d] = challenge.map(splat);
    let tickets = first_word!(
        [a, b, c, d, gather(0), gather(1), gather(2), gather(3)],
        splat,
        _mm256_add_epi64,
        _mm256_xor_si256,
        |word| _mm256_shuffle_epi32::<0b10_11_00_01>(word),
        |word| _mm256_shuffle_epi8(word, by_24),
        |word| _mm256_shuffle_epi8(word, by_16),
        |word| _mm256_or_si256(_mm256_srli_epi64::<63>(word), _mm256_add_epi64(word, word)),
    );
    // SAFETY: both types have 256 bits, and all bit patterns are valid for the numbers.
    unsafe { std::mem::transmute::<__m256i, [u64; 4]>(tickets) }
}

#[target_feature(enable = "avx512f")]
fn eight(challenge: &[u64; 4], chunks: &[[u8; 32]; 8]) -> [u64; 8] {
    let splat = |number: u64| _mm512_set1_epi64(number.cast_signed());
    let gather = |position: usize| {
        let [a, b, c, d, e, f, g, h] = chunks.each_ref().map(|chunk| word(chunk, position));
        _mm512_setr_epi64(a, b, c, d, e, f, g, h)
    };
    let [a, b, c, d] = challenge.map(splat);
    let tickets = first_word!(
        [a, b, c, d, gather(0), gather(1), gather(2), gather(3)],
        splat,
        _mm512_add_epi64,
        _mm512_xor_si512,
        |word| _mm512_ror_epi64::<32>(word),
        |word| _mm512_ror_epi64::<24>(word),
        |word| _mm512_ror_epi64::<16>(word),
        |word| _mm512_ror_epi64::<63>(word),
    );
    // SAFETY: both types have 512 bits, and all bit patterns are valid for the numbers.
    unsafe { std::mem::transmute::<__m512i, [u64; 8]>(tickets) }
}
