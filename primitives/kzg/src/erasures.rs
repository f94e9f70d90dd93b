//! Decoding the Reed–Solomon code of [`code`](crate::code) when k of the 2k positions are missing.
//!
//! Let D be the polynomial sought, of degree below k, and Z the monic polynomial of degree k that
//! vanishes at the missing positions. P = D·Z is known at all 2k positions (it is 0 at the missing
//! ones), hence known. By the product rule P′ = D′·Z + D·Z′, so at a missing position x, where
//! Z(x) = 0, D(x) = P′(x) / Z′(x). Only missing even positions are wanted, so that everything
//! happens in FFTs of size k: at even positions x^k = 1, at odd ones x^k = −1.
//!
//! Z depends on the pattern only and serves all code words that miss the same positions. It is a
//! product of k linear factors, multiplied as a tree. A node with d factors is kept as its values
//! at the d-th roots of unity, which fix it because it is monic.

use crate::{
    code::{Code, multiply},
    encoding::Element,
    setup::Setup,
};
use ekzg_bls12_381::{batch_inversion::batch_inverse, traits::*};
use std::iter;

/// Nodes up to this size are multiplied out value by value.
const LEAF: usize = 16;
/// Nodes from this size on are worth a task of their own.
const TASK: usize = 512;

/// A pattern of k missing positions out of 2k.
pub(crate) struct Erasures<'a> {
    code: &'a Code,
    /// Values of Z at the even positions.
    even: Vec<Element>,
    /// Values of Z at the odd positions.
    odd: Vec<Element>,
    /// (k/2) / (x·Z′(x)) at the even positions x that are missing, in their order.
    inverses: Vec<Element>,
    /// (1 + j / (k/2)) / k for j below k.
    factors: Vec<Element>,
}

impl<'a> Erasures<'a> {
    /// Of the k even and k odd positions exactly k must be there, in natural order.
    pub(crate) fn new<T>(
        setup: &Setup,
        code: &'a Code,
        even: &[Option<T>],
        odd: &[Option<T>],
    ) -> Self {
        let missing = |positions: &[Option<T>]| -> Vec<usize> {
            let all = positions.iter().enumerate();
            all.filter(|(_, value)| value.is_none())
                .map(|(i, _)| i)
                .collect()
        };
        let missing_even = missing(even);
        let missing_odd = missing(odd);
        let roots: Vec<Element> = missing_even
            .iter()
            .map(|i| code.even(*i))
            .chain(missing_odd.iter().map(|i| code.odd(*i)))
            .collect();
        debug_assert_eq!(roots.len(), code.size());

        let even = vanishing(setup, &roots);
        let coefficients = code.interpolate_unscaled(even.clone());
        // Z = x^k + …, and interpolation folds x^k onto the constant term. x·Z′ has the coefficients
        // j·z_j, and k·x^k, which is k at the even positions.
        let mut derivative = coefficients.clone();
        let mut exponent = Element::ZERO;
        for coefficient in derivative.iter_mut() {
            *coefficient *= exponent;
            exponent += code.size_inverse();
        }
        derivative[0] = Element::from(code.size() as u64);
        let derivative = code.evaluate(derivative);
        let mut inverses: Vec<Element> = missing_even.iter().map(|i| derivative[*i]).collect();
        // Z has no double root, so none of them is 0.
        batch_inverse(&mut inverses);
        let two = Element::ONE.double();
        let half_size = two.invert().unwrap_or(Element::ZERO) * Element::from(code.size() as u64);
        for inverse in &mut inverses {
            *inverse *= half_size;
        }
        let step = code.size_inverse() * code.size_inverse().double();
        let factors = iter::successors(Some(code.size_inverse()), |factor| Some(factor + step));
        Self {
            code,
            even,
            odd: without_highest(code.evaluate_odd_unscaled(coefficients)),
            inverses,
            factors: factors.take(code.size()).collect(),
        }
    }

    /// All k values at the even positions, from a code word whose missing positions hold anything.
    pub(crate) fn recover(&self, mut even: Vec<Element>, mut odd: Vec<Element>) -> Vec<Element> {
        let mut folded_even = even.clone();
        multiply(&mut folded_even, &self.even);
        multiply(&mut odd, &self.odd);
        // With P = P₀ + x^k·P₁ the even positions yield P₀ + P₁, here times k, the odd P₀ − P₁.
        // At even positions x·P′ has the coefficients j·(P₀ + P₁) + k·P₁. Here they are divided by
        // k/2: (1 + j / (k/2))·(P₀ + P₁) − (P₀ − P₁).
        let mut coefficients = self.code.interpolate_unscaled(folded_even);
        multiply(&mut coefficients, &self.factors);
        let difference = self.code.interpolate_odd(odd);
        for (coefficient, difference) in coefficients.iter_mut().zip(difference.iter()) {
            *coefficient -= difference;
        }
        let derivative = self.code.evaluate(coefficients);

        let mut inverses = self.inverses.iter();
        for ((value, zero), derivative) in even.iter_mut().zip(&self.even).zip(derivative) {
            if *zero == Element::ZERO
                && let Some(inverse) = inverses.next()
            {
                *value = derivative * inverse;
            }
        }
        even
    }
}

