//! Writing lists, for the chain as well as for tools.

use alloc::vec::Vec;

use super::{CrlEntry, CrlError, CrlReason, order};
use crate::{MAX_CRL_SIZE, SignatureAlgorithm, extensions::oid, writer};

/// What a new revocation list says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlBuilder<'a> {
    /// DER of the issuer's name, as [`ParsedCertificate::subject`](crate::ParsedCertificate::subject) gives it.
    pub issuer: &'a [u8],
    /// The algorithm that the issuer will sign with.
    pub algorithm: SignatureAlgorithm,
    /// When the list is made, in seconds since 1970.
    pub this_update: u64,
    /// When the next one is due, in seconds since 1970.
    pub next_update: u64,
    /// cRLNumber: greater than the last list's.
    pub number: u64,
    /// The issuer's subject key identifier, if its certificate has one.
    pub authority_key_identifier: Option<&'a [u8]>,
    /// The entries, each serial at most once, in any order.
    pub entries: Vec<CrlEntry<'a>>,
}

impl CrlBuilder<'_> {
    /// The DER of `tbsCertList`, to be signed. The same contents give the same bytes: entries are put in
    /// order of serial number.
    ///
    /// # Errors
    /// [`CrlError::Time`], [`CrlError::UpdatesReversed`], [`CrlError::DuplicateEntry`];
    /// [`CrlError::TooLong`] if the signed list would have more than [`MAX_CRL_SIZE`] bytes.
    pub fn tbs(&self) -> Result<Vec<u8>, CrlError> {
        if self.next_update < self.this_update {
            return Err(CrlError::UpdatesReversed {
                this_update: self.this_update,
                next_update: self.next_update,
            });
        }
        let mut fields = [
            writer::integer(1),
            writer::algorithm_identifier(self.algorithm),
            self.issuer.to_vec(),
            write_time(self.this_update)?,
            write_time(self.next_update)?,
        ]
        .to_vec();
        if !self.entries.is_empty() {
            fields.push(self.write_entries()?);
        }
        fields.push(writer::tlv(0xa0, &self.write_extensions()));
        let tbs = writer::sequence(&fields);
        let signature = self.algorithm.key_algorithm().max_signature_size();
        let longest = [0].repeat(usize::try_from(signature).unwrap_or(0));
        let size = assemble(&tbs, self.algorithm, &longest).len();
        if u32::try_from(size).is_ok_and(|size| size <= MAX_CRL_SIZE) {
            Ok(tbs)
        } else {
            let limit = MAX_CRL_SIZE;
            Err(CrlError::TooLong { size, limit })
        }
    }

    fn write_entries(&self) -> Result<Vec<u8>, CrlError> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_unstable_by_key(|entry| order(entry.serial));
        let mut pairs = entries.iter().zip(entries.iter().skip(1));
        if pairs.any(|(one, next)| one.serial == next.serial) {
            return Err(CrlError::DuplicateEntry);
        }
        let mut written = Vec::with_capacity(entries.len());
        for entry in entries {
            let mut fields = [writer::tlv(0x02, entry.serial), write_time(entry.date)?].to_vec();
            // No reason is given by leaving it out (5.3.1).
            if entry.reason != CrlReason::default() {
                let reason = writer::tlv(0x0a, &[entry.reason.number()]);
                let extension = writer::extension(oid::CRL_REASON, false, &reason);
                fields.push(writer::sequence(&[extension]));
            }
            written.push(writer::sequence(&fields));
        }
        Ok(writer::sequence(&written))
    }

    fn write_extensions(&self) -> Vec<u8> {
        let mut extensions = Vec::new();
        if let Some(identifier) = self.authority_key_identifier {
            let value = writer::sequence(&[writer::tlv(0x80, identifier)]);
            extensions.push(writer::extension(
                oid::AUTHORITY_KEY_IDENTIFIER,
                false,
                &value,
            ));
        }
        let number = writer::integer(self.number);
        extensions.push(writer::extension(oid::CRL_NUMBER, false, &number));
        writer::sequence(&extensions)
    }
}

fn write_time(seconds: u64) -> Result<Vec<u8>, CrlError> {
    writer::time(seconds).ok_or(CrlError::Time(seconds))
}

/// The DER of a list: what was signed, the algorithm, and the signature in X.509's encoding.
pub fn assemble(tbs: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
    writer::signed(tbs, algorithm, signature)
}
