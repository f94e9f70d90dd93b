//! What the tests share.
#![allow(dead_code)] // each test program uses its part

use allod_kzg::{G1Bytes, Kzg, RECORD_BYTES, ScalarBytes};
use rand::{Rng, RngCore, SeedableRng, rngs::StdRng};
use std::sync::OnceLock;

/// The encoding of the point at infinity.
pub const INFINITY: G1Bytes = {
    let mut bytes = [0; 48];
    bytes[0] = 0xc0;
    bytes
};

pub fn kzg() -> &'static Kzg {
    static KZG: OnceLock<Kzg> = OnceLock::new();
    KZG.get_or_init(Kzg::new)
}

pub fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// A scalar below 2^254, hence below r.
pub fn scalar(rng: &mut StdRng) -> ScalarBytes {
    let mut scalar: ScalarBytes = rng.r#gen();
    scalar[0] &= 0x3f;
    scalar
}

pub fn record(rng: &mut StdRng) -> Vec<u8> {
    let mut record = vec![0; RECORD_BYTES];
    rng.fill_bytes(&mut record);
    for scalar in record.chunks_mut(32) {
        scalar[0] &= 0x3f;
    }
    record
}
