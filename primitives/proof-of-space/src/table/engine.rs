//! Makes the seven tables, one bucket after the other.

use super::batch::{BATCH, Batch, Numbers};
use super::graph::{Answer, Graph, Parents};
use super::matching::Matcher;
use super::record::{Buckets, MAX_TABLE_K, Record};
use super::simd::Vectors;
use crate::Seed;
use crate::construction::{PARAM_BC, cipher, extend_with_x};
use alloc::vec::Vec;
use chacha20::cipher::StreamCipher;

/// Values of table 1 whose keystream is made at once: a whole number of the cipher's blocks for any K.
const CHUNK: usize = 2048;

const _: () = assert!(CHUNK.is_multiple_of(BATCH));

/// Memory that only the making takes.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    /// Two tables that are needed at the same time; they take turns.
    one: Buckets,
    other: Buckets,
    answers: Vec<Answer>,
    stage: Stage,
    batch: Batch,
}

/// Makes all tables from `seed`. Of table 7, the answers to challenges below `limit` are kept.
#[inline(always)]
pub(super) fn make_with<const K: u8, V: Vectors>(
    seed: &Seed,
    limit: u32,
    graph: &mut Graph,
    workspace: &mut Workspace,
) {
    let Workspace {
        one,
        other,
        answers,
        stage,
        batch,
    } = workspace;
    let [four, five, six] = &mut graph.parents;
    let values = &mut graph.values;
    table_1::<K>(seed, one, batch);
    table::<K, 2, V>(one, other, None, stage, batch);
    table::<K, 3, V>(other, values, None, stage, batch);
    table::<K, 4, V>(values, one, Some(four), stage, batch);
    table::<K, 5, V>(one, other, Some(five), stage, batch);
    table::<K, 6, V>(other, one, Some(six), stage, batch);
    table_7::<K, V>(one, answers, limit, stage, batch);
    graph.set_answers(answers, limit);
}

#[inline(always)]
fn table_1<const K: u8>(seed: &Seed, to: &mut Buckets, batch: &mut Batch) {
    to.reset(K);
    let mut cipher = cipher(seed);
    for chunk in (0..1u32 << K).step_by(CHUNK) {
        // Values are read from eight bytes at a time, the last one too.
        let mut keystream = [0; CHUNK / 8 * MAX_TABLE_K as usize + 8];
        cipher.apply_keystream(&mut keystream[..CHUNK / 8 * usize::from(K)]);
        for start in (0..CHUNK).step_by(BATCH) {
            let first_x = chunk + start as u32;
            let mut y = [0; BATCH];
            for (lane, y) in y.iter_mut().enumerate() {
                let bit = (start + lane) * usize::from(K);
                let bytes = *keystream[bit / 8..].first_chunk().unwrap_or(&[0; 8]);
                let output = (u64::from_be_bytes(bytes) << (bit % 8)) >> (64 - u32::from(K));
                *y = extend_with_x(K, output, first_x + lane as u32) as u32;
            }
            batch.set_values::<K>(first_x, &y);
            batch.store(to, BATCH, Numbers::From(0));
        }
    }
}

/// Tables 2 to 6. Entries whose parents are kept are numbered in the order of these, others by position.
#[inline(always)]
fn table<const K: u8, const TABLE: u8, V: Vectors>(
    from: &Buckets,
    to: &mut Buckets,
    mut kept: Option<&mut Vec<Parents>>,
    stage: &mut Stage,
    batch: &mut Batch,
) {
    to.reset(K);
    if let Some(kept) = &mut kept {
        kept.clear();
    }
    for right in 1..from.count() {
        let mut pairs = stage.match_bucket::<V>(from, right);
        while let Some(count) = pairs.next(batch) {
            batch.hash::<K, TABLE>();
            let numbers = match &mut kept {
                None => Numbers::Position,
                Some(kept) => {
                    let first = kept.len() as u32;
                    kept.extend_from_slice(&batch.parents()[..count]);
                    Numbers::From(first)
                }
            };
            batch.store(to, count, numbers);
        }
        pairs.finish();
    }
}

/// Table 7, as far as it answers challenges below `limit`.
#[inline(always)]
fn table_7<const K: u8, V: Vectors>(
    from: &Buckets,
    answers: &mut Vec<Answer>,
    limit: u32,
    stage: &mut Stage,
    batch: &mut Batch,
) {
    answers.clear();
    for right in 1..from.count() {
        let mut pairs = stage.match_bucket::<V>(from, right);
        while let Some(count) = pairs.next(batch) {
            let challenges = *batch.hash_last::<K>();
            let parents = batch.parents();
            for (challenge, parents) in challenges.into_iter().zip(parents).take(count) {
                if challenge < limit {
                    answers.push(Answer { challenge, parents });
                }
            }
        }
        pairs.finish();
    }
}

/// Matching entries side by side, waiting until there are enough to be hashed together.
#[derive(Debug, Default)]
struct Stage {
    matcher: Matcher,
    left: Vec<Record>,
    right: Vec<Record>,
    /// Smallest `y` of the left entry's bucket.
    bases: Vec<u32>,
    /// Number of pairs. The vectors may be longer, for whole batches to be read.
    count: usize,
}

/// The pairs of a [`Stage`], taken in batches.
struct Pairs<'a> {
    stage: &'a mut Stage,
    taken: usize,
    /// Whether a last batch that is not full is taken too.
    last: bool,
}

impl Stage {
    /// Adds all pairs of which the right entry is in the bucket `right`. The one before is that of the left ones.
    #[inline(always)]
    fn match_bucket<V: Vectors>(&mut self, from: &Buckets, right: usize) -> Pairs<'_> {
        let left = right - 1;
        let (lefts, rights) = (from.bucket(left), from.bucket(right));
        let found = self.matcher.find::<V>(left % 2, lefts, rights);
        let start = self.count;
        self.count += found.len();
        let length = self.count.next_multiple_of(BATCH);
        if self.left.len() < length {
            self.left.resize(length, Record::default());
            self.right.resize(length, Record::default());
            self.bases.resize(length, 0);
        }
        let staged = self.left[start..].iter_mut().zip(&mut self.right[start..]);
        for ((staged_left, staged_right), [left, right]) in staged.zip(found) {
            *staged_left = lefts[usize::from(*left)];
            *staged_right = rights[usize::from(*right)];
        }
        self.bases[start..self.count].fill(left as u32 * PARAM_BC);
        Pairs {
            stage: self,
            taken: 0,
            last: right + 1 == from.count(),
        }
    }
}

impl Pairs<'_> {
    /// Loads the next pairs and returns their number: a full batch, or what is left at the end of the table.
    #[inline(always)]
    fn next(&mut self, batch: &mut Batch) -> Option<usize> {
        let count = self.stage.count.saturating_sub(self.taken);
        if count == 0 || (count < BATCH && !self.last) {
            return None;
        }
        batch.load(
            self.stage.left.get(self.taken..)?.first_chunk()?,
            self.stage.right.get(self.taken..)?.first_chunk()?,
            self.stage.bases.get(self.taken..)?.first_chunk()?,
        );
        self.taken += BATCH;
        Some(count.min(BATCH))
    }

    /// Keeps what was not taken for the next bucket.
    #[inline(always)]
    fn finish(self) {
        let Stage {
            left,
            right,
            bases,
            count,
            ..
        } = self.stage;
        let taken = self.taken.min(*count);
        left.copy_within(taken..*count, 0);
        right.copy_within(taken..*count, 0);
        bases.copy_within(taken..*count, 0);
        *count -= taken;
    }
}
