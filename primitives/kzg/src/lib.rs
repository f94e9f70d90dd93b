//! Records as EIP-4844 blobs: commitments, openings, erasure coding.
//!
//! A *record* is 4,096 scalars of BLS12-381 in the order of an EIP-4844 blob: scalar `i` is the
//! value of a polynomial of degree below 4,096 at `ω_4096^bitrev12(i)`. Its commitment is
//! `blob_to_kzg_commitment(record)` and its extension to 8,192 *chunks* is what EIP-7594's
//! `compute_cells` returns, cells joined, so that any Ethereum KZG tool can check a piece of this
//! chain's history (§5.2 of the design).
//!
//! Two more polynomials occur: each *column* of a segment, of degree below R, which turns R source
//! records into 2R pieces, and the *segment polynomial*, of degree below 2R, whose values are
//! hashes of record commitments. Both live on domains in natural order.
//!
//! | module | holds |
//! |---|---|
//! | `record` | commitment, extension, recovery and openings of one record |
//! | `segment` | the column code over records, and over their commitments in G1 |
//! | `values` | commitment to a segment's values and the witnesses of all of them |
//! | `verify` | checking openings, one or many, by one pairing product |
//! | `code` | the Reed–Solomon code of rate 1/2 that all of the above share |
//! | `erasures` | its decoder |
//!
//! Field and curve arithmetic, FFTs, multi-scalar multiplication and pairings are those of the
//! `ekzg-*` crates and of blst below them; the parameters are those of Ethereum's ceremony, which
//! `ekzg-trusted-setup` carries. Nothing is precomputed for the 4,096 points: tables of 50 MB gain
//! nothing over blst's bucket method, tables of 200 MB a tenth.
//!
//! Bytes from outside are checked where they come in: scalars are big-endian and below r, points
//! are compressed, canonical, on the curve and in the subgroup of prime order. The point at
//! infinity is legal: it is the commitment of a record of zeros.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

mod code;
mod encoding;
mod erasures;
mod error;
mod record;
mod segment;
mod setup;
mod values;
mod verify;

use allod_core::{blake2b_256, parameters};
use std::{fmt, sync::Arc};

pub use encoding::Scalar;
pub use error::Error;
pub use verify::{Opening, Point, ValueOpening};

pub const SCALAR_BYTES: usize = parameters::SCALAR_BYTES;
/// Bytes of a compressed point of G1.
pub const POINT_BYTES: usize = parameters::POINT_BYTES;
pub const RECORD_SCALARS: usize = parameters::RECORD_SCALARS;
pub const RECORD_BYTES: usize = RECORD_SCALARS * SCALAR_BYTES;
/// Chunks of an extended record.
pub const S_BUCKETS: usize = parameters::S_BUCKETS as usize;
/// Largest domain of a segment polynomial: the ceremony made 4,096 points, so degrees stay below.
pub const MAX_VALUES: usize = 4096;
/// Largest number of source records in a segment.
pub const MAX_SOURCE_RECORDS: usize = MAX_VALUES / 2;

/// A scalar, big-endian, below r (EIP-4844's encoding).
pub type ScalarBytes = [u8; SCALAR_BYTES];
/// A compressed point of G1.
pub type G1Bytes = [u8; POINT_BYTES];

/// The ceremony's parameters and what follows from them. Cheap to clone.
///
/// Domains are built when they are first used and shared by all clones.
#[derive(Clone)]
pub struct Kzg {
    setup: Arc<setup::Setup>,
}

impl Kzg {
    /// Reads the parameters that are built into the program: 4,096 points of G1 and 65 of G2.
    ///
    /// Takes about 60 ms; make one and clone it.
    pub fn new() -> Self {
        Self {
            setup: Arc::new(setup::Setup::new()),
        }
    }
}

impl Default for Kzg {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Kzg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kzg").finish_non_exhaustive()
    }
}

/// The value that stands for a record in its segment's polynomial (§5.4): `H(commitment)` with the
/// two highest bits cleared, so that it is below r.
pub fn commitment_to_value(commitment: &G1Bytes) -> ScalarBytes {
    let mut value = blake2b_256(commitment);
    let [highest, ..] = &mut value;
    *highest &= 0x3f;
    value
}
