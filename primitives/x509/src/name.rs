//! Distinguished names: their form, and when two of them are the same.
//!
//! RFC 5280, 7.1, compares attributes of the types PrintableString and UTF8String as prepared strings:
//! without regard to case, spaces at the ends left out and several in a row counted as one. That is what
//! [`Name::matches`] does, also for IA5String (7.3 wants it for domain components); values of other types
//! are compared byte by byte. Compatibility forms of Unicode are not unified: two spellings of one
//! character differ here, as they do in every library that links chains by bytes. Attributes within one
//! relative name are compared in DER's order.

use core::cmp::Ordering;

use der::Tag;

use crate::{
    error::{CertificateError, Field},
    reader::{Cursor, Tlv},
};

/// `id-emailAddress` (PKCS #9), contents of the identifier.
const EMAIL_ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];

/// A distinguished name that is well formed: a sequence of relative names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name<'a> {
    /// Contents of the SEQUENCE.
    contents: &'a [u8],
}

impl<'a> Name<'a> {
    /// Checks the contents of a `Name`: a SEQUENCE of SETs of (type, value), each SET with at least one
    /// and in DER's order.
    pub(crate) fn parse(contents: &'a [u8], field: Field) -> Result<Self, CertificateError> {
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
        Ok(Self { contents })
    }

    /// Whether it has no relative name at all.
    pub fn is_empty(&self) -> bool {
        self.contents.is_empty()
    }

    /// Contents of the SEQUENCE: the relative names one after another.
    pub fn contents(&self) -> &'a [u8] {
        self.contents
    }

    /// Whether both are the same name (RFC 5280, 7.1).
    pub fn matches(&self, other: &Self) -> bool {
        self.contents == other.contents || self.compare(other) == Some(Ordering::Equal)
    }

    /// Whether `other` begins with this name: it is the same one or lies below it.
    pub fn is_prefix_of(&self, other: &Self) -> bool {
        matches!(self.compare(other), Some(Ordering::Equal | Ordering::Less))
    }

    /// Compares as far as the shorter one goes; `None` if they differ there.
    fn compare(&self, other: &Self) -> Option<Ordering> {
        let (mut mine, mut theirs) = (self.relative_names(), other.relative_names());
        loop {
            match (mine.next(), theirs.next()) {
                (None, None) => return Some(Ordering::Equal),
                (None, Some(_)) => return Some(Ordering::Less),
                (Some(_), None) => return Some(Ordering::Greater),
                (Some(one), Some(other)) if same_relative_name(one, other) => {}
                (Some(_), Some(_)) => return None,
            }
        }
    }

    /// The contents of each SET.
    fn relative_names(&self) -> impl Iterator<Item = &'a [u8]> {
        values(self.contents)
    }

    /// The values of the attribute `emailAddress`, in the order of the name.
    pub(crate) fn email_addresses(&self) -> impl Iterator<Item = &'a [u8]> {
        self.relative_names()
            .flat_map(values)
            .filter_map(attribute)
            .filter(|(kind, _)| *kind == EMAIL_ADDRESS)
            .map(|(_, value)| value.value)
    }
}

/// The contents of values that were checked to be well formed, one after another.
fn values(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut cursor = Cursor::new(bytes, Field::Subject);
    core::iter::from_fn(move || {
        if cursor.at_end() {
            return None;
        }
        cursor.next().ok().map(|tlv| tlv.value)
    })
}

/// Type and value of an attribute that was checked to be well formed.
fn attribute(contents: &[u8]) -> Option<(&[u8], Tlv<'_>)> {
    let mut fields = Cursor::new(contents, Field::Subject);
    let kind = fields.object_identifier().ok()?;
    Some((kind, fields.next().ok()?))
}

fn same_relative_name(one: &[u8], other: &[u8]) -> bool {
    if one == other {
        return true;
    }
    let (mut mine, mut theirs) = (values(one), values(other));
    loop {
        match (mine.next(), theirs.next()) {
            (None, None) => return true,
            (Some(one), Some(other)) if same_attribute(one, other) => {}
            _ => return false,
        }
    }
}

