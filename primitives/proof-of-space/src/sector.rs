//! The proof of space as it is used here: the protocol's K ([`K`]), one challenge for each s-bucket (§3, §6).

use crate::table::{Graph, Workspace, make};
use crate::verifier::check;
use crate::{Challenge, Seed, VerifyError};
use alloc::vec::Vec;

pub use allod_core::parameters::{S_BUCKETS, SPACE_K as K, SPACE_PROOF_BYTES as PROOF_BYTES};

/// A proof of space of the protocol.
pub type Proof = [u8; PROOF_BYTES];

/// The challenge of an s-bucket: its number as [`K`] bits, big-endian, left-aligned, then zero (§6).
///
/// `s_bucket` is below [`S_BUCKETS`]; other numbers have challenges too, but no verifier accepts them.
pub fn bucket_challenge(s_bucket: u16) -> Challenge {
    let mut challenge = [0; 32];
    let first = (u32::from(s_bucket) << (32 - u32::from(K))).to_be_bytes();
    for (to, from) in challenge.iter_mut().zip(first) {
        *to = from;
    }
    challenge
}

/// Verifies the proof of space of an s-bucket.
pub fn verify_bucket(seed: &Seed, s_bucket: u16, proof: &Proof) -> Result<(), VerifyError> {
    if s_bucket >= S_BUCKETS {
        return Err(VerifyError::NoSuchBucket { s_bucket });
    }
    check(K, seed, &bucket_challenge(s_bucket), proof).map(|_| ())
}

/// The table of one piece: proofs for 4,836 of 8,192 s-buckets on average.
///
/// Takes about 0.7 MB of memory.
#[derive(Debug, Default)]
pub struct SectorTable {
    proofs: Vec<Proof>,
    /// By s-bucket: the number of its proof in `proofs`, or [`NO_PROOF`].
    numbers: Vec<u16>,
}

const NO_PROOF: u16 = u16::MAX;

impl SectorTable {
    /// Makes the table on this thread. Who makes many tables should use a [`TableGenerator`].
    pub fn new(seed: &Seed) -> Self {
        let mut generator = TableGenerator::new();
        generator.generate(seed);
        generator.table
    }

    /// The first proof, in Chia's order, for the challenge of this s-bucket.
    ///
    /// The same seed and s-bucket always give the same proof. `None` if there is none, as for any
    /// `s_bucket` from [`S_BUCKETS`] on.
    pub fn find_proof(&self, s_bucket: u16) -> Option<Proof> {
        let number = self.numbers.get(usize::from(s_bucket))?;
        self.proofs.get(usize::from(*number)).copied()
    }

    /// All s-buckets that have a proof, ascending, each with the proof that [`find_proof`](Self::find_proof) finds.
    pub fn proofs(&self) -> impl Iterator<Item = (u16, Proof)> + '_ {
        (0..S_BUCKETS).filter_map(|s_bucket| Some((s_bucket, self.find_proof(s_bucket)?)))
    }

    /// Takes over the first proofs of a table made for the first [`S_BUCKETS`] challenges.
    fn fill(&mut self, graph: &Graph) {
        self.proofs.clear();
        self.numbers.clear();
        self.numbers.resize(usize::from(S_BUCKETS), NO_PROOF);
        graph.first_proofs(K, |s_bucket, proof| {
            // There are at most as many proofs as s-buckets.
            self.numbers[s_bucket as usize] = self.proofs.len() as u16;
            self.proofs.push(proof);
        });
    }
}

/// Makes one table after the other in the same memory (about 25 MB, of which some 15 MB are used).
#[derive(Debug, Default)]
pub struct TableGenerator {
    table: SectorTable,
    graph: Graph,
    workspace: Workspace,
}

