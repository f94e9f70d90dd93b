//! Evaluation and verification for any register that AES instructions work on.
//!
//! The loops are generic over the register. `inline(always)` puts them into a function of an
//! architecture's module that enables the register's instructions, and only there can the instructions
//! be inlined in turn. Inside the loops there are no closures, which would be functions of their own.
#![allow(unsafe_code)]

use super::schedule::{Cycle, RoundKeys, Schedule, add};
use crate::{Block, Chain, Checkpoints};
use allod_core::parameters::CHECKPOINTS;

/// A register of `BLOCKS` blocks, and the round instructions that work on all of them at once.
pub(super) trait Vector<const BLOCKS: usize>: Copy {
    /// Arranges round keys in the way that the round instructions want them.
    fn arrange(keys: &RoundKeys) -> Cycle;

    /// The register that holds these blocks.
    fn pack(blocks: [Block; BLOCKS]) -> Self;

    /// The blocks that the register holds.
    fn unpack(self) -> [Block; BLOCKS];

    /// One of the first nine rounds of an encryption.
    ///
    /// # Safety
    /// The CPU must have the instruction; so too for the functions that follow.
    unsafe fn encrypt_round(self, key: Self) -> Self;

    /// The tenth round of an encryption.
    unsafe fn encrypt_last(self, key: Self) -> Self;

    /// One of the first nine rounds of a decryption by the equivalent inverse cipher.
    unsafe fn decrypt_round(self, key: Self) -> Self;

    /// The tenth round of a decryption.
    unsafe fn decrypt_last(self, key: Self) -> Self;
}

/// A [`Cycle`]'s keys, each repeated for every block of a register.
struct Keys<V> {
    rounds: [V; 9],
    last: V,
}

impl<V> Keys<V> {
    #[inline(always)]
    fn new<const BLOCKS: usize>(cycle: &Cycle) -> Self
    where
        V: Vector<BLOCKS>,
    {
        Self {
            rounds: cycle.rounds.map(|key| V::pack([key; BLOCKS])),
            last: V::pack([cycle.last; BLOCKS]),
        }
    }
}

/// Evaluates a chain; see [`Backend::evaluate`](crate::Backend).
///
/// # Safety
/// The CPU must have the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn evaluate<V: Vector<1>, E>(
    chain: &Chain,
    poll: impl Fn() -> Result<(), E>,
) -> Result<Checkpoints, E> {
    let cycle = Schedule::new(chain.key, V::arrange).encryption;
    let keys = Keys::<V>::new(&cycle);
    let mut state = V::pack([add(chain.seed, cycle.offset)]);
    let mut checkpoints = Checkpoints::default();
    for checkpoint in &mut checkpoints {
        for chunk in chain.chunks() {
            poll()?;
            for _ in 0..chunk {
                // SAFETY: the caller vouches for the CPU.
                unsafe {
                    for key in keys.rounds {
                        state = state.encrypt_round(key);
                    }
                    state = state.encrypt_last(keys.last);
                }
            }
        }
        let [block] = state.unpack();
        *checkpoint = add(block, cycle.offset);
    }
    Ok(checkpoints)
}

/// Whether the chain passes through all checkpoints, with `VECTORS` registers in flight for each of the
/// two directions. The spans are taken in as many passes as that needs.
///
/// # Safety
/// The CPU must have the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn check<V: Vector<BLOCKS>, const BLOCKS: usize, const VECTORS: usize>(
    chain: &Chain,
    checkpoints: &Checkpoints,
) -> bool {
    let schedule = Schedule::new(chain.key, V::arrange);
    let encryption = Keys::<V>::new(&schedule.encryption);
    let decryption = Keys::<V>::new(&schedule.decryption);
    let starts = chain.starts(checkpoints);
    for (starts, ends) in passes(&starts).iter().zip(passes(checkpoints)) {
        let mut forward: [V; VECTORS] = load(starts, schedule.encryption.offset);
        let mut backward: [V; VECTORS] = load(ends, schedule.decryption.offset);
        for _ in 0..chain.span / 2 {
            // SAFETY: the caller vouches for the CPU.
            unsafe {
                for (encryption, decryption) in encryption.rounds.iter().zip(&decryption.rounds) {
                    for state in &mut forward {
                        *state = state.encrypt_round(*encryption);
                    }
                    for state in &mut backward {
                        *state = state.decrypt_round(*decryption);
                    }
                }
                for state in &mut forward {
                    *state = state.encrypt_last(encryption.last);
                }
                for state in &mut backward {
                    *state = state.decrypt_last(decryption.last);
                }
            }
        }
        let met = forward
            .into_iter()
            .flat_map(V::unpack)
            .zip(backward.into_iter().flat_map(V::unpack))
            .all(|(forward, backward)| add(forward, backward) == schedule.fold);
        if !met {
            return false;
        }
    }
    true
}

/// Blocks by pass and register.
#[inline(always)]
fn passes<const BLOCKS: usize, const VECTORS: usize>(
    blocks: &Checkpoints,
) -> &[[[Block; BLOCKS]; VECTORS]] {
    const {
        assert!(
            CHECKPOINTS.is_multiple_of(BLOCKS * VECTORS),
            "a pass must divide the spans"
        )
    };
    blocks.as_chunks().0.as_chunks().0
}

/// Packs the blocks of a pass into registers, adding `offset` to each.
#[inline(always)]
fn load<V: Vector<BLOCKS>, const BLOCKS: usize, const VECTORS: usize>(
    blocks: &[[Block; BLOCKS]; VECTORS],
    offset: Block,
) -> [V; VECTORS] {
    blocks.map(|blocks| V::pack(blocks.map(|block| add(block, offset))))
}
