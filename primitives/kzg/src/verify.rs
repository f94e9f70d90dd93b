//! Checking openings (§5.6, §7): one pairing product for any number of them.
//!
//! That commitment C takes the value y at z with witness π means
//! `e(C − y·G₁ + z·π, −G₂) · e(π, [τ]G₂) = 1`. Openings are checked together by a linear combination
//! of the arguments, its coefficients the powers of a scalar r. An opening that does not hold
//! passes only if r is a root of a polynomial which the openings fix; r is the hash of all of
//! them, so that a proof of falsehood takes about 2^240 attempts, and the outcome is the same on
//! every node.

use crate::{
    Error, G1Bytes, Kzg, ScalarBytes,
    encoding::{Element, element, point},
    setup::Setup,
    values::check_domain_size,
};
use allod_core::blake2b_256;
use ekzg_bls12_381::{
    G1Point, G1Projective, lincomb::g1_lincomb, multi_pairings, reduce_bytes_to_scalar_bias,
    traits::*,
};
use rayon::prelude::*;
use std::collections::HashMap;

/// Domain separation of the hash that yields r.
const CONTEXT: &[u8] = b"allod/kzg/openings/1";
/// Fewer points than this are not worth being shared out.
const POINTS_PER_TASK: usize = 16;

/// Where a polynomial is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// At chunk s of an extended record: `ω_8192^bitrev13(s)`.
    Chunk(u16),
    /// At value `index` of a segment's polynomial: `ω^index`, ω of the order `domain_size`.
    Value {
        /// Number of values: 2R, a power of two up to 4,096.
        domain_size: usize,
        /// Position, from 0 to `domain_size` − 1.
        index: usize,
    },
}

/// The claim that a commitment's polynomial takes a value at a point, and its proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// Commitment to the polynomial.
    pub commitment: G1Bytes,
    /// Where it is opened.
    pub point: Point,
    /// Value claimed.
    pub value: ScalarBytes,
    /// Witness of the claim.
    pub witness: G1Bytes,
}

/// The claim that a segment's polynomial has a value at a position, and its proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueOpening {
    /// Position of the value.
    pub index: usize,
    /// Value claimed.
    pub value: ScalarBytes,
    /// Witness of the claim.
    pub witness: G1Bytes,
}

impl Kzg {
    /// Whether value `index` of the polynomial that `commitment` commits to, on the domain of size
    /// `domain_size` in natural order, is `value`.
    ///
    /// # Errors
    /// As [`verify_openings`](Self::verify_openings).
    pub fn verify_value(
        &self,
        commitment: &G1Bytes,
        domain_size: usize,
        index: usize,
        value: &ScalarBytes,
        witness: &G1Bytes,
    ) -> Result<bool, Error> {
        self.verify_openings(&[Opening {
            commitment: *commitment,
            point: Point::Value { domain_size, index },
            value: *value,
            witness: *witness,
        }])
    }

    /// Whether chunk `s_bucket` of the record that `commitment` commits to is `value`.
    ///
    /// # Errors
    /// As [`verify_openings`](Self::verify_openings).
    pub fn verify_chunk(
        &self,
        commitment: &G1Bytes,
        s_bucket: u16,
        value: &ScalarBytes,
        witness: &G1Bytes,
    ) -> Result<bool, Error> {
        self.verify_openings(&[Opening {
            commitment: *commitment,
            point: Point::Chunk(s_bucket),
            value: *value,
            witness: *witness,
        }])
    }

    /// Whether many values of one segment's polynomial are as claimed: pieces of one segment.
    ///
    /// # Errors
    /// As [`verify_openings`](Self::verify_openings).
    pub fn verify_values(
        &self,
        commitment: &G1Bytes,
        domain_size: usize,
        values: &[ValueOpening],
    ) -> Result<bool, Error> {
        let openings: Vec<Opening> = values
            .iter()
            .map(|opening| Opening {
                commitment: *commitment,
                point: Point::Value {
                    domain_size,
                    index: opening.index,
                },
                value: opening.value,
                witness: opening.witness,
            })
            .collect();
        self.verify_openings(&openings)
    }

