//! What remains of the tables once they are made, and the way back from table 7 to the values of a proof.

use super::record::Buckets;
use crate::construction::{PROOF_VALUES, metadata_bits};
use crate::plot_order::{compare, to_plot_order};
use alloc::vec::Vec;
use core::cmp::Ordering;

/// Entries of table 3 under an entry of table 7.
const LEAVES: usize = 16;
/// Values `x` under an entry of table 3.
const LEAF_VALUES: usize = PROOF_VALUES / LEAVES;

/// The two entries that an entry comes from, left and right, by their numbers.
pub(super) type Parents = [u32; 2];

/// An entry of table 7 with the challenge that it answers (K bits).
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) challenge: u32,
    pub(super) parents: Parents,
}

/// Every proof of a table, as entries that refer to entries.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// Table 3, whose metadata are the four values under an entry, first to last. Numbered by place.
    pub(super) values: Buckets,
    /// Tables 4, 5 and 6, numbered in the order in which they were found.
    pub(super) parents: [Vec<Parents>; 3],
    /// Table 7, ordered by challenge.
    answers: Vec<Parents>,
    /// For every challenge, where its answers begin; the last one's end comes after it.
    starts: Vec<u32>,
}

impl Graph {
    /// Puts table 7 in order. All challenges are below `limit`.
    pub(super) fn set_answers(&mut self, answers: &[Answer], limit: u32) {
        let Self {
            starts,
            answers: sorted,
            ..
        } = self;
        // Shifted by two places while counting and by one while placing, every start ends up where it belongs.
        starts.clear();
        starts.resize(limit as usize + 2, 0);
        for answer in answers {
            starts[answer.challenge as usize + 2] += 1;
        }
        let mut sum = 0;
        for start in starts.iter_mut() {
            sum += *start;
            *start = sum;
        }
        sorted.clear();
        sorted.resize(answers.len(), [0; 2]);
        for answer in answers {
            let start = &mut starts[answer.challenge as usize + 1];
            sorted[*start as usize] = answer.parents;
            *start += 1;
        }
        starts.pop();
    }

    /// Table 7 entries that answer a challenge, in no particular order.
    fn answers(&self, challenge: u32) -> &[Parents] {
        match self
            .starts
            .get(challenge as usize..)
            .and_then(<[u32]>::first_chunk)
        {
            Some(&[start, end]) => &self.answers[start as usize..end as usize],
            None => &[],
        }
    }

    /// Table 7 entries that answer a challenge, in the order in which Chia's prover numbers them.
    pub(crate) fn answers_in_order(&self, k: u8, challenge: u32) -> Vec<Parents> {
        let mut answers: Vec<_> = (self.answers(challenge).iter())
            .map(|answer| (self.plot_values(k, *answer), *answer))
            .collect();
        answers.sort_by(|(one, _), (other, _)| compare(one, other));
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    /// The first of them.
    pub(crate) fn first_answer(&self, k: u8, challenge: u32) -> Option<Parents> {
        let (first, others) = self.answers(challenge).split_first()?;
        let mut best = *first;
        for other in others {
            if self.compare(k, *other, best) == Ordering::Less {
                best = *other;
            }
        }
        Some(best)
    }

    /// Compares two entries of table 7 as Chia's plot orders them.
    fn compare(&self, k: u8, one: Parents, other: Parents) -> Ordering {
        // What counts first is the largest value; putting a proof in order takes longer than finding that.
        let largest = |answer| self.values(k, answer).into_iter().max();
        largest(one)
            .cmp(&largest(other))
            .then_with(|| compare(&self.plot_values(k, one), &self.plot_values(k, other)))
    }

    /// Writes the proof, `8 · k` bytes in proof order.
    pub(crate) fn write_proof(&self, k: u8, answer: Parents, proof: &mut [u8]) {
        let leaf_bits = u32::from(metadata_bits(k, 3));
        let mut words = proof.chunks_exact_mut(4);
        let (mut pending, mut bits) = (0u128, 0);
        for leaf in self.leaves(k, answer) {
            // Fewer than 32 bits are pending and at most 80 come.
            pending = (pending << leaf_bits) | leaf;
            bits += leaf_bits;
            while bits >= 32 {
                bits -= 32;
                if let Some(word) = words.next() {
                    word.copy_from_slice(&((pending >> bits) as u32).to_be_bytes());
                }
            }
        }
    }

    /// Metadata of the table 3 entries under an answer, first to last.
    #[inline]
    fn leaves(&self, k: u8, answer: Parents) -> [u128; LEAVES] {
        let [table_4, table_5, table_6] = &self.parents;
        let mut leaves = [0; LEAVES];
        let mut leaf = leaves.iter_mut();
        for six in answer {
            for five in table_6[six as usize] {
                for four in table_5[five as usize] {
                    for three in table_4[four as usize] {
                        if let Some(leaf) = leaf.next() {
                            *leaf = self.values.at(three).metadata(metadata_bits(k, 3));
                        }
                    }
                }
            }
        }
        leaves
    }

    /// The values of a proof in proof order.
    fn values(&self, k: u8, answer: Parents) -> [u32; PROOF_VALUES] {
        let mut values = [0; PROOF_VALUES];
        let leaves = self.leaves(k, answer);
        for (values, mut leaf) in values.chunks_exact_mut(LEAF_VALUES).zip(leaves) {
            for value in values.iter_mut().rev() {
                *value = leaf as u32 & ((1 << k) - 1);
                leaf >>= k;
            }
        }
        values
    }

    /// The values of a proof in plot order.
    fn plot_values(&self, k: u8, answer: Parents) -> [u32; PROOF_VALUES] {
        let mut values = self.values(k, answer);
        to_plot_order(&mut values);
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn answers_are_found_by_challenge(challenges in prop::collection::vec(0u32..50, 0..200)) {
            let answers: Vec<_> = (0u32..)
                .zip(&challenges)
                .map(|(number, challenge)| Answer { challenge: *challenge, parents: [number, 0] })
                .collect();
            let mut graph = Graph::default();
            // What was there before must not matter.
            graph.set_answers(&[Answer { challenge: 7, parents: [0, 0] }], 8);
            graph.set_answers(&answers, 50);
            for challenge in 0..60 {
                let expected: Vec<_> =
                    answers.iter().filter(|a| a.challenge == challenge).map(|a| a.parents).collect();
                prop_assert_eq!(graph.answers(challenge), expected);
            }
        }
    }
}
