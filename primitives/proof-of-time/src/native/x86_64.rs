//! AES-NI and VAES.
#![allow(unsafe_code)]

use super::schedule::{Cycle, RoundKeys};
use super::vector::{self, Vector};
use crate::{Backend, Block, Chain, Checkpoints};
use core::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_aesdec_si128, _mm_aesdeclast_si128, _mm_aesenc_si128,
    _mm_aesenclast_si128, _mm256_aesdec_epi128, _mm256_aesdeclast_epi128, _mm256_aesenc_epi128,
    _mm256_aesenclast_epi128, _mm512_aesdec_epi128, _mm512_aesdeclast_epi128, _mm512_aesenc_epi128,
    _mm512_aesenclast_epi128,
};
use core::mem::transmute;
use std::arch::is_x86_feature_detected;

/// Whether the CPU has the instructions of `backend`.
pub(crate) fn is_available(backend: Backend) -> bool {
    match backend {
        Backend::AesNi => is_x86_feature_detected!("aes"),
        Backend::Vaes256 => is_x86_feature_detected!("aes") && is_x86_feature_detected!("vaes"),
        Backend::Vaes512 => is_available(Backend::Vaes256) && is_x86_feature_detected!("avx512f"),
        Backend::Portable | Backend::ArmV8 => false,
    }
}

/// Evaluates a chain, unless `backend` is unavailable.
pub(crate) fn evaluate<E>(
    backend: Backend,
    chain: &Chain,
    poll: impl Fn() -> Result<(), E>,
) -> Option<Result<Checkpoints, E>> {
    // SAFETY: each available back end on this architecture includes AES-NI.
    is_available(backend).then(|| unsafe { evaluate_aes_ni(chain, poll) })
}

/// Whether the chain passes through all checkpoints, unless `backend` is unavailable.
pub(crate) fn check(backend: Backend, chain: &Chain, checkpoints: &Checkpoints) -> Option<bool> {
    if !is_available(backend) {
        return None;
    }
    // SAFETY: the CPU has the instructions of `backend`.
    unsafe {
        match backend {
            Backend::AesNi => Some(check_aes_ni(chain, checkpoints)),
            Backend::Vaes256 => Some(check_vaes_256(chain, checkpoints)),
            Backend::Vaes512 => Some(check_vaes_512(chain, checkpoints)),
            Backend::Portable | Backend::ArmV8 => None,
        }
    }
}

#[target_feature(enable = "aes")]
fn evaluate_aes_ni<E>(chain: &Chain, poll: impl Fn() -> Result<(), E>) -> Result<Checkpoints, E> {
    // SAFETY: this function has the instructions of its register.
    unsafe { vector::evaluate::<__m128i, E>(chain, poll) }
}

#[target_feature(enable = "aes")]
fn check_aes_ni(chain: &Chain, checkpoints: &Checkpoints) -> bool {
    // SAFETY: this function has the instructions of its register.
    unsafe { vector::check::<__m128i, 1, 4>(chain, checkpoints) }
}

#[target_feature(enable = "vaes")]
fn check_vaes_256(chain: &Chain, checkpoints: &Checkpoints) -> bool {
    // SAFETY: this function has the instructions of its register.
    unsafe { vector::check::<__m256i, 2, 4>(chain, checkpoints) }
}

#[target_feature(enable = "vaes,avx512f")]
fn check_vaes_512(chain: &Chain, checkpoints: &Checkpoints) -> bool {
    // SAFETY: this function has the instructions of its register.
    unsafe { vector::check::<__m512i, 4, 2>(chain, checkpoints) }
}

/// Implements [`Vector`] for a register of so many blocks by four instructions of a feature.
macro_rules! vector {
    ($register:ty, $blocks:literal, $feature:literal, $enc:ident, $enc_last:ident, $dec:ident, $dec_last:ident) => {
        impl Vector<$blocks> for $register {
            #[inline(always)]
            fn arrange(keys: &RoundKeys) -> Cycle {
                Cycle::adding_last(keys)
            }

            #[inline(always)]
            fn pack(blocks: [Block; $blocks]) -> Self {
                // SAFETY: both are plain bytes and of one size.
                unsafe { transmute(blocks) }
            }

            #[inline(always)]
            fn unpack(self) -> [Block; $blocks] {
                // SAFETY: both are plain bytes and of one size.
                unsafe { transmute(self) }
            }

            #[inline]
            #[target_feature(enable = $feature)]
            unsafe fn encrypt_round(self, key: Self) -> Self {
                $enc(self, key)
            }

            #[inline]
            #[target_feature(enable = $feature)]
            unsafe fn encrypt_last(self, key: Self) -> Self {
                $enc_last(self, key)
            }

            #[inline]
            #[target_feature(enable = $feature)]
            unsafe fn decrypt_round(self, key: Self) -> Self {
                $dec(self, key)
            }

            #[inline]
            #[target_feature(enable = $feature)]
            unsafe fn decrypt_last(self, key: Self) -> Self {
                $dec_last(self, key)
            }
        }
    };
}

vector!(
    __m128i,
    1,
    "aes",
    _mm_aesenc_si128,
    _mm_aesenclast_si128,
    _mm_aesdec_si128,
    _mm_aesdeclast_si128
);
vector!(
    __m256i,
    2,
    "vaes",
    _mm256_aesenc_epi128,
    _mm256_aesenclast_epi128,
    _mm256_aesdec_epi128,
    _mm256_aesdeclast_epi128
);
vector!(
    __m512i,
    4,
    "vaes,avx512f",
    _mm512_aesenc_epi128,
    _mm512_aesenclast_epi128,
    _mm512_aesdec_epi128,
    _mm512_aesdeclast_epi128
);
