//! What remains of the tables once they are made, and the way back from table 7 to the values of a proof.

use super::record::Buckets;
use crate::construction::{PROOF_VALUES, metadata_bits};
use crate::plot_order::{compare, to_plot_order};
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// Entries of table 3 under an entry of table 7.
const LEAVES: usize = 16;
/// Values `x` under an entry of table 3.
const LEAF_VALUES: usize = PROOF_VALUES / LEAVES;

/// The two entries that an entry comes from, left and right, by their numbers.
pub(super) type Parents = [u32; 2];

/// An entry of table 7 with the challenge that it answers (K bits).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(super) challenge: u32,
    pub(super) parents: Parents,
}

/// Metadata of the table 3 entries under an answer, first to last: all values of the proof in proof order.
pub(super) type Leaves = [u128; LEAVES];

/// Every proof of a table, as entries that refer to entries.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// Table 3, whose metadata are the four values under an entry, first to last. Numbered by place.
    pub(super) values: Buckets,
    /// Tables 4, 5 and 6, numbered in the order in which they were found.
    pub(super) parents: [Vec<Parents>; 3],
    /// Table 7, ordered by challenge.
    answers: Vec<Answer>,
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
        sorted.resize(answers.len(), Answer::default());
        for answer in answers {
            let start = &mut starts[answer.challenge as usize + 1];
            sorted[*start as usize] = *answer;
            *start += 1;
        }
        starts.pop();
    }

    /// Answers to a challenge, in no particular order.
    fn answers(&self, challenge: u32) -> &[Answer] {
        match self
            .starts
            .get(challenge as usize..)
            .and_then(<[u32]>::first_chunk)
        {
            Some(&[start, end]) => &self.answers[start as usize..end as usize],
            None => &[],
        }
    }

    /// All proofs for a challenge, each of `8 · k` bytes, in the order in which Chia's prover numbers them.
    pub(super) fn proofs(&self, k: u8, challenge: u32) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        self.for_each(k, self.answers(challenge), |_, leaves| {
            let mut proof = vec![0; usize::from(k) * (PROOF_VALUES / 8)];
            write_proof(k, leaves, &mut proof);
            all.push((plot_values(k, leaves), proof));
        });
        all.sort_by(|(one, _), (other, _)| compare(one, other));
        all.into_iter().map(|(_, proof)| proof).collect()
    }

    /// For every challenge that has answers, ascending, hands the first one's proof to `prove`.
    pub(crate) fn first_proofs<const BYTES: usize>(
        &self,
        k: u8,
        mut prove: impl FnMut(u32, [u8; BYTES]),
    ) {
        let mut prove = |challenge, leaves: &Leaves| {
            let mut proof = [0; BYTES];
            write_proof(k, leaves, &mut proof);
            prove(challenge, proof);
        };
        let mut best: Option<(u32, Leaves)> = None;
        self.for_each(k, &self.answers, |challenge, leaves| match &mut best {
            Some((same, first)) if *same == challenge => {
                if compare_proofs(k, leaves, first) == Ordering::Less {
                    *first = *leaves;
                }
            }
            other => {
                if let Some((challenge, leaves)) = other.replace((challenge, *leaves)) {
                    prove(challenge, &leaves);
                }
            }
        });
        if let Some((challenge, leaves)) = best {
            prove(challenge, &leaves);
        }
    }

    /// Walks down from answers, many side by side: the walk is one load after the other from places that are not
    /// in the processor's first caches, so that independent ones should be under way at the same time.
    fn for_each(&self, k: u8, answers: &[Answer], mut visit: impl FnMut(u32, &Leaves)) {
        const MANY: usize = 32;
        let [table_4, table_5, table_6] = &self.parents;
        let mut sixes = [[0; 2]; MANY];
        let mut fives = [[0; 2]; 2 * MANY];
        let mut fours = [[0; 2]; 4 * MANY];
        let mut threes = [[0; 2]; 8 * MANY];
        let mut leaves = [[0; LEAVES]; MANY];
        for answers in answers.chunks(MANY) {
            for (pair, answer) in sixes.iter_mut().zip(answers) {
                *pair = answer.parents;
            }
            descend(table_6, &sixes[..answers.len()], &mut fives);
            descend(table_5, &fives[..2 * answers.len()], &mut fours);
            descend(table_4, &fours[..4 * answers.len()], &mut threes);
            let threes = threes[..8 * answers.len()].as_flattened();
            for (leaf, three) in leaves.as_flattened_mut().iter_mut().zip(threes) {
                *leaf = self.values.at(*three).metadata(metadata_bits(k, 3));
            }
            for (answer, leaves) in answers.iter().zip(&leaves) {
                visit(answer.challenge, leaves);
            }
        }
    }
}

/// Replaces entries by their parents.
fn descend(table: &[Parents], from: &[Parents], to: &mut [Parents]) {
    for (pair, entry) in to.iter_mut().zip(from.as_flattened()) {
        *pair = table[*entry as usize];
    }
}

/// Compares two proofs as Chia's plot orders them.
fn compare_proofs(k: u8, one: &Leaves, other: &Leaves) -> Ordering {
    // What counts first is the largest value; putting a proof in order takes longer than finding that.
    let largest = |leaves| values(k, leaves).into_iter().max();
    largest(one)
        .cmp(&largest(other))
        .then_with(|| compare(&plot_values(k, one), &plot_values(k, other)))
}

/// Writes a proof of `8 · k` bytes.
fn write_proof(k: u8, leaves: &Leaves, proof: &mut [u8]) {
    let leaf_bits = u32::from(metadata_bits(k, 3));
    let mut words = proof.chunks_exact_mut(4);
    let (mut pending, mut bits) = (0u128, 0);
    for leaf in leaves {
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

/// The values of a proof in proof order.
fn values(k: u8, leaves: &Leaves) -> [u32; PROOF_VALUES] {
    let mut values = [0; PROOF_VALUES];
    for (values, leaf) in values
        .as_chunks_mut::<LEAF_VALUES>()
        .0
        .iter_mut()
        .zip(leaves)
    {
        let mut leaf = *leaf;
        for value in values.iter_mut().rev() {
            *value = leaf as u32 & ((1 << k) - 1);
            leaf >>= k;
        }
    }
    values
}

/// The values of a proof in plot order.
fn plot_values(k: u8, leaves: &Leaves) -> [u32; PROOF_VALUES] {
    let mut values = values(k, leaves);
    to_plot_order(&mut values);
    values
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
                let expected: Vec<_> = answers.iter().filter(|answer| answer.challenge == challenge).copied().collect();
                prop_assert_eq!(graph.answers(challenge), expected);
            }
        }
    }
}
