//! Certificate revocation lists (RFC 5280, 5): reading them within bounds, and writing the part that an
//! issuer signs.
//!
//! What is accepted:
//!
//! - At most [`MAX_CRL_SIZE`] bytes of strict DER; version 2; the same algorithm inside and outside; nextUpdate
//!   there (5.1.2.5) and not before thisUpdate.
//! - Entries with serials from 1 to 2^159 − 1, each at most once (at most 1,637 fit); a reason of 5.3.1 but
//!   `removeFromCRL`, which is for delta lists.
//! - cRLNumber, which 5.2.3 requires: at most 20 octets, not critical.
//! - Complete lists of their own issuer only: no delta list, no entries of other issuers, and no
//!   issuingDistributionPoint that restricts anything. A list about a part of the certificates says nothing of the
//!   others, while here an entry that is missing releases a hold. One that restricts nothing is empty, which 5.2.5
//!   forbids to issue and `rustls-webpki` refuses.
//! - Critical extensions, of the list or of an entry, only if known.
//!
//! `rustls-webpki` reads the list as well, with every entry. Whether the list is fresh is judged when somebody
//! asks, against the clock that they name.
//!
//! The chain writes lists in the same form with [`CrlBuilder`], without private keys: what comes out of
//! [`CrlBuilder::tbs`] is signed by the issuer's key, wherever that is, and [`assemble`] puts both together.

mod builder;
mod error;
mod reason;

pub use builder::{CrlBuilder, assemble};
pub use error::CrlError;
pub use reason::{CrlReason, RevocationReason};

use alloc::vec::Vec;

use der::{Tag, TagNumber};
use webpki::BorrowedCertRevocationList;

use crate::{
    Limits, MAX_CRL_SIZE, ParsedCertificate,
    algorithm::SignatureAlgorithm,
    certificate::{is_short_number, parse_serial},
    error::{CertificateError, Field},
    extensions::{
        AuthorityKeyIdentifier, KeyUsage, oid, parse_authority_key_identifier, parse_list,
        unknown_critical,
    },
    limits::MAX_CRL_EXTENSIONS,
    name::Name,
    reader::{Cursor, context},
    time::parse_time,
};

/// One entry of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrlEntry<'a> {
    /// Serial number: contents of the INTEGER, as [`ParsedCertificate::serial`] gives it.
    pub serial: &'a [u8],
    /// When it was revoked, in seconds since 1970.
    pub date: u64,
    /// Why.
    pub reason: CrlReason,
}

/// A revocation list that is well formed and within the limits. Nobody has verified its signature yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedCrl<'a> {
    der: &'a [u8],
    tbs: &'a [u8],
    issuer: &'a [u8],
    issuer_name: Name<'a>,
    this_update: u64,
    next_update: u64,
    /// In order of serial number, so that one is found fast.
    entries: Vec<CrlEntry<'a>>,
    extensions: CrlExtensions<'a>,
    algorithm: SignatureAlgorithm,
    signature: &'a [u8],
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct CrlExtensions<'a> {
    number: &'a [u8],
    authority_key_identifier: Option<AuthorityKeyIdentifier<'a>>,
}

impl<'a> ParsedCrl<'a> {
    /// Reads a list, the whole of `der`, and checks every rule of [the module's page](self).
    ///
    /// Costs in proportion to the length, and n · log n for n entries; makes no signature check.
    ///
    /// # Errors
    /// One variant of [`CrlError`] for each rule.
    pub fn parse(der: &'a [u8]) -> Result<Self, CrlError> {
        Self::parse_within(der, MAX_CRL_SIZE)
    }

    /// [`parse`](Self::parse) with another limit of bytes than the chain's.
    ///
    /// # Errors
    /// One variant of [`CrlError`] for each rule.
    pub fn parse_within(der: &'a [u8], limit: u32) -> Result<Self, CrlError> {
        if !u32::try_from(der.len()).is_ok_and(|size| size <= limit) {
            let size = der.len();
            return Err(CrlError::TooLong { size, limit });
        }
        let mut file = Cursor::new(der, Field::CertificateList);
        let mut list = file.sequence()?;
        file.finish()?;
        let tbs = list.expect(Tag::Sequence)?;
        let outer_algorithm = list.expect(Tag::Sequence)?.value;
        let signature = list.bytes_of_bit_string()?;
        list.finish()?;

        let mut fields = Cursor::new(tbs.value, Field::CertificateList);
        match fields.optional(Tag::Integer)? {
            Some(version) if version.value == [1] => {}
            _ => return Err(CrlError::Version),
        }
        let inner_algorithm = fields.expect(Tag::Sequence)?.value;
        if inner_algorithm != outer_algorithm {
            return Err(CertificateError::AlgorithmMismatch.into());
        }
        let algorithm = SignatureAlgorithm::from_identifier(inner_algorithm)?;
        let issuer = fields.expect(Tag::Sequence)?;
        if issuer.value.is_empty() {
            return Err(CertificateError::IssuerEmpty.into());
        }
        let (this_update, next_update) = parse_updates(&mut fields)?;
        let entries = match fields.optional(Tag::Sequence)? {
            Some(entries) => parse_entries(entries.value)?,
            None => Vec::new(),
        };
        let extensions = fields.optional(context(TagNumber::N0, true))?;
        fields.finish()?;
        let extensions = extensions.ok_or(CrlError::NumberMissing)?;
        let parsed = Self {
            der,
            tbs: tbs.raw,
            issuer: issuer.raw,
            issuer_name: Name::parse(issuer.value, Field::Issuer)?,
            this_update,
            next_update,
            entries,
            extensions: CrlExtensions::parse(extensions.value)?,
            algorithm,
            signature,
        };
        ask_webpki(der)?;
        Ok(parsed)
    }

