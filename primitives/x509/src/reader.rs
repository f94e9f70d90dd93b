//! Reading DER piece by piece, with the field's name in every error.
//!
//! Tags and lengths are decoded by the `der` crate, which takes minimal, definite lengths only.

use der::{AnyRef, Decode, Reader, SliceReader, Tag, TagNumber, Tagged};

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
        let (any, used) = decode(self.rest).ok_or_else(|| self.malformed())?;
        let (raw, rest) = self
            .rest
            .split_at_checked(used)
            .ok_or_else(|| self.malformed())?;
        self.rest = rest;
        Ok(Tlv {
            tag: any.tag(),
            value: any.value(),
            raw,
        })
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

/// Decodes one value from the front of `bytes`; also says how many bytes it took.
fn decode(bytes: &[u8]) -> Option<(AnyRef<'_>, usize)> {
    let mut reader = SliceReader::new(bytes).ok()?;
    let any = AnyRef::decode(&mut reader).ok()?;
    let used = usize::try_from(reader.position()).ok()?;
    Some((any, used))
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
