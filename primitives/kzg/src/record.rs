//! One record: commitment, extension, recovery, openings (§5.2, §6, §7).

use crate::{
    Error, G1Bytes, Kzg, RECORD_BYTES, RECORD_SCALARS, S_BUCKETS, ScalarBytes,
    encoding::{Element, element, record_elements},
    erasures::Erasures,
};
use ekzg_bls12_381::traits::*;
use ekzg_polynomial::poly_coeff::PolyCoeff;
use ekzg_single_open::bitreverse_slice;

impl Kzg {
    /// The commitment to a record: exactly EIP-4844's `blob_to_kzg_commitment(record)`.
    ///
    /// # Errors
    /// [`Error::RecordSize`] unless there are 131,072 bytes, [`Error::ScalarNotCanonical`].
    pub fn commit_record(&self, record: &[u8]) -> Result<G1Bytes, Error> {
        let polynomial = self.record_polynomial(record)?;
        Ok(self.setup.commit(&polynomial).to_compressed())
    }

    /// The record extended to 8,192 chunks: EIP-7594's `compute_cells(record)`, cells joined. The
    /// first 4,096 chunks are the record itself.
    ///
    /// # Errors
    /// [`Error::RecordSize`] unless there are 131,072 bytes, [`Error::ScalarNotCanonical`].
    pub fn extend_record(&self, record: &[u8]) -> Result<Vec<ScalarBytes>, Error> {
        let mut values = record_elements(record)?;
        let mut chunks: Vec<ScalarBytes> = Vec::with_capacity(S_BUCKETS);
        chunks.extend(values.iter().map(Element::to_bytes_be));
        bitreverse_slice(&mut values);
        let mut parity = self.setup.code(RECORD_SCALARS).parity(values);
        bitreverse_slice(&mut parity);
        chunks.extend(parity.iter().map(Element::to_bytes_be));
        Ok(chunks)
    }

    /// The record's 131,072 bytes from any 4,096 or more of its 8,192 chunks, in the order of
    /// [`extend_record`](Self::extend_record).
    ///
    /// Where more are there, the first 4,096 are used and the others ignored: whether chunks agree
    /// with each other is for the caller to check, by the record's commitment.
    ///
    /// # Errors
    /// [`Error::ChunkCount`], [`Error::TooFewChunks`], [`Error::ScalarNotCanonical`].
    pub fn recover_record(&self, chunks: &[Option<ScalarBytes>]) -> Result<Vec<u8>, Error> {
        if chunks.len() != S_BUCKETS {
            return Err(Error::ChunkCount(chunks.len()));
        }
        let known = chunks.iter().flatten().count();
        if known < RECORD_SCALARS {
            return Err(Error::TooFewChunks(known));
        }
        let mut values = vec![None; S_BUCKETS];
        let there = chunks.iter().zip(&mut values);
        let there = there.filter_map(|(chunk, value)| chunk.as_ref().map(|chunk| (chunk, value)));
        for (chunk, value) in there.take(RECORD_SCALARS) {
            *value = Some(element(chunk)?);
        }

        let (sources, parity) = values.split_at_mut(RECORD_SCALARS);
        let recovered = if sources.iter().all(Option::is_some) {
            sources.iter().copied().flatten().collect()
        } else {
            bitreverse_slice(sources);
            bitreverse_slice(parity);
            let code = self.setup.code(RECORD_SCALARS);
            let erasures = Erasures::new(&self.setup, code, sources, parity);
            let mut recovered = erasures.recover(or_zero(sources), or_zero(parity));
            bitreverse_slice(&mut recovered);
            recovered
        };

        let mut record = Vec::with_capacity(RECORD_BYTES);
        for scalar in recovered {
            record.extend_from_slice(&scalar.to_bytes_be());
        }
        Ok(record)
    }

    /// Opens the record's commitment at the point of a chunk, `ω_8192^bitrev13(s)`: returns the
    /// chunk, as [`extend_record`](Self::extend_record) has it, and its witness.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::RecordSize`], [`Error::ScalarNotCanonical`].
    pub fn open_chunk(
        &self,
        record: &[u8],
        s_bucket: u16,
    ) -> Result<(ScalarBytes, G1Bytes), Error> {
        let at = self.setup.chunk_point(s_bucket)?;
        let polynomial = self.record_polynomial(record)?;
        let (witness, value) = self.setup.prover.compute_kzg_proof(&polynomial, at);
        Ok((value.to_bytes_be(), witness.to_compressed()))
    }

    /// Where chunk `s_bucket` is evaluated: `ω_8192^bitrev13(s)`.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub fn chunk_point(&self, s_bucket: u16) -> Result<ScalarBytes, Error> {
        let at = self.setup.chunk_point(s_bucket)?;
        Ok(at.to_bytes_be())
    }

    fn record_polynomial(&self, record: &[u8]) -> Result<PolyCoeff, Error> {
        let mut values = record_elements(record)?;
        bitreverse_slice(&mut values);
        Ok(self.setup.code(RECORD_SCALARS).interpolate(values))
    }
}

fn or_zero(values: &[Option<Element>]) -> Vec<Element> {
    let or_zero = |value: &Option<Element>| value.unwrap_or(Element::ZERO);
    values.iter().map(or_zero).collect()
}
