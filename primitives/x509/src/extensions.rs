//! The extensions that mean something here, and the rule for those that do not: an unknown one is
//! ignored unless it is critical.

use core::fmt;

use alloc::vec::Vec;
use der::{Decode, Tag, TagNumber};

use crate::{
    MAX_ALTERNATIVE_NAMES, MAX_EXTENSIONS, MAX_NAME_CONSTRAINTS,
    error::{CertificateError, Field},
    name::check_general_name,
    reader::Cursor,
};

/// `id-ce-keyUsage`, contents of the identifier.
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
/// `id-ce-subjectAltName`.
const ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// `id-ce-basicConstraints`.
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
/// `id-ce-nameConstraints`.
const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];
/// `id-ce-extKeyUsage`.
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];

/// Whether the subject may issue, and how deep (RFC 5280, 4.2.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a certification authority.
    pub is_ca: bool,
    /// Most intermediate certificates between this one and the last of a chain. Chains here have
    /// at most eight certificates, so that what exceeds a byte is kept as 255.
    pub path_length: Option<u8>,
}

/// What the key is for (RFC 5280, 4.2.1.3): bit n of the standard is bit n here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// Signatures other than on certificates and lists.
    pub const DIGITAL_SIGNATURE: Self = Self(1);
    /// Signatures on certificates.
    pub const KEY_CERT_SIGN: Self = Self(1 << 5);
    /// Signatures on revocation lists.
    pub const CRL_SIGN: Self = Self(1 << 6);

    /// Whether every usage in `other` is allowed.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits, with bit n of the standard as bit n.
    #[cfg(any(test, feature = "builder"))]
    pub(crate) const fn bits(self) -> u16 {
        self.0
    }
}

impl fmt::Debug for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyUsage({:#05x})", self.0)
    }
}

/// What the extensions of a certificate say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Extensions {
    pub basic_constraints: Option<BasicConstraints>,
    pub key_usage: Option<KeyUsage>,
}

impl Extensions {
    /// Reads the contents of the explicit tag `[3]`: a SEQUENCE of at least one extension.
    pub fn parse(contents: &[u8]) -> Result<Self, CertificateError> {
        let mut outer = Cursor::new(contents, Field::Extensions);
        let mut list = outer.sequence()?;
        outer.finish()?;
        if list.at_end() {
            return Err(CertificateError::Malformed(Field::Extensions));
        }
        let mut found = Self::default();
        let mut seen: Vec<&[u8]> = Vec::with_capacity(MAX_EXTENSIONS);
        while !list.at_end() {
            if seen.len() == MAX_EXTENSIONS {
                return Err(CertificateError::TooManyExtensions);
            }
            let mut extension = list.sequence()?;
            let identifier = extension.object_identifier()?;
            let is_critical = extension.flag()?;
            let value = extension.expect(Tag::OctetString)?.value;
            extension.finish()?;
            if seen.contains(&identifier) {
                return Err(CertificateError::DuplicateExtension);
            }
            seen.push(identifier);
            found.take(identifier, is_critical, value)?;
        }
        Ok(found)
    }

    fn take(
        &mut self,
        identifier: &[u8],
        is_critical: bool,
        value: &[u8],
    ) -> Result<(), CertificateError> {
        match identifier {
            KEY_USAGE => self.key_usage = Some(parse_key_usage(value)?),
            BASIC_CONSTRAINTS => self.basic_constraints = Some(parse_basic_constraints(value)?),
            ALTERNATIVE_NAME => check_alternative_names(value)?,
            NAME_CONSTRAINTS => check_name_constraints(value)?,
            EXTENDED_KEY_USAGE => check_extended_key_usage(value)?,
            _ if is_critical => return Err(CertificateError::UnknownCriticalExtension),
            _ => {}
        }
        Ok(())
    }
}

fn parse_basic_constraints(value: &[u8]) -> Result<BasicConstraints, CertificateError> {
    let malformed = || CertificateError::Malformed(Field::BasicConstraints);
    let mut outer = Cursor::new(value, Field::BasicConstraints);
    let mut fields = outer.sequence()?;
    outer.finish()?;
    let is_ca = fields.flag()?;
    let path_length = match fields.optional(Tag::Integer)? {
        None => None,
        Some(tlv) => {
            let length = u64::from_der(tlv.raw).map_err(|_| malformed())?;
            Some(u8::try_from(length).unwrap_or(u8::MAX))
        }
    };
    fields.finish()?;
    Ok(BasicConstraints { is_ca, path_length })
}

/// A BIT STRING of named bits: at least one is set, and DER ends it with the last one that is.
fn parse_key_usage(value: &[u8]) -> Result<KeyUsage, CertificateError> {
    let malformed = || CertificateError::Malformed(Field::KeyUsage);
    let mut outer = Cursor::new(value, Field::KeyUsage);
    let (unused, bits) = match outer.expect(Tag::BitString)?.value {
        [unused, first] => (*unused, [*first, 0]),
        [unused, first, second] => (*unused, [*first, *second]),
        _ => return Err(malformed()),
    };
    let last = if bits[1] == 0 { bits[0] } else { bits[1] };
    let is_minimal = last != 0 && u32::from(unused) == last.trailing_zeros();
    // The standard numbers bits from the top; there are nine of them.
    let usage = u16::from_be_bytes(bits).reverse_bits();
    outer.finish()?;
    // A second byte that is there must not be zero.
    let has_idle_byte = bits[1] == 0 && value.len() == 5;
    if is_minimal && !has_idle_byte && usage >> 9 == 0 {
        Ok(KeyUsage(usage))
    } else {
        Err(malformed())
    }
}

