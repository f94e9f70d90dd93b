//! Chia's proof of space (construction version 1.1), generic in K, entirely in memory.
//!
//! A *table* is made from a 32-byte seed: seven tables of about `2^K` entries, each entry of one made from two
//! matching entries of the one before. For a challenge, table 7 holds one proof on average: the 64 values of K
//! bits that an entry comes from, `8 · K` bytes in all. Making the table takes memory and time, checking a proof
//! takes 64 + 63 short hashes.
//!
//! - [`verify`] checks a proof for any K from 16 to 32 and returns its quality; proofs and qualities are bit for
//!   bit those of Chia's own library. It needs neither `std` nor much memory.
//! - [`Table`] makes tables for K from 16 to 20 and finds all proofs for a challenge, in Chia's order.
//! - This chain (§3, §6) uses the protocol's K ([`K`]), with one challenge for each of 8,192 s-buckets:
//!   [`SectorTable`], [`TableGenerator`], [`verify_bucket`], [`bucket_challenge`].
//!
//! ```
//! use allod_proof_of_space::{SectorTable, verify_bucket};
//!
//! let seed = [7; 32];
//! let table = SectorTable::new(&seed);
//! let (s_bucket, proof) = table.proofs().next().expect("two thirds of all s-buckets have a proof");
//! assert_eq!(verify_bucket(&seed, s_bucket, &proof), Ok(()));
//! ```

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod bits;
mod construction;
#[cfg(test)]
mod naive;
mod plot_order;
mod sector;
mod table;
mod verifier;

pub use sector::{
    K, PROOF_BYTES, Proof, S_BUCKETS, SectorTable, TableGenerator, bucket_challenge, verify_bucket,
};
pub use table::{Error, Table};
pub use verifier::{VerifyError, verify};

/// What a table is made from.
pub type Seed = [u8; 32];
/// What a proof answers: its first K bits select the proofs, all of it enters their quality.
pub type Challenge = [u8; 32];
/// SHA-256 over the challenge and the part of the proof that the challenge selects.
pub type Quality = [u8; 32];

#[cfg(test)]
mod tests {
    use crate::{Challenge, Quality, Seed};
    use serde::Deserialize;

    /// A proof from Chia's library.
    pub(crate) struct Vector {
        pub(crate) k: u8,
        pub(crate) seed: Seed,
        pub(crate) challenge: Challenge,
        pub(crate) proof: Vec<u8>,
        pub(crate) quality: Quality,
    }

    #[derive(Deserialize)]
    struct Raw {
        k: u8,
        seed: String,
        challenge: String,
        proof: String,
        quality: String,
    }

    /// All proofs for some challenges, by K, seed and challenge, in Chia's order.
    pub(crate) fn vectors() -> Vec<Vector> {
        let raw: Vec<Raw> = allod_test_support::vectors::read("chia-pos.json");
        assert!(!raw.is_empty());
        let array = |text: &str| {
            let bytes = hex::decode(text).expect("hexadecimal");
            <[u8; 32]>::try_from(bytes).expect("32 bytes")
        };
        raw.iter()
            .map(|raw| Vector {
                k: raw.k,
                seed: array(&raw.seed),
                challenge: array(&raw.challenge),
                proof: hex::decode(&raw.proof).expect("hexadecimal"),
                quality: array(&raw.quality),
            })
            .collect()
    }
}
