//! Tickets of many chunks at once (§7).
//!
//! A ticket is the first 8 bytes of `H(challenge ‖ stored chunk)`. Its input has 64 bytes, so it is
//! one compression of BLAKE2b, and the first half of the input is the same for all chunks of a
//! sector in a slot. The compression is specialised to that: message words 8 to 15 are zero and
//! never added, and of the result only the first word is made. Four chunks (AVX2) or eight
//! (AVX-512) go side by side where the processor has the instructions.
//!
//! [`SectorChallenge::distance`] is the slow twin that says what is right.

mod compression;
#[cfg(target_arch = "x86_64")]
mod x86_64;

use allod_core::{
    Hash, SBucket, SectorChallenge, SectorId, SolutionRange, blake2b_256_list, hash::first_u64,
};

/// What a sector faces in one slot.
#[derive(Debug, Clone)]
pub struct TicketHasher {
    challenge: SectorChallenge,
    /// The sector's challenge as message words.
    words: [u64; 4],
    /// First 8 bytes of the global challenge.
    target: u64,
}

/// A chunk whose ticket wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Position among the chunks that were looked at.
    pub position: usize,
    /// How far from the target.
    pub distance: u64,
}

impl TicketHasher {
    /// For one sector in the slot of the global challenge.
    pub fn new(global: &Hash, sector_id: &SectorId) -> Self {
        let hash = blake2b_256_list(&[global, &sector_id.0]);
        Self {
            challenge: SectorChallenge::new(global, sector_id),
            words: words(&hash),
            target: first_u64(global),
        }
    }

    /// The s-bucket to read.
    pub fn s_bucket(&self) -> SBucket {
        self.challenge.s_bucket()
    }

    /// The group to read.
    pub fn group(&self) -> u8 {
        self.challenge.group()
    }

    /// The chunks whose tickets lie within range, in their order.
    pub fn hits(&self, chunks: &[[u8; 32]], range: SolutionRange, hits: &mut Vec<Hit>) {
        let half_range = range.0 >> 1;
        let mut judge = |first: usize, tickets: &[u64]| {
            for (position, ticket) in (first..).zip(tickets) {
                let forward = ticket.wrapping_sub(self.target);
                let distance = forward.min(forward.wrapping_neg());
                if distance <= half_range {
                    hits.push(Hit { position, distance });
                }
            }
        };
        let done = self.side_by_side(chunks, &mut judge);
        for (position, chunk) in chunks.iter().enumerate().skip(done) {
            judge(position, &[compression::ticket(&self.words, &words(chunk))]);
        }
    }

    /// Judges as many of the first chunks as fill the processor's widest registers, and says how
    /// many that were.
    #[cfg(target_arch = "x86_64")]
    fn side_by_side(&self, chunks: &[[u8; 32]], judge: &mut impl FnMut(usize, &[u64])) -> usize {
        let mut done = 0;
        if let Some(eight) = x86_64::Eight::detect() {
            for chunks in chunks.as_chunks::<8>().0 {
                judge(done, &eight.tickets(&self.words, chunks));
                done += chunks.len();
            }
        }
        if let Some(four) = x86_64::Four::detect() {
            for chunks in chunks[done..].as_chunks::<4>().0 {
                judge(done, &four.tickets(&self.words, chunks));
                done += chunks.len();
            }
        }
        done
    }

    /// Elsewhere one at a time is what the compiler does best.
    #[cfg(not(target_arch = "x86_64"))]
    fn side_by_side(&self, _: &[[u8; 32]], _: &mut impl FnMut(usize, &[u64])) -> usize {
        0
    }
}

fn words(bytes: &[u8; 32]) -> [u64; 4] {
    let (words, _) = bytes.as_chunks::<8>();
    std::array::from_fn(|position| u64::from_le_bytes(words[position]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slow(challenge: &SectorChallenge, chunks: &[[u8; 32]], range: SolutionRange) -> Vec<Hit> {
        let hit = |(position, chunk): (usize, &[u8; 32])| {
            challenge.wins(chunk, range).then(|| Hit {
                position,
                distance: challenge.distance(chunk),
            })
        };
        chunks.iter().enumerate().filter_map(hit).collect()
    }

    proptest! {
        #[test]
        fn hits_are_those_of_the_slow_twin(
            global: [u8; 32],
            sector: [u8; 32],
            chunks in proptest::collection::vec(any::<[u8; 32]>(), 0..40),
            range in prop_oneof![Just(u64::MAX), any::<u64>(), Just(0)],
        ) {
            let (sector, range) = (SectorId(sector), SolutionRange(range));
            let hasher = TicketHasher::new(&global, &sector);
            let challenge = SectorChallenge::new(&global, &sector);
            let mut hits = Vec::new();
            hasher.hits(&chunks, range, &mut hits);
            prop_assert_eq!(hits, slow(&challenge, &chunks, range));
            prop_assert_eq!(hasher.s_bucket(), challenge.s_bucket());
            prop_assert_eq!(hasher.group(), challenge.group());
        }

        #[test]
        fn every_width_makes_the_same_tickets(challenge: [u64; 4], chunks: [[u8; 32]; 8]) {
            let expected = chunks.map(|chunk| {
                let mut input: Vec<u8> = challenge.iter().flat_map(|it| it.to_le_bytes()).collect();
                input.extend(chunk);
                first_u64(&allod_core::blake2b_256(&input))
            });
            let single = chunks.map(|chunk| compression::ticket(&challenge, &words(&chunk)));
            prop_assert_eq!(single, expected);
            #[cfg(target_arch = "x86_64")]
            {
                if let Some(eight) = x86_64::Eight::detect() {
                    prop_assert_eq!(eight.tickets(&challenge, &chunks), expected);
                }
                if let Some(four) = x86_64::Four::detect() {
                    let (halves, _) = chunks.as_chunks::<4>();
                    for (half, expected) in halves.iter().zip(expected.as_chunks::<4>().0) {
                        prop_assert_eq!(&four.tickets(&challenge, half), expected);
                    }
                }
            }
        }
    }
}
