//! Names of subjects, as one types them.

use allod_x509::builder::{sequence, tlv};
use std::str::FromStr;

/// Most attributes of a name.
const MAX_ATTRIBUTES: usize = 16;

/// The DER of a distinguished name.
///
/// Typed as a text, which becomes the common name, or as OpenSSL's `-subj` has it:
/// `/C=DE/O=Example/CN=agent`, with a backslash before `/` and `\` in a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(pub Vec<u8>);

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// No attribute at all.
    #[error("the subject is empty: a text, or attributes such as /O=Example/CN=agent")]
    Empty,
    /// Too many attributes.
    #[error("more than {MAX_ATTRIBUTES} attributes")]
    TooMany,
    /// No equals sign.
    #[error("`{0}` is no attribute, which has the form NAME=VALUE")]
    NoValue(String),
    /// An attribute that is not known.
    #[error("the attribute `{0}` is not known: {known}", known = known())]
    Unknown(String),
    /// A value of a wrong length.
    #[error("{attribute} has {actual} characters: {fewest} to {most} are allowed (RFC 5280, A.1)")]
    Length {
        /// Which attribute.
        attribute: &'static str,
        /// Characters that there are.
        actual: usize,
        /// Fewest that there may be.
        fewest: usize,
        /// Most that there may be.
        most: usize,
    },
    /// A character that the attribute's type has not.
    #[error("{0} has a character that it may not have")]
    Character(&'static str),
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Utf8,
    Printable,
    Ia5,
}

/// An attribute: its name, contents of its identifier, its type and bounds (RFC 5280, A.1).
struct Attribute {
    name: &'static str,
    identifier: &'static [u8],
    text: Text,
    fewest: usize,
    most: usize,
}

const fn attribute(
    name: &'static str,
    identifier: &'static [u8],
    text: Text,
    most: usize,
) -> Attribute {
    Attribute {
        name,
        identifier,
        text,
        fewest: 1,
        most,
    }
}

const ATTRIBUTES: [Attribute; 10] = [
    Attribute {
        fewest: 2,
        ..attribute("C", &[0x55, 4, 6], Text::Printable, 2)
    },
    attribute("ST", &[0x55, 4, 8], Text::Utf8, 128),
    attribute("L", &[0x55, 4, 7], Text::Utf8, 128),
    attribute("O", &[0x55, 4, 10], Text::Utf8, 64),
    attribute("OU", &[0x55, 4, 11], Text::Utf8, 64),
    COMMON_NAME,
    attribute("serialNumber", &[0x55, 4, 5], Text::Printable, 64),
    attribute(
        "DC",
        &[9, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 100, 1, 25],
        Text::Ia5,
        63,
    ),
    attribute(
        "UID",
        &[9, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 100, 1, 1],
        Text::Utf8,
        256,
    ),
    attribute(
        "emailAddress",
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1],
        Text::Ia5,
        255,
    ),
];

const COMMON_NAME: Attribute = attribute("CN", &[0x55, 4, 3], Text::Utf8, 64);

fn known() -> String {
    ATTRIBUTES.map(|attribute| attribute.name).join(", ")
}

impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        let Some(list) = text.strip_prefix('/') else {
            let text = Some(text.trim())
                .filter(|text| !text.is_empty())
                .ok_or(SubjectError::Empty)?;
            return Ok(Self(sequence(&[COMMON_NAME.encode(text)?])));
        };
        let parts = split(list)?;
        let names: Result<Vec<_>, _> = parts.iter().map(|part| relative_name(part)).collect();
        Ok(Self(sequence(&names?)))
    }
}

/// Parts between slashes, without the backslashes.
fn split(list: &str) -> Result<Vec<String>, SubjectError> {
    let mut parts = vec![String::new()];
    let mut characters = list.chars();
    while let Some(character) = characters.next() {
        match character {
            '/' if parts.len() == MAX_ATTRIBUTES => return Err(SubjectError::TooMany),
            '/' => parts.push(String::new()),
            other => {
                let literal = if other == '\\' {
                    characters.next().unwrap_or(other)
                } else {
                    other
                };
                if let Some(part) = parts.last_mut() {
                    part.push(literal);
                }
            }
        }
    }
    Ok(parts)
}

