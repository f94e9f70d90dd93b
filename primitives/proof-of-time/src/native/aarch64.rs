//! ARMv8's cryptographic extension.
#![allow(unsafe_code)]

use super::schedule::{Cycle, RoundKeys};
use super::vector::{self, Vector};
use crate::{Backend, Block, Chain, Checkpoints};
use core::arch::aarch64::{uint8x16_t, vaesdq_u8, vaeseq_u8, vaesimcq_u8, vaesmcq_u8};
use core::mem::transmute;
use std::arch::is_aarch64_feature_detected;

/// Whether the CPU has the instructions of `backend`.
pub(crate) fn is_available(backend: Backend) -> bool {
    match backend {
        Backend::ArmV8 => is_aarch64_feature_detected!("aes"),
        Backend::Portable | Backend::AesNi | Backend::Vaes256 | Backend::Vaes512 => false,
    }
}

/// Evaluates a chain, unless `backend` is unavailable.
pub(crate) fn evaluate<E>(
    backend: Backend,
    chain: &Chain,
    poll: impl Fn() -> Result<(), E>,
) -> Option<Result<Checkpoints, E>> {
    // SAFETY: the CPU has the instructions.
    is_available(backend).then(|| unsafe { evaluate_armv8(chain, poll) })
}

/// Whether the chain passes through all checkpoints, unless `backend` is unavailable.
pub(crate) fn check(backend: Backend, chain: &Chain, checkpoints: &Checkpoints) -> Option<bool> {
    // SAFETY: the CPU has the instructions.
    is_available(backend).then(|| unsafe { check_armv8(chain, checkpoints) })
}

#[target_feature(enable = "aes")]
fn evaluate_armv8<E>(chain: &Chain, poll: impl Fn() -> Result<(), E>) -> Result<Checkpoints, E> {
    // SAFETY: this function has the instructions of its register.
    unsafe { vector::evaluate::<uint8x16_t, E>(chain, poll) }
}

// With 32 registers, eight and eight blocks fit beside most of the keys.
#[target_feature(enable = "aes")]
fn check_armv8(chain: &Chain, checkpoints: &Checkpoints) -> bool {
    // SAFETY: this function has the instructions of its register.
    unsafe { vector::check::<uint8x16_t, 1, 8>(chain, checkpoints) }
}

impl Vector<1> for uint8x16_t {
    #[inline(always)]
    fn arrange(keys: &RoundKeys) -> Cycle {
        Cycle::adding_first(keys)
    }

    #[inline(always)]
    fn pack(blocks: [Block; 1]) -> Self {
        // SAFETY: both are plain bytes and of one size.
        unsafe { transmute(blocks) }
    }

    #[inline(always)]
    fn unpack(self) -> [Block; 1] {
        // SAFETY: both are plain bytes and of one size.
        unsafe { transmute(self) }
    }

    #[inline]
    #[target_feature(enable = "aes")]
    unsafe fn encrypt_round(self, key: Self) -> Self {
        vaesmcq_u8(vaeseq_u8(self, key))
    }

    #[inline]
    #[target_feature(enable = "aes")]
    unsafe fn encrypt_last(self, key: Self) -> Self {
        vaeseq_u8(self, key)
    }

    #[inline]
    #[target_feature(enable = "aes")]
    unsafe fn decrypt_round(self, key: Self) -> Self {
        vaesimcq_u8(vaesdq_u8(self, key))
    }

    #[inline]
    #[target_feature(enable = "aes")]
    unsafe fn decrypt_last(self, key: Self) -> Self {
        vaesdq_u8(self, key)
    }
}