impl TableGenerator {
    /// A generator without memory yet; the first table brings it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the table for `seed` on this thread, in place of the one before.
    pub fn generate(&mut self, seed: &Seed) -> &SectorTable {
        make::<K>(
            seed,
            u32::from(S_BUCKETS),
            &mut self.graph,
            &mut self.workspace,
        );
        self.table.fill(&self.graph);
        &self.table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Table;
    use crate::verify;
    use rand::{Rng, SeedableRng, rngs::StdRng};

    #[test]
    fn challenges_are_left_aligned() {
        assert_eq!(bucket_challenge(0), [0; 32]);
        assert_eq!(bucket_challenge(1)[..4], [0, 0, 0x80, 0]);
        assert_eq!(bucket_challenge(8191)[..4], [0x0f, 0xff, 0x80, 0]);
        assert_eq!(bucket_challenge(8191)[4..], [0; 28]);
    }

    #[test]
    fn a_sector_table_holds_the_first_proof_of_every_bucket() {
        let seed = [3; 32];
        let sector = SectorTable::new(&seed);
        let table = Table::new(K, &seed).expect("K is supported");
        for s_bucket in 0..S_BUCKETS {
            let proof = sector.find_proof(s_bucket);
            let proofs = table.find_proofs(&bucket_challenge(s_bucket));
            assert_eq!(
                proof.as_ref().map(|proof| &proof[..]),
                proofs.first().map(Vec::as_slice)
            );
            if let Some(proof) = proof {
                assert_eq!(verify_bucket(&seed, s_bucket, &proof), Ok(()));
                assert!(verify(K, &seed, &bucket_challenge(s_bucket), &proof).is_ok());
            }
        }
        assert_eq!(sector.find_proof(S_BUCKETS), None);
        assert_eq!(sector.find_proof(u16::MAX), None);
    }

    #[test]
    fn a_generator_leaves_nothing_behind() {
        let mut generator = TableGenerator::new();
        let first: Vec<_> = generator.generate(&[1; 32]).proofs().collect();
        let second: Vec<_> = generator.generate(&[2; 32]).proofs().collect();
        assert_ne!(first, second);
        assert_eq!(
            second,
            SectorTable::new(&[2; 32]).proofs().collect::<Vec<_>>()
        );
        assert_eq!(
            first,
            generator.generate(&[1; 32]).proofs().collect::<Vec<_>>()
        );
    }

    /// For these seeds. One table in a hundred has fewer than 4,096 proofs.
    #[test]
    fn a_record_fills_from_sixteen_tables() {
        let mut rng = StdRng::seed_from_u64(5);
        let mut generator = TableGenerator::new();
        let mut total = 0;
        for _ in 0..16 {
            let proofs = generator.generate(&rng.r#gen()).proofs().count();
            assert!(proofs >= 4096, "{proofs}");
            total += proofs;
        }
        // 1 − 1/e of 8,192 would be 5,178; tables of many seeds have 4,836 on average.
        assert!((total / 16).abs_diff(5178) < 300, "{}", total / 16);
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let seed = [9; 32];
        let (s_bucket, proof) = SectorTable::new(&seed)
            .proofs()
            .next()
            .expect("some have a proof");
        for bit in 0..8 * PROOF_BYTES {
            let mut changed = proof;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(
                verify_bucket(&seed, s_bucket, &changed).is_err(),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn a_proof_is_for_one_bucket_of_one_seed() {
        let seed = [9; 32];
        let (s_bucket, proof) = SectorTable::new(&seed)
            .proofs()
            .next()
            .expect("some have a proof");
        for other in (0..S_BUCKETS).filter(|other| *other != s_bucket) {
            assert_eq!(
                verify_bucket(&seed, other, &proof),
                Err(VerifyError::WrongChallenge {
                    expected: u64::from(other),
                    actual: u64::from(s_bucket),
                })
            );
        }
        // The last byte of a seed does not count, as in Chia.
        let mut same = seed;
        same[31] ^= 1;
        assert_eq!(verify_bucket(&same, s_bucket, &proof), Ok(()));
        for byte in 0..31 {
            let mut other = seed;
            other[byte] ^= 1;
            assert!(matches!(
                verify_bucket(&other, s_bucket, &proof),
                Err(VerifyError::NoMatch { table: 2, .. })
            ));
        }
        assert_eq!(
            verify_bucket(&seed, S_BUCKETS, &proof),
            Err(VerifyError::NoSuchBucket {
                s_bucket: S_BUCKETS
            })
        );
    }
}