/// Values at the d-th roots of unity of the monic polynomial with these d roots, d a power of two.
fn vanishing(setup: &Setup, roots: &[Element]) -> Vec<Element> {
    if roots.len() <= LEAF {
        let code = setup.code(roots.len());
        return (0..roots.len())
            .map(|i| {
                let x = code.even(i);
                roots.iter().map(|root| x - root).product()
            })
            .collect();
    }
    let half = roots.len() / 2;
    let (left, right) = roots.split_at(half);
    let node = |roots| {
        let even = vanishing(setup, roots);
        let odd = odd_values(setup.code(half), even.clone());
        (even, odd)
    };
    let (mut left, right) = if half >= TASK {
        rayon::join(|| node(left), || node(right))
    } else {
        (node(left), node(right))
    };
    multiply(&mut left.0, &right.0);
    multiply(&mut left.1, &right.1);
    let pairs = left.0.into_iter().zip(left.1);
    pairs.flat_map(|(even, odd)| [even, odd]).collect()
}

/// Values of a monic polynomial of degree k at the odd positions from those at the even ones.
fn odd_values(code: &Code, even: Vec<Element>) -> Vec<Element> {
    without_highest(code.parity(even))
}

/// x^k is 1 at the even positions, so interpolation takes 1 for it. At the odd ones it is −1.
fn without_highest(mut odd: Vec<Element>) -> Vec<Element> {
    let two = Element::ONE.double();
    for value in &mut odd {
        *value -= two;
    }
    odd
}

#[cfg(test)]
mod tests {
    use super::*;
    use ekzg_erasure_codes::{BlockErasureIndices, ReedSolomon};
    use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

    /// The values of the product at every root of unity, factor by factor.
    fn slow_vanishing(at: impl Iterator<Item = Element>, roots: &[Element]) -> Vec<Element> {
        at.map(|x| roots.iter().map(|root| x - root).product())
            .collect()
    }

    #[test]
    fn product_tree_agrees_with_single_factors() {
        let setup = Setup::new();
        let mut rng = StdRng::seed_from_u64(3);
        for size in [1, 2, 8, 16, 32, 128, 1024] {
            let code = setup.code(size);
            let roots: Vec<_> = (0..size).map(|_| Element::random(&mut rng)).collect();
            let even = vanishing(&setup, &roots);
            assert_eq!(
                even,
                slow_vanishing((0..size).map(|i| code.even(i)), &roots)
            );
            assert_eq!(
                odd_values(code, even),
                slow_vanishing((0..size).map(|i| code.odd(i)), &roots)
            );
        }
    }

    #[test]
    fn decoder_agrees_with_another_one() {
        let setup = Setup::new();
        let mut rng = StdRng::seed_from_u64(4);
        for size in [1, 2, 4, 32, 256] {
            let code = setup.code(size);
            let other = ReedSolomon::new(size, 2, 2 * size);
            let coefficients: Vec<_> = (0..size).map(|_| Element::random(&mut rng)).collect();
            let mut word = other.encode(coefficients.clone().into()).unwrap();
            let mut positions: Vec<_> = (0..2 * size).collect();
            positions.shuffle(&mut rng);
            let missing = positions[..size].to_vec();
            for position in &missing {
                word[*position] = Element::ZERO;
            }

            let there = |position: usize| (!missing.contains(&position)).then_some(());
            let even: Vec<_> = (0..size).map(|i| there(2 * i)).collect();
            let odd: Vec<_> = (0..size).map(|i| there(2 * i + 1)).collect();
            let recovered = Erasures::new(&setup, code, &even, &odd).recover(
                word.iter().step_by(2).copied().collect(),
                word.iter().skip(1).step_by(2).copied().collect(),
            );

            let expected = other
                .recover_polynomial_coefficient(word, BlockErasureIndices(missing))
                .unwrap();
            assert_eq!(expected.0, coefficients);
            assert_eq!(recovered, code.evaluate(expected), "size {size}");
        }
    }
}