    /// The whole list.
    pub fn der(&self) -> &'a [u8] {
        self.der
    }

    /// What the issuer signed: the DER of `tbsCertList`.
    pub fn tbs(&self) -> &'a [u8] {
        self.tbs
    }

    /// The DER of the issuer's name.
    pub fn issuer(&self) -> &'a [u8] {
        self.issuer
    }

    /// The issuer's name, to be compared.
    pub fn issuer_name(&self) -> Name<'a> {
        self.issuer_name
    }

    /// When the list was made, in seconds since 1970.
    pub fn this_update(&self) -> u64 {
        self.this_update
    }

    /// When the next one is due, in seconds since 1970. After that this one is stale.
    pub fn next_update(&self) -> u64 {
        self.next_update
    }

    /// cRLNumber: big-endian, at most 20 octets, as DER writes it.
    pub fn number(&self) -> &'a [u8] {
        self.extensions.number
    }

    /// The extension authority key identifier, if there.
    pub fn authority_key_identifier(&self) -> Option<AuthorityKeyIdentifier<'a>> {
        self.extensions.authority_key_identifier
    }

    /// The algorithm of the signature on the list.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The signature, in X.509's encoding.
    pub fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// Every entry, in order of length and bytes of the serial number.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = CrlEntry<'a>> {
        self.entries.iter().copied()
    }

    /// The entry of a serial number, if it is on the list.
    pub fn find(&self, serial: &[u8]) -> Option<CrlEntry<'a>> {
        let place = self
            .entries
            .binary_search_by_key(&order(serial), |entry| order(entry.serial))
            .ok()?;
        self.entries.get(place).copied()
    }

    /// Verifies that this certificate's subject issued the list: names, key identifiers where both are there,
    /// cRLSign, and the signature. Costs one signature check.
    ///
    /// # Errors
    /// [`CrlError::IssuerName`], [`CrlError::KeyIdentifiers`], [`CrlError::CrlSign`],
    /// [`CrlError::Signature`].
    pub fn verify_issued_by(&self, issuer: &ParsedCertificate<'_>) -> Result<(), CrlError> {
        if !self.issuer_name.matches(&issuer.subject_name()) {
            return Err(CrlError::IssuerName);
        }
        let named = self
            .authority_key_identifier()
            .and_then(|authority| authority.key_identifier);
        if let (Some(named), Some(own)) = (named, issuer.subject_key_identifier())
            && named != own
        {
            return Err(CrlError::KeyIdentifiers);
        }
        if !issuer.allows(KeyUsage::CRL_SIGN) {
            return Err(CrlError::CrlSign);
        }
        issuer
            .verify_message(self.algorithm, self.tbs, self.signature)
            .map_err(CrlError::Signature)
    }
}

fn parse_updates(fields: &mut Cursor<'_>) -> Result<(u64, u64), CrlError> {
    let this_update = parse_time(fields.next()?, Field::Updates)?;
    let next = match fields.optional(Tag::UtcTime)? {
        Some(next) => Some(next),
        None => fields.optional(Tag::GeneralizedTime)?,
    };
    let next_update = parse_time(next.ok_or(CrlError::NextUpdateMissing)?, Field::Updates)?;
    if next_update < this_update {
        return Err(CrlError::UpdatesReversed {
            this_update,
            next_update,
        });
    }
    Ok((this_update, next_update))
}

