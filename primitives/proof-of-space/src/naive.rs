//! The tables made the obvious way: the slow twin that tests compare the fast tables with.

use crate::construction::{PARAM_BC, PARAM_EXT, TABLES, cipher, f, f1, matches};
use crate::plot_order::{compare, to_plot_order};
use crate::{Challenge, Seed};
use std::collections::BTreeMap;

struct Entry {
    y: u64,
    metadata: u128,
    /// The values that it comes from, left ones first.
    values: Vec<u32>,
}

/// Table 7: proofs by the first K bits of the challenge.
pub(crate) struct NaiveTable {
    k: u8,
    proofs: BTreeMap<u64, Vec<Vec<u32>>>,
}

impl NaiveTable {
    pub(crate) fn new(k: u8, seed: &Seed) -> Self {
        let mut entries: Vec<Entry> = (0..1 << k)
            .map(|x| Entry {
                y: f1(k, &mut cipher(seed), x).expect("x is in range"),
                metadata: u128::from(x),
                values: vec![x],
            })
            .collect();
        for table in 2..=TABLES {
            entries = next_table(k, table, &entries);
        }
        let mut proofs = BTreeMap::<_, Vec<_>>::new();
        for entry in entries {
            proofs
                .entry(entry.y >> PARAM_EXT)
                .or_default()
                .push(entry.values);
        }
        for proofs in proofs.values_mut() {
            proofs.sort_by(|one, other| {
                let ordered = |values: &[u32]| {
                    let mut values = values.try_into().expect("64 values");
                    to_plot_order(&mut values);
                    values
                };
                compare(&ordered(one), &ordered(other))
            });
        }
        Self { k, proofs }
    }

    /// All proofs for a challenge, in Chia's order.
    pub(crate) fn find_proofs(&self, challenge: &Challenge) -> Vec<Vec<u8>> {
        let first = crate::bits::read_bits(challenge, 0, self.k) as u64;
        let proofs = self
            .proofs
            .get(&first)
            .map(Vec::as_slice)
            .unwrap_or_default();
        proofs.iter().map(|values| encode(self.k, values)).collect()
    }

    /// Number of proofs for all challenges.
    pub(crate) fn count(&self) -> usize {
        self.proofs.values().map(Vec::len).sum()
    }
}

fn next_table(k: u8, table: u8, entries: &[Entry]) -> Vec<Entry> {
    let mut buckets = BTreeMap::<u64, Vec<&Entry>>::new();
    for entry in entries {
        buckets
            .entry(entry.y / u64::from(PARAM_BC))
            .or_default()
            .push(entry);
    }
    let mut next = Vec::new();
    for (bucket, lefts) in &buckets {
        for left in lefts {
            for right in buckets.get(&(bucket + 1)).into_iter().flatten() {
                if matches(left.y, right.y) {
                    let (y, metadata) = f(k, table, left.y, left.metadata, right.metadata);
                    let values = [left.values.as_slice(), &right.values].concat();
                    next.push(Entry {
                        y,
                        metadata,
                        values,
                    });
                }
            }
        }
    }
    next
}

/// Joins values of `k` bits, bit by bit.
fn encode(k: u8, values: &[u32]) -> Vec<u8> {
    let bits: Vec<u8> = values
        .iter()
        .flat_map(|value| (0..k).rev().map(move |bit| (value >> bit & 1) as u8))
        .collect();
    bits.chunks(8)
        .map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit))
        .collect()
}
