//! Which entries of a bucket match which of the next.
//!
//! A left entry in row `r` and column `c` has one target in each of the 64 rows from `r` on (wrapping): column
//! `c + (2m + parity)² mod 127` of row `r + m`. A row holds two entries on average. The right bucket's columns are
//! laid out in eight *slots*, each with at most one entry of every row, so that the 64 targets of a left entry
//! are compared with 64 adjacent bytes of each slot, whole vectors at a time. The few entries that find
//! all slots of their row taken are compared one by one.

use super::record::{CAPACITY, Record};
use super::simd::Vectors;
use crate::construction::{PARAM_B, PARAM_C, PARAM_M, column_shift};
use alloc::vec;
use alloc::vec::Vec;

/// Entries of one row that are laid out.
const SLOTS: usize = 8;
/// The rows, of which the first are repeated after the last, so that no left entry's targets wrap.
const ROWS: usize = PARAM_B + PARAM_M;
/// No column.
const FREE: u8 = 0xff;
/// Words that the comparison of one left entry with all slots gives.
pub(super) const PARTS: usize = PARAM_M * SLOTS / 64;

/// For either parity, the columns that a left entry in column 0 has as its targets.
const SHIFTS: [Targets; 2] = {
    let mut shifts = [[0; PARAM_M]; 2];
    let mut row = 0;
    while row < PARAM_M {
        shifts[0][row] = column_shift(0, row) as u8;
        shifts[1][row] = column_shift(1, row) as u8;
        row += 1;
    }
    shifts
};

/// For every set of words that are not zero among the eight that a comparison gives, their positions.
const POSITIONS: [[u16; PARTS]; 256] = {
    let mut positions = [[0; PARTS]; 256];
    let mut set = 0;
    while set < 256 {
        let mut count = 0;
        let mut part = 0;
        while part < PARTS {
            if set >> part & 1 == 1 {
                positions[set][count] = part as u16;
                count += 1;
            }
            part += 1;
        }
        set += 1;
    }
    positions
};

/// Columns, row by row.
pub(super) type Targets = [u8; PARAM_M];

/// A right bucket, laid out.
#[derive(Debug)]
pub(super) struct Layout {
    /// Columns, by slot and row.
    columns: [[u8; ROWS]; SLOTS],
    /// Index in the bucket, by row and slot.
    indices: [u16; ROWS * SLOTS],
    /// Entries that found no free slot.
    spilled: Vec<u16>,
}

/// What the comparison of a left bucket with a [`Layout`] gives.
#[derive(Debug)]
pub(super) struct Comparison {
    /// For every left entry: bit `8 · target + slot` of the eight words together tells that this slot holds the
    /// target.
    found: Vec<[u64; PARTS]>,
    /// Positions in `found`, flattened, of the words that are not zero; then some more.
    hits: Vec<u16>,
    /// Number of these words.
    count: usize,
}

/// Finds matches; holds the memory that this takes.
#[derive(Debug)]
pub(super) struct Matcher {
    layout: Layout,
    comparison: Comparison,
    pairs: Vec<[u16; 2]>,
}

impl Default for Matcher {
    fn default() -> Self {
        Self {
            layout: Layout {
                columns: [[FREE; ROWS]; SLOTS],
                indices: [0; ROWS * SLOTS],
                spilled: Vec::new(),
            },
            comparison: Comparison {
                found: vec![[0; PARTS]; CAPACITY],
                hits: vec![0; (CAPACITY + 1) * PARTS],
                count: 0,
            },
            pairs: vec![[0; 2]; CAPACITY * CAPACITY],
        }
    }
}

