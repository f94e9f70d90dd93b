//! The order in which Chia's plot holds a proof's values, and the quality that depends on it.
//!
//! In *proof order* the left half of every subtree is the entry that matches as the left one. In *plot order* it
//! is the one that Chia's plot file lists first: the smaller one, where subtrees (themselves in plot order) are
//! compared from their last value, which is their largest, to their first.

use crate::construction::PROOF_VALUES;
use crate::{Challenge, Quality};
use core::cmp::Ordering;
use sha2::{Digest, Sha256};

/// Brings a proof's values from proof order to plot order.
pub(crate) fn to_plot_order(values: &mut [u32; PROOF_VALUES]) {
    let mut half = 1;
    while half < PROOF_VALUES {
        for subtree in values.chunks_exact_mut(2 * half) {
            let (left, right) = subtree.split_at_mut(half);
            if compare(left, right) == Ordering::Greater {
                left.swap_with_slice(right);
            }
        }
        half *= 2;
    }
}

/// Compares two trees of values in plot order; so Chia orders the proofs for one challenge.
pub(crate) fn compare(one: &[u32], other: &[u32]) -> Ordering {
    one.iter().rev().cmp(other.iter().rev())
}

/// The quality of a proof: SHA-256 over the challenge and those two adjacent values, joined to 2K bits, that
/// the challenge's last five bits select in plot order.
pub(crate) fn quality(k: u8, challenge: &Challenge, values: &[u32; PROOF_VALUES]) -> Quality {
    let mut ordered = *values;
    to_plot_order(&mut ordered);
    let index = usize::from(challenge[31] & 0x1f) * 2;
    let mut joined = crate::bits::BitWriter::new();
    for value in ordered.iter().skip(index).take(2) {
        joined.push(u128::from(*value), k);
    }
    Sha256::new()
        .chain_update(challenge)
        .chain_update(joined.as_bytes())
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtrees_are_sorted_by_their_largest_value() {
        let mut values: [u32; PROOF_VALUES] = core::array::from_fn(|i| 63 - i as u32);
        to_plot_order(&mut values);
        assert_eq!(values, core::array::from_fn(|i| i as u32));
        values.swap(0, 63);
        let mut expected: Vec<u32> = (32..63).chain([0]).collect();
        expected.swap(30, 31);
        // 63 came to the first half, so that this half goes last, within it every subtree that holds 63.
        to_plot_order(&mut values);
        assert_eq!(values[..30], expected[..30]);
        assert_eq!(values[30..32], [0, 62]);
        assert_eq!(values[62..], [1, 63]);
    }
}