fn relative_name(part: &str) -> Result<Vec<u8>, SubjectError> {
    if part.is_empty() {
        return Err(SubjectError::Empty);
    }
    let (name, value) = part
        .split_once('=')
        .ok_or_else(|| SubjectError::NoValue(part.into()))?;
    ATTRIBUTES
        .iter()
        .find(|attribute| attribute.name.eq_ignore_ascii_case(name.trim()))
        .ok_or_else(|| SubjectError::Unknown(name.into()))?
        .encode(value)
}

impl Attribute {
    /// The DER of a relative name of this attribute alone.
    fn encode(&self, value: &str) -> Result<Vec<u8>, SubjectError> {
        let actual = value.chars().count();
        if !(self.fewest..=self.most).contains(&actual) {
            return Err(SubjectError::Length {
                attribute: self.name,
                actual,
                fewest: self.fewest,
                most: self.most,
            });
        }
        let (tag, is_allowed) = match self.text {
            Text::Utf8 => (0x0c, !value.contains(char::is_control)),
            Text::Printable => (0x13, value.bytes().all(is_printable)),
            Text::Ia5 => (0x16, value.bytes().all(|byte| byte.is_ascii_graphic())),
        };
        if !is_allowed {
            return Err(SubjectError::Character(self.name));
        }
        let pair = [tlv(0x06, self.identifier), tlv(tag, value.as_bytes())];
        Ok(tlv(0x31, &sequence(&pair)))
    }
}

/// The characters of PrintableString (X.680, 41.4).
fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_test_support::Folder;
    use allod_x509::{ParsedCertificate, builder::name};
    use std::fs;

    fn subject(text: &str) -> Result<Vec<u8>, SubjectError> {
        text.parse().map(|Subject(der)| der)
    }

    #[test]
    fn a_text_is_a_common_name() {
        assert_eq!(subject(" agent "), Ok(name(&["agent"])));
        assert_eq!(subject("/CN=agent"), Ok(name(&["agent"])));
        assert_eq!(subject("/cn=a\\/b\\\\c"), Ok(name(&["a/b\\c"])));
        assert_eq!(subject("a=b"), Ok(name(&["a=b"])));
    }

    /// Byte by byte what OpenSSL makes of the same text.
    #[test]
    fn as_openssl_has_it() {
        let text = "/C=DE/ST=Sachsen/L=Dresden/O=Example, Inc./OU=Agents/CN=agent \\/ 7/emailAddress=a@example.org/DC=example/UID=u7/serialNumber=12";
        let folder = Folder::new();
        let [key, certificate] = ["key.pem", "cert.der"].map(|name| folder.path(name));
        folder.openssl(&[
            "req",
            "-x509",
            "-utf8",
            "-newkey",
            "ed25519",
            "-nodes",
            "-subj",
            text,
            "-outform",
            "der",
            "-keyout",
            key.to_str().unwrap(),
            "-out",
            certificate.to_str().unwrap(),
        ]);
        let der = fs::read(certificate).unwrap();
        let parsed = ParsedCertificate::parse(&der).unwrap();
        assert_eq!(subject(text).unwrap(), parsed.subject());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let long = "x".repeat(65);
        for (text, expected) in [
            ("", "empty"),
            ("  ", "empty"),
            ("/", "empty"),
            ("/CN=a/", "empty"),
            ("/agent", "NAME=VALUE"),
            ("/X=agent", "`X` is not known: C, ST"),
            (&long, "CN has 65 characters: 1 to 64"),
            ("/C=DEU", "C has 3 characters: 2 to 2"),
            ("/CN=", "CN has 0"),
            ("/C=D_", "C has a character"),
            ("/DC=exämple", "DC has a character"),
            ("a\nb", "CN has a character"),
            (&"/CN=a".repeat(17), "more than 16"),
        ] {
            let error = subject(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