impl Matcher {
    /// The indices of the left and of the right entry of every match, in no particular order.
    ///
    /// `parity` is that of the left bucket's number. Neither bucket has more than [`CAPACITY`] entries.
    #[inline(always)]
    pub(super) fn find<V: Vectors>(
        &mut self,
        parity: usize,
        left: &[Record],
        right: &[Record],
    ) -> &[[u16; 2]] {
        let Self {
            layout,
            comparison,
            pairs,
        } = self;
        layout.fill(right);
        V::compare(layout, &SHIFTS[parity], left, comparison);
        let found = comparison.found.as_flattened();
        let mut count = 0;
        for &hit in &comparison.hits[..comparison.count] {
            let hit = usize::from(hit);
            let index = hit / PARTS;
            let base = usize::from(left[index].row()) * SLOTS + hit % PARTS * 64;
            let mut bits = found[hit];
            while bits != 0 {
                let right = layout.indices[base + bits.trailing_zeros() as usize];
                pairs[count] = [index as u16, right];
                count += 1;
                bits &= bits - 1;
            }
        }
        for &index in &layout.spilled {
            count += find_one(
                parity,
                left,
                right[usize::from(index)],
                index,
                &mut pairs[count..],
            );
        }
        &pairs[..count]
    }
}

/// Compares all left entries with one right entry and returns the number of matches.
#[cold]
fn find_one(
    parity: usize,
    left: &[Record],
    right: Record,
    index: u16,
    pairs: &mut [[u16; 2]],
) -> usize {
    let (row, column) = (usize::from(right.row()), usize::from(right.column()));
    let matching = (0..).zip(left).filter(|(_, left)| {
        let target = (row + PARAM_B - usize::from(left.row())) % PARAM_B;
        let shift = column_shift(parity, target);
        target < PARAM_M && (usize::from(left.column()) + shift) % PARAM_C == column
    });
    let mut count = 0;
    for ((left, _), pair) in matching.zip(pairs) {
        *pair = [left, index];
        count += 1;
    }
    count
}

impl Layout {
    #[inline(always)]
    fn fill(&mut self, right: &[Record]) {
        // Slots are chosen first, then filled: with both in one loop the processor, which cannot tell that the
        // columns written do not overlap the numbers read next, would do one entry after the other.
        let mut taken = [0u16; 128];
        let mut slots = [0u16; CAPACITY];
        for (record, slot) in right.iter().zip(&mut slots) {
            let taken = &mut taken[usize::from(record.row())];
            *slot = *taken;
            *taken += 1;
        }
        self.columns = [[FREE; ROWS]; SLOTS];
        self.spilled.clear();
        for ((index, record), slot) in (0..).zip(right).zip(slots) {
            let (row, slot) = (usize::from(record.row()), usize::from(slot));
            if slot < SLOTS {
                self.columns[slot][row] = record.column();
                self.indices[row * SLOTS + slot] = index;
            } else {
                self.spilled.push(index);
            }
        }
        for columns in &mut self.columns {
            columns.copy_within(..PARAM_M, PARAM_B);
        }
        self.indices.copy_within(..PARAM_M * SLOTS, PARAM_B * SLOTS);
    }

    /// By slot, the columns of those rows in which a left entry has its targets.
    #[inline(always)]
    pub(super) fn windows(&self, left: Record) -> [&Targets; SLOTS] {
        // No entry's row is larger; the compiler learns here that no window exceeds the rows.
        let row = usize::from(left.row()).min(PARAM_B - 1);
        self.columns
            .each_ref()
            .map(|columns| columns[row..].first_chunk().unwrap_or(&[FREE; PARAM_M]))
    }
}

impl Comparison {
    /// Starts anew, for at most [`CAPACITY`] left entries.
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.count = 0;
    }

    /// Where to put the words of the left entry `index`.
    #[inline(always)]
    pub(super) fn words(&mut self, index: usize) -> &mut [u64; PARTS] {
        &mut self.found[index]
    }

    /// Adds positions, of which only the first `count` count: cheaper than a branch that is hard to predict.
    #[inline(always)]
    pub(super) fn push(&mut self, positions: [u16; PARTS], count: u32) {
        if let Some(hits) = self.hits[self.count..].first_chunk_mut() {
            *hits = positions;
        }
        self.count += count as usize;
    }
}

