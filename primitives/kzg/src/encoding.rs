//! Bytes to scalars and points, and back. Everything from outside passes through here.

use crate::{Error, G1Bytes, RECORD_BYTES, SCALAR_BYTES, ScalarBytes};
use ekzg_bls12_381::{G1Point, G1Projective, g1_batch_normalize};

/// The field element itself.
pub(crate) type Element = ekzg_bls12_381::Scalar;

/// An element of BLS12-381's scalar field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scalar(Element);

impl Scalar {
    /// Big-endian encoding.
    pub fn to_bytes(&self) -> ScalarBytes {
        self.0.to_bytes_be()
    }
}

impl TryFrom<&ScalarBytes> for Scalar {
    type Error = Error;

    /// # Errors
    /// [`Error::ScalarNotCanonical`] if the number is not below r.
    fn try_from(bytes: &ScalarBytes) -> Result<Self, Error> {
        element(bytes).map(Self)
    }
}

/// Reads a scalar, which must be below r.
pub(crate) fn element(bytes: &ScalarBytes) -> Result<Element, Error> {
    Option::from(Element::from_bytes_be(bytes)).ok_or(Error::ScalarNotCanonical(*bytes))
}

/// Reads the scalars of a record, in the record's order.
pub(crate) fn record_elements(record: &[u8]) -> Result<Vec<Element>, Error> {
    check_record_size(record)?;
    let (scalars, _) = record.as_chunks::<SCALAR_BYTES>();
    scalars.iter().map(element).collect()
}

pub(crate) fn check_record_size(record: &[u8]) -> Result<(), Error> {
    if record.len() == RECORD_BYTES {
        Ok(())
    } else {
        Err(Error::RecordSize(record.len()))
    }
}

/// Reads a point, which must be canonical, on the curve and in the subgroup of prime order.
pub(crate) fn point(bytes: &G1Bytes) -> Result<G1Point, Error> {
    let point: Option<G1Point> = G1Point::from_compressed_unchecked(bytes).into();
    let point = point.ok_or(Error::PointEncoding(*bytes))?;
    if bool::from(point.is_torsion_free()) {
        Ok(point)
    } else {
        Err(Error::PointNotInSubgroup(*bytes))
    }
}

/// Writes points; one inversion serves all of them.
pub(crate) fn point_bytes(points: &[G1Projective]) -> Vec<G1Bytes> {
    g1_batch_normalize(points)
        .iter()
        .map(G1Point::to_compressed)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ekzg_bls12_381::traits::*;

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        let mut bytes = [0; N];
        hex::decode_to_slice(text, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn scalars_are_canonical() {
        let order: ScalarBytes =
            bytes("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");
        let mut below = order;
        below[31] = 0;
        assert_eq!(Scalar::try_from(&below).unwrap().to_bytes(), below);
        for too_large in [order, [0xff; 32]] {
            assert_eq!(
                Scalar::try_from(&too_large),
                Err(Error::ScalarNotCanonical(too_large))
            );
        }
        assert_eq!(Scalar::try_from(&[0; 32]).unwrap().to_bytes(), [0; 32]);
    }

    #[test]
    fn points_are_canonical() {
        let generator = G1Point::generator().to_compressed();
        assert_eq!(point(&generator).unwrap(), G1Point::generator());

        // Infinity has one encoding: no sign, no other bit.
        let mut infinity = [0; 48];
        infinity[0] = 0xc0;
        assert!(bool::from(point(&infinity).unwrap().is_identity()));
        for (index, value) in [(0, 0xe0), (0, 0x40), (0, 0xc1), (47, 1)] {
            let mut wrong = infinity;
            wrong[index] = value;
            assert_eq!(point(&wrong), Err(Error::PointEncoding(wrong)));
        }

        // The compression bit is not optional.
        let mut uncompressed = generator;
        uncompressed[0] &= 0x7f;
        assert_eq!(
            point(&uncompressed),
            Err(Error::PointEncoding(uncompressed))
        );

        // x = p, which is 0 in disguise, and the largest x that fits.
        let mut modulus: G1Bytes = bytes(
            "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
        );
        modulus[0] |= 0x80;
        let mut largest = [0xff; 48];
        largest[0] = 0x9f;
        for wrong in [modulus, largest] {
            assert_eq!(point(&wrong), Err(Error::PointEncoding(wrong)));
        }
    }

    #[test]
    fn points_are_on_the_curve_and_in_the_subgroup() {
        // Small x: about half of them belong to a point of the curve, and of those practically none
        // lies in the subgroup, whose index is about 2^126.
        let (mut off_curve, mut outside) = (0, 0);
        for x in 1..=50 {
            let mut candidate = [0; 48];
            candidate[0] = 0x80;
            candidate[47] = x;
            match point(&candidate) {
                Err(Error::PointEncoding(_)) => off_curve += 1,
                Err(Error::PointNotInSubgroup(_)) => outside += 1,
                other => panic!("x = {x}: {other:?}"),
            }
        }
        assert!(off_curve > 10 && outside > 10, "{off_curve} {outside}");
    }

    #[test]
    fn infinity_among_points_is_written() {
        let generator = G1Projective::generator();
        let written = point_bytes(&[G1Projective::identity(), generator]);
        assert_eq!(written[0][0], 0xc0);
        assert_eq!(written[1], G1Point::generator().to_compressed());
    }
}
