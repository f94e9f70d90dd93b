//! The functions of Chia's proof-of-space construction (version 1.1), one value at a time.
//!
//! Table 1 holds, for every `x` of K bits, `y = f1(x)` (K + 6 bits) and `x` itself as metadata. Table `t`
//! holds one entry for every pair of entries of table `t − 1` that [match](matches); its `y` and its metadata
//! come from [`f`]. A `y` lies in the bucket `y / (B · C)`; only entries of adjacent buckets match. The first K
//! bits of a table 7 entry's `y` are the challenge that it answers; the 64 values `x` that it came from are the
//! proof.

use crate::bits::{BitWriter, low_mask, read_bits};
use crate::{Seed, VerifyError};
use chacha20::ChaCha8;
use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};

/// Bits by which `y` is longer than K.
pub(crate) const PARAM_EXT: u8 = 6;
/// A left entry has this many targets: one for every value of `PARAM_EXT` bits.
pub(crate) const PARAM_M: usize = 1 << PARAM_EXT;
/// Rows of a bucket.
pub(crate) const PARAM_B: usize = 119;
/// Columns of a bucket: values of `y` in one row.
pub(crate) const PARAM_C: usize = 127;
/// Values of `y` in one bucket.
pub(crate) const PARAM_BC: u32 = 119 * 127;
/// Number of tables.
pub(crate) const TABLES: u8 = 7;
/// Values `x` in one proof.
pub(crate) const PROOF_VALUES: usize = 64;

/// Length in bits of the metadata of an entry of `table` (1 to 7).
pub(crate) const fn metadata_bits(k: u8, table: u8) -> u8 {
    let values = match table {
        1 => 1,
        2 => 2,
        3 | 4 => 4,
        5 => 3,
        6 => 2,
        _ => 0,
    };
    values * k
}

/// The cipher whose keystream, cut into pieces of K bits, is the sequence of `f1`'s outputs.
///
/// The key is the byte 1, then the first 31 bytes of the seed.
pub(crate) fn cipher(seed: &Seed) -> ChaCha8 {
    let mut key = [0; 32];
    for (to, from) in key.iter_mut().zip([1].iter().chain(seed)) {
        *to = *from;
    }
    ChaCha8::new(&key.into(), &[0; 12].into())
}

/// Joins an output of the cipher with the first six bits of `x`.
pub(crate) const fn extend_with_x(k: u8, output: u64, x: u32) -> u64 {
    (output << PARAM_EXT) | (x as u64 >> (k - PARAM_EXT))
}

/// `f1`: the `y` of a table 1 entry. `k` is at most 32, `x` below `2^k`.
pub(crate) fn f1(k: u8, cipher: &mut ChaCha8, x: u32) -> Result<u64, VerifyError> {
    // 32 bits may span five bytes.
    let mut keystream = [0u8; 5];
    let start = u64::from(x) * u64::from(k);
    cipher
        .try_seek(start / 8)
        .and_then(|()| cipher.try_apply_keystream(&mut keystream))
        .map_err(|_| VerifyError::UnsupportedK { k })?;
    let output = read_bits(&keystream, (start % 8) as usize, k);
    Ok(extend_with_x(k, output as u64, x))
}

/// `f2` to `f7`: `y` and metadata of the entry of `table` (2 to 7) that a left and a right entry make.
pub(crate) fn f(k: u8, table: u8, left_y: u64, left: u128, right: u128) -> (u64, u128) {
    let y_bits = k + PARAM_EXT;
    let parent_bits = metadata_bits(k, table - 1);
    let mut input = BitWriter::new();
    input.push(u128::from(left_y), y_bits);
    input.push(left, parent_bits);
    input.push(right, parent_bits);
    let hash = blake3::hash(input.as_bytes());
    let y = read_bits(hash.as_bytes(), 0, y_bits) as u64;
    let metadata = if table < 4 {
        (left << parent_bits) | (right & low_mask(parent_bits))
    } else {
        read_long(
            hash.as_bytes(),
            usize::from(y_bits),
            metadata_bits(k, table),
        )
    };
    (y, metadata)
}