fn check_alternative_names(value: &[u8]) -> Result<(), CertificateError> {
    let mut outer = Cursor::new(value, Field::AlternativeNames);
    let mut names = outer.sequence()?;
    outer.finish()?;
    if names.at_end() {
        return Err(CertificateError::Malformed(Field::AlternativeNames));
    }
    let mut count = 0;
    while !names.at_end() {
        if count == MAX_ALTERNATIVE_NAMES {
            return Err(CertificateError::TooManyAlternativeNames);
        }
        count = count.saturating_add(1);
        let name = names.next()?;
        check_general_name(name.tag, name.value, Field::AlternativeNames, [4, 16])?;
    }
    Ok(())
}

fn check_name_constraints(value: &[u8]) -> Result<(), CertificateError> {
    let malformed = || CertificateError::Malformed(Field::NameConstraints);
    let mut outer = Cursor::new(value, Field::NameConstraints);
    let mut lists = outer.sequence()?;
    outer.finish()?;
    let mut count = 0_usize;
    let mut lists_seen = 0_usize;
    for number in [TagNumber::N0, TagNumber::N1] {
        let tag = Tag::ContextSpecific {
            constructed: true,
            number,
        };
        let Some(list) = lists.optional(tag)? else {
            continue;
        };
        lists_seen = lists_seen.saturating_add(1);
        let mut subtrees = Cursor::new(list.value, Field::NameConstraints);
        if subtrees.at_end() {
            return Err(malformed());
        }
        while !subtrees.at_end() {
            if count == MAX_NAME_CONSTRAINTS {
                return Err(CertificateError::TooManyNameConstraints);
            }
            count = count.saturating_add(1);
            // Minimum is 0, its default, and maximum absent (4.2.1.10), so that only the base stays.
            let mut subtree = subtrees.sequence()?;
            let base = subtree.next()?;
            check_general_name(base.tag, base.value, Field::NameConstraints, [8, 32])?;
            subtree.finish()?;
        }
    }
    lists.finish()?;
    if lists_seen == 0 {
        return Err(malformed());
    }
    Ok(())
}

fn check_extended_key_usage(value: &[u8]) -> Result<(), CertificateError> {
    let mut outer = Cursor::new(value, Field::ExtendedKeyUsage);
    let mut purposes = outer.sequence()?;
    outer.finish()?;
    if purposes.at_end() {
        return Err(CertificateError::Malformed(Field::ExtendedKeyUsage));
    }
    while !purposes.at_end() {
        purposes.object_identifier()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_usage_bits() {
        // digitalSignature; keyCertSign and cRLSign; decipherOnly (bit 8).
        let signing = parse_key_usage(&[3, 2, 7, 0x80]).unwrap();
        assert!(signing.contains(KeyUsage::DIGITAL_SIGNATURE));
        assert!(!signing.contains(KeyUsage::KEY_CERT_SIGN));
        let issuing = parse_key_usage(&[3, 2, 1, 0x06]).unwrap();
        assert!(issuing.contains(KeyUsage::KEY_CERT_SIGN));
        assert!(issuing.contains(KeyUsage::CRL_SIGN));
        assert!(!issuing.contains(KeyUsage::DIGITAL_SIGNATURE));
        assert_eq!(parse_key_usage(&[3, 3, 7, 0, 0x80]), Ok(KeyUsage(1 << 8)));
    }

    #[test]
    fn key_usage_must_be_minimal_and_not_empty() {
        for wrong in [
            &[3, 1, 0][..],         // no bit
            &[3, 2, 7, 0],          // no bit set
            &[3, 2, 6, 0x80],       // a zero bit too many
            &[3, 2, 0, 0x80],       // seven
            &[3, 3, 7, 0x80, 0],    // a byte too many
            &[3, 3, 6, 0, 0x40],    // bit 9 does not exist
            &[3, 2, 7, 0x81],       // set, but unused
            &[3, 4, 7, 0, 0, 0x80], // too long
            &[3, 2, 7, 0x80, 0],    // something follows
            &[4, 2, 7, 0x80],       // no bit string
            &[],
        ] {
            assert!(parse_key_usage(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn basic_constraints_forms() {
        let parse = parse_basic_constraints;
        let of = |is_ca, path_length| Ok(BasicConstraints { is_ca, path_length });
        assert_eq!(parse(&[0x30, 0]), of(false, None));
        assert_eq!(parse(&[0x30, 3, 1, 1, 0xff]), of(true, None));
        assert_eq!(parse(&[0x30, 6, 1, 1, 0xff, 2, 1, 3]), of(true, Some(3)));
        assert_eq!(
            parse(&[0x30, 7, 1, 1, 0xff, 2, 2, 1, 0]),
            of(true, Some(255))
        );
        for wrong in [
            &[0x30, 3, 1, 1, 0][..],            // the default written out
            &[0x30, 3, 1, 1, 1],                // a boolean is 0xff
            &[0x30, 6, 1, 1, 0xff, 2, 1, 0x80], // negative
            &[0x30, 7, 1, 1, 0xff, 2, 2, 0, 1], // not minimal
            &[0x30, 5, 1, 1, 0xff, 5, 0],       // something follows
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
