//! scrypt (RFC 7914), for keys under a password.
//!
//! Written here since the crate of that name would change a feature that all of the SDK hangs on, and since it is
//! short: Salsa20/8, BlockMix, ROMix, with PBKDF2 around them. Blocks are words, little-endian.

use hmac::Hmac;
use p256::elliptic_curve::zeroize::Zeroizing;
use pbkdf2::pbkdf2;
use sha2::Sha256;

/// Words of a block of Salsa20.
const WORDS: usize = 16;

/// How much work it is, and how much memory. Bounds are the caller's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// CPU and memory: N, a power of two.
    pub n: u32,
    /// Size of a block: r.
    pub r: u32,
    /// Parallelization: p.
    pub p: u32,
}

/// Derives a key (RFC 7914, 6). Takes 128 · r · (N + p) bytes of memory.
pub(crate) fn scrypt(password: &[u8], salt: &[u8], cost: Cost, out: &mut [u8]) {
    let usize_of = |number: u32| usize::try_from(number).unwrap_or(0);
    let (n, r, p) = (usize_of(cost.n), usize_of(cost.r), usize_of(cost.p));
    let block_bytes = r.saturating_mul(128);
    let mut blocks = Zeroizing::new(vec![0_u8; block_bytes.saturating_mul(p)]);
    derive(password, salt, &mut blocks);
    for block in blocks.chunks_exact_mut(block_bytes) {
        let mut words: Zeroizing<Vec<u32>> = Zeroizing::new(
            block
                .chunks_exact(4)
                .map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap_or_default()))
                .collect(),
        );
        ro_mix(&mut words, n);
        for (bytes, word) in block.chunks_exact_mut(4).zip(words.iter()) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
    }
    derive(password, &blocks, out);
}

/// One round of PBKDF2 with HMAC-SHA-256.
fn derive(password: &[u8], salt: &[u8], out: &mut [u8]) {
    // HMAC takes keys of any length, so that this cannot fail.
    let result = pbkdf2::<Hmac<Sha256>>(password, salt, 1, out);
    debug_assert!(result.is_ok());
}

/// scryptROMix (RFC 7914, 5).
fn ro_mix(block: &mut [u32], n: usize) {
    let length = block.len();
    let mut history = Zeroizing::new(vec![0_u32; length.saturating_mul(n)]);
    let mut mixed = Zeroizing::new(vec![0_u32; length]);
    for slot in history.chunks_exact_mut(length) {
        slot.copy_from_slice(block);
        block_mix(slot, &mut mixed);
        block.copy_from_slice(&mixed);
    }
    for _ in 0..n {
        // N is a power of two of at most 32 bits: the lowest word of the number is enough.
        let low = block.last_chunk::<WORDS>().map_or(0, |[low, ..]| *low);
        let at = usize::try_from(low).unwrap_or(0) & n.wrapping_sub(1);
        for (word, earlier) in block
            .iter_mut()
            .zip(history.chunks_exact(length).nth(at).unwrap_or_default())
        {
            *word ^= earlier;
        }
        block_mix(block, &mut mixed);
        block.copy_from_slice(&mixed);
    }
}

/// scryptBlockMix (RFC 7914, 4): even blocks go to the front, odd ones behind them.
fn block_mix(input: &[u32], output: &mut [u32]) {
    let mut state = input.last_chunk::<WORDS>().copied().unwrap_or_default();
    let (even, odd) = output.split_at_mut(output.len() / 2);
    let (mut even, mut odd) = (even.chunks_exact_mut(WORDS), odd.chunks_exact_mut(WORDS));
    for (index, block) in input.chunks_exact(WORDS).enumerate() {
        for (word, other) in state.iter_mut().zip(block) {
            *word ^= other;
        }
        salsa20_8(&mut state);
        let slot = if index % 2 == 0 {
            even.next()
        } else {
            odd.next()
        };
        if let Some(slot) = slot {
            slot.copy_from_slice(&state);
        }
    }
}

/// Salsa20/8 (RFC 7914, 3).
fn salsa20_8(state: &mut [u32; WORDS]) {
    let [
        mut a,
        mut b,
        mut c,
        mut d,
        mut e,
        mut f,
        mut g,
        mut h,
        mut i,
        mut j,
        mut k,
        mut l,
        mut m,
        mut n,
        mut o,
        mut p,
    ] = *state;
    let quarter = |one: &mut u32, two: &mut u32, three: &mut u32, four: &mut u32| {
        *two ^= one.wrapping_add(*four).rotate_left(7);
        *three ^= two.wrapping_add(*one).rotate_left(9);
        *four ^= three.wrapping_add(*two).rotate_left(13);
        *one ^= four.wrapping_add(*three).rotate_left(18);
    };
    for _ in 0..4 {
        // Columns, from the diagonal down.
        quarter(&mut a, &mut e, &mut i, &mut m);
        quarter(&mut f, &mut j, &mut n, &mut b);
        quarter(&mut k, &mut o, &mut c, &mut g);
        quarter(&mut p, &mut d, &mut h, &mut l);
        // Rows, from the diagonal on.
        quarter(&mut a, &mut b, &mut c, &mut d);
        quarter(&mut f, &mut g, &mut h, &mut e);
        quarter(&mut k, &mut l, &mut i, &mut j);
        quarter(&mut p, &mut m, &mut n, &mut o);
    }
    let mixed = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p];
    for (word, mixed) in state.iter_mut().zip(mixed) {
        *word = word.wrapping_add(mixed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of RFC 7914, 12, but for the one that takes a gibibyte.
    #[test]
    fn vectors_of_the_standard() {
        let cost = |n, r, p| Cost { n, r, p };
        for (password, salt, cost, expected) in [
            (
                "",
                "",
                cost(16, 1, 1),
                "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442\
                 fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906",
            ),
            (
                "password",
                "NaCl",
                cost(1024, 8, 16),
                "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162\
                 2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
            ),
            (
                "pleaseletmein",
                "SodiumChloride",
                cost(16384, 8, 1),
                "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2\
                 d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
            ),
        ] {
            let mut out = [0; 64];
            scrypt(password.as_bytes(), salt.as_bytes(), cost, &mut out);
            assert_eq!(hex::encode(out), expected);
        }
    }
}
