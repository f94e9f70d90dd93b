//! BLAKE2b-256, the `H` of the design, and hashes read as numbers.

use blake2::{Blake2b, Digest, digest::consts::U32};

/// A BLAKE2b-256 hash.
pub type Hash = [u8; 32];

/// Shows a hash as `0x…` hex.
#[derive(Debug, Clone, Copy)]
pub struct HexHash<'a>(pub &'a Hash);

impl core::fmt::Display for HexHash<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        crate::bytes::write_hex(f, self.0)
    }
}

/// `H(x)`: BLAKE2b with an output of 32 bytes, without key, salt or personalisation (RFC 7693).
pub fn blake2b_256(data: &[u8]) -> Hash {
    blake2b_256_list(&[data])
}

/// `H(a ‖ b ‖ …)` without joining the parts in memory first.
pub fn blake2b_256_list(parts: &[&[u8]]) -> Hash {
    let mut hasher = Blake2b::<U32>::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// The first eight bytes of a hash as a little-endian number.
pub fn first_u64(hash: &Hash) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *hash;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// Bytes 8 to 15 of a hash as a little-endian number.
pub fn second_u64(hash: &Hash) -> u64 {
    let [_, _, _, _, _, _, _, _, a, b, c, d, e, f, g, h, ..] = *hash;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// The first half of a hash, as keys and seeds of AES-128 are cut.
pub fn first_half(hash: &Hash) -> [u8; 16] {
    let mut half = [0; 16];
    for (to, from) in half.iter_mut().zip(hash) {
        *to = *from;
    }
    half
}

/// `⌊number / 2^shift⌋ mod modulus` of a hash read as a 256-bit little-endian number.
///
/// Returns 0 for `modulus` 0. `modulus` must be below 2^119 and `shift` below 8; every caller
/// divides by a count of pieces or segments, which is far below. Larger ones are clamped rather
/// than allowed to overflow.
pub fn number_mod(hash: &Hash, shift: u32, modulus: u128) -> u128 {
    const MAX_MODULUS: u128 = 1 << 119;
    if modulus == 0 {
        return 0;
    }
    let modulus = modulus.min(MAX_MODULUS);
    let mut remainder: u128 = 0;
    // Long division in base 256, most significant byte first; the last digit loses the shifted bits.
    let shift = shift.min(7);
    for (position, byte) in hash.iter().enumerate().rev() {
        let (bits, digit) = if position == 0 {
            (8_u32.saturating_sub(shift), u128::from(*byte) >> shift)
        } else {
            (8, u128::from(*byte))
        };
        remainder = ((remainder << bits) | digit)
            .checked_rem(modulus)
            .unwrap_or(0);
    }
    remainder
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blake2b_256_of_nothing_is_the_published_value() {
        assert_eq!(
            hex::encode(blake2b_256(b"")),
            "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"
        );
        assert_eq!(blake2b_256_list(&[b"ab", b"", b"c"]), blake2b_256(b"abc"));
    }

    #[test]
    fn parts_of_a_hash_are_little_endian() {
        let mut hash = [0; 32];
        hash[0] = 1;
        hash[8] = 2;
        assert_eq!(first_u64(&hash), 1);
        assert_eq!(second_u64(&hash), 2);
        assert_eq!(number_mod(&hash, 0, 1 << 64), 1);
        assert_eq!(number_mod(&hash, 0, 1 << 80), 1 | (2 << 64));
    }

    /// The slow twin: one bit at a time.
    fn bit_by_bit(hash: &Hash, shift: u32, modulus: u128) -> u128 {
        let mut remainder = 0;
        for bit in (shift..256).rev() {
            let value = (hash[(bit / 8) as usize] >> (bit % 8)) & 1;
            remainder = (remainder * 2 + u128::from(value)) % modulus;
        }
        remainder
    }

    proptest! {
        #[test]
        fn remainder_agrees_with_the_slow_twin(hash: [u8; 32], shift in 0_u32..8, modulus in 1_u128..(1 << 100)) {
            prop_assert_eq!(number_mod(&hash, shift, modulus), bit_by_bit(&hash, shift, modulus));
        }
    }
}
