//! The Reed–Solomon code of rate 1/2 that records, segments and commitments share.
//!
//! k values are those of a polynomial of degree below k at the k-th roots of unity, natural order.
//! The code word is the polynomial's values at the 2k-th roots of unity ω^0, ω^1, …: the k values
//! are found at the even positions, their *parity* at the odd ones, which are ω times the even
//! ones. To get from the even positions to the odd: interpolate, multiply coefficient j by ω^j,
//! evaluate. That needs two FFTs of size k, none of size 2k.
//!
//! To interpolate is to evaluate the values as if they were coefficients, to divide by k, and to
//! reverse the order of all but the first. The division is left to the multiplication by ω^j.

use crate::encoding::Element;
use ekzg_bls12_381::{G1Projective, traits::*};
use ekzg_polynomial::{domain::Domain, poly_coeff::PolyCoeff};
use rayon::prelude::*;
use std::iter;

/// The code with k values and k parities.
pub(crate) struct Code {
    /// The k-th roots of unity.
    domain: Domain,
    /// ω, a primitive root of unity of order 2k.
    root: Element,
    /// ω^j / k for j below k.
    to_odd: Vec<Element>,
    /// ω^−j / k for j below k.
    from_odd: Vec<Element>,
}

impl Code {
    /// `size` is k, a power of two up to 2^31.
    pub(crate) fn new(size: usize) -> Self {
        let domain = Domain::new(size);
        let Domain {
            generator: root,
            generator_inv: inverse,
            ..
        } = Domain::new(2 * size);
        let powers = |base: Element| {
            let first = Some(domain.domain_size_inv);
            let powers = iter::successors(first, |power| Some(power * base));
            powers.take(size).collect()
        };
        Self {
            root,
            to_odd: powers(root),
            from_odd: powers(inverse),
            domain,
        }
    }

    /// k.
    pub(crate) fn size(&self) -> usize {
        self.domain.roots.len()
    }

    /// The root of unity at position 2i, 0 ≤ i < k.
    pub(crate) fn even(&self, i: usize) -> Element {
        self.domain.roots[i]
    }

    /// The root of unity at position 2i + 1, 0 ≤ i < k.
    pub(crate) fn odd(&self, i: usize) -> Element {
        self.domain.roots[i] * self.root
    }

    /// Coefficients from the values at the even positions.
    pub(crate) fn interpolate(&self, values: Vec<Element>) -> PolyCoeff {
        self.domain.ifft_scalars(values)
    }

    /// Coefficients of the polynomial of degree below k with these values at the odd positions.
    pub(crate) fn interpolate_odd(&self, values: Vec<Element>) -> PolyCoeff {
        let mut coefficients = self.interpolate_unscaled(values);
        multiply(&mut coefficients, &self.from_odd);
        coefficients
    }

    /// Values at the even positions of a polynomial of degree below k.
    pub(crate) fn evaluate(&self, coefficients: PolyCoeff) -> Vec<Element> {
        self.domain.fft_scalars(coefficients)
    }

    /// Values at the odd positions from those at the even ones.
    pub(crate) fn parity(&self, values: Vec<Element>) -> Vec<Element> {
        self.evaluate_odd_unscaled(self.interpolate_unscaled(values))
    }

    /// [`parity`](Self::parity) in G1.
    pub(crate) fn parity_points(&self, values: Vec<G1Projective>) -> Vec<G1Projective> {
        self.shift_points(values, self.to_odd.par_iter().copied())
    }

    /// Half of the values at the even positions from those at the odd ones, in G1. Halving is free.
    pub(crate) fn half_of_even_points(&self, odd: Vec<G1Projective>) -> Vec<G1Projective> {
        let two = Element::ONE.double();
        let half = two.invert().unwrap_or(Element::ZERO);
        let factors = self.from_odd.par_iter().map(|factor| factor * half);
        self.shift_points(odd, factors)
    }

    /// Coefficients from the values at the even positions, all of them times k.
    pub(crate) fn interpolate_unscaled(&self, values: Vec<Element>) -> PolyCoeff {
        let mut coefficients = self.domain.fft_scalars(values.into());
        reverse_after_first(&mut coefficients);
        coefficients.into()
    }

    /// From coefficients times k to the values at the odd positions.
    pub(crate) fn evaluate_odd_unscaled(&self, mut coefficients: PolyCoeff) -> Vec<Element> {
        multiply(&mut coefficients, &self.to_odd);
        self.evaluate(coefficients)
    }

    /// 1 / k.
    pub(crate) fn size_inverse(&self) -> Element {
        self.domain.domain_size_inv
    }

    /// From one set of positions to the other in G1, by way of coefficients times k.
    fn shift_points(
        &self,
        values: Vec<G1Projective>,
        factors: impl IndexedParallelIterator<Item = Element>,
    ) -> Vec<G1Projective> {
        let mut points = self.domain.fft_g1(values);
        reverse_after_first(&mut points);
        points
            .par_iter_mut()
            .zip(factors)
            .for_each(|(point, factor)| *point *= factor);
        self.domain.fft_g1(points)
    }
}

/// Reverses all but the first: position i changes places with position −i.
pub(crate) fn reverse_after_first<T>(values: &mut [T]) {
    if let Some((_, others)) = values.split_first_mut() {
        others.reverse();
    }
}

/// Multiplies value by value.
pub(crate) fn multiply(values: &mut [Element], factors: &[Element]) {
    for (value, factor) in values.iter_mut().zip(factors) {
        *value *= factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ekzg_erasure_codes::ReedSolomon;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn parity_is_that_of_another_reed_solomon_coder() {
        let mut rng = StdRng::seed_from_u64(1);
        for size in [1, 2, 4, 64, 4096] {
            let code = Code::new(size);
            let coefficients: Vec<_> = (0..size).map(|_| Element::random(&mut rng)).collect();
            let word = ReedSolomon::new(size, 2, 2 * size)
                .encode(coefficients.clone().into())
                .unwrap();
            let values: Vec<_> = word.iter().step_by(2).copied().collect();
            let parity: Vec<_> = word.iter().skip(1).step_by(2).copied().collect();
            assert_eq!(code.evaluate(coefficients.clone().into()), values);
            assert_eq!(code.interpolate(values.clone()).0, coefficients);
            assert_eq!(code.interpolate_odd(parity.clone()).0, coefficients);
            assert_eq!(code.parity(values), parity);
        }
    }

    #[test]
    fn positions_are_powers_of_one_root() {
        let code = Code::new(8);
        let mut power = Element::ONE;
        for i in 0..8 {
            assert_eq!(code.even(i), power);
            power *= code.odd(0);
            assert_eq!(code.odd(i), power);
            power *= code.odd(0);
        }
        assert_eq!(power, Element::ONE);
    }

    #[test]
    fn points_follow_their_scalars() {
        let mut rng = StdRng::seed_from_u64(2);
        for size in [1, 2, 8] {
            let code = Code::new(size);
            let values: Vec<_> = (0..size).map(|_| Element::random(&mut rng)).collect();
            let generator = G1Projective::generator();
            let lift = |values: &[Element]| -> Vec<G1Projective> {
                values.iter().map(|value| generator * value).collect()
            };
            let parity = code.parity(values.clone());
            assert_eq!(code.parity_points(lift(&values)), lift(&parity));
            let half = Element::from(2).invert().unwrap();
            let halves: Vec<_> = values.iter().map(|value| value * half).collect();
            assert_eq!(code.half_of_even_points(lift(&parity)), lift(&halves));
        }
    }
}
