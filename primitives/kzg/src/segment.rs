//! The column code over a segment's records (§5.3) and over their commitments.
//!
//! Column c is scalar c of every record of a segment. Source record i is piece 2i, parity record i
//! piece 2i + 1. Committing is linear, so the commitments obey the same code as the records do.

use crate::{
    Error, G1Bytes, Kzg, MAX_SOURCE_RECORDS, MAX_VALUES, RECORD_BYTES, RECORD_SCALARS,
    SCALAR_BYTES,
    encoding::{Element, check_record_size, element, point, point_bytes},
    erasures::Erasures,
};
use ekzg_bls12_381::{G1Projective, traits::*};
use rayon::prelude::*;
use std::iter;

/// Columns that a task works on: with 256 records they fill a quarter of a megabyte.
const COLUMNS: usize = 32;

impl Kzg {
    /// The R parity records to R source records, R a power of two from 1 to 2,048.
    ///
    /// Columns are shared out among the threads of the current rayon pool.
    ///
    /// # Errors
    /// [`Error::SourceCount`], [`Error::RecordSize`], [`Error::ScalarNotCanonical`].
    pub fn extend_segment(&self, records: &[impl AsRef<[u8]>]) -> Result<Vec<Vec<u8>>, Error> {
        let code = self.setup.code(source_count(records.len())?);
        let records: Vec<&[u8]> = records.iter().map(AsRef::as_ref).collect();
        by_columns(&records, |column| code.parity(column))
    }

    /// The commitments to the parity records from those to the source records.
    ///
    /// # Errors
    /// [`Error::SourceCount`], [`Error::PointEncoding`], [`Error::PointNotInSubgroup`].
    pub fn extend_commitments(&self, commitments: &[G1Bytes]) -> Result<Vec<G1Bytes>, Error> {
        let code = self.setup.code(source_count(commitments.len())?);
        let points: Vec<G1Projective> = commitments
            .iter()
            .map(|commitment| point(commitment).map(G1Projective::from))
            .collect::<Result<_, _>>()?;
        Ok(point_bytes(&code.parity_points(points)))
    }

    /// All R source records, in order, from any R or more of the segment's 2R records, in the order
    /// of its pieces.
    ///
    /// Where more are there, R of them are used, sources first, and the others ignored: whether
    /// records belong to the segment is for the caller to check, by their witnesses.
    ///
    /// # Errors
    /// [`Error::PieceCount`], [`Error::TooFewRecords`], [`Error::RecordSize`],
    /// [`Error::ScalarNotCanonical`].
    pub fn recover_segment(
        &self,
        records: &[Option<impl AsRef<[u8]>>],
    ) -> Result<Vec<Vec<u8>>, Error> {
        if !records.len().is_power_of_two() || !(2..=MAX_VALUES).contains(&records.len()) {
            return Err(Error::PieceCount(records.len()));
        }
        let needed = records.len() / 2;
        let known = records.iter().flatten().count();
        if known < needed {
            return Err(Error::TooFewRecords { known, needed });
        }
        let record = |position: usize| records[position].as_ref().map(AsRef::as_ref);
        let even: Vec<Option<&[u8]>> = (0..needed).map(|i| record(2 * i)).collect();
        let sources: Vec<&[u8]> = even.iter().copied().flatten().collect();
        if sources.len() == needed {
            return by_columns(&sources, |column| column);
        }
        let mut missing = needed - sources.len();
        let odd: Vec<Option<&[u8]>> = (0..needed)
            .map(|i| {
                let parity = record(2 * i + 1).filter(|_| missing > 0);
                missing -= usize::from(parity.is_some());
                parity
            })
            .collect();

        let code = self.setup.code(needed);
        let erasures = Erasures::new(&self.setup, code, &even, &odd);
        let spread = |there: &[Option<&[u8]>], values: &mut dyn Iterator<Item = Element>| {
            let value = |present: &Option<&[u8]>| present.and_then(|_| values.next());
            let values = there.iter().map(value);
            values.map(|value| value.unwrap_or(Element::ZERO)).collect()
        };
        let given: Vec<&[u8]> = even.iter().chain(&odd).copied().flatten().collect();
        by_columns(&given, |column| {
            let mut column = column.into_iter();
            let even = spread(&even, &mut column);
            let odd = spread(&odd, &mut column);
            erasures.recover(even, odd)
        })
    }
}

fn source_count(count: usize) -> Result<usize, Error> {
    if count.is_power_of_two() && count <= MAX_SOURCE_RECORDS {
        Ok(count)
    } else {
        Err(Error::SourceCount(count))
    }
}

/// Applies `code` to every column of `records` and puts the resulting columns back together as
/// records.
fn by_columns(
    records: &[&[u8]],
    code: impl Fn(Vec<Element>) -> Vec<Element> + Sync,
) -> Result<Vec<Vec<u8>>, Error> {
    for record in records {
        check_record_size(record)?;
    }
    const STRIPE: usize = COLUMNS * SCALAR_BYTES;
    // Whole stripes are read and written, so that memory is passed over in order.
    let stripes: Vec<Vec<[u8; STRIPE]>> = (0..RECORD_SCALARS / COLUMNS)
        .into_par_iter()
        .map(|stripe| {
            let column = || Vec::with_capacity(records.len());
            let mut columns: Vec<Vec<Element>> = iter::repeat_with(column).take(COLUMNS).collect();
            for record in records {
                let bytes = &record[stripe * STRIPE..][..STRIPE];
                let (scalars, _) = bytes.as_chunks::<SCALAR_BYTES>();
                for (column, scalar) in columns.iter_mut().zip(scalars) {
                    column.push(element(scalar)?);
                }
            }
            let columns: Vec<Vec<Element>> = columns.into_iter().map(&code).collect();
            let rows = columns.first().map_or(0, Vec::len);
            let row = |row: usize| {
                let mut bytes = [0; STRIPE];
                let (scalars, _) = bytes.as_chunks_mut::<SCALAR_BYTES>();
                for (scalar, column) in scalars.iter_mut().zip(&columns) {
                    *scalar = column[row].to_bytes_be();
                }
                bytes
            };
            Ok((0..rows).map(row).collect())
        })
        .collect::<Result<_, Error>>()?;

    let rows = stripes.first().map_or(0, Vec::len);
    let record = |row: usize| {
        let mut record = Vec::with_capacity(RECORD_BYTES);
        for stripe in &stripes {
            record.extend_from_slice(&stripe[row]);
        }
        record
    };
    Ok((0..rows).into_par_iter().map(record).collect())
}
