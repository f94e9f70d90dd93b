//! Serial numbers and fingerprints as text.

use allod_identity::{Identifier, MAX_SERIAL_OCTETS, Serial, is_serial};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

/// Most characters of a serial number: its octets and a zero in front, `0x`, a colon between any two.
const MAX_SERIAL_CHARACTERS: usize = 2 + (MAX_SERIAL_OCTETS as usize + 1) * 3 - 1;

/// The serial number of a certificate (RFC 5280, 4.1.2.2): from 1 to 2^159 − 1.
///
/// Written as `0x` and lower-case hex of the number, two digits to a byte, no zeros in front. Read as
/// `openssl x509 -serial` prints it, too: with either case, without `0x`, with colons between the
/// bytes, with zeros in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialNumber(Serial);

/// Why a text is no serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SerialError {
    /// More characters than any serial number has.
    TooLong(usize),
    /// Not an even number of hex digits.
    Digits,
    /// Zero, or more than [`MAX_SERIAL_OCTETS`].
    Range,
}

impl fmt::Display for SerialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(length) => write!(
                f,
                "a serial number of {length} characters: at most {MAX_SERIAL_CHARACTERS} are read"
            ),
            Self::Digits => f.write_str("a serial number is an even number of hex digits"),
            Self::Range => write!(
                f,
                "a serial number is from 1 to 2^{} - 1 (RFC 5280, 4.1.2.2)",
                8 * MAX_SERIAL_OCTETS - 1
            ),
        }
    }
}

impl std::error::Error for SerialError {}

impl SerialNumber {
    /// Reads hex digits.
    ///
    /// # Errors
    /// [`SerialError`].
    pub fn parse(text: &str) -> Result<Self, SerialError> {
        if text.len() > MAX_SERIAL_CHARACTERS {
            return Err(SerialError::TooLong(text.len()));
        }
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let digits: String = digits.chars().filter(|c| *c != ':').collect();
        let bytes = hex::decode(digits).map_err(|_| SerialError::Digits)?;
        let significant: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
        let needs_sign = significant.first().is_some_and(|byte| *byte >= 0x80);
        let sign: &[u8] = if needs_sign { &[0] } else { &[] };
        Self::from_contents(&[sign, &significant].concat()).ok_or(SerialError::Range)
    }

    /// From the contents of a DER INTEGER; `None` if they are no serial number.
    pub fn from_contents(contents: &[u8]) -> Option<Self> {
        let serial = Serial::try_from(contents.to_vec()).ok()?;
        is_serial(&serial).then_some(Self(serial))
    }

    /// The contents of the DER INTEGER.
    pub fn into_contents(self) -> Serial {
        self.0
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = match self.0.as_slice() {
            [0, rest @ ..] => rest,
            whole => whole,
        };
        write!(f, "0x{}", hex::encode(digits))
    }
}

impl Serialize for SerialNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SerialNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

/// The SHA-256 of a certificate's DER, written and read like an [`Identifier`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateFingerprint(pub [u8; 32]);

impl Serialize for CertificateFingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Identifier(self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CertificateFingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Identifier::deserialize(deserializer).map(|identifier| Self(identifier.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_read_as_tools_print_them() {
        for text in ["0x8a01", "8A01", "8a:01", "008a01", "0x00:00:8A:01"] {
            let serial = SerialNumber::parse(text).unwrap();
            assert_eq!(serial.to_string(), "0x8a01", "{text}");
            assert_eq!(serial.into_contents().as_slice(), [0, 0x8a, 1]);
        }
        let longest = format!("7f{}", "ff".repeat(19));
        assert!(SerialNumber::parse(&longest).is_ok());
        for (wrong, error) in [
            ("", SerialError::Range),
            ("00", SerialError::Range),
            ("1", SerialError::Digits),
            ("0xzz", SerialError::Digits),
            (
                format!("80{}", "00".repeat(19)).as_str(),
                SerialError::Range,
            ),
            ("01".repeat(33).as_str(), SerialError::TooLong(66)),
        ] {
            assert_eq!(SerialNumber::parse(wrong), Err(error), "{wrong}");
        }
    }

    #[test]
    fn serial_numbers_arrive_as_they_were_sent() {
        let serial = SerialNumber::from_contents(&[0, 0xff]).unwrap();
        let json = serde_json::to_string(&serial).unwrap();
        assert_eq!(json, r#""0xff""#);
        assert_eq!(serde_json::from_str::<SerialNumber>(&json).unwrap(), serial);
        for contents in [&[][..], &[0], &[0x80], &[0, 1]] {
            assert_eq!(SerialNumber::from_contents(contents), None);
        }
    }
}
