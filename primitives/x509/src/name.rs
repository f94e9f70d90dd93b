//! The form of distinguished and general names.
//!
//! Names are compared as bytes here, and never searched: identities link by identifier (§11).

use der::Tag;

use crate::{
    error::{CertificateError, Field},
    reader::{Cursor, is_object_identifier},
};

/// Checks the contents of a `Name`: a SEQUENCE of SETs of (type, value), each SET with at least one
/// and in DER's order.
pub(crate) fn check_name(contents: &[u8], field: Field) -> Result<(), CertificateError> {
    let malformed = CertificateError::Malformed(field);
    let mut rdns = Cursor::new(contents, field);
    while !rdns.at_end() {
        let mut attributes = Cursor::new(rdns.expect(Tag::Set)?.value, field);
        let mut previous: &[u8] = &[];
        if attributes.at_end() {
            return Err(malformed);
        }
        while !attributes.at_end() {
            let tlv = attributes.expect(Tag::Sequence)?;
            if tlv.raw < previous {
                return Err(malformed);
            }
            previous = tlv.raw;
            check_attribute(tlv.value, field)?;
        }
    }
    Ok(())
}

fn check_attribute(contents: &[u8], field: Field) -> Result<(), CertificateError> {
    let mut attribute = Cursor::new(contents, field);
    attribute.object_identifier()?;
    let value = attribute.next()?;
    if value.tag == Tag::Utf8String && core::str::from_utf8(value.value).is_err() {
        return Err(CertificateError::Malformed(field));
    }
    attribute.finish()
}

/// Checks the form of one `GeneralName` (RFC 5280, 4.2.1.6) whose tag and contents are given.
/// `address_octets` are the lengths that an IP address may have: 4 or 16, in constraints twice that.
pub(crate) fn check_general_name(
    tag: Tag,
    contents: &[u8],
    field: Field,
    address_octets: [usize; 2],
) -> Result<(), CertificateError> {
    let malformed = CertificateError::Malformed(field);
    let Tag::ContextSpecific {
        constructed,
        number,
    } = tag
    else {
        return Err(malformed);
    };
    let is_valid = match (number.value(), constructed) {
        // otherName: an identifier and a value that means nothing here.
        (0, true) => {
            let mut other = Cursor::new(contents, field);
            other.object_identifier()?;
            other.next()?;
            other.at_end()
        }
        // E-mail, DNS and URI are ASCII.
        (1 | 2 | 6, false) => contents.is_ascii(),
        // x400Address and ediPartyName, unused.
        (3 | 5, true) => true,
        (4, true) => {
            let mut name = Cursor::new(contents, field);
            check_name(name.expect(Tag::Sequence)?.value, field)?;
            name.at_end()
        }
        (7, false) => address_octets.contains(&contents.len()),
        (8, false) => is_object_identifier(contents),
        _ => false,
    };
    if is_valid { Ok(()) } else { Err(malformed) }
}
