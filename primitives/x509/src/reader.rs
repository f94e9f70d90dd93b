//! Reading DER piece by piece, with the field's name in every error.
//!
//! Minimal, definite lengths only. What a tag is, the `der` crate says, and so does what is in numbers and times.

use der::{Tag, TagNumber};

use crate::error::{CertificateError, Field};

/// One tagged value.
#[derive(Clone, Copy)]
pub(crate) struct Tlv<'a> {
    pub tag: Tag,
    /// Contents.
    pub value: &'a [u8],
    /// Tag, length and contents.
    pub raw: &'a [u8],
}

/// The contents of something, read from front to back.
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    field: Field,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8], field: Field) -> Self {
        Self { rest: bytes, field }
    }

    pub fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    fn malformed(&self) -> CertificateError {
        CertificateError::Malformed(self.field)
    }

    /// The next value, whatever its tag.
    pub fn next(&mut self) -> Result<Tlv<'a>, CertificateError> {
        let (tag, value, rest) = decode(self.rest).ok_or_else(|| self.malformed())?;
        let used = self.rest.len().saturating_sub(rest.len());
        let (raw, rest) = self
            .rest
            .split_at_checked(used)
            .ok_or_else(|| self.malformed())?;
        self.rest = rest;
        Ok(Tlv { tag, value, raw })
    }

    /// The next value, which must have this tag.
    pub fn expect(&mut self, tag: Tag) -> Result<Tlv<'a>, CertificateError> {
        let tlv = self.next()?;
        if tlv.tag == tag {
            Ok(tlv)
        } else {
            Err(self.malformed())
        }
    }

    /// The next value if it has this tag.
    pub fn optional(&mut self, tag: Tag) -> Result<Option<Tlv<'a>>, CertificateError> {
        if self.rest.first() == Some(&tag.octet()) {
            self.next().map(Some)
        } else {
            Ok(None)
        }
    }

    /// The contents of the next value if it has the constructed context tag of this number.
    pub fn explicit(&mut self, number: TagNumber) -> Result<Option<Cursor<'a>>, CertificateError> {
        let tagged = self.optional(context(number, true))?;
        Ok(tagged.map(|tlv| Cursor::new(tlv.value, self.field)))
    }

    /// The contents of the next value, which must be a SEQUENCE.
    pub fn sequence(&mut self) -> Result<Cursor<'a>, CertificateError> {
        let tlv = self.expect(Tag::Sequence)?;
        Ok(Cursor::new(tlv.value, self.field))
    }

    /// The next value, which must be a BIT STRING of whole bytes.
    pub fn bytes_of_bit_string(&mut self) -> Result<&'a [u8], CertificateError> {
        match self.expect(Tag::BitString)?.value.split_first() {
            Some((0, bytes)) => Ok(bytes),
            _ => Err(self.malformed()),
        }
    }

    /// The next value, which must be an OBJECT IDENTIFIER; its contents.
    pub fn object_identifier(&mut self) -> Result<&'a [u8], CertificateError> {
        let value = self.expect(Tag::ObjectIdentifier)?.value;
        if is_object_identifier(value) {
            Ok(value)
        } else {
            Err(self.malformed())
        }
    }

    /// The next value if it is a BOOLEAN, which DER lets stand only where it is TRUE, the default
    /// being FALSE everywhere in certificates.
    pub fn flag(&mut self) -> Result<bool, CertificateError> {
        match self.optional(Tag::Boolean)? {
            None => Ok(false),
            Some(tlv) if tlv.value == [0xff] => Ok(true),
            Some(tlv) if tlv.value == [0] => Err(CertificateError::DefaultWritten(self.field)),
            Some(_) => Err(self.malformed()),
        }
    }

    /// Fails if anything is left.
    pub fn finish(self) -> Result<(), CertificateError> {
        match self.rest.len() {
            0 => Ok(()),
            excess => Err(CertificateError::TrailingBytes {
                field: self.field,
                excess,
            }),
        }
    }
}

/// The context-specific tag of this number.
pub(crate) const fn context(number: TagNumber, constructed: bool) -> Tag {
    Tag::ContextSpecific {
        constructed,
        number,
    }
}

/// Decodes one value from the front of `bytes`: tag, contents, and what follows. Short tags, definite
/// lengths in as few octets as possible (X.690, 10.1), below 2^24.
///
/// Parsing is mostly this, so that it is done by hand: the `der` crate, its twin in the tests, takes ten times as
/// long.
fn decode(bytes: &[u8]) -> Option<(Tag, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let tag = Tag::try_from(*tag).ok()?;
    let (length, rest) = match rest {
        [short @ 0..=0x7f, rest @ ..] => (u32::from(*short), rest),
        [0x81, low @ 0x80..=0xff, rest @ ..] => (u32::from(*low), rest),
        [0x82, high @ 1..=0xff, low, rest @ ..] => {
            (u32::from(u16::from_be_bytes([*high, *low])), rest)
        }
        [0x83, high @ 1..=0xff, middle, low, rest @ ..] => {
            (u32::from_be_bytes([0, *high, *middle, *low]), rest)
        }
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some((tag, value, rest))
}

/// Whether these are the contents of an OBJECT IDENTIFIER: every arc in its shortest form, the
/// last one complete.
pub(crate) fn is_object_identifier(contents: &[u8]) -> bool {
    let mut at_start = true;
    for byte in contents {
        if at_start && *byte == 0x80 {
            return false;
        }
        at_start = byte & 0x80 == 0;
    }
    !contents.is_empty() && at_start
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::tlv;
    use der::{AnyRef, Decode, Reader, SliceReader, Tagged};
    use proptest::prelude::*;

    /// What the `der` crate says.
    fn twin(bytes: &[u8]) -> Option<(Tag, &[u8], &[u8])> {
        let mut reader = SliceReader::new(bytes).ok()?;
        let any = AnyRef::decode(&mut reader).ok()?;
        let used = usize::try_from(reader.position()).ok()?;
        Some((any.tag(), any.value(), &bytes[used..]))
    }

    #[test]
    fn lengths() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0xff_ffff] {
            let der = tlv(4, &vec![7; length]);
            let (tag, value, rest) = decode(&der).unwrap();
            assert_eq!(
                (tag, value.len(), rest),
                (Tag::OctetString, length, &[][..])
            );
            assert_eq!(decode(&der), twin(&der));
            assert_eq!(decode(&der[..der.len() - 1]), None);
        }
        // Longer than they need be, or without end, or absurd.
        for wrong in [
            &[4, 0x81, 0x7f][..],
            &[4, 0x82, 0, 0x80],
            &[4, 0x83, 0, 0xff, 0xff],
            &[4, 0x84, 0, 0, 0, 1, 7],
            &[4, 0x80, 0, 0],
            &[4, 0xff],
            &[0x1f, 1, 0],
            &[4],
            &[],
        ] {
            assert_eq!(decode(wrong), None);
            assert_eq!(twin(wrong), None);
            let padded = [wrong, &[0; 0x200]].concat();
            assert_eq!(decode(&padded), twin(&padded));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn agrees_with_its_twin(
            tag in any::<u8>(),
            length in prop_oneof![
                prop::collection::vec(any::<u8>(), 1),
                prop::collection::vec(prop_oneof![0x80_u8..=0x84, 0_u8..=2, any::<u8>()], 1..5),
            ],
            more in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let bytes = [&[tag][..], &length, &more].concat();
            prop_assert_eq!(decode(&bytes), twin(&bytes));
        }
    }
}