/// Like [`read_bits`], for up to 128 bits.
fn read_long(bytes: &[u8], start: usize, bits: u8) -> u128 {
    let high = bits / 2;
    let low = bits - high;
    (read_bits(bytes, start, high) << low) | read_bits(bytes, start + usize::from(high), low)
}

/// What is added to a left entry's column to give its target's column, `target_row` rows further down.
pub(crate) const fn column_shift(parity: usize, target_row: usize) -> usize {
    let root = 2 * target_row + parity;
    root * root % PARAM_C
}

/// Whether an entry with `left` as its `y` matches, as the left one, an entry with `right`.
pub(crate) fn matches(left: u64, right: u64) -> bool {
    let bucket_size = u64::from(PARAM_BC);
    let bucket = left / bucket_size;
    if right / bucket_size != bucket + 1 {
        return false;
    }
    let (left_row, left_column) = row_and_column(left % bucket_size);
    let (right_row, right_column) = row_and_column(right % bucket_size);
    let target_row = (right_row + PARAM_B - left_row) % PARAM_B;
    let shift = column_shift((bucket % 2) as usize, target_row);
    target_row < PARAM_M && right_column == (left_column + shift) % PARAM_C
}

/// Splits an offset in a bucket.
fn row_and_column(offset: u64) -> (usize, usize) {
    let offset = offset as usize;
    (offset / PARAM_C, offset % PARAM_C)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A number as characters.
    fn text(value: u128, bits: u8) -> String {
        (0..bits)
            .rev()
            .map(|bit| if value >> bit & 1 == 1 { '1' } else { '0' })
            .collect()
    }

    proptest! {
        #[test]
        fn f_hashes_and_cuts_bit_strings(
            k in 16u8..=32,
            table in 2u8..=7,
            y in any::<u64>(),
            left in any::<u128>(),
            right in any::<u128>(),
        ) {
            let (y_bits, bits) = (k + PARAM_EXT, metadata_bits(k, table - 1));
            let y = (u128::from(y) & low_mask(y_bits)) as u64;
            let (left, right) = (left & low_mask(bits), right & low_mask(bits));

            let joined = text(left, bits) + &text(right, bits);
            let mut input = text(y.into(), y_bits) + &joined;
            while !input.len().is_multiple_of(8) {
                input.push('0');
            }
            let input: Vec<u8> = input
                .as_bytes()
                .chunks(8)
                .map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | (bit - b'0')))
                .collect();
            let hash: String =
                blake3::hash(&input).as_bytes().iter().map(|byte| text((*byte).into(), 8)).collect();
            let (start, length) = (usize::from(y_bits), usize::from(metadata_bits(k, table)));
            let expected = if table < 4 { &joined } else { &hash[start..start + length] };

            let (new_y, metadata) = f(k, table, y, left, right);
            prop_assert_eq!(text(new_y.into(), y_bits), &hash[..start]);
            prop_assert_eq!(&text(metadata, length as u8), expected);
        }
    }

    #[test]
    fn a_left_entry_has_64_targets_in_the_next_bucket() {
        for (bucket, offset) in [(0u64, 0u64), (3, 15_112), (8, 7_000)] {
            let left = bucket * u64::from(PARAM_BC) + offset;
            let start = left - offset;
            let end = start + 3 * u64::from(PARAM_BC);
            let targets: Vec<u64> = (start..end).filter(|&right| matches(left, right)).collect();
            assert_eq!(targets.len(), PARAM_M);
            assert!(
                targets
                    .iter()
                    .all(|right| right / u64::from(PARAM_BC) == bucket + 1)
            );
        }
    }

    #[test]
    fn f1_reads_the_keystream_in_order() {
        let seed = [7; 32];
        let mut keystream = [0; 17 * 64];
        cipher(&seed).apply_keystream(&mut keystream);
        for x in 0..512 {
            let output = read_bits(&keystream, x as usize * 17, 17) as u64;
            assert_eq!(f1(17, &mut cipher(&seed), x), Ok(output << 6));
        }
        let top = f1(17, &mut cipher(&seed), (1 << 17) - 1).expect("x is in range");
        assert_eq!(top & 63, 63);
    }
}