/// Reads the contents of `revokedCertificates`, in order of serial number.
fn parse_entries(contents: &[u8]) -> Result<Vec<CrlEntry<'_>>, CrlError> {
    let mut list = Cursor::new(contents, Field::RevokedCertificates);
    if list.at_end() {
        return Err(CrlError::NoEntries);
    }
    let mut entries = Vec::new();
    while !list.at_end() {
        entries.push(parse_entry(list.sequence()?)?);
    }
    entries.sort_unstable_by_key(|entry| order(entry.serial));
    let mut pairs = entries.iter().zip(entries.iter().skip(1));
    if pairs.any(|(one, next)| one.serial == next.serial) {
        return Err(CrlError::DuplicateEntry);
    }
    Ok(entries)
}

/// Serial numbers in order: shorter ones first.
fn order(serial: &[u8]) -> (usize, &[u8]) {
    (serial.len(), serial)
}

fn parse_entry(mut fields: Cursor<'_>) -> Result<CrlEntry<'_>, CrlError> {
    let serial = parse_serial(&mut fields)?;
    let date = parse_time(fields.next()?, Field::RevokedCertificates)?;
    let extensions = fields.optional(Tag::Sequence)?;
    fields.finish()?;
    let mut reason = CrlReason::default();
    if let Some(extensions) = extensions {
        for extension in parse_list(extensions.raw, MAX_CRL_EXTENSIONS)? {
            match extension.identifier {
                oid::CRL_REASON => reason = parse_reason(extension.value)?,
                oid::INVALIDITY_DATE => {
                    let mut outer = Cursor::new(extension.value, Field::RevokedCertificates);
                    outer.expect(Tag::GeneralizedTime)?;
                    outer.finish()?;
                }
                oid::CERTIFICATE_ISSUER => return Err(CrlError::Indirect),
                _ if extension.is_critical => {
                    return Err(unknown_critical(&extension).into());
                }
                _ => {}
            }
        }
    }
    Ok(CrlEntry {
        serial,
        date,
        reason,
    })
}

/// An ENUMERATED.
fn parse_reason(value: &[u8]) -> Result<CrlReason, CrlError> {
    let mut outer = Cursor::new(value, Field::RevokedCertificates);
    let number = outer.expect(Tag::Enumerated)?.value;
    outer.finish()?;
    match number {
        [number] => CrlReason::from_number(*number).ok_or(CrlError::Reason(*number)),
        _ => Err(CertificateError::Malformed(Field::RevokedCertificates).into()),
    }
}

impl<'a> CrlExtensions<'a> {
    /// Reads the contents of the explicit tag `[0]`.
    fn parse(contents: &'a [u8]) -> Result<Self, CrlError> {
        let mut number = None;
        let mut authority_key_identifier = None;
        for extension in parse_list(contents, MAX_CRL_EXTENSIONS)? {
            let must_not_be_critical = |field| {
                if extension.is_critical {
                    Err(CertificateError::MustNotBeCritical(field))
                } else {
                    Ok(())
                }
            };
            match extension.identifier {
                oid::CRL_NUMBER => {
                    must_not_be_critical(Field::CrlNumber)?;
                    number = Some(parse_number(extension.value)?);
                }
                oid::AUTHORITY_KEY_IDENTIFIER => {
                    must_not_be_critical(Field::AuthorityKeyIdentifier)?;
                    let parsed = parse_authority_key_identifier(extension.value, &Limits::CHAIN)?;
                    authority_key_identifier = Some(parsed);
                }
                oid::DELTA_CRL_INDICATOR => return Err(CrlError::Delta),
                // Everything in it is optional, and restricts: an empty one says nothing.
                oid::ISSUING_DISTRIBUTION_POINT if extension.value == [0x30, 0] => {}
                oid::ISSUING_DISTRIBUTION_POINT => return Err(CrlError::IssuingDistributionPoint),
                _ if extension.is_critical => {
                    return Err(unknown_critical(&extension).into());
                }
                _ => {}
            }
        }
        Ok(Self {
            number: number.ok_or(CrlError::NumberMissing)?,
            authority_key_identifier,
        })
    }
}

fn parse_number(value: &[u8]) -> Result<&[u8], CrlError> {
    let mut outer = Cursor::new(value, Field::CrlNumber);
    let number = outer.expect(Tag::Integer)?.value;
    outer.finish()?;
    match number {
        [] | [0, 0..=0x7f, ..] => Err(CertificateError::Malformed(Field::CrlNumber).into()),
        [0x80..=0xff, ..] => Err(CrlError::NumberRange),
        [..] if !is_short_number(number) => Err(CrlError::NumberRange),
        [..] => Ok(number),
    }
}

/// The second opinion: the list and every entry of it.
fn ask_webpki(der: &[u8]) -> Result<(), CrlError> {
    let list = BorrowedCertRevocationList::from_der(der).map_err(|_| CrlError::SecondOpinion)?;
    if list.into_iter().all(|entry| entry.is_ok()) {
        Ok(())
    } else {
        Err(CrlError::SecondOpinion)
    }
}
