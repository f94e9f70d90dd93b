//! Round keys, arranged for a loop over encryptions of one block (or decryptions) under one key.
//!
//! AES-128 (FIPS 197, 5) is eleven additions of a round key with ten rounds in between. Where encryptions
//! follow each other, the eleventh addition of one meets the first of the next, and the two keys can be
//! added beforehand: `fold = k0 ⊕ k10`. What runs in the loop then is not the state but the state plus
//! one of the two keys, the *offset*, which is added once before the loop and once after it:
//!
//! - where a round instruction adds its key at the end (x86-64), offset `k0`, keys `k1 … k9, fold`;
//! - where it adds its key at the beginning (ARMv8), offset `k10`, keys `fold, k1 … k9`.
//!
//! Decryption runs as the equivalent inverse cipher (FIPS 197, 5.3.5), which has the same form with the keys
//! `k10, InvMixColumns(k9 … k1), k0`. Its offset therefore is the other one of the two keys, so that at
//! the same state a loop of encryptions and a loop of decryptions differ by exactly `fold`.

use crate::Block;
use aes::hazmat::{cipher_round, inv_mix_columns};

/// The constants of the key expansion (FIPS 197, 5.2), powers of x in the field of 256 elements.
const ROUND_CONSTANTS: [u8; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 0x1b, 0x36];

/// The keys of one direction in the order of their use.
pub(super) type RoundKeys = [Block; 11];

/// Round keys for a loop of encryptions or of decryptions.
pub(super) struct Cycle {
    /// Added to the state before the loop and after it.
    pub(super) offset: Block,
    /// The keys of an iteration's first nine round instructions.
    pub(super) rounds: [Block; 9],
    /// The key of the tenth.
    pub(super) last: Block,
}

/// The loops of both directions.
pub(super) struct Schedule {
    pub(super) encryption: Cycle,
    pub(super) decryption: Cycle,
    /// The difference of both loops at the same state.
    pub(super) fold: Block,
}

impl Schedule {
    /// Expands `key` and arranges the keys of each direction with `arrange`, the constructor of
    /// [`Cycle`] that fits the architecture.
    pub(super) fn new(key: Block, arrange: impl Fn(&RoundKeys) -> Cycle) -> Self {
        let encryption = expand(key);
        let decryption = invert(&encryption);
        Self {
            encryption: arrange(&encryption),
            decryption: arrange(&decryption),
            fold: fold(&encryption),
        }
    }
}

impl Cycle {
    /// For round instructions that add their key at the end.
    #[cfg(any(test, target_arch = "x86_64"))]
    pub(super) fn adding_last(keys: &RoundKeys) -> Self {
        let [offset, k1, k2, k3, k4, k5, k6, k7, k8, k9, _] = *keys;
        Self {
            offset,
            rounds: [k1, k2, k3, k4, k5, k6, k7, k8, k9],
            last: fold(keys),
        }
    }

    /// For round instructions that add their key at the beginning.
    #[cfg(any(test, target_arch = "aarch64"))]
    pub(super) fn adding_first(keys: &RoundKeys) -> Self {
        let [_, k1, k2, k3, k4, k5, k6, k7, k8, k9, offset] = *keys;
        Self {
            offset,
            rounds: [fold(keys), k1, k2, k3, k4, k5, k6, k7, k8],
            last: k9,
        }
    }
}

/// The sum of two blocks.
pub(super) fn add(a: Block, b: Block) -> Block {
    (u128::from_ne_bytes(a) ^ u128::from_ne_bytes(b)).to_ne_bytes()
}

fn fold([first, .., last]: &RoundKeys) -> Block {
    add(*first, *last)
}

/// Key expansion (FIPS 197, 5.2).
fn expand(key: Block) -> RoundKeys {
    let mut keys = [key; 11];
    let mut last = key;
    for (key, constant) in keys.iter_mut().skip(1).zip(ROUND_CONSTANTS) {
        last = next_round_key(last, constant);
        *key = last;
    }
    keys
}

/// Each word of a round key is the one four before it plus the one just before it, the latter rotated,
/// substituted and added to a constant when it is another key's.
fn next_round_key(key: Block, constant: u8) -> Block {
    let [.., a, b, c, d] = key;
    // With all four columns equal, a round's ShiftRows changes nothing; with its MixColumns undone,
    // SubBytes remains.
    let mut word = repeat([b, c, d, a]).into();
    cipher_round(&mut word, &Block::default().into());
    inv_mix_columns(&mut word);

    let mut sums = u128::from_le_bytes(key);
    sums ^= sums << 32;
    sums ^= sums << 64;
    let word = add(word.into(), repeat([constant, 0, 0, 0]));
    add(sums.to_le_bytes(), word)
}

