//! Verification of a proof: the 64 values are put through the seven tables again.

use crate::bits::read_bits;
use crate::construction::{PARAM_EXT, PROOF_VALUES, TABLES, cipher, f, f1, matches};
use crate::plot_order::quality;
use crate::{Challenge, Quality, Seed};

/// Legal values of K.
const MIN_K: u8 = 16;
const MAX_K: u8 = 32;

/// Why a proof is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// K is out of range.
    #[error("proofs of space exist for K from 16 to 32, not for {k}")]
    UnsupportedK {
        /// The K asked for.
        k: u8,
    },
    /// The number of bytes is wrong.
    #[error("a proof of space has {expected} bytes, not {actual}")]
    Length {
        /// `8 · K`.
        expected: usize,
        /// Length of what was given.
        actual: usize,
    },
    /// Two entries that should have made an entry of a table do not match.
    #[error("pair {pair} of the entries that should make table {table} does not match")]
    NoMatch {
        /// The table that the pair does not lead to, 2 to 7.
        table: u8,
        /// Which pair, from 0.
        pair: usize,
    },
    /// A proof, but for another challenge.
    #[error(
        "the proof of space answers the challenge {actual:#x}, not {expected:#x} (first K bits)"
    )]
    WrongChallenge {
        /// First K bits of the challenge given.
        expected: u64,
        /// First K bits of the challenge that the proof answers.
        actual: u64,
    },
    /// The s-bucket does not exist.
    #[error("s-buckets are numbered from 0 to 8191, there is no {s_bucket}")]
    NoSuchBucket {
        /// The s-bucket asked for.
        s_bucket: u16,
    },
}

/// One entry of a table on the way up.
#[derive(Clone, Copy, Default)]
struct Entry {
    y: u64,
    metadata: u128,
}

/// Verifies a proof of `8 · k` bytes in proof order and returns its quality, as Chia's verifier does.
///
/// `k` is from 16 to 32.
pub fn verify(
    k: u8,
    seed: &Seed,
    challenge: &Challenge,
    proof: &[u8],
) -> Result<Quality, VerifyError> {
    let values = check(k, seed, challenge, proof)?;
    Ok(quality(k, challenge, &values))
}

/// Verifies a proof and returns its values.
pub(crate) fn check(
    k: u8,
    seed: &Seed,
    challenge: &Challenge,
    proof: &[u8],
) -> Result<[u32; PROOF_VALUES], VerifyError> {
    if !(MIN_K..=MAX_K).contains(&k) {
        return Err(VerifyError::UnsupportedK { k });
    }
    let expected = usize::from(k) * (PROOF_VALUES / 8);
    if proof.len() != expected {
        return Err(VerifyError::Length {
            expected,
            actual: proof.len(),
        });
    }
    let values = read_values(k, proof);
    let y = evaluate(k, seed, &values)?;
    let expected = read_bits(challenge, 0, k) as u64;
    let actual = y >> PARAM_EXT;
    if actual != expected {
        return Err(VerifyError::WrongChallenge { expected, actual });
    }
    Ok(values)
}

/// The values of a proof, in the order in which they are encoded.
fn read_values(k: u8, proof: &[u8]) -> [u32; PROOF_VALUES] {
    core::array::from_fn(|index| read_bits(proof, index * usize::from(k), k) as u32)
}

/// The `y` of the table 7 entry that the values make.
fn evaluate(k: u8, seed: &Seed, values: &[u32; PROOF_VALUES]) -> Result<u64, VerifyError> {
    let mut cipher = cipher(seed);
    let mut entries = [Entry::default(); PROOF_VALUES];
    for (entry, x) in entries.iter_mut().zip(values) {
        entry.y = f1(k, &mut cipher, *x)?;
        entry.metadata = u128::from(*x);
    }
    let mut pairs = PROOF_VALUES;
    for table in 2..=TABLES {
        pairs /= 2;
        // All pairs are compared before the first is hashed: a wrong proof is cheap to refuse.
        for (pair, entries) in entries.chunks_exact(2).take(pairs).enumerate() {
            if !matches(entries[0].y, entries[1].y) {
                return Err(VerifyError::NoMatch { table, pair });
            }
        }
        for pair in 0..pairs {
            let (left, right) = (entries[2 * pair], entries[2 * pair + 1]);
            let (y, metadata) = f(k, table, left.y, left.metadata, right.metadata);
            entries[pair] = Entry { y, metadata };
        }
    }
    Ok(entries[0].y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::vectors;

    #[test]
    fn chia_proofs_are_accepted_and_have_chia_qualities() {
        for vector in vectors() {
            assert_eq!(
                verify(vector.k, &vector.seed, &vector.challenge, &vector.proof),
                Ok(vector.quality)
            );
        }
    }

    #[test]
    fn other_lengths_and_other_k_are_refused() {
        let vector = &vectors()[0];
        let verify = |k, proof: &[u8]| verify(k, &vector.seed, &vector.challenge, proof);
        for k in (0..MIN_K).chain(MAX_K + 1..=u8::MAX) {
            assert_eq!(
                verify(k, &vector.proof),
                Err(VerifyError::UnsupportedK { k })
            );
        }
        let expected = vector.proof.len();
        for actual in (0..2 * expected).filter(|actual| *actual != expected) {
            let proof: Vec<u8> = vector.proof.iter().copied().cycle().take(actual).collect();
            assert_eq!(
                verify(vector.k, &proof),
                Err(VerifyError::Length { expected, actual })
            );
        }
    }

    #[test]
    fn the_order_of_the_values_counts() {
        let vector = &vectors()[0];
        let bits = usize::from(vector.k);
        let mut values = read_values(vector.k, &vector.proof);
        for half in [1, 2, 4, 8, 16, 32] {
            let (left, right) = values[..2 * half].split_at_mut(half);
            left.swap_with_slice(right);
            let mut proof = vec![0u8; vector.proof.len()];
            for (bit, byte) in (0..64 * bits).map(|bit| (bit, bit / 8)) {
                let value = values[bit / bits] >> (bits - 1 - bit % bits) & 1;
                proof[byte] |= (value as u8) << (7 - bit % 8);
            }
            let table = half.trailing_zeros() as u8 + 2;
            assert_eq!(
                verify(vector.k, &vector.seed, &vector.challenge, &proof),
                Err(VerifyError::NoMatch { table, pair: 0 })
            );
            let (left, right) = values[..2 * half].split_at_mut(half);
            left.swap_with_slice(right);
        }
    }

    #[test]
    fn every_bit_of_the_challenge_enters_the_quality() {
        let vector = &vectors()[0];
        for bit in usize::from(vector.k)..256 {
            let mut challenge = vector.challenge;
            challenge[bit / 8] ^= 0x80 >> (bit % 8);
            let quality = verify(vector.k, &vector.seed, &challenge, &vector.proof);
            assert!(quality.is_ok_and(|quality| quality != vector.quality));
        }
        let mut challenge = vector.challenge;
        challenge[0] ^= 0x80;
        assert!(matches!(
            verify(vector.k, &vector.seed, &challenge, &vector.proof),
            Err(VerifyError::WrongChallenge { .. })
        ));
    }
}