/// Compares all left entries with the layout. The compiler makes vector code of this, but for
/// [`Vectors::nonzero`].
#[inline(always)]
pub(super) fn compare<V: Vectors>(
    layout: &Layout,
    shifts: &Targets,
    left: &[Record],
    comparison: &mut Comparison,
) {
    comparison.clear();
    for (index, record) in left.iter().enumerate() {
        let targets = targets(shifts, record.column());
        let mut found = [0u8; PARAM_M];
        for (slot, columns) in layout.windows(*record).into_iter().enumerate() {
            for ((found, target), column) in found.iter_mut().zip(&targets).zip(columns) {
                *found = if target == column {
                    found.wrapping_add(1 << slot)
                } else {
                    *found
                };
            }
        }
        let words = comparison.words(index);
        for (word, bytes) in words.iter_mut().zip(found.chunks_exact(8)) {
            *word = u64::from_le_bytes(*bytes.first_chunk().unwrap_or(&[0; 8]));
        }
        let set = V::nonzero(words);
        let positions =
            POSITIONS[usize::from(set)].map(|position| (index * PARTS) as u16 + position);
        comparison.push(positions, set.count_ones());
    }
}

/// The targets of a left entry in `column`.
#[inline(always)]
fn targets(shifts: &Targets, column: u8) -> Targets {
    let mut targets = [0; PARAM_M];
    for (target, shift) in targets.iter_mut().zip(shifts) {
        let sum = shift + column;
        // The smaller one of the two is the remainder, since subtraction wraps.
        *target = sum.min(sum.wrapping_sub(PARAM_C as u8));
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::construction::{PARAM_BC, matches};
    use crate::table::record::split_y;
    use crate::table::simd::for_every_kind;
    use proptest::prelude::*;

    /// Entries of one bucket at these offsets.
    fn bucket(offsets: &[u32]) -> Vec<Record> {
        offsets
            .iter()
            .map(|offset| Record([0, 0, split_y(*offset).1, 0]))
            .collect()
    }

    fn check(parity: u32, left: &[u32], right: &[u32]) {
        let y = |bucket, offset: u32| u64::from(bucket * PARAM_BC + offset);
        let mut expected = Vec::new();
        for (l, left) in (0u16..).zip(left) {
            for (r, right) in (0u16..).zip(right) {
                if matches(y(parity, *left), y(parity + 1, *right)) {
                    expected.push([l, r]);
                }
            }
        }
        let (left, right) = (bucket(left), bucket(right));
        for_every_kind(|kind| {
            let mut matcher = Matcher::default();
            // What was found before must not matter.
            kind.find(&mut matcher, 1, &right, &left);
            let mut found = kind.find(&mut matcher, parity as usize, &left, &right);
            found.sort_unstable();
            assert_eq!(found, expected);
        });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn matches_are_those_of_the_definition(
            parity in 0u32..2,
            left in prop::collection::vec(0..PARAM_BC, 0..300),
            right in prop::collection::vec(0..PARAM_BC, 0..300),
        ) {
            check(parity, &left, &right);
        }

        /// Few rows with many entries each, so that slots run out, and equal entries.
        #[test]
        fn crowded_rows_lose_nothing(
            parity in 0u32..2,
            left in prop::collection::vec(0..PARAM_BC, 0..CAPACITY),
            right in prop::collection::vec((0usize..8, 0usize..3), 0..CAPACITY),
        ) {
            let rows = [0, 1, 62, 63, 64, 100, 117, 118];
            let right: Vec<_> =
                right.iter().map(|(row, column)| ((rows[*row] * PARAM_C) + column * 63) as u32).collect();
            check(parity, &left, &right);
            check(parity, &right, &left);
        }
    }

    #[test]
    fn full_buckets_of_equal_entries_all_match() {
        // Parity 0 and target row 0: no shift.
        check(0, &[200; CAPACITY], &[200; CAPACITY]);
    }
}
