//! The ceremony's parameters, and domains as they are needed.

use crate::{Error, MAX_VALUES, S_BUCKETS, code::Code, encoding::Element};
use ekzg_bls12_381::{G1Point, G1Projective, G2Prepared, lincomb::g1_lincomb, traits::*};
use ekzg_polynomial::domain::Domain;
use ekzg_single_open::prover::{CommitKey, Prover};
use ekzg_trusted_setup::TrustedSetup;
use std::sync::OnceLock;

/// Sizes 2^0 to 2^12.
const SIZES: usize = MAX_VALUES.ilog2() as usize + 1;

pub(crate) struct Setup {
    /// Holds the 4,096 points `[τ^i]` and opens records.
    pub(crate) prover: Prover,
    pub(crate) minus_g2: G2Prepared,
    /// `[τ]`G₂.
    pub(crate) tau_g2: G2Prepared,
    /// The 8,192nd roots of unity, natural order; all smaller domains are part of them.
    roots: Vec<Element>,
    codes: [OnceLock<Code>; SIZES],
    pub(crate) witness_bases: [OnceLock<Vec<G1Projective>>; SIZES],
}

impl Setup {
    pub(crate) fn new() -> Self {
        let TrustedSetup {
            g1_monomial,
            g2_monomial,
        } = TrustedSetup::default();
        Self {
            minus_g2: G2Prepared::from(-g2_monomial[0]),
            tau_g2: G2Prepared::from(g2_monomial[1]),
            prover: Prover::new(MAX_VALUES, CommitKey::new(g1_monomial)),
            roots: Domain::new(S_BUCKETS).roots,
            codes: Default::default(),
            witness_bases: Default::default(),
        }
    }

    /// `[τ^i]` for i from 0 to 4,095.
    pub(crate) fn points(&self) -> &[G1Point] {
        &self.prover.commit_key.g1s
    }

    /// The code with `size` values, a power of two from 1 to 4,096.
    pub(crate) fn code(&self, size: usize) -> &Code {
        self.codes[size.ilog2() as usize].get_or_init(|| Code::new(size))
    }

    /// `ω^index`, where ω is the domain's primitive root; `domain_size` divides 8,192.
    pub(crate) fn root(&self, domain_size: usize, index: usize) -> Element {
        self.roots[index * (S_BUCKETS / domain_size)]
    }

    /// Where chunk `s_bucket` is evaluated: `ω_8192^bitrev13(s)`.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub(crate) fn chunk_point(&self, s_bucket: u16) -> Result<Element, Error> {
        if usize::from(s_bucket) >= S_BUCKETS {
            return Err(Error::NoSuchBucket(s_bucket));
        }
        // 13 of 16 bits.
        let exponent = usize::from(s_bucket.reverse_bits() >> 3);
        Ok(self.root(S_BUCKETS, exponent))
    }

    /// Commitment to the polynomial with these coefficients, at most 4,096 of them.
    pub(crate) fn commit(&self, coefficients: &[Element]) -> G1Point {
        g1_lincomb(&self.points()[..coefficients.len()], coefficients)
            .unwrap_or_else(G1Projective::identity)
            .to_affine()
    }
}
