//! A segment's polynomial: commitment to its values and the witnesses of all of them (§5.4).
//!
//! Let p be the polynomial of degree below n with the values given at the n-th roots of unity. The
//! witness at x is the commitment to `(p(X) − p(x)) / (X − x)`, which is `Σ_k x^k·H_k` with
//! `H_k = Σ_{j>k} p_j·[τ^(j−k−1)]`: so all witnesses together are one FFT of H.
//!
//! H is a convolution of p's coefficients with the ceremony's points. Taken cyclically (period n)
//! it gives H + T, where T is what wraps around, and taken negacyclically H − T; half of the sum is
//! H. A convolution is a product of values: with `E(x) = Σ_{m<n−1} x^−(m+1)·[τ^m]`, which does not
//! depend on p,
//!
//! * the FFT of H + T is p(x)·E(x) at the n-th roots of unity;
//! * that of ψ^k·(H_k − T_k), where ψ is a primitive 2n-th root of unity, is p(x)·E(x) at ψ times
//!   those. To take ψ^k away and be back at the n-th roots is what
//!   [`Code::half_of_even_points`](crate::code::Code::half_of_even_points) does.
//!
//! Altogether 2n multiplications and two FFTs of size n in G1, beside what E costs once for each n.

use crate::{
    Error, G1Bytes, Kzg, MAX_VALUES, ScalarBytes,
    code::reverse_after_first,
    encoding::{Element, element, point_bytes},
    setup::Setup,
};
use ekzg_bls12_381::{G1Projective, traits::*};
use ekzg_polynomial::domain::Domain;
use rayon::prelude::*;

impl Kzg {
    /// The commitment to the polynomial of degree below n that has these n values at the n-th roots
    /// of unity in natural order, n a power of two from 1 to 4,096.
    ///
    /// # Errors
    /// [`Error::DomainSize`], [`Error::ScalarNotCanonical`].
    pub fn commit_values(&self, values: &[ScalarBytes]) -> Result<G1Bytes, Error> {
        let values = read(values)?;
        let polynomial = self.setup.code(values.len()).interpolate(values);
        Ok(self.setup.commit(&polynomial).to_compressed())
    }

    /// The witnesses of all values: number i opens the commitment of
    /// [`commit_values`](Self::commit_values) at ω^i.
    ///
    /// Multiplications are shared out among the threads of the current rayon pool.
    ///
    /// # Errors
    /// [`Error::DomainSize`], [`Error::ScalarNotCanonical`].
    pub fn open_all_values(&self, values: &[ScalarBytes]) -> Result<Vec<G1Bytes>, Error> {
        let values = read(values)?;
        let code = self.setup.code(values.len());
        let (even_bases, odd_bases) = witness_bases(&self.setup, values.len());
        let two = Element::ONE.double();
        let half = two.invert().unwrap_or(Element::ZERO);

        let odd = multiply(odd_bases, &code.parity(values.clone()));
        let negacyclic = code.half_of_even_points(odd);
        let halves: Vec<Element> = values.iter().map(|value| value * half).collect();
        let mut witnesses = multiply(even_bases, &halves);
        for (witness, other) in witnesses.iter_mut().zip(&negacyclic) {
            *witness += other;
        }
        Ok(point_bytes(&witnesses))
    }
}

fn read(values: &[ScalarBytes]) -> Result<Vec<Element>, Error> {
    check_domain_size(values.len())?;
    values.iter().map(element).collect()
}

/// Domains of segment polynomials: powers of two up to the ceremony's 4,096 points.
pub(crate) fn check_domain_size(size: usize) -> Result<(), Error> {
    if size.is_power_of_two() && size <= MAX_VALUES {
        Ok(())
    } else {
        Err(Error::DomainSize(size))
    }
}

/// E at the even and at the odd positions of the 2n-th roots of unity.
fn witness_bases(setup: &Setup, size: usize) -> (&[G1Projective], &[G1Projective]) {
    let bases = setup.witness_bases[size.ilog2() as usize].get_or_init(|| {
        let points = setup.points()[..size - 1].iter().map(G1Projective::from);
        let coefficients = std::iter::once(G1Projective::identity()).chain(points);
        // Position t holds the value at ω^t, and E is a polynomial in ω^−t.
        let mut values = Domain::new(2 * size).fft_g1(coefficients.collect());
        reverse_after_first(&mut values);
        let even = values.iter().step_by(2);
        let odd = values.iter().skip(1).step_by(2);
        even.chain(odd).copied().collect()
    });
    bases.split_at(size)
}

fn multiply(points: &[G1Projective], scalars: &[Element]) -> Vec<G1Projective> {
    let pairs = points.par_iter().zip(scalars);
    pairs.map(|(point, scalar)| point * scalar).collect()
}