fn same_attribute(one: &[u8], other: &[u8]) -> bool {
    let (Some((kind, value)), Some((other_kind, other_value))) = (attribute(one), attribute(other))
    else {
        return false;
    };
    if kind != other_kind {
        return false;
    }
    match (text(&value), text(&other_value)) {
        (Some(one), Some(other)) => same_text(one, other),
        _ => value.raw == other_value.raw,
    }
}

/// The text of a value whose type is compared as prepared strings.
fn text<'a>(value: &Tlv<'a>) -> Option<&'a str> {
    match value.tag {
        Tag::PrintableString | Tag::Utf8String | Tag::Ia5String => {
            core::str::from_utf8(value.value).ok()
        }
        _ => None,
    }
}

/// Word by word, without regard to case.
fn same_text(one: &str, other: &str) -> bool {
    let mut mine = one.split(' ').filter(|word| !word.is_empty());
    let mut theirs = other.split(' ').filter(|word| !word.is_empty());
    loop {
        match (mine.next(), theirs.next()) {
            (None, None) => return true,
            (Some(one), Some(other)) if same_word(one, other) => {}
            _ => return false,
        }
    }
}

fn same_word(one: &str, other: &str) -> bool {
    let mine = one.chars().flat_map(char::to_lowercase);
    mine.eq(other.chars().flat_map(char::to_lowercase))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::{name, sequence, tlv};

    /// A name of one attribute: type of the common name, this tag and text.
    fn typed(tag: u8, text: &[u8]) -> Vec<u8> {
        let attribute = sequence(&[tlv(6, &[0x55, 4, 3]), tlv(tag, text)]);
        tlv(0x31, &attribute)
    }

    fn parse(contents: &[u8]) -> Name<'_> {
        Name::parse(contents, Field::Subject).unwrap()
    }

    #[test]
    fn same_names() {
        let utf8 = typed(0x0c, "Grüße  aus  Köln ".as_bytes());
        for same in [
            typed(0x0c, "grüße aus köln".as_bytes()),
            typed(0x0c, " GRÜßE AUS KÖLN".as_bytes()),
        ] {
            assert!(parse(&utf8).matches(&parse(&same)));
        }
        let printable = typed(0x13, b"Agent Smith");
        for same in [&b"agent smith"[..], b"AGENT  SMITH "] {
            for tag in [0x0c, 0x13, 0x16] {
                assert!(parse(&printable).matches(&parse(&typed(tag, same))));
            }
        }
        for other in [&b"agentsmith"[..], b"agent smith x", b"agent", b""] {
            assert!(!parse(&printable).matches(&parse(&typed(0x13, other))));
        }
        // Teletex strings are compared as bytes, tag included.
        let teletex = typed(0x14, b"Agent Smith");
        assert!(parse(&teletex).matches(&parse(&teletex)));
        assert!(!parse(&teletex).matches(&parse(&printable)));
        assert!(!parse(&teletex).matches(&parse(&typed(0x14, b"agent smith"))));
    }

    #[test]
    fn prefixes() {
        let of = |names: &[&str]| {
            let der = name(names);
            der[2..].to_vec()
        };
        let (ab, a, ac, abc) = (
            of(&["a", "b"]),
            of(&["A"]),
            of(&["a", "c"]),
            of(&["a", "b", "c"]),
        );
        assert!(parse(&a).is_prefix_of(&parse(&ab)));
        assert!(parse(&ab).is_prefix_of(&parse(&abc)));
        assert!(parse(&ab).is_prefix_of(&parse(&ab)));
        assert!(parse(&[]).is_prefix_of(&parse(&ab)));
        assert!(!parse(&ab).is_prefix_of(&parse(&a)));
        assert!(!parse(&ac).is_prefix_of(&parse(&ab)));
        assert!(!parse(&a).matches(&parse(&ab)));
    }

    #[test]
    fn email_addresses_are_found() {
        let mail = sequence(&[tlv(6, EMAIL_ADDRESS), tlv(0x16, b"a@example.org")]);
        let contents = [typed(0x0c, b"agent"), tlv(0x31, &mail)].concat();
        let found: Vec<_> = parse(&contents).email_addresses().collect();
        assert_eq!(found, [b"a@example.org"]);
    }
}
