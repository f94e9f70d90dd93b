//! Tables, made fast.
//!
//! Where the time goes, and what is done about it:
//!
//! - *Hashing* ([`batch`]): entries are hashed in loops without branches, which the compiler turns into vector code.
//! - *Matching* ([`matching`]): all 64 targets of an entry are compared with whole vectors of candidates.
//! - *Sorting* ([`record`]): an entry goes straight to its bucket; within a bucket no order is needed.
//! - *Memory* ([`graph`]): the metadata of table 3 are four values `x`, so only tables 4 to 7 need to remember
//!   where their entries came from.

mod batch;
mod compress;
mod engine;
mod graph;
mod matching;
mod record;
mod simd;

pub(crate) use engine::Workspace;
pub(crate) use graph::Graph;
pub(crate) use simd::make;

use crate::bits::read_bits;
use crate::{Challenge, Seed};
use alloc::vec::Vec;

/// Why a table cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// K is out of range.
    #[error("tables are made for K from 16 to 20, not for {k}")]
    UnsupportedK {
        /// The K asked for.
        k: u8,
    },
}

/// All proofs that there are for one seed and one K.
#[derive(Debug)]
pub struct Table {
    k: u8,
    graph: Graph,
}

impl Table {
    /// Makes the table for `seed` on this thread. `k` is from 16 to 20.
    ///
    /// Takes some 100 bytes of memory times `2^k`.
    pub fn new(k: u8, seed: &Seed) -> Result<Self, Error> {
        let make = match k {
            16 => make::<16>,
            17 => make::<17>,
            18 => make::<18>,
            19 => make::<19>,
            20 => make::<20>,
            k => return Err(Error::UnsupportedK { k }),
        };
        let mut graph = Graph::default();
        make(seed, 1 << k, &mut graph, &mut Workspace::default());
        Ok(Self { k, graph })
    }

    /// All proofs for `challenge`, each of `8 · k` bytes, in the order in which Chia's prover numbers them.
    pub fn find_proofs(&self, challenge: &Challenge) -> Vec<Vec<u8>> {
        // At most 20 bits.
        let first = read_bits(challenge, 0, self.k) as u32;
        self.graph.proofs(self.k, first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::NaiveTable;
    use crate::tests::vectors;
    use crate::verify;

    #[test]
    fn all_of_chia_proofs_are_found_in_chia_order() {
        let vectors = vectors();
        for of_table in vectors.chunk_by(|a, b| (a.k, a.seed) == (b.k, b.seed)) {
            let table = Table::new(of_table[0].k, &of_table[0].seed).expect("K is supported");
            let mut several = 0;
            let mut left = of_table.len();
            for of_challenge in of_table.chunk_by(|a, b| a.challenge == b.challenge) {
                let expected: Vec<_> = of_challenge
                    .iter()
                    .map(|vector| vector.proof.clone())
                    .collect();
                let found = table.find_proofs(&of_challenge[0].challenge);
                several += usize::from(found.len() > 1);
                left -= expected.len();
                if left > 0 {
                    assert_eq!(found, expected);
                } else {
                    // The list is cut off after twelve proofs, possibly within a challenge.
                    assert!(found.starts_with(&expected));
                }
            }
            assert!(several > 1, "the order was tested");
        }
    }

    /// Challenges with every possible start, and other bits that do not matter.
    fn challenges(k: u8) -> impl Iterator<Item = Challenge> {
        (0..1u32 << k).map(move |first| {
            let mut challenge = [0xa5; 32];
            challenge[..4].copy_from_slice(&(first << (32 - k) | 0x5a5 >> (k - 16)).to_be_bytes());
            challenge
        })
    }

    #[test]
    fn a_table_is_that_of_the_slow_twin() {
        for (k, seed) in [(16, [1; 32]), (16, [2; 32]), (17, [3; 32])] {
            let (table, naive) = (
                Table::new(k, &seed).expect("K is supported"),
                NaiveTable::new(k, &seed),
            );
            let mut count = 0;
            for challenge in challenges(k) {
                let proofs = table.find_proofs(&challenge);
                count += proofs.len();
                assert_eq!(proofs, naive.find_proofs(&challenge));
            }
            assert_eq!(count, naive.count());
            // One proof per challenge on average; the number varies by some per cent between seeds.
            assert!(count.abs_diff(1 << k) < 1 << (k - 1), "{count}");
        }
    }

    #[test]
    fn proofs_that_are_found_verify() {
        for k in [16, 19] {
            let table = Table::new(k, &[4; 32]).expect("K is supported");
            let mut answered = 0;
            for challenge in challenges(k).step_by(199) {
                let proofs = table.find_proofs(&challenge);
                answered += usize::from(!proofs.is_empty());
                for proof in proofs {
                    assert!(verify(k, &[4; 32], &challenge, &proof).is_ok());
                }
            }
            assert!(answered > 100);
        }
    }

    #[test]
    fn other_k_are_refused() {
        for k in (0..16).chain(21..=u8::MAX) {
            assert_eq!(
                Table::new(k, &[0; 32]).err(),
                Some(Error::UnsupportedK { k })
            );
        }
    }
}