/// The block whose columns all are this one.
fn repeat([a, b, c, d]: [u8; 4]) -> Block {
    [a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d]
}

/// The keys of the equivalent inverse cipher (FIPS 197, 5.3.5).
fn invert(keys: &RoundKeys) -> RoundKeys {
    let mut inverted = *keys;
    inverted.reverse();
    let [_, rounds @ .., _] = &mut inverted;
    for key in rounds {
        let mut block = (*key).into();
        inv_mix_columns(&mut block);
        *key = block.into();
    }
    inverted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::block;
    use aes::Aes128;
    use aes::cipher::{BlockEncrypt, KeyInit};
    use aes::hazmat::{equiv_inv_cipher_round, mix_columns};
    use proptest::prelude::*;

    /// FIPS 197, appendix A.1: the first, second and last round key.
    #[test]
    fn expands_the_key_of_the_standard() {
        let keys = expand(block("2b7e151628aed2a6abf7158809cf4f3c"));
        assert_eq!(keys[0], block("2b7e151628aed2a6abf7158809cf4f3c"));
        assert_eq!(keys[1], block("a0fafe1788542cb123a339392a6c7605"));
        assert_eq!(keys[10], block("d014f9a8c9ee2589e13f0cc8b6630ca6"));
    }

    type Arrange = fn(&RoundKeys) -> Cycle;
    type Round = fn(&mut aes::Block, &aes::Block);
    type Unmix = fn(&mut aes::Block);
    type Run = fn(&Cycle, Round, Unmix, Block, usize) -> Block;

    /// One of AES's rounds that lacks its mixing of columns, by way of a round that has it.
    fn without_mixing(round: Round, unmix: Unmix, state: Block) -> Block {
        let mut state = state.into();
        round(&mut state, &Block::default().into());
        unmix(&mut state);
        state.into()
    }

    fn with_mixing(round: Round, state: Block) -> Block {
        without_mixing(round, |_| (), state)
    }

    /// `iterations` of the loop in which each round adds its key last (as on x86-64).
    fn run_adding_last(
        cycle: &Cycle,
        round: Round,
        unmix: Unmix,
        state: Block,
        iterations: usize,
    ) -> Block {
        let mut state = add(state, cycle.offset);
        for _ in 0..iterations {
            for key in &cycle.rounds {
                state = add(with_mixing(round, state), *key);
            }
            state = add(without_mixing(round, unmix, state), cycle.last);
        }
        state
    }

    /// `iterations` of the loop in which each round adds its key first (as on ARMv8).
    fn run_adding_first(
        cycle: &Cycle,
        round: Round,
        unmix: Unmix,
        state: Block,
        iterations: usize,
    ) -> Block {
        let mut state = add(state, cycle.offset);
        for _ in 0..iterations {
            for key in &cycle.rounds {
                state = with_mixing(round, add(state, *key));
            }
            state = without_mixing(round, unmix, add(state, cycle.last));
        }
        state
    }

    proptest! {
        /// Both arrangements, run round by round, agree with the `aes` crate in both directions and
        /// leave the promised difference in the middle. This also covers the arrangement of the
        /// architecture that the test does not run on.
        #[test]
        fn cycles_are_the_cipher(key: Block, start: Block, iterations in 1usize..5) {
            let cipher = Aes128::new(&key.into());
            let mut end = start.into();
            (0..iterations).for_each(|_| cipher.encrypt_block(&mut end));
            let end = Block::from(end);

            let arrangements: [(Arrange, Run); 2] = [
                (Cycle::adding_last, run_adding_last),
                (Cycle::adding_first, run_adding_first),
            ];
            for (arrange, run) in arrangements {
                let Schedule { encryption, decryption, fold } = Schedule::new(key, arrange);
                let forward = |state, n| run(&encryption, cipher_round, inv_mix_columns, state, n);
                let backward = |state, n| {
                    run(&decryption, equiv_inv_cipher_round, mix_columns, state, n)
                };
                prop_assert_eq!(add(forward(start, iterations), encryption.offset), end);
                prop_assert_eq!(add(backward(end, iterations), decryption.offset), start);
                prop_assert_eq!(add(forward(start, iterations), backward(end, 0)), fold);
            }
        }
    }
}
