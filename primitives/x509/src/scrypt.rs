//! scrypt (RFC 7914), by which OpenSSL and others derive the key of a private key's file.
//!
//! Salsa20/8 and PBKDF2 are other crates'; what is here mixes memory with them (RFC 7914, 4 to 6). The crate `scrypt`
//! does the same. It asks for a feature of `pbkdf2` with which `sp-core` and all above it would be other crates than
//! they are.
//!
//! Nothing here is constant in time and place: RFC 7914, 5, reads memory at places that the password decides.

use alloc::vec;

use hmac::Hmac;
use p256::elliptic_curve::zeroize::Zeroizing;
use pbkdf2::pbkdf2;
use salsa20::{
    SalsaCore,
    cipher::{StreamCipherCore, consts::U4, generic_array::GenericArray},
};
use sha2::Sha256;

use crate::limits::MAX_SCRYPT_BYTES;

/// Octets of a block of Salsa20.
const SALSA: usize = 64;

/// Parameters that are worked on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameters {
    /// N: how many blocks lie in memory, a power of two.
    n: usize,
    /// Octets of one of them, 128·r.
    block: usize,
    /// All that is mixed, 128·r·p.
    whole: usize,
}

impl Parameters {
    /// Cost, block size and parallelization; `None` if they are no parameters (RFC 7914, 2) or take more than
    /// [`MAX_SCRYPT_BYTES`].
    pub fn new(n: u64, r: u64, p: u64) -> Option<Self> {
        let block = r.checked_mul(128)?;
        let whole = block.checked_mul(p)?;
        let bytes = whole.checked_mul(n)?;
        if bytes == 0 || bytes > MAX_SCRYPT_BYTES || !n.is_power_of_two() || n == 1 {
            return None;
        }
        // N is below 2^(128·r / 8).
        if u64::from(n.ilog2()) >= r.checked_mul(16)? {
            return None;
        }
        Some(Self {
            n: usize::try_from(n).ok()?,
            block: usize::try_from(block).ok()?,
            whole: usize::try_from(whole).ok()?,
        })
    }

    /// Fills `key`; `None` never comes, for HMAC takes keys of any length.
    pub fn derive(self, password: &[u8], salt: &[u8], key: &mut [u8]) -> Option<()> {
        let mut blocks = Zeroizing::new(vec![0; self.whole]);
        pbkdf2::<Hmac<Sha256>>(password, salt, 1, &mut blocks).ok()?;
        let mut memory = Zeroizing::new(vec![0; self.n.checked_mul(self.block)?]);
        for block in blocks.chunks_exact_mut(self.block) {
            mix_memory(block, &mut memory)?;
        }
        pbkdf2::<Hmac<Sha256>>(password, &blocks, 1, key).ok()
    }
}

/// `scryptROMix` (RFC 7914, 5), with as many blocks as the memory has.
fn mix_memory(block: &mut [u8], memory: &mut [u8]) -> Option<()> {
    let size = block.len();
    let mut mixed = Zeroizing::new(vec![0; size]);
    let mut count: u64 = 0;
    for place in memory.chunks_exact_mut(size) {
        place.copy_from_slice(block);
        mix_block(block, &mut mixed)?;
        block.copy_from_slice(&mixed);
        count = count.wrapping_add(1);
    }
    for _ in 0..count {
        // A power of two, so that the remainder is its low bits.
        let place = integer(block)? & count.wrapping_sub(1);
        let start = usize::try_from(place).ok()?.checked_mul(size)?;
        let chosen = memory.get(start..)?.get(..size)?;
        xor(block, chosen);
        mix_block(block, &mut mixed)?;
        block.copy_from_slice(&mixed);
    }
    Some(())
}

/// `Integerify`: the last 64 octets as a number, the least octet first. No more than eight of them count.
fn integer(block: &[u8]) -> Option<u64> {
    let last = block.rchunks_exact(SALSA).next()?;
    last.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// `scryptBlockMix` (RFC 7914, 4): blocks of Salsa20/8, the even ones first.
fn mix_block(input: &[u8], output: &mut [u8]) -> Option<()> {
    let mut state: [u8; SALSA] = *input.last_chunk()?;
    let (even, odd) = output.split_at_mut_checked(input.len() / 2)?;
    let (mut even, mut odd) = (even.chunks_exact_mut(SALSA), odd.chunks_exact_mut(SALSA));
    for pair in input.chunks_exact(SALSA.wrapping_mul(2)) {
        let (first, second) = pair.split_at_checked(SALSA)?;
        for (part, place) in [(first, even.next()?), (second, odd.next()?)] {
            xor(&mut state, part);
            state = salsa(&state);
            place.copy_from_slice(&state);
        }
    }
    Some(())
}

/// Salsa20/8 (RFC 7914, 3).
fn salsa(input: &[u8; SALSA]) -> [u8; SALSA] {
    let mut words = [0; 16];
    for (word, bytes) in words.iter_mut().zip(input.as_chunks().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    let mut block = GenericArray::from([0; SALSA]);
    // Four double rounds are eight.
    SalsaCore::<U4>::from_raw_state(words).write_keystream_block(&mut block);
    block.into()
}

fn xor(bytes: &mut [u8], others: &[u8]) {
    for (byte, other) in bytes.iter_mut().zip(others) {
        *byte ^= other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7914, 12; the last of its vectors takes more than is worked on.
    #[test]
    fn vectors_of_the_standard() {
        for (password, salt, [n, r, p], expected) in [
            (
                "",
                "",
                [16, 1, 1],
                "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442\
                 fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906",
            ),
            (
                "password",
                "NaCl",
                [1024, 8, 16],
                "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162\
                 2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
            ),
            (
                "pleaseletmein",
                "SodiumChloride",
                [16_384, 8, 1],
                "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2\
                 d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
            ),
        ] {
            let mut key = [0; 64];
            let parameters = Parameters::new(n, r, p).unwrap();
            parameters
                .derive(password.as_bytes(), salt.as_bytes(), &mut key)
                .unwrap();
            assert_eq!(hex::encode(key), expected);
        }
        assert!(Parameters::new(1 << 20, 8, 1).is_none());
    }
}