    /// Whether all of the openings hold: both of a solution, or those of many solutions. True if
    /// there are none. Which one does not hold remains for the caller to find out, by bisection.
    ///
    /// # Errors
    /// [`Error::PointEncoding`], [`Error::PointNotInSubgroup`], [`Error::ScalarNotCanonical`],
    /// [`Error::NoSuchBucket`], [`Error::DomainSize`], [`Error::NoSuchValue`]: an input that no
    /// honest prover sends.
    pub fn verify_openings(&self, openings: &[Opening]) -> Result<bool, Error> {
        if openings.is_empty() {
            return Ok(true);
        }
        let setup = &*self.setup;
        let parsed = Parsed::new(setup, openings)?;

        // Powers of r, and what they add up to for each distinct commitment.
        let r = coefficient(openings, &parsed.at);
        let mut power = Element::ONE;
        let mut powers = Vec::with_capacity(openings.len());
        let mut of_commitments = vec![Element::ZERO; parsed.commitments.len()];
        let mut of_generator = Element::ZERO;
        for (commitment, value) in parsed.commitment_of.iter().zip(&parsed.values) {
            of_commitments[*commitment] += power;
            of_generator -= power * value;
            powers.push(power);
            power *= r;
        }
        let of_witnesses = powers.iter().zip(&parsed.at).map(|(power, at)| power * at);

        let mut points = parsed.commitments;
        let mut scalars = of_commitments;
        points.push(G1Point::generator());
        scalars.push(of_generator);
        points.extend_from_slice(&parsed.witnesses);
        scalars.extend(of_witnesses);
        let left = combine(&points, &scalars);
        let right = combine(&parsed.witnesses, &powers);
        Ok(multi_pairings(&[
            (&left, &setup.minus_g2),
            (&right, &setup.tau_g2),
        ]))
    }
}

/// Openings, checked one by one to be well formed.
struct Parsed {
    /// Distinct commitments: a segment's is decoded once however many values are opened.
    commitments: Vec<G1Point>,
    /// For each opening, which of them.
    commitment_of: Vec<usize>,
    at: Vec<Element>,
    values: Vec<Element>,
    witnesses: Vec<G1Point>,
}

impl Parsed {
    fn new(setup: &Setup, openings: &[Opening]) -> Result<Self, Error> {
        let at = openings
            .iter()
            .map(|opening| evaluation_point(setup, opening.point))
            .collect::<Result<_, _>>()?;
        let values = openings
            .iter()
            .map(|opening| element(&opening.value))
            .collect::<Result<_, _>>()?;
        let mut numbers = HashMap::new();
        let mut distinct = Vec::new();
        let commitment_of = openings
            .iter()
            .map(|opening| {
                *numbers.entry(opening.commitment).or_insert_with(|| {
                    distinct.push(opening.commitment);
                    distinct.len() - 1
                })
            })
            .collect();
        let witnesses: Vec<G1Bytes> = openings.iter().map(|opening| opening.witness).collect();
        Ok(Self {
            commitments: points(&distinct)?,
            commitment_of,
            at,
            values,
            witnesses: points(&witnesses)?,
        })
    }
}

fn points(bytes: &[G1Bytes]) -> Result<Vec<G1Point>, Error> {
    bytes
        .par_iter()
        .with_min_len(POINTS_PER_TASK)
        .map(point)
        .collect()
}

fn evaluation_point(setup: &Setup, at: Point) -> Result<Element, Error> {
    match at {
        Point::Chunk(s_bucket) => setup.chunk_point(s_bucket),
        Point::Value { domain_size, index } => {
            check_domain_size(domain_size)?;
            if index >= domain_size {
                return Err(Error::NoSuchValue { index, domain_size });
            }
            Ok(setup.root(domain_size, index))
        }
    }
}

/// r, from everything that the outcome depends on.
fn coefficient(openings: &[Opening], at: &[Element]) -> Element {
    let mut transcript = CONTEXT.to_vec();
    for (opening, at) in openings.iter().zip(at) {
        transcript.extend_from_slice(&opening.commitment);
        transcript.extend_from_slice(&at.to_bytes_be());
        transcript.extend_from_slice(&opening.value);
        transcript.extend_from_slice(&opening.witness);
    }
    reduce_bytes_to_scalar_bias(blake2b_256(&transcript))
}

fn combine(points: &[G1Point], scalars: &[Element]) -> G1Point {
    g1_lincomb(points, scalars)
        .unwrap_or_else(G1Projective::identity)
        .to_affine()
}
